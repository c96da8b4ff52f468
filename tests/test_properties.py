"""Laws over random histories: whatever is tried in whatever order, the engine agrees with a plain reading of the table."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World, catalog

from workflow.core.recording import Fact
from workflow.core.replay import replay
from workflow.engine import Ask
from workflow.errors import InvalidInput, TransitionRefused

OPENING = {
    "visit": [("visit", "", {"direction": "outbound", "initiative": "city", "rationale": "organic farming"})],
    "loi": [("loi", "", {"exploration_positive": "yes"})],
    "mou": [("loi", "signed", {"signed_on": "2025-11-18"}), ("mou", "", {"technical_units": "health", "fields": "education,health"})],
    "action-plan": [("mou", "in-force", {"signed_on": "2025-06-01", "in_force_on": "2025-06-01", "term_kind": "fixed", "ends_on": "2030-05-31"}),
                    ("action-plan", "", {"fields": "education", "period_from": "2026-03-01", "period_to": "2026-12-31"})],
    "review": [("mou", "in-force", {"signed_on": "2024-06-01", "in_force_on": "2024-06-01", "term_kind": "fixed", "ends_on": "2026-12-31"}),
               ("review", "", {"cause": "manual"})],
    "joint-agreement": [("joint-agreement", "", {"initiative": "city", "variant": "full"})],
}
STEPS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([True, True, True, False]), st.integers(0, 3)), min_size=8, max_size=36)


def opened(world: World, stage: str, **other: str) -> str:
    """An agreement in which the stage stands in its initial state; `other` answers replace those of the opening."""
    ref = world.start(track="association" if stage == "joint-agreement" else "sister-city")
    for name, state, facts in OPENING[stage]:
        typed = [Fact(field, other.get(field, value)) for field, value in facts.items()]
        world.engine.open(ref, name, Ask(facts=typed, occurred=facts.get("signed_on", "")), existing=state)
    return f"{ref}/{stage}"


@pytest.mark.parametrize("stage", sorted(OPENING))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_engine_stands_where_a_plain_table_would(stage: str, steps: list[tuple[int, bool, int]]) -> None:
    """Random triggers, provided for or not, over moving days: state, refusals and replay agree with the table alone."""
    definition = catalog().latest("stage", stage).definition
    table, states = definition.transitions, definition.states
    triggers = sorted(table)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder)).holidays()
        ref = opened(world, stage)
        state, today, taken = world.stage(ref).state, date(2026, 3, 2), Counter[str]()
        for number, provided, days in steps:
            trigger = triggers[number % len(triggers)]
            here = [name for name in triggers if state in table[name].sources and table[name].roles]
            if provided and here:
                onward = [name for name in here if number % 9 == 0 or not table[name].to or not states[table[name].to].final] or here
                fewest = min(taken[name] for name in onward)
                fresh = [name for name in onward if taken[name] <= fewest + number % 2]
                trigger = fresh[number % len(fresh)]
            today += timedelta(days=days * 20)
            world.at(today.isoformat())
            for fired in world.engine.expire_due(ref.partition("/")[0]):
                state = _follow(table, state, stage, fired)
            taken[trigger] += 1
            ask = world.provide(ref, trigger, number) if provided and trigger in here else Ask()
            prepared = world.case(ref).tables
            try:
                done = world.engine.advance(ref, trigger, ask)
            except (TransitionRefused, InvalidInput):
                assert world.case(ref).tables == prepared
                continue
            assert state in table[trigger].sources
            state = _follow(table, state, stage, done)
            assert world.stage(ref).state == state
        case = world.store.load(ref.partition("/")[0], history=True)
        again = replay(world.store.entries(case.agreement.id))
        assert {name: rows for name, rows in again.items() if name in case.tables} == dict(case.tables)


def _follow(table: dict, state: str, stage: str, done: object) -> str:
    """The state after an outcome, by the table alone: its own transition, and reactions of the same stage."""
    change = done.change  # type: ignore[attr-defined]
    if change.instance == stage and change.act in ("advance", "fire"):
        state = table[change.trigger].to or state
        for effect in change.effects:  # a reaction of the stage itself to what its own transition set off
            if effect.table == "instance" and effect.key == (stage,) and effect.values.get("state", state) != state:
                landed = effect.values["state"]
                assert any(row.to == landed and state in row.sources and "follows" in row.spec for row in table.values())
                state = landed
    for ref, source, target in done.moved:  # type: ignore[attr-defined]
        if ref == stage:
            assert any(row.to == target and source in row.sources for row in table.values())
            state = target
    return state

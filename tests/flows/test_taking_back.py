"""A step taken back leaves everything as it was before it, whatever the step was: random steps of every stage."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from flows.scenes import existing, replays

from workflow.engine import Ask
from workflow.errors import InvalidInput, TransitionRefused

if TYPE_CHECKING:
    from world import World

BASE = {"signed_on": "2026-01-05", "in_force_on": "2026-01-05", "term_kind": "fixed", "ends_on": "2030-01-04", "fields": "education,health"}
LINKS = {"review": {"subject": "mou"}, "action-plan": {"base": "mou"}}


def standing(world: World, ref: str) -> list[Any]:
    """All that counts of an agreement: states, what is on record in the latest rounds, their papers and approvals, open deadlines."""
    draft = world.engine.read(ref)
    tables = draft.tables
    newest = {(row.instance, row.name): draft.row(row.instance, row.name) for row in tables["row"].values()}
    return [
        [row._replace(revision=0) for row in tables["instance"].values()],
        {place: (row.status, row.data) for place, row in newest.items() if row.data or row.status != "open"},
        sorted((paper.instance, paper.row, paper.version, paper.language, paper.sha256) for place in newest for paper in draft.documents(*place)),
        sorted((vote.instance, vote.row, vote.person, vote.decision) for place in newest for vote in draft.approvals(*place)),
        sorted((due.instance, due.name, due.anchor, due.anchored_on, due.effective, due.occurrence, due.overdue)
               for due in tables["deadline"].values() if due.status == "open"),
    ]


def step(world: World, ref: str, chance: random.Random) -> str:
    """Take some step that a person may take, its facts with it or before it; the entry, empty where it was refused."""
    definition = world.engine.read(ref).definition(world.stage(ref))
    ways = [row for row in definition.transitions.values() if world.stage(ref).state in row.sources and row.roles]
    if not ways:
        return ""
    trigger = chance.choice(ways).name
    try:
        asked = world.provide(ref, trigger, chance.randint(0, 3))
        if chance.random() < 0.5 and (asked.facts or asked.papers):
            world.engine.record(ref, asked)
            asked = Ask()
        world.before = standing(world, ref.partition("/")[0])
        return world.engine.advance(ref, trigger, asked).entry
    except (TransitionRefused, InvalidInput):
        return ""


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stage", ["visit", "loi", "mou", "joint-agreement", "review", "action-plan"])
def test_a_step_taken_back_has_not_been(world, stage, seed):
    chance = random.Random(f"{stage} {seed}")
    ref = world.start(track="association" if stage == "joint-agreement" else "sister-city")
    if stage in LINKS:
        existing(world, ref, "mou", "in-force", "2026-01-05", BASE)
    definition = world.library.newest_stage(stage)
    living = [name for name, state in definition.states.items() if not state.final]
    existing(world, ref, stage, chance.choice(living), "2026-02-02", **LINKS.get(stage, {}))
    for number in range(8):
        world.at(f"2026-03-{2 + 3 * number:02d}").engine.expire_due(ref)
        entry = step(world, f"{ref}/{stage}", chance)
        if not entry:
            continue
        try:
            world.engine.correct(entry, Ask(reason="in error"), undo=True)
        except InvalidInput as refused:
            if "other stages" in str(refused):
                continue
            raise

        assert standing(world, ref) == world.before
        assert replays(world.store, ref)

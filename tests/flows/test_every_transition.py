"""Every transition that a person may take can be taken: there is a way to it, and what it asks for can be put on record."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from test_properties import OPENING, opened
from world import World, catalog

if TYPE_CHECKING:
    from pathlib import Path

ALL = [(stage, trigger) for stage in sorted(OPENING)
       for trigger, row in catalog().latest("stage", stage).definition.transitions.items() if row.roles]


def way(definition: Any, trigger: str) -> list[str]:
    """The shortest row of triggers whose last is `trigger`, by persons or by the clock; irregular ones only where it is asked for."""
    table = definition.transitions
    todo = deque([(definition.initial, [])])
    seen = {definition.initial}
    while todo:
        state, path = todo.popleft()
        if state in table[trigger].sources:
            return [*path, trigger]
        for name, row in table.items():
            taken = (row.roles or row.clock) and row.to and state in row.sources and row.to not in seen
            if taken and (not row.irregular or trigger.endswith("irregular")) and not _against(definition, trigger, row):
                seen.add(row.to)
                todo.append((row.to, [*path, name]))
    raise AssertionError(f"no way to {trigger}")


def _against(definition: Any, trigger: str, row: Any) -> bool:
    """A step whose condition excludes the wanted transition's own."""
    wanted = definition.transitions[trigger].when
    return any(name in wanted and not set(values) & set(wanted[name]) for name, values in row.when.items())


@pytest.mark.parametrize(("stage", "trigger"), ALL)
def test_every_transition_of_a_person_can_be_taken(stage: str, trigger: str, tmp_path: Path) -> None:
    world = World(tmp_path).holidays()
    light = trigger in ("run-light", "widen", "board-changed", "call-review")
    ref = opened(world, stage, variant="light" if light else "full")
    definition = catalog().latest("stage", stage).definition
    path = way(definition, trigger)
    wanted = {name: value for step in path for name, value in _conditions(definition, step).items()}
    for step in path:
        if world.stage(ref).state not in definition.transitions[step].sources:
            continue  # the clock has taken it
        world.at_least(*_days(world, ref))
        for fired in world.engine.expire_due(ref.partition("/")[0]):
            assert fired.change.act in ("fire", "overdue")
        for item in world.engine.read(ref).items(stage) if step == "close" and definition.item else ():
            world.take(f"{ref}/{item.number}", "drop")
        if world.stage(ref).state in definition.transitions[step].sources:
            world.take(ref, step, **_apt(definition, step, wanted, world, ref))
    assert world.stage(ref).revision > 1


def _conditions(definition: Any, step: str) -> dict[str, str]:
    return {name: "yes" if values[0] is True else "no" if values[0] is False else values[0]
            for name, values in definition.transitions[step].when.items()}


def _apt(definition: Any, step: str, wanted: dict[str, str], world: World, ref: str) -> dict[str, str]:
    """Of the answers the way asks for, those that this step's own fields record and that are not on record."""
    fields = {field for name in definition.transitions[step].needs for field in definition.requirements[name].fields}
    draft = world.engine.read(ref)
    rows = [row.data for row in draft.tables["row"].values() if row.instance == ref.partition("/")[2]]
    return {name: value for name, value in wanted.items() if name in fields and not any(name in data for data in rows)}


def _days(world: World, ref: str) -> list[str]:
    """The days that the stage waits for: no step is taken before they have come."""
    rows = [row for row in world.case(ref).tables["row"].values() if row.instance == ref.partition("/")[2]]
    return [row.data[name] for row in rows for name in ("starts_on", "ends_on", "period_to", "terminates_on") if row.name in
            ("dates", "period", "notice") and row.data.get(name)]

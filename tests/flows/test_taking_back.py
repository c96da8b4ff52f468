"""A step taken back leaves everything as it was before it, whatever the step was: random steps of every stage."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from flows.scenes import entries, existing, mou_in_force, replays

from workflow.core.entry import open_entry
from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import InvalidInput, TransitionRefused

if TYPE_CHECKING:
    from world import World

BASE = {"signed_on": "2026-01-05", "in_force_on": "2026-01-05", "term_kind": "fixed", "ends_on": "2030-01-04", "fields": "education,health"}
STAGES = ["visit", "loi", "mou", "joint-agreement", "review", "action-plan"]
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


def desk(world: World, ref: str, chance: random.Random) -> tuple[str, Ask]:
    """Some step that a person may take, and what it needs; no step where there is none."""
    definition = world.engine.read(ref).definition(world.stage(ref))
    ways = [row.name for row in definition.transitions.values() if world.stage(ref).state in row.sources and row.roles]
    if not ways:
        return "", Ask()
    trigger = chance.choice(ways)
    return trigger, world.provide(ref, trigger, chance.randint(0, 3))


def step(world: World, ref: str, chance: random.Random) -> tuple[str, list[Any]]:
    """Take some step, its facts with it or before it; the entry and what stood before it, empty where it was refused."""
    try:
        trigger, asked = desk(world, ref, chance)
        if not trigger:
            return "", []
        if chance.random() < 0.5 and (asked.facts or asked.papers):
            world.engine.record(ref, asked)
            asked = Ask()
        before = standing(world, ref.partition("/")[0])
        return world.engine.advance(ref, trigger, asked).entry, before
    except (TransitionRefused, InvalidInput):
        return "", []


def amend(world: World, entry: str, chance: random.Random) -> None:
    """Put an entry right, often: another day of it, or other words; and sometimes what put it right."""
    while chance.random() < 0.5:
        content, effects = open_entry(world.store.entry(world.case(entry.partition("#")[0]).agreement.id, int(entry.partition("#")[2])).body, {})
        values = [(name, field) for table, key, changed in effects if table == "row" and "data" in changed
                  for name in [key[1] if key else changed["name"]] for field, value in changed["data"].items() if isinstance(value, str)]
        facts = [Fact(field, "0", name) for name, field in values if field in ("note", "letter", "reason")]
        asked = Ask(reason="x", facts=tuple(chance.sample(facts, min(len(facts), 1))),
                    occurred=chance.choice(["", content["occurred"]["text"], "2026-03-01", "2026-02-27"]))
        try:
            entry = world.engine.correct(entry, asked).entry
        except (TransitionRefused, InvalidInput):
            return


def enter(world: World, ref: str, chance: random.Random) -> list[tuple[str, list[Any]]]:
    """Put on record what some step needs, then take it: each entry with what stood before it (of what the clock did, nothing)."""
    found: list[tuple[str, list[Any]]] = []
    try:
        trigger, asked = desk(world, ref, chance)
        for act in (lambda: world.engine.record(ref, asked), lambda: world.engine.advance(ref, trigger)):
            found += [(done.entry, []) for done in world.engine.expire_due(ref.partition("/")[0])]
            before = standing(world, ref.partition("/")[0])
            found.append((act().entry, before))
            amend(world, found[-1][0], chance)
    except (TransitionRefused, InvalidInput):
        pass
    return found


def begun(world: World, stage: str, chance: random.Random) -> str:
    """An agreement with a stage somewhere on its way."""
    ref = world.start(track="association" if stage == "joint-agreement" else "sister-city")
    if stage in LINKS:
        existing(world, ref, "mou", "in-force", "2026-01-05", BASE)
    definition = world.library.newest_stage(stage)
    living = [name for name, state in definition.states.items() if not state.final]
    existing(world, ref, stage, chance.choice(living), "2026-02-02", **LINKS.get(stage, {}))
    return ref


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stage", STAGES)
def test_a_step_taken_back_has_not_been(world, stage, seed):
    chance = random.Random(f"{stage} {seed}")
    ref = begun(world, stage, chance)
    for number in range(8):
        world.at(f"2026-03-{2 + 3 * number:02d}").engine.expire_due(ref)
        entry, before = step(world, f"{ref}/{stage}", chance)
        if not entry:
            continue
        try:
            world.engine.correct(entry, Ask(reason="in error"), undo=True)
        except InvalidInput as refused:
            if "other stages" in str(refused):
                continue
            raise

        assert standing(world, ref) == before or not before
        assert replays(world.store, ref)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stage", STAGES)
def test_all_that_was_entered_is_taken_back_the_latest_first(world, stage, seed):
    """Steps and what was put on record alike, each of which leaves what stood before it."""
    chance = random.Random(f"{stage} {seed} back")
    ref = begun(world, stage, chance)
    stages = len(world.case(ref).tables["instance"])
    done: list[tuple[str, list[Any]]] = []
    for number in range(6):
        world.at(f"2026-03-{2 + 2 * number:02d}")
        done += enter(world, f"{ref}/{stage}", chance)
        if len(world.case(ref).tables["instance"]) > stages:  # what opened stays, and all that led to it
            done, stages = [], len(world.case(ref).tables["instance"])

    decided = [number for number, row in enumerate(entries(world, ref), 1) if open_entry(row.body, {})[0]["act"] == "approve"]
    for entry, before in reversed(done):
        if any(number > int(entry.partition("#")[2]) for number in decided):
            break  # what somebody decided stays
        world.engine.correct(entry, Ask(reason="in error"), undo=True)
        assert standing(world, ref) == before or not before
        assert replays(world.store, ref)


def test_an_activity_that_never_was_is_taken_back_with_what_put_it_right(world):
    ref = mou_in_force(world).partition("/")[0]
    before = standing(world, ref)
    done = world.engine.activity(ref, "exchange", Ask(occurred="2026-02-10"))
    told = world.engine.correct(done.entry, Ask(facts=[Fact("title", "an exchange of nurses")], occurred="2026-02-20", reason="as it was"))
    assert world.deadline(ref, "dormancy").anchored_on == "2026-02-20"

    world.engine.correct(done.entry, Ask(reason="of another city"), undo=True)

    assert standing(world, ref) == before
    assert world.case(ref).tables["activity"][1,].withdrawn
    assert replays(world.store, ref)
    for entry in (done.entry, told.entry):
        with pytest.raises(InvalidInput, match="taken back already"):
            world.engine.correct(entry, Ask(facts=[Fact("title", "again")], reason="x"))


def test_the_latest_activity_that_stands_is_the_one_that_counts(world):
    ref = mou_in_force(world).partition("/")[0]
    first = world.engine.activity(ref, "a call", Ask(occurred="2026-01-12"))
    world.engine.activity(ref, "a visit", Ask(occurred="2026-02-10"))

    world.engine.correct(first.entry, Ask(reason="x"), undo=True)

    assert (world.deadline(ref, "dormancy").anchored_on, world.deadline(ref, "dormancy").status) == ("2026-02-10", "open")

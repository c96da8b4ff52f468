"""Two hands on one agreement: the head is the one lock, and a lost race is never a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, mou_in_force, replays, rows, signed_loi
from world import PARTIES, World

from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import InvalidInput, RequirementsUnmet, StaleInstance
from workflow.store.sqlite import SqliteStore


class Between:
    """A store of one's own connection, in which somebody else acts once between a reading and the writing that rests on it."""

    def __init__(self, store: Any, act: Any) -> None:
        self.store, self.act = store, act

    def load(self, ref: str, **options: Any) -> Any:
        case = self.store.load(ref, **options)
        act, self.act = self.act, None
        if act is not None:
            act()
        return case

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.fixture
def world(tmp_path, database_file):
    """An office in a file."""
    with SqliteStore.open(database_file, synchronous="NORMAL") as store:
        yield World(tmp_path, store).holidays()


@pytest.fixture
def other(world, tmp_path):
    """`other(act)`: an engine over the same file, during whose first decision `act` happens."""
    stores = []

    def engine(act: Any) -> Any:
        stores.append(SqliteStore.open(world.store.path, synchronous="NORMAL"))
        return World(tmp_path, Between(stores[-1], act), "p2").engine
    yield engine
    for store in stores:
        store.close()


def refusals(world, ref: str) -> list[str]:
    return [entry.trigger for entry in entries(world, ref) if entry.act == "refuse"]


def test_whoever_comes_second_to_a_stage_that_moved_is_told(world, other):
    mou = at_council(world)
    answer(world, mou, "council", "approved")

    with pytest.raises(StaleInstance) as stale:
        other(lambda: world.engine.advance(mou, "approve")).advance(mou, "approve")

    assert (stale.value.expected, stale.value.found) == ("at-council", "plan-approved")
    assert [entry.person for entry in entries(world, mou) if entry.trigger == "approve"] == ["p1"]
    assert refusals(world, mou) == []


def test_if_only_the_head_moved_the_decision_is_made_again(world, other):
    mou = at_council(world)
    answer(world, mou, "council", "approved")

    done = other(lambda: world.engine.activity("bogor-kisarazu", "a call from Kisarazu")).advance(mou, "approve")

    assert done.change.target == "plan-approved"
    assert [(entry.act, entry.person) for entry in entries(world, mou)[-2:]] == [("activity", "p1"), ("advance", "p2")]
    assert replays(world.store, mou)


def test_two_stages_of_one_agreement_both_move(world, other):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    world.engine.open("bogor-kisarazu", "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "farming"}))
    screening = world.provide("bogor-kisarazu/visit", "screen")

    other(lambda: world.engine.advance("bogor-kisarazu/visit", "screen", screening)).advance(mou, "approve")

    assert (world.stage(mou).state, world.stage("bogor-kisarazu/visit").state) == ("plan-approved", "screened")
    assert replays(world.store, mou)


def test_a_refusal_decided_on_what_has_changed_is_no_refusal(world, other):
    """The council's answer comes on record while somebody asks: the attempt is judged again, on what is there now."""
    mou = at_council(world)

    done = other(lambda: answer(world, mou, "council", "approved")).advance(mou, "approve")

    assert done.change.target == "plan-approved"
    assert refusals(world, mou) == []


def test_a_rule_across_stages_holds_at_the_moment_of_writing(world, other):
    """An item starts while its base is terminated elsewhere: refused on the new state, and that refusal is true."""
    ref = mou_in_force(world, fields="education", ends_on="2030-01-01").partition("/")[0]
    existing(world, ref, "action-plan", "running", "2026-01-05", {"fields": "education", "period_to": "2026-12-31"}, base="mou")
    world.engine.open(f"{ref}/action-plan", "item", ask({"title": "exchange", "owner_city": "A", "owner_partner": "B", "output": "one",
                                                         "due_on": "2026-09-30", "cost": "none", "funding": "none"}))
    notice = {"notice.sent": "2026-01-05", "terminates_on": "2026-03-01", "termination_reason": "breach", "running_projects": "exchange"}

    def terminate() -> None:
        world.engine.advance(f"{ref}/mou", "give-notice", ask(notice))
        world.engine.expire_due(ref)

    with pytest.raises(RequirementsUnmet) as refused:
        other(terminate).advance(f"{ref}/action-plan/1", "start")

    assert any("terminated" in row.text for row in refused.value.unmet)
    assert world.stage(f"{ref}/action-plan/1").state == "planned"
    assert refusals(world, ref) == ["start"]


def test_the_same_fact_recorded_twice_at_once_is_on_record_once(world, other):
    loi = signed_loi(world)
    first = Ask(facts=[Fact("fields", "health")])

    with pytest.raises(InvalidInput, match="on record already"):
        other(lambda: world.engine.record(loi, first)).record(loi, Ask(facts=[Fact("fields", "culture")]))

    assert [row.data["fields"] for row in rows(world, loi, "row") if row.name == "cooperation"] == [["health"]]


def test_the_same_request_at_once_is_carried_out_once(world, other):
    ref = world.start()
    call = Ask(request="r-1")

    done = other(lambda: world.engine.activity(ref, "a call", call)).activity(ref, "a call", call)

    assert done.repeated
    assert len(world.case(ref).tables["activity"]) == 1


def test_one_reference_is_started_once(world, other):
    engine = other(None)
    seen, engine.store.refs = engine.store.store.refs, lambda prefix="": []  # it looked before the other one started
    world.start()

    with pytest.raises(InvalidInput, match="taken"):
        engine.start("bogor-kisarazu", "sister-city", "Bogor–Kisarazu", PARTIES)

    assert seen() == ["bogor-kisarazu"]


def test_two_clocks_fire_a_fact_once(world, other):
    mou = mou_in_force(world, ends_on="2025-12-31")

    other(lambda: world.engine.expire_due("bogor-kisarazu")).expire_due("bogor-kisarazu")

    assert [entry.trigger for entry in entries(world, mou) if entry.act == "fire"] == ["expire"]
    assert replays(world.store, mou)

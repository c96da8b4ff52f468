"""What makes scripts safe to repeat: the state expected, a request's id, a dry run."""

from __future__ import annotations

import os

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, signed_loi
from world import PARTIES

from workflow.engine import Ask
from workflow.errors import InvalidInput, RequirementsUnmet, StaleInstance


def test_a_state_that_is_not_the_expected_one_stops_the_act_and_leaves_no_trace(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    before = len(entries(world, mou))

    with pytest.raises(StaleInstance) as stale:
        world.engine.advance(mou, "approve", Ask(if_state="plan-draft"))

    assert (stale.value.expected, stale.value.found) == ("plan-draft", "at-council")
    assert len(entries(world, mou)) == before


def test_the_expected_state_lets_pass(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")

    assert world.engine.advance(mou, "approve", Ask(if_state="at-council")).change.target == "plan-approved"


def test_a_request_is_carried_out_once(world):
    ref = world.start()
    given = ask({"exploration_positive": "yes"}, request="r-1")
    first = world.engine.open(ref, "loi", given)
    before = len(entries(world, ref))

    again = world.engine.open(ref, "loi", given)

    assert (again.repeated, again.entry) == (True, first.entry)
    assert len(entries(world, ref)) == before


def test_a_request_repeated_after_more_has_happened_is_still_the_same(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    world.engine.advance(mou, "approve", Ask(request="r-1"))
    world.engine.activity("bogor-kisarazu", "a call")

    assert world.engine.advance(mou, "approve", Ask(request="r-1")).repeated


@pytest.mark.parametrize("other", [
    lambda world: world.engine.activity("bogor-kisarazu", "another title", Ask(request="r-1")),
    lambda world: world.engine.activity("bogor-kisarazu", "a call", ask(request="r-1", occurred="2026-03-01")),
    lambda world: world.engine.assign("bogor-kisarazu", "p2", Ask(request="r-1")),
    lambda world: world.engine.start("bogor-tainan", "sister-city", "Bogor–Tainan", [], ask=Ask(request="r-1")),
])
def test_a_request_id_is_never_used_for_something_else(world, other):
    world.start()
    world.engine.activity("bogor-kisarazu", "a call", Ask(request="r-1"))

    with pytest.raises(InvalidInput, match="used before"):
        other(world)


def test_a_start_is_repeated_like_everything_else(world):
    world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, ask=Ask(request="r-1"))

    assert world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, ask=Ask(request="r-1")).repeated


def test_a_start_with_another_ladder_is_another_start(world):
    world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, params={"ladder": "-30d,0"}, ask=Ask(request="r-1"))

    assert world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, params={"ladder": "-30d,0"}, ask=Ask(request="r-1")).repeated
    with pytest.raises(InvalidInput, match="used before"):
        world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, params={"ladder": "-7d,0"}, ask=Ask(request="r-1"))


def test_a_refused_attempt_does_not_use_up_the_request(world):
    mou = at_council(world)
    with pytest.raises(RequirementsUnmet):
        world.engine.advance(mou, "approve", Ask(request="r-1"))
    answer(world, mou, "council", "approved")

    done = world.engine.advance(mou, "approve", Ask(request="r-1"))

    assert (done.repeated, done.change.target) == (False, "plan-approved")


def test_a_dry_run_decides_the_same_and_writes_nothing(world):
    ref = signed_loi(world).partition("/")[0]
    given = {"technical_units": "health", "fields": "health"}
    before, head = world.case(ref).tables, world.case(ref).head

    dry = world.engine.open(ref, "mou", ask(given, dry_run=True, request="r-1"))

    assert (dry.dry_run, dry.entry, dry.moved) == (True, "", (("loi", "signed", "planning"),))
    assert (world.case(ref).tables, world.case(ref).head) == (before, head)
    wet = world.engine.open(ref, "mou", ask(given, request="r-1"))
    assert wet.change.effects == dry.change.effects


def test_a_dry_run_keeps_no_document(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))

    done = world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id")], dry_run=True))

    assert len(done.change.documents) == 1
    assert not os.path.exists(world.folder / "documents")


def test_a_dry_run_that_is_refused_is_not_on_record(world):
    mou = at_council(world)
    before = len(entries(world, mou))

    with pytest.raises(RequirementsUnmet):
        world.engine.advance(mou, "approve", Ask(dry_run=True))

    assert len(entries(world, mou)) == before


def test_a_dry_run_sees_what_time_would_do_and_writes_none_of_it(world):
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-02-20", {"direction": "inbound", "starts_on": "2026-02-25", "ends_on": "2026-03-02"})
    before = len(entries(world, ref))

    dry = world.engine.advance(f"{ref}/visit", "end", Ask(dry_run=True))

    assert (dry.change.source, dry.change.target, [done.change.trigger for done in dry.before]) == ("underway", "report-due", ["begin"])
    assert (len(entries(world, ref)), world.stage(f"{ref}/visit").state) == (before, "cleared")


def test_a_dry_start_starts_nothing(world):
    done = world.engine.start("bogor-x", "sister-city", "Bogor–X", PARTIES, ask=Ask(dry_run=True))

    assert done.dry_run
    assert world.store.refs() == []


def test_refusals_are_on_record_with_their_reasons(world):
    mou = at_council(world)

    with pytest.raises(RequirementsUnmet):
        world.engine.advance(mou, "approve")

    last = entries(world, mou)[-1]
    assert (last.act, last.trigger, last.person) == ("refuse", "approve", "p1")
    assert "there is no answer yet" in last.body.decode()


def test_a_state_that_the_stage_does_not_have_is_a_slip_not_a_race(world):
    mou = at_council(world)

    with pytest.raises(InvalidInput) as refused:
        world.engine.advance(mou, "approve", Ask(if_state="at-counsel"))

    assert "at-council" in refused.value.known

"""The one statutory clock of the main path, and that it never decides anything."""

from __future__ import annotations

import pytest
from flows.scenes import answer, ask, at_council, rows, submit
from world import catalog

from workflow.errors import RequirementsUnmet

STAGES = sorted(catalog().names("stage"))


def test_the_council_clock_starts_at_receipt_not_at_sending(world):
    """PP 28/2018 art. 30(4): 45 working days from receiving the letter."""
    mou = at_council(world, sent="2026-02-20", received="2026-03-02")

    due = world.deadline(mou, "council")

    assert (due.effective, due.anchored_on, due.provisional) == ("2026-05-13", "2026-03-02", False)


def test_without_a_receipt_the_statutory_clock_does_not_run_and_the_receipt_is_chased(world):
    mou = at_council(world, sent="2026-02-20", received="")

    open_rows = {due.name: due for due in rows(world, mou, "deadline") if due.status == "open"}

    assert "council" not in open_rows
    assert (open_rows["council-receipt"].basis, open_rows["council-receipt"].effective) == ("policy", "2026-02-27")


def test_a_receipt_recorded_later_starts_the_clock_on_its_own_day(world):
    mou = at_council(world, sent="2026-02-20", received="")

    world.at("2026-04-01").engine.record(mou, ask({"council-letter.received": "2026-03-02"}))

    assert world.deadline(mou, "council").effective == "2026-05-13"
    assert world.deadline(mou, "council-receipt").status == "missed"  # five working days from 20 February had ended on the 27th


def test_statute_and_policy_keep_their_names(world):
    mou = at_council(world, received="")
    world.engine.record(mou, ask({"council-letter.received": "2026-03-02"}))

    statute, policy = world.deadline(mou, "council"), world.deadline(mou, "council-receipt")

    assert (statute.basis, statute.citation) == ("statute", "PP 28/2018 art. 30(4)")
    assert (policy.basis, policy.citation) == ("policy", "")


def test_a_new_receipt_after_a_return_starts_a_new_clock_and_the_old_one_stays_on_record(world):
    mou = at_council(world)
    answer(world, mou, "council", "returned", "2026-03-02")
    world.engine.advance(mou, "return", ask(occurred="2026-03-02"))

    world.at("2026-05-04")
    submit(world, mou, "2026-05-01", "2026-05-04")

    clocks = [(due.revision, due.status, due.effective) for due in rows(world, mou, "deadline") if due.name == "council"]
    assert clocks == [(1, "met", "2026-05-13"), (2, "open", "2026-07-14")]
    assert world.stage(mou).counters["council_rounds"] == [1, "2026-03-02"]


def test_time_approves_nothing(world):
    """There is no deemed approval in PP 28/2018: the period passes, the plan stays where it is."""
    mou = at_council(world)
    world.at("2027-03-02")

    fired = world.engine.expire_due("bogor-kisarazu")

    assert [done.change.trigger for done in fired if done.change.instance == "mou"] == []
    assert world.stage(mou).state == "at-council"
    assert world.deadline(mou, "council").status == "open"
    with pytest.raises(RequirementsUnmet):
        world.engine.advance(mou, "approve")


def test_a_decision_after_the_period_still_counts_and_the_clock_was_missed(world):
    mou = at_council(world)
    world.at("2026-06-02")

    answer(world, mou, "council", "approved", "2026-06-01")
    world.engine.advance(mou, "approve")

    assert world.stage(mou).state == "plan-approved"
    assert world.deadline(mou, "council").status == "missed"


def test_a_step_is_dated_by_the_answer_it_records(world):
    mou = at_council(world)
    answer(world.at("2026-04-01"), mou, "council", "approved", "2026-03-30")

    world.at("2026-04-20").engine.advance(mou, "approve")

    assert world.stage(mou).since == "2026-03-30"


@pytest.mark.parametrize("stage", STAGES)
def test_no_clock_ever_takes_a_step_that_somebody_must_decide(stage):
    """What a deadline fires asks for no answer, approval, letter or document, and is on nobody's behalf."""
    definition = catalog().latest("stage", stage).definition
    for machine in filter(None, (definition, definition.item)):
        fired = [machine.transitions[rule.fire] for rule in machine.deadlines.values() if rule.fire]
        kinds = {machine.requirements[name].kind for taken in fired for name in taken.needs}

        assert all(taken.clock and not taken.actor for taken in fired)
        assert kinds <= {"reached", "stage"}

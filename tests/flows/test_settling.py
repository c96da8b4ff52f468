"""Whether a promise was kept: told truthfully, in whatever order and however late its facts come on record."""

from __future__ import annotations

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, mou_in_force, replays, row, rows, signed_loi

from workflow.engine import Ask
from workflow.errors import InvalidInput, RequirementsUnmet

EVERGREEN = {"term_kind": "evergreen"}


def revisions(world, ref: str, name: str) -> list[tuple[str, str]]:
    """The status and the day of every revision of a deadline, oldest first."""
    return [(due.status, due.effective) for due in rows(world, ref, "deadline") if due.name == name]


def signed_today(world, ends_on: str = "2030-12-31", **given: str) -> str:
    """A memorandum that is in force since today."""
    ref, today = world.start(), world.now[:10]
    existing(world, ref, "mou", "in-force", today,
             {"signed_on": today, "in_force_on": today, "term_kind": "fixed", "ends_on": ends_on, "fields": "education", **given})
    return f"{ref}/mou"


def test_what_was_over_before_its_state_was_left_is_missed(world):
    """The memorandum was never deposited, and then it expired: nobody kept that date, nor did it come to nothing."""
    mou = signed_today(world, ends_on="2026-06-30")

    world.at("2026-07-02").engine.expire_due("bogor-kisarazu")

    assert revisions(world, mou, "deposit")[0][0] == "missed"
    assert revisions(world, mou, "first-plan")[0][0] == "missed"


def test_an_activity_after_its_year_does_not_keep_the_promise(world):
    ref = mou_in_force(world, since="2024-06-01", ends_on="2030-01-01").partition("/")[0]
    world.engine.activity(ref, "exchange", ask(occurred="2025-01-10"))

    world.engine.activity(ref, "exchange", ask(occurred="2026-02-10"))

    assert revisions(world, ref, "dormancy")[-2:] == [("missed", "2026-01-10"), ("open", "2027-02-10")]


def test_an_activity_within_its_year_keeps_the_promise(world):
    ref = mou_in_force(world, since="2024-06-01", ends_on="2030-01-01").partition("/")[0]
    world.engine.activity(ref, "exchange", ask(occurred="2025-10-10"))

    world.engine.activity(ref, "exchange", ask(occurred="2026-02-10"))

    assert [status for status, _ in revisions(world, ref, "dormancy")[-2:]] == ["met", "open"]


def test_a_corrected_activity_has_kept_nothing(world):
    ref = mou_in_force(world, since="2024-06-01", ends_on="2030-01-01").partition("/")[0]
    done = world.engine.activity(ref, "exchange", ask(occurred="2025-10-10"))

    world.engine.correct(done.entry, ask(occurred="2025-10-12", reason="a slip of the pen"))

    assert [status for status, _ in revisions(world, ref, "dormancy")[-2:]] == ["void", "open"]


def test_an_answer_in_time_is_in_time_however_late_it_is_entered(world):
    mou = at_council(world)

    world.at("2026-06-10")
    given = {"council.answer": "approved", "council.received": "2026-05-12", "council.number": "9/2026"}
    world.engine.record(mou, ask(given, papers=[world.paper("council")], occurred="2026-06-10"))

    assert (world.deadline(mou, "council").status, world.deadline(mou, "council").settled_on) == ("met", "2026-05-12")


def test_a_typing_error_does_not_stay_on_the_councils_account(world):
    mou = at_council(world)
    world.at("2026-06-10")
    answer(world, mou, "council", "approved", "2026-06-01")
    assert world.deadline(mou, "council").status == "missed"
    entry = f"bogor-kisarazu#{len(entries(world, mou))}"
    world.engine.advance(mou, "approve", ask(occurred="2026-06-10"))

    world.engine.correct(entry, ask({"council.received": "2026-05-11"}, reason="a slip of the pen"))

    assert (world.deadline(mou, "council").status, world.deadline(mou, "council").settled_on) == ("met", "2026-05-11")
    assert replays(world.store, mou)


def test_a_corrected_receipt_moves_the_date_that_was_kept_or_missed(world):
    """The clock was settled already: it counts from the right day all the same."""
    mou = at_council(world, sent="2026-01-26", received="2026-02-02")
    receipt = f"bogor-kisarazu#{len(entries(world, mou))}"
    world.at("2026-05-04")
    answer(world, mou, "council", "approved", "2026-05-04")
    assert world.deadline(mou, "council").status == "missed"

    world.engine.correct(receipt, ask({"council-letter.received": "2026-03-02"}, reason="a slip of the pen"))

    assert [status for status, _ in revisions(world, mou, "council")] == ["void", "met"]
    assert world.deadline(mou, "council").effective == "2026-05-13"


def test_a_step_dated_otherwise_kept_its_deadline_then(world):
    ref = world.at("2026-03-30").start()
    world.engine.open(ref, "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "r"}, occurred="2026-03-01"))
    world.take(f"{ref}/visit", "screen")
    assert world.deadline(f"{ref}/visit", "reply-to-partner").status == "missed"

    world.engine.correct(f"{ref}#3", ask(occurred="2026-03-10", reason="entered late"))

    assert (world.deadline(f"{ref}/visit", "reply-to-partner").status, world.stage(f"{ref}/visit").since) == ("met", "2026-03-10")


def test_a_state_that_is_entered_anew_asks_for_its_date_anew(world):
    """A decision that is taken up again must still be taken nine months before the end."""
    ref = mou_in_force(world, ends_on="2027-06-30").partition("/")[0]
    existing(world, ref, "review", "evaluated", "2026-03-02", subject="mou")
    world.take(f"{ref}/review", "decide", choice="let-expire")
    world.engine.advance(f"{ref}/review", "await-end")

    world.engine.advance(f"{ref}/review", "redecide", ask(reason="the mayor has changed"))

    assert revisions(world, f"{ref}/review", "decide") == [("met", "2026-09-30"), ("open", "2026-09-30")]


def test_a_body_that_is_asked_anew_has_its_time_anew(world):
    """From the day it was asked, where its receipt is not on record; not from the day the first question left."""
    ref = world.start()
    existing(world, ref, "loi", "consulting", "2025-11-03")
    world.engine.record(f"{ref}/loi", ask({"home-affairs.asked": "2025-11-03"}))
    answer(world, f"{ref}/loi", "home-affairs", "objection", "2025-11-24")

    world.engine.record(f"{ref}/loi", ask({"home-affairs.asked": "2026-02-27"}))

    assert [due.anchored_on for due in rows(world, f"{ref}/loi", "deadline") if due.name == "home-affairs"][-1] == "2026-02-27"
    assert world.deadline(f"{ref}/loi", "home-affairs").status == "open"


def test_a_plan_settles_the_deadline_of_what_it_builds_on(world):
    mou = signed_today(world)

    world.engine.open("bogor-kisarazu", "action-plan", ask({"fields": "education", "period_from": "2026-04-01", "period_to": "2026-12-31"}))

    assert world.deadline(mou, "first-plan").status == "met"


def test_before_a_vague_date_counts_from_its_first_day(world):
    """A visit in November may begin on the first: notice is given by the end of October."""
    ref = world.start()

    existing(world, ref, "visit", "planned", "2026-03-02", {"direction": "inbound", "starts_on": "2026-11"})

    due = world.deadline(f"{ref}/visit", "protocol-notice")
    assert (due.effective, due.provisional) == ("2026-10-23", True)


def test_a_yearly_date_comes_again_next_year_not_in_the_quarter(world):
    """UU 23/2014 arts 70(4), 71(2): three months after the end of the year, every year."""
    ref = world.at("2026-05-04").start(params={"fiscal_year_end": "12-31"})
    existing(world, ref, "mou", "in-force", "2020-01-06", {"signed_on": "2020-01-06", "in_force_on": "2020-01-06", **EVERGREEN})
    assert revisions(world, ref, "annual-feed") == [("past", "2026-03-31")]

    world.at("2027-01-04").engine.activity(ref, "a call")

    assert revisions(world, ref, "annual-feed") == [("past", "2026-03-31"), ("open", "2027-03-31")]


def test_a_duty_that_is_watched_from_now_on_looks_ahead(world):
    """The office sets the period of its reports ten years after the memorandum: it is not nine years late at once."""
    ref = world.start()
    existing(world, ref, "mou", "in-force", "2016-01-04", {"signed_on": "2016-01-04", "in_force_on": "2016-01-04", **EVERGREEN})
    world.library.settings()["policy.report_period"] = 6

    world.engine.activity(ref, "a call")

    assert revisions(world, ref, "report-home-affairs") == [("open", "2026-07-04")]


def test_what_no_calendar_can_hold_does_not_lock_the_agreement(world):
    mou = mou_in_force(world, term_kind="auto-renew", term_months="120000", ends_on="2026-02-01")

    world.engine.activity("bogor-kisarazu", "a call")

    assert (world.stage(mou).state, world.deadline(mou, "roll-over").overdue) == ("in-force", True)


def test_an_agreement_that_goes_on_without_a_gap_takes_its_plan_along(world):
    """The old one ends at the midnight at which the new one begins."""
    ref = mou_in_force(world, fields="education").partition("/")[0]
    existing(world, ref, "action-plan", "running", "2026-03-02", {"fields": "education", "period_to": "2026-12-31"}, base="mou")
    existing(world, ref, "mou", "signed", "2026-03-02",
             {"signed_on": "2026-03-02", "in_force_on": "2026-07-01", "term_kind": "fixed", "ends_on": "2031-06-30"}, predecessor="mou")

    world.at("2026-07-02").engine.expire_due(ref)

    stages = {row.ref: row for row in world.case(ref).instances.values()}
    assert (stages["action-plan"].state, stages["action-plan"].links["base"]) == ("running", "mou-2")
    assert (stages["mou"].state, stages["mou-2"].state, stages["mou-2"].gap_days) == ("superseded", "in-force", 0)


def test_the_half_second_after_midnight_is_the_next_day(world):
    mou = mou_in_force(world, ends_on="2026-03-31")
    world.engine.clock = lambda: "2026-03-31T17:00:00.500000Z"

    world.engine.expire_due("bogor-kisarazu")

    assert world.stage(mou).state == "expired"


def test_the_last_day_of_a_term_is_not_over_for_what_happened_on_it(world):
    """Entered two days later, about the last day: what ends that day comes after."""
    mou = mou_in_force(world, ends_on="2026-03-31")

    world.at("2026-04-02")
    given = {"notice.sent": "2026-03-31", "notice.terminates_on": "2026-12-31", "termination_reason": "agreed-procedure", "running_projects": "none"}
    world.engine.advance(mou, "give-notice", ask(given, occurred="2026-03-31"))

    assert [(entry.act, entry.occurred) for entry in entries(world, mou)][-1] == ("advance", "2026-03-31")


def test_a_term_in_months_from_a_vague_day_ends_as_vaguely(world):
    ref = world.start()

    existing(world, ref, "mou", "in-force", "2016-11", {"signed_on": "2016-11", "in_force_on": "2016-11", "term_kind": "fixed", "term_months": "60"})

    assert row(world, f"{ref}/mou", "instrument").data["ends_on"] == "2021-11"


@pytest.mark.parametrize(("opened", "new_law"), [("2018", True), ("2017", False), ("../2020-01-06", True), ("2018-06", False), ("2018-07-13", True)])
def test_a_vague_day_comes_under_the_law_of_its_last(world, opened, new_law):
    """PP 28/2018 is in force since 13 July 2018."""
    ref = world.start()

    existing(world, ref, "loi", "signed", opened)

    assert ("home-affairs" in [found.name for found in rows(world, f"{ref}/loi", "row")]) == new_law


def test_a_stage_is_not_left_before_it_was_entered(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")

    with pytest.raises(InvalidInput, match="only since 2026-02-20"):
        world.engine.advance(mou, "approve", ask(occurred="2025-01-06"))


def test_an_answer_cannot_come_before_its_letter_left(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved", "2025-03-02")

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(mou, "approve")

    assert "2025-03-02 comes before 2026-02-20" in refused.value.unmet[0].text


def test_not_after_a_day_that_has_not_come_says_nothing(world):
    ref = world.start()

    with pytest.raises(InvalidInput, match="has not come"):
        existing(world, ref, "loi", "signed", "../2099-01-01")


def test_an_activity_ends_when_it_has_ended(world):
    ref = mou_in_force(world, since="2024-06-01", ends_on="2030-01-01").partition("/")[0]

    with pytest.raises(InvalidInput, match="has not come"):
        world.engine.activity(ref, "a year abroad", until="2027-03-01")


def test_the_gap_follows_a_corrected_date(world):
    mou = mou_in_force(world, ends_on="2026-01-31")
    ref = mou.partition("/")[0]
    world.engine.expire_due(ref)
    given = {"signed_on": "2026-02-02", "in_force_on": "2026-03-02", **EVERGREEN}
    done = existing(world, ref, "mou", "in-force", "2026-03-02", given, predecessor="mou")
    assert world.stage(f"{ref}/mou-2").gap_days == 29

    world.engine.correct(done.entry, ask({"in_force_on": "2026-02-02"}, reason="a slip of the pen"))

    assert world.stage(f"{ref}/mou-2").gap_days == 1  # 1 February


def test_a_gap_begins_where_the_agreement_was_terminated(world):
    """Its text ran on, but notice had ended it before."""
    ref = world.start()
    given = {"signed_on": "2020-01-06", "in_force_on": "2020-01-06", "term_kind": "fixed", "ends_on": "2030-01-05", "terminates_on": "2026-01-31"}
    existing(world, ref, "mou", "under-notice", "2025-07-31", given)
    world.engine.expire_due(ref)

    existing(world, ref, "mou", "in-force", "2026-03-02", {"signed_on": "2026-03-02", "in_force_on": "2026-03-02", **EVERGREEN}, predecessor="mou")

    assert (world.stage(f"{ref}/mou").state, world.stage(f"{ref}/mou-2").gap_days) == ("terminated", 29)


def test_a_confirmation_that_is_no_longer_fresh_is_told(world):
    ref = world.at("2026-12-02").start()
    existing(world, ref, "mou", "confirmed", "2026-01-05")
    answer(world, f"{ref}/mou", "confirmation", "confirmed", "2026-01-05", asked="2026-01-02")

    done = world.take(f"{ref}/mou", "make-ready")

    assert done.change.notes == ("without confirmation: it was fresh until 2026-07-05 only: ask again",)


def test_a_letter_that_is_fresh_again_is_not_forgotten(world):
    """A letter of intent keeps its twelve months from the day that a correction gives to its signature."""
    loi = signed_loi(world, "2025-11-18")

    world.engine.correct("bogor-kisarazu#2", Ask(facts=ask({"signed_on": "2025-11-28"}).facts, reason="a slip of the pen"))

    assert revisions(world, loi, "follow-up") == [("void", "2026-11-18"), ("open", "2026-11-28")]

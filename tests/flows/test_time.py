"""Facts of time: what a clock may do, when it is dated, and what is left to people."""

from __future__ import annotations

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, mou_in_force, replays, rows, signed_loi

from workflow.errors import TriggerNotAllowed


def acts(world, ref: str) -> list[tuple[str, str, str]]:
    return [(entry.act, entry.trigger, entry.occurred) for entry in entries(world, ref)]


def test_a_clause_fires_on_its_own_day_however_late_it_is_noticed(world):
    mou = mou_in_force(world, signed_on="2019-01-02", in_force_on="2019-01-02", ends_on="2024-01-01")

    fired = world.engine.expire_due("bogor-kisarazu")

    assert (fired[0].change.trigger, fired[0].change.occurred, fired[0].recorded[:10]) == ("expire", "2024-01-01", "2026-03-02")
    assert world.stage(mou).since == "2024-01-01"


def test_what_had_ended_is_not_called_to_a_review_today(world):
    """The end of 2024 comes first, though the office's review was due before it: a policy is dated when it is noticed."""
    ref = mou_in_force(world, signed_on="2019-01-02", in_force_on="2019-01-02", ends_on="2024-01-01").partition("/")[0]

    fired = world.engine.expire_due(ref)

    assert [done.change.trigger for done in fired] == ["expire"]
    assert world.deadline(f"{ref}/mou", "review-fixed").status == "void"


def test_a_policy_fires_on_the_day_it_is_noticed(world):
    loi = signed_loi(world, "2020-01-02")

    fired = world.engine.expire_due("bogor-kisarazu")

    assert ("lapse", "2026-03-02") in [(done.change.trigger, done.change.occurred) for done in fired]
    assert world.deadline(loi, "follow-up").effective == "2021-01-02"


def test_a_date_on_record_that_has_come_is_dated_by_the_record(world):
    """No policy is at work where a visit begins and ends on the days its plan names: dormancy counts from there, not from when it was noticed."""
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-01-05", {"direction": "inbound", "starts_on": "2026-01-12", "ends_on": "2026-01-14"})

    fired = world.engine.expire_due(ref)

    assert [(done.change.trigger, done.change.occurred) for done in fired] == [("begin", "2026-01-12"), ("end", "2026-01-14")]
    assert world.stage(f"{ref}/visit").since == "2026-01-14"


def test_what_is_entered_late_finds_the_visit_ended_on_its_day(world):
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-01-05", {"direction": "inbound", "starts_on": "2026-01-12", "ends_on": "2026-01-14"})

    papers = [world.paper("report")]
    done = world.engine.advance(f"{ref}/visit", "close-no-action", ask(occurred="2026-01-20", reason="nothing agreed", papers=papers))

    assert done.change.source == "report-due"


def test_a_review_that_the_clock_opens_begins_when_it_is_noticed(world):
    ref = world.start(track="association")
    existing(world, ref, "joint-agreement", "running", "2024-01-10", {"signed_on": "2024-01-10", "board": "the board", "board_until": "2024-08-31"})

    fired = world.engine.expire_due(ref)

    assert ("board-changed", "2024-08-31") in [(done.change.trigger, done.change.occurred) for done in fired]
    assert world.stage(f"{ref}/review").opened_on == "2026-03-02"


def test_a_term_that_ended_in_a_year_ended_in_that_year_and_on_no_day(world):
    mou = mou_in_force(world, signed_on="2011", in_force_on="2011", ends_on="2016")

    world.engine.expire_due("bogor-kisarazu")

    assert (world.stage(mou).state, world.stage(mou).since) == ("expired", "2016")


def test_the_system_acts_as_itself(world):
    mou_in_force(world, ends_on="2025-12-31")

    world.engine.expire_due("bogor-kisarazu")

    assert [(entry.person, entry.act) for entry in entries(world, "bogor-kisarazu")][-1] == ("system", "fire")


def test_the_last_day_of_a_term_still_counts(world):
    mou = mou_in_force(world, ends_on="2026-03-31")

    world.at("2026-03-31").engine.expire_due("bogor-kisarazu")
    assert world.stage(mou).state == "in-force"

    world.at("2026-04-01").engine.expire_due("bogor-kisarazu")
    assert (world.stage(mou).state, world.stage(mou).since) == ("expired", "2026-03-31")


def test_a_visit_begins_in_the_morning_and_ends_at_night(world):
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-03-02", {"direction": "inbound", "starts_on": "2026-03-03", "ends_on": "2026-03-04"})

    assert not world.engine.expire_due(ref)
    world.at("2026-03-03").engine.expire_due(ref)
    assert world.stage(f"{ref}/visit").state == "underway"
    world.at("2026-03-04").engine.expire_due(ref)
    assert world.stage(f"{ref}/visit").state == "underway"
    world.at("2026-03-05").engine.expire_due(ref)
    assert world.stage(f"{ref}/visit").state == "report-due"


def test_every_write_first_applies_what_is_due(world):
    """No worker runs: the next write notices, and says so."""
    mou = mou_in_force(world)
    world.at("2026-07-02")

    with pytest.raises(TriggerNotAllowed) as refused:
        world.engine.advance(mou, "deposit")

    assert refused.value.state == "expired"
    assert [act[:2] for act in acts(world, "bogor-kisarazu")][-2:] == [("fire", "expire"), ("refuse", "deposit")]


def test_a_write_about_an_earlier_day_leaves_what_fell_due_later(world):
    mou_in_force(world, ends_on="2025-12-31")

    existing(world, "bogor-kisarazu", "visit", "closed-follow-up", "2025-07-01")

    assert world.stage("bogor-kisarazu/mou").state == "in-force"


def test_a_step_that_time_has_just_taken_is_not_refused_to_whoever_asks_for_it(world):
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-03-02", {"direction": "inbound", "starts_on": "2026-03-03", "ends_on": "2026-03-04"})
    world.at("2026-03-03")

    done = world.engine.advance(f"{ref}/visit", "begin")

    assert (done.change.act, done.change.target) == ("fire", "underway")
    assert not [act for act in acts(world, ref) if act[0] == "refuse"]


def test_a_fire_that_is_refused_becomes_overdue_once(world):
    """The plan should run, but nothing beneath it is in force any more: somebody must look, no clock knocks again."""
    ref = mou_in_force(world, fields="education").partition("/")[0]
    given = {"fields": "education", "period_from": "2026-07-06", "period_to": "2026-12-31"}
    existing(world, ref, "action-plan", "funded", "2026-03-02", given, base="mou")
    world.at("2026-07-06").engine.expire_due(ref)
    before = len(entries(world, ref))

    world.at("2026-07-07").engine.expire_due(ref)

    assert world.stage(f"{ref}/action-plan").state == "funded"
    starts = world.deadline(f"{ref}/action-plan", "starts")
    assert (starts.status, starts.overdue) == ("open", True)
    assert [act[0] for act in acts(world, ref)].count("overdue") == 1
    assert len(entries(world, ref)) == before


def test_a_recurring_clock_that_slept_fires_once_and_looks_ahead(world):
    """A review every 24 months, asleep for six years: one review, and the next occurrence lies in the future."""
    loi = signed_loi(world, "2019-03-04")

    world.engine.expire_due("bogor-kisarazu")

    assert [row.ref for row in world.case(loi).instances.values() if row.stage == "review"] == ["review"]
    due = world.deadline(loi, "review-evergreen")
    assert (due.status, due.occurrence, due.effective) == ("open", 4, "2027-03-04")
    assert [row.status for row in rows(world, loi, "deadline") if row.name == "review-evergreen"] == ["fired", "open"]


def test_a_review_that_is_open_is_not_opened_twice(world):
    loi = signed_loi(world, "2019-03-04")
    world.engine.expire_due("bogor-kisarazu")

    world.at("2027-03-05").engine.expire_due("bogor-kisarazu")

    assert len([row for row in world.case(loi).instances.values() if row.stage == "review"]) == 1


def test_a_text_that_renews_itself_rolls_over(world):
    mou = mou_in_force(world, term_kind="auto-renew", term_months="12", ends_on="2026-03-31")
    world.at("2026-04-01")

    world.engine.expire_due("bogor-kisarazu")

    draft = world.engine.read(mou)
    assert world.stage(mou).state == "in-force"
    assert draft.row("mou", "instrument").data["ends_on"] == "2027-03-31"
    assert world.stage(mou).counters["roll_overs"] == [1, "2026-03-31"]
    assert world.deadline(mou, "roll-over").effective == "2027-03-31"


def test_several_missed_roll_overs_follow_one_another(world):
    mou = mou_in_force(world, term_kind="auto-renew", term_months="12", ends_on="2023-03-31")

    world.engine.expire_due("bogor-kisarazu")

    assert world.stage(mou).counters["roll_overs"] == [3, "2025-03-31"]
    assert replays(world.store, mou)


def test_a_text_without_end_never_expires(world):
    ref = world.start("shibukawa")
    existing(world, ref, "mou", "in-force", "2001-01-01", {"signed_on": "2001-01-01", "in_force_on": "2001-01-01", "term_kind": "evergreen"})

    world.engine.expire_due(ref)

    assert world.stage(f"{ref}/mou").state == "in-force"


def test_a_settled_clock_does_not_come_back(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    world.engine.advance(mou, "approve")

    world.at("2027-01-01").engine.expire_due("bogor-kisarazu")

    assert [row.status for row in rows(world, mou, "deadline") if row.name == "council"] == ["met"]


def test_dormancy_is_a_flag_that_the_next_activity_clears(world):
    ref = mou_in_force(world, since="2024-06-01", ends_on="2030-01-01").partition("/")[0]
    world.engine.activity(ref, "student exchange", ask(occurred="2025-01-10"))
    assert (world.deadline(f"{ref}/", "dormancy").effective, world.deadline(f"{ref}/", "dormancy").shows) == ("2026-01-10", "dormant")

    world.engine.activity(ref, "student exchange", ask(occurred="2026-02-10"))

    flags = [(row.status, row.effective) for row in rows(world, ref, "deadline") if row.name == "dormancy"]
    assert flags[-1] == ("open", "2027-02-10")
    assert [status for status, _ in flags].count("open") == 1
    assert world.stage(f"{ref}/mou").state == "in-force"


def test_a_clock_writes_nothing_when_nothing_is_due(world):
    ref = mou_in_force(world.at("2025-06-20")).partition("/")[0]
    before = len(entries(world, ref))

    assert world.engine.expire_due(ref) == ()
    assert len(entries(world, ref)) == before


def test_the_first_plan_is_what_its_deadline_waits_for(world):
    ref = world.start()
    existing(world, ref, "mou", "in-force", "2026-02-02", {"signed_on": "2026-02-02", "in_force_on": "2026-02-02", "fields": "health"})

    world.engine.open("bogor-kisarazu", "action-plan", ask({"fields": "health", "period_from": "2026-03-01", "period_to": "2026-12-31"}))

    assert world.deadline(f"{ref}/mou", "first-plan").status == "met"


def test_an_item_that_is_dropped_has_not_kept_its_date(world):
    mou_in_force(world, fields="health")
    world.engine.open("bogor-kisarazu", "action-plan", ask({"fields": "health", "period_from": "2026-03-01", "period_to": "2026-06-30"}))
    world.engine.open("bogor-kisarazu/action-plan", "item", ask({"title": "nurses", "due_on": "2026-05-31"}))

    world.engine.advance("bogor-kisarazu/action-plan/1", "drop", ask(reason="no money"))

    assert world.deadline("bogor-kisarazu/action-plan/1", "due").status == "void"

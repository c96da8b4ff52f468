"""When a deadline ends, and at which instant its day is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendars import fill
from workflow.core.calendar import Calendar, calendar_of
from workflow.core.deadline import Due, Lead, due, instant, parse_lead
from workflow.core.definition import deadline_rule
from workflow.errors import InvalidInput

ZONES = ["Asia/Jakarta", "Asia/Tokyo", "Asia/Jayapura", "Europe/Berlin", "America/Santiago", "America/Havana", "Asia/Beirut", "Africa/Cairo",
         "America/Sao_Paulo", "America/Asuncion", "America/Nuuk", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"]
days_of_life = st.dates(date(2000, 1, 2), date(2040, 12, 31))


def rule(**changes):
    row = {"anchor": ["state:x"], "amount": 1, "unit": "day", "direction": "after", "basis": "policy", "on_expiry": "escalate"}
    return deadline_rule("rule", row | changes)


@pytest.fixture(scope="module")
def indonesia() -> Calendar:
    return calendar_of("ID", *fill("ID", range(2024, 2030)))


def test_the_council_clock(indonesia):
    """PP 28/2018 art. 30(4): 45 working days from receiving the letter."""
    council = rule(unit="working-day", calendar="ID")

    assert due(council, 45, date(2026, 3, 2), indonesia) == Due(date(2026, 5, 13), date(2026, 5, 13), False)


def test_ten_days_before_departure_roll_back_over_the_feast(indonesia):
    """SE Mendagri 009/5545/SJ: 22 March 2026 is Idul Fitri; the last working day before it is the 17th."""
    permit = rule(direction="before", roll="back")

    assert due(permit, 10, date(2026, 4, 1), indonesia) == Due(date(2026, 3, 22), date(2026, 3, 17), False)


def test_ten_working_days_before_departure(indonesia):
    assert due(rule(unit="working-day", direction="before"), 10, date(2026, 4, 1), indonesia).effective == date(2026, 3, 11)


def test_a_rule_that_does_not_roll_may_end_on_a_sunday(indonesia):
    assert due(rule(), 20, date(2026, 3, 2), indonesia) == Due(date(2026, 3, 22), date(2026, 3, 22), False)


def test_months_clip_and_then_roll():
    """31 Aug 2025 + 6 months = Sat 28 Feb 2026, forward to Monday."""
    assert due(rule(unit="month", roll="forward"), 6, date(2025, 8, 31), None) == Due(date(2026, 2, 28), date(2026, 3, 2), False)
    assert due(rule(unit="month", direction="before"), 6, date(2026, 8, 31), None).nominal == date(2026, 2, 28)


def test_an_occurrence_counts_from_the_anchor_so_that_clipping_does_not_creep():
    monthly = rule(unit="month", every=True)

    assert [due(monthly, 1, date(2026, 1, 31), None, k).nominal.day for k in (1, 2, 3)] == [28, 31, 30]
    assert due(rule(unit="year", every=True), 1, date(2024, 2, 29), None, 4).nominal == date(2028, 2, 29)


def test_a_year_without_its_decree_makes_the_date_provisional(indonesia):
    assert not due(rule(unit="working-day"), 45, date(2026, 3, 2), indonesia).provisional
    assert due(rule(unit="working-day"), 45, date(2029, 3, 2), indonesia).provisional
    assert due(rule(roll="forward"), 10, date(2029, 3, 2), indonesia).provisional, "the day may turn out to be a holiday"
    assert not due(rule(), 10, date(2029, 3, 2), indonesia).provisional, "calendar days need no decree"


def test_a_rule_that_names_a_calendar_nobody_filled_is_provisional():
    assert due(rule(unit="working-day", calendar="ID"), 5, date(2026, 3, 2), None) == Due(date(2026, 3, 9), date(2026, 3, 9), True)
    assert not due(rule(unit="working-day"), 5, date(2026, 3, 2), None).provisional


@given(days_of_life, st.integers(0, 400), st.sampled_from(["day", "month", "working-day"]), st.sampled_from(["after", "before"]))
def test_after_rolls_forward_and_before_rolls_back(anchor, amount, unit, direction):
    back = direction == "before"
    found = due(rule(unit=unit, direction=direction, roll="back" if back else "forward"), amount, anchor, None)

    assert (found.effective <= found.nominal <= anchor) if back else (anchor <= found.nominal <= found.effective)
    assert unit == "working-day" or abs((found.effective - found.nominal).days) <= 2
    assert found.effective.weekday() < 5


def test_a_tokyo_day_is_over_two_hours_before_jakartas():
    assert instant(date(2026, 5, 13), "end", "Asia/Tokyo") == "2026-05-13T15:00:00Z"
    assert instant(date(2026, 5, 13), "end", "Asia/Jakarta") == "2026-05-13T17:00:00Z"
    assert instant(date(2026, 5, 13), "start", "Asia/Jakarta") == "2026-05-12T17:00:00Z"


def test_berlins_days_have_23_24_and_25_hours():
    def hours(day: date) -> float:
        ends = [datetime.fromisoformat(instant(day, at, "Europe/Berlin")) for at in ("start", "end")]
        return (ends[1] - ends[0]) / timedelta(hours=1)

    assert [hours(date(2026, 3, 29)), hours(date(2026, 3, 30)), hours(date(2026, 10, 25))] == [23, 24, 25]


def test_a_day_whose_midnight_is_skipped_begins_at_the_skip():
    """Santiago, 6 September 2026: at 24:00 of Saturday (UTC-4) the clock shows 01:00 of Sunday."""
    assert instant(date(2026, 9, 6), "start", "America/Santiago") == "2026-09-06T04:00:00Z" == instant(date(2026, 9, 5), "end", "America/Santiago")


@given(days_of_life, st.sampled_from(ZONES))
def test_an_instant_is_the_first_moment_of_its_civil_day(day, zone):
    first = datetime.fromisoformat(instant(day, "start", zone))
    local = ZoneInfo(zone)

    assert first.astimezone(local).date() == day
    assert (first - timedelta(seconds=1)).astimezone(local).date() == day - timedelta(days=1)


@given(days_of_life, st.sampled_from(ZONES))
def test_days_follow_one_another_without_gap(day, zone):
    start, end = instant(day, "start", zone), instant(day, "end", zone)

    assert start < end == instant(day + timedelta(days=1), "start", zone)
    assert datetime.fromisoformat(start).tzinfo == UTC
    assert len(start) == 20


@pytest.mark.parametrize("zone", ["Asia/Bogor", "", "../etc/passwd", "Asia", "WIB?"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(InvalidInput, match="no such time zone"):
        instant(date(2026, 1, 1), "end", zone)


def test_the_end_of_time_is_refused():
    with pytest.raises(InvalidInput, match="outside the years"):
        instant(date.max, "end", "UTC")


@pytest.mark.parametrize(("text", "lead"), [
    ("-10bd", Lead(-10, "working-day")), ("-6m", Lead(-6, "month")), ("-30d", Lead(-30, "day")), ("0", Lead(0, "day")),
    ("+1d", Lead(1, "day")), ("5bd", Lead(5, "working-day")), ("-2w", Lead(-14, "day")), ("-1y", Lead(-1, "year")),
])
def test_leads(text, lead):
    assert parse_lead(text) == lead


@pytest.mark.parametrize("text", ["", "bd", "-", "10", "-10h", "10 d", "1e3d", "--1d"])
def test_what_is_no_lead_is_refused_with_the_forms(text):
    with pytest.raises(InvalidInput, match="-10bd"):
        parse_lead(text)

"""Calendars filled from the library, and the office's rows on top of it."""

from __future__ import annotations

from datetime import date

import pytest

from workflow.calendars import fill, merge, overrides
from workflow.core.calendar import calendar_of
from workflow.core.office import Day
from workflow.errors import InvalidInput

# SKB Menag/Menaker/MenPANRB 1497, 2, 5 / 2025
NATIONAL_2026 = "01-01 01-16 02-17 03-19 03-21 03-22 04-03 04-05 05-01 05-14 05-27 05-31 06-01 06-16 08-17 08-25 12-25"
JOINT_LEAVE_2026 = "02-16 03-18 03-20 03-23 03-24 05-15 05-28 12-24"
DECREE = """
[[day]]
calendar = "ID"
on = 2026-05-15
kind = "working"
name = "Cuti bersama dicabut"
source = "SKB 9/2026"

[[day]]
calendar = "ID"
on = "2026-05-18"
kind = "joint-leave"
name = "Cuti bersama"
source = "SKB 9/2026"
"""


@pytest.mark.parametrize(("kind", "expected"), [("national", NATIONAL_2026), ("joint-leave", JOINT_LEAVE_2026)])
def test_the_library_has_the_decree_of_2026(kind, expected):
    days, _ = fill("ID", [2026])

    assert [day.on[5:] for day in days if day.kind == kind] == expected.split()


def test_an_indonesian_year_is_known_only_with_its_joint_leave():
    """The library gives 2028 and later without cuti bersama and without an error."""
    days, coverage = fill("ID", range(2010, 2041))
    with_leave = {int(day.on[:4]) for day in days if day.kind == "joint-leave"}

    assert {row.year for row in coverage} == set(range(2010, 2041))
    assert {row.year for row in coverage if row.status == "known"} <= with_leave
    assert with_leave >= set(range(2010, 2027))
    assert max(with_leave) < 2040, "nobody has decreed that year's joint leave"
    assert all("cuti bersama" in row.source or "estimated" in row.source for row in coverage if row.status == "partial")


def test_a_year_with_a_day_that_is_only_estimated_is_not_known():
    """The moon is sighted, and the decree that names the day may move it."""
    days, coverage = fill("ID", range(2010, 2041))
    estimated = {int(day.on[:4]) for day in days if "(estimated)" in day.name}

    assert {row.year for row in coverage if "estimated" in row.source} == estimated
    assert not {row.year for row in coverage if row.status == "known"} & estimated
    assert 2035 in estimated
    assert 2026 not in estimated


def test_japanese_city_halls_close_from_29_december_to_3_january():
    days, coverage = fill("JP", [2026])
    jp = calendar_of("JP", days, coverage)

    assert [day.on for day in days if day.kind == "closure"] == ["2026-01-02", "2026-01-03", "2026-12-29", "2026-12-30", "2026-12-31"]
    assert next(day.kind for day in days if day.on == "2026-01-01") == "national"
    assert date(2026, 5, 6) in jp.closed, "a substitute holiday"
    assert jp.years == {2026}
    assert all("art. 4-2" in day.source for day in days if day.kind == "closure")


def test_the_year_end_is_closed_across_both_years():
    jp = calendar_of("JP", *fill("JP", [2026, 2027]))

    assert jp.add(date(2026, 12, 28), 1) == (date(2027, 1, 4), False)


def test_rows_of_a_decree_win_over_the_library():
    days, coverage = fill("ID", [2026])
    merged = merge(days, overrides(DECREE))
    calendar = calendar_of("ID", merged, coverage)

    assert calendar.is_working(date(2026, 5, 15))
    assert not calendar.is_working(date(2026, 5, 18))
    assert Day("ID", "2026-05-15", "working", "Cuti bersama dicabut", "SKB 9/2026") in merged
    assert len({(day.calendar, day.on) for day in merged}) == len(merged) == len(days) + 1


def test_every_problem_of_a_calendar_file_is_told_at_once():
    text = '[[day]]\ncalendar="ID"\non=2026-05-15T00:00:00\nkind="feast"\nname=""\nnote="x"\n[[day]]\ncalendar="ID"\n[extra]\n'

    with pytest.raises(InvalidInput) as refused:
        overrides(text)

    for part in ("day 1: note", "day 1: kind", "day 1: name", "day 1: source", "decree", "day 1: on", "day 2: name", "extra"):
        assert part in str(refused.value)


def test_a_day_twice_in_a_file_is_refused():
    with pytest.raises(InvalidInput, match="day 3: ID 2026-05-15 stands there twice"):
        overrides(DECREE + DECREE.split("\n\n", maxsplit=1)[0])


@pytest.mark.parametrize("text", ['day = "x"', "[day]\non = 2026-05-15", "day = [1]"])
def test_a_file_that_is_no_list_of_days_is_refused(text):
    with pytest.raises(InvalidInput, match=r"\[\[day\]\]"):
        overrides(text)


def test_a_syntax_error_is_told_with_its_line():
    with pytest.raises(InvalidInput, match="line 2"):
        overrides("[[day]]\ncalendar = \n")


def test_an_unknown_calendar_is_refused_with_those_known():
    with pytest.raises(InvalidInput, match="ID, JP"):
        fill("XX", [2026])


def test_no_years_ask_nothing():
    assert fill("ID", []) == ([], [])

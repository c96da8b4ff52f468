"""Working days: the table of 2026, numpy as an oracle, and the laws of counting."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendars import fill
from workflow.core.calendar import WEEKENDS, Calendar, calendar_of, shift
from workflow.core.office import Coverage, Day
from workflow.errors import InvalidInput

COLUMNS: dict[str, tuple[str, ...]] = {"weekends": (), "national": ("national",), "joint leave": ("national", "joint-leave")}
TABLE = [  # received; 45 working days later: week-ends only, + national holidays, + cuti bersama
    ("2026-01-05", "2026-03-09", "2026-03-11", "2026-03-12"),
    ("2026-03-02", "2026-05-04", "2026-05-07", "2026-05-13"),
    ("2026-05-04", "2026-07-06", "2026-07-10", "2026-07-14"),
    ("2026-07-01", "2026-09-02", "2026-09-04", "2026-09-04"),
]
CASES = [(row[0], column, row[place]) for row in TABLE for place, column in enumerate(COLUMNS, 1)]

days_of_life = st.dates(date(2000, 1, 1), date(2050, 12, 31))
calendars = st.builds(lambda closed: Calendar("X", frozenset(closed), frozenset(range(1990, 2060))),
                      st.sets(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=60))
near = st.dates(date(2024, 1, 1), date(2026, 12, 31))
counts = st.integers(-120, 120)


@pytest.fixture(scope="module")
def indonesia() -> tuple[list[Day], list[Coverage]]:
    return fill("ID", [2026])


@pytest.mark.parametrize(("received", "column", "expected"), CASES)
def test_forty_five_working_days_in_2026(indonesia, received, column, expected):
    """PP 28/2018 art. 30(4): the day after receipt is day 1."""
    days, coverage = indonesia
    calendar = calendar_of("ID", [day for day in days if day.kind in COLUMNS[column]], coverage)

    assert calendar.add(date.fromisoformat(received), 45) == (date.fromisoformat(expected), False)


def test_ten_working_days_before_a_departure(indonesia):
    assert calendar_of("ID", *indonesia).add(date(2026, 4, 1), -10) == (date(2026, 3, 11), False)


def test_numpy_agrees_on_ten_thousand_random_dates():
    """`busday_offset` counts from the working day at or before (after) the start, forwards (backwards)."""
    draw = random.Random(20161118)
    start = date(1990, 1, 1).toordinal()
    for _ in range(100):
        closed = [date.fromordinal(start + draw.randrange(20_000)) for _ in range(draw.choice((0, 20, 200, 2000)))]
        calendar = Calendar("X", frozenset(closed), None)
        holidays = np.array(closed, dtype="datetime64[D]")
        for _ in range(100):
            day, n = date.fromordinal(start + draw.randrange(20_000)), draw.choice((1, -1)) * draw.randint(1, 130)
            expected = np.busday_offset(day, n, roll="backward" if n > 0 else "forward", holidays=holidays).astype(date)

            assert calendar.add(day, n) == (expected, False), (day, n)


@given(calendars, near, near, counts)
def test_adding_keeps_the_order_of_days(calendar, one, other, n):
    first, second = sorted((one, other))

    assert calendar.add(first, n)[0] <= calendar.add(second, n)[0]


@given(calendars, near, st.integers(1, 120))
def test_more_working_days_end_later(calendar, day, n):
    assert calendar.add(day, n)[0] < calendar.add(day, n + 1)[0]


@given(calendars, near, counts)
def test_adding_and_taking_away_comes_back(calendar, day, n):
    working = calendar.roll(day, "forward")

    assert calendar.add(calendar.add(working, n)[0], -n)[0] == working


@given(calendars, near, st.integers(-40, 40), st.integers(-40, 40))
def test_adding_in_two_steps_is_adding_once(calendar, day, one, other):
    if one * other < 0:
        other = -other

    assert calendar.add(calendar.add(day, one)[0], other)[0] == calendar.add(day, one + other)[0]


@given(calendars, near, counts.filter(bool))
def test_a_result_is_a_working_day_and_as_many_lie_between(calendar, day, n):
    end, _ = calendar.add(day, n)
    low, high = (day + timedelta(1), end) if n > 0 else (end, day - timedelta(1))

    assert calendar.is_working(end)
    assert sum(calendar.is_working(low + timedelta(k)) for k in range((high - low).days + 1)) == abs(n)


@given(calendars, near)
def test_a_roll_finds_the_nearest_working_day_on_its_side(calendar, day):
    back, forward = calendar.roll(day, "back"), calendar.roll(day, "forward")

    assert back <= day <= forward
    assert calendar.is_working(back)
    assert calendar.is_working(forward)
    assert (back == day) == (forward == day) == calendar.is_working(day)
    assert not any(calendar.is_working(back + timedelta(k)) for k in range(1, (forward - back).days))
    assert calendar.roll(day, "none") == day


@given(near, counts, st.sets(st.integers(2023, 2028)))
def test_a_day_counted_outside_the_coverage_makes_the_result_provisional(day, n, years):
    end, provisional = Calendar("X", frozenset(), frozenset(years)).add(day, n)
    step = timedelta(1 if n > 0 else -1)
    counted = [day + step * k for k in range(1, abs((end - day).days) + 1)]

    assert provisional == any(counted_day.year not in years for counted_day in counted)


def test_the_anchor_itself_is_not_counted():
    """31 December is not needed to know the first working day of January."""
    assert Calendar("X", frozenset(), frozenset({2026})).add(date(2025, 12, 31), 1) == (date(2026, 1, 1), False)
    assert Calendar("X", frozenset(), frozenset({2025})).add(date(2025, 12, 31), 1) == (date(2026, 1, 1), True)


def test_week_ends_need_no_decree():
    assert WEEKENDS.add(date(2026, 3, 6), 1) == (date(2026, 3, 9), False)
    assert WEEKENDS.knows(date(1, 1, 1))


def test_rows_of_another_calendar_and_partial_years_count_for_nothing():
    rows = [Day("ID", "2026-01-01", "national", "", ""), Day("JP", "2026-01-02", "closure", "", ""), Day("ID", "2026-01-03", "working", "", "")]
    covers = [Coverage("ID", 2026, "known", ""), Coverage("ID", 2028, "partial", ""), Coverage("JP", 2027, "known", "")]
    calendar = calendar_of("ID", rows, covers)

    assert not calendar.is_working(date(2026, 1, 1))
    assert calendar.is_working(date(2026, 1, 2))
    assert calendar.is_working(date(2026, 1, 3)), "a Saturday opened by decree"
    assert calendar.years == {2026}


def test_a_working_row_opens_a_closed_day_again():
    rows = [Day("ID", "2026-05-15", "joint-leave", "", ""), Day("ID", "2026-05-15", "working", "", "SKB")]

    assert calendar_of("ID", rows, []).is_working(date(2026, 5, 15))
    assert calendar_of("ID", rows[::-1], []).is_working(date(2026, 5, 15))


@pytest.mark.parametrize(("day", "months", "expected"), [
    ("2025-08-31", 6, "2026-02-28"), ("2027-08-31", 6, "2028-02-29"), ("2026-03-31", -1, "2026-02-28"), ("2026-01-31", 12, "2027-01-31"),
    ("2026-01-15", -1, "2025-12-15"), ("2026-11-30", 1, "2026-12-30"),
])
def test_months_clip_to_the_end_of_the_month(day, months, expected):
    assert shift(date.fromisoformat(day), months, "month", WEEKENDS) == (date.fromisoformat(expected), False)


def test_a_leap_day_clips_in_a_common_year():
    assert shift(date(2024, 2, 29), 1, "year", WEEKENDS)[0] == date(2025, 2, 28)
    assert shift(date(2024, 2, 29), 4, "year", WEEKENDS)[0] == date(2028, 2, 29)


@given(days_of_life, st.integers(-300, 300))
def test_a_month_moved_lands_in_that_month_on_the_same_day_or_its_last(day, months):
    moved, _ = shift(day, months, "month", WEEKENDS)

    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(1)).day == 1)


@given(days_of_life, days_of_life, st.integers(-300, 300), st.sampled_from(["day", "month", "year", "working-day"]))
def test_every_unit_keeps_the_order_of_days(one, other, amount, unit):
    first, second = sorted((one, other))

    assert shift(first, amount // 10, unit, WEEKENDS)[0] <= shift(second, amount // 10, unit, WEEKENDS)[0]


@pytest.mark.parametrize(("amount", "unit"), [(10**7, "day"), (10**6, "month"), (9999, "year"), (-3000, "year"), (10**9 * 10**3, "day")])
def test_a_span_out_of_time_is_refused(amount, unit):
    with pytest.raises(InvalidInput, match="outside the years"):
        shift(date(2026, 1, 1), amount, unit, WEEKENDS)


def test_a_calendar_that_never_opens_ends_at_the_end_of_time():
    with pytest.raises(InvalidInput, match="outside the years"):
        WEEKENDS.add(date(9999, 12, 31), 1)

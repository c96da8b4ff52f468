"""Dates as on paper and as typed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.core.calendar import Calendar
from workflow.core.dates import check, earliest, latest, precision, resolve, span
from workflow.errors import InvalidInput

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(("text", "first", "last", "how"), [
    ("2016-11-18", date(2016, 11, 18), date(2016, 11, 18), "day"),
    ("2016-02", date(2016, 2, 1), date(2016, 2, 29), "month"),
    ("2016-12", date(2016, 12, 1), date(2016, 12, 31), "month"),
    ("2016", date(2016, 1, 1), date(2016, 12, 31), "year"),
    ("../2016-11-16", date.min, date(2016, 11, 16), "not-after"),
    ("../2016-11", date.min, date(2016, 11, 30), "not-after"),
])
def test_a_date_says_as_much_as_its_paper(text, first, last, how):
    assert (check(text), earliest(text), latest(text), precision(text)) == (text, first, last, how)


@pytest.mark.parametrize(("typed", "normal"), [(" 2016-11-18 ", "2016-11-18"), ("2016-1-5", "2016-01-05"), ("../2016-9", "../2016-09")])
def test_a_date_is_kept_in_its_normal_form(typed, normal):
    assert check(typed) == normal == check(normal)


@pytest.mark.parametrize("text", ["", "soon", "16-11-18", "20161118", "2016-W46-5", "2016-11-18T00:00", "2016/11/18", "18-11-2016", "2016-", "../",
                                  "2016-11-18-1", "2016-111", "+2016", "٢٠١٦", "2016-1١", "..", "../../2016", "2016-11-²"])
def test_what_is_no_date_is_refused_with_the_forms(text):
    for reader in (check, earliest, latest, precision):
        with pytest.raises(InvalidInput, match=r"2016-11-18, 2016-11, 2016 or \.\./2016-11-16"):
            reader(text)


@pytest.mark.parametrize("text", ["2016-02-30", "2015-02-29", "2016-13", "2016-00", "0000", "2016-11-00", "../2016-11-31"])
def test_a_day_that_never_was_is_refused(text):
    with pytest.raises(InvalidInput, match="there is no such day") as refused:
        check(text, "signed_on")

    assert refused.value.field == "signed_on"


@pytest.mark.parametrize(("typed", "expected"), [
    ("today", "2026-03-02"), ("Yesterday", "2026-03-01"), ("tomorrow", "2026-03-03"), ("+30d", "2026-04-01"), ("-2w", "2026-02-16"),
    ("+10bd", "2026-03-16"), ("-1bd", "2026-02-27"), ("+6m", "2026-09-02"), ("-1y", "2025-03-02"), ("eom", "2026-03-31"),
    ("eoy", "2026-12-31"), ("mon", "2026-03-09"), ("tue", "2026-03-03"), ("Sunday", "2026-03-08"), ("2016-11", "2016-11"),
    ("../2016-11-16", "../2016-11-16"), (" 2016 ", "2016"), ("+0d", "2026-03-02"),
])
def test_the_grammar_of_typed_dates(typed, expected):
    assert resolve(typed, MONDAY) == expected


def test_working_days_are_those_of_the_calendar():
    id_ = Calendar("ID", frozenset({date(2026, 3, 3), date(2026, 3, 4)}), frozenset({2026}))

    assert resolve("+1bd", MONDAY, id_) == "2026-03-05"


@pytest.mark.parametrize("typed", ["", "30d", "10bd", "+d", "+-3d", "++3d", "+3", "+3h", "- 3d", "someday", "m", "+1.5d", "+99999999d", "+٣d", "mo"])
def test_what_nobody_can_mean_is_refused_with_the_forms(typed):
    with pytest.raises(InvalidInput, match=r"\+10bd") as refused:
        resolve(typed, MONDAY, field="due_on")

    assert "eom" in str(refused.value)
    assert refused.value.field == "due_on"


def test_a_span_out_of_time_is_refused():
    with pytest.raises(InvalidInput, match="outside the years"):
        resolve("+9000y", MONDAY)


@given(st.dates())
def test_a_full_date_is_itself(day):
    text = day.isoformat()

    assert check(text) == text == resolve(text, MONDAY)
    assert earliest(text) == latest(text) == day


@given(st.dates(date(1, 1, 1), date(9998, 1, 1)))
def test_a_month_spans_its_days(day):
    text = day.isoformat()[:7]

    assert earliest(text).day == 1
    assert (latest(text) + timedelta(1)).day == 1
    assert earliest(text) <= day <= latest(text)
    assert earliest(text[:4]) <= day <= latest(text[:4])


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_refused(text):
    try:
        normal = resolve(text, MONDAY)
    except InvalidInput:
        return
    assert check(normal) == normal


@given(st.sampled_from(["d", "w", "m", "y", "bd"]), st.integers(-999, 999))
def test_a_span_reads_what_was_written(letters, amount):
    value, unit = span(f"{amount:+d}{letters}")

    assert value == amount * (7 if letters == "w" else 1)
    assert unit == {"d": "day", "w": "day", "m": "month", "y": "year", "bd": "working-day"}[letters]


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
def test_a_weekday_is_the_next_one_after_today(today, name):
    found = date.fromisoformat(resolve(name, today))

    assert 1 <= (found - today).days <= 7
    assert found.strftime("%a").lower() == name

"""
Dates as the paper gives them, and as people type them.

On record a date is a string as vague as its source: `2016-11-18`, `2016-11`, `2016`, `../2016-11-16` (not after that day).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow.core.calendar import WEEKENDS, month_length, shift
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from workflow.core.calendar import Calendar

NOT_AFTER = "../"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"bd": ("working-day", 1), "d": ("day", 1), "w": ("day", 7), "m": ("month", 1), "y": ("year", 1)}
PAPER_FORMS = Phrase("write 2016-11-18, 2016-11, 2016 or ../2016-11-16 (not after)")
TYPED_FORMS = Phrase("{forms}; or today, yesterday, tomorrow, +30d, -2w, +10bd, +6m, +1y, eom, eoy, or a day of the week (mon)", forms=PAPER_FORMS)


@lru_cache(maxsize=4096)
def check(text: str, field: str = "date") -> str:
    """The date in its normal form, as precise as it was given."""
    mark, numbers = _parse(text, field, PAPER_FORMS)
    return mark + "-".join(f"{number:0{width}d}" for number, width in zip(numbers, (4, 2, 2), strict=False))


@lru_cache(maxsize=4096)
def earliest(text: str) -> date:
    """The first day that the text allows (`date.min` for "not after")."""
    mark, numbers = _parse(text, "date", PAPER_FORMS)
    return date.min if mark else date(*(*numbers, 1, 1)[:3])


@lru_cache(maxsize=4096)
def latest(text: str) -> date:
    """The last day that the text allows."""
    _, (year, *rest) = _parse(text, "date", PAPER_FORMS)
    month = rest[0] if rest else 12
    return date(year, month, rest[1] if len(rest) > 1 else month_length(year, month))


@lru_cache(maxsize=4096)
def precision(text: str) -> str:
    """How precise the text is: `day`, `month`, `year` or `not-after`."""
    mark, numbers = _parse(text, "date", PAPER_FORMS)
    return "not-after" if mark else ("year", "month", "day")[len(numbers) - 1]


def surely_before(one: str, other: str) -> bool:
    """Whether a date lies before another whatever their missing parts are."""
    return bool(one and other) and latest(one) < earliest(other)


def within(text: str, since: str, until: str = "") -> bool:
    """Whether a law's window (`since` inclusive, `until` exclusive) holds a day; a vague one counts as late as it may have been."""
    day = latest(text).isoformat() if since or until else ""
    return (not since or day >= since) and (not until or day < until)


def later(text: str, span_: str) -> str:
    """
    The date a span such as `6m` after another, no more precise than that one.

    `2016-11` and 60m give `2021-11`, `2016` and 3y give `2019`; where neither month nor year is sure: not after the last day possible.
    """
    amount, unit = span(span_) or (0, "day")
    day = shift(latest(text), amount, unit, WEEKENDS)[0].isoformat()
    how = precision(text)
    if how == "day":
        return day
    if how == "month" and unit in ("month", "year"):
        return day[:7]
    if how == "year" and (unit == "year" or (unit == "month" and amount % 12 == 0)):
        return day[:4]
    return f"{NOT_AFTER}{day}"


def resolve(text: str, today: date, calendar: Calendar | None = None, field: str = "date") -> str:
    """What somebody typed for a date, as a date on record; a day of the week is the next such day after today."""
    word = text.strip().lower()
    named = _named(word, today)
    if named is not None:
        return named.isoformat()
    lead = span(word) if word[:1] in ("+", "-") else None
    if lead is not None:
        return shift(today, *lead, calendar or WEEKENDS)[0].isoformat()
    _parse(word, field, TYPED_FORMS)
    return check(word, field)


def span(text: str) -> tuple[int, str] | None:
    """A signed amount and its unit from `+30d`, `-2w`, `10bd`, `-6m`, `+1y`; None if it is none."""
    letters = text.lstrip("+-0123456789")
    number = text[: len(text) - len(letters)]
    digits = number[1:] if number[:1] in ("+", "-") else number
    if letters not in UNITS or not digits.isdigit() or len(digits) > 7:
        return None
    unit, factor = UNITS[letters]
    return int(number) * factor, unit


def _named(word: str, today: date) -> date | None:
    if word in ("today", "yesterday", "tomorrow"):
        return today + timedelta(days=("yesterday", "today", "tomorrow").index(word) - 1)
    if word == "eom":
        return today.replace(day=month_length(today.year, today.month))
    if word == "eoy":
        return today.replace(month=12, day=31)
    for number, name in enumerate(WEEKDAYS):
        if word in (name, name[:3]):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def _parse(text: str, field: str, forms: str) -> tuple[str, list[int]]:
    """The mark "not after" and the one to three numbers of a date that exists."""
    trimmed = text.strip()
    mark = NOT_AFTER if trimmed.startswith(NOT_AFTER) else ""
    parts = trimmed[len(mark):].split("-")
    widths = [len(part) for part in parts]
    if widths[0] != 4 or len(parts) > 3 or not all(1 <= width <= 2 for width in widths[1:]) or not all(map(_is_number, parts)):
        raise InvalidInput(field, text, Phrase("that is not a date; {forms}", forms=forms))
    numbers = [int(part) for part in parts]
    why = _impossible(*(*numbers, 1, 1)[:3])
    if why:
        raise InvalidInput(field, text, Phrase("there is no such day ({why}); {forms}", why=why, forms=forms))
    return mark, numbers


def _impossible(year: int, month: int, day: int) -> str:
    """Why there is no such day; empty where there is one."""
    if not year:
        return Phrase("years begin with 0001")
    if not 1 <= month <= 12:
        return Phrase("months go from 1 to 12")
    days = month_length(year, month)
    return "" if 1 <= day <= days else Phrase("the days of {month} go from 1 to {days}", month=f"{year:04d}-{month:02d}", days=days)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def seconds(since: str, until: str) -> float:
    """From one UTC instant to another."""
    from datetime import datetime

    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()


@lru_cache(maxsize=256)
def shifted(moment: str, seconds: float) -> str:
    """The UTC instant so many seconds after another, as text that sorts beside it."""
    from datetime import datetime, timedelta

    found = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return found.isoformat(timespec="microseconds" if len(moment) > 20 else "seconds").replace("+00:00", "Z")

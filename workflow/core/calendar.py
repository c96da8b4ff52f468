"""
Working days over plain sets of closed days, rolls, and civil durations.

A calendar knows some years; a result that depends on a day of any other year is *provisional*: it may move when that
year's decree is published. Monday to Friday are working days unless closed (PP 28/2018 speaks of "hari kerja").
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.office import Coverage, Day

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class Calendar(NamedTuple):
    """The closed days of an office; `years` are those it knows (None: every year), `opened` are working days at a week-end."""

    name: str
    closed: frozenset[date] = frozenset()
    years: frozenset[int] | None = frozenset()
    opened: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        return (day.weekday() < SATURDAY and day not in self.closed) or day in self.opened

    def knows(self, day: date) -> bool:
        """Whether the calendar is complete for the day's year."""
        return self.years is None or day.year in self.years

    def add(self, day: date, n: int) -> tuple[date, bool]:
        """
        The n-th working day after `day` (before it, if n is negative), and whether that is provisional.

        The day after `day` is day 1, whether or not `day` is a working day; with n = 0 it is `day` itself.
        """
        closed, opened, step, left, at = self.closed, self.opened, ONE_DAY if n > 0 else -ONE_DAY, abs(n), day
        try:
            while left:
                at += step
                if (at.weekday() < SATURDAY and at not in closed) or at in opened:
                    left -= 1
        except OverflowError:
            raise _too_far(f"{n:+d} working days") from None
        return at, n != 0 and not self._knows_all(day + step, at)

    def roll(self, day: date, how: str) -> date:
        """The day itself if it is a working day or `how` is "none", else the next ("forward") or previous ("back") one."""
        if how == "none" or self.is_working(day):
            return day
        return self.add(day, 1 if how == "forward" else -1)[0]

    def _knows_all(self, first: date, last: date) -> bool:
        if self.years is None:
            return True
        low, high = sorted((first.year, last.year))
        return self.years.issuperset(range(low, high + 1))


WEEKENDS = Calendar("weekends", years=None)  # complete by its own rule


def calendar_of(name: str, days: Iterable[Day], coverage: Iterable[Coverage]) -> Calendar:
    """The calendar `name` from its rows; a row of kind `working` opens its day in spite of the others, and of the week-end."""
    rows = [(date.fromisoformat(row.on), row.kind) for row in days if row.calendar == name]
    opened = frozenset(on for on, kind in rows if kind == "working")
    closed = frozenset(on for on, kind in rows if kind != "working") - opened
    return Calendar(name, closed, frozenset(row.year for row in coverage if row.calendar == name and row.status == "known"), opened)


def shift(day: date, amount: int, unit: str, calendar: Calendar) -> tuple[date, bool]:
    """`day` moved by a signed amount of `day`, `working-day`, `month` or `year` (clipped to the month's end); and whether it is provisional."""
    if unit == "working-day":
        return calendar.add(day, amount)
    try:
        if unit == "day":
            return day + timedelta(days=amount), False
        return _months(day, amount * (12 if unit == "year" else 1)), False
    except (OverflowError, ValueError):
        raise _too_far(f"{amount:+d} {unit}s") from None


def month_length(year: int, month: int) -> int:
    """How many days a month has (the standard library's `calendar` would cost 2 ms at import)."""
    return 31 if month == 12 else (date(year, month + 1, 1) - ONE_DAY).day


def _months(day: date, amount: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    return date(year, month + 1, min(day.day, month_length(year, month + 1)))


def _too_far(span: str) -> InvalidInput:
    return InvalidInput("date", span, "that leads outside the years 1 to 9999")

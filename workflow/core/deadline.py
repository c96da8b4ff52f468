"""The arithmetic of deadlines: when one ends, nominally and in effect, the instant its civil day is over, and how what it fires is dated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from workflow.core.calendar import WEEKENDS, Calendar, shift
from workflow.core.dates import NOT_AFTER, latest, precision, span
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.core.agreement import Case, Deadline
    from workflow.core.definition import DeadlineRule


class Due(NamedTuple):
    """When a deadline ends: as counted, and after rolling; `provisional` where a day counted lies in a year not yet known."""

    nominal: date
    effective: date
    provisional: bool


class Lead(NamedTuple):
    """A distance from a deadline's day: negative before it, positive after. Unit: day working-day month year."""

    amount: int
    unit: str


def due(rule: DeadlineRule, amount: int, anchor: date, calendar: Calendar | None, occurrence: int = 1) -> Due:
    """
    The day a deadline ends; occurrence k of a recurring rule is k times the amount from its anchor.

    The day after the anchor is day 1 (working days: PP 28/2018 art. 30(4)); months clip to the month's end; a rule "before" counts
    backwards. Without a calendar only week-ends are closed, which is provisional if the rule names one.
    """
    days = calendar or (Calendar(rule.calendar) if rule.calendar else WEEKENDS)
    sign = -1 if rule.direction == "before" else 1
    nominal, provisional = shift(anchor, sign * amount * occurrence, rule.unit, days)
    effective = days.roll(nominal, rule.roll)
    if rule.roll != "none":
        provisional = provisional or not (days.knows(nominal) and days.knows(effective))
    return Due(nominal, effective, provisional)


@lru_cache(maxsize=4096)
def instant(day: date, at: str, zone: str) -> str:
    """
    The moment a civil day begins (`start`) or is over (`end`: the next begins) in a zone, in UTC: `2026-05-13T17:00:00Z`.

    Where the clock skips midnight the day begins at the skip, where it shows midnight twice at the first.
    """
    from zoneinfo import ZoneInfo  # 2 ms that only deadlines pay

    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput("zone", zone, "no such time zone; write one such as Asia/Jakarta") from None
    try:
        first = day + timedelta(days=1) if at == "end" else day
        # PEP 495: with fold=0 a midnight inside a gap has the offset from before it, hence is the instant of the skip
        moment = datetime(first.year, first.month, first.day, tzinfo=place).astimezone(UTC)
    except OverflowError:
        raise InvalidInput("date", day, "that leads outside the years 1 to 9999") from None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_lead(text: str) -> Lead:
    """A rung of a ladder: `-10bd`, `-6m`, `-30d`, `0`, `+1d`, `5bd`."""
    lead = (0, "day") if text in ("0", "+0", "-0") else span(text)
    if lead is None:
        raise InvalidInput("lead", text, "write an amount and a unit: -10bd, -6m, -30d, -2w, -1y, 0, +1d, 5bd")
    return Lead(*lead)


def dated(row: Deadline, today: str) -> str:
    """
    The day a fact of time happened: a statute's or a clause's when it was due, an office policy's when it is noticed.

    A policy that adds nothing to a date on record (a visit's first and last day) decides nothing: it happened on that day.
    It is no more precise than its anchor: a term that ended "2016" ended in 2016, not on the last day of that year.
    """
    if _is_noticed(row):
        return today
    if precision(row.anchored_on) == "day":
        return row.effective
    return row.anchored_on if row.amount == 0 else f"{NOT_AFTER}{row.effective}"


def _is_noticed(row: Deadline) -> bool:
    """Whether it happens when somebody looks: an office's policy, unless it adds nothing to a date on record."""
    return row.basis == "policy" and bool(row.amount or not row.anchor.startswith("field:"))


def next_due(case: Case, now: str, today: str, zone: str, day: str) -> Deadline | None:
    """
    The next fact of time that is due at `now` (UTC) and no later than the civil day an act is about; what ends that day comes after the act.

    In the order in which they happened, those that are only noticed last; of two at one midnight the day that begins goes first, so that what
    follows without a gap finds what it follows still in force.
    """
    waiting = [row for row in case.tables["deadline"].values() if fires(row, now)]
    if waiting and day != today:
        end = instant(latest(day), "end", zone)
        waiting = [row for row in waiting if (today <= latest(day).isoformat() if _is_noticed(row) else row.over_at < end)]
    return min(waiting, key=lambda row: (_is_noticed(row), row.over_at, -latest(row.effective).toordinal(), row.instance, row.name), default=None)


def fires(row: Deadline, now: str) -> bool:
    """Whether a deadline's own transition is due at this instant: it is over, its clock was not stopped, and it was not refused before."""
    return row.on_expiry == "fire" and row.status == "open" and row.wake_at != "" and not row.overdue and is_past(row.over_at, now)


def is_past(instant_: str, now: str) -> bool:
    """Whether an instant has come, whatever fraction of a second either is written with."""
    return instant_[:19] <= now[:19]

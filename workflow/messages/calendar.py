"""Deadlines as a calendar (RFC 5545): the part of a message, and the feed that `export ics` writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from workflow.messages.wording import basis, remarks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.digest import Line
    from workflow.messages.speech import Speech

REFRESH = timedelta(hours=12)


def calendar(lines: Iterable[Line], speech: Speech, stamp: str, *, name: str = "") -> bytes:
    """
    An all-day event for each line; one that is settled is cancelled. `stamp` is the instant (or the day) at which this was so.

    A deadline keeps its UID; a revision raises its SEQUENCE. A cancellation has the SEQUENCE of what it cancels and a later DTSTAMP, which
    decides between equals (RFC 5546 section 2.1.5).
    """
    made = Calendar()
    made.add("prodid", "-//mufakat//deadlines//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", name or speech.text("deadlines"))
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT12H")
    when = datetime.fromisoformat(stamp)
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    for row in lines:
        made.add_component(_event(row, speech, when))
    return bytes(made.to_ical())


def _event(row: Line, speech: Speech, stamp: datetime) -> Event:
    event, day = Event(), date.fromisoformat(row.due)
    event.add("uid", row.uid)
    event.add("sequence", row.sequence)
    event.add("dtstamp", stamp.replace(microsecond=0))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{row.title}: {speech.label(dict(row.what))}")
    event.add("description", "\n".join([basis(row, speech), *remarks(row._replace(late_days=0), speech), row.command]))
    event.add("status", "CANCELLED" if row.settled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event

"""A line in words: what is due and how soon, what it rests on, what must be known besides, why somebody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workflow.core.dates import earliest
from workflow.core.deadline import instant

if TYPE_CHECKING:
    from workflow.core.digest import Digest, Line
    from workflow.messages.speech import Speech


class Said(NamedTuple):
    """A line as the templates show it."""

    title: str
    stage: str
    what: str
    kind: str
    day: str
    left: str
    basis: str
    notes: list[str]
    owner: str
    why: str
    command: str
    stop: str
    red: bool


def said(row: Line, digest: Digest, speech: Speech) -> Said:
    _ = speech.text
    kinds = {"overdue": _("overdue"), "escalation": _("escalated to you"), "announcement": _("new deadline"), "reminder": _("reminder"),
             "ended": _("has ended")}
    notes = remarks(row, speech)
    here = digest.recipient.zone or row.zone
    if here != row.zone and _end(row.due, here) != _end(row.due, row.zone):
        notes.append(_("the day is over on {there}; where you are, on {here}").format(
            there=speech.end_of(row.due, row.zone), here=speech.moment(_end(row.due, row.zone), here)))
    return Said(row.title, speech.label(dict(row.stage)), speech.label(dict(row.what)), kinds.get(row.kind, row.kind), speech.day(row.due),
                left(row.days_left, speech, row.kind), basis(row, speech), notes, row.owner, speech.phrase(row.why), row.command, row.stop,
                row.days_left < 0)


def left(days: int, speech: Speech, kind: str = "") -> str:
    """`12 days left`, `today`, `3 days overdue`; of what has ended `3 days ago`."""
    _, _n = speech.text, speech.number
    if days == 0:
        return _("today")
    if kind == "ended":
        return _n("{count} day ago", "{count} days ago", -days)
    return _n("{count} day overdue", "{count} days overdue", -days) if days < 0 else _n("{count} day left", "{count} days left", days)


def basis(row: Line, speech: Speech) -> str:
    """What it rests on, statute and policy never alike."""
    _ = speech.text
    names = {"statute": _("statute"), "circular": _("circular"), "clause": _("clause of the agreement"), "policy": _("office policy")}
    name = names.get(row.basis, row.basis)
    return f"{name}: {row.citation}" if row.citation else name


def remarks(row: Line, speech: Speech) -> list[str]:
    """What must be known besides the date."""
    _, _n = speech.text, speech.number
    return [text for text, holds in (
        (_("nothing is approved by time-out"), row.basis == "statute" and not row.settled),
        (_("provisional: the calendar does not know all of these days yet"), row.provisional),
        (_n("this message comes {count} day late", "this message comes {count} days late", row.late_days), row.late_days > 0),
    ) if holds]


def subject(digest: Digest, first: Line, speech: Speech) -> str:
    """One line that says enough to put it off or not; no line breaks, for it becomes a header."""
    count, what = len(digest.lines), f"{first.title}: {speech.label(dict(first.what))}"
    told = f"{what} – {left(first.days_left, speech, first.kind)}"
    if count > 1:
        _n = speech.number
        told = f"{_n('{count} deadline', '{count} deadlines', count)} – {told}"
    return " ".join(f"mufakat: {told}".split())


def _end(day: str, zone: str) -> str:
    return instant(earliest(day), "end", zone)

"""The past: what an agreement's journal says, and the agreement as it was on record at the end of a day (effects applied again, nothing decided)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.commands.words import Words
from workflow.core.agreement import Case, Head, apply, empty
from workflow.core.draft import Draft
from workflow.core.entry import open_entry
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from workflow.commands.app import App
    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed


def read(app: App, chain: str) -> Iterator[tuple[Sealed, dict[str, Any], list[Effect]]]:
    """Every entry of a chain, with its content and its effects; personal values that were not erased included."""
    for entry in app.using.store.entries(chain):
        content, effects = open_entry(entry.body, {path: value for path, _salt, value in entry.details})
        yield entry, content, effects


def end_of(app: App, text: str) -> tuple[date, str]:
    """A day as typed, and the instant, to the second, at which it was over where the office is."""
    from workflow.commands.typed import occurred
    from workflow.core.dates import latest
    from workflow.core.deadline import instant
    day = latest(occurred(app, text, "at"))
    return day, instant(day, "end", app.using.library.zone)[:19]


def as_of(app: App, words: Words, text: str) -> Words:
    """
    The agreement as it was on record at the end of a day.

    Raises:
        InvalidInput: nothing was on record yet.
    """
    day, end = end_of(app, text)
    office = words.draft.office
    tables, head = empty(), Head(words.draft.agreement.id)
    first = ""
    for entry, _content, effects in read(app, words.draft.agreement.id):
        first = first or entry.recorded
        if entry.recorded[:19] >= end:
            break
        apply(tables, effects)
        head = Head(entry.chain, entry.cseq, entry.leaf)
    if not head.cseq:
        raise nothing_yet(text, first)
    today = min(day.isoformat(), office.today)
    return Words(Draft(Case(head, tables), office._replace(today=today)))


def nothing_yet(text: str, first: str) -> InvalidInput:
    """Why there is nothing to show of a day before the first entry."""
    return InvalidInput("at", text, Phrase("nothing was on record yet on that day; the first entry was recorded on {day}", day=first[:10]))

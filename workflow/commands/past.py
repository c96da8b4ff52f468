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

    from workflow.commands.app import App
    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed


def read(app: App, chain: str) -> Iterator[tuple[Sealed, dict[str, Any], list[Effect]]]:
    """Every entry of a chain, with its content and its effects; personal values that were not erased included."""
    for entry in app.using.store.entries(chain):
        content, effects = open_entry(entry.body, {path: value for path, _salt, value in entry.details})
        yield entry, content, effects


def as_of(app: App, words: Words, text: str) -> Words:
    """
    The agreement as it was on record at the end of a day.

    Raises:
        InvalidInput: nothing was on record yet.
    """
    from workflow.commands.typed import occurred
    from workflow.core.dates import latest
    from workflow.core.deadline import instant

    day = latest(occurred(app, text, "at"))
    office = words.draft.office
    end = instant(day, "end", office.zone)
    tables, head = empty(), Head(words.draft.agreement.id)
    first = ""
    for entry, _content, effects in read(app, words.draft.agreement.id):
        first = first or entry.recorded
        if entry.recorded >= end:
            break
        apply(tables, effects)
        head = Head(entry.chain, entry.cseq, entry.leaf)
    if not head.cseq:
        raise InvalidInput("at", text, Phrase("nothing was on record yet on that day; the first entry was recorded on {day}",
                                             day=first[:10]))
    today = min(day.isoformat(), office.today)
    return Words(Draft(Case(head, tables), office._replace(today=today)))

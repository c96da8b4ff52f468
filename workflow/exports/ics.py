"""Deadlines as a calendar to subscribe to: one person's, one agreement's, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core.digest import line
from workflow.messages.calendar import calendar
from workflow.messages.speech import speech

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workflow.core.agreement import Deadline
    from workflow.core.digest import Line
    from workflow.core.draft import Draft
    from workflow.core.office import Person

NEVER_OPEN = "past"  # was over when the agreement was entered: nobody ever had it in a calendar


def feed(drafts: Iterable[Draft], people: Mapping[str, Person], now: str, language: str, *, name: str = "", owner: str = "") -> bytes:
    """
    Every deadline of these agreements in its latest revision, settled ones cancelled. `owner` (an id) takes only that person's agreements.

    The drafts hold every revision (`load(…, history=True)`): what came before the next occurrence of a recurring deadline is cancelled, as
    an event that is only left out stays in the calendars that have it.

    `now` is the UTC instant of the reading: what was the case later is what a calendar keeps.
    """
    rows = [row for draft in drafts if not owner or draft.agreement.owner == owner for row in _lines(draft, people)]
    rows.sort(key=lambda row: (row.due, row.uid))
    return calendar(rows, speech(language), now, name=name)


def _lines(draft: Draft, people: Mapping[str, Person]) -> Iterator[Line]:
    rows = sorted(draft.tables["deadline"].values(), key=lambda row: row.revision)
    latest = {_identity(row): row for row in rows}
    for key in {_identity(row): None for row in rows if row.status != NEVER_OPEN}:
        yield line(draft, latest[key], people.get(draft.agreement.owner), day=draft.office.today)


def _identity(row: Deadline) -> tuple[str, str, int]:
    """What is one event of a calendar, however often it was counted again."""
    return row.instance, row.name, row.occurrence

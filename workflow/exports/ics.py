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

    `now` is the UTC instant of the reading: what was the case later is what a calendar keeps.
    """
    rows = [row for draft in drafts if not owner or draft.agreement.owner == owner for row in _lines(draft, people)]
    rows.sort(key=lambda row: (row.due, row.uid))
    return calendar(rows, speech(language), now, name=name)


def _lines(draft: Draft, people: Mapping[str, Person]) -> Iterator[Line]:
    latest: dict[tuple[str, str, int], Deadline] = {}
    for row in draft.tables["deadline"].values():
        key = (row.instance, row.name, row.occurrence)
        if key not in latest or row.revision > latest[key].revision:
            latest[key] = row
    for row in latest.values():
        if row.status != NEVER_OPEN:
            yield line(draft, row, people.get(draft.agreement.owner), day=draft.office.today)

"""Whoever runs the office is told of what could not be delivered; if they cannot be reached either, `mufakat doctor` still says it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workflow.errors import DeliveryFailed, InvalidInput, Phrase
from workflow.messages import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workflow.core.digest import Outgoing
    from workflow.core.office import Person
    from workflow.dispatching import Outcome
    from workflow.ports import Channel

GIVEN_UP = ("dead", "parked", "uncertain")
SHOWN = 20


def alert(outcomes: Iterable[Outcome], people: Iterable[Person], channel: Callable[[str], Channel], channels: Sequence[str], now: str,
          said: Callable[[Outcome, str], str]) -> list[str]:
    """
    Tell every administrator, over the first of their channels that takes it, what was given up, was parked, or may have arrived and is not repeated.

    At once, whatever the hour: nothing of this is stored, the messages themselves are on record. `said` is an outcome in the words of a
    language. Returns the ids of those who were told.
    """
    lost = [row for row in outcomes if row.state in GIVEN_UP and not row.again]
    if not lost:
        return []
    key = hashlib.sha256(repr((now, sorted(lost))).encode()).hexdigest()[:40]  # the same may be lost again another day, and is told then
    told: list[str] = []
    for person in people:
        if person.admin and person.active:
            lines = [said(row, person.lang) for row in lost[:SHOWN]]
            lines += [Phrase("and {count} more", count=len(lost) - SHOWN)] if len(lost) > SHOWN else []
            about = Phrase("messages that did not arrive: {count}", count=len(lost))
            outgoing = note(f"{key}{person.id}", person, about, [*lines, Phrase("All of them: mufakat doctor")])
            told += [person.id] if _sent(outgoing, channel, person.channels or channels) else []
    return told


def _sent(outgoing: Outgoing, channel: Callable[[str], Channel], channels: Sequence[str]) -> bool:
    for name in channels:
        try:
            channel(name).send(outgoing)
        except (DeliveryFailed, InvalidInput):
            continue
        return True
    return False

"""Whoever runs the office is told of what could not be delivered; if they cannot be reached either, `mufakat doctor` still says it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workflow.errors import DeliveryFailed, InvalidInput, Phrase
from workflow.messages import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workflow.core.office import Person
    from workflow.dispatching import Outcome
    from workflow.ports import Channel

GIVEN_UP = ("dead", "parked", "uncertain")
SHOWN = 20


def alert(outcomes: Iterable[Outcome], people: Iterable[Person], channel: Callable[[str], Channel], channels: Sequence[str],
          now: str) -> list[str]:
    """
    Tell every administrator, over the first of their channels that takes it, what was given up, was parked, or may have arrived and is not repeated.

    Returns the ids of those who were told. Nothing of this is stored: the messages themselves are on record.
    """
    lost = [row for row in outcomes if row.state in GIVEN_UP and not row.again]
    if not lost:
        return []
    key = hashlib.sha256(repr((now, sorted(lost))).encode()).hexdigest()[:40]  # the same may be lost again another day, and is told then
    return [person.id for person in people if person.admin and person.active and _told(lost, person, key, channel, person.channels or channels)]


def _told(lost: list[Outcome], person: Person, key: str, channel: Callable[[str], Channel], channels: Sequence[str]) -> bool:
    lines: list[str] = [Phrase("{ref} {deadline}, to {recipient} over {channel}: {state} ({reason})", ref=row.ref, deadline=row.name,
                               recipient=row.recipient, channel=row.channel, state=row.state, reason=row.reason) for row in lost[:SHOWN]]
    if len(lost) > SHOWN:
        lines.append(Phrase("and {count} more", count=len(lost) - SHOWN))
    lines.append(Phrase("All of them: mufakat doctor"))
    outgoing = note(f"{key}{person.id}", person, Phrase("messages that did not arrive: {count}", count=len(lost)), lines)
    for name in channels:
        try:
            channel(name).send(outgoing)
        except (DeliveryFailed, InvalidInput):
            continue
        return True
    return False

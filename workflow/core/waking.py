"""
Messages that were parked because nobody knew their channel or their kind: they leave when somebody does, as after any other downtime.

So do those that were given up, when somebody has mended what kept them and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core import dates
from workflow.core.agreement import Change
from workflow.core.digest import KINDS
from workflow.core.draft import CANCELLED, Draft
from workflow.core.reminding import FULL, LOUD, WAITING
from workflow.core.whom import arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.core.agreement import Case, Deadline, Message
    from workflow.core.draft import Office
    from workflow.core.office import Person

TOLD = (*WAITING, "sent", "acknowledged")


def wake(case: Case, office: Office, people: Mapping[str, Person], known: Callable[[str], bool],
         states: Sequence[str] = ("parked",)) -> Change | None:
    """
    Of each deadline's messages in one of these states to a person the most urgent is to be sent, marked with the days it is late; the others are
    superseded.

    So are those that went on over another channel, that a later one took the place of, or whose deadline was settled or moved.
    """
    draft = Draft(case, office)
    kept: dict[tuple[str, str, str], list[Message]] = {}
    for row in case.tables["message"].values():
        if row.state in states and row.kind in KINDS and known(row.channel) and row.recipient in people:
            kept.setdefault((row.instance, row.name, row.recipient), []).append(row)
    for (instance, name, recipient), rows in kept.items():
        held = draft.deadlines(instance).get(name)
        if held is None or len(draft.touched) > FULL:
            continue
        last = max(rows, key=lambda row: (row.revision, row.due_on))
        for row in rows:
            reason = _settled(draft, held, row) or ("" if row is last else "a later one took its place")
            again = {"state": "superseded", "reason": reason} if reason else {
                "state": "pending", "reason": "", "wake_at": arrival(office, people[recipient], office.now, at_once=True),
                "late_days": max(0, (dates.earliest(office.today) - dates.earliest(row.due_on)).days)}
            draft.put("message", row._replace(**again))
    effects = draft.effects()
    return Change("wake", effects, office.today) if effects else None


def _settled(draft: Draft, held: Deadline, row: Message) -> str:
    """Why a message that was parked need not be said any more; empty where it has to be."""
    if row.revision != held.revision or held.status != "open":
        return CANCELLED
    others = [other for other in draft.tables["message"].values()
              if (other.instance, other.name, other.revision) == (row.instance, row.name, row.revision) and other.state in TOLD]
    if any((other.rung, other.recipient) == (row.rung, row.recipient) for other in others):
        return "it went on over another channel"
    if any(other.recipient == row.recipient and other.due_on >= row.due_on for other in others):
        return "a later one took its place"
    if row.kind in LOUD and any(other.acked_by and other.kind in LOUD for other in others):
        return "somebody has acknowledged it"
    return ""

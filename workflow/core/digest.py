"""
What a message says, before any language: a line for each deadline, in the order of urgency, and the message as it is handed to a channel.

Texts stand in here as labels (`{"en": …, "id": …, "ja": …}`) and phrases; `workflow/messages` says them in the recipient's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates
from workflow.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workflow.core.agreement import Deadline
    from workflow.core.draft import Draft
    from workflow.core.office import Person

KINDS = ("overdue", "escalation", "ended", "reminder", "announcement")
REPEATED = KINDS[:3]  # until somebody has acknowledged it
SHOWN = 15  # lines of one message; the rest are counted
NO_REASON = Phrase("")
OWN = Phrase("you are responsible for this agreement")
TOLD = Phrase("you are among those told of this agreement")
NOBODY: Mapping[str, Person] = {}
NEAR = 7  # days: what is due so soon does not wait for the daily message


class Line(NamedTuple):
    """
    One deadline as somebody is told of it.

    `ref` names the stage (`bogor-kisarazu/mou`), `due` the day in `zone`, `days_left` is negative when it is over; `late_days` says how
    late this very message is. `uid` is stable for the deadline and `sequence` its revision: a calendar knows it by them. `stop` is typed to
    be told no more; empty where it is not said again.
    """

    ref: str
    title: str
    stage: Mapping[str, str]
    deadline: str
    what: Mapping[str, str]
    kind: str
    due: str
    zone: str
    days_left: int
    late_days: int
    basis: str
    citation: str
    provisional: bool
    owner: str
    command: str
    why: Phrase
    uid: str
    sequence: int
    settled: bool = False
    stop: str = ""

    @property
    def urgent(self) -> bool:
        return self.days_left <= NEAR or self.kind in ("overdue", "escalation")


class Digest(NamedTuple):
    """
    All that one person is told at once over one channel. `day` is the civil day where the recipient is.

    `key` is the same whenever the same messages are sent; `checkpoint` is the newest line of the audit log, or empty.
    """

    key: str
    recipient: Person
    channel: str
    day: str
    lines: tuple[Line, ...]
    immediate: bool = False
    checkpoint: str = ""


class Outgoing(NamedTuple):
    """A message as a channel hands it over. `ics` is empty where there is nothing for a calendar."""

    key: str
    to: Person
    subject: str
    text: str
    html: str
    ics: bytes = b""
    headers: Mapping[str, str] = {}


def arranged(lines: Iterable[Line]) -> tuple[tuple[Line, ...], int]:
    """The most urgent lines first, as many as one message shows, and how many more there are."""
    ordered = sorted(lines, key=lambda row: (row.days_left, KINDS.index(row.kind) if row.kind in KINDS else len(KINDS), row.ref, row.deadline))
    return tuple(ordered[:SHOWN]), max(0, len(ordered) - SHOWN)


def line(draft: Draft, row: Deadline, owner: Person | None, *, day: str, kind: str = "", late_days: int = 0, why: Phrase = NO_REASON) -> Line:
    """A deadline of an agreement as a line, as of the civil day `day`."""
    agreement, instance = draft.agreement, draft.tables["instance"].get((row.instance,))
    stage, what = _labels(draft, instance, row)
    ref = f"{agreement.ref}/{row.instance}" if row.instance else agreement.ref
    left = (dates.latest(row.effective) - dates.earliest(day)).days
    stop = f"mufakat remind ack {ref} {row.name}" if kind in REPEATED and row.wake_at else ""  # nothing else is still to come of it
    uid = f"{agreement.id}.{row.instance.replace('/', '.')}.{row.name}.{row.occurrence}@mufakat"
    return Line(ref, agreement.title, stage, row.name, what, kind, dates.latest(row.effective).isoformat(), draft.office.zone, left, late_days,
                row.basis, row.citation, row.provisional, owner.name if owner else "", f"mufakat can {ref}", why, uid, row.revision,
                row.status != "open", stop)


def why(recipient: Person, owner: str, roles: Sequence[str] = (), stands_in: Mapping[str, Person] = NOBODY) -> Phrase:
    """
    Why somebody is told of a deadline: it is theirs, their role is asked, or they stand in for somebody.

    `stands_in` has the person that each deputy (by id) stands in for.
    """
    if recipient.id == owner:
        return OWN
    held = next((role for role in roles if role in recipient.roles), "")
    if held:
        return Phrase("it is brought before the role {role}, which you hold", role=held)
    away = stands_in.get(recipient.id)
    if away is not None:
        return Phrase("you stand in for {name}", name=away.name)
    return TOLD


def _labels(draft: Draft, instance: Any, row: Deadline) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the stage and the deadline are called; an item by its title."""
    if instance is None:
        labels = draft.office.track.labels
        return {}, labels.get("deadline", {}).get(row.name) or {"en": row.name}
    labels = draft.office.pinned(instance.stage, instance.version, instance.hash).labels
    stage = labels.get("stage", {}) or {"en": instance.stage}
    if instance.parent:
        title = draft.row(instance.ref, "title")
        stage = {"en": str(title.data.get("title", ""))} if title else stage
        labels = labels.get("item", {})
    return stage, labels.get("deadline", {}).get(row.name) or {"en": row.name}

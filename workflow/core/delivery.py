"""What became of messages that were handed to a channel, as a change of their agreement: a delivery is history like a signature."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Change, Effect
from workflow.core.dates import seconds, shifted
from workflow.core.entry import open_entry
from workflow.core.whom import arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workflow.core.agreement import Case, Message
    from workflow.core.draft import Office
    from workflow.core.entry import Sealed
    from workflow.core.office import Person

WAITING = ("pending", "failed", "uncertain")
BACK_OFF = (1, 5, 15, 60, 180, 360, 720, 1440)  # minutes after the first failure, the second …; from the last on, after every one
PATIENCE = 60 * sum(BACK_OFF[1:])  # seconds after its own first failure for which a message is tried again: two days, less what a look takes
CHANGES = ("fail", "wake", "assign", "remind", "correct")  # acts that change whether a message was tried in vain
OUTCOME = ("state", "wake_at", "send", "sent_at", "reason")  # what the end of a send changes of a message
outcome = attrgetter(*OUTCOME)
REASON = 300  # characters that a server's answer may take in the journal


class Verdict(NamedTuple):
    """
    How a send ended. State: sent failed uncertain dead parked; empty where none was made, and the message waits as it is.

    `again` is the instant of the next attempt, empty where there is none.
    """

    state: str
    reason: str = ""
    again: str = ""


def failed(reason: str, attempt: int, now: str, state: str = "failed") -> Verdict:
    """Try again later, each time after a longer pause; whether a message has been tried long enough is `lasted`."""
    later = datetime.fromisoformat(now) + timedelta(minutes=BACK_OFF[min(attempt, len(BACK_OFF)) - 1])
    return Verdict(state, reason, later.isoformat(timespec="seconds").replace("+00:00", "Z"))


def lasted(row: Message, verdict: Verdict, attempt: int, now: str, tried: Callable[[], Mapping[tuple[Any, ...], str]]) -> Verdict:
    """
    How a message ends whose send failed: given up once it has been tried for as long as is promised, by its own first failure.

    Attempts are counted by recipient and channel, so one that has just fallen due may meet the ninth. `tried` (see there) is asked in the end only.
    """
    if attempt <= len(BACK_OFF) or not verdict.again or verdict.state not in ("failed", "uncertain") or row.state == "pending":
        return verdict
    since = tried().get(row[:6])
    return Verdict("dead", verdict.reason) if since and shifted(since, PATIENCE) <= now else verdict


def tried(entries: Iterable[Sealed]) -> dict[tuple[Any, ...], str]:
    """Since when each message of a chain is tried in vain: the instant of its first failure since it was last made to wait."""
    found: dict[tuple[Any, ...], str] = {}
    for entry in entries:
        if entry.act in CHANGES:
            for table, key, values in open_entry(entry.body, {})[1]:
                if table == "message" and key is not None and values.get("state") == "pending":
                    found.pop(key, None)
                elif table == "message" and key is not None and values.get("state") in ("failed", "uncertain"):
                    found.setdefault(key, entry.recorded)
    return found


def quiet(office: Office, person: Person, now: str) -> Verdict | None:
    """Whether a message must wait, because it is not a time at which somebody is told: a worker may have been down when it was."""
    again = arrival(office, person, now, at_once=True)
    return Verdict("", "outside the recipient's hours", again) if seconds(now, again) >= 1 else None


def settle(case: Case, sends: Mapping[tuple[Any, ...], str], verdict: Verdict, now: str, fallback: Mapping[str, Sequence[str]]) -> Change | None:
    """
    Write how the sends of some messages of one agreement ended, each by its key with that of its digest. None where nothing is to be written.

    A message that is given up goes on over the recipient's next channel: `fallback` has each recipient's channels, in order. What was
    acknowledged or taken back while it was on its way keeps that state; that it left is written all the same, once.
    """
    effects: list[Effect] = []
    rows = case.tables["message"]
    reason = "".join(letter if letter.isprintable() else " " for letter in verdict.reason[:REASON])  # somebody else's program may say anything
    sent = verdict.state == "sent"
    keyed = sent or verdict.state == "uncertain"
    for key, send in sends.items():
        row = rows.get(key)
        if row is None or (row.state not in WAITING and (not sent or (row.sent_at and row.send == send))):
            continue
        waits = row.state in WAITING
        told = (verdict.state or row.state if waits else row.state, verdict.again if waits else row.wake_at, send if keyed else row.send,
                now if sent else row.sent_at, reason)
        values = {name: new for name, new, old in zip(OUTCOME, told, outcome(row), strict=True) if new != old}
        if values:
            effects.append(Effect("message", key, values))
        other = following(fallback.get(row.recipient, ()), row.channel) if verdict.state in ("dead", "parked") else ""
        if other and (*key[:-1], other) not in rows:
            effects.append(Effect("message", None, row._replace(channel=other, state="pending", wake_at=now, send="", reason="")._asdict()))
    if not effects:
        return None
    return Change({"sent": "deliver", "": "defer"}.get(verdict.state, "fail"), tuple(effects), now[:10], reason=reason)


def following(channels: Sequence[str], channel: str) -> str:
    """The channel to try after this one; the first where this one is not among them; none after the last."""
    if channel not in channels:
        return channels[0] if channels else ""
    return next(iter(channels[channels.index(channel) + 1:]), "")


def discreet(reason: str, person: Person) -> str:
    """A server's answer without the recipient's address and name, which do not stand in the journal."""
    for private in (person.email, person.name, person.login):
        if len(private) > 1:
            reason = reason.replace(private, person.id)
    return reason

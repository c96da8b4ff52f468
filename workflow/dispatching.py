"""
Dispatch: what is due leaves. Claim, hand over, settle; any number of workers, each message at least once.

    claimed ── handed (its digest's key is written down) ── sent ──────────── settled: an entry of its agreement, and the claim is let go
       │                      │
       │                      └── killed here: the lease runs out, and whoever claims it next finds the key. A channel whose receivers know
       │                          the key (e-mail: Message-ID) repeats it under the same key; for a chat it is `uncertain`, for a person to judge
       └── killed here: the lease runs out, nothing had left

Three rules. The key is written before the channel is called. The outcome is written before the claim is let go. Nothing that one recipient,
one channel or one template does keeps a message from the others.

A claim is of everything that one person is to be told over one channel. Where a repetition does no harm, the keys of a round are written at once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.dates import shifted
from workflow.core.delivery import WAITING, Verdict, discreet, failed, quiet
from workflow.core.digest import KINDS, Digest, Line, line, why
from workflow.core.draft import Draft
from workflow.core.ladder import ROLES
from workflow.core.reminding import LOUD
from workflow.core.whom import arrival
from workflow.errors import DeliveryFailed, InvalidInput, Uncertain, Undeliverable
from workflow.library import civil_day
from workflow.parcels import Box, Group, Item, fresh
from workflow.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workflow.core.agreement import Case, Deadline, Message
    from workflow.core.digest import Outgoing
    from workflow.core.draft import Office
    from workflow.core.office import Person
    from workflow.errors import Phrase
    from workflow.ports import Chains, Channel, Claimed, Outbox

LEASE = 600  # seconds a claim holds: after that the messages of a worker that died are another's
MARGIN = 240  # seconds a send may take, every step of it slow: what has less left of its lease is let go unsent
BATCH = 100
MOST = 1000  # messages of one round
NOBODY = Verdict("dead", "the recipient is not among the people of the office")
CUT = Verdict("uncertain", "cut off while it was being sent: it may have arrived")
LOST = Verdict("lost")  # the claim is another's by now: nothing is sent, and nothing written


class Outcome(NamedTuple):
    """One message of a round: where it belongs, for whom, over which channel, how it ended."""

    ref: str
    name: str
    recipient: str
    channel: str
    state: str
    reason: str = ""
    again: str = ""  # when it is tried again


class Dispatcher:
    """
    One worker. `store` and `outbox` are the database; `office` gives what is read besides a case, `people` who there is by id.

    `channel` connects a channel by name, `say` puts a digest into words (`workflow.messages.render`), `checkpoint` gives the newest line of
    the audit log. `channels` are the office's own, for people who chose none.
    """

    def __init__(self, store: Chains, outbox: Outbox, *, office: Callable[[Case, str], Office], people: Callable[[], dict[str, Person]],
                 channel: Callable[[str], Channel], say: Callable[[Digest, str], Outgoing], clock: Callable[[], str], origin: str, worker: str,
                 channels: Sequence[str] = ("email",), checkpoint: Callable[[], str] = str, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.outbox, self.office, self.people, self.channel, self.say = store, outbox, office, people, channel, say
        self.clock, self.origin, self.worker, self.channels, self.checkpoint, self.entropy = clock, origin, worker, channels, checkpoint, entropy
        self._connected: dict[str, Channel] = {}
        self._known: dict[str, Person] = {}
        self._stands_in: dict[str, Person] = {}
        self._drafts: dict[str, Draft] = {}
        self._said: dict[tuple[Any, ...], tuple[str, Sequence[str], dict[Phrase, Line]]] = {}  # owner, roles, the line by its reason
        self._quiet: dict[tuple[Any, ...], Verdict | None] = {}  # by hours: the same office and the same moment for all

    def round(self, limit: int = MOST, stopping: Callable[[], bool] = bool) -> list[Outcome]:
        """Everything that is due now, `limit` messages and what belongs to them; how each ended. Once it is `stopping` the rest is let go, unsent."""
        now = self.clock()
        self._known, self._connected, self._quiet, self._said = self.people(), {}, {}, {}
        self._stands_in = {str(person.deputy["person"]): person for person in self._known.values() if person.deputy.get("person")}
        claims = self._claim(now, limit)
        agreements = dict.fromkeys(agreement for claim in claims for agreement, _ in claim.messages)
        cases = self.outbox.waiting(list(agreements)) if agreements else {}
        self._drafts = {ident: Draft(case, self.office(case, now)) for ident, case in cases.items()}
        ways = {ident: person.channels or list(self.channels) for ident, person in self._known.items()}
        settling = Settling(self.store, self.outbox, cases, ways, clock=self.clock, origin=self.origin, entropy=self.entropy)
        done: list[Outcome] = []
        unsent: list[Claimed] = []
        try:
            boxes = [self._read(claim, settling, done, now) for claim in claims]
            ahead = [box.claim._replace(send=group.send, letter=group.letter) for box in boxes for group in box.groups if group.fresh and box.repeats]
            if ahead and not self.outbox.hand(ahead):  # one of them is another's by now: none is sent, and every lease ends by itself
                boxes = [box for box in boxes if not box.repeats]
            unsent.extend(box.claim for box in boxes if not self._deliver(box, settling, done, stopping))
        finally:
            settling.flush()
        if unsent:  # after trouble every lease ends by itself: what is let go must not hold anything that left and is not written
            self.outbox.release(unsent)
        return done

    def _claim(self, now: str, limit: int) -> list[Claimed]:
        now = f"{now[:19]}Z"  # as messages have it: what was written in this second is due in it
        claims: list[Claimed] = []
        held = 0
        while held < limit:
            size = min(BATCH, limit - held)
            found = self.outbox.claim(now, self.worker, LEASE, size)
            claims += found
            held += sum(len(claim.messages) for claim in found)
            if sum(len(claim.messages) for claim in found) < size:
                break
        return claims

    def _read(self, claim: Claimed, settling: Settling, done: list[Outcome], now: str) -> Box:
        """The messages of a claim as they are to be sent; those that cannot be sent at all, or not now, are settled at once."""
        ended: dict[tuple[Verdict, str], list[Item]] = {}
        parts: dict[str, list[Item]] = {}
        person = self._known.get(claim.recipient)
        hopeless = self._hopeless(claim, person)
        for agreement, key in claim.messages:
            draft = self._drafts.get(agreement)
            row = draft.tables["message"].get(key) if draft is not None else None
            if draft is None or row is None or row.state not in WAITING:
                continue
            if claim.letter and row.state != "uncertain" and not claim.holds(agreement, key):
                continue  # it was not in the digest that may have left: it has its turn when that is settled
            found = self._judged(draft, row, claim, person, hopeless, now)
            send = (row.state == "uncertain" and row.send) or claim.send  # what may have left before leaves as it was then
            if isinstance(found, Verdict):
                found = settling.judged(agreement, row, found, claim.attempt, now)
                ended.setdefault((_waiting(found, send), send), []).append(Item(agreement, key, draft, row))
            else:
                parts.setdefault(send, []).append(Item(agreement, key, draft, row, found))
        for (verdict, send), items in ended.items():
            settling.ended([item[:2] for item in items], verdict, send)
            done += _outcomes(items, verdict)
        groups = [Group(send, items, fresh=False) if send else fresh(items) for send, items in parts.items()]
        later = any(verdict.again for verdict, _ in ended) or not (ended or groups)
        return Box(claim, groups, bool(groups) and self._repeats(claim.channel), later)

    def _judged(self, draft: Draft, row: Message, claim: Claimed, person: Person | None, verdict: Verdict | None, now: str) -> Line | Verdict:
        """The line of a message, or how it ends without being sent; `verdict` is what the person or the channel makes of it."""
        deadline = draft.tables["deadline"].get((row.instance, row.name, row.revision))
        if row.kind not in KINDS:
            return Verdict("parked", f"there is no such kind of message: {row.kind}")
        if deadline is None:
            return Verdict("parked", "its deadline is not on record")
        if verdict is not None or person is None:
            return verdict or NOBODY
        try:
            hours = (person.zone, *person.quiet, person.calendar)
            if hours not in self._quiet:
                self._quiet[hours] = quiet(draft.office, person, now)
            return self._quiet[hours] or self._line(draft, deadline, row, person, now)
        except Exception as fault:  # noqa: BLE001  # one row that cannot be read keeps none of the others waiting
            return failed(_named(fault), claim.attempt, now)

    def _hopeless(self, claim: Claimed, person: Person | None) -> Verdict | None:
        """How every message of a claim ends that no channel is asked for: parked, given up, or left for a person to judge."""
        if person is None or not person.active:
            return NOBODY
        try:
            return None if self._channel(claim.channel).repeats or not claim.send else CUT
        except Undeliverable as unknown:
            return CUT if claim.send else Verdict("parked", str(unknown.why))
        except InvalidInput:
            return None  # told when it is sent: it may be set up by then

    def _line(self, draft: Draft, deadline: Deadline, row: Message, person: Person, now: str) -> Line:
        day = civil_day(now, person.zone or draft.office.zone)
        told = draft.agreement.id, row.instance, row.name, row.revision, row.kind, row.late_days, day
        said = self._said.get(told)
        if said is None:
            instance = draft.tables["instance"].get((deadline.instance,))
            rules = draft.definition(instance).deadlines if instance is not None else draft.office.track.deadlines
            asked = (rules[deadline.name].spec.get("escalate") if deadline.name in rules else ()) or ROLES
            said = self._said[told] = (draft.agreement.owner, asked if row.kind in LOUD else (), {})
        whose, roles, lines = said
        reason = why(person, whose, roles, self._stands_in)
        found = lines.get(reason)
        if found is None:
            owner = self._known.get(whose)
            found = lines[reason] = line(draft, deadline, owner, day=day, kind=row.kind, late_days=row.late_days, why=reason)
        return found

    def _deliver(self, box: Box, settling: Settling, done: list[Outcome], stopping: Callable[[], bool]) -> bool:
        """Send the digests of a claim; whether it is over, or must end by itself, as only it knows the key under which something may have left."""
        later = box.later
        for group in box.groups:
            now = self.clock()
            if stopping() or now > shifted(box.claim.until, -MARGIN):
                return bool(box.claim.send)
            settling.before(now)
            verdict = _waiting(self._send(group, box.claim, now), "" if group.fresh else group.send)
            if verdict is LOST:
                return False
            if verdict.again:
                verdict = verdict._replace(again=arrival(group.items[0].draft.office, self._known[box.claim.recipient], verdict.again, at_once=True))
            ends: dict[Verdict, list[Item]] = {}
            for item in group.items:
                end = settling.judged(item.agreement, item.row, verdict, box.claim.attempt, now) if verdict.again else verdict
                ends.setdefault(end, []).append(item)
            later = later or any(end.again for end in ends)
            if not later and group is box.groups[-1]:
                settling.over(box.claim)
            for end, items in ends.items():
                if end.state == "sent":
                    settling.left((item[:2] for item in items), group.send, now, alone=not box.repeats)
                else:
                    settling.ended((item[:2] for item in items), end, group.send)
                done += _outcomes(items, end)
        if not box.groups and not later:
            settling.over(box.claim)
        return not later

    def _send(self, group: Group, claim: Claimed, now: str) -> Verdict:
        person = self._known[claim.recipient]
        lines = tuple(item.line for item in group.items if item.line is not None)
        try:
            day = civil_day(now, person.zone or lines[0].zone)
            digest = Digest(group.send, person, claim.channel, day, lines, all(row.urgent for row in lines), self.checkpoint())
            outgoing, channel = self.say(digest, person.lang), self._channel(claim.channel)
            if not channel.repeats and not (group.fresh and self.outbox.hand([claim._replace(send=group.send, letter=group.letter)])):
                return LOST if group.fresh else CUT
            channel.send(outgoing)
        except Undeliverable as refused:
            return Verdict("dead", discreet(str(refused.why), person))
        except Uncertain as cut:
            if self._repeats(claim.channel):
                return failed(discreet(str(cut.why), person), claim.attempt, now, "uncertain")
            return Verdict("uncertain", discreet(str(cut.why), person))
        except (DeliveryFailed, InvalidInput) as fault:
            return failed(discreet(str(fault.why), person), claim.attempt, now)
        except Exception as fault:  # noqa: BLE001  # a channel is somebody else's program; its faults stay its own
            return failed(discreet(_named(fault), person), claim.attempt, now)
        return Verdict("sent")

    def _repeats(self, name: str) -> bool:
        """Whether what is sent over a channel may be sent again; one that cannot be connected says so when it is sent over."""
        try:
            return self._channel(name).repeats
        except (Undeliverable, InvalidInput):
            return False

    def _channel(self, name: str) -> Channel:
        if name not in self._connected:
            self._connected[name] = self.channel(name)
        return self._connected[name]


def _waiting(verdict: Verdict, send: str) -> Verdict:
    """What is tried again and may have left as `send` stays uncertain, so that it keeps that key."""
    return verdict._replace(state="uncertain") if send and verdict.again else verdict


def _outcomes(items: Iterable[Item], verdict: Verdict) -> list[Outcome]:
    return [Outcome(f"{draft.agreement.ref}/{row.instance}" if row.instance else draft.agreement.ref, row.name, row.recipient, row.channel, *verdict)
            for _, _, draft, row, _ in items]


def _named(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"

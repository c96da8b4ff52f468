"""
Dispatch: what is due leaves. Claim, hand over, settle; any number of workers, each message at least once.

    claimed ── handed (its digest's key is written down) ── sent ──────────── settled: an entry of its agreement, then the claim is let go
       │                      │
       │                      └── killed here: the lease runs out, and whoever claims it next finds the key. A channel whose receivers know
       │                          the key (e-mail: Message-ID) repeats it under the same key; for a chat it is `uncertain`, for a person to judge
       └── killed here: the lease runs out, nothing had left

Three rules. The key is written before the channel is called. The outcome is written before the claim is let go. Nothing that one recipient,
one channel or one template does keeps a message from the others.

What was sent never comes back, so those claims are let go together when the round ends. Everything else is let go as it is written.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Case, Head, after
from workflow.core.delivery import WAITING, Verdict, discreet, failed, settle
from workflow.core.digest import KINDS, Digest, Line, line, why
from workflow.core.draft import Draft
from workflow.core.entry import milliseconds, seal, uuid7
from workflow.core.ladder import ROLES
from workflow.core.office import SYSTEM
from workflow.core.reminding import LOUD, arrival
from workflow.errors import AgreementNotFound, DeliveryFailed, InvalidInput, Phrase, StaleInstance, Uncertain, Undeliverable
from workflow.library import civil_day
from workflow.ports import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workflow.core.agreement import Deadline
    from workflow.core.digest import Outgoing
    from workflow.core.draft import Office
    from workflow.core.office import Person
    from workflow.ports import Agreements, Channel, Claimed, Outbox

LEASE = 600  # seconds a claim holds: after that the messages of a worker that died are another's
MARGIN = 240  # seconds a send may take, every step of it slow: what has less left of its lease is let go unsent
BATCH = 100
MOST = 1000  # messages of one round; those of one person belong together, so that one message tells all
ENTRY = 50  # messages that one entry of the journal has room for, each with a reason and with what goes on over another channel
SENT = 100  # that one has room for when they have left and there is no more to say
ATTEMPTS = 100  # lost races for an agreement's head before giving up


class Outcome(NamedTuple):
    """One message of a round: where it belongs, for whom, over which channel, how it ended."""

    ref: str
    name: str
    recipient: str
    channel: str
    state: str
    reason: str = ""
    again: str = ""  # when it is tried again


class _Item(NamedTuple):
    """A claimed message; `line` is None for one that is never said."""

    claim: Claimed
    draft: Draft
    row: Any
    line: Line | None = None

    @property
    def send(self) -> str:
        """The key under which it may have left before."""
        return self.claim.send or (self.row.send if self.row.state == "uncertain" else "")


class Dispatcher:
    """
    One worker. `store` and `outbox` are the database; `office` gives what is read besides a case, `people` who there is by id.

    `channel` connects a channel by name, `say` puts a digest into words (`workflow.messages.render`), `checkpoint` gives the newest line of
    the audit log. `channels` are the office's own, for people who chose none.
    """

    def __init__(self, store: Agreements, outbox: Outbox, *, office: Callable[[Case, str], Office], people: Callable[[], dict[str, Person]],
                 channel: Callable[[str], Channel], say: Callable[[Digest, str], Outgoing], clock: Callable[[], str], origin: str, worker: str,
                 channels: Sequence[str] = ("email",), checkpoint: Callable[[], str] = str, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.outbox, self.office, self.people, self.channel, self.say = store, outbox, office, people, channel, say
        self.clock, self.origin, self.worker, self.channels, self.checkpoint, self.entropy = clock, origin, worker, channels, checkpoint, entropy
        self._connected: dict[str, Channel] = {}
        self._known: dict[str, Person] = {}
        self._stands_in: dict[str, Person] = {}
        self._cases: dict[str, Case] = {}  # as they were last read or written; whoever is not the last to write reads again
        self._sent: list[Claimed] = []

    def round(self, limit: int = MOST, stopping: Callable[[], bool] = bool) -> list[Outcome]:
        """Everything that is due now, at most `limit` messages; how each ended. Once it is `stopping` the rest is let go, unsent."""
        now = self.clock()
        self._known, self._connected, self._cases, self._sent = self.people(), {}, {}, []
        self._stands_in = {str(person.deputy["person"]): person for person in self._known.values() if person.deputy.get("person")}
        claims = self._claim(now, limit)
        items, done = self._read(claims, now)
        try:
            for group in _groups(items):
                if stopping():
                    self.outbox.release([item.claim for item in group])
                else:
                    done += self._deliver(group)
        finally:
            self.outbox.release(self._sent)
        return done

    def _claim(self, now: str, limit: int) -> list[Claimed]:
        now = f"{now[:19]}Z"  # as messages have it: what was written in this second is due in it
        claims: list[Claimed] = []
        while len(claims) < limit:
            size = min(BATCH, limit - len(claims))
            found = self.outbox.claim(now, self.worker, LEASE, size)
            claims += found
            if len(found) < size:
                break
        return claims

    def _read(self, claims: Sequence[Claimed], now: str) -> tuple[list[_Item], list[Outcome]]:
        """The claimed messages as lines; those that cannot be sent at all are settled at once, those that need not be are let go."""
        drafts: dict[str, Draft | None] = {}
        quiet: dict[str, Verdict | None] = {}  # by recipient: the same office and the same moment for all
        items: list[_Item] = []
        done: list[Outcome] = []
        for claim in claims:
            if claim.agreement not in drafts:
                drafts[claim.agreement] = self._draft(claim.agreement, now)
            draft = drafts[claim.agreement]
            row = draft.case.tables["message"].get(claim.key) if draft is not None else None
            if draft is None or row is None or row.state not in WAITING:
                self.outbox.release([claim])
                continue
            deadline = draft.case.tables["deadline"].get((row.instance, row.name, row.revision))
            person = self._known.get(row.recipient)
            item, verdict = _Item(claim, draft, row), self._hopeless(row, deadline, person, claim)
            if verdict is None and person is not None:
                try:
                    if person.id not in quiet:
                        quiet[person.id] = _quiet(draft.office, person, now)
                    verdict = quiet[person.id]
                    item = item._replace(line=self._line(draft, deadline, row, person, now))
                except Exception as fault:  # noqa: BLE001  # one row that cannot be read keeps none of the others waiting
                    verdict = failed(_named(fault), claim.attempt, now)
            if verdict is not None:
                done += self._settle([item], verdict, claim.send)
            else:
                items.append(item)
        return items, done

    def _draft(self, agreement: str, now: str) -> Draft | None:
        try:
            case = self._cases[agreement] = self.store.load(agreement)
        except AgreementNotFound:
            return None
        return Draft(case, self.office(case, now))

    def _hopeless(self, row: Any, deadline: Deadline | None, person: Person | None, claim: Claimed) -> Verdict | None:
        """How a message ends that no channel is asked for: parked, given up, or left for a person to judge."""
        if row.kind not in KINDS:
            return Verdict("parked", f"there is no such kind of message: {row.kind}")
        if deadline is None:
            return Verdict("parked", "its deadline is not on record")
        if person is None or not person.active:
            return Verdict("dead", "the recipient is not among the people of the office")
        try:
            channel = self._channel(row.channel)
        except Undeliverable as unknown:
            return Verdict("parked", str(unknown.why))
        except InvalidInput:
            return None  # told when it is sent: it may be set up by then
        if claim.send and not channel.repeats:
            return Verdict("uncertain", "cut off while it was being sent: it may have arrived")
        return None

    def _line(self, draft: Draft, deadline: Any, row: Any, person: Person, now: str) -> Line:
        agreement = draft.agreement
        instance = draft.tables["instance"].get((deadline.instance,))
        rules = draft.definition(instance).deadlines if instance is not None else draft.office.track.deadlines
        asked = (rules[deadline.name].spec.get("escalate") if deadline.name in rules else ()) or ROLES
        roles = asked if row.kind in LOUD else ()
        return line(draft, deadline, self._known.get(agreement.owner), day=civil_day(now, person.zone or draft.office.zone), kind=row.kind,
                    late_days=row.late_days, why=why(person, agreement.owner, roles, self._stands_in))

    def _deliver(self, group: list[_Item]) -> list[Outcome]:
        now = self.clock()
        claims, row = [item.claim for item in group], group[0].row
        if any(_seconds(now, claim.until) < MARGIN for claim in claims):
            self.outbox.release(claims)
            return []
        key = group[0].send or key_of(claims)
        person = self._known[row.recipient]
        verdict = self._send(group, key, person, now)
        if verdict.again:
            verdict = verdict._replace(again=arrival(group[0].draft.office, person, verdict.again, at_once=True))
        return self._settle(group, verdict, key)

    def _send(self, group: list[_Item], key: str, person: Person, now: str) -> Verdict:
        attempt, name = max(item.claim.attempt for item in group), group[0].row.channel
        lines = tuple(item.line for item in group if item.line is not None)
        try:
            day = civil_day(now, person.zone or lines[0].zone)
            digest = Digest(key, person, name, day, lines, all(row.urgent for row in lines), self.checkpoint())
            outgoing, channel = self.say(digest, person.lang), self._channel(name)
            self.outbox.hand([item.claim for item in group], key)
            channel.send(outgoing)
        except Undeliverable as refused:
            return Verdict("dead", discreet(str(refused.why), person))
        except Uncertain as cut:
            if self._channel(name).repeats:
                return failed(discreet(str(cut.why), person), attempt, now, "uncertain")
            return Verdict("uncertain", discreet(str(cut.why), person))
        except (DeliveryFailed, InvalidInput) as fault:
            return failed(discreet(str(fault.why), person), attempt, now)
        except Exception as fault:  # noqa: BLE001  # a channel is somebody else's program; its faults stay its own
            return failed(discreet(_named(fault), person), attempt, now)
        return Verdict("sent")

    def _channel(self, name: str) -> Channel:
        if name not in self._connected:
            self._connected[name] = self.channel(name)
        return self._connected[name]

    def _settle(self, group: list[_Item], verdict: Verdict, key: str) -> list[Outcome]:
        """Write the outcome in every agreement that the digest spoke of, then let go of the claims."""
        by_agreement: dict[str, list[_Item]] = {}
        for item in group:
            by_agreement.setdefault(item.claim.agreement, []).append(item)
        room = SENT if verdict.state == "sent" else ENTRY
        for items in by_agreement.values():
            for start in range(0, len(items), room):
                self._write(items[0].claim.agreement, [item.claim.key for item in items[start:start + room]], verdict, key)
        if verdict.state == "sent":
            self._sent += [item.claim for item in group]
        else:
            self.outbox.release([item.claim for item in group])
        return [Outcome(f"{item.draft.agreement.ref}/{item.row.instance}".rstrip("/"), item.row.name, item.row.recipient, item.row.channel,
                        verdict.state, verdict.reason, verdict.again) for item in group]

    def _write(self, agreement: str, keys: list[tuple[Any, ...]], verdict: Verdict, key: str) -> None:
        ways = {ident: person.channels or list(self.channels) for ident, person in self._known.items()}
        for _ in range(ATTEMPTS):
            case, now = self._cases.pop(agreement, None) or self.store.load(agreement), self.clock()
            change = settle(case, keys, verdict, key, now, ways)
            if change is None:
                return
            entry = seal(change, head=case.head, origin=self.origin, eid=uuid7(milliseconds(now), self.entropy(10)), recorded=now,
                         person=SYSTEM.person, identity=SYSTEM.identity, salts=lambda: self.entropy(32))
            try:
                self.store.commit(case.head, entry, change.effects)
            except HeadMoved:
                continue
            left = {"message": after(case, change).tables["message"]}  # all that an outcome is decided on
            self._cases[agreement] = Case(Head(entry.chain, entry.cseq, entry.leaf), left)
            return
        raise StaleInstance(agreement, Phrase("one revision"), Phrase("too many at once"))


def key_of(claims: Iterable[Claimed]) -> str:
    """The key of a digest: the same messages have the same."""
    named = sorted("\x1f".join(map(str, (claim.agreement, *claim.key))) for claim in claims)
    return hashlib.sha256("\x1e".join(named).encode()).hexdigest()[:40]


def _groups(items: list[_Item]) -> list[list[_Item]]:
    """What leaves together: one person's messages over one channel; what began to leave before, as it was then."""
    found: dict[tuple[str, str, str], list[_Item]] = {}
    for item in items:
        found.setdefault((item.row.recipient, item.row.channel, item.send), []).append(item)
    return list(found.values())


def _quiet(office: Office, person: Person, now: str) -> Verdict | None:
    """Whether a message must wait, because it is not a time at which somebody is told: a worker may have been down when it was."""
    again = arrival(office, person, now, at_once=True)
    return Verdict("", "outside the recipient's hours", again) if _seconds(now, again) >= 1 else None


def _seconds(now: str, until: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(until) - datetime.fromisoformat(now)).total_seconds()


def _named(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"

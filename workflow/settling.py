"""
How sends end becomes history: an entry in every agreement that a digest spoke of, then the claim is let go.

Trouble is written at once, by itself. What has left over a channel that may repeat it is written together with what left in the same moment
(`HOLD`), in one transaction: a worker that is killed repeats that much, under the same keys, and no more.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import Case, Head
from workflow.core.dates import shifted
from workflow.core.delivery import Verdict, lasted, settle, tried
from workflow.core.entry import milliseconds, seal, uuid7
from workflow.core.office import SYSTEM
from workflow.errors import Phrase, StaleInstance
from workflow.ports import ATTEMPTS, HeadMoved, Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workflow.core.agreement import Message
    from workflow.ports import Chains, Claimed, Outbox

    Key = tuple[Any, ...]
    Sends = dict[str, dict[Key, str]]  # agreement -> message -> the key of its digest

HOLD = 0.05  # seconds that what has left may wait to be written
ENTRY = 50  # messages that one entry of the journal has room for, each with a reason and with what goes on over another channel
SENT = 100  # that one has room for when they have left and there is no more to say
LEFT = Verdict("sent")


class Settling:
    """
    The outcomes of one worker's round. `cases` are the agreements as they were read, `ways` each recipient's channels in order.

    Whoever sends must `flush` before the round ends.
    """

    def __init__(self, store: Chains, outbox: Outbox, cases: Mapping[str, Case], ways: Mapping[str, Sequence[str]], *,
                 clock: Callable[[], str], origin: str, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.outbox, self.ways, self.clock, self.origin, self.entropy = store, outbox, ways, clock, origin, entropy
        self._cases = dict(cases)  # as they were last read or written, without what has left; whoever was not the last to write reads again
        self._left: Sends = {}
        self._over: list[Claimed] = []
        self._since = self._until = ""
        self._tried: dict[str, dict[Key, str]] = {}  # of each agreement of which something may be given up

    def before(self, now: str) -> None:
        """Something is about to leave: what left long enough ago is written first."""
        if self._since and not self._since <= now < self._until:
            self.flush()

    def left(self, messages: Iterable[tuple[str, Key]], send: str, since: str, *, alone: bool) -> None:
        """A digest has left; its hand-over began at `since`. `alone`: it is written before anything else leaves."""
        for agreement, key in messages:
            self._left.setdefault(agreement, {})[key] = send
        if not self._since:
            self._since, self._until = since, shifted(since, HOLD)
        if alone:
            self.flush()

    def ended(self, messages: Iterable[tuple[str, Key]], verdict: Verdict, send: str) -> None:
        """Write how anything else ended, or that it was not tried."""
        by_agreement: Sends = {}
        for agreement, key in messages:
            by_agreement.setdefault(agreement, {})[key] = send
        for agreement, sends in by_agreement.items():
            for part in _parts(sends, ENTRY):
                self._write(agreement, part, verdict)

    def judged(self, agreement: str, row: Message, verdict: Verdict, attempt: int, now: str) -> Verdict:
        """How a message ends that this became of: it is given up where it has been tried for as long as is promised."""
        def since() -> dict[Key, str]:
            if agreement not in self._tried:
                self._tried[agreement] = tried(self.store.entries(agreement))
            return self._tried[agreement]
        return lasted(row, verdict, attempt, now, since)

    def over(self, claim: Claimed) -> None:
        """A claim of which nothing is to be tried again: it is forgotten as soon as the outcomes are written."""
        self._over.append(claim)

    def flush(self) -> None:
        """Write what has left, and forget the claims that are over."""
        left, over = self._left, self._over
        self._left, self._over, self._since = {}, [], ""
        waves = [_parts(sends, SENT) for sends in left.values()]
        for number in range(max(map(len, waves), default=0)):
            parts = {agreement: parts[number] for agreement, parts in zip(left, waves, strict=True) if number < len(parts)}
            self._together(parts, over if number == max(map(len, waves)) - 1 else ())
        if over and not left:
            self.outbox.settle((), over)

    def _together(self, parts: Sends, over: Sequence[Claimed]) -> None:
        """One entry of each of several agreements; of those that moved on meanwhile, one by one."""
        decided = []
        for agreement, sends in parts.items():
            case = self._cases.get(agreement) or self.store.load(agreement)
            found = self._decide(case, sends, LEFT)
            if found is not None:
                decided.append(found)
                waiting = {key: row for key, row in case.tables["message"].items() if key not in sends}
                self._cases[agreement] = Case(Head(agreement, found.entry.cseq, found.entry.leaf), {"message": waiting})
        moved = self.outbox.settle(decided, over)
        for agreement in moved:
            del self._cases[agreement]
            self._write(agreement, parts[agreement], LEFT)
        if moved and over:
            self.outbox.settle((), over)

    def _write(self, agreement: str, sends: dict[Key, str], verdict: Verdict) -> None:
        for _ in range(ATTEMPTS):
            decided = self._decide(self.store.load(agreement), sends, verdict)
            self._cases.pop(agreement, None)
            if decided is None:
                return
            try:
                self.store.commit(*decided)
            except HeadMoved:
                continue
            return
        raise StaleInstance(agreement, Phrase("one revision"), Phrase("too many at once"))

    def _decide(self, case: Case, sends: dict[Key, str], verdict: Verdict) -> Settled | None:
        now = self.clock()
        change = settle(case, sends, verdict, now, self.ways)
        if change is None:
            return None
        entry = seal(change, head=case.head, origin=self.origin, eid=uuid7(milliseconds(now), self.entropy(10)), recorded=now,
                     person=SYSTEM.person, identity=SYSTEM.identity, salts=lambda: self.entropy(32))
        return Settled(case.head, entry, change.effects)


def _parts(sends: dict[Key, str], room: int) -> list[dict[Key, str]]:
    rest = iter(sends.items())
    return [dict(islice(rest, room)) for _ in range(0, len(sends), room)]

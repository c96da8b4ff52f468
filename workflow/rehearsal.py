"""A worker's look without consequences: over copies in memory, into channels that only keep what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import decision, reminding
from workflow.core.agreement import Case, after
from workflow.core.office import SYSTEM
from workflow.dispatching import Dispatcher
from workflow.messages import render
from workflow.ports import Claimed
from workflow.reminders import BATCH, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.core.agreement import Change, Effect, Head
    from workflow.core.digest import Outgoing
    from workflow.core.office import Person
    from workflow.engine import Engine
    from workflow.ports import Sealed, Settled, Store

FOREVER = "9999-12-31T00:00:00Z"


class Kept:
    """A channel that keeps what it is given."""

    repeats = True

    def __init__(self, name: str, letters: list[tuple[str, Outgoing]]) -> None:
        self.name, self.letters = name, letters

    def send(self, outgoing: Outgoing) -> None:
        self.letters.append((self.name, outgoing))


class Rehearsal:
    """The store and the outbox of a worker whose writes go nowhere."""

    def __init__(self, store: Store, engine: Engine, people: Mapping[str, Person]) -> None:
        self.store, self.engine, self.people = store, engine, dict(people)
        self.now = engine.clock()
        self.steps: list[tuple[str, Change]] = []  # what time does first: the agreement, the change
        self.cases: dict[str, Case] = {}
        self.unclaimed: dict[str, Case] = {}

    def letters(self, channels: Sequence[str]) -> list[tuple[str, Outgoing]]:
        """Everything that would leave now, as it would be said."""
        found: list[tuple[str, Outgoing]] = []
        agreements = {row["ref"] for row in self.store.messages(unsent=self.now, limit=10_000)}
        for ident in [*agreements, *self.store.due(self.now, BATCH * BATCH)]:
            case = self._looked(self.engine.store.load(ident))
            self.cases[case.agreement.id] = case
        self.unclaimed = dict(self.cases)
        worker: Any = self
        Dispatcher(worker, worker, office=self.engine.office, people=lambda: self.people, channel=lambda name: Kept(name, found), say=render,
                   clock=lambda: self.now, origin=self.engine.origin, worker="rehearsal", channels=channels).round()
        return found

    def _looked(self, case: Case) -> Case:
        """The case as a sweep would leave it."""
        while True:
            office = self.engine.office(case, self.now)._replace(by=SYSTEM)
            change = decision.notice(case, office, office.today) or reminding.sweep(case, office, self.people)
            if change is None:
                return whole(case)
            if change.act != "remind":
                self.steps.append((case.agreement.ref, change))
            case = whole(after(case, change))

    def load(self, ref: str, **_more: Any) -> Case:
        return self.cases[ref]

    def commit(self, head: Head, entry: Sealed, effects: Sequence[Effect], **_more: Any) -> None:
        """Nothing is written."""

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        del worker, lease_seconds, limit
        cases, self.unclaimed = self.unclaimed, {}
        found: dict[tuple[str, str], list[tuple[str, tuple[Any, ...]]]] = {}
        for ident, case in cases.items():
            for key, row in case.tables["message"].items():
                if row.wake_at and row.wake_at <= now and row.state in reminding.WAITING:
                    found.setdefault((row.recipient, row.channel), []).append((ident, key))
        return [Claimed(*whose, 1, FOREVER, "", "", tuple(messages)) for whose, messages in found.items()]

    def waiting(self, agreements: Sequence[str]) -> dict[str, Case]:
        return {ident: self.cases[ident] for ident in agreements}

    def hand(self, claims: Sequence[Claimed]) -> bool:
        """Nobody else is there."""
        return bool(claims)

    def settle(self, settled: Sequence[Settled], claims: Sequence[Claimed]) -> list[str]:
        """Nothing is written."""
        del settled, claims
        return []

    def release(self, claims: Sequence[Claimed]) -> None:
        """Nobody holds anything."""

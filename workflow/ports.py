"""
What the engine asks of a database, cut by the consumer's verbs.

One adapter implements all of these over one connection (`store/sqlite.py`); a consumer names the smallest that serves it.
Every method raises `StoreError` (or `StoreNotReady`, `StoreBusy`) where the database cannot be used; no driver exception passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from workflow.core.entry import Sealed
from workflow.errors import Phrase, WorkflowError
from workflow.outbox import Channel, Claimed, Outbox, Settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from workflow.core.agreement import Case, Effect, Head
    from workflow.core.office import Coverage, Day, Person

__all__ = ["ATTEMPTS", "Agreements", "Channel", "Checkpoints", "Claimed", "Definitions", "HeadMoved", "Health", "Journal", "Line", "Listing", "Nodes",
           "Office", "Outbox", "Pinned", "Places", "Sealed", "Settled", "Signed"]


ATTEMPTS = 5_000  # lost races in a row (seconds, with one who writes without a pause) before a caller is told that an agreement is too busy


class HeadMoved(WorkflowError):
    """Another change of the same chain was committed first; nothing was written: load, decide and commit again."""

    def __init__(self, chain: str, expected: int) -> None:
        self.chain, self.expected = chain, expected
        super().__init__(Phrase("{chain} has moved on from entry {entry}", chain=chain, entry=expected))


class Pinned(NamedTuple):
    """A definition as it stands in the database. `kind`: stage, track. `body` is its JSON text."""

    kind: str
    name: str
    version: int
    hash: str
    body: str


class Agreements(Protocol):
    """The aggregate: read whole, written whole."""

    def load(self, ref: str, *, whole: bool = False, history: bool = False) -> Case:
        """
        What is on record of one agreement, named by its reference or its id: what every decision reads as of one moment, the rest
        (documents, approvals, activities) when it is asked for. A decision is safe in that its commit swaps the head that was read first.

        `whole`: everything as of one moment. Of each deadline only the latest revision, unless `history` asks for all, whole too.

        Raises:
            AgreementNotFound: with every reference that is known.
        """

    def known(self, ref: str) -> Case | None:
        """
        An agreement as this process saw it last, if it is held: somebody else may have changed it since, which the commit of a decision on it
        finds out, and nothing else does.
        """

    def commit(
        self, head: Head, entry: Sealed, effects: Sequence[Effect], *,
        request: tuple[str, str] | None = None, definitions: Sequence[Pinned] = (),
    ) -> None:
        """
        Write one decision, all of it or nothing: the head swapped, the rows, the entry, its details.

        `head` is the one that the decision was made on; `request` is a caller's id and the digest of what it asked.

        Raises:
            HeadMoved: somebody was faster.
        """

    def together(self) -> AbstractContextManager[None]:
        """
        Commits that become durable together, in one transaction: each is kept or undone by itself, one flush to disk serves them all.

        What is committed inside is seen by loads inside; if the block raises, or the last flush fails, none of it happened.

        Raises:
            StoreError: inside another group, or over a pool of connections; so does an outbox's claim, hand-over or release inside a group.
        """

    def request(self, id: str) -> tuple[str, str, int] | None:
        """The digest, chain and entry number of a request that was carried out before."""

    def refs(self, prefix: str = "") -> list[str]:
        """Every agreement's reference that begins so; with a slash in it, references of that agreement's instances."""


class Definitions(Protocol):
    """The definitions that instances are pinned to."""

    def pinned(self, kind: str, name: str, version: int, hash: str) -> dict[str, Any]:
        """
        The data of one pinned definition.

        Raises:
            DefinitionNotFound: with the identities that are pinned under this kind.
        """

    def pinned_all(self) -> list[Pinned]:
        """Every pinned definition, by kind, name and version."""


class Office(Protocol):
    """The office's own records (chain `sys`)."""

    def office(self) -> Case:
        """People and settings; the calendars' tables stay empty (see `calendar`)."""

    def person(self, key: str) -> Person | None:
        """The person with this id or this login."""

    def calendar(self, name: str) -> tuple[list[Day], list[Coverage]]:
        """The days that a calendar marks and the years it knows, in order."""


class Journal(Protocol):
    """What happened, as it was written."""

    def entries(self, chain: str, after: int = 0) -> Iterator[Sealed]:
        """The entries of a chain in order, those numbered above `after`."""

    def entry(self, chain: str, cseq: int) -> Sealed | None:
        """One entry by its place."""

    def forget(self, chain: str, details: Iterable[tuple[int, str]]) -> None:
        """Delete personal values (entry, name of the commitment) that an entry committed in the same group says are erased."""


Line = tuple[int, str, int, str, bytes, str, str, str, str]  # place, then chain, cseq, leaf, body, recorded, act, instance, person


class Places(Protocol):
    """Where each entry stands in the log's one tree, counted from 0. What is pending has no place yet."""

    def size(self) -> int:
        """How many entries have a place."""

    def number(self, limit: int = 10_000) -> int:
        """
        Give pending entries the next places, in order within each chain, in one transaction, whoever else does the same; the new size.

        Raises:
            StoreError: inside a group of commits.
        """

    def place(self, chain: str, cseq: int) -> int | None:
        """The place of an entry; None: it has none yet, or there is no such entry."""

    def moment(self) -> AbstractContextManager[None]:
        """What is read inside, of anything, is as it stood at one moment; nothing can be written."""

    def lines(self, start: int = 0) -> Iterator[Line]:
        """The entries from a place on, as they are stored: first those that have a place, then those that are pending in the order of arrival."""


class Nodes(Protocol):
    """Hashes of the tree: the leaves (level 0), and the kept roots of full subtrees. A cache that may be made again from the entries."""

    def hashes(self, level: int, start: int, end: int) -> list[bytes]:
        """Those that stand at `[start, end)` of a level, in order, fewer where fewer are there."""

    def kept(self, level: int) -> int:
        """Up to where roots of this level are kept."""

    def keep(self, level: int, start: int, hashes: Sequence[bytes]) -> None:
        """Keep roots of a level, from `start` on; one that is kept already stays."""


class Signed(NamedTuple):
    """A checkpoint of the log: how many entries it covers, when it was made (UTC instant), the signed note's text."""

    size: int
    made: str
    note: str


class Checkpoints(Protocol):
    """What the log has signed about itself; none is ever changed or deleted."""

    def sign(self, signed: Signed) -> None:
        """Keep one more, unless the last one covers more already: two who sign at once keep their order."""

    def newest(self) -> Signed | None:
        """The last one."""

    def signed(self) -> list[Signed]:
        """All, in the order in which they were made."""


class Listing(Protocol):
    """Pages over many agreements: one statement each, by an index. Every row is a dict with the agreement's `ref`."""

    def listing(
        self, *, track: str = "", owner: str = "", stage: str = "", state: str = "", text: str = "", after: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        """Agreements by reference, each with its `stages` (items are counted, not listed) and the day of its next deadline."""

    def deadlines(
        self, *, until: str = "", overdue: bool = False, owner: str = "", agreement: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        """Open deadlines, the nearest first: the fields of `Deadline` with `ref`, `title` and `owner` of the agreement."""

    def stuck(self, before: str, *, owner: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """Instances, items too, that have stood in a state that is not final since `before` or longer, the longest first."""

    def due(self, now: str, limit: int = 100) -> list[str]:
        """The ids of agreements with a deadline to wake at `now` (UTC instant) or before, the earliest first."""

    def messages(self, *, agreement: str = "", recipient: str = "", state: str = "", unsent: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """
        Messages, the newest first, each with its agreement's `ref`, `title` and `owner`.

        `agreement` is a reference; `unsent`: only those that wait since this moment or longer, the longest first.
        """


class Health(Protocol):
    """What `doctor` and an erasure look at. All read everything: not for the daily path."""

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""

    def requests(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Of these requests those that are on record: chain and number of the entry of each."""

    def holders(self, sha256: str) -> list[tuple[str, int]]:
        """Which documents that are kept have these bytes: agreement and number of each."""

    def integrity(self) -> list[str]:
        """What is wrong with the file, its references, its triggers; empty when nothing is."""


class Store(Agreements, Definitions, Office, Journal, Places, Nodes, Checkpoints, Listing, Outbox, Health, Protocol):
    """A whole database, for those who compose."""

    def close(self) -> None:
        """Let go of it."""


class Chains(Agreements, Journal, Protocol):
    """What the engine needs: agreements, and their journal where an entry is to be put right."""

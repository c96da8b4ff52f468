"""
The log over the journal: every entry in one tree, what is signed about it, and proofs to take away.

    committed ── pending ── integrate() ── has a place in the tree ── checkpoint() ── covered by a signature ── held outside: cannot be changed unseen

A business transaction takes no part in any of this. `integrate` gives pending entries their places and keeps the roots of subtrees that became
full; it may be killed anywhere and run by many at once. Every checkpoint, proof and export begins with it; a verification does not, for an
auditor only reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workflow.core.checkpoint import Checkpoint, parse_note
from workflow.core.dates import seconds
from workflow.core.merkle import HEIGHT, LEVELS, consistency, inclusion, reader, root, root_at
from workflow.core.proof import Proof
from workflow.errors import InvalidInput, InvalidProof, LogRewritten, NotFound, Phrase
from workflow.ports import Checkpoints, Journal, Nodes, Places, Signed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.core.merkle import Node
    from workflow.keys import KeyFile

STEP = 64  # subtrees that are made at a time
MANY, LONG = 256, 60  # entries, and seconds since the last checkpoint, after which another is made


class Records(Places, Nodes, Checkpoints, Journal, Protocol):
    """What the log asks of a database."""


class Log:
    """
    The log of one office. `key` signs; without one nothing is signed, and everything else works.

    `also` sign what `key` signs: an earlier key, once, when another takes its place.
    """

    def __init__(self, store: Records, origin: str, clock: Callable[[], str], key: KeyFile | None = None, also: Sequence[KeyFile] = ()) -> None:
        self.store, self.origin, self.clock, self.key, self.also = store, origin, clock, key, also
        self.node: Node = _mended(reader(store.hashes), store)

    def integrate(self) -> int:
        """Give every pending entry its place, and keep what became full; how many entries have a place."""
        size = self.store.size()
        while (grown := self.store.number()) > size:
            size = grown
        for level in LEVELS:
            self._keep(level, size)
        return size

    @property
    def signing(self) -> KeyFile:
        """
        The key that signs.

        Raises:
            InvalidInput: none is set.
        """
        if self.key is None:
            raise InvalidInput("key", "", "no key is set, so nothing can be signed: mufakat audit key create")
        return self.key

    def due(self) -> bool:
        """Whether enough is not covered by a signature, or has been for long enough."""
        newest = self.store.newest()
        uncovered = self.store.size() - (newest.size if newest else 0)
        return uncovered >= MANY or (uncovered > 0 and (newest is None or seconds(newest.made, self.clock()) >= LONG))

    def checkpoint(self) -> Signed:
        """
        The newest checkpoint, over all that is committed now: signed if there is something new.

        Raises:
            InvalidInput: no key is set, or it cannot be used.
            LogRewritten: the log does not continue what the key has signed.
        """
        key = self.signing
        with key.alone():
            size = self.integrate()
            holder, newest = key.signer().key, self.store.newest()
            if newest is not None and newest.size == size and any((one.name, one.id) == holder[:2] for one in parse_note(newest.note).signatures):
                if (last := key.last()[0]).size > size:  # an older copy was put back, with the checkpoint that it ended with
                    raise LogRewritten("ROLLBACK", last.size, size)
                return newest
            found = Checkpoint(self.origin, size, root_at(size, self.node))
            note = key.sign(found, self.consistency)
            for other in self.also:
                note = other.sign(found, self.consistency, note=note)
            made = Signed(size, self.clock(), str(note))
            self.store.sign(made)
        return made

    def newest(self) -> str:
        """The newest checkpoint's text; empty: none was ever signed."""
        found = self.store.newest()
        return found.note if found else ""

    def prove(self, chain: str, cseq: int) -> Proof:
        """
        That an entry is in the log, with its bytes, under a checkpoint that covers it: a new one where none does and there is a key.

        Raises:
            NotFound: there is no such entry.
            InvalidInput: no checkpoint covers it, and there is no key to sign one.
        """
        entry = self.store.entry(chain, cseq)
        if entry is None:
            raise NotFound("entry", f"{chain}#{cseq}", ())
        place = self.store.place(chain, cseq)
        newest = self.store.newest()
        if place is None or newest is None or newest.size <= place:
            newest = self.checkpoint()
            place = self.store.place(chain, cseq)
        if place is None:
            raise InvalidInput("entry", f"{chain}#{cseq}", "it has no place in the log")
        return Proof(place, tuple(inclusion(place, newest.size, self.node)), newest.note, entry.body)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """
        The proof that nothing of the first `old` entries was rewritten on the way to `new`.

        Raises:
            InvalidInput: the log does not have as many entries.
        """
        if new > self.store.size():
            raise InvalidInput("size", new, Phrase("the log has {size} entries", size=self.store.size()))
        return consistency(old, new, self.node)

    def root(self, size: int) -> bytes:
        """The root of the first `size` entries."""
        return root_at(size, self.node)

    def _keep(self, level: int, size: int) -> None:
        """Keep the roots of full subtrees of a level that are not kept yet, from the hashes one height below."""
        end = size >> level
        for start in range(self.store.kept(level), end, STEP) if end else ():
            last = min(start + STEP, end)
            below = self.store.hashes(level - HEIGHT, start << HEIGHT, last << HEIGHT)
            if len(below) == last - start << HEIGHT:
                made = [root(below[place << HEIGHT: (place + 1) << HEIGHT]) for place in range(last - start)]
            else:  # some are missing: the leaves are not
                made = [self.node(level, index) for index in range(start, last)]
            self.store.keep(level, start, made)


def _mended(node: Node, store: Nodes) -> Node:
    """A node function that takes the leaves where a kept root is missing: what is kept is a cache."""
    leaves = reader(store.hashes, (0,))

    def found(level: int, index: int) -> bytes:
        try:
            return node(level, index)
        except InvalidProof:
            return leaves(level, index)
    return found

"""
The tree as it grows once more, leaf by leaf, and the kept roots of full subtrees held against it.

What is kept is a cache: where a root is missing nothing is wrong. One that is false makes false proofs, and one that is kept for entries that
are not there yet would never be put right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core.merkle import HEIGHT, LEVELS, Frontier, root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.ports import Nodes

WIDTH = 1 << HEIGHT
AHEAD = 64  # kept roots that are read at a time

Span = tuple[int, int]  # the places of entries from one up to another, that one not included


class Tree:
    """A tree that grows. Put leaves into `row`; when it holds `WIDTH`, `fold` it. `false` are the spans whose kept root is not theirs."""

    def __init__(self, nodes: Nodes) -> None:
        self.row: list[bytes] = []
        self.false: list[Span] = []
        self._nodes, self._edge = nodes, Frontier()
        self._part = Frontier()  # of the row, as far as it was asked for
        self._above: dict[int, list[bytes]] = {level: [] for level in LEVELS}  # roots that do not fill a subtree of the next level yet
        self._kept = {level: _read(nodes, level) for level in LEVELS}

    @property
    def size(self) -> int:
        return self._edge.size + len(self.row)

    def root(self) -> bytes:
        """The root of all that was put in."""
        self._part = self._part.grown(self.row[self._part.size:])
        return Frontier(self.size, (*self._edge.peaks, *self._part.peaks)).root()

    def fold(self) -> None:
        """Take in a full row."""
        found = root(self.row)
        self._edge = self._edge.grown([found], HEIGHT)
        self._part = Frontier()
        self.row.clear()
        for level in LEVELS:
            if next(self._kept[level]) not in {None, found}:
                self.false.append((self.size - (1 << level), self.size))
            self._above[level].append(found)
            if len(self._above[level]) < WIDTH:
                return
            found = root(self._above[level])
            self._above[level].clear()

    def excess(self) -> Iterator[Span]:
        """Spans that reach beyond the tree, and have a root that is kept all the same."""
        for level in LEVELS:
            kept = self._nodes.kept(level)
            if kept > self.size >> level:
                yield (kept - 1) << level, kept << level


def _read(nodes: Nodes, level: int) -> Iterator[bytes | None]:
    """The kept roots of a level, one after another; None where one is missing."""
    start = 0
    while True:
        found = nodes.hashes(level, start, start + AHEAD)
        if len(found) == AHEAD:
            yield from map(_hash, found)
        else:  # the last, or some between are missing: which, only each by itself tells
            yield from (next(map(_hash, nodes.hashes(level, place, place + 1)), None) for place in range(start, start + AHEAD))
        start += AHEAD


def _hash(found: object) -> bytes:
    """What stands where a root is kept; what is no hash at all is false too, not missing."""
    return found if isinstance(found, bytes) else b""

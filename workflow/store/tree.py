"""
The log's one tree on SQLite: the places of entries, cached nodes, signed checkpoints.

One writer at a time, and no row that ever goes: `seq` counts the entries in the order of their commits without a gap, so the place of an
entry is `seq` less one, and to number what is pending is to move the size of the tree.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from workflow.errors import AuditError
from workflow.ports import Signed
from workflow.store.connection import Connected
from workflow.store.entries import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workflow.ports import Line

STEP = 1000  # rows that are held at a time
LISTED = ", ".join(COLUMNS)
SIZE = "SELECT size FROM tree"
BEHIND = "SELECT 1 FROM entry WHERE seq > (SELECT size FROM tree) LIMIT 1"
NUMBER = "UPDATE tree SET size = max(size, (SELECT min(coalesce(max(seq), 0), size + ?) FROM entry))"
PLACE = "SELECT seq - 1 FROM entry WHERE chain = ? AND cseq = ? AND seq <= (SELECT size FROM tree)"
LEAVES = "SELECT leaf FROM entry WHERE seq > ? AND seq <= ? AND seq <= (SELECT size FROM tree) ORDER BY seq"
NODES = "SELECT hash FROM node WHERE level = ? AND place >= ? AND place < ? ORDER BY place"
KEPT = "SELECT coalesce(max(place) + 1, 0) FROM node WHERE level = ?"
KEEP = "INSERT OR IGNORE INTO node (level, place, hash) VALUES (?, ?, ?)"
LINES = f"SELECT seq - 1, {LISTED} FROM entry WHERE seq > ? ORDER BY seq LIMIT {STEP}"
SIGNED = "SELECT size, made, note FROM checkpoint ORDER BY no"
NEWEST = "SELECT size, made, note FROM checkpoint WHERE no = (SELECT max(no) FROM checkpoint)"
LAST = "coalesce((SELECT size FROM checkpoint WHERE no = (SELECT max(no) FROM checkpoint)), 0)"  # what the last one covers
SIGN = ("INSERT INTO checkpoint (no, size, made, note) SELECT (SELECT coalesce(max(no), 0) + 1 FROM checkpoint), ?1, ?2, ?3 "
        f"WHERE {LAST} <= ?1")


class SqliteTree(Connected):
    """The places of entries, the roots of full subtrees, what was signed."""

    def size(self) -> int:
        size: int = self._one(SIZE)[0]
        return size

    def number(self, limit: int = 10_000) -> int:
        if self._one(BEHIND):
            self._written(NUMBER, [(limit,)])
        return self.size()

    def place(self, chain: str, cseq: int) -> int | None:
        row = self._one(PLACE, (chain, cseq))
        return None if row is None else row[0]

    def hashes(self, level: int, start: int, end: int) -> list[bytes]:
        if level:
            return [row[0] for row in self._all(NODES, (level, start, end))]
        return [bytes.fromhex(row[0]) for row in self._all(LEAVES, (start, end))]

    def kept(self, level: int) -> int:
        count: int = self._one(KEPT, (level,))[0]
        return count

    def keep(self, level: int, start: int, hashes: Sequence[bytes]) -> None:
        self._written(KEEP, [(level, place, found) for place, found in enumerate(hashes, start)])

    @contextmanager
    def moment(self) -> Iterator[None]:
        self._alone()
        try:
            self._db.execute("BEGIN")
            self._together = True
            yield
        finally:
            self._together = False
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def lines(self, start: int = 0) -> Iterator[Line]:
        while rows := self._legible(LINES, (start,)):
            yield from rows
            start = rows[-1][0] + 1

    def sign(self, signed: Signed) -> None:
        self._written(SIGN, [signed])

    def newest(self) -> Signed | None:
        row = self._one(NEWEST)
        return None if row is None else Signed(*row)

    def signed(self) -> list[Signed]:
        return [Signed(*row) for row in self._all(SIGNED)]

    def _legible(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        """Rows, of which a text that is no UTF-8 comes out with its bytes escaped: whoever verifies has to see which it is."""
        try:
            return self._all(sql, values)
        except AuditError:
            self._db.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
            try:
                return self._all(sql, values)
            finally:
                self._db.text_factory = str

    def _written(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """One transaction for all of them."""
        with self._writing():
            self._db.executemany(sql, rows)

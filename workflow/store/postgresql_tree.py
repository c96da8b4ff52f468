"""The log's one tree on PostgreSQL: the places of entries, cached nodes, signed checkpoints. Whoever numbers holds the one row of its size."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from workflow.ports import Signed
from workflow.store.entries import COLUMNS
from workflow.store.postgresql_link import problem
from workflow.store.postgresql_outbox import PostgresOutbox
from workflow.store.statements import listed
from workflow.store.tree import KEPT, LAST, NEWEST, NODES, SIGNED, SIZE, STEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workflow.ports import Line

PATIENT = "SELECT set_config('statement_timeout', '0', true)"
BEHIND = "SELECT 1 FROM pending LIMIT 1"
LOCK = "SELECT size FROM tree FOR UPDATE"
# A chain's entries get their `seq` under the lock of its head, and are seen in that order: what stands lowest here has all before it numbered.
NUMBER = """
WITH gone AS (DELETE FROM pending WHERE seq IN (SELECT seq FROM pending ORDER BY seq LIMIT %s) RETURNING seq),
placed AS (INSERT INTO numbered (place, seq) SELECT t.size + row_number() OVER (ORDER BY g.seq) - 1, g.seq FROM gone g, tree t RETURNING place)
UPDATE tree SET size = size + (SELECT count(*) FROM placed) RETURNING size"""
PLACE = "SELECT n.place FROM numbered n JOIN entry e ON e.seq = n.seq WHERE e.chain = %s AND e.cseq = %s"
LEAVES = "SELECT decode(e.leaf, 'hex') FROM numbered n JOIN entry e ON e.seq = n.seq WHERE n.place >= %s AND n.place < %s ORDER BY n.place"
KEEP = ("INSERT INTO node (level, place, hash) SELECT %s, %s + v.number - 1, v.hash FROM unnest(%s::bytea[]) WITH ORDINALITY AS v (hash, number) "
        "ON CONFLICT DO NOTHING RETURNING 1")
LINES = (f"SELECT n.place, {listed(COLUMNS, 'e.')} FROM numbered n JOIN entry e ON e.seq = n.seq WHERE n.place >= %s "
         f"ORDER BY n.place LIMIT {STEP}")
WAITING = f"SELECT p.seq, {listed(COLUMNS, 'e.')} FROM pending p JOIN entry e ON e.seq = p.seq WHERE p.seq > %s ORDER BY p.seq LIMIT {STEP}"
FORGET = "DELETE FROM audit_detail WHERE chain = %s AND cseq = %s AND path = %s RETURNING 1"
SIGN = f"INSERT INTO checkpoint (size, made, note) SELECT %(size)s, %(made)s, %(note)s WHERE {LAST} <= %(size)s RETURNING no"


class PostgresTree(PostgresOutbox):
    """The places of entries, the roots of full subtrees, what was signed."""

    def size(self) -> int:
        size: int = self._one(SIZE)[0]
        return size

    def number(self, limit: int = 10_000) -> int:
        self._alone()
        if self._one(BEHIND) is None:
            return self.size()
        try:
            with self._link.transaction():
                self._link.rows(LOCK)
                size: int = self._link.rows(NUMBER, (limit,), writes=True)[0][0]
        except psycopg.Error as error:
            raise problem(self.where, error) from error
        return size

    def place(self, chain: str, cseq: int) -> int | None:
        row = self._one(PLACE, (chain, cseq))
        return None if row is None else row[0]

    def hashes(self, level: int, start: int, end: int) -> list[bytes]:
        rows = self._all(NODES.replace("?", "%s"), (level, start, end)) if level else self._all(LEAVES, (start, end))
        return [bytes(row[0]) for row in rows]

    def kept(self, level: int) -> int:
        count: int = self._one(KEPT.replace("?", "%s"), (level,))[0]
        return count

    def keep(self, level: int, start: int, hashes: Sequence[bytes]) -> None:
        self._all(KEEP, (level, start, list(hashes)))

    @contextmanager
    def moment(self) -> Iterator[None]:
        self._alone()
        try:
            with self._link.transaction(one_moment=True):
                self._link.rows(PATIENT)
                self._together = True
                yield
        except psycopg.Error as error:
            raise problem(self.where, error) from error
        finally:
            self._together = False

    def lines(self, start: int = 0) -> Iterator[Line]:
        while rows := self._all(LINES, (start,)):
            yield from rows
            start = rows[-1][0] + 1
        last = 0
        while rows := self._all(WAITING, (last,)):
            last = rows[-1][0]
            for row in rows:
                yield (start, *row[1:])
                start += 1

    def forget(self, chain: str, details: Iterable[tuple[int, str]]) -> None:
        for detail in details:
            self._all(FORGET, (chain, *detail))

    def sign(self, signed: Signed) -> None:
        self._alone()
        try:
            with self._link.transaction():
                self._link.rows(LOCK)
                self._link.rows(SIGN, signed._asdict(), writes=True)
        except psycopg.Error as error:
            raise problem(self.where, error) from error

    def newest(self) -> Signed | None:
        row = self._one(NEWEST)
        return None if row is None else Signed(*row)

    def signed(self) -> list[Signed]:
        return [Signed(*row) for row in self._all(SIGNED)]

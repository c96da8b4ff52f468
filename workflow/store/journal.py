"""Reading the journal back as it was written."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from workflow.store import entries
from workflow.store import statements as sql
from workflow.store.connection import Connected, problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow.core.entry import Sealed


class SqliteJournal(Connected):
    """
    The entries of every chain, with those details that were not erased.

    One writer at a time, and no row that ever goes: `seq` numbers the entries in the order of their commits without a gap,
    so what is pending is what is numbered above the size of the tree.
    """

    def entries(self, chain: str, after: int = 0) -> Iterator[Sealed]:
        return entries.joined(self._all(sql.ENTRIES, (chain, after)), self._all(sql.DETAILS_OF, (chain, after)))

    def entry(self, chain: str, cseq: int) -> Sealed | None:
        row = self._one(sql.ENTRY_AT, (chain, cseq))
        return None if row is None else entries.sealed(row, tuple(self._all(sql.DETAILS, (chain, cseq))))

    def forget(self, chain: str, details: Iterable[tuple[int, str]]) -> None:
        try:
            self._db.execute("PRAGMA secure_delete = ON")  # what is erased is written over, not only let go
            self._db.executemany(sql.FORGET, [(chain, *detail) for detail in details])
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

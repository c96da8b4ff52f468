"""Reading the journal back as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.store import entries
from workflow.store import statements as sql
from workflow.store.connection import Connected

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def pending(self, limit: int = 1000) -> list[tuple[str, int]]:
        return self._all(sql.PENDING, (limit,))

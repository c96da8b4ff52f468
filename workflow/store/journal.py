"""Reading the journal back as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.entry import Sealed
from workflow.store import statements as sql
from workflow.store.connection import Connected

if TYPE_CHECKING:
    from collections.abc import Iterator


class SqliteJournal(Connected):
    """The entries of every chain, with those details that were not erased."""

    def entries(self, chain: str, after: int = 0) -> Iterator[Sealed]:
        rows = self._all(sql.ENTRIES, (chain, after))
        details: dict[str, list[tuple[str, bytes, str]]] = {}
        for eid, *detail in self._all(sql.DETAILS_OF, (chain, after)):
            details.setdefault(eid, []).append(tuple(detail))
        return iter([Sealed._make((*row, tuple(details.get(row[2], ())))) for row in rows])

    def entry(self, chain: str, cseq: int) -> Sealed | None:
        return self._sealed(self._one(sql.ENTRY_AT, (chain, cseq)))

    def find_entry(self, eid: str) -> Sealed | None:
        return self._sealed(self._one(sql.ENTRY_BY_ID, (eid,)))

    def _sealed(self, row: tuple[Any, ...] | None) -> Sealed | None:
        return None if row is None else Sealed._make((*row, tuple(self._all(sql.DETAILS, (row[2],)))))

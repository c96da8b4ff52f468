"""
Agreements as this process saw them last.

The leaf of a head seals the whole history before it, so a case whose head still stands is the case: asking for the head costs a fifth of
reading everything. What a commit writes is put onto the case as it would be read back; where that is not sure, the case is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, Head
from workflow.store.postgresql_loading import READS
from workflow.store.postgresql_writing import WRITE, merged
from workflow.store.values import JSON, decode, encode, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed

    Tables = dict[str, dict[tuple[Any, ...], Any]]

MANY = 256  # agreements
STANDS = "SELECT 1 FROM head WHERE chain = %s AND cseq = %s AND leaf = %s"
READ = {table: reader(table) for table in READS}
AS_THEY_ARE = (str, int, bool, type(None))  # values that come back from the database as they went there


class Known:
    """The newest case of each agreement, by its id; threads may share it, for a case is replaced and never changed."""

    def __init__(self) -> None:
        self._cases: dict[str, tuple[Head, Tables]] = {}
        self._ids: dict[str, str] = {}
        self._shared: set[str] = set()

    def find(self, ref: str) -> tuple[Head, Tables] | None:
        """What is known of the agreement of this reference or id; whether its head still stands is to be asked."""
        held = self._cases.get(self._ids.get(ref, ref))
        return held if held and ref in held[1]["agreement"][()][:2] else None

    def alone(self, chain: str) -> bool:
        """Whether this process never lost a race for this agreement: where others write too, deciding unasked would win from them every time."""
        return chain not in self._shared

    def lose(self, chain: str) -> None:
        """Remember that others write to it."""
        if len(self._shared) >= MANY:
            self._shared.clear()
        self._shared.add(chain)
        self._cases.pop(chain, None)

    def keep(self, head: Head, tables: Tables) -> None:
        """Keep what was read."""
        if len(self._cases) >= MANY:
            self._cases.clear()
            self._ids.clear()
        self._ids[tables["agreement"][()].ref] = head.chain
        self._cases[head.chain] = head, tables

    def follow(self, head: Head, entry: Sealed, effects: Iterable[Effect]) -> None:
        """Keep what a commit made of the case that it was decided on."""
        held = self._cases.pop(head.chain, None)
        if held is None or held[0] != head:
            return
        tables = _written(held[1], effects)
        if tables is not None:
            self.keep(Head(entry.chain, entry.cseq, entry.leaf), tables)


def _written(tables: Mapping[str, Any], effects: Iterable[Effect]) -> Tables | None:
    """The tables as they would be read after these effects; None where that is not sure."""
    made, changed = merged(effects)
    found = dict(tables)
    for table, rows in made.items():
        if table in READ:
            new = READ[table](tuple(WRITE[table](row)) for row in rows)
            found[table] = _in_order(table, found[table] | new)
    for (table, key), cells in changed.items():
        if table not in READ or key not in found[table]:
            continue  # not read at once, or an earlier revision
        read, texts = dict(cells), JSON.get(table, ())
        for name, cell in cells.items():
            if name in texts:
                read[name] = decode(encode(cell))
            elif name in KEYS[table] or type(cell) not in AS_THEY_ARE:
                return None
        found[table] = found[table] | {key: found[table][key]._replace(**read)}
    return found


def _in_order(table: str, rows: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    """Rows in the order of their keys; of a deadline its latest revision alone."""
    ordered = dict(sorted(rows.items()))
    if table != "deadline":
        return ordered
    latest = {key[:2]: key for key in ordered}
    return {key: ordered[key] for key in latest.values()}

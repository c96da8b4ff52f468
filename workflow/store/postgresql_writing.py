"""
One decision as one statement.

Its first part swaps the chain's head, and every other part selects from that swap: on a lost race nothing is written, in one round trip and
without a transaction of several statements. Parts of one statement do not see each other's rows, so effects on one row are made one first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, RECORDS
from workflow.store.entries import COLUMNS
from workflow.store.entries import row as written
from workflow.store.values import FLAGS, JSON, NUMBERS, OF_AGREEMENT, OF_OFFICE, TABLES, encode, writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.core.agreement import Effect, Head
    from workflow.core.entry import Sealed
    from workflow.ports import Pinned

WRITE = {table: writer(table) for table in OF_AGREEMENT + OF_OFFICE}
CASTS = {(table, name): "bigint" for table, names in NUMBERS.items() for name in names}
CASTS |= {(table, name): "boolean" for table, names in FLAGS.items() for name in names}
SWAP = "WITH swap AS (UPDATE head SET cseq = %s, leaf = %s WHERE chain = %s AND cseq = %s AND leaf = %s RETURNING chain)"
BEGIN = "WITH swap AS (INSERT INTO head (cseq, leaf, chain) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING chain)"
ENTRY = (f"entered AS (INSERT INTO entry ({', '.join(COLUMNS)}) SELECT %s::text, %s::bigint, %s::text, %s::bytea, %s::text, %s::text, %s::text, "
         "%s::text FROM swap RETURNING seq, chain, cseq)")
PENDING = "queued AS (INSERT INTO pending (seq, chain, cseq) SELECT seq, chain, cseq FROM entered)"
REQUEST = ("asked AS (INSERT INTO request (id, digest, chain, cseq) SELECT %s::text, %s::text, chain, cseq FROM entered)")


class Statement:
    """The text and the values of one decision's write; its one row is (how many heads were swapped,)."""

    def __init__(self, head: Head, entry: Sealed, effects: Iterable[Effect], request: tuple[str, str] | None, definitions: Sequence[Pinned]) -> None:
        self.parts: list[str] = [SWAP if head.cseq else BEGIN, ENTRY, PENDING]
        self.values: list[Any] = [entry.cseq, entry.leaf, *(head if head.cseq else head[:1]), *written(entry)]
        self._updates = 0
        if request is not None:
            self.parts.append(REQUEST)
            self.values += request
        self._rows("audit_detail", ("chain", "cseq", "path", "salt", "value"), ("text", "bigint", "text", "bytea", "text"),
                   [(entry.chain, entry.cseq, *detail) for detail in entry.details])
        self._rows("definition", ("kind", "name", "version", "hash", "body"), ("text", "text", "bigint", "text", "text"), definitions,
                   " ON CONFLICT DO NOTHING")
        made, changed = merged(effects)
        for table, rows in made.items():
            self._made(table, head.chain, rows)
        for (table, key), values in changed.items():
            self._changed(table, key, values)

    @property
    def text(self) -> str:
        """
        The statement. A change of a row that is not there must undo the rest, and a statement is undone by an error alone:
        dividing by zero is the one that needs no function in the database.
        """
        found = " + ".join(f"(SELECT count(*) FROM changed{number})" for number in range(self._updates))
        check = f", 1 / CASE WHEN NOT EXISTS (SELECT FROM swap) OR {found} = {self._updates} THEN 1 ELSE 0 END" if self._updates else ""
        return ", ".join(self.parts) + f" SELECT (SELECT count(*) FROM swap){check}"

    def _made(self, table: str, chain: str, rows: list[dict[str, Any]]) -> None:
        fields = RECORDS[table]._fields
        own = () if table == "agreement" or table in OF_OFFICE else (chain,)
        columns = fields if not own else ("agreement", *fields)
        self._rows(TABLES[table], columns, [CASTS.get((table, name), "text") for name in columns], [(*own, *WRITE[table](row)) for row in rows])

    def _rows(self, name: str, columns: Sequence[str], casts: Sequence[str], rows: Sequence[Sequence[Any]], more: str = "") -> None:
        if not rows:
            return
        first = ", ".join(f"%s::{cast}" for cast in casts)
        rest = f", ({', '.join(['%s'] * len(columns))})" * (len(rows) - 1)
        listed = ", ".join(f'"{column}"' for column in columns)
        self.parts.append(f"made_{name} AS (INSERT INTO {name} ({listed}) SELECT v.* FROM swap, (VALUES ({first}){rest}) AS v{more})")
        for row in rows:
            self.values += row

    def _changed(self, table: str, key: tuple[Any, ...], values: dict[str, Any]) -> None:
        texts = JSON.get(table, ())
        cells = ", ".join(f'"{name}" = %s::{CASTS.get((table, name), "text")}' for name in values)
        own = [] if table in OF_OFFICE else [f"t.{'id' if table == 'agreement' else 'agreement'} = swap.chain"]
        found = " AND ".join([*own, *(f't."{name}" = %s' for name in KEYS[table])])
        self.parts.append(f"changed{self._updates} AS (UPDATE {TABLES[table]} t SET {cells} FROM swap WHERE {found} RETURNING 1)")
        self.values += [encode(value) if name in texts else value for name, value in values.items()]
        self.values += key
        self._updates += 1


def merged(effects: Iterable[Effect]) -> tuple[dict[str, list[dict[str, Any]]], dict[tuple[str, tuple[Any, ...]], dict[str, Any]]]:
    """The new rows by table and the changes by row; what is done to one row in several effects is done once."""
    made: dict[str, list[dict[str, Any]]] = {}
    changed: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
    held: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
    for table, key, values in effects:
        if key is None:
            row = dict(values)
            made.setdefault(table, []).append(row)
            held[table, tuple(row.get(name) for name in KEYS[table])] = row
        elif (table, key) in held:
            held[table, key].update(values)
        else:
            held[table, key] = changed[table, key] = dict(values)
    return made, changed


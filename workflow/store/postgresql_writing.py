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

    Made = dict[str, list[dict[str, Any]]]
    Changed = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]

WRITE = {table: writer(table) for table in OF_AGREEMENT + OF_OFFICE}
CASTS = {(table, name): "bigint" for table, names in NUMBERS.items() for name in names}
CASTS |= {(table, name): "boolean" for table, names in FLAGS.items() for name in names}
SWAP = "WITH swap AS (UPDATE head SET cseq = %s, leaf = %s WHERE chain = %s AND cseq = %s AND leaf = %s RETURNING chain)"
BEGIN = "WITH swap AS (INSERT INTO head (cseq, leaf, chain) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING chain)"
ENTRY = (f"entered AS (INSERT INTO entry ({', '.join(COLUMNS)}) SELECT %s::text, %s::bigint, %s::text, %s::bytea, %s::text, %s::text, %s::text, "
         "%s::text FROM swap RETURNING seq, chain, cseq)")
PENDING = "queued AS (INSERT INTO pending (seq, chain, cseq) SELECT seq, chain, cseq FROM entered)"
REQUEST = "asked AS (INSERT INTO request (id, digest, chain, cseq) SELECT %s::text, %s::text, chain, cseq FROM entered)"
DETAIL = {"chain": "text", "cseq": "bigint", "path": "text", "salt": "bytea", "value": "text"}
PINNED = {"kind": "text", "name": "text", "version": "bigint", "hash": "text", "body": "text"}


TEXTS: dict[tuple[Any, ...], str] = {}  # shape -> text: a text that is the same object is parsed and prepared once
MANY = 500  # shapes that are kept


def statement(head: Head, entry: Sealed, effects: Iterable[Effect], request: tuple[str, str] | None,
              definitions: Sequence[Pinned]) -> tuple[str, list[Any]]:
    """The text and the values of one decision's write; the first value of its one row is how many heads were swapped."""
    made, changed = merged(effects)
    shape = (head.cseq == 0, request is None, len(entry.details), len(definitions), *((table, len(rows)) for table, rows in made.items()),
             *((table, *values) for (table, _), values in changed.items()))
    values: list[Any] = [entry.cseq, entry.leaf, *(head if head.cseq else head[:1]), *written(entry), *(request or ())]
    for detail in entry.details:
        values += (entry.chain, entry.cseq, *detail)
    for pinned in definitions:
        values += pinned
    for table, rows in made.items():
        own = () if table == "agreement" or table in OF_OFFICE else (head.chain,)
        for row in rows:
            values += (*own, *WRITE[table](row))
    for (table, key), cells in changed.items():
        texts = JSON.get(table, ())
        values += [encode(value) if name in texts else value for name, value in cells.items()]
        values += key
    text = TEXTS.get(shape)
    if text is None:
        if len(TEXTS) == MANY:
            TEXTS.clear()
        text = TEXTS[shape] = _text(head, entry, request, definitions, made, changed)
    return text, values


def _text(head: Head, entry: Sealed, request: tuple[str, str] | None, definitions: Sequence[Pinned], made: Made, changed: Changed) -> str:
    """
    The statement. A change of a row that is not there must undo the rest, and a statement is undone by an error alone:
    dividing by zero is the one that needs no function in the database.
    """
    parts = [SWAP if head.cseq else BEGIN, ENTRY, PENDING] + ([REQUEST] if request is not None else [])
    parts += _rows("audit_detail", DETAIL, len(entry.details))
    parts += _rows("definition", PINNED, len(definitions), " ON CONFLICT DO NOTHING")
    for table, rows in made.items():
        columns = {name: CASTS.get((table, name), "text") for name in RECORDS[table]._fields}
        own = {} if table == "agreement" or table in OF_OFFICE else {"agreement": "text"}
        parts += _rows(TABLES[table], own | columns, len(rows))
    parts += [_changed(number, table, values) for number, ((table, _), values) in enumerate(changed.items())]
    found = " + ".join(f"(SELECT count(*) FROM changed{number})" for number in range(len(changed)))
    check = f", 1 / CASE WHEN NOT EXISTS (SELECT FROM swap) OR {found} = {len(changed)} THEN 1 ELSE 0 END" if changed else ""
    return ", ".join(parts) + f" SELECT (SELECT count(*) FROM swap){check}"


def _rows(name: str, columns: dict[str, str], count: int, more: str = "") -> list[str]:
    """New rows of one table, whose types the first row tells."""
    if not count:
        return []
    first = ", ".join(f"%s::{cast}" for cast in columns.values())
    rest = f", ({', '.join(['%s'] * len(columns))})" * (count - 1)
    listed = ", ".join(f'"{column}"' for column in columns)
    return [f"made_{name} AS (INSERT INTO {name} ({listed}) SELECT v.* FROM swap, (VALUES ({first}){rest}) AS v{more})"]


def _changed(number: int, table: str, values: dict[str, Any]) -> str:
    cells = ", ".join(f'"{name}" = %s::{CASTS.get((table, name), "text")}' for name in values)
    own = [] if table in OF_OFFICE else [f"t.{'id' if table == 'agreement' else 'agreement'} = swap.chain"]
    found = " AND ".join([*own, *(f't."{name}" = %s' for name in KEYS[table])])
    return f"changed{number} AS (UPDATE {TABLES[table]} t SET {cells} FROM swap WHERE {found} RETURNING 1)"


def merged(effects: Iterable[Effect]) -> tuple[Made, Changed]:
    """The new rows by table and the changes by row; what is done to one row in several effects is done once."""
    made: Made = {}
    changed: Changed = {}
    held: Changed = {}
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


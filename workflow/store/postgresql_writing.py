"""
One decision as one statement.

Its first part swaps the chain's head, and every other part selects from that swap: on a lost race nothing is written, in one round trip and
without a transaction of several statements. Parts of one statement do not see each other's rows, so effects on one row are made one first.
Rows of a table that change in the same columns are one part, and each column one array: the text is the same however many they are.
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
    Alike = dict[tuple[str, ...], list[tuple[Any, ...]]]  # table and columns -> the cells of each row, then its key

WRITE = {table: writer(table) for table in OF_AGREEMENT + OF_OFFICE}
CASTS = {(table, name): "bigint" for table, names in NUMBERS.items() for name in names}
CASTS |= {(table, name): "boolean" for table, names in FLAGS.items() for name in names}
SWAP = "WITH swap AS (UPDATE head SET cseq = %s, leaf = %s WHERE chain = %s AND cseq = %s AND leaf = %s RETURNING chain, cseq, leaf)"
BEGIN = "WITH swap AS (INSERT INTO head (cseq, leaf, chain) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING chain, cseq, leaf)"
ENTRY = (f"entered AS (INSERT INTO entry ({', '.join(COLUMNS)}) SELECT chain, cseq, leaf, %s::bytea, %s::text, %s::text, %s::text, %s::text "
         "FROM swap RETURNING seq, chain, cseq)")
SWAPPED = COLUMNS.index("body")  # the columns before it come from the head
PENDING = "queued AS (INSERT INTO pending (seq, chain, cseq) SELECT seq, chain, cseq FROM entered)"
REQUEST = "asked AS (INSERT INTO request (id, digest, chain, cseq) SELECT %s::text, %s::text, chain, cseq FROM entered)"
DETAIL = {"chain": "text", "cseq": "bigint", "path": "text", "salt": "bytea", "value": "text"}
PINNED = {"kind": "text", "name": "text", "version": "bigint", "hash": "text", "body": "text"}


TEXTS: dict[tuple[Any, ...], str] = {}  # shape -> text: a text that is the same object is parsed and prepared once
MANY = 500  # shapes that are kept


def statement(head: Head, entry: Sealed, effects: Iterable[Effect], request: tuple[str, str] | None,
              definitions: Sequence[Pinned]) -> tuple[str, list[Any]]:
    """The text and the values of one decision's write, which gives one row, and none where the head was not swapped."""
    made, changed = merged(effects)
    alike = _alike(changed)
    shape = (head.cseq == 0, request is None, len(entry.details), len(definitions), *((table, len(rows)) for table, rows in made.items()),
             *((*columns, len(rows) > 1) for columns, rows in alike.items()))
    values: list[Any] = [entry.cseq, entry.leaf, *(head if head.cseq else head[:1]), *written(entry)[SWAPPED:], *(request or ())]
    for detail in entry.details:
        values += (entry.chain, entry.cseq, *detail)
    for pinned in definitions:
        values += pinned
    for table, rows in made.items():
        own = () if table == "agreement" or table in OF_OFFICE else (head.chain,)
        for row in rows:
            values += (*own, *WRITE[table](row))
    for (table, *_), rows_alike in alike.items():
        values += rows_alike[0] if len(rows_alike) == 1 else arrays(rows_alike, len(rows_alike[0]))
        values += () if table in OF_OFFICE else (head.chain,)
    values += (len(changed),) if changed else ()
    text = TEXTS.get(shape)
    if text is None:
        if len(TEXTS) == MANY:
            TEXTS.clear()
        text = TEXTS[shape] = _text(head, entry, request, definitions, made, alike)
    return text, values


def _text(head: Head, entry: Sealed, request: tuple[str, str] | None, definitions: Sequence[Pinned], made: Made, alike: Alike) -> str:
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
    parts += [_changed(number, table, columns, many=len(rows) > 1) for number, ((table, *columns), rows) in enumerate(alike.items())]
    found = " + ".join(f"(SELECT count(*) FROM changed{number})" for number in range(len(alike)))
    return f"{', '.join(parts)} SELECT {f'1 / CASE WHEN {found} = %s THEN 1 ELSE 0 END' if alike else '1'} FROM swap"


def _rows(name: str, columns: dict[str, str], count: int, more: str = "") -> list[str]:
    """New rows of one table, whose types the first row tells."""
    if not count:
        return []
    first = ", ".join(f"%s::{cast}" for cast in columns.values())
    rest = f", ({', '.join(['%s'] * len(columns))})" * (count - 1)
    listed = ", ".join(f'"{column}"' for column in columns)
    return [f"made_{name} AS (INSERT INTO {name} ({listed}) SELECT v.* FROM swap, (VALUES ({first}){rest}) AS v{more})"]


def _alike(changed: Changed) -> Alike:
    """The changes by table and columns."""
    found: Alike = {}
    for (table, key), cells in changed.items():
        texts = JSON.get(table, ())
        found.setdefault((table, *cells), []).append((*(encode(cell) if name in texts else cell for name, cell in cells.items()), *key))
    return found


def arrays(rows: Sequence[tuple[Any, ...]], width: int) -> list[str]:
    """Rows of so many cells as one value for each column, for `unpacked`: a tenth of what the driver takes for as many values."""
    return [_array(column) for column in zip(*rows, strict=True)] if rows else ["{}"] * width


def _array(cells: tuple[Any, ...]) -> str:
    """One column as PostgreSQL writes an array; None is its NULL."""
    if type(cells[0]) is str and None not in cells:
        texts = '","'.join(cells)
        if "\\" not in texts and texts.count('"') == 2 * len(cells) - 2:
            return f'{{"{texts}"}}'
    return f"{{{','.join(map(_cell, cells))}}}"


def _cell(cell: str | int | None) -> str:
    if isinstance(cell, str):
        return '"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if cell is None else str(cell)


def unpacked(*columns: str) -> str:
    """The rows of `arrays` as a table v of these columns, each with its type: "send text"."""
    given = ", ".join(f"%s::{column.split()[-1]}[]" for column in columns)
    return f"unnest({given}) AS v({', '.join(column.split()[0] for column in columns)})"


def _changed(number: int, table: str, columns: Sequence[str], *, many: bool) -> str:
    """
    Change one row, or all rows that change in the same columns. Their whole key is given as values: on a table whose size the server does
    not know yet, a key out of the swap makes it read all of the table.
    """
    kinds = [CASTS.get((table, name), "text") for name in (*columns, *KEYS[table])]
    given = [f"v.c{at}" if many else f"%s::{kind}" for at, kind in enumerate(kinds)]
    cells = ", ".join(f'"{name}" = {value}' for name, value in zip(columns, given, strict=False))
    own = [] if table in OF_OFFICE else [f"t.{'id' if table == 'agreement' else 'agreement'} = %s"]
    found = " AND ".join([*(f't."{name}" = {value}' for name, value in zip(KEYS[table], given[len(columns):], strict=True)), *own])
    source = f"swap, {unpacked(*(f'c{at} {kind}' for at, kind in enumerate(kinds)))}" if many else "swap"
    return f"changed{number} AS (UPDATE {TABLES[table]} t SET {cells} FROM {source} WHERE {found or 'TRUE'} RETURNING 1)"


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


"""
What a decision reads of an agreement, as one result: the rows of four tables under one another.

A union has one type a column, so texts, numbers and truths each have slots of their own, and a getter a table puts them back in the
record's order. Gathering the rows as JSON is shorter to write and costs a quarter more on both sides.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import RECORDS, Head
from workflow.store.values import FLAGS, NUMBERS, TABLES, keyed, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

READS = ("agreement", "instance", "row", "deadline")
KINDS = ("text", "bigint", "boolean")
HEAD = {"text": "h.leaf", "bigint": "h.cseq"}  # what stands beside the agreement's own columns, in the last slot
LATEST = "(SELECT DISTINCT ON (instance, name) * FROM deadline WHERE agreement = (SELECT id FROM asked) ORDER BY instance, name, revision DESC)"
SOURCES = {
    "agreement": "agreement t JOIN head h ON h.chain = t.id WHERE t.id = (SELECT id FROM asked)", "deadline": f"{LATEST} t",
    **{table: f"{TABLES[table]} t WHERE t.agreement = (SELECT id FROM asked)" for table in ("instance", "row")},
}


def _kind(table: str, name: str) -> str:
    return "bigint" if name in NUMBERS.get(table, ()) else "boolean" if name in FLAGS.get(table, ()) else "text"


def _named(table: str, kind: str) -> list[str]:
    return [name for name in RECORDS[table]._fields if _kind(table, name) == kind]


WIDTH = {kind: max(len(_named(table, kind)) for table in READS) + (kind in HEAD) for kind in KINDS}
STARTS = {"text": 1, "bigint": 1 + WIDTH["text"], "boolean": 1 + WIDTH["text"] + WIDTH["bigint"]}
LEAF, CSEQ = STARTS["bigint"] - 1, STARTS["boolean"] - 1


def _selected(number: int, table: str) -> str:
    columns = [str(number)]
    for kind in KINDS:
        held = [f't."{name}"' for name in _named(table, kind)]
        last = [HEAD[kind]] if table == "agreement" and kind in HEAD else []
        columns += held + [f"NULL::{kind}"] * (WIDTH[kind] - len(held) - len(last)) + last
    return f"SELECT {', '.join(columns)} FROM {SOURCES[table]}"


def _getter(table: str) -> Callable[[Any], Any]:
    return itemgetter(*(STARTS[kind] + _named(table, kind).index(name) for name in RECORDS[table]._fields for kind in (_kind(table, name),)))


FIND = ("WITH asked AS (SELECT coalesce((SELECT id FROM agreement WHERE ref = %s), %s) AS id) "
        + " UNION ALL ".join(_selected(number, table) for number, table in enumerate(READS)))
PARTS = tuple((table, _getter(table), keyed(table), reader(table)) for table in READS)


def case_of(rows: Iterable[Any]) -> tuple[Head, dict[str, Any]]:
    """The head and the tables that a result of FIND holds; a union promises no order, so each table is put in that of its keys."""
    parts: tuple[list[Any], ...] = tuple([] for _ in READS)
    for row in rows:
        parts[row[0]].append(row)
    tables = {table: read(sorted(map(get, found), key=key)) for (table, get, key, read), found in zip(PARTS, parts, strict=True)}
    (first,) = parts[0]
    return Head(tables["agreement"][()].id, first[CSEQ], first[LEAF]), tables

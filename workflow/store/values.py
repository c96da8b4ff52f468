"""
Records to rows and back: the one place that knows how a value is written.

Lists and mappings are canonical JSON text, truth is 0 or 1, everything else is itself. Columns stand in the record's order, so a row
becomes a record without naming a column.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workflow.core import office
from workflow.core.agreement import KEYS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OF_AGREEMENT = ("agreement", "instance", "row", "document", "approval", "deadline", "activity")
OF_OFFICE = ("person", "day", "coverage", "setting")
TABLES = {  # record table -> table in the database (`row` and `day` are too close to keywords)
    **{name: name for name in OF_AGREEMENT + OF_OFFICE},
    "row": "requirement_row", "day": "calendar_day", "coverage": "calendar_coverage",
}
JSON = {
    "agreement": ("parties", "params"), "instance": ("entered", "links", "counters", "fired"), "row": ("data",),
    "person": ("roles",), "setting": ("value",),
}
FLAGS = {
    "agreement": ("imported",), "instance": ("irregular", "imported"), "document": ("stored",),
    "deadline": ("provisional", "overdue"), "person": ("admin", "active"),
}
SYS = office.SYS

_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_read = json.JSONDecoder().raw_decode


def encode(value: Any) -> str:
    """Canonical JSON: sorted keys, no white space, no NaN."""
    return _write(value)


def decode(text: str) -> Any:
    """The value of a JSON text that `encode` wrote."""
    return {} if text == "{}" else [] if text == "[]" else _read(text)[0]


def reader(table: str) -> Callable[[Iterable[Any]], Any]:
    """The function that makes a row of this table a record."""
    make, texts, flags = RECORDS[table]._make, places(table, JSON), places(table, FLAGS)
    if not texts and not flags:
        return make  # type: ignore[no-any-return]  # NamedTuple's own, typed per class

    def read(row: Iterable[Any]) -> Any:
        cells = list(row)
        for at in texts:
            cells[at] = decode(cells[at])
        for at in flags:
            cells[at] = cells[at] == 1
        return make(cells)

    return read


def writer(table: str) -> Callable[[Iterable[Any]], list[Any]]:
    """The function that makes a record of this table a row."""
    texts = places(table, JSON)

    def write(record: Iterable[Any]) -> list[Any]:
        cells = list(record)
        for at in texts:
            cells[at] = _write(cells[at])
        return cells

    return write


def keyed(table: str) -> Callable[[Any], tuple[Any, ...]]:
    """The function that gives a record's key within its agreement."""
    at = [RECORDS[table]._fields.index(name) for name in KEYS[table]]
    if len(at) > 1:
        return itemgetter(*at)
    return (lambda record: (record[at[0]],)) if at else (lambda record: ())  # noqa: ARG005  # one key for the one row


def places(table: str, columns: dict[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Where these columns stand in the record."""
    return tuple(RECORDS[table]._fields.index(name) for name in columns.get(table, ()))

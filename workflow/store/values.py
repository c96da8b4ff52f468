"""
Records to rows and back: the one place that knows how a value is written.

Lists and mappings are canonical JSON text, truth is 0 or 1, everything else is itself. Columns stand in the record's order, so a row
becomes a record without naming a column.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from workflow.core import keying, office
from workflow.core.agreement import RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OF_AGREEMENT = ("agreement", "instance", "row", "document", "approval", "deadline", "activity", "message")
OF_OFFICE = ("person", "day", "coverage", "setting")
TABLES = {  # record table -> table in the database (`row` and `day` are too close to keywords)
    **{name: name for name in OF_AGREEMENT + OF_OFFICE},
    "row": "requirement_row", "day": "calendar_day", "coverage": "calendar_coverage",
}
JSON = {
    "agreement": ("parties", "params"), "instance": ("entered", "links", "counters", "fired"), "row": ("data",),
    "person": ("roles", "channels", "quiet", "deputy"), "setting": ("value",),
}
FLAGS = {
    "agreement": ("imported",), "instance": ("irregular", "imported"), "document": ("stored", "withdrawn"),
    "deadline": ("provisional", "overdue"), "activity": ("withdrawn",), "person": ("admin", "active"),
}
NUMBERS = {
    "agreement": ("track_version",), "instance": ("number", "version", "gap_days", "revision"), "row": ("round",),
    "document": ("no", "round", "version", "size"), "approval": ("no", "round"), "deadline": ("revision", "amount", "occurrence"),
    "activity": ("no",), "message": ("revision", "late_days"), "coverage": ("year",),
}
SYS = office.SYS
keyed = keying.keyed  # a row has the key of its record

# What `json.loads` comes down to, without looking for white space around; the stubs do not know it.
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False).encode


class Later(dict[str, Any]):
    """The tables of one agreement; one that was not read yet is read when it is asked for."""

    def __init__(self, read: Callable[[str, str], Any], id: str) -> None:
        self._read, self._id = read, id

    def __missing__(self, table: str) -> Any:
        rows = self[table] = self._read(self._id, table)
        return rows


def encode(value: Any) -> str:
    """Canonical JSON: sorted keys, no white space, no NaN."""
    return _write(value)


def decode(text: str) -> Any:
    """The value of a JSON text that `encode` wrote."""
    return json.loads(text)


def reader(table: str) -> Callable[[Iterable[Any]], dict[tuple[Any, ...], Any]]:
    """The function that makes rows of this table records, each under its key."""
    make, key = partial(tuple.__new__, RECORDS[table]), keyed(table)
    texts, flags = places(table, JSON), places(table, FLAGS)

    def plain(rows: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
        return {key(row): make(row) for row in rows}

    def read(rows: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
        found = {}
        for row in rows:
            cells = list(row)
            for at in texts:
                text = cells[at]
                cells[at] = {} if text == "{}" else [] if text == "[]" else _scan(text, 0)[0]
            for at in flags:
                cells[at] = cells[at] == 1
            found[key(row)] = make(cells)
        return found

    return read if texts or flags else plain


def writer(table: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    """The function that makes the fields of a new record of this table a row."""
    texts, record = places(table, JSON), RECORDS[table]
    fields = record._fields

    def write(values: Mapping[str, Any]) -> list[Any]:
        cells = list(values.values()) if tuple(values) == fields else list(record(**values))
        for at in texts:
            cells[at] = _write(cells[at])
        return cells

    return write


def places(table: str, columns: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Where these columns stand in the record."""
    return tuple(RECORDS[table]._fields.index(name) for name in columns.get(table, ()))

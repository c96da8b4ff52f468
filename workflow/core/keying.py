"""The key of a record within its agreement, taken from the record itself or from what is written of it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def keyed(table: str) -> Callable[[Any], tuple[Any, ...]]:
    """The function that gives the key of a record of this table, or of its cells in the record's order."""
    at = [RECORDS[table]._fields.index(name) for name in KEYS[table]]
    if len(at) > 1:
        return itemgetter(*at)
    return itemgetter(slice(at[0], at[0] + 1)) if at else itemgetter(slice(0))


KEYED = {table: keyed(table) for table in RECORDS}


def place_of(table: str, key: Iterable[Any] | None, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key of the row that an effect writes: its own, or that of the new row's values."""
    return tuple(key) if key is not None else tuple(values[name] for name in KEYS[table])

"""The key of a record within its agreement, taken from the record itself."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable


def keyed(table: str) -> Callable[[Any], tuple[Any, ...]]:
    """The function that gives the key of a record of this table, or of its cells in the record's order."""
    at = [RECORDS[table]._fields.index(name) for name in KEYS[table]]
    if len(at) > 1:
        return itemgetter(*at)
    return itemgetter(slice(at[0], at[0] + 1)) if at else itemgetter(slice(0))


KEYED = {table: keyed(table) for table in RECORDS}

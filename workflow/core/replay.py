"""
Replay: the tables that a chain's entries add up to.

It applies effects and never decides again: guards, calendars and definitions may have changed since. Personal values come from the
details kept beside the journal; an erased one is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import office  # its records belong to the tables too
from workflow.core.agreement import apply, empty
from workflow.core.entry import open_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.entry import Sealed

Tables = dict[str, dict[tuple[Any, ...], Any]]
OFFICE = office.SYS


def replay(entries: Iterable[Sealed]) -> Tables:
    """The tables of one chain after these entries, from nothing."""
    tables: Tables = empty()
    for entry in entries:
        _, effects = open_entry(entry.body, {path: value for path, _, value in entry.details})
        apply(tables, effects)
    return tables

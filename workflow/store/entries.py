"""
Entries to rows and back. What a row says besides the bytes is what is searched by; all else is read from the bytes.

A body that was tampered with must still come out, for whoever verifies it: what it does not say is empty.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from workflow.core.entry import Sealed, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COLUMNS = ("chain", "cseq", "leaf", "body", "recorded", "act", "instance", "person")
row = attrgetter(*COLUMNS)  # an entry as it is written


def sealed(cells: Sequence[Any], details: tuple[tuple[str, bytes, str], ...]) -> Sealed:
    """The entry of a row."""
    chain, cseq, leaf, body, recorded, act, instance, person = cells
    content = said(body)
    occurred = content.get("occurred")
    return Sealed(chain, cseq, _text(content, "eid"), _text(content, "prev"), leaf, body, recorded, _text(occurred, "text"),
                  act, instance, _text(content, "trigger"), person, _text(content, "req"), details)


def joined(rows: Iterable[Sequence[Any]], details: Iterable[Sequence[Any]]) -> Iterator[Sealed]:
    """The entries of one chain with their details (each: cseq, path, salt, value), both in order."""
    held: dict[int, list[tuple[str, bytes, str]]] = {}
    for cseq, path, salt, value in details:
        held.setdefault(cseq, []).append((path, salt, value))
    return iter([sealed(cells, tuple(held.get(cells[1], ()))) for cells in rows])


def _text(content: Any, name: str) -> str:
    value = content.get(name) if isinstance(content, dict) else ""
    return value if isinstance(value, str) else ""

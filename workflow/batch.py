"""
One act on many references: so many at a time become durable together, which saves a flush to disk for each.

An act that is refused is on record like any other and holds up nobody. A group that is cut off (Ctrl-C, a full disk, a lost connection)
was not written at all: whoever repeats the whole call with a request id does what is missing and nothing twice.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from workflow.errors import StoreError, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workflow.ports import Agreements

Key = TypeVar("Key")
GROUP = 50  # others wait for the database no longer than a group takes


def each(store: Agreements | None, refs: Sequence[Key], act: Callable[[Key], Any], size: int = GROUP) -> Iterator[tuple[Key, Any]]:
    """
    (reference, what the act returned or the WorkflowError it raised) for each, in order; given out once its group is durable.

    Where a group cannot be made durable, each of its references has that error. Without a store nothing is to be made durable.
    """
    for start in range(0, len(refs), size if store is not None else 1):
        group = refs[start:start + (size if store is not None else 1)]
        try:
            with nullcontext() if store is None else store.together():
                found: list[tuple[Key, Any]]
                found = [(ref, _one(act, ref)) for ref in group]
        except StoreError as error:
            found = [(ref, error) for ref in group]
        yield from found


def _one(act: Callable[[Key], Any], ref: Key) -> Any:
    try:
        return act(ref)
    except StoreError:
        raise
    except WorkflowError as error:
        return error

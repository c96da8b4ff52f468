"""What a worker holds between a claim and its outcome: messages as they are said, the digests they leave in, what one claim is of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.outbox import letter

if TYPE_CHECKING:
    from workflow.core.agreement import Message
    from workflow.core.digest import Line
    from workflow.core.draft import Draft
    from workflow.ports import Claimed


class Item(NamedTuple):
    """A claimed message, and how it is said."""

    agreement: str
    key: tuple[Any, ...]
    draft: Draft
    row: Message
    line: Line | None = None


class Group(NamedTuple):
    """What leaves in one digest."""

    send: str
    items: list[Item]
    fresh: bool  # its key is not written down yet, nor the marks of its messages
    letter: str = ""


class Box(NamedTuple):
    """What one claim holds: the digests that are to leave; whether its channel repeats, and whether something of it is to be tried later."""

    claim: Claimed
    groups: list[Group]
    repeats: bool
    later: bool


def fresh(items: list[Item]) -> Group:
    """A digest that has not been tried before; the same messages give the same key."""
    inside = letter(item[:2] for item in items)
    return Group(hashlib.sha256(inside.encode()).hexdigest()[:40], items, fresh=True, letter=inside)

"""A log to work on: a store, entries that are sealed as the engine seals them, a key in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from world import ORIGIN

from workflow.audit import Log
from workflow.core.agreement import Change, Effect, Head
from workflow.core.entry import seal, uuid7
from workflow.keys import KeyFile

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = "2026-03-02T05:00:00.000000Z"


class Desk:
    """A store, its log, and a clock that is set by hand."""

    def __init__(self, store: Any, folder: Path) -> None:
        self.store, self.now = store, RECORDED
        self.key = KeyFile(str(folder / "office.key"))
        self.key.create(ORIGIN)
        self.log = self.open()
        self._heads: dict[str, Head] = {}

    def open(self, key: KeyFile | None = None) -> Log:
        return Log(self.store, ORIGIN, lambda: self.now, key or self.key)

    def enter(self, count: int = 1, chain: str = "sys") -> None:
        """Some entries of one chain, each a setting."""
        head = self._heads.get(chain) or Head(chain)
        for _ in range(count):
            effect = Effect("setting", None, {"name": f"n{chain}-{head.cseq}", "value": "x"})
            entry = seal(Change("set", (effect,), "2026-03-02"), head=head, origin=ORIGIN, eid=uuid7(head.cseq, bytes(10)), recorded=RECORDED,
                         person="p1", identity="os", salts=lambda: bytes(32))
            self.store.commit(head, entry, (effect,))
            head = self._heads[chain] = Head(chain, entry.cseq, entry.leaf)

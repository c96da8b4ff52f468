"""An office with a signed log, as an auditor finds it: people, papers, personal values, something erased, checkpoints from three moments."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from flows.scenes import ask
from world import ORIGIN, World

from workflow.administration import Administration
from workflow.audit import Log
from workflow.core.office import Actor
from workflow.documents import Documents
from workflow.engine import Ask, Paper
from workflow.erasing import Eraser
from workflow.keys import KeyFile
from workflow.store import open_store
from workflow.store.migrations import upgrade
from workflow.verifying import Report, verify

if TYPE_CHECKING:
    from pathlib import Path

    from workflow.core.checkpoint import Key

ADMIN = Actor("p1", "Siti", "os", ("coordinator",), admin=True)
NOW = "2026-03-02T05:30:00.000000Z"
REF, OTHER = "bogor-kisarazu", "bogor-lankaran"
FEW, MANY = 12, 250  # activities of the two times that work goes on: the second fills a subtree of 256


class Evidence(NamedTuple):
    """What can be held outside the database."""

    key: Key
    old: str
    fresh: str


class Audited:
    """An office's database and, in a folder of its own, its key and its documents."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self.key = KeyFile(str(folder / "office.key"))

    def open(self, **options: Any) -> Any:
        return open_store(self.address, **options)

    def world(self, store: Any) -> World:
        return World(self.folder, store)

    def log(self, store: Any, origin: str = ORIGIN) -> Log:
        return Log(store, origin, self.world(store).clock, self.key)

    def office(self, store: Any) -> Administration:
        return Administration(store, ADMIN, self.world(store).clock)

    def work(self, store: Any, count: int, ref: str = REF) -> None:
        """Enter some activities."""
        engine = self.world(store).engine
        for number in range(count):
            engine.activity(ref, f"visit {number}", Ask(occurred="2026-01-12"), note="taught how: 稲作")

    def verify(self, **asked: Any) -> Report:
        with self.open(read_only=True) as store:
            return verify(store, now=NOW, documents=Documents(str(self.folder / "documents")), state=True, **asked)

    def build(self, many: int = MANY) -> Evidence:
        """Everything that an office does, with a checkpoint early, another late, and a tail after it."""
        upgrade(self.address)
        with self.open(**{} if "://" in self.address else {"synchronous": "OFF"}) as store:
            office = self.office(store)
            office.found("Siti", "siti", email="siti@example.org", zone="Asia/Jakarta", origin=ORIGIN)
            office.announce_key(self.key.create(ORIGIN, entropy=lambda count: bytes(range(count))).text)
            office.add_person("Budi Santoso", "budi", ["legal"], email="budi@example.org")
            self._agreements(store)
            self.work(store, FEW)
            old = self.log(store).checkpoint().note
            self.work(store, many)
            fresh = self.log(store).checkpoint().note
            self.work(store, 3)
        return Evidence(self.key.signer().key, old, fresh)

    def _agreements(self, store: Any) -> None:
        world = self.world(store)
        world.start(REF)
        world.engine.open(REF, "loi", ask({"signed_on": "2025-11-18"}, occurred="2025-11-18"), existing="signed")
        for name in ("loi.pdf", "wrong.pdf"):
            (self.folder / name).write_text(f"the bytes of {name}")
            world.engine.record(f"{REF}/loi", Ask(papers=[Paper("instrument", str(self.folder / name))]))
        world.start(OTHER, "association")
        world.engine.open(OTHER, "joint-agreement", ask({"initiative": "partner", "variant": "light"}))
        board = world.engine.record(f"{OTHER}/joint-agreement", ask({"board": "Siti Nurhaliza"}))
        world.engine.correct(board.entry, ask({"board": "Dewi Lestari"}, reason="it was another"))
        eraser = Eraser(store, ADMIN, origin=ORIGIN, clock=world.clock, documents=world.engine.documents)
        eraser.entry(OTHER, int(board.entry.partition("#")[2]), "asked for by the person")
        eraser.document(REF, 2, "the wrong scan")


def copied(source: Audited, folder: Path) -> Audited:
    """The same office once more, in a SQLite file of its own."""
    shutil.copytree(source.folder, folder, dirs_exist_ok=True)
    return Audited(str(folder / "office.db"), folder)

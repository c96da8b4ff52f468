"""
Offices under fire: writers as processes of their own, what disturbs them, and what must hold afterwards.

A writer does numbered pieces of work, each under a request id of its own, and acknowledges each through a pipe once it is told that it was
done. One that dies is begun again after its last acknowledgement, so a piece may be asked for twice, and must be done once.
"""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flows.scenes import mou_in_force
from world import World

from workflow.core.entry import genesis, leaf
from workflow.core.office import SYS
from workflow.core.replay import replay
from workflow.engine import Ask
from workflow.store import is_url, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REF = "bogor-kisarazu"
FIRST = date(2025, 7, 1)
LONGEST = 60.0  # seconds for a whole run


class Office:
    """An office's database that several processes work on: one agreement whose memorandum is in force, so that an activity moves its dormancy."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        with self.open() as store:
            mou_in_force(World(folder, store))
            self.began = store.load(REF).head.cseq

    def open(self, **options: Any) -> Any:
        return open_store(self.address, **options if is_url(self.address) else {"synchronous": "NORMAL"} | options)

    def check(self, done: dict[str, int]) -> None:
        """Hold the office to the pieces of work that each writer has done: nothing lost, nothing doubled, nothing half done."""
        with self.open() as store:
            case = store.load(REF, history=True)
            chain = case.agreement.id
            entries = list(store.entries(chain))
            assert [entry.cseq for entry in entries] == list(range(1, case.head.cseq + 1))
            assert all(leaf(entry.body) == entry.leaf for entry in entries)
            assert [entry.prev for entry in entries] == [genesis("mufakat.test/office", chain), *(entry.leaf for entry in entries[:-1])]
            again = replay(entries)
            assert {name: again[name] for name in case.tables} == case.tables
            titles = [row.title for row in case.tables["activity"].values()]
            assert sorted(titles) == sorted(f"{writer}-{number}" for writer, count in done.items() for number in range(count))
            assert sum(entry.act == "activity" for entry in entries) == len(titles)
            assert store.integrity() == []
            counts = store.counts()
            assert counts["pending"] == counts["entry"] == len(entries) + len(list(store.entries(SYS)))

    def done(self, writer: str) -> int:
        with self.open() as store:
            return sum(row.title.startswith(f"{writer}-") for row in store.load(REF).tables["activity"].values())


def work(world: World, writer: str, number: int, note: str = "") -> Any:
    """One piece of work: an activity, a day after the one before, which opens the dormancy's deadline anew."""
    day = (FIRST + timedelta(days=number % 200)).isoformat()
    return world.engine.activity(REF, f"{writer}-{number}", Ask(occurred=day, request=f"{writer}-{number}"), note=note)


class Writer:
    """A process that works; `acknowledged` pieces are known to be done."""

    def __init__(self, office: Office, name: str, pieces: int) -> None:
        self.office, self.name, self.pieces, self.acknowledged, self.pid, self._pipe = office, name, pieces, 0, 0, -1

    @property
    def finished(self) -> bool:
        return self.acknowledged == self.pieces

    def begin(self) -> None:
        """Start the process, or start it again after the last piece that it acknowledged."""
        reading, writing = os.pipe()
        self.pid = fork(lambda: self._run(writing))
        os.close(writing)
        self._pipe = reading

    def kill(self) -> None:
        """Kill it wherever it stands, read what it still acknowledged."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._read()
        os.close(self._pipe)

    def end(self) -> int:
        """Wait for it; its exit code."""
        while self._read():
            pass
        os.close(self._pipe)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def look(self) -> None:
        """Read what it has acknowledged so far."""
        while select.select([self._pipe], [], [], 0)[0] and self._read():
            pass

    def _read(self) -> int:
        told = os.read(self._pipe, 65_536)
        self.acknowledged += len(told)
        return len(told)

    def _run(self, writing: int) -> None:
        with self.office.open() as store:
            world = World(self.office.folder, store, self.name)
            for number in range(self.acknowledged, self.pieces):
                work(world, self.name, number)
                os.write(writing, b".")


def fork(act: Callable[[], Any]) -> int:
    """A child that acts and ends; whatever goes wrong in it is told, and is its exit code."""
    pid = os.fork()
    if pid:
        return pid
    try:
        act()
    except BaseException:  # noqa: BLE001  # the child must end here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def run(office: Office, writers: list[Writer], disturb: Callable[[], None], every: float) -> None:
    """Let the writers work while something disturbs them, again and again; each must come to its end by itself."""
    for writer in writers:
        writer.begin()
    ends = time.monotonic() + LONGEST
    while not all(writer.finished for writer in writers):
        assert time.monotonic() < ends, f"not finished: {[(writer.name, writer.acknowledged) for writer in writers]}"
        time.sleep(every)
        disturb()
        for writer in writers:
            writer.look()
    assert [writer.end() for writer in writers] == [0] * len(writers)
    office.check({writer.name: writer.pieces for writer in writers})


def run_killing(office: Office, writers: list[Writer], pause: Callable[[], float]) -> int:
    """Let the writers work while one after another is killed and begun again; how many were killed."""
    killed = 0
    for writer in writers:
        writer.begin()
    ends = time.monotonic() + LONGEST
    while not all(writer.finished for writer in writers):
        for writer in writers:
            assert time.monotonic() < ends, f"not finished: {[(one.name, one.acknowledged) for one in writers]}"
            time.sleep(pause())
            writer.look()
            if not writer.finished:
                writer.kill()
                killed += 1
                writer.begin()
    assert [writer.end() for writer in writers] == [0] * len(writers)
    office.check({writer.name: writer.pieces for writer in writers})
    return killed

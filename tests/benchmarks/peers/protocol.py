"""
How a peer is measured: it says its versions, then answers each line `FIRST TURNS` with the seconds that one turn took.

A peer runs alone in the interpreter of its own environment, so this module knows the standard library only. Each peer is started with
the folder for its database, the durability (`FULL` or `NORMAL`) and the number of machines; each machine waits in its first state.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Asked(NamedTuple):
    """What a peer is started with."""

    folder: str
    synchronous: str
    machines: int

    @property
    def path(self) -> str:
        return os.path.join(self.folder, "peer.db")


def asked() -> Asked:
    folder, synchronous, machines = sys.argv[1:]
    return Asked(folder, synchronous, int(machines))


def write_ahead(path: str) -> None:
    """Turn on the write-ahead log, which the file remembers; how safely to write is said by each connection."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def each(work: Callable[[int], object]) -> Callable[[int, int], None]:
    """Turn by turn."""
    def run(first: int, turns: int) -> None:
        for turn in range(first, first + turns):
            work(turn)
    return run


def serve(run: Callable[[int, int], object], *packages: str) -> None:
    """Answer until the other side closes."""
    print(json.dumps({package: metadata.version(package) for package in packages}), flush=True)
    for line in sys.stdin:
        first, turns = map(int, line.split())
        wall, cpu = time.perf_counter(), time.process_time()
        run(first, turns)
        print(json.dumps([(time.perf_counter() - wall) / turns, (time.process_time() - cpu) / turns]), flush=True)

"""
What the store costs on SQLite, as a share of the driver doing the least: R = SELECT, UPDATE, INSERT in one commit.

    python -m tests.benchmarks.sqlite_store [--rounds 7] [--agreements 1000] [--json]

Every round measures everything once, one after another, so that a busy moment of the machine falls on all; the figures are medians.
Wall time is what a person waits for, disk included; processor time is what the program itself spends.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # for the builders
sys.path.insert(0, os.path.dirname(sys.path[0]))

from building import new, start

from workflow.core.agreement import Effect
from workflow.core.entry import Sealed
from workflow.store.migrations import upgrade
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b"x" * 900  # what an entry of a plain transition takes
TURNS = {"FULL": 300, "NORMAL": 1500}


class Raw:
    """The driver alone: two tables, the least that keeps a state and its history."""

    def __init__(self, path: str, synchronous: str, agreements: int) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute(f"PRAGMA synchronous = {synchronous}")
        self.db.execute("CREATE TABLE machine (id INTEGER PRIMARY KEY, state TEXT)")
        self.db.execute("CREATE TABLE history (id INTEGER PRIMARY KEY, machine INTEGER, source TEXT, target TEXT)")
        self.db.executemany("INSERT INTO machine VALUES (?, 'drafting')", [(number,) for number in range(agreements)])
        self.agreements = agreements

    def __call__(self, turn: int) -> None:
        run, machine = self.db.execute, turn % self.agreements
        run("BEGIN IMMEDIATE")
        (state,) = run("SELECT state FROM machine WHERE id = ?", (machine,)).fetchone()
        run("UPDATE machine SET state = ? WHERE id = ?", (f"s{turn % 7}", machine))
        run("INSERT INTO history (machine, source, target) VALUES (?, ?, ?)", (machine, state, f"s{turn % 7}"))
        run("COMMIT")


class Ours:
    """One agreement loaded, one decision written; with `deadlines` one of them settled and one opened."""

    def __init__(self, path: str, synchronous: str, agreements: int, *, deadlines: bool = False) -> None:
        self.store, self.deadlines, self.agreements = SqliteStore.open(path, synchronous=synchronous), deadlines, agreements

    def __call__(self, turn: int) -> None:
        case = self.store.load(f"ref-{turn % self.agreements}")
        effects = [Effect("instance", ("loi",), {"state": f"s{turn % 7}", "since": "2026-01-01", "entered": [["a", "b"]], "revision": turn})]
        if self.deadlines:
            last = max(key[2] for key in case.tables["deadline"] if key[1] == "answer")
            effects.append(Effect("deadline", ("loi", "answer", last), {"status": "met", "settled_on": "2026-01-02", "wake_at": ""}))
            effects.append(new("deadline", revision=last + 1))
        id, cseq, leaf = case.head
        entry = Sealed(id, cseq + 1, f"{id}-{cseq}", leaf, f"{turn:064x}", BODY, "2026-03-02T09:30:00.000000Z", "2026-03-02", "advance", "loi",
                       "sign", "p1", "")
        self.store.commit(case.head, entry, effects)


class Load(Ours):
    """The loading alone."""

    def __call__(self, turn: int) -> None:
        self.store.load(f"ref-{turn % self.agreements}")


def fill(path: str, agreements: int) -> None:
    """Agreements as they are in mid-life: an LoI with ten rows and three deadlines."""
    with SqliteStore.open(path, synchronous="OFF") as store:
        for number in range(agreements):
            rows = [new("row", name=f"need-{row}") for row in range(10)] + [new("deadline", name=name) for name in ("answer", "stale", "review")]
            start(store, *rows, id=f"0198b0f5-0000-7000-8000-{number:012x}", ref=f"ref-{number}")


def measure(work: Callable[[int], None], turns: int, first: int) -> tuple[float, float]:
    """Seconds of wall and of processor a turn."""
    wall, cpu = time.perf_counter(), time.process_time()
    for turn in range(first, first + turns):
        work(turn)
    return (time.perf_counter() - wall) / turns, (time.process_time() - cpu) / turns


def run(synchronous: str, rounds: int, agreements: int, folder: str) -> dict[str, Any]:
    """Every kind of work once a round."""
    raw, plain, dated = (os.path.join(folder, f"{synchronous}-{name}.db") for name in ("raw", "plain", "dated"))
    for office in (plain, dated):
        upgrade(office)
        fill(office, agreements)
    works = {
        "R": Raw(raw, synchronous, agreements), "load": Load(plain, synchronous, agreements),
        "transition": Ours(plain, synchronous, agreements), "with deadlines": Ours(dated, synchronous, agreements, deadlines=True)}
    turns = TURNS[synchronous]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            seconds = measure(work, turns, number * turns)
            if number:  # the first round warms the caches
                found[name].append(seconds)
    medians = {name: [statistics.median(column) for column in zip(*seconds, strict=True)] for name, seconds in found.items()}
    return {name: {"wall_us": round(wall * 1e6, 1), "cpu_us": round(cpu * 1e6, 1), "wall_ratio": round(medians["R"][0] / wall, 3),
                   "cpu_ratio": round(medians["R"][1] / cpu, 3)} for name, (wall, cpu) in medians.items()}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0].strip())
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--agreements", type=int, default=1000)
    asked.add_argument("--folder", default=".", help="where the databases lie: the disk that is measured")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        found = {synchronous: run(synchronous, given.rounds, given.agreements, folder) for synchronous in TURNS}
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for synchronous, rows in found.items():
        print(f"synchronous = {synchronous}        wall µs    of R    cpu µs    of R")
        for name, row in rows.items():
            print(f"  {name:<24} {row['wall_us']:>9} {row['wall_ratio']:>7.2f} {row['cpu_us']:>9} {row['cpu_ratio']:>7.2f}")


if __name__ == "__main__":
    main()

"""
What a sweep costs as an office grows: a hundred deadlines are due among 1,000 to 100,000 open ones, and with `--long` a million.

Every size is swept in every round, and before each sweep the same hundred are made due again. A sweep writes a message and an entry of
the journal for each; SQLite in NORMAL, where no flush hides what is read.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from benchmarks import offices
from benchmarks.measuring import Options, Ratio, Report
from workflow import reminders

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1_000, 10_000, 100_000)
LONG = (*SIZES, 1_000_000)
DUE = 100
DAY = "2026-03-25"  # a week before the end of the review's `collect`
SOURCE = "SELECT * FROM deadline WHERE agreement = (SELECT id FROM agreement WHERE ref = 'reviewed')"
LATER = "UPDATE deadline SET wake_at = '2027' || substr(wake_at, 5) WHERE wake_at <> '' AND wake_at < '2027'"


def report(options: Options) -> Report:
    """Every size beside the smallest, in the same round."""
    with ExitStack() as stack:
        sweeps = {size: _office(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)), size, stack)
                  for size in (LONG if options.long else SIZES)}
        taken: dict[int, list[float]] = {size: [] for size in sweeps}
        for at in range(options.rounds + 1):
            order = list(sweeps)[at % len(sweeps):] + list(sweeps)[:at % len(sweeps)]
            for size in order:
                seconds = sweeps[size]()
                if at:
                    taken[size].append(seconds)
    first, found = taken[min(taken)], {}
    for size, each in taken.items():
        multiples = [own / base for own, base in zip(each, first, strict=True)]
        found[size] = Ratio(statistics.median(multiples), min(multiples), max(multiples))
    rows = [(f"{size:,}", str(found[size]), f"{statistics.median(each) * 1e3:.1f} ms") for size, each in taken.items()]
    note = f"A sweep of {DUE} due deadlines as a multiple of that among the fewest, median of the rounds (lowest–highest). Wanted: ≤ 1.5."
    return Report("Sweep", ("open deadlines", "× the fewest", "one sweep"), rows, {"seconds": taken, "multiples": found}, note)


def _office(folder: str, size: int, stack: ExitStack) -> Callable[[], float]:
    """An office with so many open deadlines; each call makes a hundred of them due, each in another agreement, and times their sweep."""
    path = os.path.join(folder, "office.db")
    world = offices.build(path)
    offices.reviewed(world)
    world.store.close()
    with closing(sqlite3.connect(path)) as one:
        rows = [tuple(row) for row in one.execute(SOURCE)]
        (each,) = one.execute("SELECT count(*) FROM deadline WHERE status = 'open'").fetchone()
    offices.multiply(path, "reviewed", size // each - 1, "agreement", spread=True)
    db = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
    db.execute(LATER)
    every = db.execute("SELECT id FROM agreement WHERE ref <> 'reviewed' ORDER BY id").fetchall()
    chosen = [every[number * len(every) // DUE] for number in range(DUE)]
    again = [(*id, *row[1:]) for id in chosen for row in rows]
    write = f"INSERT INTO deadline VALUES ({', '.join('?' * len(rows[0]))})"
    engine = offices.engine(path, "NORMAL", DAY)
    store: Any = engine.store
    stack.callback(store.close)
    people = {key[0]: row for key, row in store.office().tables["person"].items()}

    def sweep() -> float:
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM message")
        db.executemany("DELETE FROM deadline WHERE agreement = ?", chosen)
        db.executemany(write, again)
        db.execute("COMMIT")
        begun = time.perf_counter()
        swept = reminders.sweep(store, engine, people)
        seconds = time.perf_counter() - begun
        if swept.failed or len(swept.messages) != DUE:
            raise AssertionError(f"{len(swept.messages)} messages of {DUE}, {len(swept.failed)} agreements failed")
        return seconds
    return sweep

"""
What becomes slower as an office grows: a transition, the agenda's queries, the overdue list and the due sweep, at 1,000 and 100,000
agreements and with `--long` at a million.

Each page is set beside raw SQL for the same page: the same rows and columns by the best index, fetched and left as they come. Nothing
of it depends on how many rows there are elsewhere, if the indexes do their work. A transition is measured twice: with the file in the
system's cache, as where an office works all day, and with a cache that was emptied, where every page an agreement lies on is read from the disk.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from benchmarks import offices
from benchmarks.measuring import Options, Ratio, Report, rounds, shown, timed
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1_000, 100_000)
LONG = (*SIZES, 1_000_000)
CHUNK = 1 << 20  # bytes read at a time to bring a file into the cache
TURNS = 50  # pages a round, or as many as take a quarter of a second
STEPS = 300  # transitions a round
PAGE = 200
UNTIL, SINCE, NOW = "2026-04-01", "2026-01-01", "2026-03-02T05:00:00Z"
ITEMS = {"agenda": "agenda: due and overdue", "stuck": "agenda: what has not moved", "overdue": "overdue list", "due": "due sweep"}
DEADLINE = ("d.instance, d.name, d.revision, d.status, d.anchor, d.anchored_on, d.nominal, d.effective, d.wake_at, d.on_expiry, d.fire, d.basis, "
            "d.citation, d.amount, d.unit, d.direction, d.calendar, d.shows, d.provisional, d.occurrence, d.overdue, d.settled_on, d.reason")
OPEN = f"SELECT a.ref, a.title, a.owner, {DEADLINE} FROM deadline d JOIN agreement a ON a.id = d.agreement WHERE d.status = 'open'"
STILL = " UNION ALL ".join(  # the oldest of each state that is not final, each by the index, so that no more is looked at than a page of each
    f"SELECT * FROM (SELECT agreement, ref, stage, parent, state, since FROM instance WHERE state = '{state}' AND since <= ? ORDER BY since LIMIT ?)"
    for state in ("scheduled", "collecting", "signed"))
RAW = {
    "agenda": (f"{OPEN} AND d.effective <= ? ORDER BY d.effective LIMIT ?", (UNTIL, PAGE)),
    "overdue": (f"{OPEN} AND d.overdue = 1 AND d.effective <= ? ORDER BY d.effective LIMIT ?", (UNTIL, PAGE)),
    "stuck": (f"SELECT a.ref, i.* , a.title, a.owner FROM ({STILL}) i JOIN agreement a ON a.id = i.agreement ORDER BY i.since LIMIT ?",
              (SINCE, PAGE, SINCE, PAGE, SINCE, PAGE, PAGE)),
    "due": ("SELECT agreement FROM deadline WHERE wake_at <> '' AND wake_at <= ? ORDER BY wake_at LIMIT ?", (NOW, PAGE)),
}


def report(options: Options) -> Report:
    """Every size, the first being what the others are compared with."""
    found: dict[int, dict[str, Any]] = {}
    for size in LONG if options.long else SIZES:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = os.path.join(folder, "office.db")
            begun = time.perf_counter()
            build(path, size)
            found[size] = measure(path, size, options.rounds) | {"built_s": round(time.perf_counter() - begun, 1), "bytes": os.path.getsize(path)}
    first = min(found)
    steps = {"warm": "transition, median: file in the cache", "cold": "transition, median: file on the disk"}
    rows = [(name, *(f"{shown(found[size][kind] / found[first]['warm'])} × that at {first:,}" for size in found)) for kind, name in steps.items()]
    rows += [(name, *(f"{found[size]['pages'][item]} × raw, {shown(found[size]['took'][item] / found[first]['took'][item])} × that at {first:,}"
                      for size in found)) for item, name in ITEMS.items()]
    note = (f"The pages (of {PAGE} rows) against raw SQL for the same page, median of the rounds (lowest–highest); less is better. "
            "Wanted: a transition ≤ 1.5 ×, the pages ≤ 2 ×. Both transitions are set beside the one at the first size with its file in the cache.")
    return Report("Growth", ("agreements", *(f"{size:,}" for size in found)), rows, {str(size): data for size, data in found.items()}, note)


def build(path: str, size: int) -> None:
    """So many agreements in mid-life, their dates spread over two years; one past deadline in sixteen was found overdue."""
    world = offices.build(path)
    offices.reviewed(world)
    world.store.close()
    offices.multiply(path, "reviewed", size - 1, "agreement", spread=True)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE deadline SET overdue = 1 WHERE status = 'open' AND effective < '2026-03-02' AND agreement LIKE '%7'")
    db.close()


def measure(path: str, size: int, number: int) -> dict[str, Any]:
    """The median transition in NORMAL, where nothing hides it, and every page as a multiple of its raw query."""
    store, bare = SqliteStore.open(path, read_only=True), sqlite3.connect(path)
    pages: dict[str, Callable[[int], Any]] = {
        "agenda": lambda _: store.deadlines(until=UNTIL, limit=PAGE), "overdue": lambda _: store.deadlines(until=UNTIL, overdue=True, limit=PAGE),
        "stuck": lambda _: store.stuck(SINCE, limit=PAGE), "due": lambda _: store.due(NOW, limit=PAGE)}
    ratios: dict[str, Ratio] = {}
    lengths, took = {}, {}
    for item, page in pages.items():
        sql, values = RAW[item]
        begun = time.perf_counter()
        lengths[item] = [len(page(0)), len(bare.execute(sql, values).fetchall())]
        turns = max(1, min(TURNS, int(0.25 / (time.perf_counter() - begun))))
        timers = {"raw": timed(partial(_fetch, bare, sql, values)), "ours": timed(page)}
        each = rounds(timers, turns, number, at_once=5)
        multiples = [own.wall / raw.wall for own, raw in zip(each["ours"], each["raw"], strict=True)]
        ratios[item] = Ratio(statistics.median(multiples), min(multiples), max(multiples))
        took[item] = statistics.median(own.wall for own in each["ours"])
    bare.close()
    store.close()
    return {"pages": ratios, "rows": lengths, "took": took, **_steps(path, size, number)}


def _fetch(bare: sqlite3.Connection, sql: str, values: tuple[Any, ...], _turn: int) -> list[Any]:
    return bare.execute(sql, values).fetchall()


def _steps(path: str, size: int, number: int) -> dict[str, float]:
    """Seconds of the median transition: the review's `collect`, over agreements from everywhere, each taken once."""
    turns = iter(range(size - 1))
    found = {}
    for kind, prepare in (("cold", _empty), ("warm", _fill)):
        prepare(path)
        engine = offices.engine(path, "NORMAL")
        taken = []
        for turn in islice(turns, min(STEPS * number, (size - 1) // 2)):
            ref = f"agreement-{turn * 7919 % (size - 1) + 1}/review"
            begun = time.perf_counter()
            engine.advance(ref, "collect")
            taken.append(time.perf_counter() - begun)
        engine.store.close()
        found[kind] = statistics.median(taken)
    return found


def _empty(path: str) -> None:
    """Ask the system to forget the file: what is read next comes from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _fill(path: str) -> None:
    with open(path, "rb", buffering=0) as file:
        while file.read(CHUNK):
            pass

"""
What a sweep costs as an office grows: a hundred deadlines are due among 1,000 to 100,000 open ones, and with `--long` a million on SQLite.

Every size is swept in every round, and before each sweep the same hundred are made due again. A sweep writes a message and an entry of
the journal for each; SQLite in NORMAL, where no flush hides what is read. PostgreSQL's server is the tests' own, without `fsync` for the same
reason.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks import offices
from benchmarks.measuring import Options, Ratio, Report
from workflow import reminders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (1_000, 10_000, 100_000)
LONG = (*SIZES, 1_000_000)
DUE = 100
DAY = "2026-03-25"  # a week before the end of the review's `collect`
SOURCE = "SELECT * FROM deadline WHERE agreement = (SELECT id FROM agreement WHERE ref = 'reviewed')"
LATER = "UPDATE deadline SET wake_at = '2027' || substr(wake_at, 5) WHERE wake_at <> '' AND wake_at < '2027'"


def report(options: Options) -> Report:
    """Every size beside the smallest of the same database, in the same round."""
    with ExitStack() as stack:
        sweeps: dict[tuple[str, int], Callable[[], float]] = {}
        for size in LONG if options.long else SIZES:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
            sweeps["SQLite", size] = _office(os.path.join(folder, "office.db"), size, stack)
        missing = _on_server(sweeps, stack)
        taken: dict[tuple[str, int], list[float]] = {each: [] for each in sweeps}
        for at in range(options.rounds + 1):
            order = list(sweeps)[at % len(sweeps):] + list(sweeps)[:at % len(sweeps)]
            for each in order:
                seconds = sweeps[each]()
                if at:
                    taken[each].append(seconds)
    found = {}
    for (database, size), seconds_of in taken.items():
        multiples = [own / base for own, base in zip(seconds_of, taken[database, SIZES[0]], strict=True)]
        found[f"{database} {size}"] = Ratio(statistics.median(multiples), min(multiples), max(multiples))
    rows = [(database, f"{size:,}", str(found[f"{database} {size}"]), f"{statistics.median(each) * 1e3:.1f} ms")
            for (database, size), each in taken.items()]
    note = f"A sweep of {DUE} due deadlines as a multiple of that among the fewest, median of the rounds (lowest–highest). Wanted: ≤ 1.5."
    note += f"\nNot measured: PostgreSQL: {missing}" if missing else ""
    seconds_by = {f"{database} {size}": each for (database, size), each in taken.items()}
    return Report("Sweep", ("", "open deadlines", "× the fewest", "one sweep"), rows, {"seconds": seconds_by, "multiples": found}, note)


def _on_server(sweeps: dict[tuple[str, int], Callable[[], float]], stack: ExitStack) -> str:
    """The sweeps on PostgreSQL as well; or why there are none."""
    try:
        from postgres import Server

        server = Server()
    except (ImportError, OSError, RuntimeError) as lacking:
        return str(lacking)
    stack.callback(server.close)
    for size in SIZES:
        sweeps["PostgreSQL", size] = _office(server.database(), size, stack)
    return ""


def _office(where: str, size: int, stack: ExitStack) -> Callable[[], float]:
    """An office with so many open deadlines; each call makes a hundred of them due, each in another agreement, and times their sweep."""
    world = offices.build(where)
    offices.reviewed(world)
    world.store.close()
    with _link(where) as ask:
        rows = ask(SOURCE).fetchall()
        ((each,),) = ask("SELECT count(*) FROM deadline WHERE status = 'open'").fetchall()
    if "://" in where:
        offices.multiply_on_server(where, "reviewed", size // each - 1, "agreement")
    else:
        offices.multiply(where, "reviewed", size // each - 1, "agreement", spread=True)
    run = stack.enter_context(_link(where))
    run(LATER)
    every = run("SELECT id FROM agreement WHERE ref <> 'reviewed' ORDER BY id").fetchall()
    chosen = [every[number * len(every) // DUE][0] for number in range(DUE)]
    write = f"INSERT INTO deadline VALUES ({', '.join('?' * len(rows[0]))})"
    def sweep() -> float:
        run("BEGIN")
        run("DELETE FROM message")
        for id in chosen:
            run("DELETE FROM deadline WHERE agreement = ?", (id,))
            for row in rows:
                run(write, (id, *row[1:]))
        run("COMMIT")
        engine = offices.engine(where, "NORMAL", DAY)  # a tick opens its own: what another has read of an agreement would not be true any more
        store: Any = engine.store
        people = {key[0]: row for key, row in store.office().tables["person"].items()}
        begun = time.perf_counter()
        swept = reminders.sweep(store, engine, people)
        seconds = time.perf_counter() - begun
        store.close()
        if swept.failed or len(swept.messages) != DUE:
            raise AssertionError(f"{len(swept.messages)} messages of {DUE}, {len(swept.failed)} agreements failed")
        return seconds
    return sweep


@contextmanager
def _link(where: str) -> Iterator[Callable[..., Any]]:
    """Run SQL on an office's database, with `?` for a value."""
    if "://" not in where:
        with closing(sqlite3.connect(where, isolation_level=None)) as db:
            yield db.execute
        return
    import psycopg

    with psycopg.connect(where, autocommit=True) as link:
        yield lambda sql, values=(): link.execute(sql.replace("?", "%s"), values or None)

"""
Eight clients on one PostgreSQL server, each a process: `Engine.advance`, raw psycopg with five statements a transition, DBOS steps.

The server is the tests' own, with `fsync` on; clients and server share the machine. A group works as a whole: how many transitions
its eight clients make in the time until the last has finished.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from benchmarks import offices
from benchmarks.environments import Unavailable, environment
from benchmarks.measuring import Options, Report, ratio
from benchmarks.peers import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import Server

CLIENTS = 8
MACHINES = 40  # of each client
TURNS = 80  # of each client in a round: to and fro once
SIZE = 920  # bytes of an entry, as ours
DURABLE = ("ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()")


def report(options: Options) -> Report:
    """All three, in turn, in every round."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
        try:
            server = stack.enter_context(running())
        except (ImportError, OSError, RuntimeError) as missing:
            return Report("PostgreSQL", ("",), [], {"missing": str(missing)}, f"Not measured: no server ({missing}).")
        groups, lacking = _groups(server, options, folder, stack)
        taken: dict[str, list[float]] = {name: [] for name in groups}
        for at in range(options.rounds + 1):
            for name, clients in groups.items():
                seconds = _together(clients, at * TURNS)
                if at:
                    taken[name].append(seconds)
    rows = [(name, str(ratio(taken["raw psycopg, five statements"], own)), f"{statistics.median(own) / TURNS / CLIENTS * 1e3:.2f} ms")
            for name, own in taken.items()]
    note = f"{CLIENTS} clients: the share of raw psycopg's throughput, median of the rounds (lowest–highest). Wanted: ≥ 1.0 of raw, ≥ 3 × DBOS."
    if "DBOS steps" in taken:
        note += f" Ours against DBOS steps: {ratio(taken['DBOS steps'], taken['mufakat, entry only'])} ×."
    note += "".join(f"\nNot measured: {name}: {why}" for name, why in lacking.items())
    return Report("PostgreSQL", ("", "throughput", "time a transition"), rows, {"seconds": taken, "missing": lacking}, note)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """The tests' server, made to write as safely as one that is used."""
    from postgres import Server

    server = Server()
    try:
        if server.folder:
            server.run(*DURABLE)
        yield server
    finally:
        server.close()


def _groups(server: Server, options: Options, folder: str, stack: contextlib.ExitStack) -> tuple[dict[str, list[Child]], dict[str, str]]:
    """The clients of each kind, and what could not be had."""
    office, raw, other = server.database(), server.database("template0"), server.database("template0")
    _prepare(office, raw)
    groups: dict[str, list[Child]] = {}
    lacking: dict[str, str] = {}
    wanted: tuple[tuple[str, str, str, str], ...] = (
        ("raw psycopg, five statements", "raw_psycopg", raw, ""), ("mufakat, entry only", "ours_postgresql", office, ""),
        ("DBOS steps", "dbos_postgresql", other, "dbos"))
    for name, script, address, needs in wanted:
        try:
            python = environment(options.cache, needs, needs) if needs else sys.executable
            clients: list[Child] = []
            for number in range(CLIENTS):
                words = (address, str(number), str(MACHINES), str(SIZE))
                clients.append(Child(python, script, os.path.join(folder, f"{script}-{number}"), *words))
                stack.callback(clients[-1].close)
            groups[name] = clients
        except Unavailable as reason:
            lacking[name] = str(reason)
    return groups, lacking


def _prepare(office: str, raw: str) -> None:
    """So many agreements with a plain stage, and so many raw machines."""
    import psycopg

    world = offices.build(office)
    for number in range(CLIENTS * MACHINES):
        offices.plain(world, f"plain-{number}")
    world.store.close()
    with psycopg.connect(raw) as db:
        db.execute("CREATE TABLE machine (id bigint PRIMARY KEY, state text NOT NULL, since text NOT NULL)")
        db.execute("CREATE TABLE step (id bigserial PRIMARY KEY, machine bigint NOT NULL, source text NOT NULL, target text NOT NULL, "
                   "body bytea NOT NULL)")
        db.execute("INSERT INTO machine SELECT number, 'drafting', '2026-03-02' FROM generate_series(0, %s) number", (CLIENTS * MACHINES,))


def _together(clients: list[Child], first: int) -> float:
    """Seconds until the last of the clients has made its turns."""
    begun = time.perf_counter()
    for client in clients:
        client.ask(first, TURNS)
    for client in clients:
        client.answer()
    return time.perf_counter() - begun

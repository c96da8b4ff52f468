"""
What the store costs on PostgreSQL, as a share of plain psycopg doing the least: BEGIN, SELECT … FOR UPDATE, UPDATE, INSERT, COMMIT.

    python tests/benchmarks/postgresql_store.py [--rounds 5] [--clients 8] [--seconds 2]

The server is the tests' (MUFAKAT_TEST_DATABASE_URL, else one of our own, which then flushes every commit to the disk). Clients are processes;
each works on agreements of its own. A round measures everything once; the figures are medians of transitions a second over all clients.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # for the builders
sys.path.insert(0, os.path.dirname(sys.path[0]))

import psycopg
from building import new, start

from workflow.core.agreement import Effect
from workflow.core.entry import Sealed
from workflow.store.postgresql import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgres import Server

BODY = b"x" * 900  # what an entry of a plain transition takes
EACH = 50  # agreements a client


def raw(url: str, client: int) -> Callable[[int], None]:
    link = psycopg.connect(url, autocommit=True)

    def turn(number: int) -> None:
        machine = client * EACH + number % EACH
        link.execute("BEGIN")
        ((state,),) = link.execute("SELECT state FROM machine WHERE id = %s FOR UPDATE", (machine,)).fetchall()
        link.execute("UPDATE machine SET state = %s WHERE id = %s", (f"s{number % 7}", machine))
        link.execute("INSERT INTO history (machine, source, target, body) VALUES (%s, %s, %s, %s)", (machine, state, f"s{number % 7}", BODY))
        link.execute("COMMIT")
    return turn


def ours(url: str, client: int, *, deadlines: bool = False) -> Callable[[int], None]:
    store = PostgresStore.open(url)

    def turn(number: int) -> None:
        case = store.load(f"ref-{client * EACH + number % EACH}")
        effects = [Effect("instance", ("loi",), {"state": f"s{number % 7}", "since": "2026-01-01", "entered": [["a", "b"]], "revision": number})]
        if deadlines:
            last = max(key[2] for key in case.tables["deadline"] if key[1] == "answer")
            effects.append(Effect("deadline", ("loi", "answer", last), {"status": "met", "settled_on": "2026-01-02", "wake_at": ""}))
            effects.append(new("deadline", revision=last + 1))
        id, cseq, leaf = case.head
        body = BODY + number.to_bytes(8)
        entry = Sealed(id, cseq + 1, "", leaf, sha256(b"\0" + body).hexdigest(), body, "2026-03-02T09:30:00.000000Z", "2026-03-02", "advance", "loi",
                       "sign", "p1", "")
        store.commit(case.head, entry, effects)
    return turn


def dated(url: str, client: int) -> Callable[[int], None]:
    return ours(url, client, deadlines=True)


WORKS = {"R": raw, "transition": ours, "with deadlines": dated}


def client(name: str, url: str, number: int, seconds: float, ready: Any, told: Any) -> None:
    """One process: as many turns as the time allows."""
    turn, done = WORKS[name](url, number), 0
    for warm in range(10):
        turn(warm)
    ready.wait()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        turn(done)
        done += 1
    told.put(done)


def rate(name: str, url: str, clients: int, seconds: float) -> float:
    ready, told = multiprocessing.Barrier(clients), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=client, args=(name, url, number, seconds, ready, told)) for number in range(clients)]
    for process in processes:
        process.start()
    done = sum(told.get() for _ in processes)
    for process in processes:
        process.join()
    return done / seconds


def fill(server: Server, clients: int) -> str:
    url = server.database()
    with PostgresStore.open(url) as store:
        for number in range(clients * EACH):
            rows = [new("row", name=f"need-{row}") for row in range(10)] + [new("deadline", name=name) for name in ("answer", "stale", "review")]
            start(store, *rows, id=f"0198b0f5-0000-7000-8000-{number:012x}", ref=f"ref-{number}")
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CREATE TABLE machine (id BIGINT PRIMARY KEY, state TEXT)")
        link.execute("CREATE TABLE history (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, machine BIGINT, source TEXT, target TEXT, "
                     "body BYTEA)")
        link.execute("INSERT INTO machine SELECT n, 'drafting' FROM generate_series(0, %s) n", (clients * EACH - 1,))
        link.execute("VACUUM ANALYZE")
    return url


def main() -> None:
    """Measure and print."""
    from postgres import Server

    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0].strip())
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--clients", type=int, default=8)
    asked.add_argument("--seconds", type=float, default=2.0)
    given = asked.parse_args()
    server = Server()
    if server.folder:
        server.run("ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()")
    try:
        url = fill(server, given.clients)
        for clients in sorted({1, given.clients}):
            rates: dict[str, list[float]] = {name: [] for name in WORKS}
            for _ in range(given.rounds):
                for name in WORKS:
                    rates[name].append(rate(name, url, clients, given.seconds))
            medians = {name: statistics.median(found) for name, found in rates.items()}
            print(f"{clients} clients          a second    of R")
            for name, found in medians.items():
                print(f"  {name:<16} {found:>9.0f} {found / medians['R']:>7.2f}")
    finally:
        server.close()


if __name__ == "__main__":
    main()

"""
Messages claimed, handed to a channel that does nothing, and settled: a hundred at a time, by one worker on one PostgreSQL server.

The whole of `Dispatcher.round` but for the words, as `serve` calls it: a settled message stands in its agreement's journal. How much there is to
write depends on whom the messages are for, so there are several shapes of a thousand that are due, and of a hundred alone. Beside it the least
that a queue on PostgreSQL does, a bare loop that takes the same thousand a hundred at a time by one `FOR UPDATE SKIP LOCKED` and one UPDATE, and
Procrastinate, whose jobs do nothing. The server is the tests' own, with `fsync` on.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import offices
from benchmarks.environments import Unavailable, environment
from benchmarks.measuring import Options, Report, ratio
from benchmarks.peers import Child
from benchmarks.postgres import running
from workflow.core.digest import Outgoing
from workflow.dispatching import Dispatcher
from workflow.scheduler import spare

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from workflow.core.digest import Digest

BATCH = 100
LEAST = 500  # messages of each work in a round
BARE = "bare loop"
NOON = "2026-03-02T05:00:00.000000Z"
DUE = "2026-03-02T02:00:00Z"
PEOPLE = ("INSERT INTO person SELECT (jsonb_populate_record(p, jsonb_build_object('id', 'r' || n, 'login', 'r' || n))).* "
          "FROM person p, generate_series(0, %s) n WHERE p.id = 'p1'")
# The number of a message gives its recipient and its agreement: one person's after another's, each over the agreements in turn.
MESSAGES = """
INSERT INTO message (agreement, instance, name, revision, rung, recipient, channel, kind, due_on, wake_at, state, send, sent_at, late_days, acked_by,
                     acked_at, snoozed_until, reason)
SELECT d.agreement, d.instance, d.name, d.revision, 'r' || n, 'r' || n / (%(messages)s / %(people)s), 'none', 'reminder', '2026-03-02', %(due)s,
       'pending', '', '', 0, '', '', '', ''
FROM generate_series(0, %(messages)s - 1) n
JOIN agreement a ON a.ref = 'loi-' || n %% %(agreements)s
JOIN deadline d ON d.agreement = a.id AND d.name = 'review-evergreen' AND d.status = 'open'"""
CLEAR = "DELETE FROM message; DELETE FROM claim"
TAKE = ("SELECT ctid, * FROM message WHERE wake_at <> '' AND wake_at <= %s AND state IN ('pending', 'failed', 'uncertain') ORDER BY wake_at LIMIT %s "
        "FOR UPDATE SKIP LOCKED")
DONE = "UPDATE message SET state = 'sent', sent_at = %s, wake_at = '' WHERE ctid = ANY(%s::tid[])"


class Shape(NamedTuple):
    """So many messages for so many people, each with an equal share, about so many agreements."""

    messages: int
    people: int
    agreements: int

    def __str__(self) -> str:
        return f"{self.messages:,} for {self.people:,} people about {self.agreements:,} agreements"


SHAPES = (Shape(1000, 10, 10), Shape(1000, 10, 100), Shape(1000, 100, 10), Shape(1000, 100, 100), Shape(1000, 1000, 100),
          Shape(100, 10, 10), Shape(100, 100, 100))
CONCURRENCIES = (1, 10)


class Nothing:
    """A channel that does nothing, and counts."""

    repeats = True
    sent = 0

    def send(self, _: Outgoing) -> None:
        self.sent += 1


def report(options: Options) -> Report:
    """The bare loop, every shape, and Procrastinate, in turn, in every round."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
        try:
            server = stack.enter_context(running())
        except (ImportError, OSError, RuntimeError) as missing:
            return Report("Outbox", ("",), [], {"missing": str(missing)}, f"Not measured: no server ({missing}).")
        works, lacking = _works(server, options, folder, stack)
        taken: dict[str, list[float]] = {name: [] for name in works}
        order = list(works)
        for at in range(options.rounds + 1):
            for name in order[at % len(order):] + order[:at % len(order)]:
                seconds = works[name](at)
                if at:
                    taken[name].append(seconds)
    peers = {name: each for name, each in taken.items() if name.startswith("Procrastinate")}
    best = min(peers, key=lambda name: statistics.median(peers[name]), default="")
    bases = [BARE, *([best] if best else [])]
    found = {name: {base: ratio(taken[base], each) for base in bases} for name, each in taken.items()}
    rows = [(name, f"{1 / statistics.median(taken[name]):,.0f}", *map(str, each.values())) for name, each in found.items()]
    note = (f"One worker, which takes {BATCH} at a time; ratios are the median of the rounds (lowest–highest), Procrastinate's at its better "
            "concurrency. Wanted: ≥ 0.25 of the bare loop, ≥ 10 × Procrastinate.")
    note += "".join(f"\nNot measured: {name}: {why}" for name, why in lacking.items())
    head = ("", "messages a second", "of the bare loop", "× Procrastinate")[:2 + len(bases)]
    return Report("Outbox", head, rows, {"seconds": taken, "ratios": found, "missing": lacking}, note)


def _works(server: Any, options: Options, folder: str, stack: contextlib.ExitStack) -> tuple[dict[str, Callable[[int], float]], dict[str, str]]:
    """What is measured: each, given the number of the round, tells the seconds that one message took."""
    office = server.database()
    _prepare(office)
    works = {BARE: _bare(office, stack)} | {str(shape): _ours(office, shape, stack) for shape in SHAPES}
    lacking = {}
    for concurrency in CONCURRENCIES:
        name = f"Procrastinate, concurrency {concurrency}"
        try:
            python = environment(options.cache, "procrastinate", "procrastinate", "psycopg[binary]")
            errors = os.path.join(folder, f"procrastinate-{concurrency}")
            child = Child(python, "procrastinate_jobs", errors, server.database("template0"), str(concurrency))
        except Unavailable as reason:
            lacking[name] = str(reason)
            continue
        stack.callback(child.close)
        works[name] = _peer(child)
    return works, lacking


def _peer(child: Child) -> Callable[[int], float]:
    return lambda at: child(at * LEAST, LEAST).wall


def _bare(address: str, stack: contextlib.ExitStack) -> Callable[[int], float]:
    """The least: lock a hundred messages that nobody else has, and write that they are sent; where a locked row lies does not change."""
    link = _link(address, stack)

    def batches(messages: int) -> None:
        for _ in range(messages // BATCH):
            with link.transaction():
                rows = link.execute(TAKE, (NOON, BATCH)).fetchall()
                link.execute(DONE, (NOON, [row[0] for row in rows]))
            if len(rows) != BATCH:
                raise AssertionError(f"{len(rows)} rows of {BATCH}")
    return _measured(link, SHAPES[0], batches)


def _measured(link: psycopg.Connection[Any], shape: Shape, work: Callable[[int], None]) -> Callable[[int], float]:
    """Seconds of a message; the messages are made anew each time, because old ones would be read with their agreement."""
    def measure(_: int) -> float:
        taken = []
        for _ in range(max(1, LEAST // shape.messages)):
            link.execute(CLEAR)
            link.execute(MESSAGES, {**shape._asdict(), "due": DUE})
            begun = time.perf_counter()
            work(shape.messages)
            taken.append((time.perf_counter() - begun) / shape.messages)
        return statistics.mean(taken)
    return measure


def _prepare(address: str) -> None:
    """As many agreements with a letter of intent in force, and as many people, as any shape asks for."""
    import psycopg

    world = offices.build(address)
    for number in range(max(shape.agreements for shape in SHAPES)):
        offices.reviewed(world, f"loi-{number}")
    world.store.close()
    with psycopg.connect(address) as link:
        link.execute(PEOPLE, (max(shape.people for shape in SHAPES) - 1,))


def _ours(address: str, shape: Shape, stack: contextlib.ExitStack) -> Callable[[int], float]:
    """A worker and its channel."""
    engine, channel = offices.engine(address), Nothing()
    store: Any = engine.store
    stack.callback(store.close)
    spare()  # as `serve` begins
    people = {key[0]: row for key, row in store.office().tables["person"].items()}
    begun, noon = time.perf_counter(), datetime.fromisoformat(NOON)

    def clock() -> str:  # from noon on, as fast as any
        return f"{(noon + timedelta(seconds=time.perf_counter() - begun)).isoformat(timespec='microseconds')[:26]}Z"

    worker = Dispatcher(store, store, office=engine.office, people=lambda: people, channel=lambda _: channel, say=_say, clock=clock,
                        origin=engine.origin, worker="w1")

    def round_of(messages: int) -> None:
        done = worker.round()
        if [outcome.state for outcome in done] != ["sent"] * messages:
            raise AssertionError(f"{len(done)} of {messages} settled: {done[:1]}")
    return _measured(_link(address, stack), shape, round_of)


def _say(digest: Digest, _: str) -> Outgoing:
    return Outgoing(digest.key, digest.recipient, "", "", "")


def _link(address: str, stack: contextlib.ExitStack) -> psycopg.Connection[Any]:
    import psycopg

    return stack.enter_context(psycopg.connect(address, autocommit=True))

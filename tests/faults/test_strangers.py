"""A stranger who holds a lock, and a clock that goes back: whoever works waits, or works on; nothing is lost, nothing happens twice."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import psycopg
import pytest
from faults.harness import REF, Writer, run, work
from world import World

from workflow.engine import Ask
from workflow.errors import StoreBusy
from workflow.store import is_url


class Stranger:
    """Somebody else with the same database, who takes what a writer needs."""

    def __init__(self, office):
        self.server = is_url(office.address)
        self.link = (psycopg.connect(office.address, autocommit=True) if self.server else
                     sqlite3.connect(office.address, isolation_level=None, check_same_thread=False))

    def hold(self):
        self.link.execute("BEGIN" if self.server else "BEGIN IMMEDIATE")
        if self.server:
            self.link.execute("SELECT FROM head FOR UPDATE")

    def let_go(self):
        self.link.execute("ROLLBACK")


@pytest.fixture
def stranger(office):
    found = Stranger(office)
    with closing(found.link):
        yield found


def test_a_writer_waits_for_a_lock_that_a_stranger_lets_go(office, stranger):
    stranger.hold()
    release = threading.Timer(0.3, stranger.let_go)
    release.start()

    began = time.monotonic()
    with office.open() as store:
        work(World(office.folder, store), "w", 0)

    assert time.monotonic() - began > 0.25
    release.join()
    office.check({"w": 1})


def test_a_lock_that_a_stranger_keeps_is_told_and_nothing_was_written(office, stranger):
    stranger.hold()
    with office.open(**{"lock_timeout": 0.1} if stranger.server else {"timeout": 0.1}) as store:
        world = World(office.folder, store)
        with pytest.raises(StoreBusy):
            work(world, "w", 0)
        stranger.let_go()
        assert not work(world, "w", 0).repeated

    office.check({"w": 1})


def test_writers_go_on_while_a_stranger_takes_and_leaves_locks(office, stranger):
    def disturb():
        stranger.hold()
        time.sleep(0.02)
        stranger.let_go()

    run(office, [Writer(office, f"w{number}", 40) for number in range(3)], disturb, 0.02)


def test_a_clock_that_goes_back_an_hour_loses_no_order_and_fires_nothing_twice(office):
    with office.open() as store:
        world = World(office.folder, store, day="2026-07-01")
        world.now = "2026-06-30T17:30"  # the memorandum has expired since midnight in Jakarta
        (expired,) = world.engine.expire_due(REF)
        work(world, "w", 0)

        world.now = "2026-06-30T16:30"  # an hour earlier: it would still be in force
        assert world.engine.expire_due(REF) == ()
        work(world, "w", 1)
        world.engine.activity(REF, "w-2", Ask(occurred="2026-06-30", request="w-2"))

        world.now = "2026-06-30T17:31"
        assert world.engine.expire_due(REF) == ()
        entries = list(store.entries(store.load(REF).agreement.id))
        recorded = [entry.recorded for entry in entries]

    assert expired.change.trigger == "expire"
    assert [entry.trigger for entry in entries].count("expire") == 1
    assert recorded != sorted(recorded)  # what the clock said is kept; the order is the chain's
    office.check({"w": 3})

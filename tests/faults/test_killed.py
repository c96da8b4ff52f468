"""Writers that are killed: wherever it happens, a piece of work was done or was not, and asking for it again does it once."""

from __future__ import annotations

import os
import random
import signal

import pytest
from faults.harness import Writer, fork, run_killing, work
from world import World

from workflow.store import is_url

MOST = 80  # points at which a piece of work can be cut: it has fewer


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def cut_at_statement(store, point):
    """Die as SQLite begins its statement of this number."""
    left = [point]

    def begins(_sql):
        left[0] -= 1
        if left[0] < 0:
            die()
    store._db.set_trace_callback(begins)


def cut_at_message(store, point):
    """Die before a statement goes to the server, when it has gone and the answer has not come, or when it has come."""
    number, moment = divmod(point, 3)
    left, rows = [number], store._link.rows

    def passes(sql, values=(), **more):
        left[0] -= 1
        if left[0] >= 0:
            return rows(sql, values, **more)
        if moment == 0:
            die()
        if moment == 1:
            import psycopg

            cursor = psycopg.ClientCursor(store._link._link)
            store._link._link.pgconn.send_query(cursor.mogrify(sql, values).encode())
            store._link._link.pgconn.flush()
            die()
        rows(sql, values, **more)
        return die()
    store._link.rows = passes


def test_a_writer_killed_at_any_point_has_done_all_or_nothing(office):
    """Every point of one piece of work in turn; whoever repeats the request finds it done, or does it."""
    cut = cut_at_message if is_url(office.address) else cut_at_statement
    for done in range(MOST):
        def act(number=done):
            with office.open() as store:
                world = World(office.folder, store)
                cut(store, number)
                work(world, "w", number)
        code = os.waitstatus_to_exitcode(os.waitpid(fork(act), 0)[1])

        assert code in (0, -signal.SIGKILL)
        held = office.done("w")
        assert held in (done, done + 1)
        office.check({"w": held})
        with office.open() as store:
            again = work(World(office.folder, store), "w", done)
        assert again.repeated == (held == done + 1)
        office.check({"w": done + 1})
        if code == 0:
            break

    assert 8 < done < MOST


@pytest.mark.parametrize("seed", [1, 2])
def test_writers_killed_again_and_again_lose_and_double_nothing(office, seed):
    chance = random.Random(seed)
    writers = [Writer(office, f"w{number}", 100) for number in range(3)]

    killed = run_killing(office, writers, lambda: chance.uniform(0.0, 0.03))

    assert killed >= 3

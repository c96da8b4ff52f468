"""
A worker that is killed at any step between claim and settle: the next one finishes, and nobody is told twice without knowing it.

What leaves at once is written together, so a kill repeats that much; what leaves slowly, or over a chat, is written one by one.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from dispatch import hire, messages, promise
from flows.scenes import at_council, replays
from letters import person
from world import World

from workflow.store import open_store

SENT = ["after send", "before settle", "after settle"]
UNSENT = ["before claim", "after claim", "before hand"]
BETWEEN = ["after hand", "before send"]


@pytest.fixture
def office(request, tmp_path):
    """A database with two messages to one person and one to another, all due."""
    address = request.getfixturevalue(getattr(request, "param", "database_file"))
    world = World(tmp_path, store=open_store(address)).holidays()
    ref = at_council(world).partition("/")[0]
    hire(world.store, person(), person(id="p2", name="Dian", login="dian", email="dian@bogor.test"))
    for recipient, rung in (("p1", "-7d"), ("p1", "-1d"), ("p2", "-7d")):
        promise(world.store, ref, recipient=recipient, rung=rung)
    yield address, tmp_path, ref
    world.store.close()


def deliver(office, environment, now: str, point: str = "", *, repeats: bool = True, slow: bool = False) -> int:
    import dispatch

    database, folder, _ = office
    words = [database, str(folder), now, point, "yes" if repeats else "no", "yes" if slow else "no"]
    return subprocess.run([sys.executable, dispatch.__file__, *words], env=environment, check=False, timeout=60).returncode


def taken(office) -> list[list[str]]:
    path = office[1] / "taken"
    return [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []


def states(office) -> set[str]:
    store = open_store(office[0], read_only=True)
    try:
        assert replays(store, office[2])
        return {row.state for row in messages(store, office[2]).values()}
    finally:
        store.close()


@pytest.mark.parametrize("slow", [False, True], ids=["at once", "slowly"])
@pytest.mark.parametrize("point", [*UNSENT, *BETWEEN, *SENT])
@pytest.mark.parametrize("office", ["database_file", "database_url"], indirect=True)
def test_mail_is_complete_afterwards_and_what_is_repeated_has_its_first_identity(office, child_environment, point, slow):
    assert deliver(office, child_environment, "2026-03-02T05:00", point, slow=slow) == -signal.SIGKILL
    assert deliver(office, child_environment, "2026-03-02T05:01") == 0  # the lease of the dead one still holds
    assert deliver(office, child_environment, "2026-03-02T05:20") == 0

    sends = taken(office)
    repeated = {"after send": 1, "before settle": 1 if slow else 2}.get(point, 0)
    assert states(office) == {"sent"}
    assert {recipient for recipient, _ in sends} == {"p1", "p2"}
    assert len({identity for _, identity in sends}) == 2
    assert len(sends) == 2 + repeated


@pytest.mark.parametrize("point", [*UNSENT, *BETWEEN, *SENT])
def test_a_chat_is_told_at_most_once_and_what_may_have_arrived_is_uncertain(office, child_environment, point):
    assert deliver(office, child_environment, "2026-03-02T05:00", point, repeats=False) == -signal.SIGKILL
    assert deliver(office, child_environment, "2026-03-02T05:20", repeats=False) == 0

    sends = taken(office)
    assert len({recipient for recipient, _ in sends}) == len(sends)
    if point in (*UNSENT, "after settle"):
        assert (states(office), len(sends)) == ({"sent"}, 2)
    else:
        assert states(office) == {"sent", "uncertain"}
        assert len(sends) == (1 if point in BETWEEN else 2)

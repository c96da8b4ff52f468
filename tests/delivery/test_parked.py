"""What was parked for want of a channel leaves when there is one: once, the most urgent only, and not if it need not be said any more."""

from __future__ import annotations

import pytest
from dispatch import Recorder, hire, messages, promise, worker, write
from flows.scenes import at_council, replays
from letters import person
from world import World

from workflow.core.agreement import Effect
from workflow.core.office import SYSTEM
from workflow.engine import Engine
from workflow.reminders import wake


@pytest.fixture
def world(opened, tmp_path):
    """A memorandum before the council, noon in Jakarta; messages over a channel that nobody knows are parked."""
    world = World(tmp_path, store=opened).holidays()
    world.ref = at_council(world).partition("/")[0]
    hire(world.store, person())
    yield world
    world.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request):
    from workflow.store.postgresql import PostgresStore
    from workflow.store.sqlite import SqliteStore

    return SqliteStore.create_memory() if request.param == "sqlite" else PostgresStore.open(request.getfixturevalue("database_url"))


def park(world, **more):
    """A message that was parked because there is no pigeon."""
    key = promise(world.store, world.ref, channel="pigeon", **more)
    worker(world, {"email": Recorder()}, channels=()).round()
    assert messages(world.store, world.ref)[key].state == "parked"
    return key


def arrive(world, now, known=("email", "pigeon")):
    """The pigeons come: what leaves now, and what becomes of each message."""
    world.now, pigeon = now, Recorder()
    engine = Engine(world.store, world.library, SYSTEM, origin=world.engine.origin, clock=world.clock)
    people = {key[0]: row for key, row in world.store.office().tables["person"].items()}
    for _ in range(2):
        wake(world.store, engine, people, known.__contains__)
        worker(world, {"email": Recorder(), "pigeon": pigeon}).round()
    assert replays(world.store, world.ref)
    return pigeon, messages(world.store, world.ref)


def test_it_leaves_once_when_its_channel_is_known_and_says_how_late_it_is(world):
    key = park(world)

    pigeon, rows = arrive(world, "2026-03-05T05:00")

    assert pigeon.to == ["p1"]
    assert (rows[key].state, rows[key].late_days, rows[key].reason) == ("sent", 3, "")


def test_while_nobody_knows_its_channel_nothing_is_written(world):
    key = park(world)
    before = world.store.load(world.ref).head

    pigeon, rows = arrive(world, "2026-03-05T05:00", known=("email",))

    assert (pigeon.to, rows[key].state, world.store.load(world.ref).head) == ([], "parked", before)


def test_of_several_the_most_urgent_is_said_and_the_others_are_superseded(world):
    first, last = park(world, rung="-7d", due_on="2026-02-24"), park(world, rung="-1d")

    pigeon, rows = arrive(world, "2026-03-05T05:00")

    assert len(pigeon.sent) == 1
    assert (rows[first].state, rows[last].state) == ("superseded", "sent")


@pytest.mark.parametrize("state", ["sent", "acknowledged"])
def test_what_went_on_over_another_channel_is_not_said_again(world, state):
    key = park(world)
    promise(world.store, world.ref, channel="email", state=state, wake_at="")

    pigeon, rows = arrive(world, "2026-03-05T05:00")

    assert (pigeon.to, rows[key].state) == ([], "superseded")


def test_what_a_later_message_has_told_is_not_said_any_more(world):
    key = park(world)
    promise(world.store, world.ref, rung="0", due_on="2026-03-04", state="sent", wake_at="")

    pigeon, rows = arrive(world, "2026-03-05T05:00")

    assert (pigeon.to, rows[key].state) == ([], "superseded")


def test_nobody_is_told_of_a_deadline_that_was_settled_meanwhile(world):
    key = park(world)
    write(world.store, world.store.load(world.ref).agreement.id, Effect("deadline", key[:3], {"status": "met", "wake_at": ""}))

    pigeon, rows = arrive(world, "2026-03-05T05:00")

    assert (pigeon.to, rows[key].state) == ([], "superseded")


def test_a_kind_that_nobody_knows_stays_parked(world):
    key = promise(world.store, world.ref, kind="sermon")
    worker(world, {"email": Recorder()}, channels=()).round()

    _, rows = arrive(world, "2026-03-05T05:00")

    assert rows[key].state == "parked"

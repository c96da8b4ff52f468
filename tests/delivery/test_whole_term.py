"""Sweep and dispatch together, hour by hour over a deadline's whole life: who hears what, when it is day where they are, and never twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dispatch import Recorder, hire, messages, promise, worker
from flows.scenes import at_council, replays
from letters import person
from world import ORIGIN, World

from workflow.core.office import SYSTEM
from workflow.engine import Engine
from workflow.errors import DeliveryFailed
from workflow.reminders import sweep

OFFICE = {"p1": "Asia/Jakarta", "p2": "Europe/Berlin", "p3": "America/Santiago"}


@pytest.fixture
def world(tmp_path):
    """The council has had the plan since 2 March 2026, and has until 13 May; its secretary sits in Berlin, the mayor in Santiago."""
    world = World(tmp_path).holidays()
    world.ref = at_council(world).partition("/")[0]
    hire(world.store, person(), person(id="p2", login="p2", email="p2@x.test", roles=["secretary"], zone=OFFICE["p2"]),
         person(id="p3", login="p3", email="p3@x.test", roles=["mayor"], zone=OFFICE["p3"]))
    return world


def people(world):
    return {key[0]: row for key, row in world.store.office().tables["person"].items()}


def live(world, mail, first: str, last: str, hours: int = 1) -> list[tuple[str, str]]:
    """Tick every so many hours between two instants; who was told when (UTC)."""
    engine, told = Engine(world.store, world.library, SYSTEM, origin=ORIGIN, clock=world.clock), []
    hand, moment, known = worker(world, {"email": mail}), datetime.fromisoformat(first), people(world)
    while moment <= datetime.fromisoformat(last):
        world.now = moment.strftime("%Y-%m-%dT%H:%M")
        before = len(mail.sent)
        assert sweep(world.store, engine, known).failed == ()
        hand.round()
        told += [(outgoing.to.id, world.now) for outgoing in mail.sent[before:]]
        moment += timedelta(hours=hours)
    return told


def there(moment: str, who: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(OFFICE[who]))


def test_nobody_is_told_twice_nor_by_night_and_one_message_a_day_tells_all(world):
    mail = Recorder()

    told = live(world, mail, "2026-03-02T06:00", "2026-06-12T00:00")

    rows = messages(world.store, world.ref).values()
    assert {row.state for row in rows} <= {"sent", "superseded", "skipped", "pending"}
    assert {who for who, _ in told} == set(OFFICE)
    assert max(Counter((who, there(moment, who).date()) for who, moment in told).values()) == 1
    for who, moment in told:
        assert 8 <= there(moment, who).hour < 17
        assert there(moment, who).weekday() < 5
    assert len({outgoing.key for outgoing in mail.sent}) == len(mail.sent)
    assert all(row.send for row in rows if row.state == "sent")
    assert replays(world.store, world.ref)


def test_after_a_week_without_a_worker_each_is_told_once_and_how_late_it_is(world):
    mail = Recorder()
    live(world, mail, "2026-03-02T06:00", "2026-05-04T12:00", hours=6)
    mail.sent.clear()

    told = live(world, mail, "2026-05-18T23:00", "2026-05-19T12:00")

    assert Counter(who for who, _ in told)["p1"] == 1
    assert max(Counter(who for who, _ in told).values()) == 1
    assert "late" in next(outgoing for outgoing in mail.sent if outgoing.to.id == "p1").text


def test_what_was_due_by_day_and_is_found_by_night_waits_for_the_morning(world):
    promise(world.store, world.ref)
    mail = Recorder()
    world.now = "2026-03-02T15:00"  # 22:00 in Jakarta

    [outcome] = worker(world, {"email": mail}).round()

    [row] = messages(world.store, world.ref).values()
    assert (mail.sent, outcome.state, row.state, row.wake_at) == ([], "", "pending", "2026-03-03T01:00:00Z")
    world.now = "2026-03-03T01:00"
    assert [outcome.state for outcome in worker(world, {"email": mail}).round()] == ["sent"]


def test_what_fails_in_the_evening_is_tried_again_in_the_morning(world):
    promise(world.store, world.ref)

    def down(outgoing):
        raise DeliveryFailed("email", outgoing.key, "down")

    world.now = "2026-03-06T09:59"  # Friday, 16:59 in Jakarta
    worker(world, {"email": Recorder(trouble=down)}).round()

    [row] = messages(world.store, world.ref).values()
    assert (row.state, row.wake_at) == ("failed", "2026-03-09T01:00:00Z")

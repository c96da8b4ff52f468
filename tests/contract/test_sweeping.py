"""The sweep on both databases: several workers at once write every message once, and the journal gives what is on record."""

from __future__ import annotations

import threading

from flows.scenes import existing, replays
from world import World

from workflow.core.office import Person
from workflow.reminders import new_messages, sweep

PEOPLE = {"p1": Person("p1", "Dinar", "", "dinar@example.org", ["coordinator"], "id", "Asia/Jakarta")}
REFS = [f"city-{number}" for number in range(6)]


def office(database, folder):
    """Six letters of intent that are to be registered by 6 March 2026."""
    world = World(folder, store=database.store()).holidays()
    for ref in REFS:
        existing(world, world.start(ref), "loi", "signed", "2026-02-20", {"signed_on": "2026-02-20"})
    return world


def test_workers_that_look_at_once_write_every_message_once(database, tmp_path):
    office(database, tmp_path).store.close()
    written, faults = [], []

    def work():
        try:
            world = World(tmp_path, store=database.store(), day="2026-03-05")
            found = sweep(world.store, world.engine, PEOPLE)
            written.extend((done.ref, message.rung) for done in found.done for message in new_messages(done.change))
            faults.extend(found.failed)
            world.store.close()
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert sorted(written) == [(ref, "-1d") for ref in REFS]
    with database.store() as store:
        assert sorted(row["ref"] for row in store.messages() if row["state"] == "pending") == REFS
        assert all(replays(store, ref) for ref in REFS)


def test_what_a_sweep_wrote_is_claimed_when_its_hour_has_come(database, tmp_path):
    world = office(database, tmp_path)
    sweep(world.store, world.at("2026-03-05").engine, PEOPLE)

    (claimed,) = world.store.claim(world.clock(), "w1", 60)

    assert {key[:2] for _, key in claimed.messages} == {("loi", "register")}
    assert len(claimed.messages) == len(REFS)
    world.store.close()

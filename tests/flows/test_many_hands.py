"""Many processes on one file: nothing is lost, nothing is forked, nobody is refused for being late; and a killed one leaves no half change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from flows.scenes import entries, existing, replays
from world import World

import workflow
from workflow.core.entry import genesis, leaf
from workflow.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[1]
INSTALLED = Path(workflow.__file__).parents[1]
HANDS = Path(__file__).with_name("hands.py")
WRITERS, CHANGES = 4, 150
KILLED_AFTER = (1, 17, 60)


@pytest.fixture
def office(tmp_path, database_file):
    """A file with one agreement that everybody works on, its two visits planned, and one for each writer."""
    with SqliteStore.open(database_file) as store:
        world = World(tmp_path, store)
        world.start("shared")
        for _ in range(2):
            existing(world, "shared", "visit", "planned", "2026-02-02", {"direction": "inbound", "starts_on": "2026-05-04", "ends_on": "2026-05-05"})
        for number in range(WRITERS):
            world.start(f"own-{number}")
        yield world


def writer(world: World, number: int, changes: int) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(INSTALLED), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, str(HANDS), world.store.path, str(world.folder), str(number), str(changes)],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def assert_sound(world: World, ref: str) -> None:
    """An unbroken chain that adds up to exactly the tables."""
    chain = entries(world, ref)
    ident = world.case(ref).agreement.id
    assert [entry.cseq for entry in chain] == list(range(1, len(chain) + 1))
    assert [entry.prev for entry in chain] == [genesis(world.engine.origin, ident), *(entry.leaf for entry in chain[:-1])]
    assert all(entry.leaf == leaf(entry.body) for entry in chain)
    assert (world.case(ref).head.cseq, world.case(ref).head.leaf) == (chain[-1].cseq, chain[-1].leaf)
    assert replays(world.store, ref)


def test_four_writers_lose_nothing(office):
    before = {ref: len(entries(office, ref)) for ref in office.store.refs()}

    told = Counter()
    for hand in [writer(office, number, CHANGES) for number in range(WRITERS)]:
        out, errors = hand.communicate(timeout=120)
        assert hand.returncode == 0, errors
        told.update(out.splitlines())

    made = {ref: len(entries(office, ref)) - number for ref, number in before.items()}
    assert sum(made.values()) == WRITERS * CHANGES
    assert made == {ref: sum(count for line, count in told.items() if line.split()[0] == ref) for ref in before}
    acts = Counter(entry.act for entry in entries(office, "shared"))
    assert (acts["refuse"], acts["fire"]) == (0, 0)
    moves = told["shared postpone"] + told["shared replan"]
    assert acts["advance"] == moves == sum(office.stage(f"shared/{visit}").revision - 1 for visit in ("visit", "visit-2"))
    assert sorted(office.case("shared").tables["activity"]) == [(number,) for number in range(1, told["shared activity"] + 1)]
    for ref in before:
        assert_sound(office, ref)
    assert office.store.integrity() == []


def test_a_writer_that_is_killed_leaves_no_half_change(office):
    told: list[str] = []
    before = sum(len(entries(office, ref)) for ref in ("shared", "own-0"))

    for lines in KILLED_AFTER:
        hand = writer(office, 0, 10_000)
        assert hand.stdout is not None
        told += [hand.stdout.readline() for _ in range(lines)]
        hand.kill()
        told += hand.communicate(timeout=60)[0].splitlines()

        for ref in ("shared", "own-0"):
            assert_sound(office, ref)
        assert office.store.integrity() == []
    made = sum(len(entries(office, ref)) for ref in ("shared", "own-0")) - before
    assert 0 <= made - len(told) <= len(KILLED_AFTER)  # a change may be committed and no longer be told; none is told and not committed

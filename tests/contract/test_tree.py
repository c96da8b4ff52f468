"""The log's one tree in the database: places without a gap, in order within each agreement; cached nodes; what was signed stays."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from building import commit, start

from workflow.core.merkle import leaf_hash
from workflow.errors import AuditError, StoreError
from workflow.ports import Signed
from workflow.store.entries import row
from workflow.store.sqlite import SqliteStore


def grow(store, count, id="agr-1", ref="bogor-kisarazu"):
    """An agreement of `count` entries."""
    head = start(store, id=id, ref=ref)
    for _ in range(count - 1):
        head = commit(store, head)
    return head


def test_entries_get_places_in_the_order_in_which_they_came(store):
    grow(store, 3)
    grow(store, 2, "agr-2", "bogor-lankaran")

    assert store.size() == 0
    assert store.place("agr-1", 1) is None
    assert store.number() == 5
    assert [store.place("agr-1", cseq) for cseq in (1, 2, 3, 4)] == [0, 1, 2, None]
    assert [line[:3] for line in store.lines()] == [(0, "agr-1", 1), (1, "agr-1", 2), (2, "agr-1", 3), (3, "agr-2", 1), (4, "agr-2", 2)]
    assert store.counts()["pending"] == 0


def test_numbering_goes_on_where_it_stopped(store):
    head = grow(store, 5)

    assert store.number(limit=2) == 2
    assert store.number(limit=2) == 4
    assert store.number(limit=2) == 5
    assert store.number(limit=2) == 5
    commit(store, head)
    assert store.number() == 6


def test_lines_are_the_entries_as_they_are_stored_and_go_on_with_what_is_pending(store):
    grow(store, 3)
    store.number(limit=2)

    lines = list(store.lines())

    assert [line[0] for line in lines] == [0, 1, 2]
    assert [line[1:] for line in lines] == [row(entry) for entry in store.entries("agr-1")]
    assert [line[0] for line in store.lines(2)] == [2]


def test_more_lines_than_are_held_at_a_time(store, monkeypatch):
    for module in ("tree", "postgresql_tree"):
        for name in ("LINES", "WAITING"):
            text = getattr(__import__(f"workflow.store.{module}", fromlist=["x"]), name, "")
            monkeypatch.setattr(f"workflow.store.{module}.{name}", text.replace("LIMIT 1000", "LIMIT 2"), raising=False)
    grow(store, 9)
    store.number(limit=5)

    assert [(line[0], line[2]) for line in store.lines()] == [(place, place + 1) for place in range(9)]
    assert [line[0] for line in store.lines(4)] == [4, 5, 6, 7, 8]


def test_leaves_are_hashes_of_the_bytes_that_have_a_place(store):
    grow(store, 3)
    store.number(limit=2)

    assert store.hashes(0, 0, 9) == [leaf_hash(entry.body) for entry in store.entries("agr-1")][:2]
    assert store.hashes(0, 1, 2) == [leaf_hash(next(iter(store.entries("agr-1", 1))).body)]


def test_nodes_are_kept_once(store):
    store.keep(8, 0, [b"a" * 32, b"b" * 32])
    store.keep(8, 1, [b"x" * 32, b"c" * 32])
    store.keep(16, 0, [b"d" * 32])

    assert store.kept(8) == 3
    assert store.hashes(8, 0, 3) == [b"a" * 32, b"b" * 32, b"c" * 32]
    assert store.hashes(8, 2, 9) == [b"c" * 32]
    assert (store.kept(16), store.kept(24)) == (1, 0)


def test_checkpoints_stand_in_the_order_in_which_they_were_signed(store):
    assert store.newest() is None
    first, second = Signed(3, "2026-03-02T09:30:00.000000Z", "a note\n"), Signed(5, "2026-03-03T09:30:00.000000Z", "another note\n")

    store.sign(first)
    store.sign(second)

    assert store.newest() == second
    assert store.signed() == [first, second]


def test_of_two_who_sign_at_once_the_one_that_covers_less_comes_too_late(store):
    larger, smaller = Signed(5, "2026-03-02T09:30:00.000000Z", "a note\n"), Signed(4, "2026-03-02T09:30:01.000000Z", "another note\n")

    for signed in (larger, smaller, larger._replace(note="the same, by another key\n")):
        store.sign(signed)

    assert [signed.size for signed in store.signed()] == [5, 5]
    assert store.newest().note == "the same, by another key\n"


def test_what_is_read_in_one_moment_belongs_together(database):
    with database.store() as store, database.store() as other:
        head = grow(store, 2)
        store.number(limit=1)
        with store.moment():
            before = [line[0] for line in store.lines()]
            commit(other, head)
            other.number()
            assert [line[0] for line in store.lines()] == before == [0, 1]
            assert store.load("agr-1", history=True).head.cseq == 2
        assert [line[0] for line in store.lines()] == [0, 1, 2]
        commit(store, store.load("agr-1").head)


def test_nothing_is_numbered_inside_a_group_of_commits(store):
    head = grow(store, 1)
    with store.together():
        commit(store, head)
        with pytest.raises(StoreError):
            store.number()

    assert store.number() == 2


def test_many_who_number_at_once_leave_no_gap_and_keep_the_order_of_each_agreement(database):
    """Writers and integrators side by side; what a writer sees committed last is numbered last of its agreement."""
    writers, stop = 4, threading.Event()

    def write(number):
        with database.store() as mine:
            grow(mine, 40, f"agr-{number}", f"ref-{number}")

    def integrate():
        with database.store() as mine:
            while not stop.is_set():
                mine.number(limit=7)

    hands = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    integrators = [threading.Thread(target=integrate) for _ in range(2)]
    for hand in hands + integrators:
        hand.start()
    for hand in hands:
        hand.join()
    stop.set()
    for hand in integrators:
        hand.join()

    with database.store() as store:
        assert store.number() == 40 * writers
        lines = list(store.lines())
        assert [line[0] for line in lines] == list(range(40 * writers))
        for number in range(writers):
            assert [line[2] for line in lines if line[1] == f"agr-{number}"] == list(range(1, 41))


def test_a_group_that_was_broken_off_leaves_no_gap(store):
    head = grow(store, 1)
    with suppress(KeyboardInterrupt), store.together():
        commit(store, head)
        raise KeyboardInterrupt
    grow(store, 2, "agr-2", "bogor-lankaran")

    assert store.number() == 3
    assert [line[0] for line in store.lines()] == [0, 1, 2]


def test_a_text_that_is_no_utf_8_comes_out_with_its_bytes_escaped(database_file):
    """Only somebody else than this program can have written it, and whoever verifies has to see where."""
    with SqliteStore.open(database_file) as store:
        grow(store, 2)
        store._db.execute("DROP TRIGGER entry_never_changes")
        store._db.execute("UPDATE entry SET person = CAST(x'70ff' AS TEXT) WHERE seq = 2")

        assert [line[8] for line in store.lines()] == ["p1", "p\udcff"]
        with pytest.raises(AuditError, match="not UTF-8"):
            list(store.entries("agr-1"))

"""The log: when it signs, what it proves, and that it can be killed, forget what it kept, and grow over every border."""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from desk import Desk
from faults.harness import fork
from world import ORIGIN

from workflow import signing
from workflow.audit import LONG, MANY
from workflow.core.checkpoint import open_checkpoint
from workflow.core.merkle import check_consistency, leaf_hash, root
from workflow.core.proof import check_proof, parse_proof
from workflow.errors import InvalidInput, InvalidProof, LogRewritten, NotFound
from workflow.keys import KeyFile
from workflow.store.sqlite import SqliteStore
from workflow.verifier import verify


def opened(desk, signed):
    return open_checkpoint(signed.note, [desk.key.signer().key], signing.verify)[0]


def bodies(desk):
    return [line[4] for line in desk.store.lines()]


def test_a_checkpoint_is_over_all_that_is_committed(desk):
    desk.enter(3)
    desk.enter(2, "agr-1")

    found = opened(desk, desk.log.checkpoint())

    assert (found.origin, found.size, found.root) == (ORIGIN, 5, root([leaf_hash(body) for body in bodies(desk)]))
    assert desk.log.newest() == desk.store.newest().note


def test_nothing_new_is_not_signed_again(desk):
    desk.enter(3)

    assert desk.log.checkpoint() == desk.log.checkpoint()
    assert len(desk.store.signed()) == 1


def test_a_log_without_entries_can_be_signed(desk):
    assert opened(desk, desk.log.checkpoint()).size == 0


def test_a_checkpoint_is_due_when_enough_is_not_covered_or_for_long_enough(desk):
    assert not desk.log.due()
    desk.enter(1)
    desk.log.integrate()
    assert desk.log.due(), "nothing was ever signed"
    desk.log.checkpoint()
    assert not desk.log.due()
    desk.enter(1)
    desk.log.integrate()
    assert not desk.log.due(), "one entry, just now"
    desk.now = desk.now.replace("05:00:00", "05:00:59")
    assert not desk.log.due()
    desk.now = desk.now.replace("05:00:59", f"05:01:{LONG - 60:02d}")
    assert desk.log.due()
    desk.log.checkpoint()
    desk.enter(MANY - 1)
    desk.log.integrate()
    assert not desk.log.due()
    desk.enter(1)
    desk.log.integrate()
    assert desk.log.due()


def test_without_a_key_all_but_signing_works(desk):
    desk.enter(3)
    desk.log.checkpoint()
    desk.log.key = None

    assert desk.log.integrate() == 3
    assert desk.log.prove("sys", 2).place == 1
    with pytest.raises(InvalidInput, match="no key is set"):
        desk.log.checkpoint()
    desk.enter(1)
    with pytest.raises(InvalidInput, match="no key is set"):
        desk.log.prove("sys", 4)
    with pytest.raises(NotFound):
        desk.log.prove("sys", 5)


def test_the_proof_of_every_entry_is_accepted_by_both_checkers(desk, tmp_path, capsys):
    """Over a size with a kept subtree and a ragged edge."""
    desk.enter(200)
    desk.enter(100, "agr-1")
    desk.log.checkpoint()
    key = desk.key.signer().key

    for place, line in enumerate(desk.store.lines()):
        proof = desk.log.prove(*line[1:3])
        assert (proof.place, proof.body) == (place, line[4])
        assert check_proof(parse_proof(str(proof)), [key], signing.verify).size == 300
        with pytest.raises(InvalidProof):
            check_proof(proof, [key], signing.verify, proof.body + b" ")
        if place % 37 == 0:  # the other one takes its time: no library signs for it
            (tmp_path / "entry.tlog-proof").write_text(str(proof), encoding="utf-8")
            assert verify.main([str(tmp_path / "entry.tlog-proof"), "--key", key.text]) == 0
    assert "VERIFIED" in capsys.readouterr().out


def test_consistency_is_proved_between_any_two_sizes(desk):
    desk.enter(300)
    desk.log.integrate()
    leaves = [leaf_hash(body) for body in bodies(desk)]

    for old in (0, 1, 2, 127, 255, 256, 257, 299, 300):
        for new in (size for size in (1, 3, 256, 257, 300) if size >= old):
            check_consistency(old, new, desk.log.consistency(old, new), root(leaves[:old]), root(leaves[:new]))
    with pytest.raises(InvalidInput, match="300 entries"):
        desk.log.consistency(1, 301)


def test_kept_roots_that_are_missing_are_made_from_the_leaves(desk):
    desk.enter(600)
    expected = opened(desk, desk.log.checkpoint()).root
    connection = getattr(desk.store, "_db", None)
    (connection.execute if connection else desk.store._link._link.execute)("DELETE FROM node WHERE place = 0")

    assert desk.log.root(600) == expected
    assert desk.log.prove("sys", 3).place == 2


SIZES = sorted({border + step for border in (256, 512, 65_536, 65_792) for step in (-1, 0, 1)})


@pytest.fixture(scope="module")
def large():
    """A store of 66,000 entries that are nothing but a number: what the tree is made of is their leaves."""
    with SqliteStore.create_memory() as store:
        run = store._db.execute
        run("DROP TRIGGER entry_comes_next")
        store._db.executemany("INSERT INTO entry VALUES (?, 'sys', ?, ?, ?, '', '', '', '')", (
            (number, number, leaf_hash(b"%d" % number).hex(), b"%d" % number) for number in range(1, 66_001)))
        yield store


def grown(store, tmp_path, size):
    store._db.execute("DELETE FROM node")
    store._db.execute("UPDATE tree SET size = ?", (size,))
    return Desk(store, tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_grows_over_the_borders_of_what_is_kept(large, tmp_path, size, monkeypatch):
    desk = grown(large, tmp_path, 0)
    leaves = [leaf_hash(b"%d" % number) for number in range(1, size + 1)]
    monkeypatch.setattr("workflow.store.tree.NUMBER", f"UPDATE tree SET size = {size} WHERE ? > 0")  # as many as had come by then

    assert desk.log.integrate() == size
    assert [desk.store.kept(level) for level in (8, 16, 24)] == [size >> 8, size >> 16, 0]
    assert desk.log.root(size) == root(leaves)
    for old in (1, 255, size - 2):
        check_consistency(old, size, desk.log.consistency(old, size), root(leaves[:old]), root(leaves))


def test_a_kept_root_that_is_missing_does_not_stop_the_next_level(large, tmp_path, monkeypatch):
    desk = grown(large, tmp_path, 0)
    with monkeypatch.context() as patch:
        patch.setattr("workflow.store.tree.NUMBER", "UPDATE tree SET size = 65000 WHERE ? > 0")
        assert desk.log.integrate() == 65_000
    large._db.execute("DELETE FROM node WHERE level = 8 AND place = 7")

    assert desk.log.integrate() == 66_000
    assert desk.store.kept(16) == 1
    assert desk.log.root(66_000) == root([leaf_hash(b"%d" % number) for number in range(1, 66_001)])


def test_a_signer_that_was_killed_between_remembering_and_storing_signs_again(filed):
    filed.enter(5)

    def killed():
        with SqliteStore.open(filed.store.path) as store:
            filed.store = store
            store.sign = lambda _: os.kill(os.getpid(), signal.SIGKILL)
            filed.open().checkpoint()
    pid = fork(killed)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    assert filed.store.newest() is None
    assert filed.key.last()[0].size == 5
    assert opened(filed, filed.log.checkpoint()) == filed.key.last()[0]
    filed.enter(1)
    assert opened(filed, filed.log.checkpoint()).size == 6


def test_many_who_sign_at_once_sign_one_log(filed):
    """Each checkpoint continues the one before, whoever signed it."""
    def sign():
        with SqliteStore.open(filed.store.path) as store:
            filed.store = store
            for _ in range(20):
                filed.open().checkpoint()
    pids = [fork(sign) for _ in range(3)]
    filed.enter(120)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * 3
    filed.log.checkpoint()

    sizes = [opened(filed, signed).size for signed in filed.store.signed()]
    leaves = [leaf_hash(body) for body in bodies(filed)]
    assert sizes == sorted(sizes)
    assert all(opened(filed, signed).root == root(leaves[:signed.size]) for signed in filed.store.signed())
    assert filed.key.last()[0].size == sizes[-1] == 120


def test_an_old_copy_is_not_signed(filed, tmp_path):
    filed.enter(5)
    filed.log.checkpoint()
    filed.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = shutil.copy(filed.store.path, tmp_path / "backup.db")
    filed.enter(5)
    filed.log.checkpoint()

    with SqliteStore.open(str(backup)) as filed.store:
        with pytest.raises(LogRewritten, match="ROLLBACK: 10 entries were signed, 5 are here"):
            filed.open().checkpoint()
        filed.enter(1, "agr-1")
        with pytest.raises(LogRewritten) as refused:
            filed.open().checkpoint()
        assert (refused.value.kind, refused.value.signed, refused.value.found) == ("ROLLBACK", 10, 6)
        filed.enter(9, "agr-1")
        with pytest.raises(LogRewritten, match="FORK") as refused:
            filed.open().checkpoint()
    assert filed.key.last()[0].size == 10


def test_an_edited_log_is_not_signed(filed):
    filed.enter(5)
    filed.log.checkpoint()
    filed.store._db.execute("DROP TRIGGER entry_never_changes")
    filed.store._db.execute("UPDATE entry SET leaf = ? WHERE seq = 2", ("0" * 64,))
    filed.enter(1)

    with pytest.raises(LogRewritten, match="FORK: the first 5 entries"):
        filed.log.checkpoint()


def test_another_key_signs_beside(filed, tmp_path):
    filed.enter(3)
    other = KeyFile(str(tmp_path / "other.key"))
    other.create(ORIGIN)

    filed.log.also = [other]
    note = filed.log.checkpoint().note

    assert open_checkpoint(note, [filed.key.signer().key, other.signer().key], signing.verify)[1] == (filed.key.signer().key, other.signer().key)
    assert other.last()[1] == note

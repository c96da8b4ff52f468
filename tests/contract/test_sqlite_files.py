"""Files that cannot be used as they are: each is named, and the act that mends it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing

import pytest
from building import commit, new, start

from workflow.core.agreement import Effect
from workflow.errors import StoreBusy, StoreError, StoreNotReady
from workflow.store.migrations import current, upgrade
from workflow.store.sqlite import SqliteStore

LOI = ("loi",)


def absent(path):
    os.remove(path)


def a_folder(path):
    os.remove(path)
    os.mkdir(path)


def a_text(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("Kota Bogor dan 木更津市\n" * 100)


def empty(path):
    os.truncate(path, 0)


def of_another_program(path):
    os.remove(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmark (url TEXT)")


def with_another_id(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 42")


def of_revision(revision):
    def change(path):
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE schema_revision SET version_num = ?", (revision,))
    return change


def half_made(path):
    """Ours, but the migration never ended."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE schema_revision")


UNUSABLE = {
    "absent": (absent, "there is no database here", "mufakat init"),
    "a folder": (a_folder, "is a folder", "name the file in it"),
    "a text": (a_text, "is not a database", "name another file, then: mufakat init"),
    "empty": (empty, "is empty", "mufakat init"),
    "of another program": (of_another_program, "is the database of another program", "name another file, then: mufakat init"),
    "with another program's id": (with_another_id, "is the database of another program", "name another file, then: mufakat init"),
    "newer": (of_revision("0999"), "was written by a newer mufakat", "pip install --upgrade mufakat"),
    "older": (of_revision("0000"), "has schema 0000, this program needs", "mufakat db upgrade"),
    "half made": (half_made, "has schema none", "mufakat db upgrade"),
}


@pytest.mark.parametrize("read_only", [False, True], ids=["write", "read"])
@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_cannot_be_used_says_why_and_what_mends_it(database_file, kind, read_only):
    spoil, why, mend = UNUSABLE[kind]
    spoil(database_file)

    with pytest.raises(StoreNotReady) as caught:
        SqliteStore.open(database_file, read_only=read_only)

    assert caught.value.where == database_file
    assert caught.value.why.startswith(why)
    assert caught.value.mend == mend


@pytest.mark.parametrize("kind", ["a text", "of another program", "with another program's id", "newer"])
def test_upgrade_leaves_alone_what_is_not_ours_to_change(database_file, kind):
    UNUSABLE[kind][0](database_file)
    with open(database_file, "rb") as file:
        before = file.read()

    with pytest.raises(StoreNotReady):
        upgrade(database_file)

    with open(database_file, "rb") as file:
        assert file.read() == before


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_upgrade_makes_what_is_not_there(database_file, kind):
    UNUSABLE[kind][0](database_file)

    assert upgrade(database_file).found == ""
    assert current(database_file).found == current(database_file).newest
    with SqliteStore.open(database_file) as store:
        start(store)


def test_current_tells_when_there_is_nothing(tmp_path):
    with pytest.raises(StoreNotReady):
        current(str(tmp_path / "none.db"))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreNotReady) as caught:
        upgrade(str(tmp_path / "no" / "where.db"))

    assert "folder that exists" in caught.value.mend


def test_a_database_belongs_to_who_made_it(tmp_path):
    path = str(tmp_path / "a b%20?#.db")  # a name that a URI would take apart

    upgrade(path)
    with SqliteStore.open(path) as store:
        start(store)
        modes = {oct(os.stat(path + suffix).st_mode & 0o777) for suffix in ("", "-wal", "-shm")}

    assert modes == {"0o600"}


def test_what_is_opened_to_read_cannot_be_written(database_file):
    with SqliteStore.open(database_file) as store:
        head = start(store)

    with SqliteStore.open(database_file, read_only=True) as store:
        assert store.load("bogor-kisarazu").head == head
        with pytest.raises(StoreError) as caught:
            commit(store, head, new("row"))

    assert caught.value.why == "is read-only"
    assert "writable" in caught.value.mend


def test_a_database_that_another_process_writes_is_busy(database_file, child_environment):
    holder = ("import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('BEGIN IMMEDIATE'); "
              "print('held', flush=True); input()")
    with SqliteStore.open(database_file, timeout=0.05) as store:
        head = start(store)
        with subprocess.Popen([sys.executable, "-c", holder, database_file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "held\n"

            with pytest.raises(StoreBusy) as caught:
                commit(store, head, new("row"))
            assert store.load("agr-1").head == head  # readers read on
            process.stdin.close()

        assert "locked by another process" in caught.value.why
        assert commit(store, head, new("row")).cseq == 2


def test_a_full_disk_leaves_everything_as_it_was(database_file):
    with SqliteStore.open(database_file) as store:
        head = start(store)
        before = store.load("agr-1", history=True)
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StoreError) as caught:
            commit(store, head, *(new("activity", no=number, note="x" * 4000) for number in range(50)))

        assert caught.value.why == "the disk is full; nothing was written"
        assert "free some space" in caught.value.mend
        assert store.load("agr-1", history=True) == before
        store._db.execute("PRAGMA max_page_count = 1000000")
        assert commit(store, head, new("row")).cseq == 2


def test_a_damaged_file_is_named(database_file):
    with SqliteStore.open(database_file) as store:
        start(store, *(new("activity", no=number, note="x" * 500) for number in range(200)))
    with open(database_file, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (os.path.getsize(database_file) - 4096))

    with pytest.raises(StoreError) as caught, SqliteStore.open(database_file) as store:
        store.load("agr-1")

    assert "damaged" in caught.value.why
    assert "backup" in caught.value.mend


def test_a_store_that_was_closed_says_so(database_file):
    store = SqliteStore.open(database_file)
    store.close()

    with pytest.raises(StoreError):
        store.load("agr-1")


def test_an_auditor_reads_a_copy_in_a_folder_that_nobody_writes(medium):
    """SQLite cannot open a WAL database there; a copy without a WAL is read as it lies."""
    def look():
        with SqliteStore.open(medium, read_only=True) as store:
            return store.load("agr-1").agreement.ref

    assert unprivileged(look) == "bogor-kisarazu"


def test_an_unfinished_wal_is_not_read_over(medium):
    """What the WAL holds was committed: reading the file without it would show the past."""
    with open(medium + "-wal", "wb") as file:
        file.write(b"x")

    assert unprivileged(lambda: str(SqliteStore.open(medium, read_only=True))).startswith("StoreError")


def test_a_file_without_permission_cannot_be_written(medium):
    """Neither the file nor its folder."""
    os.chmod(os.path.dirname(medium), 0o777)

    def write():
        with SqliteStore.open(medium) as store:
            commit(store, store.load("agr-1").head, new("row"))

    assert unprivileged(write) == f"StoreError: {medium}: is read-only"


@pytest.fixture
def medium(database_file):
    """An office's database, closed, in a folder that everybody may enter and nobody may write in."""
    with SqliteStore.open(database_file) as store:
        start(store)
    folder = tempfile.mkdtemp()
    path = str(shutil.copy(database_file, folder))
    os.chmod(path, 0o444)
    os.chmod(folder, 0o555)
    yield path
    os.chmod(folder, 0o700)
    shutil.rmtree(folder)


def unprivileged(act, groups=()):
    """What an act returns, or the error it ends in, for somebody whom permissions stop (root becomes nobody, of these groups, in a child process)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups(groups)
                os.setegid(65_534)
                os.seteuid(65_534)
            told = str(act())
        except BaseException as error:  # noqa: BLE001  # the child must end here
            told = f"{type(error).__name__}: {error}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


ATTACKS = {
    "update": "UPDATE entry SET body = x'00' WHERE cseq = 1",
    "delete": "DELETE FROM entry WHERE cseq = 2",
    "replace by key": "INSERT OR REPLACE INTO entry ({all}) SELECT chain, cseq, leaf, x'00', {rest} FROM entry WHERE cseq = 1",
    "replace the last by key": "INSERT OR REPLACE INTO entry ({all}) SELECT chain, cseq, leaf, x'00', {rest} FROM entry WHERE cseq = 2",
    "replace by number": "INSERT OR REPLACE INTO entry (seq, {all}) SELECT 1, chain, 3, leaf, x'00', {rest} FROM entry WHERE cseq = 1",
    "a gap": "INSERT INTO entry ({all}) SELECT chain, 4, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "a second beginning": "INSERT INTO entry ({all}) SELECT chain, 0, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "an upsert": "INSERT INTO entry SELECT * FROM entry WHERE cseq = 1 ON CONFLICT DO UPDATE SET body = x'00'",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_entry_is_never_changed_deleted_replaced_nor_left_out(database_file, attack):
    with SqliteStore.open(database_file) as store:
        commit(store, start(store), Effect("instance", LOI, {"state": "signed"}))
        before = list(store.entries("agr-1"))
    rest = "recorded, act, instance, person"
    statement = ATTACKS[attack].format(rest=rest, all=f"chain, cseq, leaf, body, {rest}")

    with closing(sqlite3.connect(database_file)) as db, db, pytest.raises(sqlite3.IntegrityError):  # not even outside this program
        db.execute(statement)

    with SqliteStore.open(database_file) as store:
        assert list(store.entries("agr-1")) == before
        assert store.integrity() == ["bogor-kisarazu/loi: its definition is not in the database"]


@pytest.mark.parametrize(("sql", "found"), [
    ("DROP TRIGGER entry_never_goes", "trigger entry_never_goes is missing"),
    ("INSERT INTO entry SELECT 9, chain, 2, leaf, body, recorded, act, instance, person FROM entry", "journal: 2 entries, and the last has number 9"),
    ("DROP TRIGGER entry_comes_next; INSERT INTO entry SELECT 2, chain, 3, leaf, body, recorded, act, instance, person FROM entry",
     "chain agr-1: 2 entries, and the last has number 3"),
    ("DROP TRIGGER entry_never_goes; DELETE FROM entry", "bogor-kisarazu: nothing in the journal tells of it"),
    ("DELETE FROM instance", "requirement_row: a row refers to a instance that is not there"),
    ("PRAGMA journal_mode = DELETE", "journal mode is delete"),
])
def test_integrity_names_what_was_done_behind_its_back(database_file, sql, found):
    with SqliteStore.open(database_file) as store:
        start(store, new("row"))
    store = SqliteStore.open(database_file)
    with closing(sqlite3.connect(database_file)) as db, db:
        if "PRAGMA" in sql:
            store.close()
        db.executescript(sql)

    with SqliteStore.open(database_file, read_only=True) as looking:
        assert any(line.startswith(found) for line in looking.integrity())

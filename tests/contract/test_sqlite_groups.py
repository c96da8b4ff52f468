"""Several users of one machine share an office in a file: what is made of it is theirs all, whoever of them makes it; else it is one person's."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from hashlib import sha256

import pytest
from building import commit, new, start
from contract.test_sqlite_files import unprivileged

from workflow.documents import Documents
from workflow.errors import InvalidInput
from workflow.store.migrations import upgrade
from workflow.store.shares import group_number, is_shared, share_folder
from workflow.store.sqlite import SqliteStore

grp = pytest.importorskip("grp", reason="files belong to groups on POSIX")
ROOT = os.geteuid() == 0


@pytest.fixture
def group():
    """One that we are in, by preference not the one that our files have anyway."""
    others = [number for number in os.getgroups() if number != os.getegid()]
    return grp.getgrgid((others or [os.getegid()])[0]).gr_name


@pytest.fixture
def folder(group):
    """A folder that everybody may enter, and in it the group's."""
    outer = tempfile.mkdtemp()
    os.chmod(outer, 0o711)
    assert share_folder(f"{outer}/office", group)
    yield f"{outer}/office"
    shutil.rmtree(outer)


@pytest.fixture
def shared(folder, group):
    upgrade(f"{folder}/office.db", group=group)
    return f"{folder}/office.db"


def test_the_file_and_what_lies_beside_it_is_the_group_s(shared, group):
    with SqliteStore.open(shared) as store:
        start(store)
        found = [os.stat(shared + suffix) for suffix in ("", "-wal", "-shm")]

        assert {(oct(stat.S_IMODE(one.st_mode)), one.st_gid) for one in found} == {("0o660", group_number(group))}
        assert store.integrity() == ["bogor-kisarazu/loi: its definition is not in the database"]


def test_a_folder_is_shared_once(folder, group):
    assert is_shared(folder, group_number(group))
    assert not share_folder(folder, group)
    os.chmod(folder, 0o750)
    assert not is_shared(folder, group_number(group))


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_somebody_else_of_the_group_works_with_it_and_the_first_goes_on(shared, group):
    def work():
        with SqliteStore.open(shared) as store:
            return start(store).cseq

    assert unprivileged(work).startswith("Store")
    assert unprivileged(work, (group_number(group),)) == "1"
    with SqliteStore.open(shared) as store:
        assert commit(store, store.load("agr-1").head, new("row")).cseq == 2


def test_documents_in_a_folder_of_the_group_are_read_by_all_of_it(folder, tmp_path, group):
    paper = tmp_path / "letter.pdf"
    paper.write_bytes(b"letter")
    documents = Documents(folder)

    documents.keep(str(paper))

    kept = documents.path(sha256(b"letter").hexdigest())
    assert (stat.S_IMODE(os.stat(kept).st_mode), os.stat(kept).st_gid) == (0o440, group_number(group))
    assert is_shared(os.path.dirname(kept), group_number(group))


def test_documents_in_one_person_s_folder_are_theirs(tmp_path):
    paper = tmp_path / "letter.pdf"
    paper.write_bytes(b"letter")
    documents = Documents(str(tmp_path / "documents"))

    documents.keep(str(paper))

    kept = documents.path(sha256(b"letter").hexdigest())
    assert [stat.S_IMODE(os.stat(path).st_mode) & 0o077 for path in (kept, os.path.dirname(kept), documents.root)] == [0, 0, 0]


def test_an_existing_file_stays_whose_it_is(database_file, group):
    before = os.stat(database_file)

    upgrade(database_file, group=group)

    assert (os.stat(database_file).st_mode, os.stat(database_file).st_gid) == (before.st_mode, before.st_gid)


def test_a_group_that_is_not_there_is_refused_and_nothing_is_made(tmp_path):
    with pytest.raises(InvalidInput, match="there is no such group"):
        upgrade(str(tmp_path / "office.db"), group="tidak-ada")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not ROOT, reason="only root can become somebody who is in no group")
def test_who_is_not_in_the_group_cannot_give_a_file_to_it():
    place = tempfile.mkdtemp()
    os.chmod(place, 0o777)

    refused = unprivileged(lambda: upgrade(f"{place}/office.db", group=grp.getgrgid(0).gr_name))

    assert (refused[:12], os.listdir(place)) == ("InvalidInput", [])
    shutil.rmtree(place)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666, 0o661, 0o400])
def test_any_other_mode_is_a_finding(database_file, mode):
    with SqliteStore.open(database_file) as store:
        start(store)
        os.chmod(database_file, mode)

        assert f"office.db: its mode is {mode:o}, not 600 (one person) or 660 (a group, see mufakat init --group)" in store.integrity()

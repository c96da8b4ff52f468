"""An office moves to another database whole, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from world import World

from workflow.core.office import SYS
from workflow.core.recording import Fact
from workflow.core.replay import replay
from workflow.engine import Ask
from workflow.errors import AuditError, StoreError, StoreNotReady
from workflow.ports import Signed
from workflow.store import copying, open_store
from workflow.store.connection import attach
from workflow.store.migrations import upgrade


def facts(**typed):
    return [Fact(name, value) for name, value in typed.items()]


@pytest.fixture
def office(database_file, tmp_path):
    """The file of an office with two agreements, a calendar, documents, personal data, a request."""
    with open_store(database_file) as store:
        world = World(tmp_path, store).holidays()
        visit = world.start()
        world.engine.open(visit, "visit", Ask(facts=facts(direction="outbound", initiative="city", rationale="organic farming"), request="r1"))
        world.take(f"{visit}/visit", "screen")
        world.engine.record(f"{visit}/visit", Ask(facts=facts(delegation="Sari, Bima")))
        world.start("depok-osaki")
    return database_file


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    """The address of a database that is empty, with or without a schema."""
    return str(tmp_path / "copy.db") if request.param == "sqlite" else request.getfixturevalue("own_database_url")


def everything(address):
    with open_store(address, read_only=True) as store:
        chains = {ref: store.load(ref, history=True) for ref in store.refs()}
        entries = {chain: list(store.entries(chain)) for chain in (SYS, *(case.agreement.id for case in chains.values()))}
        return chains, entries, store.office(), store.calendar("ID"), store.pinned_all(), store.request("r1"), list(store.lines()), store.counts()


def nothing(address):
    upgrade(address)
    with open_store(address, read_only=True) as store:
        return not any(store.counts().values())


def test_a_copy_holds_the_same_and_its_journal_gives_it(office, target):
    counts = copying.copy(office, target)

    chains, entries, *_ = everything(target)
    assert everything(target) == everything(office)
    assert counts["entry"] == sum(map(len, entries.values())) > 5
    for case in chains.values():
        again = replay(entries[case.agreement.id])
        assert {table: again[table] for table in case.tables} == case.tables


def test_a_copy_has_the_same_log_and_what_was_signed_of_it(office, target):
    with open_store(office) as store:
        store.number(limit=4)
        store.sign(Signed(4, "2026-03-02T09:30:00.000000Z", "a note"))

    copying.copy(office, target)

    with open_store(office, read_only=True) as old, open_store(target) as new:
        assert (new.size(), list(new.lines()), new.signed()) == (4, list(old.lines()), old.signed())
        new.number()
        new.sign(Signed(new.size(), "2026-03-03T09:30:00.000000Z", "another note"))
        assert [signed.size for signed in new.signed()] == [4, new.counts()["entry"]]
        assert [line[0] for line in new.lines()] == list(range(new.size()))


def test_places_that_were_given_out_of_the_order_of_arrival_are_kept(own_database_url, tmp_path):
    upgrade(own_database_url)
    with open_store(own_database_url) as store, psycopg.connect(own_database_url, autocommit=True) as link:
        world = World(tmp_path, store)
        world.start("bogor-kisarazu")
        world.start("depok-osaki")
        link.execute("DELETE FROM pending; INSERT INTO numbered SELECT 2 - seq, seq FROM entry; UPDATE tree SET size = 2")
        before = list(store.lines())

    copying.copy(own_database_url, str(tmp_path / "copy.db"))

    with open_store(str(tmp_path / "copy.db"), read_only=True) as new:
        assert list(new.lines()) == before
        assert [line[0] for line in before] == [0, 1]


def test_a_copy_is_an_office_to_work_in(office, target, tmp_path):
    copying.copy(office, target)

    with open_store(target) as store:
        world = World(tmp_path, store)
        world.start("bogor-tainan")
        world.engine.activity("bogor-kisarazu", "exchange", Ask(occurred="2026-02-01"))
        assert store.integrity() == []
        assert store.counts()["pending"] == store.counts()["entry"]


def test_there_and_back_is_the_same_file(office, own_database_url, tmp_path):
    back = str(tmp_path / "back.db")

    copying.copy(office, own_database_url)
    copying.copy(own_database_url, back)

    assert everything(back) == everything(office)


def test_a_target_that_holds_something_is_left_alone(office, target):
    copying.copy(office, target)
    before = everything(target)

    with pytest.raises(StoreError, match="is not empty"):
        copying.copy(office, target)

    assert everything(target) == before


def test_a_source_that_is_not_there_leaves_the_target_untouched(tmp_path):
    with pytest.raises(StoreNotReady):
        copying.copy(str(tmp_path / "none.db"), str(tmp_path / "copy.db"))

    assert not os.path.exists(tmp_path / "copy.db")


TAMPERED = {
    "a row that no entry wrote": "UPDATE agreement SET title = 'Other' WHERE ref = 'depok-osaki'",
    "a row that was taken out": "DELETE FROM calendar_day WHERE calendar = 'ID' AND \"on\" LIKE '2026-03%'",
    "an entry's bytes": "DROP TRIGGER entry_never_changes; UPDATE entry SET body = CAST(replace(body, 'organic', 'general') AS BLOB) WHERE cseq = 2",
    "an entry's leaf": "DROP TRIGGER entry_never_changes; UPDATE entry SET leaf = '{}' WHERE cseq = 1".format("0" * 64),
    "an agreement that was taken out": "DELETE FROM agreement WHERE ref = 'depok-osaki'",
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_what_the_journal_does_not_give_is_not_copied(office, target, tampering):
    with closing(attach(office, mode="rw")) as db:
        db.executescript(TAMPERED[tampering])

    with pytest.raises(AuditError):
        copying.copy(office, target)

    assert nothing(target)


def test_a_copy_that_is_interrupted_leaves_the_target_empty(office, target, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(copying, "_verify", interrupted)

    with pytest.raises(KeyboardInterrupt):
        copying.copy(office, target)

    assert nothing(target)


def test_a_copy_that_is_killed_leaves_the_target_empty(office, target, child_environment):
    program = ("import sys, time; from workflow.store import copying\n"
               "copying._verify = lambda new: (print('copied', flush=True), time.sleep(60))\ncopying.copy(*sys.argv[1:])")
    with subprocess.Popen([sys.executable, "-c", program, office, target], env=child_environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "copied\n"
        process.send_signal(signal.SIGKILL)

    assert nothing(target)
    copying.copy(office, target)  # and nobody is locked out
    assert everything(target) == everything(office)


def test_a_medium_that_nobody_writes_can_be_copied(office, target, tmp_path):
    medium = str(shutil.copy(office, tmp_path / "medium.db"))
    os.chmod(medium, 0o444)

    copying.copy(medium, target)

    assert everything(target) == everything(office)

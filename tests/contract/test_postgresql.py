"""What holds for PostgreSQL alone: whose a database is, who waits for whom, what is written once, by which index rows are found."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import threading
import time
from contextlib import suppress

import psycopg
import pytest
from building import VALID, after, commit, new, of_the_tree, sealed, start
from postgres import ALONE

from workflow.core.agreement import Effect, Head
from workflow.errors import AgreementNotFound, InvalidInput, StoreBusy, StoreError, StoreNotReady
from workflow.ports import HeadMoved, Pinned
from workflow.store import open_store, shown
from workflow.store.migrations import current, upgrade
from workflow.store.postgresql import PostgresStore
from workflow.store.postgresql_link import MANY, Broken
from workflow.store.postgresql_schema import schema
from workflow.store.postgresql_statement import OFTEN
from workflow.store.reading import Reading
from workflow.store.schema import ddl
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, encode

LOI = ("loi",)


@pytest.fixture
def store(database_url):
    with PostgresStore.open(database_url) as opened:
        yield opened


@pytest.fixture
def admin(database_url):
    """Somebody else on the same database."""
    with psycopg.connect(database_url, autocommit=True) as link:
        yield link


def words(text):
    return re.sub(r"\s+", " ", text).strip()


def test_the_text_is_what_the_declaration_writes():
    """If not: python -m workflow.store.schema postgresql > workflow/store/schema_postgresql.sql"""
    assert words(schema()) == words(ddl("postgresql"))


def test_rows_read_back_equal_through_sqlmodel(store, database_url):
    start(store, *(new(table) for table in ("row", "document", "approval", "deadline", "activity", "message")))
    commit(store, Head("sys"), *(new(table) for table in OF_OFFICE))

    with Reading(database_url) as reading:
        for table in OF_AGREEMENT + OF_OFFICE:
            (found,) = reading.records(table)
            assert found == ("agr-1" if table in OF_AGREEMENT else "", VALID[table])
            assert encode(list(found[1])) == encode(list(VALID[table]))  # True is not 1


def test_reading_sees_one_moment_and_never_writes(store, database_url):
    with Reading(database_url) as reading:
        assert reading.records("agreement") == []
        start(store)
        assert reading.records("agreement") == []
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reading._session.connection().connection.driver_connection.execute("DELETE FROM agreement")


def test_the_same_change_gives_the_same_bytes_on_both(store, database_file):
    with open_store(database_file) as other:
        for one in (store, other):
            commit(one, start(one, new("deadline")), Effect("instance", LOI, {"state": "signed", "links": {"a": "木更津"}}),
                   entry={"details": (("0.note", b"\0\1salt", '"secret"'),)})

        assert list(store.entries("agr-1")) == list(other.entries("agr-1"))
        assert store.load("agr-1", history=True) == other.load("agr-1", history=True)


def empty(link):
    link.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def of_another_program(link):
    empty(link)
    link.execute("CREATE TABLE bookmark (url TEXT)")


def with_another_program_s_revision(link):
    link.execute("COMMENT ON TABLE schema_revision IS NULL")


def of_revision(revision):
    return lambda link: link.execute(f"UPDATE schema_revision SET version_num = '{revision}'")


UNUSABLE = {
    "empty": (empty, "is empty", "mufakat init"),
    "of another program": (of_another_program, "is the database of another program", "name another database, then: mufakat init"),
    "with another program's revision": (
        with_another_program_s_revision, "is the database of another program", "name another database, then: mufakat init"),
    "newer": (of_revision("0999"), "was written by a newer mufakat", "pip install --upgrade mufakat"),
    "older": (of_revision("0000"), "has schema 0000, this program needs", "mufakat db upgrade"),
}


@pytest.mark.parametrize("read_only", [False, True], ids=["write", "read"])
@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_database_that_cannot_be_used_says_why_and_what_mends_it(own_database_url, kind, read_only):
    spoil, why, mend = UNUSABLE[kind]
    with psycopg.connect(own_database_url, autocommit=True) as link:
        spoil(link)

    with pytest.raises(StoreNotReady) as caught:
        open_store(own_database_url, read_only=read_only)

    assert (caught.value.where, caught.value.mend) == (shown(own_database_url), mend)
    assert caught.value.why.startswith(why)


@pytest.mark.parametrize("kind", ["of another program", "with another program's revision", "newer"])
def test_upgrade_leaves_alone_what_is_not_ours_to_change(own_database_url, kind):
    with psycopg.connect(own_database_url, autocommit=True) as link:
        UNUSABLE[kind][0](link)

    with pytest.raises(StoreNotReady):
        upgrade(own_database_url)


def test_two_migrations_at_once_do_the_work_once(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as link:
        empty(link)

    both = [threading.Thread(target=upgrade, args=(own_database_url,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert current(own_database_url).found == current(own_database_url).newest
    with open_store(own_database_url) as store:
        start(store)


@pytest.mark.parametrize("change", [{"path": "/nowhere"}, {"query": "host=/nowhere"}, {"netloc": "someone@127.0.0.1:1", "query": ""}])
def test_a_server_that_is_not_there_is_named_at_once_and_without_the_password(database_url, change):
    from urllib.parse import urlsplit

    parts = urlsplit(database_url)
    address = parts._replace(netloc=parts.netloc.replace("@", ":secret@"))._replace(**change).geturl().replace("someone@", "someone:secret@")

    with pytest.raises(StoreNotReady) as caught:
        open_store(address)

    assert "cannot be reached" in str(caught.value)
    assert "secret" not in f"{caught.value} {caught.value.where} {caught.value.mend}"


@pytest.mark.parametrize(("address", "expected"), [
    ("office.db", "office.db"), ("postgresql://server/bogor", "postgresql://server/bogor"),
    ("postgresql://sari:secret@server:5433/bogor?sslmode=require", "postgresql://sari@server:5433/bogor?sslmode=require"),
    ("postgres://sari:se:c@ret@server/bogor", "postgres://sari@server/bogor"),
    ("postgresql:///bogor?host=/run&user=sari&password=secret", "postgresql:///bogor?host=/run&user=sari"),
])
def test_an_address_is_shown_without_its_password(address, expected):
    assert shown(address) == expected


def test_what_is_opened_to_read_cannot_be_written(store, database_url):
    head = start(store)

    with open_store(database_url, read_only=True) as reading:
        assert reading.load("bogor-kisarazu").head == head
        with pytest.raises(StoreError) as caught:
            commit(reading, head, new("row"))

    assert caught.value.why == "is read-only"


def test_a_chain_that_a_stranger_holds_is_busy_and_others_are_not(store, admin, database_url):
    head, other = start(store), start(store, id="agr-2", ref="depok-osaki")
    with PostgresStore.open(database_url, lock_timeout=0.1) as impatient:
        with admin.transaction():
            admin.execute("SELECT FROM head WHERE chain = 'agr-1' FOR UPDATE")

            with pytest.raises(StoreBusy):
                commit(impatient, head, new("row"))
            assert commit(impatient, other, new("row")).cseq == 2
            assert impatient.load("agr-1").head == head  # readers read on

        assert commit(impatient, head, new("row")).cseq == 2


def test_a_statement_that_takes_too_long_is_ended(store, admin, database_url):
    start(store)
    with PostgresStore.open(database_url, statement_timeout=0.1) as impatient, admin.transaction():
        admin.execute("LOCK TABLE agreement IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(StoreBusy):
            impatient.load("agr-1")


def test_a_nul_that_no_text_can_hold_is_bad_input(store):
    head = start(store)

    for act in (lambda: commit(store, head, Effect("agreement", (), {"title": "a\0b"})), lambda: store.person("a\0b"), lambda: store.load("a\0b")):
        with pytest.raises(InvalidInput):
            act()

    assert store.load("agr-1").head == head


def test_a_connection_that_was_cut_is_made_anew(store, admin):
    head = start(store)

    for turn in range(3):
        admin.execute(ALONE)
        if turn != 1:
            assert store.load("agr-1").head == head
            admin.execute(ALONE)
        head = commit(store, head, new("activity", no=turn))

    assert [entry.cseq for entry in store.entries("agr-1")] == [1, 2, 3, 4]
    assert len(store.load("agr-1", whole=True).tables["activity"]) == 3


@pytest.mark.parametrize("written", [True, False], ids=["after it was written", "before it was written"])
def test_a_write_whose_connection_broke_is_looked_up_and_done_once(store, written, monkeypatch):
    head, rows, broken = start(store), store._link.rows, []

    def breaks(sql, values=(), *, writes=False, named=False):
        if not writes or broken:
            return rows(sql, values, writes=writes, named=named)
        broken.append(sql)
        if written:
            rows(sql, values, writes=True)
        raise Broken("here", "the connection was lost", "")

    monkeypatch.setattr(store._link, "rows", breaks)
    assert commit(store, head, new("row")) == store.load("agr-1").head

    assert broken
    assert len(list(store.entries("agr-1"))) == 2
    assert len(store.load("agr-1").tables["row"]) == 1


def test_a_write_whose_connection_broke_and_that_lost_the_race_is_lost(store, database_url, monkeypatch):
    head, rows = start(store), store._link.rows

    def breaks(sql, values=(), *, writes=False, named=False):
        if writes:
            with PostgresStore.open(database_url) as rival:
                commit(rival, head, entry={"eid": "rival"})
            raise Broken("here", "the connection was lost", "")
        return rows(sql, values, writes=writes, named=named)

    monkeypatch.setattr(store._link, "rows", breaks)
    with pytest.raises(HeadMoved):
        commit(store, head, new("row"))

    assert not store.load("agr-1").tables["row"]


def test_a_write_that_goes_on_without_its_client_is_not_done_twice(store, admin):
    """The connection is cut while the server waits for a lock: the first attempt is carried out all the same, and the second finds it."""
    head, outcome = start(store), []
    cut = socket.socket(fileno=os.dup(store._link._link.fileno()))
    writer = threading.Thread(target=lambda: outcome.append(commit(store, head, new("row"))))
    with admin.transaction():
        admin.execute("SELECT FROM head WHERE chain = 'agr-1' FOR UPDATE")
        writer.start()
        waiting(admin, 1)
        cut.shutdown(socket.SHUT_RDWR)
        cut.close()
        waiting(admin, 2)
    writer.join()

    assert outcome == [store.load("agr-1").head]
    assert [entry.cseq for entry in store.entries("agr-1")] == [1, 2]


def waiting(link, count):
    """Wait until so many statements wait for a lock on this database (within a transaction what the view shows stands still)."""
    for _ in range(2000):
        link.execute("SELECT pg_stat_clear_snapshot()")
        (found,) = link.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").fetchone()
        if found == count:
            return
        time.sleep(0.005)
    raise AssertionError(f"{found} wait, not {count}")


def test_a_decision_is_one_statement_and_an_agreement_is_one(store, monkeypatch):
    head, asked, rows = start(store), [], store._link.rows
    monkeypatch.setattr(store._link, "rows", lambda *args, **more: (asked.append(args), rows(*args, **more))[1])

    case = store.load("bogor-kisarazu", whole=True)
    commit(store, case.head, Effect("instance", LOI, {"state": "signed"}), new("row"), new("deadline"), request=("r1", "d"),
           definitions=[Pinned("stage", "loi", 1, "h", "{}")])

    assert case.head == head
    assert len(asked) == 2


CHANGES = {
    "a row changed": [Effect("instance", LOI, {"state": "signed", "links": {"z": "1", "a": "木更津"}, "entered": (("signed", "2016-11-18"),)})],
    "new rows before and after": [new("instance", ref="a"), new("instance", ref="z"), new("row", name="a"),
                                  new("row", name="z", data={"z": [], "a": {}})],
    "a row made and changed": [new("row", name="a"), Effect("row", ("loi", "a", 1), {"status": "met", "data": {"b": True, "a": None}})],
    "a deadline's next revision": [Effect("deadline", ("loi", "answer", 1), {"status": "void", "wake_at": "", "provisional": True}),
                                   new("deadline", revision=2, nominal="2016-12-01")],
    "a revision that no longer counts": [new("deadline", revision=2), Effect("deadline", ("loi", "answer", 1), {"status": "void"})],
    "the agreement itself": [Effect("agreement", (), {"owner": "p2", "parties": [{"name": "木更津市", "country": "JP"}]})],
    "what is not read at once": [new("activity"), new("document"), Effect("message", VALID["message"][:6], {"state": "dead"})],
    "nothing": [],
}


def shown_in_order(case):
    """Everything that a decision could tell apart: the order of rows, True from 1, a tuple from a list."""
    return repr([case.head, *((table, list(case.tables[table].items())) for table in OF_AGREEMENT)])


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_known_of_an_agreement_is_what_somebody_else_reads(store, database_url, change):
    start(store, new("row"), new("deadline"), new("message"))

    for effects in (CHANGES[change], [effect for effect in CHANGES[change] if effect.key is not None]):  # on what was read, and on what followed
        commit(store, store.load("bogor-kisarazu").head, *effects)
        with PostgresStore.open(database_url) as fresh:
            assert shown_in_order(store.load("bogor-kisarazu")) == shown_in_order(fresh.load("bogor-kisarazu"))


def test_an_agreement_that_is_known_costs_its_head_alone(store, monkeypatch):
    start(store)
    case, asked, rows = store.load("bogor-kisarazu"), [], store._link.rows
    monkeypatch.setattr(store._link, "rows", lambda sql, *args, **more: (asked.append(sql), rows(sql, *args, **more))[1])

    assert store.load("bogor-kisarazu") == case
    head = commit(store, case.head, Effect("instance", LOI, {"state": "signed"}))
    assert store.load("agr-1").head == head

    assert len(asked) == 3
    assert {sql for sql in asked if "instance" in sql} == {asked[1]}


def test_what_somebody_else_changed_is_read_again(store, database_url):
    start(store)
    case = store.load("bogor-kisarazu")
    with PostgresStore.open(database_url) as other:
        commit(other, case.head, Effect("instance", LOI, {"state": "signed"}), Effect("agreement", (), {"ref": "other"}))

    with pytest.raises(AgreementNotFound):
        store.load("bogor-kisarazu")
    assert store.load("other").instance("loi").state == "signed"
    with pytest.raises(AgreementNotFound):
        store.load("bogor-kisarazu")


def test_what_was_undone_is_not_known(store):
    start(store)
    case = store.load("bogor-kisarazu")

    with suppress(InterruptedError), store.together():
        commit(store, case.head, Effect("instance", LOI, {"state": "signed"}))
        assert store.load("bogor-kisarazu").instance("loi").state == "signed"
        raise InterruptedError

    assert store.load("bogor-kisarazu") == case


STATEMENTS = {
    "in order": ("SELECT %s::text || ' 100%%', %s::bigint, %s::boolean, %s::bytea", ("a'木", -7, True, b"\0x")),
    "by name": ("SELECT %(b)s::text, %(a)s::bigint, %(b)s::text", {"a": 1, "b": "x"}),
    "without values": ("SELECT 'a', 2", ()),
    "with no row": ("SELECT 1 WHERE %s::bigint IS NULL", (1,)),
    "with nothing": ("SELECT %s::text, %s::bigint", (None, None)),
}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_statement_answers_the_same_however_often_it_is_met(store, admin, kind):
    sql, values = STATEMENTS[kind]

    expected = admin.execute(sql, values or None).fetchall()

    assert [store._link.rows(sql, values) for _ in range(3 * OFTEN)] == [expected] * 3 * OFTEN


def test_one_text_takes_values_of_every_type(store):
    for value in (1, None, 2**40, None, 3) * OFTEN:
        assert store._link.rows("SELECT %s::bigint AS value", (value,), named=True) == [{"value": value}]


def test_a_group_that_was_undone_leaves_its_statements_as_they_were(store):
    """The driver by itself would forget what was prepared, and the server with it."""
    start(store)

    for number in range(3 * OFTEN):
        case = store.load("agr-1")
        with suppress(InterruptedError), store.together():
            commit(store, case.head, Effect("instance", LOI, {"state": "signed"}))
            if number % 3 == 0:
                raise InterruptedError

    assert len(list(store.entries("agr-1"))) == 1 + 2 * OFTEN


def test_a_connection_keeps_a_bounded_number_of_statements(store):
    for number in range(2 * MANY):
        for _ in range(OFTEN + 1):
            assert store._link.rows(f"SELECT {number}") == [(number,)]

    assert store._link.rows("SELECT count(*) FROM pg_prepared_statements")[0][0] <= MANY


def test_a_pool_holds_no_group(database_url):
    """Each of its statements may have another connection: none of them could be undone with the others."""
    with PostgresStore.pooled(database_url, 2) as store:
        head = start(store)

        with pytest.raises(StoreError, match="over a pool"), store.together():
            commit(store, head, Effect("instance", LOI, {"state": "signed"}))

        assert store.load("bogor-kisarazu").head == head


def test_threads_share_a_pool(database_url):
    with PostgresStore.pooled(database_url, 4) as store:
        heads = [start(store, id=f"agr-{number}", ref=f"ref-{number}") for number in range(8)]

        def change(head):
            for turn in range(20):
                head = commit(store, head, new("activity", no=turn))

        threads = [threading.Thread(target=change, args=(head,)) for head in heads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [store.load(f"agr-{number}").head.cseq for number in range(8)] == [21] * 8
        assert store.counts()["pending"] == store.counts()["entry"] == 168


def test_the_server_sees_who_is_there(store, admin):
    (name,) = admin.execute("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                            ).fetchone()

    assert name == "mufakat"


def test_pending_is_in_order_within_each_chain_whoever_is_faster(store, database_url):
    heads = [start(store, id=f"agr-{number}", ref=f"ref-{number}") for number in range(4)]

    def change(head):
        with PostgresStore.open(database_url) as mine:
            for _ in range(15):
                head = commit(mine, head)

    threads = [threading.Thread(target=change, args=(head,)) for head in heads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    pending = [line[1:3] for line in store.lines()]
    for number in range(4):
        assert [cseq for chain, cseq in pending if chain == f"agr-{number}"] == list(range(1, 17))


ATTACKS = {
    "update": "UPDATE entry SET body = '\\x00' WHERE cseq = 1",
    "update nothing": "UPDATE entry SET body = body WHERE false",
    "delete": "DELETE FROM entry WHERE cseq = 2",
    "truncate": "TRUNCATE entry CASCADE",
    "a gap": "INSERT INTO entry ({all}) SELECT chain, 4, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "a second beginning": "INSERT INTO entry ({all}) SELECT chain, 0, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "a second of a number": "INSERT INTO entry ({all}) SELECT chain, 2, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "without a number": "INSERT INTO entry ({all}) SELECT chain, NULL, leaf, body, {rest} FROM entry WHERE cseq = 1",
    "another body": "INSERT INTO entry ({all}) SELECT chain, 3, leaf, '\\x00', {rest} FROM entry WHERE cseq = 1",
    "without a body": "INSERT INTO entry ({all}) SELECT chain, 3, leaf, NULL, {rest} FROM entry WHERE cseq = 1",
    "a body without end": "INSERT INTO entry ({all}) SELECT chain, 3, encode(sha256('\\x00' || long), 'hex'), long, {rest} FROM entry, "
                          "convert_to(repeat('x', 65536), 'UTF8') long WHERE cseq = 1",
    "an upsert": "INSERT INTO entry SELECT * FROM entry WHERE cseq = 1 ON CONFLICT (seq) DO UPDATE SET body = '\\x00'",
    "as a replica": "SET session_replication_role = replica; DELETE FROM entry",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_entry_is_never_changed_deleted_replaced_nor_left_out(store, admin, attack):
    commit(store, start(store), Effect("instance", LOI, {"state": "signed"}))
    before, rest = list(store.entries("agr-1")), "recorded, act, instance, person"

    with pytest.raises(psycopg.Error):
        admin.execute(ATTACKS[attack].format(rest=rest, all=f"chain, cseq, leaf, body, {rest}"))

    assert list(store.entries("agr-1")) == before
    assert store.integrity() == ["bogor-kisarazu/loi: its definition is not in the database"]


@pytest.mark.parametrize(("sql", "found"), [
    ("ALTER TABLE entry DISABLE TRIGGER entry_never_goes", "trigger entry_never_goes is missing"),
    ("UPDATE head SET cseq = 7", "chain agr-1: its head is not its last entry"),
    ("DELETE FROM head", "chain agr-1: its head is not its last entry"),
    ("ALTER TABLE entry DISABLE TRIGGER ALL; DELETE FROM entry", "bogor-kisarazu: nothing in the journal tells of it"),
    ("ALTER TABLE entry DISABLE TRIGGER ALL; DELETE FROM entry WHERE cseq = 1", "chain agr-1: 1 entries, and the last has number 2"),
])
def test_integrity_names_what_was_done_behind_its_back(own_database_url, sql, found):
    with open_store(own_database_url) as store, psycopg.connect(own_database_url, autocommit=True) as link:
        commit(store, start(store, new("row")))
        link.execute(sql)

        assert any(line.startswith(found) for line in store.integrity())


SMALL = {"beat", "person", "setting", "tree"}  # read whole: an office has dozens, one tree
DEFINITION = Pinned("stage", "loi", 1, "d" * 64, json.dumps({"state": {"drafting": {}}, "item": {"state": {"planned": {}}}}))


def daily_path(store):
    """Each thing that a command or the worker asks of the store, once."""
    head = start(store, *(new(table) for table in ("row", "document", "approval", "deadline", "activity", "message")), definitions=[DEFINITION])
    commit(store, head, Effect("agreement", (), {"title": "x"}), Effect("instance", LOI, {"state": "signed"}),
           Effect("row", ("loi", "home-affairs", 1), {"status": "met"}), Effect("document", (1,), {"stored": False}),
           Effect("approval", (1,), {"reason": "x"}), Effect("deadline", ("loi", "answer", 1), {"status": "met", "wake_at": ""}),
           Effect("activity", (1,), {"note": "x"}), entry={"details": (("0.note", b"salt", '"x"'),)}, request=("r1", "d"))
    commit(store, commit(store, Head("sys"), *(new(table) for table in OF_OFFICE)), Effect("person", ("p1",), {"active": False}),
           Effect("day", ("ID", "2026-03-20"), {"kind": "working"}), Effect("coverage", ("ID", 2026), {"status": "partial"}),
           Effect("setting", ("zone",), {"value": 1}))
    for kind in ({}, {"whole": True}, {"history": True}):
        tables = store.load("bogor-kisarazu", **kind).tables
        assert tables["document"], tables["activity"]
    store.request("r1")
    store.refs("bogor")
    store.refs("bogor-kisarazu/l")
    store.pinned("stage", "loi", 1, "d" * 64)
    store.office()
    store.person("siti")
    store.calendar("ID")
    list(store.entries("agr-1", after=1))
    store.entry("agr-1", 1)
    for filters in ({}, {"owner": "p1"}, {"track": "sister-city"}, {"stage": "loi"}, {"state": "signed"}, {"text": "x"}):
        store.listing(**filters)
    for filters in ({}, {"until": "2026-01-01"}, {"overdue": True}, {"owner": "p1"}, {"agreement": "agr-1"}):
        store.deadlines(**filters)
    store.stuck("2026-01-01")
    store.stuck("2026-01-01", owner="p1")
    store.due("2026-01-01T00:00:00Z")
    claims = store.claim("2026-01-01T00:00:00Z", "w1", 60)
    store.hand(claims)
    store.waiting(["agr-1"])
    store.release(claims)
    store.settle([], store.claim("2026-01-01T00:00:00Z", "w1", 60))
    store.parked()
    store.heartbeat("w1", "2026-01-01T00:00:00Z")
    store.beats()
    store.messages(unsent="2026-01-01T00:00:00Z")
    store.messages(agreement="bogor-kisarazu")
    of_the_tree(store)


@pytest.fixture(scope="module")
def untouched(postgres):
    """A database that nothing was deleted from or counted in yet: what the server knows of a table's size chooses between indexes too."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def plans(untouched):
    """Each statement that the daily path ran, with the nodes by which PostgreSQL would find its rows if it could not read whole tables."""
    asked = {}
    with PostgresStore.open(untouched) as store, psycopg.connect(untouched) as link, pytest.MonkeyPatch.context() as patch:
        rows = store._link.rows
        patch.setattr(store._link, "rows", lambda sql, values=(), **more: (asked.setdefault(sql, values), rows(sql, values, **more))[1])
        daily_path(store)
        link.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")
        cursor = psycopg.ClientCursor(link)
        return {sql: list(nodes(cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()[0][0]["Plan"])) for sql, values in asked.items()}


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def test_no_statement_of_the_daily_path_reads_a_whole_table(plans):
    scanned = {sql: {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"} - SMALL for sql, found in plans.items()}
    allowed = {sql: {"definition"} for sql in plans if "live" in sql}  # `stuck` reads the pinned definitions for their states

    assert len(plans) > 30
    assert {sql: found for sql, found in scanned.items() if found - allowed.get(sql, set())} == {}


def test_a_decision_finds_its_rows_by_their_keys_before_the_server_knows_its_tables(own_database_url, monkeypatch):
    """A plan that is made on a young database is kept by the connection that made it, however large the tables grow."""
    with PostgresStore.open(own_database_url) as store, psycopg.connect(own_database_url, autocommit=True) as link:
        for number in range(300):
            head = start(store, new("row"), id=f"agr-{number}", ref=f"ref-{number}")
        asked, rows = [], store._link.rows
        monkeypatch.setattr(store._link, "rows", lambda sql, values=(), **more: (asked.append((sql, values)), rows(sql, values, **more))[1])
        commit(store, head, Effect("instance", LOI, {"state": "signed"}), Effect("row", ("loi", "home-affairs", 1), {"status": "met"}))

        ((sql, values),) = asked
        plan = psycopg.ClientCursor(link).execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()[0][0]["Plan"]

    assert [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"] == []


def test_every_index_serves_the_question_it_was_made_for(plans, admin):
    used = {node["Index Name"] for node in itertools.chain.from_iterable(plans.values()) if "Index Name" in node}
    made = {name for (name,) in admin.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}

    assert made - used <= {"entry_key", "tree_key", "schema_revision_pkc", "definition_key", "head_key", "request_key", "setting_key"} | {
        f"{name}_key" for name in ("beat", "person", "calendar_day", "calendar_coverage")}


def test_the_nearest_deadlines_and_what_is_due_are_read_in_order(plans):
    """Without sorting: the first page costs the same however many there are."""
    narrowed = ("d.agreement = ", "a.owner = ")  # one agreement or one person's: few enough to sort
    pages = {sql: found for sql, found in plans.items() if re.search("^SELECT (a.ref, |agreement ).*FROM deadline .*LIMIT", sql)}
    pages = {sql: found for sql, found in pages.items() if not any(condition in sql for condition in narrowed)}

    assert len(pages) == 3
    assert not [sql for sql, found in pages.items() if any(node["Node Type"] == "Sort" for node in found)]


def test_the_head_after_an_entry_is_what_the_next_load_gives(store):
    head = start(store)
    entry = sealed(head)

    store.commit(head, entry, [])

    assert store.load("agr-1").head == after(entry)


def test_a_connection_that_is_cut_while_the_schema_is_looked_at_is_told_as_any_other(database_url, monkeypatch):
    """After patience: whoever opens a store lives through one cut as every later statement does."""
    monkeypatch.setattr("workflow.store.postgresql_link.PATIENCE", 0.3)
    monkeypatch.setattr("workflow.store.postgresql_schema.LOOK", "SELECT pg_terminate_backend(pg_backend_pid()), NULL, 0")

    with pytest.raises(StoreError, match="the connection was lost"):
        PostgresStore.open(database_url)

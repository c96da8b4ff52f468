"""A database of the first release grows into today's: nothing is lost, and it stands as if it had been made today."""

from __future__ import annotations

import re
from contextlib import closing

import psycopg
from building import VALID

from workflow.core.entry import leaf
from workflow.store import migrations
from workflow.store.connection import REVISION, attach
from workflow.store.migrations import scripts
from workflow.store.postgresql import PostgresStore
from workflow.store.sqlite import SqliteStore
from workflow.store.values import encode

AFTER = {"deadline": 5, "person": 4}  # fields that came with 0002
FUNCTIONS = "SELECT p.proname, p.prosrc FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace"
COLUMNS = ("SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default, ordinal_position "
           "FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 7")
CONSTRAINTS = ("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
               "WHERE connamespace = current_schema()::regnamespace")


def held(table):
    """A record of the first release as a row, and as it reads today."""
    record = VALID[table]
    old = record[: len(record) - AFTER[table]]
    return [encode(cell) if isinstance(cell, (list, dict)) else cell for cell in old], type(record)(*old)


def fill(run, mark):
    """What an office of the first release had: one agreement with a deadline, one person."""
    agreement = [encode(cell) if isinstance(cell, (list, dict)) else cell for cell in VALID["agreement"]]
    for table, cells in (("agreement", agreement), ("deadline", ["agr-1", *held("deadline")[0]]), ("person", held("person")[0])):
        run(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(cells))})", cells)
    run(f"INSERT INTO entry (chain, cseq, leaf, body, recorded, act, instance, person) VALUES ({', '.join([mark] * 8)})",
        ["agr-1", 1, leaf(b"{}"), b"{}", "2026-03-02T09:30:00.000000Z", "start", "", "p1"])


def check(store):
    case = store.load("bogor-kisarazu")
    assert list(case.tables["deadline"].values()) == [held("deadline")[1]]
    assert case.tables["message"] == {}
    assert store.person("p1") == held("person")[1]


def test_a_file_of_the_first_release_becomes_today_s(tmp_path):
    path = str(tmp_path / "office.db")
    with closing(attach(path, mode="rwc")) as db:
        db.executescript(scripts.text("0001.sql"))
        db.executescript("CREATE TABLE schema_revision (version_num VARCHAR(32) NOT NULL, CONSTRAINT schema_revision_pkc PRIMARY KEY (version_num));"
                         "INSERT INTO schema_revision VALUES ('0001')")
        fill(db.execute, "?")

    assert migrations.upgrade(path) == ("0001", REVISION)

    with SqliteStore.open(path) as store, SqliteStore.create_memory() as fresh:
        check(store)
        assert shape(store._db) == shape(fresh._db)
        assert store._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_server_s_database_of_the_first_release_becomes_today_s(postgres):
    url, fresh = postgres.database("template0"), postgres.shared()
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(scripts.text("0001_postgresql.sql"))
        link.execute("CREATE TABLE schema_revision (version_num VARCHAR(32) NOT NULL, CONSTRAINT schema_revision_pkc PRIMARY KEY (version_num));"
                     "INSERT INTO schema_revision VALUES ('0001'); COMMENT ON TABLE schema_revision IS 'mufakat';"
                     "INSERT INTO head VALUES ('agr-1', 0, '')")
        fill(link.execute, "%s")
        link.execute("UPDATE head SET cseq = 1")

        assert migrations.upgrade(url) == ("0001", REVISION)

        with PostgresStore.open(url) as store, psycopg.connect(fresh) as other:
            check(store)
            for question in (COLUMNS, CONSTRAINTS, FUNCTIONS):
                assert sorted(map(str, link.execute(question))) == sorted(map(str, other.execute(question)))
    postgres.drop(url)


REVISION_TABLE = ("CREATE TABLE schema_revision (version_num VARCHAR(32) NOT NULL, CONSTRAINT schema_revision_pkc PRIMARY KEY (version_num));"
                  "INSERT INTO schema_revision VALUES ('0002')")
DUE, OVER, LATER = "2026-03-02T02:00:00Z", "2026-03-02T02:10:00Z", "2026-03-02T05:00:00Z"


def hand(run, mark):
    """What was there when workers of the second schema were killed: two messages handed over in one digest, one in an older, one only claimed."""
    agreement = [encode(cell) if isinstance(cell, (list, dict)) else cell for cell in VALID["agreement"]]
    run(f"INSERT INTO agreement VALUES ({', '.join([mark] * len(agreement))})", agreement)
    for rung, recipient, send in (("-7d", "p1", "digest-1"), ("-1d", "p1", "digest-1"), ("-30d", "p1", "digest-0"), ("-7d", "p2", "")):
        message = VALID["message"]._replace(rung=rung, recipient=recipient, wake_at=DUE)
        run(f"INSERT INTO message VALUES ({', '.join([mark] * (len(message) + 1))})", ["agr-1", *message])
        run(f"INSERT INTO claim VALUES ({', '.join([mark] * 11)})", ["agr-1", *message[:6], "w1", 2, OVER, send])


def check_handed(store):
    """It may have left, so it is not sent under another key."""
    with store:
        found = {claim.recipient: claim for claim in store.claim(LATER, "w2", 600)}
    assert (found["p1"].send, found["p1"].attempt, len(found["p1"].messages)) == ("digest-1", 3, 3)
    assert {key[3] for agreement, key in found["p1"].messages if found["p1"].holds(agreement, key)} == {"-7d", "-1d"}
    assert found["p2"].send == ""


def test_a_file_remembers_what_was_being_handed_over(tmp_path):
    path = str(tmp_path / "office.db")
    with closing(attach(path, mode="rwc")) as db:
        db.executescript(f"{scripts.text('0001.sql')}{scripts.text('0002.sql')}{REVISION_TABLE}")
        hand(db.execute, "?")

    migrations.upgrade(path)

    check_handed(SqliteStore.open(path))


def test_a_server_s_database_remembers_what_was_being_handed_over(postgres):
    url = postgres.database("template0")
    with psycopg.connect(url, autocommit=True) as link:
        for script in (scripts.text("0001_postgresql.sql"), scripts.text("0002_postgresql.sql"), REVISION_TABLE):
            link.execute(script)
        link.execute("COMMENT ON TABLE schema_revision IS 'mufakat'")
        hand(link.execute, "%s")

    migrations.upgrade(url)

    check_handed(PostgresStore.open(url))
    postgres.drop(url)


def shape(db):
    return {(kind, name): re.sub(r"\s+", " ", sql or "") for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema")}

"""One schema, told three times: the declaration, the text that makes it, the migrations that grow into it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing

import pytest
import sqlmodel
from building import VALID, commit, new, start

from workflow.core.agreement import KEYS, RECORDS, Head
from workflow.core.entry import Sealed
from workflow.errors import StoreError, StoreNotReady
from workflow.store import migrations, statements
from workflow.store.columns import Base
from workflow.store.connection import PAGE, REVISION, attach, build, schema
from workflow.store.entries import COLUMNS
from workflow.store.reading import MODELS, Reading
from workflow.store.schema import ddl
from workflow.store.sqlite import SqliteStore
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, TABLES, encode

DECLARED = Base.metadata.tables
DAILY = ("workflow.store.sqlite", "workflow.ports", "workflow.store.listing", "workflow.store.journal")
HEAVY = ("sqlmodel", "sqlalchemy", "alembic", "pydantic", "typing_extensions", "asyncio", "logging", "inspect", "dataclasses", "decimal",
         "pathlib", "tempfile", "random")


def words(text):
    """Text without what SQLAlchemy's versions may lay out differently."""
    return re.sub(r"\s+", " ", re.sub(r"\s*([(),])\s*", r"\1", text)).strip()


def shape(db):
    return {(kind, name): words(sql or "") for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema")}


def test_the_text_is_what_the_declaration_writes():
    """If not: python -m workflow.store.schema > workflow/store/schema.sql"""
    assert words(schema()) == words(ddl())


def test_migrating_an_empty_file_gives_the_text_s_schema(database_file):
    with closing(attach(database_file, mode="ro")) as migrated, SqliteStore.create_memory() as built:
        assert shape(migrated) == shape(built._db)


def test_the_newest_migration_is_the_one_this_program_needs():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])

    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_page_is_small_whichever_way_the_file_was_made(database_file, tmp_path):
    """A change touches a few rows on a few pages, and every page goes to the disk whole."""
    built = str(tmp_path / "built.db")
    with closing(attach(built, mode="rwc")) as db:
        build(db)

    for path in (database_file, built):
        with closing(attach(path, mode="ro")) as db:
            assert db.execute("PRAGMA page_size").fetchone() == (PAGE,)


def test_migrating_twice_changes_nothing(database_file):
    with open(database_file, "rb") as file:
        before = file.read()

    assert migrations.upgrade(database_file) == (REVISION, REVISION)

    with open(database_file, "rb") as file:
        assert file.read() == before


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    path = str(tmp_path / "office.db")
    monkeypatch.setattr("workflow.store.migrations.scripts.text", lambda _name: schema() + "\nCREATE TABLE agreement (id TEXT);\n")

    with pytest.raises(StoreError):
        migrations.upgrade(path)

    with closing(attach(path, mode="ro")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def test_two_migrations_at_once_do_the_work_once(tmp_path, child_environment):
    path = str(tmp_path / "office.db")
    program = "import sys; from workflow.store.migrations import upgrade; upgrade(sys.argv[1])"

    both = [subprocess.Popen([sys.executable, "-c", program, path], env=child_environment) for _ in range(2)]

    assert [process.wait() for process in both] == [0, 0]
    assert migrations.current(path) == (REVISION, REVISION)


@pytest.mark.parametrize("table", OF_AGREEMENT + OF_OFFICE)
def test_a_table_has_the_columns_of_its_record_under_its_key(table):
    declared = DECLARED[TABLES[table]]
    scope = () if table in OF_OFFICE or table == "agreement" else ("agreement",)

    assert tuple(declared.columns.keys()) == (*scope, *RECORDS[table]._fields)
    assert tuple(declared.primary_key.columns.keys()) == (("id",) if table == "agreement" else (*scope, *KEYS[table]))


def test_an_entry_has_the_columns_of_what_was_sealed():
    assert tuple(DECLARED["entry"].columns.keys()) == ("seq", *COLUMNS)
    assert set(COLUMNS) < set(Sealed._fields)


def test_every_name_in_the_daily_sql_is_declared():
    """SQLite prepares each statement against the declared schema alone: an unknown table or column would be refused."""
    texts = [text for text in vars(statements).values() if isinstance(text, str) and re.match("SELECT|INSERT|UPDATE", text)]
    texts += [*statements.INSERT.values(), *statements.PARTS.values()]
    texts += [statements.update(table, RECORDS[table]._fields) for table in OF_AGREEMENT + OF_OFFICE]
    with closing(sqlmodel.create_engine("sqlite://").raw_connection()) as connection:
        connection.driver_connection.executescript(ddl())
        assert len(texts) > 50
        for text in texts:
            assert '"' not in re.sub(r'"[a-z0-9_]+"', "", text)
            names = {name for table in DECLARED.values() for name in table.columns.keys()}  # noqa: SIM118  # a column collection yields columns
            assert set(re.findall(r'"([a-z0-9_]+)"', text)) <= names
            connection.driver_connection.execute(f"EXPLAIN {text}", (None,) * text.count("?"))


def test_rows_read_back_equal_through_sqlmodel(database_file):
    with SqliteStore.open(database_file) as store:
        start(store, *(new(table) for table in ("row", "document", "approval", "deadline", "activity", "message")))
        commit(store, Head("sys"), *(new(table) for table in OF_OFFICE))

    with Reading(database_file) as reading:
        for table in OF_AGREEMENT + OF_OFFICE:
            (found,) = reading.records(table)
            assert found == ("agr-1" if table in OF_AGREEMENT else "", VALID[table])
            assert encode(list(found[1])) == encode(list(VALID[table]))  # True is not 1


def test_reading_narrows_by_agreement_and_by_column(database_file):
    with SqliteStore.open(database_file) as store:
        start(store, new("row"), new("row", name="audit", status="met"))
        start(store, new("row"), id="agr-2", ref="depok-osaki")

    with Reading(database_file) as reading:
        assert [(id, row.name) for id, row in reading.records("row")] == [("agr-1", "audit"), ("agr-1", "home-affairs"), ("agr-2", "home-affairs")]
        assert [row.name for _, row in reading.records("row", "agr-1", status="asked")] == ["home-affairs"]
        assert [row.ref for _, row in reading.records("agreement", "agr-2")] == ["depok-osaki"]


def test_reading_sees_one_moment_and_never_writes(database_file):
    with SqliteStore.open(database_file) as store, Reading(database_file) as reading:
        assert reading.records("agreement") == []
        start(store)
        assert reading.records("agreement") == []
        with pytest.raises(sqlmodel.create_engine("sqlite://").dialect.loaded_dbapi.OperationalError):
            reading._session.connection().connection.driver_connection.execute("DELETE FROM agreement")


def test_reading_refuses_what_opening_refuses(tmp_path):
    with pytest.raises(StoreNotReady), Reading(str(tmp_path / "none.db")):
        pass


def test_every_record_has_its_model():
    assert {table: model.__tablename__ for table, model in MODELS.items()} == TABLES


def test_the_daily_path_loads_no_toolkit(child_environment):
    program = f"import sys; import {', '.join(DAILY)}; print(' '.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], env=child_environment, capture_output=True, text=True, check=True).stdout.split()

    assert not [name for name in HEAVY if name in loaded]


def test_a_schema_is_built_as_text(tmp_path):
    """Without Alembic, and what is built can be migrated later: it says which revision it is."""
    path = str(tmp_path / "office.db")
    with closing(attach(path, mode="rwc")) as db:
        build(db)

    assert migrations.upgrade(path) == (REVISION, REVISION)
    with SqliteStore.open(path) as store:
        start(store)

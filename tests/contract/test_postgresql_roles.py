"""Who may do what on a PostgreSQL server: the app works, the auditor looks, nobody is the owner; what differs is told."""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
import pytest
from building import commit, new, start
from contract.test_postgresql import daily_path
from dispatch import Recorder, hire, worker
from flows.scenes import at_council
from world import ORIGIN, World

from workflow.audit import Log
from workflow.core.office import Person
from workflow.errors import InvalidInput, StoreError
from workflow.keys import KeyFile
from workflow.reminders import sweep
from workflow.store import open_store
from workflow.store.migrations import upgrade
from workflow.store.postgresql_roles import APP, PREFIX, STANDING, Compared, apply, compare, differences, named, script
from workflow.store.schema import Base

OWNER = Person("p1", "Dinar", "", "dinar@example.org", ["coordinator"], "id", "Asia/Jakarta")
NUMBERS = itertools.count(1)
CATALOGUE = ("SELECT (SELECT json_agg(row(relname, relowner, relacl) ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace), "
             "(SELECT json_agg(row(proname, proowner, proacl) ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace), "
             "(SELECT json_agg(row(tgname, tgenabled) ORDER BY oid) FROM pg_trigger), (SELECT json_agg(row(oid, nspowner, nspacl) ORDER BY oid) "
             "FROM pg_namespace), (SELECT row(datdba, datacl)::text FROM pg_database WHERE datname = current_database()), "
             "(SELECT json_agg(row(defaclrole, defaclnamespace, defaclobjtype, defaclacl) ORDER BY defaclobjtype) FROM pg_default_acl), "
             "(SELECT json_agg(r ORDER BY oid) FROM pg_roles r)")


@contextmanager
def names_of_their_own(postgres):
    """Names of roles that are nobody else's, gone afterwards."""
    names = named(f'te"st {os.getpid()}-{next(NUMBERS)}')
    yield names
    postgres.run(*(f"DROP ROLE IF EXISTS {quoted(name)}" for name in (*names, siti(names))))


@pytest.fixture
def own(postgres, own_database_url):
    """A database without roles that a test may do anything to, and names for them."""
    with names_of_their_own(postgres) as names:
        yield own_database_url, names
        postgres.drop(own_database_url)


@pytest.fixture(scope="module")
def governed(postgres):
    """A database that has its roles; a test changes nothing of them, or takes it back."""
    with names_of_their_own(postgres) as names:
        address = postgres.database()
        assert apply(address, prefix(names))
        with open_store(address) as store:
            commit(store, start(store, new("row"), new("document")), entry={"details": (("0.note", b"salt", '"x"'),)})
            store.number()
        yield address, names
        postgres.drop(address)


@pytest.fixture
def url(governed):
    return governed[0]


@pytest.fixture
def roles(governed):
    return governed[1]


@pytest.fixture
def undone(url):
    """A superuser's connection, whatever is done over which is undone."""
    with psycopg.connect(url) as link:
        yield link
        link.rollback()


@pytest.fixture
def app(url, roles):
    with psycopg.connect(as_role(url, roles.app), autocommit=True) as link:
        yield link


@pytest.fixture
def auditor(url, roles):
    with psycopg.connect(as_role(url, roles.auditor), autocommit=True) as link:
        yield link


def prefix(roles):
    return roles.owner.removesuffix("_owner")


def siti(roles):
    """Somebody who logs in."""
    return f"{prefix(roles)} siti"


def as_role(url, role):
    """The address for a session that has this role's rights and no others."""
    escaped = role.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"{url}{'&' if '?' in url else '?'}options={quote(f'-c role={escaped}')}"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def told(link):
    return [str(text) for text in compare(link).differences]


def test_every_table_has_its_rights_told():
    """A new table works for nobody before somebody decided what may be done with it."""
    assert set(APP) == {table.name for table in Base.metadata.sorted_tables} | {"schema_revision"}


def test_a_database_without_roles_says_so(own_database_url):
    assert differences(own_database_url) is None


def test_a_database_that_has_its_roles_differs_in_nothing(url, roles):
    assert differences(url) == Compared(prefix(roles), [])


def test_a_second_run_changes_nothing(url, roles, undone):
    before = undone.execute(CATALOGUE).fetchone()

    assert apply(url, prefix(roles)) == []
    for statement in script(url, prefix(roles)):
        undone.execute(statement)

    assert undone.execute(CATALOGUE).fetchone() == before


def test_nothing_is_done_where_one_statement_is_refused(own):
    """Somebody who may make roles, and owns nothing here."""
    address, roles = own
    with psycopg.connect(address, autocommit=True) as link:
        link.execute(f"CREATE ROLE {quoted(siti(roles))} CREATEROLE; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {quoted(siti(roles))}")
        before = link.execute(CATALOGUE).fetchone()

        with pytest.raises(StoreError, match="you may not do this"):
            apply(as_role(address, siti(roles)), prefix(roles))

        assert link.execute(CATALOGUE).fetchone() == before


@pytest.mark.parametrize("name", ["", "a\0b", "pg_x", "x" * 56, "木" * 19, "a$roles$b"])
def test_a_prefix_that_no_role_can_have_is_refused(own_database_url, name):
    for act in (script, apply):
        with pytest.raises(InvalidInput):
            act(own_database_url, name)


def test_the_prefix_of_one_office_is_not_another_s():
    assert len({*named(PREFIX), *named("bogor")}) == 6


def test_the_whole_daily_path_works_for_the_app(own, tmp_path):
    """From a beginning through a transition and a worker's round to a signed checkpoint."""
    address, roles = own
    apply(address, prefix(roles))
    with open_store(as_role(address, roles.app)) as store:
        world = World(tmp_path, store).holidays()
        hire(store, OWNER)
        mou = at_council(world)
        world.at("2026-04-28")
        assert sweep(store, world.engine, {OWNER.id: OWNER}).messages
        world.at("2026-04-29")
        mail = Recorder()
        worker(world, {"email": mail}).round()
        world.engine.activity("bogor-kisarazu", "A call")
        key = KeyFile(str(tmp_path / "key"))
        key.create(ORIGIN)
        signed = Log(store, ORIGIN, world.clock, key).checkpoint()

        assert mail.to == ["p1"]
        assert world.stage(mou).state == "at-council"
        assert signed.size == store.size() == store.counts()["entry"] > 5
        assert store.integrity() == []


def test_each_statement_that_a_store_has_works_for_the_app(own):
    address, roles = own
    apply(address, prefix(roles))

    with open_store(as_role(address, roles.app)) as store:
        daily_path(store)
        with store.together():
            store.forget("agr-1", [(2, "0.note")])

        assert store.entry("agr-1", 2).details == ()


PROTECTED = [f"{act.format(table=table)}" for table in STANDING for act in (
    "UPDATE {table} SET {table} = {table}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE", "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} ADD COLUMN x int", "DROP TABLE {table} CASCADE", "ALTER TABLE {table} OWNER TO current_user",
    "CREATE TRIGGER x BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE x AS ON INSERT TO {table} DO INSTEAD NOTHING")]
PROTECTED = [text.replace("SET entry = entry", "SET act = ''").replace("SET numbered = numbered", "SET seq = 1").replace(
    "SET checkpoint = checkpoint", "SET note = ''") for text in PROTECTED]
PROTECTED += [
    "SET session_replication_role = replica", "DROP TRIGGER entry_never_goes ON entry", "DROP FUNCTION entry_stands() CASCADE",
    "CREATE OR REPLACE FUNCTION entry_stands() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", "CREATE TABLE x (y int)",
    "CREATE TEMPORARY TABLE entry (chain text, cseq bigint)", "CREATE SCHEMA x", "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SELECT setval('entry_seq_seq', 1)", "DELETE FROM tree", "DELETE FROM agreement", "DELETE FROM head", "TRUNCATE pending",
    "UPDATE node SET hash = ''",
    "UPDATE schema_revision SET version_num = '0000'", "UPDATE audit_detail SET value = ''", "DROP SCHEMA public CASCADE",
    "COPY entry TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("text", PROTECTED)
def test_what_stands_is_out_of_reach_of_the_app(app, text):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(text)


def test_not_even_a_superuser_s_replica_gets_past_the_triggers(undone):
    """They are ENABLE ALWAYS: `session_replication_role` silences the others only."""
    undone.execute("SET LOCAL session_replication_role = replica")

    with pytest.raises(psycopg.errors.RaiseException):
        undone.execute("DELETE FROM entry")


def test_the_auditor_reads_what_happened(url, roles):
    with open_store(as_role(url, roles.auditor), read_only=True) as store:
        case = store.load("bogor-kisarazu", whole=True, history=True)
        assert (case.head.cseq, len(case.tables["document"])) == (2, 1)
        assert [entry.cseq for entry in store.entries("agr-1")] == [1, 2]
        assert store.entry("agr-1", 2).details
        assert (store.size(), store.kept(8), store.signed(), store.office().tables["person"]) == (2, 0, [], {})
        with store.moment():
            assert len(list(store.lines())) == 2
        assert store.counts()["entry"] == 2
        assert store.listing()
        assert store.integrity() == ["bogor-kisarazu/loi: its definition is not in the database"]


@pytest.mark.parametrize("table", sorted(APP))
def test_the_auditor_writes_nothing(auditor, table):
    for text in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"INSERT INTO {table} DEFAULT VALUES", f"SELECT FROM {table} FOR UPDATE"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute(text)


@pytest.mark.parametrize("table", ["claim", "beat"])
def test_machinery_is_nothing_to_an_auditor(auditor, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        auditor.execute(f"SELECT FROM {table}")


def test_somebody_who_is_nothing_here_does_not_even_come_in(roles, undone):
    def comes_in():
        return undone.execute("SELECT has_database_privilege(%s, current_database(), 'CONNECT')", (siti(roles),)).fetchone() == (True,)

    undone.execute(f"CREATE ROLE {quoted(siti(roles))} LOGIN")
    assert not comes_in()
    undone.execute(f"GRANT {quoted(roles.app)} TO {quoted(siti(roles))}")
    assert comes_in()
    assert told(undone) == []


DIFFERENT = {  # what somebody did -> what is told of it
    "ALTER ROLE {owner} LOGIN": "{owner} can log in, and could switch the triggers off",
    "ALTER ROLE {app} CREATEROLE": "{app} may do more on the server than a role of an office needs",
    "GRANT {owner} TO {app}": "{app} is a member of {owner}",
    "GRANT UPDATE ON entry TO {app}": "{app} holds UPDATE for table entry",
    "GRANT UPDATE (body) ON entry TO {app}": "{app} holds UPDATE for table entry",
    "GRANT TRIGGER ON numbered TO {app}": "{app} holds TRIGGER for table numbered",
    "GRANT SELECT ON claim TO {auditor}": "{auditor} holds SELECT for table claim",
    "GRANT pg_write_all_data TO {auditor}": "{auditor} holds DELETE for table checkpoint",
    "REVOKE INSERT ON entry FROM {app}": "{app} lacks INSERT for table entry",
    "REVOKE SELECT ON entry FROM {auditor}": "{auditor} lacks SELECT for table entry",
    "REVOKE USAGE ON SCHEMA public FROM {app}": "{app} lacks USAGE for schema public",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "PUBLIC holds CREATE for schema public",
    "GRANT SELECT ON person TO PUBLIC": "PUBLIC holds SELECT for table person",
    "GRANT EXECUTE ON FUNCTION entry_stands() TO PUBLIC": "PUBLIC holds EXECUTE for function entry_stands",
    "GRANT UPDATE ON SEQUENCE entry_seq_seq TO {app}": "{app} holds UPDATE for sequence entry_seq_seq",
    "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC": "PUBLIC holds TEMPORARY for database {plain}",
    "ALTER TABLE entry OWNER TO current_user": "the table entry belongs to",
    "ALTER SCHEMA public OWNER TO current_user": "the schema public belongs to",
    "CREATE TABLE x (y int)": "the table x belongs to",
    "ALTER TABLE entry DISABLE TRIGGER entry_never_goes": "the trigger entry_never_goes is missing, or can be got past",
    "ALTER TABLE entry ENABLE TRIGGER entry_never_goes": "the trigger entry_never_goes is missing, or can be got past",
    "DROP TRIGGER place_never_changes ON numbered": "the trigger place_never_changes is missing, or can be got past",
    "CREATE OR REPLACE FUNCTION entry_stands() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'":
        "the trigger entry_never_changes is not the one that guards the journal",
    "CREATE OR REPLACE TRIGGER entry_never_goes BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_stands(); "
    "ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_never_goes": "the trigger entry_never_goes is not the one that guards the journal",
    "CREATE TRIGGER quiet BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_stands()": "the trigger quiet is none of mufakat",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT ALL ON TABLES TO {app}":
        "tables that {owner} makes later do not get the rights that they should have",
    "CREATE ROLE {siti} LOGIN; GRANT DELETE ON entry TO {siti}": "{siti} holds DELETE for table entry",
    "CREATE ROLE {siti} LOGIN; GRANT {owner} TO {siti}": "{siti} holds UPDATE for table entry",
}


def done(link, roles, text):
    """Do what a superuser might; the names that stand in what is told of it."""
    plain = {**roles._asdict(), "siti": siti(roles), "plain": link.execute("SELECT current_database()").fetchone()[0]}
    link.execute(text.format(**{name: quoted(value) for name, value in plain.items()}, database=quoted(plain["plain"])))
    return plain


@pytest.mark.parametrize("text", DIFFERENT)
def test_what_differs_is_told(roles, undone, text):
    names = done(undone, roles, text)

    assert any(line.startswith(DIFFERENT[text].format(**names)) for line in told(undone)), told(undone)


@pytest.mark.parametrize("text", [text for text in DIFFERENT if not any(word in text for word in ("CREATE", "DROP", "{owner} TO", "pg_write"))])
def test_what_differs_is_put_right_by_setting_it_up_again(url, roles, undone, text):
    done(undone, roles, text)

    for statement in script(url, prefix(roles)):
        undone.execute(statement)

    assert told(undone) == []


def test_tables_that_a_later_version_makes_are_not_open(roles, undone):
    undone.execute(f"SET LOCAL ROLE {quoted(roles.owner)}; CREATE TABLE later (x int)")

    rights = undone.execute("SELECT privilege_type FROM pg_class, aclexplode(relacl) WHERE relname = 'later' AND grantee = to_regrole(%s)",
                            (quoted(roles.app),)).fetchall()

    assert sorted(row[0] for row in rights) == ["INSERT", "SELECT"]


def test_the_owner_upgrades(own):
    """The schema is made and changed by whoever acts as the owner; nothing of it needs a superuser."""
    address, roles = own
    apply(address, prefix(roles))
    with psycopg.connect(address, autocommit=True) as link:
        link.execute(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {quoted(roles.owner)}")

    upgrade(as_role(address, roles.owner))

    with psycopg.connect(address) as link:
        owners = link.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert owners == [(roles.owner,)]

"""Roles on a PostgreSQL server, from the prompt: the SQL is printed or run, doctor tells what differs, and every day's work goes on."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import psycopg
import pytest

from workflow.verifier import verify

START = "start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner me"
ROLES = [f"{prefix}_{part}" for prefix in ("kantor", "mufakat") for part in ("owner", "app", "auditor")]


@pytest.fixture
def governed(mufakat, postgres):
    """An office on a server; the roles that a test makes there are gone when it is over."""
    url = postgres.database()
    mufakat.environment |= {"MUFAKAT_DB": url, "MUFAKAT_DOCUMENTS": str(mufakat.folder / "documents")}
    mufakat.ok("init")
    yield mufakat
    postgres.drop(url)
    postgres.run(*(f"DROP ROLE IF EXISTS {role}" for role in ROLES))


def as_role(url, role):
    return f"{url}{'&' if urlsplit(url).query else '?'}options=-c%20role%3D{role}"


def rights(server):
    return [(row["level"], row["text"], row["fix"]) for row in json.loads(server("doctor -o json").stdout) if row["check"] == "rights"]


def test_the_sql_of_the_roles_is_printed_and_nothing_is_done(governed):
    printed = governed.ok("db roles --prefix kantor")

    assert printed.splitlines()[0] == "BEGIN;"
    assert 'GRANT SELECT ON "public"."schema_revision" TO "kantor_app";' in printed.splitlines()
    ((level, _, fix),) = rights(governed)
    assert (level, fix) == ("info", "mufakat db roles")


def test_what_is_printed_does_what_apply_does(governed):
    with psycopg.connect(governed.environment["MUFAKAT_DB"], autocommit=True) as link:
        link.execute(governed.ok("db roles --prefix kantor"))

    assert [level for level, _, _ in rights(governed)] == ["ok"]
    assert governed.json("db roles --prefix kantor --apply")["applied"] is False
    assert "nothing to do" in governed.ok("db roles --prefix kantor --apply")


def test_doctor_tells_what_differs_and_the_command_that_mends_it(governed):
    assert "mufakat_owner" in governed.ok("db roles --apply")
    with psycopg.connect(governed.environment["MUFAKAT_DB"], autocommit=True) as link:
        link.execute("GRANT DELETE ON entry TO mufakat_app")

    assert rights(governed) == [("fault", "mufakat_app holds DELETE for table entry, and should not", "mufakat db roles --prefix mufakat --apply")]
    assert governed("doctor").exit_code == 6
    governed.ok("db roles --apply")
    assert governed("doctor").exit_code == 0


def test_the_commands_of_every_day_work_for_the_app(governed):
    governed.ok("db roles --apply")
    governed.environment["MUFAKAT_DB"] = as_role(governed.environment["MUFAKAT_DB"], "mufakat_app")

    for line in (START, "open bogor-kisarazu loi exploration_positive=yes", "record bogor-kisarazu/loi place=Tokyo", "remind tick",
                 "activity bogor-kisarazu Call", "person add Dian --login dian --role legal", "agenda", "history bogor-kisarazu", "doctor"):
        governed.ok(line)


def test_an_auditor_reads_and_is_told_what_a_write_needs(governed):
    governed.ok("db roles --apply")
    governed.ok(START)
    governed.environment["MUFAKAT_DB"] = as_role(governed.environment["MUFAKAT_DB"], "mufakat_auditor")

    assert "bogor-kisarazu" in governed.ok("list") + governed.ok("history bogor-kisarazu")
    assert "you may not do this" in governed.error("activity bogor-kisarazu Call")["message"]


def test_an_auditor_verifies_all_of_it(governed):
    """With what their role may read: the log, what is on record, the personal details; and nothing has to be written for it."""
    governed.environment["MUFAKAT_KEY"] = str(governed.folder / "office.key")
    for line in ("audit key create", "db roles --apply", START, "person add Dian --login dian --role legal", "audit checkpoint"):
        governed.ok(line)
    key = governed.file("key.txt", governed.ok("audit key show"))
    governed.environment["MUFAKAT_DB"] = as_role(governed.environment["MUFAKAT_DB"], "mufakat_auditor")
    del governed.environment["MUFAKAT_KEY"]

    assert governed.json(f"audit verify --key {key} --state")["verdict"] == "VERIFIED"
    governed.ok("audit export home --personal")
    assert verify.main([str(governed.folder / "home"), "--key", key]) == 0


def test_a_file_has_no_roles(mufakat):
    mufakat.ok("init")

    assert "init --group" in mufakat.error("db roles")["message"]

"""The log of an office whose database is on a PostgreSQL server, its key in a file that is named."""

from __future__ import annotations

import psycopg
import pytest

START = "start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner me"


@pytest.fixture
def server(mufakat, own_database_url):
    """Somebody at a prompt with an empty database."""
    with psycopg.connect(own_database_url, autocommit=True) as link:
        link.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    mufakat.environment |= {"MUFAKAT_DB": own_database_url, "MUFAKAT_DOCUMENTS": str(mufakat.folder / "documents"),
                            "MUFAKAT_KEY": str(mufakat.folder / "server.key")}
    return mufakat


def typed(server, *lines):
    """What a person sees of some lines."""
    results = [server(line) for line in lines]
    assert [result.exit_code for result in results] == [0] * len(lines), [result.output for result in results]
    return "".join(result.output for result in results)


def test_the_log_of_a_server_is_signed_verified_exported_and_its_key_changed(server):
    paper = server.file("a.pdf")
    typed(server, "init", START, "open bogor-kisarazu loi exploration_positive=yes", f"record bogor-kisarazu/loi --document draft={paper}",
          "audit checkpoint")
    server.file("key.txt", server.ok("audit key show"))
    server.ok("audit pin --out pin.txt")

    seen = typed(server, "audit key rotate", "record bogor-kisarazu/loi place=Tokyo", "audit log", "audit log bogor-kisarazu --limit 1",
                 "audit show bogor-kisarazu#2", "audit prove bogor-kisarazu#3", "audit consistency 5 pin.txt",
                 "audit export home --documents --personal", "audit verify --key key.txt --pin pin.txt --state",
                 "audit verify --export home --key key.txt", "doctor")

    assert seen.count("VERIFIED") == 2
    assert server.json("audit log --limit 1")[0]["place"] == server.json("audit pin")["size"] - 1


def test_an_office_on_a_server_without_a_key_is_told_how_to_sign(server):
    del server.environment["MUFAKAT_KEY"]

    assert "mufakat audit key create" in typed(server, "init", START, "remind tick", "doctor")
    assert server("audit checkpoint").exit_code == 2


def test_a_pin_from_before_holds_after_copying_both_ways(server):
    url, file, back = server.environment["MUFAKAT_DB"], str(server.folder / "office.db"), str(server.folder / "back.db")
    typed(server, f"--db {file} init", f"--db {file} {START}", f"--db {file} audit checkpoint", f"--db {file} audit pin --out pin.txt")
    server.file("key.txt", server.ok(f"--db {file} audit key show"))
    typed(server, f"--db {file} open bogor-kisarazu loi exploration_positive=yes", f"db copy {file} {url}")

    check = "audit verify --key key.txt --pin pin.txt --state"
    assert server(check).stdout.startswith("VERIFIED")
    typed(server, "audit checkpoint", "audit pin --out later.txt", f"db copy {url} {back}")

    for db in (url, back):
        assert server(f"--db {db} {check} --pin later.txt").stdout.startswith("VERIFIED")
    typed(server, f"--db {back} record bogor-kisarazu/loi place=Tokyo", f"--db {back} audit checkpoint")
    assert server(f"--db {file} audit verify --key key.txt --pin later.txt").exit_code == 6


def test_an_auditor_who_may_only_read_takes_all_the_evidence_there_is(server, postgres):
    typed(server, "init", START, "db roles --prefix kantor --apply", "audit checkpoint", "audit pin --out pin.txt")
    server.file("key.txt", server.ok("audit key show"))
    url = server.environment["MUFAKAT_DB"]
    server.environment |= {"MUFAKAT_DB": f"{url}&options=-c%20role%3Dkantor_auditor", "MUFAKAT_KEY": str(server.folder / "nowhere.key")}
    try:
        seen = typed(server, "audit verify --key key.txt --pin pin.txt --state", "audit log", "audit log --late", "audit show bogor-kisarazu#1",
                     "audit prove bogor-kisarazu#1", "audit consistency 2 pin.txt", "audit pin", "audit export home",
                     "audit verify --export home --key key.txt", "history bogor-kisarazu", "show bogor-kisarazu --at today")
        refused = [server(line).exit_code for line in ("activity bogor-kisarazu call", "audit key rotate", "audit checkpoint")]
    finally:
        postgres.drop(url)
        postgres.run(*(f'DROP ROLE IF EXISTS "kantor_{part}"' for part in ("owner", "app", "auditor")))

    assert seen.count("VERIFIED") == 2
    assert 0 not in refused

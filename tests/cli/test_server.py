"""An office whose database is on a PostgreSQL server: the same commands, named by a URL."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest

START = "start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner me"


@pytest.fixture
def server(mufakat, own_database_url):
    """Somebody at a prompt with an empty database, its URL holding a password that nobody may ever see again."""
    with psycopg.connect(own_database_url, autocommit=True) as link:
        link.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    parts = urlsplit(own_database_url)
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    mufakat.environment["MUFAKAT_DB"] = parts._replace(netloc=f"{user}:tersembunyi@{parts.netloc.rpartition('@')[2]}").geturl()
    mufakat.environment["MUFAKAT_DOCUMENTS"] = str(mufakat.folder / "documents")
    return mufakat


def typed(server, *lines):
    """What a person sees of some lines, both streams."""
    results = [server(line) for line in lines]
    assert [result.exit_code for result in results] == [0] * len(lines), [result.output for result in results]
    return "".join(result.stdout + result.stderr for result in results)


def test_an_office_on_a_server_is_worked_with_as_one_in_a_file(server):
    paper = server.file("letter.pdf")
    seen = typed(server, "init", START, "open bogor-kisarazu loi exploration_positive=yes", f"record bogor-kisarazu/loi --document draft={paper}",
                 "show bogor-kisarazu/loi", "can bogor-kisarazu/loi", "list", "agenda", "deadline list", "history bogor-kisarazu", "db current",
                 "db upgrade", "config list", "config get db", "person list", "calendar show ID", "doctor")

    assert "tersembunyi" not in seen
    assert "Drafting" in seen
    assert server("doctor").exit_code == 0


def test_init_twice_changes_nothing(server):
    first = server.json("init")

    assert (first["created"], server.json("init")["created"]) == (True, False)
    assert "tersembunyi" not in first["db"]


def test_the_folder_for_documents_must_be_set(server):
    del server.environment["MUFAKAT_DOCUMENTS"]

    refused = server("init")

    assert refused.exit_code == 2
    assert "mufakat config set documents" in refused.stderr


def test_what_cannot_be_reached_is_said_without_the_password(server):
    server.environment["MUFAKAT_DB"] = "postgresql://sari:tersembunyi@127.0.0.1:1/bogor"

    for line in ("list", "list --debug", "init", "doctor", "db current", "list -o json"):
        result = server(line)
        assert result.exit_code != 0
        assert "tersembunyi" not in result.stdout + result.stderr
        assert "127.0.0.1" in result.stdout + result.stderr


def test_an_office_moves_to_a_server_and_back(server):
    url, file = server.environment["MUFAKAT_DB"], str(server.folder / "office.db")
    typed(server, f"--db {file} init", f"--db {file} {START}")

    there = server.json(f"db copy {file} {url}")
    seen = typed(server, f"db copy {url} {server.folder / 'back.db'}")

    assert "tersembunyi" not in seen + str(there)
    assert there["rows"]["agreement"] == 1
    histories = [server.json(f"--db {db} history bogor-kisarazu") for db in (file, url, server.folder / "back.db")]
    assert histories[0] == histories[1] == histories[2]
    assert server(f"db copy {file} {url}").exit_code == 1

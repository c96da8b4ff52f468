"""The databases that the contract holds for: a further adapter is one class and one line in DATABASES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workflow.store.postgresql import PostgresStore
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator


class SqliteFile:
    """A database that several connections, and processes, can open by its `address`."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.address = request.getfixturevalue("database_file")

    def store(self, **options: Any) -> SqliteStore:
        return SqliteStore.open(self.address, **options)


class Postgresql:
    """A database of its own on the session's server."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.address = request.getfixturevalue("database_url")

    def store(self, *, synchronous: str = "", **options: Any) -> PostgresStore:
        return PostgresStore.open(self.address, **options)


class SqliteMemory:
    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.address = ":memory:"

    def store(self) -> SqliteStore:
        return SqliteStore.create_memory()


DATABASES = {"sqlite-file": SqliteFile, "postgresql": Postgresql}
STORES = DATABASES | {"sqlite-memory": SqliteMemory}


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Any:
    """A fresh database that may be opened many times."""
    return DATABASES[request.param](request)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An open store on a fresh database."""
    with STORES[request.param](request).store() as opened:
        yield opened

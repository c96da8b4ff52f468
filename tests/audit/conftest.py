"""Logs to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk import Desk

from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """On either database."""
    if request.param == "sqlite":
        with SqliteStore.create_memory() as store:
            yield Desk(store, tmp_path)
        return
    from workflow.store.postgresql import PostgresStore

    with PostgresStore.open(request.getfixturevalue("database_url")) as store:
        yield Desk(store, tmp_path)


@pytest.fixture
def filed(database_file: str, tmp_path: Path) -> Iterator[Desk]:
    """In a file that other processes may open."""
    with SqliteStore.open(database_file, synchronous="OFF") as store:
        yield Desk(store, tmp_path)

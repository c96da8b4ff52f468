"""The offices that are put under fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults.harness import Office

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {"sqlite": "database_file", "postgresql": "database_url"}


@pytest.fixture(params=PLACES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    return Office(request.getfixturevalue(PLACES[request.param]), tmp_path)


@pytest.fixture
def on_server(database_url: str, tmp_path: Path) -> Office:
    return Office(database_url, tmp_path)


@pytest.fixture
def in_file(database_file: str, tmp_path: Path) -> Office:
    return Office(database_file, tmp_path)

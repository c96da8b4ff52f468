"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import workflow
from workflow.store.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres import Server

settings.register_profile("mufakat", deadline=None, derandomize=True, print_blob=True)  # the same examples on every machine, however slow
settings.load_profile("mufakat")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty office's database as the migrations make it: copied, never opened."""
    path = tmp_path_factory.mktemp("template") / "office.db"
    upgrade(str(path))
    return path


@pytest.fixture
def database_file(template: Path, tmp_path: Path) -> str:
    """The path of a fresh office's database."""
    return str(shutil.copy(template, tmp_path / "office.db"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; see `postgres.py`."""
    from postgres import Server

    server = Server()
    yield server
    server.close()


@pytest.fixture
def database_url(postgres: Server) -> str:
    """The address of an empty office's database on the server; nobody changes its schema."""
    return postgres.shared()


@pytest.fixture
def own_database_url(postgres: Server) -> Iterator[str]:
    """The address of an empty office's database that the test may do anything to."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def child_environment() -> dict[str, str]:
    """The environment in which a Python that a test starts finds this package and the builders."""
    folders = (os.path.dirname(os.path.dirname(workflow.__file__)), os.path.dirname(__file__))
    return os.environ | {"PYTHONPATH": os.pathsep.join(folders), "PYTHONDONTWRITEBYTECODE": "1"}

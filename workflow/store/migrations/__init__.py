"""
The schema's history, run by Alembic: `upgrade` for `init` and `db upgrade`, `current` for `db current`.

Each revision runs in one transaction that no other process can enter, so two of them started at once do the work once.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import Phrase, StoreNotReady
from workflow.store.connection import PAGE, REVISION, attach, problem, revision, write_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

OWNER_ONLY = 0o600


class Schema(NamedTuple):
    """The revision that a file has (empty: none yet) and the newest that this program knows."""

    found: str
    newest: str


def upgrade(path: str, *, mode: int = OWNER_ONLY) -> Schema:
    """
    Bring a database to the newest schema, creating the file (with these permissions) where there is none; the result tells what it had before.

    Raises:
        StoreNotReady: the file belongs to another program or to a newer version of this one.
    """
    _claim(path, mode)
    with closing(attach(path, mode="rw")) as db:
        before = Schema(revision(db, path) or "", REVISION)
        if before.found > REVISION:
            raise StoreNotReady(path, Phrase("was written by a newer mufakat (schema {found}, this one knows {known})", found=before.found,
                                             known=REVISION), "pip install --upgrade mufakat")
    if before.found == REVISION:
        return before
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", os.path.dirname(__file__).replace("%", "%%"))
    with _exclusive(path) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def current(path: str) -> Schema:
    """
    Which schema a database has, and which is the newest.

    Raises:
        StoreNotReady: there is no database, or it is not ours.
    """
    if not os.path.exists(path):
        raise StoreNotReady(path, "there is no database here", "mufakat init")
    with closing(attach(path, mode="ro")) as db:
        return Schema(revision(db, path) or "", REVISION)


def _claim(path: str, mode: int) -> None:
    """Make an empty file with the right permissions before SQLite makes one with the umask's; its WAL inherits them."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)
    except FileExistsError:
        return
    except OSError as error:
        raise StoreNotReady(path, Phrase("cannot be created ({why})", why=error.strerror),
                            "name a file in a folder that exists and that you may write in") from error
    os.fchmod(descriptor, mode)
    os.close(descriptor)


@contextmanager
def _exclusive(path: str) -> Iterator[Connection]:
    """A SQLAlchemy connection in one immediate transaction."""
    import sqlite3

    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    def made() -> sqlite3.Connection:
        db = attach(path, mode="rw")
        db.execute(f"PRAGMA page_size = {PAGE}")  # heeded while the file is empty
        write_ahead(db)
        return db

    engine = create_engine("sqlite://", creator=made, poolclass=NullPool)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise problem(path, error.orig) from error
        raise

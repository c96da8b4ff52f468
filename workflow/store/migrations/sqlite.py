"""Migrating a SQLite file."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from workflow.errors import Phrase, StoreNotReady
from workflow.store.connection import PAGE, attach, revision, write_ahead
from workflow.store.shares import OWNER_AND_GROUP, OWNER_ONLY, group_number, share
from workflow.store.toolkit import told

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy import Connection


class File:
    """A database in a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def claim(self, group: str) -> None:
        """Make an empty file with the right permissions before SQLite makes one with the umask's; its WAL inherits them."""
        number = group_number(group) if group else None
        try:
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY)
        except FileExistsError:
            return
        except OSError as error:
            raise StoreNotReady(self.path, Phrase("cannot be created ({why})", why=error.strerror),
                                "name a file in a folder that exists and that you may write in") from error
        os.close(descriptor)
        try:
            os.chmod(self.path, OWNER_ONLY)
            if number is not None:
                share(self.path, group, number, OWNER_AND_GROUP)
        except BaseException:
            os.unlink(self.path)
            raise

    def found(self) -> str:
        with closing(attach(self.path, mode="ro")) as db:
            return revision(db, self.path) or ""

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        def made() -> sqlite3.Connection:
            db = attach(self.path, mode="rw")
            db.execute(f"PRAGMA page_size = {PAGE}")  # heeded while the file is empty
            write_ahead(db)
            return db

        engine = create_engine("sqlite://", creator=made, poolclass=NullPool)
        with told(self.path), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")

"""Opening the database file: whose it is, which schema it has, and what each of the driver's errors means to a person."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from workflow.errors import AuditError, Phrase, StoreBusy, StoreError, StoreNotReady
from workflow.store.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflow.errors import WorkflowError

APPLICATION_ID = 0x4D554641  # "MUFA", in the file's header
REVISION = "0003"  # the newest of `migrations/versions`
REVISION_TABLE = "schema_revision"  # kept by Alembic
OLDEST_SQLITE = (3, 38, 0)  # STRICT tables and JSON functions
TIMEOUT = 10.0  # seconds to wait for another writer
ATTENTIVE = 0.25  # seconds that the driver waits without hearing a Ctrl-C
ILLEGIBLE = "Could not decode"  # how the driver says that a text is no UTF-8; it has no code for that
PAGE = 2048  # bytes: a change touches a few rows on a few pages, and every page goes to the disk whole
CHECKPOINT = 4096  # pages of the WAL (8 MB) before they are copied into the file: what is written often is copied once


def connect(path: str, *, read_only: bool = False, timeout: float = TIMEOUT, synchronous: str = "FULL") -> sqlite3.Connection:
    """
    A connection to a database that is ours and has this program's schema.

    Raises:
        StoreNotReady: absent, foreign, older or newer; `mend` says what helps.
    """
    if not os.path.exists(path):
        raise StoreNotReady(path, "there is no database here", "mufakat init")
    if os.path.isdir(path):
        raise StoreNotReady(path, "is a folder, not a database", "name the file in it")
    db = attach(path, mode="ro" if read_only else "rw", timeout=timeout)
    try:
        examine(db, path)
        if not read_only:
            write_ahead(db)
            db.execute(f"PRAGMA synchronous = {synchronous}")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
    except sqlite3.Error as error:
        db.close()
        raise problem(path, error) from error
    except BaseException:
        db.close()
        raise
    return db


def attach(path: str, *, mode: str, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """
    A bare connection, in autocommit (`mode`: ro, rw, rwc).

    A database in WAL mode can only be read where its folder may be written to; on a medium that nobody writes (a CD, a mounted copy)
    it is read as it lies.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        found, needed = sqlite3.sqlite_version, ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(path, Phrase("SQLite {found} is too old, {needed} is needed", found=found, needed=needed), "run mufakat on a newer Python")
    name = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    address = f"file:{name}?mode={mode}"
    try:
        db = sqlite3.connect(address, timeout=timeout, isolation_level=None, uri=True, cached_statements=256)
    except sqlite3.Error as error:
        raise problem(path, error) from error
    if mode != "ro":
        return db
    try:
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        wal = path + "-wal"
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and not (os.path.exists(wal) and os.path.getsize(wal)):
            db.close()
            return sqlite3.connect(address + "&immutable=1", isolation_level=None, uri=True, cached_statements=256)
    except sqlite3.Error:
        pass  # whoever looks first will meet it again and name it
    return db


def write_ahead(db: sqlite3.Connection, timeout: float = TIMEOUT) -> None:
    """Put a file in WAL mode; where another process is doing the same, SQLite itself would not wait for it."""
    patience = time.monotonic() + timeout
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.02)
        else:
            return


def examine(db: sqlite3.Connection, path: str) -> None:
    """
    Refuse a file that is not ours or has another schema.

    Raises:
        StoreNotReady: with what helps.
    """
    found = revision(db, path)
    if found is None:
        raise StoreNotReady(path, "is empty", "mufakat init")
    if found < REVISION:
        raise StoreNotReady(path, Phrase("has schema {found}, this program needs {needed}", found=found or Phrase("none"), needed=REVISION),
                            "mufakat db upgrade")
    if found > REVISION:
        raise StoreNotReady(path, Phrase("was written by a newer mufakat (schema {found}, this one knows {known})", found=found, known=REVISION),
                            "pip install --upgrade mufakat")


def revision(db: sqlite3.Connection, path: str) -> str | None:
    """
    The schema of a file: empty where ours has none yet, None for a file without any table.

    Raises:
        StoreNotReady: the file belongs to another application, or is no database.
    """
    try:
        (application,) = db.execute("PRAGMA application_id").fetchone()
        if application == APPLICATION_ID:
            row = db.execute(f"SELECT version_num FROM {REVISION_TABLE}").fetchone()
            return str(row[0]) if row else ""
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise problem(path, error) from error
    except sqlite3.Error as error:
        raise problem(path, error) from error
    if tables or application:
        raise StoreNotReady(path, "is the database of another program", "name another file, then: mufakat init")
    return None


def problem(path: str, error: sqlite3.Error) -> WorkflowError:
    """What one of the driver's errors means, and what mends it."""
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(path, "is locked by another process", "wait for it to end (who holds it: lsof), then try again")
    if primary == sqlite3.SQLITE_READONLY:
        return StoreError(path, "is read-only", Phrase("make the file and its folder writable for you, or work on a copy: cp {path} DIR", path=path))
    if primary == sqlite3.SQLITE_FULL:
        return StoreError(path, "the disk is full; nothing was written", "free some space, then try again")
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreError(path, "cannot be opened", "check that you may read the file and write in its folder")
    if primary == sqlite3.SQLITE_NOTADB:
        return StoreNotReady(path, "is not a database", "name another file, then: mufakat init")
    if primary == sqlite3.SQLITE_CORRUPT:
        return StoreError(path, Phrase("is damaged ({fault})", fault=error), "restore the last backup; what is left: mufakat doctor")
    if primary == sqlite3.SQLITE_IOERR:
        return StoreError(path, Phrase("cannot be read or written ({fault})", fault=error), "check the disk, then: mufakat doctor")
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return StoreError(path, Phrase("refused the change: {fault}", fault=error),
                          "this is a fault of mufakat; report it with the command that you typed")
    if str(error).startswith(ILLEGIBLE):
        return AuditError(Phrase("a text in the database is not UTF-8, so nobody wrote it with this program ({fault})", fault=error))
    return StoreError(path, str(error), "mufakat doctor")


def build(db: sqlite3.Connection) -> None:
    """Create the schema in an empty database, as the migrations would, without Alembic."""
    db.execute(f"PRAGMA page_size = {PAGE}")
    db.executescript(schema())
    db.execute(f"CREATE TABLE {REVISION_TABLE} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {REVISION_TABLE}_pkc PRIMARY KEY (version_num))")
    db.execute(f"INSERT INTO {REVISION_TABLE} VALUES (?)", (REVISION,))


def schema() -> str:
    """The text of `schema.sql`."""
    with open(os.path.join(os.path.dirname(__file__), "schema.sql"), encoding="utf-8") as file:
        return file.read()


class Connected(Groups):
    """One connection and its plain reads; the driver's errors come out as ours."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        self._db, self.path, self.patience = db, path, TIMEOUT

    def _begin(self) -> None:
        """Take the one writer's lock. The wait is cut into short ones: a Ctrl-C is heard between them."""
        until = monotonic() + self.patience
        while True:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= until:
                    raise
            else:
                return

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """One transaction, the writer's lock taken first."""
        self._alone()
        try:
            self._begin()
            yield self._db.execute
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _one(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        try:
            return self._db.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _dicts(self, sql: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> Iterator[dict[str, Any]]:
        try:
            cursor = self._db.execute(sql, values)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in rows)

"""
The way to a PostgreSQL server: one connection or a pool of them, each statement a transaction of its own.

A connection that breaks is made anew, with growing pauses, and what only reads is asked again. Whether a write that broke was carried out
nobody knows: that is told as `Broken`, and whoever wrote looks it up. What each of the driver's errors means to a person stands in `problem`.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from workflow.errors import InvalidInput, Phrase, StoreBusy, StoreError, StoreNotReady
from workflow.store import shown

try:
    import psycopg
    from psycopg.rows import dict_row, tuple_row
    from psycopg.types.numeric import Int8Dumper

    from workflow.store.postgresql_statement import Statement
except ImportError as missing:
    raise StoreNotReady("postgresql", Phrase("the driver is not installed ({fault})", fault=missing), "pip install 'mufakat[postgres]'") from missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg_pool import ConnectionPool

    from workflow.errors import WorkflowError

    Connection = psycopg.Connection[Any]

OLDEST = 150_000  # PostgreSQL 15
STATEMENT_TIMEOUT, LOCK_TIMEOUT = 60.0, 10.0  # seconds
PATIENCE = 15.0  # seconds in which a server may come back
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between attempts; the last from then on
MANY = 100  # statements that are kept, and prepared if they are met often
STARTING = ("57P03",)  # cannot connect now
REPEATABLE = psycopg.IsolationLevel.REPEATABLE_READ
GONE = ("08", "57P")  # the connection failed; an operator ended it
SETUP = ("SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false), set_config('jit', 'off', false), "
         "set_config('default_transaction_read_only', %s, false), current_setting('server_version_num')::int, current_setting('server_encoding')")
REACH = Phrase("check the address and that the server runs; a password comes from PGPASSWORD or ~/.pgpass")


class Broken(StoreError):
    """The connection was lost while a statement ran; what became of it is not known."""


def connect(address: str, *, read_only: bool = False, statement_timeout: float = STATEMENT_TIMEOUT, lock_timeout: float = LOCK_TIMEOUT,
            away: bool = False) -> Connection:
    """
    A connection in autocommit, its time-outs set. A server that is just starting is waited for; one that is `away`, because it was there.

    Raises:
        StoreNotReady: there is no such server or database, or it is too old.
    """
    where = shown(address)
    for pause in _pauses(PATIENCE):
        link = None
        try:
            link = psycopg.connect(address, autocommit=True, fallback_application_name="mufakat", client_encoding="utf8", connect_timeout=10)
            set_up(link, where, read_only=read_only, statement_timeout=statement_timeout, lock_timeout=lock_timeout)
        except BaseException as error:
            if link is not None:
                link.close()
            if not isinstance(error, psycopg.Error):
                raise
            cut = link is not None and _lost(error)  # it stood, and went while it was set up
            if pause is None or not (cut or (link is None and (away or _starting(error)))):
                raise _unreachable(where, error, link) from error
        else:
            return link
        time.sleep(pause)
    raise AssertionError  # the last pause is None


def _starting(error: psycopg.Error) -> bool:
    """Whether a server says that it is coming up or going down; before a connection stands, the driver has only its words."""
    return error.sqlstate in STARTING or any(words in str(error) for words in ("starting up", "shutting down"))


def _unreachable(where: str, error: psycopg.Error, link: Connection | None) -> WorkflowError:
    if link is not None:
        return problem(where, error)
    return StoreNotReady(where, Phrase("cannot be reached ({fault})", fault=_line(error)), REACH)


def set_up(link: Connection, where: str, *, read_only: bool, statement_timeout: float, lock_timeout: float) -> None:
    """
    Give a new connection its time-outs; every number is sent as one type, so that a statement is prepared once.

    Raises:
        StoreNotReady: the server is too old, or its texts are not Unicode.
    """
    link.adapters.register_dumper(int, Int8Dumper)
    limits = (f"{statement_timeout * 1000:.0f}", f"{lock_timeout * 1000:.0f}", "on" if read_only else "off")
    *_, version, encoding = link.execute(SETUP, limits).fetchall()[0]
    if version < OLDEST:
        raise StoreNotReady(where, Phrase("PostgreSQL {found} is too old, {needed} is needed", found=version // 10_000, needed=OLDEST // 10_000),
                            "use a newer server")
    if encoding != "UTF8":
        raise StoreNotReady(where, Phrase("its texts are {encoding}, not UTF-8", encoding=encoding),
                            "make a new one: createdb --encoding=UTF8 --template=template0 NAME")


class Link:
    """One connection, made anew when it breaks; or a pool of them, for several threads."""

    _link: Connection | None

    def __init__(self, address: str, source: Connection | ConnectionPool[Any], options: Mapping[str, Any] | None = None) -> None:
        self.address, self.where = address, shown(address)
        self._options, self._open = options or {}, True
        self._statements: dict[str, Statement] = {}
        self._pool = None if isinstance(source, psycopg.Connection) else source
        self._hold(source if isinstance(source, psycopg.Connection) else None)

    def rows(self, sql: str, values: Sequence[Any] | dict[str, Any] = (), *, writes: bool = False, named: bool = False) -> list[Any]:
        """
        The rows of one statement, as tuples or (`named`) as dicts.

        Raises:
            Broken: the connection was lost while a statement that `writes` ran.
        """
        if self._link is not None:
            try:
                return self._statement(self._link, sql).rows(values, named=named)
            except psycopg.Error as error:
                self._lose(error, self._link, tell=writes)
        for pause in _pauses(PATIENCE):
            with self._connection() as link:
                try:
                    return link.cursor(row_factory=dict_row if named else tuple_row).execute(sql, values).fetchall()
                except psycopg.Error as error:
                    self._lose(error, link, tell=writes or pause is None)
            time.sleep(pause or 0)
        raise AssertionError  # the last pause is None

    @contextmanager
    def transaction(self, *, one_moment: bool = False) -> Iterator[None]:
        """
        One transaction (inside another: a savepoint) on the one connection. `one_moment`: it only reads, and every read sees the same moment.

        Raises:
            StoreError: over a pool, where each statement may have another connection.
        """
        if self._pool is not None:
            raise StoreError(self.where, "commits are not held together over a pool of connections", "open a store of its own for them")
        with self._connection() as link:
            if one_moment:
                link.isolation_level, link.read_only = REPEATABLE, True
            try:
                with link.transaction():
                    yield
            finally:
                if one_moment and not link.closed:
                    link.isolation_level = link.read_only = None

    def close(self) -> None:
        self._open = False
        if self._link is not None:
            self._link.close()
            self._hold(None)
        if self._pool is not None:
            self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._open:
            raise StoreError(self.where, "the store was closed", "open it again")
        if self._pool is not None:
            with self._pool.connection() as link:
                yield link
            return
        if self._link is None or self._link.closed:
            self._hold(connect(self.address, away=True, **self._options))
        assert self._link is not None
        yield self._link

    def _hold(self, link: Connection | None) -> None:
        """Keep a connection, and its statements."""
        self._link, self._statements = link, {}
        if link is not None:
            link.prepare_threshold = None  # the driver forgets all that is prepared whenever a transaction is undone

    def _statement(self, link: Connection, sql: str) -> Statement:
        found = self._statements.get(sql)
        if found is None:
            if len(self._statements) >= MANY:
                self._statements.clear()
                link.execute("DEALLOCATE ALL")
            found = self._statements[sql] = Statement(link, sql)
        return found

    def _lose(self, error: psycopg.Error, link: Connection, *, tell: bool) -> None:
        """Let go of a connection that an error shows to be gone; any other error is the caller's."""
        if not self._open or not _lost(error, link):
            raise error
        with suppress(psycopg.Error):
            link.close()
        if self._pool is None:
            self._hold(None)
        if tell:
            raise Broken(self.where, Phrase("the connection was lost ({fault})", fault=_line(error)), REACH) from error


def problem(where: str, error: Exception) -> WorkflowError:
    """What one of the driver's errors means, and what mends it."""
    state = getattr(error, "sqlstate", None) or ""
    if type(error).__name__ == "PoolTimeout":
        return StoreBusy(where, "no connection is free", "try again")
    if state in ("55P03", "57014", "40001", "40P01"):
        return StoreBusy(where, "is locked by another process", "wait for it to end (who holds it: SELECT * FROM pg_stat_activity), then try again")
    if state == "25006":
        return StoreError(where, "is read-only", "connect as somebody who may write, to a server that is no standby")
    if state in ("53100", "53200"):
        return StoreError(where, "the disk is full; nothing was written", "free some space, then try again")
    if state == "42501":
        return StoreError(where, Phrase("you may not do this ({fault})", fault=_line(error)), "ask the database's owner for the right")
    if state in ("XX001", "XX002"):
        return StoreError(where, Phrase("is damaged ({fault})", fault=_line(error)), "restore the last backup; what is left: mufakat doctor")
    if not state and isinstance(error, psycopg.DataError) and "NUL" in str(error):
        return InvalidInput("text", None, "the text holds a NUL character")
    if state[:2] in ("22", "23", "42") or state == "P0001":
        return StoreError(where, Phrase("refused the change: {fault}", fault=_line(error)),
                          "this is a fault of mufakat; report it with the command that you typed")
    if _lost(error):
        return StoreError(where, Phrase("the connection was lost ({fault})", fault=_line(error)), REACH)
    return StoreError(where, _line(error), "mufakat doctor")


def _lost(error: Exception, link: Connection | None = None) -> bool:
    """Whether an error tells that the connection is gone; one that the driver itself noticed has no code."""
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(GONE) or (isinstance(error, psycopg.OperationalError) and not state) or bool(link and link.closed)


def _line(error: Exception) -> str:
    """What the server said, in one line, without the place in the statement."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    return " ".join(str(said).split())


def _pauses(limit: float) -> Iterator[float | None]:
    """Growing pauses for as long as `limit` seconds have not passed; then None, once."""
    ends, number = time.monotonic() + limit, 0
    while time.monotonic() < ends:
        yield PAUSES[min(number, len(PAUSES) - 1)]
        number += 1
    yield None

"""A SQLAlchemy engine on an office's database, for what asks freely or reads everything: reports, audits, copies. Never on the daily path."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from workflow.store import is_url, shown
from workflow.store.connection import connect, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


def engine_on(address: str, *, read_only: bool) -> Engine:
    """
    An engine whose connections are checked as every other: ours, and of this program's schema.

    Raises (when it connects):
        StoreNotReady: it is not.
    """
    if not is_url(address):
        return create_engine("sqlite://", creator=lambda: connect(address, read_only=read_only), poolclass=NullPool)
    return create_engine("postgresql+psycopg://", creator=lambda: _server(address, read_only=read_only), poolclass=NullPool)


def one_moment(connection: Any, *, writes: bool = False) -> None:
    """Begin a transaction that sees one moment: what is read in it belongs together."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@contextmanager
def told(address: str) -> Iterator[None]:
    """The driver's errors as ours."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise problem(address, error.orig) from error
        if is_url(address) and isinstance(error.orig, Exception):
            from workflow.store.postgresql_link import problem as servers

            raise servers(shown(address), error.orig) from error
        raise


def _server(address: str, *, read_only: bool) -> Any:
    from workflow.store import postgresql_link
    from workflow.store.postgresql_schema import examine, over

    link = postgresql_link.connect(address, read_only=read_only, statement_timeout=0)
    examine(over(link), shown(address))
    link.autocommit = False
    return link

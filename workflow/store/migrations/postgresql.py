"""Migrating a PostgreSQL database. Making one is the server's business: `createdb`."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from workflow.store import shown
from workflow.store.postgresql_link import connect
from workflow.store.postgresql_schema import over, revision
from workflow.store.toolkit import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from sqlalchemy import Connection

LOCK = 0x4D554641  # "MUFA": the advisory lock that one migration holds


class Server:
    """A database on a server."""

    def __init__(self, address: str) -> None:
        self.address, self.where = address, shown(address)

    def claim(self, group: str) -> None:
        """Nothing: whoever may create databases does it."""

    def found(self) -> str:
        with closing(connect(self.address, read_only=True)) as link:
            return revision(over(link), self.where)

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        def made() -> psycopg.Connection[Any]:
            link = connect(self.address, statement_timeout=0)
            link.autocommit = False
            return link

        engine = create_engine("postgresql+psycopg://", creator=made, poolclass=NullPool)
        with told(self.address), engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            yield connection

"""The first schema: `schema.sql` (`schema_postgresql.sql`) as it stands. The revision after this one gives it a copy of its own."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from alembic import op

from workflow.store import connection
from workflow.store.connection import REVISION_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for statement in _statements(connection.schema()):
            bind.exec_driver_sql(statement)
        return
    from workflow.store.postgresql_schema import MARK, schema

    bind.connection.cursor().execute(f"{schema()}\nCOMMENT ON TABLE {REVISION_TABLE} IS '{MARK}';")


def _statements(text: str) -> Iterator[str]:
    """The statements of a script one by one: running a script whole would commit first."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

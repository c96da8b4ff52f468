"""A revision's SQL: a script for each database, beside its module."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def run(bind: Connection, revision: str) -> None:
    """Run the script of a revision, inside the transaction that the caller holds."""
    if bind.dialect.name == "sqlite":
        for statement in _statements(text(f"{revision}.sql")):
            bind.exec_driver_sql(statement)
    else:
        bind.connection.cursor().execute(text(f"{revision}_postgresql.sql"))


def text(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), "versions", name), encoding="utf-8") as file:
        return file.read()


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: running it whole would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

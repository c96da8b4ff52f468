"""Whose a PostgreSQL database is and which schema it has: its tables stand in the first schema of the search path, alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import psycopg

from workflow.errors import Phrase, StoreNotReady
from workflow.store.connection import REVISION, REVISION_TABLE
from workflow.store.postgresql_link import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    Rows = Callable[[str], list[Any]]

MARK = "mufakat"  # the comment on the table that names the schema's revision
LOOK = (f"SELECT to_regclass('{REVISION_TABLE}') IS NOT NULL, obj_description(to_regclass('{REVISION_TABLE}')), "
        "(SELECT count(*) FROM pg_tables WHERE schemaname = current_schema())")


def examine(rows: Rows, where: str) -> None:
    """
    Refuse a database that is not ours or has another schema; `rows` runs a statement.

    Raises:
        StoreNotReady: with what helps.
    """
    found = revision(rows, where)
    if not found:
        raise StoreNotReady(where, "is empty", "mufakat init")
    if found < REVISION:
        raise StoreNotReady(where, Phrase("has schema {found}, this program needs {needed}", found=found, needed=REVISION), "mufakat db upgrade")
    if found > REVISION:
        raise StoreNotReady(where, Phrase("was written by a newer mufakat (schema {found}, this one knows {known})", found=found, known=REVISION),
                            "pip install --upgrade mufakat")


def revision(rows: Rows, where: str) -> str:
    """
    The schema of a database; empty where it has no table.

    Raises:
        StoreNotReady: it holds the tables of another program.
    """
    try:
        ((there, mark, tables),) = rows(LOOK)
        if there and mark == MARK:
            found = rows(f"SELECT version_num FROM {REVISION_TABLE}")
            return str(found[0][0]) if found else ""
    except psycopg.Error as error:
        raise problem(where, error) from error
    if tables:
        raise StoreNotReady(where, "is the database of another program", "name another database, then: mufakat init")
    return ""


def over(link: psycopg.Connection[Any]) -> Rows:
    """The rows of a statement over one connection."""
    return lambda sql: link.execute(sql).fetchall()


def schema() -> str:
    """The text of `schema_postgresql.sql`."""
    with open(os.path.join(os.path.dirname(__file__), "schema_postgresql.sql"), encoding="utf-8") as file:
        return file.read()

"""
The schema's history, run by Alembic: `upgrade` for `init` and `db upgrade`, `current` for `db current`.

Each revision runs in one transaction that no other process can enter, so two of them started at once do the work once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

from workflow.errors import Phrase, StoreNotReady
from workflow.store import is_url, shown
from workflow.store.connection import REVISION

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection



class Schema(NamedTuple):
    """The revision that a database has (empty: none yet) and the newest that this program knows."""

    found: str
    newest: str


class Place(Protocol):
    """What differs from one database to another."""

    def claim(self, group: str) -> None:
        """Make the database where there is none, if that is possible; a file is its owner's alone, or the users' of this group too."""

    def found(self) -> str:
        """Its revision, empty where it has no table."""

    def exclusive(self) -> AbstractContextManager[Connection]:
        """A connection in one transaction that nobody else can enter."""


def upgrade(address: str, *, group: str = "") -> Schema:
    """
    Bring a database to the newest schema, creating a file (for a group of users, if one is named) where there is none; the result tells what it had
    before.

    Raises:
        InvalidInput: there is no such group, or who asks is not in it.
        StoreNotReady: it belongs to another program or to a newer version of this one.
    """
    place = _place(address)
    place.claim(group)
    before = known(address, Schema(place.found(), REVISION))
    if before.found == REVISION:
        return before
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", os.path.dirname(__file__).replace("%", "%%"))
    with place.exclusive() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def known(address: str, schema: Schema) -> Schema:
    """
    The schema that a database has, if this program can bring it to the newest.

    Raises:
        StoreNotReady: it belongs to a newer version of this program.
    """
    if schema.found > schema.newest:
        raise StoreNotReady(shown(address), Phrase("was written by a newer mufakat (schema {found}, this one knows {known})", found=schema.found,
                                                   known=schema.newest), "pip install --upgrade mufakat")
    return schema


def current(address: str) -> Schema:
    """
    Which schema a database has, and which is the newest.

    Raises:
        StoreNotReady: there is no database, or it is not ours.
    """
    if not is_url(address) and not os.path.exists(address):
        raise StoreNotReady(address, "there is no database here", "mufakat init")
    return Schema(_place(address).found(), REVISION)


def _place(address: str) -> Place:
    if is_url(address):
        from workflow.store.migrations.postgresql import Server

        return Server(address)
    from workflow.store.migrations.sqlite import File

    return File(address)

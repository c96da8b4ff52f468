"""
The only room that speaks SQL: `open_store` picks the adapter for an address. SQLModel and Alembic load only with `tables`, `reading`, `migrations`.

An address is the path of a file, or the URL of a PostgreSQL database (`postgresql://…`, completed as libpq does: PG* variables, ~/.pgpass).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflow.store.postgresql import PostgresStore
    from workflow.store.sqlite import SqliteStore

SCHEMES = ("postgresql://", "postgres://")


def open_store(address: str, *, read_only: bool = False, **options: Any) -> SqliteStore | PostgresStore:
    """
    Open an office's database; `options` are those of its adapter.

    Raises:
        StoreNotReady: absent, not ours, older or newer than this program.
    """
    if is_url(address):
        from workflow.store.postgresql import PostgresStore

        return PostgresStore.open(address, read_only=read_only, **options)
    from workflow.store.sqlite import SqliteStore

    return SqliteStore.open(address, read_only=read_only, **options)


def is_url(address: str) -> bool:
    """Whether an address names a PostgreSQL database rather than a file."""
    return address.startswith(SCHEMES)


def shown(address: str) -> str:
    """An address as a person may see it: a URL without its password."""
    if not is_url(address):
        return address
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    user, mark, place = parts.netloc.rpartition("@")
    asked = "&".join(pair for pair in parts.query.split("&") if pair and not pair.startswith(("password=", "sslpassword=")))
    return f"{parts.scheme}://{user.partition(':')[0]}{mark}{place}{parts.path}{'?' if asked else ''}{asked}"

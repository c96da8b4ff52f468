"""
The column types of both databases, and how values pass through them.

SQLite's STRICT tables refuse SQLModel's own VARCHAR and BOOLEAN; PostgreSQL's INTEGER is too short for what JSON counts to.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from workflow.store.values import decode, encode

NAMES = {
    "ck": "%(table_name)s_%(constraint_name)s", "fk": "%(table_name)s_%(column_0_N_name)s", "uq": "%(table_name)s_%(column_0_N_name)s",
    "pk": "%(table_name)s_key", "ix": "%(table_name)s_%(column_0_N_name)s",
}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}  # rows lie in the order of their key: an agreement is one range
STRICT = {"sqlite_strict": True}
WHOLE = BigInteger().with_variant(Integer, "sqlite")
TEXT = Text().with_variant(Text(collation="C"), "postgresql")  # in the order of its bytes, as on SQLite


class Base(SQLModel):
    metadata: ClassVar[Any] = MetaData(naming_convention=NAMES)


class Json(TypeDecorator[Any]):
    """A list, a mapping or a plain value as canonical JSON text."""

    impl = TEXT
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Any) -> str:
        return encode(value)

    def process_result_value(self, value: Any, _dialect: Any) -> Any:
        return decode(value)


class Truth(TypeDecorator[bool]):
    """True and False; as 1 and 0 on SQLite."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: Any, dialect: Any) -> int:
        return int(value) if dialect.name == "sqlite" else bool(value)

    def process_result_value(self, value: Any, _dialect: Any) -> bool:
        return bool(value)


def text(*, key: bool = False) -> Any:
    return Field(sa_type=TEXT, primary_key=key, nullable=False)


def number(*, key: bool = False, empty: bool = False) -> Any:
    return Field(sa_type=WHOLE, primary_key=key, nullable=empty, sa_column_kwargs={"autoincrement": False} if key else {})


def arrival() -> Any:
    """A key that the database counts up: on SQLite the row's own number."""
    return Field(default=None, sa_column_args=(Identity(),), sa_type=WHOLE, primary_key=True, nullable=False)


def truth() -> Any:
    return Field(sa_type=Truth, nullable=False)


def structure() -> Any:
    return Field(sa_type=Json, nullable=False)


def blob() -> Any:
    return Field(sa_type=LargeBinary, nullable=False)


def one_of(column: str, values: str) -> CheckConstraint:
    """A column that holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values.split())
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def truths(*columns: str) -> CheckConstraint:
    """Columns that hold 0 or 1 (other databases have a type for it)."""
    held = " AND ".join(f"{column} IN (0, 1)" for column in columns)
    return CheckConstraint(held, name="truths").ddl_if(dialect="sqlite")

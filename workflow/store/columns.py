"""The column types that SQLite's STRICT tables accept, and how values pass through them (SQLModel's own VARCHAR and BOOLEAN are refused)."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from workflow.store.values import decode, encode

NAMES = {
    "ck": "%(table_name)s_%(constraint_name)s", "fk": "%(table_name)s_%(column_0_N_name)s", "uq": "%(table_name)s_%(column_0_N_name)s",
    "pk": "%(table_name)s_key", "ix": "%(table_name)s_%(column_0_N_name)s",
}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}  # rows lie in the order of their key: an agreement is one range
STRICT = {"sqlite_strict": True}


class Base(SQLModel):
    metadata: ClassVar[Any] = MetaData(naming_convention=NAMES)


class Json(TypeDecorator[Any]):
    """A list, a mapping or a plain value as canonical JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Any) -> str:
        return encode(value)

    def process_result_value(self, value: Any, _dialect: Any) -> Any:
        return decode(value)


class Truth(TypeDecorator[bool]):
    """True and False as 1 and 0."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Any) -> int:
        return int(value)

    def process_result_value(self, value: Any, _dialect: Any) -> bool:
        return bool(value)


def text(*, key: bool = False) -> Any:
    return Field(sa_type=Text, primary_key=key, nullable=False)


def number(*, key: bool = False, empty: bool = False) -> Any:
    return Field(sa_type=Integer, primary_key=key, nullable=empty, sa_column_kwargs={"autoincrement": False} if key else {})


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

"""
The business tables: columns, constraints, indices. No behaviour.

They have the columns of their records (`workflow.core.agreement`, `workflow.core.office`), in that order, and those of an
agreement begin with its id. `python -m workflow.store.schema` writes `schema.sql` from this and `machinery`; a test holds them equal.
"""

# No `from __future__ import annotations` here: SQLModel reads the annotations as it builds each class.

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql

from workflow.store import columns as column
from workflow.store.columns import CLUSTERED, Base


def of(target: str, *columns: str) -> ForeignKeyConstraint:
    """A reference that is checked at commit, so that the order of effects does not matter."""
    there = ("id",) if target == "agreement" else ("agreement", "ref")
    return ForeignKeyConstraint(columns, [f"{target}.{name}" for name in there], deferrable=True, initially="DEFERRED")


class AgreementTable(Base, table=True):
    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("ref"), CheckConstraint("ref <> ''", name="named"), column.truths("imported"), Index(None, "owner", "ref"), CLUSTERED)

    id: str = column.text(key=True)
    ref: str = column.text()
    title: str = column.text()
    track: str = column.text()
    track_version: int = column.number()
    track_hash: str = column.text()
    parties: list[Any] = column.structure()
    owner: str = column.text()
    started_on: str = column.text()
    params: dict[str, Any] = column.structure()
    imported: bool = column.truth()


class InstanceTable(Base, table=True):
    __tablename__ = "instance"
    __table_args__ = (of("agreement", "agreement"), column.truths("irregular", "imported"), Index(None, "state", "since"), CLUSTERED)

    agreement: str = column.text(key=True)
    ref: str = column.text(key=True)
    stage: str = column.text()
    number: int = column.number()
    parent: str = column.text()
    version: int = column.number()
    hash: str = column.text()
    state: str = column.text()
    since: str = column.text()
    opened_on: str = column.text()
    entered: list[Any] = column.structure()
    links: dict[str, Any] = column.structure()
    counters: dict[str, Any] = column.structure()
    fired: list[Any] = column.structure()
    irregular: bool = column.truth()
    imported: bool = column.truth()
    gap_days: int | None = column.number(empty=True)
    revision: int = column.number()


class RowTable(Base, table=True):
    __tablename__ = "requirement_row"
    __table_args__ = (
        of("instance", "agreement", "instance"), column.one_of("status", "open asked met refused not-required waived unknown"), CLUSTERED)

    agreement: str = column.text(key=True)
    instance: str = column.text(key=True)
    name: str = column.text(key=True)
    round: int = column.number(key=True)
    status: str = column.text()
    data: dict[str, Any] = column.structure()
    on: str = column.text()


class DocumentTable(Base, table=True):
    __tablename__ = "document"
    __table_args__ = (
        of("agreement", "agreement"), column.truths("stored", "withdrawn"), CheckConstraint("length(sha256) = 64", name="hashed"), CLUSTERED)

    agreement: str = column.text(key=True)
    no: int = column.number(key=True)
    instance: str = column.text()
    row: str = column.text()
    round: int = column.number()
    version: int = column.number()
    language: str = column.text()
    sha256: str = column.text()
    size: int = column.number()
    filename: str = column.text()
    on: str = column.text()
    by: str = column.text()
    stored: bool = column.truth()
    withdrawn: bool = column.truth()


class ApprovalTable(Base, table=True):
    __tablename__ = "approval"
    __table_args__ = (of("instance", "agreement", "instance"), column.one_of("decision", "approved refused"), CLUSTERED)

    agreement: str = column.text(key=True)
    no: int = column.number(key=True)
    instance: str = column.text()
    row: str = column.text()
    round: int = column.number()
    person: str = column.text()
    role: str = column.text()
    decision: str = column.text()
    reason: str = column.text()
    on: str = column.text()


class DeadlineTable(Base, table=True):
    __tablename__ = "deadline"
    __table_args__ = (
        of("agreement", "agreement"), column.one_of("status", "open met missed void fired past"), column.truths("provisional", "overdue"),
        Index("deadline_agenda", "effective", sqlite_where=sql("status = 'open'"), postgresql_where=sql("status = 'open'")),
        Index("deadline_overdue", "effective", sqlite_where=sql("status = 'open' AND overdue = 1"),
              postgresql_where=sql("status = 'open' AND overdue")),
        Index("deadline_due", "wake_at", sqlite_where=sql("wake_at <> ''"), postgresql_where=sql("wake_at <> ''")), CLUSTERED)

    agreement: str = column.text(key=True)
    instance: str = column.text(key=True)
    name: str = column.text(key=True)
    revision: int = column.number(key=True)
    status: str = column.text()
    anchor: str = column.text()
    anchored_on: str = column.text()
    nominal: str = column.text()
    effective: str = column.text()
    wake_at: str = column.text()
    on_expiry: str = column.text()
    fire: str = column.text()
    basis: str = column.text()
    citation: str = column.text()
    amount: int = column.number()
    unit: str = column.text()
    direction: str = column.text()
    calendar: str = column.text()
    shows: str = column.text()
    provisional: bool = column.truth()
    occurrence: int = column.number()
    overdue: bool = column.truth()
    settled_on: str = column.text()
    reason: str = column.text()
    act: str = column.text()
    made_on: str = column.text()
    expires_at: str = column.text()
    stopped_on: str = column.text()
    told_on: str = column.text()


class ActivityTable(Base, table=True):
    __tablename__ = "activity"
    __table_args__ = (of("agreement", "agreement"), column.one_of("kind", "activity contact report"), column.truths("withdrawn"), CLUSTERED)

    agreement: str = column.text(key=True)
    no: int = column.number(key=True)
    kind: str = column.text()
    title: str = column.text()
    field: str = column.text()
    on: str = column.text()
    until: str = column.text()
    instance: str = column.text()
    note: str = column.text()
    withdrawn: bool = column.truth()


class MessageTable(Base, table=True):
    __tablename__ = "message"
    __table_args__ = (
        of("agreement", "agreement"), column.one_of("state", "pending sent failed uncertain dead parked superseded skipped acknowledged"),
        Index("message_due", "wake_at", sqlite_where=sql("wake_at <> ''"), postgresql_where=sql("wake_at <> ''")),
        Index("message_of", "recipient", "channel", sqlite_where=sql("wake_at <> ''"), postgresql_where=sql("wake_at <> ''")),
        Index("message_parked", "state", sqlite_where=sql("state = 'parked'"), postgresql_where=sql("state = 'parked'")), CLUSTERED)

    agreement: str = column.text(key=True)
    instance: str = column.text(key=True)
    name: str = column.text(key=True)
    revision: int = column.number(key=True)
    rung: str = column.text(key=True)
    recipient: str = column.text(key=True)
    channel: str = column.text(key=True)
    kind: str = column.text()
    due_on: str = column.text()
    wake_at: str = column.text()
    state: str = column.text()
    send: str = column.text()
    sent_at: str = column.text()
    late_days: int = column.number()
    acked_by: str = column.text()
    acked_at: str = column.text()
    snoozed_until: str = column.text()
    reason: str = column.text()


class PersonTable(Base, table=True):
    __tablename__ = "person"
    __table_args__ = (
        Index("person_login", "login", unique=True, sqlite_where=sql("login <> ''"), postgresql_where=sql("login <> ''")),
        column.truths("admin", "active"), CLUSTERED)

    id: str = column.text(key=True)
    name: str = column.text()
    login: str = column.text()
    email: str = column.text()
    roles: list[Any] = column.structure()
    lang: str = column.text()
    zone: str = column.text()
    admin: bool = column.truth()
    active: bool = column.truth()
    channels: list[Any] = column.structure()
    quiet: list[Any] = column.structure()
    deputy: dict[str, Any] = column.structure()
    calendar: str = column.text()


class DayTable(Base, table=True):
    __tablename__ = "calendar_day"
    __table_args__ = (column.one_of("kind", "national joint-leave closure working"), CLUSTERED)

    calendar: str = column.text(key=True)
    on: str = column.text(key=True)
    kind: str = column.text()
    name: str = column.text()
    source: str = column.text()


class CoverageTable(Base, table=True):
    __tablename__ = "calendar_coverage"
    __table_args__ = (column.one_of("status", "known partial"), CLUSTERED)

    calendar: str = column.text(key=True)
    year: int = column.number(key=True)
    status: str = column.text()
    source: str = column.text()


class SettingTable(Base, table=True):
    __tablename__ = "setting"
    __table_args__ = (CLUSTERED,)

    name: str = column.text(key=True)
    value: Any = column.structure()

"""The tables that hold no record of an agreement: the locks, the journal and what stands beside it, the pinned definitions."""

# No `from __future__ import annotations` here: SQLModel reads the annotations as it builds each class.

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from workflow.store import columns as column
from workflow.store.columns import CLUSTERED, STRICT, Base


class HeadTable(Base, table=True):
    """The one lock of each chain."""

    __tablename__ = "head"
    __table_args__ = (CLUSTERED,)

    chain: str = column.text(key=True)
    cseq: int = column.number()
    leaf: str = column.text()


class EntryTable(Base, table=True):
    """The journal. Bodies are wide, so the rows lie in the order they were written and the key is an index."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("eid"), CheckConstraint("length(body) <= 65535", name="fits"), CheckConstraint("length(leaf) = 64", name="hashed"), STRICT)

    chain: str = column.text(key=True)
    cseq: int = column.number(key=True)
    eid: str = column.text()
    prev: str = column.text()
    leaf: str = column.text()
    body: bytes = column.blob()
    recorded: str = column.text()
    occurred: str = column.text()
    act: str = column.text()
    instance: str = column.text()
    trigger: str = column.text()
    person: str = column.text()
    req: str = column.text()


class PendingTable(Base, table=True):
    """Entries that the log's one tree has not numbered yet, in the order they were committed."""

    __tablename__ = "pending"
    __table_args__ = (STRICT,)  # no AUTOINCREMENT: it writes one more page a commit, and a number may well return once its row is gone

    seq: int | None = column.number(key=True)
    chain: str = column.text()
    cseq: int = column.number()


class DetailTable(Base, table=True):
    """Personal data that an entry commits to: kept beside the journal so that it can be erased."""

    __tablename__ = "audit_detail"
    __table_args__ = (ForeignKeyConstraint(["eid"], ["entry.eid"], deferrable=True, initially="DEFERRED"), CLUSTERED)

    eid: str = column.text(key=True)
    path: str = column.text(key=True)
    salt: bytes = column.blob()
    value: str = column.text()


class RequestTable(Base, table=True):
    """What was asked with a request id, so that asking again does nothing."""

    __tablename__ = "request"
    __table_args__ = (CLUSTERED,)

    id: str = column.text(key=True)
    digest: str = column.text()
    chain: str = column.text()
    cseq: int = column.number()


class DefinitionTable(Base, table=True):
    """The definitions that instances and agreements are pinned to."""

    __tablename__ = "definition"
    __table_args__ = (column.one_of("kind", "stage track"), STRICT)

    kind: str = column.text(key=True)
    name: str = column.text(key=True)
    version: int = column.number(key=True)
    hash: str = column.text(key=True)
    body: str = column.text()

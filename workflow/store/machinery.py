"""The tables that hold no record of an agreement: the locks, the journal and what stands beside it, the pinned definitions."""

# No `from __future__ import annotations` here: SQLModel reads the annotations as it builds each class.

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint

from workflow.store import columns as column
from workflow.store.columns import CLUSTERED, STRICT, Base

MANY_WRITERS = {"info": {"only": "postgresql"}}


class HeadTable(Base, table=True):
    """The one lock of each chain, where several write at once; SQLite locks the file, and its head is the chain's last entry."""

    __tablename__ = "head"
    __table_args__ = (MANY_WRITERS,)

    chain: str = column.text(key=True)
    cseq: int = column.number()
    leaf: str = column.text()


class EntryTable(Base, table=True):
    """
    The journal. Bodies are wide, so the rows lie in the order they were written and the key is an index.

    `seq` is the order of arrival: on SQLite that of the commits, without a gap; elsewhere with gaps, but in order within each chain.
    """

    __tablename__ = "entry"
    # On PostgreSQL one trigger holds all that an entry must be: a CHECK is read anew for every statement, which takes longer than the check.
    __table_args__ = (
        UniqueConstraint("chain", "cseq"), CheckConstraint("length(body) <= 65535", name="fits").ddl_if(dialect="sqlite"),
        CheckConstraint("length(leaf) = 64", name="hashed").ddl_if(dialect="sqlite"), STRICT)

    seq: int | None = column.arrival()
    chain: str = column.text()
    cseq: int = column.number()
    leaf: str = column.text()
    body: bytes = column.blob()
    recorded: str = column.text()
    act: str = column.text()
    instance: str = column.text()
    person: str = column.text()


class PendingTable(Base, table=True):
    """Entries that the log's one tree has not numbered yet, where several write at once; SQLite's `seq` tells it without."""

    __tablename__ = "pending"
    __table_args__ = (MANY_WRITERS,)

    seq: int = column.number(key=True)
    chain: str = column.text()
    cseq: int = column.number()


class NumberedTable(Base, table=True):
    """The place of an entry in the log's one tree, counted from 0, where several write at once; SQLite's `seq`, less one, is it."""

    __tablename__ = "numbered"
    __table_args__ = (UniqueConstraint("seq"), MANY_WRITERS)

    place: int = column.number(key=True)
    seq: int = column.number()


class TreeTable(Base, table=True):
    """How many entries the log's one tree has numbered: one row."""

    __tablename__ = "tree"
    __table_args__ = (CheckConstraint("id = 1", name="one"), STRICT)

    id: int = column.number(key=True)
    size: int = column.number()


class NodeTable(Base, table=True):
    """Roots of full subtrees of the tree, 2 to the power of `level` entries wide: a cache, which may be made again from the entries."""

    __tablename__ = "node"
    __table_args__ = (CheckConstraint("length(hash) = 32", name="hashed"), CLUSTERED)

    level: int = column.number(key=True)
    place: int = column.number(key=True)
    hash: bytes = column.blob()


class CheckpointTable(Base, table=True):
    """What the log has signed about itself: signed notes, in the order in which they were made."""

    __tablename__ = "checkpoint"
    __table_args__ = (STRICT,)

    no: int | None = column.arrival()
    size: int = column.number()
    made: str = column.text()
    note: str = column.text()


class DetailTable(Base, table=True):
    """Personal data that an entry commits to: kept beside the journal so that it can be erased."""

    __tablename__ = "audit_detail"
    __table_args__ = (
        ForeignKeyConstraint(["chain", "cseq"], ["entry.chain", "entry.cseq"], deferrable=True, initially="DEFERRED"), CLUSTERED)

    chain: str = column.text(key=True)
    cseq: int = column.number(key=True)
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


class ClaimTable(Base, table=True):
    """
    Who delivers what a person is to be told over a channel, until when (empty: let go), how often it was tried.

    `send` is the digest that is being handed over, `letter` what is in it: the keys of its messages.
    """

    __tablename__ = "claim"
    __table_args__ = (Index(None, "until"), CLUSTERED)

    recipient: str = column.text(key=True)
    channel: str = column.text(key=True)
    worker: str = column.text()
    attempt: int = column.number()
    until: str = column.text()
    send: str = column.text()
    letter: str = column.text()


class BeatTable(Base, table=True):
    """When each worker was last seen."""

    __tablename__ = "beat"
    __table_args__ = (CLUSTERED,)

    worker: str = column.text(key=True)
    at: str = column.text()


class DefinitionTable(Base, table=True):
    """The definitions that instances and agreements are pinned to."""

    __tablename__ = "definition"
    __table_args__ = (column.one_of("kind", "stage track"), STRICT)

    kind: str = column.text(key=True)
    name: str = column.text(key=True)
    version: int = column.number(key=True)
    hash: str = column.text(key=True)
    body: str = column.text()

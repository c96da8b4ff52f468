"""
Moving an office to another database: every row, the journal byte for byte, in one transaction that ends only when replay agrees.

Whatever stops it, the target stays as empty as it was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, update

from workflow.core.agreement import KEYS, RECORDS
from workflow.core.entry import genesis, leaf, open_entry
from workflow.core.office import SYS
from workflow.core.replay import replay
from workflow.errors import AuditError, LogTampered, Phrase, StoreError
from workflow.store import entries, is_url, machinery, shown, tables
from workflow.store.columns import Base
from workflow.store.connection import REVISION
from workflow.store.migrations import current, known, upgrade
from workflow.store.toolkit import engine_on, one_moment, told
from workflow.store.values import OF_AGREEMENT, OF_OFFICE
from workflow.store.values import TABLES as NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table

    from workflow.core.entry import Sealed

BATCH = 500  # rows a statement
DECLARED = (tables, machinery)  # importing them is what declares
TABLES: Mapping[str, Table] = Base.metadata.tables
ENTRY, DETAIL, HEAD, PENDING, NUMBERED, TREE, CHECKPOINT, REQUEST, DEFINITION = (
    TABLES[name] for name in ("entry", "audit_detail", "head", "pending", "numbered", "tree", "checkpoint", "request", "definition"))
BUSINESS = {name: TABLES[NAMES[name]] for name in OF_AGREEMENT + OF_OFFICE}
PLAIN = (*BUSINESS.values(), DEFINITION, REQUEST, CHECKPOINT)


def copy(source: str, target: str) -> dict[str, int]:
    """
    Copy an office from one address to another, whose schema is made where it has none; how many rows of each table there are.

    Raises:
        StoreError: the target holds something already.
        AuditError: the journal does not verify, or does not give what is on record; nothing was copied.
    """
    with told(source), engine_on(source, read_only=True).connect() as old:
        one_moment(old)
        upgrade(target)
        with told(target), engine_on(target, read_only=False).begin() as new:
            one_moment(new, writes=True)
            return _copied(old, new, target)


def look(source: str, target: str) -> dict[str, int]:
    """What `copy` would copy, refused where it would be: how many rows of each table there are. Nothing is written, and no target made."""
    if (is_url(target) or os.path.exists(target)) and known(target, current(target)).found == REVISION:
        with told(target), engine_on(target, read_only=True).connect() as new:
            _refuse_what_is_full(new, target)
    with told(source), engine_on(source, read_only=True).connect() as old:
        one_moment(old)
        _verify(old)
        return {table.name: int(old.execute(select(func.count()).select_from(table)).scalar_one()) for table in (*PLAIN, ENTRY, DETAIL)}


def _copied(old: Connection, new: Connection, target: str) -> dict[str, int]:
    _refuse_what_is_full(new, target)
    counts = {table.name: sum(_rows(old, new, table)) for table in PLAIN}
    counts["entry"] = _journal(old, new)
    counts["audit_detail"] = sum(_rows(old, new, DETAIL))
    _verify(new)
    return counts


def _refuse_what_is_full(new: Connection, target: str) -> None:
    if any(new.execute(select(func.count()).select_from(table)).scalar() for table in (*PLAIN, ENTRY)):
        raise StoreError(shown(target), "is not empty", "copy into a new database")


def _rows(old: Connection, new: Connection, table: Table) -> Iterator[int]:
    for rows in old.execute(select(table).order_by(*table.primary_key.columns), execution_options={"yield_per": BATCH}).mappings().partitions():
        new.execute(insert(table), [dict(row) for row in rows])
        yield len(rows)


def _journal(old: Connection, new: Connection) -> int:
    """The entries in the order of the log's tree, then in that of their arrival, numbered anew without a gap; what the target keeps beside them."""
    size = old.execute(select(TREE.c.size)).scalar_one()
    ordered = select(ENTRY).order_by(ENTRY.c.seq)
    if old.dialect.name == "postgresql":
        ordered = select(ENTRY).outerjoin(NUMBERED, NUMBERED.c.seq == ENTRY.c.seq).order_by(NUMBERED.c.place.nulls_last(), ENTRY.c.seq)
    number = 0
    for rows in old.execute(ordered, execution_options={"yield_per": BATCH}).mappings().partitions():
        for row in rows:
            if leaf(row["body"]) != row["leaf"]:
                raise LogTampered(row["chain"], row["cseq"], row["leaf"], leaf(row["body"]))
        new.execute(insert(ENTRY), [dict(row) | {"seq": number + place} for place, row in enumerate(rows, 1)])
        number += len(rows)
    new.execute(update(TREE).values(size=size))
    if new.dialect.name == "postgresql":
        later = ENTRY.alias()
        follows = select(later.c.cseq).where(later.c.chain == ENTRY.c.chain, later.c.cseq > ENTRY.c.cseq).exists()
        last = select(ENTRY.c.chain, ENTRY.c.cseq, ENTRY.c.leaf).where(~follows)
        new.execute(insert(HEAD).from_select(["chain", "cseq", "leaf"], last))
        new.execute(insert(NUMBERED).from_select(["place", "seq"], select(ENTRY.c.seq - 1, ENTRY.c.seq).where(ENTRY.c.seq <= size)))
        waiting = select(ENTRY.c.seq, ENTRY.c.chain, ENTRY.c.cseq).where(ENTRY.c.seq > size)
        new.execute(insert(PENDING).from_select(["seq", "chain", "cseq"], waiting))
        for table, column, held in (("entry", "seq", number), ("checkpoint", "no", new.execute(select(func.max(CHECKPOINT.c.no))).scalar() or 0)):
            new.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), greatest(:held, 1), :held > 0)"), {"held": held})
    return number


def _verify(new: Connection) -> None:
    """Replay every chain of the target: it must give exactly the rows there."""
    chains = [SYS, *new.execute(select(BUSINESS["agreement"].c.id).order_by(BUSINESS["agreement"].c.id)).scalars()]
    for chain in chains:
        again = replay(_checked(_entries(new, chain)))
        for table in OF_OFFICE if chain == SYS else OF_AGREEMENT:
            if _held(new, table, chain) != again[table]:
                raise AuditError(Phrase("the journal of {chain} does not give the rows of {table} that are on record", chain=chain, table=table))
    known = select(BUSINESS["agreement"].c.id)
    stray = new.execute(select(ENTRY.c.chain).where(ENTRY.c.chain != SYS, ENTRY.c.chain.not_in(known)).limit(1)).scalar()
    if stray is not None:
        raise AuditError(Phrase("the journal tells of {chain}, and nothing of it is on record", chain=stray))


def _entries(new: Connection, chain: str) -> Iterator[Sealed]:
    rows = new.execute(select(*(ENTRY.c[name] for name in entries.COLUMNS)).where(ENTRY.c.chain == chain).order_by(ENTRY.c.cseq)).all()
    kept = select(DETAIL.c.cseq, DETAIL.c.path, DETAIL.c.salt, DETAIL.c.value).where(DETAIL.c.chain == chain)
    return entries.joined([tuple(row) for row in rows], [tuple(row) for row in new.execute(kept)])


def _checked(chain: Iterator[Sealed]) -> Iterator[Sealed]:
    """The entries, each held to its leaf and to the one before; the first to the name that its log had then."""
    before = ""
    for entry in chain:
        if leaf(entry.body) != entry.leaf:
            raise LogTampered(entry.chain, entry.cseq, entry.leaf, leaf(entry.body))
        before = before or genesis(_log(entry), entry.chain)
        if entry.prev != before:
            raise LogTampered(entry.chain, entry.cseq, before, entry.prev)
        before = entry.leaf
        yield entry


def _log(entry: Sealed) -> str:
    return str(open_entry(entry.body, {})[0]["log"])


def _held(new: Connection, name: str, chain: str) -> dict[tuple[Any, ...], Any]:
    table, record = BUSINESS[name], RECORDS[name]
    query = select(*(table.c[field] for field in record._fields))
    if name in OF_AGREEMENT:
        query = query.where(table.c["id" if name == "agreement" else "agreement"] == chain)
    rows = [record(*row) for row in new.execute(query)]
    return {tuple(getattr(row, field) for field in KEYS[name]): row for row in rows}

"""
The business tables against the journal: what its chains add up to must be what stands on record, row for row, and nothing else may stand there.

It finds what was edited behind the engine. Personal values beside the journal must be those that it committed to, and none may be missing that
no entry says was erased; a definition must be the one that was pinned, and there while something is opened by it; a request that was carried out
must be known, or it would be carried out again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from workflow.core.agreement import KEYS
from workflow.core.definition import genuine
from workflow.core.entry import commitment
from workflow.core.office import SYS
from workflow.core.replay import replay
from workflow.errors import NotFound, Phrase, StoreError
from workflow.ports import Agreements, Definitions, Health, Journal, Office
from workflow.scrutiny import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workflow.core.agreement import Head
    from workflow.core.entry import Sealed
    from workflow.core.replay import Tables
    from workflow.scrutiny import Scrutiny

MANY = 20  # rows of one table and one chain that are told of, one by one

Fault = tuple[str, int | None, Phrase]  # chain, number of the entry, what is wrong


class Records(Agreements, Definitions, Office, Journal, Health, Protocol):
    """What is asked of a database."""


def reconcile(store: Records, seen: Scrutiny, guards: Mapping[str, int]) -> Iterator[Fault]:
    """What on record is not what the journal gives, chain by chain; `guards` as `genuine` has them."""
    total: dict[str, int] = dict.fromkeys((*KEYS, "request"), 0)
    opened: set[tuple[str, str, int, str]] = set()
    for chain, head in seen.heads.items():
        try:
            entries = list(store.entries(chain))
            yield from _details(chain, entries, seen.erased)
            asked = {content["req"]: entry.cseq for entry in entries if (content := parsed(entry.body))["req"]}
            total["request"] += len(asked)
            yield from _requests(store, chain, asked)
            again = replay(entries)
            for table, rows in again.items():
                total[table] += len(rows)
            opened.update(("track", row.track, row.track_version, row.track_hash) for row in again["agreement"].values())
            opened.update(("stage", row.stage, row.version, row.hash) for row in again["instance"].values())
            yield from _differences(store, chain, head, again)
        except StoreError:
            raise
        except NotFound:
            yield chain, None, Phrase("{chain}: the journal tells of it, and nothing of it is on record", chain=chain)
        except Exception as fault:  # noqa: BLE001  # an attacker may have put anything there, and the next chain is looked at all the same
            yield chain, None, Phrase("{chain}: what is on record cannot be compared with the journal ({fault})", chain=chain,
                                      fault=f"{type(fault).__name__}: {fault}")
    yield from _definitions(store, opened, guards)
    yield from _strays(store, total)


def _requests(store: Records, chain: str, asked: Mapping[str, int]) -> Iterator[Fault]:
    """Requests that were carried out, and whose repetition would not be known."""
    known = store.requests(list(asked)) if asked else {}
    for id, cseq in asked.items():
        if id not in known:
            yield chain, cseq, Phrase("{chain}#{cseq}: its request {id} is not on record, and would be carried out again", chain=chain, cseq=cseq,
                                      id=id)
        elif known[id] != (chain, cseq):
            yield chain, cseq, Phrase("{chain}#{cseq}: its request {id} is on record for another entry", chain=chain, cseq=cseq, id=id)


def _definitions(store: Records, opened: set[tuple[str, str, int, str]], guards: Mapping[str, int]) -> Iterator[Fault]:
    """Definitions that are not what was pinned, or not there any more."""
    for kind, name, version, digest, body in store.pinned_all():
        opened.discard((kind, name, version, digest))
        if not is_genuine(body, digest, guards):
            yield "", None, Phrase("the definition {name} {version} is not the one that was pinned", name=name, version=version)
    for _, name, version, _ in sorted(opened):
        yield "", None, Phrase("the definition {name} {version} is not on record, and something was opened by it", name=name, version=version)


def is_genuine(body: str, digest: str, guards: Mapping[str, int]) -> bool:
    """As `genuine`; what cannot be read is not."""
    try:
        return genuine(json.loads(body), digest, guards)
    except Exception:  # noqa: BLE001  # an attacker may have put anything there
        return False


def _details(chain: str, entries: Iterable[Sealed], erased: set[tuple[str, int, str]]) -> Iterator[Fault]:
    """Personal values that are not those that were committed to."""
    for entry in entries:
        held = {name: (salt, value) for name, salt, value in entry.details}
        committed = parsed(entry.body)["pd"]
        for name, digest in committed.items():
            gone = (chain, entry.cseq, name) in erased
            if name in held and gone:
                yield chain, entry.cseq, Phrase("{chain}#{cseq}: the personal value {name} was erased, and is there", chain=chain, cseq=entry.cseq,
                                                name=name)
            elif name not in held and not gone:
                yield chain, entry.cseq, Phrase("{chain}#{cseq}: the personal value {name} is not there, and no entry says that it was erased",
                                                chain=chain, cseq=entry.cseq, name=name)
            elif name in held and not _opens(digest, *held[name]):
                yield chain, entry.cseq, Phrase("{chain}#{cseq}: the personal value {name} is not the one that was entered", chain=chain,
                                                cseq=entry.cseq, name=name)
        for name in held.keys() - committed.keys():
            yield chain, entry.cseq, Phrase("{chain}#{cseq}: a personal value {name} is there that was never entered", chain=chain, cseq=entry.cseq,
                                            name=name)


def _opens(digest: Any, salt: bytes, value: str) -> bool:
    """Whether a value and its salt are what an entry committed to."""
    try:
        return bool(commitment(parsed(value.encode()), salt) == digest)
    except Exception:  # noqa: BLE001  # whatever stands there, it is not what was committed to
        return False


def _differences(store: Records, chain: str, head: tuple[int, str], again: Tables) -> Iterator[Fault]:
    """Rows of one chain, and its head, that are not as its entries left them."""
    found, held = _office(store, again) if chain == SYS else _agreement(store, chain)
    if found[1:] != head:
        yield chain, head[0], Phrase("{chain}: its head is not its last entry, {cseq}", chain=chain, cseq=head[0])
    for table, rows in held.items():
        told = again[table]
        wrong = [key for key in {**told, **rows} if told.get(key) != rows.get(key)]
        for key in wrong[:MANY]:
            yield chain, None, _difference(chain, table, key, told.get(key), rows.get(key))
        if len(wrong) > MANY:
            yield chain, None, Phrase("{chain}: {count} more rows of {table}", chain=chain, count=len(wrong) - MANY, table=table)


def _difference(chain: str, table: str, key: tuple[Any, ...], told: Any, held: Any) -> Phrase:
    """What is wrong with one row; no value is named, for it may be personal."""
    where = {"chain": chain, "table": table, "key": "/".join(map(str, key))}
    if held is None:
        return Phrase("{chain}: {table} {key} is in the journal, and not on record", **where)
    if told is None:
        return Phrase("{chain}: {table} {key} is on record, and no entry put it there", **where)
    fields = ", ".join(name for name in told._fields if getattr(told, name) != getattr(held, name))
    return Phrase("{chain}: {table} {key} is not what the journal gives: {fields}", **where, fields=fields)


def _agreement(store: Records, chain: str) -> tuple[Head, Mapping[str, Mapping[tuple[Any, ...], Any]]]:
    case = store.load(chain, history=True)
    return case.head, case.tables


def _office(store: Records, again: Tables) -> tuple[Head, Mapping[str, Mapping[tuple[Any, ...], Any]]]:
    """The office's tables; of calendars those that the journal knows (`_strays` counts the rest)."""
    case = store.office()
    tables: dict[str, dict[tuple[Any, ...], Any]] = {name: dict(rows) for name, rows in case.tables.items()}
    for name in {key[0] for table in ("day", "coverage") for key in again[table]}:
        days, coverage = store.calendar(name)
        for table, row in (*(("day", day) for day in days), *(("coverage", year) for year in coverage)):
            tables[table][tuple(getattr(row, field) for field in KEYS[table])] = row
    return case.head, tables


def _strays(store: Records, total: Mapping[str, int]) -> Iterator[Fault]:
    """Rows of agreements, and of calendars, that no chain tells of."""
    counts = store.counts()
    for table in total:
        if counts[table] != total[table]:
            yield "", None, Phrase("{table}: {found} rows are on record, and the journal gives {told}", table=table, found=counts[table],
                                   told=total[table])

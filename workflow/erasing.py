"""
Erasing personal data: the log keeps its commitments, the values behind them go.

One entry of the chain names every value that goes, and sets what is on record by them to nothing; in the same transaction the values are
deleted. What repeats a value of the same place in other entries of the chain goes with it, or replay would bring it back. Free text (a reason,
a note, a title) stands in the journal itself and stays.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import ERASED, KEYS, Change, Effect, Head
from workflow.core.entry import milliseconds, open_entry, seal, uuid7
from workflow.core.office import SYS
from workflow.core.replay import replay
from workflow.errors import InvalidInput, NotAuthorised, NotFound, Phrase, StaleInstance
from workflow.ports import ATTEMPTS, HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Protocol

    from workflow.core.agreement import Case
    from workflow.core.entry import Sealed
    from workflow.core.office import Actor
    from workflow.documents import Documents
    from workflow.ports import Agreements

    class Records(Agreements, Protocol):
        """What erasing asks of a database."""

        def office(self) -> Case: ...
        def entries(self, chain: str, after: int = 0) -> Iterator[Sealed]: ...
        def forget(self, chain: str, details: Iterable[tuple[int, str]]) -> None: ...
        def holders(self, sha256: str) -> list[tuple[str, int]]: ...
        def together(self) -> AbstractContextManager[None]: ...

MANY = 300  # values that one entry names


class Spot(NamedTuple):
    """A personal value that is still kept: in which entry, the name of its commitment, what it belongs to, and where in there it stands."""

    cseq: int
    name: str
    table: str
    key: tuple[Any, ...]
    path: str
    value: Any


class Erased(NamedTuple):
    """What was erased: the last entry that says so (empty: nothing was left, or a dry run), the values, whether a file went."""

    entry: str
    spots: tuple[Spot, ...]
    file: bool = False


class Eraser:
    """The verbs of erasing over one office, for an administrator. `documents` is the folder that files are kept in."""

    def __init__(self, store: Records, actor: Actor, *, origin: str, clock: Callable[[], str], documents: Documents | None = None,
                 entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.actor, self.origin, self.clock, self.documents, self.entropy = store, actor, origin, clock, documents, entropy

    def person(self, ident: str, reason: str, *, dry_run: bool = False) -> Erased:
        """Erase who somebody was: name, login, address, in every entry. What they did stays, under their id."""
        held = self.store.office().tables["person"].get((ident,))
        if held is None:
            raise NotFound("person", ident, ())
        if held.active:
            raise InvalidInput("person", ident, Phrase("they may still act: mufakat person edit {id} --inactive, then erase", id=ident))
        return self._erase(SYS, SYS, reason, lambda spots: _of(spots, "person", ident), dry_run=dry_run)

    def entry(self, ref: str, cseq: int, reason: str, *, dry_run: bool = False) -> Erased:
        """Erase the personal values that an entry put on record, wherever the journal of its agreement repeats them."""
        chain = SYS if ref == SYS else self.store.load(ref).agreement.id

        def chosen(spots: list[Spot]) -> list[Spot]:
            places = {(*spot[2:5], json.dumps(spot.value)) for spot in spots if spot.cseq == cseq}
            return [spot for spot in spots if (*spot[2:5], json.dumps(spot.value)) in places]
        return self._erase(ref, chain, reason, chosen, dry_run=dry_run)

    def document(self, ref: str, number: int, reason: str, *, dry_run: bool = False) -> Erased:
        """Erase a document: its file, unless another document is the same, and what the file was called. Its hash stays in the log."""
        case = self.store.load(ref, whole=True)
        row = case.tables["document"].get((number,))
        if row is None:
            raise NotFound("document", f"{ref}#{number}", [f"{ref}#{no}" for no, in case.tables["document"]])
        key = (case.agreement.id, number)
        extra = [Effect("document", (number,), {"stored": False})] if row.stored else []
        done = self._erase(ref, key[0], reason, lambda spots: _of(spots, "document", number), extra=extra, dry_run=dry_run)
        others = [holder for holder in self.store.holders(row.sha256) if holder != key]
        there = self.documents is not None and self.documents.check(row.sha256) != "missing"
        if there and not others and not dry_run and self.documents is not None:
            self.documents.remove(row.sha256)  # last: an interrupted erasure leaves a file, and erasing again removes it
        return done._replace(file=there and not others)

    def _erase(self, ref: str, chain: str, reason: str, chosen: Callable[[list[Spot]], list[Spot]], *, extra: Iterable[Effect] = (),
               dry_run: bool) -> Erased:
        if not self.actor.admin:
            raise NotAuthorised("the office", "erase", ["administrator"], self.actor.name)
        if not reason.strip():
            raise InvalidInput("reason", reason, "what is erased is erased for a reason: name it")
        found: list[Spot] = []
        last = ""
        for _ in range(ATTEMPTS):
            entries = list(self.store.entries(chain))
            spots = chosen(_spots(entries))
            more = tuple(extra) if not last else ()
            if dry_run or not (spots or more):
                return Erased(last, tuple(found or spots))
            part = spots[:MANY]
            try:
                last = f"{ref}#{self._commit(entries, part, more, reason)}"
            except HeadMoved:
                continue
            found += part
            if len(part) == len(spots):
                return Erased(last, tuple(found))
        raise StaleInstance(ref, Phrase("one revision"), Phrase("too many at once"))

    def _commit(self, entries: list[Sealed], spots: list[Spot], more: tuple[Effect, ...], reason: str) -> int:
        """One entry: what is on record without these values, and which values went; the entry's number."""
        now, head = self.clock(), Head(entries[-1].chain, entries[-1].cseq, entries[-1].leaf)
        rows = (*_without(entries, spots), *more)
        gone = tuple(Effect(ERASED, (spot.cseq, spot.name), {}) for spot in spots)
        entry = seal(Change("erase", (*rows, *gone), now[:10], reason=reason.strip()), head=head, origin=self.origin,
                     eid=uuid7(milliseconds(now), self.entropy(10)), recorded=now, person=self.actor.person, identity=self.actor.identity,
                     salts=lambda: self.entropy(32))
        with self.store.together():
            self.store.commit(head, entry, rows)
            self.store.forget(head.chain, [(spot.cseq, spot.name) for spot in spots])
        return entry.cseq


def _spots(entries: list[Sealed]) -> list[Spot]:
    """Every personal value of a chain that is still kept."""
    found = []
    for entry in entries:
        effects = open_entry(entry.body, {})[1] if entry.details else []
        for name, _, value in entry.details:
            number, _, path = name.partition(".")
            effect = effects[int(number)]
            key = effect.key if effect.key is not None else tuple(effect.values[part] for part in KEYS[effect.table])
            found.append(Spot(entry.cseq, name, effect.table, key, path, json.loads(value)))
    return found


def _of(spots: list[Spot], table: str, *key: Any) -> list[Spot]:
    return [spot for spot in spots if (spot.table, spot.key) == (table, key)]


def _without(entries: list[Sealed], spots: list[Spot]) -> Iterator[Effect]:
    """What changes on record when these values are gone."""
    gone = {spot[:2] for spot in spots}
    kept = [entry._replace(details=tuple(row for row in entry.details if (entry.cseq, row[0]) not in gone)) for entry in entries]
    before, later = replay(entries), replay(kept)
    for table, key in dict.fromkeys((spot.table, spot.key) for spot in spots):
        old, new = before[table][key], later[table][key]
        changed = {name: "" if value is None else value for name, value in new._asdict().items() if value != getattr(old, name)}
        if changed:
            yield Effect(table, key, changed)

"""
The daily path on SQLite: what a decision reads in one snapshot, what it writes in one transaction.

A chain's head is its last entry, so writing the next one is the swap. `BEGIN IMMEDIATE` takes the one writer's lock before the head is
looked at, so the swap can neither be overtaken nor deadlock; the WAL lets readers read on meanwhile; `synchronous = FULL` makes a commit
survive the plug being pulled.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from workflow.core.agreement import Case, Head
from workflow.errors import AgreementNotFound, DefinitionNotFound, InvalidInput, Phrase, StoreError
from workflow.ports import HeadMoved, Pinned
from workflow.store import statements as sql
from workflow.store.connection import ATTENTIVE, TIMEOUT, build, connect, problem
from workflow.store.entries import row as written
from workflow.store.journal import SqliteJournal
from workflow.store.listing import SqliteListing
from workflow.store.outbox import FORGET, SqliteOutbox, held
from workflow.store.tree import SqliteTree
from workflow.store.values import JSON, OF_AGREEMENT, OF_OFFICE, SYS, Later, decode, encode, reader, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed
    from workflow.core.office import Coverage, Day, Person
    from workflow.ports import Claimed, Settled

READ = {table: reader(table) for table in OF_AGREEMENT + OF_OFFICE}
WRITE = {table: writer(table) for table in OF_AGREEMENT + OF_OFFICE}
WHOLE = tuple((table, sql.PARTS[table], READ[table]) for table in OF_AGREEMENT[1:])
LATEST = tuple((table, sql.LATEST if table == "deadline" else text, read) for table, text, read in WHOLE if table != "message")
AT_ONCE = tuple(part for part in LATEST if part[0] in ("instance", "row", "deadline"))  # what every decision reads
FIRST = (0, "")  # the head of a chain that has not begun
LAST = "\U0010ffff"  # after every reference that begins the same
RACES = ("agreement.ref", "request.id")  # unique constraints that only a race can meet: the engine looked before


class SqliteStore(SqliteJournal, SqliteTree, SqliteListing, SqliteOutbox):
    """One connection to one office's database. Implements every port of `workflow.ports`."""

    _updates: dict[tuple[Any, ...], tuple[str, tuple[int, ...]]]  # (table, columns) -> the statement, where JSON stands in it

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        super().__init__(db, path)
        self._updates = {}

    @classmethod
    def open(cls, path: str, *, read_only: bool = False, timeout: float = TIMEOUT, synchronous: str = "FULL") -> SqliteStore:
        """
        Open an office's database.

        Raises:
            StoreNotReady: absent, not ours, older or newer than this program.
        """
        store = cls(connect(path, read_only=read_only, timeout=timeout, synchronous=synchronous), path)
        store.patience = timeout
        store._db.execute(f"PRAGMA busy_timeout = {min(timeout, ATTENTIVE) * 1000:.0f}")
        return store

    @classmethod
    def create_memory(cls) -> SqliteStore:
        """A new office in memory, gone when it is closed."""
        db = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        build(db)
        db.execute("PRAGMA foreign_keys = ON")
        return cls(db, ":memory:")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def load(self, ref: str, *, whole: bool = False, history: bool = False) -> Case:
        run = self._db.execute
        try:
            if not self._together:
                run("BEGIN")
            row = run(sql.FIND, (ref,)).fetchone() or run(sql.FIND_BY_ID, (ref,)).fetchone()
            if row is None:
                raise AgreementNotFound("agreement", ref, self.refs())
            id = row[2]
            tables: dict[str, Any] = {} if history else Later(self._table, id)
            tables["agreement"] = READ["agreement"]((row[2:],))
            for table, text, read in WHOLE if history else LATEST if whole else AT_ONCE:
                tables[table] = read(run(text, (id,)).fetchall())  # at once: a cursor that is gone through row by row costs a tenth more
            if not self._together:
                run("COMMIT")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        finally:
            if not self._together:
                self._roll_back()  # where it did not end
        return Case(Head(id, row[0], row[1]), tables)

    def _table(self, id: str, table: str) -> dict[tuple[Any, ...], Any]:
        """A table that was not read at once: it may be newer than the rest, and then a decision on it loses the head's swap."""
        return READ[table](self._all(sql.PARTS[table], (id,)))

    def known(self, ref: str) -> Case | None:  # noqa: ARG002  # the port's
        """Nothing: reading the file again costs as little as asking whether it changed."""
        return None

    def commit(
        self, head: Head, entry: Sealed, effects: Sequence[Effect], *,
        request: tuple[str, str] | None = None, definitions: Sequence[Pinned] = (),
    ) -> None:
        run = self._db.execute
        try:
            if self._together:
                run("SAVEPOINT one")
            else:
                self._begin()
            if (run(sql.HEAD, (head.chain,)).fetchone() or FIRST) != head[1:]:
                raise HeadMoved(head.chain, head.cseq)
            run(sql.ENTRY, written(entry))
            for pinned in definitions:
                run(sql.PIN, pinned)
            for effect in effects:
                self._write(head.chain, effect)
            for detail in entry.details:
                run(sql.DETAIL, (entry.chain, entry.cseq, *detail))
            if request is not None:
                run(sql.REQUEST, (*request, entry.chain, entry.cseq))
            run("RELEASE one" if self._together else "COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, sqlite3.IntegrityError) and any(name in str(error) for name in RACES):
                raise HeadMoved(head.chain, head.cseq) from error
            if isinstance(error, UnicodeEncodeError):
                raise InvalidInput("text", "", Phrase("holds a broken character at position {place}: {text!r}…", place=error.start,
                                                             text=error.object[:error.start])) from error
            raise problem(self.path, error) if isinstance(error, sqlite3.Error) else error

    @contextmanager
    def together(self) -> Iterator[None]:
        self._alone()
        try:
            self._begin()
            self._together = True
            yield
            self._together = False
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        finally:
            self._together = False
            self._roll_back()  # where it did not end

    def waiting(self, agreements: Sequence[str]) -> dict[str, Case]:
        return {ident: self.load(ident) for ident in agreements}

    def settle(self, settled: Sequence[Settled], claims: Sequence[Claimed]) -> list[str]:
        moved = []
        with self.together():
            for head, entry, effects in settled:
                try:
                    self.commit(head, entry, effects)
                except HeadMoved:
                    moved.append(head.chain)
            for claim in () if moved else claims:
                self._db.execute(FORGET, held(claim))
        return moved

    def _write(self, chain: str, effect: Effect) -> None:
        """Write one row: a new one whole, a known one only where it changes."""
        table, key, values = effect
        scope = () if table in OF_OFFICE else (chain,)
        if key is None:
            row = WRITE[table](values)
            self._db.execute(sql.INSERT[table], row if table == "agreement" else (*scope, *row))
            return
        known = (table, *values)
        if known not in self._updates:
            texts = JSON.get(table, ())
            self._updates[known] = sql.update(table, tuple(values)), tuple(at for at, name in enumerate(values) if name in texts)
        text, places = self._updates[known]
        cells = list(values.values())
        for at in places:
            cells[at] = encode(cells[at])
        if self._db.execute(text, (*cells, *scope, *key)).rowcount != 1:
            raise StoreError(self.path, Phrase("has no {table} {key} to change", table=table, key=key), "mufakat doctor")

    @contextmanager
    def _snapshot(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Several reads of one moment."""
        run = self._db.execute
        try:
            if not self._together:
                run("BEGIN")
            try:
                yield run
            finally:
                if self._db.in_transaction and not self._together:
                    run("ROLLBACK")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # the error that brought us here is the one to tell
            if self._together:
                self._db.execute("ROLLBACK TO one")
                self._db.execute("RELEASE one")
            elif self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def request(self, id: str) -> tuple[str, str, int] | None:
        found: tuple[str, str, int] | None = self._one(sql.FIND_REQUEST, (id,))
        return found

    def refs(self, prefix: str = "") -> list[str]:
        ref, slash, stage = prefix.partition("/")
        found = self._all(sql.INSTANCE_REFS, (ref, stage, stage + LAST)) if slash else self._all(sql.REFS, (prefix, prefix + LAST))
        return [row[0] for row in found]

    def pinned(self, kind: str, name: str, version: int, hash: str) -> dict[str, Any]:
        row = self._one(sql.PINNED, (kind, name, version, hash))
        if row is None:
            raise DefinitionNotFound(f"{name} {version}", [f"{found} {number}" for found, number in self._all(sql.PINNED_NAMES, (kind,))])
        body: dict[str, Any] = decode(row[0])
        return body

    def pinned_all(self) -> list[Pinned]:
        return [Pinned(*row) for row in self._all(sql.PINNED_ALL)]

    def office(self) -> Case:
        tables: dict[str, dict[tuple[Any, ...], Any]] = {table: {} for table in OF_OFFICE}
        with self._snapshot() as run:
            row = run(sql.HEAD, (SYS,)).fetchone()
            for table, text in (("person", sql.PEOPLE), ("setting", sql.SETTINGS)):
                tables[table] = READ[table](run(text))
        return Case(Head(SYS, *row) if row else Head(SYS), tables)

    def person(self, key: str) -> Person | None:
        row = self._one(sql.PERSON, (key,)) or self._one(sql.PERSON_BY_LOGIN, (key,))
        return next(iter(READ["person"]([row]).values())) if row else None

    def calendar(self, name: str) -> tuple[list[Day], list[Coverage]]:
        with self._snapshot() as run:
            days, years = READ["day"](run(sql.DAYS, (name,))), READ["coverage"](run(sql.COVERAGE, (name,)))
        return list(days.values()), list(years.values())

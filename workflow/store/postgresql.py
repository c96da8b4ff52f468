"""
The daily path on PostgreSQL: an agreement in one statement, a decision in one statement.

Every statement sees one moment and is a transaction of its own; the row of a chain's head is its lock. See `postgresql_writing`.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self

import psycopg

from workflow.core.agreement import KEYS, RECORDS, Case, Head
from workflow.errors import AgreementNotFound, DefinitionNotFound, InvalidInput, Phrase, StoreError
from workflow.ports import HeadMoved, Pinned
from workflow.store import entries
from workflow.store import postgresql_loading as loading
from workflow.store.postgresql_known import STANDS, Known
from workflow.store.postgresql_link import LOCK_TIMEOUT, STATEMENT_TIMEOUT, Broken, Link, connect, problem, set_up
from workflow.store.postgresql_schema import examine
from workflow.store.postgresql_tree import PostgresTree
from workflow.store.postgresql_writing import statement
from workflow.store.statements import listed
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, SYS, TABLES, Later, decode, reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed
    from workflow.core.office import Coverage, Day, Person

READ = {table: reader(table) for table in OF_AGREEMENT + OF_OFFICE}
AT_WHOLE = tuple(table for table in OF_AGREEMENT[1:] if table != "message")  # whoever shows an agreement does not ask who was told
LAST = "\U0010ffff"  # after every reference that begins the same
RACES = ("agreement_ref", "request_key")  # unique constraints that only a race can meet: the engine looked before


def _fields(table: str, prefix: str = "") -> str:
    return listed(RECORDS[table]._fields, prefix)


def _gathered(table: str, source: str = "", where: str = "WHERE t.agreement = a.id") -> str:
    """All rows of a table as one JSON array of arrays, in the order of their keys."""
    return (f"(SELECT coalesce(json_agg(json_build_array({_fields(table, 't.')}) ORDER BY {listed(KEYS[table], 't.')}), '[]') "
            f"FROM {source or TABLES[table]} t {where})")


LATEST = ("(SELECT DISTINCT ON (instance, name) * FROM deadline d WHERE d.agreement = a.id ORDER BY instance, name, revision DESC)")
PARTS = {table: f"SELECT {_fields(table)} FROM {TABLES[table]} WHERE agreement = %s ORDER BY {listed(KEYS[table])}" for table in OF_AGREEMENT[1:]}


def _load(tables: tuple[str, ...], *, history: bool = False) -> str:
    parts = [_gathered(table, LATEST, "") if table == "deadline" and not history else _gathered(table) for table in tables]
    return (f"SELECT h.cseq, h.leaf, {_fields('agreement', 'a.')}, {', '.join(parts)} FROM agreement a JOIN head h ON h.chain = a.id "
            "WHERE a.id = coalesce((SELECT id FROM agreement WHERE ref = %s), %s)")


WHOLE, HISTORY = _load(AT_WHOLE), _load(OF_AGREEMENT[1:], history=True)
OFFICE = (f"SELECT (SELECT cseq FROM head WHERE chain = '{SYS}'), (SELECT leaf FROM head WHERE chain = '{SYS}'), "
          f"{_gathered('person', where='')}, {_gathered('setting', where='')}")
CALENDAR = (f"SELECT {_gathered('day', where='WHERE t.calendar = asked.name')}, {_gathered('coverage', where='WHERE t.calendar = asked.name')} "
            "FROM (SELECT %s::text AS name) asked")
PERSON = (f"SELECT {_fields('person')} FROM person WHERE id = %s UNION ALL SELECT {_fields('person')} FROM person WHERE login = %s AND login <> '' "
          "LIMIT 1")
REQUEST = "SELECT digest, chain, cseq FROM request WHERE id = %s"
PINNED = "SELECT body FROM definition WHERE kind = %s AND name = %s AND version = %s AND hash = %s"
PINNED_ALL = "SELECT kind, name, version, hash, body FROM definition ORDER BY kind, name, version, hash"
PINNED_NAMES = "SELECT name, version FROM definition WHERE kind = %s ORDER BY name, version"
REFS = "SELECT ref FROM agreement WHERE ref >= %s AND ref < %s ORDER BY ref"
INSTANCE_REFS = ("SELECT a.ref || '/' || i.ref FROM agreement a JOIN instance i ON i.agreement = a.id "
                 "WHERE a.ref = %s AND i.ref >= %s AND i.ref < %s ORDER BY i.ref")
ENTRIES = f"SELECT {', '.join(entries.COLUMNS)} FROM entry WHERE chain = %s AND cseq > %s ORDER BY cseq"
DETAILS = "SELECT cseq, path, salt, value FROM audit_detail WHERE chain = %s AND cseq > %s ORDER BY cseq, path"
ENTRY = f"SELECT {', '.join(entries.COLUMNS)} FROM entry WHERE chain = %s AND cseq = %s"
DETAIL = "SELECT cseq, path, salt, value FROM audit_detail WHERE chain = %s AND cseq = %s ORDER BY path"


class PostgresStore(PostgresTree):
    """One office's database. Implements every port of `workflow.ports`; over a pool several threads may share it."""

    @classmethod
    def open(cls, address: str, *, read_only: bool = False, statement_timeout: float = STATEMENT_TIMEOUT,
             lock_timeout: float = LOCK_TIMEOUT) -> PostgresStore:
        """
        Open an office's database (time-outs in seconds).

        Raises:
            StoreNotReady: absent, not ours, older or newer than this program.
        """
        options = {"read_only": read_only, "statement_timeout": statement_timeout, "lock_timeout": lock_timeout}
        link = connect(address, read_only=read_only, statement_timeout=statement_timeout, lock_timeout=lock_timeout)
        try:
            store = cls(Link(address, link, options))
            examine(store._link.rows, store.where)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def pooled(cls, address: str, size: int, *, statement_timeout: float = STATEMENT_TIMEOUT,
               lock_timeout: float = LOCK_TIMEOUT) -> PostgresStore:
        """The same over a pool of at most `size` connections, for a worker's threads."""
        from psycopg_pool import ConnectionPool

        cls.open(address, read_only=True).close()  # tells a person what is wrong; a pool would only time out

        def configure(link: Any) -> None:
            set_up(link, address, read_only=False, statement_timeout=statement_timeout, lock_timeout=lock_timeout)

        settings = {"autocommit": True, "fallback_application_name": "mufakat", "client_encoding": "utf8"}
        return cls(Link(address, ConnectionPool(address, kwargs=settings, min_size=1, max_size=size, configure=configure, open=True)))

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._known = Known()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def load(self, ref: str, *, whole: bool = False, history: bool = False) -> Case:
        if not whole and not history:
            return self._decided_on(ref)
        row = self._one(HISTORY if history else WHOLE, (ref, ref))
        if row is None:
            raise AgreementNotFound("agreement", ref, self.refs())
        width = 2 + len(RECORDS["agreement"]._fields)
        tables: dict[str, Any] = {} if history else Later(self._table, row[2])
        tables["agreement"] = READ["agreement"]((row[2:width],))
        for table, rows in zip(OF_AGREEMENT[1:] if history else AT_WHOLE, row[width:], strict=True):
            tables[table] = READ[table](map(tuple, rows))
        return Case(Head(row[2], row[0], row[1]), tables)

    def known(self, ref: str) -> Case | None:
        held = self._known.find(ref)
        return self._case(*held) if held is not None and self._known.alone(held[0].chain) else None

    def _decided_on(self, ref: str) -> Case:
        """What every decision reads, the rest when it is asked for."""
        held = self._known.find(ref)
        if held is not None and self._known.alone(held[0].chain) and self._all(STANDS, held[0]):
            head, found = held
        else:
            rows = self._all(loading.FIND, (ref, ref))
            if not rows:
                raise AgreementNotFound("agreement", ref, self.refs())
            head, found = loading.case_of(rows)
            self._known.keep(head, found)
        return self._case(head, found)

    def _case(self, head: Head, found: dict[str, Any]) -> Case:
        tables = Later(self._table, head.chain)
        tables.update(found)
        return Case(head, tables)

    def _table(self, id: str, table: str) -> dict[tuple[Any, ...], Any]:
        """A table that was not read at once: it may be newer than the rest, and then a decision on it loses the head's swap."""
        return READ[table](self._all(PARTS[table], (id,)))

    def commit(
        self, head: Head, entry: Sealed, effects: Sequence[Effect], *,
        request: tuple[str, str] | None = None, definitions: Sequence[Pinned] = (),
    ) -> None:
        try:
            with self._link.transaction() if self._together else nullcontext():
                self._commit(head, entry, *statement(head, entry, effects, request, definitions))
            self._known.follow(head, entry, effects)
        except HeadMoved:
            self._known.lose(head.chain)
            raise
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name in RACES:
                raise HeadMoved(head.chain, head.cseq) from error
            raise problem(self.where, error) from error
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
            raise HeadMoved(head.chain, head.cseq) from error
        except psycopg.errors.DivisionByZero as error:
            raise StoreError(self.where, "has no such row to change", "mufakat doctor") from error
        except UnicodeEncodeError as error:
            raise InvalidInput("text", "", Phrase("holds a broken character at position {place}: {text!r}…", place=error.start,
                                                  text=error.object[:error.start])) from error
        except psycopg.Error as error:
            raise problem(self.where, error) from error

    @contextmanager
    def together(self) -> Iterator[None]:
        self._alone()
        try:
            with self._link.transaction():
                self._together = True
                yield
        except psycopg.Error as error:
            raise problem(self.where, error) from error
        finally:
            self._together = False

    def _commit(self, head: Head, entry: Sealed, text: str, values: list[Any]) -> None:
        """
        Write. Where the connection broke meanwhile, the journal tells whether it was written, and if not it is written again.

        The first attempt may still be running on the server: then the second waits for it, and loses the swap to itself.
        """
        broken = False
        while True:
            try:
                swapped = self._link.rows(text, values, writes=True)
            except Broken:
                if self._together:
                    raise  # what was written before went with the connection
                broken = True
                if self._stands(entry):
                    return
                continue
            if swapped or (broken and self._stands(entry)):
                return
            raise HeadMoved(head.chain, head.cseq)

    def _stands(self, entry: Sealed) -> bool:
        found = self.entry(entry.chain, entry.cseq)
        return found is not None and found.leaf == entry.leaf

    def request(self, id: str) -> tuple[str, str, int] | None:
        found: tuple[str, str, int] | None = self._one(REQUEST, (id,))
        return found

    def refs(self, prefix: str = "") -> list[str]:
        ref, slash, stage = prefix.partition("/")
        found = self._all(INSTANCE_REFS, (ref, stage, stage + LAST)) if slash else self._all(REFS, (prefix, prefix + LAST))
        return [row[0] for row in found]

    def pinned(self, kind: str, name: str, version: int, hash: str) -> dict[str, Any]:
        row = self._one(PINNED, (kind, name, version, hash))
        if row is None:
            raise DefinitionNotFound(f"{name} {version}", [f"{found} {number}" for found, number in self._all(PINNED_NAMES, (kind,))])
        body: dict[str, Any] = decode(row[0])
        return body

    def pinned_all(self) -> list[Pinned]:
        return [Pinned(*row) for row in self._all(PINNED_ALL)]

    def office(self) -> Case:
        cseq, leaf, people, settings = self._one(OFFICE)
        tables: dict[str, dict[tuple[Any, ...], Any]] = {table: {} for table in OF_OFFICE}
        tables |= {"person": READ["person"](map(tuple, people)), "setting": READ["setting"](map(tuple, settings))}
        return Case(Head(SYS) if cseq is None else Head(SYS, cseq, leaf), tables)

    def person(self, key: str) -> Person | None:
        row = self._one(PERSON, (key, key))
        return next(iter(READ["person"]([row]).values())) if row else None

    def calendar(self, name: str) -> tuple[list[Day], list[Coverage]]:
        days, years = self._one(CALENDAR, (name,))
        return list(READ["day"](map(tuple, days)).values()), list(READ["coverage"](map(tuple, years)).values())

    def entries(self, chain: str, after: int = 0) -> Iterator[Sealed]:
        return entries.joined(self._all(ENTRIES, (chain, after)), self._all(DETAILS, (chain, after)))

    def entry(self, chain: str, cseq: int) -> Sealed | None:
        return next(entries.joined(self._all(ENTRY, (chain, cseq)), self._all(DETAIL, (chain, cseq))), None)

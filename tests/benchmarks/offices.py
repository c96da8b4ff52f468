"""
Offices to measure on: one agreement is walked through the engine, and its rows are copied by SQL, so that a million stand in a minute.

The copies are as the engine would have left them but for their journal's hashes, which nobody verifies here.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from building import VALID
from world import ORIGIN, World

import definitions
from workflow.catalog import Catalog
from workflow.core.agreement import Change, Effect
from workflow.core.entry import seal
from workflow.core.recording import Fact
from workflow.engine import Ask, Engine
from workflow.store.migrations import upgrade
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = "2026-03-02"
OWN = {  # what tells one copy from another, by column; %n is the number of the copy
    "id": "printf('0198b0f5-0000-7000-8000-%012x', n)", "agreement": "printf('0198b0f5-0000-7000-8000-%012x', n)",
    "chain": "printf('0198b0f5-0000-7000-8000-%012x', n)",
}
DAYS = "date(iif(on_expiry = 'fire', '2026-03-03', '2025-03-02'), (n * 7919 % 730) || ' days')"  # what fires by itself is still to come
SPREAD = {  # as days go by: what is due, and since when a stage stands, over two years around the office's today
    "deadline": {"effective": DAYS, "nominal": DAYS, "wake_at": f"iif(wake_at = '', '', {DAYS} || 'T17:00:00Z')",
                 "expires_at": f"{DAYS} || 'T17:00:00Z'"},
    "instance": {"since": "date('2024-03-02', (n * 7907 % 730) || ' days')"},
}
GAPS = "entry_comes_next"  # the trigger that wants every entry of a chain
SERVER_ID = "'0198b0f5-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"  # the same on PostgreSQL
SERVER_DAY = "to_char(date '2025-03-02' + CASE on_expiry WHEN 'fire' THEN 366 ELSE 0 END + n * 7919 %% 730, 'YYYY-MM-DD')"
ON_SERVER = {
    "agreement": {"id": SERVER_ID},
    "deadline": {"effective": SERVER_DAY, "nominal": SERVER_DAY, "wake_at": f"CASE wake_at WHEN '' THEN '' ELSE {SERVER_DAY} || 'T17:00:00Z' END",
                 "expires_at": f"{SERVER_DAY} || 'T17:00:00Z'"},
    "instance": {"since": "to_char(date '2024-03-02' + n * 7907 %% 730, 'YYYY-MM-DD')"},
    **{table: {} for table in ("requirement_row", "document", "approval", "activity", "message", "head", "entry")},
}


def build(where: str) -> World:
    """A new office in a file or on a server, with the Indonesian calendar and the definitions of the benchmarks beside the built-in ones."""
    upgrade(where)
    store = opened(where, "OFF")
    world = World(Path(tempfile.gettempdir()), store, day=DAY)
    world.library._read_catalog = lambda: Catalog(definitions.roots(os.path.join(HERE, "definitions")), definitions.GUARDS)
    head = store.office().head
    person = Change("person", (Effect("person", None, VALID["person"]._replace(id="p1", login="root", admin=True)._asdict()),), DAY)
    setting = Effect("setting", None, {"name": "origin", "value": ORIGIN})
    change = person._replace(effects=(*person.effects, setting))
    store.commit(head, seal(change, head=head, origin=ORIGIN, eid="00000000-0000-7000-8000-0000000000ff", recorded=f"{DAY}T01:00:00.000000Z",
                            person="p1", identity="os", salts=lambda: bytes(32)), change.effects)
    return world.holidays()


def plain(world: World, ref: str = "plain") -> str:
    """An agreement with one plain stage in its first state."""
    world.start(ref, "plain-track")
    world.engine.open(ref, "plain", Ask(facts=[Fact("topic", "education")]))
    return ref


def reviewed(world: World, ref: str = "reviewed") -> str:
    """An agreement with a letter of intent in force, and its review scheduled."""
    world.start(ref)
    world.engine.open(ref, "loi", Ask(occurred="2025-11-18"), existing="signed")
    world.engine.record(f"{ref}/loi", Ask(facts=[Fact("signed_on", "2025-11-18"), Fact("term_kind", "evergreen")]))
    world.engine.activity(ref, "student exchange", Ask(occurred="2026-02-01"))
    world.engine.open(ref, "review", Ask(facts=[Fact("cause", "annual")]))
    return ref


def multiply(path: str, source: str, copies: int, prefix: str, *, first: int = 1, spread: bool = False) -> None:
    """
    Copy one agreement with everything that is on record of it; the copies are called PREFIX-1, PREFIX-2 …

    `spread`: their dates differ, and of each chain only the last entry is there, so that a million fit on a disk.
    """
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")  # what goes wrong here is built again
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -1000000")
    (id,) = db.execute("SELECT id FROM agreement WHERE ref = ?", (source,)).fetchone()
    (trigger,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (GAPS,)).fetchone()
    db.execute("BEGIN")
    if spread:
        db.execute(f"DROP TRIGGER {GAPS}")
    for table, columns in _tables(db).items():
        own: Mapping[str, str] = {**OWN, "ref": f"printf('{prefix}-%d', n)"} if table == "agreement" else OWN
        own = {**own, **(SPREAD.get(table, {}) if spread else {})}
        values = ", ".join(own.get(column, f's."{column}"') for column in columns)
        scope = "id" if table == "agreement" else "chain" if "chain" in columns else "agreement"
        order = ", cseq" if "cseq" in columns else ""
        last = f" AND s.cseq = (SELECT max(cseq) FROM {table} WHERE chain = s.chain)" if spread and "cseq" in columns else ""
        names = ", ".join(f'"{column}"' for column in columns)
        db.execute(f"WITH RECURSIVE copy (n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM copy WHERE n < {first + copies - 1}) "
                   f"INSERT INTO {table} ({names}) "
                   f"SELECT {values} FROM copy CROSS JOIN {table} s WHERE s.{scope} = ?{last} ORDER BY n{order}", (id,))
    if spread:
        db.execute(trigger)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def multiply_on_server(address: str, source: str, copies: int, prefix: str) -> None:
    """As `multiply` with `spread`, on a PostgreSQL server."""
    import psycopg

    with psycopg.connect(address) as link:
        (id,) = link.execute("SELECT id FROM agreement WHERE ref = %s", (source,)).fetchone() or ("",)
        link.execute(f"ALTER TABLE entry DISABLE TRIGGER {GAPS}")
        for table, changed in ON_SERVER.items():
            columns = [row[0] for row in link.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND "
                                                      "column_name <> 'seq' ORDER BY ordinal_position", (table,))]
            own = {"agreement": SERVER_ID, "chain": SERVER_ID, **changed, **({"ref": f"'{prefix}-' || n"} if table == "agreement" else {})}
            values = ", ".join(own.get(column, f's."{column}"') for column in columns)
            names = ", ".join(f'"{column}"' for column in columns)
            scope = "id" if table == "agreement" else "chain" if "chain" in columns else "agreement"
            last = " AND s.cseq = (SELECT max(cseq) FROM entry WHERE chain = s.chain)" if table == "entry" else ""
            link.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, %s) n, {table} s WHERE s.{scope} = %s{last}",
                         (copies, id))
        link.execute(f"ALTER TABLE entry ENABLE ALWAYS TRIGGER {GAPS}")
    with psycopg.connect(address, autocommit=True) as link:
        link.execute("VACUUM ANALYZE")


def _tables(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The tables that hold what is on record of an agreement, with their columns; the number of an entry is given by the table itself."""
    found = {}
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
        if table == "agreement" or (table not in ("request", "pending") and {"agreement", "chain"} & set(columns)):
            found[table] = columns
    return found


def engine(where: str, synchronous: str = "FULL", day: str = DAY) -> Engine:
    """The engine over a built office, on the day that it was built or another."""
    return World(Path(tempfile.gettempdir()), opened(where, synchronous), day=day).engine


def opened(where: str, synchronous: str) -> Any:
    """The store of an office: a file, or the address of a server, where its own settings say how safely it writes."""
    if "://" in where:
        from workflow.store.postgresql import PostgresStore

        return PostgresStore.open(where)
    return SqliteStore.open(where, synchronous=synchronous)

"""
The SQL of the aggregate as constant text, so that the driver prepares each statement once.

Made from the records, whose fields are the columns; every name is quoted (`on`, `row` and `trigger` are SQL's own words).
"""

from __future__ import annotations

from workflow.core.agreement import KEYS, RECORDS
from workflow.store.entries import COLUMNS
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, TABLES


def listed(names: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _fields(table: str) -> tuple[str, ...]:
    fields: tuple[str, ...] = RECORDS[table]._fields
    return fields


def _key(table: str) -> tuple[str, ...]:
    """The columns of a row's whole key."""
    if table in OF_OFFICE:
        return KEYS[table]
    return ("id",) if table == "agreement" else ("agreement", *KEYS[table])


def _insert(table: str) -> str:
    columns = _fields(table) if table in OF_OFFICE or table == "agreement" else ("agreement", *_fields(table))
    return f"INSERT INTO {TABLES[table]} ({listed(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _of_one(table: str) -> str:
    return f"SELECT {listed(_fields(table))} FROM {TABLES[table]} WHERE agreement = ? ORDER BY {listed(KEYS[table])}"


INSERT = {table: _insert(table) for table in OF_AGREEMENT + OF_OFFICE}
FIND = (f"SELECT e.cseq, e.leaf, {listed(_fields('agreement'), 'a.')} FROM agreement a JOIN entry e ON e.chain = a.id WHERE a.ref = ? "
        "ORDER BY e.cseq DESC LIMIT 1")
FIND_BY_ID = FIND.replace("a.ref = ?", "a.id = ?")
PARTS = {table: _of_one(table) for table in OF_AGREEMENT[1:]}
LATEST = (f"SELECT {listed(_fields('deadline'), 'd.')} FROM deadline d WHERE d.agreement = ? AND NOT EXISTS (SELECT 1 FROM deadline n "
          "WHERE n.agreement = d.agreement AND n.instance = d.instance AND n.name = d.name AND n.revision > d.revision) "
          "ORDER BY d.instance, d.name")
HEAD = "SELECT cseq, leaf FROM entry WHERE chain = ? ORDER BY cseq DESC LIMIT 1"
ENTRY = f"INSERT INTO entry ({listed(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
DETAIL = "INSERT INTO audit_detail (chain, cseq, path, salt, value) VALUES (?, ?, ?, ?, ?)"
FORGET = "DELETE FROM audit_detail WHERE chain = ? AND cseq = ? AND path = ?"
REQUEST = "INSERT INTO request (id, digest, chain, cseq) VALUES (?, ?, ?, ?)"
FIND_REQUEST = "SELECT digest, chain, cseq FROM request WHERE id = ?"
PIN = "INSERT OR IGNORE INTO definition (kind, name, version, hash, body) VALUES (?, ?, ?, ?, ?)"
PINNED = "SELECT body FROM definition WHERE kind = ? AND name = ? AND version = ? AND hash = ?"
PINNED_ALL = "SELECT kind, name, version, hash, body FROM definition ORDER BY kind, name, version, hash"
PINNED_NAMES = "SELECT name, version FROM definition WHERE kind = ? ORDER BY name, version"
PEOPLE = f"SELECT {listed(_fields('person'))} FROM person ORDER BY id"
SETTINGS = f"SELECT {listed(_fields('setting'))} FROM setting ORDER BY name"
PERSON = f"SELECT {listed(_fields('person'))} FROM person WHERE id = ?"
PERSON_BY_LOGIN = f"SELECT {listed(_fields('person'))} FROM person WHERE login = ? AND login <> ''"
DAYS = f'SELECT {listed(_fields("day"))} FROM calendar_day WHERE calendar = ? ORDER BY "on"'
COVERAGE = f"SELECT {listed(_fields('coverage'))} FROM calendar_coverage WHERE calendar = ? ORDER BY year"
REFS = "SELECT ref FROM agreement WHERE ref >= ? AND ref < ? ORDER BY ref"
INSTANCE_REFS = ("SELECT a.ref || '/' || i.ref FROM agreement a JOIN instance i ON i.agreement = a.id "
                 "WHERE a.ref = ? AND i.ref >= ? AND i.ref < ? ORDER BY i.ref")
ENTRIES = f"SELECT {listed(COLUMNS)} FROM entry WHERE chain = ? AND cseq > ? ORDER BY cseq"
ENTRY_AT = f"SELECT {listed(COLUMNS)} FROM entry WHERE chain = ? AND cseq = ?"
DETAILS = "SELECT path, salt, value FROM audit_detail WHERE chain = ? AND cseq = ? ORDER BY path"
DETAILS_OF = "SELECT cseq, path, salt, value FROM audit_detail WHERE chain = ? AND cseq > ? ORDER BY cseq, path"


def update(table: str, columns: tuple[str, ...]) -> str:
    """The statement that changes these columns of one row, the row's key coming last."""
    changed = ", ".join(f'"{name}" = ?' for name in columns)
    return f"UPDATE {TABLES[table]} SET {changed} WHERE " + " AND ".join(f'"{name}" = ?' for name in _key(table))

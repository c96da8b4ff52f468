"""
Pages over many agreements: one statement each, whatever the number of rows.

Every filter is a condition with a bound value; a page begins after the last reference of the one before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.agreement import RECORDS
from workflow.store.connection import REVISION, Connected
from workflow.store.statements import listed
from workflow.store.values import FLAGS, OF_AGREEMENT, OF_OFFICE, TABLES, decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES = ("SELECT json_group_array(json_object('ref', ref, 'stage', stage, 'number', number, 'version', version, 'hash', hash, "
          "'state', state, 'since', since, 'opened_on', opened_on, 'irregular', json(iif(irregular, 'true', 'false')), "
          "'imported', json(iif(imported, 'true', 'false')), 'gap_days', gap_days)) "
          "FROM instance WHERE agreement = a.id AND parent = ''")
ITEMS = "SELECT count(*) FROM instance WHERE agreement = a.id AND parent <> ''"
NEXT = "SELECT min(effective) FROM deadline WHERE agreement = a.id AND status = 'open'"
LISTING = (f"SELECT {listed(RECORDS['agreement']._fields, 'a.')}, ({STAGES}) AS stages, ({ITEMS}) AS items, coalesce(({NEXT}), '') AS next_due "
           "FROM agreement a WHERE ")
DEADLINES = (f"SELECT a.ref, a.title, a.owner, {listed(RECORDS['deadline']._fields, 'd.')} "
             "FROM deadline d JOIN agreement a ON a.id = d.agreement WHERE ")
BY_NAME = "SELECT id FROM agreement WHERE ref = ? UNION ALL SELECT id FROM agreement WHERE id = ?"
# Which states are not final is read from the pinned definitions; items have states of their own. Of each state the longest-standing
# are taken off the index, so that a page costs the same however many agreements there are; where a state is final in one definition and
# not in another, each row is held to its own.
PLACES = """
SELECT d.name, d.version, d.hash, '' AS item, s.key AS state, coalesce(json_extract(s.value, '$.final'), 0) AS final
FROM definition d, json_each(d.body, '$.state') s WHERE d.kind = 'stage'
UNION ALL
SELECT d.name, d.version, d.hash, 'item', s.key, coalesce(json_extract(s.value, '$.final'), 0)
FROM definition d, json_each(d.body, '$.item.state') s WHERE d.kind = 'stage'"""
STATES = f"SELECT DISTINCT state, final FROM ({PLACES})"
LIVE = f"WITH live AS MATERIALIZED (SELECT * FROM ({PLACES}) WHERE NOT final) "
IS_LIVE = ("EXISTS (SELECT 1 FROM live l WHERE l.state = i.state AND l.name = i.stage AND l.version = i.version AND l.hash = i.hash "
           "AND l.item = iif(i.parent = '', '', 'item'))")
PINNED = "EXISTS (SELECT 1 FROM definition d WHERE d.kind = 'stage' AND d.name = i.stage AND d.version = i.version AND d.hash = i.hash)"
OF_STATE = ("SELECT * FROM (SELECT i.agreement, i.ref, i.stage, i.parent, i.state, i.since FROM instance i WHERE i.state = ? AND i.since <= ? "
            "AND {held} ORDER BY i.since LIMIT ?)")
STANDS = "SELECT a.ref AS agreement, a.ref || '/' || i.ref AS ref, a.title, a.owner, i.stage, i.parent, i.state, i.since FROM "
OLDEST = " ORDER BY i.since, a.ref, i.ref LIMIT ?"
STUCK_OWN = f"{LIVE}{STANDS}agreement a JOIN instance i ON i.agreement = a.id AND a.owner = ? AND i.since <= ? AND {IS_LIVE}{OLDEST}"
STUCK_ALL = LIVE + STANDS.replace("i.", "o.") + "({found}) o JOIN agreement a ON a.id = o.agreement" + OLDEST.replace("i.", "o.")
DUE = "SELECT agreement FROM deadline WHERE wake_at <> '' AND wake_at <= ? ORDER BY wake_at LIMIT ?"
REQUESTS = "SELECT id, chain, cseq FROM request WHERE id IN (SELECT value FROM json_each(?))"
HOLDERS = "SELECT agreement, no FROM document WHERE sha256 = ? AND stored = 1"
TRIGGERS = tuple(f"{table}_{rule}" for table in ("entry", "checkpoint") for rule in ("comes_next", "never_changes", "never_goes"))
UNPINNED = ("SELECT a.ref || '/' || i.ref FROM instance i JOIN agreement a ON a.id = i.agreement WHERE NOT EXISTS "
            "(SELECT 1 FROM definition d WHERE d.kind = 'stage' AND d.name = i.stage AND d.version = i.version AND d.hash = i.hash)")
GAPS = "SELECT count(*), coalesce(max(seq), 0) FROM entry"
BROKEN = "SELECT chain, count(*), max(cseq) FROM entry GROUP BY chain HAVING count(*) <> max(cseq)"
UNTOLD = "SELECT ref FROM agreement a WHERE NOT EXISTS (SELECT 1 FROM entry WHERE chain = a.id)"


class SqliteListing(Connected):
    """What the lists, the agenda, the sweep and `doctor` read."""

    def listing(
        self, *, track: str = "", owner: str = "", stage: str = "", state: str = "", text: str = "", after: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        of_stage = [(f"{column} = ?", value) for column, value in (("stage", stage), ("state", state)) if value]
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        asked: list[tuple[str, tuple[str, ...]]] = [("a.ref > ?", (after,))]
        asked += [("a.track = ?", (track,))] if track else []
        asked += [("a.owner = ?", (owner,))] if owner else []
        if of_stage:
            found = " AND ".join(condition for condition, _ in of_stage)
            asked.append((f"a.id IN (SELECT agreement FROM instance WHERE {found})" if state else
                          f"EXISTS (SELECT 1 FROM instance WHERE agreement = a.id AND {found})", tuple(value for _, value in of_stage)))
        asked += [("(a.ref LIKE ? ESCAPE '\\' OR a.title LIKE ? ESCAPE '\\' OR a.parties LIKE ? ESCAPE '\\')", (pattern,) * 3)] if text else []
        where = " AND ".join(condition for condition, _ in asked)
        values = tuple(value for _, bound in asked for value in bound)
        rows = list(self._dicts(f"{LISTING}{where} ORDER BY a.ref LIMIT ?", (*values, limit)))
        for row in rows:
            row |= {name: decode(row[name]) for name in ("parties", "params", "stages")} | {"imported": row["imported"] == 1}
        return rows

    def deadlines(
        self, *, until: str = "", overdue: bool = False, owner: str = "", agreement: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        asked = [("d.status = 'open'", ""), ("d.effective <= ?", until or "9999-12-31")]
        asked += [("d.overdue = 1", "")] if overdue else []
        asked += [("a.owner = ?", owner)] if owner else []
        asked += [(f"d.agreement = ({BY_NAME})", agreement)] if agreement else []
        where = " AND ".join(condition for condition, _ in asked)
        values = [value for condition, value in asked for _ in range(condition.count("?"))]
        rows = list(self._dicts(f"{DEADLINES}{where} ORDER BY d.effective LIMIT ?", (*values, limit)))
        for row in rows:
            row |= {name: row[name] == 1 for name in FLAGS["deadline"]}
        return rows

    def stuck(self, before: str, *, owner: str = "", limit: int = 200) -> list[dict[str, Any]]:
        if owner:
            return list(self._dicts(STUCK_OWN, (owner, before, limit)))
        places = self._all(STATES)
        final = {state for state, ends in places if ends}
        states = dict.fromkeys(state for state, ends in places if not ends)
        if not states:
            return []
        found = " UNION ALL ".join(OF_STATE.format(held=IS_LIVE if state in final else PINNED) for state in states)
        values = [value for state in states for value in (state, before, limit)]
        return list(self._dicts(STUCK_ALL.replace("{found}", found), (*values, limit)))

    def due(self, now: str, limit: int = 100) -> list[str]:
        return list(dict.fromkeys(row[0] for row in self._all(DUE, (now, limit))))

    def counts(self) -> dict[str, int]:
        names = {table: TABLES[table] for table in OF_AGREEMENT + OF_OFFICE} | {name: name for name in ("entry", "definition", "request")}
        names["pending"] = "entry WHERE seq > (SELECT size FROM tree)"
        return {table: self._one(f"SELECT count(*) FROM {name}")[0] for table, name in names.items()}

    def requests(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        return {id: (chain, cseq) for id, chain, cseq in self._all(REQUESTS, (encode(ids),))}

    def holders(self, sha256: str) -> list[tuple[str, int]]:
        return self._all(HOLDERS, (sha256,))

    def integrity(self) -> list[str]:
        found = [f"file: {row[0]}" for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"{row[0]}: a row refers to a {row[2]} that is not there" for row in self._all("PRAGMA foreign_key_check")]
        present = {row[0] for row in self._all("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
        found += [f"trigger {name} is missing: the journal can be edited" for name in TRIGGERS if name not in present]
        found += [f"{ref}: its definition is not in the database" for (ref,) in self._all(UNPINNED)]
        found += [f"chain {chain}: {count} entries, and the last has number {last}" for chain, count, last in self._all(BROKEN)]
        found += [f"{ref}: nothing in the journal tells of it" for (ref,) in self._all(UNTOLD)]
        entries, last = self._one(GAPS)
        found += [f"journal: {entries} entries, and the last has number {last}"] if entries != last else []
        if self.path != ":memory:":
            (mode,) = self._one("PRAGMA journal_mode")
            found += [f"journal mode is {mode}, not wal (schema {REVISION})"] if mode != "wal" else []
            from workflow.store.shares import faults

            found += faults(self.path)
        return found

"""Pages over many agreements on PostgreSQL, as `listing` has them on SQLite: one statement each, every filter with a bound value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from workflow.core.agreement import RECORDS
from workflow.store.groups import Groups
from workflow.store.postgresql_link import Link, problem
from workflow.store.statements import listed
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, TABLES, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGE = ("ref", "stage", "number", "version", "hash", "state", "since", "opened_on", "irregular", "imported", "gap_days")
NAMED = ", ".join(f"'{name}', i.{name}" for name in STAGE)
STAGES = (f"SELECT coalesce(json_agg(json_build_object({NAMED}) ORDER BY i.ref), '[]') FROM instance i WHERE i.agreement = a.id AND i.parent = ''")
ITEMS = "SELECT count(*) FROM instance i WHERE i.agreement = a.id AND i.parent <> ''"
NEXT = "SELECT min(effective) FROM deadline d WHERE d.agreement = a.id AND d.status = 'open'"
LISTING = (f"SELECT {listed(RECORDS['agreement']._fields, 'a.')}, ({STAGES}) AS stages, ({ITEMS}) AS items, coalesce(({NEXT}), '') AS next_due "
           "FROM agreement a WHERE ")
DEADLINES = (f"SELECT a.ref, a.title, a.owner, {listed(RECORDS['deadline']._fields, 'd.')} "
             "FROM deadline d JOIN agreement a ON a.id = d.agreement WHERE ")
BY_NAME = "coalesce((SELECT id FROM agreement WHERE ref = %s), %s)"
# Which states are not final is read from the pinned definitions; items have states of their own. Of each of the few states the
# longest-standing are taken off the index, so that a page costs the same however many agreements there are.
STUCK = """
WITH live (name, version, hash, item, state) AS MATERIALIZED (
    SELECT d.name, d.version, d.hash, false, s.key FROM definition d, jsonb_each(d.body::jsonb -> 'state') s
    WHERE d.kind = 'stage' AND NOT coalesce((s.value ->> 'final')::boolean, false)
    UNION ALL
    SELECT d.name, d.version, d.hash, true, s.key FROM definition d, jsonb_each(d.body::jsonb #> '{{item,state}}') s
    WHERE d.kind = 'stage' AND NOT coalesce((s.value ->> 'final')::boolean, false)
), place (state) AS MATERIALIZED (SELECT DISTINCT state FROM live)
SELECT a.ref AS agreement, a.ref || '/' || i.ref AS ref, a.title, a.owner, i.stage, i.parent, i.state, i.since
FROM {found}
ORDER BY i.since, a.ref, i.ref LIMIT %(limit)s"""
IS_LIVE = ('EXISTS (SELECT 1 FROM live l WHERE l.state COLLATE "C" = i.state AND l.name = i.stage AND l.version = i.version '
           "AND l.hash = i.hash AND l.item = (i.parent <> ''))")
OF_STATE = ('SELECT * FROM instance i WHERE i.state = p.state COLLATE "C" AND i.since <= %(before)s AND ' + IS_LIVE
            + " ORDER BY i.since LIMIT %(limit)s")
STUCK_ALL = STUCK.format(found=f"place p CROSS JOIN LATERAL ({OF_STATE}) i JOIN agreement a ON a.id = i.agreement")
STUCK_OWN = STUCK.format(found="agreement a JOIN instance i ON i.agreement = a.id AND a.owner = %(owner)s AND i.since <= %(before)s AND " + IS_LIVE)
DUE = "SELECT agreement FROM deadline WHERE wake_at <> '' AND wake_at <= %s ORDER BY wake_at LIMIT %s"
REQUESTS = "SELECT id, chain, cseq FROM request WHERE id = ANY(%s)"
HOLDERS = "SELECT agreement, no FROM document WHERE sha256 = %s AND stored"
TRIGGERS = ("checkpoint_never_changes", "entry_comes_next", "entry_never_changes", "entry_never_goes", "place_never_changes")
ENABLED = "SELECT tgname FROM pg_trigger WHERE tgrelid IN ('entry'::regclass, 'checkpoint'::regclass, 'numbered'::regclass) AND tgenabled = 'A'"
UNPINNED = ("SELECT a.ref || '/' || i.ref FROM instance i JOIN agreement a ON a.id = i.agreement WHERE NOT EXISTS "
            "(SELECT 1 FROM definition d WHERE d.kind = 'stage' AND d.name = i.stage AND d.version = i.version AND d.hash = i.hash)")
BROKEN = "SELECT chain, count(*), max(cseq) FROM entry GROUP BY chain HAVING count(*) <> max(cseq)"
UNTOLD = "SELECT ref FROM agreement a WHERE NOT EXISTS (SELECT 1 FROM entry WHERE chain = a.id)"
LAST = "SELECT DISTINCT ON (chain) chain, cseq, leaf FROM entry ORDER BY chain, cseq DESC"
HEADLESS = (f"SELECT coalesce(h.chain, e.chain) FROM head h FULL JOIN ({LAST}) e "
            "ON e.chain = h.chain WHERE (h.cseq, h.leaf) IS DISTINCT FROM (e.cseq, e.leaf)")


class PostgresListing(Groups):
    """What the lists, the agenda, the sweep and `doctor` read."""

    def __init__(self, link: Link) -> None:
        self._link, self.path, self.where = link, link.where, link.where

    def close(self) -> None:
        self._link.close()

    def listing(
        self, *, track: str = "", owner: str = "", stage: str = "", state: str = "", text: str = "", after: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        of_stage = [(f"i.{column} = %s", value) for column, value in (("stage", stage), ("state", state)) if value]
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        asked: list[tuple[str, tuple[str, ...]]] = [("a.ref > %s", (after,))]
        asked += [("a.track = %s", (track,))] if track else []
        asked += [("a.owner = %s", (owner,))] if owner else []
        if of_stage:
            found = " AND ".join(condition for condition, _ in of_stage)
            asked.append((f"a.id IN (SELECT i.agreement FROM instance i WHERE {found})" if state else
                          f"EXISTS (SELECT 1 FROM instance i WHERE i.agreement = a.id AND {found})", tuple(value for _, value in of_stage)))
        asked += [("(a.ref ILIKE %s OR a.title ILIKE %s OR a.parties ILIKE %s)", (pattern,) * 3)] if text else []
        where = " AND ".join(condition for condition, _ in asked)
        values = [value for _, bound in asked for value in bound]
        rows = self._named(f"{LISTING}{where} ORDER BY a.ref LIMIT %s", (*values, limit))
        for row in rows:
            row |= {name: decode(row[name]) for name in ("parties", "params")}
        return rows

    def deadlines(
        self, *, until: str = "", overdue: bool = False, owner: str = "", agreement: str = "", limit: int = 200,
    ) -> list[dict[str, Any]]:
        asked: list[tuple[str, tuple[str, ...]]] = [("d.status = 'open'", ()), ("d.effective <= %s", (until or "9999-12-31",))]
        asked += [("d.overdue", ())] if overdue else []
        asked += [("a.owner = %s", (owner,))] if owner else []
        asked += [(f"d.agreement = {BY_NAME}", (agreement, agreement))] if agreement else []
        where = " AND ".join(condition for condition, _ in asked)
        values = [value for _, bound in asked for value in bound]
        return self._named(f"{DEADLINES}{where} ORDER BY d.effective LIMIT %s", (*values, limit))

    def stuck(self, before: str, *, owner: str = "", limit: int = 200) -> list[dict[str, Any]]:
        asked = {"before": before, "limit": limit} | ({"owner": owner} if owner else {})
        return self._named(STUCK_OWN if owner else STUCK_ALL, asked)

    def due(self, now: str, limit: int = 100) -> list[str]:
        return list(dict.fromkeys(row[0] for row in self._all(DUE, (now, limit))))

    def counts(self) -> dict[str, int]:
        names = {table: TABLES[table] for table in OF_AGREEMENT + OF_OFFICE} | {name: name for name in ("entry", "definition", "request", "pending")}
        (row,) = self._named("SELECT " + ", ".join(f'(SELECT count(*) FROM {name}) AS "{table}"' for table, name in names.items()))
        return row

    def requests(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        return {id: (chain, cseq) for id, chain, cseq in self._all(REQUESTS, (list(ids),))}

    def holders(self, sha256: str) -> list[tuple[str, int]]:
        return self._all(HOLDERS, (sha256,))

    def integrity(self) -> list[str]:
        enabled = {row[0] for row in self._all(ENABLED)}
        found = [f"trigger {name} is missing: the journal can be edited" for name in TRIGGERS if name not in enabled]
        found += [f"{ref}: its definition is not in the database" for (ref,) in self._all(UNPINNED)]
        found += [f"chain {chain}: {count} entries, and the last has number {last}" for chain, count, last in self._all(BROKEN)]
        found += [f"{ref}: nothing in the journal tells of it" for (ref,) in self._all(UNTOLD)]
        found += [f"chain {chain}: its head is not its last entry" for (chain,) in self._all(HEADLESS)]
        return found

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._run(sql, values)

    def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return next(iter(self._run(sql, values)), None)

    def _named(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        return self._run(sql, values, named=True)

    def _run(self, sql: str, values: Sequence[Any] | dict[str, Any], *, named: bool = False) -> list[Any]:
        try:
            return self._link.rows(sql, values, named=named)
        except psycopg.Error as error:
            raise problem(self.where, error) from error

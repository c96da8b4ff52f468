"""Who delivers what, on PostgreSQL: any number of workers, none of whom waits for another. A claim is one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.ports import Claimed
from workflow.store.outbox import KEY, MESSAGES, WAITING, later, narrowed
from workflow.store.postgresql_listing import PostgresListing
from workflow.store.postgresql_writing import as_json, unpacked
from workflow.store.statements import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = listed(KEY)
SAME = " AND ".join(f'c."{name}" = m."{name}"' for name in KEY)
# Neither a claim nor a release waits for the disk. Before anything leaves there is a `hand`, which does, and what was written before it is then
# on the disk too; a release that a dying server forgot leaves a claim that ends by itself.
UNHURRIED = "set_config('synchronous_commit', 'off', true)"
# Who locked a row is passed over; who committed a claim meanwhile is met by the condition of the upsert, which sees the newest row.
CLAIM = f"""
WITH due AS (
    SELECT {listed(KEY, 'm.')}, m.wake_at FROM message m WHERE {WAITING.replace('?', '%(now)s')}
    AND NOT EXISTS (SELECT 1 FROM claim c WHERE {SAME} AND c.until > %(now)s) ORDER BY m.wake_at LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
), taken AS (
    INSERT INTO claim AS c ({NAMES}, worker, attempt, until, send) SELECT {NAMES}, %(worker)s::text, 1, %(until)s::text, '' FROM due
    ON CONFLICT ({NAMES}) DO UPDATE SET worker = excluded.worker, attempt = c.attempt + 1, until = excluded.until WHERE c.until <= %(now)s
    RETURNING {listed(KEY, 'c.')}, c.attempt, c.send
)
SELECT {NAMES}, attempt, send, {UNHURRIED} FROM taken JOIN due USING ({NAMES}) ORDER BY wake_at"""
CASTS = ["text" if name != "revision" else "bigint" for name in KEY] + ["bigint", "text"]
HELD = " AND ".join(f"c.{name} = v.c{number}" for number, name in enumerate([*(f'"{name}"' for name in KEY), "attempt", "until"]))
GIVEN = f"WITH v AS MATERIALIZED (SELECT * FROM {unpacked(*CASTS)})"
HAND = f"{GIVEN} UPDATE claim c SET send = %s FROM v WHERE {HELD} RETURNING 1"
RELEASE = f"""{GIVEN}, gone AS (
    DELETE FROM claim c USING v, message m WHERE {HELD} AND {SAME} AND m.wake_at = '' RETURNING 1
), kept AS (
    UPDATE claim c SET until = '', send = '' FROM v, message m WHERE {HELD} AND {SAME} AND m.wake_at <> '' RETURNING 1
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM kept), {UNHURRIED}"""
BEAT = "INSERT INTO beat (worker, at) VALUES (%s, %s) ON CONFLICT (worker) DO UPDATE SET at = excluded.at RETURNING worker"
BEATS = "SELECT worker, at FROM beat ORDER BY at DESC"


class PostgresOutbox(PostgresListing):
    """Claims, leases, attempts, heartbeats; and the messages as a page to read."""

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        self._alone()
        until = later(now, lease_seconds)
        rows = self._run(CLAIM, {"now": now, "limit": limit, "worker": worker, "until": until})
        return [Claimed(row[0], tuple(row[1:-3]), row[-3], until, row[-2]) for row in rows]

    def hand(self, claims: Sequence[Claimed], send: str) -> None:
        self._given(HAND, claims, send)

    def release(self, claims: Sequence[Claimed]) -> None:
        self._given(RELEASE, claims)

    def _given(self, sql: str, claims: Sequence[Claimed], *more: str) -> None:
        """Run a statement over these claims, whatever their number."""
        self._alone()
        if claims:
            self._all(sql, (as_json([(row.agreement, *row.key, row.attempt, row.until) for row in claims]), *more))

    def heartbeat(self, worker: str, now: str) -> None:
        self._all(BEAT, (worker, now))

    def beats(self) -> list[tuple[str, str]]:
        return self._all(BEATS)

    def messages(self, *, agreement: str = "", recipient: str = "", state: str = "", unsent: str = "", limit: int = 200) -> list[dict[str, Any]]:
        asked = narrowed(agreement, recipient, state, unsent, "%s")
        where = " AND ".join(condition for condition, _ in asked) or "TRUE"
        order = "m.wake_at" if unsent else "m.due_on DESC, m.agreement, m.instance, m.name"
        return self._named(f"{MESSAGES}{where} ORDER BY {order} LIMIT %s", (*(value for _, value in asked), limit))

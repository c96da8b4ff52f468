"""Who delivers what, on PostgreSQL: any number of workers, none of whom waits for another. A claim is one statement, and so is a settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from workflow.core.agreement import Case
from workflow.core.dates import shifted
from workflow.ports import Claimed
from workflow.store.outbox import BEATS, KEY, MESSAGES, PARKED, WAITING, held, narrowed
from workflow.store.postgresql_link import Broken, problem
from workflow.store.postgresql_listing import PostgresListing
from workflow.store.postgresql_loading import WAITED, WAITS
from workflow.store.postgresql_writing import arrays, unpacked
from workflow.store.statements import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.ports import Settled

# Neither a claim nor letting go waits for the disk. Before anything leaves there is a `hand`, which does, and what was written before it is then
# on the disk too; letting go that a dying server forgot leaves a claim that ends by itself.
UNHURRIED = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"
# Whom another worker is just taking is passed over. A claim without messages is one whose digest was settled or taken back: it is let go.
CLAIM = f"""
WITH whose AS (
    SELECT DISTINCT recipient, channel FROM (
        SELECT m.recipient, m.channel FROM message m WHERE {WAITING.replace('?', '%(now)s')}
        AND (m.recipient, m.channel) NOT IN (SELECT recipient, channel FROM claim WHERE until > %(now)s) ORDER BY m.wake_at LIMIT %(limit)s) due
), free AS MATERIALIZED (
    SELECT recipient, channel FROM claim c JOIN whose USING (recipient, channel) WHERE c.until <= %(now)s FOR UPDATE OF c SKIP LOCKED
), again AS (
    UPDATE claim c SET worker = %(worker)s, attempt = c.attempt + 1, until = %(until)s
    FROM free WHERE c.recipient = free.recipient AND c.channel = free.channel AND c.until <= %(now)s
    RETURNING c.recipient, c.channel, c.attempt, c.send, c.letter
), first AS (
    INSERT INTO claim (recipient, channel, worker, attempt, until, send, letter)
    SELECT recipient, channel, %(worker)s, 1, %(until)s, '', '' FROM whose ORDER BY recipient, channel ON CONFLICT DO NOTHING
    RETURNING recipient, channel, attempt, send, letter
)
SELECT t.recipient, t.channel, t.attempt, t.send, t.letter, {listed(KEY, 'm.')}
FROM (SELECT * FROM again UNION ALL SELECT * FROM first) t LEFT JOIN message m ON m.recipient = t.recipient AND m.channel = t.channel
AND {WAITING.replace('?', '%(now)s')} WHERE {UNHURRIED} ORDER BY m.wake_at, t.recipient, t.channel"""
HELD = {"recipient": "text", "channel": "text", "attempt": "bigint", "until": "text"}
THESE = "c.recipient = v.recipient AND c.channel = v.channel AND c.attempt = v.attempt AND c.until = v.until"
CLAIMS = unpacked(*map(" ".join, HELD.items()))
HANDED = HELD | {"send": "text", "letter": "text"}
HAND = f"UPDATE claim c SET send = v.send, letter = v.letter FROM {unpacked(*map(' '.join, HANDED.items()))} WHERE {THESE} RETURNING 1"
RELEASE = f"UPDATE claim c SET until = '', send = '', letter = '' FROM {CLAIMS} WHERE {THESE} AND {UNHURRIED} RETURNING 1"
# The heads first, in one order, and nobody is waited for: two who settle cannot lock each other out. Of an agreement that moved on nothing is
# written, and then no claim is let go. A column that is not named stays. Dividing by zero undoes all of it where a message is not there.
GIVEN = dict.fromkeys(("chain", "cseq", "prev", "leaf", "body", "recorded", "act", "instance", "person"), "text") | {"cseq": "bigint"}
COLUMNS = ("state", "wake_at", "send", "sent_at", "reason")
CELLS = ", ".join(f"{name} = coalesce(v.{name}, t.{name})" for name in COLUMNS)
SAME = " AND ".join(f't."{name}" = v."{name}"' for name in KEY)
SETTLE = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM {unpacked(*map(' '.join, GIVEN.items()))}
), free AS MATERIALIZED (
    SELECT h.chain FROM head h JOIN given v ON h.chain = v.chain AND h.cseq = v.cseq - 1 AND h.leaf = v.prev ORDER BY h.chain
    FOR UPDATE OF h SKIP LOCKED
), swap AS (
    UPDATE head h SET cseq = v.cseq, leaf = v.leaf FROM given v JOIN free USING (chain) WHERE h.chain = v.chain RETURNING h.chain
), entered AS (
    INSERT INTO entry (chain, cseq, leaf, body, recorded, act, instance, person)
    SELECT v.chain, v.cseq, v.leaf, convert_to(v.body, 'UTF8'), v.recorded, v.act, v.instance, v.person FROM given v JOIN swap USING (chain)
    RETURNING seq, chain, cseq
), queued AS (
    INSERT INTO pending (seq, chain, cseq) SELECT seq, chain, cseq FROM entered
), told AS MATERIALIZED (
    SELECT v.* FROM swap JOIN {unpacked(*(f'{name} {"bigint" if name == "revision" else "text"}' for name in (*KEY, *COLUMNS)))}
    ON v.agreement = swap.chain
), changed AS (
    UPDATE message t SET {CELLS} FROM told v WHERE {SAME} RETURNING 1
), gone AS (
    DELETE FROM claim c USING {CLAIMS} WHERE {THESE} AND (SELECT count(*) FROM swap) = (SELECT count(*) FROM given) RETURNING 1
)
SELECT chain, 1 / CASE WHEN (SELECT count(*) FROM changed) = (SELECT count(*) FROM told) THEN 1 ELSE 0 END FROM swap"""
BEAT = "INSERT INTO beat (worker, at) VALUES (%s, %s) ON CONFLICT (worker) DO UPDATE SET at = excluded.at RETURNING worker"
STANDS = "SELECT leaf FROM entry WHERE chain = %s AND cseq = %s"


class PostgresOutbox(PostgresListing):
    """Claims, leases, attempts, heartbeats; what delivering reads and writes; and the messages as a page to read."""

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        self._alone()
        until = shifted(now, lease_seconds)
        found: dict[tuple[Any, ...], list[tuple[str, tuple[Any, ...]]]] = {}
        for row in self._run(CLAIM, {"now": now, "limit": limit, "worker": worker, "until": until}):
            messages = found.setdefault(row[:5], [])
            if row[5] is not None:
                messages.append((row[5], row[6:]))
        return [Claimed(recipient, channel, attempt, until, send, letter, tuple(messages))
                for (recipient, channel, attempt, send, letter), messages in found.items()]

    def hand(self, claims: Sequence[Claimed]) -> bool:
        self._alone()
        given = arrays([(*held(claim), claim.send, claim.letter) for claim in claims], len(HANDED))
        return len(self._all(HAND, given)) == len(claims)

    def release(self, claims: Sequence[Claimed]) -> None:
        self._alone()
        self._all(RELEASE, _given(claims))

    def waiting(self, agreements: Sequence[str]) -> dict[str, Case]:
        found = WAITED.cases(self._all(WAITS, (list(agreements),)))
        return {ident: Case(*found[ident]) for ident in found}

    def settle(self, settled: Sequence[Settled], claims: Sequence[Claimed]) -> list[str]:
        self._alone()
        entries = [(e.chain, e.cseq, e.prev, e.leaf, e.body.decode(), e.recorded, e.act, e.instance, e.person) for _, e, _ in settled]
        told = [(head.chain, *key, *map(values.get, COLUMNS)) for head, _, effects in settled for _, key, values in effects if key]
        try:
            rows = self._link.rows(SETTLE, (*arrays(entries, len(GIVEN)), *arrays(told, len(KEY) + len(COLUMNS)), *_given(claims)), writes=True)
            written = {row[0] for row in rows}
        except Broken:  # it may still be running: whoever writes one of them again waits for it
            written = {entry.chain for _, entry, _ in settled if self._one(STANDS, (entry.chain, entry.cseq)) == (entry.leaf,)}
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            written = set()
        except psycopg.Error as error:
            raise problem(self.where, error) from error
        return [head.chain for head, _, _ in settled if head.chain not in written]

    def parked(self) -> list[tuple[str, str, str]]:
        return sorted(set(self._all(PARKED)))

    def heartbeat(self, worker: str, now: str) -> None:
        self._all(BEAT, (worker, now))

    def beats(self) -> list[tuple[str, str]]:
        return self._all(BEATS)

    def messages(self, *, agreement: str = "", recipient: str = "", state: str = "", unsent: str = "", limit: int = 200) -> list[dict[str, Any]]:
        asked = narrowed(agreement, recipient, state, unsent, "%s")
        where = " AND ".join(condition for condition, _ in asked) or "TRUE"
        order = "m.wake_at" if unsent else "m.due_on DESC, m.agreement, m.instance, m.name"
        return self._named(f"{MESSAGES}{where} ORDER BY {order} LIMIT %s", (*(value for _, value in asked), limit))


def _given(claims: Sequence[Claimed]) -> list[str]:
    """Claims as an array for each column, whatever their number."""
    return arrays([held(claim) for claim in claims], len(HELD))

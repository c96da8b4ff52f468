"""Who delivers what, on SQLite: one writer at a time, so a claim is a look and a note in one transaction. Not history: none of it replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, RECORDS
from workflow.core.dates import shifted
from workflow.ports import Claimed
from workflow.store.connection import Connected
from workflow.store.statements import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEY = ("agreement", *KEYS["message"])
WAITING = "m.wake_at <> '' AND m.wake_at <= ? AND m.state IN ('pending', 'failed', 'uncertain')"
FREE = ("SELECT recipient, channel FROM (SELECT m.recipient, m.channel, m.wake_at FROM message m LEFT JOIN claim c USING (recipient, channel) "
        f"WHERE {WAITING} AND (c.until IS NULL OR c.until <= ?) ORDER BY m.wake_at LIMIT ?) "
        "GROUP BY recipient, channel ORDER BY min(wake_at), recipient, channel")
TAKE = ("INSERT INTO claim (recipient, channel, worker, attempt, until, send, letter) VALUES (?, ?, ?, 1, ?, '', '') ON CONFLICT DO UPDATE SET "
        "worker = excluded.worker, attempt = attempt + 1, until = excluded.until RETURNING attempt, send, letter")
OF = f"SELECT {listed(KEY, 'm.')} FROM message m WHERE m.recipient = ? AND m.channel = ? AND {WAITING} ORDER BY m.wake_at"
THIS = "recipient = ? AND channel = ? AND attempt = ? AND until = ?"
HAND = f"UPDATE claim SET send = ?, letter = ? WHERE {THIS}"
LET_GO = f"UPDATE claim SET until = '', send = '', letter = '' WHERE {THIS}"
FORGET = f"DELETE FROM claim WHERE {THIS}"
BEAT = "INSERT INTO beat (worker, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at"
BEATS = "SELECT worker, at FROM beat ORDER BY at DESC"
PARKED = "SELECT agreement, channel, kind FROM message WHERE state = 'parked'"
MESSAGES = (f"SELECT a.ref, a.title, a.owner, {listed(RECORDS['message']._fields, 'm.')} "
            "FROM message m JOIN agreement a ON a.id = m.agreement WHERE ")


class SqliteOutbox(Connected):
    """Claims, leases, attempts, heartbeats; and the messages as a page to read."""

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        until = shifted(now, lease_seconds)
        found: list[Claimed] = []
        with self._writing() as run:
            for whose in run(FREE, (now, now, limit)).fetchall():
                attempt, send, letter = run(TAKE, (*whose, worker, until)).fetchone()
                keys = run(OF, (*whose, now)).fetchall()
                found.append(Claimed(whose[0], whose[1], attempt, until, send, letter, tuple((row[0], row[1:]) for row in keys)))
        return found

    def hand(self, claims: Sequence[Claimed]) -> bool:
        with self._writing() as run:
            return sum(run(HAND, (claim.send, claim.letter, *held(claim))).rowcount for claim in claims) == len(claims)

    def release(self, claims: Sequence[Claimed]) -> None:
        self._each(LET_GO, map(held, claims))

    def parked(self) -> list[tuple[str, str, str]]:
        return sorted(set(self._all(PARKED)))

    def heartbeat(self, worker: str, now: str) -> None:
        with self._writing() as run:
            run(BEAT, (worker, now))

    def beats(self) -> list[tuple[str, str]]:
        return self._all(BEATS)

    def messages(self, *, agreement: str = "", recipient: str = "", state: str = "", unsent: str = "", limit: int = 200) -> list[dict[str, Any]]:
        asked = narrowed(agreement, recipient, state, unsent, "?")
        where = " AND ".join(condition for condition, _ in asked) or "TRUE"
        order = "m.wake_at" if unsent else "m.due_on DESC, m.agreement, m.instance, m.name"
        return list(self._dicts(f"{MESSAGES}{where} ORDER BY {order} LIMIT ?", (*(value for _, value in asked), limit)))

    def _each(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._writing() as run:
            for row in rows:
                run(sql, row)


def held(claim: Claimed) -> tuple[str, str, int, str]:
    """What a claim is known by, as long as nobody else has taken it."""
    return claim.recipient, claim.channel, claim.attempt, claim.until


def narrowed(agreement: str, recipient: str, state: str, unsent: str, mark: str) -> list[tuple[str, str]]:
    """The conditions of a page of messages, each with its value; `unsent` is the moment by which they should have left."""
    asked = [(f"a.ref = {mark}", agreement)] if agreement else []
    asked += [(f"m.recipient = {mark}", recipient)] if recipient else []
    asked += [(f"m.state = {mark}", state)] if state else []
    return asked + ([(WAITING.replace("?", mark), unsent)] if unsent else [])

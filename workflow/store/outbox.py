"""Who delivers what, on SQLite: one writer at a time, so a claim is a look and a note in one transaction. Not history: none of it replays."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import KEYS, RECORDS
from workflow.ports import Claimed
from workflow.store.connection import Connected, problem
from workflow.store.statements import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KEY = ("agreement", *KEYS["message"])
SAME = " AND ".join(f'c."{name}" = m."{name}"' for name in KEY)
THIS = " AND ".join(f'"{name}" = ?' for name in KEY)
WAITING = "m.wake_at <> '' AND m.wake_at <= ? AND m.state IN ('pending', 'failed', 'uncertain')"
FREE = (f"SELECT {listed(KEY, 'm.')}, coalesce(c.attempt, 0), coalesce(c.send, '') FROM message m LEFT JOIN claim c ON {SAME} "
        f"WHERE {WAITING} AND (c.until IS NULL OR c.until <= ?) ORDER BY m.wake_at LIMIT ?")
TAKE = (f"INSERT INTO claim ({listed(KEY)}, worker, attempt, until, send) VALUES ({', '.join('?' * len(KEY))}, ?, ?, ?, '') "
        "ON CONFLICT DO UPDATE SET worker = excluded.worker, attempt = excluded.attempt, until = excluded.until")
HAND = f"UPDATE claim SET send = ? WHERE {THIS} AND attempt = ? AND until = ?"
LET_GO = f"UPDATE claim SET until = '', send = '' WHERE {THIS} AND attempt = ? AND until = ?"
FORGET = f"DELETE FROM claim WHERE {THIS} AND until = '' AND (SELECT wake_at FROM message m WHERE {THIS}) = ''"
BEAT = "INSERT INTO beat (worker, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at"
BEATS = "SELECT worker, at FROM beat ORDER BY at DESC"
MESSAGES = (f"SELECT a.ref, a.title, a.owner, {listed(RECORDS['message']._fields, 'm.')} "
            "FROM message m JOIN agreement a ON a.id = m.agreement WHERE ")


class SqliteOutbox(Connected):
    """Claims, leases, attempts, heartbeats; and the messages as a page to read."""

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        until = later(now, lease_seconds)
        with self._writing() as run:
            rows = run(FREE, (now, now, limit)).fetchall()
            for row in rows:
                run(TAKE, (*row[:-2], worker, row[-2] + 1, until))
        return [Claimed(row[0], tuple(row[1:-2]), row[-2] + 1, until, row[-1]) for row in rows]

    def hand(self, claims: Sequence[Claimed], send: str) -> None:
        with self._writing() as run:
            for claim in claims:
                run(HAND, (send, claim.agreement, *claim.key, claim.attempt, claim.until))

    def release(self, claims: Sequence[Claimed]) -> None:
        with self._writing() as run:
            for claim in claims:
                key = (claim.agreement, *claim.key)
                run(LET_GO, (*key, claim.attempt, claim.until))
                run(FORGET, (*key, *key))

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

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """One transaction, the writer's lock taken first."""
        self._alone()
        try:
            self._begin()
            yield self._db.execute
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def narrowed(agreement: str, recipient: str, state: str, unsent: str, mark: str) -> list[tuple[str, str]]:
    """The conditions of a page of messages, each with its value; `unsent` is the moment by which they should have left."""
    asked = [(f"a.ref = {mark}", agreement)] if agreement else []
    asked += [(f"m.recipient = {mark}", recipient)] if recipient else []
    asked += [(f"m.state = {mark}", state)] if state else []
    return asked + ([(WAITING.replace("?", mark), unsent)] if unsent else [])


def later(now: str, seconds: int) -> str:
    """The UTC instant so many seconds after another, as text that sorts beside it."""
    from datetime import datetime, timedelta

    moment = datetime.fromisoformat(now) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="microseconds" if len(now) > 20 else "seconds").replace("+00:00", "Z")

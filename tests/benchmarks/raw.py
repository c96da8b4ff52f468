"""R, the least that keeps a state and its history: the driver alone doing SELECT, UPDATE, INSERT in one commit."""

from __future__ import annotations

import sqlite3

STATES = ("drafting", "reviewing")


class Raw:
    """Two tables, integers for keys, every statement prepared once. `size` is the length of the entry it writes."""

    def __init__(self, path: str, synchronous: str, machines: int, size: int) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute(f"PRAGMA synchronous = {synchronous}")
        self.db.execute("CREATE TABLE machine (id INTEGER PRIMARY KEY, state TEXT NOT NULL, since TEXT NOT NULL)")
        self.db.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, machine INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, "
                        "body BLOB NOT NULL)")
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO machine VALUES (?, 'drafting', '2026-03-02')", ((number,) for number in range(machines)))
        self.db.execute("COMMIT")
        self.machines, self.body = machines, b"x" * size

    def __call__(self, turn: int) -> None:
        run, machine, target = self.db.execute, turn % self.machines, STATES[(turn // self.machines + 1) % 2]
        run("BEGIN IMMEDIATE")
        (source,) = run("SELECT state FROM machine WHERE id = ?", (machine,)).fetchone()
        run("UPDATE machine SET state = ?, since = ? WHERE id = ?", (target, "2026-03-02", machine))
        run("INSERT INTO entry (machine, source, target, body) VALUES (?, ?, ?, ?)", (machine, source, target, self.body))
        run("COMMIT")

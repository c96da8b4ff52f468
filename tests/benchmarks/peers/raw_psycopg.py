"""Raw psycopg: BEGIN, SELECT, UPDATE, INSERT, COMMIT, one after the other, as the driver sends them by itself."""

from __future__ import annotations

import sys

import psycopg
from protocol import each, serve

address, client, machines, size = sys.argv[1], *map(int, sys.argv[2:])
db = psycopg.connect(address)
body = b"x" * size


def step(turn: int) -> None:
    machine = client * machines + turn % machines
    with db.transaction():
        (source,) = db.execute("SELECT state FROM machine WHERE id = %s FOR UPDATE", (machine,)).fetchone()
        target = "reviewing" if source == "drafting" else "drafting"
        db.execute("UPDATE machine SET state = %s, since = %s WHERE id = %s", (target, "2026-03-02", machine))
        db.execute("INSERT INTO step (machine, source, target, body) VALUES (%s, %s, %s, %s)", (machine, source, target, body))


serve(each(step), "psycopg")

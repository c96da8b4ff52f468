"""
One writer of entries on PostgreSQL, to a chain of its own. Runs in the project's interpreter.

`plain`: the same row into a table with the same columns and keys, and nothing else. `ours`: the journal's own way, chain and pending queue.
`locked`: the same, but whoever writes holds the one row of the log's size until the commit, as a log would that numbers at once.
"""

from __future__ import annotations

import os
import sys

import psycopg

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [TESTS, os.path.dirname(TESTS)]

from protocol import each, serve  # noqa: E402  # found by the path above

from workflow.core.agreement import Change, Head  # noqa: E402  # as above
from workflow.core.entry import seal, uuid7  # noqa: E402  # as above
from workflow.store.entries import row  # noqa: E402  # as above
from workflow.store.postgresql import PostgresStore  # noqa: E402  # as above

address, client, mode = sys.argv[1:]
chain = f"agr-{mode}-{client}"
INSERT = ("INSERT INTO plain (chain, cseq, leaf, body, recorded, act, instance, person) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)")


def sealed(head: Head):
    change = Change("advance", (), "2026-03-02", instance="plain", trigger="submit", source="drafting", target="reviewing", role="coordinator",
                    definition=("plain", 1, "d" * 64), reason="x" * 200)
    return seal(change, head=head, origin="bench/log", eid=uuid7(head.cseq, bytes(10)), recorded="2026-03-02T05:00:00.000000Z", person="p1",
                identity="os", salts=lambda: bytes(32))


heads = [Head(chain)]
if mode == "plain":
    db = psycopg.connect(address, autocommit=True)

    def step(_: int) -> None:
        entry = sealed(heads[0])
        db.execute(INSERT, row(entry))
        heads[0] = Head(chain, entry.cseq, entry.leaf)
else:
    store = PostgresStore.open(address)

    def step(_: int) -> None:
        entry = sealed(heads[0])
        if mode == "locked":
            with store._link.transaction():
                store._link.rows("SELECT size FROM tree FOR UPDATE")
                store.commit(heads[0], entry, ())
        else:
            store.commit(heads[0], entry, ())
        heads[0] = Head(chain, entry.cseq, entry.leaf)

serve(each(step), "psycopg")

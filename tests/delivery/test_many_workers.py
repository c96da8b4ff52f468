"""Any number of workers on one PostgreSQL: each message leaves once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from dispatch import DUE, hire, messages, worker, write
from flows.scenes import existing, replays
from letters import person
from world import World

from workflow.core.agreement import Effect, Message
from workflow.core.entry import open_entry
from workflow.store.postgresql import PostgresStore

AGREEMENTS, PEOPLE, WORKERS = 10, 100, 3
TERM = {"signed_on": "2025-06-01", "in_force_on": "2025-06-01", "term_kind": "fixed", "ends_on": "2026-06-30"}


class Tally:
    """A channel that several threads use."""

    repeats = True

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, outgoing) -> None:
        self.sent.append(outgoing.key)


@pytest.mark.parametrize("shared", [False, True], ids=["each told of one agreement", "each told of all"])
def test_three_workers_and_a_thousand_messages_none_is_sent_or_written_twice(tmp_path, database_url, shared):
    """Where a person is told of several, one letter tells them; where it is of one each, the workers meet at every agreement's head."""
    first = World(tmp_path, store=PostgresStore.open(database_url)).holidays()
    for number in range(1 if shared else AGREEMENTS):
        hire(first.store, *(person(id=f"p{n}", login=f"l{n}") for n in range(number * PEOPLE + 1, (number + 1) * PEOPLE + 1)))
    refs = [first.start(f"bogor-{number}") for number in range(AGREEMENTS)]
    for number, ref in enumerate(refs):
        existing(first, ref, "mou", "in-force", "2025-06-01", TERM)
        case = first.store.load(ref)
        row = next(row for row in case.tables["deadline"].values() if row.status == "open")
        write(first.store, case.agreement.id, *(Effect("message", None, Message(
            row.instance, row.name, row.revision, "-30d", f"p{(0 if shared else number * PEOPLE) + n}", "email", "reminder", "2026-03-02", DUE,
            "pending")._asdict()) for n in range(1, PEOPLE + 1)))
    mail, together, troubles = Tally(), threading.Barrier(WORKERS), []

    def work(name: str) -> None:
        store = PostgresStore.open(database_url)
        try:
            world = World(tmp_path, store=store)
            hand = worker(world, {"email": mail}, worker=name, clock=lambda: f"{world.now}:00.000000Z")  # what leaves is written together
            together.wait()
            while hand.round(limit=200):
                pass
        except Exception as trouble:  # noqa: BLE001  # told by the test
            troubles.append(trouble)
        finally:
            store.close()

    hands = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(WORKERS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert troubles == []
    assert max(Counter(mail.sent).values()) == 1
    assert len(mail.sent) == (PEOPLE if shared else AGREEMENTS * PEOPLE)
    for ref in refs:
        rows = [row for row in messages(first.store, ref).values() if row.rung == "-30d"]
        assert Counter(row.state for row in rows) == {"sent": PEOPLE}
        assert sorted(told(first.store, ref)) == sorted(row.recipient for row in rows)
        assert replays(first.store, ref)
    first.store.close()


def told(store, ref) -> list[str]:
    """Whom the agreement's journal says that a letter has left for, as often as it says so."""
    entries = [open_entry(entry.body, {})[1] for entry in store.entries(store.load(ref).agreement.id)]
    return [key[4] for effects in entries for table, key, values in effects if table == "message" and key and values.get("state") == "sent"]

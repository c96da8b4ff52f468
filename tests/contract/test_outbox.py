"""Who delivers what: no message in two hands, a lease that ends by itself, what is let go comes back, what is settled does not."""

from __future__ import annotations

import threading

import pytest
from building import commit, new, start

from workflow.core.agreement import Effect
from workflow.errors import InvalidInput, StoreError

NOON, LATER = "2026-03-02T05:00:00.000000Z", "2026-03-02T05:10:00.000000Z"
KEY = ("loi", "answer", 1, "-7d", "p1", "email")


@pytest.fixture
def office(store):
    """One agreement with three messages: two that are due, one that is not yet."""
    start(store, new("message", wake_at="2026-03-02T02:00:00Z"), new("message", rung="-1d", wake_at="2026-03-02T01:00:00Z"),
          new("message", rung="0", wake_at="2026-03-09T02:00:00Z"), new("message", rung="-30d", state="sent", wake_at=""))
    return store


def test_what_is_due_is_taken_the_earliest_first(office):
    taken = office.claim(NOON, "w1", 60)

    assert [(claim.agreement, claim.key[3], claim.attempt, claim.send) for claim in taken] == [
        ("agr-1", "-1d", 1, ""), ("agr-1", "-7d", 1, "")]
    assert taken[0].until == "2026-03-02T05:01:00.000000Z"


def test_what_one_holds_another_does_not_get(office):
    office.claim(NOON, "w1", 60, limit=1)

    assert [claim.key for claim in office.claim(NOON, "w2", 60)] == [KEY]
    assert office.claim(NOON, "w3", 60) == []


def test_a_lease_ends_by_itself_and_says_what_was_being_handed_over(office):
    taken = office.claim(NOON, "w1", 60)
    office.hand(taken[1:], "digest-1")

    again = office.claim(LATER, "w2", 60)

    assert [(claim.attempt, claim.send) for claim in again] == [(2, ""), (2, "digest-1")]


def test_what_is_let_go_comes_back_with_its_attempts(office):
    taken = office.claim(NOON, "w1", 60)
    office.hand(taken, "digest-1")
    office.release(taken)

    assert [(claim.attempt, claim.send) for claim in office.claim(NOON, "w2", 60)] == [(2, ""), (2, "")]


def test_what_is_settled_does_not_come_back(office):
    taken = office.claim(NOON, "w1", 60)
    head = office.load("agr-1").head
    commit(office, head, Effect("message", KEY, {"state": "sent", "sent_at": NOON, "wake_at": ""}))

    office.release(taken)

    assert [claim.key[3] for claim in office.claim(LATER, "w2", 60)] == ["-1d"]


def test_whoever_was_too_slow_does_not_let_go_of_another_s(office):
    slow = office.claim(NOON, "w1", 60)
    office.claim(LATER, "w2", 600)

    office.release(slow)

    assert office.claim(LATER, "w3", 60) == []


def test_a_heartbeat_is_remembered(store):
    store.heartbeat("w1", NOON)
    store.heartbeat("w2", NOON)
    store.heartbeat("w1", LATER)

    assert store.beats() == [("w1", LATER), ("w2", NOON)]


def test_messages_are_read_as_a_page(office):
    assert [row["rung"] for row in office.messages(unsent=NOON)] == ["-1d", "-7d"]
    assert {row["ref"] for row in office.messages(agreement="bogor-kisarazu", recipient="p1")} == {"bogor-kisarazu"}
    assert office.messages(recipient="p2") == []


def test_several_workers_share_the_work(database):
    """Each message is in one hand, and all are in some hand."""
    with database.store() as store:
        for number in range(5):
            start(store, *(new("message", rung=f"-{day}d") for day in range(20)), id=f"agr-{number}", ref=f"ref-{number}")
    found: list[list[object]] = [[] for _ in range(4)]

    def work(number):
        with database.store() as store:
            while taken := store.claim(NOON, f"w{number}", 600, limit=7):
                found[number] += [(claim.agreement, claim.key) for claim in taken]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    every = [key for part in found for key in part]
    assert len(every) == len(set(every)) == 100


def test_messages_that_change_alike_change_each_by_itself(office):
    sent = {"state": "sent", "sent_at": NOON, "wake_at": "", "reason": 'a "quoted" 木'}
    head = office.load("agr-1").head

    commit(office, head, *(Effect("message", (*KEY[:3], rung, *KEY[4:]), {**sent, "send": rung, "late_days": number})
                           for number, rung in enumerate(("-7d", "-1d"))))

    rows = office.load("agr-1").tables["message"]
    found = {key[3]: (row.state, row.send, row.late_days, row.reason) for key, row in rows.items() if row.send}
    assert found == {"-7d": ("sent", "-7d", 0, sent["reason"]), "-1d": ("sent", "-1d", 1, sent["reason"])}
    assert rows[*KEY[:3], "0", *KEY[4:]].state == "pending"


def test_of_several_that_change_alike_one_that_is_not_there_undoes_the_rest(office):
    head = office.load("agr-1").head

    with pytest.raises(StoreError):
        commit(office, head, *(Effect("message", (*KEY[:3], rung, *KEY[4:]), {"state": "sent"}) for rung in ("-7d", "-1d", "-99d")))

    assert office.load("agr-1").head == head
    assert office.load("agr-1").tables["message"][KEY].state == "pending"


def test_a_nul_among_several_that_change_alike_is_refused_and_what_only_looks_like_one_is_not(database_url):
    from workflow.store.postgresql import PostgresStore

    with PostgresStore.open(database_url) as store:
        head = start(store, new("message"), new("message", rung="-1d"))
        keys = [(*KEY[:3], rung, *KEY[4:]) for rung in ("-7d", "-1d")]
        with pytest.raises(InvalidInput):
            commit(store, head, *(Effect("message", key, {"reason": "a\0b"}) for key in keys))

        commit(store, head, *(Effect("message", key, {"reason": "a\\u0000b"}) for key in keys))

        assert {row.reason for row in store.load("agr-1").tables["message"].values()} == {"a\\u0000b"}

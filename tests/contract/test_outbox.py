"""Who delivers what: no message in two hands, a lease that ends by itself, what is let go comes back, what is settled does not."""

from __future__ import annotations

import threading

import pytest
from building import commit, new, sealed, start

from workflow.core.agreement import Effect
from workflow.errors import InvalidInput, StoreError
from workflow.outbox import Claimed, Settled

NOON, LATER = "2026-03-02T05:00:00.000000Z", "2026-03-02T05:10:00.000000Z"
KEY = ("loi", "answer", 1, "-7d", "p1", "email")


@pytest.fixture
def office(store):
    """One agreement with three messages: two that are due, one that is not yet."""
    start(store, new("message", wake_at="2026-03-02T02:00:00Z"), new("message", rung="-1d", wake_at="2026-03-02T01:00:00Z"),
          new("message", rung="0", wake_at="2026-03-09T02:00:00Z"), new("message", rung="-30d", state="sent", wake_at=""))
    return store


def rungs(claims):
    return [[key[3] for _, key in claim.messages] for claim in claims]


def test_what_is_due_to_one_person_over_one_channel_is_taken_together_the_earliest_first(office):
    (taken,) = office.claim(NOON, "w1", 60)

    assert (taken.recipient, taken.channel, taken.attempt, taken.send) == ("p1", "email", 1, "")
    assert taken.messages == (("agr-1", (*KEY[:3], "-1d", *KEY[4:])), ("agr-1", KEY))
    assert taken.until == "2026-03-02T05:01:00.000000Z"


def test_whom_one_holds_another_does_not_get_not_even_what_fell_due_meanwhile(office):
    start(office, *(new("message", recipient=recipient, channel=channel, wake_at="2026-03-02T02:00:00Z")
                    for recipient, channel in (("p2", "email"), ("p1", "chat"))), id="agr-2", ref="ref-2")
    office.claim("2026-03-02T01:30:00Z", "w1", 60_000, limit=1)

    assert [(claim.recipient, claim.channel) for claim in office.claim(NOON, "w2", 60)] == [("p1", "chat"), ("p2", "email")]
    assert office.claim(NOON, "w3", 60) == []


def test_who_takes_one_message_of_a_person_takes_all_that_are_due(office):
    (taken,) = office.claim(NOON, "w1", 60, limit=1)

    assert len(taken.messages) == 2


def test_a_lease_ends_by_itself_and_says_what_was_being_handed_over(office):
    """And which messages: those that have become due since are not to leave under its key."""
    (taken,) = office.claim("2026-03-02T01:30:00Z", "w1", 60)
    office.hand([taken._replace(send="digest-1", letter='one "\\" two\x1ethree')])

    (again,) = office.claim(NOON, "w2", 60)

    assert (again.attempt, again.send, again.letter, rungs([again])) == (2, "digest-1", 'one "\\" two\x1ethree', [["-1d", "-7d"]])


def test_what_is_let_go_comes_back_with_its_attempts(office):
    (taken,) = office.claim("2026-03-02T01:30:00Z", "w1", 60)
    office.hand([taken._replace(send="digest-1", letter="one")])
    office.release([taken])

    (again,) = office.claim(NOON, "w2", 60)

    assert (again.attempt, again.send, again.letter, rungs([again])) == (2, "", "", [["-1d", "-7d"]])


def sent(store, *rungs, send="digest-1"):
    """Messages of agr-1 as they are settled."""
    effects = [Effect("message", (*KEY[:3], rung, *KEY[4:]), {"state": "sent", "sent_at": NOON, "wake_at": "", "send": send}) for rung in rungs]
    head = store.load("agr-1").head
    return Settled(head, sealed(head), effects)


def test_what_is_settled_is_written_with_its_entry_and_does_not_come_back(office):
    claims = office.claim(NOON, "w1", 60)
    one = sent(office, "-7d", "-1d")

    assert office.settle([one], claims) == []

    case = office.load("agr-1")
    rows = [row for key, row in case.tables["message"].items() if key[3] in ("-7d", "-1d")]
    assert [(row.state, row.wake_at, row.send, row.reason) for row in rows] == [("sent", "", "digest-1", "")] * 2
    assert (case.head.cseq, case.head.leaf, office.entry("agr-1", 2)) == (2, one.entry.leaf, one.entry)
    assert office.claim(LATER, "w2", 60) == []


def test_a_claim_that_is_forgotten_begins_anew(office):
    office.settle([], office.claim(NOON, "w1", 60))

    assert [claim.attempt for claim in office.claim(NOON, "w2", 60)] == [1]


def test_of_an_agreement_that_moved_on_nothing_is_settled_all_of_the_others_and_no_claim_is_forgotten(office):
    start(office, new("message", recipient="p2"), id="agr-2", ref="ref-2")
    claims = office.claim(NOON, "w1", 60)
    mine = sent(office, "-7d")
    head = office.load("agr-2").head
    effects = [Effect("message", ("loi", "answer", 1, "-7d", "p2", "email"), {"state": "sent", "wake_at": ""})]
    commit(office, mine.head, Effect("agreement", (), {"title": "somebody was faster"}))

    assert office.settle([mine, Settled(head, sealed(head), effects)], claims) == ["agr-1"]

    assert office.load("agr-1").tables["message"][KEY].state == "pending"
    assert office.load("agr-1").head.cseq == 2
    assert [row.state for row in office.load("agr-2").tables["message"].values()] == ["sent"]
    assert office.claim(NOON, "w2", 60) == []


@pytest.mark.parametrize("written", [True, False])
def test_where_the_connection_broke_while_outcomes_were_written_the_journal_tells_whether_they_were(database_url, monkeypatch, written):
    from workflow.store.postgresql import PostgresStore
    from workflow.store.postgresql_link import Broken

    with PostgresStore.open(database_url) as store:
        start(store, new("message"))
        one, rows = sent(store, "-7d"), store._link.rows

        def breaking(sql, values=(), **more):
            if "given AS" not in sql:
                return rows(sql, values, **more)
            if written:
                rows(sql, values, **more)
            raise Broken("a server", "the connection was lost", "")

        monkeypatch.setattr(store._link, "rows", breaking)

        assert store.settle([one], []) == ([] if written else ["agr-1"])


def test_what_delivering_reads_is_as_the_whole_case_has_it(office):
    start(office, new("message", wake_at=""), id="agr-2", ref="ref-2")

    found = office.waiting(["agr-1", "agr-2"])["agr-1"]

    whole = office.load("agr-1", whole=True)
    assert (found.head, found.agreement) == (whole.head, whole.agreement)
    waits = {key: row for key, row in whole.tables["message"].items() if row.wake_at}
    assert {key: row for key, row in found.tables["message"].items() if row.wake_at} == waits
    assert found.tables["instance"]["loi",] == whole.tables["instance"]["loi",]
    assert {key: row for key, row in whole.tables["deadline"].items() if key[1] == "answer"}.items() <= found.tables["deadline"].items()


def test_whoever_was_too_slow_does_not_let_go_of_another_s(office):
    slow = office.claim(NOON, "w1", 60)
    office.claim(LATER, "w2", 600)

    office.release(slow)
    office.settle([], slow)

    assert office.claim(LATER, "w3", 60) == []


def test_what_is_parked_is_found(office):
    assert office.parked() == []

    commit(office, office.load("agr-1").head, Effect("message", KEY, {"state": "parked", "wake_at": ""}))

    assert office.parked() == [("agr-1", "email", "reminder")]


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
    """Each message is in one hand, all are in some hand, and those of one person in the same."""
    with database.store() as store:
        for number in range(5):
            start(store, *(new("message", rung=f"-{day}d", recipient=f"p{day}") for day in range(20)), id=f"agr-{number}", ref=f"ref-{number}")
    found: list[list[Claimed]] = [[] for _ in range(4)]

    def work(number):
        with database.store() as store:
            while taken := store.claim(NOON, f"w{number}", 600, limit=7):
                found[number] += taken

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    claims = [claim for part in found for claim in part]
    every = [message for claim in claims for message in claim.messages]
    assert len(every) == len(set(every)) == 100
    assert len(claims) == len({claim.recipient for claim in claims}) == 20


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

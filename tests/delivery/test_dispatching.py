"""Claim, hand over, settle: what is due leaves once, trouble stays with whom it belongs to, and all of it is history."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from dispatch import Recorder, hire, messages, promise, worker, write
from flows.scenes import answer, at_council, entries, replays
from letters import person
from world import World

from workflow.core.agreement import Effect
from workflow.engine import Ask
from workflow.errors import DeliveryFailed, InvalidInput, Uncertain, Undeliverable
from workflow.messages import render
from workflow.outbox import letter
from workflow.reminders import sweep
from workflow.store.postgresql import PostgresStore
from workflow.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request, tmp_path):
    """A memorandum before the council on Monday 2 March 2026, noon in Jakarta; Sari is responsible, Dian and Ken are there too."""
    sqlite = request.param == "sqlite"
    world = World(tmp_path, store=SqliteStore.create_memory() if sqlite else PostgresStore.open(request.getfixturevalue("database_url"))).holidays()
    world.ref = at_council(world).partition("/")[0]
    hire(world.store, person(), person(id="p2", name="Dian", login="dian", email="dian@bogor.test", lang="id"),
         person(id="p3", name="Ken", login="ken", email="ken@kisarazu.test", lang="ja", zone="Asia/Tokyo", admin=True))
    yield world
    world.store.close()


def states(world):
    return sorted((row.recipient, row.channel, row.state) for row in messages(world.store, world.ref).values())


def fails(kind, *recipients):
    """Trouble for these recipients."""
    def trouble(outgoing):
        if not recipients or outgoing.to.id in recipients:
            raise kind("email", outgoing.key, f"550 <{outgoing.to.email}> is nobody")
    return trouble


def test_one_message_tells_a_person_all_that_is_due_and_each_row_is_settled_under_its_key(world):
    first, second = promise(world.store, world.ref), promise(world.store, world.ref, rung="-1d")
    promise(world.store, world.ref, rung="0", wake_at="2026-03-03T02:00:00Z")
    promise(world.store, world.ref, recipient="p2")
    mail = Recorder()

    outcomes = worker(world, {"email": mail}).round()

    assert sorted(mail.to) == ["p1", "p2"]
    assert [row.state for row in outcomes] == ["sent"] * 3
    rows = messages(world.store, world.ref)
    ours = next(outgoing for outgoing in mail.sent if outgoing.to.id == "p1")
    assert {(rows[key].state, rows[key].send, rows[key].wake_at) for key in (first, second)} == {("sent", ours.key, "")}
    assert rows[first].sent_at.startswith("2026-03-02T05:00")
    assert "responsible for this agreement" in ours.text
    assert replays(world.store, world.ref)


def test_what_was_sent_is_not_sent_again(world):
    promise(world.store, world.ref)
    mail = Recorder()

    for _ in range(3):
        worker(world, {"email": mail}).round()

    assert mail.to == ["p1"]


def test_every_delivery_and_every_failure_is_an_entry_of_its_agreement_without_an_address(world):
    promise(world.store, world.ref)
    promise(world.store, world.ref, recipient="p2")

    worker(world, {"email": Recorder(trouble=fails(DeliveryFailed, "p2"))}).round()

    acts = [(entry.act, b"bogor.test" in entry.body) for entry in world.store.entries(world.store.load(world.ref).agreement.id)][-2:]
    assert sorted(acts) == [("deliver", False), ("fail", False)]


def test_what_waits_for_somebody_who_has_left_is_sent_to_the_administrators_where_nobody_else_is_responsible(world):
    key = promise(world.store, world.ref)
    write(world.store, "sys", *(Effect("person", (ident,), {"active": False}) for ident in ("p1", "p2")))
    mail, people = Recorder(), {ident: row for (ident,), row in world.store.office().tables["person"].items()}

    sweep(world.store, world.engine, people)
    world.now = "2026-03-03T05:00"
    worker(world, {"email": mail}).round()

    assert mail.to == ["p3"]
    rows = messages(world.store, world.ref)
    assert (rows[key].state, rows[*key[:4], "p3", key[5]].state) == ("superseded", "sent")
    assert replays(world.store, world.ref)


def test_one_who_is_refused_keeps_nobody_waiting(world):
    for recipient in ("p1", "p2", "p3"):
        promise(world.store, world.ref, recipient=recipient)
    mail = Recorder(trouble=fails(Undeliverable, "p2"))

    worker(world, {"email": mail}).round()

    assert sorted(mail.to) == ["p1", "p3"]
    assert states(world) == [("p1", "email", "sent"), ("p2", "email", "dead"), ("p3", "email", "sent")]


@pytest.mark.parametrize("trouble", [DeliveryFailed, lambda *_: InvalidInput("mail", "", "no mail server is set"), lambda *_: ZeroDivisionError("x")])
def test_what_fails_is_tried_again_after_longer_and_longer_pauses_and_then_given_up(world, trouble):
    key = promise(world.store, world.ref)
    mail = Recorder(trouble=fails(trouble))
    pauses = []

    for _ in range(20):
        worker(world, {"email": mail}).round()
        row = messages(world.store, world.ref)[key]
        if not row.wake_at:
            break
        pauses.append(row.wake_at)
        world.now = _later(row.wake_at)

    assert row.state == "dead"
    assert pauses == sorted(set(pauses))
    assert len(pauses) == 8
    assert row.reason


def test_what_falls_due_while_somebody_cannot_be_reached_is_tried_for_two_days_itself(world):
    """Attempts are counted by recipient and channel: the second message meets the ninth."""
    first = promise(world.store, world.ref)
    mail = Recorder(trouble=fails(DeliveryFailed))
    for _ in range(8):
        worker(world, {"email": mail}).round()
        world.now = _later(messages(world.store, world.ref)[first].wake_at)
    second, since = promise(world.store, world.ref, rung="-1d", wake_at=f"{world.now}:00Z"), world.now
    worker(world, {"email": mail}).round()
    rows = messages(world.store, world.ref)
    assert (rows[first].state, rows[second].state) == ("dead", "failed")

    tries = 1
    while (row := messages(world.store, world.ref)[second]).wake_at:
        world.now = _later(row.wake_at)
        worker(world, {"email": mail}).round()
        tries += 1

    assert row.state == "dead"
    assert tries >= 3
    assert datetime.fromisoformat(since) + timedelta(days=2) <= datetime.fromisoformat(world.now) <= datetime.fromisoformat(since) + timedelta(days=5)
    assert replays(world.store, world.ref)


def _later(moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")


def test_what_is_given_up_goes_on_over_the_next_channel(world):
    hire(world.store, person(id="p4", login="four", channels=["email", "apprise", "file"]))
    promise(world.store, world.ref, recipient="p4")
    chat, folder = Recorder(trouble=fails(Undeliverable)), Recorder()
    channels = {"email": Recorder(trouble=fails(Undeliverable)), "apprise": chat, "file": folder}

    for _ in range(3):
        worker(world, channels).round()

    assert states(world) == [("p4", "apprise", "dead"), ("p4", "email", "dead"), ("p4", "file", "sent")]
    assert folder.to == ["p4"]


def test_what_left_while_its_deadline_was_met_is_not_sent_again_when_that_is_taken_back(world):
    mou = f"{world.ref}/mou"
    write(world.store, world.store.load(world.ref).agreement.id, Effect("deadline", ("mou", "council", 1), {"told_on": "2026-03-02"}))
    key = promise(world.store, world.ref, instance="mou", name="council", revision=1)
    answered = []

    def meanwhile(_):
        if not answered:
            answer(world, mou, "council", "approved")
            answered.append(f"{world.ref}#{len(entries(world, mou))}")

    mail = Recorder(trouble=meanwhile)
    worker(world, {"email": mail}).round()
    world.engine.correct(answered[0], Ask(reason="in error"), undo=True)
    worker(world, {"email": mail}).round()

    assert mail.to == ["p1"]
    row = messages(world.store, world.ref)[key]
    assert (row.state, row.send, bool(row.sent_at), row.wake_at) == ("sent", mail.sent[0].key, True, "")
    assert replays(world.store, world.ref)


@pytest.mark.parametrize("said", ["550 a\0b", "550 \ud800", "550\r\n<b>no</b>"])
def test_whatever_a_server_says_keeps_nobody_else_waiting(world, said):
    promise(world.store, world.ref)
    promise(world.store, world.ref, recipient="p2")

    def refused(outgoing):
        if outgoing.to.id == "p1":
            raise DeliveryFailed("email", outgoing.key, said)

    mail = Recorder(trouble=refused)
    worker(world, {"email": mail}).round()

    assert states(world) == [("p1", "email", "failed"), ("p2", "email", "sent")]
    assert mail.to == ["p2"]


def test_what_is_another_s_by_now_is_not_sent(world):
    """A claim that a dying server forgot is another worker's soon: two letters of one message would have two keys."""
    promise(world.store, world.ref)
    mail = Recorder()
    one = worker(world, {"email": mail})
    handed, one.outbox.hand = one.outbox.hand, lambda claims: handed([claim._replace(attempt=claim.attempt + 1) for claim in claims])

    try:
        assert one.round() == []
    finally:
        del one.outbox.hand
    assert mail.sent == []


def test_a_channel_that_knows_the_key_repeats_what_may_have_arrived_under_the_same_key(world):
    key = promise(world.store, world.ref)
    mail = Recorder(cut=fails(Uncertain))
    worker(world, {"email": mail}).round()
    assert messages(world.store, world.ref)[key].state == "uncertain"

    promise(world.store, world.ref, rung="-1d")  # something else falls due meanwhile
    mail.cut = lambda _: None
    world.now = "2026-03-02T05:30"
    worker(world, {"email": mail}).round()

    assert sorted(Counter(outgoing.key for outgoing in mail.sent).values()) == [1, 2]
    assert {row.state for row in messages(world.store, world.ref).values()} == {"sent"}


def test_what_began_to_leave_leaves_as_it_was_and_what_fell_due_since_by_itself(world):
    key = promise(world.store, world.ref)
    (claim,) = world.store.claim("2026-03-02T05:00:00Z", "killed", 60)
    world.store.hand([claim._replace(send="digest-1", letter=letter(claim.messages))])
    later = promise(world.store, world.ref, rung="-1d")  # in the very second of the claim
    mail, world.now = Recorder(), "2026-03-02T05:20"

    for _ in range(2):
        worker(world, {"email": mail}).round()

    rows = messages(world.store, world.ref)
    assert [outgoing.key for outgoing in mail.sent] == ["digest-1", rows[later].send]
    assert rows[key].send == "digest-1"
    assert rows[later].send != "digest-1"


def test_what_was_taken_back_after_it_began_to_leave_keeps_nothing_else_back(world):
    key = promise(world.store, world.ref)
    (claim,) = world.store.claim("2026-03-02T05:00:00Z", "killed", 60)
    world.store.hand([claim._replace(send="digest-1", letter=letter(claim.messages))])
    write(world.store, world.store.load(world.ref).agreement.id, Effect("message", key, {"state": "superseded", "wake_at": ""}))
    later = promise(world.store, world.ref, rung="-1d", wake_at="2026-03-02T05:01:00Z")
    mail, world.now = Recorder(), "2026-03-02T05:20"

    for _ in range(2):
        worker(world, {"email": mail}).round()

    assert [outgoing.key for outgoing in mail.sent] == [messages(world.store, world.ref)[later].send]


def test_a_chat_does_not_repeat_what_may_have_arrived(world):
    promise(world.store, world.ref, channel="apprise")
    chat = Recorder(repeats=False, cut=fails(Uncertain))

    for moment in ("2026-03-02T05:00", "2026-03-03T05:00"):
        world.now = moment
        worker(world, {"apprise": chat}).round()

    assert len(chat.sent) == 1
    assert states(world) == [("p1", "apprise", "uncertain")]


@pytest.mark.parametrize(("more", "reason"), [({"channel": "pigeon"}, "no such channel"), ({"kind": "sermon"}, "no such kind"),
                                              ({"revision": 9}, "not on record")])
def test_what_nobody_knows_is_parked_and_listed_not_deleted(world, more, reason):
    key = promise(world.store, world.ref, **more)
    promise(world.store, world.ref, recipient="p2")
    mail = Recorder()

    outcomes = worker(world, {"email": mail}, channels=("pigeon",)).round()

    row = messages(world.store, world.ref)[key]
    assert (row.state, row.wake_at, reason in row.reason) == ("parked", "", True)
    assert mail.to == ["p2"]
    assert {outcome.state for outcome in outcomes} == {"parked", "sent"}


def test_a_recipient_who_has_left_is_given_up(world):
    promise(world.store, world.ref, recipient="p9")

    worker(world, {"email": Recorder()}).round()

    assert states(world) == [("p9", "email", "dead")]


def test_a_template_that_fails_is_tried_again_and_keeps_nobody_waiting(world, tmp_path):
    promise(world.store, world.ref)
    promise(world.store, world.ref, recipient="p2")
    mail = Recorder()

    def say(digest, language):
        return render(digest, language, *([str(tmp_path / "no-templates")] if language == "id" else []))

    worker(world, {"email": mail}, say=say).round()

    assert states(world) == [("p1", "email", "sent"), ("p2", "email", "failed")]


def test_what_was_acknowledged_while_it_was_on_its_way_stays_so_and_that_it_left_is_written(world):
    key = promise(world.store, world.ref)

    def acknowledge(_outgoing):
        values = {"state": "acknowledged", "acked_by": "p1", "wake_at": ""}
        write(world.store, world.store.load(world.ref).agreement.id, Effect("message", key, values))

    mail = Recorder(cut=acknowledge)
    worker(world, {"email": mail}).round()

    row = messages(world.store, world.ref)[key]
    assert (row.state, row.send) == ("acknowledged", mail.sent[0].key)
    assert replays(world.store, world.ref)


def test_what_leaves_at_once_is_written_together_one_entry_an_agreement_and_each_under_its_own_key(world):
    for recipient in ("p1", "p2", "p3"):
        promise(world.store, world.ref, recipient=recipient)
    mail, before = Recorder(), world.store.load(world.ref).head.cseq

    worker(world, {"email": mail}, clock=lambda: "2026-03-02T05:00:00.000000Z").round()

    rows = messages(world.store, world.ref)
    assert {row.recipient: row.send for row in rows.values()} == {outgoing.to.id: outgoing.key for outgoing in mail.sent}
    assert len({row.send for row in rows.values()}) == 3
    assert world.store.load(world.ref).head.cseq == before + 1
    assert replays(world.store, world.ref)


def test_trouble_among_what_leaves_at_once_is_written_with_its_own_reason(world):
    for recipient in ("p1", "p2", "p3"):
        promise(world.store, world.ref, recipient=recipient)

    worker(world, {"email": Recorder(trouble=fails(DeliveryFailed, "p2"))}, clock=lambda: "2026-03-02T05:00:00.000000Z").round()

    assert states(world) == [("p1", "email", "sent"), ("p2", "email", "failed"), ("p3", "email", "sent")]
    assert {bool(row.reason) for row in messages(world.store, world.ref).values() if row.state == "sent"} == {False}
    assert replays(world.store, world.ref)


def test_what_was_taken_back_before_is_not_sent(world):
    promise(world.store, world.ref, state="superseded")
    mail = Recorder()

    assert worker(world, {"email": mail}).round() == []
    assert mail.sent == []


def test_a_worker_that_is_stopping_lets_go_and_another_sends(world):
    for recipient in ("p1", "p2"):
        promise(world.store, world.ref, recipient=recipient)
    first, second = Recorder(), Recorder()

    worker(world, {"email": first}).round(stopping=lambda: len(first.sent) == 1)
    worker(world, {"email": second}, worker="w2").round()

    assert (len(first.sent), len(second.sent)) == (1, 1)
    assert {state for _, _, state in states(world)} == {"sent"}


def test_a_claim_that_is_nearly_over_is_let_go_unsent(world):
    """A slow server before it in the round must not have it sent by two."""
    for recipient in ("p1", "p2"):
        promise(world.store, world.ref, recipient=recipient)

    def slow(_outgoing):
        world.now = "2026-03-02T05:07"

    mail = Recorder(cut=slow)
    worker(world, {"email": mail}).round()
    assert len(mail.sent) == 1

    worker(world, {"email": mail}, worker="w2").round()
    assert sorted(mail.to) == ["p1", "p2"]


def test_each_is_told_in_their_language_and_where_the_day_ends_for_them(world):
    for recipient in ("p1", "p2", "p3"):
        promise(world.store, world.ref, recipient=recipient)
    mail = Recorder()

    worker(world, {"email": mail}).round()

    said = {outgoing.to.id: outgoing for outgoing in mail.sent}
    assert [said[ident].headers["Content-Language"] for ident in ("p1", "p2", "p3")] == ["en", "id", "ja"]
    assert "Asia/Tokyo" in said["p3"].text


def taken_by_one_that_was_killed(world, channel):
    """A worker that is killed after the channel took what it sent, ten minutes before the lease is over."""
    channel.cut = killed
    with pytest.raises(KeyboardInterrupt):
        worker(world, {"email": channel, "apprise": channel}).round()
    channel.cut = lambda _: None
    world.now = "2026-03-02T05:20"


def killed(_outgoing):
    raise KeyboardInterrupt


def test_a_chat_that_may_have_arrived_is_not_repeated_though_its_channel_is_not_set_up_for_a_while(world):
    promise(world.store, world.ref, channel="apprise")
    chat = Recorder(repeats=False)
    taken_by_one_that_was_killed(world, chat)

    def missing(_name):
        raise InvalidInput("notify", "", "no file of targets is set")

    worker(world, {}, channel=missing).round()
    world.now = "2026-03-02T06:20"
    worker(world, {"apprise": chat}).round()

    assert len(chat.sent) == 1
    assert states(world) == [("p1", "apprise", "uncertain")]


def test_whoever_slept_through_a_lease_does_not_send_what_another_has_taken(world):
    promise(world.store, world.ref, channel="apprise")
    chat = Recorder(repeats=False)

    def slept(digest, language):
        world.now = "2026-03-02T05:20"
        worker(world, {"apprise": chat}, worker="w2").round()
        return render(digest, language)

    worker(world, {"apprise": chat}, say=slept).round()

    assert len(chat.sent) == 1
    assert states(world) == [("p1", "apprise", "sent")]


@pytest.mark.parametrize("between", ["the server is down", "it is evening", "the worker stops"])
def test_mail_that_may_have_arrived_keeps_its_key_whatever_happens_before_it_is_repeated(world, between):
    """And though one of its messages is taken back meanwhile, so that what is left would have another."""
    promise(world.store, world.ref)
    other = promise(world.store, world.ref, rung="-1d")
    mail = Recorder()
    taken_by_one_that_was_killed(world, mail)
    write(world.store, world.store.load(world.ref).agreement.id, Effect("message", other, {"state": "superseded", "wake_at": ""}))

    if between == "it is evening":
        world.now = "2026-03-02T12:00"
    mail.trouble = fails(DeliveryFailed) if between == "the server is down" else lambda _: None
    worker(world, {"email": mail}).round(stopping=lambda: between == "the worker stops")
    mail.trouble = lambda _: None
    world.now = "2026-03-03T05:00"
    worker(world, {"email": mail}).round()

    assert len(mail.sent) == 2
    assert len({outgoing.key for outgoing in mail.sent}) == 1


def test_after_trouble_with_the_database_no_claim_is_let_go_of_which_something_left(world):
    """One digest of a claim fails and another has left, unwritten, when the outcome of somebody else's cannot be written."""
    promise(world.store, world.ref)
    mail, chat, store = Recorder(cut=fails(Uncertain)), Recorder(repeats=False), world.store
    worker(world, {"email": mail}).round()
    promise(world.store, world.ref, rung="-1d")
    promise(world.store, world.ref, recipient="p2", channel="apprise", wake_at="2026-03-02T02:00:01Z")
    world.now, mail.cut, first = "2026-03-02T05:20", lambda _: None, mail.sent[0].key

    def down(outgoing):
        if outgoing.key == first:
            raise DeliveryFailed("email", outgoing.key, "not now")

    class Full:
        def __getattr__(self, name):
            return getattr(store, name)

        def settle(self, *_):
            raise OSError("the disk is full")

    mail.trouble = down
    one = worker(world, {"email": mail, "apprise": chat}, clock=lambda: "2026-03-02T05:20:00.000000Z")
    one.outbox = Full()
    with pytest.raises(OSError, match="the disk is full"):
        one.round()

    assert (len(mail.sent), len(chat.sent)) == (2, 1)
    assert store.claim("2026-03-02T05:21:00Z", "w2", 60) == []

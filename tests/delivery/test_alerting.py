"""Whoever runs the office hears of what did not arrive, over whichever of their channels works."""

from __future__ import annotations

from dispatch import Recorder
from letters import person

from workflow.alerting import SHOWN, alert
from workflow.dispatching import Outcome
from workflow.errors import DeliveryFailed, Undeliverable

NOW = "2026-03-02T05:00:00Z"
LOST = Outcome("bogor-kisarazu/mou", "council", "p2", "email", "dead", "550 nobody")


def said(row, language):
    return f"{language}: {row.ref} {row.name}, {row.recipient} ({row.reason})"


def refuse(outgoing):
    raise DeliveryFailed("email", outgoing.key, "down")


def connect(channels):
    def channel(name):
        if name not in channels:
            raise Undeliverable(name, "", "unknown")
        return channels[name]
    return channel


def test_an_administrator_is_told_which_and_why_in_their_language():
    mail = Recorder()

    told = alert([LOST], [person(admin=True, lang="id"), person(id="p2")], connect({"email": mail}), ["email"], NOW, said)

    assert (told, mail.to) == (["p1"], ["p1"])
    assert "id: bogor-kisarazu/mou council, p2 (550 nobody)" in mail.sent[0].text


def test_the_next_channel_serves_where_the_first_is_the_trouble():
    folder = Recorder()
    operator = person(admin=True, channels=["pigeon", "email", "file"])

    assert alert([LOST], [operator], connect({"email": Recorder(trouble=refuse), "file": folder}), [], NOW, said) == ["p1"]
    assert folder.to == ["p1"]


def test_nobody_reached_is_nobody_told():
    operators = [person(admin=True), person(id="p2", admin=True, active=False)]

    assert alert([LOST], operators, connect({"email": Recorder(trouble=refuse)}), ["email"], NOW, said) == []


def test_what_arrived_or_is_tried_again_alarms_nobody():
    mail = Recorder()

    waiting = [LOST._replace(state=state, again="2026-03-02T05:01:00Z") for state in ("failed", "uncertain", "")]

    assert alert([LOST._replace(state="sent"), *waiting], [person(admin=True)], connect({"email": mail}), ["email"], NOW, said) == []
    assert mail.sent == []


def test_a_flood_is_counted():
    mail = Recorder()

    alert([LOST._replace(recipient=f"p{n}") for n in range(SHOWN + 5)], [person(admin=True)], connect({"email": mail}), ["email"], NOW, said)

    assert mail.sent[0].text.count("550 nobody") == SHOWN
    assert "and 5 more" in mail.sent[0].text
    assert len(mail.sent) == 1


def test_what_is_lost_again_another_day_is_another_letter():
    mail = Recorder()
    for now in (NOW, NOW, "2026-03-03T05:00:00Z"):
        alert([LOST], [person(admin=True)], connect({"email": mail}), ["email"], now, said)

    first, same, other = (sent.headers["Message-ID"] for sent in mail.sent)
    assert first == same != other

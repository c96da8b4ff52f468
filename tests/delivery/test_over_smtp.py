"""From the database through a worker to a real mail server, and what of it stands in the history."""

from __future__ import annotations

import icalendar
import pytest
from dispatch import hire, messages, promise, worker
from flows.scenes import at_council
from letters import Postbox, free_port, person
from world import World

from workflow.channels.email import Email, Server


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path).holidays()
    world.ref = at_council(world).partition("/")[0]
    hire(world.store, *(person(id=f"p{number}", login=f"l{number}", email=f"{lang}@mail.test", lang=lang)
                        for number, lang in enumerate(("en", "id", "ja"), 1)))
    for number in (1, 2, 3):
        promise(world.store, world.ref, recipient=f"p{number}")
    return world


def mail(port: int) -> Email:
    return Email(Server("127.0.0.1", "mufakat@bogor.test", port=port, security="none", timeout=20))


def states(world) -> dict[str, str]:
    return {row.recipient: row.state for row in messages(world.store, world.ref).values()}


def test_each_receives_a_digest_in_their_language_with_the_deadline_for_their_calendar(world):
    box = Postbox()
    worker(world, {"email": mail(box.port)}).round()
    box.close()

    due = next(row for row in world.store.load(world.ref).tables["deadline"].values() if row.status == "open")
    letters = {str(letter["To"].addresses[0].username): letter for letter in box.letters}
    assert letters.keys() == {"en", "id", "ja"}
    for lang, word in {"en": "Good day", "id": "Salam", "ja": "様"}.items():
        text, page, calendar = (part for part in letters[lang].walk() if not part.is_multipart())
        event = icalendar.Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")[0]
        assert word in text.get_content()
        assert word in page.get_content()
        assert f"mufakat can {world.ref}/{due.instance}".rstrip("/") in text.get_content()
        assert event["dtstart"].dt.isoformat() == due.effective
    assert set(states(world).values()) == {"sent"}
    assert len({str(letter["Message-ID"]) for letter in box.letters}) == 3
    assert len({str(letter["References"]) for letter in box.letters}) == 1  # one deadline, one thread


def test_a_server_that_refuses_one_recipient_takes_the_others(world):
    box = Postbox(refuse={"id@mail.test": "550 no such mailbox <id@mail.test>", "ja@mail.test": "451 greylisted"})
    worker(world, {"email": mail(box.port)}).round()
    box.close()

    assert states(world) == {"p1": "sent", "p2": "dead", "p3": "failed"}
    assert all(b"mail.test" not in entry.body for entry in world.store.entries(world.store.load(world.ref).agreement.id))


def test_a_server_that_was_down_gets_everything_when_it_is_up_again(world):
    port = free_port()
    worker(world, {"email": mail(port)}).round()
    assert set(states(world).values()) == {"failed"}

    box = Postbox()
    world.now = "2026-03-02T05:05"
    worker(world, {"email": mail(box.port)}).round()
    box.close()

    assert (set(states(world).values()), len(box.letters)) == ({"sent"}, 3)


def test_a_server_that_hangs_up_in_mid_session_is_asked_again_with_the_same_identity(world):
    box = Postbox(drop="DATA")
    worker(world, {"email": mail(box.port)}).round()
    box.close()
    assert set(states(world).values()) == {"uncertain"}

    again = Postbox()
    world.now = "2026-03-02T05:05"
    worker(world, {"email": mail(again.port)}).round()
    again.close()

    assert set(states(world).values()) == {"sent"}
    assert {str(letter["Message-ID"]) for letter in again.letters} == {str(letter["Message-ID"]) for letter in box.letters}

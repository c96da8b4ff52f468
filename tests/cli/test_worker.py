"""A worker as an office runs it: what became due leaves over the mail server that is set, and stands in the history."""

from __future__ import annotations

import os

import pytest
from letters import Postbox

from cli import PARTS
from workflow.commands.app import App
from workflow.commands.delivering import tick, told

MORNING = "2026-11-11T03:00:00.000000Z"  # Wednesday, 10:00 in Jakarta; the letter of intent and the partnership fall asleep in a week


@pytest.fixture
def bureau(office):
    """A letter of intent signed a year ago, with nothing since; Dian is responsible, in Indonesian."""
    office.ok("person add --login dian --email dian@bogor.test --role coordinator --lang id", "Dian Lestari")
    office.ok("start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner dian")
    office.ok("open bogor-kisarazu loi --existing signed --as-of 2025-11-18 signed_on=2025-11-18")
    return office


@pytest.fixture
def postbox(bureau):
    box = Postbox()
    path = bureau.folder / "mail.toml"
    path.write_text(f'host = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\nsender = "mufakat@bogor.test"\n')
    os.chmod(path, 0o600)
    bureau.ok(f"config set mail {path}")
    yield box
    box.close()


def look(typist, now: str) -> list[str]:
    """One tick at a moment, in words."""
    typist.now = now
    app = App(PARTS, typist.environment, typist.clock)
    try:
        return told(tick(app, "w1"))
    finally:
        app.close()


def test_what_is_due_leaves_once_in_the_language_of_whoever_is_responsible(bureau, postbox):
    assert look(bureau, MORNING) == ["2 messages are due", "2 messages sent"]
    assert look(bureau, "2026-11-11T03:01:00.000000Z") == []

    [letter] = postbox.letters
    assert letter["To"] == "Dian Lestari <dian@bogor.test>"
    assert "7 hari lagi" in letter["Subject"]
    acts = [entry["act"] for entry in bureau.json("history bogor-kisarazu")]
    assert acts[-2:] == ["remind", "deliver"]


def test_without_a_mail_server_it_says_what_to_set(bureau):
    said = look(bureau, MORNING)

    assert said[0] == "2 messages are due"
    assert "failed (no mail server is set: mufakat config set mail FILE)" in said[1]


def test_every_look_leaves_a_heartbeat(bureau):
    look(bureau, MORNING)

    app = App(PARTS, bureau.environment, bureau.clock)
    assert app.store().beats() == [("w1", MORNING)]
    app.close()


"""A worker as an office runs it: what became due leaves over the mail server that is set, and stands in the history."""

from __future__ import annotations

import os
import shutil

import pytest
from letters import Postbox

from cli import PARTS
from workflow.commands.app import App
from workflow.commands.delivering import tick, told
from workflow.core.checkpoint import open_checkpoint, parse_key
from workflow.messages.speech import speech
from workflow.signing import verify

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
        return told(app, tick(app, "w1"))
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


@pytest.mark.parametrize(("language", "label"), [
    ("en", "Follow up with a cooperation plan"), ("id", "Tindak lanjut dengan rencana kerja sama"), ("ja", "協力計画への移行")])
def test_administrators_are_told_by_names_in_their_language_of_what_did_not_arrive(bureau, postbox, language, label):
    postbox.refuse["dian@bogor.test"] = "550 no such mailbox"
    bureau.ok(f"person edit me --email root@bogor.test --lang {language}")

    screen = look(bureau, MORNING)

    [letter] = postbox.letters
    text, words = letter.get_body(("plain",)).get_content(), speech(language)
    line = words.text("{ref} {deadline}, to {recipient} over {channel}: {state} ({reason})").format(
        ref="bogor-kisarazu/loi", deadline=label, recipient="Dian Lestari", channel="email", state=words.text("given up"),
        reason="550 no such mailbox")
    assert (letter["To"].addresses[0].addr_spec, letter["Content-Language"], line in text.splitlines()) == ("root@bogor.test", language, True)
    assert "bogor-kisarazu/loi Follow up with a cooperation plan, to Dian Lestari over email: given up (550 no such mailbox)" in screen


def test_without_a_mail_server_it_says_what_to_set(bureau):
    said = look(bureau, MORNING)

    assert said[0] == "2 messages are due"
    assert "tried again later (no mail server is set: mufakat config set mail FILE)" in said[1]


def test_every_look_leaves_a_heartbeat(bureau):
    look(bureau, MORNING)

    app = App(PARTS, bureau.environment, bureau.clock)
    assert app.store().beats() == [("w1", MORNING)]
    app.close()


def test_a_message_carries_the_newest_checkpoint_over_all_that_it_tells_of(bureau, postbox):
    look(bureau, MORNING)

    text = postbox.letters[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    note = text[text.index("mufakat/"):].strip() + "\n"
    found, _ = open_checkpoint(note, [parse_key(bureau.ok("audit key show").strip())], verify)
    remind = bureau.json("audit log --act remind --limit 1")[0]
    assert found.size > remind["place"]
    assert "mufakat help audit" in text
    bureau.file("pin.txt", note)
    assert bureau("audit verify --pin pin.txt --state").exit_code == 0


def test_every_look_gives_entries_their_place_and_signs_when_that_is_due(bureau):
    assert look(bureau, "2026-03-02T03:00:00.000000Z") == []
    first = bureau.json("audit pin")["size"]
    bureau.ok("person add Sari --login sari")

    look(bureau, "2026-03-02T03:00:30.000000Z")
    assert bureau.json("audit log --limit 1")[0]["place"] == first
    assert bureau.json("audit pin")["size"] == first
    look(bureau, "2026-03-02T03:01:30.000000Z")
    assert bureau.json("audit pin")["size"] == first + 1


def test_a_worker_without_a_key_numbers_and_reminds(bureau, postbox):
    os.unlink(bureau.folder / "office.key")

    assert look(bureau, MORNING) == ["2 messages are due", "2 messages sent"]

    assert bureau.json("audit log --act remind --limit 1")[0]["place"] is not None
    assert bureau("audit pin").exit_code == 1
    assert "mufakat help audit" not in postbox.letters[0].get_body(("plain",)).get_content()
    assert "the key is not on this machine" in bureau("doctor").stdout


def test_a_log_that_was_put_back_is_not_signed_and_reminders_go_on(bureau, postbox):
    shutil.copy(bureau.environment["MUFAKAT_DB"], bureau.folder / "backup.db")
    bureau.ok("person add Sari --login sari")
    bureau.ok("audit checkpoint")
    shutil.copy(bureau.folder / "backup.db", bureau.environment["MUFAKAT_DB"])

    said = look(bureau, MORNING)

    assert said[:2] == ["2 messages are due", "2 messages sent"]
    assert "the log was not signed" in said[2]

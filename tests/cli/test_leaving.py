"""What leaves the program: a calendar of deadlines, and a test message."""

from __future__ import annotations

import email
import email.policy

import icalendar
import pytest


def events(text: str) -> dict[str, icalendar.Event]:
    found = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert len({str(event["uid"]) for event in found}) == len(found)
    return {str(event["uid"]): event for event in found}


@pytest.fixture
def dian(office):
    """Somebody with an address."""
    office.ok("person add --login dian --email dian@bogor.test --lang id", "Dian Lestari")
    return office


def test_a_calendar_of_one_agreement_of_one_person_and_of_all(demo):
    one, everything, mine = (events(demo.ok(line)) for line in ("export ics contoh-council", "export ics", "export ics --person me"))

    assert one
    assert one.keys() < everything.keys()
    assert mine.keys() <= everything.keys()


def test_a_calendar_speaks_the_language_chosen(demo):
    said = {language: demo.ok(f"export ics contoh-council --lang {language}") for language in ("en", "id", "ja")}

    assert all(word in icalendar.Calendar.from_ical(said[language]).to_ical().decode().replace("\r\n ", "")
               for language, word in {"en": "nothing is approved", "id": "Keputusan DPRD", "ja": "議会の議決期限"}.items())


def test_a_calendar_in_a_file_is_the_same_and_whole(demo, tmp_path):
    path = tmp_path / "out.ics"

    demo.ok(f"export ics contoh-council --file {path}")

    assert path.read_bytes() == demo("export ics contoh-council").stdout_bytes
    assert [file.name for file in tmp_path.iterdir()] == ["out.ics"]


def test_what_recurs_cancels_what_came_before_so_that_no_calendar_keeps_it_open(office):
    office.ok("start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner me")
    office.ok("open bogor-kisarazu loi --existing signed --as-of 2025-11-18 signed_on=2025-11-18")
    [first] = [uid for uid in events(office.ok("export ics")) if ".review-evergreen." in uid]

    office.now = "2027-11-22T03:00:00.000000Z"
    office("remind tick")

    after = {uid: (str(event["status"]), event["sequence"]) for uid, event in events(office.ok("export ics")).items() if ".review-evergreen." in uid}
    assert after == {first: ("CANCELLED", 1), first.replace("evergreen.1@", "evergreen.2@"): ("CONFIRMED", 2)}


@pytest.mark.parametrize(("line", "code"), [("export ics nowhere", 3), ("export ics --person nobody", 3), ("export ics --file /no/such/x.ics", 2)])
def test_a_calendar_of_nothing_or_to_nowhere_is_refused(office, line, code):
    assert office(line).exit_code == code


def test_a_test_message_lands_in_the_folder_beside_the_database(dian):
    [said] = dian.json("notify test --to dian --channel file")

    [path] = (dian.folder / "office-outbox").iterdir()
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (said["sent"], said["person"], path.stem) == (True, "p2", said["key"])
    assert (letter["To"], letter["Content-Language"]) == ("Dian Lestari <dian@bogor.test>", "id")


def test_who_has_no_address_is_told_how_to_get_one(office):
    (office.folder / "mail.toml").write_text('host = "127.0.0.1"\nsender = "o@bogor.test"\nsecurity = "none"\n', "utf-8")
    (office.folder / "mail.toml").chmod(0o600)

    said = office("notify test --to me", MUFAKAT_MAIL=str(office.folder / "mail.toml"))

    assert (said.exit_code, "mufakat person edit root --email ADDRESS" in said.stderr) == (7, True)


def test_a_test_message_is_shown_on_the_terminal(dian):
    said = dian.ok("notify test --to dian --channel console")

    assert "Salam, Dian Lestari." in said
    assert "sent to Dian Lestari over console" in said


@pytest.mark.parametrize(("line", "code", "word"), [
    ("notify test --to dian --channel pigeon", 3, "pigeon"),
    ("notify test --to nobody", 3, "nobody"), ("notify test --to dian", 2, "mufakat config set mail FILE"),
])
def test_what_keeps_a_test_message_from_arriving_is_said(dian, line, code, word):
    result = dian(line)

    assert result.exit_code == code
    assert word in result.stderr


@pytest.mark.parametrize("every", ["0s", "60", "1d", "25h", "-1s", "s", "1.5m"])
def test_a_worker_is_told_how_often_in_words_it_knows(office, every):
    result = office(f"serve --every={every}")

    assert (result.exit_code, "30s, 5m, 1h" in result.stderr) == (2, True)

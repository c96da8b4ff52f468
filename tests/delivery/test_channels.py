"""How messages leave: over a real mail server that may misbehave, as files, on the terminal, through Apprise."""

from __future__ import annotations

import email
import email.policy
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import icalendar
import pytest
from letters import CERTIFICATE, Postbox, digest, free_port, line, person

from workflow.channels import Settings, connect
from workflow.channels.email import Email, Server
from workflow.errors import DeliveryFailed, InvalidInput, Uncertain, Undeliverable
from workflow.messages import render

OURS = {"host": "127.0.0.1", "sender": "Biro Kerja Sama <kerjasama@bogor.test>"}


def message(**more):
    return render(digest(**more), more.get("language", "en"))


@pytest.fixture
def postbox(request):
    """A mail server; `indirect` parameters are how it misbehaves."""
    box = Postbox(**getattr(request, "param", {}))
    yield box
    box.close()


def channel(box: Postbox, **more) -> Email:
    return Email(Server(port=box.port, **{**OURS, "security": "none", "timeout": 0.4, **more}))


@pytest.mark.parametrize(("language", "words"), [("en", "Council decides"), ("id", "Keputusan DPRD"), ("ja", "議会の議決期限")])
def test_a_digest_arrives_in_its_language_with_text_page_and_calendar(postbox, language, words):
    channel(postbox, timeout=20).send(render(digest(line(sequence=2)), language))

    [letter] = postbox.letters
    text, page, calendar = (part for part in letter.walk() if not part.is_multipart())
    event = icalendar.Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")[0]
    assert [part.get_content_type() for part in (text, page, calendar)] == ["text/plain", "text/html", "text/calendar"]
    assert words in text.get_content()
    assert words in page.get_content()
    assert words in letter["Subject"]
    assert (words in event["summary"], event["sequence"], str(event["uid"])) == (True, 2, "a1.mou.council.1@mufakat")
    assert (calendar.get_filename(), calendar.get_param("method")) == ("deadlines.ics", "PUBLISH")
    assert {name: str(letter[name]) for name in ("To", "Message-ID", "References", "Auto-Submitted", "Content-Language")} == {
        "To": "Sari Dewi <sari@bogor.test>", "Message-ID": f"<{'0' * 40}@mufakat>", "References": "<fd5e305cf8a90c0fa02cb441374c6e00@mufakat>",
        "Auto-Submitted": "auto-generated", "Content-Language": language}


def test_every_line_that_travels_is_short_and_ascii_and_a_dot_survives(postbox):
    channel(postbox, timeout=20).send(render(digest(), "ja")._replace(text=".\n..a\n" + "木" * 600))

    [letter] = postbox.letters
    assert letter.get_body(("plain",)).get_content().splitlines() == [".", "..a", "木" * 600]
    raw = bytes(letter)
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < 999


@pytest.mark.parametrize("postbox", [{"tls": True}], indirect=True)
def test_starttls_checks_the_servers_certificate(postbox):
    with pytest.raises(DeliveryFailed, match=r"(?i)certificate"):
        channel(postbox, security="starttls", timeout=20).send(message())
    assert postbox.letters == []

    channel(postbox, security="starttls", timeout=20, ca=CERTIFICATE).send(message())
    assert len(postbox.letters) == 1


def test_a_server_that_is_down_is_tried_again():
    with pytest.raises(DeliveryFailed) as failed:
        Email(Server(port=free_port(), security="none", **OURS)).send(message())

    assert type(failed.value) is DeliveryFailed


@pytest.mark.parametrize(("postbox", "kind"), [
    ({"slow": "EHLO"}, DeliveryFailed), ({"slow": "RCPT"}, DeliveryFailed), ({"slow": "DATA"}, Uncertain),
    ({"drop": "EHLO"}, DeliveryFailed), ({"drop": "RCPT"}, DeliveryFailed), ({"drop": "DATA"}, Uncertain),
    ({"refuse": {"sari@bogor.test": "450 later"}}, DeliveryFailed), ({"refuse": {"sari@bogor.test": "550 nobody"}}, Undeliverable),
], indirect=["postbox"], ids=str)
def test_trouble_before_the_text_is_a_failure_after_it_is_uncertain(postbox, kind):
    with pytest.raises(DeliveryFailed) as failed:
        channel(postbox).send(message())

    assert type(failed.value) is kind


@pytest.mark.parametrize("address", ["", "nobody", "a b@x", "木@bogor.test", "a@x\r\nBcc: b@y"])
def test_an_address_that_cannot_be_is_given_up_at_once(postbox, address):
    with pytest.raises(Undeliverable):
        channel(postbox).send(message(recipient=person(email=address)))

    assert postbox.letters == []


def settings(folder, text: str, mode: int = 0o600, **more) -> Settings:
    path = folder / "secret.toml"
    path.write_text(text)
    os.chmod(path, mode)
    return Settings(**{"mail": str(path), "folder": str(folder / "out"), **more})


GOOD = 'host = "127.0.0.1"\nsender = "a@b.test"\n'


def test_credentials_are_read_from_a_file_of_ones_own(tmp_path):
    found = connect("email", settings(tmp_path, GOOD + 'security = "ssl"\nuser = "u"\npassword = "p"\ntimeout = 5\n'))

    assert found.server == Server("127.0.0.1", "a@b.test", security="ssl", user="u", password="p", timeout=5)


def test_certificates_lie_beside_the_file_that_names_them(tmp_path):
    found = connect("email", settings(tmp_path, GOOD + 'ca = "ca.pem"\n'))

    assert found.server.ca == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(("text", "mode", "why"), [
    (GOOD, 0o644, "chmod 600"), (GOOD, 0o640, "chmod 600"), ("host = ", 0o600, "not valid TOML"), ('host = "x"', 0o600, "must say it"),
    (GOOD + "pasword = 'x'", 0o600, "not known"), (GOOD + "port = '25'", 0o600, "not such a value"), (GOOD + "security = 'tls'", 0o600, "starttls"),
    ('host = "mail.test"\nsender = "a@b"\nsecurity = "none"\nuser = "u"\npassword = "p"', 0o600, "in the clear"),
])
def test_credentials_that_cannot_be_used_are_refused_with_what_helps(tmp_path, text, mode, why):
    with pytest.raises(InvalidInput, match=why):
        connect("email", settings(tmp_path, text, mode))


def test_no_server_and_no_file_are_said(tmp_path):
    for given, why in ((Settings(), "config set mail"), (Settings(mail=str(tmp_path / "none")), "cannot be read")):
        with pytest.raises(InvalidInput, match=why):
            connect("email", given)


def test_an_unknown_channel_is_said_with_those_that_there_are():
    with pytest.raises(Undeliverable, match="email, apprise, file, console"):
        connect("pigeon", Settings())


def test_a_file_is_whole_and_named_by_the_key(tmp_path):
    folder = connect("file", Settings(folder=str(tmp_path / "out")))

    for _ in range(2):
        folder.send(message())

    [path] = (tmp_path / "out").iterdir()
    assert path.name == "0" * 40 + ".eml"
    read = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert "Council decides" in read.get_body(("plain",)).get_content()


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path):
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(DeliveryFailed, match="cannot be written"):
        connect("file", Settings(folder=str(tmp_path / "out"))).send(message())


def test_the_terminal_shows_the_text():
    shown = []

    connect("console", Settings(write=shown.append)).send(message())

    assert "Council decides" in "".join(shown)


@pytest.fixture
def service():
    """A chat service: what was posted to it, and how it answers."""
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer[0])
            self.end_headers()

        def log_message(self, *_):
            pass

    posted, answer = [], [200]
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}", posted, answer
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore")  # Apprise's own
def test_apprise_reaches_one_person_and_says_when_it_did_not(service, tmp_path):
    address, posted, answer = service
    settings(tmp_path, f'[targets]\nsari = "{address}"\nbroken = "nothing://"\n')
    chat = connect("apprise", Settings(notify=str(tmp_path / "secret.toml")))

    chat.send(message())
    assert "Council decides" in posted[0]["message"]

    answer[0] = 500
    with pytest.raises(DeliveryFailed) as failed:
        chat.send(message())
    assert type(failed.value) is DeliveryFailed
    for login in ("dian", "broken"):
        with pytest.raises(Undeliverable):
            chat.send(message(recipient=person(id="p2", login=login)))
    assert not chat.repeats

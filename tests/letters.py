"""Builders for messages: people, lines, digests; and a real mail server on this machine that may be told to misbehave."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from workflow.core.digest import Digest, Line
from workflow.core.office import Person
from workflow.errors import Phrase

CERTIFICATE, KEY = (str(Path(__file__).parent / "vectors" / name) for name in ("localhost.crt", "localhost.key"))


def person(**more: Any) -> Person:
    return Person(**{"id": "p1", "name": "Sari Dewi", "login": "sari", "email": "sari@bogor.test", "roles": ["coordinator"], "lang": "en",
                     "zone": "Asia/Jakarta", **more})


def line(**more: Any) -> Line:
    return Line(**{
        "ref": "bogor-kisarazu/mou", "title": "Bogor–Kisarazu", "stage": {"en": "Memorandum", "id": "Nota kesepahaman", "ja": "覚書"},
        "deadline": "council", "what": {"en": "Council decides", "id": "Keputusan DPRD", "ja": "議会の議決期限"}, "kind": "reminder",
        "due": "2026-05-13", "zone": "Asia/Jakarta", "days_left": 12, "late_days": 0, "basis": "statute", "citation": "PP 28/2018 art. 30(4)",
        "provisional": False, "owner": "Dian Lestari", "command": "mufakat can bogor-kisarazu/mou",
        "why": Phrase("you are responsible for this agreement"), "uid": "a1.mou.council.1@mufakat", "sequence": 1, **more})


def digest(*lines: Line, **more: Any) -> Digest:
    return Digest(**{"key": "0" * 40, "recipient": person(), "channel": "email", "day": "2026-05-01", "lines": lines or (line(),), **more})


class Postbox:
    """A mail server on a free port; `letters` are what it took. Each hook gets the server, the session and the envelope, as aiosmtpd calls it."""

    def __init__(self, *, tls: bool = False, refuse: dict[str, str] | None = None, slow: str = "", drop: str = "", wait: float = 1.0) -> None:
        self.refuse, self.slow, self.drop, self.wait = refuse or {}, slow, drop, wait
        self.letters: list[Any] = []
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
        if self.context is not None:
            self.context.load_cert_chain(CERTIFICATE, KEY)
        self._controller = _Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=20)
        self._controller.start()

    @property
    def port(self) -> int:
        return self._controller.port

    def close(self) -> None:
        self._controller.stop()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802  # aiosmtpd's name
        session.host_name = hostname
        self._trouble("EHLO", server)
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        self._trouble("RCPT", server)
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        self.letters.append(email.message_from_bytes(envelope.original_content, policy=email.policy.default))
        self._trouble("DATA", server)
        return "250 taken"

    def _trouble(self, step: str, server: SMTP) -> None:
        if self.slow == step:
            time.sleep(self.wait)
        if self.drop == step:
            server.transport.abort()


class _Controller(Controller):
    def factory(self) -> SMTP:
        box: Postbox = self.handler
        return SMTP(box, tls_context=box.context, require_starttls=box.context is not None, hostname="127.0.0.1", timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

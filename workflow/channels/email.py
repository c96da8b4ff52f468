"""
E-mail over SMTP (RFC 5321), each recipient in a session of their own.

What was refused for now (4xx), and a server that is down or slow, is tried again; what was refused for good (5xx) is not. Once the server
has asked for the text (354), silence means that the message may have arrived: it is repeated with the same Message-ID.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from contextlib import suppress
from email.utils import parseaddr
from typing import TYPE_CHECKING, NamedTuple

from workflow.channels import secret
from workflow.channels.letter import letter
from workflow.errors import DeliveryFailed, InvalidInput, Phrase, Uncertain, Undeliverable

if TYPE_CHECKING:
    from email.message import EmailMessage

    from workflow.channels import Settings
    from workflow.core.digest import Outgoing

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
SECURITY = tuple(PORTS)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NAME = "email"


class Server(NamedTuple):
    """
    Where mail is handed in, as the file with credentials says. `security`: starttls, ssl, none (then without a password, unless on this machine).

    `timeout` (seconds) bounds every step; `ca` is a file of certificates to trust instead of the system's.
    """

    host: str
    sender: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = ""
    timeout: float = 20
    ca: str = ""


class Email:
    """The channel; it connects when it sends."""

    repeats = True

    def __init__(self, server: Server) -> None:
        self.server = server

    def send(self, outgoing: Outgoing) -> None:
        message = letter(outgoing, self.server.sender, NAME)
        try:
            session = self._session()
        except (smtplib.SMTPException, OSError) as fault:
            raise DeliveryFailed(NAME, outgoing.key, Phrase("{host}: {fault}", host=self.server.host, fault=_told(fault))) from None
        try:
            self._hand_over(session, message, outgoing.key)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                session.close()

    def _session(self) -> smtplib.SMTP:
        server, context = self.server, ssl.create_default_context(cafile=self.server.ca or None)
        port = server.port or PORTS[server.security]
        if server.security == "ssl":
            session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, port, timeout=server.timeout, context=context)
        else:
            session = smtplib.SMTP(server.host, port, timeout=server.timeout)
        try:
            session.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                session.starttls(context=context)
                session.ehlo()
            if server.user:
                session.login(server.user, server.password)
        except BaseException:
            session.close()
            raise
        return session

    def _hand_over(self, session: smtplib.SMTP, message: EmailMessage, key: str) -> None:
        receiver = message["To"].addresses[0].addr_spec
        try:
            _accept(session.mail(parseaddr(self.server.sender)[1]), 250, key)
            _accept(session.rcpt(receiver), 250, key)
            _accept(session.docmd("DATA"), 354, key)
        except (smtplib.SMTPException, OSError) as fault:
            raise DeliveryFailed(NAME, key, Phrase("{host}: {fault}", host=self.server.host, fault=_told(fault))) from None
        body = re.sub(rb"(?m)^\.", b"..", bytes(message))
        try:
            session.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            answer = session.getreply()
        except (smtplib.SMTPException, OSError) as fault:
            raise Uncertain(NAME, key, Phrase("cut off before {host} confirmed it: {fault}", host=self.server.host, fault=_told(fault))) from None
        _accept(answer, 250, key)
        with suppress(smtplib.SMTPException, OSError):
            session.quit()


def connect(settings: Settings) -> Email:
    """The channel as the file with credentials sets it up."""
    if not settings.mail:
        raise InvalidInput("mail", "", "no mail server is set: mufakat config set mail FILE")
    data = secret.read(settings.mail, Server._fields)
    for name in ("host", "sender"):
        if not data.get(name):
            raise InvalidInput(name, "", Phrase("{path} must say it", path=settings.mail))
    for name, value in data.items():
        wanted = (int, float) if name == "timeout" else int if name == "port" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise InvalidInput(name, value, Phrase("{path}: not such a value", path=settings.mail))
    server = Server(**data)
    if server.ca:  # a relative path counts from the folder of the file that it stands in
        server = server._replace(ca=os.path.join(os.path.dirname(settings.mail), server.ca))
    if server.security not in SECURITY:
        raise InvalidInput("security", server.security, Phrase("choose one of {choices}", choices=", ".join(SECURITY)), SECURITY)
    if server.security == "none" and server.password and server.host not in LOOPBACK:
        raise InvalidInput("security", server.security, "a password does not travel in the clear: use starttls or ssl")
    return Email(server)


def _accept(answer: tuple[int, bytes], wanted: int, key: str) -> None:
    code, text = answer
    if code in (wanted, 251 if wanted == 250 else wanted):
        return
    told = f"{code} {text.decode('utf-8', 'replace')}"
    if 500 <= code < 600:
        raise Undeliverable(NAME, key, told)
    raise DeliveryFailed(NAME, key, told)


def _told(fault: Exception) -> str:
    return str(fault) or type(fault).__name__

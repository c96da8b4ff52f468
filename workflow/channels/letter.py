"""A message as a letter of the mail (RFC 5322): text, HTML, and the deadlines for the calendar."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import TYPE_CHECKING

from workflow.errors import Undeliverable

if TYPE_CHECKING:
    from workflow.core.digest import Outgoing

CALENDAR = "deadlines.ics"


def letter(outgoing: Outgoing, sender: str, channel: str) -> EmailMessage:
    """
    The letter, its headers as the message has them.

    Raises:
        Undeliverable: the recipient has no address, or one that cannot be.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = _address(outgoing, channel)
    made["Subject"] = outgoing.subject
    made["Date"] = formatdate()
    made.set_content(outgoing.text, cte="quoted-printable")
    made.add_alternative(outgoing.html, subtype="html", cte="quoted-printable")
    if outgoing.ics:
        made.add_attachment(outgoing.ics, maintype="text", subtype="calendar", filename=CALENDAR, params={"method": "PUBLISH", "charset": "utf-8"})
    for name, value in outgoing.headers.items():  # last, for a new body takes every Content-… away
        if value:
            made[name] = value
    return made


def _address(outgoing: Outgoing, channel: str) -> Address:
    person = outgoing.to
    if not person.email:
        raise Undeliverable(channel, outgoing.key, "no address is on record")
    try:
        found = Address(person.name, addr_spec=person.email)
        if parseaddr(person.email)[1] != person.email or not person.email.isascii():
            raise ValueError(person.email)
    except (ValueError, IndexError, HeaderParseError):
        raise Undeliverable(channel, outgoing.key, "the address on record cannot be used") from None
    return found

"""
Chat, SMS and the rest through Apprise (extra `notify`): Telegram, WhatsApp templates, LINE, Teams …

Everybody's address is an Apprise URL in a file with credentials, under the person's id or login. One target a call, so that each has its own
outcome. A chat does not know a repeated message, so one that may have arrived is not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.channels import secret
from workflow.errors import DeliveryFailed, InvalidInput, Undeliverable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.channels import Settings
    from workflow.core.digest import Outgoing

NAME = "apprise"


class Apprise:
    """The channel over everybody's targets."""

    repeats = False

    def __init__(self, targets: Mapping[str, str]) -> None:
        self.targets = targets

    def send(self, outgoing: Outgoing) -> None:
        target = self.targets.get(outgoing.to.id) or self.targets.get(outgoing.to.login)
        if not target:
            raise Undeliverable(NAME, outgoing.key, "no address is on record")
        try:
            import apprise
        except ImportError:
            raise DeliveryFailed(NAME, outgoing.key, "Apprise is not installed: pip install 'mufakat[notify]'") from None
        call = apprise.Apprise()
        if not call.add(target):
            raise Undeliverable(NAME, outgoing.key, "the address on record cannot be used")
        if not call.notify(title=outgoing.subject, body=outgoing.text, body_format=apprise.NotifyFormat.TEXT):
            raise DeliveryFailed(NAME, outgoing.key, "the service did not take it")


def connect(settings: Settings) -> Apprise:
    """The channel as the file with everybody's targets sets it up."""
    if not settings.notify:
        raise InvalidInput("notify", "", "no file of targets is set: mufakat config set notify FILE")
    targets = secret.read(settings.notify, ("targets",)).get("targets", {})
    if not isinstance(targets, dict) or not all(isinstance(value, str) for value in targets.values()):
        raise InvalidInput("targets", settings.notify, "under [targets], a person's id or login = an address of Apprise")
    return Apprise(targets)

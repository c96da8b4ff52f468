"""Messages on the terminal: for trying things out, and for an office of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow.channels import Settings
    from workflow.core.digest import Outgoing


class Console:
    """Prints; what was printed twice harms nobody."""

    repeats = True

    def __init__(self, settings: Settings) -> None:
        self.write = settings.write

    def send(self, outgoing: Outgoing) -> None:
        self.write(f"── {outgoing.to.name} ── {outgoing.subject}\n{outgoing.text}\n")


def connect(settings: Settings) -> Console:
    return Console(settings)

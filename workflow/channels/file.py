"""Messages as .eml files in a folder, for another program to send or for a look before going live."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workflow.channels.letter import letter
from workflow.errors import DeliveryFailed, Phrase

if TYPE_CHECKING:
    from workflow.channels import Settings
    from workflow.core.digest import Outgoing

SENDER = "mufakat <mufakat@localhost>"


class Folder:
    """One file a message, named by its key: a repeated send writes the same file."""

    repeats = True

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.folder

    def send(self, outgoing: Outgoing) -> None:
        to = outgoing.to
        named = to if to.email else to._replace(email=f"{to.id}@localhost")  # a look beforehand needs no address
        content = bytes(letter(outgoing._replace(to=named), SENDER, "file"))
        path = os.path.join(self.folder, f"{outgoing.key}.eml")
        part = f"{path}.{os.getpid()}.part"
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)  # letters are private
            with open(part, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, path)
        except OSError as refused:
            why = Phrase("{folder} cannot be written ({why})", folder=self.folder, why=refused.strerror)
            raise DeliveryFailed("file", outgoing.key, why) from None


def connect(settings: Settings) -> Folder:
    return Folder(settings)

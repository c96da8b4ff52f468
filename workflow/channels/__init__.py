"""The ways in which messages leave, by name. A new channel is a module with `connect(settings)` and a line in CHANNELS."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import Phrase, Undeliverable

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.ports import Channel

CHANNELS = {  # name -> its module, imported when something leaves that way
    "email": "workflow.channels.email",
    "apprise": "workflow.channels.apprise",
    "file": "workflow.channels.file",
    "console": "workflow.channels.console",
}


class Settings(NamedTuple):
    """What channels need to know. `mail` and `notify` are files with secrets (0600), `folder` takes .eml files, `write` prints."""

    mail: str = ""
    notify: str = ""
    folder: str = ""
    write: Callable[[str], object] = sys.stdout.write


def connect(name: str, settings: Settings) -> Channel:
    """
    The channel of a name; it reaches for its server only when it sends.

    Raises:
        Undeliverable: there is no such channel.
        InvalidInput: its settings cannot be used.
    """
    if name not in CHANNELS:
        raise Undeliverable(name, "", Phrase("there is no such channel; there are {names}", names=", ".join(CHANNELS)))
    found: Channel = import_module(CHANNELS[name]).connect(settings)
    return found

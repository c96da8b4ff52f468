"""The office's settings about reminders: which there are, and what each may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.commands.app import App

LADDER = "ladder"
NAMES = ("channels", "quiet", "digest_at", "escalate_after", LADDER)


def names(app: App) -> list[str]:
    """Every setting about reminders; a ladder may be set for all, for a track, and for one deadline of it."""
    found = list(NAMES)
    for track in app.catalog.names("track"):
        data = app.catalog.latest("track", track).data
        found += [f"{LADDER}.{track}", *(f"{LADDER}.{track}.{name}" for name in data.get("deadline", {}))]
        for stage in data["stage"]:
            rules = app.catalog.latest("stage", stage).data
            own = dict.fromkeys([*rules.get("deadline", {}), *rules.get("item", {}).get("deadline", {})])
            found += [f"{LADDER}.{track}.{name}" for name in own] + [f"{LADDER}.{track}.{stage}.{name}" for name in own]
    return list(dict.fromkeys(found))


def checked(name: str, value: str) -> Any:
    """The value of one of them in its type; empty where it is none of them."""
    if name.partition(".")[0] == LADDER:
        from workflow.core.ladder import parse

        parse(value)
        return value
    if name == "channels":
        return ",".join(channels(value.split(",")))
    if name == "quiet":
        from workflow.administration import check_hours

        return ",".join(check_hours(value.split(",")))
    if name == "digest_at":
        from workflow.administration import check_clock

        return check_clock(name, value)
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= 60:
        raise InvalidInput(name, value, "a whole number of working days from 1 to 60 is needed")
    return int(value)


def channels(asked: Sequence[str]) -> list[str]:
    """The names of channels, each known."""
    from workflow.channels import CHANNELS

    found = [name.strip() for name in asked]
    for name in found:
        if name not in CHANNELS:
            raise InvalidInput("channel", name, Phrase("choose one of {choices}", choices=", ".join(CHANNELS)), tuple(CHANNELS))
    return list(dict.fromkeys(found))

"""
The built-in definitions: stages, tracks, calendars and the demo, as data; the guards they name, as pure functions.

Nothing here knows the engine: the composition root hands over paths and guards.
"""

from __future__ import annotations

from os.path import abspath, dirname, join

from definitions.guards import GUARDS, Guard

__all__ = ["GUARDS", "Guard", "calendars", "demo", "roots", "schemas"]

HERE = dirname(abspath(__file__))


def roots(*more: str) -> list[str]:
    """The folders that hold `stages/` and `tracks/`: the built-in one, then those of the user."""
    return [HERE, *more]


def calendars() -> str:
    """The folder of the closures that stand on top of the holiday library."""
    return join(HERE, "calendars")


def demo() -> str:
    """The folder of the documented history that the demo tells."""
    return join(HERE, "demo")


def schemas() -> str:
    """The folder of the published JSON Schemas of the TOML files."""
    return join(HERE, "schema")

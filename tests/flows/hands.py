"""
One of many writers, run as a program: `hands.py DATABASE FOLDER NUMBER CHANGES`.

Half of its changes go to an agreement that all share, most of them to two stages of it; the others to an agreement of its own. It tells
every change that was committed, one a line: the agreement and what was done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flows.scenes import ask
from world import World

from workflow.errors import StaleInstance
from workflow.store.sqlite import SqliteStore

DATES = {"starts_on": "2026-05-04", "ends_on": "2026-05-05"}


def move(world: World, ref: str) -> str:
    """Take the visit one step around its loop, wherever it stands; whoever comes too late looks again."""
    while True:
        state = world.stage(ref).state
        trigger, given = ("postpone", {"reason": "rain"}) if state == "planned" else ("replan", DATES)
        try:
            world.engine.advance(ref, trigger, ask(given, if_state=state))
        except StaleInstance:
            continue
        return trigger


def main(database: str, folder: str, number: int, changes: int) -> None:
    """Make the changes."""
    with SqliteStore.open(database) as store:
        world = World(Path(folder), store, f"p{number}")
        for turn in range(changes):
            if turn % 2:
                ref = f"own-{number}"
                world.engine.activity(ref, f"turn {turn}")
                told = "activity"
            elif turn % 8 == 6:
                ref, told = "shared", "activity"
                world.engine.activity(ref, f"turn {turn} of {number}")
            else:
                ref, stage = "shared", ("visit", "visit-2")[(turn // 2 + number) % 2]
                told = move(world, f"{ref}/{stage}")
            print(ref, told, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

"""
Faults for as long as one likes: writers that are killed, a server that is restarted, connections that are cut, strangers who hold locks.

    PYTHONPATH=tests python -m faults.soak [--minutes 5] [--seed 1]

Every round takes a fresh office on each database and holds it to what its writers have done. It ends at the first fault, with its seed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from faults.harness import Office, Writer, run, run_killing
from postgres import ALONE, Server

from workflow.store.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

PIECES, WRITERS = 150, 4


def rounds(server: Server, chance: random.Random) -> dict[str, Callable[[str, Path], int]]:
    """What is done to an office in turn; each returns how many disturbances there were."""
    def writers(office: Office) -> list[Writer]:
        return [Writer(office, f"w{number}", PIECES) for number in range(WRITERS)]

    def killed(address: str, folder: Path) -> int:
        office = Office(address, folder)
        return run_killing(office, writers(office), lambda: chance.uniform(0.0, 0.04))

    def cut(address: str, folder: Path) -> int:
        office, count = Office(address, folder), [0]
        with psycopg.connect(address, autocommit=True) as link:
            def disturb() -> None:
                count[0] += 1
                link.execute(ALONE)
            run(office, writers(office), disturb, chance.uniform(0.005, 0.05))
        return count[0]

    def restarted(address: str, folder: Path) -> int:
        office, count = Office(address, folder), [0]

        def disturb() -> None:
            if count[0] < 4:
                count[0] += 1
                server.control("restart", "-m", chance.choice(["immediate", "fast"]))
        run(office, writers(office), disturb, chance.uniform(0.05, 0.3))
        return count[0]

    return {"killed": killed, "cut": cut, "restarted": restarted}


def main() -> None:
    """Soak and tell."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0].strip())
    asked.add_argument("--minutes", type=float, default=5.0)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    print(f"seed {given.seed}", flush=True)
    server, chance, ends = Server(), random.Random(given.seed), time.monotonic() + given.minutes * 60
    told: dict[str, list[int]] = {}
    acts = rounds(server, chance)
    while time.monotonic() < ends:
        for name, act in acts.items():
            if name == "restarted" and not server.folder:
                continue
            with tempfile.TemporaryDirectory() as folder:
                url = server.database()
                told.setdefault(f"postgresql, {name}", []).append(act(url, Path(folder)))
                server.drop(url)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "office.db")
            upgrade(file)
            told.setdefault("sqlite, killed", []).append(acts["killed"](file, Path(folder)))
    for name, counts in told.items():
        print(f"{name}: {len(counts)} offices, {sum(counts)} times; {len(counts) * WRITERS * PIECES} pieces of work, each done once", flush=True)
    server.close()


if __name__ == "__main__":
    main()

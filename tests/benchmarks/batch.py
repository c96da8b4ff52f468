"""
Many advances in one process against one at a time: as commands (a process for each, or `--from`), and inside one engine.

In groups one fsync serves many commits; every entry and every head is written as ever.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from benchmarks import offices
from benchmarks.measuring import Options, Report, ratio
from workflow.batch import each as grouped
from workflow.outcome import Done

if TYPE_CHECKING:
    from workflow.engine import Engine

ALONE = 8  # commands of one reference in a round
TOGETHER = 200  # references of one command in a round
INSIDE = 300  # advances of one engine in a round
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def report(options: Options) -> Report:
    """Commands and engine; a round of each after the other."""
    count = (ALONE + TOGETHER + 2 * INSIDE) * (options.rounds + 1)
    each: dict[str, list[float]] = {"alone": [], "together": [], "single": [], "grouped": []}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = os.path.join(folder, "office.db")
        world = offices.build(path)
        offices.plain(world)
        world.store.close()
        offices.multiply(path, "plain", count, "plain")
        engine, refs = offices.engine(path), iter(f"plain-{number}/plain" for number in range(1, count + 1))
        for _ in range(options.rounds + 1):
            each["alone"].append(_commands(path, [[next(refs)] for _ in range(ALONE)]) / ALONE)
            each["together"].append(_commands(path, [[next(refs) for _ in range(TOGETHER)]]) / TOGETHER)
            each["single"].append(_single(engine, [next(refs) for _ in range(INSIDE)]))
            each["grouped"].append(_grouped(engine, [next(refs) for _ in range(INSIDE)]))
    taken = {name: figures[1:] for name, figures in each.items() if figures}
    rows = [("command, `--from` many against one each", str(ratio(taken["alone"], taken["together"])))]
    rows.append(("engine, grouped commits against single", str(ratio(taken["single"], taken["grouped"]))))
    note = ("How many times faster an advance is, in FULL, median of the rounds (lowest–highest). Wanted: ≥ 6. "
            f"{TOGETHER} references in one command, {INSIDE} advances in one engine.")
    return Report("Batch", ("", "times faster"), rows, {"seconds": taken}, note)


def _commands(path: str, groups: list[list[str]]) -> float:
    """Seconds that so many `mufakat advance` take, one reference as an argument or many on stdin."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": ROOT, "MUFAKAT_ACTOR": "root", "NO_COLOR": "1"}
    begun = time.perf_counter()
    for refs in groups:
        words = [refs[0], "submit"] if len(refs) == 1 else ["submit", "--from", "-"]
        subprocess.run([sys.executable, "-m", "cli", "--db", path, "advance", *words], env=environment, check=True, text=True,
                       input=None if len(refs) == 1 else "\n".join(refs), stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _single(engine: Engine, refs: list[str]) -> float:
    begun = time.perf_counter()
    for ref in refs:
        engine.advance(ref, "submit")
    return (time.perf_counter() - begun) / len(refs)


def _grouped(engine: Engine, refs: list[str]) -> float:
    begun = time.perf_counter()
    assert all(isinstance(done, Done) for _, done in grouped(engine.store, refs, lambda ref: engine.advance(ref, "submit")))
    return (time.perf_counter() - begun) / len(refs)

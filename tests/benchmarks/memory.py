"""What a thousand stage instances leave behind when they were loaded, decided and let go: nothing, by `tracemalloc` and by the process's size."""

from __future__ import annotations

import gc
import os
import tempfile
import tracemalloc
from typing import TYPE_CHECKING

from benchmarks import offices
from benchmarks.measuring import Options, Report
from workflow.core import decision
from workflow.core.decision import Request

if TYPE_CHECKING:
    from collections.abc import Callable

INSTANCES = 1_000
DECIDE = (("plain", "plain", "submit"), ("reviewed", "review", "collect"))


def report(options: Options) -> Report:
    """Loaded and decided twice: what the second time adds is kept for each instance; what only the first adds are caches."""
    rows, data = [], {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = os.path.join(folder, "office.db")
        world = offices.build(path)
        offices.plain(world)
        offices.reviewed(world)
        world.store.close()
        for at, (source, stage, trigger) in enumerate(DECIDE):
            offices.multiply(path, source, 2 * INSTANCES, f"copy-{source}", first=1 + at * 10 * INSTANCES)
            held, kept, grown = measure(path, f"copy-{source}", stage, trigger, 1 + at * 10 * INSTANCES)
            rows.append((f"{stage}: {trigger}", f"{held:,.0f} bytes", f"{kept:,.1f} bytes", f"{grown:,.1f} bytes"))
            data[f"{stage}: {trigger}"] = {"held": held, "kept": kept, "rss": grown}
    note = (f"For each of {INSTANCES:,} instances: while case and change are held; after they are let go; growth of the process. Wanted: 0 kept.")
    return Report("Memory", ("", "held", "kept after release", "growth of the process"), rows, data, note)


def measure(path: str, prefix: str, stage: str, trigger: str, first: int) -> tuple[float, float, float]:
    """Bytes an instance: held at the most, kept after release, and by the growth of the process."""
    engine = offices.engine(path)
    store = engine.store

    def decide(number: int) -> tuple[object, object]:
        case = store.load(f"{prefix}-{number}")
        return case, decision.advance(case, engine.office(case, engine.clock()), stage, trigger, Request())

    for number in range(first, first + INSTANCES):  # the caches
        decide(number)
    gc.collect()
    resident = _resident()
    for number in range(first + INSTANCES, first + 2 * INSTANCES):
        decide(number)
    gc.collect()
    grown = (_resident() - resident) / INSTANCES
    tracemalloc.start()
    traced = [_hold(decide, range(first, first + INSTANCES)) for _ in range(2)]  # the interpreter's own free lists fill once
    tracemalloc.stop()
    store.close()
    return (traced[1][0] - traced[0][1]) / INSTANCES, (traced[1][1] - traced[0][1]) / INSTANCES, grown


def _hold(decide: Callable[[int], object], numbers: range) -> tuple[int, int]:
    """What is allocated while every case and change is held, and after they were let go."""
    held = [decide(number) for number in numbers]
    most, _ = tracemalloc.get_traced_memory()
    del held
    gc.collect()
    return most, tracemalloc.get_traced_memory()[0]


def _resident() -> int:
    """The process's memory in bytes, as Linux tells it; elsewhere nothing is told."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0

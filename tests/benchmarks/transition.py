"""
What one `Engine.advance` costs, as a share of R: load, decide, seal, commit; in FULL (the default) and in NORMAL.

`entry only` moves a plain stage and touches no deadline; `with deadlines` is the review's `collect`, which settles one and opens one
on an agreement in mid-life. A round is longer than the way from one WAL checkpoint to the next, so that they fall on all.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from benchmarks import offices
from benchmarks.measuring import Options, Ratio, Report, Seconds, compare, rounds, shown, timed
from benchmarks.raw import Raw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.engine import Engine

TURNS = {"FULL": 600, "NORMAL": 1500}
NAMES = {"R": "R: raw sqlite3", "entry": "entry only", "deadline": "with deadlines"}
BOUNDS = {("entry", "FULL"): 0.55, ("deadline", "FULL"): 0.45, ("entry", "NORMAL"): 0.35, ("deadline", "NORMAL"): 0.20}
COUNTED = 1500  # turns in which the fsyncs are counted


def report(options: Options) -> Report:
    """Both durabilities, every kind of work."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        most = max(TURNS.values()) * (options.rounds + 1)
        template = prepare(folder, most)
        found, waits = {}, Ratio(0.0, 0.0, 0.0)
        for synchronous, turns in TURNS.items():
            works = make(template, folder, synchronous, turns * (options.rounds + 1))
            each = rounds({name: timed(work) for name, work in works.items()}, turns, options.rounds)
            found[synchronous] = compare(each, "R")
            if synchronous == "FULL":
                waits = disk(each["R"])
        fsyncs = {name: count_fsyncs(template, folder, name) for name in NAMES}
    rows = [(NAMES[name], *(str(found[kind][name][of]) for kind in TURNS for of in ("wall", "cpu")), counted(fsyncs[name])) for name in NAMES]
    wanted = "; ".join(f"{NAMES[name]} in {kind} ≥ {bound}" for (name, kind), bound in BOUNDS.items())
    note = (f"R waits {waits} ms for the disk in FULL: the slower the disk, the less the program counts. Share of R's speed, median of the "
            f"rounds (lowest–highest), by wall and by processor time. Wanted by wall time: {wanted}. "
            "The fsyncs of a transition in FULL are counted by `strace`, checkpoints included.")
    return Report("One transition", ("", "FULL wall", "FULL cpu", "NORMAL wall", "NORMAL cpu", "fsyncs"), rows,
                  {"ratios": found, "fsyncs": fsyncs, "disk_ms": waits}, note)


def prepare(folder: str, copies: int) -> str:
    """An office with that many agreements of each kind."""
    path = os.path.join(folder, "template.db")
    world = offices.build(path)
    offices.plain(world)
    offices.reviewed(world)
    world.store.close()
    offices.multiply(path, "plain", copies, "plain")
    offices.multiply(path, "reviewed", copies, "reviewed", first=copies + 1)
    return path


def make(template: str, folder: str, synchronous: str, copies: int) -> dict[str, Callable[[int], Any]]:
    """The works, each on a database of its own."""
    plain, reviewed = (os.path.join(folder, f"{synchronous}-{name}.db") for name in ("plain", "reviewed"))
    shutil.copy(template, plain)
    shutil.copy(template, reviewed)
    first = offices.engine(plain, synchronous)
    size = len(_entry(first, "plain"))
    return {
        "R": Raw(os.path.join(folder, f"{synchronous}-raw.db"), synchronous, copies, size),
        "entry": entry_only(first), "deadline": with_deadlines(offices.engine(reviewed, synchronous)),
    }


def entry_only(engine: Engine) -> Callable[[int], Any]:
    return lambda turn: engine.advance(f"plain-{turn + 1}/plain", "submit")


def with_deadlines(engine: Engine) -> Callable[[int], Any]:
    begun = _first(engine)
    return lambda turn: engine.advance(f"reviewed-{begun + turn}/review", "collect")


def _first(engine: Engine) -> int:
    """The number of the first reviewed copy."""
    return min(int(ref.rpartition("-")[2]) for ref in engine.store.refs("reviewed-"))


def _entry(engine: Engine, ref: str) -> bytes:
    """What the entry of a transition looks like, from a copy that is not measured."""
    done = engine.advance(f"{ref}/plain", "submit")
    sealed = engine.store.entry(engine.store.load(ref).head.chain, int(done.entry.partition("#")[2]))
    assert sealed is not None
    return sealed.body


def disk(raw: Sequence[Seconds]) -> Ratio:
    """The milliseconds that R waits in a transition, median of the rounds with the lowest and the highest: the disk, while nobody else computes."""
    waits = [(each.wall - each.cpu) * 1e3 for each in raw]
    return Ratio(statistics.median(waits), min(waits), max(waits))


def counted(fsyncs: float | None) -> str:
    return "not counted" if fsyncs is None else shown(fsyncs)


def count_fsyncs(template: str, folder: str, name: str) -> float | None:
    """The fsyncs of one transition in FULL, by `strace` on a process of its own, less those of a process that makes none."""
    if shutil.which("strace") is None:
        return None
    counts = []
    for turns in (0, COUNTED):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            trace = os.path.join(place, "trace")
            code = "import sys; from benchmarks.transition import alone; alone(*sys.argv[1:])"
            own = [sys.executable, "-c", code, template, place, name, str(turns)]
            paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path[:2])}
            subprocess.run(["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", trace, *own], check=True, env=paths)
            with open(trace, encoding="utf-8") as stream:
                counts.append(sum("sync(" in line for line in stream))
    return (counts[1] - counts[0]) / COUNTED


def alone(template: str, folder: str, name: str, turns: str) -> None:
    """One work alone in this process."""
    work = make(template, folder, "FULL", COUNTED)[name]
    for turn in range(int(turns)):
        work(turn)



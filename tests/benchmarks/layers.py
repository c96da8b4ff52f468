"""
Where the time of one `Engine.advance` goes: load, decide, seal, commit, and what the engine does around them.

Measured in NORMAL, where the disk does not hide the program, by clocks around the four calls; what the clocks cost themselves is told.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from typing import TYPE_CHECKING, Any

from benchmarks import transition
from benchmarks.measuring import Options, Report
from workflow import engine as engine_module
from workflow.core import decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TURNS = 500
LAYERS = ("load", "decide", "seal", "commit", "around")
WHAT = {"load": "read the agreement", "decide": "the pure core", "seal": "the entry's bytes and hash", "commit": "write it all",
        "around": "the engine, the clock, the outcome"}


def report(options: Options) -> Report:
    """Both kinds of transition, layer by layer."""
    copies = TURNS * (options.rounds + 1) + 1
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        works = transition.make(transition.prepare(folder, copies), folder, "NORMAL", copies)
        found = {name: spent(works[name], options.rounds) for name in ("entry", "deadline")}
        raw = statistics.median(_seconds(works["R"], at) for at in range(options.rounds))
    rows = [(layer, WHAT[layer], *(f"{found[name][layer] / sum(found[name].values()):.0%}" for name in found),
             *(f"{found[name][layer] / raw:.1f}" for name in found)) for layer in LAYERS]
    rows.append(("all", "", "100%", "100%", *(f"{sum(found[name].values()) / raw:.1f}" for name in found)))
    note = "Shares of the wall time in NORMAL, medians of the rounds; the last two columns are multiples of R, the raw transition."
    return Report("Layers of one transition", ("", "what", "entry only", "with deadlines", "entry only ÷ R", "with deadlines ÷ R"), rows,
                  {"seconds": found, "R": raw}, note)


def _seconds(work: Callable[[int], Any], at: int) -> float:
    begun = time.perf_counter()
    for turn in range(at * TURNS, (at + 1) * TURNS):
        work(turn)
    return (time.perf_counter() - begun) / TURNS


def spent(work: Callable[[int], Any], rounds: int) -> dict[str, float]:
    """The seconds that each layer takes in one turn, medians of the rounds."""
    each: dict[str, list[float]] = {name: [] for name in LAYERS}
    with clocks() as sums:
        for at in range(rounds + 1):
            sums.update(dict.fromkeys(sums, 0.0))
            whole = _seconds(work, at)
            if at:
                for name in LAYERS[:-1]:
                    each[name].append(sums[name] / TURNS)
                each["around"].append(whole - sum(sums.values()) / TURNS)
    return {name: statistics.median(figures) for name, figures in each.items()}


@contextlib.contextmanager
def clocks() -> Iterator[dict[str, float]]:
    """Clocks around the four calls of the engine, taken away again."""
    from workflow.store.sqlite import SqliteStore

    sums = dict.fromkeys(LAYERS[:-1], 0.0)
    places = (("load", SqliteStore, "load"), ("decide", decision, "advance"), ("seal", engine_module, "seal"),
              ("commit", SqliteStore, "commit"))
    before = [(owner, name, getattr(owner, name)) for _, owner, name in places]
    for layer, owner, name in places:
        setattr(owner, name, _clocked(getattr(owner, name), sums, layer))
    try:
        yield sums
    finally:
        for owner, name, call in before:
            setattr(owner, name, call)


def _clocked(call: Callable[..., Any], sums: dict[str, float], layer: str) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return call(*args, **named)
        finally:
            sums[layer] += time.perf_counter() - begun
    return timed

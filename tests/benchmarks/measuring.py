"""
Rounds, medians, ratios: in each round the works take turns by a few dozen, so that a busy moment of the machine, and of its disk, falls on all.

A ratio is that of the baseline's time to ours *in the same round*; of the rounds the median is told, with the lowest and the highest.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


SLICE = 25  # turns in a row of one work; a round's turns are a multiple of it


class Seconds(NamedTuple):
    """What one turn took: on the wall, and of the processor's time."""

    wall: float
    cpu: float


class Options(NamedTuple):
    """What was asked of every benchmark. `folder` lies on the disk that is measured, `cache` keeps what is expensive to build."""

    rounds: int
    folder: str
    cache: str
    long: bool = False


class Ratio(NamedTuple):
    """The median over the rounds, and how far it scatters."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{shown(self.median)} ({shown(self.low)}–{shown(self.high)})"


class Report(NamedTuple):
    """A table for people, the same as data for programs, and what has to be said beside it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    data: dict[str, Any]
    note: str = ""


def timed(work: Callable[[int], Any]) -> Callable[[int, int], Seconds]:
    """The timer of a work in this process: it is called with the number of the turn, which only grows."""
    def measure(first: int, turns: int) -> Seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        for turn in range(first, first + turns):
            work(turn)
        return Seconds((time.perf_counter() - wall) / turns, (time.process_time() - cpu) / turns)
    return measure


def rounds(works: Mapping[str, Callable[[int, int], Seconds]], turns: int, number: int, at_once: int = SLICE) -> dict[str, list[Seconds]]:
    """Time every work over as many turns a round; the first round warms the caches and does not count, and each slice begins with another work."""
    found: dict[str, list[Seconds]] = {name: [] for name in works}
    order = list(works)
    for at in range(number + 1):
        slices: dict[str, list[Seconds]] = {name: [] for name in works}
        for begun in range(0, turns, at_once):
            first = begun // at_once % len(order)
            for name in order[first:] + order[:first]:
                slices[name].append(works[name](at * turns + begun, min(at_once, turns - begun)))
        for name, each in slices.items() if at else ():
            found[name].append(Seconds(statistics.mean(part.wall for part in each), statistics.mean(part.cpu for part in each)))
    return found


def ratio(base: Sequence[float], own: Sequence[float]) -> Ratio:
    """How much of the baseline's speed is reached, round by round."""
    each = [first / second for first, second in zip(base, own, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


def compare(found: Mapping[str, Sequence[Seconds]], base: str) -> dict[str, dict[str, Any]]:
    """For every work its ratios to the baseline and its median seconds."""
    return {name: {"wall": ratio([each.wall for each in found[base]], [each.wall for each in own]),
                   "cpu": ratio([each.cpu for each in found[base]], [each.cpu for each in own]),
                   "wall_us": round(statistics.median(each.wall for each in own) * 1e6, 1),
                   "cpu_us": round(statistics.median(each.cpu for each in own) * 1e6, 1)} for name, own in found.items()}


def shown(figure: float) -> str:
    """A ratio as it is read: two figures that mean something."""
    return f"{figure:.2f}" if figure < 10 else f"{figure:.1f}" if figure < 100 else f"{figure:,.0f}"


def markdown(report: Report) -> str:
    """The report as a Markdown table."""
    lines = [f"### {report.title}", "", "| " + " | ".join(report.head) + " |", "|" + "|".join([" --- ", *[" ---: "] * (len(report.head) - 1)]) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in report.rows]
    return "\n".join([*lines, "", report.note, ""])


def machine(folder: str) -> dict[str, str]:
    """Where it was measured."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as stream:
        name = next((line.partition(":")[2].strip() for line in stream if line.startswith("model name")), name)
    return {"processor": f"{name}, {os.cpu_count()} cores", "system": f"{platform.system()} {platform.release().split('-')[0]}",
            "disk": _disk(os.path.abspath(folder)), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


def _disk(folder: str) -> str:
    """The file system below a folder."""
    best = ("", "unknown file system")
    with contextlib.suppress(OSError), open("/proc/mounts", encoding="utf-8") as stream:
        for line in stream:
            device, place, kind = line.split()[:3]
            if (folder == place or folder.startswith(place.rstrip("/") + "/")) and len(place) > len(best[0]):
                best = (place, f"{kind} on {device}")
    return best[1]

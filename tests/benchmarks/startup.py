"""
Commands as multiples of a bare interpreter (`python -c pass`, same run), from a wheel in an environment of its own.

Byte code is written, as it is on any machine where the program is installed (PYTHONDONTWRITEBYTECODE is taken away); screens are measured
on a pseudo-terminal, as a person has them.
"""

from __future__ import annotations

import contextlib
import os
import pty
import statistics
import subprocess
import tempfile
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import offices
from benchmarks.environments import Unavailable, environment, install
from benchmarks.measuring import Options, Ratio, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LEAST = 15  # rounds
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Command(NamedTuple):
    """What is started; `words` may depend on the round. `screen`: on a pseudo-terminal."""

    words: Callable[[int], list[str]]
    more: Mapping[str, str] = {}  # never written to
    screen: bool = False


def report(options: Options) -> Report:
    """Every command once a round."""
    number = max(LEAST, options.rounds)
    try:
        python = environment(options.cache, "wheel")
        install(python, ROOT)
        install(python, "--force-reinstall", "--no-deps", ROOT)  # always as the tree stands
    except Unavailable as reason:
        return Report("Start-up", ("",), [], {"missing": str(reason)}, f"Not measured: {reason}.")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = os.path.join(folder, "office.db")
        _prepare(path, number + 1)
        commands = _commands(python, path)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for at in range(number + 1):
            for name, command in commands.items():
                seconds = _run(command, at, folder)
                if at:
                    taken[name].append(seconds)
    bare = taken.pop("python -c pass")
    found = {name: _multiple(own, bare) for name, own in taken.items()}
    rows = [(f"`{name}`", str(multiple)) for name, multiple in found.items()]
    note = (f"Multiples of `python -c pass` ({statistics.median(bare) * 1e3:.0f} ms here), medians of {number} rounds (lowest–highest); "
            "less is better.")
    return Report("Start-up", ("", "× bare interpreter"), rows, {"multiples": found, "seconds": taken | {"bare": bare}}, note)


def _prepare(path: str, rounds: int) -> None:
    world = offices.build(path)
    offices.reviewed(world)
    offices.plain(world)
    world.store.close()
    offices.multiply(path, "reviewed", 20, "reviewed")
    offices.multiply(path, "plain", rounds, "plain", first=1000)


def _commands(python: str, path: str) -> dict[str, Command]:
    """What is measured, by the line that a person types."""
    program = os.path.join(os.path.dirname(python), "mufakat")
    completing = {"_MUFAKAT_COMPLETE": "bash_complete", "COMP_WORDS": "mufakat ad", "COMP_CWORD": "1"}
    lines = {"mufakat --help": ["--help"], "mufakat --version": ["--version"], "mufakat can REF": ["--db", path, "can", "reviewed-1/review"],
             "mufakat show REF -o json": ["--db", path, "show", "reviewed-1", "-o", "json"]}
    screens = {"mufakat list, on a terminal": ["--db", path, "list"], "mufakat show REF, on a terminal": ["--db", path, "show", "reviewed-1"],
               "mufakat agenda, on a terminal": ["--db", path, "agenda"]}
    found = {"python -c pass": Command(lambda _: [python, "-c", "pass"])}
    found |= {name: Command(partial(_line, program, words)) for name, words in lines.items()}
    found["completion of a command"] = Command(lambda _: [program], completing)
    found["mufakat advance REF TRIGGER"] = Command(lambda at: [program, "--db", path, "advance", f"plain-{1000 + at}/plain", "submit"])
    found |= {name: Command(partial(_line, program, words), screen=True) for name, words in screens.items()}
    return found


def _line(program: str, words: list[str], _round: int) -> list[str]:
    return [program, *words]


def _run(command: Command, at: int, folder: str) -> float:
    """Seconds from the start to the end of the process."""
    environment_ = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    environment_ |= {"MUFAKAT_ACTOR": "root", "TERM": "xterm-256color", "COLUMNS": "120", "LANG": "C.UTF-8", **command.more}
    call: dict[str, Any] = {"env": environment_, "cwd": folder, "stdin": subprocess.DEVNULL}
    words = command.words(at)
    if not command.screen:
        begun = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **call)
        return time.perf_counter() - begun
    screen, terminal = pty.openpty()
    reader = threading.Thread(target=_drain, args=(screen,), daemon=True)
    reader.start()
    try:
        begun = time.perf_counter()
        subprocess.run(words, check=True, stdout=terminal, stderr=terminal, **call)
        return time.perf_counter() - begun
    finally:
        os.close(terminal)
        reader.join(timeout=10)
        os.close(screen)


def _drain(screen: int) -> None:
    """Read what comes until the last writer has gone, which a terminal tells by an error."""
    with contextlib.suppress(OSError):
        while os.read(screen, 65536):
            pass


def _multiple(own: list[float], bare: list[float]) -> Ratio:
    each = [mine / least for mine, least in zip(own, bare, strict=True)]
    return Ratio(statistics.median(own) / statistics.median(bare), min(each), max(each))

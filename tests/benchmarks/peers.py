"""
The same step done by others: one machine loaded, moved between two states, kept with its history; SQLite, FULL, one process each.

Every peer is one script in `peers/`, runs in an environment of its own and stays up; the rounds go around all of them. What a peer does
not do is not asked of it: none keeps deadlines, and none a chain of hashes.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import transition
from benchmarks.environments import Unavailable, environment
from benchmarks.measuring import Options, Report, Seconds, compare, rounds, timed

if TYPE_CHECKING:
    from collections.abc import Callable

TURNS = 150
HERE = os.path.dirname(os.path.abspath(__file__))


class Peer(NamedTuple):
    """A script, what it needs, and what it is called."""

    script: str
    requirements: tuple[str, ...]
    name: str


PEERS = (
    Peer("viewflow_fsm", ("django-viewflow",), "viewflow.fsm, own history"),
    Peer("django_log", ("django", "django-fsm-2", "django-fsm-log"), "django-fsm-2 with django-fsm-log"),
    Peer("spiff", ("spiffworkflow",), "SpiffWorkflow, stored after each task"),
    Peer("sqlmodel_naive", ("sqlmodel",), "SQLModel, naive"),
    Peer("dbos_steps", ("dbos",), "DBOS, steps of one running workflow"),
    Peer("dbos_workflow", ("dbos",), "DBOS, a workflow a transition"),
)


class Child:
    """A peer at work; calling it asks for one round."""

    def __init__(self, python: str, script: str, errors: str, *words: str) -> None:
        self.errors = errors
        with open(errors, "w", encoding="utf-8") as stream:
            self.process = subprocess.Popen([python, os.path.join(HERE, "peers", f"{script}.py"), *words], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=stream, text=True)
        self.versions: dict[str, str] = self.answer()

    def __call__(self, first: int, turns: int) -> Seconds:
        self.ask(first, turns)
        return Seconds(*self.answer())

    def ask(self, first: int, turns: int) -> None:
        """Ask, and do not wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{first} {turns}\n")
        self.process.stdin.flush()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def answer(self) -> Any:
        """What it says next."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("{", "[")):  # whatever else it has to say
                return json.loads(line)
        self.process.wait()
        with open(self.errors, encoding="utf-8") as stream:
            raise Unavailable((stream.read().strip() or "it ended without a word").splitlines()[-1])


def report(options: Options) -> Report:
    """Every peer that can be had, between R and ours."""
    machines, missing, versions = TURNS * (options.rounds + 1), {}, {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, ExitStack() as stack:
        works: dict[str, Callable[[int, int], Seconds]] = {}
        own = transition.make(transition.prepare(folder, machines), folder, "FULL", machines)
        works["R: raw sqlite3"], works["mufakat, entry only"] = timed(own["R"]), timed(own["entry"])
        works["mufakat, with deadlines"] = timed(own["deadline"])
        for peer in PEERS:
            try:
                place = os.path.join(folder, peer.script)
                os.makedirs(place)
                python = environment(options.cache, peer.requirements[-1], *peer.requirements)
                child = Child(python, peer.script, os.path.join(place, "stderr"), place, "FULL", str(machines))
            except Unavailable as reason:
                missing[peer.name] = str(reason)
                continue
            stack.callback(child.close)
            works[peer.name], versions[peer.name] = child, child.versions
        found = compare(rounds(works, TURNS, options.rounds), "R: raw sqlite3")
    rows = [(name, str(each["wall"]), str(each["cpu"]), ", ".join(f"{package} {version}" for package, version in versions.get(name, {}).items()))
            for name, each in sorted(found.items(), key=lambda item: -item[1]["wall"].median)]
    notes = ["Share of R's speed on a SQLite file in FULL, median of the rounds (lowest–highest): wall and processor time."]
    notes += [f"Not measured: {name}: {reason}" for name, reason in missing.items()]
    return Report("Peers", ("", "wall", "cpu", "versions"), rows, {"ratios": found, "versions": versions, "missing": missing}, "\n".join(notes))



"""
Measure, and print what was found as Markdown tables.

    python tests/benchmarks/run.py                          # everything, some minutes
    python tests/benchmarks/run.py transition growth        # by name
    python tests/benchmarks/run.py --rounds 15 --json found.json
    python tests/benchmarks/run.py growth --long            # up to a million agreements; sweep and audit too

Figures are ratios: of the baseline's time to ours in the same round, the median of the rounds with the lowest and the highest. The first
run of `peers`, of `outbox` and of `startup` builds virtual environments in the cache folder; nothing of them touches the package.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:1] = [os.path.dirname(HERE), ROOT]  # the builders of the tests, and the package, in place of this folder

from benchmarks.measuring import Options, Report, machine, markdown  # noqa: E402  # found by the path above

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHMARKS = {
    "transition": "One Engine.advance against raw sqlite3, FULL and NORMAL, with fsyncs.",
    "layers": "Where the time of one Engine.advance goes.",
    "peers": "The same step done by others that pip installs.",
    "growth": "1,000 to 100,000 agreements (--long: a million).",
    "memory": "What 1,000 decided stages leave behind.",
    "batch": "Many advances in one process against one process each.",
    "postgres": "Eight clients on a PostgreSQL server.",
    "sweep": "A reminder sweep, 100 due, 1,000 to 100,000 open deadlines (--long: a million).",
    "outbox": "Messages claimed, handed over and settled on a PostgreSQL server.",
    "audit": "Verification against bare SHA-256, proofs, and what the log costs those who write (--long: a million entries).",
    "startup": "Commands as multiples of a bare interpreter.",
}


def main() -> None:
    """Measure what was named, print the tables, and write the data if a file was named."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                    epilog="\n".join(f"  {name:<11} {line}" for name, line in BENCHMARKS.items()))
    asked.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; default all")
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--json", metavar="FILE", help="the figures as data (- is stdout)")
    asked.add_argument("--folder", default=".", help="where the databases lie while it runs: the disk that is measured")
    asked.add_argument("--cache", default=os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mufakat-benchmarks"),
                       help="where virtual environments are kept")
    asked.add_argument("--long", action="store_true", help="growth, sweep, audit: up to a million")
    given = asked.parse_args()
    unknown = set(given.names) - set(BENCHMARKS)
    if unknown or given.rounds < 1:
        asked.error(f"no such benchmark: {', '.join(sorted(unknown))}" if unknown else "at least one round")
    options = Options(given.rounds, os.path.abspath(given.folder), given.cache, given.long)
    found: dict[str, Any] = {"machine": machine(given.folder), "rounds": given.rounds}
    to_data = given.json == "-"
    if not to_data:
        print("Measured on " + "; ".join(f"{name} {value}" for name, value in found["machine"].items()) + f"; {given.rounds} rounds.\n", flush=True)
    try:
        for name in given.names or BENCHMARKS:
            measure: Callable[[Options], Report] = import_module(f"benchmarks.{name}").report
            report = measure(options)
            found[name] = report.data
            if not to_data:
                print(markdown(report), flush=True)
    finally:  # what was found before an interruption is found
        if given.json:
            write(given.json, json.dumps(found, indent=1, ensure_ascii=False))


def write(file: str, text: str) -> None:
    """The data into a file, or `-` to stdout."""
    if file == "-":
        print(text)
        return
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")


if __name__ == "__main__":
    main()

"""One client of an office on PostgreSQL: `Engine.advance` to and fro over agreements of its own. Runs in the project's interpreter."""

from __future__ import annotations

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [TESTS, os.path.dirname(TESTS)]

from benchmarks import offices  # noqa: E402  # found by the path above
from protocol import each, serve  # noqa: E402  # as above

address, client, machines = sys.argv[1], *map(int, sys.argv[2:4])
engine = offices.engine(address)


def step(turn: int) -> None:
    engine.advance(f"plain-{client * machines + turn % machines}/plain", "submit" if turn // machines % 2 == 0 else "return")


serve(each(step), "psycopg", "mufakat")

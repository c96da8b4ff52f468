"""DBOS on PostgreSQL, at its kindest: one running workflow whose every transition is a step; its tables lie in the database given."""

from __future__ import annotations

import sys

from dbos import DBOS
from protocol import serve

address, client = sys.argv[1], sys.argv[2]
DBOS(config={"name": "office", "system_database_url": address, "executor_id": client, "log_level": "ERROR", "enable_otlp": False})


@DBOS.step()
def move(state: str) -> str:
    return "reviewing" if state == "drafting" else "drafting"


@DBOS.workflow()
def office(turns: int) -> str:
    state = "drafting"
    for _ in range(turns):
        state = move(state)
    return state


DBOS.launch()
serve(lambda _first, turns: office(turns), "dbos", "psycopg")

"""
DBOS on SQLite, at its kindest: one running workflow whose every transition is a step, and the step's recorded output the history.

No table of its own is kept beside: nobody but the workflow knows the state.
"""

from __future__ import annotations

from dbos_office import launch
from protocol import asked, serve

given = asked()
DBOS = launch(given)


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
serve(lambda _first, turns: office(turns), "dbos", "sqlalchemy")

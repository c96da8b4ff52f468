"""
DBOS on SQLite as steps arrive from people: each transition a workflow of one transaction step, which moves a row and records itself.

The datasource lies in the same file as DBOS's own tables, so that the row and the step's record are one commit.
"""

from __future__ import annotations

from dbos import SQLAlchemyDatasource
from dbos_office import durable, launch
from protocol import asked, each, serve
from sqlalchemy import create_engine, text

given = asked()
DBOS = launch(given)
engine = durable(create_engine(f"sqlite:///{given.path}"), given.synchronous)
with engine.begin() as db:
    db.execute(text("CREATE TABLE machine (id INTEGER PRIMARY KEY, state TEXT NOT NULL)"))
    db.execute(text("INSERT INTO machine (id, state) VALUES (:id, 'drafting')"), [{"id": number} for number in range(given.machines)])
source = SQLAlchemyDatasource.create(f"sqlite:///{given.path}", engine=engine)


@source.transaction()
def move(machine: int) -> str:
    run = source.sql_session().execute
    (state,) = run(text("SELECT state FROM machine WHERE id = :id"), {"id": machine}).one()
    state = "reviewing" if state == "drafting" else "drafting"
    run(text("UPDATE machine SET state = :state WHERE id = :id"), {"state": state, "id": machine})
    return state


@DBOS.workflow()
def office(machine: int) -> str:
    return move(machine)


DBOS.launch()
serve(each(lambda turn: office(turn % given.machines)), "dbos", "sqlalchemy")

"""SQLModel done naively, as its tutorial does: a Session, one row for the state, one row of history, one commit."""

from __future__ import annotations

from datetime import UTC, datetime

from protocol import asked, each, serve, write_ahead
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select

given = asked()
write_ahead(given.path)


class Machine(SQLModel, table=True):
    """What moves."""

    id: int | None = Field(default=None, primary_key=True)
    state: str = "drafting"
    topic: str = "education"


class History(SQLModel, table=True):
    """What happened to it."""

    id: int | None = Field(default=None, primary_key=True)
    machine_id: int = Field(foreign_key="machine.id")
    source: str
    target: str
    at: datetime


engine = create_engine(f"sqlite:///{given.path}")


@event.listens_for(engine, "connect")
def _durably(connection: object, _record: object) -> None:
    connection.execute(f"PRAGMA synchronous = {given.synchronous}")


def step(turn: int) -> None:
    with Session(engine) as session:
        machine = session.exec(select(Machine).where(Machine.id == turn % given.machines + 1)).one()
        source, machine.state = machine.state, "reviewing" if machine.state == "drafting" else "drafting"
        session.add(machine)
        session.add(History(machine_id=machine.id, source=source, target=machine.state, at=datetime.now(UTC)))
        session.commit()


SQLModel.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Machine() for _ in range(given.machines)])
    session.commit()
serve(each(step), "sqlmodel", "sqlalchemy")

"""DBOS set up for a measurement: its own tables in one SQLite file, as durable as was asked, and quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbos import DBOS
from protocol import write_ahead
from sqlalchemy import Engine, create_engine, event

if TYPE_CHECKING:
    from protocol import Asked


def launch(given: Asked) -> Any:
    """The class to decorate with; its `launch` is called when everything is declared."""
    write_ahead(given.path)
    engine = create_engine(f"sqlite:///{given.path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _at_once(connection: Any, _record: object) -> None:  # what DBOS sets on an engine that it makes itself
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA foreign_keys=ON")

    durable(engine, given.synchronous)
    DBOS(config={"name": "office", "system_database_url": f"sqlite:///{given.path}", "system_database_engine": engine, "log_level": "ERROR",
                 "enable_otlp": False})
    return DBOS


def durable(engine: Engine, synchronous: str) -> Engine:
    """Every connection writes as safely as was asked."""
    @event.listens_for(engine, "connect")
    def _durably(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    return engine

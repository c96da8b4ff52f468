"""
The read model: records by SQLModel, for reports, exports and audits that ask freely.

It never writes, and what it returns are records, not rows. Importing it costs what SQLModel costs (0.4 s): never on the daily path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sqlmodel import Session, SQLModel, select

from workflow.core.agreement import KEYS, RECORDS
from workflow.store import tables
from workflow.store.toolkit import engine_on, one_moment, told

if TYPE_CHECKING:
    from types import TracebackType

MODELS: dict[str, type[SQLModel]] = {
    "agreement": tables.AgreementTable, "instance": tables.InstanceTable, "row": tables.RowTable, "document": tables.DocumentTable,
    "approval": tables.ApprovalTable, "deadline": tables.DeadlineTable, "activity": tables.ActivityTable, "message": tables.MessageTable,
    "person": tables.PersonTable, "day": tables.DayTable, "coverage": tables.CoverageTable, "setting": tables.SettingTable,
}


class Reading:
    """A read-only session on an office's database: every query inside one `with` sees the same moment."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._engine = engine_on(address, read_only=True)
        self._session = Session(self._engine)

    def __enter__(self) -> Self:
        with told(self.address):
            one_moment(self._session.connection())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._session.close()
        self._engine.dispose()

    def records(self, table: str, agreement: str = "", **equal: Any) -> list[tuple[str, Any]]:
        """
        The records of a business table in key order, each with its agreement's id (empty for the office's own).

        `agreement` is an id; `equal` names columns and the values they must have.
        """
        model, own = MODELS[table], "id" if table == "agreement" else "agreement"
        scoped = own in model.model_fields if table != "agreement" else True
        asked = equal | ({own: agreement} if agreement else {})
        query = select(model).where(*(getattr(model, name) == value for name, value in asked.items()))
        query = query.order_by(*(getattr(model, name) for name in ((own,) if scoped else ()) + KEYS[table]))
        with told(self.address):
            rows = self._session.exec(query).all()
        return [(getattr(row, own) if scoped else "", _record(table, row)) for row in rows]


def _record(table: str, row: SQLModel) -> Any:
    return RECORDS[table](**{name: getattr(row, name) for name in RECORDS[table]._fields})

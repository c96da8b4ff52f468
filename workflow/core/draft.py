"""A decision in the making: the case as it stands, what the decision may read besides it, and the rows it has changed so far."""

from __future__ import annotations

from itertools import compress
from operator import ne
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Case, Copied, Effect
from workflow.core.keying import KEYED
from workflow.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow.core.agreement import Agreement, Approval, Deadline, Document, Instance, Row
    from workflow.core.calendar import Calendar
    from workflow.core.definition import Definition, Track
    from workflow.core.office import Actor

CANCELLED = str(Phrase("its deadline was settled or moved"))
Guard = "Callable[[Callable[[str], Any], str], str | None]"


class Office(NamedTuple):
    """
    All that a decision may read besides the case. `today` is the office's civil day (ISO), `now` the UTC instant.

    `pinned` finds the definition of an instance, `latest` the newest of a stage, `calendar` the working days by name.
    """

    now: str
    today: str
    zone: str
    by: Actor
    settings: Mapping[str, Any]
    track: Track
    pinned: Callable[[str, int, str], Definition]
    latest: Callable[[str], Definition]
    calendar: Callable[[str], Calendar]
    guards: Mapping[str, Callable[[Callable[[str], Any], str], str | None]]

    def policy(self, case: Draft, name: str) -> Any:
        """A policy parameter: the agreement's own value before the office's; None where nobody set one."""
        value = case.agreement.params.get(name)
        return self.settings.get(f"policy.{name}") if value is None else value


class Draft:
    """
    The working copy of one decision. Nothing outside it changes; `effects()` says what the decision wrote.

    Lookups are by instance ref and requirement name; a row is the one of the latest round.
    """

    def __init__(self, case: Case, office: Office) -> None:
        self.case, self.office = case, office
        self.tables: dict[str, dict[tuple[Any, ...], Any]] = Copied(case.tables)
        self.touched: dict[tuple[str, tuple[Any, ...]], None] = {}
        self.moved: list[tuple[str, str, str, str]] = []  # (instance, trigger, from, to) of every transition fired
        self.opened: list[str] = []
        self.notes: list[str] = []
        self._definitions: dict[str, Definition] = {}
        self._deadlines: dict[str, dict[str, Deadline]] | None = None
        self._rows: dict[tuple[str, str], Row] = {}
        for row in case.tables["row"].values():
            held = self._rows.get((row.instance, row.name))
            if held is None or row.round > held.round:
                self._rows[row.instance, row.name] = row

    @property
    def agreement(self) -> Agreement:
        found: Agreement = self.tables["agreement"][()]
        return found

    def instances(self) -> list[Instance]:
        return list(self.tables["instance"].values())

    def instance(self, ref: str) -> Instance:
        found: Instance = self.tables["instance"][ref,]
        return found

    def definition(self, instance: Instance) -> Definition:
        """The machine of an instance: its pinned definition, or that definition's item for an item."""
        found = self._definitions.get(instance.ref)
        if found is None:
            found = self.office.pinned(instance.stage, instance.version, instance.hash)
            found = self._definitions[instance.ref] = found.item if instance.parent and found.item is not None else found
        return found

    def holds(self, instance: Instance, fact: str) -> bool:
        return self.definition(instance).holds(instance.state, fact)

    def items(self, ref: str) -> list[Instance]:
        return [instance for instance in self.tables["instance"].values() if instance.parent == ref]

    def linked(self, instance: Instance, link: str) -> Instance | None:
        """The instance a link names; an item asks its parent."""
        ref = instance.links.get(link.replace("-", "_"))
        if ref is None and instance.parent:
            return self.linked(self.instance(instance.parent), link)
        found: Instance | None = self.tables["instance"].get((ref,))
        return found

    def row(self, instance: str, name: str) -> Row | None:
        return self._rows.get((instance, name))

    def round(self, instance: str, name: str) -> int:
        row = self._rows.get((instance, name))
        return row.round if row else 1

    def documents(self, instance: str, name: str) -> list[Document]:
        """The documents of a row's current round, oldest first."""
        turn = self.round(instance, name)
        return [doc for doc in self.tables["document"].values() if doc.instance == instance and doc.row == name and doc.round == turn
                and not doc.withdrawn]

    def approvals(self, instance: str, name: str) -> list[Approval]:
        turn = self.round(instance, name)
        return [row for row in self.tables["approval"].values() if row.instance == instance and row.row == name and row.round == turn]

    def deadlines(self, instance: str) -> dict[str, Deadline]:
        """The latest revision of every deadline of an instance (`""`: of the track)."""
        if self._deadlines is None:
            self._deadlines = {}
            for row in self.tables["deadline"].values():
                self._remember(row)
        return dict(self._deadlines.get(instance, ()))

    def _remember(self, row: Deadline) -> None:
        if self._deadlines is not None:
            held = self._deadlines.setdefault(row.instance, {})
            if row.name not in held or row.revision >= held[row.name].revision:
                held[row.name] = row

    def put(self, table: str, record: Any) -> None:
        """Write a record onto the working copy; a record equal to the one on record is no change."""
        key, rows = KEYED[table](record), self.tables[table]
        held = rows.get(key)
        if held == record:
            return
        rows[key] = record
        self.touched[table, key] = None
        if table == "row" and record.round >= self.round(record.instance, record.name):
            self._rows[record.instance, record.name] = record
        elif table == "deadline":
            self._remember(record)
            if record.told_on and record.status != "open" and (held is None or held.status == "open"):
                self._silence(record)

    def _silence(self, row: Deadline) -> None:
        """Nobody is told any more of a deadline that is settled or has another date."""
        for message in list(self.tables["message"].values()):
            if (message.instance, message.name, message.revision) == (row.instance, row.name, row.revision) and message.wake_at:
                self.put("message", message._replace(state="superseded", wake_at="", reason=CANCELLED))

    def touched_instances(self) -> set[str]:
        """The refs of all instances of which any row has changed."""
        return {key[0] if table == "instance" else getattr(self.tables[table][key], "instance", "") for table, key in self.touched} - {""}

    def effects(self) -> tuple[Effect, ...]:
        """The rows written, in order: whole where new, else only the columns that changed."""
        return tuple(effect for _table, _key, effect in self._written())

    def committed(self) -> tuple[tuple[int, str], ...]:
        """Where personal values stand in the effects: (index of the effect, path of the value)."""
        if not any(table in ("row", "document") for table, _ in self.touched):
            return ()
        places: list[tuple[int, str]] = []
        for index, (table, key, effect) in enumerate(self._written()):
            if table == "row" and "data" in effect.values:
                places += [(index, f"data.{field}") for field in self._personal(*key[:2]) if field in effect.values["data"]]
            elif table == "document" and "filename" in effect.values:
                places.append((index, "filename"))
        return tuple(places)

    def _personal(self, instance: str, row: str) -> Iterable[str]:
        """The fields of a row that its definition calls personal; whatever is written of the row, they are written with it."""
        need = self.definition(self.instance(instance)).requirements.get(row)
        return () if need is None else need.spec.get("personal", ())

    def _written(self) -> Iterator[tuple[str, tuple[Any, ...], Effect]]:
        for table, key in self.touched:
            now, before = self.tables[table][key], self.case.tables[table].get(key)
            if before is None:
                yield table, key, Effect(table, None, now._asdict())
            else:
                changed = dict(compress(zip(now._fields, now, strict=True), map(ne, now, before)))
                if changed:
                    yield table, key, Effect(table, key, changed)

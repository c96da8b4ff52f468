"""A small office for tests: a real store in memory, the built-in definitions, a clock that stands still until it is told otherwise."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from supplies import Supplies

import definitions
from workflow.catalog import Catalog
from workflow.core import decision
from workflow.core.agreement import Effect, Head
from workflow.core.entry import seal
from workflow.core.office import Actor, Coverage, Day
from workflow.documents import Documents
from workflow.engine import Ask, Engine, Paper
from workflow.library import Library
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from workflow.outcome import Done

ROLES = ("coordinator", "legal", "secretary", "mayor", "technical-unit", "finance")
ORIGIN = "mufakat.test/office"
PARTIES = [{"name": "Bogor", "country": "ID", "kind": "city"}, {"name": "木更津市", "country": "JP", "kind": "city"}]
_catalog: list[Catalog] = []
_calendar: list[tuple[list[Day], list[Coverage]]] = []


def catalog() -> Catalog:
    """The built-in definitions, read once for all tests."""
    if not _catalog:
        _catalog.append(Catalog(definitions.roots(), definitions.GUARDS))
    return _catalog[0]


def indonesian_days() -> tuple[list[Day], list[Coverage]]:
    if not _calendar:
        from workflow.calendars import fill
        _calendar.append(fill("ID", range(2015, 2028)))
    return _calendar[0]


class World:
    """One office; `at(day)` sets the clock to noon in Jakarta of that day."""

    def __init__(self, folder: Path, store: Any = None, person: str = "p1", day: str = "2026-03-02") -> None:
        self.store = store or SqliteStore.create_memory()
        self.folder, self.now = folder, ""
        self._ticks = itertools.count()
        self.at(day)
        self.library = Library(self.store, self.store, catalog, definitions.GUARDS)
        self.engine = self.as_(person)
        self._papers = itertools.count(1)

    def as_(self, person: str, roles: tuple[str, ...] = ROLES) -> Engine:
        """The same office through somebody else's hands."""
        return Engine(self.store, self.library, Actor(person, person, "os", roles, True), origin=ORIGIN, clock=self.clock,
                      documents=Documents(str(self.folder / "documents")))

    def at(self, day: str) -> World:
        self.now = f"{day}T05:00"
        return self

    def at_least(self, *days: str) -> World:
        """Set the clock to the latest of these days, unless it is later already."""
        return self.at(max([self.now[:10], *days]))

    def clock(self) -> str:
        return f"{self.now}:{next(self._ticks) % 60:02d}.000000Z"

    def holidays(self) -> World:
        """Fill the Indonesian calendar, as `init` does."""
        days, coverage = indonesian_days()
        head = self.store.office().head
        for group in (days[:200], days[200:], coverage):
            table = "coverage" if group is coverage else "day"
            change = decision.Change("calendar", tuple(Effect(table, None, row._asdict()) for row in group), "2026-01-01")
            entry = seal(change, head=head, origin=ORIGIN, eid=f"00000000-0000-7000-8000-{next(self._ticks):012d}",
                         recorded="2026-01-01T00:00:00.000000Z", person="p1", identity="os", salts=lambda: bytes(32))
            self.store.commit(head, entry, change.effects)
            head = Head(head.chain, entry.cseq, entry.leaf)
        self.library.refresh()
        return self

    def paper(self, requirement: str, language: str = "") -> Paper:
        """A file of its own for a requirement."""
        path = self.folder / f"{requirement}-{next(self._papers)}{language}.pdf"
        path.write_text(path.name)
        return Paper(requirement, str(path), language)

    def start(self, ref: str = "bogor-kisarazu", track: str = "sister-city", **more: Any) -> str:
        self.engine.start(ref, track, "Bogor–Kisarazu", more.pop("parties", PARTIES), **more)
        return ref

    def case(self, ref: str) -> Any:
        return self.store.load(ref.partition("/")[0], whole=True)

    def stage(self, ref: str) -> Any:
        agreement, _, stage = ref.partition("/")
        return self.store.load(agreement).tables["instance"][stage,]

    def deadline(self, ref: str, name: str) -> Any:
        agreement, _, stage = ref.partition("/")
        rows = [row for row in self.store.load(agreement).tables["deadline"].values() if (row.instance, row.name) == (stage, name)]
        return max(rows, key=lambda row: row.revision)

    def provide(self, ref: str, trigger: str, pick: int = 0, **facts_: str) -> Ask:
        """Everything that a transition still needs, made up truthfully enough: what a coordinator would have on the desk."""
        return Supplies(self, ref, trigger, pick).ask(facts_)

    def take(self, ref: str, trigger: str, occurred: str = "", **facts_: str) -> Done:
        """Take a transition with all it needs, approvals by different people included."""
        ask = self.provide(ref, trigger, **facts_)
        return self.engine.advance(ref, trigger, ask._replace(occurred=occurred))

    def walk(self, ref: str, *triggers: str) -> None:
        for trigger in triggers:
            self.take(ref, trigger)

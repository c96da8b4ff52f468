"""A small office for tests: a real store in memory, the built-in definitions, a clock that stands still until it is told otherwise."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import definitions
from workflow.catalog import Catalog
from workflow.core import decision, facts
from workflow.core.agreement import Effect, Head
from workflow.core.entry import seal
from workflow.core.office import Actor, Coverage, Day
from workflow.documents import Documents
from workflow.engine import Ask, Engine, Paper
from workflow.core.recording import Fact
from workflow.library import Library
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from workflow.outcome import Done

ROLES = ("coordinator", "legal", "secretary", "mayor", "technical-unit", "finance")
ORIGIN = "mufakat.test/office"
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
        parties = [{"name": "Bogor", "country": "ID", "kind": "city"}, {"name": "木更津市", "country": "JP", "kind": "city"}]
        self.engine.start(ref, track, "Bogor–Kisarazu", more.pop("parties", parties), **more)
        return ref

    def case(self, ref: str) -> Any:
        return self.store.load(ref.partition("/")[0])

    def stage(self, ref: str) -> Any:
        agreement, _, stage = ref.partition("/")
        return self.store.load(agreement).tables["instance"][stage,]

    def deadline(self, ref: str, name: str) -> Any:
        agreement, _, stage = ref.partition("/")
        rows = [row for row in self.store.load(agreement).tables["deadline"].values() if (row.instance, row.name) == (stage, name)]
        return max(rows, key=lambda row: row.revision)

    def provide(self, ref: str, trigger: str, pick: int = 0, **facts_: str) -> Ask:
        """Everything that a transition still needs, made up truthfully enough: what a coordinator would have on the desk."""
        return provide(self, ref, trigger, facts_, pick)

    def take(self, ref: str, trigger: str, occurred: str = "", **facts_: str) -> Done:
        """Take a transition with all it needs, approvals by different people included."""
        ask = self.provide(ref, trigger, **facts_)
        return self.engine.advance(ref, trigger, ask._replace(occurred=occurred))

    def walk(self, ref: str, *triggers: str) -> None:
        for trigger in triggers:
            self.take(ref, trigger)


SAMPLE = {"text": "text", "int": "2", "list": "education,health", "bool": "no"}


def provide(world: World, ref: str, trigger: str, given: dict[str, str], pick: int = 0) -> Ask:
    """Answer every field, letter, reply, document and approval that a transition asks for, and that is not on record."""
    draft = world.engine.read(ref)
    instance = decision.find(draft, ref.partition("/")[2])
    definition = draft.definition(instance)
    day = draft.office.today
    typed, papers = [Fact(name, value) for name, value in given.items()], []
    conditions = dict(definition.transitions[trigger].when)
    for name in definition.transitions[trigger].needs:
        need = definition.requirements[name]
        conditions |= {fact: [False] for fact, values in need.when.items()
                       if "." not in fact and True in values and facts.fact(draft, instance, fact) is None}
        if need.kind == "items" and not draft.items(instance.ref):
            details = {field: sample(field, kind, day) for row in ("title", "details") for field, kind in definition.item.requirements[row].fields.items()}
            details["funding"] = "host"
            world.engine.open(ref, "item", Ask(facts=[Fact(field, value) for field, value in details.items()]))
    for name, values in conditions.items():
        if facts.fact(draft, instance, name) is None and name not in given:
            typed.append(Fact(name, "yes" if values[0] is True else "no" if values[0] is False else str(values[0])))
    for name in definition.transitions[trigger].needs:
        need = definition.requirements[name]
        row = draft.row(instance.ref, need.row)
        held = row.data if row else {}
        if not need.in_law(instance.opened_on) or facts.applies(draft, instance, need.when) is False:
            continue
        named = {fact.field for fact in typed}
        for field, kind in need.fields.items():
            bare = field if need.name in definition.owners.get(field, ()) else f"{need.name}.{field}"
            if need.kind in ("reply", "letter") and field not in need.spec.get("of", {}):
                continue
            if held.get(field) in (None, "") and bare not in named and field not in ("parts", "sent_to", "attended", "term_months", "notice_months"):
                typed.append(Fact(bare, sample(field, kind, day, pick, later=need.kind in ("instrument", "letter"))))
        if need.kind == "reply" and not held.get("answer"):
            typed += [Fact("asked", day, need.row)] if "request" not in need.spec and not held.get("asked") else []
            typed += [Fact("answer", need.spec["accepts"][0], need.row), Fact("received", day, need.row), Fact("number", "1/A", need.row)]
            papers.append(world.paper(need.row))
        elif need.kind == "letter" and not held.get("sent"):
            typed += [Fact("sent", day, name), Fact("number", "2/B", name), Fact("received", day, name)]
            papers.append(world.paper(name))
        elif need.kind in ("document", "instrument", "meeting") and not draft.documents(instance.ref, name):
            languages = ["id", "ja"] if need.spec.get("languages_min") or need.spec.get("per_language") or need.kind == "instrument" else [""]
            papers += [world.paper(name, language) for language in languages]
        typed += [Fact(f"{name}.parts", ",".join(need.spec["parts"]))] if "parts" in need.spec and not held.get("parts") else []
        typed += [Fact(f"{name}.sent_to", ",".join(need.spec["to"]))] if need.kind == "document" and "to" in need.spec and not held.get("sent_to") else []
        if need.kind == "meeting" and not held.get("attended"):
            typed.append(Fact("attended", ",".join([*need.spec["members"], "education", "health"])))
        if need.kind == "approval" and not (row and row.status == "met"):
            for number in range(need.spec.get("quorum", 1)):
                world.as_(f"approver-{number}").approve(ref, name)
    kind = next((fact.value for fact in typed if fact.field == "term_kind"), "")
    if kind in ("evergreen", "unknown"):
        typed = [fact for fact in typed if fact.field != "ends_on"]
    elif kind == "auto-renew":
        typed.append(Fact("term_months", "36"))
    unique = {(fact.requirement, fact.field): fact for fact in reversed(typed)}
    return Ask(facts=list(reversed(unique.values())), papers=papers)


def sample(field: str, kind: str, day: str, pick: int = 0, *, later: bool = False) -> str:
    """A plausible value for a field; `pick` varies the choice, `later` puts an end three years on."""
    if kind == "yes|no|na":
        return "yes"
    if kind == "date":
        return f"{int(day[:4]) + 3}{day[4:8]}28" if later and field in ("ends_on", "terminates_on", "board_until") else day
    if field == "exploration_positive":
        return "yes"
    choices = kind.split("|")
    return SAMPLE.get(kind, choices[pick % len(choices)])

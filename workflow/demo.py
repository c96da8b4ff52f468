"""
The demo: documented partnerships, and a few that say that they are invented, played through the engine's ordinary verbs.

The data is `definitions/demo/*.toml`, one agreement a file, its events in the order in which they are entered. Dates may count from
today (`-15bd`). What a source does not tell is not in the data; the engine marks it, and the story says so.

A database appears under its name only when it is whole: it is built in a folder beside it and linked into place at the end. Its log is signed
with a key of its own (`demo.key`); one that an earlier demo left makes room.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.administration import Administration
from workflow.audit import Log
from workflow.calendars import fill
from workflow.core import dates
from workflow.core.office import Actor
from workflow.core.recording import Fact
from workflow.documents import Documents
from workflow.engine import Ask, Engine, Paper
from workflow.errors import InvalidInput, Phrase, TransitionRefused
from workflow.keys import MEMORY, KeyFile
from workflow.library import DEFAULT_ZONE, Library, civil_day
from workflow.rotating import create
from workflow.store.migrations import upgrade
from workflow.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from workflow.catalog import Catalog
    from workflow.core.calendar import Calendar
    from workflow.core.definition import Guard
    from workflow.outcome import Done

ORIGIN = "mufakat/demo"
FIRST_YEAR = 2015
PEOPLE = (  # (login, name, roles): whoever runs the demo is its coordinator
    ("legal", "Legal bureau (demo)", ("legal",)), ("secretary", "City secretary (demo)", ("secretary",)),
    ("mayor", "Mayor (demo)", ("mayor",)),
    ("technical-unit", "Technical unit (demo)", ("technical-unit",)),
    ("finance", "Finance office (demo)", ("finance",)),
)
COORDINATOR = "Coordinator (demo)"
FIRST = Actor("p1", COORDINATOR, "os", ("coordinator",), admin=True)
PLACEHOLDER = """This is no document: it stands in for one, so that the demo of mufakat has a file to show.
No original was used and nothing in it was ever written by the parties.

agreement    {title}
stands for   {requirement} ({language})
dated        {occurred}
"""
KEYS = {"verb", "on", "what", "existing", "occurred", "facts", "links", "papers", "source", "tell", "before", "by", "refused", "invented",
        "kind", "field", "until"}


class Missing(NamedTuple):
    """A requirement of a stage that nobody has documented, and what it is called in each language."""

    stage: str
    requirement: str
    label: Mapping[str, str]


class Told(NamedTuple):
    """
    One line of the story, in each language. `occurred` is as vague as the source, and empty for a headline, which alone has a `title`.

    `unknown`: what nobody has documented of it. `refused`: why the engine refused it. `moved`: stages that moved or opened (ref, from, to).
    """

    ref: str
    text: Mapping[str, str]
    title: str = ""
    occurred: str = ""
    entry: str = ""
    sources: tuple[str, ...] = ()
    invented: bool = False
    unknown: tuple[Missing, ...] = ()
    refused: TransitionRefused | None = None
    moved: tuple[tuple[str, str, str], ...] = ()


class Agreement(NamedTuple):
    """One agreement of the demo's data."""

    ref: str
    track: str
    title: str
    parties: list[dict[str, Any]]
    tell: Mapping[str, str]
    invented: bool
    sources: Mapping[str, str]
    events: list[dict[str, Any]]


def read(folder: str) -> list[Agreement]:
    """
    The demo's data, in the order in which it is told.

    Raises:
        InvalidInput: a file that is not TOML, or an event with a key that nobody reads.
    """
    import tomllib

    found = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".toml"):
            continue
        with open(os.path.join(folder, name), "rb") as stream:
            try:
                data = tomllib.load(stream)
            except tomllib.TOMLDecodeError as fault:
                raise InvalidInput("demo", name, Phrase("not valid TOML: {fault}", fault=fault)) from None
        for event in data["event"]:
            if event.keys() - KEYS:
                raise InvalidInput("demo", name, Phrase("an event has unknown keys: {keys}", keys=", ".join(sorted(event.keys() - KEYS))))
        found.append((data["order"], Agreement(data["ref"], data["track"], data["title"], data["party"], data["tell"],
                                               data.get("invented", False), data.get("source", {}), data["event"])))
    return [agreement for _, agreement in sorted(found, key=lambda pair: pair[0])]


def build(path: str, documents: str, folder: str, catalog: Callable[[], Catalog], guards: Mapping[str, Guard], clock: Callable[[], str],
          login: str) -> Generator[Told, None, None]:
    """
    Build the demo's database, telling its story as it happens; the file is there once the story has been told to its end.

    `login`: who runs this, and so is the coordinator. A story that is broken off leaves nothing behind; a file that is there stays.

    Raises:
        InvalidInput: there is such a file already.
    """
    if os.path.exists(path):
        raise InvalidInput("database", path, "it is there already; the demo never writes over a file")
    key = KeyFile(os.path.splitext(path)[0] + ".key")
    if key.exists and key.signer().key.name != ORIGIN:
        raise InvalidInput("key", key.path, "it is the key of another log: the demo never writes over a file")
    place = os.path.dirname(os.path.abspath(path))
    workshop = tempfile.mkdtemp(prefix=f".{os.path.basename(path)}-", dir=place)
    try:
        unfinished = os.path.join(workshop, "demo.db")
        upgrade(unfinished)
        with SqliteStore.open(unfinished, synchronous="NORMAL") as store:
            stage = Stage(store, workshop, documents, catalog, guards, clock, login)
            for agreement in read(folder):
                yield from stage.play(agreement)
            made = stage.signed()
        _settle(unfinished, path, made, key)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def free(path: str) -> str:
    """The path itself, or the first of `demo-2.db`, `demo-3.db` … that is not taken."""
    stem, suffix = os.path.splitext(path)
    number, found = 1, path
    while os.path.exists(found):
        number += 1
        found = f"{stem}-{number}{suffix}"
    return found


def _settle(unfinished: str, path: str, made: KeyFile, key: KeyFile) -> None:
    """Give the whole database its name, and its key the place beside it; whoever came first keeps it."""
    try:
        for suffix in () if os.path.exists(path) else ("", MEMORY):
            os.replace(made.path + suffix, key.path + suffix)
        os.link(unfinished, path)
    except FileExistsError:
        raise InvalidInput("database", path, "somebody has built it meanwhile") from None
    except OSError:  # a file system without hard links
        os.rename(unfinished, path)


class Stage:
    """Where the story is played: an office of its own, and an engine for each of its people."""

    def __init__(self, store: SqliteStore, workshop: str, documents: str, catalog: Callable[[], Catalog], guards: Mapping[str, Guard],
                 clock: Callable[[], str], login: str) -> None:
        self.workshop, self.store, self.clock = workshop, store, clock
        self.today = dates.earliest(civil_day(clock(), DEFAULT_ZONE))
        people = self._office(store, clock, login)
        self.library = Library(store, store, catalog, guards)
        self.engines = {name: Engine(store, self.library, actor, origin=ORIGIN, clock=clock, documents=Documents(documents))
                        for name, actor in people.items()}
        self.calendar: Calendar = self.library.calendar("ID")
        self.agreement: Agreement

    def signed(self) -> KeyFile:
        """The log's key, which has signed all that was told."""
        key = KeyFile(os.path.join(self.workshop, "demo.key"))
        create(key, Administration(self.store, FIRST, self.clock))
        Log(self.store, ORIGIN, self.clock, key).checkpoint()
        return key

    def _office(self, store: SqliteStore, clock: Callable[[], str], login: str) -> dict[str, Actor]:
        """The office: its people, and calendars from before the first event to the year after this one."""
        office = Administration(store, FIRST, clock)
        office.found(COORDINATOR, login, zone=DEFAULT_ZONE, origin=ORIGIN)
        for name, title, roles in PEOPLE:
            if name != login:
                office.add_person(title, name, roles)
        for calendar in ("ID", "JP"):
            office.fill(calendar, *fill(calendar, range(FIRST_YEAR, self.today.year + 2)))
        people = {row.login: row for row in store.office().tables["person"].values()}
        actors = {name: Actor(row.id, row.name, "--as", tuple(row.roles)) for name, row in people.items()}
        return {**{name: actors.get(name, FIRST) for name, _, _ in PEOPLE}, "coordinator": FIRST}

    def play(self, agreement: Agreement) -> Iterator[Told]:
        """Tell one agreement, event by event."""
        self.agreement = agreement
        yield Told(agreement.ref, agreement.tell, agreement.title, invented=agreement.invented)
        first = min((self._day(event["occurred"]) for event in agreement.events if "occurred" in event), key=dates.latest)
        self.engines["coordinator"].start(agreement.ref, agreement.track, agreement.title, agreement.parties,
                                          ask=Ask(occurred=first, reason="demo"), imported=not agreement.invented)
        for event in agreement.events:
            yield from self._event(event)

    def _event(self, event: dict[str, Any]) -> Iterator[Told]:
        engine = self.engines[event.get("by", "coordinator")]
        ref = self.agreement.ref + (f"/{event['on']}" if "on" in event else "")
        occurred = self._day(event.get("occurred", "today"))
        sources = tuple(self.agreement.sources[name] for name in event.get("source", ()))
        told = Told(ref, event["tell"], "", occurred, sources=sources, invented=event.get("invented", self.agreement.invented))
        ask = Ask(facts=self._facts(event.get("facts", {})), papers=self._papers(event, occurred), links=event.get("links", {}),
                  occurred=occurred, reason=_grounds(told))
        if event["verb"] == "notice":
            yield from self._noticed(engine.expire_due(self.agreement.ref), event["tell"])
            return
        try:
            done = VERBS[event["verb"]](engine, ref, event, ask)
        except TransitionRefused as refused:
            if not event.get("refused"):
                raise
            yield told._replace(entry=f"{self.agreement.ref}#{engine.store.load(self.agreement.ref).head.cseq}", refused=refused)
            return
        yield from self._noticed(done.before, event.get("before", event["tell"]))
        yield told._replace(ref=done.ref, entry=done.entry, unknown=self._unknown(done), moved=done.moved)

    def _noticed(self, fired: tuple[Done, ...], text: Mapping[str, str]) -> Iterator[Told]:
        """What time has brought about, in one line."""
        moved: list[tuple[str, str, str]] = []
        for done in fired:
            if done.change.source != done.change.target:
                moved.append((done.change.instance, done.change.source, done.change.target))
            moved += [*done.moved, *((row.ref, "", row.state) for row in done.opened)]
        if fired:
            yield Told(fired[0].ref, text, "", fired[0].change.occurred, fired[-1].entry, moved=tuple(moved), invented=self.agreement.invented)

    def _unknown(self, done: Done) -> tuple[Missing, ...]:
        """What nobody has documented, of what was entered."""
        rows = [effect.values for effect in done.change.effects if effect.table == "row" and effect.values.get("status") == "unknown"]
        labels = self.library.stage(*done.change.definition).labels if rows and done.change.definition else {}
        return tuple(Missing(row["instance"], row["name"], labels["requirement"][row["name"]]) for row in rows)

    def _day(self, text: str) -> str:
        return dates.resolve(text, self.today, self.calendar)

    def _facts(self, given: Mapping[str, Any]) -> list[Fact]:
        return [Fact(name, self._typed(value)) for name, value in given.items()]

    def _typed(self, value: Any) -> str:
        """A value as somebody would type it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ",".join(value)
        return self._day(value) if dates.span(str(value)) else str(value)

    def _papers(self, event: Mapping[str, Any], occurred: str) -> list[Paper]:
        """The placeholders of an event, written where the engine can read them."""
        papers = []
        for name in event.get("papers", ()):
            requirement, _, language = name.partition(":")
            stage = event.get("on") or event["what"]
            file = os.path.join(self.workshop, f"placeholder-{self.agreement.ref}-{stage}-{requirement}{language and '-'}{language}.txt")
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(PLACEHOLDER.format(title=self.agreement.title, requirement=requirement, language=language or "any language",
                                                occurred=occurred))
            papers.append(Paper(requirement, file, language))
        return papers


VERBS: dict[str, Callable[[Engine, str, dict[str, Any], Ask], Done]] = {
    "open": lambda engine, ref, event, ask: engine.open(ref, event["what"], ask, existing=event.get("existing", "")),
    "record": lambda engine, ref, _event, ask: engine.record(ref, ask),
    "advance": lambda engine, ref, event, ask: engine.advance(ref, event["what"], ask),
    "activity": lambda engine, ref, event, ask: engine.activity(
        ref, event["what"], ask, kind=event.get("kind", "activity"), field=event.get("field", ""), until=event.get("until", ""), note=ask.reason),
}


def _grounds(told: Told) -> str:
    """What an entry rests on, as its reason says it."""
    return "invented example" if told.invented else "documented: " + "; ".join(told.sources)

"""What every command works with: the settings in force, the console, and the engine over the office's database, each made when first asked for."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.commands.console import Console
from workflow.config import Config
from workflow.errors import InvalidInput, NotAuthorised, NotFound, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.administration import Administration
    from workflow.audit import Log
    from workflow.catalog import Catalog
    from workflow.commands.words import Words
    from workflow.core.definition import Guard
    from workflow.core.office import Actor, Person
    from workflow.engine import Engine
    from workflow.keys import KeyFile
    from workflow.library import Library
    from workflow.ports import Store


class Parts(NamedTuple):
    """What the composition root puts together: none of it is imported before it is called."""

    open_store: Callable[[str, bool], Store]  # a path or a URL, read only
    catalog: Callable[[Sequence[str]], Catalog]  # the user's folders of definitions
    guards: Callable[[], Mapping[str, Guard]]
    calendar_files: Callable[[], list[str]]  # texts of the shipped calendar files
    demo: Callable[[], str]  # the folder of the demo's data
    commands: Sequence[str] = ()  # what may follow `mufakat` on a command line


class UnknownPerson(NotAuthorised):
    """Whoever is not among the office's people may read, but not write."""

    def __init__(self, login: str, identity: str, *, inactive: bool = False) -> None:
        super().__init__("sys", "write", [], login)
        source = {"os": Phrase("the user of this machine"), "environment": "MUFAKAT_ACTOR"}.get(identity, identity)
        self.args = (Phrase("{login} ({source}) is not among the people of this office: reading is allowed, writing is not",
                            login=login, source=source),)
        self.mend = f"mufakat person edit {login} --active" if inactive else \
            f"mufakat person add NAME --login {login or 'LOGIN'} --role coordinator"


class App:
    """One invocation. `given` are the global options as they come in; later ones win."""

    def __init__(self, parts: Parts, environment: Mapping[str, str] | None = None, clock: Callable[[], str] | None = None) -> None:
        self.parts, self.environment = parts, os.environ if environment is None else environment
        self.given: dict[str, Any] = {}
        self.clock = clock or _now
        self._stores: dict[bool, Store] = {}

    @cached_property
    def config(self) -> Config:
        return Config({name: str(value) for name, value in self.given.items()}, self.environment)

    def give(self, name: str, value: str) -> None:
        """Set an option as if it stood on the command line."""
        self.given[name] = value
        self.__dict__.pop("config", None)

    @cached_property
    def console(self) -> Console:
        self.config.value("lang")  # it was chosen before the line was read; one that there is not is refused here
        return Console(self.environment, self.config.value("color").value, self._again() if self.plain and self.given.get("db") else str)

    def _again(self) -> Callable[[str], str]:
        """How a command that is shown to be typed names the database, where it was named on this line: else it would work on another office."""
        import re
        from shlex import quote

        from workflow.store import shown

        names = "|".join(name for name in self.parts.commands if name not in ("help", "completion", "demo"))
        pattern = re.compile(rf"(?<![\w./-])mufakat (?=(?:--as \S+ )?(?:{names})\b(?!\.\w))")
        named = f"mufakat --db {quote(shown(str(self.given['db'])))} "
        return lambda text: pattern.sub(lambda _found: named, text) if "mufakat" in text else text

    @property
    def output(self) -> str:
        return "json" if self.given.get("fields") and not self.given.get("output") else self.config.value("output").value

    @property
    def plain(self) -> bool:
        """Whether a person reads: screens and tables, not JSON or CSV."""
        return self.output == "table"

    @cached_property
    def db(self) -> str:
        return self.config.value("db").value

    @property
    def place(self) -> str:
        """The database as a person may see it: a URL without its password."""
        from workflow.store import shown

        return shown(self.db)

    def store(self, *, write: bool = False) -> Store:
        """The office's database. Whoever only reads does not touch it."""
        if write not in self._stores:
            self._stores[write] = self.parts.open_store(self.db, not write)
        return self._stores[write]

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    def library(self, *, write: bool = False) -> Library:
        from workflow.library import Library

        store = self.store(write=write)
        return Library(store, store, lambda: self.catalog, self.parts.guards())

    @cached_property
    def catalog(self) -> Catalog:
        """The TOML definitions: the built-in ones, then those of the folder that is set."""
        folder = self.config.value("definitions").value
        return self.parts.catalog([folder] if folder else [])

    def engine(self, *, write: bool = False) -> Engine:
        """
        The engine for whoever acts.

        Raises:
            UnknownPerson: to write, when nobody in the office has this login.
        """
        from workflow.documents import Documents
        from workflow.engine import Engine

        store, library = self.store(write=write), self.library(write=write)
        actor = self.writer if write else self.actor
        return Engine(store, library, actor, origin=str(library.settings().get("origin", "")), clock=self.clock,
                      documents=Documents(self.documents) if self.documents else None)

    @cached_property
    def reader(self) -> Engine:
        return self.engine()

    @cached_property
    def editor(self) -> Engine:
        return self.engine(write=True)

    @property
    def using(self) -> Engine:
        """The engine that this invocation has made already, else one for reading."""
        return self.editor if "editor" in self.__dict__ else self.reader

    @cached_property
    def administration(self) -> Administration:
        from workflow.administration import Administration

        return Administration(self.store(write=True), self.writer, self.clock)

    @cached_property
    def documents(self) -> str:
        """The folder of documents: as set, else beside the database's file; empty where that is on a server and nobody set one."""
        from workflow.store import is_url

        beside = "" if is_url(self.db) else os.path.splitext(self.db)[0] + "-documents"
        return self.config.value("documents").value or beside

    @cached_property
    def key(self) -> KeyFile | None:
        """The log's secret key, whether its file is there or not: as set, else beside the database's file; None: on a server nobody set one."""
        from workflow.keys import KeyFile
        from workflow.store import is_url

        beside = "" if is_url(self.db) else os.path.splitext(self.db)[0] + ".key"
        path = self.config.value("key").value or beside
        return KeyFile(path) if path else None

    def log(self, *, write: bool = False, sign: bool = False) -> Log:
        """
        The log: for reading, to `write` into, or to `sign` too with the office's key where it is there.

        Raises:
            InvalidInput: what lies there is no key, or another log's.
        """
        from workflow.audit import Log

        write = write or sign
        settings = self.library(write=write).settings()
        origin = str(settings.get("origin", ""))
        if sign and self.key is not None and not self.key.exists and settings.get("log_key"):
            from workflow.keys import GONE

            raise InvalidInput("key", self.key.path, GONE)
        key = self.key if sign and self.key is not None and self.key.exists else None
        name = key.signer().key.name if key is not None else origin
        if key is not None and name != origin:
            raise InvalidInput("key", key.path, Phrase("it is the key of {name}, and this log is {origin}", name=name, origin=origin))
        return Log(self.store(write=write), origin, self.clock, key)

    @cached_property
    def actor(self) -> Actor:
        """Whoever acts; without roles, and without an id, where the office does not know them."""
        from workflow.core.office import Actor

        login, identity = self._named()
        store = next(iter(self._stores.values()), None) or self.store()
        person = store.person(login)
        if person is None or not person.active:
            return Actor("", login, identity)
        return Actor(person.id, person.name, identity, tuple(person.roles), person.admin)

    @property
    def writer(self) -> Actor:
        if not self.actor.person:
            raise UnknownPerson(self.actor.name, self.actor.identity, inactive=self.store().person(self.actor.name) is not None)
        return self.actor

    def person(self, key: str) -> Person:
        """
        A person by id, login, e-mail address or name; `me` is whoever acts.

        Raises:
            NotFound: nobody, or more than one.
        """
        people: list[Person] = list(self.people.values())
        if key == "me":
            key = self.writer.person
        for field in ("id", "login", "email", "name"):
            found = [person for person in people if getattr(person, field) and getattr(person, field).casefold() == key.casefold()]
            if len(found) == 1:
                return found[0]
        raise NotFound("person", key, [word for person in people for word in (person.login, person.name, person.id) if word])

    @cached_property
    def people(self) -> dict[str, Person]:
        store = next(iter(self._stores.values()), None) or self.store()
        return {key[0]: row for key, row in store.office().tables["person"].items()}

    def name(self, ident: str) -> str:
        """What a person is called; ids of nobody known stay as they are."""
        found = self.people.get(ident)
        return found.name or found.login or ident if found is not None else ident

    @cached_property
    def today(self) -> str:
        from workflow.library import civil_day

        return civil_day(self.clock(), self.using.library.zone)

    def words(self, ref: str) -> Words:
        """The agreement for reading, with the labels of its definitions."""
        from workflow.commands.words import Words

        return Words(self.using.read(ref), self.name)

    def confirm(self, question: str, *, word: str = "") -> bool:
        """
        Whether to go on with what cannot simply be typed back; asked of a person at a terminal only.

        What is gone for good has a `word`: a person types it, and a script says --yes.

        Raises:
            InvalidInput: it has a word, nobody can be asked, and nobody said --yes.
        """
        asks = not self.given.get("no_input") and sys.stdin.isatty() and sys.stderr.isatty()
        if self.given.get("yes") or not (asks or word):
            return True
        if not asks:
            raise InvalidInput("confirmation", "", "this cannot be undone, and nobody can be asked here: look at it with --dry-run, then add --yes")
        import click

        if word:
            return str(click.prompt(question, default="", show_default=False, err=True)).strip() == word
        return click.confirm(question, default=False, err=True)

    def _named(self) -> tuple[str, str]:
        found = self.config.value("actor")
        if found.value:
            return found.value, {"flag": "--as", "environment": "environment"}.get(found.origin, "settings")
        return os_login(self.environment), "os"


def os_login(environment: Mapping[str, str]) -> str:
    """The login of the user that runs this process, as the system knows it."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return environment.get("USERNAME") or environment.get("USER") or ""


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

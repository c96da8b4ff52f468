"""
The office's own verbs: people, settings, calendars, on the chain `sys`.

Each is one decision: read the office, make the change, seal its entry, commit; who loses the race for the head decides again. Filling
many years of a calendar is several entries, for an entry has a size. Names, logins and addresses are personal: committed, not in clear.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Change, Effect
from workflow.core.entry import milliseconds, seal, uuid7
from workflow.core.office import SYS, Actor, Coverage, Day, Person, Setting
from workflow.errors import InvalidInput, NotAsItStands, NotAuthorised, Phrase, StaleInstance
from workflow.ports import ATTEMPTS, HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Protocol

    from workflow.core.agreement import Case, Head
    from workflow.core.entry import Sealed

    class Records(Protocol):
        """What administration asks of a database."""

        def office(self) -> Case: ...
        def calendar(self, name: str) -> tuple[list[Day], list[Coverage]]: ...
        def commit(self, head: Head, entry: Sealed, effects: Sequence[Effect]) -> None: ...

ROLES = ("coordinator", "legal", "secretary", "mayor", "technical-unit", "finance", "auditor")
LANGUAGES = ("en", "id", "ja")
PERSONAL = ("name", "login", "email")
PRIVILEGED = {"login", "roles", "admin", "active"}  # what only an administrator changes, of themselves too
FULL = 55_000  # bytes of effects in one entry; the body may take 65,535
FRAME = 80  # bytes around the values of a day
LIBRARY = "holidays "  # what the source of a day from the library begins with


class Wrote(NamedTuple):
    """What an administrative verb did: the entry (`sys#3`, empty in a dry run or where nothing changed) and its effects."""

    entry: str
    effects: tuple[Effect, ...]
    dry_run: bool = False


class Administration:
    """The verbs over one office's records, for one actor. `clock` gives the UTC instant as ISO text with microseconds."""

    def __init__(self, store: Records, actor: Actor, clock: Callable[[], str], entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.actor, self.clock, self.entropy = store, actor, clock, entropy

    def found(self, name: str, login: str, *, email: str = "", lang: str = "en", zone: str, origin: str = "", calendar: str = "ID") -> Wrote:
        """Make the office: its first person, who may do everything, its zone, calendar and the origin of its journal."""
        check_zone(zone)

        def decide(case: Case) -> Iterable[Effect]:
            if case.tables["person"]:
                return
            yield _new("person", Person("p1", name, login, email, list(ROLES), lang, zone, admin=True))
            settings = {"zone": zone, "calendar": calendar, "origin": origin or _origin(self.clock(), self.entropy)}
            yield from (_new("setting", Setting(key, value)) for key, value in settings.items() if (key,) not in case.tables["setting"])
        return self._write("init", decide, first=Actor("p1", name, "os"))

    def add_person(self, name: str, login: str, roles: Sequence[str] = (), *, email: str = "", lang: str = "en", zone: str = "",
                   admin: bool = False, channels: Sequence[str] = (), quiet: Sequence[str] = (), calendar: str = "",
                   dry_run: bool = False) -> Wrote:
        """Add somebody who acts or is told."""
        self._admin("add a person")
        if not name.strip():
            raise InvalidInput("name", name, "a person needs a name")
        for role in roles:
            if role not in ROLES:
                raise InvalidInput("role", role, Phrase("choose one of {choices}", choices=", ".join(ROLES)), ROLES)
        check_email(email)
        hours = check_hours(quiet) if quiet else []

        def decide(case: Case) -> Iterable[Effect]:
            people: Mapping[Any, Person] = case.tables["person"]
            for person in people.values():
                if login and person.login == login:
                    raise InvalidInput("login", login, Phrase("{name} ({id}) has it", name=person.name, id=person.id))
            where = zone or str(case.tables["setting"].get(("zone",), Setting("zone", "Asia/Jakarta")).value)
            check_zone(where)
            yield _new("person", Person(f"p{len(people) + 1}", name.strip(), login, email, list(roles), lang, where, admin,
                                        channels=list(channels), quiet=hours, calendar=calendar))
        return self._write("person", decide, dry_run=dry_run)

    def edit_person(self, ident: str, changes: Mapping[str, Any], *, dry_run: bool = False) -> Wrote:
        """Change what is known of somebody, or how they are told; everybody may change their own languages, hours, ways and deputy."""
        if ident != self.actor.person or changes.keys() & PRIVILEGED:
            self._admin(f"edit {ident}")
        if changes.get("zone"):
            check_zone(changes["zone"])
        if changes.get("quiet"):
            check_hours(changes["quiet"])
        check_email(changes.get("email", ""))

        def decide(case: Case) -> Iterable[Effect]:
            people: Mapping[Any, Person] = case.tables["person"]
            held = people[ident,]
            others = [person for person in people.values() if person.id != ident]
            for person in others:
                if changes.get("login") and person.login == changes["login"]:
                    raise InvalidInput("login", person.login, Phrase("{name} ({id}) has it", name=person.name, id=person.id))
            if changes.get("deputy", {}).get("person") == ident:
                raise InvalidInput("deputy", ident, "nobody stands in for themselves")
            if not any(person.admin and person.active for person in (*others, held._replace(**changes))):
                raise NotAsItStands("", f"edit {ident}", held.name, Phrase("an office needs an administrator"))
            changed = {name: value for name, value in changes.items() if getattr(held, name) != value}
            if not changed:
                raise InvalidInput("person", "", "nothing differs from what is on record")
            yield Effect("person", (ident,), changed)
        return self._write("person", decide, dry_run=dry_run)

    def set(self, name: str, value: Any, *, dry_run: bool = False) -> Wrote:
        """Give an office setting a value; None takes it back."""
        self._admin(f"set {name}")
        return self._write("setting", lambda case: _set(case, name, value), dry_run=dry_run)

    def announce_key(self, public: str, *, dry_run: bool = False) -> Wrote:
        """Put the log's public key on record; nothing where it stands there."""
        self._admin("set the log's key")
        return self._write("key", lambda case: _set(case, "log_key", public), dry_run=dry_run)

    def restart(self, origin: str, public: str, before: str, *, reason: str = "", dry_run: bool = False) -> Wrote:
        """
        Begin another incarnation of the log, after an older copy of the database was put back.

        From this entry on the log has another origin and another key; `before` is the last checkpoint that was signed of the old one.
        """
        self._admin("restart the log")

        def decide(case: Case) -> Iterable[Effect]:
            if origin == case.tables["setting"]["origin",].value:
                raise InvalidInput("origin", origin, "another name than before is needed")
            for name, value in (("origin", origin), ("log_key", public), ("log_before", before)):
                yield from _set(case, name, value)
        return self._write("restart", decide, dry_run=dry_run, origin=origin, reason=reason)

    def fill(self, calendar: str, days: Sequence[Day], coverage: Sequence[Coverage], *, dry_run: bool = False) -> list[Wrote]:
        """
        Bring a calendar's years in line with days from the library; days with another source (a decree) stay.

        A working day that the library no longer closes is opened again.
        """
        self._admin(f"fill the calendar {calendar}")
        wrote = [self._write("calendar", partial(self._filled, calendar, *part), dry_run=dry_run) for part in _entries(days, coverage)]
        return [row for row in wrote if row.effects]

    def add_day(self, day: Day, *, dry_run: bool = False) -> Wrote:
        """Add a day that a decree closes or opens, or put another decree in its place; `source` names the decree."""
        self._admin(f"add a day to the calendar {day.calendar}")
        return self._write("calendar", lambda _case: self._changed([day], [], keep_decrees=False), dry_run=dry_run)

    def note(self, act: str, what: str) -> Wrote:
        """Put on record what changes no row: that the log left the house, that its key was told what it signed."""
        return self._write(act, lambda _case: (), trigger=what)

    def _filled(self, calendar: str, days: list[Day], coverage: list[Coverage], _case: Case) -> Iterable[Effect]:
        held = {row.on: row for row in self.store.calendar(calendar)[0]}
        years, present = {row.year for row in coverage}, {row.on for row in days}
        gone = [row._replace(kind="working", source=coverage[0].source) for row in held.values()
                if row.source.startswith(LIBRARY) and int(row.on[:4]) in years and row.on not in present
                and row.kind != "working" and not _weekend(row.on)]
        return self._changed([*days, *gone], coverage, keep_decrees=True)

    def _changed(self, days: list[Day], coverage: list[Coverage], *, keep_decrees: bool) -> Iterable[Effect]:
        calendar = (days[0].calendar if days else coverage[0].calendar) if days or coverage else ""
        old_days, old_spans = self.store.calendar(calendar) if calendar else ([], [])
        held = {row.on: row for row in old_days}
        for day in days:
            before = held.get(day.on)
            if before is None:
                yield _new("day", day)
            elif before != day and not (keep_decrees and not before.source.startswith((LIBRARY, "Local Autonomy Act"))):
                yield Effect("day", (day.calendar, day.on), {"kind": day.kind, "name": day.name, "source": day.source})
        known = {row.year: row for row in old_spans}
        for span in coverage:
            if span.year not in known:
                yield _new("coverage", span)
            elif known[span.year] != span:
                yield Effect("coverage", (span.calendar, span.year), {"status": span.status, "source": span.source})

    def _admin(self, act: str) -> None:
        if not self.actor.admin:
            raise NotAuthorised("the office", act, ["administrator"], self.actor.name)

    def _write(self, act: str, decide: Callable[[Case], Iterable[Effect]], *, dry_run: bool = False, first: Actor | None = None,
               origin: str = "", reason: str = "", trigger: str = "") -> Wrote:
        actor = first or self.actor
        for _ in range(ATTEMPTS):
            case = self.store.office()
            effects = tuple(decide(case))
            if not (effects or trigger) or dry_run:
                return Wrote("", effects, dry_run)
            now = self.clock()
            personal = tuple((index, name) for index, effect in enumerate(effects) if effect.table == "person"
                             for name in PERSONAL if effect.values.get(name))
            change = Change(act, effects, now[:10], trigger=trigger, personal=personal, reason=reason)
            made = {effect.values["name"]: effect.values["value"] for effect in effects if effect.table == "setting" and effect.key is None}
            held = case.tables["setting"].get(("origin",))
            log = origin or str(held.value if held is not None else made.get("origin", ""))
            entry = seal(change, head=case.head, origin=log, eid=uuid7(milliseconds(now), self.entropy(10)), recorded=now,
                         person=actor.person, identity=actor.identity, salts=lambda: self.entropy(32))
            try:
                self.store.commit(case.head, entry, effects)
            except HeadMoved:
                continue
            return Wrote(f"{SYS}#{entry.cseq}", effects)
        raise StaleInstance(SYS, Phrase("one revision"), Phrase("too many at once"))


def _set(case: Case, name: str, value: Any) -> Iterable[Effect]:
    """The effect that gives a setting this value, where it has another."""
    held = case.tables["setting"].get((name,))
    if held is None and value is not None:
        yield _new("setting", Setting(name, value))
    elif held is not None and held.value != value:
        yield Effect("setting", (name,), {"value": value})


def check_email(address: str) -> None:
    """
    Whether an address could be one: whether it is anybody's, only a letter tells (RFC 5322 section 3.4.1 allows far more than there is).

    Raises:
        InvalidInput: it cannot.
    """
    name, at, domain = address.rpartition("@")
    if address and (not (name and at and domain) or address.split() != [address] or domain.startswith(".") or domain.endswith(".")):
        raise InvalidInput("email", address, "write an address such as sari@bogor.go.id")


def check_zone(zone: str) -> None:
    """Refuse what is no time zone."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput("zone", zone, "no such time zone; write one such as Asia/Jakarta", sorted(available_timezones())) from None


def check_hours(hours: Sequence[str]) -> list[str]:
    """The hours of a day in which somebody may be told: two times, in order."""
    found = [check_clock("hours", text) for text in hours]
    if len(found) != 2 or found[0] >= found[1]:
        raise InvalidInput("hours", "-".join(hours), "write from when until when: 08:00-17:00")
    return found


def check_clock(field: str, text: str) -> str:
    """A time of the day, such as 08:30."""
    hour, colon, minute = text.strip().partition(":")
    if not (colon and len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit() and hour < "24" and minute < "60"):
        raise InvalidInput(field, text, "write a time of the day, such as 08:30")
    return f"{hour}:{minute}"


def _entries(days: Sequence[Day], coverage: Sequence[Coverage]) -> Iterable[tuple[list[Day], list[Coverage]]]:
    """Whole years, as many at a time as one entry can hold."""
    part: tuple[list[Day], list[Coverage]] = ([], [])
    size = 0
    for span in sorted(coverage, key=lambda row: row.year):
        year = [row for row in days if int(row.on[:4]) == span.year]
        more = sum(len("".join(row).encode()) + FRAME for row in year) + len(span.source.encode()) + FRAME
        if part[1] and size + more > FULL:
            yield part
            part, size = ([], []), 0
        part[0].extend(year)
        part[1].append(span)
        size += more
    if part[1]:
        yield part


def _new(table: str, record: Any) -> Effect:
    return Effect(table, None, record._asdict())


def _origin(now: str, entropy: Callable[[int], bytes]) -> str:
    """A name that no other log has."""
    return f"mufakat/{uuid7(milliseconds(now), entropy(10))}"


def _weekend(day: str) -> bool:
    from datetime import date

    return date.fromisoformat(day).weekday() > 4

"""
What decisions read besides the agreement: pinned definitions, the newest ones, calendars, settings.

Pinned definitions come from the database as JSON and are kept for the life of the process (they never change); the catalog of TOML
files is only opened when a stage or an agreement is opened.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workflow.core.calendar import Calendar, calendar_of
from workflow.core.definition import Definition, Track, definition, genuine, track, versions
from workflow.core.draft import Office
from workflow.errors import AuditError, InvalidInput, NotFound, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workflow.catalog import Catalog
    from workflow.core.agreement import Change, Instance
    from workflow.core.definition import Guard
    from workflow.core.office import Actor, Person
    from workflow.ports import Definitions, Pinned
    from workflow.ports import Office as OfficeRecords

DEFAULT_ZONE = "Asia/Jakarta"


class DefinitionChanged(AuditError):
    """A definition in the database is not the one that was pinned there."""

    mend = "mufakat audit verify --state"

    def __init__(self, name: str, version: int) -> None:
        self.name, self.version = name, version
        super().__init__(Phrase("the definition {name} {version} was changed in the database since it was pinned: nothing is decided by it",
                                name=name, version=version))


class Library:
    """Definitions, calendars and settings over one store; `catalog` is called once, when something is to be opened."""

    def __init__(self, definitions: Definitions, records: OfficeRecords, catalog: Callable[[], Catalog],
                 guards: Mapping[str, Guard]) -> None:
        self._definitions, self._records, self._read_catalog, self._guards = definitions, records, catalog, guards
        self._catalog_read: Catalog | None = None
        self._stages: dict[tuple[str, int, str], Definition] = {}
        self._tracks: dict[tuple[str, int, str], Track] = {}
        self._calendars: dict[str, Calendar] = {}
        self._settings: dict[str, Any] | None = None
        self._opened: dict[tuple[str, str], Pinned] = {}

    def office(self, track: Track, by: Actor, now: str) -> Office:
        """Everything a decision may read, as of the UTC instant `now`."""
        settings = self.settings()
        zone = self.zone
        return Office(now, civil_day(now, zone), zone, by, settings, track, self.stage, self.newest_stage, self.calendar, self._guards)

    @property
    def zone(self) -> str:
        """The office's time zone."""
        return str(self.settings().get("zone") or DEFAULT_ZONE)

    def settings(self) -> dict[str, Any]:
        if self._settings is None:
            rows = self._records.office().tables["setting"].values()
            self._settings = {row.name: row.value for row in rows}
        return self._settings

    def people(self) -> dict[str, Person]:
        """Everybody who is or was in this office, by id."""
        return {key[0]: row for key, row in self._records.office().tables["person"].items()}

    def check_person(self, id: str) -> None:
        """Refuse an id that is nobody's in this office, or of somebody who has left it."""
        people = [row for row in self.people().values() if row.active]
        if id not in [row.id for row in people]:
            raise NotFound("person", id, [row.id for row in people])

    def check_state(self, instance: Instance, state: str) -> None:
        """Refuse a state that the machine of an instance does not have."""
        machine = self.stage(instance.stage, instance.version, instance.hash)
        states = list((machine.item if instance.parent and machine.item else machine).states)
        if state not in states:
            raise InvalidInput("if-state", state, Phrase("{stage} has no such state", stage=instance.stage), states)

    def refresh(self) -> None:
        """Read settings and calendars again: somebody may have changed them."""
        self._settings = None
        self._calendars.clear()

    def calendar(self, name: str) -> Calendar:
        found = self._calendars.get(name)
        if found is None:
            found = self._calendars[name] = calendar_of(name, *self._records.calendar(name))
        return found

    def stage(self, name: str, version: int, digest: str) -> Definition:
        """The definition that an instance is pinned to."""
        key = (name, version, digest)
        found = self._stages.get(key)
        if found is None:
            found = self._stages[key] = definition(self._pinned("stage", *key), digest)
        return found

    def track(self, name: str, version: int, digest: str) -> Track:
        key = (name, version, digest)
        found = self._tracks.get(key)
        if found is None:
            found = self._tracks[key] = track(self._pinned("track", *key), digest)
        return found

    def _pinned(self, kind: str, name: str, version: int, digest: str) -> dict[str, Any]:
        """What was pinned, held to its hash: whoever could edit it in the database would decide what may happen."""
        data = self._definitions.pinned(kind, name, version, digest)
        if not genuine(data, digest, versions(self._guards)):
            raise DefinitionChanged(name, version)
        return data

    def newest_stage(self, name: str) -> Definition:
        """The newest definition of a stage, for an instance about to be opened."""
        found = self._catalog().latest("stage", name)
        self._opened["stage", found.pinned.hash] = found.pinned
        self._stages.setdefault((name, found.pinned.version, found.pinned.hash), found.definition)
        return self._stages[name, found.pinned.version, found.pinned.hash]

    def _catalog(self) -> Catalog:
        if self._catalog_read is None:
            self._catalog_read = self._read_catalog()
        return self._catalog_read

    def newest_track(self, name: str) -> tuple[Track, Pinned]:
        found = self._catalog().latest("track", name)
        self._tracks.setdefault((name, found.pinned.version, found.pinned.hash), found.definition)
        return found.definition, found.pinned

    def pins(self, change: Change) -> list[Pinned]:
        """The definitions that a change's new instances are pinned to, to be stored with it."""
        wanted = {values["hash"] for table, key, values in change.effects if table == "instance" and key is None}
        return [row for (_, digest), row in self._opened.items() if digest in wanted]


def civil_day(now: str, zone: str) -> str:
    """The civil day (ISO) in a zone at a UTC instant."""
    return _day_of_minute(now[:16], zone)


@lru_cache(maxsize=64)
def _day_of_minute(minute: str, zone: str) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo
    return datetime.fromisoformat(f"{minute}+00:00").astimezone(ZoneInfo(zone)).date().isoformat()

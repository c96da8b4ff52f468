"""Whom a message is for, over which channel, and when it reaches them: on a working day of theirs, in their hours, where they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from workflow.core import dates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.draft import Draft, Office
    from workflow.core.ladder import Rung
    from workflow.core.office import Person

    People = Mapping[str, Person]

HOURS, DIGEST = ("08:00", "17:00"), "09:00"  # in which messages may come; when the one of the day does
CHANNEL = "email"
LONGEST = 60  # days without a working day after which a calendar is not believed


def recipients(draft: Draft, rung: Rung, people: People, *, at_once: bool) -> list[Person]:
    """
    Who is told of a rung now: the owner and the holders of its roles, or their deputies where it would reach them in the days they are away.

    Where nobody is responsible, the coordinators are told; where there is none, the administrators.
    """
    active = [person for person in people.values() if person.active]
    owner = [person for person in active if person.id == draft.agreement.owner] if rung.owner else []
    if rung.owner and not owner:
        owner = [person for person in active if "coordinator" in person.roles] or [person for person in active if person.admin]
    holders = [person for role in rung.roles for person in active if role in person.roles]
    if rung.kind == "escalation":  # whoever is responsible was told already; only if nobody else holds the role they are again
        holders = [person for person in holders if person.id != draft.agreement.owner] or holders
    found = [_deputy(draft.office, person, people, at_once=at_once) for person in (*owner, *holders)]
    return list({person.id: person for person in found}.values())


def arrival(office: Office, person: Person, moment: str, *, at_once: bool) -> str:
    """
    The instant at which a message that is due at `moment` reaches somebody: on a working day of theirs, where they are.

    `at_once`: within their hours; else with the one message of a day, which comes at the first of their hours where its own is none of these.
    """
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(person.zone or office.zone)
    hours = person.quiet or str(office.settings.get("quiet") or ",".join(HOURS)).split(",")
    first, last = (text.strip() for text in hours)
    if not at_once:
        daily = str(office.settings.get("digest_at") or DIGEST)
        first, last = daily if first <= daily < last else first, ""
    calendar = office.calendar(person.calendar or str(office.settings.get("calendar") or "ID"))
    due = datetime.fromisoformat(moment)
    day = due.astimezone(zone).date()
    for number in range(LONGEST):
        on = day + timedelta(days=number)
        start = _at(on, first, zone)
        if calendar.is_working(on) and (start >= due or (last and due < _at(on, last, zone))):
            return _text(max(start, due))
    return _text(due)


def channel(office: Office, person: Person) -> str:
    """The first way to somebody; what comes after it is tried when a message cannot be delivered."""
    return (person.channels or str(office.settings.get("channels") or CHANNEL).split(","))[0].strip()


def morning(office: Office, person: Person, day: str) -> str:
    from zoneinfo import ZoneInfo

    return _text(_at(dates.earliest(day), "00:00", ZoneInfo(person.zone or office.zone)))


def _deputy(office: Office, person: Person, people: People, *, at_once: bool) -> Person:
    """Who is told in somebody's place on the day what is written now reaches them: a deputy's own deputy is not asked."""
    from zoneinfo import ZoneInfo

    away = person.deputy
    deputy = people.get(away["person"]) if away else None
    if deputy is None or not deputy.active:
        return person
    moment = datetime.fromisoformat(arrival(office, person, office.now, at_once=at_once))
    on = moment.astimezone(ZoneInfo(person.zone or office.zone)).date().isoformat()
    return deputy if away["from"] <= on <= away["until"] else person


def _at(day: date, clock: str, zone: object) -> datetime:
    """A time of the day in a zone, in UTC; one that the clock skips is the moment of the skip."""
    hour, _, minute = clock.strip().partition(":")
    return datetime.combine(day, time(int(hour), int(minute or 0)), tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]  # a ZoneInfo


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

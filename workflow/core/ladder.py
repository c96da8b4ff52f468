"""
The rungs of a deadline: on which days somebody is told of it, and the instant at which it next wants to be looked at.

A ladder is written `-30d,-7d,0,+7d*4`: leads to the deadline's day, and (`*`) how often the last is repeated after it. Which one holds:
the deadline's own (set for the agreement, else by the office, else its definition's), else the agreement's, the track's, the office's, else
`DEFAULT`. After its day it is brought before the definition's escalation roles one by one, each after some working days in which nobody answered.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates
from workflow.core.calendar import shift
from workflow.core.deadline import Lead, instant, parse_lead
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from workflow.core.agreement import Deadline
    from workflow.core.calendar import Calendar
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Draft

DEFAULT = "-7d,-1d,0,+7d*4"
ROLES = ("secretary",)  # whom a deadline is brought before whose definition names nobody
AFTER = 3  # working days without an answer before the next role is told
MOST = 8  # repeats, where the definition does not count them
DAYS = {"day": 1.0, "working-day": 1.4, "month": 30.4, "year": 365.2}  # to put leads in order
NEW, OVER, REFUSED, ENDED = "new", "over", "refused", "ended"  # rungs that no ladder names
SILENT = ("import", "recount")  # revisions of which nobody is told for their own sake


class Ladder(NamedTuple):
    """Leads in the order of their days, each under its name; what is repeated after the day, and at most how often."""

    leads: tuple[tuple[str, Lead], ...]
    repeat: Lead | None = None
    most: int = 0


class Rung(NamedTuple):
    """One day on which somebody is told: the owner (`owner`), and whoever holds one of the roles."""

    name: str
    day: date
    kind: str
    owner: bool = True
    roles: tuple[str, ...] = ()


def rungs(draft: Draft, rule: DeadlineRule, row: Deadline) -> list[Rung]:
    """Every rung of a deadline, by its day."""
    ladder, calendar, end = chosen(draft, rule, row), _calendar(draft, row), dates.latest(row.effective)
    found = [Rung(name, _day(end, lead, calendar), "reminder" if lead.amount <= 0 else "overdue") for name, lead in ladder.leads
             if lead.amount <= 0 or row.on_expiry != "fire"]
    roles = tuple(rule.spec.get("escalate", ())) or ROLES
    if row.on_expiry == "fire":
        after = end + timedelta(days=1)
        found += [Rung(REFUSED, after, "overdue"), Rung(REFUSED, after, "escalation", owner=False, roles=roles[:1])] if row.overdue else []
        if row.status == "fired" and ladder.repeat is not None:
            days = (_day(end, Lead(ladder.repeat.amount * number, ladder.repeat.unit), calendar) for number in range(1, ladder.most + 1))
            found += [Rung(ENDED, after, "ended"), *(Rung(f"repeat-{number}", day, "ended") for number, day in enumerate(days, 1))]
        return sorted(found, key=lambda rung: rung.day)
    wait = int(draft.office.settings.get("escalate_after") or AFTER)
    before = [Rung(f"escalation-{number}", _day(end, Lead(number * wait, "working-day"), calendar), "escalation", owner=False, roles=(role,))
              for number, role in enumerate(roles, 1)]
    found += [Rung(OVER, end + timedelta(days=1), "overdue"), *before]
    if ladder.repeat is not None:
        binding = row.basis in ("statute", "circular")
        for number in range(1, ladder.most + 1):
            day = _day(end, Lead(ladder.repeat.amount * number, ladder.repeat.unit), calendar)
            told = tuple(rung.roles[0] for rung in before if rung.day <= day) if binding else ()
            found.append(Rung(f"repeat-{number}", day, "overdue", roles=told))
    return sorted(found, key=lambda rung: rung.day)


def first(draft: Draft, rule: DeadlineRule, row: Deadline) -> str:
    """The instant at which a deadline that is made today first wants to be looked at; while its first rung lies ahead, that costs one lead."""
    made, calendar, end, passed = dates.earliest(row.made_on), _calendar(draft, row), dates.latest(row.effective), False
    for _, lead in chosen(draft, rule, row).leads:
        day = _day(end, lead, calendar)
        if day < made:
            passed = True
            continue
        at_once = day == made or (passed and not silent(draft, row))
        return min(_second(draft.office.now) if at_once else instant(day, "start", draft.office.zone), row.expires_at)
    if not passed or silent(draft, row):
        return following(draft, rule, row)
    return min(_second(draft.office.now), row.expires_at)


def following(draft: Draft, rule: DeadlineRule, row: Deadline, *, answered: bool = False) -> str:
    """
    The next instant after now at which something is due: a rung, or the end of the deadline; empty where nothing is.

    `answered`: somebody has acknowledged that it is overdue, so nobody is told that again.
    """
    office = draft.office
    if row.stopped_on or not (row.status == "open" or goes_on(row)):
        return ""
    if row.status == "open" and row.on_expiry == "fire" and not row.overdue and row.over_at <= office.now:
        return row.over_at  # what fires does so however late it is
    today = dates.earliest(office.today)
    day = next((rung.day for rung in rungs(draft, rule, row) if rung.day > today and not (answered and rung.kind != "reminder")), None)
    moments = [instant(day, "start", office.zone)] if day is not None else []
    moments += [row.over_at] if row.over_at > office.now and not row.overdue else []
    return min(moments, default="")


def goes_on(row: Deadline) -> bool:
    """Whether people are still told of what has come by itself: that it is over, until something is done about it."""
    return row.status == "fired" and row.wake_at != ""


def after_firing(draft: Draft, row: Deadline) -> str:
    """The instant at which somebody is to be told that it has come by itself, where its definition repeats that (`repeat`); else empty."""
    rule = rule_of(draft, row)
    known = silent(draft, row) and row.effective < row.made_on  # whoever enters what is over knows it
    return _second(draft.office.now) if rule is not None and rule.spec.get("repeat") and not known else ""


def silent(draft: Draft, row: Deadline) -> bool:
    """Whether nobody is told of the rungs before it was made: it belongs to a history that was entered, or was only counted again."""
    return row.act in SILENT or (not row.instance and draft.agreement.imported and row.effective < row.made_on)


def rule_of(draft: Draft, row: Deadline) -> DeadlineRule | None:
    """The rule that a deadline was made by; None where its definition has none of this name."""
    if not row.instance:
        return draft.office.track.deadlines.get(row.name)
    instance = draft.tables["instance"].get((row.instance,))
    return None if instance is None else draft.definition(instance).deadlines.get(row.name)


def chosen(draft: Draft, rule: DeadlineRule, row: Deadline) -> Ladder:
    """The ladder in force for a deadline."""
    settings, params, track = draft.office.settings, draft.agreement.params, draft.office.track.name
    settled = params.get(own(row.name)) or _own(settings, track, draft, row)
    if settled:
        return parse(str(settled))
    if "ladder" in rule.spec:
        return _defined(tuple(rule.spec["ladder"]), rule.spec.get("repeat", ""))
    return parse(str(params.get("ladder") or settings.get(f"ladder.{track}") or settings.get("ladder") or DEFAULT))


def own(deadline: str) -> str:
    """The parameter of an agreement that holds its own ladder for this deadline; `ladder` alone is for all that have none."""
    return f"ladder.{deadline.replace('-', '_')}"


@lru_cache(maxsize=256)
def parse(text: str) -> Ladder:
    """
    A ladder as it is typed: `-30d,-7d,0,+7d*4`.

    Raises:
        InvalidInput: it is none.
    """
    leads, repeat, most = [], None, 0
    for part in text.split(","):
        name, star, times = part.strip().partition("*")
        lead = parse_lead(name)
        if not star:
            leads.append((name, lead))
        elif lead.amount > 0 and repeat is None and times.isdigit() and 1 <= int(times) <= 52:
            repeat, most = lead, int(times)
        else:
            raise InvalidInput("ladder", text, "write leads and at most one repeat after the day: -30d,-7d,0,+7d*4")
    return _ordered(leads, repeat, most)


@lru_cache(maxsize=256)
def _defined(leads: tuple[str, ...], repeat: str) -> Ladder:
    return _ordered([(name, parse_lead(name)) for name in leads], parse_lead(repeat) if repeat else None, MOST if repeat else 0)


def _ordered(leads: list[tuple[str, Lead]], repeat: Lead | None, most: int) -> Ladder:
    return Ladder(tuple(sorted(leads, key=lambda pair: pair[1].amount * DAYS[pair[1].unit])), repeat, most)


def _own(settings: Mapping[str, Any], track: str, draft: Draft, row: Deadline) -> Any:
    """What the office has set for this deadline of this track: `ladder.sister-city.mou.council`, or of any stage: `ladder.sister-city.council`."""
    found = settings.get(f"ladder.{track}.{row.name}")
    if row.instance:
        found = settings.get(f"ladder.{track}.{draft.instance(row.instance).stage}.{row.name}") or found
    return found


def _calendar(draft: Draft, row: Deadline) -> Calendar:
    return draft.office.calendar(row.calendar or str(draft.office.settings.get("calendar") or "ID"))


def _day(end: date, lead: Lead, calendar: Calendar) -> date:
    return shift(end, lead.amount, lead.unit, calendar)[0] if lead.amount else end


def _second(now: str) -> str:
    return f"{now[:19]}Z"

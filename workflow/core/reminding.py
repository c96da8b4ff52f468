"""
Who is told what of a deadline, and when it reaches them: the sweep, pure. Messages are rows; nothing is sent here.

A sweep looks at the deadlines whose moment has come. Of the rungs that have come since the last look everybody is told the most urgent only,
marked with the days it is late; the others are superseded. Rungs that were over before the deadline was made are skipped with a record, and
it announces itself once. A row is keyed by its rung, so no rung is ever written twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workflow.core import dates, ladder, promising
from workflow.core.agreement import Change, Message
from workflow.core.deadline import fires
from workflow.core.draft import CANCELLED, Draft
from workflow.core.ladder import ENDED, NEW, Rung
from workflow.errors import InvalidInput, NotAsItStands, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.agreement import Case, Deadline
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Office
    from workflow.core.office import Person

    People = Mapping[str, Person]

HOURS, DIGEST = ("08:00", "17:00"), "09:00"  # in which messages may come; when the one of the day does
CHANNEL = "email"
FULL = 60  # rows of one change
NEAR = 7  # days before its end at which a deadline no longer waits for the digest
WAITING = ("pending", "failed", "uncertain")
LOUD = ("overdue", "escalation", "ended")
LONGEST = 60  # days without a working day after which a calendar is not believed


class Told(NamedTuple):
    """One rung for one person, and whether it is said or only recorded."""

    rung: Rung
    person: Person
    state: str
    reason: str = ""


def sweep(case: Case, office: Office, people: People) -> Change | None:
    """Write the messages that are due now; None where nothing is. What fires has fired before (`decision.notice`)."""
    draft = Draft(case, office)
    for row in sorted(case.tables["deadline"].values(), key=lambda row: (row.wake_at, row.instance, row.name)):
        if len(draft.touched) > FULL:
            break  # the rest is still due: an entry has a size
        if (row.status == "open" or ladder.goes_on(row)) and row.wake_at and row.wake_at <= office.now and not fires(row, office.now):
            rule = ladder.rule_of(draft, row)
            if rule is None:
                draft.put("deadline", row._replace(wake_at=""))
            else:
                _look(draft, rule, row, people)
    effects = draft.effects()
    return Change("remind", effects, office.today) if effects else None


def acknowledge(case: Case, office: Office, ref: str, name: str) -> Change:
    """Say that a reminder has arrived: what is overdue is not repeated and not brought before others; the deadline stays."""
    draft = Draft(case, office)
    row, who = promising.find(draft, ref, name), office.by.person
    every = [message for message in _messages(draft, row) if message.revision == row.revision]
    mine = [message for message in every if message.recipient == who and message.state in (*WAITING, "sent")]
    if not mine:
        raise InvalidInput("deadline", name, "nobody has told you of it, or you have said so already: mufakat remind log")
    for message in mine:
        draft.put("message", message._replace(state="acknowledged", acked_by=who, acked_at=office.now, wake_at=""))
    if any(message.kind in LOUD for message in mine):
        for message in every:
            if message.recipient != who and message.kind in LOUD and message.state in WAITING:
                draft.put("message", message._replace(state="superseded", wake_at="", reason="somebody has acknowledged it"))
        rule = ladder.rule_of(draft, row)
        if rule is not None and (row.status == "open" or ladder.goes_on(row)):
            draft.put("deadline", row._replace(wake_at=ladder.following(draft, rule, row, answered=True)))
    return Change("acknowledge", draft.effects(), office.today, ref, name)


def snooze(case: Case, office: Office, ref: str, name: str, until: str, reason: str, people: People) -> Change:
    """Keep a deadline's reminders from whoever acts until a day before its end; on that day there is one."""
    draft = Draft(case, office)
    row, who = promising.find(draft, ref, name), people.get(office.by.person)
    if who is None:
        raise InvalidInput("deadline", name, "only people are reminded")
    if row.status != "open":
        raise NotAsItStands(promising.full(draft, ref), f"snooze {name}", name, Phrase("it is not open any more: {status}", status=row.status))
    if not _concerned(draft, row, who, people):
        raise InvalidInput("deadline", name, "nobody tells you of it, so there is nothing to put off: mufakat remind plan")
    if not reason.strip():
        raise InvalidInput("reason", "", "say why: --reason TEXT")
    if dates.precision(until) != "day" or not office.today < until < row.effective:
        raise InvalidInput("until", until, Phrase("choose a day after today and before {day}, its last", day=row.effective))
    again = Message(row.instance, row.name, row.revision, f"again-{until}", who.id, _channel(office, who), "reminder", until,
                    arrival(office, who, _morning(office, who, until), at_once=_near(row, dates.earliest(until))), "pending",
                    snoozed_until=until, reason=reason)
    if any(_key(message) == _key(again) for message in _messages(draft, row)):
        raise InvalidInput("until", until, "it is put off until then already")
    for message in _messages(draft, row):
        if message.recipient == who.id and message.state in WAITING:
            draft.put("message", message._replace(state="superseded", wake_at="", reason="put off"))
    draft.put("message", again)
    if not row.told_on:  # whoever settles it must find that there is a message
        draft.put("deadline", row._replace(told_on=(_made(row) - timedelta(days=1)).isoformat()))
    return Change("snooze", draft.effects(), office.today, ref, name, reason=reason)


def _concerned(draft: Draft, row: Deadline, who: Person, people: People) -> bool:
    """Whether somebody was told of a deadline, or would be by one of its rungs."""
    rule = ladder.rule_of(draft, row)
    return any(message.recipient == who.id for message in _messages(draft, row)) or (
        rule is not None and any(who in recipients(draft, rung, people) for rung in ladder.rungs(draft, rule, row)))


def recipients(draft: Draft, rung: Rung, people: People) -> list[Person]:
    """
    Who is told of a rung today: the owner and the holders of its roles, each their deputy's in the days they are away.

    Where nobody is responsible, the coordinators are told; where there is none, the administrators.
    """
    active = [person for person in people.values() if person.active]
    owner = [person for person in active if person.id == draft.agreement.owner] if rung.owner else []
    if rung.owner and not owner:
        owner = [person for person in active if "coordinator" in person.roles] or [person for person in active if person.admin]
    holders = [person for role in rung.roles for person in active if role in person.roles]
    if rung.kind == "escalation":  # whoever is responsible was told already; only if nobody else holds the role they are again
        holders = [person for person in holders if person.id != draft.agreement.owner] or holders
    found = [_deputy(person, people, draft.office.today) for person in (*owner, *holders)]
    return list({person.id: person for person in found}.values())


def arrival(office: Office, person: Person, moment: str, *, at_once: bool) -> str:
    """
    The instant at which a message that is due at `moment` reaches somebody: on a working day of theirs, where they are.

    `at_once`: within their hours; else with the one message of a day.
    """
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(person.zone or office.zone)
    hours = person.quiet or str(office.settings.get("quiet") or ",".join(HOURS)).split(",")
    first, last = hours if at_once else (str(office.settings.get("digest_at") or DIGEST), "")
    calendar = office.calendar(person.calendar or str(office.settings.get("calendar") or "ID"))
    due = datetime.fromisoformat(moment)
    day = due.astimezone(zone).date()
    for number in range(LONGEST):
        on = day + timedelta(days=number)
        start = _at(on, first, zone)
        if calendar.is_working(on) and (start >= due or (last and due < _at(on, last, zone))):
            return _text(max(start, due))
    return _text(due)


def _look(draft: Draft, rule: DeadlineRule, row: Deadline, people: People) -> None:
    """Everything that is due of one deadline, and when to look again."""
    today, known = dates.earliest(draft.office.today), _messages(draft, row)
    if ladder.goes_on(row) and _succeeded(draft, row):
        for person in {message.recipient for message in known}:
            _take_back(draft, known, person)
        draft.put("deadline", row._replace(wake_at=""))
        return
    answered = any(message.revision == row.revision and message.acked_by and message.kind in LOUD for message in known)
    for person, rungs in _due(draft, rule, row, people, known).items():
        told = [_told(rung, people[person], row, known, answered=answered) for rung in rungs]
        said = [one for one in told if one.state == "pending"]
        for one in said[:-1]:
            told[told.index(one)] = one._replace(state="superseded", reason="a later one took its place")
        if said:
            _take_back(draft, known, person)
        for one in told:
            _write(draft, row, one, today)
    over = row.over_at <= draft.office.now and row.on_expiry != "fire"
    fresh = row._replace(told_on=draft.office.today, overdue=row.overdue or over, expires_at=row.over_at)
    draft.put("deadline", fresh._replace(wake_at=ladder.following(draft, rule, fresh, answered=answered)))


def _succeeded(draft: Draft, row: Deadline) -> bool:
    """Whether something stands in the place of what has ended: a later stage of its kind."""
    ended = draft.instance(row.instance)
    return any(other.stage == ended.stage and not other.parent and other.number > ended.number for other in draft.instances())


def _due(draft: Draft, rule: DeadlineRule, row: Deadline, people: People, known: list[Message]) -> dict[str, list[Rung]]:
    """The rungs that have come since the last look, by recipient, in the order of their days."""
    today, made = draft.office.today, _made(row)
    found = [rung for rung in ladder.rungs(draft, rule, row) if rung.day.isoformat() <= today and rung.day.isoformat() > row.told_on]
    if row.act == "recount":  # who was told of a rung is not told again because its day moved
        carried = {message.rung for message in known if message.revision < row.revision and message.reason != CANCELLED}
        found = [rung for rung in found if rung.name not in carried]
    if ladder.silent(draft, row):
        found = [rung for rung in found if rung.day >= made]
    elif row.made_on and any(rung.day < made for rung in found):
        late = [rung for rung in found if rung.day >= made]
        kind = "overdue" if row.effective < row.made_on else "announcement"
        found = [*(rung for rung in found if rung.day < made), Rung(NEW, made, kind), *late]
    by_person: dict[str, list[Rung]] = {}
    for rung in found:
        for person in recipients(draft, rung, people):
            held = by_person.setdefault(person.id, [])
            if all(other.name != rung.name for other in held):
                held.append(rung)
    return by_person


def _told(rung: Rung, person: Person, row: Deadline, known: list[Message], *, answered: bool) -> Told:
    """Whether somebody is told of a rung."""
    if row.made_on and rung.day < _made(row):
        return Told(rung, person, "skipped", reason="its day was over when the deadline was made")
    if answered and rung.kind in LOUD:
        return Told(rung, person, "skipped", reason="somebody has acknowledged it")
    if rung.name == ENDED and any((message.rung, message.recipient, message.revision) == ("0", person.id, row.revision) and message.sent_at
                                  for message in known):
        return Told(rung, person, "skipped", reason="told on its day")
    put_off = max((message.snoozed_until for message in known if message.recipient == person.id), default="")
    if rung.kind not in LOUD and rung.day.isoformat() <= put_off:
        return Told(rung, person, "skipped", reason="put off")
    return Told(rung, person, "pending")


def _take_back(draft: Draft, known: list[Message], person: str) -> None:
    """Who is told now is not told the same again by what still waits."""
    for message in known:
        if message.recipient == person and message.state in WAITING and not message.snoozed_until:
            draft.put("message", message._replace(state="superseded", wake_at="", reason="a later one took its place"))


def _write(draft: Draft, row: Deadline, told: Told, today: date) -> None:
    rung, person, office = told.rung, told.person, draft.office
    said = told.state == "pending"
    at_once = rung.kind in LOUD or _near(row, today)
    message = Message(row.instance, row.name, row.revision, rung.name, person.id, _channel(office, person), rung.kind, rung.day.isoformat(),
                      arrival(office, person, office.now, at_once=at_once) if said else "", told.state,
                      late_days=max(0, (today - rung.day).days) if said else 0, reason=told.reason)
    if _key(message) not in draft.tables["message"]:
        draft.put("message", message)


def _messages(draft: Draft, row: Deadline) -> list[Message]:
    """All messages of a deadline, of every revision."""
    return [message for message in draft.tables["message"].values() if (message.instance, message.name) == (row.instance, row.name)]


def _key(message: Message) -> tuple[object, ...]:
    return message.instance, message.name, message.revision, message.rung, message.recipient, message.channel


def _made(row: Deadline) -> date:
    """The day from which a deadline counts its rungs; one from before that was on record, from its anchor."""
    return dates.latest(row.made_on or row.anchored_on)


def _near(row: Deadline, day: date) -> bool:
    return (dates.latest(row.effective) - day).days <= NEAR


def _deputy(person: Person, people: People, today: str) -> Person:
    """Who is told in somebody's place today: a deputy's own deputy is not asked."""
    away = person.deputy
    deputy = people.get(away["person"]) if away and away["from"] <= today <= away["until"] else None
    return deputy if deputy is not None and deputy.active else person


def _channel(office: Office, person: Person) -> str:
    """The first way to somebody; what comes after it is tried when a message cannot be delivered."""
    return (person.channels or str(office.settings.get("channels") or CHANNEL).split(","))[0].strip()


def _morning(office: Office, person: Person, day: str) -> str:
    from zoneinfo import ZoneInfo

    return _text(_at(dates.earliest(day), "00:00", ZoneInfo(person.zone or office.zone)))


def _at(day: date, clock: str, zone: object) -> datetime:
    """A time of the day in a zone, in UTC; one that the clock skips is the moment of the skip."""
    hour, _, minute = clock.strip().partition(":")
    return datetime.combine(day, time(int(hour), int(minute or 0)), tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]  # a ZoneInfo


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

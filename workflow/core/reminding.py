"""
Who is told what of a deadline: the sweep, pure. Messages are rows; nothing is sent here.

A sweep looks at the deadlines whose moment has come. Of the rungs that have come since the last look everybody is told the most urgent only,
marked with the days it is late; the others are superseded. Rungs that were over before the deadline was made are skipped with a record, and
it announces itself once. A row is keyed by its rung, so no rung is ever written twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workflow.core import dates, ladder, promising
from workflow.core.agreement import Change, Message
from workflow.core.deadline import fires
from workflow.core.draft import CANCELLED, Draft
from workflow.core.ladder import ENDED, NEW, Rung
from workflow.core.whom import arrival, channel, morning, recipients
from workflow.errors import InvalidInput, NotAsItStands, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.agreement import Case, Deadline
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Office
    from workflow.core.office import Person

    People = Mapping[str, Person]

FULL = 60  # rows of one change
NEAR = 7  # days before its end at which a deadline no longer waits for the digest
WAITING = ("pending", "failed", "uncertain")
PASSED_ON = str(Phrase("somebody else is told instead"))
LOUD = ("overdue", "escalation", "ended")


class Told(NamedTuple):
    """One rung for one person, and whether it is said or only recorded."""

    rung: Rung
    person: Person
    state: str
    reason: str = ""


def sweep(case: Case, office: Office, people: People) -> Change | None:
    """Write the messages that are due now; None where nothing is. What fires has fired before (`decision.notice`)."""
    draft = Draft(case, office)
    for message in _waiting(draft):
        person = people.get(message.recipient)
        if len(draft.touched) <= FULL and (person is None or not person.active):
            _pass_on(draft, message, people)
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


def reassign(draft: Draft, before: str, people: People) -> None:
    """What waits for whoever was responsible (`before`), or for their deputy, is for whoever is now; what may have left already stays."""
    for message in _waiting(draft):
        if message.state != "uncertain" and (message.recipient == before or not message.snoozed_until) and len(draft.touched) <= FULL:
            _pass_on(draft, message, people, owner=True)


def _waiting(draft: Draft) -> list[Message]:
    return [message for message in draft.tables["message"].values() if message.wake_at and message.state in WAITING]


def _pass_on(draft: Draft, message: Message, people: People, *, owner: bool = False) -> None:
    """
    Tell whoever is to be told of a rung now what waits for somebody who is not any more. Nobody is told twice.

    `owner`: only what whoever is responsible is told. Where there is nobody to tell, it stays as it is, and is given up when it is due.
    """
    row = draft.tables["deadline"].get((message.instance, message.name, message.revision))
    rule = ladder.rule_of(draft, row) if row is not None else None
    if row is None or rule is None:
        return
    today = dates.earliest(draft.office.today)
    rung = next((rung for rung in ladder.rungs(draft, rule, row) if (rung.name, rung.kind) == (message.rung, message.kind)),
                Rung(message.rung, dates.earliest(message.due_on), message.kind))
    found = recipients(draft, rung, people, at_once=_at_once(rung, row, today)) if rung.owner or not owner else []
    for person in found:
        theirs = [other for other in _messages(draft, row) if other.recipient == person.id and other.revision == row.revision]
        if not any((other.rung == rung.name and other.reason != PASSED_ON) or other.state in WAITING for other in theirs):
            _write(draft, row, Told(rung, person, "pending"), today, later=message.snoozed_until)
    if found and message.recipient not in [person.id for person in found]:
        draft.put("message", message._replace(state="superseded", wake_at="", reason=PASSED_ON))


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
    again = Message(row.instance, row.name, row.revision, f"again-{until}", who.id, channel(office, who), "reminder", until,
                    arrival(office, who, morning(office, who, until), at_once=_near(row, dates.earliest(until))), "pending",
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
    rule, today = ladder.rule_of(draft, row), dates.earliest(draft.office.today)
    if any(message.recipient == who.id for message in _messages(draft, row)):
        return True
    rungs = ladder.rungs(draft, rule, row) if rule is not None else ()
    return any(who in recipients(draft, rung, people, at_once=_at_once(rung, row, today)) for rung in rungs)


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
        for person in recipients(draft, rung, people, at_once=_at_once(rung, row, dates.earliest(today))):
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
    """Who is told now is not told the same again by what still waits; what was put off until a later day has that day."""
    for message in known:
        if message.recipient == person and message.state in WAITING and message.snoozed_until <= draft.office.today:
            draft.put("message", message._replace(state="superseded", wake_at="", reason="a later one took its place"))


def _write(draft: Draft, row: Deadline, told: Told, today: date, later: str = "") -> None:
    """Put a message on record; `later` is the day before which it does not come."""
    rung, person, office = told.rung, told.person, draft.office
    due = morning(office, person, later) if later > office.today else office.now
    said = told.state == "pending"
    message = Message(row.instance, row.name, row.revision, rung.name, person.id, channel(office, person), rung.kind, rung.day.isoformat(),
                      arrival(office, person, due, at_once=_at_once(rung, row, dates.earliest(later or office.today))) if said else "", told.state,
                      late_days=max(0, (today - rung.day).days) if said else 0, reason=told.reason)
    held = draft.tables["message"].get(_key(message))
    if held is None or held.reason == PASSED_ON:
        draft.put("message", message)


def _messages(draft: Draft, row: Deadline) -> list[Message]:
    """All messages of a deadline, of every revision."""
    return [message for message in draft.tables["message"].values() if (message.instance, message.name) == (row.instance, row.name)]


def _key(message: Message) -> tuple[object, ...]:
    return message.instance, message.name, message.revision, message.rung, message.recipient, message.channel


def _made(row: Deadline) -> date:
    """The day from which a deadline counts its rungs; one from before that was on record, from its anchor."""
    return dates.latest(row.made_on or row.anchored_on)


def _at_once(rung: Rung, row: Deadline, today: date) -> bool:
    """Whether a rung of which somebody is told today does not wait for the one message of a day."""
    return rung.kind in LOUD or _near(row, today)


def _near(row: Deadline, day: date) -> bool:
    return (dates.latest(row.effective) - day).days <= NEAR

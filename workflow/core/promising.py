"""
What people may do about a promised date: extend it, stop its clock and let it run again, waive it.

Each makes a new revision with its reason; the old one stays on record, and whoever was still to be told of it is not. A period that the
law sets is not the office's to move: only where the definition itself says so (`extendable`, `waivable`, `suspendable`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workflow.core import dates, decision, facts, ladder, reckoning
from workflow.core.agreement import Change
from workflow.core.calendar import shift
from workflow.core.deadline import instant, parse_lead
from workflow.core.draft import Draft
from workflow.errors import DeadlineBound, InvalidInput, NotAsItStands, NotAuthorised, NotFound, Phrase

if TYPE_CHECKING:
    from datetime import date

    from workflow.core.agreement import Case, Deadline
    from workflow.core.calendar import Calendar
    from workflow.core.decision import Request
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Office

ROLES = ("coordinator", "secretary", "mayor")  # who may, besides the agreement's owner and those it is brought before
BINDING = ("statute", "circular")
PAST = {"extend": Phrase("it was extended"), "suspend": Phrase("its clock was stopped"), "resume": Phrase("its clock ran again"),
        "waive": Phrase("it was waived"), "recount": Phrase("the calendar has changed")}


def extend(case: Case, office: Office, ref: str, name: str, request: Request, *, to: str = "", by: str = "") -> Change:
    """Give a deadline a later day: `to` that day, or `by` so much (`+10bd`)."""
    draft, rule, held = _begin(case, office, ref, name, "extend", request)
    _bound(draft, held, rule, "extend", "extendable")
    if held.stopped_on:
        raise NotAsItStands(full(draft, ref), f"extend {name}", name, Phrase(
            "its clock stands still; let it run first: mufakat deadline resume {ref} {name} --reason TEXT", ref=full(draft, ref), name=name))
    end = dates.latest(held.effective)
    if bool(to) == bool(by):
        raise InvalidInput("to", "", "say until when, or by how much: --to DATE or --by +10bd")
    if by:
        lead = parse_lead(by)
        day = shift(end, lead.amount, lead.unit, _calendar(draft, held))[0]
    else:
        day = _exact(to, "to")
    if day <= end or day < dates.earliest(office.today):
        raise InvalidInput("to", day.isoformat(), Phrase("an extension ends later than {day} and not before today", day=held.effective))
    _revise(draft, rule, held, "extend", request.reason, effective=day.isoformat())
    return _done(draft, "extend", ref, name, office.today, request)


def suspend(case: Case, office: Office, ref: str, name: str, request: Request) -> Change:
    """Stop the clock of a deadline, as of the day on paper; only where its definition lets it stand still."""
    draft, rule, held = _begin(case, office, ref, name, "suspend", request)
    if not rule.spec.get("suspendable"):
        raise DeadlineBound(full(draft, ref), "suspend", name, Phrase("its definition does not let its clock stand still"))
    if held.stopped_on:
        raise NotAsItStands(full(draft, ref), f"suspend {name}", name, Phrase("its clock has stood still since {day}", day=held.stopped_on))
    on = decision.occurred(office, request.occurred)
    day = _exact(on, "occurred-at")
    if not dates.earliest(held.anchored_on) <= day <= dates.latest(held.effective):
        raise InvalidInput("occurred-at", on, Phrase("its clock ran from {first} to {last}", first=held.anchored_on, last=held.effective))
    _revise(draft, rule, held, "suspend", request.reason, stopped_on=on)
    return _done(draft, "suspend", ref, name, on, request)


def resume(case: Case, office: Office, ref: str, name: str, request: Request) -> Change:
    """Let the clock run again: the day moves by the days that passed, working days where it counts in those."""
    draft, rule, held = _begin(case, office, ref, name, "resume", request)
    if not held.stopped_on:
        raise NotAsItStands(full(draft, ref), f"resume {name}", name, Phrase("its clock runs"))
    on = decision.occurred(office, request.occurred)
    start, day, calendar = dates.earliest(held.stopped_on), _exact(on, "occurred-at"), _calendar(draft, held)
    if day < start:
        raise InvalidInput("occurred-at", on, Phrase("its clock stood still from {day}", day=held.stopped_on))
    passed = [start + timedelta(days=number) for number in range(1, (day - start).days + 1)]
    working = held.unit == "working-day"
    count = sum(calendar.is_working(each) for each in passed) if working else len(passed)
    nominal, provisional = shift(dates.latest(held.effective), count, held.unit if working else "day", calendar)
    _revise(draft, rule, held, "resume", request.reason, stopped_on="", nominal=nominal.isoformat(),
            effective=calendar.roll(nominal, rule.roll).isoformat(), provisional=held.provisional or provisional)
    return _done(draft, "resume", ref, name, on, request)


def waive(case: Case, office: Office, ref: str, name: str, request: Request) -> Change:
    """Let go of a deadline; one that recurs goes on with its next occurrence."""
    draft, rule, held = _begin(case, office, ref, name, "waive", request)
    _bound(draft, held, rule, "waive", "waivable")
    draft.put("deadline", held._replace(status="void", settled_on=office.today, wake_at="", reason=str(PAST["waive"])))
    draft.put("deadline", held._replace(revision=held.revision + 1, status="void", act="waive", made_on=office.today, settled_on=office.today,
                                        wake_at="", stopped_on="", told_on="", reason=request.reason))
    if rule.every and held.amount > 0:
        decision.repeat(draft, rule, held._replace(revision=held.revision + 1))
    return _done(draft, "waive", ref, name, office.today, request)


def recount(case: Case, office: Office) -> Change | None:
    """Count every open deadline again over the calendar as it is now; None where none moves. What people moved stays where they put it."""
    draft = Draft(case, office)
    for held in list(case.tables["deadline"].values()):
        rule = ladder.rule_of(draft, held) if held.status == "open" and held.act in ("", *ladder.SILENT) and not held.stopped_on else None
        if rule is None or not (held.unit == "working-day" or rule.roll != "none"):
            continue
        found = reckoning.counted(draft, rule, held.anchored_on, held.amount, held.occurrence)
        provisional = found.provisional or dates.precision(held.anchored_on) != "day"
        if found.effective.isoformat() != held.effective:
            _revise(draft, rule, held, "recount", "", nominal=found.nominal.isoformat(), effective=found.effective.isoformat(),
                    provisional=provisional, made_on=held.made_on)
        elif provisional != held.provisional:
            draft.put("deadline", held._replace(provisional=provisional))
    effects = draft.effects()
    return Change("recount", effects, office.today, reason=str(PAST["recount"])) if effects else None


def find(draft: Draft, ref: str, name: str) -> Deadline:
    """
    The latest revision of a deadline of a stage (`""`: of the track).

    Raises:
        NotFound: with the names of those that there are; for a whole agreement, of those of its stages too.
        InvalidInput: no name was given; with the same names.
    """
    if ref:
        decision.find(draft, ref)
    held = draft.deadlines(ref)
    if name in held:
        return held[name]
    places = [ref] if ref else ["", *(row.ref for row in draft.instances())]
    known = [f"{full(draft, place)} {each}" for place in places for each in draft.deadlines(place)]
    if not name:
        raise InvalidInput("deadline", "", Phrase("say which one, right after the reference") if known else
                           Phrase("{ref} has no deadline", ref=full(draft, ref)), known)
    raise NotFound("deadline", f"{full(draft, ref)} {name}", known)


def full(draft: Draft, ref: str) -> str:
    """The reference of a stage, or (`""`) of the agreement."""
    return facts.full_ref(draft, draft.instance(ref)) if ref else draft.agreement.ref


def _begin(case: Case, office: Office, ref: str, name: str, act: str, request: Request) -> tuple[Draft, DeadlineRule, Deadline]:
    draft = Draft(case, office)
    held = find(draft, ref, name)
    rule = ladder.rule_of(draft, held)
    if held.status != "open" or rule is None:
        standing = [row.name for row in draft.deadlines(ref).values() if row.status == "open"]
        raise NotAsItStands(full(draft, ref), f"{act} {name}", name, Phrase("it is not open any more: {status}", status=held.status), standing)
    if not request.reason.strip():
        raise InvalidInput("reason", "", "say why: --reason TEXT")
    roles = (*ROLES, *rule.spec.get("escalate", ()))
    if office.by.person != draft.agreement.owner and not set(roles) & set(office.by.roles):
        raise NotAuthorised(full(draft, ref), f"{act} {name}", list(dict.fromkeys(roles)), office.by.name)
    return draft, rule, held


def _bound(draft: Draft, held: Deadline, rule: DeadlineRule, act: str, allowed: str) -> None:
    if held.basis in BINDING and not rule.spec.get(allowed):
        raise DeadlineBound(full(draft, held.instance), act, held.name,
                            Phrase("{citation}: the law's period is not the office's to move", citation=held.citation or held.basis))


def _revise(draft: Draft, rule: DeadlineRule, held: Deadline, act: str, reason: str, **changes: Any) -> None:
    office = draft.office
    draft.put("deadline", held._replace(status="void", settled_on=office.today, wake_at="", reason=str(PAST[act])))
    fresh = held._replace(**{"made_on": office.today, **changes, "revision": held.revision + 1, "act": act, "told_on": "", "overdue": False,
                             "reason": reason})
    fresh = fresh._replace(expires_at=instant(dates.latest(fresh.effective), rule.at, office.zone))
    draft.put("deadline", fresh._replace(wake_at="" if fresh.stopped_on else ladder.first(draft, rule, fresh)))


def _done(draft: Draft, act: str, ref: str, name: str, on: str, request: Request) -> Change:
    reckoning.reckon(draft, on)  # what counts from this day moves with it
    return Change(act, draft.effects(), on, ref, name, role=request.role, reason=request.reason)


def _exact(text: str, field: str) -> date:
    if dates.precision(text) != "day":
        raise InvalidInput(field, text, "a day is needed, such as 2026-05-13")
    return dates.earliest(text)


def _calendar(draft: Draft, row: Deadline) -> Calendar:
    return draft.office.calendar(row.calendar or str(draft.office.settings.get("calendar") or "ID"))

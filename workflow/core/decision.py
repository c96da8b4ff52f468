"""
The verbs about a stage, pure: each takes the case and what is asked, and returns the Change that it makes, or raises a refusal.

Every verb ends alike: reactions of sibling stages are followed, deadlines reckoned, and the draft is read off as effects.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import approving, dates, facts, firing, following, ladder, machine, opening, reckoning, recording
from workflow.core.agreement import Change
from workflow.core.deadline import dated, is_past, next_due
from workflow.core.draft import Draft
from workflow.errors import AgreementNotFound, InvalidInput, NotAsItStands, NotAuthorised, Phrase, TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.core.agreement import Case, Deadline, Instance
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Office
    from workflow.core.recording import Fact, File


class Request(NamedTuple):
    """What is asked besides the verb: facts, files, links, the date on paper, a reason, a role. `flags`: what only one verb knows."""

    facts: Sequence[Fact] = ()
    files: Sequence[File] = ()
    links: Mapping[str, str] = MappingProxyType({})
    occurred: str = ""
    reason: str = ""
    role: str = ""


def open_stage(case: Case, office: Office, stage: str, request: Request, *, existing: str = "") -> Change:
    """Open a stage, or with `existing` enter it in the state it stands in (`request.occurred` is then the as-of date)."""
    draft = Draft(case, office)
    on = occurred(office, request.occurred)
    if existing:
        instance = opening.enter_existing(draft, stage, existing, request.links, on)
    else:
        instance = opening.open_stage(draft, stage, request.links, on)
    recording.record(draft, instance, request.facts, request.files, on)
    if existing:
        opening.mark_unknown(draft, instance)
    else:
        opening.check_opening(draft, instance, on)
    return _finish(draft, "open", instance, on, request, importing=frozenset([instance.ref] if existing else []))


def open_item(case: Case, office: Office, parent: str, request: Request, *, existing: str = "") -> Change:
    """Put an item on an action plan."""
    draft = Draft(case, office)
    plan = find(draft, parent)
    definition = draft.definition(plan)
    if definition.item is None:
        raise InvalidInput("item", parent, Phrase("{stage} has no items", stage=plan.stage))
    closed = definition.states[plan.state].final or plan.state not in definition.item.opening.get("parent", definition.states)
    if existing and existing not in definition.item.states:
        raise InvalidInput("item", parent, Phrase("there is no state {state}", state=existing), list(definition.item.states))
    if closed and not existing:
        raise NotAsItStands(reference(draft, plan), "open", "item", Phrase("the plan stands in {state}", state=plan.state))
    on = occurred(office, request.occurred)
    item = opening.place(draft, plan.stage, {}, on, state=existing, parent=plan.ref, imported=bool(existing))
    recording.record(draft, item, request.facts, request.files, on)
    if existing:
        opening.mark_unknown(draft, item)
    else:
        opening.check_opening(draft, item, on)
    return _finish(draft, "open", item, on, request, importing=frozenset([item.ref] if existing else []))


def advance(case: Case, office: Office, ref: str, trigger: str, request: Request) -> Change:
    """Move a stage along one of its transitions, with the facts and files that come with the step."""
    draft = Draft(case, office)
    instance = find(draft, ref)
    if trigger not in draft.definition(instance).transitions:
        known = machine.allowed(draft.definition(instance), instance.state)
        raise InvalidInput("trigger", trigger, Phrase("{stage} has no such transition", stage=instance.stage), known)
    on = _step_date(draft, instance, trigger, request)
    if request.reason and _wants_reason(draft, instance, trigger, request):
        request = request._replace(facts=[*request.facts, recording.Fact("reason", request.reason)])
    _link(draft, instance, request.links)
    if request.facts or request.files:
        recording.record(draft, instance, request.facts, request.files, on)
        reckoning.reckon(draft, on)
    return _take(draft, draft.instance(instance.ref), trigger, on, request, "advance")


def notice(case: Case, office: Office, day: str) -> Change | None:
    """
    The next fact of time that is due and happened no later than `day`: fired, or overdue where its transition is not possible.

    None at rest. What no calendar can hold (a term of ten thousand years) is not possible either: it must not lock the agreement.
    """
    row = next_due(case, office.now, office.today, office.zone, day)
    if row is None:
        return None
    try:
        return expire(case, office, row, dated(row, office.today))
    except (TransitionRefused, InvalidInput) as refused:
        return overdue(case, office, row, str(refused))


def expire(case: Case, office: Office, row: Deadline, on: str) -> Change:
    """
    Let a fact of time fire its transition, as the system, on the day it is dated.

    Raises:
        TransitionRefused: the transition is not possible; the caller marks the deadline overdue (`overdue`).
    """
    draft = Draft(case, office)
    instance = find(draft, row.instance)
    draft.put("deadline", row._replace(status="fired", settled_on=on, wake_at=ladder.after_firing(draft, row)))
    return _take(draft, instance, row.fire, on, Request(), "fire", again=row)


def overdue(case: Case, office: Office, row: Deadline, why: str) -> Change:
    """Mark a deadline whose transition was refused: overdue once, not tried at every tick; the next sweep tells of it."""
    draft = Draft(case, office)
    draft.put("deadline", row._replace(overdue=True, wake_at=row.over_at, expires_at=row.over_at, reason=why))
    return Change("overdue", draft.effects(), office.today, row.instance, row.fire, reason=why)


def record(case: Case, office: Office, ref: str, request: Request, *, not_required: str = "") -> Change:
    """Put facts, letters, answers, documents or links on record, without moving the stage."""
    draft = Draft(case, office)
    instance = find(draft, ref)
    on = occurred(office, request.occurred or recording.act_date(draft, instance, request.facts))
    if not_required:
        recording.not_required(draft, instance, not_required, request.reason, on)
    elif not (request.facts or request.files or request.links):
        raise InvalidInput("record", "", "nothing to record: give FIELD=VALUE, --document, --link, --asked or --answer")
    _link(draft, instance, request.links)
    recording.record(draft, instance, request.facts, request.files, on)
    if not draft.effects():
        draft.notes.append(Phrase("nothing is new: it was on record already"))
    return _finish(draft, "record", instance, on, request)


def approve(case: Case, office: Office, ref: str, name: str, decision: str, request: Request) -> Change:
    """Give or refuse one approval."""
    if decision == "refused" and not request.reason:
        raise InvalidInput("reason", "", "a refusal needs its reason: --reason TEXT")
    draft = Draft(case, office)
    instance = find(draft, ref)
    on = occurred(office, request.occurred)
    role = approving.approve(draft, instance, name, decision, request.role, request.reason, on)
    return _finish(draft, "approve", instance, on, request, trigger=name, role=role)


def find(draft: Draft, ref: str) -> Instance:
    """The instance a reference names within the agreement."""
    found = draft.tables["instance"].get((ref,))
    if found is None:
        raise AgreementNotFound("stage", f"{draft.agreement.ref}/{ref}", [f"{draft.agreement.ref}/{row.ref}" for row in draft.instances()])
    instance: Instance = found
    return instance


def occurred(office: Office, text: str) -> str:
    """The date on paper: today unless given; a day that has not come is refused."""
    on = dates.check(text or office.today, "occurred-at")
    first = dates.latest(on) if dates.precision(on) == "not-after" else dates.earliest(on)
    if first > dates.earliest(office.today):
        raise InvalidInput("occurred-at", on, Phrase("that day has not come (today is {today})", today=office.today))
    return on


def _step_date(draft: Draft, instance: Instance, trigger: str, request: Request) -> str:
    """The day of a step: as given, else that of its papers or of the answer it rests on, but never before the stage came to where it stands."""
    papers = recording.act_date(draft, instance, request.facts) or _answered(draft, instance, trigger)
    on = occurred(draft.office, request.occurred or papers)
    if not dates.surely_before(on, instance.since):
        return on
    if request.occurred:
        raise InvalidInput("occurred-at", on, Phrase("{ref} has stood in {state} only since {day}", ref=reference(draft, instance),
                                                     state=instance.state, day=instance.since))
    return instance.since


def _answered(draft: Draft, instance: Instance, trigger: str) -> str:
    """The day of the answer that a step of somebody outside records: the council approved on the day its decision came."""
    definition = draft.definition(instance)
    transition = definition.transitions[trigger]
    if not transition.actor:
        return ""
    needs = [definition.requirements[name] for name in transition.needs]
    rows = [draft.row(instance.ref, need.row) for need in needs if need.kind == "reply" and need.spec.get("actor") == transition.actor]
    return str(max((row.data["received"] for row in rows if row is not None and row.data.get("received")), key=dates.latest, default=""))


def _wants_reason(draft: Draft, instance: Instance, trigger: str, request: Request) -> bool:
    needs = draft.definition(instance).transitions[trigger].needs
    return "reason" in needs and not any(fact.field == "reason" for fact in request.facts)


def _link(draft: Draft, instance: Instance, links: Mapping[str, str]) -> None:
    if links:
        definition = draft.definition(instance)
        chosen = opening.choose_links(draft, definition, instance.stage, links, strict=False)
        draft.put("instance", instance._replace(links={**instance.links, **{name: chosen[name] for name in links}}))


def _take(draft: Draft, instance: Instance, trigger: str, on: str, request: Request, act: str, again: Deadline | None = None) -> Change:
    transition, soft = machine.decide(draft, instance, trigger, on)
    draft.notes += [Phrase("without {requirement}: {reason}", requirement=row.requirement or "-", reason=Phrase(row.message, **row.facts))
                    for row in soft]
    role = request.role or next((role for role in transition.roles if role in draft.office.by.roles), "")
    firing.fire(draft, instance, transition, on)
    if again is not None:
        repeat(draft, draft.definition(instance).deadlines[again.name], again)
    return _finish(draft, act, instance, on, request, trigger=trigger, target=transition.to or instance.state, role=role, behalf=transition.actor)


def repeat(draft: Draft, rule: DeadlineRule, row: Deadline) -> None:
    """The next occurrence of a recurring deadline that has fired or was waived: the first that is not over yet."""
    if not rule.every or row.amount < 1:
        return
    occurrence = row.occurrence
    while True:
        occurrence += 1
        fresh = reckoning.made(draft, row.instance, rule, row.revision + 1, row.anchor, row.anchored_on, row.amount, occurrence)
        if not is_past(fresh.expires_at, draft.office.now):
            draft.put("deadline", fresh)
            return


def _finish(draft: Draft, act: str, instance: Instance, on: str, request: Request, *, trigger: str = "", target: str = "", role: str = "",
            behalf: str = "", importing: frozenset[str] = frozenset()) -> Change:
    following.follow(draft, on)
    firing.record_gaps(draft)
    reckoning.reckon(draft, on, importing=importing)
    now, opened = draft.instance(instance.ref), act == "open"
    return change_of(draft, act, on, request, instance=instance.ref, trigger=trigger, source="" if opened else instance.state,
                     target=target or (now.state if opened else ""), role=role, behalf=behalf,
                     definition=(now.stage, now.version, now.hash))


def change_of(draft: Draft, act: str, on: str, request: Request, role: str = "", **said: Any) -> Change:
    """What a draft has come to, as one act of that day."""
    if request.role and request.role not in draft.office.by.roles:  # nobody acts in a role they do not hold
        raise NotAuthorised(draft.agreement.ref, act, [request.role], draft.office.by.name)
    effects = draft.effects()
    documents = tuple(draft.tables[table][key] for table, key in draft.touched if table == "document")
    notes = tuple(dict.fromkeys(draft.notes + late(draft, on)))
    return Change(act, effects, on, role=role or request.role, reason=request.reason, documents=documents, notes=notes,
                  personal=draft.committed(), **said)


def late(draft: Draft, on: str) -> list[str]:
    """The note that an act is entered after later ones, where it is."""
    newest = max((instance.since for instance in draft.case.tables["instance"].values()), key=dates.latest, default="")
    if not newest or dates.latest(on) >= dates.earliest(newest):
        return []
    return [Phrase("entered late: it happened before {day}, the date of an earlier entry", day=newest)]


def options(case: Case, office: Office, ref: str) -> list[tuple[str, str, list[Any]]]:
    """What may happen to a stage now: (trigger, target state, what is unmet) for every transition that leaves its state."""
    draft = Draft(case, office)
    instance = find(draft, ref)
    definition = draft.definition(instance)
    return [(row.name, row.to or instance.state, machine.judge(draft, instance, row, office.today))
            for row in definition.transitions.values() if instance.state in row.sources]


def reference(draft: Draft, instance: Instance) -> str:
    return facts.full_ref(draft, instance)

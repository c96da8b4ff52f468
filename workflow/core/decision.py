"""
The verbs, pure: each takes the case and what is asked, and returns the Change that it makes, or raises a refusal.

Every verb ends alike: reactions of sibling stages are followed, deadlines reckoned, and the draft is read off as effects.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, facts, firing, following, machine, opening, reckoning, recording
from workflow.core.agreement import Activity, Agreement, Case, Change, Head, empty
from workflow.core.deadline import dated, next_due
from workflow.core.draft import Draft
from workflow.core.office import SYS
from workflow.errors import AgreementNotFound, InvalidInput, Phrase, TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.core.agreement import Deadline, Instance
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


def start(office: Office, ident: str, ref: str, title: str, parties: list[dict[str, Any]], owner: str, request: Request,
          params: dict[str, Any], *, imported: bool = False) -> tuple[Case, Change]:
    """A new agreement; the case returned holds it, so that a first stage can be opened in the same breath."""
    on = occurred(office, request.occurred)
    draft = Draft(Case(Head(ident), empty()), office)
    draft.put("agreement", Agreement(ident, ref, title, office.track.name, office.track.version, office.track.hash, parties,
                                     owner, on, params, imported))
    reckoning.reckon(draft, on)
    change = _change(draft, "start", on, request)
    return Case(Head(ident), draft.tables), change


def check_ref(ref: str) -> None:
    """A reference is what people type: lower-case letters, digits and single hyphens."""
    if ref == SYS:
        raise InvalidInput("reference", ref, "the office's own history is called so; choose another name")
    if not ref or len(ref) > 64 or not all(part.isascii() and part.isalnum() and part == part.lower() for part in ref.split("-")):
        raise InvalidInput("reference", ref, "use lower-case letters a-z, digits and single hyphens, such as bogor-kisarazu")


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
        firing.record_gap(draft, draft.instance(instance.ref))
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
    if definition.states[plan.state].final or (existing and existing not in definition.item.states):
        raise InvalidInput("item", parent, Phrase("there is no state {state}", state=existing) if existing
                           else Phrase("the plan stands in {state}", state=plan.state),
                           list(definition.item.states))
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
    on = occurred(office, request.occurred or recording.act_date(draft, instance, request.facts))
    if request.reason and _wants_reason(draft, instance, trigger, request):
        request = request._replace(facts=[*request.facts, recording.Fact("reason", request.reason)])
    _link(draft, instance, request.links)
    if request.facts or request.files:
        recording.record(draft, instance, request.facts, request.files, on)
        reckoning.reckon(draft, on)
    return _take(draft, draft.instance(instance.ref), trigger, on, request, "advance")


def expire(case: Case, office: Office, row: Deadline, on: str) -> Change:
    """
    Let a fact of time fire its transition, as the system, on the day it is dated.

    Raises:
        TransitionRefused: the transition is not possible; the caller marks the deadline overdue (`overdue`).
    """
    draft = Draft(case, office)
    instance = find(draft, row.instance)
    draft.put("deadline", row._replace(status="fired", settled_on=on, wake_at=""))
    return _take(draft, instance, row.fire, on, Request(), "fire", again=row)


def notice(case: Case, office: Office, day: str) -> Change | None:
    """The next fact of time that is due and dated on or before `day`: fired, or overdue where its transition is not possible; None at rest."""
    row = next_due(case, office.now, office.today, day)
    if row is None:
        return None
    try:
        return expire(case, office, row, dated(row, office.today))
    except TransitionRefused as refused:
        return overdue(case, office, row, str(refused))


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
    role = recording.approve(draft, instance, name, decision, request.role, request.reason, on)
    return _finish(draft, "approve", instance, on, request._replace(role=role), trigger=name)


def activity(case: Case, office: Office, title: str, kind: str, field: str, until: str, instance: str, note: str, request: Request) -> Change:
    """Put a dated fact of cooperation on record; dormancy counts from the last one."""
    draft = Draft(case, office)
    if instance:
        find(draft, instance)
    if not title.strip():
        raise InvalidInput("title", title, "an activity needs a title")
    on = occurred(office, request.occurred)
    if until and dates.latest(until) < dates.earliest(on):
        raise InvalidInput("until", until, Phrase("it ends before it begins ({day})", day=on))
    number = len(draft.tables["activity"]) + 1
    draft.put("activity", Activity(number, kind, title, field, on, until, instance, note))
    reckoning.reckon(draft, on)
    return _change(draft, "activity", on, request)._replace(instance=instance)


def assign(case: Case, office: Office, owner: str, request: Request) -> Change:
    """Make somebody else responsible for the agreement."""
    draft = Draft(case, office)
    if draft.agreement.owner == owner:
        raise InvalidInput("owner", "", "that person is the owner already")
    draft.put("agreement", draft.agreement._replace(owner=owner))
    return _change(draft, "assign", occurred(office, request.occurred), request)


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
    if dates.earliest(on) > dates.earliest(office.today):
        raise InvalidInput("occurred-at", on, Phrase("that day has not come (today is {today})", today=office.today))
    return on


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
    return _finish(draft, act, instance, on, request._replace(role=role), trigger=trigger, target=transition.to or instance.state,
                   behalf=transition.actor)


def repeat(draft: Draft, rule: DeadlineRule, row: Deadline) -> None:
    """The next occurrence of a recurring deadline that has fired or was waived: the first that is not over yet."""
    if not rule.every or row.amount < 1:
        return
    occurrence = row.occurrence
    while True:
        occurrence += 1
        fresh = reckoning.made(draft, row.instance, rule, row.revision + 1, row.anchor, row.anchored_on, row.amount, occurrence)
        if fresh.expires_at > draft.office.now:
            draft.put("deadline", fresh)
            return


def _finish(draft: Draft, act: str, instance: Instance, on: str, request: Request, *, trigger: str = "", target: str = "", behalf: str = "",
            importing: frozenset[str] = frozenset()) -> Change:
    following.follow(draft, on)
    reckoning.reckon(draft, on, importing=importing)
    now = draft.instance(instance.ref)
    change = _change(draft, act, on, request)
    opened = act == "open"
    return change._replace(instance=instance.ref, trigger=trigger, source="" if opened else instance.state,
                           target=target or (now.state if opened else ""), behalf=behalf,
                           definition=(now.stage, now.version, now.hash))


def _change(draft: Draft, act: str, on: str, request: Request) -> Change:
    effects = draft.effects()
    documents = tuple(draft.tables[table][key] for table, key in draft.touched if table == "document")
    notes = tuple(dict.fromkeys(draft.notes + late(draft, on)))
    return Change(act, effects, on, role=request.role, reason=request.reason, documents=documents, notes=notes, personal=draft.committed())


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

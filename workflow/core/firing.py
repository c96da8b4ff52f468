"""What a transition does to the rows: state, counters, new rounds, set fields, moved links, dropped items, opened siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import dates, facts, opening
from workflow.core.agreement import Instance, Row
from workflow.core.office import SYSTEM
from workflow.errors import Phrase, RequirementsUnmet, Unmet

if TYPE_CHECKING:
    from workflow.core.definition import Transition
    from workflow.core.draft import Draft


def fire(draft: Draft, instance: Instance, transition: Transition, on: str) -> None:
    """Write one transition of one instance onto the draft; `on` is the date on paper."""
    draft.put("instance", _moved(instance, transition, on))
    draft.moved.append((instance.ref, transition.name, instance.state, transition.to or instance.state))
    spec = transition.spec
    for name in spec.get("reopens", ()):
        _reopen(draft, instance, name, on)
    for field, value in spec.get("sets", {}).items():
        assign(draft, draft.instance(instance.ref), field, _value(draft, instance, transition.name, field, value, on), on)
    if "relinks" in spec:
        _relink(draft, draft.instance(instance.ref), spec["relinks"], spec["follows"]["via"])
    if spec.get("drops_items"):
        _drop_items(draft, instance, on)
    if "opens" in spec:
        _open(draft, instance, spec["opens"], on)


def _moved(instance: Instance, transition: Transition, on: str) -> Instance:
    counters, entered, fired = dict(instance.counters), instance.entered, instance.fired
    name = transition.spec.get("counter")
    if name:
        counters[name] = [counters.get(name, [0, ""])[0] + 1, on]
    if transition.to:
        first = next((pair for pair in entered if pair[0] == transition.to), None)
        entered = [pair for pair in entered if pair[0] != transition.to or pair is first] + [[transition.to, on]]
    elif transition.name not in fired:
        fired = [*fired, transition.name]
    return instance._replace(state=transition.to or instance.state, since=on if transition.to else instance.since, entered=entered,
                             counters=counters, fired=fired, irregular=instance.irregular or transition.irregular,
                             revision=instance.revision + 1)


def _reopen(draft: Draft, instance: Instance, name: str, on: str) -> None:
    need = draft.definition(instance).requirements[name]
    row = draft.row(instance.ref, need.row)
    if row is not None and (row.data or row.status != "open" or draft.documents(instance.ref, need.row)):
        draft.put("row", Row(instance.ref, need.row, row.round + 1, "open", {}, on))


def assign(draft: Draft, instance: Instance, field: str, value: Any, on: str) -> None:
    """Set one field of an instance's row, in its current round."""
    found = draft.definition(instance).field(field, instance.opened_on)
    if found is None:
        raise KeyError(field)
    need, key, _ = found
    row = draft.row(instance.ref, need.row) or Row(instance.ref, need.row, 1, "open", {}, on)
    draft.put("row", row._replace(data={**row.data, key: value}, status="met", on=on))


def _value(draft: Draft, instance: Instance, trigger: str, field: str, value: Any, on: str) -> Any:
    """A literal, `occurred`, or `+instrument.term_months`: the end date moved on by the term."""
    if value == "occurred":
        return on
    if isinstance(value, str) and value.startswith("+"):
        name = value[1:]
        months, ends = facts.fact(draft, instance, name), facts.fact(draft, instance, field)
        if not months or not ends:
            message, filled = facts.say("its length is not on record: {field}", field=name)
            raise RequirementsUnmet(facts.full_ref(draft, instance), trigger, [Unmet("instrument", message, filled)])
        return dates.later(ends, f"{months}m")
    return value


def _relink(draft: Draft, instance: Instance, link: str, via: str) -> None:
    """Move a link to the heir (by `via`: predecessor, origin) that is in force, else the newest, of the instance it names."""
    old = instance.links.get(link)
    heirs = [other for other in draft.instances() if other.links.get(via) == old]
    heirs.sort(key=lambda other: (draft.holds(other, "in-force"), other.number))
    if heirs:
        draft.put("instance", instance._replace(links={**instance.links, link: heirs[-1].ref}))


def _drop_items(draft: Draft, instance: Instance, on: str) -> None:
    for item in draft.items(instance.ref):
        definition = draft.definition(item)
        drop = definition.transitions.get("drop")
        if drop is not None and item.state in drop.sources:
            fire(draft, item, drop, on)


def _open(draft: Draft, instance: Instance, spec: dict[str, Any], on: str) -> None:
    stage = stage_named(draft, instance, spec["stage"])
    target = draft.linked(instance, "subject") if spec["stage"] == "same-as:subject" else instance
    subject = target.ref if target is not None else instance.ref
    running = [other for other in draft.instances() if other.stage == stage and not other.parent and other.links.get(spec["link"]) == subject
               and not draft.definition(other).states[other.state].final]
    if running and spec.get("if_open") == "skip":
        draft.notes.append(Phrase("{ref} is open already", ref=running[0].ref))
        return
    day = draft.office.today if draft.office.by.person == SYSTEM.person else on  # nobody began that work before the clock was looked at
    opened = opening.place(draft, stage, {spec["link"]: subject}, day)
    for field, value in spec.get("with", {}).items():
        assign(draft, opened, field, value, day)


def stage_named(draft: Draft, instance: Instance, name: str) -> str:
    """The stage a definition names: itself, or `same-as:subject`, the stage of the instance a link names."""
    head, _, link = name.partition(":")
    other = draft.linked(instance, link) if head == "same-as" else None
    return other.stage if other is not None else name


def record_gaps(draft: Draft) -> None:
    """How many days lay between the end of each predecessor and its successor's signature or entry into force; unknown stays None."""
    for instance in draft.instances():
        if "predecessor" not in instance.links:
            continue
        spec = draft.definition(instance).links.get("predecessor", {})
        before = draft.linked(instance, "predecessor") if "gap_from" in spec else None
        if before is not None and draft.holds(instance, "signed"):
            gap = _gap(draft, instance, before, spec["gap_from"].rpartition(".")[2])
            if gap is not None:
                draft.put("instance", draft.instance(instance.ref)._replace(gap_days=gap))


def _gap(draft: Draft, instance: Instance, before: Instance, ends: str) -> int | None:
    own, theirs = draft.row(instance.ref, "instrument"), draft.row(before.ref, "instrument")
    start = own.data.get("in_force_on") or own.data.get("signed_on") if own else None
    stated = theirs.data.get(ends) if theirs else None
    seen = draft.holds(before, "ended") and not (before.imported and before.since == before.opened_on)  # its end is on record here
    days = [day for day in (start, stated, before.since if seen else None) if day]
    if not start or len(days) < 2 or any(dates.precision(day) != "day" for day in days):
        return None
    return max(0, (dates.earliest(start) - min(map(dates.earliest, days[1:]))).days - 1)

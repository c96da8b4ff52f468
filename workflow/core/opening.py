"""
Opening a stage of an agreement: the track's order, the links to the stages it builds on, and the entry of a running history.

A track says per stage whether there may be `many` (true, or `successor`: a new one only follows an old one) and `after` what it
may open: any one of its conditions is enough, a soft one only warns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import facts, requirement
from workflow.core.agreement import Instance, Row
from workflow.core.facts import say
from workflow.errors import InvalidInput, NotFound, OutOfSequence, Phrase, RequirementsUnmet, Unmet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.definition import Definition, Transition
    from workflow.core.draft import Draft


def place(draft: Draft, stage: str, links: Mapping[str, str], on: str, *, state: str = "", parent: str = "", imported: bool = False) -> Instance:
    """Put a new instance of a stage (of an item, where `parent` is given) on the draft, in its initial state or in `state`."""
    if parent:
        plan = draft.instance(parent)
        number = len(draft.items(parent)) + 1
        ref, version, digest = f"{parent}/{number}", plan.version, plan.hash
        definition = draft.definition(plan).item
        initial = definition.initial if definition else ""
    else:
        latest = draft.office.latest(stage)
        number = sum(other.stage == stage and not other.parent for other in draft.instances()) + 1
        ref = stage if number == 1 else f"{stage}-{number}"
        version, digest, initial = latest.version, latest.hash, latest.initial
    start = state or initial
    instance = Instance(ref, stage, number, parent, version, digest, start, on, on, [[start, on]], dict(links), {}, [], imported=imported)
    draft.put("instance", instance)
    draft.opened.append(ref)
    return instance


def open_stage(draft: Draft, stage: str, links: Mapping[str, str], on: str) -> Instance:
    """
    Open a stage where its track allows it, with the links given or the only ones possible.

    Raises:
        NotFound: the track has no such stage. InvalidInput: a link is needed, ambiguous or wrong.
        OutOfSequence: nothing it may open after has come far enough, or one is open already.
    """
    rule = _rule(draft, stage)
    definition = draft.office.latest(stage)
    chosen = choose_links(draft, definition, stage, links)
    _admit(draft, stage, rule, chosen)
    return place(draft, stage, chosen, on)


def check_opening(draft: Draft, instance: Instance, on: str) -> None:
    """
    Judge what the opening itself needs, once its facts are on the draft; enter another state where an alternative entry applies.

    Raises:
        RequirementsUnmet: with every hard requirement of the opening that is not on record.
        OutOfSequence: no condition of the track's order holds.
    """
    definition = draft.definition(instance)
    needs = list(definition.opening.get("needs", ()))
    for entry in definition.opening.get("at", ()):
        if facts.applies(draft, instance, entry["when"]) and "predecessor" in instance.links:
            needs = [*entry["needs"]]
            _carry(draft, instance, entry, on)
            instance = draft.instance(instance.ref)
    unmet = [row for name in needs for row in requirement.unmet(draft, instance, definition.requirements[name], on)]
    if not instance.parent:
        _after(draft, instance)
    hard = [row for row in unmet if not row.soft]
    if hard:
        whole = " ".join(dict.fromkeys(rest for row in hard for rest in [_told(draft, instance, row.command)] if rest))
        raise RequirementsUnmet(facts.full_ref(draft, instance), "open", [
            row._replace(command=_with_opening(draft, instance, row.command, whole)) for row in hard])


def _told(draft: Draft, instance: Instance, command: str) -> str:
    """What a command puts on record of an instance."""
    verb, _, rest = command.partition(f" {facts.full_ref(draft, instance)} ")
    return rest if verb == "mufakat record" else ""


def _with_opening(draft: Draft, instance: Instance, command: str, whole: str) -> str:
    """Nothing can be recorded of a stage that is not open: what is missing comes with the opening."""
    verb, _, rest = command.partition(f" {facts.full_ref(draft, instance)} ")
    parent, stage = (f"{draft.agreement.ref}/{instance.parent}", "item") if instance.parent else (draft.agreement.ref, instance.stage)
    follows = [f"--link predecessor={instance.links['predecessor']}"] if "predecessor" in instance.links else []
    return " ".join(["mufakat open", parent, stage, *follows, whole]) if verb == "mufakat record" and rest else command


def enter_existing(draft: Draft, stage: str, state: str, links: Mapping[str, str], as_of: str) -> Instance:
    """
    Enter a stage that was running (or over) before it was recorded here, in the state it stands in.

    No order is checked: what happened, happened. The law of `as_of` decides which rows it should have had.
    """
    _rule(draft, stage)
    definition = draft.office.latest(stage)
    if state not in definition.states:
        raise InvalidInput("state", state, Phrase("{stage} has no such state", stage=stage), list(definition.states))
    chosen = choose_links(draft, definition, stage, links, strict=False)
    alone(draft, definition, stage, state, chosen)
    return place(draft, stage, chosen, as_of, state=state, imported=True)


def alone(draft: Draft, definition: Definition, stage: str, state: str, links: Mapping[str, str], but: str = "") -> None:
    """Two of a stage that follow one another are not in force at once: what is in force gives way to the one that names it (`but`: itself)."""
    if _rule(draft, stage).get("many") is True or not definition.holds(state, "in-force"):
        return
    for other in draft.instances():
        if other.stage == stage and not other.parent and other.ref not in (links.get("predecessor"), but) and draft.holds(other, "in-force"):
            ref = draft.agreement.ref
            named = f"mufakat record {ref}/{but}" if but else f"mufakat open {ref} {stage} --existing {state} --as-of DATE"
            raise InvalidInput("stage", stage, Phrase("{ref} is in force; one that follows it names it: {command}", ref=other.ref,
                                                      command=f"{named} --link predecessor={other.ref}"))


def mark_unknown(draft: Draft, instance: Instance) -> None:
    """Every row that any way to an entered state would have asked for, and that nobody has documented, is `unknown`; no other is."""
    definition = draft.definition(instance)
    asked = dict.fromkeys(_asked_before(definition, instance.state))
    for row in list(draft.tables["row"].values()):
        if row.instance == instance.ref and row.status == "unknown" and row.name not in asked:
            draft.put("row", row._replace(status="open"))
    for name in asked:
        need = definition.requirements[name]
        if need.kind in ("stage", "items", "reached") or not need.in_law(instance.opened_on) or \
                facts.applies(draft, instance, need.when) is False:
            continue
        row = draft.row(instance.ref, need.row)
        if row is None or (row.status == "open" and not row.data and not draft.documents(instance.ref, need.row)):
            draft.put("row", Row(instance.ref, need.row, row.round if row else 1, "unknown", {}, instance.opened_on))


def choose_links(draft: Draft, definition: Definition, stage: str, given: Mapping[str, str], *, strict: bool = True) -> dict[str, str]:
    """
    The links of a new instance: those given, else the one possible target of each that the definition names.

    `travel` and `predecessor` are never guessed from several; an optional link without a target stays empty.
    """
    for link in given:
        if link not in definition.links:
            raise InvalidInput("link", link, Phrase("{stage} has no such link", stage=stage), list(definition.links))
    chosen: dict[str, str] = {}
    for link, spec in definition.links.items():
        candidates = [other for other in draft.instances() if other.stage in spec["stages"] and not other.parent]
        if link in given:
            chosen[link] = _target(draft, link, given[link], candidates)
            continue
        if link == "travel" or (spec.get("optional") and not strict):  # what nobody has stated of a running history is not guessed
            continue
        if link in ("base", "subject", "origin"):
            candidates = _grounds(draft, stage, candidates) or ([] if spec.get("optional") else candidates)
        if link == "predecessor":
            candidates = _ended_without_heir(draft, candidates)
        if len(candidates) == 1:
            chosen[link] = candidates[0].ref
        elif candidates and strict and not (spec.get("optional") and link == "predecessor"):
            refs = [other.ref for other in candidates]
            raise InvalidInput("link", link, Phrase("several are possible: say --link {link}=STAGE", link=link), refs)
        elif not candidates and strict and not spec.get("optional"):
            raise OutOfSequence(f"{draft.agreement.ref}/{stage}", "open", [_lacks(draft, link, spec["stages"])])
    return chosen


def _grounds(draft: Draft, stage: str, candidates: list[Instance]) -> list[Instance]:
    """Those that the track lets the stage open after; of stages that its order does not name, those that have not ended."""
    conditions = draft.office.track.stages[stage].get("after", [])
    for rows in ([row for row in conditions if "when" not in row], conditions):
        found = [other for other in candidates if any(row["stage"] == other.stage and _stands(draft, other, row) for row in rows)]
        if found:
            return found
    named = {row["stage"] for row in conditions}
    return [other for other in candidates if other.stage not in named and not draft.definition(other).states[other.state].final]


def _stands(draft: Draft, other: Instance, row: Mapping[str, Any]) -> bool:
    return draft.holds(other, row["holds"]) if "holds" in row else other.state == row.get("state")


def _ended_without_heir(draft: Draft, candidates: list[Instance]) -> list[Instance]:
    heirs = {other.links.get("predecessor") for other in draft.instances()}
    return [other for other in candidates if other.ref not in heirs
            and (draft.holds(other, "ended") or draft.holds(other, "superseded"))]


def _lacks(draft: Draft, link: str, stages: list[str]) -> Unmet:
    message, filled = say("no {stages} is on record that it could rest on ({link})", stages=" / ".join(stages), link=link)
    in_track = next((name for name in stages if name in draft.office.track.stages), "")
    return Unmet("", message, filled, f"mufakat open {draft.agreement.ref} {in_track}" if in_track else "")


def _target(draft: Draft, link: str, ref: str, candidates: list[Instance]) -> str:
    ref = ref.removeprefix(f"{draft.agreement.ref}/")
    refs = [other.ref for other in candidates]
    if ref not in refs:
        raise InvalidInput("link", f"{link}={ref}", "that is no stage it may link to", refs)
    return ref


def _rule(draft: Draft, stage: str) -> dict[str, Any]:
    stages = draft.office.track.stages
    if stage not in stages:
        raise NotFound(Phrase("stage of the track {track}", track=draft.office.track.name), stage, list(stages))
    return dict(stages[stage])


def _admit(draft: Draft, stage: str, rule: dict[str, Any], links: Mapping[str, str]) -> None:
    """One at a time, unless the track says `many`; a successor names the one it follows."""
    if rule.get("many") is True:
        return
    siblings = [other for other in draft.instances() if other.stage == stage and not other.parent]
    living = [other for other in siblings if not draft.definition(other).states[other.state].final]
    if rule.get("many") == "successor" and "predecessor" in links:  # one heir, unless it came to nothing; and none beside another
        before = links["predecessor"]
        heirs = [other for other in siblings if other.links.get("predecessor") == before and not draft.holds(other, "failed")]
        living = siblings = heirs or [other for other in living if other.ref != before]
    if living or (siblings and not rule.get("many")):
        other = max(living or siblings, key=lambda sibling: sibling.number)
        message, filled = say("{ref} stands in {state}; a second one must follow it", ref=other.ref, state=other.state)
        command = f"mufakat open {draft.agreement.ref} {stage} --link predecessor={other.ref}" if rule.get("many") else ""
        raise OutOfSequence(f"{draft.agreement.ref}/{stage}", "open", [Unmet("", message, filled, command)])


def _after(draft: Draft, instance: Instance) -> None:
    conditions = _rule(draft, instance.stage).get("after", [])
    if not conditions or any(_satisfied(draft, instance, row) for row in conditions):
        return
    unmet = []
    for row in conditions:
        wanted = row.get("holds") or row.get("state")
        message, filled = say("a {stage} that is {wanted}", stage=row["stage"], wanted=wanted)
        unmet.append(Unmet(row["stage"], message, filled, _if_said(draft, instance, row), soft=bool(row.get("soft"))))
    if any(row.soft for row in unmet):
        draft.notes.append(Phrase("opened without {reasons}", reasons=" / ".join(row.text for row in unmet)))
        return
    raise OutOfSequence(facts.full_ref(draft, instance), "open", unmet)


def _if_said(draft: Draft, instance: Instance, row: dict[str, Any]) -> str:
    """The opening with the facts on which a condition would hold; empty where it would not."""
    if not row.get("when") or not _satisfied(draft, instance, {**row, "when": {}}):
        return ""
    said = " ".join(f"{name}={'yes' if values[0] is True else values[0]}" for name, values in row["when"].items())
    return f"mufakat open {draft.agreement.ref} {instance.stage} {said}"


def _satisfied(draft: Draft, instance: Instance, row: dict[str, Any]) -> bool:
    if row.get("when") and not facts.applies(draft, instance, row["when"]):
        return False
    linked = set(instance.links.values())
    for other in draft.instances():
        if other.stage != row["stage"] or other.parent or other.ref == instance.ref:
            continue
        if "link" in row and instance.links.get(row["link"]) != other.ref and other.links.get("subject") not in linked:
            continue
        if _stands(draft, other, row):
            return True
    return False


def _carry(draft: Draft, instance: Instance, entry: dict[str, Any], on: str) -> None:
    """Enter further on: what the predecessor had is not asked for again, and the row says where it stands."""
    for name in entry.get("carries", ()):
        draft.put("row", Row(instance.ref, name, 1, "not-required", {"carried_from": instance.links["predecessor"]}, on))
    draft.put("instance", instance._replace(state=entry["state"], entered=[[entry["state"], on]]))


def _asked_before(definition: Definition, state: str) -> list[str]:
    """What the opening asked for, and every need without which no way leads from the initial state to `state`."""
    ways = [row for row in definition.transitions.values() if row.to and not row.irregular]
    if not _reachable(definition.initial, state, ways):
        ways = [row for row in definition.transitions.values() if row.to]
    needs = dict.fromkeys(name for row in ways for name in row.needs)
    return [*definition.opening.get("needs", ()),
            *(name for name in needs if not _reachable(definition.initial, state, [row for row in ways if name not in row.needs]))]


def _reachable(initial: str, state: str, ways: list[Transition]) -> bool:
    reached, todo = {initial}, [initial]
    while todo:
        here = todo.pop()
        new = {row.to for row in ways if here in row.sources} - reached
        reached |= new
        todo += new
    return state in reached

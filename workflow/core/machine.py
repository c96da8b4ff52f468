"""
The machine: which transition a trigger takes, and every reason why it may not.

Theory of operation. A decision is a pure function: (case, request, office) -> Change, or a refusal. Each definition version has
ONE flat `transitions` machine, shared by every instance and thread. It finds the transition that a trigger takes from a state, and
that transition's conditions are asked of a throw-away token, which carries the question to `judge` and gathers every reason instead
of stopping at the first. The machine is asked and not fired: all that firing adds is to move the token. The effects of a transition
are rows (`firing.py`), reactions of sibling stages are transitions of their own (`following.py`), dates are reckoned from the rows
afterwards (`reckoning.py`).

Three rules that a reader must not break:
1. No condition writes anything: the machine only answers. What happened is in the Change, or it did not happen.
2. Nothing here reads a clock, a file or the database: `now` and all else come with the office.
3. `auto_transitions` stays off and states stay flat: a generated `to_state` skips every guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transitions import Machine

from workflow.core import dates, facts, requirement
from workflow.core.facts import say
from workflow.errors import RequirementsUnmet, TriggerNotAllowed, Unmet

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.core.agreement import Deadline, Instance
    from workflow.core.definition import Definition, Transition
    from workflow.core.draft import Draft

_machines: dict[tuple[str, str, bool], Machine] = {}


class Token:
    """What one trigger is asked on behalf of: the state it starts from, and where the reasons are gathered."""

    __slots__ = ("draft", "instance", "on", "reaction", "state", "unmet")

    def __init__(self, draft: Draft, instance: Instance, on: str, *, reaction: bool) -> None:
        self.draft, self.instance, self.on, self.reaction = draft, instance, on, reaction
        self.state = instance.state
        self.unmet: list[Unmet] = []


def decide(draft: Draft, instance: Instance, trigger: str, on: str, *, reaction: bool = False) -> tuple[Transition, list[Unmet]]:
    """
    The transition that a trigger takes, and the soft requirements it leaves open.

    Raises:
        TriggerNotAllowed: no transition of this name leaves the state.
        RequirementsUnmet: with every hard requirement that is not on record.
    """
    definition = draft.definition(instance)
    event = machine(definition).events.get(trigger)
    ways: Any = event.transitions.get(instance.state) if event is not None else None
    if not ways:
        raise TriggerNotAllowed(facts.full_ref(draft, instance), trigger, instance.state, allowed(definition, instance.state))
    token = Token(draft, instance, on, reaction=reaction)
    if not any(all(condition.func(token) == condition.target for condition in way.conditions) for way in ways):
        raise RequirementsUnmet(facts.full_ref(draft, instance), trigger, [row for row in token.unmet if not row.soft])
    return definition.transitions[trigger], token.unmet


def judge(draft: Draft, instance: Instance, transition: Transition, on: str, *, reaction: bool = False) -> list[Unmet]:
    """Every requirement of a transition that is not met, soft ones marked. A reaction answers only to its conditions."""
    found: list[Unmet] = []
    applies = facts.applies(draft, instance, transition.when)
    if applies is None:
        found.append(facts.answer_first(draft, instance, "", transition.when))
    elif applies is False:
        found.append(_elsewhere(draft, instance, transition))
    if reaction:
        return found
    definition = draft.definition(instance)
    for name in transition.needs:
        found += [_with_reason(draft, instance, transition, row) for row in requirement.unmet(draft, instance, definition.requirements[name], on)]
    found += [_too_late(draft, instance, row) for rule in definition.lives[instance.state] if rule.spec.get("blocks") == transition.name
              for row in (draft.deadlines(instance.ref).get(rule.name),) if row is not None and _over(row, on)]
    parents = transition.spec.get("parent")
    if parents and draft.instance(instance.parent).state not in parents:
        message, filled = say("its plan stands in {state}; this is possible in {states}", state=draft.instance(instance.parent).state,
                              states=", ".join(parents))
        found.append(Unmet("", message, filled))
    return list({(row.requirement, row.message, tuple(row.facts.values())): row for row in found}.values()) if len(found) > 1 else found


def _over(row: Deadline, on: str) -> bool:
    """Whether a deadline's last day lies before a day, its clock running."""
    return row.status == "open" and not row.stopped_on and dates.latest(row.effective) < dates.earliest(on)


def _too_late(draft: Draft, instance: Instance, row: Deadline) -> Unmet:
    """`on_expiry = "block"`: what was not done in time is not done without a word about the deadline."""
    message, filled = say("its last day was {day} ({deadline}): it is extended or waived first, with a reason", day=row.effective, deadline=row.name)
    return Unmet("", message, filled, f"mufakat deadline extend {facts.full_ref(draft, instance)} {row.name} --by +10bd --reason TEXT", row.basis,
                 row.citation)


def allowed(definition: Definition, state: str) -> list[str]:
    """The triggers that leave a state and that a person or the clock may pull."""
    return [row.name for row in definition.transitions.values() if state in row.sources and (row.roles or row.clock)]


def machine(definition: Definition) -> Machine:
    """The one shared machine of a definition version (its items' machine is another)."""
    key = (definition.name, definition.hash, definition.item is None)
    found = _machines.get(key)
    if found is None:
        found = _machines[key] = _build(definition)
    return found


def _build(definition: Definition) -> Machine:
    rows = [{"trigger": row.name, "source": source, "dest": row.to or None, "conditions": _condition(row)}
            for row in definition.transitions.values() for source in row.sources]
    return Machine(model=None, states=list(definition.states), transitions=rows, initial=definition.initial,
                   auto_transitions=False)


def _condition(transition: Transition) -> Callable[[Token], bool]:
    def composite(token: Token) -> bool:
        token.unmet = judge(token.draft, token.instance, transition, token.on, reaction=token.reaction)
        return all(row.soft for row in token.unmet)
    return composite


def _with_reason(draft: Draft, instance: Instance, transition: Transition, row: Unmet) -> Unmet:
    """A reason is given with the step itself, not before it."""
    if row.requirement != "reason" or not transition.roles:
        return row
    return row._replace(command=f"mufakat advance {facts.full_ref(draft, instance)} {transition.name} --reason TEXT")


def _elsewhere(draft: Draft, instance: Instance, transition: Transition) -> Unmet:
    name, values = next((name, values) for name, values in transition.when.items()
                        if facts.fact(draft, instance, name) not in (None, *values))
    message, filled = say("only where {fact} is {values}; it is {value}", fact=name, values=" / ".join(map(plain, values)),
                          value=plain(facts.fact(draft, instance, name)))
    return Unmet("", message, filled)


def plain(value: Any) -> str:
    """A recorded value as a person types it."""
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)

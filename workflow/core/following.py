"""
Reactions to sibling stages: transitions that a change of another stage fires in the same decision.

They are level-triggered: after every decision each `follows` is looked at again until nothing moves. A reaction without a target
state fires once; `event = "opened"` answers only to an instance opened in this very decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import firing, machine
from workflow.errors import TransitionRefused

if TYPE_CHECKING:
    from workflow.core.agreement import Instance
    from workflow.core.definition import Transition
    from workflow.core.draft import Draft

LIMIT = 64  # reactions of one decision; the joint search over the shipped definitions needs far fewer


def follow(draft: Draft, on: str) -> None:
    """Fire every reaction that the draft calls for, until it is at rest."""
    for _ in range(LIMIT):
        found = next(((instance, row) for instance in draft.instances() for row in _reactions(draft, instance)), None)
        if found is None:
            return
        firing.fire(draft, *found, on)
    raise RuntimeError("reactions between stages do not come to rest: " + ", ".join(f"{ref}.{name}" for ref, name, _, _ in draft.moved[-4:]))


def _reactions(draft: Draft, instance: Instance) -> list[Transition]:
    if instance.parent:
        return []
    return [row for row in draft.definition(instance).reactions[instance.state]
            if _calls(draft, instance, row) and _willing(draft, instance, row)]


def _calls(draft: Draft, instance: Instance, transition: Transition) -> bool:
    spec = transition.spec["follows"]
    if not transition.to and "relinks" not in transition.spec and transition.name in instance.fired:
        return False
    watched = _watched(draft, instance, spec)
    if spec.get("every"):
        return bool(watched) and all(draft.holds(other, spec["holds"]) for other in watched)
    for other in watched:
        if spec.get("event") == "opened":
            if other.ref in draft.opened:
                return True
        elif draft.holds(other, spec["holds"]) and not _spared(draft, other, spec.get("unless", "")):
            return True
    return False


def _watched(draft: Draft, instance: Instance, spec: dict[str, Any]) -> list[Instance]:
    """The siblings a reaction looks at: the one its own link names, or those of a stage that link back (to it, or to `of`)."""
    if "stage" not in spec:
        other = draft.linked(instance, spec["via"])
        return [other] if other is not None else []
    stage = firing.stage_named(draft, instance, spec["stage"])
    target = instance.links.get(spec["of"]) if "of" in spec else instance.ref
    return [other for other in draft.instances() if other.stage == stage and not other.parent and other.links.get(spec["via"]) == target]


def _spared(draft: Draft, other: Instance, unless: str) -> bool:
    """`successor:in-force`: an heir of the watched instance holds the fact."""
    if not unless:
        return False
    _, _, fact = unless.partition(":")
    return any(heir.links.get("predecessor") == other.ref and draft.holds(heir, fact) for heir in draft.instances())


def _willing(draft: Draft, instance: Instance, transition: Transition) -> bool:
    try:
        machine.decide(draft, instance, transition.name, "", reaction=True)
    except TransitionRefused:
        return False
    return True

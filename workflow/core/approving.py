"""
Approvals: one person's decision in one role, counted over rows.

The last decision of each person in a round stands; who refused may approve later, who put the text on record decides nothing about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core import facts, requirement
from workflow.core.agreement import Approval, Row
from workflow.errors import InvalidInput, NotAsItStands, NotAuthorised, OwnWork, Phrase

if TYPE_CHECKING:
    from workflow.core.agreement import Instance
    from workflow.core.definition import Requirement
    from workflow.core.draft import Draft


def approve(draft: Draft, instance: Instance, name: str, decision: str, role: str, reason: str, on: str) -> str:
    """
    One person's decision in one role; the role it was given in.

    Raises:
        InvalidInput: no such approval. NotAsItStands: this person has given the same decision in this round already.
        NotAuthorised: the person holds none of the roles that may decide, or (`OwnWork`) decides about their own work.
    """
    definition = draft.definition(instance)
    need = definition.requirements.get(name)
    if need is None or need.kind != "approval":
        raise InvalidInput("approval", name, Phrase("{stage} asks for no such approval", stage=instance.stage),
                           [row.name for row in definition.requirements.values() if row.kind == "approval"])
    actor, roles = draft.office.by, need.spec["roles"]
    held = [own for own in roles if own in actor.roles and own == (role or own)]
    if not held:
        raise NotAuthorised(facts.full_ref(draft, instance), f"approve {name}", [role] if role else roles, actor.name)
    if actor.person in authors(draft, instance, need):
        raise OwnWork(facts.full_ref(draft, instance), f"approve {name}", need.spec["distinct_from"], actor.name)
    mine = [row for row in draft.approvals(instance.ref, name) if row.person == actor.person]
    if mine and mine[-1].decision == decision:
        raise NotAsItStands(facts.full_ref(draft, instance), f"approve {name}", name,
                            Phrase("you have refused it already, on {day}", day=mine[-1].on) if decision == "refused" else
                            Phrase("you have approved it already, on {day}", day=mine[-1].on))
    turn = draft.round(instance.ref, name)
    row = draft.row(instance.ref, name) or Row(instance.ref, name, turn, "open", {}, on)
    draft.put("approval", Approval(len(draft.tables["approval"]) + 1, instance.ref, name, turn, actor.person, held[0], decision, reason, on))
    draft.put("row", row._replace(on=on, status="open"))
    standing = {given.person: given.decision for given in draft.approvals(instance.ref, name)}
    status = "refused" if "refused" in standing.values() else "met" if requirement.met(draft, instance, name, on) else "open"
    draft.put("row", row._replace(on=on, status=status))
    return str(held[0])


def authors(draft: Draft, instance: Instance, need: Requirement) -> set[str]:
    """Who may not decide, because they put on record what is to be decided about."""
    return {doc.by for doc in draft.documents(instance.ref, need.spec.get("distinct_from", ""))}

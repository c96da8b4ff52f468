"""
Judging requirements: is it on record, and if not, what is missing and which command records it.

The kinds' own judges stand in `judges.py`. `on` is the day the act happened (ISO, may be vague).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core import facts
from workflow.core.facts import say
from workflow.core.judges import JUDGES, Question, warnings
from workflow.errors import Phrase, Unmet

if TYPE_CHECKING:
    from workflow.core.agreement import Instance
    from workflow.core.definition import Requirement
    from workflow.core.draft import Draft


def unmet(draft: Draft, instance: Instance, need: Requirement, on: str) -> list[Unmet]:
    """Every reason why a requirement is not met; empty where it is met, out of its law's window, or does not apply."""
    if not need.in_law(instance.opened_on):
        return []
    applies = facts.applies(draft, instance, need.when)
    if applies is False:
        return []
    if applies is None:
        return [_dress(facts.answer_first(draft, instance, need.name, need.when), need)]
    question = Question(draft, instance, need, on)
    row = question.row
    if (row and row.status in ("waived", "not-required")) or _answered(draft, instance, need):
        return []
    reasons, warned = list(JUDGES[need.kind](question)), list(warnings(question))
    if not reasons and not warned:
        return []
    if reasons and row and row.status == "unknown":
        reasons = [(*say("it was not documented when this history was entered"), reasons[0][2])]
    ref = facts.full_ref(draft, instance)
    found = [_dress(Unmet(need.name, message, filled, _command(ref, tail)), need) for message, filled, tail in reasons]
    return found + [_dress(Unmet(need.name, message, filled, _command(ref, tail)), need)._replace(soft=True)
                    for message, filled, tail in warned]


def met(draft: Draft, instance: Instance, name: str, on: str) -> bool:
    """Whether a requirement is on record and answers what it asks (soft ones count like the others, mere warnings do not)."""
    need = draft.definition(instance).requirements[name]
    row = draft.row(instance.ref, need.row)
    return bool(row or need.kind in ("stage", "items", "reached")) and not any(found.soft == need.soft for found in unmet(draft, instance, need, on))


def doubts(draft: Draft, instance: Instance, need: Requirement) -> list[Phrase]:
    """What should be said of facts that came on record: they contradict each other, or nothing follows from them."""
    row, name = draft.row(instance.ref, need.row), need.spec.get("guard")
    found = []
    if name:
        why = draft.office.guards[name](lambda fact: facts.fact(draft, instance, fact), draft.office.today)
        found += [Phrase("{what}: one of these dates is wrong, correct it", what=Phrase(why))] if why else []
    if row is not None and need.spec.get("term") and row.data.get("ends_on") and row.data.get("term_kind") == "unknown":
        found.append(Phrase("whether it renews itself is not on record, so it does not end by itself: "
                            "mufakat record {ref} term_kind=fixed|auto-renew", ref=facts.full_ref(draft, instance)))
    return found


def _answered(draft: Draft, instance: Instance, need: Requirement) -> bool:
    """Whether the stage that a link names has met the same requirement."""
    other = draft.linked(instance, need.spec["answered_by"]) if "answered_by" in need.spec else None
    held = draft.row(other.ref, need.row) if other is not None else None
    return held is not None and held.status == "met"


def _dress(found: Unmet, need: Requirement) -> Unmet:
    return found._replace(basis=need.basis, citation=need.citation, soft=need.soft)


def _command(ref: str, tail: str) -> str:
    if not tail or tail.startswith("mufakat "):  # about another stage than the one asked
        return tail
    verb, _, rest = tail.partition(" ")
    return f"mufakat {verb} {ref} {rest}".rstrip()

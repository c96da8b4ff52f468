"""What is known: the facts that conditions ask about, looked up in the rows of an instance and of those it links to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.errors import Unmet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.agreement import Instance
    from workflow.core.draft import Draft


def say(message: str, **facts: object) -> tuple[str, dict[str, str]]:
    """A translatable reason: the English template and what fills it."""
    return message, {name: str(value) for name, value in facts.items()}


def fact(draft: Draft, instance: Instance, name: str) -> Any:
    """
    The value of a fact for an instance, None where nobody has recorded it.

    `direction` and `instrument.term_kind` are the instance's own, `subject.instrument.term_kind` the linked instance's,
    `track.kind` the agreement's; an item also sees its plan's links.
    """
    if name == "track.kind":
        return draft.office.track.kind
    definition = draft.definition(instance)
    found = definition.field(name, instance.opened_on)
    if found is not None:
        requirement, field, _ = found
        row = draft.row(instance.ref, requirement.row)
        return row.data.get(field) if row else None
    head, _, rest = name.partition(".")
    other = draft.linked(instance, head) if rest else None
    return fact(draft, other, rest) if other is not None else None


def applies(draft: Draft, instance: Instance, when: Mapping[str, list[Any]]) -> bool | None:
    """Whether a condition holds: False once one fact is outside its list, None where a fact that decides is not known."""
    answer: bool | None = True
    for name, values in when.items():
        value = fact(draft, instance, name)
        if value is None:
            answer = None
        elif value not in values:
            return False
    return answer


def unanswered(draft: Draft, instance: Instance, when: Mapping[str, list[Any]]) -> list[str]:
    return [name for name in when if fact(draft, instance, name) is None]


def full_ref(draft: Draft, instance: Instance) -> str:
    return f"{draft.agreement.ref}/{instance.ref}"


def answer_first(draft: Draft, instance: Instance, requirement: str, when: Mapping[str, list[Any]]) -> Unmet:
    """The refusal for a condition that depends on a fact nobody has recorded."""
    names = unanswered(draft, instance, when)
    asks = " ".join(f"{name}={hint(draft, instance, name)}" for name in names)
    message, facts = say("it depends on {facts}, which is not on record: answer that first", facts=", ".join(names))
    return Unmet(requirement, message, facts, f"mufakat record {full_ref(draft, instance)} {asks}")


def typed(draft: Draft, instance: Instance, requirement: str, field: str) -> str:
    """The name of a field as a person types it, qualified where the bare one is not the requirement's."""
    return field if requirement in draft.definition(instance).owners.get(field, ()) else f"{requirement}.{field}"


def hint(draft: Draft, instance: Instance, name: str) -> str:
    """What a person may type as the value of a field."""
    found = draft.definition(instance).field(name, instance.opened_on)
    kind = found[2] if found else "text"
    return {"bool": "yes|no", "date": "YYYY-MM-DD", "int": "NUMBER", "list": "A,B", "text": "TEXT"}.get(kind, kind)

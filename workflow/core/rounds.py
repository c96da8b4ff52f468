"""When something is asked, or decided, anew: the round before keeps what it held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import dates
from workflow.core.agreement import Row
from workflow.errors import Phrase

if TYPE_CHECKING:
    from workflow.core.agreement import Instance
    from workflow.core.definition import Requirement
    from workflow.core.draft import Draft


def asks_again(draft: Draft, instance: Instance, need: Requirement, row: Row, fields: dict[str, Any]) -> bool:
    """Whether this opens a new round: an answered body is asked again, or what it was asked about has a newer version."""
    old = "of_version" in row.data and row.data["of_version"] < newest(draft, instance, need.spec.get("of_version", ""))
    if need.kind == "meeting":
        return "held_on" in fields and "held_on" in row.data and old
    if need.kind != "reply" or "asked" not in fields:
        return False
    answered = bool(row.data.get("answer"))
    if "asked" in row.data:
        return answered or old
    return answered and dates.surely_before(row.data.get("received", ""), fields["asked"])  # else it is the question of that very answer


def newest(draft: Draft, instance: Instance, text: str) -> int:
    """The version of a text that is on record; 0 where it is not."""
    return max((doc.version for doc in draft.documents(instance.ref, text)), default=0)


def approved_again(draft: Draft, instance: Instance, text: str, on: str) -> None:
    """Who approved an earlier version of a text has not approved this one: their approvals stay in the round before."""
    for need in draft.definition(instance).requirements.values():
        if need.spec.get("distinct_from") == text and draft.approvals(instance.ref, need.name):
            draft.put("row", Row(instance.ref, need.name, draft.round(instance.ref, need.name) + 1, "open", {}, on))
            draft.notes.append(Phrase("{requirement} is to be given again: {text} has a new version", requirement=need.name, text=text))

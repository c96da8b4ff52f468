"""What deadlines count from: the first anchor on record, how much is counted from it, and the days that the track counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import dates, facts
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.agreement import Instance
    from workflow.core.definition import DeadlineRule, Requirement
    from workflow.core.draft import Draft


def anchor_of(draft: Draft, instance: Instance | None, rule: DeadlineRule) -> tuple[str, str, int] | None:
    """(anchor, its date, the amount): the first anchor on record; None where there is none, or no amount."""
    amount = _amount(draft, instance, rule)
    if amount is None:
        return None
    for name in rule.anchors:
        day = _day(draft, instance, name)
        if day:
            return name, day, amount
    return None


def _amount(draft: Draft, instance: Instance | None, rule: DeadlineRule) -> int | None:
    value: Any = draft.office.policy(draft, rule.param) if rule.param else None
    if value is None and instance is not None and "amount_field" in rule.spec:
        value = facts.fact(draft, instance, rule.spec["amount_field"].removeprefix("link:"))
    value = rule.amount if value is None else value
    return whole_number(value)


def whole_number(value: Any) -> int | None:
    """A policy's number, however it was written down; None where it is none."""
    return int(value) if (type(value) is int and value >= 0) or (isinstance(value, str) and value.isdecimal() and len(value) <= 9) else None


def _day(draft: Draft, instance: Instance | None, anchor: str) -> str:
    kind, _, name = anchor.partition(":")
    if instance is None or kind in ("last", "first", "param"):
        return _track_day(draft, kind, name)
    if kind == "state":
        return next((day for state, day in reversed(instance.entered) if state == name), "")
    if kind in ("field", "link"):
        return str(facts.fact(draft, instance, name) or "")
    if kind == "counter":
        return str(instance.counters.get(name, ["", ""])[1])
    if kind == "deadline":
        other = draft.deadlines(instance.ref).get(name)
        return other.effective if other else ""
    head, _, field = name.partition(".")
    need = draft.definition(instance).requirements[head]
    row = draft.row(instance.ref, need.row)
    return str(row.data.get(dated_by(field or kind, need), "")) if row else ""


def _track_day(draft: Draft, kind: str, name: str) -> str:
    if kind == "param":
        value = str(draft.office.policy(draft, name) or "")
        return "" if not is_policy_day(value) else _yearly(value, draft.office.today) if len(value) == 5 else value
    days = list(days_of(draft, name)) if kind in ("last", "first") else []
    return (max if kind == "last" else min)(days, key=dates.latest) if days else ""


def is_policy_day(value: str) -> bool:
    """Whether a policy's date is one: a day, or one of every year (`12-31`; 29 February is not of every year)."""
    try:
        dates.check(f"2001-{value}" if len(value) == 5 else value)
    except InvalidInput:
        return False
    return True


def _yearly(month_day: str, today: str) -> str:
    """The last day before today that a yearly date (`12-31`) names."""
    year = int(today[:4])
    return f"{year}-{month_day}" if f"{year}-{month_day}" < today else f"{year - 1}-{month_day}"


def days_of(draft: Draft, name: str) -> Iterable[str]:
    """The dates of what a track's anchor counts: activities, reports, or the entries into states that hold a fact."""
    for row in draft.tables["activity"].values():
        if not row.withdrawn and (row.kind == name or (name == "activity" and row.kind in ("activity", "contact"))):
            yield row.until or row.on
    for instance in draft.instances():
        definition = draft.definition(instance)
        for state, day in instance.entered:
            if definition.holds(state, name):
                yield day
        if name == "activity":  # a signature is one: the day an instance first stood where it is signed, however it was entered
            yield from [day for state, day in instance.entered if definition.holds(state, "signed")][:1]


def dated_by(kind: str, need: Requirement) -> str:
    """The field of a letter or reply that dates its sending (`request`, `sent`) or receipt; of a reply, those of its question."""
    if need.kind == "reply":
        return "asked_received" if kind == "received" else "asked"
    return "received" if kind == "received" else "sent"

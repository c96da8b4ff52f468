"""
Reckoning deadlines: after every decision, which promises with a date are open, moved, kept, missed or void.

Rows only say what was promised; whether something is overdue at this moment is a question of the reader's date. A deadline that
fires does so through the machine (`expire`), as the actor `system`, and never stands for a person's act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import dates, facts, ladder, requirement
from workflow.core.agreement import Deadline
from workflow.core.deadline import due, instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.agreement import Instance
    from workflow.core.deadline import Due
    from workflow.core.definition import DeadlineRule
    from workflow.core.draft import Draft

SETTLED = ("met", "missed", "void", "fired", "past")


def reckon(draft: Draft, on: str, *, importing: frozenset[str] = frozenset()) -> None:
    """Bring the deadlines of every touched instance, of those that link to it, and of the track in line with the rows."""
    touched = draft.touched_instances()
    grounds = {ref for opened in draft.opened for ref in draft.instance(opened).links.values()}  # what a new stage builds on may have waited for it
    for instance in draft.instances():
        if instance.ref in touched | grounds or touched & set(instance.links.values()) or instance.parent in touched:
            definition, held = draft.definition(instance), draft.deadlines(instance.ref)
            standing = [definition.deadlines[row.name] for row in held.values() if row.status == "open" and row.name in definition.deadlines]
            for name in dict.fromkeys([rule.name for rule in (*standing, *definition.lives[instance.state])]):
                _reckon(draft, instance, definition.deadlines[name], held.get(name), on, imported=instance.ref in importing)
    if _concerns_track(draft, touched):
        open_rows = draft.deadlines("")
        for rule in draft.office.track.deadlines.values():
            _reckon(draft, None, rule, open_rows.get(rule.name), on, imported=bool(importing))


def _concerns_track(draft: Draft, touched: set[str]) -> bool:
    """Whether the track's deadlines can have moved: an activity, or a stage that stands or stood where a fact is held."""
    states = [(draft.instance(ref), draft.instance(ref).state) for ref in touched]
    states += [(draft.instance(ref), state) for ref, _, source, target in draft.moved for state in (source, target)]
    return not touched or any(table == "activity" for table, _ in draft.touched) or any(
        draft.definition(instance).states[state].holds for instance, state in states)


def _reckon(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline | None, on: str, *, imported: bool) -> None:
    alive = _alive(draft, instance, rule)
    anchor = _anchor(draft, instance, rule) if alive else None
    is_open = held is not None and held.status == "open"
    done = instance is not None and alive and _met(draft, instance, rule, on)
    if held is not None and is_open and (done or anchor is None):
        _settle(draft, instance, rule, held, on, done=done)
    elif anchor is not None and not done and _news(held, anchor):
        _open(draft, instance, rule, held, anchor, imported=imported or _entered_with(instance, anchor[1]))


def _entered_with(instance: Instance | None, day: str) -> bool:
    """Whether a day belongs to a history that was entered as it stood, in whatever order its facts came on record."""
    return instance is not None and instance.imported and dates.earliest(day) <= dates.latest(instance.opened_on)


def _news(held: Deadline | None, anchor: tuple[str, str, int]) -> bool:
    """Whether an anchor asks for a new deadline or revision: none held, void, or the one held counts from another day or amount."""
    return held is None or (held.status == "void" and held.act != "waive") or (held.anchor, held.anchored_on, held.amount) != anchor


def _alive(draft: Draft, instance: Instance | None, rule: DeadlineRule) -> bool:
    if instance is None:
        held = str(rule.spec.get("while_holds"))
        return any(draft.holds(other, held) for other in draft.instances() if not other.parent)
    if instance.state not in rule.live or (rule.since and instance.opened_on < rule.since):
        return False
    return facts.applies(draft, instance, rule.when) is True


def _anchor(draft: Draft, instance: Instance | None, rule: DeadlineRule) -> tuple[str, str, int] | None:
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
    return None if value is None else int(value)


def _day(draft: Draft, instance: Instance | None, anchor: str) -> str:
    kind, _, name = anchor.partition(":")
    if instance is None or kind in ("last", "first", "param"):
        return _track_day(draft, kind, name)
    if kind == "state":
        return next((day for state, day in instance.entered if state == name), "")
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
    own = need.kind == "reply"
    key = {"received": "asked_received" if own else "received", "": "asked" if own else "sent"}["received" if kind == "received" else field]
    return str(row.data.get(key, "")) if row else ""


def _track_day(draft: Draft, kind: str, name: str) -> str:
    if kind == "param":
        value = str(draft.office.policy(draft, name) or "")
        return _yearly(value, draft.office.today) if len(value) == 5 else value
    days = list(_days_of(draft, name)) if kind in ("last", "first") else []
    return (max if kind == "last" else min)(days, key=dates.latest) if days else ""


def _yearly(month_day: str, today: str) -> str:
    """The last day before today that a yearly date (`12-31`) names."""
    year = int(today[:4])
    return f"{year}-{month_day}" if f"{year}-{month_day}" < today else f"{year - 1}-{month_day}"


def _days_of(draft: Draft, name: str) -> Iterable[str]:
    """The dates of what a track's anchor counts: activities, reports, or the entries into states that hold a fact."""
    for row in draft.tables["activity"].values():
        if row.kind == name or (name == "activity" and row.kind in ("activity", "contact")):
            yield row.until or row.on
    for instance in draft.instances():
        definition = draft.definition(instance)
        for state, day in instance.entered:
            if definition.holds(state, name) or (name == "activity" and definition.holds(state, "signed") and state == "signed"):
                yield day


def _met(draft: Draft, instance: Instance, rule: DeadlineRule, on: str) -> bool:
    kind, _, name = rule.met_by.partition(":")
    if not kind:
        return False
    if kind == "trigger":
        return name in instance.fired
    if kind == "opened":
        return any(other.stage == name and instance.ref in other.links.values() for other in draft.instances())
    need = draft.definition(instance).requirements[name]
    row = draft.row(instance.ref, need.row)
    if kind == "requirement":  # an answer keeps the date, whatever it says
        return bool(row and row.data.get("answer")) if need.kind == "reply" else requirement.met(draft, instance, name, on)
    own = need.kind == "reply"
    key = ("asked_received" if own else "received") if kind == "received" else ("asked" if own else "sent")
    return bool(row and row.data.get(key))


def _settle(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline, on: str, *, done: bool) -> None:
    """Close a deadline: kept or missed by the day it was done, void where it no longer applies."""
    fired = [name for ref, name, _, _ in draft.moved if instance is not None and ref == instance.ref]
    left = instance is not None and instance.state not in rule.live
    if rule.fire and rule.fire in fired:
        status = "fired"
    elif done or (left and not rule.met_by and rule.on_expiry != "fire" and not _given_up(draft, instance, held, on)):
        status = "met" if held.stopped_on or dates.earliest(on) <= dates.latest(held.effective) else "missed"
    else:
        status = "void"
    draft.put("deadline", held._replace(status=status, settled_on=on, wake_at="", overdue=held.overdue))


def _given_up(draft: Draft, instance: Instance | None, held: Deadline, on: str) -> bool:
    """Whether the state was left, in time, because the stage failed or another stage ended it: then nothing was kept."""
    if instance is None or dates.earliest(on) > dates.latest(held.effective):
        return False
    reacted = draft.moved and draft.moved[0][0] != instance.ref and any(ref == instance.ref for ref, _, _, _ in draft.moved)
    return bool(reacted) or draft.holds(instance, "failed")


def _open(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline | None, anchor: tuple[str, str, int], *,
          imported: bool) -> None:
    name, day, amount = anchor
    if held is not None and held.status == "open":
        again = "met" if name.startswith("last:") else "void"
        draft.put("deadline", held._replace(status=again, settled_on=draft.office.today, wake_at="", reason="its anchor moved"))
    revision = held.revision + 1 if held else 1
    fresh = made(draft, instance.ref if instance else "", rule, revision, name, day, amount, 1, "import" if imported else "")
    if imported and rule.on_expiry != "fire" and fresh.effective < draft.office.today:
        fresh = _entered(draft, rule, fresh)
    draft.put("deadline", fresh)


def _entered(draft: Draft, rule: DeadlineRule, row: Deadline) -> Deadline:
    """
    What a deadline is that was over before its history was entered: past, and nothing is raised for it.

    But one that recurs goes on with its next occurrence, and what it shows (dormant, late) is so today, not only then.
    """
    if "shows" in rule.spec:
        return row
    if not rule.every or row.amount < 1:
        return row._replace(status="past", wake_at="")
    while row.effective < draft.office.today:
        row = made(draft, row.instance, rule, row.revision, row.anchor, row.anchored_on, row.amount, row.occurrence + 1, row.act)
    return row


def made(draft: Draft, ref: str, rule: DeadlineRule, revision: int, anchor: str, day: str, amount: int, occurrence: int, act: str = "") -> Deadline:
    """A deadline's row: nominal and effective date, the instants at which it wakes and is over. A vague anchor makes it provisional."""
    found = counted(draft, rule, day, amount, occurrence)
    over = instant(found.effective, rule.at, draft.office.zone)
    row = Deadline(
        ref, rule.name, revision, "open", anchor, day, found.nominal.isoformat(), found.effective.isoformat(), over, rule.on_expiry, rule.fire,
        rule.basis, rule.citation, amount, rule.unit, rule.direction, rule.calendar, rule.spec.get("shows", ""),
        found.provisional or dates.precision(day) != "day", occurrence, act=act, made_on=draft.office.today, expires_at=over)
    return row._replace(wake_at=ladder.first(draft, rule, row))


def counted(draft: Draft, rule: DeadlineRule, day: str, amount: int, occurrence: int) -> Due:
    """The day that a rule counts to from a date on record, over the calendar that it, or the office, goes by."""
    name = rule.calendar or (str(draft.office.settings.get("calendar", "ID")) if rule.roll != "none" else "")
    return due(rule, amount, dates.latest(day), draft.office.calendar(name) if name else None, occurrence)

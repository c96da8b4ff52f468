"""
Reckoning deadlines: after every decision, which promises with a date are open, moved, kept, missed or void.

Rows only say what was promised; whether something is overdue at this moment is a question of the reader's date. A deadline that
fires does so through the machine (`expire`), as the actor `system`, and never stands for a person's act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.core import anchors, dates, facts, ladder, requirement
from workflow.core.agreement import Deadline
from workflow.core.deadline import due, instant
from workflow.core.draft import Draft

if TYPE_CHECKING:
    from workflow.core.agreement import Instance
    from workflow.core.deadline import Due
    from workflow.core.definition import DeadlineRule

SETTLED = ("met", "missed", "void", "fired", "past")


def reckon(draft: Draft, on: str, *, importing: frozenset[str] = frozenset()) -> None:
    """Bring the deadlines of every touched instance, of those that link to it, and of the track in line with the rows."""
    touched = draft.touched_instances()
    grounds = {ref for opened in draft.opened for ref in draft.instance(opened).links.values()}  # what a new stage builds on may have waited for it
    for instance in draft.instances():
        if instance.ref in touched or instance.ref in grounds or instance.parent in touched or not touched.isdisjoint(instance.links.values()):
            definition, held = draft.definition(instance), draft.deadlines(instance.ref)
            standing = [name for name, row in held.items() if row.status == "open" and name in definition.deadlines]
            for name in dict.fromkeys([*standing, *[rule.name for rule in definition.lives[instance.state]]]):
                _reckon(draft, instance, definition.deadlines[name], held.get(name), on, imported=instance.ref in importing)
    if draft.office.track.deadlines and _concerns_track(draft, touched):
        open_rows = draft.deadlines("")
        for rule in draft.office.track.deadlines.values():
            _reckon(draft, None, rule, open_rows.get(rule.name), on, imported=bool(importing))


def _concerns_track(draft: Draft, touched: set[str]) -> bool:
    """Whether the track's deadlines can have moved: an activity, or a stage that stands or stood where a fact is held."""
    states = [(ref, draft.instance(ref).state) for ref in touched]
    states += [(ref, source) for ref, _, source, _ in draft.moved]  # where they moved to, they stand
    return not touched or any(table == "activity" for table, _ in draft.touched) or any(
        draft.definition(draft.instance(ref)).states[state].holds for ref, state in states)


def judge_again(draft: Draft, instance: Instance) -> None:
    """After a correction: whether what is settled was kept, by the dates that are on record now."""
    before = Draft(draft.case, draft.office)
    for held in draft.deadlines(instance.ref).values():
        rule = draft.definition(instance).deadlines.get(held.name)
        if rule is None or held.status not in ("met", "missed"):
            continue
        if rule.met_by and not _met(draft, instance, rule, held.settled_on):  # its body has been asked anew since
            continue
        day = _kept_on(draft, instance, rule, held.settled_on)
        anchor = anchors.anchor_of(draft, instance, rule)
        if anchor is not None and _counts_from(held, anchors.anchor_of(before, instance, rule)) and not _counts_from(held, anchor):
            draft.put("deadline", _ended(held, "void", draft.office.today, reason="its anchor moved"))
            held = made(draft, held.instance, rule, held.revision + 1, *anchor, held.occurrence)
        draft.put("deadline", judged(held, day))


def judged(row: Deadline, day: str) -> Deadline:
    """A deadline that was met, or missed, by what was done that day."""
    return _ended(row, "missed" if _is_over(row, day) else "met", day)


def _is_over(row: Deadline, day: str) -> bool:
    return not row.stopped_on and dates.earliest(day) > dates.latest(row.effective)


def _ended(row: Deadline, status: str, day: str, reason: str = "") -> Deadline:
    return row._replace(status=status, settled_on=day, wake_at="", reason=reason or row.reason)


def _reckon(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline | None, on: str, *, imported: bool) -> None:
    alive = _alive(draft, instance, rule)
    anchor = anchors.anchor_of(draft, instance, rule) if alive else None
    done = instance is not None and alive and _met(draft, instance, rule, on)
    if held is not None and held.status == "open" and (done or anchor is None):
        _settle(draft, instance, rule, held, on, done=done)
    elif anchor is not None and not done and _news(held, anchor):
        _open(draft, instance, rule, held, anchor, imported=imported)


def _news(held: Deadline | None, anchor: tuple[str, str, int]) -> bool:
    """
    Whether an anchor asks for a new deadline or revision: none held, void, or the one held counts from another day or amount.

    What was met or missed is asked for again where it lives again and is not done: its state was entered anew, its body asked anew.
    """
    again = held is None or (held.status == "void" and held.act != "waive") or held.status in ("met", "missed")
    return again or not _counts_from(held, anchor)


def _counts_from(held: Deadline | None, anchor: tuple[str, str, int] | None) -> bool:
    return held is not None and (held.anchor, held.anchored_on, held.amount) == anchor


def _alive(draft: Draft, instance: Instance | None, rule: DeadlineRule) -> bool:
    if instance is None:
        held = str(rule.spec.get("while_holds"))
        return dates.within(draft.office.today, rule.since) and any(draft.holds(other, held) for other in draft.instances() if not other.parent)
    if instance.state not in rule.live or not dates.within(instance.opened_on, rule.since):
        return False
    return facts.applies(draft, instance, rule.when) is True


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
    return bool(row and row.data.get(anchors.dated_by(kind, need)))


def _kept_on(draft: Draft, instance: Instance, rule: DeadlineRule, on: str) -> str:
    """The day on which it was done: the paper's own where it has one, else that of the act."""
    kind, _, name = rule.met_by.partition(":")
    need = draft.definition(instance).requirements.get(name)
    row = draft.row(instance.ref, need.row) if need is not None else None
    if need is None or row is None:
        return on
    if kind == "requirement":
        key = {"reply": "received", "letter": "sent", "meeting": "held_on"}.get(need.kind, "")
    else:
        key = anchors.dated_by(kind, need)
    return str(row.data.get(key) or on)


def _settle(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline, on: str, *, done: bool) -> None:
    """
    Close a deadline: kept or missed by the day it was done, void where it no longer applies.

    What was over before its state was left is missed, whatever would have met it.
    """
    fired = [name for ref, name, _, _ in draft.moved if instance is not None and ref == instance.ref]
    left = instance is not None and instance.state not in rule.live
    day = _kept_on(draft, instance, rule, on) if instance is not None and done else on
    if rule.fire and rule.fire in fired:
        draft.put("deadline", _ended(held, "fired", on))
    elif done or (left and rule.on_expiry != "fire" and (_is_over(held, day) or not (rule.met_by or _given_up(draft, instance, held, on)))):
        draft.put("deadline", judged(held, day))
    else:
        draft.put("deadline", _ended(held, "void", on))


def _given_up(draft: Draft, instance: Instance | None, held: Deadline, on: str) -> bool:
    """Whether the state was left, in time, because the stage failed or another stage ended it: then nothing was kept."""
    if instance is None or dates.earliest(on) > dates.latest(held.effective):
        return False
    reacted = draft.moved and draft.moved[0][0] != instance.ref and any(ref == instance.ref for ref, _, _, _ in draft.moved)
    return bool(reacted) or draft.holds(instance, "failed")


def _open(draft: Draft, instance: Instance | None, rule: DeadlineRule, held: Deadline | None, anchor: tuple[str, str, int], *,
          imported: bool) -> None:
    if held is not None and held.status == "open":
        draft.put("deadline", _overtaken(draft, held, anchor))
    elif held is not None and held.wake_at:  # what has ended begins anew: nobody is told of the end any more
        draft.put("deadline", held._replace(wake_at=""))
    imported = imported or _entered_with(instance, anchor[1])
    fresh = made(draft, instance.ref if instance else "", rule, held.revision + 1 if held else 1, *anchor, 1, "import" if imported else "")
    begins = held is None and rule.every  # a recurring duty that is only now watched looks ahead
    if (imported or begins) and rule.on_expiry != "fire" and fresh.effective < draft.office.today:
        fresh = _entered(draft, rule, fresh)
    draft.put("deadline", fresh)


def _entered_with(instance: Instance | None, day: str) -> bool:
    """Whether a day belongs to a history that was entered as it stood, in whatever order its facts came on record."""
    return instance is not None and instance.imported and dates.earliest(day) <= dates.latest(instance.opened_on)


def _overtaken(draft: Draft, held: Deadline, anchor: tuple[str, str, int]) -> Deadline:
    """What becomes of an open deadline whose anchor moves: kept or missed where what it waited for has come, else void."""
    kind, _, counted = held.anchor.partition(":")
    if anchor[0].startswith("last:") and kind in ("last", "first") and held.anchored_on in anchors.days_of(draft, counted):
        return judged(held, anchor[1])
    return _ended(held, "void", draft.office.today, reason="its anchor moved")


def _entered(draft: Draft, rule: DeadlineRule, row: Deadline) -> Deadline:
    """
    What a deadline is that was over before its history was entered: past, and nothing is raised for it.

    But one that recurs goes on with its next occurrence, and what it shows (dormant, late) is so today, not only then.
    """
    if "shows" in rule.spec:
        return row
    if not rule.every or row.amount < 1 or row.anchor.startswith("param:"):  # a yearly date comes again by itself
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
    """The day that a rule counts to from a date on record, over the calendar that it, or the office, goes by; "before" a vague date: its first."""
    name = rule.calendar or (str(draft.office.settings.get("calendar", "ID")) if rule.roll != "none" else "")
    first = rule.direction == "before" and dates.precision(day) in ("month", "year")
    return due(rule, amount, dates.earliest(day) if first else dates.latest(day), draft.office.calendar(name) if name else None, occurrence)

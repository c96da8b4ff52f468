"""How a stage stands today: its way so far, what is due or overdue, what was irregular or is not documented, what may happen next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.commands.language import _, _n
from workflow.commands.words import basis_text, day_text, left_text
from workflow.core import dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from workflow.commands.console import Console
    from workflow.commands.words import Words
    from workflow.core.agreement import Deadline, Instance
    from workflow.core.definition import Transition
    from workflow.errors import Unmet

AHEAD = 2  # states drawn ahead of where a stage stands


class Option(NamedTuple):
    """One transition that leaves the present state: who may take it, and what it still needs."""

    transition: Transition
    target: str
    unmet: Sequence[Unmet]

    @property
    def hard(self) -> list[Unmet]:
        return [row for row in self.unmet if not row.soft]

    def due_to(self, instance: Instance) -> bool:
        """Whether it is still to be done: an act that does not move the stage (a deposit) is done once."""
        return bool(self.transition.to) or self.transition.name not in instance.fired

    @property
    def by_clock(self) -> bool:
        """Whether time alone brings it about, and no person."""
        return self.transition.clock and not self.transition.roles

    @property
    def by_person(self) -> bool:
        return bool(self.transition.roles)

    @property
    def regular(self) -> bool:
        return self.by_person and not self.transition.irregular

    def command(self, ref: str) -> str:
        return f"mufakat advance {ref} {self.transition.name}"


def options(words: Words, instance: Instance) -> list[Option]:
    """Every transition that leaves the state a stage stands in, in the definition's order, judged as of today."""
    from workflow.core import machine  # brings `transitions`, which help and completion do without

    draft = words.draft
    definition = draft.definition(instance)
    return [Option(row, row.to or instance.state, machine.judge(draft, instance, row, draft.office.today))
            for row in definition.transitions.values() if instance.state in row.sources]


def is_final(words: Words, instance: Instance) -> bool:
    return words.definition(instance).states[instance.state].final


def option_data(words: Words, instance: Instance, option: Option, roles: Sequence[str]) -> dict[str, Any]:
    """A transition as data."""
    row = option.transition
    return {
        "trigger": row.name, "to": option.target, "label": words.label(instance, "transition", row.name), "roles": list(row.roles),
        "actor": row.actor, "clock": row.clock, "reaction": not row.roles and not row.clock, "irregular": row.irregular,
        "possible": not option.hard, "mine": bool(set(row.roles) & set(roles)),
        "unmet": [{**unmet._asdict(), "facts": dict(unmet.facts), "text": unmet.text} for unmet in option.unmet],
        "command": option.command(f"{words.ref}/{instance.ref}") if row.roles else "",
    }


def path(words: Words, instance: Instance) -> list[str]:
    """`● Plan being drafted ─ ◉ Before the council ─ ○ Plan approved ─ …`: the states entered, where it stands, the ordinary way ahead."""
    entered = [state for state, _day in instance.entered if state != instance.state]
    coming, more = ahead(words, instance)
    steps = [*(("●", state) for state in entered), ("◉", instance.state), *(("○", state) for state in coming)]
    return [f"{sign} {words.label(instance, 'state', state)}" for sign, state in steps] + ["…"] * more


def ahead(words: Words, instance: Instance) -> tuple[list[str], bool]:
    """The next states of the ordinary way, and whether it goes on after them."""
    definition = words.definition(instance)
    order = {name: place for place, name in enumerate(definition.states)}
    been, found = {state for state, _day in instance.entered}, [instance.state]
    while True:
        at = found[-1]
        following = next((row.to for row in definition.transitions.values() if at in row.sources and row.to and row.to not in found
                          and (row.to not in been or order[row.to] > order[at])  # once more forward, after it was returned
                          and not row.irregular and (row.roles or row.clock) and _wanted(definition.states, row.to)), "")
        if not following or len(found) > AHEAD:
            return found[1:], bool(following)
        found.append(following)


def _wanted(states: Any, name: str) -> bool:
    """The ordinary way does not lead into failure."""
    return "failed" not in states[name].holds and name not in ("withdrawn", "cancelled", "declined", "postponed")


def deadlines(words: Words, ref: str) -> list[Deadline]:
    """Open deadlines of a stage (`""`: of the track), the nearest first."""
    return sorted((row for row in words.draft.deadlines(ref).values() if row.status == "open"), key=lambda row: row.effective)


def deadline_lines(console: Console, words: Words, rows: Iterable[Deadline], today: date, *, whose: bool = False) -> None:
    """Each with its date, what it is (of which stage, where `whose`), how it was counted and what it rests on; below it how long is left."""
    for row in rows:
        days = (dates.latest(row.effective) - today).days
        style = "red" if days < 0 or row.overdue else "yellow" if days <= 30 else ""
        label = words.deadline(row) if row.instance else f"{words.deadline(row)} ({_('the whole agreement')})"
        label = f"{row.instance}: {label}" if whose and row.instance else label
        console.flow([f"{_('due')}   {console.paint(day_text(row.effective), style)}", label, words.counted(row),
                      basis_text(row.basis, row.citation)], "  ", hang="        ")
        console.flow([left(row, today, words.fire(row))], "        ")


def deadline_of(row: dict[str, Any]) -> Deadline:
    """The deadline in a row of a list over many agreements."""
    from workflow.core.agreement import Deadline

    return Deadline(**{name: row[name] for name in Deadline._fields})


def left(row: Deadline, today: date, step: str) -> str:
    """What is to be known of an open deadline today: the days left, what happens then (`step`, as it is called), whether its date may move."""
    days = (dates.latest(row.effective) - today).days
    if row.stopped_on:
        return _("its clock has stood still since {day}").format(day=day_text(row.stopped_on))
    remarks = [left_text(row.effective, today)]
    if row.on_expiry == "fire" and days < 0:
        remarks = [_("{trigger} is due since {day}; mufakat remind tick applies it, or the next write").format(
            trigger=step, day=day_text(row.effective))]
    elif row.on_expiry == "fire":
        remarks.append(_("then, by itself: {trigger}").format(trigger=step))
    elif row.basis in ("statute", "circular"):
        remarks.append(_("nothing is approved by time-out"))
    if row.shows and days < 0:
        remarks.append(f"{_(row.shows)}: {_idle(row.anchored_on)}" if row.anchor == "last:activity" else _(row.shows))
    if row.provisional and dates.precision(row.anchored_on) != "day":
        remarks.append(_("provisional: it counts from a date not known to the day"))
    elif row.provisional:
        remarks.append(_("provisional: the calendar of a year it counts over is not published in full"))
    return "; ".join(remarks)


def _idle(since: str) -> str:
    """How long nothing was entered; of a day that is only bounded it may be longer."""
    if dates.precision(since) == "not-after":
        return _("no recorded activity since {day} or longer").format(day=day_text(since.removeprefix(dates.NOT_AFTER)))
    return _("no recorded activity since {day}").format(day=day_text(since))


def remarks(words: Words, instance: Instance) -> list[str]:
    """What a reader must know of a stage before trusting it: irregular acts, gaps, what came from outside."""
    found = []
    if instance.irregular:
        row = words.draft.row(instance.ref, "irregularity")
        text = str(row.data.get("irregularity", "")) if row else ""
        found.append(_("irregular: it was done in breach of procedure") + (f" ({text})" if text else ""))
    predecessor = instance.links.get("predecessor")
    if predecessor:
        if instance.gap_days:
            found.append(_n("gap: {count} day without an agreement between {predecessor} and this one",
                            "gap: {count} days without an agreement between {predecessor} and this one", instance.gap_days, predecessor=predecessor))
        elif instance.gap_days is None and not words.draft.holds(instance, "signed") and not is_final(words, instance):
            found.append(_("follows {predecessor}").format(predecessor=predecessor))
        elif instance.gap_days is None:
            found.append(_("follows {predecessor}; the gap between them is not documented").format(predecessor=predecessor))
        else:
            found.append(_("follows {predecessor} without a gap").format(predecessor=predecessor))
    instrument = words.draft.row(instance.ref, "instrument")
    if instrument is not None and instrument.data.get("ends_on") and instrument.data.get("term_kind") == "unknown" and not is_final(words, instance):
        found.append(_("it does not end by itself: whether it renews itself is not on record"))
    if instance.imported:
        found.append(_("from documents, as of {day}").format(day=day_text(instance.opened_on)))
    return found

"""`mufakat agenda`: the one command of the morning; what is overdue, due soon, waiting for me, stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.language import _, _n
from workflow.commands.options import command, pass_app
from workflow.commands.standing import deadline_of, deadlines, left, options
from workflow.commands.words import basis_text, day_text
from workflow.core import dates
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import date

    from workflow.commands.app import App
    from workflow.commands.words import Words
    from workflow.core.agreement import Instance

STUCK_DAYS = 60  # without a deadline and without a move
MOST = 200  # agreements looked into for what waits


@command("agenda", examples=("mufakat agenda", "mufakat agenda --mine --for 14d"))
@click.option("--mine/--all", "mine", default=False, help="Only agreements that I own; default all.")
@click.option("--for", "span", default="30d", show_default=True, metavar="SPAN", help="How far ahead: 30d, 2w, 3m, 10bd.")
@pass_app
def agenda_command(app: App, mine: bool, span: str) -> None:  # noqa: FBT001  # a flag
    """What is overdue, due soon, waiting for you, stuck."""
    if dates.span(span.lstrip("+")) is None or span.startswith("-"):
        raise InvalidInput("for", span, "write an amount and a unit, such as 30d, 2w, 3m, 10bd")
    agenda(app, until=f"+{span.lstrip('+')}", mine=mine)


def agenda(app: App, *, until: str, mine: bool = False) -> None:
    """Print the agenda up to a day, or give it as data."""
    end = dates.resolve(until, dates.earliest(app.today), app.reader.library.calendar("ID"), "for")
    found = gather(app, end, mine=mine)
    if not app.plain:
        from workflow.commands.data import emit, emit_rows

        if app.output in ("csv", "ids"):
            emit_rows(app, [{"section": section, **row} for section, rows in found.items() for row in rows], [])
        else:
            emit(app, found)
        return
    console = app.console
    if not any(found.values()):
        console.say(_("Nothing is overdue, nothing is due until {day}, nothing waits for you, nothing is stuck.").format(day=day_text(end)))
        return
    for section, heading in (("overdue", _("overdue")), ("due", _("due soon")), ("waiting", _("waiting for you")), ("stuck", _("stuck"))):
        rows = found[section]
        if rows:
            console.say(console.paint(f"{heading} ({len(rows)})", "bold"))
        for row in rows:
            line = _due(app, row) if section in ("overdue", "due") else _waiting(row) if section == "waiting" else _stuck(row)
            console.flow(line, "  ", hang="      ")
            console.flow([console.paint(row["command"], "cyan")], "      ")


def gather(app: App, until: str, *, mine: bool) -> dict[str, list[dict[str, Any]]]:
    """The four lists as data."""
    store, today = app.store(), dates.earliest(app.today)
    owner = app.writer.person if mine else ""
    known: dict[str, Words] = {}

    def words(ref: str) -> Words:
        if ref not in known:
            known[ref] = app.words(ref)
        return known[ref]

    due = [{**row, "ref": f"{row['ref']}/{row['instance']}" if row["instance"] else row["ref"], "agreement": row["ref"],
            "days_left": (dates.latest(row["effective"]) - today).days, "label": words(row["ref"]).deadline(deadline_of(row)),
            "fire_label": words(row["ref"]).fire(deadline_of(row)),
            "rests_on": basis_text(row["basis"], row["citation"]), "counted": words(row["ref"]).counted(deadline_of(row)),
            "command": f"mufakat can {row['ref']}/{row['instance']}" if row["instance"] else f"mufakat show {row['ref']}"}
           for row in store.deadlines(until=until, owner=owner)]
    living = store.stuck(app.today, owner=owner, limit=2_000)
    refs = list(dict.fromkeys(row["agreement"] for row in living))[:MOST]
    stages = [(words(row["agreement"]), row["ref"].partition("/")[2]) for row in living if row["agreement"] in refs]
    lost = [f"{held.ref}/{stage}" for held, stage in stages if not held.defined(stage)]
    if lost:
        app.console.tell(_("of these nothing can be said, as their definition cannot be used (mufakat doctor): {stages}").format(
            stages=", ".join(lost)))
        stages = [(held, stage) for held, stage in stages if f"{held.ref}/{stage}" not in lost]
    waiting = [row for held, stage in stages for row in _mine(app, held, held.draft.instance(stage))]
    stuck = [row for held, stage in stages for row in _idle(held, held.draft.instance(stage), today)]
    return {"overdue": [row for row in due if (row["days_left"] < 0 or row["overdue"]) and not row["stopped_on"]],
            "due": [row for row in due if (row["days_left"] >= 0 and not row["overdue"]) or row["stopped_on"]], "waiting": waiting, "stuck": stuck}


def _mine(app: App, words: Words, instance: Instance) -> list[dict[str, Any]]:
    """What somebody with my roles may do to a stage now: approvals still wanted, and the ordinary way when nothing is missing."""
    mine, ref = set(app.actor.roles), f"{words.ref}/{instance.ref}"
    held = [option for option in options(words, instance) if option.regular and option.due_to(instance)]
    wanted = {row.requirement for option in held for row in option.unmet}
    votes = [need for need in words.definition(instance).requirements.values()
             if need.kind == "approval" and need.name in wanted and mine & set(need.spec["roles"]) and not _gave(app, words, instance, need.name)]
    found = [{"ref": ref, "what": "approve", "name": need.name, "label": words.label(instance, "requirement", need.name),
              "command": f"mufakat approve {ref} {need.name}"} for need in votes]
    found += [{"ref": ref, "what": "advance", "name": option.transition.name, "label": words.label(instance, "transition", option.transition.name),
               "command": option.command(ref)} for option in held if not option.hard and mine & set(option.transition.roles)]
    return found


def _gave(app: App, words: Words, instance: Instance, name: str) -> bool:
    from workflow.core.requirement import unmet

    return any(row.person == app.actor.person for row in words.draft.approvals(instance.ref, name)) or \
        not unmet(words.draft, instance, words.definition(instance).requirements[name], words.draft.office.today)


def _idle(words: Words, instance: Instance, today: date) -> list[dict[str, Any]]:
    """A stage on its way that has no deadline and has not moved for long; a plan speaks for its items."""
    days, ref = (today - dates.latest(instance.since)).days, f"{words.ref}/{instance.ref}"
    if days < STUCK_DAYS or instance.parent or words.draft.holds(instance, "in-force") or deadlines(words, instance.ref):
        return []
    called = words.label(instance, "state", instance.state)
    return [{"ref": ref, "state": instance.state, "state_label": called, "since": instance.since, "days": days, "command": f"mufakat can {ref}"}]


def _due(app: App, row: dict[str, Any]) -> list[str]:
    then = left(deadline_of(row), dates.earliest(app.today), row["fire_label"])
    return [f"{day_text(row['effective'])}   {row['ref']}", row["label"], then, row["rests_on"]]


def _waiting(row: dict[str, Any]) -> list[str]:
    return [row["ref"], row["label"]]


def _stuck(row: dict[str, Any]) -> list[str]:
    return [row["ref"], _n(
        "in “{state}” since {day} ({count} day), with no deadline", "in “{state}” since {day} ({count} days), with no deadline", row["days"],
        state=row["state_label"], day=day_text(row["since"]))]

"""`mufakat show`: an agreement or a stage; what it is, what is wrong or due, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.changes import HIDDEN
from workflow.commands.language import _, _n
from workflow.commands.options import command, pass_app, reference
from workflow.commands.refusals import unmet_lines
from workflow.commands.standing import ahead, deadline_lines, deadlines, is_final, option_data, options, path, remarks
from workflow.commands.words import Words, basis_text, day_text
from workflow.core import dates

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.core.agreement import Instance


@command("show", examples=("mufakat show bogor-kisarazu", "mufakat show bogor-kisarazu/loi", "mufakat show bogor-kisarazu --at 2026-03-01"))
@reference()
@click.option("--at", default="", metavar="DATE", help="As it was on record at the end of that day.")
@pass_app
def show_command(app: App, ref: str, at: str) -> None:
    """What it is, what is wrong or due, and what to type next."""
    agreement, slash, stage = ref.partition("/")
    words = app.words(agreement)
    if at:
        from workflow.commands.past import as_of

        words = as_of(app, words, at)
    if app.plain:
        if at:
            app.console.say(_("as it was on record at the end of {day}").format(day=day_text(words.draft.office.today)))
        if slash:
            _stage(app, words, words.find(stage))
        else:
            _agreement(app, words)
        return
    from workflow.commands.data import emit

    emit(app, stage_data(app, words, words.find(stage)) if slash else agreement_data(app, words))


def _agreement(app: App, words: Words) -> None:
    console, agreement = app.console, words.draft.agreement
    today = dates.earliest(words.draft.office.today)
    parties = ", ".join(f"{party['name']} ({party['country']})" for party in agreement.parties)
    console.flow([console.paint(agreement.ref, "bold"), agreement.title, f"{agreement.track} {agreement.track_version}",
                  _("owner: {name}").format(name=app.name(agreement.owner))])
    console.flow([parties, _("since {day}").format(day=day_text(agreement.started_on)),
                  _("entered from documents") if agreement.imported else ""], "  ")
    stages = [row for row in words.draft.instances() if not row.parent]
    if not stages:
        console.say("  " + _("no stage is open yet"))
    widths = _widths(words, stages)
    for row in stages:
        _line(console, words, row, widths)
    due = [row for stage in words.draft.instances() for row in deadlines(words, stage.ref)] + deadlines(words, "")
    deadline_lines(console, words, sorted(due, key=lambda row: row.effective)[:8], today, whose=True)
    if len(due) > 8:
        console.say("  " + _("{count} more: mufakat deadline list {ref}").format(count=len(due) - 8, ref=agreement.ref))
    for row in [row for row in words.draft.tables["activity"].values() if not row.withdrawn][-5:]:
        until = f" – {day_text(row.until)}" if row.until else ""
        console.flow([f"{_(row.kind)}  {day_text(row.on)}{until}", row.title, row.field, row.note], "  ", hang="            ")
    _next(console, agreement.ref, [row for row in stages if not is_final(words, row)])


def _widths(words: Words, rows: list[Instance]) -> tuple[int, int]:
    """How many cells the references and the states of these stages take."""
    from workflow.commands.console import cells

    return (max((cells(row.ref) for row in rows), default=0), max((cells(words.label(row, "state", row.state)) for row in rows), default=0))


def _line(console: Console, words: Words, row: Instance, widths: tuple[int, int]) -> None:
    from workflow.commands.console import pad

    final = is_final(words, row)
    console.flow([f"{'●' if final else '◉'} {pad(row.ref, widths[0])}  {pad(words.label(row, 'state', row.state), widths[1])}", words.stage(row),
                  _("since {day}").format(day=day_text(row.since)),
                  _n("{count} item", "{count} items", len(words.draft.items(row.ref))) if words.draft.items(row.ref) else ""], "  ", hang="      ")
    for remark in remarks(words, row):
        console.flow([remark], "      ")
    instrument = _instrument(words, row)
    if instrument:
        console.flow([instrument], "      ")


def _instrument(words: Words, row: Instance) -> str:
    """What each party calls the paper, where it has been said."""
    paper = words.draft.row(row.ref, "instrument")
    names = paper.data.get("names", []) if paper else []
    return _("called {names}").format(names=", ".join(f"“{name}” ({party})" for party, name in names)) if names else ""


def _next(console: Console, ref: str, living: list[Instance]) -> None:
    commands = [f"mufakat can {ref}/{row.ref}" for row in living[:3]] or [f"mufakat can {ref}"]
    console.flow([_("Next: {command}").format(command=commands[0]), *commands[1:], f"mufakat history {ref}"])


def _stage(app: App, words: Words, instance: Instance) -> None:
    console, ref = app.console, f"{words.ref}/{instance.ref}"
    today = dates.earliest(words.draft.office.today)
    days = (today - dates.latest(instance.since)).days if dates.precision(instance.since) == "day" else None
    since = _("since {day}").format(day=day_text(instance.since)) + (f" ({_n('{count} day', '{count} days', days)})" if days is not None else "")
    console.flow([console.paint(ref, "bold"), words.label(instance, "state", instance.state), since,
                  _("owner: {name}").format(name=app.name(words.draft.agreement.owner))])
    console.flow([words.stage(instance), _instrument(words, instance)], "  ")
    console.flow(path(words, instance), "  ", hang="    ", gap=" ─ ")
    for remark in remarks(words, instance):
        console.flow([console.paint("!", "yellow") + " " + remark], "  ", hang="    ")
    deadline_lines(console, words, deadlines(words, instance.ref), today)
    _on_record(app, console, words, instance)
    for item in words.draft.items(instance.ref):
        console.flow([f"{item.ref}  {words.label(item, 'state', item.state)}", words.stage(item)], "  ", hang="      ")
    _ahead(console, words, instance)


def _on_record(app: App, console: Console, words: Words, instance: Instance) -> None:
    """Every row: what was answered, its files, approvals; and by name what nobody documented."""
    unknown = []
    definition = words.definition(instance)
    for name in definition.requirements:
        row = words.draft.row(instance.ref, name)
        if row is None:
            continue
        if row.status == "unknown":
            unknown.append(words.label(instance, "requirement", name))
            continue
        sign = {"met": "✓", "refused": "✗", "not-required": "–", "waived": "–"}.get(row.status, "…")
        facts = [words.fact(instance.ref, key, value) for key, value in row.data.items() if key not in ("names", *HIDDEN)]
        files = [f"{doc.filename}" + (f" ({doc.language})" if doc.language else "") for doc in words.draft.documents(instance.ref, name)]
        votes = [f"{_(vote.decision)}: {app.name(vote.person)} ({vote.role}) {day_text(vote.on)}"
                 for vote in words.draft.approvals(instance.ref, name)]
        state = "" if row.status == "met" else _(row.status)
        console.flow([f"{sign} {words.label(instance, 'requirement', name)}", state, *facts, *files, *votes], "  ", hang="      ")
    if unknown:
        console.flow([_("not documented: {names}").format(names=", ".join(unknown))], "  ", hang="      ")


def _ahead(console: Console, words: Words, instance: Instance) -> None:
    ref = f"{words.ref}/{instance.ref}"
    held = [option for option in options(words, instance) if option.by_person and option.due_to(instance)]
    ready = [option for option in held if not option.hard and option.regular]
    following = ahead(words, instance)[0][:1]
    wanted = [option for option in held if option.regular and option.hard]
    first = next((option for option in wanted if [option.target] == following), next(iter(wanted), None))
    for option in ready:
        console.flow([_("ready: {command}").format(command=console.paint(option.command(ref), "cyan"))], "  ")
    if first is not None and not ready:
        console.say("  " + _("to {trigger} you still need").format(trigger=first.transition.name))
        for unmet in first.unmet:
            unmet_lines(console, words, instance, unmet, indent="    ")
    if not held:
        console.say("  " + _("nothing more can happen: it is over"))
    console.flow([_("Next: {command}").format(command=f"mufakat can {ref}"), f"mufakat history {ref}"])


def agreement_data(app: App, words: Words) -> dict[str, Any]:
    """An agreement as data, with every stage."""
    draft = words.draft
    return {
        **draft.agreement._asdict(), "owner_name": app.name(draft.agreement.owner),
        "stages": [stage_data(app, words, row) for row in draft.instances()],
        "deadlines": [deadline_data(words, row.name, "") for row in deadlines(words, "")],
        "activities": [row._asdict() for row in draft.tables["activity"].values() if not row.withdrawn],
        "entries": draft.case.head.cseq,
    }


def stage_data(app: App, words: Words, instance: Instance) -> dict[str, Any]:
    """A stage as data: its record, rows, files, approvals, deadlines, and what may happen."""
    draft = words.draft
    return {
        **instance._asdict(), "ref": f"{words.ref}/{instance.ref}", "final": is_final(words, instance),
        "label": words.stage(instance), "state_label": words.label(instance, "state", instance.state),
        "entered": [{"state": state, "on": day} for state, day in instance.entered],
        "rows": [row._asdict() for row in draft.tables["row"].values() if row.instance == instance.ref],
        "documents": [row._asdict() for row in draft.tables["document"].values() if row.instance == instance.ref],
        "approvals": [row._asdict() for row in draft.tables["approval"].values() if row.instance == instance.ref],
        "deadlines": [deadline_data(words, row.name, instance.ref) for row in deadlines(words, instance.ref)],
        "options": [option_data(words, instance, option, app.actor.roles) for option in options(words, instance)
                    if option.by_person or option.by_clock],
    }


def deadline_data(words: Words, name: str, ref: str) -> dict[str, Any]:
    row = words.draft.deadlines(ref)[name]
    days = (dates.latest(row.effective) - dates.earliest(words.draft.office.today)).days
    return {**row._asdict(), "label": words.deadline(row), "days_left": days, "rests_on": basis_text(row.basis, row.citation),
            "expiry_due": row.on_expiry == "fire" and days < 0}



"""`mufakat can`: what may happen now and what is missing for the rest, without trying anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.batch import Batch
from workflow.commands.failures import REFUSED, Failed, message_of
from workflow.commands.language import _
from workflow.commands.options import command, complete_trigger, pass_app, reference
from workflow.commands.refusals import unmet_lines
from workflow.commands.standing import Option, is_final, option_data, options
from workflow.errors import InvalidInput, Phrase, TransitionRefused, WorkflowError

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.commands.words import Words
    from workflow.core.agreement import Instance


@command("can", kind=Batch, examples=("mufakat can bogor-kisarazu/loi", "mufakat can bogor-kisarazu/loi sign && echo ready"))
@reference()
@click.argument("trigger", default="", shell_complete=complete_trigger)
@pass_app
def can_command(app: App, ref: str, trigger: str) -> None:
    """What may happen to a stage, or to every stage of an agreement. With TRIGGER exit 4 where it may not."""
    agreement, slash, stage = ref.partition("/")
    words = app.words(agreement)
    if trigger and not slash:
        raise InvalidInput("reference", ref, Phrase("name a stage of it too, such as {ref}/loi: mufakat show {ref}", ref=ref))
    if slash:
        instances = [words.find(stage)]
    else:
        instances = [row for row in words.draft.instances() if not is_final(words, row)]
    found = [(row, [option for option in options(words, row) if option.by_person or option.by_clock]) for row in instances]
    if trigger:
        found = [(row, _only(row, held, trigger)) for row, held in found]
    if app.plain:
        for row, held in found:
            _screen(app, words, row, held)
        if not slash and not trigger:
            _openings(app, words)
    else:
        _data(app, words, found, opens=not slash and not trigger)
    if trigger and any(option.hard for _row, held in found for option in held):
        raise Failed(REFUSED)


def _only(instance: Instance, held: list[Option], trigger: str) -> list[Option]:
    chosen = [option for option in held if option.transition.name == trigger]
    if not chosen:
        known = [option.transition.name for option in held]
        raise InvalidInput("trigger", trigger, Phrase("no such transition leaves {state}", state=instance.state), known)
    return chosen


def _screen(app: App, words: Words, instance: Instance, held: list[Option]) -> None:
    console, ref = app.console, f"{words.ref}/{instance.ref}"
    console.flow([console.paint(ref, "bold"), words.label(instance, "state", instance.state)])
    if not held:
        console.say("  " + _("nothing more can happen: it is over"))
    for option in (row for row in held if not row.hard):
        _possible(app, console, words, instance, option)
    for option in (row for row in held if row.hard):
        _missing(console, words, instance, option)


def _possible(app: App, console: Console, words: Words, instance: Instance, option: Option) -> None:
    row = option.transition
    if option.by_clock:
        return
    mine = "" if set(row.roles) & set(app.actor.roles) else _("by: {roles}").format(roles=", ".join(row.roles))
    console.flow([f"{console.paint('✓', 'green')} {_step(words, instance, option)}", words.label(instance, "transition", row.name),
                  _("irregular") if row.irregular else "", mine], "  ")
    console.flow([console.paint(option.command(f"{words.ref}/{instance.ref}"), "cyan")], "    ", hang="      ")
    for unmet in option.unmet:
        unmet_lines(console, words, instance, unmet, indent="      ")


def _missing(console: Console, words: Words, instance: Instance, option: Option) -> None:
    row = option.transition
    label = words.label(instance, "transition", row.name)
    kind = _("by itself, when its day comes") if option.by_clock else _("irregular") if row.irregular else ""
    console.flow([f"{console.paint('·', 'yellow')} {_step(words, instance, option)}", label, kind], "  ")
    if option.by_clock:
        return
    console.flow([_("to {trigger} you still need").format(trigger=row.name)], "    ")
    for unmet in option.unmet:
        unmet_lines(console, words, instance, unmet, indent="      ")


def _step(words: Words, instance: Instance, option: Option) -> str:
    """The step as it is typed, and what the state is called that it leads to."""
    return f"{option.transition.name} → {words.label(instance, 'state', option.target)}"


def _openings(app: App, words: Words) -> None:
    console = app.console
    console.say(_("stages that may be opened"))
    for stage, refused in _stages(app, words):
        missing = getattr(refused, "unmet", ()) or getattr(refused, "needs", ()) if refused is not None else ()
        early = refused is not None and not hasattr(refused, "unmet")
        sign = console.paint("·", "yellow") if early else console.paint("✓", "green")
        console.flow([f"{sign} {stage}", message_of(refused) if refused is not None and early and not missing else ""], "  ")
        if early and len(missing) > 1:
            console.say("      " + _("one of these must be on record first"))
        for unmet in missing:
            unmet_lines(console, words, None, unmet if early else unmet._replace(command=""), indent="      ", stage=stage)
        if isinstance(refused, InvalidInput) and refused.field == "link" and refused.known:
            choice = f"--link {refused.value}={'|'.join(refused.known)}"
            console.flow([console.paint(f"mufakat open {words.ref} {stage} {choice}", "cyan")], "    ", hang="      ")
        if not early:
            console.flow([console.paint(" ".join([f"mufakat open {words.ref} {stage}", *_assignments(missing)]), "cyan")], "    ", hang="      ")


def _stages(app: App, words: Words) -> list[tuple[str, WorkflowError | None]]:
    """Every stage of the track with the refusal that opening it would meet; tried on paper, nothing is written."""
    from workflow.engine import Ask

    found: list[tuple[str, WorkflowError | None]] = []
    for stage in words.draft.office.track.stages:
        try:
            app.reader.open(words.ref, stage, Ask(dry_run=True))
        except (TransitionRefused, InvalidInput) as refused:
            found.append((stage, refused))
        else:
            found.append((stage, None))
    return found


def _assignments(missing: Any) -> list[str]:
    """What the record commands of the missing requirements would set, as it is given with the opening itself: `mufakat open REF STAGE` …"""
    return [word for unmet in missing for word in unmet.command.split()[4:] if not unmet.soft]


def _data(app: App, words: Words, found: list[tuple[Instance, list[Option]]], *, opens: bool) -> None:
    from workflow.commands.data import emit, emit_rows

    rows = [{"ref": f"{words.ref}/{row.ref}", "state": row.state, "since": row.since,
             "options": [option_data(words, row, option, app.actor.roles) for option in held]} for row, held in found]
    if not opens and len(rows) == 1:
        emit(app, rows[0])
    elif not opens:
        emit_rows(app, rows, [])
    else:
        may = [{"stage": stage, "possible": refused is None, "message": str(refused) if refused else "",
                "unmet": [{**row._asdict(), "facts": dict(row.facts), "text": row.text}
                          for row in getattr(refused, "unmet", ()) or getattr(refused, "needs", ())]}
               for stage, refused in _stages(app, words)]
        emit(app, {"ref": words.ref, "stages": rows, "open": may})

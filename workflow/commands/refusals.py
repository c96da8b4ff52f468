"""Errors as a person reads them: what, where, and the command that mends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workflow import errors
from workflow.commands import failures
from workflow.commands.language import _, said
from workflow.commands.words import basis_text

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.commands.words import Words
    from workflow.core.agreement import Instance


def screen(app: App, error: Exception, *, tried: bool = True, of: str = "") -> None:
    """Write an error to stderr; `tried`: it was no dry run, and the refusal is on record. `of`: the reference of a batch that it befell."""
    console = _console(app)
    if isinstance(error, click.UsageError) and not isinstance(error, failures.UnknownCommand) and type(error).__name__ == "NoArgsIsHelpError":
        console.tell(error.format_message())
        return
    head = console.paint(_("error"), "red", stream=sys.stderr)
    named = of in ("", *(str(getattr(error, fact, "")) for fact in ("ref", "name", "value")))  # by the sentence itself
    console.flow([f"{head}: {'' if named else f'{of}: '}{_sentence(app, error)}"], hang="  ", stream=sys.stderr)
    for line in _details(app, error):
        console.flow([line], "  ", stream=sys.stderr)
    unmet = failures.unmet_of(error)
    if unmet:
        _list(app, console, error, unmet, tried=tried)
    suggestions, choices, mend = failures.suggestions_of(error), failures.choices_of(error), failures.mend_of(error)
    if suggestions:
        console.flow([_("did you mean: {words}?").format(words=", ".join(suggestions))], "  ", stream=sys.stderr)
    if choices:
        console.flow([_("choose one of {choices}").format(choices=", ".join(choices))], "  ", stream=sys.stderr)
    if mend:
        console.flow([_("to mend it: {mend}").format(mend=mend)], "  ", stream=sys.stderr)
    if not isinstance(error, (errors.WorkflowError, click.ClickException, OSError)):
        console.flow([_("this is a fault of mufakat; --debug shows where. Nothing was left half done.")], "  ", stream=sys.stderr)


def unmet_lines(console: Console, words: Words | None, instance: Instance | None, unmet: errors.Unmet, *, indent: str, err: bool = False,
                stage: str = "") -> None:
    """One unmet requirement: what is missing, what it rests on, and below it the command that meets it."""
    stream = sys.stderr if err else sys.stdout
    sign = console.paint("!", "yellow", stream=stream) if unmet.soft else console.paint("✗", "red", stream=stream)
    text = words.unmet(instance, unmet, stage) if words is not None else \
        (f"{unmet.requirement}: " if unmet.requirement else "") + _(unmet.message).format(**unmet.facts)
    optional = f" ({_('not required')})" if unmet.soft else ""
    console.flow([f"{sign} {text}{optional}", basis_text(unmet.basis, unmet.citation) if unmet.basis else ""], indent, hang=indent + "    ",
                 stream=stream)
    if unmet.command:
        console.flow([console.paint(unmet.command, "cyan", stream=stream)], indent + "  ", hang=indent + "    ", stream=stream)


def _list(app: App, console: Console, error: Exception, unmet: object, *, tried: bool) -> None:
    ref, trigger = str(getattr(error, "ref", "")), str(getattr(error, "trigger", ""))
    words, instance = None, None
    try:
        words = app.words(ref)
        instance = words.draft.tables["instance"].get((ref.partition("/")[2],))
    except errors.WorkflowError:
        pass  # without the labels the ids will do
    rows = list(unmet) if isinstance(unmet, (list, tuple)) else []
    if isinstance(error, errors.OutOfSequence) and len(rows) > 1:
        console.tell("  " + _("one of these must be on record first"))
    else:
        console.tell("  " + _("to {trigger} you still need").format(trigger=trigger))
    for row in rows:
        unmet_lines(console, words, instance, row, indent="    ", err=True, stage=ref.partition("/")[2])
    if tried and isinstance(error, errors.RequirementsUnmet) and instance is not None and "/" in ref:
        console.tell("  " + _("the attempt is on record: mufakat history {ref}").format(ref=ref))


def _sentence(app: App, error: Exception) -> str:
    if isinstance(error, errors.TriggerNotAllowed) and isinstance(error.args[0], errors.Phrase):
        return said(error.args[0].again(state=_state(app, error)))
    if isinstance(error, errors.StaleInstance):
        return _("{message}; somebody was faster: look, then decide again").format(message=failures.message_of(error))
    return failures.message_of(error)


def _state(app: App, error: errors.TriggerNotAllowed) -> str:
    """What the state is called in which a stage stands; its id where that cannot be read."""
    agreement, _slash, stage = error.ref.partition("/")
    try:
        return app.words(agreement).called(stage, "state", error.state)
    except errors.WorkflowError:
        return error.state


def _details(app: App, error: Exception) -> list[str]:
    if isinstance(error, errors.TriggerNotAllowed):
        allowed = ", ".join(error.allowed) or _("nothing: it is a final state")
        return [_("from {state} one may: {allowed}").format(state=_state(app, error), allowed=allowed)]
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return [error.ctx.get_usage(), _("more: {command} --help").format(command=error.ctx.command_path)]
    return []


def _console(app: App) -> Console:
    from workflow.commands.console import Console

    try:
        return app.console
    except errors.WorkflowError:
        return Console(app.environment)

"""How commands are declared: examples first in the help, global options before or after the name, references that complete from the database."""

from __future__ import annotations

from copy import copy
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from workflow.commands.language import _
from workflow.commands.page import Page
from workflow.config import KEYS
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.commands.app import App

OUTPUTS = KEYS["output"].choices
HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

pass_app: Callable[..., Any] = click.pass_obj


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Global options are kept by the app, wherever on the line they stood."""
    if value not in (None, False) and ctx.obj is not None:
        ctx.obj.given[param.name] = value


def _global(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, callback=_keep, expose_value=False, is_eager=True, **settings)


GLOBALS = [
    _global("--db", metavar="PATH", help="The office's database (MUFAKAT_DB; default ./mufakat.db)."),
    _global("--as", "actor", metavar="PERSON", help="Act as this person (MUFAKAT_ACTOR; default the user of this machine)."),
    _global("-o", "--output", type=click.Choice(OUTPUTS), help="How results are written."),
    _global("--json", "fields", metavar="FIELDS", help="JSON with only these fields, separated by commas."),
    _global("--lang", type=click.Choice(KEYS["lang"].choices), help="The language of messages (MUFAKAT_LANG, LANG)."),
    _global("--color", type=click.Choice(KEYS["color"].choices), help="When colours are shown (NO_COLOR, FORCE_COLOR)."),
    _global("--yes", is_flag=True, help="Answer every question with yes."),
    _global("--no-input", is_flag=True, help="Never ask."),
    _global("--debug", is_flag=True, help="Show the traceback of an error."),
]


class Context(click.Context):
    formatter_class = Page


class Command(click.Command):
    """A command with examples, that takes the global options too."""

    context_class = Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        settings.setdefault("context_settings", HELP)
        super().__init__(*args, **settings)
        self.help = cleandoc(self.help or "")  # as the catalogues have it
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """An option without a value is what a script's unset variable leaves: it is refused, for without it the command would mean another."""
        rest = super().parse_args(ctx, args)
        for option in self.params:
            value = ctx.params.get(option.name or "")
            if isinstance(option, click.Option) and ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE and (
                    value == "" or (isinstance(value, tuple) and "" in value)):
                raise InvalidInput(option.opts[-1].lstrip("-"), "", "it is empty; give it a value, or leave the option out")
        return rest

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return with_globals(super().get_params(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_help(self, ctx, formatter, self.examples)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  # click's signature
        return first_sentence(self)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)


class Group(click.Group):
    """A noun with its verbs."""

    command_class, context_class = Command, Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        settings.setdefault("context_settings", HELP)
        super().__init__(*args, **settings)
        self.examples = examples

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return with_globals(super().get_params(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_help(self, ctx, formatter, self.examples)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  # click's signature
        return first_sentence(self)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.list_commands(ctx) and not args[0].startswith("-") and not ctx.resilient_parsing:
            from workflow.commands.failures import UnknownCommand

            raise UnknownCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class Later(Group):
    """A group whose verbs live in modules of their own (`modules`: verb -> module), each imported when it is called."""

    modules: Mapping[str, str]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in self.modules:
            return None
        found: click.Command = getattr(import_module(f"workflow.commands.{self.modules[cmd_name]}"), f"{cmd_name}_command")
        return found


def with_globals(params: list[click.Parameter]) -> list[click.Parameter]:
    """A command's own parameters and those global options whose names it does not use itself."""
    own = {name for param in params for name in (*param.opts, param.name)}
    return params + [option for option in GLOBALS if not own & {option.name, *option.opts}]


def write_help(command: click.Command, ctx: click.Context, formatter: Any, examples: Sequence[str]) -> None:
    command.format_usage(ctx, formatter)
    if examples:
        with formatter.section(_("Examples")):
            formatter.write_examples(examples)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(_(command.help or ""))
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    records = [(param, _translated(param).get_help_record(ctx)) for param in command.get_params(ctx) if isinstance(param, click.Option)]
    for title, shared in ((_("Options"), False), (_("Global options (before or after the command)"), True)):
        rows = [record for param, record in records if record is not None and (param in GLOBALS) == shared]
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def first_sentence(command: click.Command) -> str:
    """What a list of commands says of one."""
    line = _(command.help or "").partition("\n")[0]
    return line.partition("。")[0] + "。" if "。" in line else line.partition(". ")[0].rstrip(".") + "."


def _translated(option: click.Option) -> click.Option:
    spoken = copy(option)
    spoken.help = _(option.help or "")
    return spoken


def command(name: str | None = None, *, examples: Sequence[str] = (), kind: type[Command] = Command,
            **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    return click.command(name, cls=kind, examples=examples, **settings)


def group(name: str | None = None, *, examples: Sequence[str] = (), kind: type[Group] = Group,
          **settings: Any) -> Callable[[Callable[..., Any]], Group]:
    return click.group(name, cls=kind, examples=examples, **settings)


def complete_reference(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """References in the database that begin so; nothing, and no word, where there is none."""
    from workflow.errors import WorkflowError

    del param
    app: App | None = ctx.find_root().obj
    if app is None:
        return []
    try:
        store = app.store()
        found = store.refs(incomplete)
        return found + store.refs(found[0] + "/") if len(found) == 1 and "/" not in incomplete else found
    except WorkflowError:
        return []


def complete_trigger(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The transitions that leave the state of the stage that was named, those a person may take."""
    from workflow.errors import WorkflowError

    del param
    app: App | None = ctx.find_root().obj
    ref = str(ctx.params.get("ref") or "")
    if app is None or "/" not in ref:
        return []
    try:
        words = app.words(ref)
        stage = words.find(ref.partition("/")[2])
    except WorkflowError:
        return []
    return [row.name for row in words.definition(stage).transitions.values()
            if stage.state in row.sources and row.roles and row.name.startswith(incomplete)]


def complete_deadline(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The open deadlines of the stage, or of the agreement itself, that was named."""
    from workflow.errors import WorkflowError

    del param
    app: App | None = ctx.find_root().obj
    agreement, _slash, stage = str(ctx.params.get("ref") or "").partition("/")
    if app is None or not agreement:
        return []
    try:
        rows = app.store().deadlines(agreement=agreement)
    except WorkflowError:
        return []
    return [row["name"] for row in rows if row["instance"] == stage and row["name"].startswith(incomplete)]


def reference(name: str = "ref", **settings: Any) -> Callable[[Any], Any]:
    """An agreement, or a stage of one."""
    return click.argument(name, shell_complete=complete_reference, **settings)


# the name of a deadline; where it is left out, the refusal says which there are
deadline_name = click.argument("name", default="", metavar="NAME", shell_complete=complete_deadline)


def write_options_of(*, place: bool = True) -> Callable[[Any], Any]:
    """The options that every write of an agreement takes."""
    options = [
        click.option("--dry-run", is_flag=True, help="Decide and show the change; write nothing."),
        click.option("--occurred-at", default="", metavar="DATE", help="The date on paper (mufakat help dates); default today."),
        click.option("--reason", default="", metavar="TEXT", help="Why; kept in the journal."),
        click.option("--request-id", default="", metavar="ID", help="Makes a repeated call a no-op."),
        click.option("--role", default="", metavar="ROLE", help="The role it is done in."),
    ]
    if place:
        options.append(click.option("--if-state", default="", metavar="STATE", help="Only if the stage stands there."))

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function
    return decorate


def paper_options(function: Any) -> Any:
    """Files and links that may come with a write."""
    for option in reversed((
        click.option("--document", "documents", multiple=True, metavar="REQUIREMENT=FILE[:LANG]", help="A file that answers a requirement."),
        click.option("--reference-only", is_flag=True, help="Keep only the files' hashes."),
        click.option("--link", "links", multiple=True, metavar="LINK=STAGE", help="The stage that a link names."),
    )):
        function = option(function)
    return function


def letter_options(function: Any) -> Any:
    """The parts of a letter or of an answer, each with its date and number."""
    for option in reversed((
        click.option("--asked", default="", metavar="DATE", help="When a body was asked."),
        click.option("--receipt", default="", metavar="DATE", help="When it received the question."),
        click.option("--answer", default="", metavar="OUTCOME", help="What it answered."),
        click.option("--received", default="", metavar="DATE", help="When the answer (or the letter) was received."),
        click.option("--sent", default="", metavar="DATE", help="When the letter was sent."),
        click.option("--letter", default="", metavar="NUMBER", help="The number of the letter."),
        click.option("--file", "files", multiple=True, metavar="FILE[:LANG]", help="The scan of it."),
    )):
        function = option(function)
    return function

"""The composition root and the root command of `mufakat`: it knows where every part is, and loads none before it is needed."""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

try:
    import click

    from workflow import __version__
    from workflow.commands.app import App, Parts
    from workflow.commands.language import _, mark
    from workflow.commands.options import HELP, Later
except KeyboardInterrupt:  # Ctrl-C before there was anything to interrupt
    raise SystemExit(130) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.catalog import Catalog
    from workflow.core.definition import Guard
    from workflow.ports import Store

VERBS = mark("Every day")
NOUNS = mark("Around it")
HOUSE = mark("The house")
COMMANDS = {  # name -> (section, module, one line)
    "agenda": (VERBS, "agenda", "What is overdue, due soon, waiting for you, stuck."),
    "start": (VERBS, "verbs", "Begin an agreement."),
    "open": (VERBS, "verbs", "Open a stage of an agreement."),
    "record": (VERBS, "verbs", "Put facts, letters, answers and files on record."),
    "approve": (VERBS, "verbs", "Give an approval, or refuse it."),
    "advance": (VERBS, "verbs", "Move a stage along one of its transitions."),
    "can": (VERBS, "can", "What may happen now, and what is missing for the rest."),
    "show": (VERBS, "show", "An agreement or a stage: what it is, what is due, what to type next."),
    "list": (VERBS, "listing", "Agreements, one a line."),
    "history": (VERBS, "history", "What happened, entry by entry."),
    "activity": (VERBS, "verbs", "Put an exchange, a contact or a report on record."),
    "assign": (VERBS, "verbs", "Make a person responsible for an agreement."),
    "correct": (VERBS, "verbs", "Correct an entry by a new one."),
    "deadline": (NOUNS, "deadline", "Deadlines: list, show, extend, suspend, resume, waive."),
    "remind": (NOUNS, "remind", "Reminders: who is told what and when."),
    "definition": (NOUNS, "definition", "The machines of the stages: list, show, lint, draw."),
    "person": (NOUNS, "person", "The people of the office."),
    "calendar": (NOUNS, "calendar", "Working days: show, update, add a decree's day."),
    "config": (NOUNS, "config", "Settings, and where each comes from."),
    "audit": (NOUNS, "audit", "The log that auditors verify: verify, log, show, prove, export."),
    "export": (NOUNS, "export", "Deadlines as a calendar."),
    "notify": (NOUNS, "notify", "Channels: whether messages arrive."),
    "serve": (HOUSE, "serve", "Remind and deliver until it is stopped."),
    "init": (HOUSE, "init", "Create the office's database."),
    "demo": (HOUSE, "demo", "Build a demonstration on documented facts."),
    "doctor": (HOUSE, "doctor", "Check everything; each fault with its fix."),
    "db": (HOUSE, "db", "The database's schema."),
    "completion": (HOUSE, "completion", "Completion for bash, zsh, fish or PowerShell."),
    "help": (HOUSE, "topics", "Help on a command or a topic: exit-codes, dates, references …"),
}


class Root(Later):
    """The root command. Its table says where each command lives; a command's module is imported when it is called."""

    modules = MappingProxyType({name: module for name, (_of, module, _line) in COMMANDS.items()})

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=COMMANDS[name][2]) for name in COMMANDS if name.startswith(incomplete)]
        return names if names and not incomplete.startswith("-") else click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        for section in (VERBS, NOUNS, HOUSE):
            with formatter.section(_(section)):
                formatter.write_dl([(name, _(line)) for name, (of, _module, line) in COMMANDS.items() if of == section])

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run one command line; every error ends as a sentence and an exit code."""
        words = list(sys.argv[1:] if args is None else args)
        app = extra.pop("obj", None) or App(PARTS)
        extra.pop("standalone_mode", None)
        if any(name.endswith("_COMPLETE") for name in app.environment):
            from workflow.commands.completion import register

            register()
        self._main_shell_completion({"obj": app, **extra}, prog_name or "mufakat", None)
        from workflow.commands.failures import run

        command_line: Callable[..., Any] = super().main
        sys.exit(run(lambda: command_line(words, prog_name or "mufakat", *rest, standalone_mode=False, obj=app, **extra), app, words))


@click.group(cls=Root, context_settings=HELP, no_args_is_help=True, examples=(
    mark("mufakat demo                       see a documented partnership"),
    "mufakat init",
    "mufakat start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP",
))
@click.version_option(__version__, prog_name="mufakat", message="%(prog)s %(version)s")
def cli() -> None:
    """Agreements between cities: from a visit through a letter of intent and a memorandum to its action plan and review."""


def main() -> NoReturn:
    """Run what was typed."""
    try:
        cli.main(prog_name="mufakat")
    except KeyboardInterrupt:  # on the way in or out; within, `run` has said so
        sys.exit(130)


def _open_store(address: str, read_only: bool) -> Store:  # noqa: FBT001  # Parts names it
    from workflow.store import open_store

    return open_store(address, read_only=read_only)


def _catalog(more: Sequence[str]) -> Catalog:
    import os

    from definitions import GUARDS, roots
    from workflow.catalog import Catalog
    from workflow.errors import InvalidInput

    for folder in more:
        if not os.path.isdir(folder):
            raise InvalidInput("definitions", folder, "there is no such folder")
        if not any(os.path.isdir(os.path.join(folder, kind)) for kind in ("stages", "tracks")):
            raise InvalidInput("definitions", folder, "it holds neither stages/ nor tracks/")
    return Catalog(roots(*more), GUARDS)


def _guards() -> Mapping[str, Guard]:
    from definitions import GUARDS

    return GUARDS


def _calendar_files() -> list[str]:
    """The texts of the shipped closures."""
    import os

    from definitions import calendars

    folder, texts = calendars(), []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if name.endswith(".toml"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                texts.append(stream.read())
    return texts


def _demo() -> str:
    from definitions import demo

    return demo()


PARTS = Parts(_open_store, _catalog, _guards, _calendar_files, _demo, tuple(COMMANDS))

if __name__ == "__main__":
    main()

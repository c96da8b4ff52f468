"""`mufakat demo`: a database of its own, built on documented facts, telling the story as it goes."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.app import os_login
from workflow.commands.failures import unmet_of
from workflow.commands.language import _, pick, said
from workflow.commands.options import command, pass_app
from workflow.commands.words import NAMED, day_text, kind_of, label_of
from workflow.errors import InvalidInput, Phrase, TriggerNotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.demo import Told
    from workflow.errors import TransitionRefused

FILE = "demo.db"
LIVE = "contoh-council/mou"  # the agreement of today: something can be done there
NEXT = ("show bogor-kisarazu", "history bogor-kisarazu", f"can {LIVE}", f"show {LIVE}", "agenda", "deadline list", "remind simulate --at +2y", "list")


@command("demo", examples=("mufakat demo", "mufakat demo --db /tmp/demo.db", "mufakat demo --again"))
@click.option("--again", is_flag=True, help="Where there is one already, build another beside it: demo-2.db.")
@pass_app
def demo_command(app: App, again: bool) -> None:  # noqa: FBT001  # a flag
    """Build demo.db on documented facts and tell its story. It never touches your office's database; a second run changes nothing."""
    from workflow.demo import ORIGIN, free

    path = str(app.given.get("db") or FILE)
    path = free(path) if again else path
    app.given["db"] = path
    rows: list[Told] = []
    if os.path.exists(path):
        if app.library().settings().get("origin") != ORIGIN:
            raise InvalidInput("db", path, "it is an office's own database, not the demo's: name another file, or leave out --db")
        app.console.tell(_("{path} is there already; nothing was changed").format(path=path))
    else:
        rows = _play(app, path)
    if not app.plain:
        from workflow.commands.data import emit_rows

        emit_rows(app, map(_data, rows), [])
    else:
        from workflow.commands.agenda import agenda

        app.console.say()
        agenda(app, until="+60d")
        _next(app.console, path)


def _play(app: App, path: str) -> list[Told]:
    """Build it, each line told to a person as it happens; whoever stops listening (`| head`) stops nothing."""
    from workflow.demo import build

    rows: list[Told] = []
    gone: BrokenPipeError | None = None
    documents = os.path.splitext(path)[0] + "-documents"
    with closing(build(path, documents, app.parts.demo(), lambda: app.catalog, app.parts.guards(), app.clock, os_login(app.environment))) as story:
        for told in story:
            rows.append(told)
            try:
                if app.plain and gone is None:
                    _tell(app, told)
            except BrokenPipeError as left:
                gone = left
    if gone is not None:
        raise gone
    return rows


def _tell(app: App, told: Told) -> None:
    console = app.console
    if told.title:
        console.say()
        invented = console.paint(_("invented example"), "yellow") if told.invented else ""
        console.flow([console.paint(told.ref, "bold"), told.title, invented], hang="  ")
        console.flow([pick(told.text)], "  ", hang="  ")
        return
    opened = _("{ref} opened in {state}")
    moved = [f"{ref} {_called(app, ref, 'state', before)} → {_called(app, ref, 'state', after)}" if before
             else opened.format(ref=ref, state=_called(app, ref, "state", after)) for ref, before, after in told.moved]
    console.flow([day_text(told.occurred), pick(told.text), *moved, console.paint(told.entry, "dim")], "  ", hang="      ")
    if told.refused is not None:
        for reason, citation in _reasons(app, told.refused):
            console.flow([f"{console.paint('✗', 'red')} {reason}", citation], "      ")
    if told.unknown:
        console.flow([_("not documented: {names}").format(names=", ".join(pick(row.label) for row in told.unknown))], "      ", hang="      ")
    if told.sources:
        console.flow([console.paint(_("source: {names}").format(names="; ".join(told.sources)), "dim")], "      ", hang="      ")


def _reasons(app: App, refused: TransitionRefused) -> Iterator[tuple[str, str]]:
    """Why it could not be, by labels, and what each reason rests on."""
    stage = refused.ref.partition("/")[2]
    for row in unmet_of(refused):
        facts = {name: _called(app, stage, NAMED[name], value) if name in NAMED else value for name, value in row.facts.items()}
        yield f"{_called(app, stage, 'requirement', row.requirement)}: {_(row.message).format(**facts)}", row.citation
    if isinstance(refused, TriggerNotAllowed) and isinstance(refused.args[0], Phrase):
        yield said(refused.args[0].again(state=_called(app, stage, "state", refused.state))), ""


def _called(app: App, ref: str, kind: str, name: str) -> str:
    """The label of what belongs to a stage, or to an item of one, by its reference within the agreement."""
    stage, item, _number = ref.partition("/")
    labels = app.catalog.latest("stage", kind_of(stage)).definition.labels
    return label_of(labels.get("item", {}) if item else labels, kind, name)


def _data(told: Told) -> dict[str, Any]:
    refused = None if told.refused is None else {"message": str(told.refused), "unmet": [row._asdict() for row in unmet_of(told.refused)]}
    return {**told._asdict(), "refused": refused, "moved": [list(row) for row in told.moved], "unknown": [row._asdict() for row in told.unknown]}


def _next(console: Console, path: str) -> None:
    from shlex import quote

    console.say()
    console.say(_("Next, on this database:"))
    for words in (*NEXT, f"audit verify --key {quote(os.path.splitext(path)[0])}.key"):
        console.say(f"  mufakat --db {quote(path)} {words}")

"""`mufakat demo`: a database of its own, built on documented facts, telling the story as it goes."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.app import os_login
from workflow.commands.failures import message_of, unmet_of
from workflow.commands.language import _, pick
from workflow.commands.options import command, pass_app
from workflow.commands.words import day_text
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.demo import Told

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
                    _tell(app.console, told)
            except BrokenPipeError as left:
                gone = left
    if gone is not None:
        raise gone
    return rows


def _tell(console: Console, told: Told) -> None:
    if told.title:
        console.say()
        invented = console.paint(_("invented example"), "yellow") if told.invented else ""
        console.flow([console.paint(told.ref, "bold"), told.title, invented], hang="  ")
        console.flow([pick(told.text)], "  ", hang="  ")
        return
    opened = _("{ref} opened in {state}")
    moved = [f"{ref} {before} → {after}" if before else opened.format(ref=ref, state=after) for ref, before, after in told.moved]
    console.flow([day_text(told.occurred), pick(told.text), *moved, console.paint(told.entry, "dim")], "  ", hang="      ")
    if told.refused is not None:
        reasons = [(f"{row.requirement}: " if row.requirement else "") + _(row.message).format(**row.facts) for row in unmet_of(told.refused)]
        citations = [row.citation for row in unmet_of(told.refused)] or [""]
        for reason, citation in zip(reasons or [message_of(told.refused)], citations, strict=True):
            console.flow([f"{console.paint('✗', 'red')} {reason}", citation], "      ")
    if told.unknown:
        console.flow([_("not documented: {names}").format(names=", ".join(pick(row.label) for row in told.unknown))], "      ", hang="      ")
    if told.sources:
        console.flow([console.paint(_("source: {names}").format(names="; ".join(told.sources)), "dim")], "      ", hang="      ")


def _data(told: Told) -> dict[str, Any]:
    refused = None if told.refused is None else {"message": str(told.refused), "unmet": [row._asdict() for row in unmet_of(told.refused)]}
    return {**told._asdict(), "refused": refused, "moved": [list(row) for row in told.moved], "unknown": [row._asdict() for row in told.unknown]}


def _next(console: Console, path: str) -> None:
    from shlex import quote

    console.say()
    console.say(_("Next, on this database:"))
    for words in (*NEXT, f"audit verify --key {quote(os.path.splitext(path)[0])}.key"):
        console.say(f"  mufakat --db {quote(path)} {words}")

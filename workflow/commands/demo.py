"""`mufakat demo`: a database of its own, built on documented facts, telling the story as it goes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from workflow.commands.app import os_login
from workflow.commands.language import _
from workflow.commands.options import command, pass_app
from workflow.commands.words import day_text

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.console import Console
    from workflow.demo import Told

FILE = "demo.db"


@command("demo", examples=("mufakat demo", "mufakat demo --db /tmp/demo.db"))
@pass_app
def demo_command(app: App) -> None:
    """Build demo.db on documented facts and tell its story. It never touches your office's database; a second run changes nothing."""
    path = str(app.given.get("db") or FILE)
    app.given["db"] = path
    if os.path.exists(path):
        app.console.tell(_("{path} is there already; nothing was changed").format(path=path))
    else:
        _play(app, path)
    from workflow.commands.agenda import agenda

    if app.plain:
        app.console.say()
        agenda(app, until="+60d")
        _next(app.console, path)


def _play(app: App, path: str) -> None:
    from workflow.demo import build

    documents = os.path.splitext(path)[0] + "-documents"
    story = build(path, documents, app.parts.demo(), lambda: app.catalog, app.parts.guards(), app.clock, os_login(app.environment))
    rows = []
    for told in story:
        if app.plain:
            _tell(app.console, told)
        else:
            rows.append(_data(told))
    if not app.plain:
        from workflow.commands.data import emit_rows

        emit_rows(app, rows, [])


def _tell(console: Console, told: Told) -> None:
    if not told.occurred:
        console.say()
        invented = console.paint(_("invented example"), "yellow") if told.invented else ""
        console.flow([console.paint(told.ref, "bold"), told.text, invented], hang="  ")
        return
    opened = _("{ref} opened in {state}")
    moved = [f"{ref} {before} → {after}" if before else opened.format(ref=ref, state=after) for ref, before, after in told.moved]
    console.flow([day_text(told.occurred), told.text, *moved, f"[{', '.join(told.sources)}]" if told.sources else "",
                  console.paint(told.entry, "dim")], "  ", hang="      ")
    for unmet in told.refused:
        console.flow([f"{console.paint('✗', 'red')} {unmet.requirement}: {_(unmet.message).format(**unmet.facts)}", unmet.citation], "      ")
    if told.unknown:
        console.flow([_("not documented: {names}").format(names=", ".join(name for _stage, name in told.unknown))], "      ")


def _data(told: Told) -> dict[str, Any]:
    return {**told._asdict(), "refused": [row._asdict() for row in told.refused], "moved": [list(row) for row in told.moved]}


def _next(console: Console, path: str) -> None:
    console.say()
    console.say(_("Next, on this database:"))
    for words in ("show bogor-kisarazu", "history bogor-kisarazu", "agenda", "deadline list", "list"):
        console.say(f"  mufakat --db {path} {words}")

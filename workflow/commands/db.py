"""`mufakat db`: the schema of the database, and moving to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.commands.language import _
from workflow.commands.options import group, pass_app

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("db", examples=("mufakat db current", "mufakat db upgrade", "mufakat db copy mufakat.db postgresql://server/bogor"))
def db_command() -> None:
    """The database's schema, and moving to another database."""


@db_command.command("current", examples=("mufakat db current",))
@pass_app
def current_command(app: App) -> None:
    """Which schema the database has, and which this program needs."""
    from workflow.store.migrations import current

    found, newest = current(app.db)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.place, "schema": found, "newest": newest, "current": found == newest}, "db")
        return
    app.console.say(_("{db}: schema {found}, the newest is {newest}").format(db=app.place, found=found or _("none"), newest=newest))
    if found < newest:
        app.console.flow([_("Next: {command}").format(command="mufakat db upgrade")])


@db_command.command("upgrade", examples=("mufakat db upgrade",))
@pass_app
def upgrade_command(app: App) -> None:
    """Bring the database to the newest schema; nothing happens where it has it already. Keep a copy of the file first."""
    from workflow.store.migrations import current, upgrade

    before = current(app.db)
    if before.found != before.newest and not app.confirm(_("upgrade {db} from schema {found} to {newest}?").format(
            db=app.place, found=before.found or _("none"), newest=before.newest)):
        app.console.tell(_("nothing was changed"))
        return
    done = upgrade(app.db)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.place, "before": done.found, "schema": done.newest, "upgraded": done.found != done.newest}, "db")
    elif done.found == done.newest:
        app.console.say(_("{db}: schema {newest} already, nothing to do").format(db=app.place, newest=done.newest))
    else:
        app.console.say(_("{db}: schema {found} → {newest}").format(db=app.place, found=done.found or _("none"), newest=done.newest))


@db_command.command("copy", examples=("mufakat db copy mufakat.db postgresql://server/bogor", "mufakat db copy postgresql://server/bogor backup.db"))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@pass_app
def copy_command(app: App, source: str, target: str) -> None:
    """Copy an office into an empty database, its journal byte for byte; it is replayed and compared before anything stands there."""
    from workflow.store import shown
    from workflow.store.copying import copy

    counts = copy(source, target)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"from": shown(source), "to": shown(target), "rows": counts}, "to")
        return
    app.console.say(_("{source} → {target}: {agreements} agreements, {entries} entries; the journal gives what is on record").format(
        source=shown(source), target=shown(target), agreements=counts["agreement"], entries=counts["entry"]))
    app.console.flow([_("documents stay in their folder; settings that name the database: {command}").format(
        command=f"mufakat config set db {shown(target)}")])

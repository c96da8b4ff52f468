"""`mufakat db`: the schema of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.commands.language import _
from workflow.commands.options import group, pass_app

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("db", examples=("mufakat db current", "mufakat db upgrade"))
def db_command() -> None:
    """The database's schema."""


@db_command.command("current", examples=("mufakat db current",))
@pass_app
def current_command(app: App) -> None:
    """Which schema the database has, and which this program needs."""
    from workflow.store.migrations import current

    found, newest = current(app.db)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.db, "schema": found, "newest": newest, "current": found == newest}, "db")
        return
    app.console.say(_("{db}: schema {found}, the newest is {newest}").format(db=app.db, found=found or _("none"), newest=newest))
    if found < newest:
        app.console.flow([_("Next: {command}").format(command="mufakat db upgrade")])


@db_command.command("upgrade", examples=("mufakat db upgrade",))
@pass_app
def upgrade_command(app: App) -> None:
    """Bring the database to the newest schema; nothing happens where it has it already. Keep a copy of the file first."""
    from workflow.store.migrations import current, upgrade

    before = current(app.db)
    if before.found != before.newest and not app.confirm(_("upgrade {db} from schema {found} to {newest}?").format(
            db=app.db, found=before.found or _("none"), newest=before.newest)):
        app.console.tell(_("nothing was changed"))
        return
    done = upgrade(app.db)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.db, "before": done.found, "schema": done.newest, "upgraded": done.found != done.newest}, "db")
    elif done.found == done.newest:
        app.console.say(_("{db}: schema {newest} already, nothing to do").format(db=app.db, newest=done.newest))
    else:
        app.console.say(_("{db}: schema {found} → {newest}").format(db=app.db, found=done.found or _("none"), newest=done.newest))

"""`mufakat db`: the schema of the database, and moving to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.commands.language import _, _n
from workflow.commands.options import group, pass_app

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("db", examples=("mufakat db current", "mufakat db upgrade", "mufakat db copy mufakat.db postgresql://server/bogor", "mufakat db roles"))
def db_command() -> None:
    """The database's schema, who may do what in it, and moving to another database."""


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
@click.option("--dry-run", is_flag=True, help="Say which schema it would have; write nothing.")
@pass_app
def upgrade_command(app: App, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Bring the database to the newest schema; nothing happens where it has it already. Keep a copy of the file first."""
    from workflow.store.migrations import current, known, upgrade

    before = current(app.db)
    if not dry_run and before.found != before.newest and not app.confirm(_("upgrade {db} from schema {found} to {newest}?").format(
            db=app.place, found=before.found or _("none"), newest=before.newest)):
        app.console.tell(_("nothing was changed"))
        return
    done = known(app.db, before) if dry_run else upgrade(app.db)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.place, "before": done.found, "schema": done.newest, "upgraded": done.found != done.newest and not dry_run,
                   "dry_run": dry_run}, "db")
    elif done.found == done.newest:
        app.console.say(_("{db}: schema {newest} already, nothing to do").format(db=app.place, newest=done.newest))
    else:
        app.console.say(_("{db}: schema {found} → {newest}").format(db=app.place, found=done.found or _("none"), newest=done.newest)
                        + (f"  ({_('nothing was written (dry run)')})" if dry_run else ""))


@db_command.command("copy", examples=("mufakat db copy mufakat.db postgresql://server/bogor", "mufakat db copy postgresql://server/bogor backup.db"))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--dry-run", is_flag=True, help="Replay the source and look at the target; copy nothing.")
@pass_app
def copy_command(app: App, source: str, target: str, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Copy an office into an empty database, its journal byte for byte; it is replayed and compared before anything stands there."""
    from workflow.store import shown
    from workflow.store.copying import copy, look

    counts = look(source, target) if dry_run else copy(source, target)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"from": shown(source), "to": shown(target), "rows": counts, "dry_run": dry_run}, "to")
        return
    app.console.say(_("{source} → {target}: {agreements}, {entries}; the journal gives what is on record").format(
        source=shown(source), target=shown(target), agreements=_n("{count} agreement", "{count} agreements", counts["agreement"]),
        entries=_n("{count} entry", "{count} entries", counts["entry"]))
        + (f"  ({_('nothing was written (dry run)')})" if dry_run else ""))
    if dry_run:
        return
    for step in (_("documents and the log's key stay where they are; say where, if they were found beside the database:"),
                 "  mufakat config set documents DIR", "  mufakat config set key FILE", f"  mufakat config set db {shown(target)}"):
        app.console.flow([step])


@db_command.command("roles", examples=("mufakat db roles > roles.sql", "mufakat db roles --prefix bogor --apply"))
@click.option("--prefix", default="mufakat", show_default=True, help="What the roles' names begin with: offices on one server have different ones.")
@click.option("--apply", "apply_", is_flag=True, help="Run the SQL: as a superuser, once, and after an upgrade that made tables.")
@pass_app
def roles_command(app: App, prefix: str, apply_: bool) -> None:  # noqa: FBT001  # a flag
    """Print the SQL that gives a PostgreSQL server its roles (owner, app, auditor), or run it. A second run changes nothing."""
    from workflow.errors import InvalidInput
    from workflow.store import is_url

    if not is_url(app.db):
        raise InvalidInput("db", app.db, "a file has no roles: who may open it is told at mufakat init --group GROUP")
    from workflow.store.postgresql_roles import apply, named, script

    roles = named(prefix)
    if apply_ and not app.confirm(_("give {db} to {owner}, and its rights to {app} and {auditor}?").format(db=app.place, **roles._asdict())):
        app.console.tell(_("nothing was changed"))
        return
    statements = apply(app.db, prefix) if apply_ else script(app.db, prefix)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"db": app.place, **roles._asdict(), "sql": statements, "applied": apply_ and bool(statements)}, "db")
    elif not apply_:
        for statement in ("BEGIN", *statements, "COMMIT"):
            app.console.say(f"{statement};")
    elif statements:
        app.console.say(_("{db}: {owner} owns it, {app} works in it, {auditor} reads it").format(db=app.place, **roles._asdict()))
        app.console.flow([_("Next: {command}").format(command=f"GRANT {roles.app} TO LOGIN  (psql)")])
    else:
        app.console.say(_("{db}: the roles are as they should be, nothing to do").format(db=app.place))

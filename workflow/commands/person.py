"""`mufakat person`: the people of the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.administration import LANGUAGES, ROLES
from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import group, pass_app

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("person", examples=("mufakat person list", "mufakat person add 'Sari Dewi' --login sari --role coordinator"))
def person_command() -> None:
    """The people of the office: who acts, in which roles."""


@person_command.command("add", examples=("mufakat person add 'Sari Dewi' --login sari --role coordinator --role legal --lang id",))
@click.argument("name")
@click.option("--login", default="", help="The login on this machine, by which the person is known.")
@click.option("--email", default="", help="Where messages go.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="May be given several times.")
@click.option("--lang", "speaks", type=click.Choice(LANGUAGES), default="en", show_default=True, help="The language of messages to this person.")
@click.option("--zone", default="", help="The person's time zone; default the office's.")
@click.option("--admin", is_flag=True, help="May change people, settings and calendars.")
@click.option("--dry-run", is_flag=True, help="Show the change; write nothing.")
@pass_app
def add_command(app: App, name: str, login: str, email: str, roles: tuple[str, ...], speaks: str, zone: str, admin: bool,  # noqa: FBT001  # flags
                dry_run: bool) -> None:  # noqa: FBT001  # flags
    """Add somebody who acts or is told."""
    wrote = app.administration.add_person(name, login, roles, email=email, lang=speaks, zone=zone, admin=admin, dry_run=dry_run)
    added = wrote.effects[0].values
    from workflow.commands.data import emit

    if not app.plain:
        emit(app, {**added, "entry": wrote.entry, "dry_run": dry_run}, "id")
        return
    end = _("nothing was written (dry run)") if dry_run else _("entry {entry}").format(entry=wrote.entry)
    app.console.flow([f"{added['id']}  {added['name']}", ", ".join(added["roles"]) or _("no role: may read, and be told"), f"({end})"])


@person_command.command("list", examples=("mufakat person list -o json",))
@pass_app
def list_command(app: App) -> None:
    """Everybody, with login and roles."""
    rows = [row._asdict() for row in app.people.values()]
    from workflow.commands.data import emit_rows

    columns = [Column("id", _("id"), "bold"), Column("name", _("name")), Column("login", _("login")), Column("roles", _("roles"), wrap=True),
               Column("lang", _("language")), Column("zone", _("zone")), Column("admin", _("administrator"))]
    emit_rows(app, rows, columns, ident="id", shown=({**row, "roles": ", ".join(row["roles"]) or "-", "admin": _("yes") if row["admin"] else ""}
                                                     for row in rows), empty=_("nobody: mufakat init"))

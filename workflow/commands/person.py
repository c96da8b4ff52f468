"""`mufakat person`: the people of the office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.administration import LANGUAGES, ROLES
from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import group, pass_app
from workflow.commands.words import day_text
from workflow.core import dates
from workflow.errors import InvalidInput, NotFound, Phrase

if TYPE_CHECKING:
    from workflow.commands.app import App

TYPED = {"roles": "role", "channels": "channel", "quiet": "hours"}  # fields whose options have another name


@group("person", examples=("mufakat person list", "mufakat person add 'Sari Dewi' --login sari --role coordinator",
                           "mufakat person edit me --lang ja --hours 09:00-16:00"))
def person_command() -> None:
    """The people of the office: who acts, in which roles."""


def about_person(function: Any) -> Any:
    """What is known of somebody and how they are told: the same for who is new and for who is there."""
    for option in reversed((
        click.option("--login", default="", help="The login on this machine, by which the person is known."),
        click.option("--email", default="", help="Where messages go."),
        click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="The roles from now on; may be given several times."),
        click.option("--lang", "speaks", type=click.Choice(LANGUAGES), default=None, help="The language of messages to this person (at first en)."),
        click.option("--zone", default="", help="The person's time zone (at first the office's)."),
        click.option("--calendar", default="", help="The calendar of the person's working days."),
        click.option("--channel", "channels", multiple=True, metavar="CHANNEL", help="The ways to this person, in the order they are tried."),
        click.option("--hours", default="", metavar="FROM-UNTIL", help="When messages may come, on working days: 08:00-17:00."),
    )):
        function = option(function)
    return function


@person_command.command("add", examples=("mufakat person add 'Sari Dewi' --login sari --role coordinator --role legal --lang id",))
@click.argument("name")
@about_person
@click.option("--admin", is_flag=True, help="May change people, settings and calendars.")
@click.option("--dry-run", is_flag=True, help="Show the change; write nothing.")
@pass_app
def add_command(app: App, name: str, admin: bool, dry_run: bool, **given: Any) -> None:  # noqa: FBT001  # flags
    """Add somebody who acts or is told."""
    wrote = app.administration.add_person(name, given["login"].strip(), admin=admin, dry_run=dry_run, **_told(app, given))
    added = wrote.effects[0].values
    from workflow.commands.data import emit

    if not app.plain:
        emit(app, {**added, "entry": wrote.entry, "dry_run": dry_run}, "id")
        return
    end = _("nothing was written (dry run)") if dry_run else _("entry {entry}").format(entry=wrote.entry)
    told = [f"{TYPED.get(name, name)} = {_value(app, name, added[name])}" for name in ("channels", "quiet", "calendar") if added[name]]
    app.console.flow([f"{added['id']}  {added['name']}", ", ".join(added["roles"]) or _("no role: may read, and be told"), *told, f"({end})"])


@person_command.command("edit", examples=(
    "mufakat person edit me --lang ja --zone Asia/Tokyo --hours 09:00-16:00",
    "mufakat person edit sari --deputy budi --from 2026-03-16 --until 2026-03-27",
))
@click.argument("person")
@click.option("--name", default="", help="What the person is called.")
@about_person
@click.option("--deputy", default="", metavar="PERSON", help="Who is told instead, with --from and --until.")
@click.option("--from", "away_from", default="", metavar="DATE", help="The first day on which the deputy is told.")
@click.option("--until", "away_until", default="", metavar="DATE", help="The last day on which the deputy is told.")
@click.option("--no-deputy", is_flag=True, help="Nobody is told instead any more.")
@click.option("--admin/--no-admin", "admin", default=None, help="May change people, settings and calendars.")
@click.option("--active/--inactive", "active", default=None, help="Whether the person still acts and is told.")
@click.option("--dry-run", is_flag=True, help="Show the change; write nothing.")
@pass_app
def edit_command(app: App, person: str, dry_run: bool, **given: Any) -> None:  # noqa: FBT001  # a flag
    """Change what is known of somebody and how they are told; your own languages, hours, ways and deputy without being an administrator."""
    held = app.person(person)
    changes = _changes(app, given)
    if not changes:
        raise InvalidInput("person", "", "say what is to change, such as --lang id")
    wrote = app.administration.edit_person(held.id, changes, dry_run=dry_run)
    now = held._replace(**wrote.effects[0].values)
    from workflow.commands.data import emit

    if not app.plain:
        emit(app, {**now._asdict(), "entry": wrote.entry, "dry_run": dry_run}, "id")
        return
    end = _("nothing was written (dry run)") if dry_run else _("entry {entry}").format(entry=wrote.entry)
    changed = [f"{TYPED.get(name, name)} = {_value(app, name, value)}" for name, value in wrote.effects[0].values.items()]
    app.console.flow([f"{now.id}  {now.name}", *changed, f"({end})"])


def _changes(app: App, given: dict[str, Any]) -> dict[str, Any]:
    """What was asked for of somebody who is there, as fields of a person."""
    found: dict[str, Any] = {name: given[name].strip() for name in ("name", "login") if given[name].strip()}
    found |= _told(app, given)
    found |= {name: given[name] for name in ("admin", "active") if given[name] is not None}
    if given["no_deputy"]:
        found["deputy"] = {}
    elif given["deputy"] or given["away_from"] or given["away_until"]:
        found["deputy"] = _deputy(app, given["deputy"], given["away_from"], given["away_until"])
    return found


def _told(app: App, given: dict[str, Any]) -> dict[str, Any]:
    """How somebody is told, and in which roles they act, as far as it was said."""
    found: dict[str, Any] = {name: given[name].strip() for name in ("email", "zone") if given[name].strip()}
    found |= {"lang": given["speaks"]} if given["speaks"] else {}
    found |= {"roles": list(given["roles"])} if given["roles"] else {}
    found |= {"quiet": given["hours"].split("-")} if given["hours"] else {}
    if given["channels"]:
        from workflow.commands.policy import channels

        found["channels"] = channels(given["channels"])
    if given["calendar"]:
        from workflow.calendars import FILLS

        if not app.store().calendar(given["calendar"])[1]:
            raise NotFound("calendar", given["calendar"], list(FILLS))
        found["calendar"] = given["calendar"]
    return found


def _deputy(app: App, person: str, first: str, last: str) -> dict[str, str]:
    if not (person and first and last):
        raise InvalidInput("deputy", person, "say who, from when and until when: --deputy PERSON --from DATE --until DATE")
    days = [dates.resolve(text, dates.earliest(app.today), None, field) for text, field in ((first, "from"), (last, "until"))]
    if any(dates.precision(day) != "day" for day in days) or days[0] > days[1]:
        raise InvalidInput("until", last, "name two days, the first before the last")
    if days[1] < app.today:
        raise InvalidInput("until", last, Phrase("those days are over (today is {today}): name days that are to come", today=app.today))
    return {"person": app.person(person).id, "from": days[0], "until": days[1]}


def _value(app: App, name: str, value: Any) -> str:
    """A field of a person as they see it."""
    if name == "deputy" and value:
        return f"{app.person(value['person']).name}, {day_text(value['from'])} – {day_text(value['until'])}"
    if name == "quiet" and value:
        return "–".join(value)
    return ", ".join(value) or "-" if isinstance(value, (list, dict)) else _("yes") if value is True else _("no") if value is False else str(value)


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

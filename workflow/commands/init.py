"""`mufakat init`: the office's database, its calendars, and whoever runs it as the first person."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.app import os_login
from workflow.commands.language import _
from workflow.commands.options import command, pass_app
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.administration import Administration
    from workflow.commands.app import App

FIRST_YEAR = 2010  # the law of `definitions` and the documented history begin before; earlier years count week-ends only
CALENDARS = ("ID", "JP")


@command("init", examples=("mufakat init", "mufakat init --db bogor.db --name 'Sari Dewi' --zone Asia/Jakarta",
                          "mufakat init --db postgresql://server/bogor"))
@click.option("--name", default="", help="Your name; default your login's.")
@click.option("--email", default="", help="Your address.")
@click.option("--zone", default="Asia/Jakarta", show_default=True, help="The office's time zone.")
@click.option("--origin", default="", help="The name of this office's journal, for ever; default a random one.")
@click.option("--group", default="", metavar="GROUP", help="Share the file with the users of this group (mode 0660); default yours alone (0600).")
@click.option("--dry-run", is_flag=True, help="Say what would be made, and where; make and write nothing.")
@pass_app
def init_command(app: App, name: str, email: str, zone: str, origin: str, group: str, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Create the office's database with its calendars; you become its first person and administrator. A second run changes nothing."""
    if dry_run:
        _foretell(app, planned(app, name=name, zone=zone, group=group))
        return
    made = create(app, name=name, email=email, zone=zone, origin=origin, group=group)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, made, "db")
        return
    told = _("{db}: a new office") if made["created"] else _("{db}: this is an office already; nothing was changed")
    app.console.flow([told.format(db=made["db"])], hang="  ")
    app.console.say(_("  people {people}   agreements {agreements}   calendars {calendars}").format(
        people=made["people"], agreements=made["agreements"], calendars=", ".join(made["calendars"]) or "-"))
    if made["key"]:
        _tell_key(app)
    elif app.key is None:
        app.console.flow([_("nothing signs the journal yet: {command}").format(
            command="mufakat config set key FILE && mufakat audit key create")], "  ")
    app.console.flow([_("Next: {command}").format(command="mufakat start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP")])


def create(app: App, *, name: str = "", email: str = "", zone: str = "Asia/Jakarta", origin: str = "", group: str = "") -> dict[str, Any]:
    """Create the database, or complete what an interrupted run began; what is there afterwards."""
    from workflow.administration import Administration
    from workflow.core.office import Actor
    from workflow.store import is_url
    from workflow.store.migrations import upgrade

    _check(app, zone, group)
    before = upgrade(app.db, group=group)
    if group and not before.found:
        _share(app, group)
    store = app.store(write=True)
    login = os_login(app.environment)
    first = Administration(store, Actor("p1", name or login, "os", admin=True), app.clock)
    founded = first.found(name or _full_name(login), login, email=email, zone=zone, origin=origin)
    filled = [held for held in CALENDARS if founded.effects or not store.calendar(held)[1]]
    for calendar in filled:
        fill(app, first, calendar)
    key = _key(app, first)
    counts = store.counts()
    place = app.place if is_url(app.db) else os.path.abspath(app.db)
    return {"db": place, "created": bool(founded.effects), "people": counts["person"], "agreements": counts["agreement"],
            "calendars": [held for held in CALENDARS if store.calendar(held)[1]], "entry": founded.entry,
            "key": key}


def planned(app: App, *, name: str = "", zone: str = "Asia/Jakarta", group: str = "") -> dict[str, Any]:
    """What `create` would make, refused where it would be: as far as it can be told without making anything."""
    from workflow.store import is_url
    from workflow.store.migrations import current, known
    from workflow.store.shares import group_number

    _check(app, zone, group)
    if group:
        group_number(group)
    there = is_url(app.db) or os.path.exists(app.db)
    schema = known(app.db, current(app.db)) if there else None
    people = app.people if schema is not None and schema.found == schema.newest else {}
    held = [calendar for calendar in CALENDARS if people and app.store().calendar(calendar)[1]]
    has_key = bool(people and app.library().settings().get("log_key"))
    login = os_login(app.environment)
    return {"db": app.place if is_url(app.db) else os.path.abspath(app.db), "created": not people,
            "person": "" if people else name or _full_name(login), "login": "" if people else login, "zone": "" if people else zone,
            "calendars": [calendar for calendar in CALENDARS if calendar not in held],
            "key": "" if has_key or app.key is None else os.path.abspath(app.key.path), "documents": os.path.abspath(app.documents), "dry_run": True}


def _foretell(app: App, plan: dict[str, Any]) -> None:
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, plan, "db")
        return
    end = f"  ({_('nothing was written (dry run)')})"
    if not plan["created"] and not plan["calendars"] and not plan["key"]:
        app.console.say(_("{db}: this is an office already; nothing was changed").format(db=plan["db"]))
        return
    app.console.say((_("{db}: a new office") if plan["created"] else _("{db}: an office that was begun")).format(db=plan["db"]) + end)
    app.console.flow([_("{name} ({login}), who may do everything").format(name=plan["person"], login=plan["login"]) if plan["person"] else "",
                      plan["zone"], _("calendars: {names}").format(names=", ".join(plan["calendars"])) if plan["calendars"] else ""], "  ")
    app.console.flow([_("documents: {folder}").format(folder=plan["documents"]),
                      _("the log's key: {file}").format(file=plan["key"]) if plan["key"] else ""], "  ")


def _check(app: App, zone: str, group: str) -> None:
    """Refuse what no office can be made of."""
    from workflow.administration import check_zone
    from workflow.store import is_url

    check_zone(zone)
    if not app.documents:
        raise InvalidInput("documents", "", "with a database on a server the folder for documents must be set: mufakat config set documents FOLDER")
    if group and is_url(app.db):
        raise InvalidInput("group", group, "a database on a server has roles, not a group: mufakat db roles")


def _key(app: App, office: Administration) -> str:
    """Make the log's key where the office has none, and its file has a place; the public half, empty where nothing was made."""
    from workflow.rotating import create

    has_one = office.store.office().tables["setting"].get(("log_key",)) is not None
    return "" if app.key is None or has_one else create(app.key, office).text


def _tell_key(app: App) -> None:
    from workflow.commands.audit_key import key_file, told

    told(app, key_file(app))


def _share(app: App, group: str) -> None:
    """Share the folder of documents too, if it is not there yet, and say so where the database's own folder is not shared."""
    from workflow.store.shares import group_number, is_shared, share_folder

    share_folder(app.documents, group)
    folder = os.path.dirname(os.path.abspath(app.db))
    if not is_shared(folder, group_number(group)):
        app.console.tell(_("others in {group} can work only where the folder is the group's too: {command}").format(
            group=group, command=f"chgrp {group} {folder} && chmod g+rwxs {folder}"))


def fill(app: App, office: Administration, calendar: str, years: range | None = None, *, dry_run: bool = False) -> list[Any]:
    """Fill one calendar from the library, the shipped decrees on top."""
    from workflow.calendars import fill as from_library
    from workflow.calendars import merge, overrides

    this_year = int(app.clock()[:4])
    days, coverage = from_library(calendar, years or range(FIRST_YEAR, this_year + 3))
    decrees = [day for text in app.parts.calendar_files() for day in overrides(text) if day.calendar == calendar]
    span = {row.year for row in coverage}
    return office.fill(calendar, merge(days, [day for day in decrees if int(day.on[:4]) in span]), coverage, dry_run=dry_run)


def _full_name(login: str) -> str:
    """The name that the system keeps with a login, else the login."""
    try:
        import pwd

        return pwd.getpwnam(login).pw_gecos.split(",")[0].strip() or login
    except (ImportError, KeyError):
        return login

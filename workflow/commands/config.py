"""`mufakat config`: the settings of this machine, and those of the office that stand in its database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.console import Column
from workflow.commands.language import _, mark
from workflow.commands.options import group, pass_app
from workflow.config import KEYS, checked
from workflow.errors import InvalidInput, Phrase, StoreNotReady
from workflow.store import is_url
from workflow.store import shown as safe

if TYPE_CHECKING:
    from workflow.commands.app import App

POLICY = "policy."
DEFAULTS = {"zone": "Asia/Jakarta", "calendar": "ID"}  # office settings that are never without a value
OFFICE = "office"
PATHS = {  # setting -> whether it is a folder, and what makes it where it is not there (empty: it must be)
    "db": (False, mark("it is made by: mufakat init")), "key": (False, mark("it is made by: mufakat audit key create")),
    "documents": (True, mark("the first document makes it")), "outbox": (True, mark("the first message makes it")),
    "mail": (False, ""), "notify": (False, ""), "definitions": (True, ""),
}


@group("config", examples=("mufakat config list --origin", "mufakat config set policy.loi_draft_days 90"))
def config_command() -> None:
    """Settings: of this machine (flag > environment > mufakat.toml > your own file) and of the office (zone, calendar, policy.*)."""


@config_command.command("list", examples=("mufakat config list --origin",))
@click.option("--origin", is_flag=True, help="Say where each comes from.")
@pass_app
def list_command(app: App, origin: bool) -> None:  # noqa: FBT001  # a flag
    """Every setting in force."""
    rows = [{"name": name, "value": safe(app.config.value(name).value), "origin": app.config.value(name).origin, "meaning": _(key.meaning)}
            for name, key in KEYS.items()]
    rows += [{"name": name, "value": value, "origin": OFFICE, "meaning": ""} for name, value in _office(app).items()]
    from workflow.commands.data import emit_rows

    columns = [Column("name", _("name"), "bold"), Column("value", _("value"))] + ([Column("origin", _("origin"))] if origin else []) + \
        [Column("meaning", _("meaning"), wrap=True)]
    emit_rows(app, rows, columns, ident="name", shown=({**row, "value": "" if row["value"] is None else str(row["value"])} for row in rows))


@config_command.command("get", examples=("mufakat config get zone",))
@click.argument("name")
@pass_app
def get_command(app: App, name: str) -> None:
    """One setting."""
    if name in KEYS:
        found, origin = app.config.value(name)
        value: Any = safe(found)
    else:
        _known(app, name)
        value, origin = _office(app).get(name), OFFICE
    if app.plain:
        app.console.say("" if value is None else str(value))
    else:
        from workflow.commands.data import emit

        emit(app, {"name": name, "value": value, "origin": origin}, "name")


@config_command.command("set", examples=("mufakat config set lang id --user", "mufakat config set policy.mou_plan_months 9"))
@click.argument("name")
@click.argument("value")
@click.option("--user", is_flag=True, help="In your own file instead of ./mufakat.toml.")
@click.option("--dry-run", is_flag=True, help="Check it; write nothing.")
@pass_app
def set_command(app: App, name: str, value: str, user: bool, dry_run: bool) -> None:  # noqa: FBT001  # flags
    """Give a setting a value."""
    _write(app, name, value, user=user, dry_run=dry_run)


@config_command.command("unset", examples=("mufakat config unset policy.mou_plan_months",))
@click.argument("name")
@click.option("--user", is_flag=True, help="In your own file instead of ./mufakat.toml.")
@click.option("--dry-run", is_flag=True, help="Check it; write nothing.")
@pass_app
def unset_command(app: App, name: str, user: bool, dry_run: bool) -> None:  # noqa: FBT001  # flags
    """Take a setting back to its default."""
    _write(app, name, None, user=user, dry_run=dry_run)


def policies(app: App) -> dict[str, str]:
    """The policy parameters that the definitions know: name -> number, date or text."""
    found: dict[str, str] = {}
    for kind in ("stage", "track"):
        for name in app.catalog.names(kind):
            data = app.catalog.latest(kind, name).data
            for rule in (*data.get("deadline", {}).values(), *data.get("item", {}).get("deadline", {}).values()):
                if rule.get("param"):
                    found[rule["param"]] = "number"
                found |= {anchor.partition(":")[2]: "date" for anchor in rule["anchor"] if anchor.startswith("param:")}
    return found


def _write(app: App, name: str, value: str | None, *, user: bool, dry_run: bool) -> None:
    if name in KEYS:
        if value is not None:
            _check_path(app, name, checked(name, value, name))
            if user and name in PATHS and not (name == "db" and is_url(value)):
                value = os.path.abspath(value)  # it holds in whatever folder a command is typed
        path = app.config.user if user else app.config.project
        if not dry_run:
            app.config.write(path, name, value)
        where = path
    else:
        _known(app, name)
        stored = DEFAULTS.get(name) if value is None else _checked(app, name, value)
        wrote = app.administration.set(name, stored, dry_run=dry_run)
        value = None if stored is None else str(stored)
        where = _("entry {entry}").format(entry=wrote.entry) if wrote.entry else _("it stood so already")
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"name": name, "value": value and safe(value), "where": where, "dry_run": dry_run}, "name")
        return
    shown = f"{name} = {safe(value)}" if value is not None else _("{name} is not set any more").format(name=name)
    app.console.say(f"{shown}  ({_('nothing was written (dry run)') if dry_run else where})")


def _check_path(app: App, name: str, path: str) -> None:
    """Refuse a path that cannot be what the setting names; say so where nothing is there yet."""
    if name not in PATHS or (name == "db" and is_url(path)):
        return
    folder, maker = PATHS[name]
    if os.path.exists(path):
        if os.path.isdir(path) != folder:
            raise InvalidInput(name, path, "a folder is needed, and that is none" if folder else "a file is needed, and that is a folder")
        return
    if not maker:
        raise InvalidInput(name, path, "there is no such folder; make it first" if folder else "there is no such file; write it first")
    within = os.path.dirname(os.path.abspath(path))
    if not folder and not os.path.isdir(within):
        raise InvalidInput(name, path, Phrase("there is no folder {folder}; make it first", folder=within))
    app.console.tell(_("{path} is not there yet: {maker}").format(path=path, maker=_(maker)))


def _office(app: App) -> dict[str, Any]:
    """The office's settings; none where there is no database yet."""
    try:
        rows = app.store().office().tables["setting"].values()
    except StoreNotReady:
        return {}
    return {row.name: row.value for row in rows if row.value is not None}


def _known(app: App, name: str) -> None:
    from workflow.commands import policy

    known = [*KEYS, *DEFAULTS, *(POLICY + parameter for parameter in policies(app)), *policy.names(app)]
    if name == "origin" and name in _office(app):
        raise InvalidInput("setting", name, "the origin of the journal is settled for ever; config list shows it")
    if name not in known:
        raise InvalidInput("setting", name, "there is no such setting", known)


def _checked(app: App, name: str, value: str) -> Any:
    """An office setting's value in its type."""
    if name == "zone":
        from workflow.administration import check_zone

        check_zone(value)
        return value
    if name == "calendar":
        from workflow.calendars import FILLS

        if value not in FILLS:
            raise InvalidInput("calendar", value, Phrase("choose one of {choices}", choices=", ".join(FILLS)), tuple(FILLS))
        return value
    if not name.startswith(POLICY):
        from workflow.commands import policy

        return policy.checked(name, value)
    return checked_policy(app, name.removeprefix(POLICY), value)


def checked_policy(app: App, name: str, value: str) -> Any:
    """A policy's value in its type: a number, a date, or a day of every year (`12-31`)."""
    from workflow.core import dates

    if policies(app).get(name) == "number":
        if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= 10_000:
            raise InvalidInput(name, value, "a whole number from 1 to 10000 is needed")
        return int(value)
    try:
        return dates.check(f"2000-{value}", name)[5:] if len(value) == 5 and value[2] == "-" else dates.check(value, name)
    except InvalidInput:
        raise InvalidInput(name, value, "write a day of every year such as 12-31, or a date such as 2026-12-31") from None

"""`mufakat calendar`: which days are working days, and what each closed day rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.console import Column
from workflow.commands.language import FALLBACK, _, _n, chosen, mark
from workflow.commands.options import group, pass_app
from workflow.commands.words import day_text
from workflow.core import dates
from workflow.errors import InvalidInput, NotFound, Phrase

if TYPE_CHECKING:
    from workflow.commands.app import App

KINDS = (mark("national"), mark("joint-leave"), mark("closure"), mark("working"))
STATUS = {"known": mark("known in full"), "partial": mark("known in part")}


@group("calendar", examples=("mufakat calendar show ID --year 2026", "mufakat calendar update"))
def calendar_command() -> None:
    """Working days: what closes a day, and which years are known."""


@calendar_command.command("show", examples=("mufakat calendar show", "mufakat calendar show ID --year 2026"))
@click.argument("name", default="")
@click.option("--year", type=click.IntRange(1, 9999), default=None, help="Default this year.")
@pass_app
def show_command(app: App, name: str, year: int | None) -> None:
    """The closed days of a year; without NAME the calendars and the years they know."""
    from workflow.calendars import FILLS, names
    from workflow.commands.data import emit_rows

    store = app.store()
    if not name:
        rows: list[dict[str, Any]] = [{"calendar": row.calendar, "year": row.year, "status": row.status, "source": row.source}
                                      for held in _names(app) for row in store.calendar(held)[1]]
        emit_rows(app, rows, [Column("calendar", _("calendar"), "bold"), Column("year", _("year")), Column("status", _("status")),
                              Column("source", _("source"), wrap=True)], ident="calendar", empty=_("no calendar is filled: mufakat calendar update"),
                  shown=({**row, "status": _(STATUS.get(row["status"], row["status"])), "source": _source(row["source"])} for row in _spans(rows)))
        return
    days, coverage = store.calendar(name)
    if not days and not coverage:
        raise NotFound("calendar", name, _names(app))
    wanted = year or int(app.today[:4])
    rows = [row._asdict() for row in days if row.on.startswith(f"{wanted:04d}-")]
    status = next((row for row in coverage if row.year == wanted), None)
    columns = [Column("day", _("day")), Column("kind", _("kind")), Column("name", _("name"), wrap=True), Column("source", _("source"), wrap=True)]
    called = names(name, wanted, chosen()) if app.plain and chosen() != FALLBACK and name in FILLS else {}
    shown = ({**row, "day": day_text(row["on"]), "kind": _(row["kind"]), "name": called.get((row["on"], row["name"])) or _(row["name"]),
              "source": _source(row["source"])} for row in rows)
    emit_rows(app, rows, columns, ident="on", shown=shown,
              empty=_("{name} closes no day of {year}").format(name=name, year=wanted))
    if status is None or status.status != "known":
        app.console.tell(_("{year} is not known in full: what is counted over it is provisional ({source})").format(
            year=wanted, source=_source(status.source) if status else _("mufakat calendar update")))


@calendar_command.command("update", examples=("mufakat calendar update", "mufakat calendar update ID --from 2027 --to 2028"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--from", "first", type=click.IntRange(1990, 2100), default=None, help="The first year; default last year.")
@click.option("--to", "last", type=click.IntRange(1990, 2100), default=None, help="The last year; default in two years.")
@click.option("--dry-run", is_flag=True, help="Show the change; write nothing.")
@pass_app
def update_command(app: App, names: tuple[str, ...], first: int | None, last: int | None, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Fill the years from the library `holidays`, the decrees on top. Days that somebody added with a decree stay."""
    from workflow.commands.data import emit_rows
    from workflow.commands.init import CALENDARS, fill

    year = int(app.clock()[:4])
    years = range(first or year - 1, (last or year + 2) + 1)
    if not years:
        raise InvalidInput("to", last, Phrase("it lies before {year}", year=first or year - 1))
    rows = []
    for name in names or CALENDARS:
        wrote = fill(app, app.administration, name, years, dry_run=dry_run)
        effects = [effect for row in wrote for effect in row.effects]
        rows.append({"calendar": name, "days": sum(effect.table == "day" for effect in effects), "entries": [row.entry for row in wrote],
                     "years": f"{years[0]}–{years[-1]}", "dry_run": dry_run})
    columns = [Column("calendar", _("calendar"), "bold"), Column("years", _("years")), Column("days", _("days changed")),
               Column("written", _("entries"))]
    nothing = _("dry run") if dry_run else _("nothing was new")
    emit_rows(app, rows, columns, ident="calendar", shown=({**row, "written": ", ".join(filter(None, row["entries"])) or nothing} for row in rows))
    if not dry_run and any(row["days"] for row in rows):
        _recount(app)


@calendar_command.command("add", examples=(
    "mufakat calendar add 2026-06-29 'Cuti bersama tambahan' --source 'SKB 2/2026'",
    "mufakat calendar add 2026-12-24 'Opened again' --kind working --source 'Perwali 7/2026'",
))
@click.argument("day")
@click.argument("title")
@click.option("--calendar", "name", default="ID", show_default=True, help="The calendar.")
@click.option("--kind", type=click.Choice(KINDS), default="joint-leave", show_default=True)
@click.option("--source", required=True, help="The decree, with its number.")
@click.option("--dry-run", is_flag=True, help="Show the change; write nothing.")
@pass_app
def add_command(app: App, day: str, title: str, name: str, kind: str, source: str, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Close a day (or open it again) on the strength of a decree."""
    from workflow.commands.data import emit
    from workflow.commands.typed import occurred
    from workflow.core.office import Day

    on = occurred(app, day, "day")
    if dates.precision(on) != "day":
        raise InvalidInput("day", day, "name one day, such as 2026-06-29")
    if not title.strip() or not source.strip():
        raise InvalidInput("source", source, "a day needs its name and the decree it rests on")
    if name not in _names(app):
        raise NotFound("calendar", name, _names(app))
    wrote = app.administration.add_day(Day(name, on, kind, title.strip(), source.strip()), dry_run=dry_run)
    if wrote.entry:
        _recount(app)
    if not app.plain:
        emit(app, {"calendar": name, "on": on, "kind": kind, "name": title, "source": source, "entry": wrote.entry, "dry_run": dry_run}, "on")
        return
    end = _("nothing was written (dry run)") if dry_run else _("entry {entry}").format(entry=wrote.entry) if wrote.entry else _("it stood so already")
    app.console.flow([f"{name}  {day_text(on)}", f"{kind}: {title}", source, f"({end})"])


def _recount(app: App) -> None:
    """Count every open deadline again over the calendar as it is now: each that moves is a new revision."""
    engine = app.editor
    engine.library.refresh()
    moved = [done for ref in app.store(write=True).refs() if (done := engine.recount(ref)) is not None]
    days = sum(effect.table == "deadline" and effect.key is None for done in moved for effect in done.change.effects)
    if days:
        app.console.tell(_n("{count} deadline has another day now", "{count} deadlines have another day now", days))


def _source(text: str) -> str:
    """What a day or a year rests on; what the calendars' own words say of it in the reader's language."""
    from workflow.commands.recorded import sentence

    return "; ".join(map(sentence, text.split("; ")))


def _spans(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Years in a row that are known alike, as one line."""
    spans: list[dict[str, Any]] = []
    for row in rows:
        if spans and all(spans[-1][key] == row[key] for key in ("calendar", "status", "source")) and spans[-1]["last"] == row["year"] - 1:
            spans[-1]["last"] = row["year"]
        else:
            spans.append({**row, "last": row["year"]})
    return [{**row, "year": f"{row['year']}–{row['last']}" if row["last"] > row["year"] else row["year"]} for row in spans]


def _names(app: App) -> list[str]:
    """The calendars that this office holds anything of."""
    from workflow.calendars import FILLS

    return [name for name in FILLS if app.store().calendar(name)[1]]

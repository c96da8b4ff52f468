"""`mufakat deadline list`: deadlines over all agreements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import complete_reference, group, pass_app
from workflow.commands.standing import deadline_of, left
from workflow.commands.words import basis_text, day_text
from workflow.core import dates
from workflow.errors import AgreementNotFound

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.words import Words


@group("deadline", examples=("mufakat deadline list", "mufakat deadline list bogor-kisarazu --all"))
def deadline_command() -> None:
    """Deadlines over all agreements."""


@deadline_command.command("list", examples=("mufakat deadline list --until +30d", "mufakat deadline list --overdue --owner me"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--until", default="", metavar="DATE", help="Only those that end by then.")
@click.option("--overdue", is_flag=True, help="Only those whose day is over.")
@click.option("--owner", default="", metavar="PERSON", help="Only of agreements of this person; me.")
@click.option("--all", "settled", is_flag=True, help="Of one agreement also the kept, missed and void ones.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@pass_app
def list_command(app: App, ref: str, until: str, overdue: bool, owner: str, settled: bool, limit: int) -> None:  # noqa: FBT001  # flags
    """Open deadlines, the nearest first, with what each rests on: a statute, or the office's policy."""
    agreement, _slash, stage = ref.partition("/")
    store = app.store()
    if agreement and agreement not in store.refs(agreement):
        raise AgreementNotFound("agreement", agreement, store.refs())
    last = _last(app, until, overdue=overdue)
    if settled and agreement:
        case = store.load(agreement, history=True)
        rows = [{"ref": agreement, **row._asdict()} for row in sorted(case.tables["deadline"].values(), key=lambda row: row.effective)]
    else:
        rows = store.deadlines(until=last, owner=app.person(owner).id if owner else "", agreement=agreement, limit=limit)
    rows = [row for row in rows if not stage or row["instance"] == stage]
    known: dict[str, Words] = {}
    today = dates.earliest(app.today)
    data = [_data(app, known, row, today) for row in rows]
    from workflow.commands.data import emit_rows

    columns = [Column("day", _("day")), Column("where", _("stage"), "bold"), Column("label", _("what")), Column("left", _("left"), wrap=True),
               Column("rests_on", _("rests on"), wrap=True), Column("counted", _("counted"), wrap=True)]
    emit_rows(app, data, columns, empty=_("no deadline is open") if not (until or overdue) else _("no deadline in this span"),
              shown=({**row, "day": day_text(row["effective"]), "where": f"{row['ref']}/{row['instance']}".rstrip("/"),
                      "left": _left(row, today)} for row in data))


def _last(app: App, until: str, *, overdue: bool) -> str:
    from workflow.commands.typed import occurred

    if overdue:
        return dates.resolve("yesterday", dates.earliest(app.today))
    return dates.latest(occurred(app, until, "until")).isoformat() if until else ""


def _data(app: App, known: dict[str, Words], row: dict[str, Any], today: Any) -> dict[str, Any]:
    words = known.get(row["ref"])
    if words is None:
        words = known[row["ref"]] = app.words(row["ref"])
    record = deadline_of(row)
    return {**row, "label": words.deadline(record), "days_left": (dates.latest(row["effective"]) - today).days,
            "rests_on": basis_text(row["basis"], row["citation"]), "counted": words.counted(record)}


def _left(row: dict[str, Any], today: Any) -> str:
    if row["status"] != "open":
        return f"{row['status']} {row['settled_on']}".strip()
    return left(deadline_of(row), today)

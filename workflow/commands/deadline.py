"""`mufakat deadline`: what is promised until when; list, show, and what people may do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.changes import SETTLED, ended, print_done
from workflow.commands.console import Column
from workflow.commands.language import _, said
from workflow.commands.options import complete_reference, deadline_name, group, pass_app, reference, write_options_of
from workflow.commands.standing import deadline_of, left
from workflow.commands.words import basis_text, day_text
from workflow.core import dates
from workflow.errors import AgreementNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from workflow.commands.app import App
    from workflow.commands.words import Words
    from workflow.core.agreement import Deadline

ROLLS = timedelta(days=21)  # how far a message may wait for a working day


@group("deadline", examples=("mufakat deadline list", "mufakat deadline list bogor-kisarazu --all",
                             "mufakat deadline extend bogor-kisarazu/loi register --by +10bd --reason travel"))
def deadline_command() -> None:
    """Deadlines over all agreements: list, show, extend, suspend, resume, waive."""


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
    if stage and ref not in store.refs(ref):
        raise AgreementNotFound("stage", ref, store.refs(f"{agreement}/"))
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

    columns = [Column("day", _("day")), Column("where", _("stage"), "bold"), Column("name", _("name")), Column("label", _("what")),
               Column("left", _("left"), wrap=True), Column("rests_on", _("rests on"), wrap=True), Column("counted", _("counted"), wrap=True)]
    emit_rows(app, data, columns, empty=_("no deadline is open") if not (until or overdue) else _("no deadline in this span"),
              shown=({**row, "day": day_text(row["effective"]), "where": f"{row['ref']}/{row['instance']}".rstrip("/"),
                      "left": _left(row, today)} for row in data))


@deadline_command.command("show", examples=("mufakat deadline show bogor-kisarazu/mou council", "mufakat deadline show bogor-kisarazu dormancy"))
@reference()
@deadline_name
@pass_app
def show_command(app: App, ref: str, name: str) -> None:
    """One deadline: how it was counted, on which days somebody is told, its revisions."""
    from workflow.core import ladder, promising

    words = app.words(ref)
    store, stage = app.store(), ref.partition("/")[2]
    latest = promising.find(words.draft, stage, name)
    case = store.load(words.ref, history=True)
    revisions = sorted((row for row in case.tables["deadline"].values() if (row.instance, row.name) == (stage, name)), key=lambda row: row.revision)
    messages = [row for row in case.tables["message"].values() if (row.instance, row.name) == (stage, name)]
    rule = ladder.rule_of(words.draft, latest)
    coming = ladder.rungs(words.draft, rule, latest) if rule is not None and latest.status == "open" else []
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"ref": ref, **_data(app, {words.ref: words}, {"ref": words.ref, **latest._asdict()}, dates.earliest(app.today)),
                   "rungs": [{"rung": row.name, "on": row.day, "kind": row.kind, "owner": row.owner, "roles": list(row.roles)} for row in coming],
                   "revisions": [row._asdict() for row in revisions], "messages": [row._asdict() for row in messages]})
        return
    console, today = app.console, dates.earliest(app.today)
    console.flow([console.paint(f"{ref}  {name}", "bold"), words.deadline(latest), basis_text(latest.basis, latest.citation)])
    console.flow([_line(row, words, today) for row in (latest,)], "  ", hang="        ")
    for when, kind, whom in _telling(app, words.ref, stage, name, max(rung.day for rung in coming) + ROLLS if coming else None):
        console.flow([f"{_('told')}  {day_text(when)}", _(kind), ", ".join(map(app.name, whom))], "  ", hang="        ")
    for row in revisions[:-1]:
        how = "" if row.status == "void" and row.reason else _(SETTLED.get(row.status, row.status))
        console.flow([f"{_('before')}  {day_text(row.effective)}", how, said(row.reason), day_text(row.settled_on)], "  ", hang="        ")


@deadline_command.command("extend", examples=(
    'mufakat deadline extend bogor-kisarazu/loi register --to 2026-03-31 --reason "the original is still in Tokyo"',
    'mufakat deadline extend bogor-kisarazu/loi register --by +10bd --reason "the original is still in Tokyo"'))
@reference()
@deadline_name
@click.option("--to", default="", metavar="DATE", help="Its new last day (mufakat help dates).")
@click.option("--by", default="", metavar="SPAN", help="How much later: +10bd (working days), +30d, +1m.")
@write_options_of(place=False)
@pass_app
def extend_command(app: App, ref: str, name: str, to: str, by: str, **options: Any) -> None:
    """Give a deadline a later day; a period that the law sets is not the office's to move."""
    from workflow.commands import typed

    engine = app.editor
    day = dates.resolve(to, dates.earliest(app.today), engine.library.calendar(_calendar(app)), "to") if to else ""
    print_done(app, engine.extend(ref, name, typed.ask(app, options), to=day, by=by), _again(ref, name))


@deadline_command.command("suspend", examples=(
    'mufakat deadline suspend bogor-kisarazu/mou council --reason "the council asked for a translation"',))
@reference()
@deadline_name
@write_options_of(place=False)
@pass_app
def suspend_command(app: App, ref: str, name: str, **options: Any) -> None:
    """Stop the clock of a deadline, where its definition allows it."""
    from workflow.commands import typed

    print_done(app, app.editor.suspend(ref, name, typed.ask(app, options)), _again(ref, name))


@deadline_command.command("resume", examples=('mufakat deadline resume bogor-kisarazu/mou council --reason "it has the translation"',))
@reference()
@deadline_name
@write_options_of(place=False)
@pass_app
def resume_command(app: App, ref: str, name: str, **options: Any) -> None:
    """Let the clock run again: the day moves by the days that have passed."""
    from workflow.commands import typed

    print_done(app, app.editor.resume(ref, name, typed.ask(app, options)), _again(ref, name))


@deadline_command.command("waive", examples=('mufakat deadline waive bogor-kisarazu/loi register --reason "registered by the embassy"',))
@reference()
@deadline_name
@write_options_of(place=False)
@pass_app
def waive_command(app: App, ref: str, name: str, **options: Any) -> None:
    """Let go of a deadline; nobody is told of it any more."""
    from workflow.commands import typed

    print_done(app, app.editor.waive(ref, name, typed.ask(app, options)), _again(ref, name))


def _again(ref: str, name: str) -> str:
    return f"mufakat deadline show {ref} {name}"


def _calendar(app: App) -> str:
    return str(app.using.library.settings().get("calendar") or "ID")


def _telling(app: App, ref: str, stage: str, name: str, until: date | None) -> Iterator[tuple[str, str, list[str]]]:
    """On which days who is told, as `remind plan` has it: on their own working days, a deputy for whoever is away; what they put off, later."""
    if until is None or until < dates.earliest(app.today):
        return
    from workflow.commands.remind import ahead
    from workflow.library import civil_day

    zone = app.using.library.zone
    told: dict[tuple[str, str], list[str]] = {}
    for row in ahead(app, ref, until.isoformat()):
        if row.message is not None and (row.message.instance, row.message.name) == (stage, name):
            person = app.people.get(row.message.recipient)
            told.setdefault((civil_day(row.at, person.zone if person and person.zone else zone), row.message.kind), []).append(row.message.recipient)
    for (when, kind), whom in sorted(told.items()):
        yield when, kind, list(dict.fromkeys(whom))


def _line(row: Deadline, words: Words, today: Any) -> str:
    if row.status != "open":
        return ended(row.status, row.settled_on) + (f": {said(row.reason)}" if row.reason else "")
    parts = [f"{_('due')}   {day_text(row.effective)}", words.counted(row), left(row, today, words.fire(row))]
    return "   ".join([*parts, _("reason: {reason}").format(reason=said(row.reason))] if row.reason else parts)


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
    return {**row, "label": words.deadline(record), "fire_label": words.fire(record), "days_left": (dates.latest(row["effective"]) - today).days,
            "rests_on": basis_text(row["basis"], row["citation"]), "counted": words.counted(record)}


def _left(row: dict[str, Any], today: Any) -> str:
    if row["status"] != "open":
        return ended(row["status"], row["settled_on"])
    return left(deadline_of(row), today, row["fire_label"])

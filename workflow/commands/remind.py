"""`mufakat remind`: who is told what and when; look once, send, acknowledge, put off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.changes import print_done
from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import complete_reference, deadline_name, group, pass_app, reference, write_options_of
from workflow.commands.words import day_text, moment_text
from workflow.core import dates
from workflow.errors import AgreementNotFound, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.commands.app import App
    from workflow.commands.words import Words
    from workflow.core.office import Person
    from workflow.reminders import Foreseen

LIMIT = click.IntRange(1, 10_000)


@group("remind", examples=("mufakat remind plan --for 30d", "mufakat remind tick", "mufakat remind ack bogor-kisarazu/mou council"))
def remind_command() -> None:
    """Reminders: who is told what and when; look once, send, acknowledge, put off."""


@remind_command.command("plan", examples=("mufakat remind plan --for 30d", "mufakat remind plan --for 3m --person me"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--for", "span", default="30d", show_default=True, metavar="SPAN", help="How far ahead: 30d, 2w, 3m, 10bd.")
@click.option("--person", default="", metavar="PERSON", help="Only what this person is told; me.")
@pass_app
def plan_command(app: App, ref: str, span: str, person: str) -> None:
    """Who will be told what and when, if nothing happens meanwhile; nothing is written."""
    until = dates.resolve(f"+{span.lstrip('+')}", dates.earliest(app.today), _working(app), "for")
    _foretell(app, [row for row in ahead(app, ref, until) if row.message], person, until)


@remind_command.command("simulate", examples=("mufakat remind simulate --at +2y", "mufakat remind simulate --at 2027-12-31 bogor-kisarazu"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--at", required=True, metavar="DATE", help="Until when (mufakat help dates).")
@click.option("--person", default="", metavar="PERSON", help="Only what this person is told; me.")
@pass_app
def simulate_command(app: App, ref: str, at: str, person: str) -> None:
    """What time would do and who would be told until a day, over a copy in memory: nothing is written."""
    until = dates.resolve(at, dates.earliest(app.today), _working(app), "at")
    if dates.precision(until) != "day" or until <= app.today:
        raise InvalidInput("at", at, "name a day after today")
    _foretell(app, ahead(app, ref, until), person, until)


@remind_command.command("tick", examples=("mufakat remind tick", "*/15 * * * *  mufakat --db /srv/mufakat/office.db remind tick"))
@click.option("--dry-run", is_flag=True,
              help="Show what time would do, and what would leave, to whom and in which words; nothing is sent or written.")
@pass_app
def tick_command(app: App, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Look once: apply what time brings, write what is due, send what waits. For cron; a worker that stays: mufakat serve."""
    from workflow.commands.delivering import tick, told

    if dry_run:
        _rehearse(app, steps=True)
        return
    look = tick(app, "tick")
    if app.plain:
        for line in told(app, look) or [_("nothing is due")]:
            app.console.say(line)
    else:
        from workflow.commands.data import emit

        emit(app, {"written": look.written, "sent": sum(row.state == "sent" for row in look.outcomes),
                   "outcomes": [row._asdict() for row in look.outcomes], "failed": [list(row) for row in look.failed],
                   "alerted": list(look.alerted), "unsigned": look.unsigned})
    _judge(look.outcomes)


@remind_command.command("send", examples=("mufakat remind send --dry-run", "mufakat remind send", "mufakat remind send --again"))
@click.option("--dry-run", is_flag=True, help="Show what would leave now, to whom and in which words; nothing is sent or written.")
@click.option("--again", is_flag=True, help="Also what was given up, once the address or the channel is mended.")
@pass_app
def send_command(app: App, dry_run: bool, again: bool) -> None:  # noqa: FBT001  # flags
    """Send what waits now; what has become due since the last look is not written (mufakat remind tick)."""
    if dry_run and again:
        raise InvalidInput("again", "", "what was given up waits again only when it is written: leave out --dry-run")
    from workflow.commands.delivering import STATES, cover, dispatcher, engine_of
    from workflow.commands.recorded import Recorded, sentence

    if dry_run:
        _rehearse(app)
        return
    unsigned = cover(app)
    if unsigned:
        app.console.tell(_("the log was not signed: {why}").format(why=unsigned))
    engine = engine_of(app)
    if again:
        from workflow.channels import CHANNELS
        from workflow.reminders import retry

        retry(app.store(write=True), engine, app.people, CHANNELS.__contains__)
    outcomes = dispatcher(app, engine, "send").round()
    from workflow.commands.data import emit_rows

    recorded = Recorded(app)
    columns = [Column("ref", _("stage"), "bold"), Column("name", _("deadline")), Column("recipient", _("whom")), Column("channel", _("channel")),
               Column("state", _("state")), Column("reason", _("reason"), wrap=True)]
    emit_rows(app, [row._asdict() for row in outcomes], columns, empty=_("nothing waits to be sent"), shown=(
        {**row._asdict(), "name": recorded.deadline(row.ref, row.name), "recipient": app.name(row.recipient), "reason": sentence(row.reason),
         "state": _(STATES.get(row.state, row.state) or STATES["pending"])} for row in outcomes))
    _judge(outcomes)


@remind_command.command("log", examples=("mufakat remind log bogor-kisarazu", "mufakat remind log --person me --unsent"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--person", default="", metavar="PERSON", help="Only what this person was told; me.")
@click.option("--unsent", is_flag=True, help="Only what should have left by now.")
@click.option("--limit", type=LIMIT, default=200, show_default=True)
@pass_app
def log_command(app: App, ref: str, person: str, unsent: bool, limit: int) -> None:  # noqa: FBT001  # a flag
    """Who was told what: each message with what became of it, the newest first."""
    agreement, _slash, stage = ref.partition("/")
    store = app.store()
    if agreement and agreement not in store.refs(agreement):
        raise AgreementNotFound("agreement", agreement, store.refs())
    rows = store.messages(agreement=agreement, recipient=app.person(person).id if person else "", unsent=app.clock() if unsent else "", limit=limit)
    rows = [{**row, "person": app.name(row["recipient"])} for row in rows if not stage or row["instance"] == stage]
    from workflow.commands.data import emit_rows
    from workflow.commands.delivering import STATES
    from workflow.commands.recorded import Recorded, sentence

    recorded = Recorded(app)
    columns = [Column("day", _("day")), Column("where", _("stage"), "bold"), Column("name", _("deadline")), Column("rung", _("rung")),
               Column("person", _("whom")), Column("channel", _("channel")), Column("status", _("state")), Column("reason", _("reason"), wrap=True)]
    emit_rows(app, rows, columns, empty=_("nobody was told anything"), shown=(
        {**row, "day": day_text(row["due_on"]), "where": f"{row['ref']}/{row['instance']}".rstrip("/"),
         "name": recorded.label(row["ref"], row["instance"], "deadline", row["name"]), "status": _(STATES.get(row["state"], row["state"])),
         "reason": sentence(row["reason"])} for row in rows))


@remind_command.command("ack", examples=("mufakat remind ack bogor-kisarazu/mou council",))
@reference()
@deadline_name
@write_options_of(place=False)
@pass_app
def ack_command(app: App, ref: str, name: str, **options: Any) -> None:
    """Say that you know: what is overdue is not repeated to you, nor brought before others. The deadline stays."""
    from workflow.commands import typed

    print_done(app, app.editor.acknowledge(ref, name, typed.ask(app, options)), f"mufakat deadline show {ref} {name}")


@remind_command.command("snooze", examples=('mufakat remind snooze bogor-kisarazu/mou council --until +5bd --reason "the council sits on Monday"',))
@reference()
@deadline_name
@click.option("--until", required=True, metavar="DATE", help="The day of the next reminder; before the deadline's last.")
@write_options_of(place=False)
@pass_app
def snooze_command(app: App, ref: str, name: str, until: str, **options: Any) -> None:
    """Put your reminders of a deadline off until a day before its last."""
    from workflow.commands import typed

    day = dates.resolve(until, dates.earliest(app.today), _working(app), "until")
    print_done(app, app.editor.snooze(ref, name, day, typed.ask(app, options), app.people), f"mufakat deadline show {ref} {name}")


def _working(app: App) -> Any:
    library = app.using.library
    return library.calendar(str(library.settings().get("calendar") or "ID"))


def ahead(app: App, ref: str, until: str) -> list[Foreseen]:
    """What will happen to an agreement (one stage of it; all of them) until the end of a day, if nobody does anything."""
    from workflow.core.deadline import instant
    from workflow.reminders import forecast

    store, engine = app.store(), app.reader
    agreement, _slash, stage = ref.partition("/")
    if agreement and agreement not in store.refs(agreement):
        raise AgreementNotFound("agreement", agreement, store.refs())
    end = instant(dates.earliest(until), "end", engine.library.zone)
    found = forecast(engine, [agreement] if agreement else store.refs(), app.people, end)
    return [row for row in found if not stage or row.instance == stage]


def _foretell(app: App, found: Iterable[Foreseen], person: str, until: str) -> None:
    whom = app.person(person).id if person else ""
    known: dict[str, Words] = {}
    rows = [_foreseen(app, known, row) for row in found if not whom or (row.message and row.message.recipient == whom)]
    from workflow.commands.data import emit_rows

    columns = [Column("when", _("when")), Column("whom", _("whom")), Column("where", _("stage"), "bold"), Column("label", _("what"), wrap=True),
               Column("said", _("kind")), Column("last", _("due"))]
    emit_rows(app, rows, columns, empty=_("nobody is to be told anything until {day}").format(day=day_text(until)), shown=(
        {**row, "when": moment_text(row["at"], _zone(app, row["recipient"])), "where": row["ref"],
         "last": day_text(row["due"]) if row["due"] else "", "whom": row["name"]} for row in rows))


def _zone(app: App, recipient: str = "") -> str:
    """Where whoever is told lives, else where the office is."""
    person: Person | None = app.people.get(recipient)
    return person.zone if person and person.zone else app.using.library.zone


def _foreseen(app: App, known: dict[str, Words], row: Foreseen) -> dict[str, Any]:
    from workflow.commands.history import local

    words = known.get(row.ref) or known.setdefault(row.ref, app.words(row.ref))
    ref, message = f"{row.ref}/{row.instance}".rstrip("/"), row.message
    if message is None:
        called = [words.label(row.stage, "state", state) for state in (row.source, row.target)]
        step = words.label(row.stage, "transition", row.trigger)
        return {"at": row.at, "when": local(row.at, _zone(app)), "recipient": "", "name": _("time itself"), "channel": "", "ref": ref, "deadline": "",
                "trigger": row.trigger, "label": " → ".join(called) if row.source != row.target else step, "kind": "fire",
                "said": step if row.source != row.target else "",
                "rung": "", "due": ""}
    held = row.deadline
    return {"at": row.at, "when": local(row.at, _zone(app, message.recipient)), "recipient": message.recipient,
            "name": app.name(message.recipient), "channel": message.channel, "ref": ref, "deadline": message.name,
            "trigger": "", "label": words.label(row.stage, "deadline", message.name), "kind": message.kind, "said": _(message.kind),
            "rung": message.rung, "due": held.effective if held is not None else ""}


def _rehearse(app: App, *, steps: bool = False) -> None:
    """What would leave now, in its words; with `steps` what time would do first."""
    from workflow.commands.delivering import rehearse
    from workflow.commands.recorded import Recorded

    letters, taken = rehearse(app)
    leaving = [{"to": row.to.id, "channel": channel, "subject": row.subject, "text": row.text, "key": row.key} for channel, row in letters]
    fired = [{"ref": f"{ref}/{step.instance}".rstrip("/"), "act": step.act, "trigger": step.trigger, "from": step.source, "to": step.target}
             for ref, step in taken] if steps else []
    if not app.plain:
        from workflow.commands.data import emit, emit_rows

        if steps:
            emit(app, {"steps": fired, "letters": leaving, "dry_run": True})
        else:
            emit_rows(app, leaving, [], ident="key")
        return
    recorded = Recorded(app)
    for (ref, step), fact in zip(taken, fired, strict=False):
        told = {**fact, "instance": step.instance, "reason": step.reason}
        app.console.flow([app.console.paint(fact["ref"], "bold"), recorded.act(ref, told), recorded.reason(ref, told)])
    for channel, row in letters:
        app.console.flow([app.console.paint(_("to {name} over {channel}").format(name=row.to.name, channel=channel), "bold"), row.subject])
        app.console.page(row.text)
    if not (letters or fired):
        app.console.say(_("nothing is due") if steps else _("nothing waits to be sent"))
    if steps:
        app.console.tell(_("nothing was written (dry run)"))


def _judge(outcomes: Iterable[Any]) -> None:
    """Exit 7 where something could not be delivered."""
    if any(row.state in ("dead", "failed", "uncertain", "parked") for row in outcomes):
        from workflow.commands.failures import UNDELIVERED, Failed

        raise Failed(UNDELIVERED)

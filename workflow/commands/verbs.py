"""The verbs that write: each parses what was typed, calls the engine once, and prints what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands import typed
from workflow.commands.batch import Batch
from workflow.commands.changes import print_done
from workflow.commands.language import _
from workflow.commands.options import command, complete_trigger, letter_options, paper_options, pass_app, reference, write_options_of
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.engine import Ask, Engine
    from workflow.outcome import Done

ACTIVITIES = ("activity", "contact", "report")


@command("start", examples=(
    'mufakat start sister-city bogor-kisarazu --title "Bogor–Kisarazu" --party Bogor:ID --party 木更津市:JP --owner me',
    "mufakat start association ppi-jepang --party Bogor:ID --party 'PPI Jepang:JP:association' --existing joint-agreement:signed --as-of 2016-11",
))
@click.argument("track")
@click.argument("ref")
@click.option("--title", default="", help="What it is called; default the parties' names.")
@click.option("--party", "parties", multiple=True, metavar="NAME:CC[:KIND]", help="A party, its country, its kind (default city).")
@click.option("--owner", default="me", metavar="PERSON", help="Who is responsible; default me.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A policy number of this agreement alone.")
@click.option("--ladder", "ladders", multiple=True, metavar="[DEADLINE=]LADDER", help="When people are reminded in this agreement: -30d,-7d,0,+7d*4.")
@click.option("--existing", default="", metavar="STAGE:STATE", help="Enter a running agreement: a stage in the state it stands in.")
@click.option("--as-of", default="", metavar="DATE", help="Since when it stands there.")
@write_options_of(place=False)
@pass_app
def start_command(app: App, track: str, ref: str, title: str, parties: tuple[str, ...], owner: str, params: tuple[str, ...],
                  ladders: tuple[str, ...], existing: str, as_of: str, **options: Any) -> None:
    """Begin an agreement: TRACK is the way it goes (mufakat definition list), REF the name you will type."""
    engine = app.editor
    if not parties:
        raise InvalidInput("party", "", "name the parties: --party NAME:CC, once for each")
    stage, colon, state = existing.partition(":")
    if existing and not (colon and stage and state):
        raise InvalidInput("existing", existing, "write STAGE:STATE, such as loi:signed")
    sides = [typed.party(text) for text in parties]
    since = _as_of(app, as_of, existing)
    asked = typed.ask(app, options)
    begun = asked._replace(occurred=since or asked.occurred)
    entering = _rehearsed(engine, track, stage, state, begun) if existing else None
    done = engine.start(ref, track, title or "–".join(side["name"] for side in sides), sides, app.person(owner).id,
                        dict([*(typed.param(app, text) for text in params), *map(typed.ladder, ladders)]), begun, imported=bool(existing))
    if entering is not None and asked.dry_run:
        done = entering._replace(ref=f"{ref}/{entering.change.instance}", before=(done,))
    elif existing:
        again = begun._replace(request=f"{asked.request}:{existing}" if asked.request else "")
        entered = engine.open(ref, stage, again, existing=state)
        done = entered._replace(before=(done, *entered.before))
    print_done(app, done, f"mufakat can {ref}" if not existing else f"mufakat show {ref}")


@command("open", examples=(
    "mufakat open bogor-kisarazu loi exploration_positive=yes",
    "mufakat open bogor-kisarazu loi --existing signed --as-of 2016-11-18 signed_on=2016-11-18",
))
@reference()
@click.argument("stage")
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--existing", default="", metavar="STATE", help="Enter a running stage in the state it stands in.")
@click.option("--as-of", default="", metavar="DATE", help="Since when it stands there.")
@paper_options
@write_options_of(place=False)
@pass_app
def open_command(app: App, ref: str, stage: str, words: tuple[str, ...], existing: str, as_of: str, **options: Any) -> None:
    """Open a stage of an agreement, or an item of an action plan."""
    engine = app.editor
    since = _as_of(app, as_of, existing)
    asked = typed.ask(app, options, _facts(words))
    print_done(app, engine.open(ref, stage, asked._replace(occurred=since or asked.occurred), existing=existing))


@command("advance", kind=Batch, examples=(
    "mufakat advance bogor-kisarazu/loi consult",
    "mufakat advance bogor-kisarazu/loi sign signed_on=2016-11-18 place='KBRI Tokyo' --document instrument=signed.pdf:id",
))
@reference()
@click.argument("trigger", shell_complete=complete_trigger)
@click.argument("words", nargs=-1, metavar="[REQUIREMENT] [FIELD=VALUE]...")
@letter_options
@paper_options
@write_options_of()
@pass_app
def advance_command(app: App, ref: str, trigger: str, words: tuple[str, ...], **options: Any) -> None:
    """Move a stage along one of its transitions, with the facts and files of the step."""
    engine = app.editor
    facts, papers = _parts(app, ref, trigger, words, options)
    print_done(app, engine.advance(ref, trigger, typed.ask(app, options, facts, papers)))


@command("record", kind=Batch, examples=(
    "mufakat record bogor-kisarazu/loi home-affairs --asked 2016-10-20 --letter 099/123 --file letter.pdf",
    "mufakat record bogor-kisarazu/loi exploration_positive=yes --document draft=loi-id.pdf:id --document draft=loi-ja.pdf:ja",
))
@reference()
@click.argument("words", nargs=-1, metavar="[REQUIREMENT] [FIELD=VALUE]...")
@click.option("--not-required", is_flag=True, help="The requirement is not needed in this case (with --reason).")
@letter_options
@paper_options
@write_options_of()
@pass_app
def record_command(app: App, ref: str, words: tuple[str, ...], not_required: bool, **options: Any) -> None:  # noqa: FBT001  # a flag
    """Put facts, letters, answers, files or links on record, without moving the stage."""
    engine = app.editor
    names = typed.split(words).names
    if not_required:
        if len(names) != 1:
            raise InvalidInput("requirement", " ".join(names), "say which one is not required, right after the reference")
        print_done(app, engine.record(ref, typed.ask(app, options, _facts(words, skip=names)), not_required=names[0]))
        return
    facts, papers = _parts(app, ref, "", words, options)
    print_done(app, engine.record(ref, typed.ask(app, options, facts, papers)))


@command("approve", kind=Batch, examples=(
    "mufakat approve bogor-kisarazu/loi legal-check",
    'mufakat approve bogor-kisarazu/loi legal-check --refuse --reason "article 4 names no currency"',
))
@reference()
@click.argument("name", metavar="APPROVAL")
@click.option("--refuse", is_flag=True, help="Refuse it (with --reason).")
@write_options_of()
@pass_app
def approve_command(app: App, ref: str, name: str, refuse: bool, **options: Any) -> None:  # noqa: FBT001  # a flag
    """Give an approval in one of your roles, or refuse it."""
    print_done(app, app.editor.approve(ref, name, typed.ask(app, options), refuse=refuse))


@command("activity", kind=Batch, examples=(
    'mufakat activity bogor-kisarazu "student online exchange" --occurred-at 2017-12-14 --field education',
))
@reference()
@click.argument("title")
@click.option("--kind", type=click.Choice(ACTIVITIES), default="activity", show_default=True)
@click.option("--field", default="", metavar="FIELD", help="The field of cooperation.")
@click.option("--until", default="", metavar="DATE", help="Its last day.")
@click.option("--note", default="", metavar="TEXT")
@write_options_of(place=False)
@pass_app
def activity_command(app: App, ref: str, title: str, kind: str, field: str, until: str, note: str, **options: Any) -> None:
    """Put an exchange, a contact or a report on record; dormancy counts from the last one."""
    engine = app.editor
    print_done(app, engine.activity(ref, title, typed.ask(app, options), kind=kind, field=field, until=typed.occurred(app, until, "until"),
                                    note=note), f"mufakat show {ref.partition('/')[0]}")


@command("assign", kind=Batch, examples=(
    "mufakat assign bogor-kisarazu --owner sari",
    "mufakat list --owner budi -o ids | mufakat assign --from - --owner sari",
    'mufakat assign bogor-ppi-jepang --track association --reason "an organisation of Indonesian students"',
))
@reference()
@click.option("--owner", default="", metavar="PERSON", help="Login, name or id; or me.")
@click.option("--track", default="", help="Move it to another track, while only first stages (visits) are open.")
@write_options_of(place=False)
@pass_app
def assign_command(app: App, ref: str, owner: str, track: str, **options: Any) -> None:
    """Make a person responsible for an agreement, or move it to another track."""
    if bool(owner) == bool(track):
        raise InvalidInput("owner", "", "name a person or a track: --owner PERSON or --track TRACK")
    engine = app.editor
    person = app.person(owner).id if owner else ""
    print_done(app, engine.assign(ref, person, typed.ask(app, options), track=track), f"mufakat show {ref.partition('/')[0]}")


@command("correct", examples=(
    'mufakat correct bogor-kisarazu#12 signed_on=2016-11-18 --reason "the date on the paper"',
    'mufakat correct bogor-kisarazu#12 --document draft=loi.pdf:ja --reason "it is the Japanese text"',
    'mufakat correct bogor-kisarazu#14 --undo --reason "entered for the wrong agreement"',
))
@click.argument("entry", metavar="ENTRY")
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--undo", is_flag=True,
              help="Take the entry back: a step, what was put on record, an activity, what became of a deadline; the latest first.")
@paper_options
@write_options_of(place=False)
@pass_app
def correct_command(app: App, entry: str, words: tuple[str, ...], undo: bool, **options: Any) -> None:  # noqa: FBT001  # a flag
    """
    Correct an entry by a new one: a field, a date, a document; or take it back. History is never rewritten (mufakat history REF).

    Another file takes the place of that in its language; the same file takes another language.

    Of the first entry of an agreement: ref=NEW, title=TEXT, party.NAME=NEW, party.NAME.country=JP.

    state=STATE puts a stage that was entered as it stood into another state.
    """
    engine = app.editor
    asked = typed.ask(app, options, _facts(words))
    if undo and not asked.dry_run and not app.confirm(_("take back {entry}?").format(entry=entry)):
        app.console.tell(_("nothing was changed"))
        return
    done = engine.correct(entry, asked, undo=undo)
    print_done(app, done, f"mufakat history {done.ref.partition('/')[0]}")


def _rehearsed(engine: Engine, track: str, stage: str, state: str, ask: Ask) -> Done:
    """What entering a stage will do, tried on paper: an agreement that cannot be entered whole is not begun."""
    from workflow.core import decision, whole
    from workflow.outcome import outcome

    now, request = engine.clock(), decision.Request(occurred=ask.occurred)
    office = engine.library.office(engine.library.newest_track(track)[0], engine.actor, now)
    case, _begun = whole.start(office, "", "rehearsal", "", [], "", request, {}, imported=True)
    return outcome(case, decision.open_stage(case, office, stage, request, existing=state), "", now, dry_run=True)


def _as_of(app: App, text: str, existing: str) -> str:
    if bool(text) != bool(existing):
        raise InvalidInput("as-of", text, "--existing and --as-of go together: the state it stands in, and since when")
    return typed.occurred(app, text, "as-of")


def _facts(words: tuple[str, ...], skip: list[str] | None = None) -> list[Any]:
    names, facts = typed.split(words)
    if names and names != skip:
        raise InvalidInput("field", names[0], "write FIELD=VALUE")
    return facts


def _parts(app: App, ref: str, trigger: str, words: tuple[str, ...], options: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    names, facts = typed.split(words)
    if len(names) > 1:
        raise InvalidInput("field", names[1], "write FIELD=VALUE; one requirement may be named, before the fields")
    return typed.on_requirement(app, ref, names[0] if names else "", trigger, facts, options)

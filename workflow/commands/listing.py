"""`mufakat list`: agreements, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import command, pass_app
from workflow.commands.words import day_text, label_of
from workflow.errors import DefinitionNotFound, InvalidInput

if TYPE_CHECKING:
    from workflow.commands.app import App


@command("list", examples=("mufakat list", "mufakat list --stage mou --state at-council -o ids", "mufakat list 木更津"))
@click.argument("text", default="")
@click.option("--track", default="", help="Only agreements of this track.")
@click.option("--owner", default="", metavar="PERSON", help="Only those of this person; me.")
@click.option("--stage", default="", help="Only those with this stage.")
@click.option("--state", default="", help="Only those with a stage in this state.")
@click.option("--after", default="", metavar="REF", help="The page after this reference.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@pass_app
def list_command(app: App, text: str, track: str, owner: str, stage: str, state: str, after: str, limit: int) -> None:
    """Agreements whose name, title or party holds TEXT, with their stages and the next date."""
    store = app.store()
    rows = store.listing(track=track, owner=app.person(owner).id if owner else "", stage=stage, state=state, text=text, after=after, limit=limit)
    from workflow.commands.data import emit_rows

    columns = [Column("ref", _("agreement"), "bold"), Column("title", _("title"), wrap=True), Column("track", _("track")),
               Column("stages", _("stages"), wrap=True), Column("next_due", _("next date")),
               Column("owner", _("owner"))]
    labels: dict[tuple[Any, ...], Any] = {}
    shown = ({**row, "stages": "; ".join(f"{held['ref']}: {_called(app, held, labels)}" for held in row["stages"]) or "-",
              "next_due": day_text(row["next_due"]) if row["next_due"] else "-", "owner": app.name(row["owner"])} for row in rows)
    filtered = bool(text or track or owner or stage or state or after)
    if not rows:
        _known(app, track, stage, state)
    emit_rows(app, rows, columns, shown=shown, empty=_("no agreement matches") if filtered else
              _("there is no agreement yet: mufakat start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP"))
    if len(rows) == limit and app.plain:
        app.console.tell(_("more: mufakat list --after {ref}").format(ref=rows[-1]["ref"]))


def _called(app: App, held: dict[str, Any], known: dict[tuple[Any, ...], Any]) -> str:
    """
    What the state of a stage is called; its id where the definition is not in the database, which `doctor` tells.

    The labels are taken out of the definition as it lies: to build it whole is a sixth of the command's time.
    """
    pinned = held["stage"], held["version"], held["hash"]
    if pinned not in known:
        try:
            known[pinned] = app.store().pinned("stage", *pinned).get("label", {})
        except DefinitionNotFound:
            known[pinned] = {}
    return label_of(known[pinned], "state", held["state"])


def _known(app: App, track: str, stage: str, state: str) -> None:
    """Nothing was found: it may be that there is no such thing."""
    for kind, name in (("track", track), ("stage", stage)):
        if name and name not in app.catalog.names(kind):
            raise DefinitionNotFound(name, app.catalog.names(kind))
    machines = [app.catalog.latest("stage", name).definition for name in app.catalog.names("stage")] if state else []
    states = dict.fromkeys(held for machine in machines for held in (*machine.states, *(machine.item.states if machine.item else ())))
    if state and state not in states:
        raise InvalidInput("state", state, "no stage has such a state", list(states))

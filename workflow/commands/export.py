"""`mufakat export`: what is on record, for other programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from workflow.commands.language import _, chosen
from workflow.commands.options import complete_reference, group, pass_app
from workflow.errors import AgreementNotFound, InvalidInput, Phrase

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("export", examples=("mufakat export ics --person me --file deadlines.ics",))
def export_command() -> None:
    """What is on record, for other programs."""


@export_command.command("ics", examples=("mufakat export ics bogor-kisarazu > bogor-kisarazu.ics", "mufakat export ics --person me --file me.ics"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--person", default="", metavar="PERSON", help="Only agreements of this person, in their language; me.")
@click.option("--file", "path", default="", metavar="FILE", help="Write this file, all at once; default standard output.")
@pass_app
def ics_command(app: App, ref: str, person: str, path: str) -> None:
    """
    Deadlines as a calendar, for khal, Thunderbird, Google Calendar …: of one agreement, of one person, or all.

    Written again it updates: a deadline keeps its UID, a revision raises its SEQUENCE, one that is settled is cancelled.
    """
    from workflow.core.draft import Draft
    from workflow.exports.ics import feed

    store, owner = app.store(), app.person(person) if person else None
    known = store.refs()
    if ref and ref not in known:
        raise AgreementNotFound("agreement", ref, known)
    cases = (store.load(name, history=True) for name in ([ref] if ref else known))
    drafts = (Draft(case, app.reader.office(case)) for case in cases)
    name = _("deadlines of {whose}").format(whose=owner.name if owner else ref) if owner or ref else _("deadlines")
    content = feed(drafts, app.people, app.clock(), owner.lang if owner else chosen(), name=name, owner=owner.id if owner else "")
    if not path:
        click.echo(content, nl=False)
        return
    try:
        with open(f"{path}.part", "wb") as stream:
            stream.write(content)
        os.replace(f"{path}.part", path)
    except OSError as refused:
        raise InvalidInput("file", path, Phrase("it cannot be written ({why})", why=refused.strerror)) from None
    app.console.tell(_("{path} is written").format(path=path))

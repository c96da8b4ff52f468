"""`mufakat notify test`: whether messages reach somebody."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import click

from workflow.commands.language import _
from workflow.commands.options import group, pass_app
from workflow.errors import DeliveryFailed, NotFound, Phrase

if TYPE_CHECKING:
    from workflow.commands.app import App


@group("notify", examples=("mufakat notify test --to me",))
def notify_command() -> None:
    """Channels: whether messages arrive."""


@notify_command.command("test", examples=("mufakat notify test --to me", "mufakat notify test --to sari --channel file"))
@click.option("--to", "recipient", required=True, metavar="PERSON", help="Login, name or id; me.")
@click.option("--channel", "names", multiple=True, metavar="CHANNEL", help="Only this one; default every channel of the person.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, to whom and over which channels; nothing is.")
@pass_app
def test_command(app: App, recipient: str, names: tuple[str, ...], dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Send a test message now, over each channel of the person. Exit 7 if one did not take it."""
    from workflow.channels import CHANNELS
    from workflow.commands.data import emit_rows
    from workflow.commands.delivering import channels_of, connector
    from workflow.commands.failures import message_of
    from workflow.messages import note

    person = app.person(recipient)
    connected, rows, failed = connector(app), [], False
    for name in names or person.channels or channels_of(app.reader.library):
        if name not in CHANNELS:
            raise NotFound("channel", name, tuple(CHANNELS))
        key = hashlib.sha256(f"test {person.id} {name} {app.clock()}".encode()).hexdigest()[:40]
        message = note(key, person, Phrase("a test"), [Phrase("This is a test: reminders will reach you this way ({channel}).", channel=name)])
        row = {"channel": name, "person": person.id, "sent": False, "key": key, "message": message.text if dry_run else "", "dry_run": dry_run}
        try:
            way = connected(name)
            if not dry_run:
                way.send(message)
                row["sent"] = True
        except DeliveryFailed as fault:
            failed, row["message"], row["dry_run"] = True, message_of(fault), False
        rows.append(row)
    if app.plain:
        for row in rows:
            if row["sent"]:
                app.console.say(_("sent to {name} over {channel}").format(name=person.name, channel=row["channel"]))
            elif row["dry_run"]:
                app.console.flow([_("to {name} over {channel}").format(name=person.name, channel=row["channel"]),
                                  f"({_('nothing was sent (dry run)')})"])
                app.console.say(str(row["message"]))
            else:
                app.console.tell(str(row["message"]))
                if not person.email and row["channel"] != "apprise":
                    app.console.tell(_("to mend it: {mend}").format(mend=f"mufakat person edit {person.login or person.id} --email ADDRESS"))
    else:
        emit_rows(app, rows, [], ident="key")
    if failed:
        from workflow.commands.failures import UNDELIVERED, Failed

        raise Failed(UNDELIVERED)

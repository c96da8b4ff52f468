"""`mufakat audit key`: the log's key. The secret half lies in a file outside the database; the public half is for everybody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.audit_evidence import read
from workflow.commands.language import _, _n, mark
from workflow.commands.options import group, pass_app
from workflow.errors import InvalidCheckpoint, InvalidInput

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.keys import KeyFile
    from workflow.rotating import Changed

STATES = {  # of the file, for whoever asks
    "ok": mark("this office signs with it"), "absent": mark("there is no such file: nobody signs here"), "other": mark("another key lies there"),
    "unreadable": mark("it cannot be read by you"),
}


@group("key", examples=("mufakat audit key show > key.txt", "mufakat audit key rotate"))
def key_command() -> None:
    """The log's key: create, show, rotate, remember, restart. Its file belongs on another disk than the database, and into another backup."""


@key_command.command("create", examples=("mufakat audit key create",))
@pass_app
def create_command(app: App) -> None:
    """Make the log's key and put its public half on record; init does so by itself where the database is a file."""
    from workflow.rotating import create

    key = key_file(app)
    made = create(key, app.administration)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"key": made.text, "file": os.path.abspath(key.path)}, "key")
        return
    told(app, key)
    app.console.flow([_("Next: {command}").format(command="mufakat audit key show"), "mufakat audit checkpoint"])


@key_command.command("show", examples=("mufakat audit key show > key.txt",))
@pass_app
def show_command(app: App) -> None:
    """The public key that is on record, for auditors: hand it over on paper or in another year, not with an export."""
    public = str(app.library().settings().get("log_key") or "")
    if not public:
        raise InvalidInput("key", "", "this log has no key yet: mufakat audit key create")
    state = _state(app, public)
    if not app.plain:
        from workflow.commands.data import emit

        name, ident, _rest = public.split("+", 2)
        emit(app, {"key": public, "name": name, "id": ident, "file": os.path.abspath(app.key.path) if app.key else "", "state": state}, "key")
        return
    app.console.say(public)
    if app.key is not None:
        app.console.tell(f"{os.path.abspath(app.key.path)}: {_(STATES[state])}")


@key_command.command("rotate", examples=("mufakat audit key rotate",))
@click.option("--dry-run", is_flag=True, help="Say which key would go, and where it would be kept; write nothing.")
@pass_app
def rotate_command(app: App, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """
    Put another key in the old one's place: on record, and in a checkpoint that both sign, so that whoever trusts the old one may trust it.

    The old file is kept beside it as .old. Stopped anywhere, the same command goes on where it stopped.
    """
    from workflow.rotating import rotate

    key = key_file(app)
    if dry_run:
        _would_rotate(app, key, rotate(key, app.administration, app.store(write=True), app.clock, dry_run=True))
        return
    if not app.confirm(_("put another key in the place of {file}?").format(file=key.path)):
        app.console.tell(_("nothing was changed"))
        return
    _changed(app, key, rotate(key, app.administration, app.store(write=True), app.clock))


@key_command.command("remember", examples=("mufakat audit key remember pin-2026-03.txt",))
@click.argument("file", metavar="FILE")
@pass_app
def remember_command(app: App, file: str) -> None:
    """Tell the key what it signed last, where that is lost: a checkpoint that was kept. It never signs less than that again."""
    key = key_file(app)
    try:
        found = key.remember(read("checkpoint", file))
    except InvalidCheckpoint:
        raise InvalidInput("checkpoint", file, "it is no checkpoint that this key signed") from None
    if app.actor.person:
        app.administration.note("remember", str(found.size))
    if app.plain:
        app.console.say(_n("{file}: this key has signed {count} entry", "{file}: this key has signed {count} entries", found.size, file=key.path))
    else:
        from workflow.commands.data import emit

        emit(app, {"file": os.path.abspath(key.path), "size": found.size}, "file")


@key_command.command("restart", examples=('mufakat audit key restart --reason "the disk failed; the backup of 1 March was put back"',))
@click.option("--reason", default="", metavar="TEXT", help="What happened; kept in the journal.")
@click.option("--before", default="", metavar="FILE", help="The last checkpoint that was kept; default what the key remembers.")
@click.option("--dry-run", is_flag=True, help="Say what would begin, and what was signed last; write nothing.")
@pass_app
def restart_command(app: App, reason: str, before: str, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """
    Begin the log anew after an older backup was put back, or the key was lost: another name, another key, and an entry that says so.

    That entry holds what the old log signed last, so that everybody sees what is missing. It is never silent, and never undone.
    """
    from workflow.rotating import anew, restart

    key, origin = key_file(app), str(app.library().settings().get("origin", ""))
    if not reason.strip():
        raise InvalidInput("reason", reason, "say what happened: an auditor will ask")
    last = read("before", before) if before else ""
    if dry_run:
        app.administration.restart(f"{origin}/", "", "", dry_run=True)  # whoever may not is refused
        _would_restart(app, key, origin, *anew(key, app.administration, app.store(write=True), before=last))
        return
    if not app.confirm(_("the log {origin} ends here and another begins; type its name to go on").format(origin=origin), word=origin):
        app.console.tell(_("nothing was changed"))
        return
    _changed(app, key, restart(key, app.administration, app.store(write=True), app.clock, before=last, reason=reason))


def key_file(app: App) -> KeyFile:
    """
    Where the office's key lies, or is to lie.

    Raises:
        InvalidInput: the database is on a server, and nobody has said where.
    """
    if app.key is None:
        raise InvalidInput("key", "", "with a database on a server the key's file must be named: mufakat config set key FILE")
    return app.key


def told(app: App, key: KeyFile) -> None:
    """Where the key lies, and where it should."""
    app.console.flow([_("the log's key: {file}").format(file=os.path.abspath(key.path))], hang="  ")
    app.console.flow([_("keep it on another disk than the database, and in another backup (mufakat config set key FILE): whoever restores the one "
                        "must not restore the other")], "  ", hang="  ")


def _changed(app: App, key: KeyFile, changed: Changed) -> None:
    row: dict[str, Any] = {"key": changed.key.text, "log": changed.key.name, "file": os.path.abspath(key.path), "kept": changed.kept,
                           "size": changed.signed.size if changed.signed else 0}
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, row, "key")
        return
    app.console.say(_("{log}: another key signs from now on").format(log=row["log"]))
    app.console.say(f"  {row['key']}")
    if row["kept"]:
        app.console.flow([_n("the checkpoint over {count} entry is signed by both", "the checkpoint over {count} entries is signed by both",
                             row["size"]),
                          _("the old key is kept as {file}").format(file=row["kept"])], "  ")
    else:
        app.console.flow([_("the old key was not there to vouch for it: hand the new one to every auditor, on paper")], "  ")
    app.console.flow([_("Next: {command}").format(command="mufakat audit key show"), "mufakat audit pin"])


def _would_rotate(app: App, key: KeyFile, planned: Changed) -> None:
    row: dict[str, Any] = {"key": planned.key.text, "log": planned.key.name, "file": os.path.abspath(key.path), "kept": planned.kept, "dry_run": True}
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, row, "key")
        return
    app.console.flow([_("{log}: another key would sign from now on").format(log=row["log"]),
                      _("the old key would be kept as {file}").format(file=row["kept"]), f"({_('nothing was written (dry run)')})"])


def _would_restart(app: App, key: KeyFile, origin: str, name: str, last: str) -> None:
    from workflow.core.checkpoint import parse_checkpoint, parse_note

    size = parse_checkpoint(parse_note(last).text).size if last else 0
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"log": name, "before": origin, "size": size, "file": os.path.abspath(key.path), "dry_run": True}, "log")
        return
    app.console.flow([_("{origin} would end, and {log} begin").format(origin=origin, log=name),
                      _n("{count} entry was signed of it last", "{count} entries were signed of it last", size) if last else "",
                      f"({_('nothing was written (dry run)')})"])


def _state(app: App, public: str) -> str:
    if app.key is None or not app.key.exists:
        return "absent"
    try:
        return "ok" if app.key.signer().key.text == public else "other"
    except InvalidInput:
        return "unreadable"

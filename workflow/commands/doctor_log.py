"""What `doctor` looks at of the log, short of verifying it: whether somebody signs, whether that is recent, whether it continues what was signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workflow.commands.failures import message_of
from workflow.commands.language import _, _n
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.ports import Store

    Found = tuple[str, str, str]  # level, text, fix

GRACE = 60  # minutes in which a running worker signs
MEND = "mufakat audit verify --key KEY && mufakat audit key restart"


def examine(app: App, store: Store, entries: int) -> Iterator[Found]:
    """Who signs, what they remember, and how much is not covered."""
    told = str(app.library().settings().get("log_key") or "")
    yield from _signer(app, store, told) if told else _keyless(app)
    yield from _uncovered(app, store, entries, signs=bool(told))


def _keyless(app: App) -> Iterator[Found]:
    fix = "mufakat audit key create" if app.key is not None else "mufakat config set key FILE && mufakat audit key create"
    yield "info", _("nobody signs it: who edits the database leaves no trace outside"), fix


def _signer(app: App, store: Store, told: str) -> Iterator[Found]:
    key = app.key
    if key is None or not key.exists:
        yield "info", _("nobody signs it here: the key is not on this machine"), "mufakat config set key FILE"
        return
    try:
        public = key.signer().key
        last, _text = key.last()
    except InvalidInput as fault:
        yield "fault", message_of(fault), _("only who signs must read the key; where its memory is lost: mufakat audit key remember FILE")
        return
    if public.text != told:
        yield "fault", _("{file} is not the key that is on record").format(file=key.path), "mufakat config set key FILE"
    elif last.size > store.size():
        yield "fault", _n("ROLLBACK: {count} entry was signed, {found} are here", "ROLLBACK: {count} entries were signed, {found} are here",
                          last.size, found=store.size()), MEND
    elif app.log().root(last.size) != last.root:
        yield "fault", _n("FORK: the first entry is not the one that was signed", "FORK: the first {count} entries are not those that were signed",
                          last.size), MEND
    else:
        yield "ok", _n("it continues the {count} entry that was signed", "it continues the {count} entries that were signed", last.size), ""


def _uncovered(app: App, store: Store, entries: int, *, signs: bool) -> Iterator[Found]:
    newest = store.newest()
    size = newest.size if newest is not None else 0
    first = next(iter(store.lines(size)), None) if entries > size else None
    if first is None or not signs:
        return
    text = _n("{count} entry is not covered by a signature, since {moment} (UTC)",
              "{count} entries are not covered by a signature, since {moment} (UTC)", entries - size, moment=first[5][:16].replace("T", " "))
    limit = (datetime.fromisoformat(app.clock()) - timedelta(minutes=GRACE)).isoformat(timespec="seconds").replace("+00:00", "Z")
    overdue = bool(store.beats()) and first[5] < limit  # a worker looks, so that somebody should have signed
    here = app.key is not None and app.key.exists
    yield "fault" if overdue else "info", text, "mufakat audit checkpoint" if here else "mufakat config set key FILE"

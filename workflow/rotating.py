"""
The log's key comes, changes, and begins again.

Each is a few steps, and may be killed between any two: the same command goes on where it stopped. A new key stands beside the old one
(`KEY.new`) until the log says so and a checkpoint is signed with it; then it takes the old one's place, and the old one is kept (`KEY.old`).

    KEY.new made ── entry on `sys` names it ── checkpoint by both ── KEY.old kept ── memory by both ── KEY.new becomes KEY
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from workflow import signing
from workflow.audit import Log
from workflow.core.checkpoint import open_checkpoint, parse_key, parse_note, signed
from workflow.core.merkle import check_consistency
from workflow.errors import InvalidCheckpoint, InvalidInput, InvalidProof, Phrase
from workflow.keys import GONE, MEMORY, OWNER_ONLY, KeyFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.administration import Administration
    from workflow.audit import Records
    from workflow.core.checkpoint import Checkpoint, Key, Note
    from workflow.ports import Signed

NEW, OLD = ".new", ".old"


class Changed(NamedTuple):
    """A key that is in force now, the checkpoint that its predecessor signed too, and where the predecessor is kept (empty: it was not there)."""

    key: Key
    signed: Signed | None
    kept: str


class Going(KeyFile):
    """The key that goes."""

    def give_way(self, new: KeyFile, note: str) -> str:
        """Let a new key take this one's place, with a checkpoint that both signed for what was signed last; where this one is kept."""
        kept = self._kept() if self.exists else ""
        self._remember(parse_note(note))  # both keys take it for theirs, so that a kill between this and the next leaves a key that works
        os.replace(new.path, self.path)
        os.unlink(new.memory)
        return kept

    @property
    def place(self) -> str:
        """Where it will be kept: those of earlier predecessors stay."""
        path, number = self.path + OLD, 1
        while os.path.exists(path) and not _same(path, self.path):
            number += 1
            path = f"{self.path}{OLD}-{number}"
        return path

    def _kept(self) -> str:
        """A second name for the key and its memory."""
        path = self.place
        if not os.path.exists(path):
            _link(self.path, path)
        if os.path.exists(self.memory) and not os.path.exists(path + MEMORY):
            _link(self.memory, path + MEMORY)
        return path


class Witness(Going):
    """The key of a log that begins anew: it signs once what does not continue what it signed, for the log's new name says so."""

    def sign(self, checkpoint: Checkpoint, prove: Callable[[int, int], Sequence[bytes]], *, note: Note | None = None) -> Note:
        del prove
        return signed(note or checkpoint.text, self.signer(), signing.sign)


def create(key: KeyFile, office: Administration) -> Key:
    """
    Make a log's first key and put it on record.

    Raises:
        InvalidInput: the log has one, or what lies there is another's.
    """
    told, origin = _setting(office, "log_key"), _setting(office, "origin")
    if told and not key.exists:
        raise InvalidInput("key", key.path, GONE)
    office.announce_key(told or "-", dry_run=True)  # whoever may not is refused before a file is made
    if not told and key.exists and not os.path.exists(key.memory):
        os.unlink(_checked(key, origin).path)  # it was being made when that was stopped, and has never signed
    public = _checked(key, origin).signer().key if key.exists else key.create(origin)
    if told == public.text:
        raise InvalidInput("key", key.path, "there is a key already; a new one takes its place by: mufakat audit key rotate")
    if told:
        raise InvalidInput("key", key.path, Phrase("it is not the key that this log has on record ({key})", key=told))
    office.announce_key(public.text)
    return public


def rotate(key: KeyFile, office: Administration, store: Records, clock: Callable[[], str], *, dry_run: bool = False) -> Changed:
    """
    Put another key in the place of a log's key; a checkpoint signed by both hands the trust on. In a dry run: the key that would go.

    Raises:
        InvalidInput: the key is not there, or cannot be used.
        LogRewritten: the log does not continue what the key has signed.
    """
    old, new, origin = Going(key.path), KeyFile(key.path + NEW), _setting(office, "origin")
    old.last()
    if dry_run:
        office.announce_key("-", dry_run=True)  # whoever may not is refused
        return Changed(_checked(old, origin).signer().key, store.newest(), old.place)
    with old.alone():
        if not new.exists and os.path.exists(new.memory) and _setting(office, "log_key") == old.signer().key.text:
            os.unlink(new.memory)  # all was done but this
            return Changed(old.signer().key, store.newest(), old.path + OLD)
        public = _begun(new, origin)
        office.announce_key(public.text)
        made = Log(store, origin, clock, new, [old]).checkpoint()
        return Changed(public, made, old.give_way(new, made.note))


def restart(key: KeyFile, office: Administration, store: Records, clock: Callable[[], str], *, before: str = "", reason: str = "") -> Changed:
    """
    Begin another incarnation of a log whose older copy was put back, or whose key is lost: a new name, a new key, and on record what the old
    key signed last (`before`; default what it remembers, else what the database has).

    Raises:
        InvalidInput: the log continues what was signed, or nothing tells what was signed last.
    """
    old, new = Witness(key.path), KeyFile(key.path + NEW)
    name, last = anew(key, office, store, before=before)
    if last:
        public = _begun(new, name)
        office.restart(public.name, public.text, last, reason=reason)
    public = new.signer().key
    made = Log(store, public.name, clock, new, [old] if _usable(old) else []).checkpoint()
    return Changed(public, made, old.give_way(new, made.note))


def anew(key: KeyFile, office: Administration, store: Records, *, before: str = "") -> tuple[str, str]:
    """
    The name of a log that would begin anew, and the checkpoint that tells what was signed of it last; empty: it has begun, and was stopped.

    Raises:
        InvalidInput: the log continues what was signed, or nothing tells what was signed last.
    """
    new, told = KeyFile(key.path + NEW), _setting(office, "log_key")
    if new.exists and new.signer().key.text == told:
        return new.signer().key.name, ""
    last = before or _last(key, told) or getattr(store.newest(), "note", "")
    if not last:
        raise InvalidInput("before", "", "nothing tells what was signed last: name a checkpoint that was kept, by --before FILE")
    _refuse_what_continues(key, store)
    return _next(_setting(office, "origin"), again=bool(_setting(office, "log_before"))), last


def _begun(new: KeyFile, origin: str) -> Key:
    """The key that is to come: made now, or by a change that was stopped."""
    if new.exists and not os.path.exists(new.memory):
        os.unlink(new.path)  # it was being made when that was stopped
    elif not new.exists and os.path.exists(new.memory):
        os.unlink(new.memory)
    return _checked(new, origin).signer().key if new.exists else new.create(origin)


def _checked(key: KeyFile, origin: str) -> KeyFile:
    """The key, if it is this log's."""
    name = key.signer().key.name
    if name != origin:
        raise InvalidInput("key", key.path, Phrase("it is the key of {name}, and this log is {origin}", name=name, origin=origin))
    return key


def _refuse_what_continues(old: KeyFile, store: Records) -> None:
    """A log that continues what its key signed has no reason to begin anew."""
    try:
        last, _ = old.last()
    except InvalidInput:
        return  # there is no key, or it does not know: that is a reason
    log, size = Log(store, last.origin, str, old), store.size()  # what was signed had its place before
    if last.size > size:
        return
    try:
        check_consistency(last.size, size, log.consistency(last.size, size), last.root, log.root(size))
    except InvalidProof:
        return
    raise InvalidInput("key", old.path, "the log continues what it has signed: there is nothing to begin anew")


def _last(key: KeyFile, public: str) -> str:
    """What a key remembers to have signed last, if that was anything; also where only the memory is left of it."""
    try:
        with open(key.memory, encoding="utf-8", newline="") as stream:
            text = stream.read()
        last, _ = open_checkpoint(text, [key.signer().key if key.exists else parse_key(public)], signing.verify)
    except (OSError, UnicodeDecodeError, InvalidInput, InvalidCheckpoint):
        return ""
    return text if last.size else ""


def _usable(key: KeyFile) -> bool:
    try:
        return bool(key.signer())
    except InvalidInput:
        return False


def _next(origin: str, *, again: bool) -> str:
    """The name of the next incarnation: NAME/2, then NAME/3."""
    name, _, number = origin.rpartition("/")
    return f"{name}/{int(number) + 1}" if again and number.isdigit() else f"{origin}/2"


def _setting(office: Administration, name: str) -> str:
    held = office.store.office().tables["setting"].get((name,))
    return str(held.value or "") if held is not None else ""


def _same(one: str, other: str) -> bool:
    with open(one, "rb") as first, open(other, "rb") as second:
        return first.read() == second.read()


def _link(source: str, target: str) -> None:
    """A second name for a file; a copy for its owner only, where the file system knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        with open(source, "rb") as stream, os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY), "wb") as copy:
            copy.write(stream.read())

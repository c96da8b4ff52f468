"""
The log's secret key: a file of its own, outside the database, and beside it what the key signed last.

Who restores an old database, or edits one, restores no memory with it. So the signer, who remembers, refuses to sign a log that is smaller
than what it has signed, or that does not continue it. Keep the file on another disk than the database, and in another backup.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workflow import signing
from workflow.core.checkpoint import MAX_NOTE, Checkpoint, Key, Signer, open_checkpoint, parse_signer, signed, signer
from workflow.core.merkle import EMPTY, check_consistency
from workflow.errors import InvalidCheckpoint, InvalidInput, InvalidProof, LogRewritten, Phrase

try:
    import fcntl
except ImportError:  # Windows: one signer at a time is the office's own care there
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workflow.core.checkpoint import Note

OWNER_ONLY = 0o600
MEMORY = ".last"  # what stands behind the key file's name where it remembers

GONE = Phrase("this log has a key, and its file is not here: say where it lies (mufakat config set key FILE); only if it is lost for good: "
              "mufakat audit key restart")


class KeyFile:
    """A secret key in a file that only its owner reads. Nothing is read before it is asked for."""

    def __init__(self, path: str) -> None:
        self.path, self.memory = path, path + MEMORY

    def create(self, origin: str, entropy: Callable[[int], bytes] = os.urandom) -> Key:
        """
        Make the key of a log, which has signed nothing yet; its public half.

        Raises:
            InvalidInput: there is a key already, or none can be written here.
        """
        made = signer(origin, entropy(signing.SEED_BYTES), signing.public)
        if os.path.exists(self.memory):
            raise InvalidInput("key", self.memory, "it tells what an earlier key signed: name another file, or move this one away")
        try:
            _write_new(self.path, made.text + "\n")
        except FileExistsError:
            raise InvalidInput("key", self.path, "there is a key already; a new one takes its place by: mufakat audit key rotate") from None
        except OSError as refused:
            raise InvalidInput("key", self.path, Phrase("it cannot be written ({why})", why=refused.strerror)) from None
        self._remember(signed(Checkpoint(origin, 0, EMPTY).text, made, signing.sign))
        return made.key

    def signer(self) -> Signer:
        """
        The secret key.

        Raises:
            InvalidInput: absent, open to others, or not a key.
        """
        try:
            with open(self.path, encoding="utf-8") as stream:
                if os.name == "posix" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                    raise InvalidInput("key", self.path, Phrase("others can read it: chmod 600 {path}", path=self.path))
                text = stream.read(MAX_NOTE)
        except (OSError, UnicodeDecodeError) as refused:
            raise InvalidInput("key", self.path, Phrase("it cannot be read ({why})", why=getattr(refused, "strerror", "") or "UTF-8")) from None
        try:
            return parse_signer(text, signing.public)
        except InvalidCheckpoint as fault:
            raise InvalidInput("key", self.path, Phrase("it is not the log's secret key ({why})", why=fault.why)) from None

    @property
    def exists(self) -> bool:
        return os.path.exists(self.path)

    def last(self) -> tuple[Checkpoint, str]:
        """
        What was signed last: the checkpoint, and its signed text.

        Raises:
            InvalidInput: the memory is gone, or is not what this key signed.
        """
        key = self.signer().key
        try:
            with open(self.memory, encoding="utf-8", newline="") as stream:
                text = stream.read(MAX_NOTE)
            return open_checkpoint(text, [key], signing.verify)[0], text
        except (OSError, UnicodeDecodeError, InvalidCheckpoint):
            raise InvalidInput("key", self.memory, Phrase("what this key signed last is not there, so it signs nothing: give it a checkpoint "
                                                          "that was kept, by: mufakat audit key remember FILE")) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """
        Between asking what was signed last and keeping what is signed now nobody else on this machine signs.

        Whoever waited while another key took this one's place waits for that one too.
        """
        while True:
            with open(self.path, "rb") as held:
                if fcntl is not None:
                    fcntl.flock(held, fcntl.LOCK_EX)
                if fcntl is None or os.path.samestat(os.fstat(held.fileno()), os.stat(self.path)):
                    yield
                    return

    def sign(self, checkpoint: Checkpoint, prove: Callable[[int, int], Sequence[bytes]], *, note: Note | None = None) -> Note:
        """
        Sign a checkpoint that continues the last one; `prove(old, new)` gives the consistency proof. With `note`, add to its signatures.

        It is remembered before it is given out. Whoever signs stands in `alone`.

        Raises:
            LogRewritten: the log is smaller than what was signed, or another.
        """
        holder = self.signer()
        old, _ = self.last()
        if checkpoint.size < old.size:
            raise LogRewritten("ROLLBACK", old.size, checkpoint.size)
        try:
            check_consistency(old.size, checkpoint.size, prove(old.size, checkpoint.size), old.root, checkpoint.root)
        except InvalidProof as fault:
            raise LogRewritten("FORK", old.size, checkpoint.size) from fault
        made = signed(note or checkpoint.text, holder, signing.sign)
        self._remember(made)
        return made

    def remember(self, text: str) -> Checkpoint:
        """
        Take a checkpoint that this key signed for what it signed last, where that is lost.

        Raises:
            InvalidInput: it remembers something larger.
            InvalidCheckpoint: the text is none that this key signed.
        """
        found, _ = open_checkpoint(text, [self.signer().key], signing.verify)
        if os.path.exists(self.memory) and self.last()[0].size > found.size:
            raise InvalidInput("checkpoint", found.size, Phrase("this key has signed {size} entries already", size=self.last()[0].size))
        _replace(self.memory, text)
        return found

    def _remember(self, note: Note) -> None:
        _replace(self.memory, str(note))


def _write_new(path: str, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY), "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _replace(path: str, text: str) -> None:
    """Put a text in a file's place, whole, and on the disk before anybody goes on."""
    beside = f"{path}.{os.getpid()}"
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY), "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)
    if os.name == "posix":
        folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

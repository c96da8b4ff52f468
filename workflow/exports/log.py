"""
The audit log as a folder that an auditor takes home; `workflow/verifier/verify.py`, which goes with it, says what each file is.

Everything in it is as it stood at one moment, and streams: an export of a million entries takes no more memory than one of ten. The folder
gets its name when all of it is written, so that one that was interrupted is never taken for a whole one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import InvalidInput, Phrase
from workflow.verifier.verify import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow.documents import Documents
    from workflow.ports import Line, Store

BLOCK = 1 << 20
STEP = 1000  # entries between two words of progress


class Missing(NamedTuple):
    """A document that is said to be stored and could not be exported: whose, its number there, `missing` or `altered`."""

    ref: str
    number: int
    state: str


class Exported(NamedTuple):
    """What stands in the folder: entries, how many of them the newest checkpoint covers, checkpoints, documents; documents that do not."""

    entries: int
    size: int
    checkpoints: int
    documents: int
    missing: tuple[Missing, ...]


def export(store: Store, folder: str, files: Mapping[str, Iterable[str]], *, personal: bool = False, documents: Documents | None = None,
           progress: Callable[[int], None] = lambda _count: None) -> Exported:
    """
    Write the log into a folder that is not there yet, or is empty. `files` are further ones, each as its pieces, read in the same moment.

    `personal`: with the values that the log holds only commitments of. `documents`: with the files that are stored in there.

    Raises:
        InvalidInput: the folder holds something, cannot be written, or nothing was ever signed.
    """
    with _settled(folder, private=personal) as place, store.moment():
        checkpoints = _checkpoints(store, place)
        entries = _entries(store, place, progress, personal=personal)
        for name, pieces in files.items():
            _write(os.path.join(place, name), pieces)
        count, missing = _documents(store, place, documents) if documents is not None else (0, ())
        newest = store.newest()
        return Exported(entries, newest.size if newest else 0, checkpoints, count, missing)


def _checkpoints(store: Store, place: str) -> int:
    """All that was signed, by size, and the newest by itself."""
    signed, names = store.signed(), set()
    if not signed:
        raise InvalidInput("key", "", "nothing was ever signed, and no key is here: mufakat audit key create, then mufakat audit checkpoint")
    os.mkdir(os.path.join(place, "checkpoints"))
    for one in signed:
        name, number = f"{one.size:010d}", 1
        while name in names:
            number += 1
            name = f"{one.size:010d}-{number}"
        names.add(name)
        _write(os.path.join(place, "checkpoints", f"{name}.txt"), [one.note])
    _write(os.path.join(place, "checkpoint.txt"), [signed[-1].note])
    return len(signed)


def _entries(store: Store, place: str, progress: Callable[[int], None], *, personal: bool) -> int:
    count = 0

    def pieces() -> Iterator[bytes]:
        nonlocal count
        for count, line in enumerate(store.lines(), 1):
            yield line_of(line[0], line[1], line[2], line[4], _details(store, line) if personal else ())
            if count % STEP == 0:
                progress(count)
    _write(os.path.join(place, "entries.jsonl"), pieces())
    return count


def _details(store: Store, line: Line) -> tuple[tuple[str, bytes, str], ...]:
    """The personal values of an entry that are still kept, each with its salt."""
    entry = store.entry(line[1], line[2]) if b'"pd":{}' not in line[4] else None
    return () if entry is None else entry.details


def _documents(store: Store, place: str, documents: Documents) -> tuple[int, tuple[Missing, ...]]:
    """Every stored file under its hash, once; which of them are not what they should be."""
    folder = os.path.join(place, "documents")
    os.mkdir(folder)
    done: set[str] = set()
    missing = []
    for ref in store.refs():
        for row in store.load(ref, whole=True).tables["document"].values():
            if not row.stored or row.sha256 in done:
                continue
            state = _copied(documents.path(row.sha256), os.path.join(folder, row.sha256), row.sha256)
            if state == "ok":
                done.add(row.sha256)
            else:
                missing.append(Missing(ref, row.no, state))
    return len(done), tuple(missing)


def _copied(source: str, target: str, sha256: str) -> str:
    """`ok`, `missing` or `altered`, of which only the first leaves a file."""
    digest = hashlib.sha256()
    try:
        with open(source, "rb") as stream, open(target, "wb") as copy:
            while block := stream.read(BLOCK):
                digest.update(block)
                copy.write(block)
    except FileNotFoundError:
        return "missing"
    if digest.hexdigest() == sha256:
        return "ok"
    os.unlink(target)
    return "altered"


def _write(path: str, pieces: Iterable[str | bytes]) -> None:
    """A file, on the disk before the folder gets its name."""
    with open(path, "wb") as stream:
        stream.writelines(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _settled(folder: str, *, private: bool) -> Iterator[str]:
    """A folder beside, which takes the name when all went well and is gone when it did not."""
    path = os.path.abspath(folder)
    if os.path.lexists(path) and (not os.path.isdir(path) or os.listdir(path)):
        raise InvalidInput("folder", folder, "there is something already: name a folder that is empty, or new")
    try:
        workshop = tempfile.mkdtemp(prefix=f".{os.path.basename(path)}-unfinished-", dir=os.path.dirname(path))
        try:
            yield workshop
            os.chmod(workshop, 0o700 if private else 0o755)
            if os.path.isdir(path):
                os.rmdir(path)
            os.rename(workshop, path)
        except BaseException:
            shutil.rmtree(workshop, ignore_errors=True)
            raise
    except OSError as refused:
        raise InvalidInput("folder", folder, Phrase("it cannot be written ({why})", why=refused.strerror)) from None

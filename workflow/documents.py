"""
Documents, kept by their SHA-256 in a folder: `ab/abcdef…`. A file is written once, whole, and never again.

What a person calls the file is a column in the database; no name from outside ever becomes a path here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import InvalidInput, Phrase, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK = 1 << 20


class Kept(NamedTuple):
    """A file that has been read: its hash (hex), its size in bytes and the name it had."""

    sha256: str
    size: int
    filename: str
    stored: bool


class Documents:
    """A content-addressed folder. `allowed` confines what may be read to these folders (empty: any)."""

    def __init__(self, root: str, allowed: Sequence[str] = ()) -> None:
        self.root, self.allowed = root, [os.path.realpath(folder) for folder in allowed]

    def keep(self, path: str, *, store: bool = True) -> Kept:
        """
        Hash a file and, unless `store` is False, put a copy into the folder. A second copy of the same bytes is no copy.

        Raises:
            InvalidInput: no such file, not a regular file, unreadable, or outside the folders allowed.
            StoreError: the folder cannot be written.
        """
        source = self._open(path)
        filename = os.path.basename(os.path.normpath(path))
        try:
            if store:
                return self._copy(source, filename)
            digest, size = hashlib.sha256(), 0
            for block in _blocks(source):
                digest.update(block)
                size += len(block)
            return Kept(digest.hexdigest(), size, filename, stored=False)
        finally:
            os.close(source)

    def path(self, sha256: str) -> str:
        """Where the bytes with this hash stand."""
        return os.path.join(self.root, sha256[:2], sha256)

    def check(self, sha256: str) -> str:
        """`ok`, `missing` or `altered`: the stored bytes hashed again."""
        digest = hashlib.sha256()
        try:
            source = os.open(self.path(sha256), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            return "missing"
        try:
            for block in _blocks(source):
                digest.update(block)
        except OSError:  # a folder stands in its place
            return "altered"
        finally:
            os.close(source)
        return "ok" if digest.hexdigest() == sha256 else "altered"

    def remove(self, sha256: str) -> None:
        """Take the bytes with this hash away, for ever."""
        try:
            os.remove(self.path(sha256))
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(self.path(sha256), Phrase("cannot be removed ({why})", why=error.strerror), "remove the file by hand") from error

    def _open(self, path: str) -> int:
        real = os.path.realpath(path)
        if self.allowed and not any(os.path.commonpath([real, folder]) == folder for folder in self.allowed):
            raise InvalidInput("document", path, Phrase("it lies outside the folders that documents may come from: {folders}",
                                                         folders=", ".join(self.allowed)))
        try:
            source = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            raise InvalidInput("document", path, "there is no such file") from None
        except OSError as refused:
            raise InvalidInput("document", path, Phrase("it cannot be read ({why})", why=refused.strerror)) from None
        if not stat.S_ISREG(os.fstat(source).st_mode):
            os.close(source)
            raise InvalidInput("document", path, "that is a folder or a device, not a file")
        return source

    def _copy(self, source: int, filename: str) -> Kept:
        try:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            temporary = os.path.join(self.root, f".incoming-{os.getpid()}-{os.urandom(6).hex()}")
            target = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as refused:
            raise StoreError(self.root, Phrase("documents cannot be stored there ({why})", why=refused.strerror),
                             "make the folder writable") from None
        try:
            digest, size = hashlib.sha256(), 0
            try:
                for block in _blocks(source):
                    digest.update(block)
                    size += len(block)
                    view = memoryview(block)
                    while view:
                        view = view[os.write(target, view):]
                os.fsync(target)
            finally:
                os.close(target)
            self._settle(temporary, digest.hexdigest())
        except OSError as refused:
            raise StoreError(self.root, Phrase("the document could not be stored ({why})", why=refused.strerror),
                             "free some space and try again") from None
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)
        return Kept(digest.hexdigest(), size, filename, stored=True)

    def _settle(self, temporary: str, sha256: str) -> None:
        """Give the bytes their name; who comes second keeps what is there."""
        final = self.path(sha256)
        shared = os.stat(self.root).st_mode & stat.S_IWGRP  # the folder of several users: what is put in it is theirs
        try:
            os.mkdir(os.path.dirname(final), 0o700)
            os.chmod(os.path.dirname(final), 0o2770 if shared else 0o700)
        except FileExistsError:
            pass
        if os.path.exists(final):
            return
        os.chmod(temporary, 0o440 if shared else 0o400)
        try:
            os.link(temporary, final)
        except FileExistsError:
            return
        except OSError:
            os.rename(temporary, final)
        folder = os.open(os.path.dirname(final), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _blocks(source: int) -> Iterator[bytes]:
    while block := os.read(source, BLOCK):
        yield block

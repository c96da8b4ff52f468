"""
Checkpoints: what a log signs about itself (C2SP tlog-checkpoint), in the form that anybody can check (C2SP signed-note).

A note is a text, an empty line, and one line for each signature. Signatures of keys that nobody here knows are kept and ignored, so that keys
can change and witnesses can join; the signature of a known key must be true. Keys are written as Go's `sumdb/note` writes them. Signing and
verifying of bytes (Ed25519, RFC 8032) come in as functions: see `workflow.signing`.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import InvalidCheckpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Public = Callable[[bytes], bytes]  # seed -> public key
    Sign = Callable[[bytes, bytes], bytes]  # seed, message -> signature
    Verify = Callable[[bytes, bytes, bytes], bool]  # public key, signature, message

ED25519 = 1
ID_BYTES, KEY_BYTES, ROOT_BYTES, SIGNATURE_BYTES = 4, 32, 32, 64
MAX_NOTE = 1_000_000  # bytes; with MAX_SIGNATURES the limits of sumdb/note
MAX_SIGNATURES = 100
MAX_SIZE = 2**63 - 1
PREFIX = "— "  # em dash, space
PRIVATE = "PRIVATE+KEY+"


class Key(NamedTuple):
    """A public key: the name of who signs with it (the log's origin), its id of four bytes, its 32 bytes."""

    name: str
    id: bytes
    public: bytes

    @property
    def text(self) -> str:
        """The key as it is published."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([ED25519]) + self.public)}"


class Signer(NamedTuple):
    """A secret key: never logged, never shown."""

    key: Key
    seed: bytes

    @property
    def text(self) -> str:
        """The secret key as it is kept in its file."""
        return f"{PRIVATE}{self.key.name}+{self.key.id.hex()}+{_base64(bytes([ED25519]) + self.seed)}"

    def __repr__(self) -> str:
        return f"Signer({self.key.text})"


class Signature(NamedTuple):
    """One signature line: whose it claims to be."""

    name: str
    id: bytes
    signature: bytes


class Note(NamedTuple):
    """A text, up to and with its last newline, and its signatures in their order."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{PREFIX}{one.name} {_base64(one.id + one.signature)}\n" for one in self.signatures)


class Checkpoint(NamedTuple):
    """What a log says of itself: its origin, the size of its tree and the root; further lines mean something to the log only."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))


def key(name: str, public: bytes) -> Key:
    """The key of a name."""
    if not _is_name(name):
        raise _malformed(f"the name {name!r} must be without white space and plus signs")
    if len(public) != KEY_BYTES:
        raise _malformed(f"a key of {len(public)} bytes, where {KEY_BYTES} are needed")
    digest = hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()
    return Key(name, digest[:ID_BYTES], public)


def signer(name: str, seed: bytes, public: Public) -> Signer:
    """The secret key of a name and 32 random bytes."""
    if len(seed) != KEY_BYTES:
        raise _malformed(f"a seed of {len(seed)} bytes, where {KEY_BYTES} are needed")
    return Signer(key(name, public(seed)), seed)


def parse_key(text: str) -> Key:
    """
    A public key as it is published: name+id+base64.

    Raises:
        InvalidCheckpoint: it is not one, not for Ed25519, or not the one that its id tells of.
    """
    name, told, data = _key_parts(text)
    found = key(name, data)
    if found.id.hex() != told:
        raise _malformed(f"the key's id is {found.id.hex()}, it claims {told}")
    return found


def parse_signer(text: str, public: Public) -> Signer:
    """
    A secret key as it stands in its file; a final newline is allowed. The error never holds the text.

    Raises:
        InvalidCheckpoint: it is not one.
    """
    if not text.startswith(PRIVATE):
        raise _malformed(f"a secret key begins with {PRIVATE}")
    name, told, data = _key_parts(text[len(PRIVATE):].removesuffix("\n"))
    found = signer(name, data, public)
    if found.key.id.hex() != told:
        raise _malformed(f"the secret key's id is {found.key.id.hex()}, it claims {told}")
    return found


def parse_note(text: str) -> Note:
    """
    A signed note, strictly; nothing is verified yet.

    Raises:
        InvalidCheckpoint: it is not one.
    """
    if len(text) > MAX_NOTE or not _is_encodable(text) or any(letter < " " and letter != "\n" for letter in text):
        raise _malformed(f"more than {MAX_NOTE:,} letters, a control character or half a character")
    body, mark, block = text.rpartition("\n\n")
    lines = block.split("\n")
    if not mark or not body or lines.pop() or not lines:
        raise _malformed("a text, an empty line and signature lines are needed, each with its newline")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(f"{body}\n", tuple(map(_signature, lines)))


def verified(note: Note, keys: Iterable[Key], verify: Verify) -> tuple[Key, ...]:
    """
    The keys among `keys` that signed the note: at least one.

    Raises:
        InvalidCheckpoint: none of them did (`unverified`), or the signature of one is false (`invalid`).
    """
    known = {(one.name, one.id): one for one in keys}
    found: dict[Key, None] = {}
    for one in note.signatures:
        signed = known.get((one.name, one.id))
        if signed is None or signed in found:
            continue
        if len(one.signature) != SIGNATURE_BYTES or not verify(signed.public, one.signature, note.text.encode()):
            raise InvalidCheckpoint("invalid", f"the signature of {one.name} ({one.id.hex()}) is not of this text")
        found[signed] = None
    if not found:
        names = ", ".join(f"{one.name} ({one.id.hex()})" for one in note.signatures)
        raise InvalidCheckpoint("unverified", f"no known key signed it; signatures: {names or 'none'}")
    return tuple(found)


def signed(text: str | Note, signer: Signer, sign: Sign) -> Note:
    """
    A text with one more signature; those of a note stay.

    Raises:
        InvalidCheckpoint: the text cannot be a note's.
    """
    note = text if isinstance(text, Note) else Note(text)
    if not note.text.endswith("\n") or not _is_encodable(note.text):
        raise _malformed("the text must end with a newline and hold no half character")
    line = Signature(signer.key.name, signer.key.id, sign(signer.seed, note.text.encode()))
    made = Note(note.text, (*(one for one in note.signatures if one[:2] != line[:2]), line))
    if parse_note(str(made)) != made:
        raise _malformed("the text is nothing but a newline")
    return made


def parse_checkpoint(text: str) -> Checkpoint:
    """
    The text of a checkpoint, without its signatures, strictly.

    Raises:
        InvalidCheckpoint: it is not one.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise _malformed("origin, size and root are needed, each on its line, and no empty line")
    origin, size, root, *extensions = lines
    if not (size.isascii() and size.isdigit()) or (size[0] == "0") != (size == "0") or len(size) > len(str(MAX_SIZE)) or int(size) > MAX_SIZE:
        raise _malformed(f"the size {size[:40]!r} is not a number of leaves")
    found = unbase64(root)
    if found is None or len(found) != ROOT_BYTES:
        raise _malformed(f"the root {root[:80]!r} is not {ROOT_BYTES} bytes in base64")
    return Checkpoint(origin, int(size), found, tuple(extensions))


def open_checkpoint(text: str, keys: Iterable[Key], verify: Verify) -> tuple[Checkpoint, tuple[Key, ...]]:
    """
    A signed checkpoint, and which of `keys` signed it.

    Raises:
        InvalidCheckpoint: it cannot be read, no known key signed it, or a signature is false.
    """
    note = parse_note(text)
    return parse_checkpoint(note.text), verified(note, keys, verify)


def unbase64(text: str) -> bytes | None:
    """The bytes of strict base64 (RFC 4648 section 4): each value has one spelling. None: it is none."""
    try:
        found = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if _base64(found) == text else None


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(PREFIX).partition(" ")
    data = unbase64(encoded)
    if not line.startswith(PREFIX) or not space or not _is_name(name) or data is None or len(data) <= ID_BYTES:
        raise _malformed(f"{line[:80]!r} is not a signature line")
    return Signature(name, data[:ID_BYTES], data[ID_BYTES:])


def _key_parts(text: str) -> tuple[str, str, bytes]:
    """Name, id in hex and the bytes of a key of either kind."""
    name, _, rest = text.partition("+")
    told, _, encoded = rest.partition("+")
    data = unbase64(encoded)
    if not _is_name(name) or len(told) != 2 * ID_BYTES or told.strip("0123456789abcdef") or data is None or len(data) != 1 + KEY_BYTES:
        raise _malformed("a key is written name+id+base64")
    if data[0] != ED25519:
        raise _malformed(f"a key of kind {data[0]}; this program knows Ed25519 (1)")
    return name, told, data[1:]


def _is_name(text: str) -> bool:
    return bool(text) and text.split() == [text] and "+" not in text and _is_encodable(text)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _malformed(why: str) -> InvalidCheckpoint:
    return InvalidCheckpoint("malformed", why)

"""
A proof to take away: the text that shows that one entry is in a log (C2SP tlog-proof), with the entry's bytes as its extra line.

    c2sp.org/tlog-proof@v1
    extra <the entry's body in base64>
    index <its place in the tree, from 0>
    <the inclusion proof: one hash in base64 a line, from the leaf's sibling upwards>

    <the signed checkpoint, as it is>

The extra line is not what is trusted: its leaf hash is, once the proof leads from it to a signed root.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

from workflow.core.checkpoint import MAX_NOTE, MAX_SIZE, Checkpoint, open_checkpoint, unbase64
from workflow.core.merkle import SIZE, check_inclusion, leaf_hash
from workflow.errors import InvalidProof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow.core.checkpoint import Key, Verify

FIRST = "c2sp.org/tlog-proof@v1"
WHAT = "entry"
MAX_HASHES = 63


class Proof(NamedTuple):
    """
    A proof of the entry at a place of the tree, counted from 0.

    `body` is None where the proof leaves it to whoever checks; `checkpoint` is the signed note's text.
    """

    place: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    body: bytes | None = None

    def __str__(self) -> str:
        extra = [] if self.body is None else [f"extra {b64encode(self.body).decode()}"]
        lines = [FIRST, *extra, f"index {self.place}", *(b64encode(one).decode() for one in self.hashes), "", self.checkpoint]
        return "\n".join(lines)


def parse_proof(text: str) -> Proof:
    """
    A proof, strictly; nothing is checked yet.

    Raises:
        InvalidProof: it is not one.
    """
    head, mark, checkpoint = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != FIRST or not mark or len(checkpoint) > MAX_NOTE:
        raise InvalidProof(WHAT, f"it begins with {FIRST}, and an empty line parts it from a checkpoint")
    body = None
    if lines and lines[0].startswith("extra "):
        body = unbase64(lines.pop(0)[len("extra "):])
        if body is None:
            raise InvalidProof(WHAT, "the extra line is not base64")
    word, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
    if word != "index" or not (number.isascii() and number.isdigit()) or (number[0] == "0") != (number == "0") or len(number) > len(str(MAX_SIZE)):
        raise InvalidProof(WHAT, "a line with the index is needed")
    hashes = [unbase64(line) for line in lines]
    if len(hashes) > MAX_HASHES or any(one is None or len(one) != SIZE for one in hashes):
        raise InvalidProof(WHAT, f"its lines are at most {MAX_HASHES} hashes of {SIZE} bytes in base64")
    return Proof(int(number), tuple(one for one in hashes if one is not None), checkpoint, body)


def check_proof(proof: Proof, keys: Iterable[Key], verify: Verify, body: bytes | None = None) -> Checkpoint:
    """
    The checkpoint whose tree holds the entry; `body` gives the entry's bytes where the proof does not.

    Raises:
        InvalidProof: there are no bytes, or the tree does not hold them at that place.
        InvalidCheckpoint: the checkpoint cannot be read, or no known key signed it.
    """
    told = proof.body if body is None else body
    if told is None:
        raise InvalidProof(WHAT, "the proof does not hold the entry, and none was given")
    found, _ = open_checkpoint(proof.checkpoint, keys, verify)
    check_inclusion(leaf_hash(told), proof.place, found.size, proof.hashes, found.root)
    return found

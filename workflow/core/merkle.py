"""
The Merkle tree over the journal (RFC 6962 section 2.1): roots, and proofs that an entry is in and that nothing was rewritten.

A node is named `(level, index)`: the full subtree over the leaves `[index << level, index + 1 << level)`. Its hash never changes once its
leaves are there, so it may be kept; what is not full is the fold of the full subtrees below it. Whoever proves hands in a `node` function that
finds full subtrees (`reader` makes one of a store); whoever checks needs nothing but the proof. Hashes are 32 bytes, never hex.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import InvalidProof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Node = Callable[[int, int], bytes]
    Read = Callable[[int, int, int], Sequence[bytes]]

SIZE = 32
EMPTY = sha256().digest()  # the root of a tree without leaves
HEIGHT = 8  # stored: the leaves, and the roots of full subtrees of 256, of 256 x 256, ...
LEVELS = (HEIGHT, 2 * HEIGHT, 3 * HEIGHT)  # whose roots are stored


def leaf_hash(body: bytes) -> bytes:
    """The hash of an entry's bytes."""
    return sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the roots of equal full subtrees (only the last may be smaller)."""
    row = list(leaves)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [sha256(b"\1" + row[place - 1] + row[place]).digest() for place in range(1, len(row), 2)] + odd
    return row[0] if row else EMPTY


class Frontier(NamedTuple):
    """The right edge of a tree: all that its root and its growth depend on. `peaks` are its full subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def grown(self, hashes: Iterable[bytes], level: int = 0) -> Frontier:
        """
        The edge after more leaves, or after more full subtrees of `level`.

        Raises:
            InvalidProof: a subtree of that level cannot stand at this size.
        """
        count, rest = divmod(self.size, 1 << level)
        if rest:
            raise InvalidProof("frontier", f"a subtree of {1 << level} leaves cannot follow {self.size} leaves")
        peaks = list(self.peaks)
        for found in hashes:
            width = count
            while width & 1:
                found = sha256(b"\1" + peaks.pop() + found).digest()
                width >>= 1
            peaks.append(found)
            count += 1
        return Frontier(count << level, tuple(peaks))

    def root(self) -> bytes:
        """The root of the tree that ends here."""
        return _folded(self.peaks) if self.peaks else EMPTY


def reader(read: Read, levels: Sequence[int] = (0, *LEVELS)) -> Node:
    """
    The `node` function of a store that keeps the hashes of some levels: `read(level, start, end)` gives them in order, fewer where it has fewer.

    Raises (the function): InvalidProof, where the store does not hold a node that it should.
    """
    def node(level: int, index: int) -> bytes:
        base = max(held for held in levels if held <= level)
        width = 1 << level - base
        found = read(base, index * width, (index + 1) * width)
        if len(found) != width or any(len(one) != SIZE for one in found):
            raise InvalidProof("nodes", f"the hashes {index * width} to {(index + 1) * width - 1} of level {base} are not all kept")
        return root(found)
    return node


def filled(old: int, new: int, level: int = HEIGHT) -> Iterator[tuple[int, int]]:
    """The nodes of `level`, twice `level`, ... that become full when a tree grows: those to keep, lowest level first."""
    height = level
    while new >> height:
        for index in range(old >> height, new >> height):
            yield height, index
        height += level


def root_at(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _over(0, size, node) if size else EMPTY


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """
    The proof that leaf `index` is in the tree of `size` leaves: hashes from the leaf's sibling upwards.

    Raises:
        InvalidProof: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise InvalidProof("inclusion", f"a tree of {size} leaves has no leaf {index}")
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start = middle
    return proof[::-1]


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """
    The proof that the tree of `new` leaves only adds to that of `old` leaves; nothing has to be shown for no leaves and for the same tree.

    Raises:
        InvalidProof: the new tree is the smaller one.
    """
    if not 0 <= old <= new:
        raise InvalidProof("consistency", f"a tree of {new} leaves does not continue one of {old}")
    if old in {0, new}:
        return []
    start, end, proof = 0, new, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start = middle
    if start:  # else the old tree is itself a node, and who checks has its root
        proof.append(_over(start, end, node))
    return proof[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """
    Hold a leaf hash against a root (RFC 9162 section 2.1.3.2).

    Raises:
        InvalidProof: it is not leaf `index` of the tree of `size` leaves that has this root, or the proof does not show it.
    """
    what = "inclusion"
    if not 0 <= index < size:
        raise InvalidProof(what, f"a tree of {size} leaves has no leaf {index}")
    _sound(what, [leaf, root, *proof])
    found = leaf
    for sibling, left in _climb(what, index, size - 1, proof):
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
    _same(what, root, found, f"leaf {index}, {size} leaves")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """
    Hold an older root against a newer one (RFC 9162 section 2.1.4.2).

    Raises:
        InvalidProof: the newer tree does not begin with the older one, or the proof does not show it.
    """
    what = "consistency"
    if not 0 <= old <= new:
        raise InvalidProof(what, f"a tree of {new} leaves does not continue one of {old}")
    _sound(what, [old_root, new_root, *proof])
    for size, given in ((old, old_root), (new, new_root)):
        if size == 0:
            _same(what, EMPTY, given, "0 leaves")
    if old in {0, new}:
        if proof:
            raise InvalidProof(what, f"{len(proof)} hashes, where none is needed from {old} to {new} leaves")
        if old == new:
            _same(what, old_root, new_root, f"{new} leaves")
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise InvalidProof(what, f"0 hashes are too few from {old} to {new} leaves")
    full = (old & -old).bit_length() - 1  # the level of the node that the old tree ends with: nothing beside it matters below
    before = after = path[0]
    for sibling, left in _climb(what, old - 1 >> full, new - 1 >> full, path[1:]):
        before = node_hash(sibling, before) if left else before
        after = node_hash(sibling, after) if left else node_hash(after, sibling)
    _same(what, old_root, before, f"{old} leaves")
    _same(what, new_root, after, f"{new} leaves")


def _climb(what: str, place: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each hash of a proof on the way from a node up to the root, and whether it stands left; `last` is the last node of that level."""
    for sibling in proof:
        if last == 0:
            raise InvalidProof(what, f"{len(proof)} hashes are too many")
        left = bool(place & 1) or place == last
        while left and place and not place & 1:  # the last node of a level without a partner goes up as it is
            place, last = place >> 1, last >> 1
        yield sibling, left
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProof(what, f"{len(proof)} hashes are too few")


def _split(width: int) -> int:
    """The largest power of two below `width`: how many leaves go left."""
    return 1 << (width - 1).bit_length() - 1


def _over(start: int, end: int, node: Node) -> bytes:
    """The hash over the leaves `[start, end)`, where `start` is one at which a subtree that wide begins."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return _folded(peaks)


def _folded(peaks: Sequence[bytes]) -> bytes:
    found = peaks[-1]
    for peak in peaks[-2::-1]:
        found = node_hash(peak, found)
    return found


def _sound(what: str, hashes: Sequence[bytes]) -> None:
    for found in hashes:
        if len(found) != SIZE:
            raise InvalidProof(what, f"a hash of {len(found)} bytes, where {SIZE} are needed")


def _same(what: str, expected: bytes, found: bytes, where: str) -> None:
    if not compare_digest(expected, found):
        raise InvalidProof(what, f"the root is another ({where})", expected.hex(), found.hex())

"""The Merkle tree: third-party vectors, the reference tree of RFC 6962, and the laws of proofs."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.core import merkle
from workflow.errors import InvalidProof

VECTORS = Path(__file__).parents[1] / "vectors/merkle"
INCLUSION = sorted((VECTORS / "testdata/inclusion").rglob("*.json"))
CONSISTENCY = sorted((VECTORS / "testdata/consistency").rglob("*.json"))
REFERENCE = json.loads((VECTORS / "rfc6962-reference-tree.json").read_text())
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(1100)]

sizes = st.integers(1, 600)


def node(level, index):
    return merkle.root(LEAVES[index << level:index + 1 << level])


def accepts(check, *given):
    try:
        check(*given)
    except InvalidProof:
        return False
    return True


def unpacked(case, *names):
    return [b64decode(case[name]) for name in names], [b64decode(line) for line in case["proof"] or ()]


@pytest.mark.parametrize("file", INCLUSION, ids=lambda file: str(file.relative_to(VECTORS / "testdata")))
def test_inclusion_as_others_see_it(file):
    case = json.loads(file.read_text())
    (leaf, root), proof = unpacked(case, "leafHash", "root")

    assert accepts(merkle.check_inclusion, leaf, case["leafIdx"], case["treeSize"], proof, root) is not case["wantErr"]


@pytest.mark.parametrize("file", CONSISTENCY, ids=lambda file: str(file.relative_to(VECTORS / "testdata")))
def test_consistency_as_others_see_it(file):
    case = json.loads(file.read_text())
    (before, after), proof = unpacked(case, "root1", "root2")

    assert accepts(merkle.check_consistency, case["size1"], case["size2"], proof, before, after) is not case["wantErr"]


def test_no_vector_is_left_out():
    assert (len(INCLUSION), len(CONSISTENCY)) == (98, 84)


def test_the_reference_tree_has_its_roots_and_nodes():
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in REFERENCE["leaf_inputs_hex"]]

    assert [merkle.root(leaves[:size]).hex() for size in range(9)] == REFERENCE["root_hashes_hex"]
    assert merkle.EMPTY.hex() == REFERENCE["empty_root_hex"]
    for level, row in enumerate(REFERENCE["node_hashes_hex"]):
        assert [merkle.root(leaves[index << level:index + 1 << level]).hex() for index in range(len(row))] == row


@pytest.mark.parametrize(("old", "new", "before", "after"), [
    (0, 0, LEAVES[0], LEAVES[0]), (0, 0, merkle.EMPTY, LEAVES[0]), (0, 0, LEAVES[0], merkle.EMPTY), (0, 1, LEAVES[0], LEAVES[0]),
])
def test_a_tree_without_leaves_has_one_root_only(old, new, before, after):
    with pytest.raises(InvalidProof, match="consistency"):
        merkle.check_consistency(old, new, [], before, after)


def test_every_tree_continues_the_empty_one():
    merkle.check_consistency(0, 0, [], merkle.EMPTY, merkle.EMPTY)
    merkle.check_consistency(0, 5, [], merkle.EMPTY, LEAVES[0])


@given(st.data(), sizes)
def test_an_inclusion_proof_is_accepted_and_every_other_is_refused(data, size):
    index = data.draw(st.integers(0, size - 1))
    root = merkle.root(LEAVES[:size])

    proof = merkle.inclusion(index, size, node)

    merkle.check_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(mutations(proof))
    assert not accepts(merkle.check_inclusion, LEAVES[index], index, size, other, root)
    assert not accepts(merkle.check_inclusion, flipped(LEAVES[index]), index, size, proof, root)
    assert not accepts(merkle.check_inclusion, LEAVES[index], index, size, proof, flipped(root))
    elsewhere = data.draw(st.integers(-1, size).filter(lambda place: place != index))
    assert not accepts(merkle.check_inclusion, LEAVES[index], elsewhere, size, proof, root)


@given(st.data(), sizes)
def test_a_consistency_proof_is_accepted_and_every_other_is_refused(data, new):
    old = data.draw(st.integers(0, new))
    before, after = merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new])

    proof = merkle.consistency(old, new, node)

    merkle.check_consistency(old, new, proof, before, after)
    other = data.draw(mutations(proof))
    assert not accepts(merkle.check_consistency, old, new, other, before, after)
    assert not accepts(merkle.check_consistency, old, new, proof, flipped(before), after)
    if old:  # every tree continues the empty one
        assert not accepts(merkle.check_consistency, old, new, proof, before, flipped(after))


@given(st.integers(0, 1100), st.data())
def test_the_right_edge_gives_the_plain_root(size, data):
    """However the leaves came: one by one, in portions, or as the roots of full subtrees of 256."""
    portion = data.draw(st.integers(0, size))
    cached = [node(8, index) for index in range(size >> 8)]

    slowly = merkle.Frontier().grown(LEAVES[:portion]).grown(LEAVES[portion:size])
    quickly = merkle.Frontier().grown(cached, 8).grown(LEAVES[size >> 8 << 8:size])

    assert slowly == quickly
    assert quickly.root() == merkle.root(LEAVES[:size]) == merkle.root_at(size, node)


@given(st.data(), st.integers(1, 1100))
def test_a_store_that_keeps_some_levels_proves_as_one_that_keeps_all(data, size):
    index = data.draw(st.integers(0, size - 1))
    asked = []

    def read(level, start, end):
        asked.append(end - start)
        assert level in {0, 2, 4, 6, 8, 10}
        return [node(level, place) for place in range(start, end)]

    stored = merkle.reader(read, range(0, 11, 2))

    assert merkle.inclusion(index, size, stored) == merkle.inclusion(index, size, node)
    assert merkle.consistency(index, size, stored) == merkle.consistency(index, size, node)
    assert merkle.root_at(size, stored) == merkle.root(LEAVES[:size])
    assert max(asked) <= 2


def test_a_node_that_is_not_kept_is_named():
    stored = merkle.reader(lambda level, start, end: LEAVES[start:end][:3] if level == 0 else [])

    with pytest.raises(InvalidProof, match="hashes 4 to 7 of level 0"):
        merkle.inclusion(0, 8, stored)


@given(st.integers(0, 600), st.integers(0, 600))
def test_what_becomes_full_is_told_once(old, more):
    """Growing in portions fills each node of the stored levels exactly once."""
    new = old + more
    complete = [(level, index) for level in (2, 4, 6, 8, 10) for index in range(new >> level)]

    assert sorted([*merkle.filled(0, old, 2), *merkle.filled(old, new, 2)]) == complete


def test_a_subtree_stands_only_where_one_begins():
    with pytest.raises(InvalidProof, match="256 leaves cannot follow 3"):
        merkle.Frontier().grown(LEAVES[:3]).grown(LEAVES[:1], 8)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_nothing_is_proved_of_a_leaf_that_is_not_there(index, size):
    with pytest.raises(InvalidProof, match="has no leaf"):
        merkle.inclusion(index, size, node)


def test_a_larger_tree_is_not_continued_by_a_smaller_one():
    with pytest.raises(InvalidProof, match="does not continue"):
        merkle.consistency(6, 5, node)


def flipped(found):
    return bytes([found[0] ^ 1]) + found[1:]


def mutations(proof):
    """A proof with a bit turned, a hash left out, added, doubled or cut, or two of them exchanged."""
    ways = [st.integers(0, len(proof)).map(lambda at: [*proof[:at], LEAVES[-1], *proof[at:]])]
    if proof:
        places = st.integers(0, len(proof) - 1)
        ways += [
            st.tuples(places, st.integers(0, 255)).map(lambda found: [
                bytes(byte ^ (1 << found[1] % 8 if at == found[1] // 8 else 0) for at, byte in enumerate(one)) if place == found[0] else one
                for place, one in enumerate(proof)]),
            places.map(lambda at: proof[:at] + proof[at + 1:]),
            places.map(lambda at: [*proof[:at + 1], *proof[at:]]),
            places.map(lambda at: [*proof[:at], proof[at][:-1], *proof[at + 1:]]),
        ]
    if len(proof) > 1:
        ways.append(st.just([*proof[1:], proof[0]]))
    return st.one_of(ways)

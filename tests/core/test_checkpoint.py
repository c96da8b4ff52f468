"""Checkpoints and signed notes: the cases of Go's sumdb/note and of C2SP, and what is refused."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow import signing
from workflow.core import merkle
from workflow.core.checkpoint import (
    PRIVATE,
    Checkpoint,
    Note,
    key,
    open_checkpoint,
    parse_checkpoint,
    parse_key,
    parse_note,
    parse_signer,
    signed,
    signer,
    verified,
)
from workflow.core.proof import Proof, check_proof, parse_proof
from workflow.errors import InvalidCheckpoint, InvalidProof

VECTORS = Path(__file__).parents[1] / "vectors"
GO = json.loads((VECTORS / "note/golang-mod-note.json").read_text())
C2SP = json.loads((VECTORS / "tlog-specs/c2sp-examples.json").read_text())
ORIGIN = "bogor.example/mufakat"
LOG = signer(ORIGIN, bytes(32), signing.public)
WITNESS = signer("inspectorate.example", bytes([1]) * 32, signing.public)
BODIES = [f'{{"eid":"{number}"}}'.encode() for number in range(11)]
LEAVES = list(map(merkle.leaf_hash, BODIES))


@pytest.mark.parametrize("case", GO["cases"], ids=lambda case: case["desc"])
def test_a_note_opens_as_go_opens_it(case):
    keys = [parse_key(text) for text in case["keys"]]
    if case["ok"]:
        assert len(verified(parse_note(case["note"]), keys, signing.verify)) == case["verified"]
        return

    with pytest.raises(InvalidCheckpoint) as refused:
        verified(parse_note(case["note"]), keys, signing.verify)

    assert refused.value.kind == case["error"]


def test_signing_gives_the_bytes_that_go_gives():
    assert str(signed(GO["text"], parse_signer(GO["skey"], signing.public), signing.sign)) == GO["signed"]
    assert str(parse_note(GO["cosigned"])) == GO["cosigned"]


def test_keys_are_written_as_they_were_read():
    assert parse_signer(GO["skey"], signing.public).text == GO["skey"]
    assert parse_signer(GO["skey"] + "\n", signing.public).key.text == GO["vkey"] == parse_key(GO["vkey"]).text


@pytest.mark.parametrize("text", GO["bad_vkeys"])
def test_a_bad_key_is_refused(text):
    with pytest.raises(InvalidCheckpoint, match="malformed"):
        parse_key(text)


def test_every_piece_of_a_key_is_refused():
    text = GO["vkey"]
    pieces = [text[start:end] for start in range(len(text)) for end in range(start + 1, len(text) + 1) if end - start < len(text)]
    assert len(pieces) == 2210

    for piece in pieces:
        with pytest.raises(InvalidCheckpoint):
            parse_key(piece)


@given(st.data())
def test_a_key_with_another_letter_is_refused(data):
    text = data.draw(st.sampled_from([GO["vkey"], GO["skey"]]))
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("x+A0 =é/\n") | st.characters())
    other = text[:at] + letter + text[at + 1:]
    if other == text:
        return

    with pytest.raises(InvalidCheckpoint):
        parse_key(other)
    with pytest.raises(InvalidCheckpoint) as refused:
        parse_signer(other, signing.public)
    assert text[-20:] not in str(refused.value)


def test_a_secret_key_is_not_shown():
    assert b64encode(LOG.seed).decode() not in repr(LOG)
    assert PRIVATE not in repr(LOG)


def test_the_example_of_the_specification_verifies():
    example = C2SP["signed_note"]

    assert [one.name for one in verified(parse_note(example["note"]), [parse_key(example["vkey"])], signing.verify)] == ["example.com/foo"]


def test_the_checkpoint_of_the_specification_is_read():
    note = parse_note(C2SP["checkpoint_format"])

    found = parse_checkpoint(note.text)

    assert (found.origin, found.size, found.text) == ("example.com/behind-the-sofa", 20852163, note.text)


def test_the_tree_notes_of_go_are_read_or_refused():
    good = GO["tree_notes"]["good"]

    assert parse_checkpoint(good).text == good
    for bad in GO["tree_notes"]["bad"]:
        with pytest.raises(InvalidCheckpoint, match="malformed"):
            parse_checkpoint(bad)


ROOT = b64encode(merkle.EMPTY).decode()


@pytest.mark.parametrize("text", [
    "", "\n", f"{ORIGIN}\n0\n", f"{ORIGIN}\n0\n{ROOT}", f"\n0\n{ROOT}\n", f"{ORIGIN}\n00\n{ROOT}\n", f"{ORIGIN}\n01\n{ROOT}\n",
    f"{ORIGIN}\n-1\n{ROOT}\n", f"{ORIGIN}\n+1\n{ROOT}\n", f"{ORIGIN}\n1.0\n{ROOT}\n", f"{ORIGIN}\n１\n{ROOT}\n", f"{ORIGIN}\n²\n{ROOT}\n",
    f"{ORIGIN}\n{2**63}\n{ROOT}\n", f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n", f"{ORIGIN}\n0\n{ROOT[:-4]}\n", f"{ORIGIN}\n0\n{ROOT} \n",
    f"{ORIGIN}\n0\n{ROOT[:-2]}V=\n", f"{ORIGIN}\n0\n{ROOT}\n\n", f"{ORIGIN}\n0\n{ROOT}\nmore\n\nmore\n",
])
def test_a_checkpoint_has_one_spelling(text):
    with pytest.raises(InvalidCheckpoint, match="malformed"):
        parse_checkpoint(text)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(st.text("abc é—", min_size=1), max_size=3))
def test_a_checkpoint_is_read_as_it_was_signed(size, root, extensions):
    made = Checkpoint(ORIGIN, size, root, tuple(extensions))

    text = str(signed(signed(made.text, LOG, signing.sign), WITNESS, signing.sign))

    assert open_checkpoint(text, [LOG.key], signing.verify) == (made, (LOG.key,))
    assert open_checkpoint(text, [WITNESS.key, LOG.key], signing.verify) == (made, (LOG.key, WITNESS.key))


@given(st.data())
def test_a_checkpoint_with_any_other_letter_is_refused(data):
    text = str(signed(Checkpoint(ORIGIN, 256, LEAVES[0]).text, LOG, signing.sign))
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + data.draw(st.characters(min_codepoint=1)) + text[at + 1:]
    if other == text:
        return

    with pytest.raises(InvalidCheckpoint):
        open_checkpoint(other, [LOG.key], signing.verify)


def test_a_second_signature_of_one_key_takes_the_place_of_the_first():
    text = Checkpoint(ORIGIN, 0, merkle.EMPTY).text

    assert signed(signed(text, LOG, signing.sign), LOG, signing.sign) == signed(text, LOG, signing.sign)


def test_a_known_name_with_another_id_is_nobody_known():
    stranger = signer(ORIGIN, bytes([9]) * 32, signing.public)
    note = signed(Checkpoint(ORIGIN, 0, merkle.EMPTY).text, stranger, signing.sign)

    with pytest.raises(InvalidCheckpoint, match="no known key signed it"):
        verified(note, [LOG.key], signing.verify)


@pytest.mark.parametrize("text", ["no newline", "", "\n", "bell\a\n", "half \ud800\n"])
def test_what_cannot_be_a_notes_text_is_not_signed(text):
    with pytest.raises(InvalidCheckpoint):
        signed(Note(text), LOG, signing.sign)


@pytest.mark.parametrize("name", ["", "two words", "plus+plus", "new\nline", "wide\u3000space", "half\ud800"])
def test_a_keys_name_is_one_word(name):
    with pytest.raises(InvalidCheckpoint, match="name"):
        key(name, bytes(32))


def proof(index=3, size=11, body=True):
    point = signed(Checkpoint(ORIGIN, size, merkle.root(LEAVES[:size])).text, LOG, signing.sign)
    hashes = merkle.inclusion(index, size, lambda level, at: merkle.root(LEAVES[at << level:at + 1 << level]))
    return Proof(index, tuple(hashes), str(point), BODIES[index] if body else None)


@pytest.mark.parametrize("size", [1, 2, 5, 8, 11])
def test_a_proof_to_take_away_is_checked_as_it_was_written(size):
    for index in range(size):
        made = proof(index, size)
        assert parse_proof(str(made)) == made
        assert check_proof(parse_proof(str(made)), [LOG.key], signing.verify).size == size


def test_a_proof_has_the_form_of_the_specification():
    lines = str(proof(0, 2)).split("\n")

    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {b64encode(BODIES[0]).decode()}", "index 0"]
    assert lines[4:7] == ["", ORIGIN, "2"]


def test_a_proof_without_the_entry_needs_it():
    bare = proof(body=False)

    assert parse_proof(str(bare)) == bare
    check_proof(bare, [LOG.key], signing.verify, BODIES[3])
    with pytest.raises(InvalidProof, match="does not hold the entry"):
        check_proof(bare, [LOG.key], signing.verify)


@given(st.data())
def test_a_proof_with_any_other_letter_is_refused(data):
    text = str(proof())
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + data.draw(st.characters(min_codepoint=1)) + text[at + 1:]
    if other == text:
        return

    with pytest.raises((InvalidProof, InvalidCheckpoint)):
        check_proof(parse_proof(other), [LOG.key], signing.verify)


@pytest.mark.parametrize("old_new", [
    ("tlog-proof@v1", "tlog-proof@v2"), ("index 3", "index 03"), ("index 3", "index -3"), ("index 3", "index"), ("index 3\n", ""),
    ("extra ", "extra  "), ("extra ", "extras "), ("\n\n", "\n"), ("index 3", "index " + "3" * 5000), ("index 3", "index ３"),
])
def test_a_proof_that_is_not_written_so_is_refused(old_new):
    with pytest.raises(InvalidProof):
        parse_proof(str(proof()).replace(*old_new, 1))


def test_the_library_and_its_vectors_agree_on_what_is_no_key():
    assert not signing.verify(bytes(31), bytes(64), b"")
    assert not signing.verify(LOG.key.public, bytes(63), b"")

"""The key's file: made once, for its owner alone, with a memory that nothing overtakes."""

from __future__ import annotations

import os
import stat

import pytest
from world import ORIGIN

from workflow import signing
from workflow.core.checkpoint import Checkpoint, open_checkpoint, signed, signer
from workflow.core.merkle import EMPTY
from workflow.errors import InvalidCheckpoint, InvalidInput
from workflow.keys import KeyFile

AT_FIVE = Checkpoint(ORIGIN, 5, b"5" * 32)


@pytest.fixture
def key(tmp_path):
    found = KeyFile(str(tmp_path / "office.key"))
    found.create(ORIGIN)
    return found


def text(checkpoint, by):
    return str(signed(checkpoint.text, by, signing.sign))


def test_a_key_is_made_for_its_owner_alone(key):
    assert key.exists
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (key.path, key.memory)] == [0o600, 0o600]
    assert key.signer().key.name == ORIGIN
    assert key.last()[0] == Checkpoint(ORIGIN, 0, EMPTY)


def test_a_key_is_never_made_over_another(key, tmp_path):
    with pytest.raises(InvalidInput, match="an earlier key signed"):
        key.create(ORIGIN)
    os.remove(key.memory)
    with pytest.raises(InvalidInput, match="there is a key already"):
        key.create(ORIGIN)
    with pytest.raises(InvalidInput, match="cannot be written"):
        KeyFile(str(tmp_path / "nowhere" / "office.key")).create(ORIGIN)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read_is_not_used(key, mode):
    os.chmod(key.path, mode)

    with pytest.raises(InvalidInput, match="chmod 600"):
        key.signer()


@pytest.mark.parametrize("content", [b"", b"\xff", b"nonsense\n", b"PRIVATE+KEY+x", b"PRIVATE+KEY+" + b"x" * 2_000_000])
def test_what_is_no_key_is_said_to_be_none_and_never_shown(key, content):
    with open(key.path, "wb") as stream:
        stream.write(content)

    with pytest.raises(InvalidInput) as refused:
        key.signer()
    assert "cannot be read" in str(refused.value) or "not the log's secret key" in str(refused.value)
    assert "nonsense" not in str(refused.value)


def test_a_key_that_is_not_there_is_said_not_to_be(tmp_path):
    absent = KeyFile(str(tmp_path / "office.key"))

    assert not absent.exists
    with pytest.raises(InvalidInput, match="cannot be read"):
        absent.signer()


def test_a_folder_is_no_key(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        KeyFile(str(tmp_path)).signer()


def test_what_is_signed_is_remembered_before_it_is_given_out(key):
    note = key.sign(AT_FIVE, lambda _old, _new: [])

    assert key.last() == (AT_FIVE, str(note))
    assert open_checkpoint(str(note), [key.signer().key], signing.verify)[0] == AT_FIVE
    assert [name for name in os.listdir(os.path.dirname(key.path)) if name not in ("office.key", "office.key.last")] == []


def test_a_key_without_its_memory_signs_nothing_until_it_is_given_a_checkpoint_of_its_own(key):
    note = str(key.sign(AT_FIVE, lambda _old, _new: []))
    os.remove(key.memory)

    with pytest.raises(InvalidInput, match="audit key remember"):
        key.sign(AT_FIVE, lambda _old, _new: [])
    with pytest.raises(InvalidCheckpoint):
        key.remember(text(AT_FIVE, signer(ORIGIN, bytes(32), signing.public)))
    assert key.remember(note) == AT_FIVE
    assert key.last() == (AT_FIVE, note)


@pytest.mark.parametrize("content", [b"", b"\xff", b"x" * 2_000_000])
def test_a_broken_memory_is_none(key, content):
    with open(key.memory, "wb") as stream:
        stream.write(content)

    with pytest.raises(InvalidInput, match="audit key remember"):
        key.last()


def test_a_memory_of_somebody_else_s_signature_is_none(key):
    with open(key.memory, "w", encoding="utf-8") as stream:
        stream.write(text(AT_FIVE, signer(ORIGIN, bytes(32), signing.public)))

    with pytest.raises(InvalidInput, match="audit key remember"):
        key.last()


def test_a_memory_does_not_go_back(key):
    old = key.last()[1]
    key.sign(AT_FIVE, lambda _old, _new: [])

    with pytest.raises(InvalidInput, match="has signed 5 entries already"):
        key.remember(old)
    assert key.last()[0] == AT_FIVE

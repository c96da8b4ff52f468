"""What a verification says beside its verdict, and how trust travels: over a rotation of keys, over a restart, from a pin."""

from __future__ import annotations

import os

import pytest
from audited import MANY, NOW, REF, Audited, copied
from intruder import THIEF, Intruder
from world import ORIGIN

from workflow import signing
from workflow.core.checkpoint import Checkpoint, parse_note, signed, signer
from workflow.errors import InvalidInput
from workflow.keys import KeyFile
from workflow.rotating import restart, rotate
from workflow.verifying import verify

OLD, FRESH, ALL = 25, 25 + MANY, 28 + MANY  # entries that the checkpoints cover, and that there are


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    office = Audited(str(folder / "office.db"), folder)
    return office, office.build()


@pytest.fixture
def office(original, tmp_path):
    return copied(original[0], tmp_path)


@pytest.fixture
def kept(original):
    return original[1]


def newest(office):
    with office.open() as store:
        return store.newest().note


def rotated(office):
    """Another key, and some work under it; the new public key."""
    with office.open() as store:
        key = rotate(office.key, office.office(store), store, office.world(store).clock).key
        office.work(store, 3)
        office.log(store).checkpoint()
    return key


def restarted(office, *, old_key=True):
    """An older copy put back, the log begun again, and some work since; the new public key."""
    intruder = Intruder(office)
    intruder.cut(OLD)
    intruder.close()
    if not old_key:
        os.remove(office.key.path)
    with office.open() as store:
        key = restart(office.key, office.office(store), store, office.world(store).clock, reason="the disk failed").key
        office.work(store, 3)
        office.log(store, key.name).checkpoint()
    return key


def test_the_first_bad_entry_and_the_last_good_checkpoint_are_named(office, kept):
    intruder = Intruder(office)
    intruder.edit(100, "person", "p2")
    intruder.close()

    report = office.verify(keys=[kept.key], pins=[kept.old])

    assert (report.verdict, report.bad, report.last_good, report.pinned, report.entries) == ("TAMPERED", 100, OLD, OLD, 100)
    assert (report.findings[0].place, report.findings[0].cseq) == (100, report.findings[0].cseq)
    with office.open() as store:
        assert report.findings[0].chain == store.load(REF).head.chain
    assert "entry 100 " in report.why


def test_what_only_a_root_tells_is_narrowed_by_what_is_kept(office, kept):
    """Nothing is wrong with any entry, but one was other when its subtree was kept."""
    intruder = Intruder(office)
    contents = intruder.contents
    contents[200]["reason"] = "another"
    nodes = intruder("SELECT level, place, hash FROM node")
    intruder.write(contents)
    intruder("DELETE FROM node")
    for node in nodes:
        intruder("INSERT INTO node VALUES (?, ?, ?)", *node)
    intruder.close()

    report = office.verify(keys=[kept.key])

    assert (report.verdict, report.bad, report.last_good) == ("TAMPERED", OLD, OLD)
    assert "one of the entries 25 to 255 is not what checkpoint 2 was signed over" in report.why


def test_how_old_the_newest_checkpoint_may_be(office, kept):
    assert office.verify(keys=[kept.key], max_age=3600).verdict == "VERIFIED"

    stale = office.verify(keys=[kept.key], max_age=1740)

    assert (stale.verdict, stale.exit) == ("INCONCLUSIVE", 8)
    assert "stale" in stale.why


def test_a_key_of_another_log_proves_nothing(office):
    other = signer("another.example/log", bytes(32), signing.public).key

    report = office.verify(keys=[other])

    assert report.verdict == "INCONCLUSIVE"
    assert "another.example/log" in report.why


def test_a_key_of_this_name_that_never_signed_is_tampering(office, kept):
    assert office.verify(keys=[THIEF.key]).verdict == "TAMPERED"
    assert office.verify(keys=[THIEF.key, kept.key]).verdict == "VERIFIED"


def test_a_pin_is_believed_whoever_signed_it(office, kept):
    unsigned = str(signed(parse_note(kept.old).text, THIEF, signing.sign))

    assert office.verify(pins=[unsigned]).pinned == OLD


def test_a_pin_of_another_log_proves_nothing(office):
    other = str(signed(Checkpoint("another.example/log", 1, bytes(32)).text, THIEF, signing.sign))

    assert office.verify(pins=[other]).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("text", ["", "x", "a\nb\nc\n"])
def test_what_is_no_checkpoint_is_no_pin(office, text):
    with pytest.raises(InvalidInput, match="pin"):
        office.verify(pins=[text])


def test_whoever_holds_either_key_verifies_a_log_whose_key_was_changed(office, kept):
    new = rotated(office)

    for given in ({"keys": [kept.key]}, {"keys": [new]}, {"pins": [kept.old]}, {"pins": [newest(office)]}):
        report = office.verify(**given)
        assert (report.verdict, report.size, report.key) == ("VERIFIED", ALL + 4, new.text), given
    assert office.verify().verdict == "INCONCLUSIVE"


def test_a_key_that_gave_way_signs_no_more(office, kept):
    old = office.key.signer()
    rotated(office)
    intruder = Intruder(office)
    intruder.sign(old, above=ALL + 1)
    intruder.close()

    assert "no longer, in force" in office.verify(keys=[kept.key]).why


def test_a_change_of_keys_that_the_old_key_did_not_sign_is_not_believed(office, kept):
    rotated(office)
    intruder = Intruder(office)
    intruder.sign(office.key.signer(), above=ALL)
    intruder.close()

    report = office.verify(keys=[kept.key])

    assert (report.verdict, report.last_good) == ("INCONCLUSIVE", FRESH)
    assert f"vouches for {FRESH} entries" in report.why


def test_a_log_that_was_begun_again_is_verified_by_the_old_key_that_signed_its_beginning(office, kept):
    new = restarted(office)

    for given in ({"keys": [kept.key]}, {"keys": [new]}, {"pins": [kept.old]}):
        report = office.verify(**given)
        assert (report.verdict, report.log, report.restarts, report.size) == ("VERIFIED", new.name, (OLD,), OLD + 4), given
        assert new.name == f"{ORIGIN}/2"


def test_what_a_restart_left_behind_is_a_rollback_that_names_it(office, kept):
    restarted(office)

    report = office.verify(pins=[kept.fresh])

    assert (report.verdict, report.bad) == ("TAMPERED", OLD)
    assert report.why.startswith("ROLLBACK")
    assert f"which entry {OLD} began again; by then {FRESH} entries were signed" in report.why


def test_a_restart_that_the_old_key_did_not_sign_is_not_believed_by_the_old_key(office, kept):
    new = restarted(office, old_key=False)

    report = office.verify(keys=[kept.key])

    assert (report.verdict, report.last_good, report.restarts) == ("INCONCLUSIVE", OLD, (OLD,))
    assert office.verify(keys=[new]).verdict == "VERIFIED"


@pytest.mark.parametrize("which", ["database_file", "own_database_url"])
def test_what_is_pending_is_tail_and_stays_pending(request, tmp_path, which):
    office = Audited(request.getfixturevalue(which), tmp_path)
    kept = office.build(many=5)
    with office.open() as store:
        office.work(store, 2)
        before = store.size()

    report = office.verify(keys=[kept.key])

    assert (report.verdict, report.size, report.tail, report.entries) == ("VERIFIED", 30, 5, 35)
    with office.open() as store:
        assert store.size() == before


def test_a_whole_office_is_verified_while_others_write(office, kept):
    """What is looked at is one moment."""
    with office.open() as store, office.open() as other:
        counts = []

        def meanwhile(count):
            counts.append(count)
            office.work(other, 1)
        report = verify(store, keys=[kept.key], now=NOW, state=True, progress=meanwhile)

    assert counts == [256]
    assert (report.verdict, report.entries) == ("VERIFIED", ALL)


def test_a_signature_by_a_key_that_was_never_on_record_is_tampering_to_all_but_whoever_holds_that_key(office, tmp_path):
    stranger = KeyFile(str(tmp_path / "other.key"))
    public = stranger.create(ORIGIN)
    office.key = stranger
    with office.open() as store:
        office.log(store).checkpoint()

    assert office.verify().verdict == "TAMPERED"
    assert office.verify(keys=[public]).verdict == "VERIFIED"

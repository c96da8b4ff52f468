"""One log, whoever writes it, whoever is killed over it, and whichever database it stands in."""

from __future__ import annotations

import random

import pytest
from audit.chaos import KILLS, NOW, TRACK, chaos
from building import new
from world import ORIGIN

from workflow.audit import Log
from workflow.core.agreement import Change, Head
from workflow.core.entry import seal, uuid7
from workflow.keys import KeyFile
from workflow.store import open_store
from workflow.store.copying import copy
from workflow.verifying import verify


def test_what_is_committed_is_in_the_log_though_signers_are_killed(own_database_url, tmp_path):
    assert chaos(own_database_url, tmp_path, random.Random(8), pieces=40) >= KILLS


def play(store, count=300):
    """The same history each time: three agreements in turn."""
    heads = {chain: Head(chain) for chain in ("agr-1", "agr-2", "agr-3")}
    for number in range(count):
        head = heads[f"agr-{number % 3 + 1}"]
        effect = new("agreement", id=head.chain, ref=f"ref-{head.chain}", track_hash=TRACK.hash) if not head.cseq else new("activity", no=head.cseq)
        entry = seal(Change("activity", (effect,), "2026-03-02"), head=head, origin=ORIGIN, eid=uuid7(number, bytes(10)), recorded=NOW, person="p1",
                     identity="os", salts=lambda: bytes(32))
        store.commit(head, entry, (effect,), definitions=() if head.cseq else [TRACK])
        heads[head.chain] = Head(head.chain, entry.cseq, entry.leaf)


def opened(address):
    return open_store(address) if "://" in address else open_store(address, synchronous="OFF")


def signed(address, key):
    with opened(address) as store:
        return Log(store, ORIGIN, lambda: NOW, key).checkpoint().note


def test_the_same_history_has_the_same_root_on_both_databases(database_file, own_database_url, tmp_path):
    notes = []
    for address, seed in ((database_file, 0), (own_database_url, 1)):
        key = KeyFile(str(tmp_path / f"{seed}.key"))
        key.create(ORIGIN, entropy=bytes)
        with opened(address) as store:
            play(store)
        notes.append(signed(address, key))

    assert notes[0] == notes[1]


@pytest.mark.parametrize("way", ["to the server", "from the server"])
def test_a_copied_log_is_the_same_log(database_file, own_database_url, tmp_path, way):
    source, target = (database_file, own_database_url) if way == "to the server" else (own_database_url, database_file)
    key = KeyFile(str(tmp_path / "office.key"))
    public = key.create(ORIGIN)
    with opened(source) as store:
        play(store)
    before = signed(source, key)
    with opened(source) as store:
        later = store.load("agr-1").head
        effect = new("activity", no=later.cseq)
        store.commit(later, seal(Change("activity", (effect,), "2026-03-02"), head=later, origin=ORIGIN, eid=uuid7(0, bytes(10)), recorded=NOW,
                                 person="p1", identity="os", salts=lambda: bytes(32)), (effect,))

    copy(source, target)

    assert signed(target, key) == signed(source, key) != before
    for address in (source, target):
        with opened(address) as store:
            report = verify(store, keys=[public], pins=[before], now=NOW, state=True)
            assert (report.verdict, report.entries, report.pinned, report.findings) == ("VERIFIED", 301, 300, ())

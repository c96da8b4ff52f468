"""
Writers that take things back, and signers that are killed, on one PostgreSQL server, for as long as one likes.

    PYTHONPATH=tests python -m audit.chaos [--minutes 5] [--seed 1]

Every round takes a fresh office. It ends at the first fault, with its seed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from building import new
from faults.harness import fork
from postgres import Server
from world import ORIGIN

from workflow.audit import Log
from workflow.core.agreement import Change, Head
from workflow.core.definition import content_hash
from workflow.core.entry import seal, uuid7
from workflow.core.merkle import leaf_hash, root
from workflow.keys import KeyFile
from workflow.ports import HeadMoved, Pinned
from workflow.store import open_store
from workflow.verifying import verify

NOW = "2026-03-02T05:00:00.000000Z"
WRITERS, SIGNERS, PIECES = 8, 2, 60
TRACK = Pinned("track", "sister-city", 1, content_hash({}), "{}")
KILLS = 6  # at the least, however quick the writers are
SHARED = "agr-shared"  # an agreement that all write to


class Undone(Exception):
    """Somebody thought better of it."""


def enter(store: Any, head: Head) -> None:
    """The next entry of an agreement; the first begins it."""
    first = new("agreement", id=head.chain, ref=f"ref-{head.chain}", track_hash=TRACK.hash) if not head.cseq else new("activity", no=head.cseq)
    entry = seal(Change("activity", (first,), "2026-03-02"), head=head, origin=ORIGIN, eid=uuid7(head.cseq, os.urandom(10)), recorded=NOW,
                 person="p1", identity="os", salts=lambda: os.urandom(32))
    store.commit(head, entry, (first,), definitions=() if head.cseq else [TRACK])


def write(address: str, number: int, pieces: int, chance: random.Random) -> None:
    """So many entries that stand, some of an agreement of one's own, some of the shared one, and between them some that are taken back."""
    with open_store(address) as store:
        own = f"agr-{number}"
        enter(store, Head(own))
        while pieces:
            chain = chance.choice((own, SHARED))
            try:
                if chance.random() < 0.25:
                    with suppress(Undone), store.together():
                        enter(store, store.load(chain).head)
                        raise Undone
                enter(store, store.load(chain).head)
                pieces -= 1
            except HeadMoved:
                continue


def sign(address: str, key: str) -> None:
    """Integrate and sign for ever."""
    with open_store(address) as store:
        log = Log(store, ORIGIN, lambda: NOW, KeyFile(key))
        while True:
            log.checkpoint()


def chaos(address: str, folder: Path, chance: random.Random, pieces: int = PIECES) -> int:
    """One office under fire, and what must hold afterwards; how many signers were killed."""
    key = KeyFile(str(folder / "office.key"))
    public = key.create(ORIGIN)
    with open_store(address) as store:
        enter(store, Head(SHARED))
    writers = [fork(lambda number=number: write(address, number, pieces, random.Random(chance.random() + number))) for number in range(WRITERS)]
    signers = [fork(lambda: sign(address, key.path)) for _ in range(SIGNERS)]
    killed, left = 0, set(writers)
    while left or killed < KILLS:
        time.sleep(chance.uniform(0.0, 0.08))
        at = chance.randrange(SIGNERS)
        os.kill(signers[at], signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(signers[at], 0)[1]) == -signal.SIGKILL, "a signer ended by itself"
        killed += 1
        signers[at] = fork(lambda: sign(address, key.path))
        for pid in tuple(left):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                assert os.waitstatus_to_exitcode(status) == 0
                left.remove(pid)
    for pid in signers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    check(address, key, 1 + WRITERS * (1 + pieces))
    with open_store(address, read_only=True) as store:
        assert verify(store, keys=[public], now=NOW, state=True).verdict == "VERIFIED"
    return killed


def check(address: str, key: KeyFile, committed: int) -> None:
    """What was committed has its place, all of it, without a gap, in order within each agreement, and the root is that of the bytes."""
    with open_store(address) as store:
        last = Log(store, ORIGIN, lambda: NOW, key).checkpoint()
        lines = list(store.lines())
        assert len(lines) == store.size() == last.size == committed
        assert [line[0] for line in lines] == list(range(committed))
        heads: dict[str, int] = {}
        for line in lines:
            assert line[2] == heads.get(line[1], 0) + 1
            heads[line[1]] = line[2]
        assert key.last()[0].root == root([leaf_hash(line[4]) for line in lines])
        sizes = [signed.size for signed in store.signed()]
        assert sizes == sorted(sizes)


def main() -> None:
    """Round after round, and tell."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0].strip())
    asked.add_argument("--minutes", type=float, default=5.0)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    print(f"seed {given.seed}", flush=True)
    server, chance, ends, killed = Server(), random.Random(given.seed), time.monotonic() + given.minutes * 60, []
    while time.monotonic() < ends:
        with tempfile.TemporaryDirectory() as folder:
            address = server.database()
            killed.append(chaos(address, Path(folder), chance, pieces=4 * PIECES))
            server.drop(address)
    print(f"{len(killed)} offices, {len(killed) * WRITERS * 4 * PIECES} entries, {sum(killed)} signers killed", flush=True)
    server.close()


if __name__ == "__main__":
    main()

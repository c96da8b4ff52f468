"""Several processes on one database, and processes that die."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from building import commit, new, start

from workflow.core.agreement import Effect

PRELUDE = """
import sys, time
from building import commit, new, sealed, start
from workflow.core.agreement import Effect
from workflow.ports import HeadMoved
from workflow.store import open_store
store = open_store(sys.argv[1])
me = sys.argv[2]
"""
HANGS_IN_MID_WRITE = """
def effects():
    yield Effect("instance", ("loi",), {"state": "signed"})
    for number in range(300):
        yield new("activity", no=number, note="x" * 4000)  # more than fits in the cache, so that some of it reaches the file
    print("writing", flush=True)
    time.sleep(60)
head = store.load("agr-1").head
store.commit(head, sealed(head), effects())
"""
WRITES_ON_AND_ON = """
head = store.load("agr-1").head
while True:
    turn = head.cseq
    head = commit(store, head, Effect("instance", ("loi",), {"revision": turn + 1}), new("activity", no=turn))
    print(head.cseq, flush=True)
"""
SWAPS_WHEN_TOLD = """
for line in sys.stdin:
    head = store.load("agr-1").head
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        commit(store, head, Effect("instance", ("loi",), {"state": f"{me}-{head.cseq}"}), entry={"eid": f"{me}-{head.cseq}", "person": me})
        print("won", flush=True)
    except HeadMoved:
        print("lost", flush=True)
"""
CHANGES = """
lost = 0
for turn in range(60):
    while True:
        case = store.load("agr-1")
        count = case.instance(me).revision
        try:
            commit(store, case.head, Effect("instance", (me,), {"revision": count + 1}), entry={"eid": f"{me}-{turn}", "person": me})
            break
        except HeadMoved:
            lost += 1
print(lost)
"""


@pytest.fixture
def run(database, child_environment):
    """Start a script on the database; whatever still runs at the end is killed."""
    started = []

    def begin(script, name="one"):
        program = PRELUDE + script
        process = subprocess.Popen([sys.executable, "-c", program, database.address, name], env=child_environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_process_killed_in_mid_write_leaves_what_was_before(database, run):
    with database.store() as store:
        start(store)
        before = (store.load("agr-1", history=True), list(store.entries("agr-1")), store.counts())
    process = run(HANGS_IN_MID_WRITE)
    assert process.stdout.readline() == "writing\n"

    kill(process)

    with database.store() as store:
        assert (store.load("agr-1", history=True), list(store.entries("agr-1")), store.counts()) == before
        commit(store, before[0].head, new("row"))  # and nobody is locked out


def test_a_process_killed_at_any_moment_leaves_whole_changes(database, run):
    with database.store() as store:
        start(store)
    for pause in (0.0, 0.003, 0.011, 0.029):
        process = run(WRITES_ON_AND_ON)
        told = int(process.stdout.readline())
        time.sleep(pause)
        kill(process)
        told = max([told, *(int(line) for line in process.stdout.read().split())])

        with database.store() as store:
            case, entries = store.load("agr-1", whole=True), list(store.entries("agr-1"))
        assert case.head.cseq == len(entries) >= told
        assert case.head.leaf == entries[-1].leaf
        assert case.instance("loi").revision == len(entries)
        assert len(case.tables["activity"]) == len(entries) - 1


def test_of_two_processes_on_one_head_exactly_one_wins_each_round(database, run):
    with database.store() as store:
        start(store)
    rivals = [run(SWAPS_WHEN_TOLD, name) for name in ("a", "b")]

    def tell(text):
        for rival in rivals:
            rival.stdin.write(text)
            rival.stdin.flush()
        return [rival.stdout.readline() for rival in rivals]

    for _ in range(40):
        assert tell("load\n") == ["ready\n", "ready\n"]
        assert sorted(tell("commit\n")) == ["lost\n", "won\n"]

    with database.store() as store:
        entries = list(store.entries("agr-1"))
        assert [entry.cseq for entry in entries] == list(range(1, 42))
        assert store.load("agr-1").instance("loi").state == entries[-1].eid


def test_processes_on_two_stages_of_one_agreement_lose_nothing(database, run):
    with database.store() as store:
        commit(store, start(store), Effect("instance", ("loi",), {"revision": 0}), new("instance", ref="mou", revision=0))
    rivals = [run(CHANGES, name) for name in ("loi", "mou")]

    for rival in rivals:
        rival.communicate()

    with database.store() as store:
        case, entries = store.load("agr-1"), list(store.entries("agr-1"))
    assert (case.instance("loi").revision, case.instance("mou").revision) == (60, 60)
    assert len(entries) == case.head.cseq == 122
    assert [entry.prev for entry in entries[1:]] == [entry.leaf for entry in entries[:-1]]

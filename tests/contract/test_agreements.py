"""The laws of the aggregate: read whole, written whole, one lock."""

from __future__ import annotations

import threading

import pytest
from building import VALID, after, commit, new, sealed, start

from workflow.core.agreement import Effect, Head
from workflow.errors import AgreementNotFound, DefinitionNotFound, InvalidInput, StoreError
from workflow.ports import HeadMoved, Pinned
from workflow.store.values import OF_AGREEMENT

LOI = ("loi",)


def everything(store):
    """All that a store can tell: to see that nothing changed."""
    return ({ref: store.load(ref, history=True) for ref in store.refs()}, store.office(), store.counts(),
            [list(store.entries(ref)) for ref in ("agr-1", "agr-2", "sys")])


def test_an_agreement_is_found_by_reference_and_by_id(store):
    start(store)

    assert store.load("bogor-kisarazu", whole=True) == store.load("agr-1", whole=True)


def test_what_a_decision_may_not_read_is_read_when_it_is_asked_for(store):
    start(store, *(new(table) for table in ("row", "document", "approval", "deadline", "activity")))

    tables = store.load("agr-1").tables

    assert "document" not in tables
    assert {table: tables[table] for table in OF_AGREEMENT if table != "message"} == store.load("agr-1", whole=True).tables
    with pytest.raises(KeyError):
        tables["person"]


def test_an_unknown_reference_tells_the_known_ones(store):
    start(store)

    with pytest.raises(AgreementNotFound) as caught:
        store.load("bogor-kisaradsu")

    assert caught.value.known == ("bogor-kisarazu",)


def test_the_head_is_that_of_the_last_entry(store):
    head = commit(store, start(store), Effect("instance", LOI, {"state": "signed"}))

    assert store.load("agr-1").head == head
    assert head.cseq == 2


def test_a_change_writes_only_the_columns_it_names(store):
    commit(store, start(store), Effect("instance", LOI, {"state": "signed", "links": {"visit": "visit-2"}}))

    assert store.load("agr-1").instance("loi") == VALID["instance"]._replace(state="signed", links={"visit": "visit-2"})


def test_a_deadline_is_loaded_in_its_latest_revision_and_whole_with_history(store):
    start(store, new("deadline", status="void"), new("deadline", revision=2), new("deadline", name="stale", status="met"))

    latest = store.load("agr-1").tables["deadline"]
    full = store.load("agr-1", history=True).tables["deadline"]

    assert set(latest) == {("loi", "answer", 2), ("loi", "stale", 1)}
    assert set(full) == {("loi", "answer", 1), *latest}


@pytest.mark.parametrize("kind", [{}, {"whole": True}, {"history": True}], ids=["decision", "whole", "history"])
def test_rows_come_in_the_order_of_their_keys(store, kind):
    """However they were written: what is listed from them has one order on every database."""
    names = ["z", "\U0001f38b", "木", "a-b", "a", "A", "é", "\uffee", "a/1"]
    start(store, *(new("instance", ref=name) for name in names), *(new("row", name=name, round=turn) for name in names for turn in (2, 1)),
          *(new("deadline", name=name) for name in names), *(new("activity", no=number) for number in (3, 1, 2)))

    tables = store.load("agr-1", **kind).tables

    assert [list(tables[name]) for name in ("instance", "row", "deadline", "activity")] == [
        sorted(tables[name]) for name in ("instance", "row", "deadline", "activity")]


def test_effects_may_come_in_any_order(store):
    """References between rows are checked at commit."""
    commit(store, Head("agr-1"), new("approval"), new("row"), new("instance"), new("agreement"))

    assert len(store.load("agr-1").tables["approval"]) == 1


def test_names_keep_every_letter(store):
    start(store, new("activity", title="木更津市 “O'Brien” \\ % _ \U0001f38b", note="line\nline\ttab"), title="ボゴール市・木更津市")

    case = store.load("agr-1")

    assert case.agreement.title == "ボゴール市・木更津市"
    assert case.agreement.parties[1]["name"] == "木更津市"
    assert case.tables["activity"][(1,)].title == "木更津市 “O'Brien” \\ % _ \U0001f38b"
    assert case.tables["activity"][(1,)].note == "line\nline\ttab"


def test_a_lost_swap_writes_nothing(store):
    first = start(store)
    commit(store, first, Effect("instance", LOI, {"state": "signed"}))
    before = everything(store)

    with pytest.raises(HeadMoved) as caught:
        commit(store, first, new("row"), entry={"eid": "late"}, request=("r1", "d"), definitions=[Pinned("stage", "loi", 1, "h", "{}")])

    assert (caught.value.chain, caught.value.expected) == ("agr-1", 1)
    assert everything(store) == before


@pytest.mark.parametrize("head", [Head("agr-1", 1, "f" * 64), Head("agr-1", 7), Head("agr-9", 1, "f" * 64)], ids=["leaf", "number", "chain"])
def test_a_head_that_was_never_there_is_a_lost_swap(store, head):
    start(store)

    with pytest.raises(HeadMoved):
        commit(store, head, new("row"))


def test_a_chain_begins_once(store):
    start(store)
    before = everything(store)

    with pytest.raises(HeadMoved):
        start(store, ref="another")

    assert everything(store) == before


def test_a_reference_is_given_once(store):
    """Who starts the same reference at the same moment has lost a race, and finds out when deciding again."""
    start(store)
    before = everything(store)

    with pytest.raises(HeadMoved):
        start(store, id="agr-2")

    assert everything(store) == before


def test_a_reference_is_given_once_by_correction_too(store):
    start(store)
    other = start(store, id="agr-2", ref="another")
    before = everything(store)

    with pytest.raises(HeadMoved):
        commit(store, other, Effect("agreement", (), {"ref": "bogor-kisarazu"}))

    assert everything(store) == before


def interrupted():
    yield Effect("instance", LOI, {"state": "signed"})
    raise KeyboardInterrupt


FAULTS = {
    "a row whose instance is not there": ([new("row"), new("row", instance="mou")], {}, StoreError),
    "a change of a row that is not there": ([new("row"), Effect("row", ("loi", "home-affairs", 2), {"status": "met"})], {}, StoreError),
    "a row that is there already": ([new("row"), new("row")], {}, StoreError),
    "a status that is no status": ([new("row", status="maybe")], {}, StoreError),
    "a truth that is none": ([Effect("instance", LOI, {"irregular": 7})], {}, StoreError),
    "a column that is not there": ([new("row"), Effect("instance", LOI, {"colour": "red"})], {}, StoreError),
    "a new row with a strange column": ([new("row"), Effect("row", None, {"colour": "red"})], {}, TypeError),
    "a text in place of a number": ([Effect("instance", LOI, {"revision": "two"})], {}, StoreError),
    "a broken character": ([new("row"), Effect("agreement", (), {"title": "half \ud83d"})], {}, InvalidInput),
    "an entry that skips a number": ([new("row")], {"cseq": 5}, StoreError),
    "an entry too long to be one": ([new("row")], {"body": b"x" * 65_536}, StoreError),
    "an entry without a leaf": ([new("row")], {"leaf": ""}, StoreError),
    "Ctrl-C between two rows": (interrupted(), {}, KeyboardInterrupt),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_in_the_middle_leaves_everything_as_it_was(store, fault):
    effects, entry, expected = FAULTS[fault]
    effects = interrupted() if expected is KeyboardInterrupt else effects
    head = start(store)
    before = everything(store)

    with pytest.raises(expected):
        store.commit(head, sealed(head, **entry), effects, request=("r1", "d"), definitions=[Pinned("stage", "loi", 1, "h", "{}")])

    assert everything(store) == before
    assert store.request("r1") is None
    assert commit(store, head, new("row")).cseq == 2  # and the store still works


def test_a_request_is_remembered_with_what_it_did(store):
    head = start(store)

    commit(store, head, new("row"), request=("r1", "digest"))

    assert store.request("r1") == ("digest", "agr-1", 2)
    assert store.request("r2") is None


def test_a_request_is_carried_out_once_across_agreements(store):
    start(store)
    other = start(store, id="agr-2", ref="depok-osaki")
    commit(store, store.load("agr-1").head, new("row"), request=("r1", "digest"))
    before = everything(store)

    with pytest.raises(HeadMoved):
        commit(store, other, new("row"), request=("r1", "digest"))

    assert everything(store) == before


def test_references_complete_from_their_beginning(store):
    start(store, new("instance", ref="visit-2"), new("instance", ref="visit"))
    start(store, id="agr-2", ref="bogor-tainan")
    start(store, id="agr-3", ref="東京")

    assert store.refs() == ["bogor-kisarazu", "bogor-tainan", "東京"]
    assert store.refs("bogor-t") == ["bogor-tainan"]
    assert store.refs("bogor-kisarazu/v") == ["bogor-kisarazu/visit", "bogor-kisarazu/visit-2"]
    assert store.refs("nowhere/") == []


def test_a_definition_is_pinned_once_and_found_by_its_whole_identity(store):
    pinned = Pinned("stage", "loi", 1, "h1", '{"name":"loi","state":{"drafting":{}}}')
    head = start(store)

    head = commit(store, head, definitions=[pinned])
    commit(store, head, definitions=[pinned, pinned._replace(hash="h2", version=2)])

    assert store.pinned("stage", "loi", 1, "h1") == {"name": "loi", "state": {"drafting": {}}}
    assert [(row.version, row.hash) for row in store.pinned_all()] == [(1, "h1"), (2, "h2")]
    with pytest.raises(DefinitionNotFound) as caught:
        store.pinned("stage", "loi", 1, "h3")
    assert caught.value.known == ("loi 1", "loi 2")


def test_a_reader_sees_one_moment(database):
    """A writer moves two instances together; no reader ever finds them apart."""
    with database.store() as store:
        start(store, new("instance", ref="mou", state="s0"), Effect("instance", LOI, {"state": "s0"}))
    stop = threading.Event()

    def write():
        with database.store(synchronous="OFF") as writer:
            head, turn = writer.load("agr-1").head, 0
            while not stop.is_set():
                turn += 1
                head = commit(writer, head, *(Effect("instance", (ref,), {"state": f"s{turn}"}) for ref in ("loi", "mou")))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with database.store() as reader:
            cases = [reader.load("agr-1", whole=True) for _ in range(300)]
    finally:
        stop.set()
        thread.join()

    assert all(case.instance("loi").state == case.instance("mou").state for case in cases)
    assert all(case.instance("loi").state == f"s{case.head.cseq - 1}" for case in cases)


def test_the_head_after_an_entry_is_what_the_next_load_gives(store):
    head = start(store)
    entry = sealed(head)

    store.commit(head, entry, [])

    assert store.load("agr-1").head == after(entry)

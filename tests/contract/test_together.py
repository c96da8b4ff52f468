"""Many commits, one flush: each is kept or undone by itself, all become durable together or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from building import VALID, commit, start

from workflow.batch import each
from workflow.core.agreement import Effect, Head
from workflow.errors import InvalidInput, StoreError
from workflow.ports import Claimed, HeadMoved

CLAIM = Claimed("p1", "email", 1, "2026-03-02T05:01:00.000000Z", "send-1", "", (("agr-1", ("loi", "answer", 1, "-7d", "p1", "email")),))
SIGNED = Effect("instance", ("loi",), {"state": "signed"})


def both(store):
    return [store.load(id, whole=True) for id in ("agr-1", "agr-2")]


@pytest.fixture
def heads(store):
    return [start(store), start(store, id="agr-2", ref="bogor-lankaran")]


def test_what_is_committed_together_stands_together(store, heads):
    with store.together():
        for head in heads:
            commit(store, head, SIGNED)
        assert [case.instance("loi").state for case in both(store)] == ["signed", "signed"]

    assert [(case.instance("loi").state, case.head.cseq) for case in both(store)] == [("signed", 2), ("signed", 2)]


def test_a_commit_that_lost_its_race_takes_nobody_with_it(store, heads):
    with store.together():
        commit(store, heads[0], SIGNED)
        with pytest.raises(HeadMoved):
            commit(store, Head("agr-2", 7, "0" * 64), SIGNED)
        with pytest.raises(StoreError):
            commit(store, heads[1], Effect("instance", ("mou",), {"state": "signed"}))

    first, second = both(store)
    assert (first.instance("loi").state, first.head.cseq) == ("signed", 2)
    assert (second.instance("loi"), second.head.cseq) == (VALID["instance"], 1)


def test_a_group_that_is_broken_off_was_not_written(store, heads):
    before = both(store)

    with suppress(KeyboardInterrupt), store.together():
        commit(store, heads[0], SIGNED)
        raise KeyboardInterrupt

    assert both(store) == before
    commit(store, heads[0], SIGNED)
    assert store.load("agr-1").head.cseq == 2


def test_each_reference_has_its_result_when_its_group_is_durable(store, heads):
    refs = {"bogor-kisarazu": heads[0], "bogor-lankaran": heads[1]}

    def act(ref):
        if ref not in refs:
            raise InvalidInput("reference", ref, "nobody knows it")
        return commit(store, refs[ref], SIGNED).cseq

    found = dict(each(store, ["bogor-kisarazu", "nowhere", "bogor-lankaran"], act, size=2))

    assert (found["bogor-kisarazu"], found["bogor-lankaran"]) == (2, 2)
    assert isinstance(found["nowhere"], InvalidInput)


def test_a_group_that_the_store_cannot_keep_is_reported_for_each_of_its_references(store, heads):
    def act(ref):
        commit(store, heads[0], SIGNED)
        raise StoreError("office.db", "the disk is full", "free some space")

    found = dict(each(store, ["bogor-kisarazu", "bogor-lankaran"], act))

    assert {type(error) for error in found.values()} == {StoreError}
    assert store.load("agr-1").head.cseq == 1


@pytest.mark.parametrize("act", [
    lambda store: store.together().__enter__(), lambda store: store.claim("2026-03-02T05:00:00.000000Z", "w1", 60),
    lambda store: store.hand([CLAIM]), lambda store: store.release([CLAIM]), lambda store: store.settle([], [CLAIM]),
], ids=["a second group", "claim", "hand", "release", "settle"])
def test_what_must_stand_by_itself_is_refused_inside_a_group_and_takes_nobody_with_it(store, heads, act):
    with store.together():
        commit(store, heads[0], SIGNED)
        with pytest.raises(StoreError, match="a group of commits is open"):
            act(store)
        commit(store, heads[1], SIGNED)

    assert [(case.instance("loi").state, case.head.cseq) for case in both(store)] == [("signed", 2), ("signed", 2)]

"""Personal values go in the same transaction as the entry that says so; who else keeps the same bytes is known."""

from __future__ import annotations

from contextlib import suppress

from building import commit, new, start

from workflow.core.agreement import Effect

DETAILS = (("0.name", b"s" * 32, '"Siti"'), ("1.name", b"t" * 32, '"Budi"'))


def kept(store, cseq=2):
    return [name for name, _, _ in store.entry("agr-1", cseq).details]


def test_what_is_forgotten_is_gone_and_nothing_else(store):
    commit(store, commit(store, start(store), entry={"details": DETAILS}), entry={"details": DETAILS})

    with store.together():
        store.forget("agr-1", [(2, "0.name")])

    assert (kept(store), kept(store, 3)) == (["1.name"], ["0.name", "1.name"])


def test_a_group_that_is_broken_off_forgets_nothing(store):
    commit(store, start(store), entry={"details": DETAILS})

    with suppress(KeyboardInterrupt), store.together():
        store.forget("agr-1", [(2, "0.name"), (2, "1.name")])
        raise KeyboardInterrupt

    assert kept(store) == ["0.name", "1.name"]


def test_everybody_who_keeps_the_same_bytes_is_known(store):
    head = start(store, new("document"))
    start(store, new("document", no=3), new("document", no=4, sha256="b" * 64), id="agr-2", ref="bogor-lankaran")

    assert sorted(store.holders("a" * 64)) == [("agr-1", 1), ("agr-2", 3)]

    commit(store, head, Effect("document", (1,), {"stored": False}))
    assert store.holders("a" * 64) == [("agr-2", 3)]

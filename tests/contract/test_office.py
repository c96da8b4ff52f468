"""The office's own records: people, settings, calendars; and the journal as it was written."""

from __future__ import annotations

import pytest
from building import VALID, commit, new, sealed, start

from workflow.core.agreement import Effect, Head
from workflow.core.office import Setting
from workflow.errors import StoreError
from workflow.ports import HeadMoved

SYS = Head("sys")
DETAILS = (("0.note", b"\0\1salt", '"secret"'), ("0.title", b"s" * 32, '"木更津市"'))


def test_a_new_office_is_empty(store):
    case = store.office()

    assert case.head == SYS
    assert not any(case.tables.values())


def test_the_office_has_a_head_of_its_own(store):
    head = commit(store, SYS, new("person"), new("setting", name="policy.plan_months", value=12))

    case = store.office()

    assert case.head == head
    assert case.tables["person"][("p1",)] == VALID["person"]
    assert case.tables["setting"][("policy.plan_months",)] == Setting("policy.plan_months", 12)
    with pytest.raises(HeadMoved):
        commit(store, SYS, new("person", id="p2", login="agus"))


def test_a_person_is_found_by_id_and_by_login(store):
    commit(store, SYS, new("person"), new("person", id="p2", login=""), new("person", id="p3", login="p1"))

    assert store.person("siti").id == "p1"
    assert store.person("p1").id == "p1"  # an id before a login
    assert store.person("") is None
    assert store.person("agus") is None


def test_a_login_belongs_to_one_person(store):
    head = commit(store, SYS, new("person"))

    with pytest.raises(StoreError):
        commit(store, head, new("person", id="p2"))


def test_people_without_a_login_are_many(store):
    commit(store, SYS, new("person", login=""), new("person", id="p2", login=""))

    assert len(store.office().tables["person"]) == 2


def test_a_calendar_is_read_by_name_in_order(store):
    commit(store, SYS, new("day", on="2026-12-25"), new("day"), new("day", calendar="JP"),
           new("coverage", year=2027, status="partial"), new("coverage"))

    days, years = store.calendar("ID")

    assert [day.on for day in days] == ["2026-03-20", "2026-12-25"]
    assert [(year.year, year.status) for year in years] == [(2026, "known"), (2027, "partial")]
    assert store.calendar("XX") == ([], [])
    assert not store.office().tables["day"]  # too many to load with every command


def test_a_setting_changes_in_place(store):
    head = commit(store, SYS, new("setting"))

    commit(store, head, Effect("setting", ("zone",), {"value": ["Asia/Jakarta", None, {"a": False}]}))

    assert store.office().tables["setting"][("zone",)].value == ["Asia/Jakarta", None, {"a": False}]


def test_an_entry_is_read_as_it_was_written(store):
    head = start(store)
    entry = sealed(head, details=DETAILS, req="r1", trigger="", occurred="../2016-11-16")

    store.commit(head, entry, [])

    assert store.entry("agr-1", 2) == entry
    assert list(store.entries("agr-1", after=1)) == [entry]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"eid":1,"occurred":2}', "木更津市".encode()],
                         ids=["empty", "cut", "a list", "no text", "too deep", "other types", "no JSON"])
def test_an_entry_whose_bytes_say_nothing_is_read_all_the_same(store, body):
    """Whoever verifies the journal must get to see it."""
    entry = sealed(start(store), body=body)

    store.commit(store.load("agr-1").head, entry, [])

    found = store.entry("agr-1", 2)
    assert (found.body, found.leaf, found.act, found.eid, found.occurred) == (body, entry.leaf, "advance", "", "")


def test_entries_come_in_order_each_following_the_last(store):
    head = start(store)
    for _ in range(12):
        head = commit(store, head)

    entries = list(store.entries("agr-1"))

    assert [entry.cseq for entry in entries] == list(range(1, 14))
    assert [entry.prev for entry in entries[1:]] == [entry.leaf for entry in entries[:-1]]
    assert [entry.cseq for entry in store.entries("agr-1", after=11)] == [12, 13]


def test_an_entry_that_is_not_there_is_none(store):
    assert store.entry("agr-1", 1) is None
    assert list(store.entries("agr-1")) == []


def test_chains_do_not_meet(store):
    start(store)
    start(store, id="agr-2", ref="depok-osaki")

    assert [entry.chain for entry in store.entries("agr-2")] == ["agr-2"]

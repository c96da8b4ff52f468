"""Pages over many agreements."""

from __future__ import annotations

import json

import pytest
from building import VALID, commit, new, start

from workflow.core.agreement import Effect, Head
from workflow.ports import Pinned

LOI = {"name": "loi", "state": {"drafting": {}, "signed": {"final": False}, "closed": {"final": True}},
       "item": {"state": {"planned": {}, "closed": {}, "done": {"final": True}}}}


@pytest.fixture
def office(store):
    """Three agreements: one plain, one of another owner with an item and two deadlines, one that has ended."""
    start(store, new("deadline"), new("instance", ref="visit", stage="visit", state="underway"),
          definitions=[Pinned("stage", "loi", 1, "d" * 64, json.dumps(LOI))])
    start(store, new("instance", ref="loi/1", parent="loi", state="closed", since="2016-09"),
          new("deadline", effective="2016-11-20", overdue=True, wake_at=""),
          new("deadline", name="reply", effective="2017-01-01", wake_at="2016-12-01T17:00:00Z"),
          new("deadline", name="old", status="met", effective="2016-01-01", wake_at=""),
          id="agr-2", ref="depok-osaki", owner="p2", title="100% Depok_Osaki")
    head = start(store, id="agr-3", ref="東京", track="institution", parties=[{"name": "O'Brien"}])
    commit(store, head, Effect("instance", ("loi",), {"state": "closed", "since": "2010"}))
    return store


def refs(rows):
    return [row["ref"] for row in rows]


def test_a_list_has_one_row_an_agreement_with_its_stages(office):
    first = office.listing()[0]

    stages = [(stage["ref"], stage["state"], stage["irregular"]) for stage in first["stages"]]
    assert stages == [("loi", "drafting", False), ("visit", "underway", False)]
    assert (first["title"], first["parties"], first["imported"], first["next_due"]) == (
        "Bogor–Kisarazu", VALID["agreement"].parties, False, "2016-11-21")


def test_items_are_counted_not_listed(office):
    second = office.listing()[1]

    assert (len(second["stages"]), second["items"]) == (1, 1)


@pytest.mark.parametrize(("filters", "expected"), [
    ({}, ["bogor-kisarazu", "depok-osaki", "東京"]),
    ({"owner": "p2"}, ["depok-osaki"]),
    ({"track": "institution"}, ["東京"]),
    ({"stage": "visit"}, ["bogor-kisarazu"]),
    ({"stage": "loi", "state": "closed"}, ["depok-osaki", "東京"]),
    ({"state": "drafting", "owner": "p1"}, ["bogor-kisarazu"]),
    ({"text": "100% depok_"}, ["depok-osaki"]),
    ({"text": "O'Brien"}, ["東京"]),
    ({"text": "木更津"}, ["bogor-kisarazu", "depok-osaki"]),
    ({"text": "%"}, ["depok-osaki"]),
    ({"after": "bogor-kisarazu", "limit": 1}, ["depok-osaki"]),
    ({"limit": 0}, []),
], ids=str)
def test_a_list_is_narrowed_by_every_filter(office, filters, expected):
    assert refs(office.listing(**filters)) == expected


@pytest.mark.parametrize(("filters", "expected"), [
    ({}, [("depok-osaki", "answer"), ("bogor-kisarazu", "answer"), ("depok-osaki", "reply")]),
    ({"until": "2016-11-30"}, [("depok-osaki", "answer"), ("bogor-kisarazu", "answer")]),
    ({"until": "2016-11-20"}, [("depok-osaki", "answer")]),
    ({"overdue": True}, [("depok-osaki", "answer")]),
    ({"overdue": True, "until": "2016-11-19"}, []),
    ({"owner": "p1"}, [("bogor-kisarazu", "answer")]),
    ({"agreement": "depok-osaki"}, [("depok-osaki", "answer"), ("depok-osaki", "reply")]),
    ({"agreement": "agr-2", "limit": 1}, [("depok-osaki", "answer")]),
    ({"agreement": "nowhere"}, []),
], ids=str)
def test_open_deadlines_come_nearest_first(office, filters, expected):
    assert [(row["ref"], row["name"]) for row in office.deadlines(**filters)] == expected


def test_a_deadline_in_a_list_has_all_its_fields(office):
    row = office.deadlines(agreement="bogor-kisarazu")[0]

    assert {name: row[name] for name in VALID["deadline"]._fields} == VALID["deadline"]._asdict()
    assert row["overdue"] is False
    assert (row["title"], row["owner"]) == ("Bogor–Kisarazu", "p1")


def test_stuck_is_what_stands_in_a_state_that_is_not_final(office):
    """`closed` is final for the stage and not for its item; `visit` is not pinned, so nobody knows its states."""
    assert refs(office.stuck("2016-12-01")) == ["depok-osaki/loi/1", "bogor-kisarazu/loi", "depok-osaki/loi"]
    assert refs(office.stuck("2016-10-19")) == ["depok-osaki/loi/1"]
    assert refs(office.stuck("2016-12-01", owner="p1")) == ["bogor-kisarazu/loi"]
    assert refs(office.stuck("2016-12-01", limit=1)) == ["depok-osaki/loi/1"]


def test_a_stage_whose_definition_is_not_there_is_not_stuck_whatever_its_state_is_elsewhere(office):
    start(office, new("instance", ref="visit", stage="visit", state="drafting"), id="agr-4", ref="a-b")

    for filters in ({}, {"owner": "p1"}):
        assert [ref for ref in refs(office.stuck("2016-12-01", **filters)) if ref.startswith("a-b/")] == ["a-b/loi"]


def test_due_is_what_wakes_by_now_the_earliest_first_once_an_agreement(office):
    assert office.due("2016-11-21T16:59:59Z") == []
    assert office.due("2016-11-21T17:00:00Z") == ["agr-1"]
    assert office.due("2017-01-01T00:00:00Z") == ["agr-1", "agr-2"]


def test_what_is_settled_never_wakes(office):
    commit(office, office.load("agr-1").head, Effect("deadline", ("loi", "answer", 1), {"status": "met", "wake_at": ""}))

    assert office.due("2017-01-01T00:00:00Z") == ["agr-2"]
    assert refs(office.deadlines()) == ["depok-osaki", "depok-osaki"]


def test_counts_name_the_records(office):
    counts = office.counts()

    assert (counts["agreement"], counts["instance"], counts["deadline"], counts["entry"], counts["pending"]) == (3, 5, 4, 4, 4)


def test_integrity_names_what_no_definition_explains(office):
    assert office.integrity() == ["bogor-kisarazu/visit: its definition is not in the database"]


def test_an_empty_office_is_sound(store):
    commit(store, Head("sys"), new("person"))

    assert store.integrity() == []

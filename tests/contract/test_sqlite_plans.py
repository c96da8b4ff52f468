"""Every statement of the daily path finds its rows by an index."""

from __future__ import annotations

import json
import re

import pytest
from building import commit, new, of_the_tree, start

from workflow.core.agreement import Effect, Head
from workflow.ports import HeadMoved, Pinned
from workflow.store.sqlite import SqliteStore

SMALL = {"beat", "person", "setting", "tree"}  # read whole: an office has dozens, one tree
LOI = Pinned("stage", "loi", 1, "d" * 64, json.dumps({"state": {"drafting": {}}, "item": {"state": {"planned": {}}}}))


def daily_path(store):
    """Each thing that a command or the worker asks of the store, once."""
    head = start(store, *(new(table) for table in ("row", "document", "approval", "deadline", "activity", "message")), definitions=[LOI])
    head = commit(store, head, Effect("agreement", (), {"title": "x"}), Effect("instance", ("loi",), {"state": "signed"}),
                  Effect("row", ("loi", "home-affairs", 1), {"status": "met"}), Effect("document", (1,), {"stored": False}),
                  Effect("approval", (1,), {"reason": "x"}), Effect("deadline", ("loi", "answer", 1), {"status": "met", "wake_at": ""}),
                  Effect("activity", (1,), {"note": "x"}), entry={"details": (("0.note", b"salt", '"x"'),)}, request=("r1", "d"))
    office = commit(store, Head("sys"), *(new(table) for table in ("person", "day", "coverage", "setting")))
    commit(store, office, Effect("person", ("p1",), {"active": False}), Effect("day", ("ID", "2026-03-20"), {"kind": "working"}),
           Effect("coverage", ("ID", 2026), {"status": "partial"}), Effect("setting", ("zone",), {"value": 1}))
    with pytest.raises(HeadMoved):
        commit(store, Head("agr-1", 1, "0" * 64))
    for kind in ({}, {"whole": True}, {"history": True}):
        store.load("bogor-kisarazu", **kind)
        store.load("agr-1", **kind)
    store.request("r1")
    store.refs("bogor")
    store.refs("bogor-kisarazu/l")
    store.pinned("stage", "loi", 1, "d" * 64)
    store.office()
    store.person("p1")
    store.person("siti")
    store.calendar("ID")
    list(store.entries("agr-1", after=1))
    store.entry("agr-1", 1)
    for filters in ({}, {"owner": "p1"}, {"track": "sister-city"}, {"stage": "loi"}, {"state": "signed"}, {"text": "x"}):
        store.listing(**filters)
    for filters in ({}, {"until": "2026-01-01"}, {"overdue": True}, {"owner": "p1"}, {"agreement": "agr-1"}):
        store.deadlines(**filters)
    store.stuck("2026-01-01")
    store.stuck("2026-01-01", owner="p1")
    store.due("2026-01-01T00:00:00Z")
    claims = store.claim("2026-01-01T00:00:00Z", "w1", 60)
    store.hand(claims)
    store.waiting(["agr-1"])
    store.release(claims)
    store.settle([], store.claim("2026-01-01T00:00:00Z", "w1", 60))
    store.parked()
    store.heartbeat("w1", "2026-01-01T00:00:00Z")
    store.beats()
    store.messages(unsent="2026-01-01T00:00:00Z")
    store.messages(agreement="bogor-kisarazu")
    of_the_tree(store)


@pytest.fixture(scope="module")
def plans():
    """Each statement that the daily path ran, with the steps by which SQLite finds its rows."""
    with SqliteStore.create_memory() as store:
        ran: list[str] = []
        store._db.set_trace_callback(ran.append)
        daily_path(store)
        store._db.set_trace_callback(None)
        asked = [text.strip() for text in dict.fromkeys(ran) if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", text)]
        return {text: [row[3] for row in store._db.execute(f"EXPLAIN QUERY PLAN {text}")] for text in asked}


def scanned(text, steps):
    """The tables of which a statement reads every row."""
    names = {alias: table for table, alias in re.findall(r"\b(?:FROM|JOIN)\s+(\w+)\s+(?!WHERE|ORDER|JOIN|ON)(\w+)\b", text)}
    found = [step.split()[1] for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step and step != "SCAN CONSTANT ROW"
             and not step.startswith("SCAN (subquery-")]  # what a subquery has found is no table
    return {names.get(name, name) for name in found}


def test_no_statement_of_the_daily_path_reads_a_whole_table(plans):
    tables = {text: scanned(text, steps) - SMALL for text, steps in plans.items()}
    allowed = {text: {"definition", "live", "o"} for text in plans if "live" in text}  # `stuck` reads the pinned definitions, and what it found (o)

    assert len(plans) > 50
    assert {text: found for text, found in tables.items() if found - allowed.get(text, set())} == {}


@pytest.mark.parametrize("index", [
    "deadline_agenda (effective<?)", "deadline_overdue (effective<?)", "deadline_due (wake_at<?)", "instance_state_since (state=? AND since<?)",
    "agreement_owner_ref (owner=? AND ref>?)", "agreement_2 (ref=?)", "person_login (login=?)", "entry_1 (chain=? AND cseq>?)",
    "PRIMARY KEY (rowid>?)",
])
def test_every_index_serves_the_question_it_was_made_for(plans, index):
    assert any(index in step for steps in plans.values() for step in steps)


def test_the_nearest_deadlines_and_what_is_due_are_read_in_order(plans):
    """Without sorting: the first page costs the same however many there are."""
    narrowed = ("d.agreement = (", "a.owner = ")  # one agreement or one person's: few enough to sort
    pages = {text: steps for text, steps in plans.items() if re.search("^SELECT (a.ref, |agreement ).*FROM deadline .*LIMIT", text)}
    pages = {text: steps for text, steps in pages.items() if not any(condition in text for condition in narrowed)}

    assert len(pages) == 4
    assert not [text for text, steps in pages.items() if any("TEMP B-TREE" in step for step in steps)]

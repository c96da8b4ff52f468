"""Deciding on what a process saw last: somebody else's change is met by the commit, and never makes a refusal or an error of its own."""

from __future__ import annotations

import pytest
from benchmarks.offices import build, plain
from world import World

from workflow.engine import Ask
from workflow.errors import TriggerNotAllowed
from workflow.store.postgresql import PostgresStore

REF = "plain/plain"


@pytest.fixture
def hands(tmp_path, database_url):
    """Two processes of one office, both of which know its one stage."""
    mine = build(database_url)
    plain(mine)
    with mine.store, PostgresStore.open(database_url) as other:
        theirs = World(tmp_path, other)
        theirs.library._read_catalog = mine.library._read_catalog
        for number, world in enumerate((mine, theirs, mine)):
            world.engine.activity("plain", f"meeting {number}")
        yield mine.engine, theirs.engine


def acts(engine):
    return [entry.act for entry in engine.store.entries(engine.store.load("plain").agreement.id)]


def asked(engine, monkeypatch):
    found, rows = [], engine.store._link.rows
    monkeypatch.setattr(engine.store._link, "rows", lambda *args, **more: (found.append(args[0]), rows(*args, **more))[1])
    return found


def test_a_decision_on_what_is_known_asks_the_server_once(database_url, monkeypatch):
    world = build(database_url)
    plain(world)
    with world.store:
        world.engine.activity("plain", "a meeting")
        found = asked(world.engine, monkeypatch)

        world.engine.advance(REF, "submit")

        assert len(found) == 1


def test_what_somebody_else_did_is_decided_on_and_not_refused(hands):
    mine, theirs = hands
    theirs.advance(REF, "submit")

    mine.advance(REF, "return")

    assert mine.store.load("plain").instance("plain").state == "drafting"
    assert "refuse" not in acts(mine)


def test_a_commit_on_what_has_changed_is_decided_again(hands):
    mine, theirs = hands
    theirs.activity("plain", "exchange")

    mine.advance(REF, "submit")

    assert acts(mine)[-2:] == ["activity", "advance"]


def test_what_may_not_be_is_refused_once_and_on_record_once(hands):
    mine, theirs = hands
    theirs.advance(REF, "submit")

    with pytest.raises(TriggerNotAllowed):
        mine.advance(REF, "submit")

    assert acts(mine).count("refuse") == 1


def test_a_dry_run_tells_of_what_is_there_now(hands):
    mine, theirs = hands
    theirs.advance(REF, "submit")

    assert mine.advance(REF, "return", Ask(dry_run=True)).change.target == "drafting"


def test_where_others_write_too_nobody_decides_unasked(hands, monkeypatch):
    """Whoever has one question to ask would win from whoever has to read first, every time."""
    mine, theirs = hands
    theirs.activity("plain", "exchange")
    mine.activity("plain", "another")
    found = asked(mine, monkeypatch)

    mine.advance(REF, "submit")

    assert len(found) == 2

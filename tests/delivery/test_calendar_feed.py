"""The calendar that people subscribe to: it follows a deadline from its opening to its end."""

from __future__ import annotations

import icalendar
import pytest
from flows.scenes import answer, ask, at_council
from letters import person
from world import World

from workflow.core.draft import Draft
from workflow.exports.ics import feed


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path).holidays()
    world.mou = at_council(world, received="")
    return world


def council(world, language="en", **more):
    draft = world.engine.read(world.mou)
    assert isinstance(draft, Draft)
    made = feed([draft], {"p1": person()}, world.clock(), language, **more)
    found = [event for event in icalendar.Calendar.from_ical(made).walk("VEVENT") if ".council." in event["uid"]]
    return found[0] if found else None


def test_a_deadline_comes_moves_and_is_cancelled_under_one_identity(world):
    assert council(world) is None

    world.engine.record(world.mou, ask({"council-letter.received": "2026-03-02"}))
    opened = council(world)
    assert (opened["dtstart"].dt.isoformat(), opened["sequence"], opened["status"]) == ("2026-05-13", 1, "CONFIRMED")
    assert "PP 28/2018 art. 30(4)" in opened["description"]

    world.at("2026-03-20")
    answer(world, world.mou, "council", "approved", "2026-03-20")
    closed = council(world)
    assert (closed["status"], closed["uid"]) == ("CANCELLED", opened["uid"])
    assert closed["dtstamp"].dt > opened["dtstamp"].dt


def test_only_the_agreements_of_whoever_it_is_for(world):
    world.engine.record(world.mou, ask({"council-letter.received": "2026-03-02"}))

    assert council(world, owner="p1") is not None
    assert council(world, owner="p2") is None


def test_it_is_the_same_text_for_the_same_moment(world):
    draft = world.engine.read(world.mou)

    assert len({feed([draft], {}, "2026-03-02T00:00:00Z", "id") for _ in range(3)}) == 1

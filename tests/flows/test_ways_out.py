"""Whatever was entered by mistake has a way out, and what a refusal asks for leads on."""

from __future__ import annotations

import pytest
from flows.scenes import ELIGIBLE, answer, ask, existing, mou_in_force, replays, row, signed_loi, submit

from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import InvalidInput, RequirementsUnmet

WHY = Ask(reason="a slip of the pen")


def undo(world, entry):
    return world.engine.correct(entry, WHY, undo=True)


def open_clocks(world, ref, name):
    agreement, _, stage = ref.partition("/")
    rows = world.case(agreement).tables["deadline"].values()
    return [(row.effective, row.status) for row in rows if (row.instance, row.name) == (stage, name) and row.status == "open"]


def test_a_deadline_extended_too_far_is_set_back(world):
    """An extension only ends later: without this a date typed wrongly would be the last that was ever told."""
    loi = signed_loi(world, "2026-02-20")
    before = open_clocks(world, loi, "register")
    done = world.engine.extend(loi, "register", WHY, to="2062-12-20")

    undo(world, done.entry)

    assert open_clocks(world, loi, "register") == before
    assert replays(world.store, loi)


def test_a_deadline_waived_by_mistake_runs_again(world):
    loi = signed_loi(world, "2026-02-20")
    before = open_clocks(world, loi, "register")
    done = world.engine.waive(loi, "register", WHY)
    assert not open_clocks(world, loi, "register")

    undo(world, done.entry)

    assert open_clocks(world, loi, "register") == before
    assert replays(world.store, loi)


def test_two_that_follow_one_another_are_not_entered_in_force_at_once(world):
    mou = mou_in_force(world)
    with pytest.raises(InvalidInput, match="--link predecessor=mou"):
        existing(world, mou.partition("/")[0], "mou", "in-force", "2026-01-05")

    existing(world, mou.partition("/")[0], "mou", "in-force", "2026-01-05", predecessor="mou")
    assert world.stage(mou).state == "superseded"


def test_a_last_day_of_a_term_that_nobody_stated_is_no_end_and_says_so(world):
    ref = world.start()
    done = existing(world, ref, "mou", "in-force", "2016-05-01", {"signed_on": "2016-05-01", "ends_on": "2020-04-30"})
    assert any("does not end by itself" in str(note) for note in done.change.notes)

    world.engine.record(f"{ref}/mou", ask({"term_kind": "fixed"}))
    world.engine.expire_due(ref)
    assert world.stage(f"{ref}/mou").state == "expired"


def test_dates_that_contradict_each_other_are_told_when_they_are_entered(world):
    ref = world.start()
    done = existing(world, ref, "mou", "in-force", "2022-01-01", {"signed_on": "2022-01-01", "in_force_on": "2021-01-01"})

    assert any("cannot be in force before it was signed" in str(note) for note in done.change.notes)


def test_an_approval_of_a_text_that_was_not_there_yet_is_given_again(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": "health", **ELIGIBLE}))
    world.as_("p2").approve(f"{ref}/loi", "legal-check")
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{ref}/loi", "consult")
    assert [found.requirement for found in refused.value.unmet] == ["legal-check"]


def test_what_an_opening_lacks_is_one_command(world):
    """Two commands that each bring half are refused in turn for ever."""
    mou = mou_in_force(world, ends_on="2030-01-01")
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.open(mou.partition("/")[0], "action-plan", Ask(links={"base": "mou"}))

    assert len(refused.value.unmet) > 1
    (command,) = {found.command for found in refused.value.unmet}
    assert all(word in command for word in ("fields=", "period_from=", "period_to="))


def test_a_country_typed_wrongly_is_put_right(world):
    ref = world.start()

    world.engine.correct(f"{ref}#1", Ask(facts=[Fact("party.木更津市.country", "KR")], reason="slip"))
    assert [party["country"] for party in world.case(ref).agreement.parties] == ["ID", "KR"]
    with pytest.raises(InvalidInput, match="without = and :"):
        world.engine.correct(f"{ref}#1", Ask(facts=[Fact("party.木更津市", "Kisarazu:JP")], reason="slip"))


def test_a_correction_that_is_suggested_names_the_field_as_it_is_typed(world):
    ref = world.start()
    existing(world, ref, "loi", "consulting", "2026-01-05")
    world.engine.record(f"{ref}/loi", ask({"partner-text.answer": "agreed", "partner-text.received": "2026-02-02"}))

    with pytest.raises(InvalidInput, match=r"mufakat correct ENTRY partner-text\.answer="):
        world.engine.record(f"{ref}/loi", ask({"partner-text.answer": "refused"}))


def test_an_approval_is_offered_to_who_may_give_it(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": "health", **ELIGIBLE}))
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))

    def offered(person):
        (found,) = next(unmet for name, _, unmet in world.as_(person).options(f"{ref}/loi") if name == "consult")
        return found.command

    assert offered("p1") == f"mufakat --as PERSON approve {ref}/loi legal-check"
    assert offered("p2") == f"mufakat approve {ref}/loi legal-check"


def test_a_stage_entered_in_the_wrong_state_is_put_into_the_right_one(world):
    """As if it had been entered so: what was documented stays, what the new state would have asked for is unknown."""
    ref = world.start()
    wrong = existing(world, ref, "mou", "withdrawn", "2019-05-02", {"signed_on": "2019-05-02", "term_kind": "fixed", "ends_on": "2030-01-01"})
    right = world.start("other")
    existing(world, right, "mou", "in-force", "2019-05-02", {"signed_on": "2019-05-02", "term_kind": "fixed", "ends_on": "2030-01-01"})

    done = world.engine.correct(wrong.entry, ask({"state": "in-force"}, reason="slip"))

    def told(agreement):
        tables = world.case(agreement).tables
        return (world.stage(f"{agreement}/mou")._replace(revision=0, hash=""),
                {key: (row.status, row.data) for key, row in tables["row"].items() if row.status != "open" or row.data},
                sorted((row.name, row.effective) for row in tables["deadline"].values() if row.status == "open"))

    assert (done.change.source, done.change.target) == ("withdrawn", "in-force")
    assert told(ref) == told(right)
    assert replays(world.store, ref)


def test_a_stage_that_has_moved_is_not_put_into_another_state(world):
    loi = signed_loi(world)
    entry = f"{loi.partition('/')[0]}#2"
    world.engine.advance(loi, "close", ask(papers=[world.paper("closing-note")]))

    with pytest.raises(InvalidInput, match="it has moved since"):
        world.engine.correct(entry, ask({"state": "stale"}, reason="slip"))


def test_an_answer_is_not_taken_back_from_under_the_round_that_followed_it(world):
    """The later question would be lost with it."""
    ref = world.start()
    existing(world, ref, "mou", "ready-to-sign", "2026-02-01")
    mou = f"{ref}/mou"
    world.at("2026-03-20").engine.record(mou, ask({"partner-council.asked": "2026-02-10"}))
    answered = world.engine.record(mou, ask({"partner-council.answer": "refused", "partner-council.received": "2026-03-11"})).entry
    again = world.engine.record(mou, ask({"partner-council.asked": "2026-03-19"})).entry

    with pytest.raises(InvalidInput, match="depends on it"):
        undo(world, answered)
    undo(world, again)
    undo(world, answered)
    assert row(world, mou, "partner-council").data == {"asked": "2026-02-10"}


def test_papers_are_not_taken_back_from_under_the_step_that_rests_on_them(world):
    """Also where the step moves to no other state."""
    ref = world.start()
    existing(world, ref, "mou", "signed", "2026-02-01", {"signed_on": "2026-02-01"})
    asked = world.provide(f"{ref}/mou", "deposit")
    papers = world.engine.record(f"{ref}/mou", asked).entry
    world.engine.advance(f"{ref}/mou", "deposit")

    with pytest.raises(InvalidInput, match="depends on it"):
        undo(world, papers)


@pytest.mark.parametrize(("which", "expected"), [
    ("return", [["plan-draft", "2026-03-02"], ["at-council", "2026-03-02"], ["plan-draft", "2026-03-05"]]),
    ("open", [["plan-draft", "2026-02-20"], ["at-council", "2026-03-02"], ["plan-draft", "2026-03-02"]]),
])
def test_of_two_entries_into_a_state_on_one_day_the_one_that_is_meant_is_dated_otherwise(world, which, expected):
    ref = signed_loi(world).partition("/")[0]
    opened = world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}, occurred="2026-03-02")).entry
    submit(world, f"{ref}/mou", "2026-03-02", "2026-03-02")
    world.at("2026-03-10")
    answer(world, f"{ref}/mou", "council", "returned", received="2026-03-02")
    returned = world.engine.advance(f"{ref}/mou", "return", ask(occurred="2026-03-02")).entry

    world.engine.correct({"return": returned, "open": opened}[which], ask(occurred=expected[-1 if which == "return" else 0][1], reason="slip"))

    assert world.stage(f"{ref}/mou").entered == expected
    assert world.stage(f"{ref}/mou").since == expected[-1][1]

"""Corrections of what has gone on since, and steps taken back: everything they wrote, and nothing else."""

from __future__ import annotations

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, mou_in_force, replays, row, rows, signed_loi

from workflow.engine import Ask
from workflow.errors import InvalidInput

WHY = "a slip of the pen"


def latest(world, ref: str) -> str:
    return f"{ref.partition('/')[0]}#{len(entries(world, ref))}"


def undo(world, entry: str):
    return world.engine.correct(entry, Ask(reason=WHY), undo=True)


def standing(world, ref: str, name: str) -> list[tuple[str, str]]:
    """The open revisions of a deadline: one at most."""
    return [(due.anchor, due.anchored_on) for due in rows(world, ref, "deadline") if due.name == name and due.status == "open"]


def test_a_correction_writes_the_round_that_it_corrects(world):
    """The council answered, its answer was acted on, and a new round is open: the new one stays empty."""
    mou = at_council(world)
    answer(world, mou, "council", "returned")
    entry = latest(world, mou)
    world.engine.advance(mou, "return")

    world.engine.correct(entry, ask({"council.received": "2026-03-01"}, reason=WHY))

    rounds = [(found.round, found.status, found.data.get("received")) for found in rows(world, mou, "row") if found.name == "council"]
    assert rounds == [(1, "refused", "2026-03-01"), (2, "open", None)]
    assert replays(world.store, mou)


def test_another_scan_is_of_the_same_version(world):
    """What the council decided about is still what lies before it."""
    mou = at_council(world)
    entry = latest(world, mou)
    answer(world, mou, "council", "approved")

    world.engine.correct(entry, ask(papers=[world.paper("plan")], reason="page three was missing"))

    assert [(doc.version, doc.withdrawn) for doc in rows(world, mou, "document") if doc.row == "plan"] == [(1, True), (1, False)]
    world.engine.advance(mou, "approve")


def test_an_end_that_was_reckoned_is_reckoned_again(world):
    ref = world.start()
    done = existing(world, ref, "mou", "in-force", "2025-06-01", {"in_force_on": "2025-06-01", "term_kind": "fixed", "term_months": "60"})

    world.engine.correct(done.entry, ask({"in_force_on": "2025-07-01"}, reason=WHY))

    assert row(world, f"{ref}/mou", "instrument").data["ends_on"] == "2030-07-01"


def test_an_end_that_was_stated_stays(world):
    ref = world.start()
    given = {"in_force_on": "2025-06-01", "term_kind": "fixed", "term_months": "60", "ends_on": "2030-12-31"}
    done = existing(world, ref, "mou", "in-force", "2025-06-01", given)

    world.engine.correct(done.entry, ask({"in_force_on": "2025-07-01"}, reason=WHY))

    assert row(world, f"{ref}/mou", "instrument").data["ends_on"] == "2030-12-31"


def test_another_date_of_a_step_is_that_of_all_it_moved(world):
    loi = signed_loi(world)
    ref = "bogor-kisarazu"
    given = {"signed_on": "2026-02-02", "in_force_on": "2026-02-10", "term_kind": "evergreen"}
    existing(world, ref, "mou", "signed", "2026-02-02", given, origin="loi")
    world.engine.expire_due(ref)
    assert world.stage(loi).since == "2026-02-10"

    world.engine.correct(latest(world, ref), ask(occurred="2026-02-05", reason=WHY))

    assert (world.stage(loi).since, world.stage(f"{ref}/mou").since) == ("2026-02-05", "2026-02-05")


def test_another_date_of_a_counted_step_moves_what_counts_from_it(world):
    ref = world.start()
    existing(world, ref, "mou", "at-foreign-affairs", "2026-01-05")
    world.take(f"{ref}/mou", "counter-draft", substance_changed="no")

    world.engine.correct(latest(world, ref), ask(occurred="2026-02-20", reason=WHY))

    assert world.stage(f"{ref}/mou").counters == {"counter_drafts": [1, "2026-02-20"]}
    assert standing(world, f"{ref}/mou", "negotiation") == [("counter:counter_drafts", "2026-02-20")]


def test_dates_do_not_change_places(world):
    mou = at_council(world, sent="2026-02-20")
    submitted = latest(world, mou)
    answer(world, mou, "council", "approved")
    world.engine.advance(mou, "approve", ask(occurred="2026-03-01"))

    with pytest.raises(InvalidInput, match="change places"):
        world.engine.correct(submitted, ask(occurred="2026-03-02", reason=WHY))
    with pytest.raises(InvalidInput, match="change places"):
        world.engine.correct(submitted, ask(occurred="2026-01-05", reason=WHY))


def test_the_correction_of_an_activity_is_corrected(world):
    ref = world.start()
    done = world.engine.activity(ref, "exchange", ask(occurred="2025-12-15"))
    again = world.engine.correct(done.entry, ask(occurred="2025-12-14", reason=WHY))

    world.engine.correct(again.entry, ask({"title": "student exchange"}, occurred="2025-12-13", reason=WHY))

    held = world.case(ref).tables["activity"][1,]
    assert (held.title, held.on) == ("student exchange", "2025-12-13")


@pytest.mark.parametrize("given", [{"title": "  "}, {"kind": "party"}, {"until": "2025-01-01"}])
def test_an_activity_is_not_corrected_into_what_it_cannot_be(world, given):
    ref = world.start()
    done = world.engine.activity(ref, "exchange", ask(occurred="2025-12-15"))

    with pytest.raises(InvalidInput):
        world.engine.correct(done.entry, ask(given, reason=WHY))


def test_a_clock_that_was_moved_is_moved_back(world):
    """There is one clock afterwards, and it counts from where it counted before."""
    ref = world.start()
    existing(world, ref, "mou", "at-foreign-affairs", "2026-02-02")
    world.take(f"{ref}/mou", "counter-draft", substance_changed="no")

    undo(world, latest(world, ref))

    assert standing(world, f"{ref}/mou", "negotiation") == [("state:at-foreign-affairs", "2026-02-02")]
    assert world.stage(f"{ref}/mou").counters == {}
    assert replays(world.store, ref)


def test_an_end_typed_wrongly_is_put_right_though_the_clock_has_fired(world):
    """First the date, then the step that the clock took because of it: else the clock would take it again."""
    mou = mou_in_force(world, ends_on="2026-01-01")
    world.engine.expire_due("bogor-kisarazu")
    fired = latest(world, mou)

    world.engine.correct("bogor-kisarazu#2", ask({"ends_on": "2027-01-01"}, reason=WHY))
    undo(world, fired)

    assert (world.stage(mou).state, standing(world, mou, "term")) == ("in-force", [("field:instrument.ends_on", "2027-01-01")])
    world.engine.expire_due("bogor-kisarazu")
    assert world.stage(mou).state == "in-force"
    assert replays(world.store, mou)


def test_the_step_before_one_taken_back_is_taken_back_too(world):
    mou = at_council(world)
    submitted = latest(world, mou)
    answer(world, mou, "council", "returned")
    answered = latest(world, mou)
    world.engine.advance(mou, "return")
    undo(world, latest(world, mou))

    with pytest.raises(InvalidInput, match=f"entry {answered.partition('#')[2]} depends on it"):
        undo(world, submitted)


def test_two_steps_are_taken_back_one_after_the_other(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    before = world.case(mou).tables
    world.engine.advance(mou, "approve")
    approved = latest(world, mou)
    world.take(mou, "forward")

    undo(world, latest(world, mou))
    undo(world, approved)

    now = world.case(mou).tables
    assert now["instance"]["mou",]._replace(revision=0) == before["instance"]["mou",]._replace(revision=0)
    assert {key: held for key, held in now["row"].items() if held.data} == {key: held for key, held in before["row"].items() if held.data}
    assert replays(world.store, mou)


def test_what_is_taken_back_is_not_taken_back_twice(world):
    mou = at_council(world)
    answer(world, mou, "council", "approved")
    world.engine.advance(mou, "approve")
    entry = latest(world, mou)
    undo(world, entry)

    with pytest.raises(InvalidInput, match="taken back already"):
        undo(world, entry)


@pytest.mark.parametrize("entry", ["bogor-kisarazu#²", "bogor-kisarazu#" + "9" * 40, "bogor-kisarazu#-1"])
def test_a_number_that_is_none_is_refused(world, entry):
    world.start()

    with pytest.raises(InvalidInput, match="as history shows it"):
        world.engine.correct(entry, Ask(reason=WHY))


def test_the_clock_waits_while_what_it_goes_by_is_put_right(world):
    """A signature entered in error, in force from the same day: the clock would bring it into force before it could be taken back."""
    ref = world.start()
    existing(world, ref, "mou", "ready-to-sign", "2026-02-02")
    world.take(f"{ref}/mou", "sign", signed_on="2026-03-02", in_force_on="2026-03-02")
    signed = latest(world, ref)
    world.engine.expire_due(ref)
    assert world.stage(f"{ref}/mou").state == "in-force"

    undo(world, latest(world, ref))
    undo(world, signed)

    assert world.stage(f"{ref}/mou").state == "ready-to-sign"
    assert not world.engine.expire_due(ref)
    assert replays(world.store, ref)

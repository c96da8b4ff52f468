"""What people may do about a promised date, and what is the law's."""

from __future__ import annotations

from datetime import date

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, replays, rows, signed_loi

from workflow.core.deadline import fires
from workflow.errors import DeadlineBound, InvalidInput, NotAsItStands, NotAuthorised, NotFound

WHY = ask(reason="the partner asked for it")


@pytest.fixture
def loi(world) -> str:
    """A letter of intent that is to be registered by Friday 6 March 2026."""
    return signed_loi(world, "2026-02-20")


def revisions(world, ref: str, name: str) -> list[tuple[str, str, str]]:
    return [(row.status, row.act, row.effective) for row in rows(world, ref, "deadline") if row.name == name]


def test_an_extension_is_a_new_revision_and_the_old_one_stays(world, loi):
    world.engine.extend(loi, "register", WHY, to="2026-03-31")

    assert revisions(world, loi, "register") == [("void", "import", "2026-03-06"), ("open", "extend", "2026-03-31")]
    due, entry = world.deadline(loi, "register"), entries(world, loi)[-1]
    assert (due.reason, due.anchored_on, due.nominal) == ("the partner asked for it", "2026-02-20", "2026-03-06")
    assert (entry.act, entry.trigger, entry.instance) == ("extend", "register", "loi")
    assert replays(world.store, loi)


def test_an_extension_by_working_days_counts_them(world, loi):
    """Nyepi (19 March) and Idul Fitri with its joint leave lie between."""
    world.engine.extend(loi, "register", WHY, by="+10bd")

    assert world.deadline(loi, "register").effective == "2026-03-27"


@pytest.mark.parametrize("given", [{}, {"to": "2026-03-06"}, {"to": "2026-02-01"}, {"to": "2026-04"}, {"by": "-5bd"},
                                   {"to": "2026-04-01", "by": "+5bd"}])
def test_an_extension_ends_later_on_one_day(world, loi, given):
    with pytest.raises(InvalidInput):
        world.engine.extend(loi, "register", WHY, **given)


def test_what_was_extended_is_not_counted_back(world, loi):
    """Further facts on the same stage leave the new date alone."""
    world.engine.extend(loi, "register", WHY, to="2026-03-31")

    world.engine.activity(loi, "a visit")
    world.engine.record(loi, ask({"place": "Kisarazu"}))

    assert world.deadline(loi, "register").effective == "2026-03-31"


def test_an_extended_promise_is_kept_by_its_new_day(world, loi):
    world.engine.extend(loi, "register", WHY, to="2026-03-31")
    world.at("2026-03-20")

    world.take(loi, "file")

    assert revisions(world, loi, "register")[-1][0] == "met"


@pytest.mark.parametrize("verb", ["extend", "suspend", "resume", "waive"])
def test_nothing_moves_without_a_reason(world, verb):
    mou = at_council(world)
    more = {"by": "+5bd"} if verb == "extend" else {}

    with pytest.raises(InvalidInput, match="reason"):
        getattr(world.engine, verb)(mou, "council", ask(), **more)


def test_the_law_s_period_is_not_the_office_s_to_move(world):
    """PP 28/2018 art. 30(4): the attempt stands in the journal, the date does not move."""
    mou = at_council(world)

    with pytest.raises(DeadlineBound, match="the law's period is not the office's to move"):
        world.engine.extend(mou, "council", WHY, by="+10bd")
    with pytest.raises(DeadlineBound, match=r"30\(4\)"):
        world.engine.waive(mou, "council", WHY)

    assert revisions(world, mou, "council") == [("open", "", "2026-05-13")]
    assert [(entry.act, entry.trigger) for entry in entries(world, mou)][-2:] == [("refuse", "extend"), ("refuse", "waive")]


def test_a_clock_that_stood_still_moves_the_day_by_the_working_days_that_passed(world):
    mou = at_council(world)
    world.at("2026-03-10").engine.suspend(mou, "council", ask(reason="the council asked for a translation"))
    stopped = world.deadline(mou, "council")
    assert (stopped.act, stopped.stopped_on, stopped.wake_at, stopped.effective) == ("suspend", "2026-03-10", "", "2026-05-13")

    world.at("2026-03-17").engine.resume(mou, "council", ask(reason="it has the translation"))

    due, calendar = world.deadline(mou, "council"), world.library.calendar("ID")
    assert (due.act, due.stopped_on, due.effective) == ("resume", "", calendar.add(date(2026, 5, 13), 5)[0].isoformat())
    assert [status for status, _, _ in revisions(world, mou, "council")] == ["void", "void", "open"]
    assert replays(world.store, mou)


def test_a_clock_stands_still_only_where_the_definition_lets_it(world, loi):
    with pytest.raises(DeadlineBound, match="does not let its clock stand still"):
        world.engine.suspend(loi, "register", WHY)


def test_a_clock_stands_still_once_and_only_while_it_ran(world):
    mou = at_council(world)
    with pytest.raises(NotAsItStands, match="its clock runs"):
        world.engine.resume(mou, "council", WHY)
    with pytest.raises(InvalidInput, match="its clock ran from"):
        world.engine.suspend(mou, "council", ask(reason="x", occurred="2026-03-01"))
    world.at("2026-03-10").engine.suspend(mou, "council", WHY)

    with pytest.raises(NotAsItStands, match="has stood still since"):
        world.engine.suspend(mou, "council", WHY)
    with pytest.raises(InvalidInput, match="stood still from"):
        world.engine.resume(mou, "council", ask(reason="x", occurred="2026-03-09"))


def test_an_answer_while_the_clock_stood_still_is_in_time(world):
    mou = at_council(world)
    world.at("2026-03-10").engine.suspend(mou, "council", WHY)

    answer(world.at("2026-07-01"), mou, "council", "approved", "2026-07-01")

    assert revisions(world, mou, "council")[-1][0] == "met"


def test_a_stopped_clock_fires_nothing(world):
    ref = world.start()
    existing(world, ref, "visit", "cleared", "2026-03-02", {"direction": "inbound", "starts_on": "2026-03-03", "ends_on": "2026-03-04"})
    case = world.case(ref)
    row = next(row for row in case.tables["deadline"].values() if row.name == "starts")

    assert fires(row, "2026-03-04T00:00:00Z")
    assert not fires(row._replace(stopped_on="2026-03-02", wake_at=""), "2026-03-04T00:00:00Z")


def test_what_is_waived_does_not_come_back_for_the_same_reason(world, loi):
    world.engine.waive(loi, "register", WHY)

    world.engine.record(loi, ask({"place": "Kisarazu"}))

    assert revisions(world, loi, "register") == [("void", "import", "2026-03-06"), ("void", "waive", "2026-03-06")]
    assert replays(world.store, loi)


def test_a_recurring_promise_that_is_waived_goes_on_with_its_next(world):
    loi = signed_loi(world, "2025-11-18")

    world.engine.waive(loi, "review-evergreen", WHY)

    assert revisions(world, loi, "review-evergreen")[-1] == ("open", "", "2029-11-18")


def test_a_dry_run_shows_the_revision_and_writes_none(world, loi):
    done = world.engine.extend(loi, "register", WHY._replace(dry_run=True), to="2026-03-31")

    assert [row.effective for row in done.deadlines] == ["2026-03-06", "2026-03-31"]
    assert len(revisions(world, loi, "register")) == 1


def test_not_everybody_moves_a_date(world, loi):
    with pytest.raises(NotAuthorised, match="it takes the role coordinator"):
        world.as_("p9", roles=("finance",)).waive(loi, "register", WHY)


def test_a_name_that_is_none_is_told_those_that_are(world, loi):
    with pytest.raises(NotFound) as unknown:
        world.engine.waive(loi, "registry", WHY)

    assert f"{loi} register" in unknown.value.known


def test_an_agreement_s_own_deadline_is_named_by_the_agreement(world, loi):
    ref = loi.partition("/")[0]
    existing(world, ref, "mou", "in-force", "2025-06-01", {"signed_on": "2025-06-01", "in_force_on": "2025-06-01", "term_kind": "evergreen"})

    world.engine.extend(ref, "dormancy", WHY, by="+1m")

    assert revisions(world, f"{ref}/", "dormancy")[-1][:2] == ("open", "extend")

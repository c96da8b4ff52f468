"""History entered truthfully: regimes by date, what nobody documented, vague dates, acts in breach, late entries."""

from __future__ import annotations

import pytest
from flows.scenes import ask, entries, existing, replays, row, rows, signed_loi

from workflow.errors import InvalidInput, NotFound, OutOfSequence, RequirementsUnmet

PROPOSAL = {"direction": "inbound", "initiative": "partner", "rationale": "organic farming"}


def visit(world, occurred: str = "", **given: str) -> str:
    """A proposed visit."""
    ref = world.start()
    world.engine.open(ref, "visit", ask(PROPOSAL | given, occurred=occurred))
    return f"{ref}/visit"


def wanted(world, ref: str, trigger: str) -> dict[str, str]:
    """What a transition still asks for, each with its citation."""
    unmet = next(found for name, _, found in world.engine.options(ref) if name == trigger)
    return {found.requirement: found.citation for found in unmet}


def test_a_visit_of_2016_is_not_asked_for_the_law_of_2018(world):
    """Art. 27 of PP 28/2018 is judged by the day the case was opened."""
    then = visit(world, "2016-10-06")
    world.engine.open("bogor-kisarazu", "visit", ask(PROPOSAL, occurred="2026-03-02"))
    now = wanted(world, "bogor-kisarazu/visit-2", "screen")

    assert set(wanted(world, then, "screen")) == {"old-criteria"}
    assert set(now) == {"eligibility", "sister-criteria"}
    assert now["eligibility"] == "PP 28/2018 art. 27(1)-(2)"


def test_a_partner_without_diplomatic_relations_is_refused_by_law_and_on_record(world):
    ref = visit(world)
    answers = dict.fromkeys(("within_city_powers", "no_representative_office", "non_interference", "fits_development_plan",
                             "sci_tech_transferable", "equal_status", "complementarity", "people_to_people"), "na")
    world.engine.record(ref, ask({"diplomatic_relations": "no", **answers}))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(ref, "screen")

    assert [(found.requirement, found.text) for found in refused.value.unmet] == [
        ("eligibility", "diplomatic_relations is answered 'no': the law asks for yes")]
    last = entries(world, ref)[-1]
    assert (last.act, last.trigger, last.instance) == ("refuse", "screen", "visit")
    assert "diplomatic_relations" in last.body.decode()


def test_a_mayor_who_travels_needs_the_ministers_permit(world):
    """UU 23/2014 art. 76(1)i: a hard guard on every journey abroad, whoever pays."""
    ref = visit(world, direction="outbound")
    world.take(ref, "screen")
    world.take(ref, "plan", mayor_travels="yes", mayor_absent_over_7_working_days="no", funding="host")

    missing = wanted(world, ref, "clear")

    assert missing["travel-permit"] == "UU 23/2014 art. 76(1)i"
    assert "governor-leave" not in missing


def test_a_journey_without_the_mayor_needs_no_permit_of_the_minister_and_asks_for_those_of_the_officials(world):
    ref = visit(world, direction="outbound")
    world.take(ref, "screen")
    world.take(ref, "plan", mayor_travels="no")

    assert set(wanted(world, ref, "clear")) == {"partner-confirms", "officials-permit"}
    world.engine.record(ref, ask({"partner-confirms.asked": "2026-03-01", "partner-confirms.answer": "agreed",
                                  "partner-confirms.received": "2026-03-02"}))
    assert world.engine.advance(ref, "clear").entry


def test_a_question_that_others_depend_on_is_answered_first(world):
    ref = visit(world, direction="outbound")
    world.take(ref, "screen")

    reasons = {found.requirement: found for name, _, unmet in world.engine.options(ref) if name == "plan" for found in unmet}

    assert reasons["absence"].command == "mufakat record bogor-kisarazu/visit mayor_travels=yes|no"


def test_a_signature_abroad_needs_a_cleared_journey(world):
    ref = world.start()
    existing(world, ref, "visit", "planned", "2026-03-01", {"direction": "outbound"})
    existing(world, ref, "loi", "cleared", "2026-03-01")
    signature = {"signed_on": "2026-03-02", "place": "KBRI Tokyo", "abroad": "yes"}
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{ref}/loi", "sign", ask(signature, papers=[world.paper("instrument")], links={"travel": "visit"}))
    assert [found.text for found in refused.value.unmet] == ["visit stands in planned, which is not travel-cleared"]

    existing(world, ref, "visit", "cleared", "2026-03-01", {"direction": "outbound"})

    done = world.engine.advance(f"{ref}/loi", "sign", ask(signature, papers=[world.paper("instrument")], links={"travel": "visit-2"}))
    assert done.change.target == "signed"


def test_an_act_in_breach_still_happened_and_is_marked(world):
    ref = signed_loi(world).partition("/")[0]
    world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}))
    text = [world.paper("instrument", "id"), world.paper("instrument", "en")]
    signature = {"signed_on": "2026-03-02", "place": "Kota Contoh", "originals": "2"}
    with pytest.raises(RequirementsUnmet):
        world.engine.advance(f"{ref}/mou", "sign-irregular", ask(signature, papers=text))  # not without saying what was irregular

    world.engine.advance(f"{ref}/mou", "sign-irregular", ask(signature | {"irregularity": "before the council's approval"}, papers=text))

    assert (world.stage(f"{ref}/mou").state, world.stage(f"{ref}/mou").irregular) == ("signed", True)


def test_a_journey_without_its_permit_never_counts_as_cleared(world):
    ref = world.start()
    existing(world, ref, "visit", "underway-irregular", "2026-03-01", {"direction": "outbound", "starts_on": "2026-03-01"})
    existing(world, ref, "loi", "cleared", "2026-03-01")
    signature = {"signed_on": "2026-03-02", "place": "KBRI Tokyo", "abroad": "yes"}

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{ref}/loi", "sign", ask(signature, papers=[world.paper("instrument")], links={"travel": "visit"}))

    assert [found.requirement for found in refused.value.unmet] == ["travel"]


def test_what_nobody_documented_is_unknown_and_nothing_else(world):
    """Every way to `signed` asked for these; a redraft, a renewal or the law of 2018 did not."""
    loi = signed_loi(world, "2016-11-18")

    held = {found.name: found.status for found in rows(world, loi, "row")}

    unknown = {name for name, status in held.items() if status == "unknown"}
    assert unknown == {"cooperation", "draft", "legal-check", "foreign-affairs", "partner-text"}
    assert held["instrument"] == "open"  # its date is known, the paper is not on record


def test_what_does_not_apply_is_not_unknown_either(world):
    ref = world.start()
    existing(world, ref, "visit", "closed-follow-up", "2016-10-06", {"direction": "inbound"})

    unknown = {found.name for found in rows(world, f"{ref}/visit", "row") if found.status == "unknown"}

    assert not unknown & {"mayor-travels", "travel-permit", "governor-leave", "absence", "eligibility", "reason"}
    assert {"programme", "funding", "report", "old-criteria"} <= unknown


def test_an_unknown_row_refuses_as_not_documented(world):
    ref = world.start()
    existing(world, ref, "loi", "consulting", "2026-02-02")
    world.engine.advance(f"{ref}/loi", "redraft", ask(reason="a new paragraph"))

    unmet = next(found for name, _, found in world.engine.options(f"{ref}/loi") if name == "consult")

    assert {found.text for found in unmet if found.requirement == "cooperation"} == {"it was not documented when this history was entered"}


def test_imported_deadlines_raise_nothing_for_the_past(world):
    loi = signed_loi(world, "2016-11-18")

    assert world.deadline(loi, "register").status == "past"


def test_what_a_deadline_shows_is_so_today_also_in_a_history_just_entered(world):
    signed_loi(world, "2016-11-18")

    dormancy = world.deadline("bogor-kisarazu/", "dormancy")

    assert (dormancy.status, dormancy.shows, dormancy.effective) == ("open", "dormant", "2017-11-18")


def test_a_recurring_duty_of_a_running_agreement_goes_on_with_its_next_occurrence(world):
    """PP 28/2018 art. 43: reports every six months; those before the history was entered are nobody's deadline here."""
    ref = world.start(params={"report_period": 6})

    existing(world, ref, "mou", "in-force", "2020-01-06", {"signed_on": "2020-01-06", "in_force_on": "2020-01-06"})

    due = world.deadline(f"{ref}/", "report-home-affairs")
    assert (due.status, due.effective, due.occurrence) == ("open", "2026-07-06", 13)


def test_the_office_declares_nothing_stale_in_the_past(world):
    """A policy's date is when it is noticed: Bogor did not declare its letter of intent stale on 18 November 2017."""
    loi = signed_loi(world, "2016-11-18")

    world.engine.expire_due("bogor-kisarazu")

    assert (world.stage(loi).state, world.stage(loi).since) == ("stale", "2026-03-02")


def test_a_vague_date_stays_as_vague_as_its_paper(world):
    ref = world.start(track="association", parties=[{"name": "Bogor", "country": "ID", "kind": "city"},
                                                    {"name": "PPI Jepang", "country": "JP", "kind": "association"}])
    existing(world, ref, "joint-agreement", "signed", "2016-11", {"signed_on": "2016-11"})

    assert world.stage(f"{ref}/joint-agreement").since == "2016-11"
    assert row(world, f"{ref}/joint-agreement", "instrument").data["signed_on"] == "2016-11"
    assert b'"occurred":{"precision":"month","text":"2016-11"}' in entries(world, ref)[-1].body


def test_a_term_that_nobody_stated_is_unknown(world):
    assert row(world, signed_loi(world, "2016-11-18"), "instrument").data["term_kind"] == "unknown"


def test_a_state_that_is_none_is_refused_with_those_that_are(world):
    with pytest.raises(InvalidInput) as refused:
        existing(world, world.start(), "loi", "singed", "2016-11-18")

    assert "signed" in refused.value.known


def test_a_stage_that_the_track_has_not_is_refused(world):
    with pytest.raises(NotFound) as refused:
        existing(world, world.start(), "joint-agreement", "signed", "2016-11-18")

    assert "loi" in refused.value.known


def test_what_happened_earlier_may_be_entered_later_and_is_marked_late(world):
    ref = signed_loi(world, "2022-11-28").partition("/")[0]

    done = existing(world, ref, "visit", "closed-follow-up", "2016-10-06")

    assert done.change.notes == ("entered late: it happened before 2022-11-28, the date of an earlier entry",)
    assert entries(world, ref)[-1].occurred == "2016-10-06"
    assert replays(world.store, ref)


@pytest.mark.parametrize("day", ["2026-03-03", "2027", "2026-04"])
def test_what_has_not_happened_is_refused(world, day):
    ref = world.start()

    with pytest.raises(InvalidInput, match="has not come"):
        existing(world, ref, "loi", "signed", day)


def test_the_current_month_and_year_have_begun(world):
    ref = world.start()

    assert existing(world, ref, "visit", "closed-follow-up", "2026-03").change.occurred == "2026-03"
    assert existing(world, ref, "visit", "closed-follow-up", "2026").change.occurred == "2026"


def test_nothing_is_raised_for_the_past_in_whatever_order_its_facts_come_on_record(world):
    """The state is entered first, the day of the signature in a second command: the deposit of 2019 is no more overdue than before."""
    ref = world.start()
    existing(world, ref, "mou", "in-force", "2019")

    world.engine.record(f"{ref}/mou", ask({"signed_on": "2019", "in_force_on": "2019", "term_kind": "evergreen"}))

    assert world.deadline(f"{ref}/mou", "deposit").status == "past"


def test_what_an_entered_stage_does_from_then_on_counts(world):
    ref = world.start()
    existing(world, ref, "loi", "cleared", "2025-01-06")
    world.take(f"{ref}/loi", "sign", "2025-02-03", signed_on="2025-02-03")

    assert world.deadline(f"{ref}/loi", "register").status == "open"


def test_a_memorandum_in_force_sleeps_though_nobody_ever_recorded_an_activity(world):
    ref = world.start()
    existing(world, ref, "mou", "in-force", "2019-03-01", {"signed_on": "2019-03-01", "in_force_on": "2019-03-01", "term_kind": "evergreen"})

    assert world.deadline(f"{ref}/", "dormancy").effective == "2020-03-01"


def test_a_refused_opening_names_its_stage(world):
    ref = world.start()
    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "review", ask({"cause": "manual"}))

    assert entries(world, ref)[-1].instance == "review"

"""Approvals, replies in rounds, and one instrument under several names."""

from __future__ import annotations

import pytest
from flows.scenes import ELIGIBLE, answer, ask, entries, existing, mou_in_force, row, rows, signed_loi

from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import InvalidInput, NotAsItStands, NotAuthorised, OwnWork, RequirementsUnmet


@pytest.fixture
def loi(world):
    """A letter of intent in draft, its text in two languages on record."""
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": "health", **ELIGIBLE}))
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))
    return f"{ref}/loi"


@pytest.fixture
def consulting(world, loi):
    world.as_("p2").approve(loi, "legal-check")
    world.engine.advance(loi, "consult")
    return loi


@pytest.fixture
def review(world):
    ref = mou_in_force(world).partition("/")[0]
    world.engine.open(ref, "review", ask({"cause": "manual"}))
    world.engine.advance(f"{ref}/review", "collect")
    papers = [world.paper("dossier"), world.paper("evaluation")]
    given = {"dossier.parts": "activities,reports,cost,partner_view",
             "evaluation.parts": "activities_per_field,last_activity,benefit,obstacles,law_change"}
    world.engine.record(f"{ref}/review", ask(given, papers=papers))
    return f"{ref}/review"


def unmet(refused) -> str:
    return "; ".join(row.text for row in refused.value.unmet)


def test_a_quorum_counts_people_not_approvals(world, review):
    for person in ("p1", "p2"):
        world.as_(person).approve(review, "evaluators")
    with pytest.raises(NotAsItStands, match="already"):
        world.as_("p2").approve(review, "evaluators")
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(review, "evaluate")
    assert "2 of 3 approvals by different people" in unmet(refused)

    world.as_("p3").approve(review, "evaluators")

    world.engine.advance(review, "evaluate")
    assert world.stage(review).state == "evaluated"


def test_whoever_wrote_the_draft_does_not_check_it(world, loi):
    with pytest.raises(OwnWork):
        world.engine.approve(loi, "legal-check")

    assert not world.case(loi).tables["approval"]


def test_one_refusal_stands_in_the_way_until_its_author_changes_their_mind(world, review):
    for person in ("p1", "p2", "p3"):
        world.as_(person).approve(review, "evaluators")
    world.as_("p4").approve(review, "evaluators", Ask(reason="the costs are missing"), refuse=True)
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(review, "evaluate")
    assert "refused by p4 on 2026-03-02: the costs are missing" in unmet(refused)

    world.as_("p4").approve(review, "evaluators")

    assert row(world, review, "evaluators").status == "met"


def test_a_refusal_needs_its_reason(world, review):
    with pytest.raises(InvalidInput, match="reason"):
        world.engine.approve(review, "evaluators", refuse=True)


def test_an_approval_is_given_in_a_role_that_may(world, review):
    with pytest.raises(NotAuthorised):
        world.as_("p9", roles=("finance",)).approve(review, "evaluators")

    with pytest.raises(NotAuthorised):
        world.as_("p9", roles=("legal",)).approve(review, "evaluators", Ask(role="coordinator"))


def test_an_answer_that_asks_for_changes_refuses_and_asking_again_opens_a_round(world, consulting):
    answer(world, consulting, "partner-text", "changes", asked="2026-03-01")
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(consulting, "clear")
    assert "'changes'" in unmet(refused)

    world.engine.record(consulting, ask({"partner-text.asked": "2026-03-02"}))
    answer(world, consulting, "partner-text", "agreed")

    rounds = [(found.round, found.status, found.data["answer"]) for found in rows(world, consulting, "row") if found.name == "partner-text"]
    assert rounds == [(1, "refused", "changes"), (2, "met", "agreed")]


def test_an_answer_to_an_older_text_does_not_hold_for_the_new_one(world, consulting):
    for body in ("home-affairs", "foreign-affairs"):
        answer(world, consulting, body, "done", asked="2026-03-01")
    answer(world, consulting, "partner-text", "agreed", asked="2026-03-01")
    world.engine.record(consulting, ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(consulting, "clear")

    assert unmet(refused).count("it is about version 1 of draft; the text is now version 2") == 3


def test_consultations_run_side_by_side_and_join(world, consulting):
    """LoI: Home Affairs, Foreign Affairs and the partner's text, in any order; the last one missing refuses."""
    for body, said in (("partner-text", "agreed"), ("foreign-affairs", "done")):
        answer(world, consulting, body, said, asked="2026-03-01")
    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(consulting, "clear")
    assert {found.requirement for found in refused.value.unmet} == {"home-affairs"}

    answer(world, consulting, "home-affairs", "done", asked="2026-03-01")

    assert world.engine.advance(consulting, "clear").change.target == "cleared"


def test_an_official_answer_needs_number_and_file_the_partners_only_its_date(world, consulting):
    world.engine.record(consulting, ask({"partner-text.asked": "2026-03-01", "partner-text.answer": "agreed", "partner-text.received": "2026-03-02"}))
    world.engine.record(consulting, ask({"home-affairs.asked": "2026-03-01", "home-affairs.answer": "done", "home-affairs.received": "2026-03-02"}))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(consulting, "clear")

    assert [found.requirement for found in refused.value.unmet if "number or file" in found.text] == ["home-affairs"]


def test_what_may_be_not_required_is_so_only_with_a_reason(world):
    mou = f"{signed_loi(world).partition('/')[0]}/mou"
    existing(world, mou.partition("/")[0], "mou", "confirmed", "2026-02-02", origin="loi")
    with pytest.raises(InvalidInput, match="not required"):
        world.engine.record(mou, Ask(reason="none needed"), not_required="council")
    with pytest.raises(InvalidInput, match="why"):
        world.engine.record(mou, not_required="partner-council")

    world.engine.record(mou, Ask(reason="Kisarazu's rules ask for no vote"), not_required="partner-council")

    assert row(world, mou, "partner-council").status == "not-required"


def test_a_soft_requirement_warns_and_lets_pass(world):
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "farming"}))
    for trigger in ("screen", "plan"):
        world.take(f"{ref}/visit", trigger)
    answer(world, f"{ref}/visit", "partner-confirms", "agreed", asked="2026-03-01")

    done = world.engine.advance(f"{ref}/visit", "clear")

    assert done.change.target == "cleared"
    assert any("protocol-notice" in note for note in done.change.notes)


def test_one_instrument_bears_a_name_per_party(world):
    loi = signed_loi(world, **{"name.Bogor": "Letter of Intent", "name.木更津市": "友好協定"})

    assert row(world, loi, "instrument").data["names"] == [["Bogor", "Letter of Intent"], ["木更津市", "友好協定"]]


def test_the_partners_name_of_the_instrument_may_come_later(world):
    loi = signed_loi(world, **{"name.Bogor": "Letter of Intent"})

    world.engine.record(loi, ask({"name.木更津市": "友好協定"}))

    assert row(world, loi, "instrument").data["names"] == [["Bogor", "Letter of Intent"], ["木更津市", "友好協定"]]
    with pytest.raises(InvalidInput, match="on record already"):
        world.engine.record(loi, ask({"name.Bogor": "MoU"}))


def test_a_name_for_a_stranger_is_refused_with_the_parties(world):
    loi = signed_loi(world)

    with pytest.raises(InvalidInput) as refused:
        world.engine.record(loi, ask({"name.Kisarazu": "friendship"}))

    assert refused.value.known == ("Bogor", "木更津市")


def test_a_value_on_record_is_not_overwritten(world, loi):
    before = len(entries(world, loi))

    with pytest.raises(InvalidInput, match="correct"):
        world.engine.record(loi, Ask(facts=[Fact("fields", "culture")]))

    assert len(entries(world, loi)) == before


def test_a_new_version_keeps_the_language_whose_text_has_not_changed(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    first, other, second = world.paper("draft", "id"), world.paper("draft", "ja"), world.paper("draft", "id")
    world.engine.record(f"{ref}/loi", ask(papers=[first, other]))

    world.engine.record(f"{ref}/loi", ask(papers=[second, other]))

    assert [(doc.version, doc.language) for doc in rows(world, f"{ref}/loi", "document")] == [(1, "id"), (1, "ja"), (2, "id"), (2, "ja")]


def test_the_same_papers_again_are_no_new_version(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    papers = [world.paper("draft", "id"), world.paper("draft", "ja")]
    world.engine.record(f"{ref}/loi", ask(papers=papers))

    world.engine.record(f"{ref}/loi", ask(papers=papers))

    assert len(rows(world, f"{ref}/loi", "document")) == 2

"""Rounds and versions: which answer is about which text, and what is asked for again."""

from __future__ import annotations

import pytest
from flows.scenes import ELIGIBLE, answer, ask, at_council, existing, row, rows

from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import InvalidInput, NotAuthorised, RequirementsUnmet


@pytest.fixture
def drafting(world) -> str:
    """A letter of intent whose draft is on record in two languages."""
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": "health", **ELIGIBLE}))
    draft(world, f"{ref}/loi")
    return f"{ref}/loi"


def draft(world, ref: str) -> None:
    world.engine.record(ref, ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))


def test_who_approved_an_earlier_version_has_not_approved_this_one(world, drafting):
    world.as_("p2").approve(drafting, "legal-check")
    draft(world, drafting)

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(drafting, "consult")

    assert [unmet.requirement for unmet in refused.value.unmet] == ["legal-check"]
    world.as_("p2").approve(drafting, "legal-check")
    world.engine.advance(drafting, "consult")


def test_a_translation_is_no_new_version(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": "health"}))
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id")]))
    world.as_("p2").approve(f"{ref}/loi", "legal-check")

    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "ja")]))

    assert row(world, f"{ref}/loi", "legal-check").status == "met"


def test_a_refusal_stands_until_who_refused_approves(world, drafting):
    world.as_("p2").approve(drafting, "legal-check", ask(reason="article 4"), refuse=True)

    world.as_("p3").approve(drafting, "legal-check")

    assert row(world, drafting, "legal-check").status == "refused"
    world.as_("p2").approve(drafting, "legal-check")
    assert row(world, drafting, "legal-check").status == "met"


def test_an_earlier_text_is_taken_up_again(world, drafting):
    first = [world.paper("text-1", "id")._replace(requirement="draft"), world.paper("text-1", "ja")._replace(requirement="draft")]
    world.engine.record(drafting, ask(papers=first))
    draft(world, drafting)

    world.engine.record(drafting, ask(papers=first))

    newest = [doc for doc in rows(world, drafting, "document") if doc.version == 4]
    assert [doc.filename for doc in newest] == [paper.path.rpartition("/")[2] for paper in first]


def test_who_was_asked_about_an_earlier_version_is_asked_again(world, drafting):
    """Without waiting for an answer that nobody wants any more."""
    world.engine.record(drafting, ask({"home-affairs.asked": "2026-02-20"}))
    draft(world, drafting)

    world.engine.record(drafting, ask({"home-affairs.asked": "2026-03-02"}))

    asked = [(found.round, found.data["of_version"]) for found in rows(world, drafting, "row") if found.name == "home-affairs"]
    assert asked == [(1, 1), (2, 2)]


def test_a_meeting_about_an_earlier_version_is_held_again(world):
    ref = world.start()
    existing(world, ref, "mou", "interministry", "2026-01-05", {"technical_ministries": "education"})
    attended = {"held_on": "2026-02-10", "attended": "foreign-affairs,province,city,education"}
    world.engine.record(f"{ref}/mou", ask(papers=[world.paper("text", "id"), world.paper("text", "en")]))
    world.engine.record(f"{ref}/mou", ask(attended, papers=[world.paper("meeting")]))
    world.engine.record(f"{ref}/mou", ask(papers=[world.paper("text", "id"), world.paper("text", "en")]))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{ref}/mou", "approve-text")
    world.engine.record(f"{ref}/mou", ask(attended | {"held_on": "2026-02-24"}, papers=[world.paper("meeting")]))

    assert [unmet.command.partition("mou ")[2] for unmet in refused.value.unmet] == ["held_on=DATE attended=A,B"]
    world.engine.advance(f"{ref}/mou", "approve-text")


def test_a_refusal_is_not_turned_into_not_required(world):
    mou = at_council(world)
    answer(world, mou, "partner-council", "refused", asked="2026-03-01")

    with pytest.raises(InvalidInput, match="'refused' is on record already"):
        world.engine.record(mou, Ask(reason="no need"), not_required="partner-council")

    assert row(world, mou, "partner-council").data["answer"] == "refused"


def test_a_file_comes_on_record_under_whatever_name_its_answer_is_asked_for(world):
    """The council's return is read from the council's answer: there its scan is kept."""
    mou = at_council(world)

    world.engine.record(mou, ask({"council-returns.answer": "returned"}, papers=[world.paper("council-returns")]))

    assert [doc.row for doc in rows(world, mou, "document")][-1] == "council"


def test_one_language_is_one_however_it_is_written(world, drafting):
    world.engine.record(drafting, ask(papers=[world.paper("draft", "id"), world.paper("draft", "ID")]))

    assert row(world, drafting, "draft").status == "open"


@pytest.mark.parametrize("code", ["Bahasa Indonesia", "x", "日本語", "id_ID"])
def test_what_is_no_language_is_refused(world, drafting, code):
    with pytest.raises(InvalidInput, match="language"):
        world.engine.record(drafting, ask(papers=[world.paper("draft", "id")._replace(language=code)]))


def test_what_reads_a_row_rests_on_its_law(world):
    """A council that returns a plan does so under the same articles under which it approves one."""
    mou = at_council(world)

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(mou, "return")

    assert (refused.value.unmet[0].basis, refused.value.unmet[0].citation[:17]) == ("statute", "UU 23/2014 art. 1")


def test_a_list_has_something_in_it_once(world, drafting):
    with pytest.raises(InvalidInput, match="a value is needed"):
        world.engine.record(drafting, ask({"public": "yes", "instrument.place": " "}))
    world.engine.open("bogor-kisarazu", "visit", ask({"direction": "remote", "initiative": "city", "rationale": "r"}))

    world.engine.record("bogor-kisarazu/visit", ask({"next_steps": "a letter, a call,a letter ,"}))

    assert row(world, "bogor-kisarazu/visit", "next-steps").data["next_steps"] == ["a letter", "a call"]


def test_yes_is_said_in_every_language_wherever_it_is_an_answer(world):
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "INBOUND", "initiative": "city", "rationale": "r"}))

    world.engine.record(f"{ref}/visit", ask({"diplomatic_relations": "Ya", "non_interference": "はい", "within_city_powers": "tidak"}))

    assert row(world, f"{ref}/visit", "eligibility").data == {
        "diplomatic_relations": "yes", "non_interference": "yes", "within_city_powers": "no"}


def test_the_name_of_an_instrument_is_one(world, drafting):
    with pytest.raises(InvalidInput, match="a value is needed"):
        world.engine.record(drafting, Ask(facts=[Fact("name.Bogor", "  ")]))


def test_a_party_without_its_name_of_a_paper_is_told_not_refused(world):
    ref = world.start()
    existing(world, ref, "loi", "cleared", "2026-03-01")

    done = world.take(f"{ref}/loi", "sign", **{"name.Bogor": "Letter of Intent"})

    assert done.change.target == "signed"
    assert done.change.notes == ("without instrument: its name at these parties is not on record: 木更津市",)


def test_every_signed_paper_has_its_names(world):
    """A contract has its own beside those of the joint agreement."""
    ref = world.start("ppi", "association")
    existing(world, ref, "joint-agreement", "contract-draft", "2026-02-02")

    world.engine.record(f"{ref}/joint-agreement", Ask(facts=[Fact("name.Bogor", "Kesepakatan Bersama"), Fact("contract.name.Bogor", "PKS")]))

    assert row(world, f"{ref}/joint-agreement", "instrument").data["names"] == [["Bogor", "Kesepakatan Bersama"]]
    assert row(world, f"{ref}/joint-agreement", "contract").data["names"] == [["Bogor", "PKS"]]


@pytest.mark.parametrize("verb", [
    lambda engine, ref, asked: engine.correct(f"{ref}#2", asked._replace(facts=[Fact("fields", "culture")])),
    lambda engine, ref, asked: engine.approve(f"{ref}/loi", "legal-check", asked, refuse=True),
    lambda engine, ref, asked: engine.assign(ref, ask=asked, track="association"),
])
def test_blanks_are_no_reason(world, drafting, verb):
    with pytest.raises(InvalidInput, match="reason"):
        verb(world.as_("p2"), drafting.partition("/")[0], Ask(reason="   "))


def test_nobody_acts_in_a_role_they_do_not_hold(world, drafting):
    engine = world.as_("p5", ("finance",))

    for act in (lambda: engine.record(drafting, ask({"public": "yes"}, role="mayor")),
                lambda: engine.advance(drafting, "withdraw", ask(reason="no interest", role="mayor"))):
        with pytest.raises(NotAuthorised):
            act()

    assert engine.record(drafting, ask({"public": "yes"}, role="finance")).change.role == "finance"

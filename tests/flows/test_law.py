"""What the law asks for, in its day: languages, permits, powers; and what practice does that the law says nothing about."""

from __future__ import annotations

import pytest
from flows.scenes import ELIGIBLE, ask, existing, mou_in_force, replays, row, signed_loi

from workflow.engine import Ask
from workflow.errors import RequirementsUnmet

NOTICE = {"notice.number": "1/2026", "notice.terminates_on": "2026-04-01", "termination_reason": "breach", "running_projects": "nurses"}


def wanted(world, ref, trigger):
    """What a transition still asks for: the requirement, and what is said of it."""
    unmet = next(found for name, _, found in world.engine.options(ref) if name == trigger)
    return {found.requirement: str(found.text) for found in unmet}


def test_a_text_in_foreign_languages_alone_is_not_enough(world):
    """UU 24/2009 art. 31: in Indonesian, and in the partner's language or English."""
    ref = world.start()
    existing(world, ref, "loi", "drafting", "2026-02-02")
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "en"), world.paper("draft", "ja")]))
    assert "no copy on record in: id" in wanted(world, f"{ref}/loi", "consult")["draft"]

    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "en"), world.paper("draft", "id")]))
    assert "draft" not in wanted(world, f"{ref}/loi", "consult")


def test_a_partner_without_diplomatic_relations_gets_no_letter_either(world):
    """PP 28/2018 art. 27 is decided where there was no visit to decide it."""
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes", **ELIGIBLE, "diplomatic_relations": "no"}))

    assert "the law asks for yes" in wanted(world, f"{ref}/loi", "consult")["eligibility"]


def test_a_visit_that_was_screened_answers_for_the_letter_that_follows(world):
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "nurses"}))
    world.take(f"{ref}/visit", "screen")
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}, links={"origin": "visit"}))

    assert not {"eligibility", "sister-criteria"} & set(wanted(world, f"{ref}/loi", "consult"))


def test_the_law_of_languages_is_not_asked_of_a_letter_older_than_it(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}, occurred="1996-03-01"))

    assert "draft" not in wanted(world, f"{ref}/loi", "consult")


def test_a_joint_agreement_is_not_signed_abroad_without_a_permitted_journey(world):
    """UU 23/2014 art. 76(1)i is about the mayor, whatever is signed."""
    ref = world.start(track="association")
    existing(world, ref, "joint-agreement", "agreement-draft", "2026-02-02")
    world.engine.record(f"{ref}/joint-agreement", ask({"signed_on": "2026-03-02", "place": "Tokyo", "abroad": "yes", "term_kind": "evergreen"},
                                                      papers=[world.paper("instrument")]))

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{ref}/joint-agreement", "sign")
    assert "travel" in {found.requirement for found in refused.value.unmet}


@pytest.mark.parametrize(("opened", "asked"), [("2017-01-02", {"full-powers-then"}), ("2026-01-05", {"treaty", "full-powers"})])
def test_full_powers_were_needed_for_every_text_until_2018_and_since_then_for_a_treaty(world, opened, asked):
    ref = world.start()
    existing(world, ref, "mou", "confirmed", opened)

    assert {name for name in wanted(world, f"{ref}/mou", "make-ready") if name in ("treaty", "full-powers", "full-powers-then")} == asked


def test_foreign_affairs_confirms_unasked(world):
    """PP 28/2018 art. 33: Home Affairs forwards the text, and the confirmation comes back by itself."""
    ref = world.start()
    existing(world, ref, "mou", "at-foreign-affairs", "2026-02-02")
    world.engine.record(f"{ref}/mou", ask({"confirmation.answer": "confirmed", "confirmation.received": "2026-03-02", "confirmation.number": "7"},
                                          papers=[world.paper("confirmation")]))

    assert "confirmation" not in wanted(world, f"{ref}/mou", "confirm")


def test_an_answer_that_came_on_record_before_its_question_is_kept_with_it(world):
    """History is entered in the order in which papers are found."""
    ref = world.start()
    existing(world, ref, "loi", "consulting", "2023-01-02")
    letter = {"foreign-affairs.answer": "done", "foreign-affairs.received": "2023-01-20", "foreign-affairs.number": "77"}
    world.engine.record(f"{ref}/loi", ask(letter, papers=[world.paper("foreign-affairs")]))
    world.engine.record(f"{ref}/loi", ask({"foreign-affairs.asked": "2023-01-06", "foreign-affairs.asked_number": "5"}))

    held = row(world, f"{ref}/loi", "foreign-affairs")
    assert (held.round, held.status, held.data["asked"], held.data["answer"]) == (1, "met", "2023-01-06", "done")


def test_a_question_after_the_answer_opens_a_round_of_its_own(world):
    ref = world.start()
    existing(world, ref, "loi", "consulting", "2023-01-02")
    world.engine.record(f"{ref}/loi", ask({"partner-text.answer": "changes", "partner-text.received": "2023-01-20"}))
    world.engine.record(f"{ref}/loi", ask({"partner-text.asked": "2023-02-06"}))

    held = row(world, f"{ref}/loi", "partner-text")
    assert (held.round, held.data.get("answer")) == (2, None)


def test_a_partner_gives_notice_by_a_letter_that_was_received(world):
    mou = mou_in_force(world, ends_on="2030-01-01")
    given = {**NOTICE, "notice.received": "2026-03-02"}

    done = world.engine.advance(mou, "receive-notice", ask(given, papers=[world.paper("notice")]))

    assert (world.stage(mou).state, done.change.behalf) == ("under-notice", "partner")
    assert world.deadline(mou, "notice-end").effective == "2026-04-01"


def test_a_notice_shorter_than_the_text_allows_is_told_and_not_refused(world):
    mou = mou_in_force(world, ends_on="2030-01-01", notice_months="6")
    world.engine.record(mou, ask({**NOTICE, "notice.sent": "2026-03-02"}, papers=[world.paper("notice")]))

    (said,) = [found for name, _, found in world.engine.options(mou) if name == "give-notice"]
    assert [(found.requirement, found.soft) for found in said] == [("notice", True)]
    assert "6 months' notice, until 2026-09-02" in str(said[0].text)
    assert world.engine.advance(mou, "give-notice").entry


def test_the_first_time_in_force_stays_the_first(world):
    """A notice that is withdrawn brings the memorandum back in force, and nothing happened to what counts from its beginning."""
    mou = mou_in_force(world, since="2025-06-01", ends_on="2030-01-01")
    before = world.deadline("bogor-kisarazu", "dormancy").anchored_on
    world.engine.advance(mou, "give-notice", ask({**NOTICE, "notice.sent": "2026-03-02"}, papers=[world.paper("notice")]))
    world.engine.advance(mou, "withdraw-notice", ask(reason="they talked"))

    assert [pair for pair in world.stage(mou).entered if pair[0] == "in-force"] == [["in-force", "2025-06-01"], ["in-force", "2026-03-02"]]
    assert world.deadline("bogor-kisarazu", "dormancy").anchored_on == before
    assert replays(world.store, mou)


def test_a_signed_letter_may_be_closed_at_once(world):
    loi = signed_loi(world)

    assert world.engine.advance(loi, "close", ask(papers=[world.paper("closing-note")])).entry


def test_a_review_of_what_gave_way_to_a_successor_is_void(world):
    loi = signed_loi(world)
    ref = loi.partition("/")[0]
    world.engine.open(ref, "review", ask({"cause": "manual"}, links={"subject": "loi"}))
    existing(world, ref, "mou", "in-force", "2026-02-02", origin="loi")

    assert world.stage(loi).state == "fulfilled"
    assert world.stage(f"{ref}/review").state == "void"


def test_a_memorandum_is_amended_while_it_is_in_force_and_as_often_as_it_takes(world):
    """The paper is kept with its day; how long it runs is the council's plan, and changes by a renewal."""
    mou = mou_in_force(world, ends_on="2030-01-01")
    for day in ("2026-02-02", "2026-03-02"):
        texts = [world.paper("amendment", "id"), world.paper("amendment", "ja")]
        world.engine.advance(mou, "amend", ask({"amended_on": day}, papers=texts, occurred=day))

    assert world.stage(mou).state == "in-force"
    assert world.stage(mou).counters == {"amendments": [2, "2026-03-02"]}
    kept = [row.data["amended_on"] for row in world.case(mou).tables["row"].values() if row.name == "amendment" and row.data]
    assert kept == ["2026-02-02", "2026-03-02"]
    assert replays(world.store, mou)


AUTO = {"term_kind": "auto-renew", "term_months": "60", "notice_months": "3", "ends_on": "2026-09-30"}


@pytest.mark.parametrize("choice", ["terminate", "let-expire"])
def test_what_renews_itself_is_not_ended_by_a_decision_but_by_its_notice(world, choice):
    mou = mou_in_force(world, "2021-10-01", **AUTO)
    ref = mou.partition("/")[0]
    review = existing(world, ref, "review", "executing", "2026-03-02", {"cause": "before-end", "choice": choice}, subject="mou").ref
    due = world.deadline(review, "give-notice")
    assert (due.status, due.effective, due.basis) == ("open", "2026-06-30", "clause")

    world.engine.advance(mou, "give-notice", ask({**NOTICE, "notice.sent": "2026-03-02"}, papers=[world.paper("notice")]))

    assert world.deadline(review, "give-notice").status == "met"


def test_what_is_renewed_asks_for_no_notice(world):
    mou = mou_in_force(world, "2021-10-01", **AUTO)
    review = existing(world, mou.partition("/")[0], "review", "executing", "2026-03-02", {"cause": "before-end", "choice": "renew-same"},
                      subject="mou").ref

    with pytest.raises(ValueError, match="empty"):
        world.deadline(review, "give-notice")


def test_a_text_changed_after_the_ministries_met_is_not_forwarded_before_they_have_met_about_it(world):
    ref = world.start()
    existing(world, ref, "mou", "text-approved", "2026-02-02")
    mou = f"{ref}/mou"
    papers = [world.paper("text", language=language) for language in ("id", "ja")]
    world.engine.record(mou, Ask(papers=papers))

    assert "meeting" in {row.requirement for name, _, unmet in world.engine.options(mou) if name == "forward-text" for row in unmet}


def test_a_memorandum_whose_last_day_is_known_ends_though_nobody_knows_since_when_it_was_in_force(world):
    ref = world.start()
    existing(world, ref, "mou", "signed", "2024-02-20", {"signed_on": "2024-02-20", "term_kind": "fixed", "ends_on": "2026-04-30"})

    world.at("2026-05-04").engine.expire_due(ref)

    assert (world.stage(f"{ref}/mou").state, world.stage(f"{ref}/mou").since) == ("expired", "2026-04-30")


def test_a_joint_agreement_is_reviewed_before_its_end_and_not_only_every_year(world):
    ref = world.start(track="association")
    existing(world, ref, "joint-agreement", "running", "2025-11-18",
             {"signed_on": "2025-11-18", "in_force_on": "2025-11-18", "term_kind": "fixed", "ends_on": "2027-10-29"})

    assert world.deadline(f"{ref}/joint-agreement", "review-fixed").effective == "2026-10-29"


def test_a_partner_who_invites_confirms_without_having_been_asked(world):
    ref = world.start()
    existing(world, ref, "visit", "planned", "2026-02-27", {"direction": "outbound", "initiative": "partner"})

    world.engine.record(f"{ref}/visit", ask({"partner-confirms.answer": "agreed", "partner-confirms.received": "2026-03-02"}))

    assert "partner-confirms" not in wanted(world, f"{ref}/visit", "clear")

"""What one stage does because another moved: reactions, successors, the milestone of a plan."""

from __future__ import annotations

import pytest
from flows.scenes import FIXED, ask, existing, mou_in_force, replays, signed_loi

from workflow.errors import InvalidInput, OutOfSequence, RequirementsUnmet, TriggerNotAllowed

UNITS = {"technical_units": "health", "fields": "education,health"}
SUCCESSOR = {"signed_on": "2026-05-04", "in_force_on": "2026-05-04", "term_kind": "fixed", "ends_on": "2031-05-03"}


@pytest.fixture
def plan(world):
    """A running plan with one running and one planned item, on a memorandum that ends on 30 June 2026."""
    ref = mou_in_force(world, fields="education,health").partition("/")[0]
    world.engine.open(ref, "action-plan", ask({"fields": "education", "period_from": "2026-03-01", "period_to": "2026-12-31"}))
    plan = f"{ref}/action-plan"
    for title in ("exchange", "nurses"):
        world.engine.open(plan, "item", ask({"title": title, "owner_city": "A", "owner_partner": "B", "output": "one", "due_on": "2026-09-30",
                                             "cost": "none", "funding": "host"}))
    world.walk(plan, "agree", "fund")
    world.engine.expire_due(ref)  # its period has begun: it runs
    world.engine.advance(f"{plan}/1", "start")
    return plan


def test_the_plan_that_a_letter_of_intent_asks_for_takes_it_along(world):
    """Signed, planning once a memorandum is opened from it, fulfilled once that is in force."""
    loi = signed_loi(world)
    ref = loi.partition("/")[0]

    opened = world.engine.open(ref, "mou", ask(UNITS))
    assert opened.moved == (("loi", "signed", "planning"),)

    signature = {"signed_on": "2026-03-02", "in_force_on": "2026-03-02", "place": "Bogor", "originals": "2", "irregularity": "before the council"}
    text = [world.paper("instrument", "id"), world.paper("instrument", "ja")]
    world.engine.advance(f"{ref}/mou", "sign-irregular", ask(signature, papers=text))
    in_force = world.engine.expire_due(ref)
    assert (in_force[0].change.target, in_force[0].moved) == ("in-force", (("loi", "planning", "fulfilled"),))


def test_a_plan_that_fails_gives_the_letter_of_intent_back(world):
    loi = signed_loi(world)
    ref = loi.partition("/")[0]
    world.engine.open(ref, "mou", ask(UNITS))

    done = world.engine.advance(f"{ref}/mou", "withdraw", ask(reason="the partner lost interest"))

    assert done.moved == (("loi", "planning", "awaiting-plan"),)
    assert world.deadline(loi, "follow-up").anchored_on == "2026-03-02"  # the twelve months run from there


def test_a_second_letter_of_intent_follows_the_first_and_renews_it(world):
    ref = signed_loi(world, "2016-11-18").partition("/")[0]

    done = existing(world, ref, "loi", "signed", "2022-11-28", {"signed_on": "2022-11-28"}, predecessor="loi")

    assert done.moved == (("loi", "signed", "renewed"),)
    assert world.stage(f"{ref}/loi").since == "2022-11-28"
    assert world.stage(f"{ref}/loi-2").gap_days is None  # whether the first had run out before is not known


def test_there_is_one_letter_of_intent_at_a_time(world):
    ref = signed_loi(world).partition("/")[0]

    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))


def test_a_late_successor_records_its_gap(world):
    mou = mou_in_force(world, ends_on="2026-01-31")
    ref = mou.partition("/")[0]
    world.engine.expire_due(ref)
    assert world.stage(mou).state == "expired"

    existing(world, ref, "mou", "in-force", "2026-03-02", {**SUCCESSOR, "signed_on": "2026-03-02", "in_force_on": "2026-03-02"}, predecessor="mou")

    assert world.stage(f"{ref}/mou-2").gap_days == 29  # the days between 31 January and 2 March


def test_a_successor_in_time_has_no_gap_and_supersedes(world):
    mou = mou_in_force(world)
    ref = mou.partition("/")[0]
    world.at("2026-05-04")

    done = existing(world, ref, "mou", "in-force", "2026-05-04", SUCCESSOR, predecessor="mou")

    assert done.moved == (("mou", "in-force", "superseded"), ("review", "scheduled", "void"))
    assert world.stage(f"{ref}/mou-2").gap_days == 0


def test_a_gap_is_unknown_where_a_date_is_vague(world):
    ref = mou_in_force(world, signed_on="2011", in_force_on="2011", ends_on="2016").partition("/")[0]

    existing(world, ref, "mou", "signed", "2017-08-02", {"signed_on": "2017-08-02"}, predecessor="mou")

    assert world.stage(f"{ref}/mou").state == "expired"
    assert world.stage(f"{ref}/mou-2").gap_days is None


def test_a_second_memorandum_has_a_way_in(world):
    """It follows a review that is being executed, or an ended predecessor; never just so, beside a living one."""
    ref = mou_in_force(world).partition("/")[0]

    with pytest.raises(OutOfSequence) as refused:
        world.engine.open(ref, "mou", ask(UNITS))

    assert "mou stands in in-force" in refused.value.needs[0].text


def test_items_start_only_while_their_base_is_in_force(world, plan):
    world.at("2026-07-02")
    world.engine.expire_due("bogor-kisarazu")  # 30 June has ended: the memorandum expires, the plan winds down

    assert world.stage(plan).state == "winding-down"
    with pytest.raises(RequirementsUnmet):
        world.engine.advance(f"{plan}/2", "start")
    assert world.engine.advance(f"{plan}/1", "finish", ask(papers=[world.paper("evidence")])).change.target == "done"


def test_the_base_is_judged_at_the_moment_of_the_act(world, plan):
    """Nobody ran a clock: the act itself first applies what is due, and is then refused."""
    world.at("2026-07-02")

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.advance(f"{plan}/2", "start")

    assert any("mou stands in expired" in row.text for row in refused.value.unmet)
    assert world.stage(plan).state == "winding-down"


def test_a_plan_that_winds_down_closes_when_everything_is_settled(world, plan):
    world.at("2026-07-02")
    world.engine.expire_due("bogor-kisarazu")
    report = ask(papers=[world.paper("report")])
    with pytest.raises(RequirementsUnmet):
        world.engine.advance(plan, "close", report)

    world.engine.advance(f"{plan}/1", "finish", ask(papers=[world.paper("evidence")]))
    world.engine.advance(f"{plan}/2", "drop", ask(reason="the agreement has ended"))

    assert world.engine.advance(plan, "close", ask(papers=[world.paper("report")])).change.target == "closed"


def test_a_plan_moves_over_to_the_successor_of_its_base(world, plan):
    world.at("2026-05-04")

    existing(world, "bogor-kisarazu", "mou", "in-force", "2026-05-04", SUCCESSOR, predecessor="mou")

    assert (world.stage(plan).state, world.stage(plan).links["base"]) == ("running", "mou-2")
    world.at("2026-07-02")
    assert world.engine.advance(f"{plan}/2", "start").change.target == "ongoing"
    assert replays(world.store, "bogor-kisarazu")


def test_a_cancelled_plan_drops_its_items(world, plan):
    world.engine.advance(plan, "cancel", ask(reason="no budget"))

    assert [world.stage(f"{plan}/{number}").state for number in (1, 2)] == ["dropped", "dropped"]


def test_a_plan_needs_something_in_force_beneath_it(world):
    ref = world.start()
    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "action-plan", ask({"fields": "education", "period_from": "2026-03-01", "period_to": "2026-12-31"}))


def test_a_plan_rests_on_a_letter_of_intent_only_where_it_says_so(world):
    ref = signed_loi(world, fields="education").partition("/")[0]
    given = {"fields": "education", "period_from": "2026-03-01", "period_to": "2026-12-31"}
    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "action-plan", ask(given))

    assert world.engine.open(ref, "action-plan", ask(given | {"pre_mou": "yes"})).change.target == "draft"


def test_a_plans_fields_lie_within_its_base(world):
    ref = mou_in_force(world, fields="education,health").partition("/")[0]

    with pytest.raises(RequirementsUnmet) as refused:
        world.engine.open(ref, "action-plan", ask({"fields": "education,defence", "period_from": "2026-03-01", "period_to": "2026-12-31"}))

    assert "outside the scope of the agreement it rests on: defence" in refused.value.unmet[0].text


def test_a_renewal_decided_in_a_review_opens_the_successor_and_closes_when_it_is_in_force(world):
    ref = mou_in_force(world.at("2025-06-20")).partition("/")[0]  # before the office's own review, a year before the end, is due
    existing(world, ref, "review", "decided", "2025-06-20", {"cause": "before-end", "choice": "renew-same"}, subject="mou")

    done = world.engine.advance(f"{ref}/review", "renew")
    assert [(row.ref, row.links) for row in done.opened] == [("mou-2", {"predecessor": "mou"})]

    world.at("2026-07-02")
    lapse = world.engine.expire_due(ref)
    assert world.stage(f"{ref}/mou").state == "expired"
    assert [row.change.trigger for row in lapse][-1] == "expire"
    review = world.engine.read(ref)
    assert review.row("review", "lapse").data == {"lapsed_on": "2026-06-30"}
    assert world.stage(f"{ref}/review").state == "executing"


def test_a_review_is_void_once_its_subject_has_ended(world):
    ref = mou_in_force(world).partition("/")[0]
    world.engine.open(ref, "review", ask({"cause": "manual"}))

    world.at("2026-07-02").engine.expire_due(ref)

    assert world.stage(f"{ref}/review").state == "void"


def test_a_link_that_could_be_several_is_asked_for(world):
    ref = mou_in_force(world).partition("/")[0]
    existing(world, ref, "loi", "signed", "2025-01-02", {"signed_on": "2025-01-02"})

    with pytest.raises(InvalidInput, match="several are possible") as refused:
        world.engine.open(ref, "review", ask({"cause": "manual"}))

    assert set(refused.value.known) == {"mou", "loi"}


def test_nothing_leaves_a_final_state(world):
    mou = mou_in_force(world)
    world.at("2026-07-02").engine.expire_due("bogor-kisarazu")

    with pytest.raises(TriggerNotAllowed):
        world.engine.advance(mou, "give-notice")
    assert FIXED["ends_on"] == world.stage(mou).since


def renewing(world) -> str:
    """A memorandum in force, whose review has opened a successor."""
    ref = mou_in_force(world, fields="health").partition("/")[0]
    existing(world, ref, "review", "decided", "2026-02-02", {"choice": "renew-same"}, subject="mou")
    world.engine.advance(f"{ref}/review", "renew")
    return ref


def test_an_agreement_has_one_heir(world):
    """Two memoranda that follow the same one would both come into force."""
    ref = renewing(world)

    with pytest.raises(OutOfSequence) as refused:
        world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}, links={"predecessor": "mou"}))

    assert "mou-2 stands in plan-draft" in refused.value.needs[0].text


def test_where_the_heir_came_to_nothing_another_may_follow(world):
    ref = renewing(world)
    world.engine.advance(f"{ref}/mou-2", "withdraw", ask(reason="not now"))

    done = world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}, links={"predecessor": "mou"}))

    assert done.ref == f"{ref}/mou-3"

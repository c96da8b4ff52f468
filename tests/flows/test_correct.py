"""Corrections are new entries: what was wrong stays readable, nothing that others build on is taken away."""

from __future__ import annotations

import pytest
from flows.scenes import answer, ask, at_council, entries, existing, mou_in_force, replays, row, rows, signed_loi, submit

from workflow.core.entry import open_entry
from workflow.core.recording import Fact
from workflow.engine import Ask
from workflow.errors import AgreementNotFound, InvalidInput, NotFound

WHY = "a slip of the pen"


def test_a_field_is_corrected_with_a_reason_and_history_keeps_both(world):
    loi = signed_loi(world, place="Tokyo")
    entry = f"bogor-kisarazu#{len(entries(world, loi))}"

    done = world.engine.correct(entry, ask({"place": "KBRI Tokyo"}, reason=WHY))

    first, last = (open_entry(sealed.body, {})[0] for sealed in entries(world, loi)[-2:])
    assert row(world, loi, "instrument").data["place"] == "KBRI Tokyo"
    assert (last["act"], last["corrects"], last["reason"]) == ("correct", first["eid"], WHY)
    assert "Tokyo" in str(first["effects"])
    assert done.change.act == "correct"
    assert replays(world.store, loi)


def test_a_corrected_date_moves_what_counts_from_it(world):
    mou = at_council(world, received="2026-03-02")
    number = len(entries(world, mou))

    world.engine.correct(f"bogor-kisarazu#{number}", ask({"council-letter.received": "2026-02-27"}, reason=WHY))

    clocks = [(due.revision, due.status, due.anchored_on) for due in rows(world, mou, "deadline") if due.name == "council"]
    assert clocks == [(1, "void", "2026-03-02"), (2, "open", "2026-02-27")]
    assert world.deadline(mou, "council").effective == "2026-05-12"


def test_the_date_of_an_act_is_corrected(world):
    ref = world.start()
    existing(world, ref, "visit", "closed-follow-up", "2016-10-07")

    world.engine.correct(f"{ref}#2", ask(occurred="2016-10-06", reason=WHY))

    visit = world.stage(f"{ref}/visit")
    assert (visit.since, visit.opened_on, visit.entered) == ("2016-10-06", "2016-10-06", [["closed-follow-up", "2016-10-06"]])
    assert replays(world.store, ref)


def test_a_wrong_scan_is_withdrawn_and_another_takes_its_place(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    world.engine.record(f"{ref}/loi", ask(papers=[world.paper("draft", "id"), world.paper("draft", "ja")]))
    right = world.paper("draft", "ja")

    world.engine.correct(f"{ref}#3", ask(papers=[right], reason="the wrong scan"))

    papers = rows(world, f"{ref}/loi", "document")
    assert [(paper.language, paper.withdrawn) for paper in papers] == [("id", False), ("ja", True), ("ja", False)]
    assert right.path.endswith(papers[-1].filename)
    assert replays(world.store, ref)


def test_the_language_of_a_file_is_put_right_by_the_same_file(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    indonesian, other = world.paper("draft", "id"), world.paper("draft")
    world.engine.record(f"{ref}/loi", ask(papers=[indonesian, other]))
    assert row(world, f"{ref}/loi", "draft").status == "open"

    world.engine.correct(f"{ref}#3", ask(papers=[other._replace(language="ja")], reason="it is the Japanese text"))

    papers = rows(world, f"{ref}/loi", "document")
    assert [(paper.language, paper.version, paper.withdrawn) for paper in papers] == [("id", 1, False), ("", 1, True), ("ja", 1, False)]
    assert row(world, f"{ref}/loi", "draft").status == "met"
    assert papers[1].sha256 == papers[2].sha256
    assert replays(world.store, ref)
    with pytest.raises(InvalidInput, match="nor this file in another"):
        world.engine.correct(f"{ref}#3", ask(papers=[world.paper("draft", "ko")], reason=WHY))


def test_one_partys_name_is_corrected_and_the_others_stays(world):
    loi = signed_loi(world, **{"name.Bogor": "MoU", "name.木更津市": "友好協定"})

    world.engine.correct("bogor-kisarazu#2", ask({"name.Bogor": "Letter of Intent"}, reason=WHY))

    assert row(world, loi, "instrument").data["names"] == [["Bogor", "Letter of Intent"], ["木更津市", "友好協定"]]


def test_an_activity_is_corrected(world):
    ref = world.start()
    world.engine.activity(ref, "online exchange", ask(occurred="2017-12-15"))

    world.engine.correct(f"{ref}#2", ask({"field": "education"}, occurred="2017-12-14", reason=WHY))

    held = world.case(ref).tables["activity"][1,]
    assert (held.on, held.field) == ("2017-12-14", "education")


def test_the_latest_transition_is_taken_back_as_if_it_had_not_been(world):
    mou = at_council(world, received="")
    before = world.case(mou).tables
    answer(world, mou, "council", "approved", "2026-03-02")
    recorded = world.case(mou).tables
    world.engine.advance(mou, "approve")

    done = world.engine.correct(f"bogor-kisarazu#{len(entries(world, mou))}", Ask(reason=WHY), undo=True)

    now = world.case(mou).tables
    assert (done.change.source, done.change.target) == ("plan-approved", "at-council")
    assert now["instance"]["mou",]._replace(revision=0) == recorded["instance"]["mou",]._replace(revision=0)
    assert now["row"] == recorded["row"]
    assert before["instance"]["mou",].state == "at-council"
    assert replays(world.store, mou)


def test_a_transition_taken_back_gives_its_clock_back(world):
    mou = at_council(world)
    answer(world, mou, "council", "returned")
    world.engine.advance(mou, "return")
    assert row(world, mou, "council").status == "open"  # a new round

    world.engine.correct(f"bogor-kisarazu#{len(entries(world, mou))}", Ask(reason=WHY), undo=True)

    assert (row(world, mou, "council").status, row(world, mou, "council").data["answer"]) == ("refused", "returned")
    assert [paper.row for paper in world.engine.read(mou).documents("mou", "plan")] == ["plan"]
    assert world.stage(mou).state == "at-council"
    assert replays(world.store, mou)
    world.engine.advance(mou, "return")
    submit(world, mou, "2026-03-02", "2026-03-02")
    assert world.stage(mou).state == "at-council"
    assert replays(world.store, mou)


def test_what_a_later_step_rests_on_is_not_taken_back(world):
    mou = at_council(world)
    submitted = len(entries(world, mou))
    answer(world, mou, "council", "approved")
    world.engine.advance(mou, "approve")

    with pytest.raises(InvalidInput, match="depends on it"):
        world.engine.correct(f"bogor-kisarazu#{submitted}", Ask(reason=WHY), undo=True)


def states(world, ref):
    return {key[0]: (row.state, row.since, row.links) for key, row in world.case(ref).tables["instance"].items()}


def test_a_step_that_moved_others_is_taken_back_with_what_it_moved(world):
    ref = signed_loi(world).partition("/")[0]
    world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}))
    before = states(world, ref)
    world.engine.advance(f"{ref}/mou", "withdraw", ask(reason="no interest"))
    assert states(world, ref)["loi"] != before["loi"]

    world.engine.correct(f"{ref}#{len(entries(world, ref))}", Ask(reason=WHY), undo=True)

    assert states(world, ref) == before
    assert replays(world.store, ref)


def test_a_step_that_opened_a_stage_is_not_taken_back(world):
    mou = mou_in_force(world, ends_on="2026-06-30")
    count = len(world.case(mou).tables["instance"])
    world.take(mou, "call-review")
    assert len(world.case(mou).tables["instance"]) > count

    with pytest.raises(InvalidInput, match="other stages opened"):
        world.engine.correct(f"bogor-kisarazu#{len(entries(world, mou))}", Ask(reason=WHY), undo=True)


def test_what_was_put_on_record_in_error_is_taken_back(world):
    """A letter that was never sent: no other value would be true."""
    loi = signed_loi(world)
    before = world.case(loi).tables
    entry = world.engine.record(loi, ask({"place": "Kisarazu"}, papers=[world.paper("instrument")])).entry

    world.engine.correct(entry, Ask(reason=WHY), undo=True)

    now = world.case(loi).tables
    assert now["row"]["loi", "instrument", 1].data == before["row"]["loi", "instrument", 1].data
    assert [doc.withdrawn for doc in now["document"].values()] == [True]
    assert world.engine.record(loi, ask({"place": "Bogor"})).entry
    assert replays(world.store, loi)


def test_what_has_nothing_to_do_with_a_step_does_not_stand_in_its_way(world):
    mou = at_council(world)
    submitted = len(entries(world, mou))
    world.engine.record(mou, ask({"place": "Bogor"}))

    world.engine.correct(f"bogor-kisarazu#{submitted}", Ask(reason=WHY), undo=True)

    assert world.stage(mou).state != "at-council"
    assert row(world, mou, "instrument").data["place"] == "Bogor"
    assert replays(world.store, mou)


def test_what_may_not_be_taken_back_by_itself_is_not_taken_back(world):
    loi = signed_loi(world)

    with pytest.raises(InvalidInput, match="only a step"):
        world.engine.correct(f"{loi.partition('/')[0]}#2", Ask(reason=WHY), undo=True)


@pytest.mark.parametrize("undo", [False, True])
def test_a_correction_needs_its_reason(world, undo):
    signed_loi(world)

    with pytest.raises(InvalidInput, match="reason"):
        world.engine.correct("bogor-kisarazu#2", ask({} if undo else {"place": "Tokyo"}), undo=undo)


@pytest.mark.parametrize(("entry", "error"), [
    ("bogor-kisarazu#99", NotFound), ("bogor-kisarazu", InvalidInput), ("bogor-kisarazu#two", InvalidInput), ("bogor#2", AgreementNotFound),
    ("bogor-kisarazu#0", NotFound), ("bogor-kisarazu#1", InvalidInput),
])
def test_an_entry_that_is_none_is_refused(world, entry, error):
    signed_loi(world)

    with pytest.raises(error):
        world.engine.correct(entry, ask({"place": "Tokyo"}, reason=WHY))


def test_an_entry_that_recorded_nothing_of_it_is_refused(world):
    signed_loi(world)
    world.engine.record("bogor-kisarazu/loi", Ask(facts=[Fact("fields", "health")]))

    with pytest.raises(InvalidInput, match="recorded nothing of instrument"):
        world.engine.correct("bogor-kisarazu#3", ask({"place": "Tokyo"}, reason=WHY))


def test_a_correction_that_changes_nothing_is_refused(world):
    loi = signed_loi(world, place="Tokyo")
    before = len(entries(world, loi))

    with pytest.raises(InvalidInput, match="nothing differs"):
        world.engine.correct("bogor-kisarazu#2", ask({"place": "Tokyo"}, reason=WHY))

    assert len(entries(world, loi)) == before


def test_what_a_correction_completes_was_so_on_the_day_of_its_entry(world):
    """The meeting was held in time; that one of those present was left out of the list was noticed months later."""
    ref = world.start()
    existing(world, ref, "mou", "interministry", "2026-01-05", {"technical_ministries": "education,agriculture"})
    given = {"held_on": "2026-02-10", "attended": "foreign-affairs,province,city,education"}
    done = world.engine.record(f"{ref}/mou", ask(given, papers=[world.paper("meeting")], occurred="2026-02-10"))

    world.at("2026-05-04").engine.correct(done.entry, ask({"attended": f"{given['attended']},agriculture"}, reason=WHY))

    assert row(world, f"{ref}/mou", "meeting").status == "met"
    assert (world.deadline(f"{ref}/mou", "meeting").effective, world.deadline(f"{ref}/mou", "meeting").status) == ("2026-03-06", "met")


def test_the_title_and_a_partys_name_are_put_right_where_they_stand(world):
    loi = signed_loi(world, **{"name.木更津市": "友好協定"})
    ref = loi.partition("/")[0]

    world.engine.correct(f"{ref}#1", ask({"title": "Bogor and Kisarazu", "party.木更津市": "Kisarazu"}, reason="as the paper has it"))

    case = world.case(ref)
    assert (case.agreement.title, [party["name"] for party in case.agreement.parties]) == ("Bogor and Kisarazu", ["Bogor", "Kisarazu"])
    assert row(world, loi, "instrument").data["names"] == [["Kisarazu", "友好協定"]]
    assert replays(world.store, ref)


def test_a_beginning_has_no_other_fields(world):
    ref = world.start()

    with pytest.raises(InvalidInput) as refused:
        world.engine.correct(f"{ref}#1", ask({"titel": "x"}, reason="x"))

    assert "title" in refused.value.known


def test_a_reference_is_corrected_and_the_agreement_found_by_it_alone(world):
    loi = signed_loi(world)
    ref = loi.partition("/")[0]

    done = world.engine.correct(f"{ref}#1", ask({"ref": "bogor-kisarazu-2016"}, reason="a slip of the pen"))

    assert (done.ref, done.entry) == ("bogor-kisarazu-2016", "bogor-kisarazu-2016#3")
    assert world.engine.record("bogor-kisarazu-2016/loi", ask({"place": "Bogor"})).ref == "bogor-kisarazu-2016/loi"
    with pytest.raises(AgreementNotFound):
        world.engine.read(ref)
    assert replays(world.store, "bogor-kisarazu-2016")


@pytest.mark.parametrize("wrong", ["bogor-other", "Bogor", "a--b", "", "sys"], ids=["taken", "capitals", "hyphens", "empty", "the office"])
def test_a_reference_that_cannot_be_is_refused_in_a_correction_as_at_the_start(world, wrong):
    ref = world.start()
    world.start(ref="bogor-other")

    with pytest.raises(InvalidInput) as refused:
        world.engine.correct(f"{ref}#1", ask({"ref": wrong}, reason="x"))

    assert refused.value.args[0]
    assert len(entries(world, ref)) == 1

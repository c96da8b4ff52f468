"""Screens of a memorandum under way: what is drawn, what a deadline is of, which letter a flag means."""

from __future__ import annotations

import pytest

from workflow.commands.console import cells, wrapped

PLAN = "plan.parts=subject,background,aims,object,scope,funding_source,duration"
MOU = "bogor-kisarazu/mou"


@pytest.fixture
def returned(started):
    """The council has returned the plan once."""
    paper = started.file("paper.pdf")
    started.ok("open bogor-kisarazu mou technical_units=culture fields=culture --existing plan-draft --as-of 2025-06-02")
    started.ok(f"advance {MOU} submit {PLAN} --document plan={paper} --sent 2025-06-10 --received 2025-06-11 --letter 1 --file {paper}")
    started.ok(f"advance {MOU} return council --answer returned --received 2025-07-01 --letter 2 --file {paper}")
    return started


@pytest.fixture
def approved(returned):
    """The second time it has approved it."""
    paper = returned.file("second.pdf", "the second")
    returned.ok(f"advance {MOU} submit {PLAN} --document plan={paper} --sent 2025-07-10 --received 2025-07-11 --letter 3 --file {paper}")
    returned.ok(f"advance {MOU} approve council --answer approved --received 2025-08-01 --letter 4 --file {paper}")
    return returned


def test_after_a_return_the_way_is_drawn_on_as_it_lies_ahead(returned):
    way = "● Before the council (DPRD) ─ ◉ Cooperation plan in draft ─ ○ Before the council (DPRD) ─ ○ Plan approved by the council ─ …"

    assert way in returned.ok(f"show {MOU}")


def test_a_flag_means_the_one_letter_that_has_such_a_part(approved):
    """Forwarding needs the council's answer too; but only a letter is sent."""
    approved.ok(f"advance {MOU} forward --sent 2025-08-11 --letter 5 --file {approved.file('letter.pdf')}")

    letter = next(row for row in approved.json(f"show {MOU}")["rows"] if row["name"] == "ministry-letter")
    assert letter["data"] == {"sent": "2025-08-11", "number": "5"}


def test_where_a_flag_may_mean_several_they_are_named(approved):
    result = approved(f"advance {MOU} forward --received 2025-08-11")

    assert result.exit_code == 2
    assert "choose one of ministry-letter, council" in result.stderr


def test_the_deadlines_of_an_agreement_say_which_stage_they_are_of(returned):
    assert "mou: Draft the cooperation plan" in returned.ok("show bogor-kisarazu")


def test_home_affairs_answered_in_time_whenever_the_step_is_taken(approved):
    paper = approved.file("letter.pdf")
    approved.ok(f"advance {MOU} forward --sent 2025-08-11 --received 2025-08-12 --letter 5 --file {paper}")

    said = approved.ok(f"record {MOU} verification --answer draft-the-text --received 2025-09-01 --letter 6 --file {paper}")

    assert "settled   Home Affairs' consideration   kept" in said


def test_what_was_on_record_already_is_not_told_as_new(returned):
    again = f"record {MOU} fields=culture --occurred-at 2025-06-02"

    assert "nothing is new: it was on record already  (nothing was written)" in returned.ok(again)
    assert "note      nothing is new: it was on record already" in returned.ok(f"{again} --reason asked")


def test_a_value_on_record_is_shown_as_it_is_typed(returned):
    result = returned(f"record {MOU} fields=culture,health")

    assert "'culture' is on record already" in result.stderr
    assert "['culture']" not in result.stderr


def test_a_reply_that_is_not_needed_is_named(returned):
    said = returned.ok(f"record {MOU} partner-council --not-required --reason", "their council is not asked")

    assert "partner-council.reason = their council is not asked" in said


@pytest.fixture
def in_force(started):
    """A memorandum in force, with a plan of one item that is not described in full."""
    started.ok("open bogor-kisarazu mou technical_units=culture fields=culture --existing in-force --as-of 2026-01-05 "
               "signed_on=2026-01-05 in_force_on=2026-01-05 term_kind=evergreen")
    started.ok("open bogor-kisarazu action-plan fields=culture period_from=2026-03-01 period_to=2026-12-31")
    started.ok("open bogor-kisarazu/action-plan item due_on=2026-06-30", "title=School O'Neil 学校")
    return started


def test_a_plan_shows_its_items_by_their_titles(in_force):
    assert "action-plan/1  Planned   School O'Neil 学校" in in_force.ok("show bogor-kisarazu/action-plan")


def test_what_an_item_lacks_is_recorded_by_the_command_shown(in_force):
    unmet = next(row for option in in_force.json("can bogor-kisarazu/action-plan")["options"] for row in option["unmet"]
                 if row["requirement"] == "listed")

    assert unmet["command"] == ("mufakat record bogor-kisarazu/action-plan/1 owner_city=TEXT owner_partner=TEXT output=TEXT cost=TEXT "
                                "funding=city|partner|host|mixed|none")
    in_force.ok(unmet["command"].removeprefix("mufakat ").partition("city|")[0] + "city")


def test_a_deposit_that_was_made_waits_for_nobody(in_force):
    paper = in_force.file("paper.pdf")
    before = in_force.ok("agenda") + in_force.ok(f"show {MOU}")
    in_force.ok(f"advance {MOU} deposit --sent 2026-02-02 --letter 1 --file {paper} --document copies={paper} "
                "copies.sent_to=home-affairs,province,council register_no=1 public=yes")

    after = in_force.ok("agenda") + in_force.ok(f"show {MOU}")

    assert "to deposit you still need" in before
    assert f"advance {MOU} deposit" not in after
    assert "to deposit you still need" not in after


@pytest.fixture
def renewing(in_force):
    """Its review has opened a successor."""
    in_force.ok("open bogor-kisarazu review choice=renew-same --existing decided --as-of 2026-02-02 --link subject=mou")
    in_force.ok("advance bogor-kisarazu/review renew")
    return in_force


def test_of_a_successor_that_is_not_signed_no_gap_is_claimed(renewing):
    assert "! follows mou\n" in renewing.ok("show bogor-kisarazu/mou-2")


def test_where_a_stage_may_rest_on_several_the_choice_is_shown(renewing):
    renewing.ok("open bogor-kisarazu loi --existing signed --as-of 2020-01-06")

    assert "mufakat open bogor-kisarazu review --link subject=loi|mou" in renewing.ok("can bogor-kisarazu")


def test_a_stage_that_is_not_signed_is_not_offered_for_review(renewing):
    assert "--link subject" not in renewing.ok("can bogor-kisarazu")


def test_a_signature_that_was_taken_back_is_told_with_its_paper(started):
    """Undoing withdraws the file of the step; the history must still be readable."""
    started.ok("open bogor-kisarazu loi exploration_positive=yes fields=culture --existing cleared --as-of 2026-01-05")
    started.ok(f"advance bogor-kisarazu/loi sign signed_on=2026-02-02 place=Bogor abroad=no --document instrument={started.file('signed.pdf')}")

    said = started.ok("correct bogor-kisarazu#3 --undo --reason never --yes")

    assert "Signed letter of intent: signed.pdf   a file is withdrawn" in said
    assert "CORRECTION Signed → Cleared for signature (Sign) bogor-kisarazu#3: a file is withdrawn — never" in started.ok("history bogor-kisarazu")


def test_what_was_put_on_record_is_taken_back_the_latest_first(started):
    started.ok("open bogor-kisarazu loi --existing drafting --as-of 2026-01-05")
    started.ok("record bogor-kisarazu/loi place=Bogor")
    started.ok("record bogor-kisarazu/loi signed_on=2026-02-02")

    refused = started("correct bogor-kisarazu#3 --undo --reason never --yes").stderr
    assert "take that back first: mufakat correct bogor-kisarazu#4 --undo" in refused

    started.ok("correct bogor-kisarazu#4 --undo --reason never --yes")
    assert "taken back" in started.ok("correct bogor-kisarazu#3 --undo --reason never --yes")
    history = started.ok("history bogor-kisarazu")
    assert "loi: CORRECTION taken back bogor-kisarazu#3 — never" in history
    assert "[taken back by bogor-kisarazu#6]" in history
    assert "place" not in started.ok("show bogor-kisarazu/loi")


@pytest.mark.parametrize(("line", "room", "parts"), [
    ("  木更津市との覚書", 10, ["  木更津市", "> との覚書"]),
    ("期限。後の日", 6, ["期限。", "> 後の", "> 日"]),
    ("覚書(木更津)", 5, ["覚書", "> (木", "> 更", "> 津)"]),
    ("plain words only", 11, ["plain words", "> only"]),
    ("unbreakable", 5, ["unbreakable"]),
])
def test_a_line_is_broken_where_it_may_be(line, room, parts):
    assert wrapped(line, room, "> ") == parts


@pytest.mark.parametrize(("language", "names"), [("en", ("Letter of Intent", "Visit")), ("id", ("Pernyataan kehendak", "Kunjungan")),
                                                 ("ja", ("協力意向書", "訪問"))])
def test_stages_stand_in_columns_however_long_their_names(demo, language, names):
    """A Japanese character takes two cells."""
    rows = [row for row in demo.ok(f"show bogor-kisarazu --lang {language}").splitlines() if row.startswith(("  ◉ ", "  ● "))]

    columns = [cells(row[:row.index(f"   {name}")]) for row in rows for name in names if f"   {name}" in row]

    assert len(columns) == 5
    assert len(set(columns)) == 1


def test_a_write_says_the_states_by_their_labels_and_as_data_by_their_ids(office):
    line = "start sister-city {} --party Bogor:ID --party 木更津市:JP --existing loi:signed --as-of 2016-11-18 "

    assert office.ok(line.format("bogor-kisarazu") + "--lang ja").splitlines()[1].startswith("bogor-kisarazu/loi  署名済み で開始")
    assert office.json(line.format("bogor-ota"))["to"] == "signed"


def test_a_step_is_shown_as_it_is_typed_and_where_it_leads_by_its_label(loi):
    assert "· consult → In consultation   Send for consultation" in loi.ok("can bogor-kisarazu/loi")


def test_what_a_stage_does_not_allow_is_told_of_its_state_by_its_label(loi):
    said = loi("advance bogor-kisarazu/loi sign --lang ja").stderr

    assert "bogor-kisarazu/loi は 起案中 の状態では" in said
    assert "起案中 からできること:consult" in said
    assert loi.error("advance bogor-kisarazu/loi sign")["state"] == "drafting"


def test_the_story_of_the_demo_is_told_by_labels(mufakat):
    said = mufakat.ok("demo --db demo.db --lang ja")

    assert "loi 署名済み → 更新済み" in said
    assert "contoh-signed-early/loi は 起案中 の状態では" in said
    assert "外交関係がある の回答は「いいえ」です" in said

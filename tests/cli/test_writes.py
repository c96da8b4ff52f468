"""What makes a write safe: dry runs, repeated requests, an expected state, and an echo of what was meant."""

from __future__ import annotations

import pytest

RECORD = "record bogor-kisarazu/loi --document draft={paper}:id"


@pytest.mark.parametrize("line", [
    "record bogor-kisarazu/loi --document draft={paper}:id",
    "activity bogor-kisarazu exchange",
    "open bogor-kisarazu visit direction=inbound initiative=partner rationale=x",
    "start sister-city other --party A:ID --party B:JP",
    "approve bogor-kisarazu/loi legal-check",
    "correct bogor-kisarazu#2 exploration_positive=no --reason wrong",
    "person add Sari --login sari",
    "calendar add 2026-06-29 extra --source SKB-2/2026",
    "config set policy.loi_draft_days 90",
    "config set lang id",
    "calendar update ID --from 2030 --to 2030",
])
def test_a_dry_run_shows_the_change_and_writes_nothing(loi, line):
    line = line.format(paper=loi.file("paper.pdf"))
    before = loi.json("history bogor-kisarazu"), loi.json("history sys"), loi.ok("list -o ids")

    said = loi.ok(f"{line} --dry-run")

    assert "dry run" in said
    assert (loi.json("history bogor-kisarazu"), loi.json("history sys"), loi.ok("list -o ids")) == before
    assert not (loi.folder / "mufakat.toml").exists()
    assert not (loi.folder / "office-documents").exists()


def test_a_refused_dry_run_is_not_on_record(loi):
    before = loi.entries()

    assert loi("advance bogor-kisarazu/loi consult --dry-run").exit_code == 4
    assert loi.entries() == before


def test_a_repeated_request_is_told_and_not_done_again(loi):
    first = loi.json("activity bogor-kisarazu exchange --request-id job-7")

    again = loi.ok("activity bogor-kisarazu exchange --request-id job-7")

    assert "carried out before (entry bogor-kisarazu#3); nothing was written" in again
    assert loi.json("activity bogor-kisarazu exchange --request-id job-7") | {"repeated": True, "entry": first["entry"]} \
        == loi.json("activity bogor-kisarazu exchange --request-id job-7")
    assert loi.entries() == 3


def test_the_same_request_id_with_other_content_is_an_error(loi):
    loi.ok("activity bogor-kisarazu exchange --request-id job-7")

    assert loi.error("activity bogor-kisarazu festival --request-id job-7")["exit"] == 2


def test_a_refused_attempt_does_not_use_up_its_request_id(loi):
    assert loi("advance bogor-kisarazu/loi consult --request-id job-8").exit_code == 4

    loi.ok(RECORD.format(paper=loi.file("a.pdf")) + " --request-id job-8")


def test_another_state_than_expected_is_a_conflict(loi):
    error = loi.error("advance bogor-kisarazu/loi consult --if-state consulting")

    assert (error["type"], error["exit"], error["found"]) == ("StaleInstance", 5, "drafting")
    assert loi.entries() == 2


def test_a_relative_date_is_echoed_as_the_day_it_came_to(loi):
    result = loi("activity bogor-kisarazu exchange --occurred-at -2bd")

    assert result.exit_code == 0
    assert "-2bd is Thu 26 Feb 2026 (Asia/Jakarta)" in result.stderr
    assert loi.json("show bogor-kisarazu")["activities"][0]["on"] == "2026-02-26"


@pytest.mark.parametrize("text", ["2016-11", "2016", "../2016-11-16"])
def test_a_date_stays_as_vague_as_its_paper(loi, text):
    loi.ok(f"activity bogor-kisarazu exchange --occurred-at {text}")

    assert loi.json("show bogor-kisarazu")["activities"][0]["on"] == text


def test_an_act_before_the_last_one_is_marked_late(loi):
    assert "entered late" in loi.ok("activity bogor-kisarazu exchange --occurred-at 2025-01-01")


def test_only_the_hash_is_kept_where_that_is_asked(loi):
    loi.ok(RECORD.format(paper=loi.file("secret.pdf")) + " --reference-only")

    assert loi.json("show bogor-kisarazu/loi")["documents"][0]["stored"] is False
    assert not (loi.folder / "office-documents").exists()


@pytest.mark.parametrize(("code", "near"), [("jp", "ja (Japanese)"), ("jpn", "ja (Japanese)"), ("IND", "id (Indonesian)"), ("zz", "such as id"),
                                          ("jp-latn", "ja (Japanese)"), ("zh-qqqq", "such as id")])
def test_a_language_that_there_is_not_is_refused_with_those_that_may_be_meant(loi, code, near):
    before = loi.entries()

    error = loi.error(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf')}:{code}")

    assert (error["exit"], error["field"]) == (2, "language")
    assert near in error["message"]
    assert "ja (日本語)" in loi(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf')}:jp --lang ja").stderr
    assert loi.entries() == before


@pytest.mark.parametrize(("typed", "kept"), [("zh-hant", "zh-hant"), ("en-GB", "en-gb"), ("zh-Hans-CN", "zh-hans-cn"), ("es-419", "es-419")])
def test_a_language_may_name_its_script_and_its_region(loi, typed, kept):
    said = loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf')}:{typed}")

    assert f"file      Draft in two languages: a.pdf ({kept})" in said


@pytest.mark.parametrize("name", ["scan:zh-hant", "scan:ja", "2026:02:10.pdf"])
def test_a_file_whose_name_holds_a_colon_is_that_file(loi, name):
    loi.file(name)

    assert f"file      Draft in two languages: {name}   version 1" in loi.ok(f"record bogor-kisarazu/loi --document draft={loi.folder}/{name}")


def test_a_language_in_another_script_is_no_other_language(loi):
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf', 'a')}:en --document draft={loi.file('b.pdf', 'b')}:en-GB")

    assert "it takes 2 languages, on record: en" in loi("advance bogor-kisarazu/loi consult").stderr


def test_a_language_is_put_right_by_the_same_file(loi):
    paper = loi.file("a.pdf")
    loi.ok(f"record bogor-kisarazu/loi --document draft={paper}:jv")

    loi.ok(f"correct bogor-kisarazu#3 --document draft={paper}:ja --reason slip")

    assert [(row["language"], row["withdrawn"]) for row in loi.json("show bogor-kisarazu/loi")["documents"]] == [("jv", True), ("ja", False)]
    assert "Draft in two languages: a.pdf (jv) [corrected by bogor-kisarazu#4]" in loi.ok("history bogor-kisarazu")
    assert "Draft in two languages: a.pdf (ja) — slip" in loi.ok("history bogor-kisarazu")


def test_a_file_name_with_a_colon_and_a_language(loi):
    loi.file("draft:v2.pdf")
    loi.ok("record bogor-kisarazu/loi --document draft=draft:v2.pdf:ja")

    document = loi.json("show bogor-kisarazu/loi")["documents"][0]

    assert (document["filename"], document["language"]) == ("draft:v2.pdf", "ja")


def test_what_is_new_on_record_is_said_and_nothing_else(loi):
    paper = loi.file("a.pdf")
    loi.ok(f"record bogor-kisarazu/loi home-affairs --asked 2026-02-10 --letter 1 --file {paper}")

    said = loi.ok(f"record bogor-kisarazu/loi home-affairs --answer done --received 2026-02-20 --letter 2 --file {loi.file('b.pdf', 'b')}")

    assert "answer = done" in said
    assert "asked = " not in said


def test_the_past_can_be_read(loi):
    loi.now = "2026-03-09T03:00:00.000000Z"
    loi.ok("open bogor-kisarazu visit direction=inbound initiative=partner rationale=x")

    assert [row["ref"] for row in loi.json("show bogor-kisarazu --at 2026-03-02")["stages"]] == ["bogor-kisarazu/loi"]
    assert len(loi.json("show bogor-kisarazu")["stages"]) == 2


def test_the_second_init_changes_nothing(loi):
    before = (loi.folder / "office.db").read_bytes()

    result = loi("init --name Somebody")

    assert result.exit_code == 0
    assert "this is an office already; nothing was changed" in result.stdout
    assert "agreements 1" in result.stdout
    assert (loi.folder / "office.db").read_bytes() == before


def test_an_init_that_was_cut_off_is_completed_by_the_next(mufakat):
    from workflow.store.migrations import upgrade

    upgrade(mufakat.environment["MUFAKAT_DB"])

    made = mufakat.json("init")

    assert (made["created"], made["people"], made["calendars"]) == (True, 1, ["ID", "JP"])


def test_a_term_that_nobody_stated_is_stated_without_a_correction(loi):
    loi.ok("record bogor-kisarazu/loi place=Tokyo")
    loi.ok("record bogor-kisarazu/loi term_kind=fixed")

    assert "on record already" in loi("record bogor-kisarazu/loi term_kind=evergreen").stderr


def test_what_a_second_letter_needs_is_asked_for_with_the_link_that_was_given(loi):
    said = loi("open bogor-kisarazu loi --link predecessor=loi").stderr

    assert "mufakat open bogor-kisarazu loi --link predecessor=loi exploration_positive=" in said

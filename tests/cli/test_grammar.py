"""The daily verbs as a coordinator types them: a step with its letter, scan and date is one command."""

from __future__ import annotations

import shlex

import pytest
from flows.scenes import ELIGIBLE


def test_an_agreement_from_its_start_to_the_signed_letter(started):
    mufakat = started
    paper = mufakat.file("paper.pdf")
    mufakat.ok("open bogor-kisarazu loi exploration_positive=yes fields=education --occurred-at 2026-01-05",
               *(f"{name}={value}" for name, value in ELIGIBLE.items()))
    mufakat.ok(f"record bogor-kisarazu/loi --document draft={paper}:id --document draft={mufakat.file('ja.pdf', 'ja')}:ja --occurred-at 2026-01-06")
    mufakat.ok("person add", "Legal O'Brien", "--login", "legal", "--role", "legal")
    mufakat.ok("--as legal approve bogor-kisarazu/loi legal-check --occurred-at 2026-01-07")
    mufakat.ok("advance bogor-kisarazu/loi consult --occurred-at 2026-01-08")
    for body in ("home-affairs", "foreign-affairs"):
        mufakat.ok(f"record bogor-kisarazu/loi {body} --asked 2026-01-09 --letter 099/123 --file {paper}")
        mufakat.ok(f"record bogor-kisarazu/loi {body} --answer done --received 2026-01-20 --letter 500/77 --file {mufakat.file(body)}")
    mufakat.ok("record bogor-kisarazu/loi partner-text --asked 2026-01-09")
    mufakat.ok("record bogor-kisarazu/loi partner-text --answer agreed --received 2026-01-20")
    mufakat.ok("advance bogor-kisarazu/loi clear --occurred-at 2026-01-21")

    said = mufakat.ok("advance bogor-kisarazu/loi sign signed_on=2026-01-30 --occurred-at 2026-01-30 --document", f"instrument={paper}:id",
                      "place=KBRI Tokyo", "name.木更津市=友好協定", "abroad=no")

    assert said.startswith("bogor-kisarazu/loi  Cleared for signature → Signed  (entry bogor-kisarazu#13). Next: mufakat can bogor-kisarazu/loi")
    shown = mufakat.json("show bogor-kisarazu/loi")
    assert shown["state"] == "signed"
    letter = next(row for row in shown["rows"] if row["name"] == "home-affairs")
    assert letter["data"] | {"asked": "2026-01-09", "asked_number": "099/123", "answer": "done", "received": "2026-01-20", "number": "500/77"} \
        == letter["data"]
    assert "友好協定" in mufakat.ok("show bogor-kisarazu/loi")


def test_the_flags_of_a_letter_go_to_the_one_letter_that_a_transition_needs(started):
    started.ok("open bogor-kisarazu mou technical_units=culture fields=culture --existing plan-draft --as-of 2026-02-01")
    plan = "subject,background,aims,object,scope,funding_source,duration"
    letter = started.file("letter.pdf")

    started.ok(f"advance bogor-kisarazu/mou submit plan.parts={plan} --document plan={started.file('plan.pdf')} "
               f"--sent 2026-02-10 --letter 100/1 --file {letter}")

    rows = {row["name"]: row for row in started.json("show bogor-kisarazu/mou")["rows"]}
    assert rows["council-letter"]["data"] == {"sent": "2026-02-10", "number": "100/1"}
    assert rows["plan"]["data"]["parts"] == plan.split(",")


def test_a_flag_that_its_requirement_has_no_field_for_is_a_usage_error(loi):
    error = loi.error("record bogor-kisarazu/loi home-affairs --sent 2026-02-10")

    assert error["exit"] == 2
    assert "--asked" in error["message"]


def test_without_a_requirement_the_flags_of_a_letter_ask_which_one_is_meant(loi):
    error = loi.error("record bogor-kisarazu/loi --answer done")

    assert error["exit"] == 2
    assert "home-affairs" in error["message"] or error["field"] == "requirement"


def test_an_existing_agreement_enters_with_what_nobody_documented(office):
    office.ok("start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --existing loi:signed --as-of 2016-11-18")

    shown = office.ok("show bogor-kisarazu/loi")

    assert "Signed   since Fri 18 Nov 2016" in shown
    assert "not documented: " in shown
    assert office.json("show bogor-kisarazu")["imported"] is True


def test_an_item_opens_inside_its_plan(started):
    started.ok("open bogor-kisarazu loi --existing signed --as-of 2025-11-18")
    started.ok("open bogor-kisarazu action-plan --existing draft --as-of 2025-12-01")

    said = started.ok("open bogor-kisarazu/action-plan item", "title=Nurses from Bogor", "due_on=2026-12-01")

    assert said.startswith("bogor-kisarazu/action-plan/1  opened in Planned")


def test_an_activity_and_another_owner(started):
    started.ok("person add", "Sari Dewi", "--login", "sari", "--role", "coordinator")
    started.ok("activity bogor-kisarazu", "student online exchange", "--occurred-at", "2017-12-14", "--field", "education")
    started.ok("assign bogor-kisarazu --owner sari")

    shown = started.json("show bogor-kisarazu")

    assert shown["owner_name"] == "Sari Dewi"
    assert [(row["title"], row["on"]) for row in shown["activities"]] == [("student online exchange", "2017-12-14")]


def test_a_correction_is_a_new_entry_that_marks_the_old_one(loi):
    loi.ok("correct bogor-kisarazu#2 exploration_positive=no --reason", "the report says so")

    rows = loi.json("history bogor-kisarazu")

    assert rows[-1]["act"] == "correct"
    assert rows[1]["corrected_by"] == "bogor-kisarazu#3"
    assert "[corrected by bogor-kisarazu#3]" in loi.ok("history bogor-kisarazu")


def test_what_is_not_required_needs_its_reason(started):
    started.ok("open bogor-kisarazu mou technical_units=culture fields=culture --existing at-foreign-affairs --as-of 2026-02-01")

    assert started.error("record bogor-kisarazu/mou partner-council --not-required")["exit"] == 2
    started.ok("record bogor-kisarazu/mou partner-council --not-required --reason", "their ordinance asks for none")

    rows = {row["name"]: row["status"] for row in started.json("show bogor-kisarazu/mou")["rows"]}
    assert rows["partner-council"] == "not-required"


def test_global_options_work_before_and_after_the_command(loi):
    before, after = loi.ok("-o ids list"), loi.ok("list -o ids")

    assert before == after == "bogor-kisarazu\n"


def test_every_command_has_help_with_an_example(mufakat):
    from cli import COMMANDS
    from workflow.commands.topics import TOPICS

    for name in COMMANDS:
        said = mufakat.ok(f"{name} -h")
        assert "Examples:" in said, name
        assert said == mufakat.ok(f"{name} --help")
        helped = mufakat.ok(f"help {name}")
        assert helped == said if name not in TOPICS else helped.endswith(f"\n\n{said}")


def test_help_has_topics(mufakat):
    assert "5    conflict" in mufakat.ok("help exit-codes")
    assert "A worker (serve) that is stopped so ends with 0" in " ".join(mufakat.ok("help exit-codes").split())
    assert "+10bd" in mufakat.ok("help dates")
    assert mufakat.error("help dats")["suggestions"][0] == "dates"
    assert mufakat.ok("help audit verify") == mufakat.ok("audit verify -h")


def test_an_agreement_that_cannot_be_entered_whole_is_not_begun(office):
    for existing in ("mou:nowhere", "letter:signed"):
        assert office(f"start sister-city a-b --party A:ID --party B:JP --existing {existing} --as-of 2019").exit_code in (2, 3)

    assert office.json("list") == []
    said = office.ok("start sister-city a-b --party A:ID --party B:JP --existing loi:signed --as-of 2019 --dry-run")
    assert "a-b/loi  opened in signed  (nothing was written (dry run))" in said
    assert office.json("list") == []


def test_of_a_stage_that_was_not_opened_the_labels_are_known(started):
    assert "Result of the exploration: the exploration was not positive" in started("open bogor-kisarazu loi exploration_positive=no").stderr


@pytest.mark.parametrize("why", ["", " --reason holidays"])
def test_that_somebody_owns_it_already_is_nothing_new(started, why):
    line, before = f"assign bogor-kisarazu --owner me{why}", started.entries()

    assert "bogor-kisarazu  nothing is new: it was on record already  (nothing was written)" in started.ok(line)
    assert started.json(line)["unchanged"]
    assert started.entries() == before


def test_an_agreement_of_visits_is_moved_to_another_track(started):
    assert started("assign bogor-kisarazu").exit_code == started("assign bogor-kisarazu --owner me --track association").exit_code == 2
    assert started.error("assign bogor-kisarazu --track asociation --reason x")["exit"] == 3

    started.ok("assign bogor-kisarazu --track association --reason", "an organisation of students")

    assert started.json("show bogor-kisarazu")["track"] == "association"


@pytest.mark.parametrize("lang", ["en", "id", "ja"])
def test_no_help_is_wider_than_a_terminal_and_a_broken_example_is_one_command(mufakat, lang):
    from cli import COMMANDS
    from workflow.commands.console import cells

    for name in COMMANDS:
        said = mufakat(f"{name} -h", MUFAKAT_LANG=lang, COLUMNS="80").stdout
        assert [line for line in said.splitlines() if cells(line) > 80] == [], name

    said = mufakat.ok("start -h", COLUMNS="80")
    words = shlex.split(said.partition("Examples:\n")[2].partition("\n\n")[0])
    assert words[words.index("--owner") + 1] == "me"
    assert words[words.index("Bogor:ID") - 1] == "--party"
    assert words.count("mufakat") == 2

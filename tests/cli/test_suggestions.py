"""A command that a screen suggests works as it is printed, once its placeholders are filled."""

from __future__ import annotations

import re

import pytest

from cli import PARTS
from workflow.commands.app import App

LOI = "bogor-kisarazu/loi"

def commands_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("mufakat ")]


def test_a_stage_that_may_be_opened_is_opened_by_the_command_shown(started):
    shown = started.ok("can bogor-kisarazu")

    assert "Result of the exploration" in shown
    assert "mufakat open bogor-kisarazu loi exploration_positive=yes|no" in commands_in(shown)
    for command in commands_in(shown)[:2]:
        started.ok(re.sub(r"=(\w[\w-]*)\|\S*", r"=\1", command.removeprefix("mufakat ")))


def test_what_opens_a_stage_is_one_of_several(started):
    shown = started.ok("can bogor-kisarazu")

    assert "one of these must be on record first\n      ✗ a loi that is signed" in shown


def test_what_rests_on_no_statute_is_called_the_office_s_policy(loi):
    said = loi("advance bogor-kisarazu/loi consult").stderr

    assert "Legal bureau's check: 0 of 1 approvals by different people (legal)   office policy" in said
    assert "Draft in two languages: the file is not on record   statute: UU 24/2009 art. 31" in said


def test_an_answer_that_does_not_do_is_asked_for_again(loi):
    loi.ok("record bogor-kisarazu/loi partner-text --asked 2026-02-03")
    loi.ok("record bogor-kisarazu/loi partner-text --answer changes --received 2026-02-10")
    loi.ok("person add Legal --login legal --role legal")
    paper = loi.file("draft.pdf")
    loi.ok(f"record bogor-kisarazu/loi --document draft={paper}:id --document draft={loi.file('ja.pdf', 'ja')}:ja")
    loi.ok("--as legal approve bogor-kisarazu/loi legal-check")
    loi.ok("advance bogor-kisarazu/loi consult")

    unmet = next(row for option in loi.json("can bogor-kisarazu/loi")["options"] for row in option["unmet"]
                 if row["requirement"] == "partner-text")

    assert unmet["text"] == "the answer of 2026-02-10 is 'changes'; this takes agreed"
    loi.ok(unmet["command"].removeprefix("mufakat ").replace("DATE", "2026-02-20"))
    assert "there is no answer yet" in loi.ok("show bogor-kisarazu/loi")


def test_who_refused_is_called_by_name(loi):
    loi.ok("person add", "Legal O'Brien", "--login", "legal", "--role", "legal")
    loi.ok("--as legal approve bogor-kisarazu/loi legal-check --refuse --reason unclear")

    assert "refused by Legal O'Brien on" in loi.ok("show bogor-kisarazu/loi")


def test_history_says_whose_letter_it_was_and_what_came_with_a_step(loi):
    loi.ok(f"record bogor-kisarazu/loi home-affairs --asked 2026-02-10 --letter 1/2 --file {loi.file('letter.pdf')}")
    said = loi.ok("record bogor-kisarazu/loi foreign-affairs --asked 2026-02-10")
    loi.ok("open bogor-kisarazu visit direction=inbound initiative=city rationale=talks --existing report-due --as-of 2026-02-11")
    loi.ok(f"advance bogor-kisarazu/visit close-follow-up next_steps=letter --document report={loi.file('report.pdf')}")

    history = loi.ok("history bogor-kisarazu")

    assert "recorded  foreign-affairs.asked = Tue 10 Feb 2026" in said
    assert ("Consultation of Home Affairs, Asked on Tue 10 Feb 2026; Consultation of Home Affairs, Number of the request 1/2; "
            "Consultation of Home Affairs: letter.pdf") in history
    assert "Report due → Closed with follow-up (Close with follow-up): Next steps letter; Report of the visit: report.pdf" in history


@pytest.mark.parametrize("line", ["config --help", "config set --help", "help settings"])
def test_the_settings_of_the_examples_exist(office, line):
    found = re.findall(r"config set (policy\.\w+) (\d+)", office.ok(line))

    assert found
    for name, value in found:
        office.ok(f"config set {name} {value} --dry-run")


@pytest.mark.parametrize("line", ["record bogor-kisarazu/loi home-affairs --asked", "advance bogor-kisarazu/loi consult --occurred-at",
                                  "list --owner", "record bogor-kisarazu/loi --document"])
def test_an_option_that_a_script_left_empty_is_refused(loi, line):
    result = loi(line, "")

    assert result.exit_code == 2
    assert "it is empty" in result.stderr


@pytest.mark.parametrize("line", ["deadline list bogor-kisarazu/lio", "audit log bogor-kisarazu/lio"])
def test_a_stage_that_is_not_there_is_said_not_to_be(loi, line):
    result = loi(line)

    assert (result.exit_code, "did you mean: bogor-kisarazu/loi" in result.stderr) == (3, True)
    assert loi.error(line)["suggestions"] == ["bogor-kisarazu/loi"]


def test_a_person_is_responsible_for_a_whole_agreement(loi):
    assert "bogor-kisarazu" in loi.error("assign bogor-kisarazu/loi --owner me")["message"]


LINES = ["show bogor-kisarazu", f"show {LOI}", f"can {LOI}", f"advance {LOI} consult", f"advance {LOI} sign", "show nowhere", "agenda", "doctor",
         "activity bogor-kisarazu talks"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("color", ["never", "always"])
def test_a_command_that_is_shown_names_the_database_that_was_typed(loi, line, color):
    """A copied line must not work on another office."""
    path = loi.environment.pop("MUFAKAT_DB")
    result = loi(f"--db {path} {line} --color {color}")

    shown = re.findall(r"mufakat (?:--db \S+ )?[a-z]+", result.stdout + result.stderr)
    assert shown
    assert [command for command in shown if f"mufakat --db {path} " not in command] == []


@pytest.mark.parametrize("line", LINES[:3])
def test_where_no_database_was_typed_none_is_named(loi, line):
    assert "--db" not in loi.ok(line)


def test_as_data_a_command_stays_what_it_is(loi):
    assert loi.ok(f"can {LOI} -o json --db {loi.environment['MUFAKAT_DB']}") == loi.ok(f"can {LOI} -o json")


@pytest.mark.parametrize(("db", "text", "told"), [
    ("a b.db", "Next: mufakat list", "Next: mufakat --db 'a b.db' list"), ("x.db", "mufakat is a word; mufakats list", None),
    ("x.db", "mufakat --db y.db list", None), ("x.db", "mufakat help dates", None), ("x.db", "/usr/bin/mufakat list", None),
    ("x.db", "mufakat --as PERSON approve a/loi legal-check", "mufakat --db x.db --as PERSON approve a/loi legal-check"),
    ("x.db", "mufakat list, mufakat agenda", "mufakat --db x.db list, mufakat --db x.db agenda"),
    ("postgresql://sari:secret@server/office", "mufakat list", "mufakat --db postgresql://sari@server/office list"),
])
def test_only_commands_over_the_database_name_it_and_never_its_password(db, text, told):
    app = App(PARTS, {})
    app.given["db"] = db

    assert app.console.again(text) == (told or text)


def test_who_is_inactive_is_not_told_to_be_added_again(loi):
    loi.ok("person add Dian --login dian --role coordinator")
    loi.ok("person edit dian --inactive")

    assert "mufakat person edit dian --active" in loi("--as dian record bogor-kisarazu/loi place=Bogor").stderr


def test_an_error_for_a_program_has_its_mend_too(office):
    assert office.error("show nowhere")["mend"] == "mufakat list"


def test_the_fact_on_which_a_stage_may_open_is_named(started):
    started.ok("open bogor-kisarazu loi --existing awaiting-plan --as-of 2026-01-05")

    assert "mufakat open bogor-kisarazu action-plan pre_mou=yes" in started("open bogor-kisarazu action-plan fields=education").stderr


def test_deadlines_are_listed_by_the_names_that_commands_take(started):
    started.ok("open bogor-kisarazu visit direction=inbound initiative=city rationale=nurses")
    name = started.json("deadline list bogor-kisarazu")[0]["name"]

    assert f"  {name}  " in started.ok("deadline list bogor-kisarazu")
    assert started.ok(f"deadline show bogor-kisarazu/visit {name}")


@pytest.mark.parametrize(("word", "said"), [("legal-check", "mufakat approve bogor-kisarazu/loi legal-check"), ("fields", "fields=VALUE")])
def test_a_word_that_is_no_letter_is_told_what_it_is(loi, word, said):
    assert said in loi(f"record bogor-kisarazu/loi {word}").stderr


@pytest.mark.parametrize(("line", "code", "said"), [
    ("open bogor-kisarazu xyz", 3, "choose one of visit, loi, mou, action-plan, review"),
    ("open bogor-kisarazu lio", 3, "did you mean: loi, action-plan? choose one of visit, loi, mou"),
    ("assign bogor-kisarazu --track foo", 3, "choose one of association, institution, sister-city"),
    ("list --track foo", 3, "choose one of association, institution, sister-city"), ("list --stage foo", 3, "choose one of action-plan, "),
    ("calendar show foo", 3, "choose one of ID, JP"), ("advance bogor-kisarazu/visit foo", 2, "choose one of screen, decline"),
    ("deadline show bogor-kisarazu/visit zzz", 3, "did you mean: bogor-kisarazu/visit reply-to-partner?"),
    ("deadline show bogor-kisarazu/visit", 2, "choose one of bogor-kisarazu/visit reply-to-partner"),
    ("deadline show bogor-kisarazu", 2, "choose one of bogor-kisarazu/visit reply-to-partner"),
    ("deadline show bogor-kisarazu/loi", 2, "bogor-kisarazu/loi has no deadline"),
    ("deadline extend bogor-kisarazu/visit --by +3d --reason x", 2, "choose one of bogor-kisarazu/visit reply-to-partner"),
    ("remind ack bogor-kisarazu/visit", 2, "choose one of bogor-kisarazu/visit reply-to-partner"),
])
def test_what_there_is_to_choose_from_is_told_where_a_name_is_unknown_or_left_out(loi, line, code, said):
    loi.ok("open bogor-kisarazu visit direction=inbound initiative=city rationale=talks")
    result = loi(line)

    assert (result.exit_code, said in " ".join(result.stderr.split())) == (code, True), result.stderr


def test_a_person_who_is_unknown_is_looked_up_not_listed(loi):
    assert "choose one of" not in loi("assign bogor-kisarazu --owner nobody").stderr


def test_a_second_stage_in_force_is_told_the_command_that_names_the_first(started):
    started.ok("open bogor-kisarazu loi --existing signed --as-of 2026-01-05")
    again = "open bogor-kisarazu loi --existing signed --as-of 2026-02-02"
    started.ok("open bogor-kisarazu loi --existing closed --as-of 2026-01-20")

    opening, correcting = started(again).stderr, started("correct bogor-kisarazu#3 state=signed --reason typo").stderr

    assert "mufakat open bogor-kisarazu loi --existing signed --as-of DATE --link predecessor=loi" in opening
    assert "mufakat record bogor-kisarazu/loi-2 --link predecessor=loi" in correcting
    started.ok("record bogor-kisarazu/loi-2 --link predecessor=loi")
    started.ok("correct bogor-kisarazu#3 state=signed --reason typo")

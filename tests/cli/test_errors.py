"""Every error is a sentence, an exit code, and what somebody may have meant."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("line", "code", "meant"), [
    ("shwo bogor-kisarazu", 2, "show"),
    ("person ad Sari", 2, "add"),
    ("list --onwer me", 2, "--owner"),
    ("list --color nver", 2, "never"),
    ("show bogor-kisarasu", 3, "bogor-kisarazu"),
    ("show bogor-kisarazu/lio", 3, "bogor-kisarazu/loi"),
    ("advance bogor-kisarazu/loi consul", 2, "consult"),
    ("record bogor-kisarazu/loi exploration_positiv=yes", 2, "exploration_positive"),
    ("record bogor-kisarazu/loi home-afairs --asked 2026-02-10", 2, "home-affairs"),
    ("record bogor-kisarazu/loi home-affairs --answer dun", 2, "done"),
    ("record bogor-kisarazu/loi --document drat=office.db", 2, "draft"),
    ("start sister-ctiy x-y --party A:ID", 3, "sister-city"),
    ("open bogor-kisarazu luo", 3, "loi"),
    ("approve bogor-kisarazu/loi legal-chek", 2, "legal-check"),
    ("assign bogor-kisarazu --owner roott", 3, ""),
    ("config set policy.loi_draft_dys 9", 2, "policy.loi_draft_days"),
    ("config set lang jp", 2, ""),
    ("definition show lio", 3, "loi"),
    ("calendar show IDN", 3, "ID"),
])
def test_what_is_unknown_has_its_code_and_a_suggestion(loi, line, code, meant):
    result, error = loi(line), loi.error(line)

    assert (result.exit_code, error["exit"]) == (code, code)
    assert result.stdout == ""
    assert "error" in result.stderr
    if meant:
        assert meant in error["suggestions"]
        assert f"did you mean: {', '.join(error['suggestions'])}?" in result.stderr


@pytest.mark.parametrize("line", [
    "record bogor-kisarazu/loi exploration_positive=perhaps",
    "record bogor-kisarazu/loi home-affairs --asked 2026-02-30",
    "record bogor-kisarazu/loi --document draft=nothing.pdf",
    "record bogor-kisarazu/loi --document draft=.",
    "record bogor-kisarazu/loi --document draft",
    "record bogor-kisarazu/loi --link base",
    "record bogor-kisarazu/loi",
    "record bogor-kisarazu",
    "record bogor-kisarazu/loi exploration_positive=yes --occurred-at 2026-04-01",
    "record bogor-kisarazu/loi exploration_positive=yes --occurred-at someday",
    "start sister-city Bogor_Kisarazu --party A:ID",
    "start sister-city new-one",
    "start sister-city new-one --party Bogor",
    "start sister-city bogor-kisarazu --party A:ID",
    "open bogor-kisarazu loi --existing signed",
    "open bogor-kisarazu visit --existing nowhere --as-of 2016",
    "agenda --for ever",
    "show bogor-kisarazu --at 2020-01-01",
])
def test_what_cannot_be_is_a_usage_error(loi, line):
    before = loi.entries()

    assert loi.error(line)["exit"] == 2
    assert loi.entries() == before


@pytest.mark.parametrize(("day", "why"), [("2026-13-01", "bulan berkisar dari 1 sampai 12"), ("0000", "tahun dimulai dari 0001"),
                                         ("2026-02-30", "hari dalam 2026-02 berkisar dari 1 sampai 28")])
def test_why_there_is_no_such_day_is_said_in_the_readers_language(started, day, why):
    assert f"hari itu tidak ada ({why})" in started(f"activity bogor-kisarazu talks --occurred-at {day} --lang id").stderr


def test_a_refusal_lists_every_unmet_requirement_with_the_command_that_meets_it(loi):
    result = loi("advance bogor-kisarazu/loi consult")

    assert result.exit_code == 4
    assert result.stdout == ""
    assert "✗ Draft in two languages: the file is not on record   statute: UU 24/2009 art. 31" in result.stderr
    assert "mufakat record bogor-kisarazu/loi --document draft=FILE" in result.stderr
    assert "mufakat approve bogor-kisarazu/loi legal-check" in result.stderr


def test_a_refused_attempt_is_on_record(loi):
    loi("advance bogor-kisarazu/loi consult")

    last = loi.json("history bogor-kisarazu")[-1]

    assert (last["refused"], last["trigger"]) == (True, "consult")
    assert "REFUSED Send for consultation from Drafting" in loi.ok("history bogor-kisarazu/loi")


def test_a_refusal_as_json_names_requirements_and_commands(loi):
    error = loi.error("advance bogor-kisarazu/loi consult")

    assert (error["type"], error["exit"]) == ("RequirementsUnmet", 4)
    assert {row["requirement"] for row in error["unmet"]} == {"draft", "legal-check"}
    assert all(row["command"].startswith("mufakat ") for row in error["unmet"])


def test_a_trigger_of_another_state_names_those_of_this_one(loi):
    result = loi("advance bogor-kisarazu/loi sign")

    assert result.exit_code == 4
    assert "from Drafting one may: consult" in result.stderr


def test_what_an_opening_lacks_comes_with_the_opening(started):
    result = started("open bogor-kisarazu loi")

    assert result.exit_code == 4
    assert "mufakat open bogor-kisarazu loi exploration_positive=yes|no" in result.stderr


def test_somebody_unknown_may_read_but_not_write(loi):
    assert loi("--as stranger show bogor-kisarazu").exit_code == 0

    result = loi("--as stranger record bogor-kisarazu/loi exploration_positive=no")

    assert result.exit_code == 4
    assert "mufakat person add NAME --login stranger" in result.stderr


def test_an_approval_takes_one_of_its_roles(loi):
    loi.ok("person add Sari --login sari --role coordinator")

    assert loi.error("--as sari approve bogor-kisarazu/loi legal-check")["type"] == "NotAuthorised"


def test_who_is_not_administrator_does_not_add_people(loi):
    loi.ok("person add Sari --login sari --role coordinator")

    assert loi.error("--as sari person add Budi")["exit"] == 4


def test_without_a_database_the_mend_is_init(mufakat):
    result = mufakat("list")

    assert result.exit_code == 1
    assert "mufakat init" in result.stderr
    assert mufakat.error("list")["mend"] == "mufakat init"


def test_a_file_of_another_program_is_refused(mufakat):
    mufakat.file("office.db", "not a database at all, whatever its name may promise to the reader")

    assert mufakat("list").exit_code == 1
    assert mufakat("init").exit_code == 1
    assert (mufakat.folder / "office.db").read_text("utf-8").startswith("not a database")


def test_a_locked_database_is_a_conflict(loi, monkeypatch):
    import sqlite3

    from workflow.store import sqlite

    monkeypatch.setattr(sqlite.SqliteStore.open.__func__, "__kwdefaults__", {**sqlite.SqliteStore.open.__func__.__kwdefaults__, "timeout": 0.05})
    holder = sqlite3.connect(loi.environment["MUFAKAT_DB"], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    error = loi.error("activity bogor-kisarazu meeting")
    holder.close()

    assert (error["type"], error["exit"]) == ("StoreBusy", 5)


def test_a_fault_of_our_own_is_a_sentence_and_a_traceback_only_on_request(loi):
    def broken() -> str:
        raise ZeroDivisionError("of the clock")

    loi.clock = broken

    quiet, loud = loi("agenda"), loi("agenda --debug")

    assert quiet.exit_code == loud.exit_code == 1
    assert "Traceback" not in quiet.stderr
    assert "this is a fault of mufakat" in quiet.stderr
    assert "Traceback" in loud.stderr
    assert "ZeroDivisionError" in loud.stderr


def test_ctrl_c_in_the_middle_of_a_write_leaves_nothing_half_done(loi):
    before, clock = loi.entries(), loi.clock

    def interrupting() -> str:
        raise KeyboardInterrupt

    loi.clock = interrupting
    result = loi("activity bogor-kisarazu exchange")
    loi.clock = clock

    assert (result.exit_code, result.stdout) == (130, "")
    assert "Traceback" not in result.stderr
    assert loi.entries() == before


def test_what_is_done_already_or_not_now_is_refused_and_on_record(loi):
    """Nothing is wrong with what was typed: the agreement does not allow it as it stands."""
    loi.ok("person add Legal --login legal --role legal")
    loi.ok("--as legal approve bogor-kisarazu/loi legal-check")
    loi.ok("open bogor-kisarazu visit direction=inbound initiative=city rationale=talks")
    loi.ok("deadline waive bogor-kisarazu/visit reply-to-partner --reason talked")

    again = [loi("--as legal approve bogor-kisarazu/loi legal-check"),
             loi("deadline extend bogor-kisarazu/visit reply-to-partner --by +3d --reason late"), loi("person edit me --inactive")]

    assert [result.exit_code for result in again] == [4, 4, 4]
    assert "bogor-kisarazu/loi legal-check: you have approved it already, on 2026-03-02" in again[0].stderr
    assert "an office needs an administrator" in again[2].stderr
    history = " ".join(loi.ok("history bogor-kisarazu --lang id").split())
    assert "DITOLAK: Telaah Bagian Hukum dari Penyusunan naskah — Anda sudah menyetujuinya pada 2026-03-02" in history

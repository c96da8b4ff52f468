"""The office around the agreements: people, calendars, settings, the doctor."""

from __future__ import annotations

import os
import sqlite3

import pytest


def test_names_stand_beside_the_journal_and_not_in_it(office):
    office.ok("person add", "木村 O'Hara", "--login", "kimura", "--email", "k@example.org", "--role", "legal")

    database = sqlite3.connect(office.environment["MUFAKAT_DB"])
    bodies = b"".join(row[0] for row in database.execute("SELECT body FROM entry"))
    database.close()
    assert "木村".encode() not in bodies
    assert b"k@example.org" not in bodies
    assert office.json("person list")[-1]["name"] == "木村 O'Hara"
    assert "木村 O'Hara" in office.ok("history sys")


def test_two_people_do_not_share_a_login(office):
    office.ok("person add Sari --login sari")

    assert office.error("person add Susi --login sari")["exit"] == 2


def test_a_person_is_found_by_id_login_or_name(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--email", "sari@example.org")

    for key in ("p2", "sari", "Sari Dewi", "sari@example.org"):
        assert loi("assign bogor-kisarazu --dry-run --owner", key).exit_code == 0


def test_a_decree_closes_a_day_and_a_refill_does_not_open_it_again(office):
    office.ok("calendar add 2026-06-29", "Cuti bersama tambahan", "--source", "SKB 2/2026")
    office.ok("calendar update ID --from 2026 --to 2026")

    day = next(row for row in office.json("calendar show ID --year 2026") if row["on"] == "2026-06-29")

    assert (day["kind"], day["source"]) == ("joint-leave", "SKB 2/2026")


def test_filling_a_calendar_again_writes_nothing(office):
    before = len(office.json("history sys"))

    assert "nothing was new" in office.ok("calendar update")
    assert len(office.json("history sys")) == before


def test_a_day_needs_its_decree(office):
    assert office("calendar add 2026-06-29 extra").exit_code == 2
    assert office.error("calendar add 2026-06 extra --source SKB")["exit"] == 2
    assert office.error("calendar add 2026-06-29 extra --source SKB --calendar FR")["exit"] == 3


def test_a_policy_number_opens_its_deadline(started):
    assert not [row for row in started.json("deadline list") if row["name"] == "draft"]

    started.ok("config set policy.loi_draft_days 90")
    started.ok("open bogor-kisarazu loi exploration_positive=yes fields=culture")

    assert [row["effective"] for row in started.json("deadline list") if row["name"] == "draft"] == ["2026-05-31"]
    started.ok("config unset policy.loi_draft_days")
    assert started.json("config get policy.loi_draft_days")["value"] is None


@pytest.mark.parametrize(("name", "value"), [
    ("policy.loi_draft_days", "many"), ("policy.loi_draft_days", "0"), ("zone", "Asia/Bogor"), ("calendar", "FR"), ("color", "red"), ("nothing", "x"),
    ("origin", "x"), ("policy.fiscal_year_end", "13-45"),
])
def test_a_setting_that_cannot_be_is_refused(office, name, value):
    assert office.error(f"config set {name} {value}")["exit"] == 2


def test_the_order_of_settings(mufakat):
    def origin(line: str = "", **environment: str) -> tuple[str, str]:
        import json

        found = json.loads(mufakat.ok(f"{line} config get lang -o json", **environment))
        return found["value"], found["origin"]

    assert origin() == ("", "default")
    mufakat.ok("config set lang id --user")
    assert origin()[0] == "id"
    mufakat.ok("config set lang ja")
    assert origin() == ("ja", "./mufakat.toml")
    assert origin(MUFAKAT_LANG="en") == ("en", "environment")
    assert origin("--lang id", MUFAKAT_LANG="en") == ("id", "flag")
    mufakat.ok("config unset lang")
    assert origin()[0] == "id"


@pytest.mark.parametrize(("name", "path", "said"), [
    ("mail", "none.toml", "there is no such file"), ("notify", "none.toml", "there is no such file"),
    ("definitions", "none", "there is no such folder"),
    ("mail", ".", "a file is needed"), ("documents", "paper", "a folder is needed"), ("key", "none/log.key", "there is no folder"),
    ("db", "none/office.db", "there is no folder"),
])
def test_a_path_that_cannot_be_what_a_setting_names_is_refused(mufakat, name, path, said):
    mufakat.file("paper")

    for more in ("", " --dry-run"):
        error = mufakat.error(f"config set {name} {path}{more}")
        assert (error["exit"], error["field"]) == (2, name)
        assert said in error["message"]
    assert not (mufakat.folder / "mufakat.toml").exists()


@pytest.mark.parametrize(("name", "maker"), [
    ("db", "it is made by: mufakat init"), ("key", "it is made by: mufakat audit key create"), ("documents", "the first document makes it"),
    ("outbox", "the first message makes it"),
])
def test_a_path_that_is_made_later_is_taken_and_said_to_be_missing(mufakat, name, maker):
    result = mufakat(f"config set {name} later")

    assert result.exit_code == 0
    assert f"later is not there yet: {maker}" in result.stderr
    (mufakat.folder / "later").mkdir() if name in ("documents", "outbox") else mufakat.file("later")
    assert mufakat(f"config set {name} later").stderr == ""


def test_a_path_among_ones_own_settings_holds_in_every_folder(mufakat, monkeypatch):
    (mufakat.folder / "mail.toml").write_text("", "utf-8")
    monkeypatch.chdir(mufakat.folder)

    mufakat.ok("config set mail mail.toml --user")

    assert mufakat.json("config get mail")["value"] == str(mufakat.folder / "mail.toml")


def test_a_relative_path_in_a_settings_file_counts_from_the_folder_of_that_file(mufakat, monkeypatch):
    own = mufakat.folder / ".config" / "mufakat"
    own.mkdir(parents=True)
    (own / "config.toml").write_text('documents = "papers"\nmail = "/etc/mail.toml"\nlang = "id"\n', "utf-8")
    (mufakat.folder / "elsewhere").mkdir()
    monkeypatch.chdir(mufakat.folder / "elsewhere")

    values = {name: mufakat.json(f"config get {name}")["value"] for name in ("documents", "mail", "lang")}

    assert values == {"documents": str(own / "papers"), "mail": "/etc/mail.toml", "lang": "id"}
    assert mufakat.json("config get documents --db x.db")["value"] == str(own / "papers")
    mufakat.environment["MUFAKAT_DOCUMENTS"] = "typed"
    assert mufakat.json("config get documents")["value"] == "typed"


def test_a_word_that_a_setting_does_not_take_is_refused_in_a_dry_run_too(mufakat):
    assert mufakat.error("config set lang jp --dry-run")["exit"] == 2


def test_setting_a_key_keeps_the_other_lines_of_the_file(mufakat):
    mufakat.file("mufakat.toml", '# ours\ncolor = "never"\n')

    mufakat.ok("config set lang ja")

    assert (mufakat.folder / "mufakat.toml").read_text("utf-8") == '# ours\ncolor = "never"\nlang = "ja"\n'


@pytest.mark.parametrize(("text", "said"), [('colour = "never"\n', "color"), ("color = never\n", "line 1"), ("color = 3\n", "in quotes"),
                                            ('color = "red"\n', "choose one of")])
def test_a_settings_file_with_a_fault_is_refused_and_the_fault_named(mufakat, text, said):
    mufakat.file("mufakat.toml", text)

    result = mufakat("config list")

    assert result.exit_code == 2
    assert said in result.stderr


def test_the_doctor_finds_a_sound_office_sound(loi):
    assert "✗" not in loi.ok("doctor")
    assert {row["level"] for row in loi.json("doctor")} <= {"ok", "info"}


def test_the_doctor_misses_a_document_and_notices_an_altered_one(loi):
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf')}:id --document draft={loi.file('b.pdf', 'b')}:ja")
    stored = sorted((loi.folder / "office-documents").rglob("??*/*"))
    os.chmod(stored[0], 0o600)
    stored[0].write_text("altered", "utf-8")
    stored[1].unlink()

    result = loi("doctor")

    assert result.exit_code == 6
    assert "altered" in result.stdout
    assert "missing" in result.stdout
    assert result.stdout.count("fix: put the file back as") == 2


def test_the_doctor_notices_an_edited_journal(loi):
    database = sqlite3.connect(loi.environment["MUFAKAT_DB"])
    database.execute("DROP TRIGGER entry_never_changes")
    database.execute("UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'yes', 'no') || ' ' AS BLOB) WHERE cseq = 2 AND chain <> 'sys'")
    database.commit()
    database.close()

    result = loi("doctor")

    assert result.exit_code == 6
    assert "trigger entry_never_changes is missing" in result.stdout
    assert "is not what was written" in result.stdout


def test_the_doctor_wants_this_year_and_the_next_in_the_calendar(loi):
    loi.now = "2031-03-02T03:00:00.000000Z"

    result = loi("doctor")

    assert result.exit_code == 6
    assert "ID knows nothing of 2031, 2032" in result.stdout
    assert "fix: mufakat calendar update" in result.stdout


def test_the_doctor_without_a_database_says_what_mends_it(mufakat):
    result = mufakat("doctor")

    assert result.exit_code == 6
    assert "fix: mufakat init" in result.stdout


def test_the_schema_can_be_asked_and_is_current(office):
    assert office.json("db current")["current"] is True
    assert "nothing to do" in office.ok("db upgrade")


def test_a_diagram_for_the_terminal_and_as_mermaid(mufakat):
    assert "├─ consult → consulting   legal" in mufakat.ok("definition diagram loi")
    assert mufakat.ok("definition diagram mou -o mermaid").startswith("stateDiagram-v2\n")
    assert "plan_draft --> at_council : submit" in mufakat.ok("definition diagram mou -o mermaid")
    assert mufakat.ok("definition diagram action-plan --item")
    assert mufakat("definition diagram loi --item").exit_code == 3


def test_the_lint_tells_every_problem_and_fails(mufakat):
    (mufakat.folder / "ours" / "stages").mkdir(parents=True)
    mufakat.file("ours/stages/bad.toml", "schema = 1\nname = \n")

    result = mufakat("definition lint ours")

    assert result.exit_code == 1
    assert "bad.toml" in result.stdout
    assert "2 | name =" in result.stdout


def test_an_office_is_shared_with_a_group_that_is_named_once(mufakat):
    import grp

    group = grp.getgrgid(os.getegid()).gr_name
    told = mufakat(f"init --group {group}")

    assert told.exit_code == 0
    assert f"chgrp {group}" in told.stderr  # the folder that it lies in is not the group's
    assert [oct(os.stat(mufakat.folder / name).st_mode & 0o7777) for name in ("office.db", "office-documents")] == ["0o660", "0o2770"]
    assert mufakat("doctor").exit_code == 0
    assert mufakat(f"init --group {group}").stderr == ""


def test_a_group_that_is_not_there_is_refused(mufakat):
    assert "no such group" in mufakat.error("init --group tidak-ada")["message"]
    assert not (mufakat.folder / "office.db").exists()


@pytest.mark.parametrize(("line", "said"), [
    ("calendar show --lang id", "diketahui lengkap"), ("calendar show ID --year 2026 --lang id", "libur nasional  Tahun Baru Masehi"),
    ("calendar show JP --year 2026 --lang ja", "祝日    元日"), ("calendar show JP --year 2026 --lang ja", "休庁日  年末年始の休庁日  地方自治法"),
    ("calendar show ID --year 2026", "national     New Year's Day"),
])
def test_calendars_are_told_in_the_language_as_far_as_somebody_named_their_days_in_it(office, line, said):
    assert said in office.ok(line)


def test_a_day_that_an_office_named_keeps_its_name(office):
    office.ok("calendar add 2026-01-01", "Hari kota", "--source", "Perwali 7/2026", "--kind", "closure")

    assert "Hari kota" in office.ok("calendar show ID --year 2026 --lang id")


def test_the_demo_is_not_told_of_an_offices_own_database(office):
    result = office(f"demo --db {office.folder}/office.db")

    assert result.exit_code == 2
    assert "it is an office's own database, not the demo's" in result.stderr
    assert "contoh-council" not in result.output

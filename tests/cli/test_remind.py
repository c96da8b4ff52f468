"""Reminders at the prompt: what will be said, what was said, and what people answer."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture
def loi(loi):
    """A letter of intent whose draft is due on 3 April 2026; messages go to a folder."""
    loi.ok("config set policy.loi_draft_days 60")
    loi.ok("config set channels file")
    loi.ok("person edit me --email dinar@example.org")
    loi.ok("record bogor-kisarazu/loi place=Tokyo")
    return loi


def at(typist, moment):
    typist.now = f"{moment}.000000Z"
    return typist


def test_the_plan_says_who_is_told_what_and_when(loi):
    rows = loi.json("remind plan --for 60d")

    assert [(row["at"], row["ref"], row["deadline"], row["rung"], row["channel"]) for row in rows][:2] == [
        ("2026-03-27T01:00:00Z", "bogor-kisarazu/loi", "draft", "-7d", "file"),
        ("2026-04-02T01:00:00Z", "bogor-kisarazu/loi", "draft", "-1d", "file")]
    assert loi.json("remind plan --for 1w") == []
    assert "nobody is to be told anything" in loi.ok("remind plan --for 1w")


@pytest.mark.parametrize(("zone", "language", "when"), [
    ("Asia/Makassar", "en", "Fri 27 Mar 2026 08:00 WITA"), ("Asia/Tokyo", "id", "Jum 27 Mar 2026 08:00 JST"),
    ("Asia/Tokyo", "ja", "2026年3月27日(金) 08:00 JST"), ("Asia/Singapore", "en", "Fri 27 Mar 2026 08:00 Asia/Singapore"),
])
@pytest.mark.parametrize("line", ["remind plan --for 60d", "remind simulate --at +60d"])
def test_when_somebody_will_be_told_is_said_in_their_language_and_on_their_clocks(loi, line, zone, language, when):
    loi.ok(f"person edit me --zone {zone}")

    assert when in loi.ok(f"{line} --lang {language}")
    assert loi.json(f"{line}")[0]["when"] == "2026-03-27 08:00"


def test_a_plan_and_a_simulation_write_nothing(loi):
    before = loi.entries()

    loi.ok("remind plan --for 3m")
    screen = loi.ok("remind simulate --at +1y")

    assert loi.entries() == before
    assert loi.json("remind log") == []
    assert "draft" in screen.lower()


def test_what_is_still_to_come_is_called_by_its_name_even_in_a_stage_that_is_not_open_yet(mufakat):
    mufakat.ok("demo --db demo.db")
    rows = mufakat.json("--db demo.db remind simulate --at 2028-12-31")
    (step, *_) = [row for row in rows if row["trigger"] == "call-periodic-review"]
    assert step["label"] == "Call a periodic review"
    assert {row["label"] for row in rows if row["deadline"] == "decide-open"} == {"Decide"}
    assert "contoh-council/review" not in [row["ref"] for row in mufakat.json("--db demo.db show contoh-council")["stages"]]
    assert "contoh-council/review" in [row["ref"] for row in rows]

    settled = mufakat.ok("--db demo.db deadline list bogor-kisarazu --all")
    assert "missed Thu 14 Dec 2017" in settled
    assert "not documented" not in settled.split("was over already")[1].split("office policy")[0]

    screen = mufakat.ok("--db demo.db remind simulate --at 2028-12-31") + mufakat.ok("--db demo.db agenda --all")
    assert "call-periodic-review" not in screen
    assert "decide-open" not in screen


def test_a_tick_writes_what_is_due_and_sends_it(loi):
    at(loi, "2026-03-27T03:00:00")

    assert "1 message is due" in loi.ok("remind tick")
    (row,) = loi.json("remind log bogor-kisarazu")
    assert (row["rung"], row["state"], row["channel"]) == ("-7d", "sent", "file")
    assert "-7d" in loi.ok("remind log")
    assert loi.ok("remind tick").strip() == "nothing is due"


def test_what_was_parked_for_want_of_a_channel_leaves_with_the_next_tick_that_knows_it(loi, monkeypatch):
    monkeypatch.setattr("workflow.channels.CHANNELS", {})
    monkeypatch.setattr("workflow.commands.delivering.CHANNELS", {})
    at(loi, "2026-03-27T03:00:00")("remind tick")
    assert [row["state"] for row in loi.json("remind log bogor-kisarazu")] == ["parked"]
    monkeypatch.undo()

    at(loi, "2026-03-30T03:00:00").ok("remind tick")

    assert [(row["state"], row["late_days"]) for row in loi.json("remind log bogor-kisarazu")] == [("sent", 3)]
    assert "reminders leave that were parked or given up" in loi.ok("history bogor-kisarazu")


def test_a_message_is_shown_before_it_leaves(loi):
    at(loi, "2026-03-27T03:00:00")

    shown = loi.ok("remind send --dry-run")

    assert "bogor-kisarazu/loi" in shown
    assert loi.json("remind log") == []
    assert "nothing waits" in loi.ok("remind send")


def test_what_is_known_is_acknowledged(loi):
    loi.ok("remind tick")
    at(loi, "2026-04-06T03:00:00").ok("remind tick")

    said = loi.ok("remind ack bogor-kisarazu/loi draft")

    assert "acknowledged" in said
    assert [row["state"] for row in loi.json("remind log") if row["rung"] == "over"] == ["acknowledged"]
    assert at(loi, "2026-04-20T03:00:00").ok("remind tick").strip() == "nothing is due"


def test_a_letter_of_what_is_repeated_names_the_command_that_ends_it_while_it_is(loi):
    def told(day):
        [letter] = at(loi, f"{day}T03:00:00").json("remind tick --dry-run")["letters"]
        return [row.partition(": ")[2] for row in letter["text"].splitlines() if "stop the repeats" in row]

    assert told("2026-03-27") == []
    assert told("2026-04-06") == ["mufakat remind ack bogor-kisarazu/loi draft"]
    loi.ok("remind tick")
    assert told("2026-04-13") == ["mufakat remind ack bogor-kisarazu/loi draft"]
    assert told("2027-04-06") == []

    loi.ok(told("2026-04-13")[0].removeprefix("mufakat "))
    assert loi.json("remind tick --dry-run")["letters"] == []


def test_the_command_that_a_full_letter_names_lists_all_of_it(office):
    office.ok("config set channels file")
    office.ok("person edit me --email dinar@example.org")
    for number in range(9):
        office.ok(f"start sister-city city-{number} --party Bogor:ID --party Kisarazu:JP --owner me --ladder -364d,0")
        office.ok(f"open city-{number} loi --existing signed --as-of 2026-02-02 signed_on=2026-02-02")
    at(office, "2027-02-02T03:00:00").ok("remind tick")
    at(office, "2027-02-02T20:00:00").ok("remind tick")

    [letter] = at(office, "2027-02-03T03:00:00").json("remind tick --dry-run")["letters"]
    office.ok("remind tick")

    [command] = [row.partition(": mufakat ")[2] for row in letter["text"].splitlines() if " more: mufakat " in row]
    listed = office.json(command)
    assert ("18 deadlines" in letter["subject"], command) == (True, "agenda --for 364d")
    assert {(row["ref"], row["name"]) for name in ("overdue", "due") for row in listed[name]} >= {
        (f"city-{number}{stage}", name) for number in range(9)
        for stage, name in (("", "dormancy"), ("/loi", "review-evergreen"))}


def test_reminders_are_put_off_with_a_reason(loi):
    assert loi("remind snooze bogor-kisarazu/loi draft --until 2026-04-01").exit_code == 2

    said = loi.ok("remind snooze bogor-kisarazu/loi draft --until 2026-04-01 --reason holidays")

    assert "Wed 1 Apr 2026" in said
    assert [(row["rung"], row["reason"]) for row in loi.json("remind log")] == [("again-2026-04-01", "holidays")]


@pytest.mark.parametrize(("line", "code"), [
    ("remind simulate --at yesterday", 2), ("remind plan --for soon", 2), ("remind log nowhere", 3), ("remind ack bogor-kisarazu/loi draft", 2),
    ("remind snooze bogor-kisarazu/loi draft --until 2026-04-03 --reason x", 2), ("remind plan --person nobody", 3),
])
def test_what_cannot_be_is_refused(loi, line, code):
    assert loi(line).exit_code == code


def test_a_deputy_is_told_while_somebody_is_away(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--email", "sari@example.org", "--role", "secretary")
    loi.ok("person edit me --deputy sari --from 2026-03-20 --until 2026-03-31")

    at(loi, "2026-03-27T03:00:00").ok("remind tick")

    assert [row["person"] for row in loi.json("remind log")] == ["Sari Dewi"]
    assert loi.json("person edit me --no-deputy")["deputy"] == {}


def test_a_person_says_how_messages_reach_them(loi):
    edited = loi.json("person edit me --lang ja --zone Asia/Tokyo --channel file --channel email --hours 09:00-16:00 --calendar JP")

    assert (edited["lang"], edited["zone"], edited["channels"], edited["quiet"], edited["calendar"]) == (
        "ja", "Asia/Tokyo", ["file", "email"], ["09:00", "16:00"], "JP")
    assert "nothing differs" in loi("person edit me --zone Asia/Tokyo", MUFAKAT_LANG="en").stderr


def test_somebody_new_says_at_once_how_messages_reach_them(loi):
    options = "--login sari --lang ja --zone Asia/Tokyo --channel file --channel email --hours 09:00-16:00 --calendar JP"

    added = loi.json(f"person add Sari {options}")

    assert (added["lang"], added["zone"], added["channels"], added["quiet"], added["calendar"]) == (
        "ja", "Asia/Tokyo", ["file", "email"], ["09:00", "16:00"], "JP")
    assert "nothing differs" in loi(f"person edit sari {options}").stderr
    for wrong in ("--channel pigeon", "--hours 9-16", "--calendar MY"):
        assert loi(f"person add Budi {wrong}").exit_code in (2, 3)


@pytest.mark.parametrize(("options", "code"), [
    ("--zone Asia/Bogor", 2), ("--hours 9-16", 2), ("--hours 16:00-09:00", 2), ("--channel pigeon", 2),
    ("--deputy me --from 2026-03-20 --until 2026-03-31", 2), ("--deputy nobody --from 2026-03-20 --until 2026-03-31", 3),
    ("--deputy sari --from 2026-02-02 --until 2026-03-01", 2), ("--from 2026-03-20", 2), ("--calendar MY", 3), ("", 2),
])
def test_what_nobody_can_be_told_by_is_refused(loi, options, code):
    loi.ok("person add Sari --login sari")

    assert loi(f"person edit me {options}").exit_code == code


def test_days_in_which_a_deputy_would_have_been_told_are_over_and_said_to_be(loi):
    loi.ok("person add Sari --login sari")

    assert "those days are over (today is 2026-03-02)" in loi.error("person edit me --deputy sari --from 2026-02-02 --until 2026-03-01")["message"]
    assert loi("person edit me --deputy sari --from 2026-02-02 --until 2026-03-02").exit_code == 0


def test_only_an_administrator_edits_others(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--role", "secretary")

    assert loi("person edit sari --lang ja --as sari").exit_code == 0
    assert loi("person edit p1 --lang ja --as sari").exit_code == 4
    assert loi("person edit sari --role mayor --as sari").exit_code == 4


@pytest.mark.parametrize(("name", "value", "code"), [
    ("ladder", "-14d,0,+7d*2", 0), ("ladder.sister-city", "-14d,0", 0), ("ladder.sister-city.loi.draft", "-10bd,0", 0), ("ladder", "soon", 2),
    ("ladder.nowhere", "-7d", 2), ("ladder.sister-city.nothing", "-7d", 2), ("escalate_after", "5", 0), ("escalate_after", "soon", 2),
    ("digest_at", "08:30", 0), ("digest_at", "25:00", 2), ("quiet", "07:00,18:00", 0), ("quiet", "18:00", 2), ("channels", "email,file", 0),
    ("channels", "pigeon", 2),
])
def test_the_office_sets_when_and_how_it_reminds(loi, name, value, code):
    result = loi(f"config set {name} -- {value}") if value.startswith("-") else loi(f"config set {name} {value}")

    assert result.exit_code == code, result.output


def test_the_doctor_says_that_nobody_looks_any_more_and_what_did_not_leave(loi):
    loi.ok("remind tick")
    assert loi("doctor").exit_code == 0

    at(loi, "2026-03-27T03:00:00")
    stale = loi("doctor")

    assert stale.exit_code == 6
    assert "mufakat remind tick" in stale.stdout
    loi.ok("remind tick")
    assert loi("doctor").exit_code == 0


def test_a_decree_moves_the_dates_that_count_over_it(demo, mufakat):
    """Each is a new revision; the old date stays on record."""
    shutil.copy(demo.folder / "demo.db", mufakat.environment["MUFAKAT_DB"])
    mufakat.now = demo.now
    before = {(row["ref"], row["name"]): row["effective"] for row in mufakat.json("deadline list") if row["unit"] == "working-day"}
    assert before

    said = mufakat("calendar add 2026-11-25", "Cuti bersama tambahan", "--source", "SKB 9/2026")

    assert "another day now" in said.stderr
    after = {(row["ref"], row["name"]): row["effective"] for row in mufakat.json("deadline list") if row["unit"] == "working-day"}
    assert any(after[key] > day for key, day in before.items())


def test_what_was_given_up_leaves_when_the_address_is_mended(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--email", "sari@例.test", "--role", "coordinator")
    loi.ok("assign bogor-kisarazu --owner sari")
    late = at(loi, "2026-03-27T03:00:00")
    assert late("remind tick").exit_code == 7

    assert "remind send --again" in late("doctor").stdout
    late.ok("person edit sari --email sari@example.org")
    late.ok("remind send")
    assert [row["state"] for row in late.json("remind log")] == ["dead"]
    late.ok("remind send --again")

    assert [row["state"] for row in late.json("remind log")] == ["sent"]
    assert late.json("remind send --again") == []


def test_a_look_beforehand_needs_no_address(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--role", "coordinator")
    loi.ok("person edit sari --channel file")
    loi.ok("assign bogor-kisarazu --owner sari")

    at(loi, "2026-03-27T03:00:00").ok("remind tick")

    assert [row["state"] for row in loi.json("remind log")] == ["sent"]


@pytest.mark.parametrize("address", ["foo", "a b@c", "@bogor.test", "sari@", "sari@.test"])
def test_what_is_no_address_is_not_taken_for_one(loi, address):
    assert loi("person edit me --email", address).exit_code == 2


def test_what_was_told_is_listed_by_the_labels_of_the_readers_language(loi, monkeypatch):
    monkeypatch.setattr("workflow.channels.CHANNELS", {})
    monkeypatch.setattr("workflow.commands.delivering.CHANNELS", {})

    looked = at(loi, "2026-03-27T03:00:00")("remind tick --lang id").stdout

    assert "bogor-kisarazu/loi Penyusunan rancangan, kepada root lewat file: disisihkan (tidak ada saluran seperti itu" in looked
    assert "Penyusunan rancangan" in loi.ok("remind log --lang id")
    assert "Draft the letter" in loi.ok("remind log")
    assert [row["name"] for row in loi.json("remind log")] == ["draft"]

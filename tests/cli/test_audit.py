"""The audit log at the prompt: what is read of it, and what is taken away as evidence."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64decode

import pytest
from building import commit, start

from workflow.commands import recorded
from workflow.commands.audit_log import ACTS
from workflow.core.checkpoint import parse_checkpoint, parse_key, parse_note
from workflow.core.merkle import check_consistency
from workflow.core.proof import check_proof, parse_proof
from workflow.signing import verify as is_signed
from workflow.store.sqlite import SqliteStore
from workflow.verifier import verify as verifier


@pytest.fixture
def signed(loi):
    """A letter of intent, all of it signed; the public key in a file, and a pin."""
    loi.ok("audit checkpoint")
    loi.file("key.txt", loi.ok("audit key show"))
    loi.ok("audit pin --out pin.txt")
    return loi


def grown(typist, reason="more"):
    typist.ok(f"record bogor-kisarazu/loi place=Tokyo --reason {reason}")
    return typist


def verdict(typist, line: str) -> tuple[int, dict]:
    result = typist(f"audit verify {line} -o json")
    return result.exit_code, json.loads(result.stdout)


def test_a_verdict_is_the_first_word_and_the_exit_code(signed):
    verified, nothing = signed("audit verify --key key.txt --pin pin.txt --state"), signed("audit verify")

    assert (verified.exit_code, verified.stdout.split()[0]) == (0, "VERIFIED")
    assert (nothing.exit_code, nothing.stdout.split()[0]) == (8, "INCONCLUSIVE")
    assert verdict(signed, "--pin pin.txt")[1]["pinned"] == parse_checkpoint(parse_note((signed.folder / "pin.txt").read_text()).text).size


def test_what_is_not_signed_yet_is_counted(signed):
    code, report = verdict(grown(signed), "--key key.txt")

    assert (code, report["verdict"], report["tail"]) == (0, "VERIFIED", 1)
    assert verdict(signed, "--key key.txt --max-age 1h")[0] == 0
    signed.now = "2026-03-02T05:00:00.000000Z"
    assert verdict(signed, "--key key.txt --max-age 1h")[0] == 8


@pytest.mark.parametrize(("old", "new"), [("culture", "nothing"), ('{"act"', '{ "act"'), ("{", "[")])
def test_what_was_edited_is_named_and_can_be_looked_at(signed, old, new):
    database = sqlite3.connect(signed.environment["MUFAKAT_DB"])
    database.execute("DROP TRIGGER entry_never_changes")
    database.execute("UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB) WHERE instance = 'loi'", (old, new))
    database.commit()
    database.close()

    result = signed("audit verify --key key.txt")

    assert (result.exit_code, result.stdout.split()[0]) == (6, "TAMPERED")
    assert "mufakat audit show bogor-kisarazu#2" in result.stdout
    assert "the first bad entry is at place " in result.stdout
    assert signed.json("audit show bogor-kisarazu#2")["intact"] is False
    assert "✗ it is not what was written" in signed.ok("audit show bogor-kisarazu#2")
    assert signed.ok("audit log -o ids").split()[-1] == "bogor-kisarazu#2"


def test_of_entries_that_are_missing_at_the_end_no_place_is_told(signed):
    shutil.copy(signed.folder / "office.db", signed.folder / "old.db")
    signed.ok("audit pin --out older.txt")
    grown(signed).ok("audit checkpoint")
    signed.ok("audit pin --out newer.txt")
    shutil.copy(signed.folder / "old.db", signed.folder / "office.db")
    cut = signed("audit verify --key key.txt --pin newer.txt")
    database = sqlite3.connect(signed.environment["MUFAKAT_DB"])
    database.execute("UPDATE tree SET size = 500")
    database.commit()
    database.close()

    numbered = signed("audit verify --key key.txt")

    assert (cut.exit_code, numbered.exit_code) == (6, 6)
    assert "ROLLBACK" in cut.stdout
    assert "entries are missing at the end: the log has numbered 500, and " in numbered.stdout
    assert "at place" not in cut.stdout + numbered.stdout


@pytest.mark.parametrize("line", ["--key nothing", "--key missing.txt", "--pin missing.txt", "--max-age soon", "--export missing", "--pin key.txt",
                                  "--export . --state"])
def test_evidence_that_cannot_be_read_is_refused(signed, line):
    assert signed.error(f"audit verify {line}")["exit"] == 2


def test_the_log_is_in_its_order_across_agreements_with_the_tail_at_its_end(signed):
    signed.ok("start sister-city bogor-lankaran --party Bogor:ID --party Lankaran:AZ")

    rows = signed.json("audit log")

    assert [row["place"] for row in rows] == [*range(len(rows) - 1), None]
    assert [row["entry"] for row in rows][-2:] == ["bogor-kisarazu#2", "bogor-lankaran#1"]
    assert {row["entry"].partition("#")[0] for row in rows} == {"sys", "bogor-kisarazu", "bogor-lankaran"}


def test_filters_are_combined(signed):
    signed.ok("person add Dian --login dian --role legal")
    signed("--as dian advance bogor-kisarazu/loi sign")
    signed.ok("audit checkpoint")

    def entries(line: str) -> list[str]:
        return [row["entry"] for row in signed.json(f"audit log {line}")]

    assert entries("--refused") == entries("bogor-kisarazu --refused --person dian --act refuse") == ["bogor-kisarazu#3"]
    assert entries("--refused --person me") == entries("sys --refused") == []
    assert entries("bogor-kisarazu --limit 2") == ["bogor-kisarazu#2", "bogor-kisarazu#3"]
    assert entries("--limit 1") == ["bogor-kisarazu#3"]
    assert entries("--from 2026-03-03") == entries("--until 2026-03-01") == []
    assert entries("bogor-kisarazu --from 2026-03-02 --until 2026-03-02") == [f"bogor-kisarazu#{number}" for number in (1, 2, 3)]
    assert [row["place"] for row in signed.json("audit log bogor-kisarazu")] == \
        [row["place"] for row in signed.json("audit log") if row["entry"].startswith("bogor")]
    assert entries("bogor-kisarazu/loi") == ["bogor-kisarazu#2", "bogor-kisarazu#3"]
    assert entries("bogor-kisarazu/visit") == []
    assert signed.error("audit log nowhere")["exit"] == 3


def test_an_act_that_there_is_not_is_no_empty_answer(signed):
    mistyped, foreign = signed.error("audit log --act oppen"), signed.error("audit log --act zzz")

    assert (mistyped["exit"], mistyped["suggestions"]) == (2, ["open"])
    assert (foreign["exit"], foreign["choices"]) == (2, list(ACTS))
    assert signed("audit log --act zzz").stdout == ""
    assert "no such entry" in signed.ok("audit log --act waive")


def test_every_act_that_is_entered_can_be_asked_for(demo):
    assert {row["act"] for row in demo.json("audit log --limit 1000000")} | {*recorded.ACTS} | {*recorded.OF_DEADLINE} <= {*ACTS}


@pytest.mark.parametrize("line", ["audit log bogor-kisarazu", "history bogor-kisarazu"])
def test_who_was_named_with_as_is_told_from_who_typed_it(signed, line):
    signed.ok("person add Dian --login dian --role legal")
    signed("--as dian advance bogor-kisarazu/loi sign")

    *others, named = signed.ok(line).splitlines()

    assert " Dian (--as)  " in named
    assert not any("(--as)" in row for row in others)
    assert " Dian（--as）" in signed.ok(f"{line} --lang ja").splitlines()[-1]
    assert signed.json("history bogor-kisarazu")[-1]["name"] == "Dian"


def test_late_is_what_a_write_calls_late(signed):
    """Of an entry that is asked for by itself as of one in the whole log."""
    told = signed.ok("record bogor-kisarazu/loi place=Tokyo --occurred-at 2026-01-15")

    late = [row["entry"] for row in signed.json("audit log --late")]

    assert "entered late" in told
    assert late == ["bogor-kisarazu#3"] == [row["entry"] for row in signed.json("audit log --limit 1") if row["late"]]
    assert signed.json("audit show bogor-kisarazu#3")["late"] is True


def test_the_log_as_data_is_one_line_an_entry(signed):
    lines = signed.ok("audit log -o ndjson").splitlines()
    cells = signed.ok("audit log -o csv").splitlines()

    names = [row["entry"] for row in signed.json("audit log")]
    assert [json.loads(line)["entry"] for line in lines] == signed.ok("audit log -o ids").split() == names
    assert (len(cells), cells[0].split(",")[:2]) == (len(lines) + 1, ["place", "entry"])


def test_an_entry_is_shown_by_its_name_its_place_or_its_eid(signed):
    shown = signed.json("audit show bogor-kisarazu#2")

    assert shown == signed.json(f"audit show {shown['place']}") == signed.json(f"audit show {shown['eid']}")
    assert shown["checkpoint"]["size"] > shown["place"]
    for name in ("bogor-kisarazu#9", "4711", "019f0000-0000-7000-8000-000000000000", "nowhere#1"):
        assert signed.error(f"audit show {name}")["exit"] == 3
    assert signed.error("audit show something")["exit"] == 2


def test_an_entry_tells_what_it_changed_from_what_to_what(signed):
    signed.ok("record bogor-kisarazu/loi place=Tokyo")
    signed.ok("correct bogor-kisarazu#3 place=Osaka --reason slip")

    (effect,) = [row for row in signed.json("audit show bogor-kisarazu#4")["effects"] if row["table"] == "row"]
    screen = signed.ok("audit show bogor-kisarazu#4")

    assert effect["changes"]["data"]["before"]["place"] == "Tokyo"
    assert "data.place: Tokyo → Osaka" in screen
    assert "no checkpoint covers it yet" in screen


def test_a_person_in_an_entry_is_a_commitment_whose_value_is_kept_or_not(signed):
    signed.ok("person add", "Sari Dewi", "--login", "sari")
    (entry,) = [row["entry"] for row in signed.json("audit log sys --act person")]
    assert {row["kept"] for row in signed.json(f"audit show {entry}")["personal"]} == {True}
    signed.ok("person edit sari --inactive")

    signed.ok("audit erase --person sari --reason left --yes")

    shown = signed.json(f"audit show {entry}")
    assert {row["kept"] for row in shown["personal"]} == {False}
    assert "Sari" not in str(shown)
    assert verdict(signed, "--key key.txt --state")[1]["verdict"] == "VERIFIED"


def test_erasing_asks_for_one_thing_and_a_reason_and_can_be_tried(signed):
    paper = signed.file("wrong.pdf")
    signed.ok(f"record bogor-kisarazu/loi --document draft={paper}:id")

    tried = signed.json("audit erase --document bogor-kisarazu#1 --reason scan --dry-run")
    assert (tried["entry"], tried["file"], len(tried["values"])) == ("", True, 1)
    done = signed.json("audit erase --document bogor-kisarazu#1 --reason scan --yes")
    assert (done["entry"], done["file"]) == ("bogor-kisarazu#4", True)
    assert signed.json("audit erase --document bogor-kisarazu#1 --reason scan --yes")["entry"] == ""
    assert "wrong.pdf" not in signed.ok("history bogor-kisarazu") + signed.ok("show bogor-kisarazu/loi")
    for line in ("", "--document x --reason y", "bogor-kisarazu#3", "bogor-kisarazu#3 --person me --reason y"):
        assert signed.error(f"audit erase {line}")["exit"] == 2
    assert signed.error("audit erase --document bogor-kisarazu#9 --reason y")["exit"] == 3


def test_history_is_read_as_it_stood_at_the_end_of_a_day(signed):
    signed.now = "2026-03-05T03:00:00.000000Z"
    signed.ok("correct bogor-kisarazu#2 fields=culture --reason slip")

    then, now = signed.json("history bogor-kisarazu --at 2026-03-04"), signed.json("history bogor-kisarazu --at today")

    assert [row["entry"] for row in then] == ["bogor-kisarazu#1", "bogor-kisarazu#2"]
    assert (then[1]["corrected_by"], now[1]["corrected_by"]) == ("", "bogor-kisarazu#3")
    assert now == signed.json("history bogor-kisarazu")
    assert "2026-03-02" in signed.error("history bogor-kisarazu --at 2026-03-01")["message"]
    assert signed.json("show bogor-kisarazu/loi --at 2026-03-04")["rows"] != signed.json("show bogor-kisarazu/loi")["rows"]


def test_a_proof_is_checked_by_anybody_who_has_the_key(signed, capsys):
    told = signed.ok("audit prove bogor-kisarazu#2")
    proof = signed.folder / "bogor-kisarazu-2.tlog-proof"

    key = parse_key((signed.folder / "key.txt").read_text().strip())
    found = check_proof(parse_proof(proof.read_text()), [key], is_signed)

    assert found.origin == key.name
    assert verifier.main([str(proof), "--key", key.text]) == 0
    assert "VERIFIED" in capsys.readouterr().out
    assert "verify.py bogor-kisarazu-2.tlog-proof" in told


def test_proving_what_is_not_signed_yet_signs_it(signed):
    grown(signed)

    proof = signed.json("audit prove bogor-kisarazu#3")

    assert proof["size"] == proof["place"] + 1
    assert verdict(signed, "--key key.txt")[1]["tail"] == 0


def test_without_a_key_what_is_not_signed_cannot_be_proved_and_what_is_can(signed):
    grown(signed)
    (signed.folder / "office.key").unlink()

    assert signed.ok("audit prove bogor-kisarazu#2 --out -").startswith("c2sp.org/tlog-proof@v1\n")
    assert signed.error("audit prove bogor-kisarazu#3")["exit"] == 2
    assert signed.ok("audit pin") == (signed.folder / "pin.txt").read_text()


def test_a_file_that_is_there_is_written_over_only_if_told(signed):
    grown(signed).ok("audit checkpoint")

    assert signed.error("audit pin --out pin.txt")["exit"] == 2
    signed.ok("audit pin --out pin.txt --yes")
    signed.ok("audit pin --out pin.txt")
    assert (signed.folder / "pin.txt").read_text() == signed.ok("audit checkpoint")


def test_a_pin_before_anything_was_signed_says_what_to_do(started):
    assert "mufakat audit checkpoint" in started("audit pin").stderr


def test_consistency_is_proved_between_sizes_and_checkpoints(signed):
    grown(signed).ok("audit checkpoint")
    signed.ok("audit pin --out later.txt")

    found = signed.json("audit consistency pin.txt later.txt")

    old, new = ((found[side]["size"], b64decode(found[side]["root"])) for side in ("old", "new"))
    check_consistency(old[0], new[0], [b64decode(one) for one in found["proof"]], old[1], new[1])
    assert signed.json(f"audit consistency {old[0]} {new[0]}") == found
    assert signed.error("audit consistency later.txt pin.txt")["exit"] == 2
    assert signed.error("audit consistency pin.txt 4711")["exit"] == 2
    assert signed.error("audit consistency key.txt pin.txt")["exit"] == 2
    assert signed.ok("audit consistency 0 1").startswith("consistent")


def test_a_checkpoint_of_what_is_not_here_is_a_rollback_and_of_another_history_a_fork(signed, tmp_path_factory):
    backup = tmp_path_factory.mktemp("backup") / "office.db"
    shutil.copy(signed.environment["MUFAKAT_DB"], backup)
    grown(signed).ok("audit checkpoint")
    signed.ok("audit pin --out later.txt")
    shutil.copy(backup, signed.environment["MUFAKAT_DB"])

    assert signed.error("audit consistency pin.txt later.txt")["exit"] == 6
    assert "ROLLBACK" in signed("audit checkpoint").stderr
    signed.ok("record bogor-kisarazu/loi place=Osaka")
    assert "FORK" in signed("audit checkpoint").stderr
    assert verdict(signed, "--key key.txt --pin later.txt")[0] == 6
    assert signed("doctor").exit_code == 6
    assert "mufakat audit key restart" in signed.ok("help audit")


def test_an_officers_countersignature_is_made_and_checked_with_the_stock_program(signed):
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("ssh-keygen is not on this machine")

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *words], cwd=signed.folder, input=stdin, capture_output=True, text=True, check=False)

    assert run("-t", "ed25519", "-N", "", "-f", "officer_key", "-C", "officer").returncode == 0
    assert run("-Y", "sign", "-f", "officer_key", "-n", "mufakat", "pin.txt").returncode == 0
    public = (signed.folder / "officer_key.pub").read_text()
    signed.file("allowed_signers", f"officer {public}")
    check = ("-Y", "verify", "-f", "allowed_signers", "-I", "officer", "-n", "mufakat", "-s", "pin.txt.sig")
    pin = (signed.folder / "pin.txt").read_text()

    assert run(*check, stdin=pin).returncode == 0
    assert run(*check, stdin=pin.replace("\n", "\n ", 1)).returncode != 0


def test_the_log_streams_in_flat_memory(signed):
    """Ten times as many entries take no more: measured in a process of its own, between the first and the last of them."""
    program = ("import sys, resource; from workflow.commands.audit_log import Wanted, _rows; from workflow.store import open_store\n"
               "store, wanted = open_store(sys.argv[1], read_only=True), Wanted('', '', '', '', '', '', False, False)\n"
               "rows = iter(_rows(store, wanted, None))\n"
               "for number, _ in enumerate(rows):\n    if number == 500: early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
               "print(number, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early)")
    with SqliteStore.open(signed.environment["MUFAKAT_DB"], synchronous="OFF") as store:
        head = start(store, id="agr-1", ref="long")
        with store.together():
            for _ in range(6000):
                head = commit(store, head)

    done = subprocess.run([sys.executable, "-c", program, signed.environment["MUFAKAT_DB"]], capture_output=True, text=True, check=True)

    count, kilobytes = map(int, done.stdout.split())
    assert count > 6000
    assert kilobytes < 10_000


@pytest.mark.parametrize("edit", ["UPDATE definition SET body = replace(body, '\"needs\"', '\"wants\"')",
                                  "DELETE FROM definition WHERE kind = 'stage'"], ids=["changed", "deleted"])
def test_nothing_is_decided_by_a_definition_that_is_not_the_one_that_was_pinned_and_history_is_told_all_the_same(signed, edit):
    with sqlite3.connect(signed.folder / "office.db", isolation_level=None) as link:
        link.execute(edit)
    link.close()
    count = len(signed.json("audit log"))

    refused = signed("advance bogor-kisarazu/loi consult")
    assert (refused.exit_code, len(signed.json("audit log"))) == (6 if "UPDATE" in edit else 3, count)
    assert signed("doctor").exit_code == 6
    assert "opened" in signed.ok("history bogor-kisarazu")
    agenda = signed("agenda")
    assert (agenda.exit_code, "bogor-kisarazu/loi" in agenda.stderr) == (0, "UPDATE" in edit)
    assert verdict(signed, "--key key.txt --state")[0] == 6
    assert "loi 1" in verdict(signed, "--key key.txt --state")[1]["why"]


@pytest.mark.parametrize("lang", ["en", "id", "ja"])
def test_the_steps_of_an_auditor_can_be_typed_in_their_order_in_an_office_that_has_signed_nothing(loi, lang):
    steps = [line.split() for line in loi.ok(f"help audit --lang {lang}").splitlines() if line.strip().startswith("mufakat audit ")]

    assert [step[2] for step in steps[:5]] == ["checkpoint", "key", "pin", "export", "prove"]
    for step in steps[:4]:
        loi.ok(" ".join(step[1:]))

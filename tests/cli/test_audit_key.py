"""The log's key: made once, changed with both signing, begun anew only where that is needed; stopped anywhere, the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
import stat

import pytest

from cli import PARTS
from workflow.commands.app import App
from workflow.core.checkpoint import parse_checkpoint, parse_note
from workflow.engine import Ask
from workflow.keys import KeyFile
from workflow.rotating import restart, rotate

STEPS = 40  # more than any change of a key takes


@pytest.fixture
def signed(loi):
    """A letter of intent, all of it signed; the first public key in a file, and a pin."""
    loi.ok("audit checkpoint")
    loi.file("first.txt", loi.ok("audit key show"))
    loi.ok("audit pin --out pin.txt")
    return loi


@pytest.fixture
def restored(signed, tmp_path_factory):
    """An older copy of the database was put back after more was signed; `later.txt` is a pin of what is gone."""
    backup = tmp_path_factory.mktemp("backup") / "office.db"
    shutil.copy(signed.environment["MUFAKAT_DB"], backup)
    for number in range(3):
        signed.ok(f"activity bogor-kisarazu call-{number}")
    signed.ok("audit checkpoint")
    signed.ok("audit pin --out later.txt")
    shutil.copy(backup, signed.environment["MUFAKAT_DB"])
    return signed


def public(typist) -> str:
    return typist.ok("audit key show").strip()


def key(typist) -> KeyFile:
    return KeyFile(str(typist.folder / "office.key"))


def verdict(typist, line: str) -> dict:
    return json.loads(typist(f"audit verify {line} -o json").stdout)


def killed_at(number, typist, change) -> bool:
    """Change the key in a process that is killed before its step `number`: a file, or a row, that it would write; whether it came so far."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(act):
            def step(*words, **options):
                nonlocal count
                count += 1
                if count == number:
                    os._exit(9)
                return act(*words, **options)
            return step

        try:
            app = App(PARTS, typist.environment, typist.clock)
            store, office = app.store(write=True), app.administration
            for name in ("replace", "link", "unlink", "fsync"):
                setattr(os, name, counted(getattr(os, name)))
            for name in ("commit", "sign", "number"):
                setattr(store, name, counted(getattr(store, name)))
            change(app.key, office, store, typist.clock)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def test_a_new_office_has_its_key_beside_the_database_readable_by_its_owner_alone(office):
    path = office.folder / "office.key"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key(office).signer().key.text == public(office)
    assert [row["act"] for row in office.json("history sys")].count("key") == 1


def test_init_says_where_the_key_lies_and_a_second_one_changes_nothing(mufakat):
    first = mufakat.ok("init")
    before = (mufakat.folder / "office.key").read_bytes()

    again = mufakat.ok("init")

    assert f"{mufakat.folder}/office.key" in first
    assert "office.key" not in again
    assert (mufakat.folder / "office.key").read_bytes() == before
    (mufakat.folder / "office.key").unlink()
    mufakat.ok("init")
    assert not (mufakat.folder / "office.key").exists()


def test_a_key_is_made_once(office):
    assert office.error("audit key create")["exit"] == 2
    (office.folder / "office.key").unlink()
    assert "restart" in office.error("audit key create")["message"]


def test_another_logs_key_signs_nothing(office, mufakat):
    other = office.folder / "other.key"
    KeyFile(str(other)).create("another/log")

    for line in ("audit checkpoint", "audit key create"):
        assert office(line, MUFAKAT_KEY=str(other)).exit_code == 2
    assert "nobody" in office.ok("doctor", MUFAKAT_KEY=str(office.folder / "nowhere.key"))
    assert office("doctor", MUFAKAT_KEY=str(other)).exit_code == 6


def test_whoever_is_no_administrator_makes_no_key(office):
    office.ok("person add Dian --login dian --role legal")

    refused = office("--as dian audit key rotate")

    assert refused.exit_code == 4
    assert public(office) == key(office).signer().key.text


def test_whoever_trusts_the_old_key_may_trust_the_new_one(signed):
    old = public(signed)

    signed.ok("audit key rotate")

    assert public(signed) == key(signed).signer().key.text != old
    assert KeyFile(str(signed.folder / "office.key.old")).signer().key.text == old
    note = parse_note(signed.ok("audit checkpoint"))
    assert len(note.signatures) == 2
    signed.ok("record bogor-kisarazu/loi place=Tokyo")
    signed.ok("audit checkpoint")
    report = verdict(signed, "--key first.txt --pin pin.txt")
    assert (report["verdict"], report["tail"]) == ("VERIFIED", 0)


def test_keys_of_every_rotation_are_kept(signed):
    for _ in range(3):
        signed.ok("audit key rotate")

    kept = sorted(path.name for path in signed.folder.glob("office.key.old*") if not path.name.endswith(".last"))
    assert kept == ["office.key.old", "office.key.old-2", "office.key.old-3"]
    assert verdict(signed, "--key first.txt")["verdict"] == "VERIFIED"


@pytest.mark.parametrize("number", range(1, STEPS))
def test_a_rotation_that_is_killed_anywhere_leaves_a_key_that_signs_and_goes_on(signed, number):
    if not killed_at(number, signed, rotate):
        assert number > 10  # it has as many steps
        return

    assert signed("audit checkpoint").exit_code == 0
    signed.ok("audit key rotate")

    assert key(signed).signer().key.text == public(signed)
    assert signed("audit checkpoint").exit_code == 0
    assert verdict(signed, "--key first.txt --pin pin.txt --state")["verdict"] == "VERIFIED"
    assert "✗" not in signed.ok("doctor")
    assert not {"office.key.new", "office.key.new.last"} & set(os.listdir(signed.folder))


def test_workers_that_sign_while_the_key_changes_again_and_again_leave_one_log(signed):
    """Each signs with the key that is there, one after another: no checkpoint covers fewer entries than the one before."""
    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                for step in range(25):
                    app = App(PARTS, signed.environment, signed.clock)
                    app.editor.activity("bogor-kisarazu", f"call {number} {step}", Ask())
                    app.log(sign=True).checkpoint()
                    app.close()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)

    for _ in range(6):
        signed.ok("audit key rotate")

    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    signed.ok("audit checkpoint")
    report = verdict(signed, "--key first.txt --pin pin.txt --state")
    assert (report["verdict"], report["tail"]) == ("VERIFIED", 0)


def test_a_log_that_goes_on_is_not_begun_anew(signed):
    assert "continues" in signed.error("audit key restart --reason why --yes")["message"]
    assert signed.error("audit key restart")["field"] == "reason"


def test_after_an_old_backup_the_log_is_begun_anew_and_everybody_sees_it(restored):
    assert restored.error("audit checkpoint")["exit"] == 6
    old = public(restored).partition("+")[0]

    made = restored.json("audit key restart --reason fire --yes")

    assert made["log"] == f"{old}/2"
    note = parse_note(restored.ok("audit checkpoint"))
    assert {one.name for one in note.signatures} == {old, f"{old}/2"}
    assert parse_checkpoint(note.text).origin == f"{old}/2"
    report = verdict(restored, "--key first.txt --pin pin.txt --state")
    assert (report["verdict"], len(report["restarts"])) == ("VERIFIED", 1)
    gone = verdict(restored, "--key first.txt --pin later.txt")
    assert (gone["verdict"], "ROLLBACK" in gone["why"]) == ("TAMPERED", True)
    assert restored.json("audit log --limit 1")[0]["act"] == "restart"


def test_a_log_that_began_anew_goes_on_is_copied_exported_and_may_begin_again(restored):
    restored.ok("audit key restart --reason fire --yes")
    restored.ok("start sister-city bogor-lankaran --party Bogor:ID --party Lankaran:AZ")
    restored.ok("audit export home")
    restored.ok(f"db copy {restored.environment['MUFAKAT_DB']} copy.db")
    (restored.folder / "office.key").unlink()

    assert restored("audit verify --export home --key first.txt --pin pin.txt").exit_code == 0
    assert restored("doctor --db copy.db").exit_code == 0
    assert restored.json("audit key restart --reason lost --yes")["log"].endswith("/3")
    assert verdict(restored, "--key first.txt --state")["verdict"] == "INCONCLUSIVE"  # the second key was lost, and vouches for no third
    assert restored("doctor").exit_code == 0


@pytest.mark.parametrize("number", range(1, STEPS))
def test_a_restart_that_is_killed_anywhere_can_be_made_again(restored, number):
    if not killed_at(number, restored, restart):
        assert number > 10
        return

    again = restored("audit key restart --reason fire --yes")

    assert again.exit_code == 0 or "continues" in again.stderr  # it was done
    assert key(restored).signer().key.text == public(restored)
    assert restored("audit checkpoint").exit_code == 0
    report = verdict(restored, "--key first.txt --pin pin.txt --state")
    assert (report["verdict"], len(report["restarts"])) == ("VERIFIED", 1)
    assert [row["act"] for row in restored.json("audit log sys")].count("restart") == 1


def test_a_memory_that_was_lost_is_told_what_was_signed(signed):
    (signed.folder / "office.key.last").unlink()
    assert signed("doctor").exit_code == 6
    assert "mufakat audit key remember" in signed("audit checkpoint").stderr

    signed.ok("audit key remember pin.txt")
    assert "was told what it signed" in signed.ok("audit log --limit 1")

    signed.ok("record bogor-kisarazu/loi place=Tokyo")
    signed.ok("audit checkpoint")
    assert signed.error("audit key remember pin.txt")["exit"] == 2
    assert signed.error("audit key remember first.txt")["exit"] == 2


def test_on_a_server_the_file_must_be_named(office):
    assert "mufakat config set key" in office.error("audit key create --db postgresql://127.0.0.1:1/none")["message"]


def test_a_key_that_others_can_read_signs_nothing_and_stops_no_reminder(signed):
    os.chmod(signed.folder / "office.key", 0o644)
    signed.ok("record bogor-kisarazu/loi place=Tokyo")
    signed.now = "2026-03-02T05:00:00.000000Z"

    looked = signed("remind tick")

    assert looked.exit_code == 0
    assert "chmod 600" in looked.stdout
    assert signed.json("audit log --limit 1")[0]["place"] is not None
    assert signed("doctor").exit_code == 6


def test_a_key_that_is_elsewhere_is_not_begun_anew(signed):
    result = signed("audit checkpoint", MUFAKAT_KEY=f"{signed.folder}/elsewhere.key")

    assert result.exit_code == 2
    assert "mufakat config set key FILE" in result.stderr


def test_without_a_terminal_a_log_is_begun_anew_only_if_the_line_says_yes(restored):
    before = len(restored.json("history sys"))

    error = restored.error("audit key restart --reason fire")

    assert (error["exit"], error["field"]) == (2, "confirmation")
    assert len(restored.json("history sys")) == before

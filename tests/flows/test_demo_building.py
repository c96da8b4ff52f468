"""Building the demo is safe: whole or not at all, never over a file that is there, never near the office's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from flows.scenes import NOW, story
from world import catalog

import definitions
from workflow.core.checkpoint import parse_checkpoint, parse_note
from workflow.demo import build, free, read
from workflow.errors import InvalidInput
from workflow.keys import KeyFile
from workflow.store.sqlite import SqliteStore


def test_a_second_run_changes_nothing(tmp_path):
    path = str(tmp_path / "demo.db")
    list(story(path))
    before = os.stat(path).st_mtime_ns

    with pytest.raises(InvalidInput, match="there already"):
        next(story(path))

    assert os.stat(path).st_mtime_ns == before


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    path = tmp_path / "demo.db"
    told = story(str(path))
    for _ in range(5):
        next(told)
    path.write_text("somebody else's")

    with pytest.raises(InvalidInput, match="meanwhile"):
        list(told)

    assert path.read_text() == "somebody else's"
    assert os.listdir(tmp_path / "demo-documents")


@pytest.mark.parametrize("lines", [1, 7, 30])
def test_a_story_that_is_broken_off_leaves_no_half_built_database(tmp_path, lines):
    path = tmp_path / "demo.db"
    told = story(str(path))
    for _ in range(lines):
        next(told)

    told.close()  # Ctrl-C while a line is printed

    assert [name for name in os.listdir(tmp_path) if name != "demo-documents"] == []
    assert list(story(str(path)))[-1].ref.startswith("contoh-council")


@pytest.mark.parametrize(("blow", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_demo_that_is_stopped_leaves_no_database_and_can_be_run_again(tmp_path, child_environment, blow, code):
    command = [sys.executable, "-u", os.path.join(os.path.dirname(definitions.HERE), "cli.py"), "demo"]
    with subprocess.Popen(command, cwd=tmp_path, env=child_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while "2017" not in run.stdout.readline():
            pass
        run.send_signal(blow)
        run.communicate(timeout=60)

    assert run.returncode == code
    assert "demo.db" not in os.listdir(tmp_path)
    assert [name for name in os.listdir(tmp_path) if name.startswith(".demo.db")] == [] or blow == signal.SIGKILL
    done = subprocess.run(command, cwd=tmp_path, env=child_environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "contoh-council" in done.stdout


def test_a_fault_in_the_middle_leaves_no_half_built_database(tmp_path):
    clock = iter([NOW] * 40)

    with pytest.raises((RuntimeError, StopIteration)):
        list(build(str(tmp_path / "demo.db"), str(tmp_path / "documents"), definitions.demo(), catalog, definitions.GUARDS, clock.__next__, "dinar"))

    assert "demo.db" not in os.listdir(tmp_path)


def test_the_offices_own_database_beside_it_is_not_touched(tmp_path):
    own = tmp_path / "mufakat.db"
    own.write_text("the office's own")

    list(story(str(tmp_path / "demo.db")))

    assert own.read_text() == "the office's own"


def test_a_demo_is_signed_and_one_after_it_makes_room_for_its_own_key(tmp_path):
    path, key = str(tmp_path / "demo.db"), KeyFile(str(tmp_path / "demo.key"))
    list(story(path))
    first, signed = key.signer().key, key.last()[0].size
    os.unlink(path)

    list(story(path))

    with SqliteStore.open(path, read_only=True) as store:
        assert store.office().tables["setting"]["log_key",].value == key.signer().key.text != first.text
        assert key.last() == (parse_checkpoint(parse_note(store.newest().note).text), store.newest().note)
        assert key.last()[0].size == store.size() == signed


def test_the_key_of_another_log_is_never_written_over(tmp_path):
    KeyFile(str(tmp_path / "demo.key")).create("bogor/office")

    with pytest.raises(InvalidInput, match="another log"):
        next(story(str(tmp_path / "demo.db")))


def test_a_free_name_is_found(tmp_path):
    path = str(tmp_path / "demo.db")
    assert free(path) == path
    (tmp_path / "demo.db").write_text("")
    (tmp_path / "demo-2.db").write_text("")

    assert free(path) == str(tmp_path / "demo-3.db")


SLIP = 'order = 1\nref = "x"\ntrack = "sister-city"\ntitle = "X"\nparty = []\ntell.en = "x"\n[[event]]\nverb = "open"\ntold = "x"\n'


@pytest.mark.parametrize(("text", "why"), [("ref = ", "not valid TOML"), (SLIP, "unknown keys: told")])
def test_data_that_cannot_be_read_is_refused(tmp_path, text, why):
    (tmp_path / "x.toml").write_text(text)

    with pytest.raises(InvalidInput, match=why):
        read(str(tmp_path))

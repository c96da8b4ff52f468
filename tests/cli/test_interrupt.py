"""A real Ctrl-C: heard at once even while the database is locked, exit 130, nothing half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest


def has_open(process: subprocess.Popen[str], path: str) -> bool:
    """Whether a process has opened a file; what it closes while we look is not open."""
    folder = f"/proc/{process.pid}/fd"
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):
            if os.readlink(os.path.join(folder, name)) == path:
                return True
    return False


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="what a process has open is read from /proc")
def test_a_ctrl_c_is_heard_while_the_database_is_locked(loi, child_environment):
    before, path = loi.json("history bogor-kisarazu"), os.path.realpath(loi.environment["MUFAKAT_DB"])
    words = ["--db", path, "--as", "p1", "record", "bogor-kisarazu/loi", "fields=education"]
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with subprocess.Popen([sys.executable, "-c", "import cli; cli.main()", *words], env=child_environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            while not has_open(process, path):
                assert process.poll() is None

            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=8)  # the lock alone would be waited for ten seconds

    assert process.returncode == 130, errors
    assert loi.json("history bogor-kisarazu") == before


def test_a_story_to_which_nobody_listens_is_built_all_the_same(tmp_path, child_environment):
    command = f"{sys.executable} -m cli demo --db {tmp_path}/demo.db | head -1 > /dev/null"

    subprocess.run(["sh", "-c", command], env=child_environment, check=False, cwd=tmp_path, timeout=60)

    assert (tmp_path / "demo.db").exists()

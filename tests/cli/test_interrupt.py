"""A real Ctrl-C: heard at once even while the database is locked, exit 130, nothing half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import pytest


def has_open(process: subprocess.Popen[str], path: str) -> bool:
    """Whether a process has opened a file."""
    folder = f"/proc/{process.pid}/fd"
    return any(os.path.realpath(os.path.join(folder, name)) == path for name in os.listdir(folder))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="what a process has open is read from /proc")
def test_a_ctrl_c_is_heard_while_the_database_is_locked(loi, child_environment):
    before, path = loi.json("history bogor-kisarazu"), loi.environment["MUFAKAT_DB"]
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    words = ["--db", path, "--as", "p1", "record", "bogor-kisarazu/loi", "fields=education"]
    process = subprocess.Popen([sys.executable, "-c", "import cli; cli.main()", *words], env=child_environment, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while not has_open(process, path):
        assert process.poll() is None

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=8)  # the lock alone would be waited for ten seconds
    stranger.close()

    assert process.returncode == 130, errors
    assert loi.json("history bogor-kisarazu") == before

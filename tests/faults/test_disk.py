"""A disk that fills up: the piece of work that does not fit is refused whole, and work goes on as soon as there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import psycopg
import pytest
from faults.harness import Office, work
from world import World

from workflow.errors import StoreError

NOTE = "x" * 4000
MOST = 5000  # pieces of work that surely do not fit


@contextmanager
def small_disk(size):
    """A disk of its own in memory, where this machine lets us have one."""
    folder = subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False, capture_output=True).returncode:
        os.rmdir(folder)
        pytest.skip("no disk of its own can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)


def fills(office, ballast):
    """Work until the disk is full, make room, work on: every piece was done once or refused."""
    done = 0
    with office.open() as store:
        world = World(office.folder, store)
        with pytest.raises(StoreError) as caught:  # noqa: PT012  # which piece is the one too many nobody knows
            for _ in range(MOST):
                work(world, "w", done, NOTE)
                done += 1

        assert caught.value.why == "the disk is full; nothing was written"
        assert "free some space" in caught.value.mend
        assert store.load("bogor-kisarazu").head.cseq == office.began + done
        os.remove(ballast)
        for _ in range(10):
            assert not work(world, "w", done, NOTE).repeated
            done += 1
    office.check({"w": done})
    assert done > 20


def heavy(folder, size):
    path = os.path.join(folder, "ballast")
    with open(path, "wb") as file:
        file.write(bytes(size))
    return path


def test_a_file_on_a_disk_that_fills_up(database_file, tmp_path):
    with small_disk("3m") as folder:
        ballast = heavy(folder, 1_000_000)
        fills(Office(str(shutil.copy(database_file, folder)), tmp_path), ballast)


def test_a_server_s_disk_that_fills_up(postgres, tmp_path):
    if not postgres.folder:
        pytest.skip("the server is not ours to give a disk")
    with small_disk("24m") as folder:
        shutil.chown(folder, "nobody")  # as whom the server runs
        os.chmod(folder, 0o700)
        postgres.run("DROP TABLESPACE IF EXISTS small", f"CREATE TABLESPACE small LOCATION '{folder}'")
        try:
            postgres.run("CREATE DATABASE mufakat_small TEMPLATE mufakat_template STRATEGY FILE_COPY TABLESPACE small")
            office = Office(postgres.named("mufakat_small"), tmp_path)
            room = os.statvfs(folder)
            ballast = heavy(folder, max(0, room.f_bavail * room.f_bsize - 1_500_000))
            fills(office, ballast)
        finally:
            postgres.run("DROP DATABASE IF EXISTS mufakat_small WITH (FORCE)")
            with psycopg.connect(postgres.url, autocommit=True) as link:
                link.execute("CHECKPOINT")
                link.execute("DROP TABLESPACE small")

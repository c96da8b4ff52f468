"""The clock that only ticks: every civil day is met once whatever its zone does to it, and a worker ends when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from workflow import scheduler
from workflow.library import civil_day
from workflow.scheduler import trigger


@pytest.mark.parametrize(("zone", "around"), [
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"), ("America/Santiago", "2026-09-06"), ("America/Santiago", "2026-04-05"),
    ("Asia/Jakarta", "2026-02-28"), ("Pacific/Apia", "2011-12-30"),
])
@pytest.mark.parametrize("every", [60, 3600, 7 * 3600])
def test_every_civil_day_is_met_once_and_in_order(zone, around, every):
    """Berlin loses an hour and gains one, Santiago has no midnight on one day and two on another; Apia left a whole day out."""
    first = datetime.fromisoformat(around).replace(tzinfo=UTC) - timedelta(days=3)
    ticks, clock, before = [], first, None
    while clock < first + timedelta(days=6):
        before = trigger(every).get_next_fire_time(before, clock) if before else clock
        clock = before
        ticks.append(clock)

    met = [civil_day(tick.isoformat().replace("+00:00", "Z"), zone) for tick in ticks]

    days = list(dict.fromkeys(met))
    there_are = {(first + timedelta(days=n)).date().isoformat() for n in range(1, 6)} - ({"2011-12-30"} if "Apia" in zone else set())
    assert days == sorted(days)
    assert met == sorted(met)  # no day comes back
    assert there_are <= set(days)
    assert {(later - earlier).total_seconds() for earlier, later in pairwise(ticks)} == {float(every)}


def test_there_is_one_job_and_missed_ticks_are_made_up_by_one(monkeypatch):
    made = []

    class Seen(scheduler.BackgroundScheduler):
        def add_job(self, *args, **more):
            made.append(more)
            return super().add_job(*args, **more)

    monkeypatch.setattr(scheduler, "BackgroundScheduler", Seen)
    scheduler.serve(lambda _stopping: os.kill(os.getpid(), signal.SIGTERM), 3600, pytest.fail)

    assert [(job["coalesce"], job["max_instances"], job["misfire_grace_time"]) for job in made] == [(True, 1, None)]


def test_a_tick_that_runs_is_finished_and_told_that_it_should_end():
    seen = []

    def tick(stopping):
        seen.append(stopping())
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(2000):
            if stopping():
                break
            time.sleep(0.005)
        seen.append(stopping())

    scheduler.serve(tick, 3600, pytest.fail)

    assert seen == [False, True]
    assert threading.active_count() <= 2


def test_a_signal_that_does_not_wake_the_main_thread_is_met_all_the_same():
    """As where it comes in the moment before the wait begins: here another thread takes it."""
    late = []
    rescue = threading.Timer(60, lambda: (late.append("rescued"), os.kill(os.getpid(), signal.SIGTERM)))
    rescue.start()

    scheduler.serve(lambda _stopping: signal.raise_signal(signal.SIGTERM), 3600, pytest.fail)

    rescue.cancel()
    rescue.join()
    assert late == []


def test_a_tick_that_fails_is_told_and_the_next_one_comes():
    told, count = [], []

    def tick(_stopping):
        count.append(1)
        if len(count) == 1:
            raise OSError("the database is down")
        os.kill(os.getpid(), signal.SIGINT)

    scheduler.serve(tick, 1, told.append)

    assert (told, len(count)) == (["OSError: the database is down"], 2)


def test_the_handlers_of_before_are_there_again():
    before = signal.getsignal(signal.SIGTERM)

    scheduler.serve(lambda _stopping: os.kill(os.getpid(), signal.SIGTERM), 3600, pytest.fail)

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM")
def test_serve_leaves_a_heartbeat_and_ends_well(tmp_path, child_environment):
    environment = {**child_environment, "HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    mufakat = [sys.executable, "-c", "from cli import main; main()"]
    subprocess.run([*mufakat, "init"], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60)
    with subprocess.Popen([*mufakat, "serve", "--every", "1s"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as running:
        from workflow.store.sqlite import SqliteStore

        store = SqliteStore.open(str(tmp_path / "mufakat.db"), read_only=True)
        beats = []
        for _ in range(600):
            beats = store.beats()
            if beats:
                break
            time.sleep(0.05)
        store.close()
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=30)[1]

    assert running.returncode == 0, said
    assert beats[0][0].endswith(f":{running.pid}")
    assert "looks every 1s" in said

"""
The clock that only ticks: one job, in memory, by an interval in UTC. What is due, and who is told, stands in the database.

A rule in local time near midnight skips a day where the clock goes forward; a job store shared by two schedulers fires twice. So there is
neither: ticks that were missed are made up by one, a tick never overlaps the next, and none is too late.
"""

from __future__ import annotations

import gc
import signal
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from collections.abc import Callable

OBJECTS = 20_000  # that are made before the collector looks; Python's own 700 makes it look several times at each batch of messages
STOP = (signal.SIGTERM, signal.SIGINT)
LOOK = 1.0  # seconds: a signal that comes just before a wait begins, or to another thread, does not end it and is met by the next one


def serve(tick: Callable[[Callable[[], bool]], None], every: int, tell: Callable[[str], None]) -> None:
    """
    Tick now and every so many seconds until SIGTERM or SIGINT, then finish the tick that runs and return.

    `tick` is given a function that says whether it should come to an end. An error of one tick is told, and the next one comes.
    """
    stopping = threading.Event()

    def guarded() -> None:
        try:
            tick(stopping.is_set)
        except Exception as fault:  # noqa: BLE001  # a worker outlives a database that was down for an hour
            tell(f"{type(fault).__name__}: {fault}")

    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in STOP}
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(guarded, trigger(every), next_run_time=datetime.now(UTC), coalesce=True, max_instances=1, misfire_grace_time=None)
    spare()
    scheduler.start()
    try:
        while not stopping.wait(LOOK):
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # whoever asks twice does not want to wait
        scheduler.shutdown(wait=True)


def spare() -> None:
    """Let the collector leave alone what is loaded, and look less often: what a tick makes is gone, by itself, when it ends."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])


def trigger(every: int) -> IntervalTrigger:
    return IntervalTrigger(seconds=every, timezone=UTC)

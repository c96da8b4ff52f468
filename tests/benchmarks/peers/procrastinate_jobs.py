"""
Procrastinate on PostgreSQL, at its kindest: jobs that do nothing, deferred beforehand in one statement, done by one worker in this process.

It is started with the address of an empty database and the worker's concurrency; a turn is one job fetched, run and finished.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib import metadata

import procrastinate

address, concurrency = sys.argv[1], int(sys.argv[2])
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))


@app.task(name="nothing")
async def nothing(number: int) -> None:
    """What a channel that does nothing does; a coroutine, which costs no thread."""


async def main() -> None:
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        print(json.dumps({name: metadata.version(name) for name in ("procrastinate", "psycopg")}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            first, turns = map(int, line.split())
            await nothing.batch_defer_async(*({"number": number} for number in range(first, first + turns)))
            wall, cpu = time.perf_counter(), time.process_time()
            await app.run_worker_async(wait=False, concurrency=concurrency, install_signal_handlers=False, listen_notify=False)
            print(json.dumps([(time.perf_counter() - wall) / turns, (time.process_time() - cpu) / turns]), flush=True)


asyncio.run(main())

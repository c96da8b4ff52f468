"""`mufakat serve`: the worker that reminds and delivers until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.commands.language import _
from workflow.commands.options import command, pass_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.commands.app import App


@command("serve", examples=("mufakat serve", "mufakat serve --every 5m"))
@click.option("--every", default="60s", show_default=True, metavar="TIME", help="How often to look: 30s, 5m, 1h.")
@pass_app
def serve_command(app: App, every: str) -> None:
    """
    Remind and deliver until it is stopped.

    SIGTERM lets the message that is being sent arrive and leaves the rest for the next start. Several may run on one PostgreSQL.
    For cron there is mufakat remind tick, which does the same once.
    """
    from workflow.commands.delivering import worker_name
    from workflow.commands.typed import duration
    from workflow.scheduler import serve

    seconds, name = duration("every", every, days=False), worker_name()
    app.store(write=True)  # what is wrong with the database is said at once
    app.console.tell(_("{worker} looks every {every}; Ctrl+C ends it").format(worker=name, every=every))
    serve(lambda stopping: _tick(app, name, stopping), seconds, app.console.tell)


def _tick(app: App, name: str, stopping: Callable[[], bool]) -> None:
    """One look, with a database connection of its own: it runs in another thread, and the server may have been started anew."""
    from workflow.commands.app import App
    from workflow.commands.delivering import tick, told

    now = App(app.parts, app.environment, app.clock)
    now.given = app.given
    try:
        for row in told(now, tick(now, name, stopping)):
            app.console.tell(row)
    finally:
        now.close()

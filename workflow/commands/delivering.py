"""How messages leave from the command line: the channels as the settings have them, a worker over the office's database."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from workflow.channels import Settings, connect
from workflow.commands.language import _, _n

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.commands.app import App
    from workflow.core.office import Person
    from workflow.dispatching import Dispatcher, Outcome
    from workflow.engine import Engine
    from workflow.ports import Channel

OFFICE = ("email",)  # the office's channels where nobody set any


class Delivery(NamedTuple):
    """One round of deliveries: how each message ended, and which administrators were told of those that did not arrive."""

    outcomes: Sequence[Outcome]
    alerted: Sequence[str]


def settings(app: App) -> Settings:
    """What the channels need to know; the folder for .eml files lies beside the database's, unless one is set."""
    from workflow.store import is_url

    beside = "mufakat-outbox" if is_url(app.db) else os.path.splitext(app.db)[0] + "-outbox"
    return Settings(app.config.value("mail").value, app.config.value("notify").value, app.config.value("outbox").value or beside, sys.stdout.write)


def connector(app: App) -> Callable[[str], Channel]:
    given = settings(app)
    return lambda name: connect(name, given)


def channels_of(app: App, person: Person | None = None) -> list[str]:
    """The channels of a person in the order they are tried, else the office's."""
    office = app.using.library.settings().get("channels") or OFFICE
    return list((person.channels if person is not None else ()) or ([office] if isinstance(office, str) else office))


def dispatcher(app: App, worker: str) -> Dispatcher:
    """A worker that delivers for this office."""
    from workflow.dispatching import Dispatcher
    from workflow.messages import render

    store, engine = app.store(write=True), engine_of(app)

    def people() -> dict[str, Person]:
        return {key[0]: row for key, row in store.office().tables["person"].items()}

    return Dispatcher(store, store, office=engine.office, people=people, channel=connector(app), say=render, clock=app.clock, worker=worker,
                      origin=str(engine.library.settings().get("origin", "")), channels=channels_of(app))


def engine_of(app: App) -> Engine:
    """The engine for what nobody decides: facts of time, reminders, deliveries."""
    from workflow.core.office import SYSTEM
    from workflow.engine import Engine

    library = app.library(write=True)
    return Engine(app.store(write=True), library, SYSTEM, origin=str(library.settings().get("origin", "")), clock=app.clock)


def deliver(app: App, worker: str, stopping: Callable[[], bool] = bool) -> Delivery:
    """Send everything that is due, and tell the administrators of what could not be sent."""
    from workflow.alerting import alert

    outcomes = dispatcher(app, worker).round(stopping=stopping)
    return Delivery(outcomes, alert(outcomes, app.people.values(), connector(app), channels_of(app)))


def told(delivery: Delivery) -> list[str]:
    """A round in words: how many left, and each that did not."""
    sent = sum(row.state == "sent" for row in delivery.outcomes)
    lines = [_n("{count} message sent", "{count} messages sent", sent)] if sent else []
    lines += [_("{ref} {deadline}, to {recipient} over {channel}: {state} ({reason})").format(
        ref=row.ref, deadline=row.name, recipient=row.recipient, channel=row.channel, state=row.state, reason=row.reason)
        for row in delivery.outcomes if row.state != "sent"]
    return lines


def worker_name() -> str:
    """A name that no other worker has now: host and process."""
    import socket

    return f"{socket.gethostname()}:{os.getpid()}"


def tick(app: App, worker: str, stopping: Callable[[], bool] = bool) -> Delivery:
    """One look of a worker: what is due becomes messages, what waits is sent, and `doctor` can see that somebody looked."""
    delivery = deliver(app, worker, stopping)
    app.store(write=True).heartbeat(worker, app.clock())
    return delivery

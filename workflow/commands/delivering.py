"""How messages leave from the command line: the channels as the settings have them, a worker over the office's database."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from workflow.channels import CHANNELS, Settings, connect
from workflow.commands.language import _, _n, mark, said, speaking
from workflow.commands.recorded import Recorded, sentence
from workflow.core.whom import CHANNEL
from workflow.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.commands.app import App
    from workflow.core.agreement import Change
    from workflow.core.digest import Outgoing
    from workflow.dispatching import Dispatcher, Outcome
    from workflow.engine import Engine
    from workflow.library import Library
    from workflow.ports import Channel


STATES = {
    "pending": mark("waits"), "failed": mark("tried again later"), "uncertain": mark("may have arrived"), "sent": mark("sent"),
    "dead": mark("given up"), "parked": mark("parked"), "superseded": mark("superseded"), "skipped": mark("skipped"),
    "acknowledged": mark("acknowledged"),
}


class Round(NamedTuple):
    """
    One look of a worker: what became due, how each message ended, which administrators were told of those that did not arrive.

    `failed`: agreements (ids) that could not be looked at, with the reason; `unsigned`: why the log was not signed though there is a key.
    """

    written: int
    outcomes: Sequence[Outcome]
    alerted: Sequence[str]
    failed: Sequence[tuple[str, str]] = ()
    unsigned: str = ""


def settings(app: App) -> Settings:
    """What the channels need to know; the folder for .eml files lies beside the database's, unless one is set."""
    from workflow.store import is_url

    beside = "mufakat-outbox" if is_url(app.db) else os.path.splitext(app.db)[0] + "-outbox"
    return Settings(app.config.value("mail").value, app.config.value("notify").value, app.config.value("outbox").value or beside, app.console.page)


def connector(app: App) -> Callable[[str], Channel]:
    given = settings(app)
    return lambda name: connect(name, given)


def channels_of(library: Library) -> list[str]:
    """The office's channels in the order they are tried, for people who chose none."""
    return [name.strip() for name in str(library.settings().get("channels") or CHANNEL).split(",")]


def dispatcher(app: App, engine: Engine, worker: str) -> Dispatcher:
    """A worker that delivers for this office."""
    from workflow.dispatching import Dispatcher
    from workflow.messages import render

    store = app.store(write=True)
    return Dispatcher(store, store, office=engine.office, people=engine.library.people, channel=connector(app), say=render, clock=app.clock,
                      worker=worker, origin=str(engine.library.settings().get("origin", "")), channels=channels_of(engine.library),
                      checkpoint=cache(lambda: getattr(store.newest(), "note", "")))


def cover(app: App) -> str:
    """
    Give what is pending its place in the log, and sign it where that is due, or where messages are about to carry it out of the office.

    Never in the way of a reminder: why nothing could be signed is given back, empty where all is well or there is no key.
    """
    store = app.store(write=True)
    try:
        log = app.log(write=True)
        log.integrate()
        signs = app.key is not None and app.key.exists
        if signs and (log.due() or store.messages(unsent=f"{app.clock()[:19]}Z", limit=1)):
            app.log(sign=True).checkpoint()
    except WorkflowError as fault:
        return said(fault.args[0]) if fault.args else str(fault)
    return ""


def engine_of(app: App) -> Engine:
    """The engine for what nobody decides: facts of time, reminders, deliveries."""
    from workflow.core.office import SYSTEM
    from workflow.engine import Engine

    library = app.library(write=True)
    return Engine(app.store(write=True), library, SYSTEM, origin=str(library.settings().get("origin", "")), clock=app.clock)


def tick(app: App, worker: str, stopping: Callable[[], bool] = bool) -> Round:
    """
    One look of a worker: what is due becomes messages, what waits is sent, and `doctor` can see that somebody looked.

    Administrators are told of what could not be sent.
    """
    from workflow.alerting import alert
    from workflow.reminders import sweep, wake

    store, engine, people = app.store(write=True), engine_of(app), app.people
    wake(store, engine, people, CHANNELS.__contains__)
    swept = sweep(store, engine, people, stopping)
    unsigned = cover(app)
    outcomes = dispatcher(app, engine, worker).round(stopping=stopping)
    alerted = alert(outcomes, people.values(), connector(app), channels_of(engine.library), app.clock(), _teller(app))
    store.heartbeat(worker, app.clock())
    return Round(len(swept.messages), outcomes, alerted, swept.failed, unsigned)


def told(app: App, look: Round) -> list[str]:
    """A look in words: how many messages became due and left, each that did not, each agreement that could not be read."""
    sent, recorded = sum(row.state == "sent" for row in look.outcomes), Recorded(app)
    lines = [_n("{count} message is due", "{count} messages are due", look.written)] if look.written else []
    lines += [_n("{count} message sent", "{count} messages sent", sent)] if sent else []
    lines += [_ended(app, recorded, row) for row in look.outcomes if row.state != "sent"]
    lines += [_("the log was not signed: {why}").format(why=look.unsigned)] if look.unsigned else []
    return lines + [f"{ident}: {reason}" for ident, reason in look.failed]


def _ended(app: App, recorded: Recorded, row: Outcome) -> str:
    """How a message ended, by the names of what it is about and for."""
    return _("{ref} {deadline}, to {recipient} over {channel}: {state} ({reason})").format(
        ref=row.ref, deadline=recorded.deadline(row.ref, row.name), recipient=app.name(row.recipient), channel=row.channel,
        state=_(STATES.get(row.state, row.state) or STATES["pending"]), reason=sentence(row.reason))


def _teller(app: App) -> Callable[[Outcome, str], str]:
    """How a message ended, in the language of whoever reads it."""
    recorded = Recorded(app)

    def said_in(row: Outcome, language: str) -> str:
        with speaking(language):
            return _ended(app, recorded, row)

    return said_in


def worker_name() -> str:
    """A name that no other worker has now: host and process."""
    import socket

    return f"{socket.gethostname()}:{os.getpid()}"


def rehearse(app: App) -> tuple[list[tuple[str, Outgoing]], list[tuple[str, Change]]]:
    """
    What would leave now, each with its channel: what waits, and what a look would add; and what time would do first, by agreement.

    Nothing is sent, claimed or written.
    """
    from workflow.rehearsal import Rehearsal

    engine = app.reader
    stage = Rehearsal(app.store(), engine, app.people)
    return stage.letters(channels_of(engine.library)), stage.steps

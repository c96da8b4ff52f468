"""
The sweep over a whole office: the database says which agreements have something due, each is looked at in a transaction of its own.

A sweep may be killed anywhere: what it had written stands, what it had not is still due. An agreement that cannot be read keeps none of the
others waiting. `forecast` does the same on copies in memory, ahead of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workflow.core import decision, reminding
from workflow.core.agreement import Change, Effect, Message, after
from workflow.core.dates import shifted
from workflow.core.digest import KINDS
from workflow.core.office import SYSTEM
from workflow.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow.core.agreement import Case, Deadline, Instance
    from workflow.core.office import Person
    from workflow.engine import Engine
    from workflow.outbox import Outbox
    from workflow.outcome import Done
    from workflow.ports import Listing

BATCH = 100  # due deadlines asked for at a time
LISTED = 10_000  # messages that were given up, and are looked at when they are tried again
AHEAD = 3600  # seconds before it is due that what waits for somebody who has left is for others: a worker asks earlier than it sends
TABLES = ("agreement", "instance", "row", "document", "approval", "deadline", "activity", "message")
STEPS = 10_000  # changes of one agreement in a forecast, after which something is wrong


class Swept(NamedTuple):
    """What a sweep did, and the agreements (ids) that it could not look at, with the reason."""

    done: tuple[Done, ...]
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def messages(self) -> list[Message]:
        """The messages that are to be sent because of it."""
        return [message for done in self.done for message in new_messages(done.change)]


class Foreseen(NamedTuple):
    """What will happen to an agreement at an instant, if nobody does anything: a message, or a step that time takes."""

    at: str
    ref: str
    message: Message | None
    deadline: Deadline | None
    trigger: str = ""
    source: str = ""
    target: str = ""
    instance: str = ""
    stage: Instance | None = None  # as it is then: it may not have been opened yet


def sweep(store: Listing, engine: Engine, people: Mapping[str, Person], stopping: Callable[[], bool] = bool) -> Swept:
    """Look at every agreement that has something due now, once; the due facts of time first."""
    done: list[Done] = []
    failed: dict[str, str] = {}
    seen: set[str] = set()
    left = _left(store, people, shifted(engine.clock(), AHEAD))
    while not stopping():
        wanted = [ident for ident in (*left, *store.due(engine.clock(), BATCH * (1 + len(failed)))) if ident not in seen]
        if not wanted:
            break
        for ident in wanted:
            seen.add(ident)
            try:
                done += engine.remind(ident, people)
            except WorkflowError as error:
                failed[ident] = str(error)
    return Swept(tuple(done), tuple(failed.items()))


def _left(store: Listing, people: Mapping[str, Person], until: str) -> list[str]:
    """The agreements of which something waits until then for somebody who has left: it is for others."""
    return list(dict.fromkeys(row["ref"] for person in people.values() if not person.active
                              for row in store.messages(recipient=person.id, unsent=f"{until[:19]}Z", limit=LISTED)))


def wake(outbox: Outbox, engine: Engine, people: Mapping[str, Person], known: Callable[[str], bool]) -> list[Done]:
    """Let messages leave that were parked, where their channel and their kind are known now."""
    found = dict.fromkeys(ident for ident, channel, kind in outbox.parked() if kind in KINDS and known(channel))
    return [done for ident in found if (done := engine.wake(ident, people, known)) is not None]


def retry(store: Listing, engine: Engine, people: Mapping[str, Person], known: Callable[[str], bool]) -> list[Done]:
    """Let messages leave again that were given up: somebody says that what kept them was mended."""
    found = dict.fromkeys(row["ref"] for row in store.messages(state="dead", limit=LISTED))
    return [done for ref in found if (done := engine.wake(ref, people, known, ("dead",))) is not None]


def forecast(engine: Engine, refs: Iterable[str], people: Mapping[str, Person], until: str) -> list[Foreseen]:
    """What will be said and what time will do until a UTC instant, over copies in memory: nothing is written."""
    found = [row for ref in refs for row in _ahead(engine, engine.store.load(ref), people, until)]
    return sorted((row for row in found if row.at <= until), key=lambda row: (row.at, row.ref, row.instance))


def new_messages(change: Change) -> Iterator[Message]:
    """The messages that a change writes to be sent."""
    return (Message(**values) for table, key, values in change.effects if table == "message" and key is None and values["state"] == "pending")


def _ahead(engine: Engine, case: Case, people: Mapping[str, Person], until: str) -> Iterator[Foreseen]:
    """One agreement from moment to moment. What has come is taken to have arrived; what is settled before it comes is never said."""
    case, now = whole(case), engine.clock()
    for _ in range(STEPS):
        due = min((row.wake_at for row in case.tables["deadline"].values() if row.wake_at), default="")
        yield from _arriving(case, min(due or until, until))
        if not due or due > until:
            return
        case, now = whole(after(case, _arrived(case, due))), max(now, due)
        office = engine.office(case, now)._replace(by=SYSTEM)
        change = decision.notice(case, office, office.today) or reminding.sweep(case, office, people)
        if change is None:
            return
        if change.act != "remind":
            yield Foreseen(now, case.agreement.ref, None, None, change.trigger, change.source, change.target, change.instance,
                           case.instance(change.instance))
        case = whole(after(case, change))


def whole(case: Case) -> Case:
    """The case with every table read: copies of copies would go as deep as there are steps."""
    return case._replace(tables={name: case.tables[name] for name in TABLES})


def _arriving(case: Case, moment: str) -> Iterator[Foreseen]:
    for message in case.tables["message"].values():
        if message.wake_at and message.state in reminding.WAITING and message.wake_at <= moment:
            held = case.tables["deadline"].get((message.instance, message.name, message.revision))
            yield Foreseen(message.wake_at, case.agreement.ref, message, held, instance=message.instance, stage=case.instance(message.instance))


def _arrived(case: Case, moment: str) -> Change:
    effects = [Effect("message", key, {"state": "sent", "sent_at": message.wake_at, "wake_at": ""}) for key, message in case.tables["message"].items()
               if message.wake_at and message.state in reminding.WAITING and message.wake_at <= moment]
    return Change("deliver", tuple(effects), moment[:10])

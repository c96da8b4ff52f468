"""An office with messages that wait, a channel that remembers, and a worker; also run by itself, to be killed at a point that is named."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from world import ORIGIN, World

from workflow.core.agreement import Change, Effect, Message
from workflow.core.entry import seal
from workflow.core.office import SYSTEM
from workflow.dispatching import Dispatcher
from workflow.engine import Engine
from workflow.errors import Undeliverable
from workflow.messages import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.core.digest import Outgoing
    from workflow.core.office import Person

DUE = "2026-03-02T02:00:00Z"
_numbers = itertools.count(1)


class Recorder:
    """A channel that keeps what it is given; `trouble` may raise for a message before it is kept, `cut` after."""

    def __init__(self, *, repeats: bool = True, trouble: Callable[[Outgoing], None] = lambda _: None,
                 cut: Callable[[Outgoing], None] = lambda _: None) -> None:
        self.repeats, self.trouble, self.cut = repeats, trouble, cut
        self.sent: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> None:
        self.trouble(outgoing)
        self.sent.append(outgoing)
        self.cut(outgoing)

    @property
    def to(self) -> list[str]:
        return [outgoing.to.id for outgoing in self.sent]


def write(store: Any, chain: str, *effects: Effect) -> None:
    """Put rows on record as they are."""
    case = store.office() if chain == "sys" else store.load(chain)
    change = Change("test", effects, "2026-03-02")
    entry = seal(change, head=case.head, origin=ORIGIN, eid=f"00000000-0000-7000-8001-{next(_numbers):012d}", recorded="2026-03-02T01:00:00.000000Z",
                 person="system", identity="system", salts=lambda: bytes(32))
    store.commit(case.head, entry, effects)


def hire(store: Any, *people: Person) -> None:
    write(store, "sys", *(Effect("person", None, row._asdict()) for row in people))


def promise(store: Any, ref: str, **more: Any) -> tuple[Any, ...]:
    """A message that waits about a deadline of the agreement; its key."""
    case = store.load(ref.partition("/")[0])
    deadline = next(row for row in case.tables["deadline"].values() if row.status == "open")
    message = Message(**{"instance": deadline.instance, "name": deadline.name, "revision": deadline.revision, "rung": "-7d", "recipient": "p1",
                         "channel": "email", "kind": "reminder", "due_on": "2026-03-02", "wake_at": DUE, "state": "pending", **more})
    write(store, case.agreement.id, Effect("message", None, message._asdict()))
    return message[:6]


def worker(world: World, connected: dict[str, Any], /, **more: Any) -> Dispatcher:
    """A worker over the world's database; a channel that is not among these is not known."""
    def connect(name: str) -> Any:
        if name not in connected:
            raise Undeliverable(name, "", "there is no such channel")
        return connected[name]

    def people() -> dict[str, Person]:
        return {key[0]: row for key, row in world.store.office().tables["person"].items()}

    engine = Engine(world.store, world.library, SYSTEM, origin=ORIGIN, clock=world.clock)
    return Dispatcher(world.store, world.store, **{"office": engine.office, "people": people, "channel": connect, "say": render, "clock": world.clock,
                                                   "origin": ORIGIN, "worker": "w1", **more})


def messages(store: Any, ref: str) -> dict[tuple[Any, ...], Any]:
    return dict(store.load(ref.partition("/")[0]).tables["message"])


def main(database: str, folder: str, now: str, point: str, repeats: str, slow: str) -> None:
    """Deliver once as a process of its own; at `point` it kills itself. What the channel took stands in `folder`, a line a send."""
    from workflow.store import open_store

    class Dying:
        """The database, through which somebody dies at a point."""

        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            found = getattr(self._store, name)
            return (lambda *a, **k: _die(name, found, *a, **k)) if name in ("claim", "hand", "commit", "settle", "release") else found

    def _die(name: str, act: Any, *a: Any, **k: Any) -> Any:
        if point == f"before {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        result = act(*a, **k)
        if point == f"after {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    class Ledger:
        def __init__(self) -> None:
            self.repeats = repeats == "yes"

        def send(self, outgoing: Outgoing) -> None:
            if point == "before send":
                os.kill(os.getpid(), signal.SIGKILL)
            with open(os.path.join(folder, "taken"), "a", encoding="utf-8") as stream:
                stream.write(json.dumps([outgoing.to.id, outgoing.headers["Message-ID"]]) + "\n")
            if point == "after send":
                os.kill(os.getpid(), signal.SIGKILL)

    world = World(Path(folder), store=Dying(open_store(database)))
    world.now = now
    clock = world.clock if slow == "yes" else lambda: f"{now}:00.000000Z"  # the world's goes on by a second whenever it is looked at
    worker(world, {"email": Ledger()}, worker=f"w{os.getpid()}", clock=clock).round()


if __name__ == "__main__":
    main(*sys.argv[1:])

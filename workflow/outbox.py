"""What a worker that delivers asks of a database, and of a way for messages to leave: the ports of `workflow/dispatching.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.core.agreement import Case, Effect, Head
    from workflow.core.digest import Outgoing
    from workflow.core.entry import Sealed


BETWEEN = "\x1e"  # two messages of a letter; the parts of a key have \x1f between them


def letter(messages: Iterable[tuple[str, tuple[Any, ...]]]) -> str:
    """What is in a digest as one text, the same whatever their order: each its agreement's id, and its key within it."""
    return BETWEEN.join(sorted("\x1f".join((agreement, *map(str, key))) for agreement, key in messages))


class Claimed(NamedTuple):
    """
    What one worker may deliver until `until` (UTC): all that is due to one person over one channel. `messages`: each its agreement's id, and
    its key within it; none where what was due has been settled or taken back meanwhile.

    `attempt` counts from 1. `send` is the key of the digest with which an earlier attempt began to hand over, and never said how that ended:
    it may have left, with the messages in `letter`. Both are empty where no attempt began, or every one was released.
    """

    recipient: str
    channel: str
    attempt: int
    until: str
    send: str = ""
    letter: str = ""
    messages: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def holds(self, agreement: str, key: tuple[Any, ...]) -> bool:
        """Whether a message is in the digest that was begun."""
        return letter([(agreement, key)]) in self.letter.split(BETWEEN)


class Settled(NamedTuple):
    """How the sends of messages of one agreement ended: the head that was read, its next entry, the effects."""

    head: Head
    entry: Sealed
    effects: Sequence[Effect]


class Outbox(Protocol):
    """
    Who delivers what, for any number of workers. Claims, leases and attempts are machinery, not history.

    A message waits while its `wake_at` is a moment and its state is pending, failed or uncertain. Writing its outcome settles it (see
    `workflow/dispatching.py`).
    """

    def claim(self, now: str, worker: str, lease_seconds: int, limit: int = 100) -> list[Claimed]:
        """
        Take whom the earliest messages are for (at most `limit` of them) whose moment has come and whom nobody holds (a lease that is over
        holds nothing): with them all that is due to the same person over the same channel, so that no two workers write to one person.
        """

    def hand(self, claims: Sequence[Claimed]) -> bool:
        """
        Remember, before the channel is called, the digest (`send`, `letter`) in which each of these is being handed over.

        False where one of them is not the caller's any more: its lease ran out, and another has taken it.
        """

    def waiting(self, agreements: Sequence[str]) -> dict[str, Case]:
        """
        What delivering reads of these agreements (ids), as of one moment: the messages that wait, their deadlines, the stages of these and
        their titles. There may be more in it; an agreement of which nothing waits may be missing.
        """

    def settle(self, settled: Sequence[Settled], claims: Sequence[Claimed]) -> list[str]:
        """
        Write how the sends of messages ended, in one transaction, and forget these claims with their attempts.

        The ids of the agreements that had moved on: nothing is written of them, all of the others. Where there is one, no claim is forgotten.
        """

    def release(self, claims: Sequence[Claimed]) -> None:
        """Let go of what is to be tried again; the count of attempts stays, `send` does not."""

    def parked(self) -> list[tuple[str, str, str]]:
        """Where a message is parked: the agreement's id, the channel, the kind of message."""

    def heartbeat(self, worker: str, now: str) -> None:
        """Remember that this worker lives."""

    def beats(self) -> list[tuple[str, str]]:
        """Every worker with its last heartbeat, the latest first."""


class Channel(Protocol):
    """
    One way for messages to leave. Credentials and addresses are its own affair.

    `repeats`: whether a send that may have arrived can be sent again, because whoever receives it knows the key.
    """

    repeats: bool

    def send(self, outgoing: Outgoing) -> None:
        """
        Hand one message over to one person.

        Raises:
            Undeliverable: trying again will not help.
            Uncertain: cut off between hand-over and confirmation.
            DeliveryFailed: anything else; it is tried again.
        """

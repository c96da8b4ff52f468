"""The engine's verbs about deadlines: what people may do about a promised date, and about being told of it; what time does by itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workflow.core.office import SYSTEM
from workflow.errors import Phrase, StaleInstance
from workflow.outcome import outcome
from workflow.ports import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.core.agreement import Case, Change
    from workflow.core.decision import Request
    from workflow.core.draft import Office
    from workflow.core.entry import Sealed
    from workflow.core.office import Actor, Person
    from workflow.engine import Ask
    from workflow.outcome import Done
    from workflow.ports import Chains

ROUNDS = 100  # lost races, or changes, of one agreement in a row


class Promises:
    """
    The part of the engine that is about deadlines; what it decides with is imported when it is asked for, as it is not every day's.

    `ref` is a stage, or an agreement for the deadlines of its track; `name` the deadline. Moving one needs `ask.reason` and raises
    NotAuthorised where the actor may not, DeadlineBound where the law or the definition does not allow it.
    """

    store: Chains
    clock: Callable[[], str]

    def extend(self, ref: str, name: str, ask: Ask, *, to: str = "", by: str = "") -> Done:
        """Give a deadline a later day: `to` a day (ISO), or `by` so much (`+10bd`)."""
        from workflow.core.promising import extend

        return self._promise("extend", ref, name, ask, lambda case, office, stage: extend(
            case, office, stage, name, self._request(ask), to=to, by=by), to, by)

    def suspend(self, ref: str, name: str, ask: Ask) -> Done:
        """Stop a deadline's clock."""
        from workflow.core.promising import suspend

        return self._promise("suspend", ref, name, ask, lambda case, office, stage: suspend(case, office, stage, name, self._request(ask)))

    def resume(self, ref: str, name: str, ask: Ask) -> Done:
        """Let it run again: the day moves by what has passed."""
        from workflow.core.promising import resume

        return self._promise("resume", ref, name, ask, lambda case, office, stage: resume(case, office, stage, name, self._request(ask)))

    def waive(self, ref: str, name: str, ask: Ask) -> Done:
        """Let go of a deadline."""
        from workflow.core.promising import waive

        return self._promise("waive", ref, name, ask, lambda case, office, stage: waive(case, office, stage, name, self._request(ask)))

    def acknowledge(self, ref: str, name: str, ask: Ask) -> Done:
        """Say that one was told of a deadline: once it is overdue it is not repeated, nor brought before others."""
        from workflow.core.reminding import acknowledge

        return self._promise("acknowledge", ref, name, ask, lambda case, office, stage: acknowledge(case, office, stage, name))

    def snooze(self, ref: str, name: str, until: str, ask: Ask, people: Mapping[str, Person]) -> Done:
        """Put a deadline's reminders to whoever acts off until a day (ISO) before its end."""
        from workflow.core.reminding import snooze

        return self._promise("snooze", ref, name, ask, lambda case, office, stage: snooze(
            case, office, stage, name, until, ask.reason, people), until)

    def remind(self, ref: str, people: Mapping[str, Person]) -> tuple[Done, ...]:
        """
        Do what time asks of one agreement now, as the actor `system`: count its deadlines again over the calendar, fire what is due,
        write the messages. Each is an entry of its own; nothing where nothing is due.
        """
        from workflow.core import promising, reminding

        done: list[Done] = []
        for _ in range(ROUNDS):
            case, fired = self._apply_due(self.store.load(ref), "")
            done += fired
            now = self.clock()
            office = self.office(case, now)._replace(by=SYSTEM)
            change = promising.recount(case, office) or reminding.sweep(case, office, people)
            if change is None:
                return tuple(done)
            with suppress(HeadMoved):
                done.append(self._by_itself(case, change, now))
        raise StaleInstance(ref, Phrase("one revision"), Phrase("too many at once"))

    def recount(self, ref: str) -> Done | None:
        """Count the open deadlines of one agreement again over the calendar as it is now, as `system`; None where none moves."""
        from workflow.core import promising

        return self._once(ref, promising.recount)

    def wake(self, ref: str, people: Mapping[str, Person], known: Callable[[str], bool], states: Sequence[str] = ("parked",)) -> Done | None:
        """Let one agreement's messages in these states leave whose channel is `known` now, as `system`; None where none does."""
        from workflow.core import waking

        return self._once(ref, lambda case, office: waking.wake(case, office, people, known, states))

    def _once(self, ref: str, decide: Callable[[Case, Office], Change | None]) -> Done | None:
        """Write what `system` decides on an agreement as it is."""
        for _ in range(ROUNDS):
            case, now = self.store.load(ref), self.clock()
            change = decide(case, self.office(case, now)._replace(by=SYSTEM))
            if change is None:
                return None
            with suppress(HeadMoved):
                return self._by_itself(case, change, now)
        raise StaleInstance(ref, Phrase("one revision"), Phrase("too many at once"))

    def _by_itself(self, case: Case, change: Change, now: str) -> Done:
        entry = self._seal_and_commit(case, change, now, "", (), None, SYSTEM)
        return outcome(case, change, f"{case.agreement.ref}#{entry.cseq}", now)

    def _promise(self, act: str, ref: str, name: str, ask: Ask, decide: Callable[[Case, Office, str], Change], *more: Any) -> Done:
        agreement, _, stage = ref.partition("/")
        return self._write(agreement, stage, lambda case, office: decide(case, office, stage), ask, act, ref, name, *more)

    if TYPE_CHECKING:  # what the engine brings

        def office(self, case: Case, now: str = "") -> Office: ...
        def _write(self, ref: str, stage: str, decide: Callable[[Case, Office], Change], ask: Ask, *asked: Any) -> Done: ...
        def _request(self, ask: Ask) -> Request: ...
        def _apply_due(self, case: Case, occurred: str, *, dry_run: bool = False) -> tuple[Case, tuple[Done, ...]]: ...
        def _seal_and_commit(self, case: Case, change: Change, now: str, req: str, pins: Any, request: tuple[str, str] | None,
                             by: Actor | None = None) -> Sealed: ...

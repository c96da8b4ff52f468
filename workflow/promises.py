"""The engine's verbs about deadlines: what people may do about a promised date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import promising

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.core.agreement import Case, Change
    from workflow.core.decision import Request
    from workflow.core.draft import Office
    from workflow.engine import Ask
    from workflow.outcome import Done


class Promises:
    """
    The part of the engine that moves deadlines. `ref` is a stage, or an agreement for the deadlines of its track; `ask.reason` is needed.

    Every verb raises NotAuthorised where the actor may not, DeadlineBound where the law or the definition does not allow it.
    """

    def extend(self, ref: str, name: str, ask: Ask, *, to: str = "", by: str = "") -> Done:
        """Give a deadline a later day: `to` a day (ISO), or `by` so much (`+10bd`)."""
        return self._promise("extend", ref, name, ask, lambda case, office, stage: promising.extend(
            case, office, stage, name, self._request(ask), to=to, by=by), to, by)

    def suspend(self, ref: str, name: str, ask: Ask) -> Done:
        """Stop a deadline's clock."""
        return self._promise("suspend", ref, name, ask, lambda case, office, stage: promising.suspend(
            case, office, stage, name, self._request(ask)))

    def resume(self, ref: str, name: str, ask: Ask) -> Done:
        """Let it run again: the day moves by what has passed."""
        return self._promise("resume", ref, name, ask, lambda case, office, stage: promising.resume(
            case, office, stage, name, self._request(ask)))

    def waive(self, ref: str, name: str, ask: Ask) -> Done:
        """Let go of a deadline."""
        return self._promise("waive", ref, name, ask, lambda case, office, stage: promising.waive(
            case, office, stage, name, self._request(ask)))

    def _promise(self, act: str, ref: str, name: str, ask: Ask, decide: Callable[[Case, Office, str], Change], *more: Any) -> Done:
        agreement, _, stage = ref.partition("/")
        return self._write(agreement, stage, lambda case, office: decide(case, office, stage), ask, act, ref, name, *more)

    def _write(self, ref: str, stage: str, decide: Callable[[Case, Office], Change], ask: Ask, *asked: Any) -> Done:
        raise NotImplementedError

    def _request(self, ask: Ask) -> Request:
        raise NotImplementedError

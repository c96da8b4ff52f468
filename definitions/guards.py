"""
The named conditions that the TOML refers to with `guard = "name"` on a requirement, where rows alone cannot say it.

A guard is pure: it asks for facts by name (None: not on record) and answers None or the reason of refusal, an English sentence
that is also the key of its translation. Its version is part of the hash of every definition that names it: raise it when the
condition changes. Dates may be vague (`2016-11`, `../2016-11-16`); a guard refuses only what cannot be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    Facts = Callable[[str], Any]


class Guard(NamedTuple):
    """A named condition and the version of what it says."""

    version: int
    condition: Callable[[Facts, date | str], str | None]

    def __call__(self, facts: Facts, today: date | str) -> str | None:
        return self.condition(facts, today)


def visit_dates(facts: Facts, _today: date | str) -> str | None:
    """A visit ends on or after the day it starts."""
    if _surely_before(facts("ends_on"), facts("starts_on")):
        return "the last day of the visit lies before its first"
    return None


def exploration_positive(facts: Facts, _today: date | str) -> str | None:
    """PP 28/2018 art. 28(3): a letter of intent rests on an exploration that found opportunities and benefits."""
    if facts("exploration_positive") is False:
        return "the exploration was not positive: there is nothing to declare an intent for"
    return None


def instrument_dates(facts: Facts, _today: date | str) -> str | None:
    """What was signed enters into force no earlier, ends no earlier than that, and its term is of one kind."""
    return _dates("instrument", facts)


def contract_dates(facts: Facts, _today: date | str) -> str | None:
    """The same for the contract under a joint agreement."""
    return _dates("contract", facts)


def notice_dates(facts: Facts, _today: date | str) -> str | None:
    """A notice of termination looks forward."""
    if _surely_before(facts("notice.terminates_on"), facts("notice.sent") or facts("notice.received")):
        return "the notice ends the memorandum before it was sent"
    return None


def plan_period(facts: Facts, _today: date | str) -> str | None:
    """A plan's period ends on or after the day it starts."""
    if _surely_before(facts("period_to"), facts("period_from")):
        return "the last day of the period lies before its first"
    return None


def _dates(name: str, facts: Facts) -> str | None:
    signed, force, end = (facts(f"{name}.{field}") for field in ("signed_on", "in_force_on", "ends_on"))
    kind = facts(f"{name}.term_kind")
    if _surely_before(force, signed):
        return "it cannot be in force before it was signed"
    if _surely_before(end, force or signed):
        return "its last day lies before its first"
    if kind == "evergreen" and end:
        return "a text without end has no last day"
    if kind == "auto-renew" and not facts(f"{name}.term_months"):
        return "a term that renews itself needs its length in months"
    return None


def _surely_before(one: str | None, other: str | None) -> bool:
    """Whether a vague date lies before another whatever their missing parts are."""
    return bool(one and other) and _end(str(one)) < _start(str(other))


def _start(text: str) -> str:
    return "" if text.startswith("../") else text + "0000-01-01"[len(text):]


def _end(text: str) -> str:
    day = text.removeprefix("../")
    return day + "9999-12-31"[len(day):]


GUARDS: dict[str, Guard] = {
    "visit-dates": Guard(1, visit_dates),
    "exploration-positive": Guard(1, exploration_positive),
    "instrument-dates": Guard(1, instrument_dates),
    "contract-dates": Guard(1, contract_dates),
    "notice-dates": Guard(2, notice_dates),
    "plan-period": Guard(1, plan_period),
}

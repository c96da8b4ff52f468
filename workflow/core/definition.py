"""
Definitions as values: the machine of a stage, the order of a track.

A definition is plain data (the TOML of `definitions/`, or the JSON pinned in the database) that the lint has passed;
nothing here checks it again. Ids (states, transitions, requirements, deadlines) are kebab-case, fields snake_case,
and within one definition a field name belongs to one requirement (several only where the law windows of their rows do not overlap).
"""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from workflow.core import dates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

Table = dict[str, Any]
NOTHING: Mapping[str, Any] = {}

MAX_KNOWN = 4096
NEWER = 6  # versions of a guard that are tried beyond the one that is known: a newer program may have pinned them
INSTRUMENT_FIELDS = {  # fields that an instrument carries, by the flag that asks for them
    "term": {"term_kind": "fixed|auto-renew|evergreen|unknown", "term_months": "int", "notice_months": "int"},
    "place": {"place": "text", "abroad": "bool"},
    "originals": {"originals": "int"},
    "signatory": {"signed_by": "text"},
}
LETTER_FIELDS = {"sent": "date", "number": "text", "received": "date"}
REPLY_FIELDS = {"asked": "date", "asked_number": "text", "asked_received": "date",
                "answer": "text", "received": "date", "number": "text"}
MEETING_FIELDS = {"held_on": "date", "attended": "list"}


class Guard(Protocol):
    """A named condition, and the version of what it says."""

    @property
    def version(self) -> int: ...

    def __call__(self, facts: Callable[[str], Any], today: date | str) -> str | None: ...


class Requirement(NamedTuple):
    """Something a transition needs on record; `spec` is the whole TOML table, `fields` what `record` may set."""

    name: str
    kind: str
    fields: Mapping[str, str]
    when: Mapping[str, list[Any]]
    since: str
    until: str
    soft: bool
    basis: str
    citation: str
    spec: Mapping[str, Any]

    @property
    def row(self) -> str:
        """The name of the row that answers this requirement (several may read one reply)."""
        return str(self.spec.get("row", self.name))

    def in_law(self, day: str) -> bool:
        """Whether the row's law window (`since` inclusive, `until` exclusive) holds the day."""
        return dates.within(day, self.since, self.until)


class State(NamedTuple):
    name: str
    final: bool
    holds: tuple[str, ...]


class Transition(NamedTuple):
    """One way from states to a state (`to` empty: internal); `spec` holds follows, opens, sets, relinks and the rest."""

    name: str
    sources: tuple[str, ...]
    to: str
    roles: tuple[str, ...]
    actor: str
    needs: tuple[str, ...]
    when: Mapping[str, list[Any]]
    clock: bool
    irregular: bool
    spec: Mapping[str, Any]


class DeadlineRule(NamedTuple):
    """
    A promise with a date. Anchors are tried in order; `amount` None with `param` unset means: not opened.

    `live` is the set of states it lives in; a track's rule lives while any instance holds `while_holds`.
    """

    name: str
    anchors: tuple[str, ...]
    amount: int | None
    param: str
    unit: str
    direction: str
    calendar: str
    roll: str
    live: tuple[str, ...]
    met_by: str
    when: Mapping[str, list[Any]]
    since: str
    basis: str
    citation: str
    on_expiry: str
    fire: str
    every: bool
    at: str
    spec: Mapping[str, Any]


class Definition(NamedTuple):
    """A stage's machine as data, identified by name, version and content hash."""

    name: str
    version: int
    hash: str
    initial: str
    opening: Mapping[str, Any]
    links: Mapping[str, Mapping[str, Any]]
    requirements: Mapping[str, Requirement]
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    deadlines: Mapping[str, DeadlineRule]
    owners: Mapping[str, tuple[str, ...]]  # field -> the requirements that hold it
    item: Definition | None
    labels: Mapping[str, Any]
    lives: Mapping[str, tuple[DeadlineRule, ...]]  # state -> the deadlines that live there
    reactions: Mapping[str, tuple[Transition, ...]]  # state -> the transitions that follow another stage
    known: dict[tuple[str, str], tuple[Requirement, str, str] | None]  # what `field` has answered

    def holds(self, state: str, fact: str) -> bool:
        found = self.states.get(state)
        return found is not None and fact in found.holds

    def field(self, name: str, law_of: str) -> tuple[Requirement, str, str] | None:
        """The requirement, field and type that `name` means on the day `law_of`: `direction`, or `notice.terminates_on` in full."""
        asked = (name, law_of)
        if asked not in self.known:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[asked] = self._field(name, law_of)
        return self.known[asked]

    def _field(self, name: str, law_of: str) -> tuple[Requirement, str, str] | None:
        head, dot, rest = name.partition(".")
        key = rest if dot else name
        rows = [self.requirements[owner] for owner in ((head,) if dot else self.owners.get(name, ())) if owner in self.requirements]
        found = [row for row in rows if key in row.fields]
        owner = next((row for row in found if row.in_law(law_of)), found[0] if found else None)
        return None if owner is None else (owner, key, owner.fields[key])


class Track(NamedTuple):
    """The ordered composition of stages that an agreement follows."""

    name: str
    version: int
    hash: str
    kind: str
    stages: Mapping[str, Mapping[str, Any]]
    deadlines: Mapping[str, DeadlineRule]
    labels: Mapping[str, Any]


def versions(guards: Mapping[str, Guard]) -> dict[str, int]:
    """The version of each guard."""
    return {name: guard.version for name, guard in guards.items()}


def content_hash(data: Mapping[str, Any], guards: Mapping[str, int] = NOTHING) -> str:
    """
    The identity of a definition's content: SHA-256, in hex, over its canonical JSON and the versions of the guards it names.

    Labels count too: what a person read when deciding is part of what was decided on.
    """
    canonical = json.dumps([data, {name: guards.get(name, 0) for name in _guarded(data)}], sort_keys=True, separators=(",", ":"),
                           ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def genuine(data: Mapping[str, Any], digest: str, guards: Mapping[str, int]) -> bool:
    """Whether data is what a content hash names, with the guards as they are now or, for an older definition, in versions they once had."""
    if content_hash(data, guards) == digest:
        return True
    names = _guarded(data)
    versions = itertools.product(*(range(guards.get(name, 0) + NEWER) for name in names))
    return any(content_hash(data, dict(zip(names, tried, strict=True))) == digest for tried in versions)


def _guarded(data: Mapping[str, Any]) -> list[str]:
    """The guards that a definition names."""
    rows = [*data.get("requirement", NOTHING).values(), *data.get("item", NOTHING).get("requirement", NOTHING).values()]
    return sorted({row["guard"] for row in rows if "guard" in row})


def definition(data: Mapping[str, Any], digest: str) -> Definition:
    """Build a stage's definition from data that the lint has passed."""
    rows = data.get("requirement", NOTHING)
    requirements = {name: _requirement(name, row, rows.get(row.get("row"), row)) for name, row in rows.items()}
    transitions = {name: _transition(name, row) for name, row in data["transition"].items()}
    deadlines = {name: deadline_rule(name, row) for name, row in data.get("deadline", NOTHING).items()}
    item = data.get("item")
    return Definition(
        name=data["name"], version=data["version"], hash=digest, initial=data["initial"],
        opening=data.get("open", NOTHING), links=data.get("link", NOTHING), requirements=requirements,
        states={name: State(name, bool(row.get("final")), tuple(row.get("holds", ()))) for name, row in data["state"].items()},
        transitions=transitions, deadlines=deadlines,
        owners=_owners(requirements),
        item=definition({**item, "name": data["name"], "version": data["version"]}, digest) if item else None,
        labels=data.get("label", NOTHING),
        lives={state: tuple(rule for rule in deadlines.values() if state in rule.live) for state in data["state"]},
        reactions={state: tuple(row for row in transitions.values() if "follows" in row.spec and state in row.sources) for state in data["state"]},
        known={},
    )


def track(data: Mapping[str, Any], digest: str) -> Track:
    """Build a track from data that the lint has passed."""
    return Track(data["name"], data["version"], digest, data["kind"], data["stage"],
                 {name: deadline_rule(name, row) for name, row in data.get("deadline", NOTHING).items()}, data.get("label", NOTHING))


def _owners(requirements: Mapping[str, Requirement]) -> dict[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for row in requirements.values():
        own = row.fields if row.kind in ("field", "checklist", "meeting") or row.name == "instrument" else row.spec.get("of", NOTHING)
        for field in () if "row" in row.spec else own:
            owners[field] = (*owners.get(field, ()), row.name)
    return owners


def fields_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields that a requirement row can hold, each with its type (`text bool int date list` or `a|b|c`)."""
    fields: dict[str, str] = dict(row.get("of", NOTHING))
    kind = row["kind"]
    if kind == "checklist":
        fields |= dict.fromkeys((*row.get("hard", ()), *row.get("answer", ())), "yes|no|na")
    elif kind == "letter":
        fields |= LETTER_FIELDS
    elif kind == "reply":
        fields |= REPLY_FIELDS | {"answer": "|".join(row["outcomes"])}
    elif kind == "meeting":
        fields |= MEETING_FIELDS
    elif kind == "instrument":
        fields |= dict.fromkeys(row.get("dates", ()), "date")
        for flag, names in INSTRUMENT_FIELDS.items():
            fields |= names if row.get(flag) else {}
    if kind in ("document", "instrument") and "parts" in row:
        fields["parts"] = "list"
    if kind == "document" and "to" in row:
        fields["sent_to"] = "list"
    return fields


def _requirement(name: str, row: Mapping[str, Any], read: Mapping[str, Any]) -> Requirement:
    """One requirement; what only reads the row of another (`read`) rests on the same law, unless it names its own."""
    law = row if "basis" in row or "citation" in row else read
    return Requirement(name, row["kind"], fields_of(row), row.get("when", NOTHING), str(row.get("since", "")), str(row.get("until", "")),
                       bool(row.get("soft")), law.get("basis", "policy"), law.get("citation", ""), row)


def _transition(name: str, row: Mapping[str, Any]) -> Transition:
    return Transition(name, tuple(row["from"]), row.get("to", ""), tuple(row.get("roles", ())), row.get("actor", ""),
                      tuple(row.get("needs", ())), row.get("when", NOTHING), bool(row.get("clock")), bool(row.get("irregular")), row)


def deadline_rule(name: str, row: Mapping[str, Any]) -> DeadlineRule:
    """One deadline's rule; where `while` is absent, it lives in the states that anchor it."""
    anchors = tuple(row["anchor"])
    live = tuple(row.get("while") or [anchor[6:] for anchor in anchors if anchor.startswith("state:")])
    return DeadlineRule(
        name, anchors, row.get("amount"), row.get("param", ""), row["unit"], row["direction"], row.get("calendar", ""),
        row.get("roll", "none"), live, row.get("met_by", ""), row.get("when", NOTHING), str(row.get("since", "")), row["basis"],
        row.get("citation", ""), row["on_expiry"], row.get("fire", ""), bool(row.get("every")), row.get("at", "end"), row)

"""The machine of a definition: its states and the ways between them, reactions, openings, and what a transition does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import lint_names
from workflow.core.definition import fields_of
from workflow.core.lint_names import JUDGED, fits, own_facts, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflow.core.lint_names import Scope

Table = dict[str, Any]


def check(scope: Scope) -> None:
    """Every transition, and the graph that they make."""
    known = lint_names.facts(scope)
    for name, row in scope.data["transition"].items():
        key = f"{scope.prefix}transition.{name}"
        _ways(scope, key, row)
        _who(scope, key, row)
        _rows(scope, key, row)
        lint_names.conditions(scope, key, row.get("when", {}), known)
        _values(scope, f"{key}.sets", row.get("sets", {}), own_facts(scope.data), known)
        if "follows" in row:
            _follows(scope, f"{key}.follows", row["follows"])
        if "opens" in row:
            _opens(scope, f"{key}.opens", row["opens"])
        if "relinks" in row:
            _relinks(scope, key, row)
    _graph(scope)


def _ways(scope: Scope, key: str, row: Table) -> None:
    states = scope.data["state"]
    scope.report.known(f"{key}.from", "state", row["from"], states)
    if "to" in row:
        scope.report.known(f"{key}.to", "state", [row["to"]], states)
    for source in row["from"]:
        if states.get(source, {}).get("final"):
            scope.report(f"{key}.from", f"it leaves the final state {source}")
    does = {"follows", "opens", "reopens", "counter", "sets", "relinks", "needs"} & row.keys()
    if "to" not in row and not does:
        scope.report(key, "it leads nowhere and does nothing")
    if "parent" in row:
        if scope.parent is None:
            scope.report(f"{key}.parent", "only the transitions of items ask for their plan's state")
        else:
            scope.report.known(f"{key}.parent", "state of the plan", row["parent"], scope.parent["state"])


def _who(scope: Scope, key: str, row: Table) -> None:
    if not (row.get("roles") or row.get("clock") or row.get("follows")):
        scope.report(key, "nobody may take it: no roles, no clock, no reaction")
    if row.get("irregular") and row.get("roles") != ["legal"]:
        scope.report(f"{key}.roles", "what is irregular is recorded by legal alone")
    if row.get("actor") and not row.get("roles"):
        scope.report(f"{key}.actor", f"an act of {row['actor']} that nobody may record: no roles")


def _rows(scope: Scope, key: str, row: Table) -> None:
    rows = scope.data["requirement"]
    for name in ("needs", "reopens"):
        scope.report.known(f"{key}.{name}", "requirement", row.get(name, ()), rows)
    for name in row.get("reopens", ()):
        if rows.get(name, {}).get("kind") in JUDGED or "row" in rows.get(name, {}):
            scope.report(f"{key}.reopens", f"{name} has no row of its own to open again")
    if row.get("drops_items") and "item" not in scope.data:
        scope.report(f"{key}.drops_items", "the stage has no items")


def _values(scope: Scope, key: str, values: Mapping[str, Any], fields: Mapping[str, str], known: Mapping[str, str] | None = None) -> None:
    """Fields that a transition sets: they exist, and the value is a literal of their type, `occurred`, or `+months`."""
    for field, value in values.items():
        kind = fields.get(field)
        if kind is None:
            scope.report.unknown(key, "field", field, fields)
        elif isinstance(value, str) and value.startswith("+") and known is not None:
            if kind != "date" or known.get(value[1:]) != "int":
                scope.report(key, f"{field} = {value!r}: only a date moves on, by a number of months on record")
        elif kind == "date":
            if value != "occurred":
                scope.report(key, f"{field} is a date: it can be set to 'occurred'")
        elif not fits(kind, value):
            scope.report(key, f"{field} can never be {value!r}: it is {said(kind)}")


def _follows(scope: Scope, key: str, row: Table) -> None:
    """A reaction looks at the stage its own link names, or at those of a stage that link back."""
    if ("event" in row) == ("holds" in row):
        scope.report(key, "it answers to an event or to what a state holds: one of the two")
    stage = row.get("stage")
    if stage is None:
        if row["via"] not in scope.links:
            scope.report.unknown(f"{key}.via", "link", row["via"], scope.links)
        targets = scope.linked(row["via"])
    else:
        targets = _named(scope, f"{key}.stage", stage)
        if "of" in row and row["of"] not in scope.links:
            scope.report.unknown(f"{key}.of", "link", row["of"], scope.links)
        for target in targets if not stage.startswith("same-as:") else ():
            if row["via"] not in target["link"]:
                scope.report.unknown(f"{key}.via", f"link of {target['name']}", row["via"], target["link"])
    if "holds" in row and not any(row["holds"] in state.get("holds", ()) for target in targets for state in target["state"].values()):
        for target in targets:  # where one of several kinds holds it, only that kind is ever answered
            lint_names.held(scope.report, f"{key}.holds", target, row["holds"])


def _named(scope: Scope, key: str, stage: str) -> list[Table]:
    """The stages that a name means; an unknown one is reported."""
    head, _, link = stage.partition(":")
    if head == "same-as":
        scope.report.known(key, "link", [link], scope.links)
    else:
        scope.report.known(key, "stage", [stage], scope.stages)
    return scope.targets(stage)


def _opens(scope: Scope, key: str, row: Table) -> None:
    """What is opened has the link, and asks later for what its opening is spared."""
    for target in _named(scope, f"{key}.stage", row["stage"]):
        name, link, given = target["name"], target["link"].get(row["link"]), row.get("with", {})
        if link is None and not row["stage"].startswith("same-as:"):
            scope.report.unknown(f"{key}.link", f"link of {name}", row["link"], target["link"])
        elif link is not None and scope.data["name"] not in link.get("stages", ()) and not row["stage"].startswith("same-as:"):
            scope.report(f"{key}.link", f"the link {row['link']} of {name} does not lead to {scope.data['name']}")
        fields = own_facts(target)
        _values(scope, f"{key}.with", given, fields)
        later = {need for transition in target["transition"].values() for need in transition.get("needs", ())}
        for need in target["open"].get("needs", ()):
            asked = set(fields_of(target["requirement"].get(need, {"kind": ""})))
            if need not in later and not (asked and asked <= given.keys()):
                scope.report(key, f"{name} is opened without {need!r}, which no transition of it asks for afterwards")


def _relinks(scope: Scope, key: str, row: Table) -> None:
    scope.report.known(f"{key}.relinks", "link", [row["relinks"]], scope.links)
    if row.get("follows", {}).get("of") != row["relinks"]:
        scope.report(f"{key}.relinks", "it follows no heir of that link: follows = { stage, via, of = the same link }")


def _graph(scope: Scope) -> None:
    """Every state can be reached and left, and the initial one exists."""
    states, report, key = scope.data["state"], scope.report, f"{scope.prefix}state"
    starts = [scope.data["initial"], *(entry["state"] for entry in scope.data["open"].get("at", ()) if "state" in entry)]
    report.known(f"{scope.prefix}initial", "state", starts[:1], states)
    forward: dict[str, set[str]] = {name: set() for name in states}
    back: dict[str, set[str]] = {name: set() for name in states}
    for row in scope.data["transition"].values():
        for source in row["from"]:
            if source in states and row.get("to") in states:
                forward[source].add(row["to"])
                back[row["to"]].add(source)
    finals = [name for name, row in states.items() if row.get("final")]
    if not finals:
        report(key, "no state is final")
    reached, ends = _closure(starts, forward), _closure(finals, back)
    for name in states:
        if name not in reached:
            report(f"{key}.{name}", "it cannot be reached")
        if finals and name not in ends:
            report(f"{key}.{name}", "a trap: no way from it to a final state")
        if name not in finals:
            _left(scope, f"{key}.{name}", name)


def _left(scope: Scope, key: str, state: str) -> None:
    """A state that no person can leave, or that no deadline watches, may be meant; it is said."""
    out = [row for row in scope.data["transition"].values() if state in row["from"] and row.get("to", state) != state]
    if out and not any(row.get("roles") for row in out):
        scope.report(key, "only the clock or another stage leads out", "warning")
    watched = any(state in (row.get("while") or [name[6:] for name in row["anchor"] if name.startswith("state:")])
                  for row in scope.data["deadline"].values())
    if not watched:
        scope.report(key, "no deadline lives here", "warning")


def _closure(seed: Iterable[str], graph: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(seed), list(seed)
    while todo:
        for name in graph.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen

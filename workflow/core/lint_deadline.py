"""The deadlines of a definition: where they count from, where they live, and that none of them ever decides for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import lint_names
from workflow.core.lint_names import law

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.core.lint_names import Scope
    from workflow.core.lint_shape import Report

Table = dict[str, Any]
ANCHORS = ("state", "field", "request", "received", "counter", "link", "deadline", "param")
TRACK_ANCHORS = ("last", "first", "param")
MET = ("requirement", "request", "received", "trigger", "opened")
COUNTED = ("activity", "report", "contact", "in-force", "signed")  # what `last:` and `first:` of a track may count
HUMAN = ("approval", "reply", "letter", "document", "instrument", "checklist", "meeting", "field", "items")


def check(scope: Scope) -> None:
    """Every deadline of a machine."""
    known = lint_names.facts(scope)
    for name, row in scope.data["deadline"].items():
        key = f"{scope.prefix}deadline.{name}"
        _arithmetic(scope.report, key, row)
        law(scope.report, key, row)
        lint_names.conditions(scope, key, row.get("when", {}), known)
        for anchor in row["anchor"]:
            _anchor(scope, f"{key}.anchor", anchor, known)
        if "amount_field" in row and known.get(row["amount_field"]) != "int":
            scope.report.unknown(f"{key}.amount_field", "number", row["amount_field"], [fact for fact, kind in known.items() if kind == "int"])
        _life(scope, key, row)
        _met(scope, f"{key}.met_by", row.get("met_by", ""))
        _expiry(scope, key, row)
        _chased(scope, key, row)


def check_track(report: Report, data: Table) -> None:
    """The deadlines of a track: they live while any stage of the agreement holds a fact, and only escalate."""
    for name, row in data["deadline"].items():
        key = f"deadline.{name}"
        _arithmetic(report, key, row)
        law(report, key, row)
        for anchor in row["anchor"]:
            kind, _, rest = anchor.partition(":")
            if kind not in TRACK_ANCHORS:
                report.unknown(f"{key}.anchor", "anchor of a track", kind, TRACK_ANCHORS)
            elif kind != "param":
                report.known(f"{key}.anchor", "thing to count", [rest], COUNTED)
        if "while_holds" not in row:
            report(key, "it never lives: a track's deadline says while_holds")
        for extra in {"while", "when", "met_by", "fire", "blocks", "amount_field"} & row.keys():
            report(f"{key}.{extra}", "a track's deadline has no stage to ask or to move")
        if row["on_expiry"] != "escalate":
            report(f"{key}.on_expiry", "a track's deadline only escalates")


def live(row: Table) -> list[str]:
    """The states a deadline lives in: those it names, else those that anchor it."""
    return list(row.get("while") or [name[6:] for name in row["anchor"] if name.startswith("state:")])


def _arithmetic(report: Report, key: str, row: Table) -> None:
    if not {"amount", "param", "amount_field"} & row.keys():
        report(key, "no amount: amount, param or amount_field")
    if row["unit"] == "working-day" and "calendar" not in row:
        report(key, "working days without a calendar")
    if row["unit"] == "working-day" and row.get("roll", "none") != "none":
        report(f"{key}.roll", "working days never land on a closed day: there is nothing to roll")
    if row["direction"] == "before" and row.get("roll") == "forward":
        report(f"{key}.roll", "what must be done before a day rolls back, never forward")
    if row["direction"] == "before" and row.get("every"):
        report(f"{key}.every", "what counts back from a day does not repeat")
    if row.get("every") and row.get("amount") == 0:
        report(f"{key}.every", "it would repeat on one day for ever")


def _anchor(scope: Scope, key: str, anchor: str, known: Mapping[str, str]) -> None:
    kind, _, rest = anchor.partition(":")
    head, _, tail = rest.partition(".")
    rows = scope.data["requirement"]
    if kind not in ANCHORS or not rest:
        scope.report.unknown(key, "anchor", kind if rest else anchor, ANCHORS)
    elif kind == "state":
        scope.report.known(key, "state", [rest], scope.data["state"])
    elif kind in ("field", "link"):
        if rest not in known:
            scope.report.unknown(key, "field", rest, known)
        elif known[rest] != "date":
            scope.report(key, f"{rest} is {lint_names.said(known[rest])}, not a date")
    elif kind in ("request", "received"):
        if rows.get(head, {}).get("kind") not in ("reply", "letter"):
            scope.report.unknown(key, "letter or reply", rest, [name for name, row in rows.items() if row["kind"] in ("reply", "letter")])
        elif tail not in (("", "received") if kind == "request" else ("",)):
            scope.report(key, f"{anchor}: only request:NAME, request:NAME.received or received:NAME")
    elif kind == "counter":
        scope.report.known(key, "counter", [rest], [row["counter"] for row in scope.data["transition"].values() if "counter" in row])
    elif kind == "deadline":
        scope.report.known(key, "deadline", [rest], scope.data["deadline"])


def _life(scope: Scope, key: str, row: Table) -> None:
    states = live(row)
    scope.report.known(f"{key}.while", "state", row.get("while", ()), scope.data["state"])
    if not states:
        scope.report(key, "it never lives: no while, no state among its anchors")
    if "while_holds" in row:
        scope.report(f"{key}.while_holds", "only a track's deadline lives by what states hold")
    for state in states:
        if scope.data["state"].get(state, {}).get("final") and not row.get("met_by"):
            scope.report(key, f"it lives in the final state {state}, and nothing can settle it there")


def _met(scope: Scope, key: str, met_by: str) -> None:
    kind, _, rest = met_by.partition(":")
    rows = scope.data["requirement"]
    if not met_by:
        return
    if kind not in MET:
        scope.report.unknown(key, "way to be met", kind, MET)
    elif kind == "trigger":
        row = scope.data["transition"].get(rest)
        if row is None:
            scope.report.unknown(key, "transition", rest, scope.data["transition"])
        elif "to" in row:
            scope.report(key, f"{rest} leads to another state: leaving `while` settles it; only an internal transition can meet a deadline")
    elif kind == "opened":
        scope.report.known(key, "stage", [rest], scope.stages)
    else:
        wanted = list(rows) if kind == "requirement" else [name for name, row in rows.items() if row["kind"] in ("reply", "letter")]
        scope.report.known(key, "requirement" if kind == "requirement" else "letter or reply", [rest], wanted)


def _expiry(scope: Scope, key: str, row: Table) -> None:
    """What happens when the day comes; only facts of time fire, and only from where they can."""
    transitions = scope.data["transition"]
    for name, expiry in (("fire", "fire"), ("blocks", "block")):
        if (row["on_expiry"] == expiry) != (name in row):
            scope.report(f"{key}.{name}", f"on_expiry = {row['on_expiry']!r} " + ("without" if row["on_expiry"] == expiry else "with") + f" {name!r}")
        elif name in row:
            scope.report.known(f"{key}.{name}", "transition", [row[name]], transitions)
    fired = transitions.get(row.get("fire", ""))
    if row["on_expiry"] != "fire" or fired is None:
        return
    if not fired.get("clock"):
        scope.report(f"{key}.fire", f"{row['fire']} is no transition of the clock")
    if fired.get("actor"):
        scope.report(f"{key}.fire", f"{row['fire']} is an act of {fired['actor']}: approval by time-out")
    for need in fired.get("needs", ()):
        wanted = scope.data["requirement"].get(need, {})
        if wanted.get("kind") in HUMAN:
            scope.report(f"{key}.fire", f"{row['fire']} needs a person's {wanted['kind']} {need!r}: approval by time-out")
    for state in live(row):
        if state in scope.data["state"] and state not in fired["from"]:
            scope.report(key, f"it lives in {state}, where {row['fire']} cannot fire")
    _start(scope, key, row, fired)


def _start(scope: Scope, key: str, row: Table, fired: Table) -> None:
    """A day that must be reached is reached when it begins where something starts, and over where something ends."""
    reached = {scope.data["requirement"][need]["field"] for need in fired.get("needs", ())
               if scope.data["requirement"].get(need, {}).get("kind") == "reached"}
    anchors = {anchor.partition(":")[2] for anchor in row["anchor"] if anchor.startswith("field:")}
    starts = any(word in field for field in reached & anchors for word in ("start", "from", "in_force"))
    if starts and row.get("at") != "start":
        scope.report(key, "what starts on a day fires as the day begins: at = 'start'")
    if reached and anchors and not reached & anchors:
        scope.report(f"{key}.anchor", f"{row['fire']} waits for {', '.join(sorted(reached))}, which this does not count from")


def _chased(scope: Scope, key: str, row: Table) -> None:
    """A statutory clock that starts at a receipt: somebody must see to it that the receipt is on record."""
    heads = {anchor.partition(":")[2].partition(".")[0] for anchor in row["anchor"] if anchor.startswith(("received:", "request:"))}
    if row["basis"] != "statute" or len(row["anchor"]) != 1 or not heads:
        return
    others = [other.get("met_by", "").partition(":")[2] for other in scope.data["deadline"].values() if other is not row]
    if not heads & set(others):
        scope.report(key, f"nobody chases {row['anchor'][0]}: the statutory clock may never start")

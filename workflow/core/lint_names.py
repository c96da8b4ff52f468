"""What the names of a definition refer to: facts and their types, conditions, requirements and the rows they point at."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.definition import fields_of
from workflow.core.lint_shape import TRACK_KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workflow.core.lint_shape import Report

Table = dict[str, Any]
WHOLE = ("field", "checklist", "meeting")  # kinds whose every field may be named without the requirement's name
JUDGED = ("stage", "items", "reached")  # kinds that are looked up, never recorded


class Scope(NamedTuple):
    """One machine under the lint: a stage, or (with `parent`) the items of one."""

    report: Report
    prefix: str
    data: Table
    stages: Mapping[str, Table]
    guards: Collection[str]
    asked: frozenset[str] = frozenset()  # facts that some track asks for before it opens the stage
    parent: Table | None = None

    @property
    def links(self) -> Mapping[str, Table]:
        """The links of the stage; an item sees those of its plan."""
        links: Mapping[str, Table] = (self.parent or self.data)["link"]
        return links

    def linked(self, link: str) -> list[Table]:
        """The stages that a link may lead to, as far as they are known."""
        return [self.stages[name] for name in self.links.get(link, {}).get("stages", ()) if name in self.stages]

    def targets(self, stage: str) -> list[Table]:
        """The stages that `mou` or `same-as:subject` may mean."""
        head, _, link = stage.partition(":")
        return self.linked(link) if head == "same-as" else [self.stages[stage]] if stage in self.stages else []


def own_facts(data: Table) -> dict[str, str]:
    """Every fact that the rows of a definition hold, with its type: `direction`, `instrument.signed_on`."""
    facts: dict[str, str] = {}
    for name, row in data["requirement"].items():
        if "row" in row:
            continue
        fields = fields_of(row)
        bare = fields if row["kind"] in WHOLE or name == "instrument" else row.get("of", {})
        facts |= {f"{name}.{field}": kind for field, kind in fields.items()} | {field: fields[field] for field in bare if field not in facts}
    return facts


def facts(scope: Scope) -> dict[str, str]:
    """What conditions may ask about: the own facts, the track's kind, and what every stage that a link may lead to knows."""
    known = {"track.kind": "|".join(TRACK_KINDS), **own_facts(scope.data)}
    for link in scope.links:
        tables = [own_facts(stage) for stage in scope.linked(link)]
        known |= {f"{link}.{fact}": kind for fact, kind in (tables[0] if tables else {}).items() if all(fact in table for table in tables)}
    return known


def check(scope: Scope) -> None:
    """Everything that the rows of a machine name."""
    known = facts(scope)
    _links(scope)
    _owners(scope)
    _openings(scope, known)
    used = _used(scope)
    for name, row in scope.data["requirement"].items():
        key = f"{scope.prefix}requirement.{name}"
        conditions(scope, key, row.get("when", {}), known)
        _law(scope, key, row)
        _row(scope, key, name, row)
        _pointers(scope, key, row, known)
        if name not in used:
            scope.report(key, "no transition needs it")


def conditions(scope: Scope, key: str, when: Mapping[str, list[Any]], known: Mapping[str, str]) -> None:
    """A condition asks about facts that some row can hold, and for values that they can have."""
    for fact, values in when.items():
        if fact not in known:
            scope.report.unknown(f"{key}.when", "fact", fact, known)
            continue
        for value in values:
            if not fits(known[fact], value):
                scope.report(f"{key}.when", f"{fact} can never be {value!r}: it is {said(known[fact])}")


def fits(kind: str, value: Any) -> bool:
    """Whether a value may stand in a field of this type."""
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, list) if kind == "list" else isinstance(value, str) and ("|" not in kind or value in kind.split("|"))


def said(kind: str) -> str:
    return "one of " + ", ".join(kind.split("|")) if "|" in kind else {"bool": "true or false", "int": "a number"}.get(kind, f"a {kind}")


def _links(scope: Scope) -> None:
    if scope.parent is not None:
        return
    for name, link in scope.data["link"].items():
        key = f"link.{name}"
        scope.report.known(f"{key}.stages", "stage", link.get("stages", ()), scope.stages)
        gap = link.get("gap_from")
        if gap and any(own_facts(stage).get(f"instrument.{gap}") != "date" for stage in scope.linked(name)):
            scope.report(f"{key}.gap_from", f"{gap!r} is no date of the linked stage's instrument")


def _owners(scope: Scope) -> None:
    """A field belongs to one requirement, or to several whose law windows never meet."""
    rows = scope.data["requirement"]
    owners: dict[str, list[str]] = {}
    for name, row in rows.items():
        if "row" not in row:
            for field in fields_of(row) if row["kind"] in WHOLE or name == "instrument" else row.get("of", {}):
                owners.setdefault(field, []).append(name)
    for field, names in owners.items():
        for one, other in pairwise(names):
            if not (_apart(rows[one], rows[other]) or _apart(rows[other], rows[one])):
                scope.report(f"{scope.prefix}requirement.{other}", f"the field {field!r} belongs to {one} already")


def _apart(before: Table, after: Table) -> bool:
    return bool(before.get("until")) and str(before["until"]) <= str(after.get("since", ""))


def _openings(scope: Scope, known: Mapping[str, str]) -> None:
    """What the opening needs, and the other states it may enter."""
    opening, rows, key = scope.data["open"], scope.data["requirement"], f"{scope.prefix}open"
    scope.report.known(f"{key}.needs", "requirement", opening.get("needs", ()), rows)
    if "parent" in opening and scope.parent is None:
        scope.report(f"{key}.parent", "only items ask for their plan's state")
    elif scope.parent is not None:
        scope.report.known(f"{key}.parent", "state of the plan", opening.get("parent", ()), scope.parent["state"])
    for number, entry in enumerate(opening.get("at", ())):
        where = f"{key}.at[{number}]"
        scope.report.known(f"{where}.state", "state", [entry["state"]] if "state" in entry else [], scope.data["state"])
        scope.report.known(f"{where}.needs", "requirement", entry.get("needs", ()), rows)
        scope.report.known(f"{where}.carries", "requirement", entry.get("carries", ()), rows)
        conditions(scope, where, entry.get("when", {}), known)
        if entry.get("carries") and "predecessor" not in scope.links:
            scope.report(f"{where}.carries", "there is no link 'predecessor' to carry rows over from")


def _used(scope: Scope) -> set[str]:
    """The requirements that something asks for or sets."""
    data = scope.data
    used = {need for row in data["transition"].values() for need in row.get("needs", ())} | set(data["open"].get("needs", ()))
    used |= {need for entry in data["open"].get("at", ()) for need in entry.get("needs", ())}
    used |= {row[key] for row in data["requirement"].values() for key in ("request", "row") if key in row}
    fields = {field for row in data["transition"].values() for field in row.get("sets", {})}
    wanted = fields | scope.asked
    return used | {name for name, row in data["requirement"].items()
                   if wanted & {full for field in fields_of(row) for full in (field, f"{name}.{field}")}}


def _law(scope: Scope, key: str, row: Table) -> None:
    since, until = str(row.get("since", "")), str(row.get("until", ""))
    if since and until and not since < until:
        scope.report(f"{key}.until", f"the law ends {until}, before it began {since}")
    law(scope.report, key, row)


def law(report: Report, key: str, row: Table) -> None:
    """A statute or circular is cited, and nothing is cited that is only policy."""
    if row.get("basis") in ("statute", "circular") and "citation" not in row:
        report(key, f"basis {row['basis']} without a citation")
    if "citation" in row and row.get("basis", "policy") == "policy":
        report(f"{key}.citation", "a citation, but the basis is policy")


def _row(scope: Scope, key: str, name: str, row: Table) -> None:
    """What one requirement says of itself."""
    report, outcomes = scope.report, row.get("outcomes", ())
    report.known(f"{key}.accepts", "outcome", row.get("accepts", ()), outcomes)
    if outcomes and not set(outcomes) - set(row.get("accepts", ())):
        report(f"{key}.accepts", "every outcome is accepted: the answer would decide nothing")
    if "guard" in row and row["guard"] not in scope.guards:
        report.unknown(f"{key}.guard", "guard", row["guard"], scope.guards)
    if "guard" in row and row["kind"] in (*JUDGED, "reply", "approval", "checklist", "meeting"):
        report(f"{key}.guard", f"a guard is not asked on the kind {row['kind']}")
    report.known(f"{key}.personal", "field", row.get("personal", ()), fields_of(row))
    if row["kind"] == "checklist" and not (row.get("hard") or row.get("answer")):
        report(key, "a checklist with nothing on it")
    for item in set(row.get("hard", ())) & set(row.get("answer", ())):
        report(f"{key}.answer", f"{item!r} is among the hard ones already")
    if row["kind"] == "items" and not {"min", "each", "all_in"} & row.keys():
        report(key, "it asks nothing of the items: min, each or all_in")
    if row["kind"] == "instrument" and name != "instrument" and "instrument" not in scope.data["requirement"]:
        report(key, "the first instrument of a stage is named 'instrument'")
    if row["kind"] == "letter" and not {"to", "from", "parties"} & row.keys():
        report(key, "a letter from nobody to nobody")


def _pointers(scope: Scope, key: str, row: Table, known: Mapping[str, str]) -> None:
    """The rows, links, states and fields that a requirement points at."""
    rows = scope.data["requirement"]
    for name, kinds in (("request", ("letter",)), ("row", ("reply",)), ("of_version", ("document",)), ("distinct_from", ("document",)),
                        ("encloses", ("reply", "document", "letter"))):
        target = rows.get(row.get(name, ""))
        if name in row and target is None:
            scope.report.unknown(f"{key}.{name}", "requirement", row[name], rows)
        elif target is not None and target["kind"] not in kinds:
            scope.report(f"{key}.{name}", f"{row[name]} is of the kind {target['kind']}, not {' or '.join(kinds)}")
        elif name == "of_version" and target is not None and not target.get("versioned"):
            scope.report(f"{key}.{name}", f"{row[name]} is not versioned")
        elif name == "row" and target is not None and (row["outcomes"], row["actor"]) != (target["outcomes"], target["actor"]):
            scope.report(f"{key}.{name}", f"it reads the answer of {row[name]} but names other outcomes or another actor")
    if row["kind"] == "stage":
        holds(scope, key, row["link"], row["holds"])
    if row["kind"] == "items":
        _items(scope, key, row)
    if row["kind"] == "reached":
        _typed(scope, f"{key}.field", row["field"], "date", known)
    if "members_of" in row:
        _typed(scope, f"{key}.members_of", row["members_of"].removeprefix("field:"), "list", known)
    if "subset_of" in row:
        _typed(scope, f"{key}.subset_of", row["subset_of"].removeprefix("link:"), "list", known)
        if row.get("of", {}).get("fields") != "list":
            scope.report(f"{key}.subset_of", "it bounds the list 'fields', which is not among the row's own")


def holds(scope: Scope, key: str, link: str, fact: str) -> None:
    """A link is one of the stage's, and some state of every stage it leads to holds the fact."""
    if link not in scope.links:
        scope.report.unknown(f"{key}.link", "link", link, scope.links)
    for stage in scope.linked(link):
        held(scope.report, f"{key}.holds", stage, fact)


def held(report: Report, key: str, stage: Table, fact: str) -> None:
    if not any(fact in state.get("holds", ()) for state in stage["state"].values()):
        report(key, f"no state of {stage['name']} holds {fact!r}")


def _typed(scope: Scope, key: str, fact: str, kind: str, known: Mapping[str, str]) -> None:
    if fact not in known:
        scope.report.unknown(key, "field", fact, known)
    elif known[fact] != kind:
        scope.report(key, f"{fact} is {said(known[fact])}, not a {kind}")


def _items(scope: Scope, key: str, row: Table) -> None:
    item = scope.data.get("item")
    if item is None:
        scope.report(key, "it asks about items, and the stage has none")
        return
    held_by = own_facts(item)
    scope.report.known(f"{key}.each", "field of the items", row.get("each", ()), held_by)
    scope.report.known(f"{key}.all_in", "state of the items", row.get("all_in", ()), item["state"])
    conditions(scope, f"{key}.when_item", row.get("when_item", {}), held_by)

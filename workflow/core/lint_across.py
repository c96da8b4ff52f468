"""What the stages and tracks ask of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import lint_names
from workflow.core.lint_names import own_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflow.core.lint_shape import Report

Table = dict[str, Any]


def asked(stage: str, tracks: Iterable[Table]) -> frozenset[str]:
    """The facts of a stage that some track asks for before it opens it."""
    return frozenset(fact for track in tracks for condition in track["stage"].get(stage, {}).get("after", ()) for fact in condition.get("when", {}))


def check_track(report: Report, data: Table, stages: Mapping[str, Table]) -> None:
    """The stages of a track exist, open after stages it has, and find there what their links need."""
    own = data["stage"]
    report.known("stage", "stage", own, stages)
    for name, row in own.items():
        for number, condition in enumerate(row.get("after", ())):
            if name in stages and "stage" in condition:
                _after(report, f"stage.{name}.after[{number}]", condition, data, stages[name], stages)
        for link, spec in stages.get(name, {}).get("link", {}).items():
            if not spec.get("optional") and not set(spec.get("stages", ())) & own.keys():
                report(f"stage.{name}", f"its link {link} needs {' or '.join(spec.get('stages', ()))}, which the track lacks")


def _after(report: Report, key: str, condition: Table, data: Table, opened: Table, stages: Mapping[str, Table]) -> None:
    before = stages.get(condition["stage"])
    if condition["stage"] not in data["stage"]:
        report.unknown(f"{key}.stage", "stage of the track", condition["stage"], data["stage"])
    if ("holds" in condition) == ("state" in condition):
        report(key, "it asks for a state or for what a state holds: one of the two")
    if before is not None and "holds" in condition:
        lint_names.held(report, f"{key}.holds", before, condition["holds"])
    if before is not None and "state" in condition:
        report.known(f"{key}.state", f"state of {condition['stage']}", [condition["state"]], before["state"])
    if "link" in condition:
        report.known(f"{key}.link", f"link of {opened.get('name', '')}", [condition["link"]], opened["link"])
    known = own_facts(opened)
    for fact, values in condition.get("when", {}).items():
        if fact not in known:
            report.unknown(f"{key}.when", f"fact of {opened.get('name', '')}", fact, known)
        for value in values:
            if fact in known and not lint_names.fits(known[fact], value):
                report(f"{key}.when", f"{fact} can never be {value!r}: it is {lint_names.said(known[fact])}")

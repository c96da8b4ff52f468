"""Labels: everything a person sees of a definition has its name in English, Indonesian and Japanese, and nothing else has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core.definition import fields_of
from workflow.core.lint_shape import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflow.core.lint_shape import Report

Table = dict[str, Any]


def check_stage(report: Report, data: Table) -> None:
    """The labels of a stage, and of its items below `label.item`."""
    labels = dict(data["label"])
    items = labels.pop("item", None)
    _check(report, "label", labels, "stage", wanted(data), data["requirement"])
    if "item" in data:
        _check(report, "label.item", items if isinstance(items, dict) else {}, "stage", wanted(data["item"]), data["item"]["requirement"])
    elif items is not None:
        report("label.item", "labels of items, and the stage has none")


def check_track(report: Report, data: Table) -> None:
    shows = [row["shows"] for row in data["deadline"].values() if "shows" in row]
    _check(report, "label", data["label"], "track", {"deadline": list(data["deadline"]), "outcome": shows}, ())


def wanted(data: Table) -> dict[str, list[str]]:
    """What must be labelled, by section; a word that several rows share is labelled once."""
    fields: list[str] = []
    outcomes: list[str] = []
    for row in data["requirement"].values():
        if "row" not in row:
            held = fields_of(row)
            fields += [*held, *row.get("parts", ())]
            outcomes += [word for kind in held.values() if "|" in kind for word in kind.split("|")]
    outcomes += [row["shows"] for row in data["deadline"].values() if "shows" in row]
    return {"state": list(data["state"]), "transition": list(data["transition"]), "requirement": list(data["requirement"]),
            "field": fields, "deadline": list(data["deadline"]), "outcome": outcomes}


def _check(report: Report, key: str, labels: Mapping[str, Any], whole: str, sections: Mapping[str, list[str]], helped: Iterable[str]) -> None:
    allowed = [whole, "help", *sections]
    report.known(key, "section of labels", labels, allowed)
    _label(report, f"{key}.{whole}", labels.get(whole))
    for section, names in sections.items():
        table = labels.get(section, {})
        if not isinstance(table, dict):
            report(f"{key}.{section}", "a table is needed")
            continue
        for name in dict.fromkeys(names):
            _label(report, f"{key}.{section}.{name}", table.get(name))
        report.known(f"{key}.{section}", f"{section} to label", table, set(names))
    helps = labels.get("help", {})
    if not isinstance(helps, dict):
        report(f"{key}.help", "a table is needed")
        return
    report.known(f"{key}.help", "requirement", helps, list(helped))
    for name, label in helps.items():
        _label(report, f"{key}.help.{name}", label)


def _label(report: Report, key: str, label: Any) -> None:
    if not isinstance(label, dict):
        report(key, "the label is missing")
        return
    for language in LANGUAGES:
        text = label.get(language)
        if not isinstance(text, str) or not text.strip():
            report(f"{key}.{language}", "the label is missing in this language")
    report.known(key, "language", label, LANGUAGES)

"""
The lint of definitions: every problem of every file at once, with the file and the key it stands at.

It works on the raw data of the TOML files and knows nothing of the engine. First the shape of each file is looked at
(`lint_shape`), then what names refer to (`lint_names`), the machine (`lint_machine`), its deadlines (`lint_deadline`), its labels
(`lint_label`), and last what stages and tracks ask of each other (`lint_across`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import lint_across, lint_deadline, lint_label, lint_machine, lint_names
from workflow.core.lint_names import Scope
from workflow.core.lint_shape import Report, clean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workflow.errors import Problem

Table = dict[str, Any]
Files = list[tuple[Report, Table]]


def lint(stages: Mapping[str, Mapping[str, Any]], tracks: Mapping[str, Mapping[str, Any]], guards: Collection[str]) -> list[Problem]:
    """
    Every problem of the definitions, by file; those with the level `warning` do not forbid their use.

    Where several files hold versions of one stage, the others are held against the newest.
    """
    stage_files = [_shaped(file, data, "stage") for file, data in stages.items()]
    track_files = [_shaped(file, data, "track") for file, data in tracks.items()]
    newest = {data["name"]: data for _, data in sorted(stage_files, key=lambda pair: int(pair[1]["version"])) if data["name"]}
    for files in (stage_files, track_files):
        _twice(files)
    for report, data in stage_files:
        asked = lint_across.asked(data["name"], [track for _, track in track_files])
        _machine(Scope(report, "", data, newest, guards, asked))
        if "item" in data:
            _machine(Scope(report, "item.", data["item"], newest, guards, parent=data))
        lint_label.check_stage(report, data)
    for report, data in track_files:
        lint_across.check_track(report, data, newest)
        lint_deadline.check_track(report, data)
        lint_label.check_track(report, data)
    return [problem for report, _ in [*stage_files, *track_files] for problem in report.problems]


def _machine(scope: Scope) -> None:
    lint_names.check(scope)
    lint_machine.check(scope)
    lint_deadline.check(scope)


def _shaped(file: str, raw: Mapping[str, Any], shape: str) -> tuple[Report, Table]:
    report = Report(file)
    data = clean(report, "", raw, shape)
    return report, _whole(data, shape)


def _whole(data: Table, shape: str) -> Table:
    """The same with every section there, empty where it is absent, so that the looks that follow may iterate."""
    if shape == "track":
        return {"name": "", "version": 0, "stage": {}, "deadline": {}, "label": {}, **data}
    sections = ("open", "link", "requirement", "state", "transition", "deadline", "label")
    whole = {"name": "", "version": 0, "initial": "", **{section: {} for section in sections}, **data}
    if "item" in whole:
        whole["item"] = _whole(whole["item"], shape)
    return whole


def _twice(files: Files) -> None:
    """One name and version stands in one file, and the file's name agrees."""
    seen: dict[tuple[str, int], str] = {}
    for report, data in files:
        if not data["name"] or not data["version"]:
            continue
        identity = (data["name"], data["version"])
        if identity in seen:
            report("version", f"{identity[0]} version {identity[1]} stands in {seen[identity]} already")
        seen.setdefault(identity, report.file)
        base = report.file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
        stem, _, number = base.partition(".v")
        if stem.replace("_", "-") != data["name"]:
            report("name", f"the file is named {stem!r}, its definition {data['name']!r}")
        if number and number != str(data["version"]):
            report("version", f"the file's name says version {number}, its definition {data['version']}")

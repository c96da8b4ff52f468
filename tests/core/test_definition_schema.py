"""The JSON Schemas that editors read agree with the files that are shipped, with the lint's vocabulary, and refuse what is misshapen."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import definitions
from workflow.catalog import Catalog
from workflow.core.lint_shape import SHAPES, Report, clean

CATALOG = Catalog(definitions.roots(), definitions.GUARDS)
SCHEMAS = {kind: json.loads(Path(definitions.schemas(), f"{kind}.schema.json").read_text(encoding="utf-8")) for kind in ("stage", "track")}


def refused(kind: str, data: dict) -> bool:
    return not Draft202012Validator(SCHEMAS[kind]).is_valid(data)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_a_schema(kind):
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in SCHEMAS for name in CATALOG.names(kind)])
def test_what_is_shipped_validates_and_points_to_its_schema(kind, name):
    found = CATALOG.latest(kind, name)

    assert [error.message for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(found.data)] == []
    assert Path(found.file).read_text(encoding="utf-8").startswith(f"#:schema ../schema/{kind}.schema.json\n")


@pytest.mark.parametrize("shape", SHAPES)
def test_schema_and_lint_speak_one_vocabulary(shape):
    """The same keys, and the same ones required, in every table."""
    tables = [SCHEMAS[shape]] if shape in SCHEMAS else [schema["$defs"][shape] for schema in SCHEMAS.values() if shape in schema["$defs"]]

    assert tables
    for table in tables:
        assert set(table["properties"]) == {name.rstrip("!") for name in SHAPES[shape]}
        assert set(table["required"]) == {name[:-1] for name in SHAPES[shape] if name.endswith("!")}


@pytest.mark.parametrize(("kind", "name", "deadline"), [("stage", "mou", "council"), ("track", "sister-city", "dormancy")])
@pytest.mark.parametrize("leave", ["extendable", "waivable", "suspendable"])
def test_a_definition_may_leave_a_binding_period_to_the_office(kind, name, deadline, leave):
    data = copy.deepcopy(CATALOG.latest(kind, name).data)
    data["deadline"][deadline][leave] = True
    report = Report("file.toml")

    clean(report, "", data, kind)

    assert report.problems == []
    assert not refused(kind, data)


@pytest.mark.parametrize(("kind", "name", "path", "value"), [
    ("stage", "mou", ("schema",), 2),
    ("stage", "mou", ("colour",), "red"),
    ("stage", "mou", ("state", "Signed"), {}),
    ("stage", "mou", ("transition", "sign", "roles"), ["clerk"]),
    ("stage", "mou", ("transition", "sign", "clock"), "yes"),
    ("stage", "mou", ("requirement", "council", "kind"), "answer"),
    ("stage", "mou", ("requirement", "plan", "colour"), "red"),
    ("stage", "mou", ("deadline", "council", "on_expiry"), "approve"),
    ("stage", "mou", ("deadline", "council", "ladder"), ["ten days"]),
    ("stage", "mou", ("label", "state", "signed"), {"en": "Signed"}),
    ("stage", "action-plan", ("item", "transition", "start", "parents"), ["running"]),
    ("track", "sister-city", ("kind",), "ksd"),
    ("track", "sister-city", ("stage", "loi", "many"), "often"),
])
def test_a_misshapen_file_is_refused(kind, name, path, value):
    data = copy.deepcopy(CATALOG.latest(kind, name).data)
    table = data
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value

    assert refused(kind, data)

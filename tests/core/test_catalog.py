"""The catalog reads folders of TOML, newest versions first, and refuses all of them for one fault."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import definitions
from workflow.catalog import Catalog
from workflow.core.definition import content_hash, definition, genuine, track, versions
from workflow.errors import DefinitionNotFound, InvalidDefinition

LOI = Path(definitions.HERE, "stages", "loi.toml").read_text(encoding="utf-8")


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(definitions.roots(), definitions.GUARDS)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A user's folder, empty."""
    (tmp_path / "stages").mkdir()
    return tmp_path


def beside(office: Path) -> Catalog:
    """The built-in definitions and the user's."""
    return Catalog(definitions.roots(str(office)), definitions.GUARDS)


def test_it_knows_what_is_shipped(catalog):
    assert catalog.names("stage") == ["action-plan", "joint-agreement", "loi", "mou", "review", "visit"]
    assert catalog.names("track") == ["association", "institution", "sister-city"]
    assert catalog.latest("stage", "loi").definition.states["signed"].holds == ("signed", "in-force")
    assert catalog.latest("track", "association").definition.kind == "ksdpk"


def test_the_stored_body_builds_the_same_definition_and_is_known_to_be_genuine(catalog):
    """What is pinned in the database is all that the daily path needs."""
    guards = versions(definitions.GUARDS)
    for kind, build in (("stage", definition), ("track", track)):
        for name in catalog.names(kind):
            found = catalog.latest(kind, name)
            data = json.loads(found.pinned.body)
            assert build(data, found.pinned.hash) == found.definition
            assert genuine(data, found.pinned.hash, guards)
            assert not genuine({**data, "version": 2}, found.pinned.hash, guards)


def test_what_older_and_newer_versions_of_its_guards_made_is_genuine(catalog):
    """A condition that changed since does not make a forgery of what was pinned before."""
    data, known = catalog.latest("stage", "mou").data, versions(definitions.GUARDS)
    for raised in (1, -1):
        pinned = content_hash(data, {name: version + raised for name, version in known.items()})
        assert pinned != content_hash(data, known)
        assert genuine(data, pinned, known)


def test_identity_is_content_and_the_versions_of_its_guards(catalog):
    found = catalog.latest("stage", "visit")
    raised = {name: guard.version + (name == "visit-dates") for name, guard in definitions.GUARDS.items()}

    assert found.pinned.hash == content_hash(json.loads(found.pinned.body), {name: guard.version for name, guard in definitions.GUARDS.items()})
    assert found.pinned.hash != content_hash(found.data, raised)
    assert found.pinned.hash != content_hash({**found.data, "version": 2}, {name: guard.version for name, guard in definitions.GUARDS.items()})


def test_a_newer_version_stands_beside_the_old_one(office):
    (office / "stages" / "loi.v2.toml").write_text(LOI.replace("version = 1", "version = 2", 1), encoding="utf-8")
    catalog = beside(office)

    assert catalog.latest("stage", "loi").pinned.version == 2
    assert catalog.get("stage", "loi", 1).pinned.version == 1
    assert catalog.versions("stage", "loi") == [2, 1]


def test_dates_of_toml_are_iso_text(office):
    text = LOI.replace("version = 1", "version = 2", 1).replace('since = "2018-07-13"', "since = 2018-07-13", 1)
    (office / "stages" / "loi.v2.toml").write_text(text, encoding="utf-8")

    found = beside(office).latest("stage", "loi")

    assert found.definition.requirements["exploration"].since == "2018-07-13"
    assert json.loads(found.pinned.body)["requirement"]["exploration"]["since"] == "2018-07-13"


def test_an_unknown_name_says_what_there_is(catalog):
    with pytest.raises(DefinitionNotFound) as refused:
        catalog.latest("stage", "memorandum")
    assert "mou" in refused.value.known
    with pytest.raises(DefinitionNotFound) as refused:
        catalog.get("stage", "mou", 7)
    assert refused.value.known == ("mou version 1",)


def test_a_syntax_error_shows_its_line(office):
    (office / "stages" / "broken.toml").write_text('schema = 1\nname = "broken\nversion = 1\n', encoding="utf-8")

    with pytest.raises(InvalidDefinition) as refused:
        beside(office).names("stage")

    (problem,) = refused.value.problems
    assert problem.file.endswith("broken.toml")
    assert "line 2" in problem.text
    assert '2 | name = "broken' in problem.text


def test_one_fault_refuses_the_whole_catalog_with_every_problem(office):
    (office / "stages" / "loi.v2.toml").write_text(LOI.replace("version = 1", "version = 2", 1).replace('to = "consulting"', 'to = "consultng"')
                                                   .replace('fire = "lapse"', 'fire = "reaffirm"'), encoding="utf-8")
    (office / "stages" / "visit.toml").write_text("schema = 1\n", encoding="utf-8")

    with pytest.raises(InvalidDefinition) as refused:
        beside(office).latest("track", "association")

    keys = {(Path(problem.file).name, problem.key) for problem in refused.value.problems}
    assert {("loi.v2.toml", "transition.consult.to"), ("loi.v2.toml", "deadline.follow-up.fire"), ("visit.toml", "name")} <= keys
    assert str(refused.value).startswith(f"{len(refused.value.problems)} problems in the definitions:")


def test_a_file_that_cannot_be_read_is_named(office):
    (office / "stages" / "loi.toml").write_bytes(b'name = "\xff"')
    (office / "stages" / "folder.toml").mkdir()

    problems = beside(office).problems()

    assert [Path(problem.file).name for problem in problems] == ["folder.toml", "loi.toml"]


def test_the_same_name_and_version_twice_is_refused(office):
    shutil.copy(Path(definitions.HERE, "stages", "loi.toml"), office / "stages" / "loi.toml")

    assert "stands in" in beside(office).problems()[0].text


def test_reading_waits_until_something_is_asked_for():
    """Neither the TOML parser nor the lint is imported by making a catalog."""
    code = ("import sys, definitions; from workflow.catalog import Catalog; Catalog(definitions.roots(), definitions.GUARDS);"
            "sys.exit(bool({'tomllib', 'difflib', 'workflow.core.lint', 'pathlib', 'dataclasses'} & set(sys.modules)))")

    assert subprocess.run([sys.executable, "-S", "-c", code], cwd=Path(definitions.HERE).parent, check=False).returncode == 0

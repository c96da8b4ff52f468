"""The house rules that a reader cannot see at a glance: who may import whom, what the core may touch, how long a module may be."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
CAP = 300
CAPS = {"workflow.verifier.verify": 740}  # an auditor takes it home as one file, in which 60 lines tell how: nothing can be moved out of it
LAYERS = [  # lowest first: a module imports its own layer and those below
    "workflow workflow.errors",
    "workflow.core workflow.verifier",
    "workflow.ports workflow.outbox workflow.config",
    "workflow.messages",
    ("workflow.store workflow.channels workflow.exports workflow.imports workflow.catalog workflow.calendars workflow.documents workflow.library "
     "workflow.signing"),
    ("workflow.outcome workflow.asking workflow.engine workflow.promises workflow.administration workflow.reminders workflow.dispatching "
     "workflow.settling workflow.rehearsal workflow.alerting workflow.batch workflow.audit workflow.keys workflow.shapes workflow.scrutiny "
     "workflow.evidence workflow.growing workflow.verifying workflow.reconciling workflow.erasing workflow.rotating workflow.scheduler "
     "workflow.reports workflow.parcels"),
    "workflow.demo",
    "workflow.commands workflow.locale",
]
ONLY_IN = {  # package -> where it may be imported
    "transitions": ("workflow.core.machine",),
    "apscheduler": ("workflow.scheduler",),
    "click": ("workflow.commands", "cli"),
    "jinja2": ("workflow.messages", "workflow.reports", "workflow.locale"),
    "babel": ("workflow.messages", "workflow.locale"),
    "icalendar": ("workflow.messages",),
    "apprise": ("workflow.channels",),
    "cryptography": ("workflow.signing",),
    "orjson": ("workflow.scrutiny",),
    **dict.fromkeys(("sqlmodel", "sqlalchemy", "alembic", "sqlite3", "psycopg", "psycopg_pool"), ("workflow.store",)),
}
IMPURE = {"io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time",
          "urllib", "uuid"}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint"}
CLOCKS = {"now", "today", "utcnow"}


class Module(NamedTuple):
    name: str
    path: Path
    tree: ast.Module
    imports: tuple[tuple[str, int], ...]


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(path.read_text("utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return Module(name, path, tree, tuple(found))


MODULES = [_module(path) for folder in ("workflow", "definitions") for path in sorted((ROOT / folder).rglob("*.py"))]
MODULES += [_module(path) for path in (ROOT / "cli.py",) if path.exists()]
WORKFLOW = [module for module in MODULES if module.name.split(".")[0] == "workflow"]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layer(name: str) -> int:
    """The layer of the longest name in LAYERS that this one is or lies in."""
    known = {package: height for height, packages in enumerate(LAYERS) for package in packages.split()}
    package = max((package for package in known if within(name, package)), key=len)
    return len(LAYERS) if package == "workflow" != name else known[package]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_fits_its_cap(module):
    lines = module.path.read_text("utf-8").count("\n")

    assert lines <= CAPS.get(module.name, CAP)


@pytest.mark.parametrize("module", WORKFLOW, ids=lambda module: module.name)
def test_imports_point_down(module):
    mine = layer(module.name)
    assert mine < len(LAYERS), f"{module.name} stands in no layer: give it one in LAYERS"

    above = [f"line {line}: {target}" for target, line in module.imports if within(target, "workflow") and _height(target) > mine]

    assert above == []


def _height(target: str) -> int:
    """The layer of an imported name: of the module, or of the module that it comes from."""
    names = {module.name for module in WORKFLOW}
    return layer(target if target in names else target.rpartition(".")[0])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_package_is_imported_in_its_one_place(module):
    astray = [f"line {line}: {target}" for target, line in module.imports for package, places in ONLY_IN.items()
              if within(target, package) and not any(within(module.name, place) for place in places)]

    assert astray == []


@pytest.mark.parametrize("module", WORKFLOW, ids=lambda module: module.name)
def test_the_engine_knows_no_definition_and_no_command_line(module):
    assert [target for target, _ in module.imports if within(target, "definitions") or within(target, "cli")] == []


@pytest.mark.parametrize("module", [module for module in MODULES if within(module.name, "definitions")], ids=lambda module: module.name)
def test_definitions_import_only_the_standard_library(module):
    foreign = [target for target, _ in module.imports if target.split(".")[0] not in sys.stdlib_module_names and not within(target, "definitions")]

    assert foreign == []


@pytest.mark.parametrize("module", [module for module in WORKFLOW if within(module.name, "workflow.core")], ids=lambda module: module.name)
def test_the_core_is_pure(module):
    """No clock, file, database, network, randomness or logging; of others' packages only `transitions`."""
    foreign = {target.split(".")[0] for target, _ in module.imports} - {"workflow", "transitions", "typing", "__future__"}
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    called = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    read = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}

    assert foreign & IMPURE == set()
    assert foreign - set(sys.stdlib_module_names) == set()
    assert called & IMPURE_CALLS == set()
    assert read & CLOCKS == set()


def test_the_verifier_stands_alone():
    """One file of the standard library, as Python 3.8 reads it: it is taken out of the package."""
    (module,) = [module for module in MODULES if module.name == "workflow.verifier.verify"]

    assert {target.split(".")[0] for target, _ in module.imports} - set(sys.stdlib_module_names) == set()
    ast.parse(module.path.read_text("utf-8"), feature_version=(3, 8))


def test_every_rule_has_somebody_to_hold():
    """A rule about a module that was renamed would hold nothing."""
    names = {module.name for module in MODULES}
    places = {place for places in ONLY_IN.values() for place in places}

    assert set(CAPS) <= names
    assert {place for place in places if place not in names} <= {"workflow.reports"}
    assert len(names) == len(MODULES) > 20

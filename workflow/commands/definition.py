"""`mufakat definition`: the machines of the stages and the tracks that order them; listed, shown, checked, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.console import Column
from workflow.commands.diagram import drawn, mermaid
from workflow.commands.failures import FAILURE, Failed
from workflow.commands.language import _, pick
from workflow.commands.options import group, pass_app
from workflow.commands.words import amount_text, basis_text, label_of
from workflow.errors import DefinitionNotFound

if TYPE_CHECKING:
    from workflow.catalog import Found
    from workflow.commands.app import App
    from workflow.core.definition import Definition, Track

KINDS = ("stage", "track")


@group("definition", examples=("mufakat definition list", "mufakat definition diagram loi -o mermaid"))
def definition_command() -> None:
    """The machines of the stages, and the tracks that order them."""


@definition_command.command("list", examples=("mufakat definition list",))
@pass_app
def list_command(app: App) -> None:
    """Every stage and track, with version, hash and file."""
    rows: list[dict[str, Any]] = []
    for kind in KINDS:
        for name in app.catalog.names(kind):
            for version in app.catalog.versions(kind, name):
                found = app.catalog.get(kind, name, version)
                label = pick(found.data.get("label", {}).get(kind, {})) or name
                rows.append({"kind": kind, "name": name, "version": version, "label": label, "hash": found.pinned.hash, "file": found.file})
    from workflow.commands.data import emit_rows

    columns = [Column("kind", _("kind")), Column("name", _("name"), "bold"), Column("version", _("version")), Column("label", _("label")),
               Column("short", _("hash"))]
    emit_rows(app, rows, columns, ident="name", shown=({**row, "short": row["hash"][:12]} for row in rows))


@definition_command.command("show", examples=("mufakat definition show mou", "mufakat definition show sister-city"))
@click.argument("name")
@click.option("--version", "version", type=int, default=0, metavar="N", help="Default the newest.")
@pass_app
def show_command(app: App, name: str, version: int) -> None:
    """States, transitions, requirements and deadlines, each with what it rests on."""
    kind, found = _find(app, name, version)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"kind": kind, "name": name, "version": found.pinned.version, "hash": found.pinned.hash, "file": found.file,
                   "definition": found.data}, "name")
        return
    app.console.flow([app.console.paint(f"{name} {found.pinned.version}", "bold"), pick(found.data.get("label", {}).get(kind, {})),
                      found.pinned.hash[:12], found.file])
    if kind == "track":
        _track(app, found.definition)
    else:
        _stage(app, found.definition, found.definition.labels)


@definition_command.command("lint", examples=("mufakat definition lint", "mufakat definition lint ./our-definitions"))
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
@pass_app
def lint_command(app: App, folders: tuple[str, ...]) -> None:
    """Check the built-in files and those of FOLDER (with stages/ and tracks/); every problem at once, exit 1 if one is an error."""
    catalog = app.parts.catalog(folders) if folders else app.catalog
    problems = catalog.problems()
    from workflow.commands.data import emit_rows

    rows = [row._asdict() for row in problems]
    if app.plain:
        for row in problems:
            app.console.flow([app.console.paint(row.level, "red" if row.level == "error" else "yellow"), str(row)], hang="    ")
        errors = sum(row.level == "error" for row in problems)
        app.console.say(_("errors: {errors}, warnings: {warnings}").format(errors=errors, warnings=len(problems) - errors))
    else:
        emit_rows(app, rows, [], ident="file")
    if any(row.level == "error" for row in problems):
        raise Failed(FAILURE)


@definition_command.command("diagram", examples=("mufakat definition diagram loi", "mufakat definition diagram mou -o mermaid > mou.mmd"))
@click.argument("name")
@click.option("-o", "--output", "form", type=click.Choice(("table", "mermaid")), default="table", help="Drawn for the terminal, or as Mermaid.")
@click.option("--version", "version", type=int, default=0, metavar="N", help="Default the newest.")
@click.option("--item", is_flag=True, help="The machine of its items.")
@pass_app
def diagram_command(app: App, name: str, form: str, version: int, item: bool) -> None:  # noqa: FBT001  # a flag
    """Draw the states and transitions of a stage."""
    found = app.catalog.get("stage", name, version) if version else app.catalog.latest("stage", name)
    machine, labels = found.definition, found.definition.labels
    if item:
        if machine.item is None:
            raise DefinitionNotFound(f"item of {name}", [held for held in app.catalog.names("stage")
                                                        if app.catalog.latest("stage", held).definition.item is not None])
        machine, labels = machine.item, labels.get("item", {})
    for line in mermaid(machine, labels) if form == "mermaid" else drawn(machine, labels):
        app.console.say(line)


def _find(app: App, name: str, version: int) -> tuple[str, Found[Any]]:
    for kind in KINDS:
        if name in app.catalog.names(kind):
            return kind, app.catalog.get(kind, name, version) if version else app.catalog.latest(kind, name)
    raise DefinitionNotFound(name, [held for kind in KINDS for held in app.catalog.names(kind)])


def _stage(app: App, machine: Definition, labels: Any) -> None:
    console = app.console
    for line in drawn(machine, labels):
        console.say("  " + line)
    console.say(_("requirements"))
    for need in machine.requirements.values():
        when = ", ".join(f"{name}={'|'.join(map(str, values))}" for name, values in need.when.items())
        law = " ".join(f"{word} {day}" for word, day in ((_("since"), need.since), (_("until"), need.until)) if day)
        console.flow([f"{need.name} ({need.kind})", label_of(labels, "requirement", need.name), f"{_('when')} {when}" if when else "", law,
                      _("not required") if need.soft else "", basis_text(need.basis, need.citation)], "  ", hang="      ")
    console.say(_("deadlines"))
    for rule in machine.deadlines.values():
        amount = amount_text(rule.amount, rule.unit) if rule.amount is not None else _("set by policy.{name}").format(name=rule.param)
        console.flow([rule.name, label_of(labels, "deadline", rule.name), f"{amount} {rule.direction} {' / '.join(rule.anchors)}",
                      f"→ {rule.fire}" if rule.fire else "", basis_text(rule.basis, rule.citation)], "  ", hang="      ")
    if machine.item is not None:
        console.say(_("each of its items: mufakat definition diagram {name} --item").format(name=machine.name))


def _track(app: App, track: Track) -> None:
    for name, order in track.stages.items():
        after = _(" or ").join(f"{row['stage']} {row.get('holds') or row.get('state')}" for row in order.get("after", ()))
        many = {True: _("any number"), "successor": _("one, then successors")}.get(order.get("many", False), _("one"))
        app.console.flow([name, many, f"{_('after')} {after}" if after else ""], "  ", hang="      ")
    for rule in track.deadlines.values():
        app.console.flow([rule.name, label_of(track.labels, "deadline", rule.name), basis_text(rule.basis, rule.citation)], "  ", hang="      ")



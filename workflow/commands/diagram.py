"""A machine as a drawing: for the terminal, and as Mermaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.commands.language import _
from workflow.commands.words import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.core.definition import Definition, Transition


def drawn(machine: Definition, labels: Any) -> Iterator[str]:
    """Each state (◉ first, ● final) with the transitions that leave it and who takes them."""
    for state in machine.states.values():
        sign = "◉" if state.name == machine.initial else "●" if state.final else "○"
        holds = f"   [{', '.join(state.holds)}]" if state.holds else ""
        yield f"{sign} {state.name}   {label_of(labels, 'state', state.name)}{holds}"
        leaving = [row for row in machine.transitions.values() if state.name in row.sources]
        for number, row in enumerate(leaving, 1):
            branch = "└─" if number == len(leaving) else "├─"
            yield f"  {branch} {row.name} → {row.to or '(' + state.name + ')'}   {_who(row)}"


def mermaid(machine: Definition, labels: Any) -> Iterator[str]:
    """A Mermaid state diagram; ids with underscores, for hyphens end a Mermaid word."""
    yield "stateDiagram-v2"
    for name in machine.states:
        yield f"    {_id(name)} : {_text(name)}<br/>{_text(label_of(labels, 'state', name))}"
    yield f"    [*] --> {_id(machine.initial)}"
    for row in machine.transitions.values():
        for source in row.sources:
            yield f"    {_id(source)} --> {_id(row.to or source)} : {_text(row.name)}"
    for state in machine.states.values():
        if state.final:
            yield f"    {_id(state.name)} --> [*]"


def _who(row: Transition) -> str:
    who = [", ".join(row.roles)] if row.roles else []
    who += [_("by its day")] if row.clock else []
    who += [_("follows another stage")] if "follows" in row.spec else []
    who += [_("irregular")] if row.irregular else []
    return "; ".join(who)


def _id(name: str) -> str:
    return name.replace("-", "_")


def _text(text: str) -> str:
    return text.replace(":", "：").replace(";", ",")

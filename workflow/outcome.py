"""What the engine hands back: the change, its entry, and what else moved because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Deadline, Instance, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from workflow.core.agreement import Case, Change


class Done(NamedTuple):
    """
    What a verb did: the change, its entry's reference (`bogor-kisarazu#12`), and the facts of time applied before it.

    `moved`: other stages that reacted, as (stage, from, to). `facts`: what is new on record, as (stage, requirement, field, value).
    `repeated`: the request had been carried out before; nothing was written.
    """

    ref: str
    change: Change
    entry: str
    recorded: str
    moved: tuple[tuple[str, str, str], ...] = ()
    opened: tuple[Instance, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    before: tuple[Done, ...] = ()
    dry_run: bool = False
    repeated: bool = False
    facts: tuple[tuple[str, str, str, Any], ...] = ()


def outcome(case: Case, change: Change, entry: str, recorded: str, *, dry_run: bool = False) -> Done:
    """The outcome of a change made on `case`: besides its own transition, stages that moved or opened, deadlines made or settled."""
    moved: list[tuple[str, str, str]] = []
    opened: list[Instance] = []
    deadlines: list[Deadline] = []
    facts: list[tuple[str, str, str, Any]] = []
    for table, key, values in change.effects:
        if table == "instance" and key is None:
            opened.append(Instance(**values))
        elif table == "instance" and "state" in values and key and key[0] != change.instance:
            moved.append((key[0], case.tables["instance"][key].state, values["state"]))
        elif table == "deadline":
            deadlines.append(Deadline(**values) if key is None else case.tables["deadline"][key]._replace(**values))
        elif table == "row" and "data" in values:
            row = Row(**values) if key is None else case.tables["row"][key]._replace(**values)
            held = case.tables["row"][key].data if key else {}
            facts += [(row.instance, row.name, field, value) for field, value in row.data.items() if held.get(field) != value]
    ref = f"{case.agreement.ref}/{change.instance}" if change.instance else case.agreement.ref
    return Done(ref, change, entry, recorded, tuple(moved), tuple(opened), tuple(deadlines), dry_run=dry_run, facts=tuple(facts))


def taken(before: tuple[Done, ...], stage: str, asked: Sequence[Any]) -> Done | None:
    """The step that was asked for, where time itself has just taken it."""
    return next((done for done in before if asked[0] == "advance" and (done.change.instance, done.change.trigger) == (stage, asked[2])), None)

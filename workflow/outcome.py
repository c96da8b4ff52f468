"""What the engine hands back: the change, its entry, and what else moved because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Deadline, Instance, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.core.agreement import Case, Change


class Done(NamedTuple):
    """
    What a verb did: the change, its entry's reference (`bogor-kisarazu#12`), and the facts of time applied before it.

    `repeated`: the request had been carried out before; nothing was written. `entry` is empty where nothing was. The rest is read off the
    change when it is asked for.
    """

    ref: str
    change: Change
    entry: str
    recorded: str
    case: Case | None = None  # as it was before the change
    before: tuple[Done, ...] = ()
    dry_run: bool = False
    repeated: bool = False

    @property
    def unchanged(self) -> bool:
        """Whether nothing was new: all of it was on record already, so there is no entry."""
        return not (self.repeated or self.change.effects or self.change.reason)

    @property
    def opened(self) -> tuple[Instance, ...]:
        """The stages that were opened."""
        return tuple(Instance(**values) for table, key, values in self.change.effects if table == "instance" and key is None)

    @property
    def moved(self) -> tuple[tuple[str, str, str], ...]:
        """Other stages that reacted: (stage, from, to)."""
        return tuple((key[0], self._before("instance", key).state, values["state"]) for table, key, values in self.change.effects
                     if table == "instance" and key and "state" in values and key[0] != self.change.instance)

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """The deadlines made, moved or settled, as they are now."""
        return tuple(Deadline(**values) if key is None else self._before(table, key)._replace(**values)
                     for table, key, values in self.change.effects if table == "deadline")

    @property
    def facts(self) -> tuple[tuple[str, str, str, Any], ...]:
        """What is new on record: (stage, requirement, field, value)."""
        found: list[tuple[str, str, str, Any]] = []
        for table, key, values in self.change.effects:
            if table == "row" and "data" in values:
                row = Row(**values) if key is None else self._before(table, key)._replace(**values)
                held = self._before(table, key).data if key else {}
                found += [(row.instance, row.name, field, value) for field, value in row.data.items() if held.get(field) != value]
        return tuple(found)

    @property
    def linked(self) -> tuple[tuple[str, str, str], ...]:
        """Links of stages that were there, as they are now: (stage, link, the stage that it names)."""
        return tuple((key[0], link, stage) for table, key, values in self.change.effects if table == "instance" and key and "links" in values
                     for link, stage in values["links"].items() if self._before(table, key).links.get(link) != stage)

    def _before(self, table: str, key: tuple[Any, ...]) -> Any:
        return self.case.tables[table][key] if self.case is not None else None


def called(case: Case, change: Change) -> str:
    """The agreement's reference after a change, which may have given it another."""
    return next((values["ref"] for table, _, values in change.effects if table == "agreement" and "ref" in values), case.agreement.ref)


def outcome(case: Case, change: Change, entry: str, recorded: str, *, dry_run: bool = False) -> Done:
    """The outcome of a change made on `case`."""
    ref = f"{called(case, change)}/{change.instance}" if change.instance else called(case, change)
    return Done(ref, change, entry, recorded, case, dry_run=dry_run)


def taken(before: tuple[Done, ...], stage: str, asked: Sequence[Any]) -> Done | None:
    """The step that was asked for, where time itself has just taken it."""
    return next((done for done in before if asked[0] == "advance" and (done.change.instance, done.change.trigger) == (stage, asked[2])), None)

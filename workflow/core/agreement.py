"""
The agreement as the aggregate: its records, and the Change that one decision makes of them.

A record is one row of a business table; `KEYS` names its key within the agreement. A `Case` is everything on record of one
agreement. A `Change` is what one decision writes: effects (the rows, verbatim), the facts of its journal entry, messages.

Dates on paper are strings so that they can be as vague as the paper: `2016-11-18`, `2016-11`, `2016`, `../2016-11-16` (not after).
Values in `data` are JSON without floats; every mapping's key is `[a-z0-9_.]+`, else it is kept as a list of pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Data = dict[str, Any]


class Agreement(NamedTuple):
    """The case: one pursuit of an agreement between parties. `id` never changes, `ref` is what people type."""

    id: str
    ref: str
    title: str
    track: str
    track_version: int
    track_hash: str
    parties: list[Data]  # {"name", "country", "kind"}
    owner: str
    started_on: str
    params: Data
    imported: bool = False


class Instance(NamedTuple):
    """One running machine of a stage; `ref` is its name in the agreement: `loi`, `visit-2`, `action-plan/1` (an item)."""

    ref: str
    stage: str
    number: int
    parent: str
    version: int
    hash: str
    state: str
    since: str
    opened_on: str
    entered: list[list[str]]  # [state, date]: the first time each state was entered, and the last
    links: Data
    counters: Data  # name -> [count, date of the last]
    fired: list[str]
    irregular: bool = False
    imported: bool = False
    gap_days: int | None = None
    revision: int = 1


class Row(NamedTuple):
    """The answer to one requirement in one round. Status: open asked met refused not-required waived unknown."""

    instance: str
    name: str
    round: int
    status: str
    data: Data
    on: str


class Document(NamedTuple):
    """A file that was put on record, known by its SHA-256; `stored` False: only the hash is kept."""

    no: int
    instance: str
    row: str
    round: int
    version: int
    language: str
    sha256: str
    size: int
    filename: str
    on: str
    by: str
    stored: bool = True
    withdrawn: bool = False  # a correction put another in its place


class Approval(NamedTuple):
    """One person's decision in one role. Decision: approved refused."""

    no: int
    instance: str
    row: str
    round: int
    person: str
    role: str
    decision: str
    reason: str
    on: str


class Deadline(NamedTuple):
    """
    A promise with a date, in its current or an earlier revision. `instance` is empty for a deadline of the track.

    Status: open met missed void fired past (was already over when an existing agreement was entered).
    `wake_at` is the next UTC instant at which something is to be done about it (ISO, `Z`): somebody told, or its expiry applied; empty
    where nothing is. `expires_at` is the instant it is over (empty in rows older than this column: then `wake_at` says so).
    """

    instance: str
    name: str
    revision: int
    status: str
    anchor: str
    anchored_on: str
    nominal: str
    effective: str
    wake_at: str
    on_expiry: str
    fire: str
    basis: str
    citation: str
    amount: int
    unit: str
    direction: str
    calendar: str
    shows: str = ""
    provisional: bool = False
    occurrence: int = 1
    overdue: bool = False
    settled_on: str = ""
    reason: str = ""
    act: str = ""  # how this revision came about, if not by counting alone: import recount extend suspend resume waive
    made_on: str = ""  # the office's day on which this revision was made: rungs before it are not due
    expires_at: str = ""
    stopped_on: str = ""  # the day its clock was stopped; empty where it runs
    told_on: str = ""  # the office's day up to which its rungs have been dealt with; empty: no message was ever written

    @property
    def over_at(self) -> str:
        """The instant at which it is over."""
        return self.expires_at or self.wake_at


class Message(NamedTuple):
    """
    One rung of a deadline's ladder for one recipient over one channel: written before anything is sent, and never sent twice.

    Kind: reminder overdue escalation announcement. State: pending failed uncertain (to be sent at `wake_at`), sent dead parked
    superseded skipped acknowledged. `due_on` is the rung's day, `late_days` how much later somebody is told; `send` the key of the
    digest that carried it.
    """

    instance: str
    name: str
    revision: int
    rung: str
    recipient: str
    channel: str
    kind: str
    due_on: str
    wake_at: str
    state: str
    send: str = ""
    sent_at: str = ""
    late_days: int = 0
    acked_by: str = ""
    acked_at: str = ""
    snoozed_until: str = ""
    reason: str = ""


class Activity(NamedTuple):
    """A dated fact of cooperation. Kind: activity contact report."""

    no: int
    kind: str
    title: str
    field: str
    on: str
    until: str
    instance: str = ""
    note: str = ""
    withdrawn: bool = False  # it was entered in error


class Head(NamedTuple):
    """The one lock of an agreement's chain: how many entries it has and the leaf of the last."""

    chain: str
    cseq: int = 0
    leaf: str = ""


RECORDS: dict[str, type[Any]] = {
    "agreement": Agreement, "instance": Instance, "row": Row, "document": Document,
    "approval": Approval, "deadline": Deadline, "activity": Activity, "message": Message,
}
KEYS: dict[str, tuple[str, ...]] = {
    "agreement": (), "instance": ("ref",), "row": ("instance", "name", "round"), "document": ("no",),
    "approval": ("no",), "deadline": ("instance", "name", "revision"), "activity": ("no",),
    "message": ("instance", "name", "revision", "rung", "recipient", "channel"),
}


class Case(NamedTuple):
    """
    Everything on record of one agreement: the tables, each a mapping from key to record (`agreement` under `()`).

    The store may read a table only when it is asked for by name; what iterates over the tables needs a case that was loaded whole.
    """

    head: Head
    tables: Mapping[str, Mapping[tuple[Any, ...], Any]]

    @property
    def agreement(self) -> Agreement:
        found: Agreement = self.tables["agreement"][()]
        return found

    @property
    def instances(self) -> Mapping[tuple[Any, ...], Instance]:
        return self.tables["instance"]

    def instance(self, ref: str) -> Instance | None:
        return self.tables["instance"].get((ref,))


ERASED = "detail"  # the table of an effect that tells of a personal value that is kept no longer; its key: entry, name of the commitment


class Effect(NamedTuple):
    """One row as it is written: `key` empty means a new row with every column, else the columns that change."""

    table: str
    key: tuple[Any, ...] | None
    values: Data


class Change(NamedTuple):
    """
    What one decision writes, all of it or nothing.

    `act`: start open advance record approve activity assign correct fire refuse …; `source` and `target` are the states of the
    addressed instance before and after (empty where no state is at stake).
    """

    act: str
    effects: tuple[Effect, ...]
    occurred: str
    instance: str = ""
    trigger: str = ""
    source: str = ""
    target: str = ""
    role: str = ""
    behalf: str = ""
    reason: str = ""
    corrects: str = ""
    definition: tuple[str, int, str] | None = None
    documents: tuple[Document, ...] = ()
    notes: tuple[str, ...] = ()
    personal: tuple[tuple[int, str], ...] = ()  # (index of the effect, path of the value) committed, not written in clear


def apply(tables: dict[str, dict[tuple[Any, ...], Any]], effects: Iterable[Effect]) -> None:
    """Write effects onto tables in memory: what the store does to its rows, and replay to an empty agreement. An erasure has no rows."""
    for table, key, values in effects:
        if table == ERASED:
            continue
        record = RECORDS[table]
        if key is None:
            row = record(**values)
            tables[table][tuple(getattr(row, name) for name in KEYS[table])] = row
        else:
            tables[table][key] = tables[table][key]._replace(**values)


class Copied(dict[str, dict[tuple[Any, ...], Any]]):
    """Tables to write on: each is copied when it is first asked for, so that what nobody reads is neither copied nor loaded."""

    def __init__(self, tables: Mapping[str, Mapping[tuple[Any, ...], Any]]) -> None:
        self._tables = tables

    def __missing__(self, name: str) -> dict[tuple[Any, ...], Any]:
        rows = self[name] = dict(self._tables[name])
        return rows


def after(case: Case, change: Change) -> Case:
    """The case as a change would leave it, under the same head."""
    tables = Copied(case.tables)
    apply(tables, change.effects)
    return Case(case.head, tables)


def empty() -> dict[str, dict[tuple[Any, ...], Any]]:
    return {name: {} for name in RECORDS}

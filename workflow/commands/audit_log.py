"""`mufakat audit log`: what was entered, across all agreements, in the order of the log."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from workflow.commands.audit_entry import Lateness, Refs, chain_of, row_of
from workflow.commands.console import Column
from workflow.commands.language import _
from workflow.commands.options import command, complete_reference, pass_app
from workflow.commands.recorded import Recorded
from workflow.commands.words import day_text
from workflow.core.entry import said
from workflow.errors import AgreementNotFound, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow.commands.app import App
    from workflow.ports import Line, Store

SHOWN = 200  # lines of a table, unless told
ACTS = (  # what an entry may be of
    "start", "open", "record", "approve", "advance", "activity", "assign", "correct", "refuse", "fire", "overdue",
    "extend", "suspend", "resume", "waive", "acknowledge", "snooze", "recount",
    "remind", "deliver", "defer", "fail", "wake", "init", "person", "setting", "calendar", "key", "restart", "erase",
    "export", "remember",
)
CSV = ("place", "entry", "recorded", "occurred", "person", "identity", "role", "behalf", "act", "instance", "trigger", "from", "to", "reason",
       "corrects", "refused", "late", "eid", "leaf")


class Wanted(NamedTuple):
    """
    Which entries: of one chain, of one stage in it, by one person, of one act, recorded in `[begin, end)` (UTC, to the second); refused ones,
    late ones only.
    """

    chain: str
    stage: str
    person: str
    act: str
    begin: str
    end: str
    refused: bool
    late: bool

    def takes(self, line: Line) -> bool:
        """What can be told without reading the entry's bytes."""
        return all((not self.stage or line[7] == self.stage or line[7].startswith(f"{self.stage}/"), not self.person or line[8] == self.person,
                    not self.act or line[6] == self.act, self.begin <= line[5][:19], not self.end or line[5][:19] < self.end,
                    not self.refused or line[6] == "refuse"))

    @property
    def everything(self) -> bool:
        return not any(self)


@command("log", examples=("mufakat audit log", "mufakat audit log bogor-kisarazu --refused", "mufakat audit log --person sari --from 2026-01-01",
                          "mufakat audit log -o ndjson > log.ndjson"))
@click.argument("ref", default="", shell_complete=complete_reference)
@click.option("--person", default="", metavar="PERSON", help="Only what this person entered; me, or system for what nobody did.")
@click.option("--act", default="", metavar="ACT", help="Only entries of this act: advance, record, approve, deliver, erase …")
@click.option("--from", "begin", default="", metavar="DATE", help="Only what was recorded on that day or later.")
@click.option("--until", "end", default="", metavar="DATE", help="Only what was recorded on that day or earlier.")
@click.option("--refused", is_flag=True, help="Only refused attempts.")
@click.option("--late", is_flag=True, help="Only what was entered after something that happened later.")
@click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N", help="Only the last N; a table shows 200 unless told.")
@pass_app
def log_command(app: App, ref: str, person: str, act: str, begin: str, end: str, refused: bool, late: bool,  # noqa: FBT001  # flags
                limit: int | None) -> None:
    """
    What was entered, across all agreements, in the order of the log; what has no place in it yet stands at the end.

    Filters are combined. Dates are those of recording, in the office's zone; REF is an agreement, a stage, or sys for the office.
    """
    from workflow.commands.data import emit_rows, emit_stream

    store, (agreement, _slash, stage) = app.store(), ref.partition("/")
    if act and act not in ACTS:
        raise InvalidInput("act", act, "there is no such act", ACTS)
    if stage and ref not in store.refs(ref) and stage not in app.words(agreement).draft.office.track.stages:
        raise AgreementNotFound("stage", ref, store.refs(f"{agreement}/"))
    wanted = Wanted(chain_of(store, agreement) if ref else "", stage, _who(app, person), act, _moment(app, begin, "from", "start"),
                    _moment(app, end, "until", "end"), refused, late)
    with store.moment():
        rows = _rows(store, wanted, SHOWN + 1 if limit is None and app.plain else limit)
        found = list(rows) if app.plain else []
        if not app.plain:
            emit_stream(app, rows, CSV, ident="entry")
    if not app.plain:
        return
    more, found = limit is None and len(found) > SHOWN, found[-(limit or SHOWN):]
    columns = [Column("place", _("place")), Column("entry", _("entry"), "bold"), Column("at", _("recorded")), Column("on", _("occurred")),
               Column("who", _("who")), Column("what", _("what"), wrap=True)]
    recorded = Recorded(app)
    emit_rows(app, found, columns, ident="entry", empty=_("no such entry"), shown=(_shown(app, recorded, row) for row in found))
    if more:
        app.console.tell(_("the last {count} are shown; all: --limit N, or -o ndjson").format(count=SHOWN))


def _who(app: App, person: str) -> str:
    from workflow.core.office import SYSTEM

    return person if person in ("", SYSTEM.person) else app.person(person).id


def _moment(app: App, text: str, field: str, edge: str) -> str:
    """The instant, to the second, at which a day begins or is over where the office is."""
    if not text:
        return ""
    from workflow.commands.typed import occurred
    from workflow.core import dates
    from workflow.core.deadline import instant

    day = occurred(app, text, field)
    zone = app.using.library.zone
    return instant((dates.earliest if edge == "start" else dates.latest)(day), edge, zone)[:19]


def _rows(store: Store, wanted: Wanted, limit: int | None) -> Iterable[dict[str, Any]]:
    """The entries asked for: as they come, or the last `limit`."""
    rows = _found(store, wanted, limit)
    return rows if limit is None else deque(rows, maxlen=limit)


def _found(store: Store, wanted: Wanted, limit: int | None) -> Iterator[dict[str, Any]]:
    size, refs, is_late = store.size(), Refs(store), Lateness(store)
    start = max(0, size - limit) if limit is not None and wanted.everything else 0
    for line in _of_chain(store, wanted.chain, size) if wanted.chain else store.lines(start):
        content = said(line[4])
        late = is_late(line, content)
        if wanted.takes(line) and (late or not wanted.late):
            place = line[0] if not wanted.chain else store.place(line[1], line[2])
            yield row_of((size if place is None else place, *line[1:]), content, refs[line[1]], size=size, late=late)


def _of_chain(store: Store, chain: str, size: int) -> Iterator[Line]:
    """The entries of one chain as lines; their places are asked for where they are shown."""
    for entry in store.entries(chain):
        yield size, entry.chain, entry.cseq, entry.leaf, entry.body, entry.recorded, entry.act, entry.instance, entry.person


def _shown(app: App, recorded: Recorded, row: dict[str, Any]) -> dict[str, Any]:
    from workflow.commands.history import local

    zone = app.using.library.zone
    agreement = row["entry"].partition("#")[0]
    told, reason = recorded.act(agreement, row), recorded.reason(agreement, row)
    remarks = [_("entered late") if row["late"] else "", _("corrects an earlier entry") if row["corrects"] else ""]
    what = " ".join([f"{row['instance']}: {told}" if row["instance"] else told, *(f"[{text}]" for text in remarks if text)])
    return {"place": "–" if row["place"] is None else str(row["place"]), "entry": row["entry"], "at": local(row["recorded"], zone),
            "on": day_text(row["occurred"]), "who": recorded.who(row), "what": what + (f" — {reason}" if reason else "")}

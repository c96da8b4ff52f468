"""`mufakat doctor`: every check with its fix; exit 6 where one found a fault."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from workflow.commands.doctor_log import examine
from workflow.commands.failures import FAULTY, Failed, message_of
from workflow.commands.language import _, _n, mark, said
from workflow.commands.options import command, pass_app
from workflow.core.office import SYS
from workflow.errors import StoreError, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.core.agreement import Document
    from workflow.ports import Store

GRACE = 60  # minutes in which a worker looks and a message leaves
NAMED = 10  # agreements named in one finding
LOST = (  # messages that do not leave by themselves as they should: state, what to say of it, what helps
    ("failed", mark("{count} not delivered yet; each is tried again"), mark("mufakat notify test --to PERSON")),
    ("dead", mark("{count} given up"),
     mark("mend the address or the channel (mufakat notify test), then: mufakat remind send --again; who was not told: mufakat remind log")),
    ("parked", mark("{count} parked, of a kind or for a channel that is not known"), mark("mufakat person edit PERSON --channel CHANNEL")),
    ("uncertain", mark("{count} that may have arrived"), mark("ask; whoever knows types mufakat remind ack")),
)
SIGNS = {"ok": ("✓", "green"), "info": ("i", "cyan"), "fault": ("✗", "red")}


class Finding(NamedTuple):
    """What one check found. Level: ok, info (nothing to mend), fault."""

    check: str
    level: str
    text: str
    fix: str = ""


@command("doctor", examples=("mufakat doctor", "mufakat doctor -o json"))
@pass_app
def doctor_command(app: App) -> None:
    """Check the database, the journal, documents, calendars and people; each fault with its fix. Exit 6 if there is one."""
    found = list(_examine(app))
    if app.plain:
        for row in found:
            sign, style = SIGNS[row.level]
            app.console.flow([f"{app.console.paint(sign, style)} {_(row.check)}: {row.text}"], "", hang="    ")
            if row.fix:
                app.console.flow([_("fix: {fix}").format(fix=said(row.fix))], "    ")
    else:
        from workflow.commands.data import emit_rows

        emit_rows(app, [row._asdict() for row in found], [], ident="check")
    if any(row.level == "fault" for row in found):
        raise Failed(FAULTY)


def _examine(app: App) -> Iterator[Finding]:
    try:
        store = app.store()
    except StoreError as error:
        yield Finding("database", "fault", message_of(error), error.mend)
        return
    counts = store.counts()
    yield Finding("database", "ok", _("{db}: agreements {agreements}, entries {entries}").format(
        db=app.place, agreements=counts["agreement"], entries=counts["entry"]))
    problems = store.integrity()
    yield from (Finding("integrity", "fault", problem, _("restore the last backup, or fix what the line names")) for problem in problems)
    if not problems:
        yield Finding("integrity", "ok", _("file, references and triggers are sound"))
    yield from _rights(app)
    yield from _journal(store)
    yield from (Finding("log", *found) for found in examine(app, store, counts["entry"]))
    yield from _documents(app, store)
    yield from _calendars(app, store)
    yield from _people(app)
    yield from _pinned(app, store)
    yield from _policies(app)
    yield from _overdue(app, store)
    yield from _reminders(app, store)


def _rights(app: App) -> Iterator[Finding]:
    """Who may do what on a server, held against the roles that were set up there."""
    from workflow.store import is_url

    if not is_url(app.db):
        return
    from workflow.store.postgresql_roles import differences

    found = differences(app.db)
    if found is None:
        yield Finding("rights", "info", _("no roles were set up: who works in it could switch its triggers off"), "mufakat db roles")
    elif not found.differences:
        yield Finding("rights", "ok", _("each role may do what it is for ({prefix})").format(prefix=found.prefix))
    else:
        yield from (Finding("rights", "fault", said(text), f"mufakat db roles --prefix {found.prefix} --apply") for text in found.differences)


def _journal(store: Store) -> Iterator[Finding]:
    """Every chain by itself: each entry's bytes have its leaf, and name the leaf before."""
    from workflow.core.entry import genesis, leaf
    from workflow.core.entry import said as told_by

    chains = [SYS, *(store.load(ref).agreement.id for ref in store.refs())]
    broken = []
    for chain in chains:
        before = ""
        for entry in store.entries(chain):
            before = before or genesis(str(told_by(entry.body).get("log") or "?"), chain)  # a log that began anew has had several names
            if entry.prev != before or leaf(entry.body) != entry.leaf:
                broken.append(f"{chain}#{entry.cseq}")
                break
            before = entry.leaf
    yield from (Finding("journal", "fault", _("entry {entry} is not what was written").format(entry=name),
                        _("restore the last backup; keep this file as evidence")) for name in broken)
    if not broken:
        yield Finding("journal", "ok", _n("{count} chain is whole", "{count} chains are whole", len(chains)))


def _documents(app: App, store: Store) -> Iterator[Finding]:
    from workflow.documents import Documents

    if not app.documents:
        yield Finding("documents", "fault", _("no folder for documents is set"), "mufakat config set documents FOLDER")
        return
    folder, kept = Documents(app.documents), 0
    faults = False
    for ref in store.refs():
        rows: list[Document] = [row for row in store.load(ref).tables["document"].values() if row.stored]
        for row in rows:
            kept += 1
            state = folder.check(row.sha256)
            if state != "ok":
                faults = True
                said = _("missing") if state == "missing" else _("altered")
                yield Finding("documents", "fault", f"{ref}/{row.instance} {row.row}: {row.filename} ({row.sha256[:12]}) {said}",
                              _("put the file back as {path}").format(path=folder.path(row.sha256)))
    if not faults:
        yield Finding("documents", "ok", _n("{count} file has its hash ({folder})", "{count} files have their hashes ({folder})", kept,
                                              folder=os.path.abspath(app.documents)))


def _calendars(app: App, store: Store) -> Iterator[Finding]:
    year = int(app.today[:4])
    names = {str(app.reader.library.settings().get("calendar") or "ID"), "ID"}
    for name in sorted(names):
        known = {row.year: row for row in store.calendar(name)[1]}
        missing = [wanted for wanted in (year, year + 1) if wanted not in known]
        partial = [wanted for wanted in (year, year + 1) if wanted in known and known[wanted].status != "known"]
        if missing:
            yield Finding("calendars", "fault", _("{name} knows nothing of {years}").format(name=name, years=", ".join(map(str, missing))),
                          "mufakat calendar update")
        elif partial:
            said = _("{name}: {years} not published in full; dates counted over it are provisional")
            yield Finding("calendars", "info", said.format(name=name, years=", ".join(map(str, partial))),
                          _("when the decree is out: pip install --upgrade holidays, then mufakat calendar update"))
        else:
            yield Finding("calendars", "ok", _("{name} knows {first} and {second}").format(name=name, first=year, second=year + 1))


def _people(app: App) -> Iterator[Finding]:
    people = [row for row in app.people.values() if row.active]
    if not any(row.admin for row in people):
        yield Finding("people", "fault", _("nobody is administrator"), "mufakat init")
    idle = [row.name for row in people if not row.roles]
    if idle:
        yield Finding("people", "info", _("without a role, so they may do nothing: {names}").format(names=", ".join(idle)))
    if not idle:
        yield Finding("people", "ok", _n("{count} person, with a role", "{count} people, everybody has a role", len(people)))


def _pinned(app: App, store: Store) -> Iterator[Finding]:
    """Definitions that are not what was pinned: nothing is decided by them."""
    from workflow.core.definition import versions
    from workflow.reconciling import is_genuine

    guards = versions(app.parts.guards())
    changed = [f"{row.name} {row.version}" for row in store.pinned_all() if not is_genuine(row.body, row.hash, guards)]
    if changed:
        said = _("changed in the database, so that nothing is decided by them: {names}").format(names=", ".join(changed))
        yield Finding("definitions", "fault", said, _("restore the last backup; what else was changed: {command}").format(
            command="mufakat audit verify --state"))


def _policies(app: App) -> Iterator[Finding]:
    from workflow.commands.config import POLICY, policies

    try:
        known = policies(app)
    except WorkflowError as error:
        yield Finding("definitions", "fault", message_of(error).partition("\n")[0], "mufakat definition lint")
        return
    yield Finding("definitions", "ok", _("every definition passes the lint"))
    settings = app.reader.library.settings()
    unset = [name for name in sorted(known) if settings.get(POLICY + name) is None]
    if unset:
        said = _("not set (their deadlines are not opened, or have their default): {names}")
        yield Finding("policies", "info", said.format(names=", ".join(unset)), f"mufakat config set {POLICY}{unset[0]} VALUE")


def _overdue(app: App, store: Store) -> Iterator[Finding]:
    due = {row["ref"] for row in store.deadlines(until=app.today, limit=10_000)
           if row["on_expiry"] == "fire" and row["effective"] < app.today and not row["overdue"]}
    if due:
        yield Finding("facts of time", "info", _("due and not yet applied in: {names}").format(names=", ".join(sorted(due))),
                      _("the next write to each applies it"))
    else:
        yield Finding("facts of time", "ok", _("none is waiting"))


def _reminders(app: App, store: Store) -> Iterator[Finding]:
    """Whether somebody looks at what is due, and whether what should have left has left."""
    from datetime import datetime, timedelta

    now = datetime.fromisoformat(app.clock())
    limit = (now - timedelta(minutes=GRACE)).isoformat(timespec="seconds").replace("+00:00", "Z")
    beats = store.beats()
    if not beats:
        yield Finding("worker", "info", _("nobody has looked at what is due yet, so nobody is reminded"), "mufakat serve")
    elif beats[0][1] < limit:
        yield Finding("worker", "fault", _("nobody has looked at what is due since {moment} ({worker})").format(
            moment=beats[0][1][:16].replace("T", " "), worker=beats[0][0]), "mufakat remind tick")
    else:
        yield Finding("worker", "ok", _("{worker} looked at {moment} (UTC)").format(worker=beats[0][0], moment=beats[0][1][:16].replace("T", " ")))
    late = store.messages(unsent=limit, limit=1000)
    waiting = len(store.due(limit, 1000)) if beats else 0
    if late:
        refs = sorted({row["ref"] for row in late})
        yield Finding("messages", "fault", _n("{count} message should have left: {names}", "{count} messages should have left: {names}", len(late),
                                              names=", ".join(refs[:NAMED])), "mufakat remind log --unsent")
    elif waiting:
        yield Finding("messages", "fault", _n("in {count} agreement something is due that nobody has been told",
                                              "in {count} agreements something is due that nobody has been told", waiting), "mufakat remind tick")
    else:
        yield Finding("messages", "ok", _("none waits longer than it should"))
    for state, text, fix in LOST:
        rows = store.messages(state=state, limit=1000)
        if rows:
            names = ", ".join(sorted({row["ref"] for row in rows})[:NAMED])
            yield Finding("messages", "info", f"{_(text).format(count=len(rows))}: {names}", _(fix))

"""`mufakat audit export`: the folder that an auditor takes home."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.language import _, _n, mark
from workflow.commands.options import command, pass_app
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.exports.log import Exported
    from workflow.ports import Store

REGISTER = ("agreement", "title", "track", "parties", "owner", "stage", "definition", "state", "since", "opened_on", "irregular", "imported",
            "next_due")
BLOCK = 1 << 16
README = mark("""\
This folder holds the audit log of {log}, written on {day}: {entries} entries.

It can be checked by anybody, on any machine with Python 3.8 or newer, without the office that made it and without a network:

    python3 verify.py . --key KEY --pin PIN

KEY is the log's public key, as you got it on another way than this folder: on paper, in an earlier year. The key.txt in here is only what
the office says; who forges an export forges its key. PIN is a checkpoint that you kept; it is not needed, but it finds more.
The first word of the answer is VERIFIED, TAMPERED or INCONCLUSIVE. Keep checkpoint.txt: it is your pin for the next time. Keep verify.py too,
and use the copy that you know: who forges an export can forge what lies in it.

    entries.jsonl      the log: every change, every refused attempt, in its order
    checkpoint.txt     the newest checkpoint that was signed
    checkpoints/       all of them
    key.txt            the public key that the office says it signs with
    register.csv       agreements, stages and their states, for reading; it is not verified
    documents/         files that were exported, each named by its SHA-256; the log says which they are
    verify.py          checks all this, and the proof of a single entry (.tlog-proof)

What was entered after the last checkpoint is counted and not yet covered. No check of a log finds a false statement that was properly
entered. Personal data stands in the log as commitments only{personal}.
""")


@command("export", examples=("mufakat audit export audit-2026", "mufakat audit export audit-2026 --documents --personal"))
@click.argument("folder", metavar="DIR")
@click.option("--personal", is_flag=True, help="With names, addresses and other personal values, of which the log itself holds commitments.")
@click.option("--documents", is_flag=True, help="With the files that are stored.")
@pass_app
def export_command(app: App, folder: str, personal: bool, documents: bool) -> None:  # noqa: FBT001  # flags
    """
    Write the log into a new folder: every entry, every checkpoint, the register, and verify.py, which checks it all by itself.

    Where the key is here, it is put on record that the log leaves, and a checkpoint is signed first. The folder gets its name when all of it is
    there.
    """
    from workflow.commands.progress import progress
    from workflow.documents import Documents
    from workflow.exports.log import export

    if documents and not app.documents:
        raise InvalidInput("documents", "", "no folder for documents is set: mufakat config set documents FOLDER")
    signs = app.key is not None and app.key.exists
    if signs:
        if app.actor.person:
            app.administration.note("export", "+".join(["log", *(["personal"] if personal else []), *(["documents"] if documents else [])]))
        app.log(sign=True).checkpoint()
    store = app.store(write=signs)
    with progress(lambda count: _n("{count} entry", "{count} entries", count)) as tell:
        done = export(store, folder, _files(app, store, app.library(write=signs).settings(), personal=personal), personal=personal,
                      documents=Documents(app.documents) if documents else None, progress=tell)
    _print(app, folder, done)


def _files(app: App, store: Store, settings: dict[str, Any], *, personal: bool) -> dict[str, Iterator[str]]:
    return {"key.txt": iter([f"{settings['log_key']}\n"] if settings.get("log_key") else []),
            "register.csv": _register(app, store, personal=personal),
            "README.txt": _readme(app, store, str(settings.get("origin", "")), personal=personal), "verify.py": _verifier()}


def _register(app: App, store: Store, *, personal: bool) -> Iterator[str]:
    """A line for each stage, or for an agreement without one; who is responsible by name only where personal data may leave."""
    from workflow.commands.data import lines

    yield lines([dict(zip(REGISTER, REGISTER, strict=True))], REGISTER) + "\n"
    page, after = store.listing(), ""
    while page:
        for row in page:
            of_all = {"agreement": row["ref"], "title": row["title"], "track": f"{row['track']} {row['track_version']}", "next_due": row["next_due"],
                      "parties": [f"{party['name']} ({party['country']})" for party in row["parties"]],
                      "owner": app.name(row["owner"]) if personal else row["owner"]}
            stages: list[dict[str, Any]] = row["stages"] or [{}]
            yield lines([of_all | {"stage": stage.get("ref"), "definition": stage and f"{stage['stage']} {stage['version']}",
                                   **{name: stage.get(name) for name in ("state", "since", "opened_on", "irregular", "imported")}}
                         for stage in stages], REGISTER) + "\n"
        after = page[-1]["ref"]
        page = store.listing(after=after)


def _readme(app: App, store: Store, origin: str, *, personal: bool) -> Iterator[str]:
    count = store.counts()["entry"]
    more = "; " + _("this export holds the values too: see to it that they stay with you") if personal else ""
    yield _(README).format(log=origin, day=app.today, entries=count, personal=more)


def _verifier() -> Iterator[str]:
    from workflow import verifier

    with open(os.path.join(os.path.dirname(verifier.__file__), "verify.py"), encoding="utf-8", newline="") as stream:
        while block := stream.read(BLOCK):
            yield block


def _print(app: App, folder: str, done: Exported) -> None:
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"folder": folder, **done._asdict(), "missing": [row._asdict() for row in done.missing]}, "folder")
    else:
        parts = [_n("{count} entry", "{count} entries", done.entries), _n("{count} checkpoint", "{count} checkpoints", done.checkpoints)]
        parts += [_n("{count} document", "{count} documents", done.documents)] if done.documents else []
        app.console.flow([f"{folder}: {parts[0]}", *parts[1:]])
        if done.entries > done.size:
            app.console.flow([_n("{count} entry is not covered by a signature yet", "{count} entries are not covered by a signature yet",
                                 done.entries - done.size)], "  ")
        app.console.flow([_("to check it, anywhere: {command}").format(command=f"python3 {folder}/verify.py {folder} --key KEY")], "  ")
    for row in done.missing:
        state = _("missing") if row.state == "missing" else _("altered")
        app.console.tell(f"{row.ref}: {_('document {number}').format(number=row.number)} {state}")

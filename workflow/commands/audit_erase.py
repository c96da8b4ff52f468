"""`mufakat audit erase`: personal data and documents go; the log and every proof stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from workflow.commands.audit_entry import Refs, find
from workflow.commands.language import _, _n
from workflow.commands.options import command, pass_app
from workflow.commands.words import day_text
from workflow.errors import InvalidInput, NotFound, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.commands.app import App
    from workflow.commands.words import Words
    from workflow.core.agreement import Document
    from workflow.erasing import Erased, Eraser


class Paper(NamedTuple):
    """The document that is to go, and the agreement that it belongs to."""

    words: Words
    row: Document

    def __str__(self) -> str:
        """`loi/draft: Draft, version 1 (id), loi.pdf, Mon 2 Mar 2026`."""
        instance = self.words.find(self.row.instance)
        label = self.words.label(instance, "requirement", self.row.row)
        version = _("version {number}").format(number=self.row.version) + (f" ({self.row.language})" if self.row.language else "")
        parts = (label, version, self.row.filename, day_text(self.row.on))
        return f"{self.row.instance}/{self.row.row}: " + ", ".join(part for part in parts if part)


class NoSuchDocument(NotFound):
    """An agreement has no document of this number; those that it has are told."""

    def __init__(self, name: str, papers: Mapping[int, Paper]) -> None:
        super().__init__("document", name)
        held = "; ".join(f"{number} {paper}" for number, paper in papers.items())
        self.mend = Phrase("count documents, not entries; there is: {documents}", documents=held or Phrase("none"))


@command("erase", examples=('mufakat audit erase --person sari --reason "left in 2020; asked for it"',
                            'mufakat audit erase bogor-kisarazu#12 --reason "the name of a third person"',
                            'mufakat audit erase --document bogor-kisarazu#5 --reason "the wrong scan"'))
@click.argument("entry", default="", metavar="[ENTRY]")
@click.option("--person", default="", metavar="PERSON", help="Who somebody was: name, login, address. What they did stays, under their id.")
@click.option("--document", default="", metavar="REF#NO",
              help="A document's file and what it was called; its hash stays. NO is its number in the agreement REF, over all its stages "
                   "(not an entry's number): mufakat audit show ENTRY tells it.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the journal.")
@click.option("--dry-run", is_flag=True, help="Show what would go; erase nothing.")
@pass_app
def erase_command(app: App, entry: str, person: str, document: str, reason: str, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """
    Erase personal data: of a person, of one entry, or a document. It is gone for good; the log says that it went, when and why.

    Every proof stays valid, for the log holds commitments in place of such values. Free text (a reason, a note, a title) stays. Copies that
    left the office (backups, exports with --personal, files that were sent) are for the office to find. A person at a terminal is asked
    first; a script says --yes.
    """
    if sum(map(bool, (entry, person, document))) != 1:
        raise InvalidInput("erase", "", "name one thing: ENTRY, --person PERSON or --document REF#NO")
    if not reason.strip():
        raise InvalidInput("reason", "", "what is erased is erased for a reason: name it")
    eraser, paper = _eraser(app), _paper(app, document) if document else None
    name = entry or document or app.person(person).id
    if not dry_run:
        planned = _erased(app, eraser, entry, person, paper, reason, dry_run=True)
        what = f"{paper}; {_what(planned)}" if paper is not None else _what(planned)
        if (planned.spots or planned.file) and not app.confirm(
                _("{what} will be gone for good; type {name} to go on").format(what=what, name=name), word=name):
            app.console.tell(_("nothing was changed"))
            return
    done = _erased(app, eraser, entry, person, paper, reason, dry_run=dry_run)
    _print(app, done, name, paper, dry_run=dry_run)


def _eraser(app: App) -> Eraser:
    from workflow.documents import Documents
    from workflow.erasing import Eraser

    store = app.store(write=True)
    origin = str(app.library(write=True).settings().get("origin", ""))
    return Eraser(store, app.writer, origin=origin, clock=app.clock, documents=Documents(app.documents) if app.documents else None)


def _paper(app: App, document: str) -> Paper:
    """The document that REF#NO names."""
    ref, mark, number = document.partition("#")
    if not mark or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidInput("document", document, "name it as REF#NO: mufakat audit show tells the numbers of an entry's documents")
    agreement, slash, _stage = ref.partition("/")
    if slash:
        raise InvalidInput("document", document, Phrase("documents are numbered over a whole agreement, not in its stages: {ref}#NO", ref=agreement))
    words = app.words(ref)
    papers = {key[0]: Paper(words, row) for key, row in words.draft.tables["document"].items()}
    if int(number) not in papers:
        raise NoSuchDocument(document, papers)
    return papers[int(number)]


def _erased(app: App, eraser: Eraser, entry: str, person: str, paper: Paper | None, reason: str, *, dry_run: bool) -> Erased:
    if person:
        return eraser.person(app.person(person).id, reason, dry_run=dry_run)
    if paper is not None:
        return eraser.document(paper.words.ref, paper.row.no, reason, dry_run=dry_run)
    store = app.store(write=True)
    chain, cseq = find(store, entry)
    return eraser.entry(Refs(store)[chain], cseq, reason, dry_run=dry_run)


def _what(done: Erased) -> str:
    values = _n("{count} personal value", "{count} personal values", len(done.spots))
    if entries := sorted({spot.cseq for spot in done.spots}):
        values += " (" + _n("entry {entries}", "entries {entries}", len(entries), entries=", ".join(map(str, entries))) + ")"
    return values + (", " + _("and the file") if done.file else "")


def _print(app: App, done: Erased, name: str, paper: Paper | None, *, dry_run: bool) -> None:
    row: dict[str, Any] = {"erased": name, "entry": done.entry, "values": [{"entry": spot.cseq, "name": spot.name} for spot in done.spots],
                           "file": done.file, "document": paper.row._asdict() if paper is not None else None, "dry_run": dry_run}
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, row, "entry")
        return
    if not (done.spots or done.file or done.entry):
        app.console.say(_("{name}: nothing personal is kept of it").format(name=name))
        return
    where = _("nothing was written (dry run)") if dry_run else _("entry {entry}").format(entry=done.entry) if done.entry else ""
    app.console.say(_("{name}: {what} erased").format(name=name, what=_what(done)) + (f"  ({where})" if where else ""))
    if paper is not None:
        app.console.flow([_("document {number}").format(number=paper.row.no), str(paper)], "  ")
    for spot in done.spots:
        app.console.say(f"  {spot.table} {' '.join(map(str, spot.key))}: {spot.path}  (#{spot.cseq})")
    if not dry_run:
        app.console.flow([_("backups, and exports with --personal, still hold it: {command}").format(command="mufakat help audit")], "  ")

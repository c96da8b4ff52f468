"""`mufakat audit checkpoint`, `pin`, `prove`, `consistency`: evidence that leaves the office."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

import click

from workflow.commands.language import _, _n
from workflow.commands.options import command, pass_app
from workflow.core.checkpoint import parse_checkpoint, parse_note
from workflow.errors import InvalidCheckpoint, InvalidInput, LogRewritten, Phrase, WorkflowError

if TYPE_CHECKING:
    from workflow.audit import Log
    from workflow.commands.app import App

MOST = 1_000_000  # letters of a file that may hold a key or a checkpoint


class Side(NamedTuple):
    """One side of a comparison: how many entries, and the root over them."""

    size: int
    root: bytes


@command("checkpoint", examples=("mufakat audit checkpoint",))
@click.option("--dry-run", is_flag=True, help="Say what would be signed; sign and write nothing.")
@pass_app
def checkpoint_command(app: App, dry_run: bool) -> None:  # noqa: FBT001  # a flag
    """Sign what is committed now, with the office's key: the newest checkpoint, as it is. A worker does so by itself (mufakat serve)."""
    if dry_run:
        _foretell(app)
        return
    made = app.log(sign=True).checkpoint()
    if app.plain:
        print_note(app, made.note)
    else:
        from workflow.commands.data import emit

        emit(app, {"size": made.size, "made": made.made, "note": made.note}, "size")


def _foretell(app: App) -> None:
    """What a checkpoint would cover; refused where signing would be."""
    log, store = app.log(sign=True), app.store(write=True)
    last, total, newest = log.signing.last()[0], store.counts()["entry"], store.newest()
    if last.size > total:
        raise LogRewritten("ROLLBACK", last.size, total)
    if last.size <= store.size() and log.root(last.size) != last.root:
        raise LogRewritten("FORK", last.size, total)
    covered = newest.size if newest is not None else 0
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"size": total, "covered": covered, "made": "", "note": "", "dry_run": True}, "size")
    elif covered == total:
        app.console.say(_n("the newest checkpoint covers the {count} entry that there is: nothing is new",
                           "the newest checkpoint covers all {count} entries: nothing is new", total))
    else:
        app.console.say(_n("a checkpoint over {count} entry would be signed; the newest covers {covered}",
                           "a checkpoint over {count} entries would be signed; the newest covers {covered}", total, covered=covered)
                        + f"  ({_('nothing was written (dry run)')})")


@command("pin", examples=("mufakat audit pin --out pin-2026-03.txt", "ssh-keygen -Y sign -f officer_key -n mufakat pin-2026-03.txt"))
@click.option("--out", default="", metavar="FILE", help="Write this file; default standard output.")
@pass_app
def pin_command(app: App, out: str) -> None:
    """
    The newest checkpoint, to be kept elsewhere: by the auditor, on paper, in a register of letters. It takes no key.

    Whoever keeps it finds, with mufakat audit verify --pin FILE, every change of what it covers, even one by somebody who holds the office's key.
    """
    newest = app.store().newest()
    if newest is None:
        raise WorkflowError(Phrase("nothing is signed yet, so there is nothing to keep: mufakat audit checkpoint"))
    if out:
        put(app, out, newest.note)
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"size": newest.size, "made": newest.made, "note": newest.note, "file": out}, "size")
    elif out:
        app.console.say(_n("{file}: {count} entry is pinned; keep it where the office cannot change it",
                           "{file}: {count} entries are pinned; keep it where the office cannot change it", newest.size, file=out))
        app.console.flow([_("Next: {command}").format(command=f"mufakat audit verify --key KEY --pin {out}"),
                          f"ssh-keygen -Y sign -f OFFICER_KEY -n mufakat {out}"])
    else:
        print_note(app, newest.note)


@command("prove", examples=("mufakat audit prove bogor-kisarazu#12", "mufakat audit prove 4711 --out proof.tlog-proof"))
@click.argument("entry", metavar="ENTRY")
@click.option("--out", default="", metavar="FILE", help="Write this file; default the entry's name, .tlog-proof; - is standard output.")
@pass_app
def prove_command(app: App, entry: str, out: str) -> None:
    """
    The proof of one entry, to take away: the entry itself, and that a signed checkpoint covers it.

    Whoever has the log's public key checks it without the office: python3 verify.py FILE --key KEY (verify.py comes with every export).
    Where no checkpoint covers the entry yet, one is signed.
    """
    from workflow.commands.audit_entry import Refs, find  # which reads entries: help does without

    chain, cseq = find(app.store(), entry)
    place, newest = app.store().place(chain, cseq), app.store().newest()
    covered = place is not None and newest is not None and newest.size > place
    proof = app.log(sign=not covered).prove(chain, cseq)
    name = f"{Refs(app.store())[chain]}#{cseq}"
    out = out or f"{name.replace('#', '-')}.tlog-proof"
    size = parse_checkpoint(parse_note(proof.checkpoint).text).size
    if out == "-":
        print_note(app, str(proof))
        return
    put(app, out, str(proof))
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"entry": name, "place": proof.place, "size": size, "file": out}, "file")
        return
    app.console.say(_n(
        "{file}: {entry} is at place {place} of the log, under the checkpoint over {count} entry",
        "{file}: {entry} is at place {place} of the log, under the checkpoint over {count} entries", size, file=out, entry=name, place=proof.place))
    app.console.flow([_("to check it, anywhere: {command}").format(command=f"python3 verify.py {out} --key KEY")], "  ")


@command("consistency", examples=("mufakat audit consistency pin-2025.txt pin-2026.txt", "mufakat audit consistency 100 4711 -o json"))
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@pass_app
def consistency_command(app: App, old: str, new: str) -> None:
    """
    The proof that nothing was rewritten between two checkpoints: what the old one covers stands unchanged in the new one.

    OLD and NEW are files with a checkpoint, or numbers of entries. The proof (RFC 6962, 2.1.2) is checked before it is shown; that a checkpoint
    is the office's, only its signature tells: mufakat audit verify --pin FILE.
    """
    from workflow.core.merkle import check_consistency

    log = app.log()
    with log.store.moment():
        first, second = _side(log, old), _side(log, new)
        if first.size > second.size:
            raise InvalidInput("size", second.size, Phrase("it is smaller than {size}: the older one comes first", size=first.size))
        proof = log.consistency(first.size, second.size)
    check_consistency(first.size, second.size, proof, first.root, second.root)
    hashes = [b64encode(one).decode() for one in proof]
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, {"consistent": True, **{name: {"size": side.size, "root": b64encode(side.root).decode()}
                                          for name, side in (("old", first), ("new", second))}, "proof": hashes})
        return
    app.console.say(_n("consistent: the first entry is the same in both", "consistent: the first {count} entries are the same in both", first.size))
    for name, side in ((_("old"), first), (_("new"), second)):
        app.console.say(f"  {name}: {side.size} {b64encode(side.root).decode()}")
    for one in hashes:
        app.console.say(f"  {one}")


def read(field: str, path: str) -> str:
    """
    A file with a key or a checkpoint: its lines as they are, whatever ends them.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as stream:  # any line ends
            return stream.read(MOST).strip() + "\n"
    except (OSError, UnicodeDecodeError) as refused:
        raise InvalidInput(field, path, Phrase("it cannot be read ({why})", why=getattr(refused, "strerror", "") or "UTF-8")) from None


def put(app: App, path: str, text: str) -> None:
    """
    Write a file, all at once; one that is there and is another is not written over unasked.

    Raises:
        InvalidInput: it is there already, or it cannot be written.
    """
    if os.path.exists(path) and not app.given.get("yes") and read("file", path).strip() != text.strip():
        raise InvalidInput("file", path, "it is there already, and is another: name another file, or add --yes")
    try:
        with open(f"{path}.part", "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.replace(f"{path}.part", path)
    except OSError as refused:
        raise InvalidInput("file", path, Phrase("it cannot be written ({why})", why=refused.strerror)) from None


def print_note(app: App, text: str) -> None:
    """A signed text on standard output, byte for byte: it may go into a file."""
    app.console.say(text.removesuffix("\n"))


def _side(log: Log, given: str) -> Side:
    """
    One side, as a size of this log or a checkpoint in a file, which this log must agree with.

    Raises:
        LogRewritten: it does not.
    """
    size = log.store.size()
    if given.isascii() and given.isdigit() and not os.path.exists(given):
        if len(given) > 15 or int(given) > size:
            raise InvalidInput("size", given, Phrase("the log has {size} entries", size=size))
        return Side(int(given), log.root(int(given)))
    try:
        found = parse_checkpoint(parse_note(read("checkpoint", given)).text)
    except InvalidCheckpoint:
        raise InvalidInput("checkpoint", given, "it is no checkpoint") from None
    if found.size > size:
        raise LogRewritten("ROLLBACK", found.size, size)
    if found.root != log.root(found.size):
        raise LogRewritten("FORK", found.size, size)
    return Side(found.size, found.root)

"""`mufakat audit verify`: hold the whole log to what an auditor has kept of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.audit_evidence import read
from workflow.commands.failures import Failed
from workflow.commands.language import _, _n, said
from workflow.commands.options import command, pass_app
from workflow.core.checkpoint import PRIVATE, parse_key, parse_signer
from workflow.errors import InvalidCheckpoint, InvalidInput

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.core.checkpoint import Key
    from workflow.verifying import Finding, Report

STYLES = {"VERIFIED": "green", "TAMPERED": "red", "INCONCLUSIVE": "yellow"}
SHOWN = 20  # findings on a screen


@command("verify", examples=("mufakat audit verify --key key.txt --pin pin-2025.txt", "mufakat audit verify --key key.txt --state --max-age 1h",
                             "mufakat audit verify --export audit-2026 --key key.txt"))
@click.option("--pin", "pins", multiple=True, metavar="FILE", help="A checkpoint that you kept: from an earlier audit, or out of a reminder message.")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="The log's public key, or a file with it, as you got it from outside the database.")
@click.option("--max-age", default="", metavar="TIME", help="How old the newest checkpoint may be: 30m, 1h, 2d.")
@click.option("--state", is_flag=True, help="Replay everything, too: what is on record must be what the log says, no more and no less.")
@click.option("--export", "folder", default="", metavar="DIR", help="Check an export instead, with the one-file verifier that goes with it.")
@pass_app
def verify_command(app: App, pins: tuple[str, ...], keys: tuple[str, ...], max_age: str, state: bool, folder: str) -> None:  # noqa: FBT001  # a flag
    """
    Check the whole log; the first word is the verdict, and the exit code says the same.

    VERIFIED (0): everything is what was signed, in that order, with none missing. TAMPERED (6): something is not; it is named. INCONCLUSIVE (8):
    nothing false was found, and what was given does not prove it. Nothing is written. More: mufakat help audit
    """
    known = [_key(text) for text in keys]
    if folder:
        if state or max_age:
            raise InvalidInput("export", folder, "an export is checked by itself: --state and --max-age are asked of the database")
        _of_export(app, folder, known, pins)
        return
    from workflow.commands.progress import progress
    from workflow.commands.typed import duration
    from workflow.core.definition import versions
    from workflow.documents import Documents
    from workflow.verifying import verify

    with progress(lambda count: _n("{count} entry", "{count} entries", count)) as tell:
        report = verify(app.store(), keys=known, pins=[read("pin", path) for path in pins], max_age=duration("max-age", max_age) if max_age else None,
                        now=app.clock(), documents=Documents(app.documents) if app.documents else None, state=state,
                        guards=versions(app.parts.guards()), progress=tell)
    if app.plain:
        _screen(app, report, given=bool(known or pins))
    else:
        _data(app, report)
    if report.exit:
        raise Failed(report.exit)


def _key(text: str) -> Key:
    """The public key that was given: itself, a file with it, or the office's own file, of which only the public half is taken."""
    held = (read("key", text) if os.path.exists(text) else text).strip()
    try:
        if held.startswith(PRIVATE):
            from workflow import signing

            return parse_signer(held, signing.public).key
        return parse_key(held)
    except InvalidCheckpoint:
        raise InvalidInput("key", text, "it is no public key of a log (name+id+base64), nor a file with one") from None


def _of_export(app: App, folder: str, keys: list[Key], pins: tuple[str, ...]) -> None:
    """What verify.py says of an export, in its own words."""
    from workflow.verifier import verify

    if not os.path.isdir(folder):
        raise InvalidInput("export", folder, "there is no such folder")
    given = [word for key in keys for word in ("--key", key.text)] + [word for pin in pins for word in ("--pin", pin)]
    code = verify.main([folder, *given, *(() if app.plain else ("--json",))])
    if code:
        raise Failed(code)


def _screen(app: App, report: Report, *, given: bool) -> None:
    console = app.console
    console.flow([f"{console.paint(report.verdict, STYLES[report.verdict])}   {said(report.why)}" if report.why else
                  f"{console.paint(report.verdict, STYLES[report.verdict])}   " + _n(
                      "{log}, up to {count} entry", "{log}, up to {count} entries", report.size, log=report.log)], hang="  ")
    for text in _counts(report):
        console.say(f"  {text}")
    rest = [row for row in report.findings if row.text != report.why]
    for row in rest[:SHOWN]:
        console.flow([f"{console.paint('✗', 'red')} {said(row.text)}", _entry(app, row)], "  ", hang="      ")
    if len(rest) > SHOWN:
        console.say("  " + _("and {count} more: -o json").format(count=len(rest) - SHOWN))
    first = next((row for row in report.findings if row.chain and row.cseq is not None), None)
    if report.key:
        console.flow([_("signed with {key}").format(key=report.key)], "  ", hang="      ")
    if first is not None:
        console.flow([_("Next: {command}").format(command=f"mufakat audit show {_entry(app, first)}")])
    elif not given:
        console.flow([_("Next: {command}").format(command="mufakat audit verify --key KEY --pin FILE"), "mufakat help audit"])


def _counts(report: Report) -> list[str]:
    """The numbers behind the verdict, those that say something."""
    tampered = report.verdict == "TAMPERED"
    beyond = report.bad == report.entries and all(row.cseq is None for row in report.findings if row.place == report.bad)  # no entry is there
    lines = [_n("{count} entry was read and is sound", "{count} entries were read and are sound", report.entries)]
    lines += [_n("pinned: the first entry", "pinned: the first {count} entries", report.pinned)] if report.pinned is not None else []
    lines += [_("the last good checkpoint covers {count}").format(count=report.last_good)] if report.last_good is not None and tampered else []
    lines += [_("the first bad entry is at place {place}").format(place=report.bad)] if report.bad is not None and not beyond \
        else []
    lines += [_n("{count} entry after the newest checkpoint is not covered yet", "{count} entries after the newest checkpoint are not covered yet",
                 report.tail)] if report.tail else []
    lines += [_n("{count} personal value or document was erased", "{count} personal values or documents were erased", report.erased)] \
        if report.erased else []
    return lines + [_("the log was begun anew at place {place}: ask why (mufakat audit show {place})").format(place=place)
                    for place in report.restarts]


def _entry(app: App, row: Finding) -> str:
    """Which entry a finding is of, as a person names it."""
    from workflow.commands.audit_entry import Refs

    return f"{Refs(app.store())[row.chain]}#{row.cseq}" if row.chain and row.cseq is not None else ""


def _data(app: App, report: Report) -> None:
    from workflow.commands.data import emit

    found: dict[str, Any] = {**report._asdict(), "why": str(report.why), "restarts": list(report.restarts), "findings": [
        {**row._asdict(), "text": str(row.text), "entry": _entry(app, row)} for row in report.findings]}
    emit(app, found, "verdict")

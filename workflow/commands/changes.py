"""What a write says: what changed, what followed from it, what is due now, and the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.commands.language import _, mark, said
from workflow.commands.recorded import ACTS, OF_DEADLINE, refusal
from workflow.commands.words import basis_text, day_text, field_text, value_text
from workflow.core.recording import UNSTATED

if TYPE_CHECKING:
    from workflow.commands.app import App
    from workflow.commands.words import Words
    from workflow.core.agreement import Deadline
    from workflow.outcome import Done

HIDDEN = ("of_version", "carried_from")  # what the engine notes for itself
SETTLED = {"met": mark("kept"), "missed": mark("missed"), "void": mark("no longer applies"), "fired": mark("has come"),
           "past": mark("was over already")}


def hidden(field: str, value: Any) -> bool:
    """Whether a fact is the engine's own note, or only says that nobody has stated it."""
    return field in HIDDEN or UNSTATED.get(field) == value


def ended(status: str, day: str) -> str:
    """How a deadline ended, and when, where that is known."""
    return f"{_(SETTLED.get(status, status))} {day_text(day) if day else ''}".rstrip()


def print_done(app: App, done: Done, following: str = "") -> None:
    """Print the outcome of a verb as a screen, or as data."""
    if not app.plain:
        from workflow.commands.data import emit

        emit(app, done_data(done))
        return
    console, agreement = app.console, done.ref.partition("/")[0]
    following = following or f"mufakat {'can' if '/' in done.ref else 'show'} {done.ref}"
    if done.repeated:
        told = _("{ref}  this request was carried out before (entry {entry}); nothing was written.").format(ref=done.ref, entry=done.entry)
        console.flow([told, _("Next: {command}").format(command=following)], gap=" ")
        return
    words = _words(app, agreement, done)
    for earlier in done.before:
        console.flow([_("before it: {what}").format(what=headline(app, earlier, words))], "  ")
    end = _("nothing was written (dry run)") if done.dry_run else \
        _("nothing was written") if done.unchanged else _("entry {entry}").format(entry=done.entry)
    step = "" if done.dry_run else _("Next: {command}").format(command=following)
    console.flow([f"{console.paint(headline(app, done, words), 'bold')}  ({end}).", step], gap=" ")
    for line in [] if done.unchanged else _details(words, done):
        console.flow(line, "  ", hang="              ")


def headline(app: App, done: Done, words: Words | None) -> str:
    """`bogor-kisarazu/loi  Drafting → In consultation`, or what else was done."""
    change = done.change
    if done.unchanged:
        return f"{done.ref}  {_('nothing is new: it was on record already')}"

    def called(kind: str, name: str) -> str:
        return words.called(change.instance, kind, name) if words is not None else name

    if change.source and change.target and change.source != change.target:
        return f"{done.ref}  {called('state', change.source)} → {called('state', change.target)}"
    opened = next((row for row in done.opened if row.ref == change.instance), None)
    if opened is not None:
        return _("{ref}  opened in {state}").format(ref=done.ref, state=called("state", opened.state))
    if change.act in ("advance", "fire"):
        return f"{done.ref}  {called('transition', change.trigger)} ({called('state', change.source)})"
    vote = next((effect.values for effect in change.effects if effect.table == "approval"), {})
    name = called("requirement" if change.act == "approve" else "transition" if change.act == "overdue" else "deadline", change.trigger)
    why = refusal(words, change.instance, change.reason) if words is not None and change.act == "overdue" else ""
    if change.act in OF_DEADLINE:
        act = _(OF_DEADLINE[change.act]).format(name=name)
    elif change.act == "overdue":
        act = _("{trigger} is overdue: {reason}").format(trigger=name, reason=why)
    elif change.act == "approve":
        act = f"{name}: {_(str(vote.get('decision', '')))}, {app.name(str(vote.get('person', '')))} ({vote.get('role')})"
    else:
        act = _("taken back") if change.act == "correct" and change.trigger else _(ACTS.get(change.act, change.act))
    return f"{done.ref}  {act}"


def done_data(done: Done) -> dict[str, Any]:
    """An outcome as data."""
    change = done.change
    return {
        "ref": done.ref, "act": change.act, "entry": done.entry, "recorded": done.recorded, "occurred": change.occurred,
        "trigger": change.trigger, "from": change.source, "to": change.target, "reason": change.reason, "corrects": change.corrects,
        "moved": [{"stage": stage, "from": before, "to": after} for stage, before, after in done.moved],
        "opened": [{"stage": row.ref, "state": row.state} for row in done.opened],
        "deadlines": [row._asdict() for row in done.deadlines], "notes": list(change.notes),
        "facts": [dict(zip(("stage", "requirement", "field", "value"), fact, strict=True)) for fact in done.facts],
        "links": [dict(zip(("stage", "link", "to"), link, strict=True)) for link in done.linked],
        "documents": [row._asdict() for row in change.documents],
        "effects": [{"table": effect.table, "key": effect.key and list(effect.key), "values": effect.values} for effect in change.effects],
        "before": [done_data(earlier) for earlier in done.before], "dry_run": done.dry_run, "repeated": done.repeated,
        "unchanged": done.unchanged,
    }


def _words(app: App, agreement: str, done: Done) -> Words | None:
    """Labels are wanted only where something has one."""
    change = done.change
    if not (done.deadlines or done.opened or change.trigger or change.documents or any(effect.table == "row" for effect in change.effects)):
        return None
    from workflow.errors import NotFound

    try:
        return app.words(agreement)
    except NotFound:  # a dry run's agreement is nowhere
        return None


def _details(words: Words | None, done: Done) -> list[list[str]]:
    change = done.change
    lines: list[list[str]] = [_line(_("occurred"), day_text(change.occurred))] if change.occurred and done.recorded else []
    lines += [_line(_("recorded"), f"{field_text(need, name)} = {value_text(value)}")
              for _stage, need, name, value in done.facts if not hidden(name, value)]
    lines += [_line(_("file"), (words.called(doc.instance, "requirement", doc.row) if words is not None else doc.row) + f": {doc.filename}"
                    + (f" ({doc.language})" if doc.language else ""),
                    _("a file is withdrawn") if doc.withdrawn else _("version {number}").format(number=doc.version),
                    "" if doc.stored else _("only its hash is kept"), doc.sha256[:12])
              for doc in change.documents]
    agreement = done.ref.partition("/")[0]

    def called(stage: str, state: str) -> str:
        return words.called(stage, "state", state) if words is not None else state

    lines += [_line(_("link"), f"{agreement}/{stage}  {link} = {named}") for stage, link, named in done.linked]
    lines += [_line(_("moved"), f"{agreement}/{stage}  {called(stage, before)} → {called(stage, after)}") for stage, before, after in done.moved]
    lines += [_line(_("opened"), f"{agreement}/{row.ref}  {called(row.ref, row.state)}")
              for row in done.opened if row.ref != change.instance]
    settled = {(row.instance, row.name): row.revision for row in done.deadlines if row.status != "open"}  # of several revisions the last
    lines += [_deadline(words, row) for row in done.deadlines if row.status == "open" or row.revision == settled[row.instance, row.name]]
    lines += [_line(_("reminder"), day_text(effect.values["due_on"])) for effect in change.effects
              if effect.table == "message" and effect.key is None and change.act == "snooze"]
    lines += [_line(_("note"), said(note)) for note in change.notes]
    return lines


def _deadline(words: Words | None, row: Deadline) -> list[str]:
    name = words.deadline(row) if words is not None else row.name
    if row.status != "open":
        return _line(_("settled"), name, _(SETTLED.get(row.status, row.status)), said(row.reason))
    counted = words.counted(row) if words is not None else ""
    return _line(_("due"), day_text(row.effective), name, counted, basis_text(row.basis, row.citation),
                 _("provisional: it may move") if row.provisional else "")


def _line(kind: str, *parts: str) -> list[str]:
    from workflow.commands.console import pad

    shown = [part for part in parts if part]
    return [f"{pad(kind, 9)} {shown[0] if shown else ''}", *shown[1:]]

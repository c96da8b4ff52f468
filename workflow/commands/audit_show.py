"""`mufakat audit show`: one entry, whole, as a person reads it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.audit_entry import Lateness, Refs, find, row_of
from workflow.commands.language import _, _n
from workflow.commands.options import command, pass_app
from workflow.commands.recorded import Recorded
from workflow.commands.words import day_text, value_text
from workflow.core.agreement import ERASED, apply, empty
from workflow.core.entry import leaf, open_entry, said
from workflow.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.core.agreement import Effect
    from workflow.core.entry import Sealed
    from workflow.ports import Signed, Store

HASH = 16  # letters of a hash on a screen


@command("show", examples=("mufakat audit show bogor-kisarazu#12", "mufakat audit show sys#3", "mufakat audit show 4711"))
@click.argument("entry", metavar="ENTRY")
@pass_app
def show_command(app: App, entry: str) -> None:
    """
    One entry, whole: who, when it happened and when it was entered, what changed, and where it stands in the log.

    ENTRY is named as history shows it (bogor-kisarazu#12, sys#3), by its place in the log (4711), or by its eid.
    """
    store = app.store()
    with store.moment():
        found = _read(app, store, *find(store, entry))
    if app.plain:
        _screen(app, found)
    else:
        from workflow.commands.data import emit

        emit(app, found, "entry")


def _read(app: App, store: Store, chain: str, cseq: int) -> dict[str, Any]:
    """The entry as data: what it says, what it changed, what is kept of its personal values, what covers it."""
    tables = _before(store, chain, cseq)
    sealed = store.entry(chain, cseq)
    assert sealed is not None  # it was found in the same moment
    try:
        content, effects = open_entry(sealed.body, {path: value for path, _salt, value in sealed.details})
    except AuditError:
        content, effects = said(sealed.body), []
    place, size = store.place(chain, cseq), store.size()
    line = (size if place is None else place, chain, cseq, sealed.leaf, sealed.body, sealed.recorded, sealed.act, sealed.instance, sealed.person)
    row = row_of(line, content, Refs(store)[chain], size=size, late=Lateness(store)(line, content))
    covering = next((one for one in store.signed() if place is not None and one.size > place), None)
    return row | {
        "name": app.name(sealed.person), "prev": content.get("prev", ""), "definition": content.get("definition"), "request": content.get("req", ""),
        "intact": leaf(sealed.body) == sealed.leaf,
        "effects": [_effect(tables, effect) for effect in effects if effect.table != ERASED],
        "erases": [f"{row['entry'].partition('#')[0]}#{effect.key[0]} {effect.key[1]}" for effect in effects
                   if effect.table == ERASED and effect.key is not None],
        "personal": _personal(sealed, content), "checkpoint": _covering(covering),
    }


def _before(store: Store, chain: str, cseq: int) -> dict[str, Any]:
    """The tables of a chain before an entry, as far as its journal can be read."""
    tables = empty()
    with suppress(AuditError, LookupError, TypeError):
        for entry in store.entries(chain):
            if entry.cseq == cseq:
                break
            apply(tables, open_entry(entry.body, {path: value for path, _salt, value in entry.details})[1])
    return tables


def _effect(tables: dict[str, Any], effect: Effect) -> dict[str, Any]:
    """What one effect changed: each field as it was and as it came to be; of a new row only what it holds."""
    old = tables[effect.table].get(effect.key) if effect.key is not None else None
    held = old._asdict() if old is not None else {}
    changes = {name: {"before": held.get(name), "after": value} for name, value in effect.values.items() if held.get(name) != value}
    return {"table": effect.table, "key": None if effect.key is None else list(effect.key), "new": effect.key is None, "changes": changes}


def _personal(sealed: Sealed, content: dict[str, Any]) -> list[dict[str, Any]]:
    kept = {path for path, _salt, _value in sealed.details}
    return [{"name": name, "commitment": commitment, "kept": name in kept} for name, commitment in content.get("pd", {}).items()]


def _covering(signed: Signed | None) -> dict[str, Any] | None:
    return None if signed is None else {"size": signed.size, "made": signed.made}


def _screen(app: App, found: dict[str, Any]) -> None:
    from workflow.commands.history import local

    console, zone = app.console, app.using.library.zone
    recorded, agreement = Recorded(app), found["entry"].partition("#")[0]
    console.flow([console.paint(found["entry"], "bold"), found["instance"], recorded.act(agreement, found)])
    if not found["intact"]:
        console.flow([f"{console.paint('✗', 'red')} " + _("it is not what was written: its bytes have not the hash that stands beside them")], "  ",
                     hang="    ")
    known = found["definition"] and f"{found['definition']['name']} {found['definition']['version']} ({found['definition']['hash'][:HASH]})"
    for name, parts in (
        (_("who"), [f"{found['name']} ({found['person']})", found["identity"], found["role"]]),
        (_("on behalf of"), [found["behalf"]]),
        (_("occurred"), [day_text(found["occurred"]), _("entered late") if found["late"] else ""]),
        (_("recorded"), [f"{local(found['recorded'], zone)} ({zone})"]),
        (_("reason"), [recorded.reason(agreement, found)]), (_("corrects"), [found["corrects"]]),
        (_("by definition"), [known or ""]), (_("eid"), [found["eid"]]),
    ):
        if parts[0]:
            console.flow([f"{name}: {parts[0]}", *parts[1:]], "  ", hang="      ")
    for effect in found["effects"]:
        key = " ".join(str(part) for part in effect["key"] or () if part != "")
        changes = [f"{name}: {text}" for name, text in _changes(effect)]
        console.flow([console.paint(f"{effect['table']} {key}".strip(), "cyan"), _("new") if effect["new"] else "", *changes], "  ", hang="      ")
    for paper in found["documents"]:
        console.flow([_("document {number}").format(number=paper["id"]), _n("{count} byte", "{count} bytes", paper["size"]),
                      f"sha256 {paper['sha256']}"], "  ", hang="      ")
    for text in found["erases"]:
        console.flow([_("erased: {what}").format(what=text)], "  ", hang="      ")
    for value in found["personal"]:
        state = _("the value is kept") if value["kept"] else _("the value is not kept any more")
        console.flow([_("personal {name}").format(name=value["name"]), state, f"{value['commitment'][:HASH]}…"], "  ", hang="      ")
    place = _("place {place} of the log").format(place=found["place"]) if found["place"] is not None else _("no place in the log yet")
    console.flow([place, f"{_('leaf')} {found['leaf'][:HASH]}…", _covered(found["checkpoint"], zone)], "  ", hang="      ")
    console.flow([_("Next: {command}").format(command=f"mufakat audit prove {found['entry']}")])


def _covered(checkpoint: dict[str, Any] | None, zone: str) -> str:
    from workflow.commands.history import local

    if checkpoint is None:
        return _("no checkpoint covers it yet")
    return _n("covered by the checkpoint over {count} entry, signed {at}", "covered by the checkpoint over {count} entries, signed {at}",
              checkpoint["size"], at=local(checkpoint["made"], zone))


def _changes(effect: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field with what it came to be, and what it was before; those within a structure by themselves."""
    for name, change in effect["changes"].items():
        before, after = change["before"], change["after"]
        parts = [(f"{name}.{part}", (before or {}).get(part), (after or {}).get(part)) for part in dict.fromkeys((*(before or {}), *(after or {})))] \
            if isinstance(before or after, dict) else [(name, before, after)]
        for field, old, new in parts:
            if effect["new"] and _value(new):
                yield field, _value(new)
            elif not effect["new"] and _value(old) != _value(new):
                yield field, f"{_value(old) or '–'} → {_value(new) or '–'}"


def _value(value: Any) -> str:
    """A value as one line of a screen; what is empty is nothing."""
    if isinstance(value, list):  # of the parties each by its parts
        value = [", ".join(f"{name} {part[name]}" for name in part) if isinstance(part, dict) else part for part in value]
    return "" if value in (None, "", [], {}) else value_text(value).rstrip("\n").replace("\n", " ⏎ ")

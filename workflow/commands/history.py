"""`mufakat history`: what happened, entry by entry, refused attempts and corrections included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.commands.changes import hidden
from workflow.commands.console import Column
from workflow.commands.language import _, _n, mark
from workflow.commands.options import command, pass_app, reference
from workflow.commands.past import end_of, nothing_yet, read
from workflow.commands.recorded import Recorded
from workflow.commands.words import day_text
from workflow.core.office import SYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.commands.app import App
    from workflow.core.agreement import Effect

CHANGED = {  # what a correction may make another, and what it is called
    "agreement": {"ref": mark("reference"), "title": mark("title"), "parties": "", "started_on": mark("begun on")},
    "activity": {"title": mark("title"), "kind": mark("kind"), "field": mark("field of cooperation"), "on": mark("day"), "until": mark("last day"),
                 "note": mark("note")},
}
PARTY = {"name": mark("party"), "country": mark("country of {name}")}
DATES = ("started_on", "on", "until")

@command("history", examples=("mufakat history bogor-kisarazu", "mufakat history bogor-kisarazu/loi --limit 20", "mufakat history sys",
                             "mufakat history bogor-kisarazu --at 2026-03-01"))
@reference()
@click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N", help="Only the last N entries.")
@click.option("--at", default="", metavar="DATE", help="As it was on record at the end of that day.")
@pass_app
def history_command(app: App, ref: str, limit: int | None, at: str) -> None:
    """What happened, entry by entry: when it was, when it was entered, who did it. `sys` is the office's own history."""
    agreement, slash, stage = ref.partition("/")
    chain = SYS
    if agreement != SYS:
        words = app.words(agreement)
        if slash:
            words.find(stage)
        chain = words.draft.agreement.id
    rows: list[dict[str, Any]] = []
    places: dict[str, str] = {"": ""}  # where an entry stands, by its id
    corrected: dict[str, dict[str, Any]] = {}
    held: dict[tuple[Any, ...], dict[str, Any]] = {}
    end = end_of(app, at)[1] if at else ""
    for entry, content, effects in read(app, chain):
        if end and entry.recorded[:19] >= end:
            if entry.cseq == 1:
                raise nothing_yet(at, entry.recorded)
            break
        places[content["eid"]] = f"{agreement}#{entry.cseq}"
        if content["corrects"]:
            corrected[content["corrects"]] = content
        facts, links, changes = list(_facts(held, effects)), list(_links(held, effects)), list(_changes(held, effects))
        if not slash or entry.instance == stage or entry.instance.startswith(f"{stage}/") or _touches(effects, stage):
            rows.append(_row(app, agreement, content, effects, facts, links) | {"changes": changes})
    for row in rows:
        by = corrected.get(row["eid"], {})
        row |= {"corrects_entry": places.get(row["corrects"], ""), "corrected_by": places[by.get("eid", "")], "taken_back": bool(by.get("trigger"))}
    rows = rows[-limit:] if limit else rows
    from workflow.commands.data import emit_rows

    columns = [Column("cseq", _("no"), "bold"), Column("on", _("occurred")), Column("at", _("recorded")), Column("who", _("who")),
               Column("what", _("what"), wrap=True)]
    recorded = Recorded(app)
    emit_rows(app, rows, columns, ident="entry", empty=_("nothing has happened yet"), shown=(_shown(app, recorded, agreement, row) for row in rows))


def _touches(effects: list[Effect], stage: str) -> bool:
    return any((effect.values.get("instance") or (effect.key[0] if effect.key else effect.values.get("ref", ""))) == stage
               for effect in effects if effect.table in ("instance", "row", "deadline"))


def _facts(held: dict[tuple[Any, ...], dict[str, Any]], effects: list[Effect]) -> Iterator[dict[str, Any]]:
    """What is new on record by an entry's rows; `held` is what was on record before, brought up to date."""
    for effect in effects:
        if effect.table == "row" and "data" in effect.values:
            key = effect.key or (effect.values["instance"], effect.values["name"], effect.values["round"])
            before, held[key] = held.get(key, {}), effect.values["data"]
            yield from ({"stage": key[0], "requirement": key[1], "field": name, "value": value}
                        for name, value in effect.values["data"].items() if before.get(name) != value)


def _links(held: dict[tuple[Any, ...], dict[str, Any]], effects: list[Effect]) -> Iterator[dict[str, Any]]:
    """The links that an entry gave to stages that were there; `held` as above."""
    for effect in effects:
        if effect.table == "instance" and "links" in effect.values:
            ref = effect.key[0] if effect.key else effect.values["ref"]
            before, held[ref,] = held.get((ref,), {}), effect.values["links"]
            yield from ({"stage": ref, "link": link, "to": stage} for link, stage in effect.values["links"].items()
                        if effect.key and before.get(link) != stage)


def _changes(held: dict[tuple[Any, ...], dict[str, Any]], effects: list[Effect]) -> Iterator[dict[str, Any]]:
    """What an entry made another of the agreement's beginning and of its activities; of the parties each one that differs. `held` as above."""
    for effect in effects:
        if effect.table not in CHANGED:
            continue
        number = effect.key[0] if effect.table == "activity" and effect.key else effect.values["no"] if effect.table == "activity" else ""
        before = held.get((effect.table, number), {})
        held[effect.table, number] = before | effect.values
        for field in CHANGED[effect.table] if effect.key is not None else ():
            if field == "parties" and field in effect.values:
                for old, new in zip(before.get(field, ()), effect.values[field], strict=False):
                    yield from ({"table": effect.table, "field": part, "of": old["name"] if part == "country" else "", "before": old[part],
                                 "after": new[part]} for part in ("name", "country") if old[part] != new[part])
            elif field in effect.values:
                yield {"table": effect.table, "field": field, "of": "", "before": before.get(field, ""), "after": effect.values[field]}


def _row(app: App, agreement: str, content: dict[str, Any], effects: list[Effect], facts: list[dict[str, Any]],
         links: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "entry": f"{agreement}#{content['cseq']}", "cseq": content["cseq"], "eid": content["eid"],
        "occurred": content["occurred"]["text"], "recorded": content["recorded"], "person": content["recorded_by"],
        "name": app.name(content["recorded_by"]), "identity": content["identity"], "act": content["act"], "instance": content["instance"],
        "trigger": content["trigger"], "from": content["from"], "to": content["to"], "role": content["role"], "behalf": content["behalf"],
        "reason": content["reason"], "refused": content["act"] == "refuse", "corrects": content["corrects"], "documents": content["docs"],
        "facts": facts, "links": links,
        "effects": [{"table": row.table, "key": row.key and list(row.key), "values": row.values} for row in effects],
    }


def _shown(app: App, recorded: Recorded, agreement: str, row: dict[str, Any]) -> dict[str, str]:
    what = _what(recorded, agreement, row)
    if row["corrected_by"]:
        what += " " + (_("[taken back by {entry}]") if row["taken_back"] else _("[corrected by {entry}]")).format(entry=row["corrected_by"])
    at = local(row["recorded"], app.using.library.zone)
    return {"cseq": str(row["cseq"]), "on": day_text(row["occurred"]), "at": at, "who": recorded.who(row), "what": what}


def _what(recorded: Recorded, agreement: str, row: dict[str, Any]) -> str:
    """What an entry did, and what it put on record."""
    stage, corrects = row["instance"], row["corrects"] or row["act"] == "correct"
    facts = [recorded.fact(agreement, fact) for fact in row["facts"]
             if not hidden(fact["field"], fact["value"]) and fact["value"] != (row["reason"] or None)]
    facts += [f"{link['link']} = {link['to']}" for link in row["links"]]
    facts += map(_changed, row["changes"])
    values = "; ".join([*facts, *_effects(recorded, agreement, row["effects"])])
    told = " ".join(filter(None, (_("CORRECTION") if corrects else "", recorded.act(agreement, row), row["corrects_entry"],
                                  _("for {actor}").format(actor=row["behalf"]) if row["behalf"] else "")))
    why = recorded.reason(agreement, row)
    return (f"{stage}: " if stage else "") + told + (f": {values}" if values else "") + (f" — {why}" if why else "")


def _changed(change: dict[str, Any]) -> str:
    """What was put right, as it was and as it is: `title Bogor–Kisarazu → Bogor and Kisarazu`."""
    field = change["field"]
    shown = day_text if field in DATES else _ if field == "kind" else str
    old, new = (shown(value) if value else "–" for value in (change["before"], change["after"]))
    return f"{_(CHANGED[change['table']].get(field) or PARTY[field]).format(name=change['of'])} {old} → {new}"


def _effects(recorded: Recorded, agreement: str, effects: list[dict[str, Any]]) -> list[str]:
    """What else an entry wrote."""
    found = []
    for effect in effects:
        values = effect["values"]
        if effect["table"] == "document" and effect["key"] is None:
            found.append(f"{recorded.label(agreement, values['instance'], 'requirement', values['row'])}: {values['filename']}"
                         + (f" ({values['language']})" if values["language"] else ""))
        elif effect["table"] == "document" and values.get("withdrawn"):
            found.append(_("a file is withdrawn"))
        elif effect["table"] == "approval" and effect["key"] is None:
            found.append(f"{_(values['decision'])} ({values['role']})")
        elif effect["table"] == "activity" and effect["key"] is None:
            found.append(f"“{values['title']}”")
        elif effect["table"] == "person":
            found.append(str(values.get("name") or values.get("id", "")))
        elif effect["table"] == "setting":
            value = str(values.get("value")).partition("\n")[0]  # of a checkpoint its first line
            found.append(f"{values.get('name', effect['key'] and effect['key'][0])} = {value}")
        elif effect["table"] == "agreement" and "owner" in values and effect["key"] is not None:
            found.append(recorded.app.name(values["owner"]))
    days = sum(effect["table"] == "day" for effect in effects)
    messages = sum(effect["table"] == "message" for effect in effects)
    found += [_n("{count} message", "{count} messages", messages)] if messages else []
    return found + ([_n("{count} day", "{count} days", days)] if days else [])


def local(instant: str, zone: str) -> str:
    """A UTC instant in the office's zone, to the minute."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")

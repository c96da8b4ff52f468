"""
Corrections: a new entry that puts an earlier one right. History is never rewritten; both entries stand.

What may be corrected: a field, a date, a document; and the latest transition of a stage, as long as nothing depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, decision, reckoning, recording
from workflow.core.agreement import KEYS, Change
from workflow.core.draft import Draft
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.core.agreement import Case, Effect, Instance
    from workflow.core.decision import Request
    from workflow.core.draft import Office

Tables = dict[str, dict[tuple[Any, ...], Any]]
MOVES = ("advance", "fire")


class Earlier(NamedTuple):
    """The entry to put right: its place, its content, its effects."""

    ref: str
    content: Mapping[str, Any]
    effects: Sequence[Effect]


def correct(case: Case, office: Office, entry: Earlier, request: Request) -> Change:
    """Put other values, another date or other documents in the place of those that an entry recorded."""
    if not request.reason:
        raise InvalidInput("reason", "", "a correction needs its reason: --reason TEXT")
    draft = Draft(case, office)
    if entry.content["act"] == "activity":
        _activity(draft, entry, request)
    elif entry.content["instance"]:
        _stage(draft, entry, request)
    else:
        raise InvalidInput("entry", entry.ref, Phrase("an entry of this kind ({act}) holds nothing that can be corrected", act=entry.content["act"]))
    if not draft.effects():
        raise InvalidInput("correct", entry.ref, "nothing differs from what is on record")
    return _done(draft, entry, request)


def undo(case: Case, office: Office, entry: Earlier, before: Tables, later: Sequence[Mapping[str, Any]], request: Request) -> Change:
    """
    Take back the latest transition of a stage. `before`: the tables as they were before it; `later`: the entries after it.

    Raises:
        InvalidInput: it is no transition, or something depends on it.
    """
    if not request.reason:
        raise InvalidInput("reason", "", "a correction needs its reason: --reason TEXT")
    ref = entry.content["instance"]
    if entry.content["act"] not in MOVES:
        raise InvalidInput("entry", entry.ref, "only a transition can be taken back; correct its fields instead: FIELD=VALUE")
    _independent(entry, ref, later)
    draft = Draft(case, office)
    for table, key, values in entry.effects:
        place = key if key is not None else tuple(values[name] for name in KEYS[table])
        _restore(draft, table, place, before[table].get(place))
    reckoning.reckon(draft, office.today)
    instance = draft.instance(ref)
    draft.put("instance", instance._replace(revision=case.tables["instance"][ref,].revision + 1))
    return _done(draft, entry, request)._replace(trigger=entry.content["trigger"], source=entry.content["to"], target=instance.state)


def _independent(entry: Earlier, ref: str, later: Sequence[Mapping[str, Any]]) -> None:
    if any(effect.table == "instance" and effect.key != (ref,) for effect in entry.effects):
        raise InvalidInput("entry", entry.ref, "other stages moved or opened because of it: it can no longer be taken back")
    for content in later:
        touches = content["instance"] == ref or any(row["t"] == "instance" and row["k"] == [ref] for row in content["effects"])
        if touches and content["effects"]:
            raise InvalidInput("entry", entry.ref, Phrase("entry {entry} depends on it: take that back or correct it first",
                                                             entry=content["cseq"]))


def _restore(draft: Draft, table: str, place: tuple[Any, ...], old: Any) -> None:
    """The row as it was; a row that was not there yet is emptied, withdrawn or void, since rows are never deleted."""
    now = draft.tables[table][place]
    if old is not None:
        draft.put(table, old._replace(revision=now.revision) if table == "instance" else old)
    elif table == "row":
        earlier = draft.tables["row"].get((now.instance, now.name, now.round - 1))
        draft.put("row", now._replace(status=earlier.status, data=earlier.data, on=earlier.on) if earlier else now._replace(status="open", data={}))
        _move_papers(draft, now.instance, now.name, now.round)
    elif table == "document":
        draft.put("document", now._replace(withdrawn=True))
    elif table == "deadline":
        draft.put("deadline", now._replace(status="void", wake_at="", settled_on=draft.office.today, reason="taken back"))


def _move_papers(draft: Draft, instance: str, row: str, turn: int) -> None:
    """A round that was opened in error holds what the round before it held: its documents and approvals come along."""
    for table in ("document", "approval"):
        for held in list(draft.tables[table].values()):
            if (held.instance, held.row, held.round) == (instance, row, turn - 1):
                draft.put(table, held._replace(round=turn))


def _stage(draft: Draft, entry: Earlier, request: Request) -> None:
    instance = decision.find(draft, entry.content["instance"])
    written = {values["name"] if key is None else key[1] for table, key, values in entry.effects if table == "row"}
    given = [recording.read(draft, instance, fact)[0] for fact in request.facts]
    for need in given:
        if need.row not in written:
            raise InvalidInput("entry", entry.ref, Phrase("it recorded nothing of {requirement}; find the entry that did: mufakat history {ref}",
                                                             requirement=need.row, ref=decision.reference(draft, instance)))
    for file in request.files:
        _withdraw(draft, entry, file.requirement, file.language)
    on = entry.content["occurred"]["text"]
    recording.record(draft, instance, request.facts, request.files, on, correcting=True)
    if request.occurred:
        on = decision.occurred(draft.office, request.occurred)
        _redate(draft, instance, entry, on)
    reckoning.reckon(draft, on)  # what it brings on record was so on the day of that entry


def _withdraw(draft: Draft, entry: Earlier, requirement: str, language: str) -> None:
    found = [draft.tables["document"][values["no"],] for table, key, values in entry.effects if table == "document" and key is None]
    mine = [doc for doc in found if doc.row == requirement and doc.language == language and not doc.withdrawn]
    if not mine:
        raise InvalidInput("document", requirement, Phrase("{entry} recorded no such document in this language", entry=entry.ref))
    for doc in mine:
        draft.put("document", doc._replace(withdrawn=True))


def _redate(draft: Draft, instance: Instance, entry: Earlier, on: str) -> None:
    """Another date for the act: of the state it entered, or of the row it wrote."""
    target, old = entry.content["to"], entry.content["occurred"]["text"]
    if target and target != entry.content["from"]:
        if [target, old] not in instance.entered:
            raise InvalidInput("occurred-at", on, Phrase("the stage has entered {state} again since: correct the later entry", state=target))
        entered = [[state, on if [state, day] == [target, old] else day] for state, day in instance.entered]
        since = on if instance.state == target and instance.since == old else instance.since
        opened = on if entry.content["act"] == "open" else instance.opened_on
        draft.put("instance", draft.instance(instance.ref)._replace(entered=entered, since=since, opened_on=opened))
        return
    for table, key, values in entry.effects:
        if table == "row":
            place = key if key is not None else (values["instance"], values["name"], values["round"])
            draft.put("row", draft.tables["row"][place]._replace(on=on))


def _activity(draft: Draft, entry: Earlier, request: Request) -> None:
    number = next(values["no"] for table, _, values in entry.effects if table == "activity")
    row = draft.tables["activity"][number,]
    for fact in request.facts:
        if fact.field not in ("title", "field", "note", "until", "kind"):
            raise InvalidInput("field", fact.field, "an activity has no such field", ["title", "field", "note", "until", "kind"])
        value = dates.check(fact.value, "until") if fact.field == "until" else fact.value
        row = row._replace(**{fact.field: value})
    if request.occurred:
        row = row._replace(on=decision.occurred(draft.office, request.occurred))
    draft.put("activity", row)
    reckoning.reckon(draft, draft.office.today)


def _done(draft: Draft, entry: Earlier, request: Request) -> Change:
    documents = tuple(draft.tables[table][key] for table, key in draft.touched if table == "document")
    definition = entry.content["definition"]
    return Change("correct", draft.effects(), draft.office.today, entry.content["instance"], reason=request.reason, corrects=entry.content["eid"],
                  definition=(definition["name"], definition["version"], definition["hash"]) if definition else None, documents=documents,
                  personal=draft.committed())

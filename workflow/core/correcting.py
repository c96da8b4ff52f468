"""
Corrections: a new entry that puts an earlier one right. History is never rewritten; both entries stand.

What may be corrected: a field, a date, a document; the reference, the title and the parties of the whole. What should not have been entered at
all is taken back (`undoing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, decision, firing, following, opening, reckoning, recording, whole
from workflow.core.agreement import Change
from workflow.core.draft import Draft
from workflow.core.keying import place_of
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.core.agreement import Case, Effect, Instance
    from workflow.core.decision import Request
    from workflow.core.draft import Office
    from workflow.core.recording import File


class Earlier(NamedTuple):
    """The entry to put right: its place, its content, its effects; the contents of all entries of the agreement."""

    ref: str
    content: Mapping[str, Any]
    effects: Sequence[Effect]
    story: Sequence[Mapping[str, Any]]

    def undone(self) -> set[str]:
        """The entries that were taken back, with what had put them right: their ids."""
        taken_back = {content["corrects"] for content in self.story if content["act"] == "correct" and content["trigger"]}
        return taken_back | {content["eid"] for content in self.amended(taken_back)}

    def amended(self, entries: set[str]) -> list[Mapping[str, Any]]:
        """What put these entries right, or put right what did."""
        mended, found = set(entries), []
        for content in self.story:
            if content["act"] == "correct" and not content["trigger"] and content["corrects"] in mended:
                mended.add(content["eid"])
                found.append(content)
        return found


def correct(case: Case, office: Office, entry: Earlier, request: Request, refs: Callable[[str], Sequence[str]]) -> Change:
    """Put other values, another date or other documents in the place of those that an entry recorded; `refs` as `whole.check_ref` has it."""
    if not request.reason:
        raise InvalidInput("reason", "", "a correction needs its reason: --reason TEXT")
    if entry.content["eid"] in entry.undone():
        raise InvalidInput("entry", entry.ref, "it has been taken back already")
    draft = Draft(case, office)
    if any(effect.table == "activity" for effect in entry.effects):
        _activity(draft, entry, request)
    elif entry.content["act"] == "start":
        _beginning(draft, request, refs)
    elif entry.content["instance"]:
        _stage(draft, entry, request)
    else:
        raise InvalidInput("entry", entry.ref, Phrase("an entry of this kind ({act}) holds nothing that can be corrected", act=entry.content["act"]))
    if not draft.effects():
        raise InvalidInput("correct", entry.ref, "nothing differs from what is on record")
    change = done(draft, entry, request)
    before, now = (tables["instance"].get((change.instance,)) for tables in (case.tables, draft.tables))
    if before is None or now is None or before.state == now.state:
        return change
    return change._replace(source=before.state, target=now.state)


def _stage(draft: Draft, entry: Earlier, request: Request) -> None:
    instance = decision.find(draft, entry.content["instance"])
    on = entry.content["occurred"]["text"]
    states = [fact.value.strip() for fact in request.facts if (fact.field, fact.requirement) == ("state", "")]
    if states:
        instance = _reenter(draft, instance, entry, states[-1])
    facts = [fact for fact in request.facts if (fact.field, fact.requirement) != ("state", "")]
    for name, fields in recording.gathered(draft, instance, facts).items():
        recording.rewrite(draft, instance, name, _round(draft, instance, entry, name, fields), fields, on)
    for file in request.files:
        _replace(draft, instance, entry, file, on)
    if request.occurred:
        on = decision.occurred(draft.office, request.occurred)
        _redate(draft, instance, entry, on)
    following.follow(draft, on)
    firing.record_gaps(draft)
    reckoning.reckon(draft, on, importing=frozenset({instance.ref} if states else ()))  # what it brings on record was so on the day of that entry
    for ref in sorted(draft.touched_instances()):
        reckoning.judge_again(draft, draft.instance(ref))


def _reenter(draft: Draft, instance: Instance, entry: Earlier, state: str) -> Instance:
    """A stage that was entered as it stood, in another state; nothing has moved it since."""
    definition = draft.definition(instance)
    if entry.content["act"] != "open" or not instance.imported or instance.parent:
        raise InvalidInput("state", state, "only a stage that was entered as it stood is put into another state; a step is taken back: --undo")
    if len(instance.entered) > 1:
        raise InvalidInput("state", state, "it has moved since it was entered: take its steps back first, the latest first (--undo)")
    if state not in definition.states:
        raise InvalidInput("state", state, Phrase("{stage} has no such state", stage=instance.stage), list(definition.states))
    opening.alone(draft, definition, instance.stage, state, instance.links, but=instance.ref)
    now = instance._replace(state=state, entered=[[state, instance.entered[0][1]]], revision=instance.revision + 1)
    draft.put("instance", now)
    opening.mark_unknown(draft, now)
    return now


def _round(draft: Draft, instance: Instance, entry: Earlier, name: str, fields: Mapping[str, Any]) -> int:
    """The round of a row that an entry wrote: the one that these fields stand in, where it also opened another."""
    rounds = [(bool(fields.keys() & values.get("data", {}).keys()), values["round"] if key is None else key[2])
              for table, key, values in entry.effects if table == "row" and (values["name"] if key is None else key[1]) == name]
    if not rounds:
        raise InvalidInput("entry", entry.ref, Phrase("it recorded nothing of {requirement}; find the entry that did: mufakat history {ref}",
                                                      requirement=name, ref=decision.reference(draft, instance)))
    return int(max(rounds)[1])


def _replace(draft: Draft, instance: Instance, entry: Earlier, file: File, on: str) -> None:
    """Another file in the place of one that an entry recorded, or the same file in another language: of the same version, in the same round."""
    name, language = recording.documented(draft.definition(instance), file.requirement).row, recording.language(file.language)
    found = [draft.tables["document"][values["no"],] for table, key, values in entry.effects if table == "document" and key is None]
    standing = [doc for doc in found if doc.row == name and not doc.withdrawn]
    mine = [doc for doc in standing if doc.language == language] or [doc for doc in standing if doc.sha256 == file.sha256]
    if not mine:
        raise InvalidInput("document", file.requirement, Phrase(
            "{entry} recorded no such document in this language, nor this file in another", entry=entry.ref))
    for doc in mine:
        draft.put("document", doc._replace(withdrawn=True))
    draft.put("document", mine[0]._replace(no=len(draft.tables["document"]) + 1, language=language, sha256=file.sha256, size=file.size,
                                           filename=file.filename, by=draft.office.by.person, stored=file.stored))
    if draft.tables["row"][instance.ref, name, mine[0].round].status in ("open", "met"):
        recording.rewrite(draft, instance, name, mine[0].round, {}, on)


def _redate(draft: Draft, instance: Instance, entry: Earlier, on: str) -> None:
    """Another date for the act: of the states that were entered by it, of the rows it wrote, of the deadlines it settled."""
    target, old = entry.content["to"], entry.content["occurred"]["text"]
    if target and target != entry.content["from"] and [target, old] not in instance.entered:
        raise InvalidInput("occurred-at", on, Phrase("the stage has entered {state} again since: correct the later entry", state=target))
    first = entry.content["act"] == "open"
    if target and target != entry.content["from"]:
        _in_order(instance.entered, _place(instance.entered, target, old, first=first), on)
    for table, key, values in entry.effects:
        place = place_of(table, key, values)
        row = draft.tables[table].get(place)
        if table == "instance" and row is not None:
            draft.put("instance", _moved(row, values, old, on, first=first))
        elif table == "deadline" and row is not None and row.status in ("met", "missed") and row.settled_on == old:
            draft.put("deadline", reckoning.judged(row, on))
        elif row is not None and getattr(row, "on", "") == old:
            draft.put(table, row._replace(on=on))


def _in_order(entered: list[list[str]], place: int, on: str) -> None:
    """Refuse a date that would put a state before the one it was entered from, or after the one entered next."""
    wrong = [pair for pair in entered[max(place - 1, 0):place] if dates.surely_before(on, pair[1])]
    wrong += [pair for pair in entered[place + 1:place + 2] if dates.surely_before(pair[1], on)]
    for state, day in wrong:
        raise InvalidInput("occurred-at", on, Phrase("the stage entered {state} on {day}: the two would change places", state=state, day=day))


def _place(entered: list[list[str]], state: str, day: str, *, first: bool) -> int:
    """Which of the times a state was entered on a day: the `first`, else the last; -1 where it was not."""
    places = [number for number, pair in enumerate(entered) if pair == [state, day]]
    return (places[0] if first else places[-1]) if places else -1


def _moved(instance: Instance, values: Mapping[str, Any], old: str, on: str, *, first: bool) -> Instance:
    """An instance whose step is dated otherwise: the state it entered, the count it took, and its opening where that was the step."""
    chosen = _place(instance.entered, values.get("state", ""), old, first=first)
    entered = [[state, on if number == chosen else day] for number, (state, day) in enumerate(instance.entered)]
    stands = chosen == len(entered) - 1 and (instance.state, instance.since) == (values.get("state"), old)
    counters = {name: [count, on] if [count, day] == values.get("counters", {}).get(name) and day == old else [count, day]
                for name, (count, day) in instance.counters.items()}
    return instance._replace(entered=entered, counters=counters,
                             since=on if stands else instance.since,
                             opened_on=on if values.get("opened_on") == old else instance.opened_on)


def _beginning(draft: Draft, request: Request, refs: Callable[[str], Sequence[str]]) -> None:
    """The reference (`ref=`), the title, a party's name (`party.OLD=NEW`, on its instruments too) or country, the day the agreement was begun."""
    known = [party["name"] for party in draft.agreement.parties]
    for fact in request.facts:
        kind, dot, old = fact.field.partition(".")
        party, _, part = old.rpartition(".")
        if kind == "party" and part == "country" and party in known:
            _move(draft, party, fact.value.strip())
        elif kind == "party" and dot:
            _rename(draft, old, fact.value.strip())
        elif fact.field == "ref" and fact.value != draft.agreement.ref:
            whole.check_ref(fact.value, refs)
            draft.put("agreement", draft.agreement._replace(ref=fact.value))
        elif fact.field == "title" and fact.value.strip():
            draft.put("agreement", draft.agreement._replace(title=fact.value.strip()))
        else:
            names = [f"party.{party['name']}" for party in draft.agreement.parties]
            raise InvalidInput("field", fact.field, "the beginning of an agreement has no such field", ["ref", "title", *names])
    if request.occurred:
        draft.put("agreement", draft.agreement._replace(started_on=decision.occurred(draft.office, request.occurred)))


def _move(draft: Draft, party: str, country: str) -> None:
    """Another country for a party."""
    parties = [{**row, "country": country} if row["name"] == party else row for row in draft.agreement.parties]
    draft.put("agreement", draft.agreement._replace(parties=whole.checked(parties)))


def _rename(draft: Draft, old: str, new: str) -> None:
    known = [party["name"] for party in draft.agreement.parties]
    if old not in known:
        raise InvalidInput("party", old, "no party of this agreement has this name", known)
    parties = [{**party, "name": new} if party["name"] == old else party for party in draft.agreement.parties]
    draft.put("agreement", draft.agreement._replace(parties=whole.checked(parties)))
    for row in list(draft.tables["row"].values()):
        pairs = row.data.get("names")
        if pairs and any(party == old for party, _ in pairs):
            draft.put("row", row._replace(data={**row.data, "names": [[new if party == old else party, name] for party, name in pairs]}))


def _activity(draft: Draft, entry: Earlier, request: Request) -> None:
    place = next(key if key is not None else (values["no"],) for table, key, values in entry.effects if table == "activity")
    row = draft.tables["activity"][place]
    for fact in request.facts:
        if fact.field not in ("title", "field", "note", "until", "kind"):
            raise InvalidInput("field", fact.field, "an activity has no such field", ["title", "field", "note", "until", "kind"])
        row = row._replace(**{fact.field: fact.value})
    if request.occurred:
        row = row._replace(on=decision.occurred(draft.office, request.occurred))
    draft.put("activity", whole.sound(row, draft.office))
    reckoning.reckon(draft, draft.office.today)


def done(draft: Draft, entry: Earlier, request: Request) -> Change:
    """What puts an entry right."""
    documents = tuple(draft.tables[table][key] for table, key in draft.touched if table == "document")
    definition = entry.content["definition"]
    return Change("correct", draft.effects(), draft.office.today, entry.content["instance"], reason=request.reason, corrects=entry.content["eid"],
                  definition=(definition["name"], definition["version"], definition["hash"]) if definition else None, documents=documents,
                  personal=draft.committed())

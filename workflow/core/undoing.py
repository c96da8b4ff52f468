"""
Taking back what should not have been entered: a step, what was put on record, an activity, what became of a deadline. History keeps both entries.

The latest goes first. What a later entry of the same stage rests on is not taken back before it; what has nothing to do with it stays as it is.
What put the entry right meanwhile goes with it.
A stage that opened because of a step stays, and so does the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import reckoning
from workflow.core.agreement import Effect
from workflow.core.correcting import done
from workflow.core.draft import Draft
from workflow.core.keying import place_of
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workflow.core.agreement import Case, Change, Deadline, Row
    from workflow.core.correcting import Earlier
    from workflow.core.decision import Request
    from workflow.core.draft import Office

    Place = tuple[str, tuple[Any, ...]]  # a row: its table, its key

Tables = dict[str, dict[tuple[Any, ...], Any]]
MOVES = ("advance", "fire")
ENTERED = (*MOVES, "record")
PROMISES = ("extend", "suspend", "resume", "waive")
TAKEN_BACK = (*ENTERED, *PROMISES, "activity")
TOLD = ("remind", "deliver", "fail", "defer", "acknowledge", "snooze")  # acts that only tell who was told: nothing builds on them


class _Written(NamedTuple):
    """What an entry wrote: rows, requirements (by stage and name, of whatever round), the fields of stages, the deadlines (by stage and name)."""

    rows: set[Place]
    asked: set[tuple[str, str]]
    stages: dict[str, set[str]]
    deadlines: set[tuple[str, str]]


def undo(case: Case, office: Office, entry: Earlier, before: Tables, request: Request) -> Change:
    """
    Take back an entry. `before`: the tables as they were before it.

    Raises:
        InvalidInput: it is of another kind, or something depends on it.
    """
    if not request.reason:
        raise InvalidInput("reason", "", "a correction needs its reason: --reason TEXT")
    act = entry.content["act"]
    if act not in TAKEN_BACK:
        raise InvalidInput("entry", entry.ref, "only a step, what was put on record, an activity and what became of a deadline can be taken back; "
                                               "correct its fields instead: FIELD=VALUE")
    amended = entry.amended({entry.content["eid"]})
    effects = [*entry.effects, *(Effect(row["t"], row["k"] and tuple(row["k"]), row["set"]) for content in amended for row in content["effects"])]
    _independent(entry, effects, [content for content in entry.story if content["cseq"] > entry.content["cseq"] and content not in amended])
    draft = Draft(case, office)
    if act == "activity":
        _withdraw(draft, effects)
    else:
        for (table, place), names in _places(effects).items():
            _restore(draft, table, place, before[table].get(place), names)
    reckoning.reckon(draft, office.today)
    for ref in sorted(draft.touched_instances()):
        draft.put("instance", draft.instance(ref)._replace(revision=case.tables["instance"][ref,].revision + 1))
    change = done(draft, entry, request)
    if act not in MOVES:
        return change._replace(trigger=act)
    return change._replace(trigger=entry.content["trigger"], source=entry.content["to"], target=draft.instance(entry.content["instance"]).state)


def _places(effects: Sequence[Effect]) -> dict[Place, set[str]]:
    """The rows that were written, each once, and which of their columns."""
    found: dict[Place, set[str]] = {}
    for table, key, values in effects:
        found.setdefault((table, place_of(table, key, values)), set()).update(values)
    return found


def _independent(entry: Earlier, effects: Sequence[Effect], later: Sequence[Mapping[str, Any]]) -> None:
    """Refuse where another stage opened with it, or where something that still stands builds on it."""
    if any(effect.table == "instance" and effect.key is None for effect in effects):
        raise InvalidInput("entry", entry.ref, "other stages opened because of it: it can no longer be taken back")
    undone = entry.undone()
    if entry.content["eid"] in undone:
        raise InvalidInput("entry", entry.ref, "it has been taken back already")
    written = _written(effects)
    for content in later:
        taken_back = content["eid"] in undone or (content["act"] == "correct" and content["trigger"])
        if not taken_back and _builds_on(content, written):
            raise InvalidInput("entry", entry.ref, _first(entry, content))


def _first(entry: Earlier, content: Mapping[str, Any]) -> Phrase:
    """What is to be done before an entry can be taken back."""
    if content["act"] in TAKEN_BACK:
        return Phrase("entry {entry} depends on it; take that back first: mufakat correct {ref} --undo --reason …", entry=content["cseq"],
                      ref=f"{entry.ref.partition('#')[0]}#{content['cseq']}")
    return Phrase("entry {entry} depends on it, and cannot be taken back itself; correct the fields of this one instead: FIELD=VALUE",
                  entry=content["cseq"])


def _written(effects: Iterable[tuple[str, Any, Mapping[str, Any]]]) -> _Written:
    found = _Written(set(), set(), {}, set())
    for table, key, values in effects:
        place = place_of(table, key, values)
        if table == "instance":
            found.stages.setdefault(place[0], set()).update(values.keys() - {"revision"})
        elif table == "deadline":
            found.deadlines.add((place[0], place[1]))
        elif table != "message":
            found.rows.add((table, place))
            if table == "row":
                found.asked.add((place[0], place[1]))
            elif table in ("document", "approval") and key is None:
                found.asked.add((values["instance"], values["row"]))
    return found


def _builds_on(content: Mapping[str, Any], written: _Written) -> bool:
    """
    Whether a later entry needs what an entry wrote: a step of a stage that it moved or of which it put something on record, something else
    about the same rows, a decision about them, an answer to a clock that it started, a person's word about such a clock.
    """
    if content["act"] in TOLD:
        return False
    if content["act"] in PROMISES:
        return (content["instance"], content["trigger"]) in written.deadlines
    own = _written((row["t"], row["k"], row["set"]) for row in content["effects"])
    stages = written.stages.keys() | {ref for ref, _ in written.asked}
    answered = {(row["k"][0], row["k"][1]) for row in content["effects"] if row["t"] == "deadline" and row["k"] and row["set"].get("status")}
    moved = (content["act"] in MOVES and content["instance"] in stages) or any(
        ref in stages and ("state" in fields or fields & written.stages.get(ref, set())) for ref, fields in own.stages.items())
    return (moved or bool(own.rows & written.rows) or bool(own.asked & written.asked)
            or (content["act"] in ENTERED and bool(answered & written.deadlines)))


def _withdraw(draft: Draft, effects: Sequence[Effect]) -> None:
    """The activity counts no more; what was due because of it, or is due for want of it, is reckoned."""
    for table, place in _places(effects):
        if table == "activity":
            draft.put(table, draft.tables[table][place]._replace(withdrawn=True))


def _restore(draft: Draft, table: str, place: tuple[Any, ...], old: Any, names: set[str]) -> None:
    """The row as it was; a row that was not there yet is emptied, withdrawn or void, since rows are never deleted. Of a stage what was written."""
    if table == "deadline":
        _restore_deadline(draft, place, old)
        return
    now = draft.tables[table][place]
    if table == "row":
        _restore_row(draft, now, old)
    elif table == "message" and draft.deadlines(now.instance)[now.name].revision != now.revision:
        return  # its deadline came back as a revision of its own, which tells anew
    elif table == "message" and old is not None and now.sent_at and not old.sent_at:
        draft.put("message", now._replace(state="sent", wake_at="", reason=""))  # it left meanwhile: nobody is told twice
    elif old is not None:
        draft.put(table, now._replace(**{name: getattr(old, name) for name in names}) if table == "instance" else old)
    elif table == "document":
        draft.put("document", now._replace(withdrawn=True))


def _restore_row(draft: Draft, now: Row, old: Row | None) -> None:
    """The round as it was; so is the one after it, which holds what it held since the step that had opened that one was taken back."""
    before = old or draft.tables["row"].get((now.instance, now.name, now.round - 1)) or now._replace(status="open", data={})
    latest = draft.row(now.instance, now.name) or now
    for row in {now.round: now, latest.round: latest}.values():
        draft.put("row", row._replace(status=before.status, data=before.data, on=before.on))
    if old is None:
        _move_papers(draft, now, latest.round)


def _restore_deadline(draft: Draft, place: tuple[Any, ...], old: Deadline | None) -> None:
    """The deadline as it was, as the latest revision there is: of earlier ones nobody asks any more."""
    ref, name, revision = place
    now = draft.deadlines(ref)[name]
    if old is None and now.revision == revision:
        draft.put("deadline", now._replace(status="void", wake_at="", settled_on=draft.office.today, reason="taken back"))
    elif old is not None and now.revision == revision:
        draft.put("deadline", old)
    elif old is not None and old.status == "open":
        if now.status == "open":
            draft.put("deadline", now._replace(status="void", wake_at="", settled_on=draft.office.today, reason="taken back"))
        draft.put("deadline", old._replace(revision=now.revision + 1))


def _move_papers(draft: Draft, row: Row, turn: int) -> None:
    """A round that was opened in error holds what the round before it held; its documents and approvals come along, into the latest round."""
    for table in ("document", "approval"):
        for held in list(draft.tables[table].values()):
            if (held.instance, held.row, held.round) == (row.instance, row.name, row.round - 1):
                draft.put(table, held._replace(round=turn))

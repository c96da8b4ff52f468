"""
Putting facts, letters, answers and documents on record: typed values in, rows out.

A value on record is not overwritten: `correct` changes it, with a reason, and history keeps both. Asking an answered body again
opens a new round of the reply; the earlier round stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, facts, requirement
from workflow.core.agreement import Approval, Document, Row
from workflow.errors import InvalidInput, NotAuthorised, OwnWork, Phrase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from workflow.core.agreement import Instance
    from workflow.core.definition import Definition, Requirement
    from workflow.core.draft import Draft

YES = ("yes", "y", "true", "ya", "はい")
NO = ("no", "n", "false", "tidak", "いいえ")
ACT_DATES = ("signed_on", "held_on", "received", "asked_received", "asked", "sent")  # fields that say when the act happened
ORDER = (("asked", "asked_received"), ("asked", "received"), ("sent", "received"))  # a letter is received after it left


class Fact(NamedTuple):
    """One assignment as typed: `field=value`; `requirement` qualifies it where a flag (`--asked`) was used."""

    field: str
    value: str
    requirement: str = ""


class File(NamedTuple):
    """A document that has been hashed and, unless only its hash is kept, stored."""

    requirement: str
    language: str
    sha256: str
    size: int
    filename: str
    stored: bool = True


def record(draft: Draft, instance: Instance, given: Sequence[Fact], files: Sequence[File], on: str, *, correcting: bool = False) -> list[str]:
    """
    Write facts and files onto the draft; the requirements they answer.

    Raises:
        InvalidInput: an unknown field or requirement, a value of the wrong type, or one that is on record already.
    """
    definition = draft.definition(instance)
    values: dict[str, dict[str, Any]] = {}
    for fact in given:
        need, key, value = read(draft, instance, fact)
        if key == "names":
            value = [*values.get(need.row, {}).get("names", []), *value]
        elif values.get(need.row, {}).get(key, value) != value:
            raise InvalidInput(key, fact.value, "two values are given for it")
        values.setdefault(need.row, {})[key] = value
        if key in need.spec.get("personal", ()):
            draft.personal.add((instance.ref, need.row, key))
    for name in dict.fromkeys(file.requirement for file in files):
        values.setdefault(_documented(definition, name).row, {})
    for name, fields in values.items():
        _write(draft, instance, definition.requirements[name], fields, [file for file in files if file.requirement == name], on,
               correcting=correcting)
    return list(values)


def read(draft: Draft, instance: Instance, fact: Fact) -> tuple[Requirement, str, Any]:
    """The requirement, field and parsed value that one assignment means."""
    definition = draft.definition(instance)
    name = f"{fact.requirement}.{fact.field}" if fact.requirement else fact.field
    if name.startswith(("name.", "instrument.name.")) and "instrument" in definition.requirements:
        party = name.partition("name.")[2]
        known = [row["name"] for row in draft.agreement.parties]
        if party not in known:
            raise InvalidInput("party", party, "no party of this agreement has this name", known)
        return definition.requirements["instrument"], "names", [[party, fact.value]]
    found = definition.field(name, instance.opened_on)
    if found is None:
        if fact.requirement and fact.requirement not in definition.requirements:
            raise InvalidInput("requirement", fact.requirement, Phrase("{stage} has no such requirement", stage=instance.stage),
                               list(definition.requirements))
        raise InvalidInput("field", name, Phrase("{stage} has no such field", stage=instance.stage), _fields(definition))
    need, key, kind = found
    value = parse(key, kind, fact.value, draft)
    if key in ACT_DATES and dates.earliest(value) > _today(draft):
        raise InvalidInput(key, value, Phrase("that day has not come (today is {today})", today=draft.office.today))
    return need, key, value


def parse(field: str, kind: str, text: str, draft: Draft) -> Any:
    """A typed value: text, yes/no, a whole number, a date, a list by commas, or one of the choices."""
    text = text.strip()
    if not text:
        raise InvalidInput(field, text, "a value is needed")
    if kind == "bool":
        word = text.lower()
        if word not in YES + NO:
            raise InvalidInput(field, text, "answer yes or no", ["yes", "no"])
        return word in YES
    if kind == "int":
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise InvalidInput(field, text, "a whole number is needed")
        return int(text)
    if kind == "date":
        return dates.resolve(text, _today(draft), field=field)
    if kind == "list":
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise InvalidInput(field, text, "a value is needed")
        return parts
    if "|" in kind:
        choices = kind.split("|")
        word = {"y": "yes", "n": "no"}.get(text.lower(), text.lower())
        if word not in choices:
            raise InvalidInput(field, text, Phrase("choose one of {choices}", choices=", ".join(choices)), choices)
        return word
    return text


def act_date(draft: Draft, instance: Instance, given: Sequence[Fact]) -> str:
    """The day the facts themselves give to the act: the latest of the dates of signature, meeting, letter or answer."""
    days = [read(draft, instance, fact)[2] for fact in given if fact.field.rpartition(".")[2] in ACT_DATES]
    past = [day for day in days if dates.earliest(day) <= _today(draft)]
    return str(max(past, key=dates.latest)) if past else ""


def approve(draft: Draft, instance: Instance, name: str, decision: str, role: str, reason: str, on: str) -> str:
    """
    One person's decision in one role; the role it was given in.

    Raises:
        InvalidInput: no such approval, or this person has given the same decision in this round already.
        NotAuthorised: the person holds none of the roles that may decide, or (`OwnWork`) decides about their own work.
    """
    definition = draft.definition(instance)
    need = definition.requirements.get(name)
    if need is None or need.kind != "approval":
        raise InvalidInput("approval", name, Phrase("{stage} asks for no such approval", stage=instance.stage),
                           [row.name for row in definition.requirements.values() if row.kind == "approval"])
    actor, roles = draft.office.by, need.spec["roles"]
    held = [own for own in roles if own in actor.roles and own == (role or own)]
    if not held:
        raise NotAuthorised(facts.full_ref(draft, instance), f"approve {name}", [role] if role else roles, actor.name)
    if actor.person in authors(draft, instance, need):
        raise OwnWork(facts.full_ref(draft, instance), f"approve {name}", need.spec["distinct_from"], actor.name)
    mine = [row for row in draft.approvals(instance.ref, name) if row.person == actor.person]
    if mine and mine[-1].decision == decision:
        raise InvalidInput("approval", name, Phrase("you have {decision} it already, on {day}", decision=Phrase(decision), day=mine[-1].on))
    turn = draft.round(instance.ref, name)
    row = draft.row(instance.ref, name) or Row(instance.ref, name, turn, "open", {}, on)
    draft.put("approval", Approval(len(draft.tables["approval"]) + 1, instance.ref, name, turn, actor.person, held[0], decision, reason, on))
    draft.put("row", row._replace(on=on, status="open"))
    status = "refused" if decision == "refused" else "met" if requirement.met(draft, instance, name, on) else "open"
    draft.put("row", row._replace(on=on, status=status))
    return str(held[0])


def authors(draft: Draft, instance: Instance, need: Requirement) -> set[str]:
    """Who may not decide, because they put on record what is to be decided about."""
    return {doc.by for doc in draft.documents(instance.ref, need.spec.get("distinct_from", ""))}


def not_required(draft: Draft, instance: Instance, name: str, reason: str, on: str) -> None:
    """Record that a reply is not needed in this case, with the reason (only where the definition allows it)."""
    need = draft.definition(instance).requirements.get(name)
    if need is None or not need.spec.get("not_required"):
        raise InvalidInput("requirement", name, "it cannot be recorded as not required",
                           [row.name for row in draft.definition(instance).requirements.values() if row.spec.get("not_required")])
    if not reason:
        raise InvalidInput("reason", "", "say why it is not required: --reason TEXT")
    draft.put("row", Row(instance.ref, name, draft.round(instance.ref, name), "not-required", {"reason": reason}, on))


def _today(draft: Draft) -> date:
    return dates.earliest(draft.office.today)


def _fields(definition: Definition) -> list[str]:
    return [field if need.name in definition.owners.get(field, ()) else f"{need.name}.{field}"
            for need in definition.requirements.values() if "row" not in need.spec for field in need.fields]


def _documented(definition: Definition, name: str) -> Requirement:
    need = definition.requirements.get(name)
    kinds = ("document", "letter", "reply", "meeting", "instrument", "checklist")
    if need is None or need.kind not in kinds:
        raise InvalidInput("document", name, Phrase("{stage} keeps no document of this name", stage=definition.name),
                           [row.name for row in definition.requirements.values() if row.kind in kinds and "row" not in row.spec])
    return need


def _write(draft: Draft, instance: Instance, need: Requirement, fields: dict[str, Any], files: list[File], on: str, *, correcting: bool) -> None:
    row = draft.row(instance.ref, need.row) or Row(instance.ref, need.row, 1, "open", {}, on)
    if need.kind == "reply" and "asked" in fields and row.data.get("answer"):
        row = Row(instance.ref, need.row, row.round + 1, "open", {}, on)
    for key, value in fields.items():
        held = row.data.get(key)
        taken = any(dict(held or []).get(party, name) != name for party, name in value) if key == "names" else held not in (None, value)
        if taken and not correcting:
            raise InvalidInput(key, _typed(value), Phrase(
                "{held!r} is on record already; correct that entry instead: mufakat history {ref}, then mufakat correct ENTRY {field}=… --reason …",
                held=_typed(held), ref=facts.full_ref(draft, instance), field=key))
    data = {**row.data, **fields}
    if "names" in fields:  # each party's own, whoever else's is on record
        data["names"] = [list(pair) for pair in (dict(row.data.get("names", [])) | dict(fields["names"])).items()]
    for first, then in ORDER:
        if fields.keys() & {first, then} and data.get(first) and data.get(then) and dates.latest(data[then]) < dates.earliest(data[first]):
            raise InvalidInput(then, data[then], Phrase("it lies before {field} ({day})", field=first, day=data[first]))
    if need.kind == "instrument":
        data = _derived(need, data)
    draft.put("row", row._replace(data=data, on=on, status="open"))
    _keep(draft, instance, need, files, on)
    text = need.spec.get("of_version")
    if text and "of_version" not in data and {"asked", "answer", "held_on"} & fields.keys():
        newest = max((doc.version for doc in draft.documents(instance.ref, text)), default=0)
        data = {**data, "of_version": newest} if newest else data
    draft.put("row", row._replace(data=data, on=on, status="open"))
    draft.put("row", row._replace(data=data, on=on, status=_status(draft, instance, need, on)))


def _typed(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(f"{part[0]}: {part[1]}" if isinstance(part, list) else str(part) for part in value)
    return str(value)


def _derived(need: Requirement, data: dict[str, Any]) -> dict[str, Any]:
    """What follows from a signed paper: a term nobody stated is unknown; a stated number of months gives its end."""
    if need.spec.get("term"):
        data = {"term_kind": "unknown", **data}
    start = data.get("in_force_on") or data.get("signed_on")
    if data.get("term_months") and start and not data.get("ends_on") and "ends_on" in need.fields:
        data = {**data, "ends_on": requirement.later(start, f"{data['term_months']}m")}
    return data


def _keep(draft: Draft, instance: Instance, need: Requirement, files: list[File], on: str) -> None:
    """Documents of one command are one version: a new one where a language of it is on record already."""
    held = draft.documents(instance.ref, need.row)
    every = [doc.version for doc in draft.tables["document"].values() if doc.instance == instance.ref and doc.row == need.row]
    version = max((doc.version for doc in held), default=max(every, default=0) + 1)
    present = {doc.language for doc in held if doc.version == version}
    if any(file.language in present for file in files):
        version += 1
    known = {doc.sha256 for doc in held}
    for file in files:
        if file.sha256 in known and file.language in present:
            continue
        draft.put("document", Document(len(draft.tables["document"]) + 1, instance.ref, need.row, draft.round(instance.ref, need.row), version,
                                       file.language, file.sha256, file.size, file.filename, on, draft.office.by.person, file.stored))


def _status(draft: Draft, instance: Instance, need: Requirement, on: str) -> str:
    row = draft.row(instance.ref, need.row)
    data = row.data if row else {}
    if need.kind == "reply" and data.get("answer"):
        return "met" if data["answer"] in need.spec["accepts"] else "refused"
    if need.kind == "reply" and data.get("asked"):
        return "asked"
    return "met" if requirement.met(draft, instance, need.name, on) else "open"

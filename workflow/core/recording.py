"""
Putting facts, letters, answers and documents on record: typed values in, rows out.

A value on record is not overwritten: `correct` changes it, with a reason, and history keeps both. Asking an answered body again
opens a new round of the reply; the earlier round stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, facts, requirement, rounds
from workflow.core.agreement import Document, Row
from workflow.errors import InvalidInput, Phrase

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
UNSTATED = {"term_kind": "unknown"}  # what stands for a term that nobody stated: whoever states it corrects nothing


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


def record(draft: Draft, instance: Instance, given: Sequence[Fact], files: Sequence[File], on: str) -> None:
    """
    Write facts and files onto the draft.

    Raises:
        InvalidInput: an unknown field or requirement, a value of the wrong type, or one that is on record already.
    """
    definition = draft.definition(instance)
    papers: dict[str, list[File]] = {}
    for file in files:
        papers.setdefault(documented(definition, file.requirement).row, []).append(file._replace(language=language(file.language)))
    values = gathered(draft, instance, given)
    for name in dict.fromkeys([*values, *papers]):
        _write(draft, instance, definition.requirements[name], values.get(name, {}), papers.get(name, []), on)
    draft.notes += [note for name in values for note in requirement.doubts(draft, instance, definition.requirements[name])]


def gathered(draft: Draft, instance: Instance, given: Sequence[Fact]) -> dict[str, dict[str, Any]]:
    """What the assignments of one command say, by row and field; two values for one are refused."""
    values: dict[str, dict[str, Any]] = {}
    for fact in given:
        need, key, value = read(draft, instance, fact)
        held = values.setdefault(need.row, {})
        if key == "names" and value[0][0] not in dict(held.get("names", [])):
            value = [*held.get("names", []), *value]
        elif held.get(key, value) != value:
            raise InvalidInput(key, fact.value, "two values are given for it")
        held[key] = value
    return values


def read(draft: Draft, instance: Instance, fact: Fact) -> tuple[Requirement, str, Any]:
    """The requirement, field and parsed value that one assignment means."""
    definition = draft.definition(instance)
    name = f"{fact.requirement}.{fact.field}" if fact.requirement else fact.field
    head, named, party = name.partition("name.")
    paper = definition.requirements.get(head.removesuffix(".") or "instrument")
    if named and (not head or head.endswith(".")) and paper is not None and "names" in paper.spec:
        known = [row["name"] for row in draft.agreement.parties]
        if party not in known:
            raise InvalidInput("party", party, "no party of this agreement has this name", known)
        return paper, "names", [[party, parse(name, "text", fact.value, draft)]]
    found = definition.field(name, instance.opened_on)
    if found is None:
        if fact.requirement and fact.requirement not in definition.requirements:
            raise InvalidInput("requirement", fact.requirement, Phrase("{stage} has no such requirement", stage=instance.stage),
                               list(definition.requirements))
        raise InvalidInput("field", name, Phrase("{stage} has no such field", stage=instance.stage), _fields(definition))
    need, key, kind = found
    return need, key, parse(key, kind, fact.value, draft)


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
        return _happened(field, dates.resolve(text, _today(draft), field=field), draft)
    if kind == "list":
        parts = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        if not parts:
            raise InvalidInput(field, text, "a value is needed")
        return parts
    if "|" in kind:
        choices, word = kind.split("|"), text.lower()
        if word not in choices and "yes" in choices:
            word = "yes" if word in YES else "no" if word in NO else word
        if word not in choices:
            raise InvalidInput(field, text, Phrase("choose one of {choices}", choices=", ".join(choices)), choices)
        return word
    return text


def _happened(field: str, day: str, draft: Draft) -> str:
    """A date; where it says when something was done, it cannot lie ahead."""
    if field in ACT_DATES and dates.earliest(day) > _today(draft):
        raise InvalidInput(field, day, Phrase("that day has not come (today is {today})", today=draft.office.today))
    return day


def language(code: str) -> str:
    """The language of a file, in small letters: `id`, `ja`, `zh-hant`; empty where nobody said."""
    if code and not all(part.isascii() and part.isalnum() and 2 <= len(part) <= 8 for part in code.split("-")):
        raise InvalidInput("language", code, "write a language's code, such as id, en or ja")
    return code.lower()


def act_date(draft: Draft, instance: Instance, given: Sequence[Fact]) -> str:
    """The day the facts themselves give to the act: the latest of the dates of signature, meeting, letter or answer."""
    days = [read(draft, instance, fact)[2] for fact in given if fact.field.rpartition(".")[2] in ACT_DATES]
    return str(max(days, key=dates.latest, default=""))


def not_required(draft: Draft, instance: Instance, name: str, reason: str, on: str) -> None:
    """Record that a reply is not needed in this case, with the reason (only where the definition allows it)."""
    need = draft.definition(instance).requirements.get(name)
    if need is None or not need.spec.get("not_required"):
        raise InvalidInput("requirement", name, "it cannot be recorded as not required",
                           [row.name for row in draft.definition(instance).requirements.values() if row.spec.get("not_required")])
    if not reason:
        raise InvalidInput("reason", "", "say why it is not required: --reason TEXT")
    held = draft.row(instance.ref, name)
    if held is not None and (held.data.get("answer") or held.status == "not-required"):
        raise InvalidInput("requirement", name, Phrase("{answer!r} is on record already", answer=held.data.get("answer", held.status)))
    draft.put("row", Row(instance.ref, name, draft.round(instance.ref, name), "not-required", {"reason": reason}, on))


def _today(draft: Draft) -> date:
    return dates.earliest(draft.office.today)


def _fields(definition: Definition) -> list[str]:
    return [field if need.name in definition.owners.get(field, ()) else f"{need.name}.{field}"
            for need in definition.requirements.values() if "row" not in need.spec for field in need.fields]


def documented(definition: Definition, name: str) -> Requirement:
    need = definition.requirements.get(name)
    kinds = ("document", "letter", "reply", "meeting", "instrument", "checklist")
    if need is None or need.kind not in kinds:
        raise InvalidInput("document", name, Phrase("{stage} keeps no document of this name", stage=definition.name),
                           [row.name for row in definition.requirements.values() if row.kind in kinds and "row" not in row.spec])
    return need


def _write(draft: Draft, instance: Instance, need: Requirement, fields: dict[str, Any], files: list[File], on: str) -> None:
    row = draft.row(instance.ref, need.row) or Row(instance.ref, need.row, 1, "open", {}, on)
    if rounds.asks_again(draft, instance, need, row, fields):
        row = Row(instance.ref, need.row, row.round + 1, "open", {}, on)
    for key, value in fields.items():
        held = row.data.get(key)
        taken = held not in (None, value, UNSTATED.get(key))
        if key == "names":
            taken = any(dict(held or []).get(party, name) != name for party, name in value)
        if taken:
            raise InvalidInput(key, _typed(value), Phrase(
                "{held!r} is on record already; correct that entry instead: mufakat history {ref}, then mufakat correct ENTRY {field}=… --reason …",
                held=_typed(held), ref=facts.full_ref(draft, instance), field=facts.typed(draft, instance, need.name, key)))
    data = _merged(need, row.data, fields)
    if data == row.data and not (files and _fresh(draft, instance, need, files)[1]):
        return  # it is on record already, as of the day on which it was said first
    row = row._replace(data=data, on=on, status="open")
    draft.put("row", row)
    _keep(draft, instance, need, files, on)
    text = need.spec.get("of_version")
    if text and "of_version" not in row.data and {"asked", "answer", "held_on"} & fields.keys():
        newest = rounds.newest(draft, instance, text)
        row = row._replace(data={**row.data, "of_version": newest} if newest else row.data)
    draft.put("row", row)
    draft.put("row", row._replace(status=_status(draft, instance, need, row, on)))


def _typed(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(f"{part[0]}: {part[1]}" if isinstance(part, list) else str(part) for part in value)
    return str(value)


def rewrite(draft: Draft, instance: Instance, name: str, turn: int, fields: dict[str, Any], on: str) -> None:
    """Put other values into one round of a row, as a correction does; an end that was reckoned from the old ones is reckoned again."""
    need, row = draft.definition(instance).requirements[name], draft.tables["row"][instance.ref, name, turn]
    data = dict(row.data)
    if need.kind == "instrument" and data.get("ends_on") and data["ends_on"] == _end(data):
        del data["ends_on"]
    row = row._replace(data=_merged(need, data, fields))
    draft.put("row", row)
    draft.put("row", row._replace(status=_status(draft, instance, need, row, on)))


def _merged(need: Requirement, held: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """What a row holds once these fields are on record, and what follows from them."""
    data = {**held, **fields}
    if "names" in fields:  # each party's own, whoever else's is on record
        data["names"] = [list(pair) for pair in (dict(held.get("names", [])) | dict(fields["names"])).items()]
    for first, then in ORDER:
        if fields.keys() & {first, then} and dates.surely_before(data.get(then, ""), data.get(first, "")):
            raise InvalidInput(then, data[then], Phrase("it lies before {field} ({day})", field=first, day=data[first]))
    if need.kind != "instrument":
        return data
    if need.spec.get("term"):
        data = {**UNSTATED, **data}
    end = _end(data) if "ends_on" in need.fields and not data.get("ends_on") else ""
    return {**data, "ends_on": end} if end else data


def _end(data: dict[str, Any]) -> str:
    """The last day that a stated number of months gives."""
    start = data.get("in_force_on") or data.get("signed_on")
    return dates.later(start, f"{data['term_months']}m") if data.get("term_months") and start else ""


def _keep(draft: Draft, instance: Instance, need: Requirement, files: list[File], on: str) -> None:
    """Documents of one command are one version: a new one where a language of it is on record already with another content."""
    version, fresh, replaces = _fresh(draft, instance, need, files)
    first = not draft.documents(instance.ref, need.row)
    if replaces:
        version, fresh = version + 1, list(files)  # a language whose text has not changed belongs to the new version too
    for file in fresh:
        draft.put("document", Document(len(draft.tables["document"]) + 1, instance.ref, need.row, draft.round(instance.ref, need.row), version,
                                       file.language, file.sha256, file.size, file.filename, on, draft.office.by.person, file.stored))
    if replaces or (fresh and first):  # of the first version too: nobody can have approved what was not there
        rounds.approved_again(draft, instance, need.row, on)


def _fresh(draft: Draft, instance: Instance, need: Requirement, files: list[File]) -> tuple[int, list[File], bool]:
    """The version on record (the first, where there is none), the files that it lacks, and whether they take the place of others in it."""
    held = draft.documents(instance.ref, need.row)
    every = [doc.version for doc in draft.tables["document"].values() if doc.instance == instance.ref and doc.row == need.row]
    version = max((doc.version for doc in held), default=max(every, default=0) + 1)
    present = {(doc.language, doc.sha256) for doc in held if doc.version == version}
    fresh = [file for file in files if (file.language, file.sha256) not in present]
    return version, fresh, bool({file.language for file in fresh} & {language for language, _ in present})


def _status(draft: Draft, instance: Instance, need: Requirement, row: Row, on: str) -> str:
    if need.kind == "reply" and row.data.get("answer"):
        return "met" if row.data["answer"] in need.spec["accepts"] else "refused"
    if need.kind == "reply" and row.data.get("asked"):
        return "asked"
    if row.round != draft.round(instance.ref, need.row):
        return row.status
    return "met" if requirement.met(draft, instance, need.name, on) else "open"

"""
The judges, one for each kind of requirement: what is missing of it, and the command that records that.

Each yields every reason it finds; `JUDGES` names them. What is missing of the papers and what cannot be (an answer before its question) are
told alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core import dates, facts
from workflow.core.facts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from workflow.core.agreement import Document, Instance, Row
    from workflow.core.definition import Requirement
    from workflow.core.draft import Draft

Reason = tuple[str, dict[str, str], str]  # message, what fills it, arguments after the reference (empty: no command)
UNOFFICIAL = "partner"


class Question(NamedTuple):
    """One requirement asked of one instance on one day."""

    draft: Draft
    instance: Instance
    need: Requirement
    on: str

    @property
    def row(self) -> Row | None:
        return self.draft.row(self.instance.ref, self.need.row)

    @property
    def data(self) -> dict[str, Any]:
        row = self.row
        return row.data if row else {}

    @property
    def documents(self) -> list[Document]:
        return self.draft.documents(self.instance.ref, self.need.row)

    def missing(self, names: Iterator[str] | list[str]) -> list[str]:
        return [name for name in names if self.data.get(name) in (None, "", [])]


def _assign(question: Question, names: list[str]) -> str:
    """The assignments a person types, qualified where the bare field name is not the requirement's."""
    typed = [facts.typed(question.draft, question.instance, question.need.name, name) for name in names]
    return " ".join(f"{name}={facts.hint(question.draft, question.instance, name)}" for name in typed)


def _fields(question: Question, names: list[str]) -> Iterator[Reason]:
    missing = question.missing(names)
    if missing:
        yield *say("not on record: {fields}", fields=", ".join(missing)), f"record {_assign(question, missing)}"


def _guard(question: Question) -> Iterator[Reason]:
    name = question.need.spec.get("guard")
    if name:
        def known(fact: str) -> Any:
            return facts.fact(question.draft, question.instance, fact)
        why = question.draft.office.guards[name](known, question.draft.office.today)
        if why:
            yield why, {}, ""


def _field(question: Question) -> Iterator[Reason]:
    yield from _fields(question, list(question.need.fields))
    within = question.need.spec.get("subset_of", "")
    allowed = facts.fact(question.draft, question.instance, within.removeprefix("link:")) if within else None
    if allowed:
        outside = [value for value in question.data.get("fields", ()) if value not in allowed]
        if outside:
            yield *say("outside the scope of the agreement it rests on: {values}", values=", ".join(outside)), ""
    yield from _guard(question)


def _file(question: Question) -> Iterator[Reason]:
    if not question.documents:
        code = ":LANGUAGE" if "languages_min" in question.need.spec else ""
        yield *say("the file is not on record"), f"record --document {question.need.row}=FILE{code}"


def _document(question: Question) -> Iterator[Reason]:
    spec, name = question.need.spec, question.need.row
    documents = question.documents
    yield from _file(question)
    if documents:
        newest = max(doc.version for doc in documents)
        languages = {doc.language.partition("-")[0] for doc in documents if doc.version == newest and doc.language}  # whatever script or region
        wanted = spec.get("languages_min", 0)
        if len(languages) < wanted:
            yield (*say("it takes {wanted} languages, on record: {languages}", wanted=wanted, languages=", ".join(sorted(languages)) or "-"),
                   f"record --document {name}=FILE:LANGUAGE")
        yield from _absent(name, set(spec.get("languages", ())) - languages if len(languages) >= wanted else set())
        if spec.get("per_language"):
            signed = {doc.language.partition("-")[0] for doc in question.draft.documents(question.instance.ref, "instrument")} - {""}
            yield from _absent(name, signed - languages)
    for key, wanted_values in (("parts", spec.get("parts", ())), ("sent_to", spec.get("to", ()))):
        absent = [value for value in wanted_values if value not in question.data.get(key, ())]
        if absent:
            yield *say("it must name: {parts}", parts=", ".join(absent)), _list(question, f"{name}.{key}", key, wanted_values)
    yield from _fields(question, list(spec.get("of", ())))
    yield from _guard(question)


def _absent(name: str, languages: set[str]) -> Iterator[Reason]:
    if languages:
        yield (*say("no copy on record in: {languages}", languages=", ".join(sorted(languages))),
               " ".join(["record", *(f"--document {name}=FILE:{code}" for code in sorted(languages))]))


def _list(question: Question, field: str, key: str, wanted: Iterable[str]) -> str:
    """What puts a whole list on record: a correction, where a part of it is there."""
    value = f"{field}={','.join(wanted)}"
    return f"mufakat correct ENTRY {value} --reason TEXT" if question.data.get(key) else f"record {value}"


def _official(question: Question) -> bool:
    spec = question.need.spec
    return UNOFFICIAL not in (spec.get("actor"), spec.get("to")) and not spec.get("parties")


def _letter(question: Question) -> Iterator[Reason]:
    name = question.need.row
    dated = "received" if question.need.spec.get("parties") and question.data.get("received") else "sent"  # of the other party's it is its receipt
    if question.missing([dated]) or (_official(question) and (question.missing(["number"]) or not question.documents)):
        tail = " --letter NUMBER --file FILE" if _official(question) else ""
        yield *say("the letter is not on record"), f"record {name} --sent DATE{tail}"
    enclosed = question.need.spec.get("encloses")
    held = question.draft.row(question.instance.ref, enclosed) if enclosed else None
    if enclosed and (held is None or held.status not in ("met", "waived", "not-required")):  # of whatever version it decided on
        yield *say("what it must enclose is not on record: {requirement}", requirement=enclosed), ""
    yield from _fields(question, list(question.need.spec.get("of", ())))
    yield from _guard(question)


def _reply(question: Question) -> Iterator[Reason]:
    spec, data, name = question.need.spec, question.data, question.need.row
    outcomes, accepts = "|".join(spec["outcomes"]), spec["accepts"]
    number = " --letter NUMBER --file FILE" if _official(question) else ""
    first = question.draft.definition(question.instance).requirements.get(name, question.need)  # several may read one reply
    asks = "" if "request" in first.spec or spec.get("unasked") else f"record {name} --asked DATE{number}"
    if asks and question.missing(["asked"]):
        yield *say("nobody has asked yet"), asks
    if question.missing(["answer"]):
        yield *say("there is no answer yet"), f"record {name} --answer {outcomes} --received DATE{number}"
        return
    if data["answer"] not in accepts:
        yield *say("the answer of {date} is {answer!r}; this takes {accepts}", date=data.get("received", "?"), answer=data["answer"],
                   accepts=", ".join(accepts)), asks if name == question.need.name else ""
        return
    if question.missing(["received"]) or (_official(question) and (question.missing(["number"]) or not question.documents)):
        yield *say("the answer has no date, number or file"), f"record {name} --received DATE{number}"
    yield from _version(question, data.get("of_version"))
    if dates.surely_before(data.get("received", ""), _sent(question)):
        yield *say("{received} comes before {sent}: one of these dates is wrong, correct it", received=data["received"], sent=_sent(question)), ""
    if spec.get("stale") != "warn":
        yield from _stale(question)


def warnings(question: Question) -> Iterator[Reason]:
    """What does not stand in the way, but should be known: an answer no longer fresh where the definition only warns, a party without its name."""
    if question.need.spec.get("names") == "per-party" and question.row is not None and question.row.status != "unknown":
        nameless = [party["name"] for party in question.draft.agreement.parties if party["name"] not in dict(question.data.get("names", []))]
        if nameless:
            yield (*say("its name at these parties is not on record: {parties}", parties=", ".join(nameless)),
                   "record " + " ".join(f"'{question.need.name}.name.{party}=TEXT'" for party in nameless))
    yield from _lead(question)
    if question.need.spec.get("stale") == "warn" and question.data.get("answer") in question.need.spec["accepts"]:
        yield from _stale(question)


def _lead(question: Question) -> Iterator[Reason]:
    """A letter that names an end sooner than the text gives time for: the parties may have agreed on it, so it is told and not refused."""
    lead = question.need.spec.get("lead")
    months = facts.fact(question.draft, question.instance, lead["months"]) if lead else None
    given, ends = question.data.get("sent") or question.data.get("received"), question.data.get(lead["field"]) if lead else None
    if months and given and ends and dates.surely_before(ends, dates.later(given, f"{months}m")):
        yield (*say("the text gives {months} months' notice, until {date}; this ends it on {ends}", months=months,
                    date=dates.later(given, f"{months}m"), ends=ends), "")


def _stale(question: Question) -> Iterator[Reason]:
    span, received = question.need.spec.get("fresh_for", ""), question.data.get("received")
    until = dates.later(received, span) if span and received else ""
    if until and dates.surely_before(until, question.on):
        yield *say("it was fresh until {date} only: ask again", date=until), f"record {question.need.row} --asked DATE"


def _sent(question: Question) -> str:
    """The day on which the letter left that a reply answers, where it is a letter of its own."""
    definition, name = question.draft.definition(question.instance), question.need.row
    letter = question.draft.row(question.instance.ref, definition.requirements.get(name, question.need).spec.get("request", ""))
    return str(letter.data.get("sent", "")) if letter else ""


def _version(question: Question, of_version: int | None) -> Iterator[Reason]:
    text = question.need.spec.get("of_version")
    documents = question.draft.documents(question.instance.ref, text) if text else []
    newest = max((doc.version for doc in documents), default=0)
    if newest and of_version is not None and of_version < newest:
        again = "held_on=DATE attended=A,B" if question.need.kind == "meeting" else f"{question.need.row} --asked DATE"
        yield *say("it is about version {old} of {text}; the text is now version {new}", old=of_version, text=text, new=newest), f"record {again}"


def _approval(question: Question) -> Iterator[Reason]:
    spec, rows = question.need.spec, question.draft.approvals(question.instance.ref, question.need.row)
    latest = {row.person: row for row in rows}
    for row in latest.values():
        if row.decision == "refused":
            yield *say("refused by {person} on {date}: {reason}", person=row.person, date=row.on, reason=row.reason or "-"), ""
    authors = {doc.by for doc in question.draft.documents(question.instance.ref, spec.get("distinct_from", ""))}
    given = [row for row in latest.values() if row.decision == "approved" and row.person not in authors]
    wanted = spec.get("quorum", 1)
    if len(given) < wanted:
        yield (*say("{given} of {wanted} approvals by different people ({roles})", given=len(given), wanted=wanted, roles=", ".join(spec["roles"])),
               f"{_by_another(question, authors | latest.keys())}{question.need.row}")


def _by_another(question: Question, done: set[str]) -> str:
    """The verb of an approval, by somebody else where whoever asks may not give it: no role for it, the text is theirs, they have decided."""
    by = question.draft.office.by
    mine = by.person not in done and set(by.roles) & set(question.need.spec["roles"])
    return "approve " if mine else f"mufakat --as PERSON approve {facts.full_ref(question.draft, question.instance)} "


def _checklist(question: Question) -> Iterator[Reason]:
    yield from _fields(question, list(question.need.fields))
    for name in question.need.spec.get("hard", ()):
        if question.data.get(name) not in (None, "yes"):
            yield *say("{item} is answered {answer!r}: the law asks for yes", item=name, answer=question.data[name]), ""


def _meeting(question: Question) -> Iterator[Reason]:
    spec = question.need.spec
    yield from _fields(question, ["held_on", "attended"])
    wanted = [*spec.get("members", ())]
    if "members_of" in spec:
        wanted += facts.fact(question.draft, question.instance, spec["members_of"].removeprefix("field:")) or []
    absent = [member for member in wanted if member not in question.data.get("attended", ())]
    if question.data.get("attended") and absent:
        yield *say("not among those who attended: {members}", members=", ".join(absent)), _list(question, "attended", "attended", wanted)
    yield from _file(question)
    yield from _version(question, question.data.get("of_version"))


def _instrument(question: Question) -> Iterator[Reason]:
    spec = question.need.spec
    wanted = ["signed_on"] + ["place"] * bool(spec.get("place")) + ["originals"] * bool(spec.get("originals"))
    if question.data.get("term_kind") in ("fixed", "auto-renew"):
        wanted += ["ends_on"] + ["term_months"] * (question.data["term_kind"] == "auto-renew")
    yield from _fields(question, wanted)
    yield from _document(question)


def _stage(question: Question) -> Iterator[Reason]:
    link, wanted = question.need.spec["link"], question.need.spec["holds"]
    other = question.draft.linked(question.instance, link)
    if other is None:
        yield *say("no {link} is linked", link=link), f"record --link {link}=STAGE"
    elif not question.draft.holds(other, wanted):
        yield *say("{ref} stands in {state}, which is not {wanted}", ref=other.ref, state=other.state, wanted=wanted), ""


def _items(question: Question) -> Iterator[Reason]:
    draft, spec = question.draft, question.need.spec
    items = [item for item in draft.items(question.instance.ref) if item.state != "dropped" or spec.get("all_in")]
    if len(items) < spec.get("min", 0):
        yield *say("it has {count} items, at least {wanted} are needed", count=len(items), wanted=spec["min"]), "open item title=TEXT due_on=DATE"
    for item in items:
        if spec.get("all_in") and item.state not in spec["all_in"]:
            yield *say("item {ref} is {state}", ref=item.ref, state=item.state), ""
        if facts.applies(draft, item, spec.get("when_item", {})) is False:
            continue
        absent = [name for name in spec.get("each", ()) if facts.fact(draft, item, name) in (None, "", [])]
        if absent:
            typed = " ".join(f"{name}={facts.hint(draft, item, name)}" for name in absent)
            yield *say("item {ref} lacks: {fields}", ref=item.ref, fields=", ".join(absent)), f"mufakat record {facts.full_ref(draft, item)} {typed}"


def _reached(question: Question) -> Iterator[Reason]:
    name = question.need.spec["field"]
    value = facts.fact(question.draft, question.instance, name)
    if not value:
        yield *say("{field} is not on record", field=name), f"record {name}=DATE"
    elif dates.latest(value) > min(dates.latest(question.on), dates.latest(question.draft.office.today)):
        yield *say("{field} is {date}: that day has not come", field=name, date=value), ""


JUDGES: dict[str, Callable[[Question], Iterator[Reason]]] = {
    "field": _field, "document": _document, "letter": _letter, "reply": _reply, "approval": _approval, "checklist": _checklist,
    "meeting": _meeting, "instrument": _instrument, "stage": _stage, "items": _items, "reached": _reached,
}

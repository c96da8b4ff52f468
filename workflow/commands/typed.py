"""What was typed, read: assignments, files, links, dates, and the flags of a letter as the fields that they mean."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.commands.language import LANGUAGES, _, chosen
from workflow.commands.words import day_text
from workflow.core import dates
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workflow.commands.app import App
    from workflow.core.definition import Definition, Requirement
    from workflow.core.recording import Fact
    from workflow.engine import Ask, Paper

FLAGS = {  # option -> field, by the kind of the requirement; `letter` is settled in `_number`
    "reply": {"asked": "asked", "receipt": "asked_received", "answer": "answer", "received": "received"},
    "letter": {"sent": "sent", "received": "received"},
}
WRITTEN = ("asked", "receipt", "answer", "received", "sent", "letter")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)  # BCP 47: a language, its script, its region
PARTY_FORM = Phrase("write NAME:CC or NAME:CC:KIND, such as 木更津市:JP")


class Words(NamedTuple):
    """The words after the reference: names without `=`, and assignments."""

    names: list[str]
    facts: list[Fact]


def split(words: Iterable[str]) -> Words:
    from workflow.core.recording import Fact

    names, facts = [], []
    for word in words:
        field, equals, value = word.partition("=")
        if equals:
            facts.append(Fact(field.strip(), value))
        else:
            names.append(word)
    return Words(names, facts)


def ask(app: App, typed: Mapping[str, Any], facts: Sequence[Fact] = (), papers: Sequence[Paper] = ()) -> Ask:
    """The options of a write as the engine takes them."""
    from workflow.engine import Ask

    if typed["role"]:
        from workflow.administration import ROLES

        if typed["role"] not in ROLES:
            raise InvalidInput("role", typed["role"], Phrase("choose one of {choices}", choices=", ".join(ROLES)), ROLES)
    files = [*papers, *map(_document, typed.get("documents", ()))]
    return Ask(
        facts=tuple(facts), papers=tuple(paper._replace(reference_only=bool(typed.get("reference_only"))) for paper in files),
        links=dict(map(_link, typed.get("links", ()))), occurred=occurred(app, typed["occurred_at"]), reason=typed["reason"],
        role=typed["role"], if_state=typed.get("if_state", ""), request=typed["request_id"], dry_run=typed["dry_run"],
    )


def occurred(app: App, text: str, field: str = "occurred-at") -> str:
    """A date as typed; one that was relative is echoed as the day it came to."""
    if not text:
        return ""
    if text.strip()[:1].isdigit() or text.strip().startswith(dates.NOT_AFTER):
        return dates.check(text, field)
    library = app.using.library
    settings = library.settings()
    found = dates.resolve(text, dates.earliest(app.today), library.calendar(str(settings.get("calendar") or "ID")), field)
    app.console.tell(_("{typed} is {day} ({zone})").format(typed=text, day=day_text(found), zone=library.zone))
    return found


def party(text: str) -> dict[str, Any]:
    """`木更津市:JP`, `PPI Jepang:JP:association`."""
    parts = text.rsplit(":", 2)
    if len(parts) == 3 and not _is_country(parts[1]):
        parts = [":".join(parts[:2]), parts[2]]
    if len(parts) < 2 or not parts[0].strip() or not _is_country(parts[1]):
        raise InvalidInput("party", text, PARTY_FORM)
    return {"name": parts[0].strip(), "country": parts[1].upper(), "kind": parts[2] if len(parts) > 2 else "city"}


def param(app: App, text: str) -> tuple[str, Any]:
    """`loi_draft_days=90`: a policy that the definitions know, for one agreement alone."""
    from workflow.commands.config import checked_policy, policies

    name, equals, value = text.partition("=")
    if not equals or not value:
        raise InvalidInput("param", text, "write NAME=VALUE")
    known = policies(app)
    if name not in known:
        raise InvalidInput("param", name, "there is no such setting", list(known))
    return name, checked_policy(app, name, value)


def ladder(text: str) -> tuple[str, str]:
    """`-30d,-7d,0` for a whole agreement, `council=-10bd,0` for one deadline of it."""
    from workflow.core.ladder import own

    name, equals, leads = text.rpartition("=")
    return (own(name), leads) if equals else ("ladder", leads)


def on_requirement(app: App, ref: str, name: str, trigger: str, facts: Sequence[Fact], flags: Mapping[str, Any],
                   ) -> tuple[list[Fact], list[Paper]]:
    """
    Facts and files as they belong to one requirement: the flags of its letter, and fields that only it may mean.

    Without a name it is the one letter or reply that the trigger needs.

    Raises:
        InvalidInput: no such requirement, none or several to choose from, or a flag that its kind has no field for.
    """
    given = {flag: str(flags[flag]) for flag in WRITTEN if flags.get(flag)}
    files = list(flags.get("files", ()))
    if not name and not given and not files:
        return list(facts), []
    from workflow.core.recording import Fact

    words = app.words(ref)
    definition = words.definition(words.find(ref.partition("/")[2]))
    need = _need(definition, name, trigger, given)
    if need.kind == "approval":
        raise InvalidInput("requirement", name, Phrase("it is an approval, given by who may give it: mufakat approve {ref} {name}", ref=ref,
                                                       name=name))
    own = [fact._replace(requirement=need.name) if "." not in fact.field and fact.field in need.fields else fact for fact in facts]
    own += [Fact(field, value, need.name) for field, value in _fields(need, given)]
    return own, [_paper(need.name, file) for file in files]


def _need(definition: Definition, name: str, trigger: str, given: Mapping[str, str]) -> Requirement:
    if name:
        if name not in definition.requirements and name in definition.owners:
            raise InvalidInput("requirement", name, Phrase("it is a field: write {name}=VALUE", name=name))
        if name not in definition.requirements:
            raise InvalidInput("requirement", name, Phrase("{stage} has no such requirement", stage=definition.name), list(definition.requirements))
        return definition.requirements[name]
    transition = definition.transitions.get(trigger)
    needs = [definition.requirements[need] for need in transition.needs] if transition else []
    written = [need for need in needs if need.kind in FLAGS and {*FLAGS[need.kind], "letter"}.issuperset(given)]
    if len(written) == 1:
        return written[0]
    candidates = [need.name for need in written or definition.requirements.values() if need.kind in FLAGS]
    raise InvalidInput("requirement", "", Phrase("say which letter it is about, right after the transition") if trigger else
                       Phrase("say which letter it is about, right after the reference"), candidates)


def _fields(need: Requirement, given: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    table = FLAGS.get(need.kind, {})
    for flag, value in given.items():
        if flag == "letter" and table:
            yield "asked_number" if need.kind == "reply" and "asked" in given else "number", value
        elif flag in table:
            yield table[flag], value
        else:
            known = [f"--{name}" for name in (*table, *(["letter"] if table else []))]
            takes = ", ".join(known) or Phrase("fields, not the parts of a letter")
            raise InvalidInput(f"--{flag}", value, Phrase("{name} is a {kind}; it takes {takes}", name=need.name, kind=need.kind, takes=takes), known)


def _document(text: str) -> Paper:
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise InvalidInput("document", text, "write REQUIREMENT=FILE or REQUIREMENT=FILE:LANG")
    return _paper(name, file)


def _paper(name: str, file: str) -> Paper:
    from workflow.engine import Paper

    file = os.path.expanduser(file)  # a shell leaves a ~ after = as it is
    path, colon, language = file.rpartition(":")
    if colon and path and LANGUAGE.fullmatch(language) and not os.path.exists(file):
        return Paper(name, path, _language(language.lower()))
    return Paper(name, file)


def _language(code: str) -> str:
    """The code of a language; those of the office are known without looking."""
    if code in LANGUAGES:
        return code
    from workflow.messages.languages import exists, meant

    if exists(code):
        return code
    primary = code.partition("-")[0]
    near = "" if exists(primary) else ", ".join(meant(primary, chosen()))
    raise InvalidInput("language", code, Phrase("no language has this code; perhaps {codes}", codes=near) if near else
                       Phrase("write a language's code, such as id, en or ja"))


def _link(text: str) -> tuple[str, str]:
    name, equals, stage = text.partition("=")
    if not equals or not stage:
        raise InvalidInput("link", text, "write LINK=STAGE")
    return name, stage


def _is_country(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha()


def duration(field: str, text: str, *, days: bool = True) -> int:
    """A time such as 30s, 5m, 1h or 2d in seconds; without `days` it is one that a day has room for."""
    number, unit = text[:-1], text[-1:]
    found = int(number) * SECONDS.get(unit, 0) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if not found or not (days or (unit != "d" and found <= SECONDS["d"])):
        raise InvalidInput(field, text, Phrase("write a time such as 30m, 1h, 2d") if days else Phrase("write a time up to a day: 30s, 5m, 1h"))
    return found

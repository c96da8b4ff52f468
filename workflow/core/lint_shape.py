"""
The shape of a definition file: which keys each table may carry and what their values look like.

`SHAPES` is the vocabulary as data; a key that ends in `!` is required. `clean` reports every departure and hands on only what is
well-formed, so that the later looks of the lint (names, machines, dates, labels) need not fear the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LANGUAGES = ("en", "id", "ja")
ROLES = ("coordinator", "legal", "secretary", "mayor", "technical-unit", "finance")  # the auditor reads, never acts
ACTORS = ("mayor", "city", "partner", "council", "partner-council", "home-affairs", "foreign-affairs", "province", "governor", "mission")
HOLDS = ("signed", "in-force", "ended", "failed", "superseded", "travel-cleared", "activity", "explored", "noticed")
KINDS = ("field", "document", "letter", "reply", "approval", "checklist", "meeting", "instrument", "stage", "items", "reached")
TRACK_KINDS = ("ksdpl", "ksdll", "ksdpk")
TYPES = ("text", "bool", "int", "date", "list")
RESERVED = ("trigger", "state", "states", "initial", "model", "events")  # words of the machine underneath

BASES = "=statute|circular|clause|policy"
COMMON = {"kind!": "=" + "|".join(KINDS), "when": "when", "basis": BASES, "citation": "text", "since": "date", "until": "date", "soft": "bool",
          "guard": "id", "personal": "fields"}
SHAPES: dict[str, dict[str, str]] = {
    "stage": {"schema!": "=1", "name!": "id", "version!": "count", "initial!": "id", "open!": "{open", "link": "[link",
              "requirement!": "[requirement", "state!": "[state", "transition!": "[transition", "deadline": "[deadline", "item": "{item",
              "label!": "table"},
    "item": {"initial!": "id", "open!": "{open", "requirement!": "[requirement", "state!": "[state", "transition!": "[transition",
             "deadline": "[deadline"},
    "open": {"roles!": "roles", "needs": "ids", "existing": "=any", "at": "(at", "parent": "ids"},
    "at": {"state!": "id", "when!": "when", "needs!": "ids", "carries": "ids"},
    "link": {"stages!": "ids", "optional": "bool", "gap_from": "field"},
    "requirement.field": COMMON | {"of!": "of", "subset_of": "text"},
    "requirement.document": COMMON | {"versioned": "bool", "languages_min": "count", "languages": "ids", "parts": "fields",
                                      "per_language": "bool", "to": "actors", "of": "of"},
    "requirement.letter": COMMON | {"to": "actor", "from": "actor", "encloses": "id", "parties": "bool", "lead": "{lead", "of": "of"},
    "lead": {"field!": "field", "months!": "fact"},
    "requirement.reply": COMMON | {"actor!": "actor", "via": "actor", "outcomes!": "ids", "accepts!": "ids", "request": "id", "row": "id",
                                   "of_version": "id", "not_required": "bool", "unasked": "bool", "fresh_for": "span", "stale": "=warn|refuse"},
    "requirement.approval": COMMON | {"roles!": "roles", "quorum!": "count", "in_person": "bool", "distinct_from": "id"},
    "requirement.checklist": COMMON | {"hard": "fields", "answer": "fields", "answered_by": "id"},
    "requirement.meeting": COMMON | {"convenes": "actor", "members!": "actors", "members_of": "text", "of_version": "id"},
    "requirement.instrument": COMMON | {"names": "=per-party", "dates!": "fields", "term": "bool", "place": "bool", "originals": "bool",
                                        "languages_min": "count", "languages": "ids", "signatory": "=mayor|official", "in_person": "bool",
                                        "parts": "fields"},
    "requirement.stage": COMMON | {"link!": "id", "holds!": "hold"},
    "requirement.items": COMMON | {"min": "count", "each": "fields", "when_item": "when", "all_in": "ids"},
    "requirement.reached": COMMON | {"field!": "fact"},
    "state": {"final": "bool", "holds": "holds"},
    "transition": {"from!": "ids", "to": "id", "roles": "roles", "actor": "actor", "needs": "ids", "when": "when", "clock": "bool",
                   "follows": "{follows", "opens": "{opens", "reopens": "ids", "counter": "field", "sets": "values", "irregular": "bool",
                   "relinks": "id", "drops_items": "bool", "parent": "ids"},
    "follows": {"stage": "text", "via!": "id", "of": "id", "event": "=opened", "holds": "hold", "every": "bool",
                "unless": "=successor:in-force"},
    "opens": {"stage!": "text", "link!": "id", "if_open": "=skip", "with": "values"},
    "deadline": {"anchor!": "texts", "amount": "number", "amount_field": "fact", "param": "field", "suggested": "span",
                 "unit!": "=working-day|day|month|year", "direction!": "=after|before", "calendar": "=ID|JP", "roll": "=none|forward|back",
                 "while": "ids", "while_holds": "hold", "when": "when", "met_by": "text", "basis!": BASES, "citation": "text", "since": "date",
                 "on_expiry!": "=escalate|fire|block", "fire": "id", "blocks": "id", "escalate": "roles", "ladder": "ladder", "repeat": "span",
                 "every": "bool", "suspendable": "bool", "extendable": "bool", "waivable": "bool", "shows": "id", "optional": "bool",
                 "at": "=start|end"},
    "track": {"schema!": "=1", "name!": "id", "version!": "count", "kind!": "=" + "|".join(TRACK_KINDS), "stage!": "[track-stage",
              "deadline": "[deadline", "label!": "table"},
    "track-stage": {"many": "many", "after": "(after"},
    "after": {"stage!": "id", "holds": "hold", "state": "id", "link": "id", "soft": "bool", "when": "when"},
}


class Report:
    """The problems of one file, as they are found."""

    def __init__(self, file: str) -> None:
        self.file, self.problems = file, list[Problem]()

    def __call__(self, key: str, text: str, level: str = "error") -> None:
        self.problems.append(Problem(self.file, key, text, level))

    def unknown(self, key: str, what: str, name: object, known: Iterable[str]) -> None:
        """A name that is not among those known, with the one that was probably meant."""
        from difflib import get_close_matches

        near = get_close_matches(str(name), list(known), 1)
        self(key, f"unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))

    def known(self, key: str, what: str, names: Iterable[str], known: Iterable[str]) -> None:
        known = list(known)
        for name in names:
            if name not in known:
                self.unknown(key, what, name, known)


def clean(report: Report, key: str, table: Mapping[str, Any], shape: str) -> dict[str, Any]:
    """What is well-formed of a table, its sub-tables included; everything else is reported."""
    rows = SHAPES[shape]
    names = {name.rstrip("!"): kind for name, kind in rows.items()}
    for name in table:
        if name not in names:
            report.unknown(f"{key}{name}", "key", name, names)
    for name in rows:
        if name.endswith("!") and name[:-1] not in table:
            report(key.rstrip(".") or name[:-1], f"the key {name[:-1]!r} is missing")
    good: dict[str, Any] = {}
    for name, kind in names.items():
        if name in table:
            value = _value(report, f"{key}{name}", table[name], kind)
            if value is not None:
                good[name] = value
    return good


def _value(report: Report, key: str, value: Any, kind: str) -> Any:
    """A value of its kind, or None once it is reported."""
    if kind[0] in "{[(":
        return _nested(report, key, value, kind)
    if kind[0] == "=":
        choices = kind[1:].split("|")
        if str(value) in choices and not isinstance(value, bool):
            return value
        report.unknown(key, "value", value, choices)
        return None
    why = CHECKS[kind](value)
    if why:
        report(key, why)
        return None
    return value


def _nested(report: Report, key: str, value: Any, kind: str) -> Any:
    shape = kind[1:]
    if kind[0] == "(":
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            report(key, f"a list of tables is needed, not {_said(value)}")
            return None
        return [clean(report, f"{key}[{number}].", row, shape) for number, row in enumerate(value)]
    if not isinstance(value, dict):
        report(key, f"a table is needed, not {_said(value)}")
        return None
    if kind[0] == "{":
        return _complete(clean(report, f"{key}.", value, shape), shape)
    return {name: row for name, held in value.items() if (row := _row(report, f"{key}.{name}", name, held, shape)) is not None}


def _row(report: Report, key: str, name: str, value: Any, shape: str) -> dict[str, Any] | None:
    """One named row of a table of tables; a requirement's shape goes by its kind."""
    why = _id(name)
    if why:
        report(key, why)
    if shape == "transition" and name in RESERVED:
        report(key, f"{name!r} is a word of the machine itself: choose another name")
    if not isinstance(value, dict):
        report(key, f"a table is needed, not {_said(value)}")
        return None
    if shape == "requirement":
        kind = value.get("kind")
        if kind not in KINDS:
            report.unknown(f"{key}.kind", "kind", kind, KINDS)
            return None
        shape = f"requirement.{kind}"
    return _complete(clean(report, f"{key}.", value, shape), shape)


def _complete(row: dict[str, Any], shape: str) -> dict[str, Any] | None:
    return row if all(name[:-1] in row for name in SHAPES[shape] if name.endswith("!")) else None


def _said(value: Any) -> str:
    return {str: "text", bool: "yes/no", int: "a number", list: "a list", dict: "a table"}.get(type(value), type(value).__name__)


def _id(value: Any) -> str:
    good = isinstance(value, str) and value[:1].islower() and not value.endswith("-") and all(c.islower() or c.isdigit() or c == "-" for c in value)
    return "" if good and value.isascii() else f"{value!r} is no id: small letters, digits and hyphens, a letter first"


def _field(value: Any) -> str:
    good = isinstance(value, str) and value[:1].islower() and all(c.islower() or c.isdigit() or c == "_" for c in value)
    return "" if good and value.isascii() else f"{value!r} is no field name: small letters, digits and underscores, a letter first"


def _fact(value: Any) -> str:
    return "" if isinstance(value, str) and value and all(not _id(part) or not _field(part) for part in value.split(".")) else f"{value!r} is no fact"


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else f"text is needed, not {_said(value)}"


def _bool(value: Any) -> str:
    return "" if isinstance(value, bool) else f"true or false is needed, not {_said(value)}"


def _number(value: Any) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else f"a whole number from 0 is needed, not {value!r}"


def _count(value: Any) -> str:
    return _number(value) or ("" if value else "a number above 0 is needed")


def _many(value: Any) -> str:
    return "" if isinstance(value, bool) or value == "successor" else f"true, false or 'successor' is needed, not {value!r}"


def _date(value: Any) -> str:
    """A law's date: a day, or the month or year where more is not known."""
    from datetime import date

    try:
        date.fromisoformat(str(value) + "0000-01-01"[len(str(value)):])
    except ValueError:
        return f"{value!r} is no date (YYYY-MM-DD, YYYY-MM or YYYY)"
    return "" if len(str(value)) in (4, 7, 10) else f"{value!r} is no date (YYYY-MM-DD, YYYY-MM or YYYY)"


def _span(value: Any) -> str:
    number = str(value).rstrip("bdwmy")
    good = isinstance(value, str) and number.isdigit() and value[len(number):] in ("bd", "d", "w", "m", "y")
    return "" if good else f"{value!r} is no span of time (5bd, 30d, 2w, 6m, 1y)"


def _ladder(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return f"a list of lead times is needed, not {_said(value)}"
    bad = [rung for rung in value if rung != "0" and (not isinstance(rung, str) or rung[:1] not in "+-" or _span(rung[1:]))]
    if bad:
        return f"{bad[0]!r} is no lead time (-10bd, -6m, 0, +7d)"
    return f"the lead time {next(rung for rung in value if value.count(rung) > 1)!r} is there twice" if len(set(value)) < len(value) else ""


def _list(check: Callable[[Any], str]) -> Callable[[Any], str]:
    def every(value: Any) -> str:
        if not isinstance(value, list) or not value:
            return f"a list with something in it is needed, not {value!r}"
        twice = [row for row in value if value.count(row) > 1]
        return next(filter(None, map(check, value)), f"{twice[0]!r} is there twice" if twice else "")
    return every


def _closed(what: str, known: tuple[str, ...]) -> Callable[[Any], str]:
    def among(value: Any) -> str:
        return "" if value in known else f"unknown {what} {value!r} (known: {', '.join(known)})"
    return among


def _when(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return f"a table of facts is needed, not {_said(value)}"
    for fact, values in value.items():
        why = _fact(fact)
        if why or not isinstance(values, list) or not values:
            return why or f"{fact}: a list of values is needed, not {values!r}"
    return ""


def _of(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return f"a table of fields is needed, not {_said(value)}"
    for field, kind in value.items():
        choices = kind.split("|") if isinstance(kind, str) else []
        if _field(field):
            return _field(field)
        if kind not in TYPES and (len(choices) < 2 or len(set(choices)) < len(choices) or any(map(_id, choices))):
            return f"{field}: {kind!r} is no type ({', '.join(TYPES)}, or choices: one|other)"
    return ""


def _table(value: Any) -> str:
    return "" if isinstance(value, dict) and value else f"a table is needed, not {_said(value)}"


CHECKS: dict[str, Callable[[Any], str]] = {
    "id": _id, "ids": _list(_id), "field": _field, "fields": _list(_field), "fact": _fact, "text": _text, "texts": _list(_text), "bool": _bool,
    "number": _number, "count": _count, "many": _many, "date": _date, "span": _span, "ladder": _ladder, "when": _when, "of": _of, "table": _table,
    "values": _table, "roles": _list(_closed("role", ROLES)), "actor": _closed("actor", ACTORS), "actors": _list(_closed("actor", ACTORS)),
    "hold": _closed("fact that states hold", HOLDS), "holds": _list(_closed("fact that states hold", HOLDS)),
}

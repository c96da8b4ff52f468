"""Words for people: labels of what a definition names, dates with their weekday, how a deadline was counted and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.commands.language import _, _n, mark, pick
from workflow.core import dates
from workflow.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from workflow.core.agreement import Deadline, Instance
    from workflow.core.definition import Definition
    from workflow.core.draft import Draft
    from workflow.errors import Unmet


class Words:
    """One agreement as people call its parts; `name` says what somebody with an id is called."""

    def __init__(self, draft: Draft, name: Callable[[str], str] = str) -> None:
        self.draft, self.name = draft, name

    @property
    def ref(self) -> str:
        return self.draft.agreement.ref

    def find(self, ref: str) -> Instance:
        """
        The stage that a reference names within the agreement.

        Raises:
            AgreementNotFound: with the references that there are.
        """
        from workflow.core.decision import find

        return find(self.draft, ref)

    def label(self, instance: Instance | None, kind: str, name: str) -> str:
        """What a state, transition, requirement, field, deadline or outcome is called; its id where it has no label."""
        if instance is None:
            return label_of(self.draft.office.track.labels, kind, name)
        labels = self._labels(instance)
        return label_of(labels.get("item", {}) if instance.parent else labels, kind, name)

    def called(self, ref: str, kind: str, name: str) -> str:
        """The label of what belongs to the stage of that reference, open or not (`""`: to the track); its id where nothing has a label for it."""
        held = self.draft.tables["instance"].get((ref,))
        if held is not None or not ref:
            return self.label(held, kind, name)
        try:  # a stage that was not opened has no instance: its definition has the labels
            return label_of(self.draft.office.latest(kind_of(ref)).labels, kind, name)
        except WorkflowError:
            return name

    def stage(self, instance: Instance) -> str:
        """What the stage itself is called: `Memorandum of understanding`; an item by its title."""
        if instance.parent:
            row = self.draft.row(instance.ref, "title")
            return str(row.data.get("title", "")) if row else ""
        return pick(self._labels(instance).get("stage", {})) or instance.stage

    def defined(self, ref: str) -> bool:
        """Whether the definition of a stage can be used."""
        try:
            return bool(self.draft.definition(self.draft.instance(ref)))
        except WorkflowError:
            return False

    def _labels(self, instance: Instance) -> Mapping[str, Any]:
        """What a definition calls things; nothing where it is lost or was changed, so that history is told all the same."""
        try:
            return self.draft.office.pinned(instance.stage, instance.version, instance.hash).labels
        except WorkflowError:
            return {}

    def fact(self, ref: str, field: str, value: Any) -> str:
        """A field of a stage with what is on record: `Kind of term Without end`."""
        called = self.called(ref, "outcome", value) if isinstance(value, str) else value
        return f"{self.called(ref, 'field', field)} {value_text(called)}"

    def deadline(self, row: Deadline) -> str:
        return self.label(self._of(row), "deadline", row.name)

    def fire(self, row: Deadline) -> str:
        """What the step is called that time takes when a deadline has passed; empty where it takes none."""
        return self.label(self._of(row), "transition", row.fire) if row.fire else ""

    def counted(self, row: Deadline) -> str:
        """`45 working days after receipt of council-letter (Mon 2 Mar 2026)`; of a day that was moved since, how."""
        counted = self._counted(row)
        if row.act == "extend":
            return _("extended; as declared {counted}").format(counted=counted)
        if row.act in ("suspend", "resume"):
            return _("its clock was stopped; as declared {counted}").format(counted=counted)
        return counted

    def _counted(self, row: Deadline) -> str:
        kind, _colon, name = row.anchor.partition(":")
        of = self._of(row)
        head = name.partition(".")[0]
        requirement = self.label(of, "requirement", head)
        anchor = {
            "state": _("the stage entered “{name}”").format(name=self.label(of, "state", name)),
            "field": self.label(of, "field", name.rpartition(".")[2]),
            "link": self.label(self._linked(of, head), "field", name.rpartition(".")[2]), "param": name.replace("_", " "),
            "request": _("the receipt of the request: {name}").format(name=requirement) if name.endswith(".received")
            else _("the request: {name}").format(name=requirement),
            "received": _("receipt: {name}").format(name=requirement),
            "counter": name.replace("_", " "),
            "deadline": _("the deadline “{name}”").format(name=self.label(of, "deadline", name)),
            "last": _("the last recorded {name}").format(name=_(name)), "first": _("the first {name}").format(name=_(name)),
        }.get(kind, row.anchor)
        day = day_text(row.anchored_on)
        if not row.amount:
            return _("the day on record: {anchor}").format(anchor=anchor)
        span = amount_text(row.amount * row.occurrence, row.unit)
        if row.direction == "before":
            return _("{span} before {anchor} ({day})").format(span=span, anchor=anchor, day=day)
        return _("{span} after {anchor} ({day})").format(span=span, anchor=anchor, day=day)

    def unmet(self, instance: Instance | None, row: Unmet, stage: str = "") -> str:
        """`Council's approval: there is no answer yet`; of a `stage` that has no instance, by its reference."""
        stage = instance.ref if instance is not None else stage
        text = _(row.message).format(**{name: self._fact(stage, name, value, row.facts) for name, value in row.facts.items()})
        if not row.requirement or row.facts.get("stage") == row.requirement:  # the sentence names the stage itself
            return text
        return f"{self.called(stage, 'requirement', row.requirement)}: {text}"

    def _fact(self, stage: str, name: str, value: str, facts: Mapping[str, str]) -> str:
        """What fills a sentence: labels for ids, a name for a person."""
        if name in ("person", "actor"):
            return self.name(value)
        of = facts["ref"] if (facts.get("ref"),) in self.draft.tables["instance"] else stage
        return ", ".join(self.called(of, NAMED[name], part) for part in value.split(", ")) if name in NAMED else value

    def definition(self, instance: Instance) -> Definition:
        return self.draft.definition(instance)

    def _linked(self, instance: Instance | None, link: str) -> Instance | None:
        return self.draft.linked(instance, link) if instance is not None else None

    def _of(self, row: Deadline) -> Instance | None:
        return self.draft.tables["instance"].get((row.instance,)) if row.instance else None


def kind_of(ref: str) -> str:
    """The definition that a stage's reference is made of: `loi-2` is a `loi`."""
    return ref.rstrip("0123456789").rstrip("-")


def label_of(labels: Any, kind: str, name: str) -> str:
    texts = labels.get(kind, {}).get(name)
    return pick(texts) if texts else name


def basis_text(basis: str, citation: str) -> str:
    """What a deadline or a requirement rests on, statute and policy never alike: `statute: PP 28/2018 art. 30(4)`, `office policy`."""
    if basis == "policy":
        return _("office policy") + (f": {citation}" if citation else "")
    if basis == "clause":
        return _("clause of the agreement") + (f": {citation}" if citation else "")
    name = _("statute") if basis == "statute" else _("circular") if basis == "circular" else basis
    return f"{name}: {citation}" if citation else name


def day_text(text: str) -> str:
    """A date on record for people, as vague as it is: `Wed 13 May 2026`, `May 2026`, `2026`, `not after Wed 16 Nov 2016`."""
    if not text:
        return _("on a date not documented")
    precision = dates.precision(text)
    if precision == "not-after":
        return _("not after {day}").format(day=day_text(text.removeprefix(dates.NOT_AFTER)))
    if precision == "year":
        return _("{year}").format(year=text)
    last = dates.latest(text)
    month = _(MONTHS[last.month - 1])
    if precision == "month":
        return _("{month} {year}").format(month=month, year=last.year)
    return _("{weekday} {day} {month} {year}").format(weekday=_(WEEKDAYS[last.weekday()]), day=last.day, month=month, year=last.year)


def moment_text(utc: str, zone: str) -> str:
    """An instant on the clocks of a zone, which is named: `Fri 27 Mar 2026 08:00 WIB`."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    there = datetime.fromisoformat(utc).astimezone(ZoneInfo(zone))
    name = there.tzname() or ""
    return f"{day_text(there.date().isoformat())} {there:%H:%M} {name if name.isalpha() else zone}"


def amount_text(amount: int, unit: str) -> str:
    return _n(*UNITS[unit], amount)


def left_text(effective: str, today: date) -> str:
    """`12 days left`, `today`, `3 days overdue`."""
    days = (dates.latest(effective) - today).days
    if days == 0:
        return _("today")
    if days < 0:
        return _n("{count} day overdue", "{count} days overdue", -days)
    return _n("{count} day left", "{count} days left", days)


def field_text(requirement: str, field: str) -> str:
    """A field as it is typed; what every letter and every reply has by the name of which one it is: `home-affairs.answer`."""
    return f"{requirement}.{field}" if field in SHARED or (field == "reason" != requirement) else field


def value_text(value: Any) -> str:
    """A recorded value as a person types it; a date with its weekday."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(f"{part[0]}: {part[1]}" if isinstance(part, list) and len(part) == 2 else str(part) for part in value)
    text = str(value)
    if len(text) == 10 and text[4] == "-" == text[7] and text.replace("-", "").isdigit():
        return day_text(text)
    return text


NAMED = {  # facts of a refusal that are ids, several by commas, and of what
    "fields": "field", "field": "field", "item": "field", "fact": "field", "requirement": "requirement", "text": "requirement",
    "document": "requirement",
    "answer": "outcome", "accepts": "outcome", "state": "state", "trigger": "transition",
}
SHARED = frozenset({"asked", "asked_number", "asked_received", "answer", "sent", "number", "received", "parts", "sent_to"})
WEEKDAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
MONTHS = (mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun"), mark("Jul"), mark("Aug"), mark("Sep"), mark("Oct"),
          mark("Nov"), mark("Dec"))
RECORDED = (  # words of the record itself that screens say
    mark("activity"), mark("contact"), mark("report"), mark("open"), mark("asked"), mark("refused"), mark("approved"), mark("not-required"),
    mark("waived"), mark("dormant"), mark("late"), mark("reminder"), mark("overdue"), mark("escalation"), mark("announcement"), mark("ended"),
)
UNITS = {
    "day": ("{count} day", "{count} days"),
    "working-day": ("{count} working day", "{count} working days"),
    "month": ("{count} month", "{count} months"),
    "year": ("{count} year", "{count} years"),
}

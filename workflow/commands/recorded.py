"""
What an entry of the journal says, in the reader's language.

A journal holds ids and, of a refused attempt, the English sentences of its reasons; they stay as they are. People read labels, and a sentence
that the catalogue knows in their own language.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workflow.commands.language import _, mark, messages
from workflow.commands.words import field_text, value_text
from workflow.errors import Unmet, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.commands.app import App
    from workflow.commands.words import Words

ACTS = {"start": mark("started"), "record": mark("recorded"), "assign": mark("assigned"),
        "activity": mark("activity recorded"), "correct": mark("corrected"),
        "remind": mark("reminders written"), "deliver": mark("reminders sent"), "fail": mark("reminders not delivered"),
        "defer": mark("reminders wait"), "wake": mark("reminders leave that were parked or given up"),
        "recount": mark("counted again over the calendar"),
        "overdue": mark("overdue"), "erase": mark("personal data erased"),
        "export": mark("the log was exported"), "remember": mark("the log's key was told what it signed"),
        "key": mark("the log's key"), "restart": mark("the log begins anew")}
OF_DEADLINE = {"extend": mark("{name} extended"), "suspend": mark("the clock of {name} stands still"),
               "resume": mark("the clock of {name} runs again"), "waive": mark("{name} waived"), "acknowledge": mark("{name} acknowledged"),
               "snooze": mark("{name} put off")}
TAKEN = {"personal": mark("with personal values"), "documents": mark("with documents")}  # what left with the log
LONGEST = 2000  # letters of a sentence that is looked for among the messages
NAME = re.compile("([a-z0-9-]+): ")  # of a requirement, before its reason
NEXT = re.compile("; (?=[a-z0-9-]+: )")  # between two reasons
FACT = re.compile(r"\{(\w+)(!r)?\}")  # what is filled in, in a message


class Recorded:
    """The labels for the entries of many agreements; ids where an agreement is not on record any more."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.known: dict[str, Words | None] = {}

    def words(self, agreement: str) -> Words | None:
        if agreement not in self.known:
            try:
                self.known[agreement] = self.app.words(agreement)
            except WorkflowError:  # the office itself too, and what cannot be read
                self.known[agreement] = None
        return self.known[agreement]

    def label(self, agreement: str, stage: str, kind: str, name: str) -> str:
        words = self.words(agreement)
        return words.called(stage, kind, name) if words is not None and name else name

    def who(self, row: Mapping[str, str]) -> str:
        """Who made an entry; and that it was said with --as who they are, where it was."""
        name = self.app.name(row["person"])
        return _("{name} (--as)").format(name=name) if row["identity"] == "--as" else name

    def act(self, agreement: str, row: Mapping[str, str]) -> str:
        """What an entry did: the states it moved between with the step, or what else it is."""
        act, stage, trigger, (source, target) = row["act"], row["instance"], row["trigger"], self.states(agreement, row)
        if act == "refuse":
            return self._refused(agreement, stage, trigger, source)
        if row["from"] and row["to"] and source != target:
            return f"{source} → {target}" + (f" ({self.label(agreement, stage, 'transition', trigger)})" if trigger else "")
        if act == "correct" and trigger:
            return _("taken back")
        if act == "export":
            return ", ".join([_(ACTS[act]), *(_(TAKEN[part]) for part in trigger.split("+") if part in TAKEN)])
        if act == "open":
            return _("opened in {state}").format(state=target)
        if act in OF_DEADLINE:
            return _(OF_DEADLINE[act]).format(name=self.label(agreement, stage, "deadline", trigger))
        if act == "approve":
            return _("decided: {name}").format(name=self.label(agreement, stage, "requirement", trigger))
        step = self.label(agreement, stage, "transition", trigger)
        return step if act in ("advance", "fire") else _(ACTS.get(act, act)) + (f": {step}" if step else "")

    def deadline(self, ref: str, name: str) -> str:
        """What a deadline is called, of an agreement or of a stage in it."""
        agreement, _slash, stage = ref.partition("/")
        return self.label(agreement, stage, "deadline", name)

    def fact(self, agreement: str, fact: Mapping[str, Any]) -> str:
        """A field with what came on record; what every letter has by the name of which one it is too."""
        words, stage, field, need = self.words(agreement), fact["stage"], fact["field"], fact["requirement"]
        if words is None:
            return f"{field_text(need, field)} {value_text(fact['value'])}"
        whose = f"{words.called(stage, 'requirement', need)}, " if field_text(need, field) != field else ""
        return whose + words.fact(stage, field, fact["value"])

    def states(self, agreement: str, row: Mapping[str, str]) -> tuple[str, str]:
        """What the states are called that an entry left and reached."""
        source, target = (self.label(agreement, row["instance"], "state", row[name]) for name in ("from", "to"))
        return source, target

    def _refused(self, agreement: str, stage: str, trigger: str, state: str) -> str:
        """What was tried, and where it stood."""
        if trigger == "open":
            return _("REFUSED to open it")
        step = self.label(agreement, stage, "transition", trigger)
        verb, blank, name = trigger.partition(" ")  # `approve legal-check`
        if blank:
            kind = "requirement" if verb == "approve" else "deadline"
            step = self.label(agreement, stage, kind, name)
        return _("REFUSED {trigger} from {state}").format(trigger=step, state=state or "-")

    def reason(self, agreement: str, row: Mapping[str, str]) -> str:
        """The reason of an entry: a person's as it stands, that of a refusal as it would be said today, as far as its words are known."""
        if row["act"] not in ("refuse", "overdue"):
            return row["reason"]
        words = self.words(agreement)
        return refusal(words, row["instance"], row["reason"]) if words is not None else row["reason"]


def refusal(words: Words, stage: str, text: str) -> str:
    """The reasons of a refusal, as the entry joins them: `council: there is no answer yet; plan: the file is not on record`."""
    found = []
    for part in NEXT.split(text):
        named = NAME.match(part)
        message, facts = recognised(part[named.end():] if named else part)
        found.append(words.unmet(None, Unmet(named[1] if named else "", message, facts), stage))
    return "; ".join(found)


def sentence(text: str) -> str:
    """A recorded English sentence in the reader's language, where a catalogue knows it."""
    message, facts = recognised(text)
    return _(message).format(**facts)


@lru_cache(maxsize=512)
def recognised(text: str) -> tuple[str, dict[str, str]]:
    """The message of the catalogue that an English text was made of, the most telling one, and the facts that fill it; else the text as it is."""
    best, filled, telling = text.replace("{", "{{").replace("}", "}}"), dict[str, str](), 0
    if len(text) > LONGEST:
        return best, filled
    for message in messages():
        parts = FACT.split(message)  # literal, name, conversion, literal, …
        literal = "".join(parts[::3])
        if len(literal) <= telling or not re.search("[A-Za-z]", literal) or not all(part in text for part in parts[::3]):
            continue
        found = _pattern(parts).fullmatch(text)
        if found is not None and message.format(**found.groupdict()) == text:
            best, filled, telling = message, found.groupdict(), len(literal)
    return best, filled


def _pattern(parts: list[str]) -> re.Pattern[str]:
    names: set[str] = set()
    pattern = re.escape(parts[0])
    for name, conversion, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        fact = f"(?P={name})" if name in names else f"(?P<{name}>.*?)"
        pattern += (f"[\"']{fact}[\"']" if conversion else fact) + re.escape(literal)
        names.add(name)
    return re.compile(pattern, re.DOTALL)

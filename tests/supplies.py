"""What a coordinator would have on the desk: an answer to everything that a transition asks for and that is not on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import decision, facts
from workflow.core.recording import Fact
from workflow.engine import Ask

if TYPE_CHECKING:
    from world import World

    from workflow.core.definition import Requirement
    from workflow.engine import Paper

SAMPLE = {"text": "text", "int": "2", "list": "education,health", "bool": "no"}
ANSWERED_APART = ("parts", "sent_to", "attended", "term_months", "notice_months")
IN_LANGUAGES = ("languages_min", "per_language")


class Supplies:
    """The facts and papers for one transition of one stage; `pick` varies the choices."""

    def __init__(self, world: World, ref: str, trigger: str, pick: int = 0) -> None:
        self.world, self.ref, self.pick = world, ref, pick
        self.draft = world.engine.read(ref)
        self.instance = decision.find(self.draft, ref.partition("/")[2])
        self.definition = self.draft.definition(self.instance)
        self.transition = self.definition.transitions[trigger]
        self.day = self.draft.office.today
        self.typed: list[Fact] = []
        self.papers: list[Paper] = []

    def ask(self, given: dict[str, str]) -> Ask:
        self.typed = [Fact(name, value) for name, value in given.items()]
        needs = [self.definition.requirements[name] for name in self.transition.needs]
        self._conditions(needs, given)
        for need in needs:
            if need.in_law(self.instance.opened_on) and facts.applies(self.draft, self.instance, need.when) is not False:
                self._fields(need)
                self._rows(need)
        self._term()
        unique = {(fact.requirement, fact.field): fact for fact in reversed(self.typed)}
        return Ask(facts=list(reversed(unique.values())), papers=self.papers)

    def _conditions(self, needs: list[Requirement], given: dict[str, str]) -> None:
        """Answer what the transition depends on so that it may be taken, and what its needs depend on with no."""
        conditions = dict(self.transition.when)
        for need in needs:
            conditions |= {name: [False] for name, values in need.when.items() if "." not in name and True in values and self._open(name)}
            if need.kind == "items" and not self.draft.items(self.instance.ref):
                self._item()
        for name, values in conditions.items():
            if self._open(name) and name not in given:
                self.typed.append(Fact(name, {True: "yes", False: "no"}[values[0]] if isinstance(values[0], bool) else values[0]))

    def _open(self, name: str) -> bool:
        return facts.fact(self.draft, self.instance, name) is None

    def _item(self) -> None:
        rows = [self.definition.item.requirements[name] for name in ("title", "details")]
        answers = {field: sample(field, kind, self.day) for row in rows for field, kind in row.fields.items()} | {"funding": "host"}
        self.world.engine.open(self.ref, "item", Ask(facts=[Fact(name, value) for name, value in answers.items()]))

    def _held(self, need: Requirement) -> dict[str, Any]:
        row = self.draft.row(self.instance.ref, need.row)
        return row.data if row else {}

    def _fields(self, need: Requirement) -> None:
        named = {fact.field for fact in self.typed}
        for field, kind in need.fields.items():
            bare = field if need.name in self.definition.owners.get(field, ()) else f"{need.name}.{field}"
            if need.kind in ("reply", "letter") and field not in need.spec.get("of", {}):
                continue
            if self._held(need).get(field) in (None, "") and bare not in named and field not in ANSWERED_APART:
                self.typed.append(Fact(bare, sample(field, kind, self.day, self.pick, later=need.kind in ("instrument", "letter"))))
        for field, key in (("parts", "parts"), ("sent_to", "to")):
            if key in need.spec and field in need.fields and not self._held(need).get(field):
                self.typed.append(Fact(f"{need.name}.{field}", ",".join(need.spec[key])))

    def _rows(self, need: Requirement) -> None:
        held = self._held(need)
        if need.kind == "reply" and not held.get("answer"):
            if "request" not in need.spec and not held.get("asked"):
                self.typed.append(Fact("asked", self.day, need.row))
            self.typed += [Fact("answer", need.spec["accepts"][0], need.row), Fact("received", self.day, need.row), Fact("number", "1/A", need.row)]
            self.papers.append(self.world.paper(need.row))
        elif need.kind == "letter" and not held.get("sent"):
            self.typed += [Fact("sent", self.day, need.name), Fact("number", "2/B", need.name), Fact("received", self.day, need.name)]
            self.papers.append(self.world.paper(need.name))
        elif need.kind in ("document", "instrument", "meeting") and not self.draft.documents(self.instance.ref, need.name):
            several = need.kind == "instrument" or any(need.spec.get(key) for key in IN_LANGUAGES)
            self.papers += [self.world.paper(need.name, language) for language in (["id", "ja"] if several else [""])]
        if need.kind == "meeting" and not held.get("attended"):
            self.typed.append(Fact("attended", ",".join([*need.spec["members"], "education", "health"])))
        row = self.draft.row(self.instance.ref, need.row)
        if need.kind == "approval" and not (row and row.status == "met"):
            text = [paper for paper in self.papers if paper.requirement == need.spec.get("distinct_from")]
            if text:  # nobody approves what is not there yet
                self.world.engine.record(self.ref, Ask(papers=text))
                self.papers = [paper for paper in self.papers if paper not in text]
            for number in range(need.spec.get("quorum", 1)):
                self.world.as_(f"approver-{number}").approve(self.ref, need.name)

    def _term(self) -> None:
        """A text without end has no last day; one that renews itself has a length."""
        kind = next((fact.value for fact in self.typed if fact.field == "term_kind"), "")
        if kind in ("evergreen", "unknown"):
            self.typed = [fact for fact in self.typed if fact.field != "ends_on"]
        elif kind == "auto-renew":
            self.typed.append(Fact("term_months", "36"))


def sample(field: str, kind: str, day: str, pick: int = 0, *, later: bool = False) -> str:
    """A plausible value for a field; `pick` varies the choice, `later` puts an end three years on."""
    if kind == "yes|no|na" or field == "exploration_positive":
        return "yes"
    if kind == "date":
        return f"{int(day[:4]) + 3}{day[4:8]}28" if later and field in ("ends_on", "terminates_on", "board_until") else day
    choices = kind.split("|")
    return SAMPLE.get(kind, choices[pick % len(choices)])

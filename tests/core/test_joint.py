"""
The stages of one agreement, searched together: every state that they can reach jointly, reactions included.

Each stage alone passes the lint; what they do to each other is seen only side by side. The search runs over the shipped files, by
a reading of `follows`, `opens` and `relinks` that is independent of the engine's. States of a stage that no sibling can tell apart
(same facts held, same ways out) are merged first, which loses no joint behaviour and brings the search down to seconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import definitions
from workflow.catalog import Catalog

NONE = "none"
CHOICES = ("continue", "renew-same", "let-expire")  # the other renewals, and to terminate, move siblings in the same way
CATALOG = Catalog(definitions.roots(), definitions.GUARDS)


class Move(NamedTuple):
    """One transition, as far as siblings can tell."""

    name: str
    to: str  # empty: internal
    person: bool
    base: bool  # needs its base in force
    choices: tuple[str, ...]
    follows: tuple[tuple[str, str], ...]
    relinks: str
    opens: tuple[str, str]


class Stage(NamedTuple):
    """A stage with its like states merged: block -> moves; what each block holds; which are final."""

    initial: str
    blocks: dict[str, str]
    moves: dict[str, list[Move]]
    holds: dict[str, frozenset[str]]
    final: frozenset[str]


def merged(data: dict[str, Any]) -> Stage:
    """Partition refinement: blocks are split until the members of each have the same facts and the same ways out."""
    states = data["state"]
    block = {name: str((sorted(row.get("holds", ())), bool(row.get("final")))) for name, row in states.items()}
    while True:
        seen = {name: [move for move in moves(data, name, block) if move.to != block[name] or move.follows] for name in states}
        signs = {name: (block[name], frozenset(seen[name])) for name in states}
        numbers = {sign: str(number) for number, sign in enumerate(dict.fromkeys(signs.values()))}
        finer = {name: numbers[sign] for name, sign in signs.items()}
        if len(set(finer.values())) == len(set(block.values())):
            break
        block = finer
    first = {number: name for name, number in reversed(list(block.items()))}
    names = {name: first[number] for name, number in block.items()}
    return Stage(names[data["initial"]], names, {name: moves(data, name, names, named=True) for name in dict.fromkeys(names.values())},
                 {name: frozenset(row.get("holds", ())) for name, row in states.items()},
                 frozenset(name for name, row in states.items() if row.get("final")))


def moves(data: dict[str, Any], state: str, block: dict[str, str], *, named: bool = False) -> list[Move]:
    found = []
    for name, row in data["transition"].items():
        opens = row.get("opens", {})
        renewal = opens.get("stage", "").startswith("same-as:")  # a review opened by the clock is opened by the search itself
        if state in row["from"] and ("to" in row or "relinks" in row):
            found.append(Move(name if named or "follows" in row else "", block[row["to"]] if "to" in row else "",
                              bool(row.get("roles") or row.get("clock")), "base-in-force" in row.get("needs", ()),
                              tuple(row.get("when", {}).get("choice", ())), tuple(sorted(row.get("follows", {}).items())), row.get("relinks", ""),
                              (opens["stage"], opens["link"]) if renewal else ("", "")))
    return found


STAGES = {name: merged(CATALOG.latest("stage", name).data) for name in CATALOG.names("stage")}


class Joint(NamedTuple):
    """The states and links of every slot, in the order of the slots, and what the review decided."""

    states: tuple[str, ...]
    links: tuple[tuple[tuple[str, str], ...], ...]
    choice: str


class Search:
    """Everything that slots (each an instance that may be opened once) can reach together from nothing."""

    def __init__(self, slots: dict[str, str]) -> None:
        self.slots, self.names = slots, list(slots)
        self.longest = 0
        start = Joint((NONE,) * len(slots), ((),) * len(slots), "")
        self.seen: dict[Joint, tuple[Joint, str] | None] = {start: None}
        self.back: dict[Joint, list[Joint]] = {}
        todo = [start]
        while todo:
            here = todo.pop()
            for label, there in self.steps(here):
                self.back.setdefault(there, []).append(here)
                if there not in self.seen:
                    self.seen[there] = (here, label)
                    todo.append(there)

    # one step: open something, or take one transition; then let the siblings react

    def steps(self, joint: Joint) -> list[tuple[str, Joint]]:
        found = []
        for slot in self.names:
            case = Case(self, joint)
            if case.state[slot] == NONE:
                for links in openings(case, slot):
                    after = Case(self, joint)
                    after.open(slot, links)
                    found.append((f"open {slot} {links}", after.settle()))
                continue
            for move in STAGES[self.slots[slot]].moves[case.state[slot]]:
                if move.person and move.to and case.may(slot, move):
                    for choice in CHOICES if move.name == "decide" else ("",):
                        after = Case(self, joint)
                        after.choice = choice or after.choice
                        after.take(slot, move)
                        found.append((f"{slot}.{move.name}{choice and '=' + choice}", after.settle()))
        return found

    def path(self, joint: Joint) -> list[str]:
        """How a joint state is reached: what a failing test shows."""
        labels = []
        while (step := self.seen[joint]) is not None:
            joint, label = step
            labels.append(label)
        return labels[::-1]

    def cases(self) -> list[Case]:
        return [Case(self, joint) for joint in self.seen]

    def trapped(self) -> list[list[str]]:
        """The ways into states from which the agreement can never come to rest."""
        rest = [joint for joint in self.seen if Case(self, joint).at_rest()]
        safe, todo = set(rest), rest
        while todo:
            for joint in self.back.get(todo.pop(), ()):
                if joint not in safe:
                    safe.add(joint)
                    todo.append(joint)
        return [self.path(joint) for joint in self.seen if joint not in safe]


class Case:
    """One joint state, in the making."""

    def __init__(self, search: Search, joint: Joint) -> None:
        self.search, self.joint, self.choice = search, joint, joint.choice
        self.state = dict(zip(search.names, joint.states, strict=True))
        self.links = {name: dict(links) for name, links in zip(search.names, joint.links, strict=True)}
        self.opened: list[str] = []

    def of(self, stage: str) -> list[str]:
        return [slot for slot, name in self.search.slots.items() if name == stage and self.state[slot] != NONE]

    def holds(self, slot: str, fact: str) -> bool:
        return self.state[slot] != NONE and fact in STAGES[self.search.slots[slot]].holds[self.state[slot]]

    def in_force(self, stage: str) -> list[str]:
        return [slot for slot in self.of(stage) if self.holds(slot, "in-force")]

    def at_rest(self) -> bool:
        return all(state == NONE or state in STAGES[self.search.slots[slot]].final for slot, state in self.state.items())

    def may(self, slot: str, move: Move) -> bool:
        if move.choices and self.choice not in move.choices:
            return False
        return not move.base or self.holds(self.links[slot]["base"], "in-force")

    def open(self, slot: str, links: dict[str, str]) -> None:
        self.state[slot], self.links[slot] = STAGES[self.search.slots[slot]].initial, dict(links)
        self.opened.append(slot)

    def take(self, slot: str, move: Move, heir: str = "") -> None:
        self.state[slot] = move.to or self.state[slot]
        if move.relinks:
            self.links[slot][move.relinks] = heir
        if move.opens[0]:
            subject = self.links[slot]["subject"]
            free = [name for name, stage in self.search.slots.items() if stage == self.search.slots[subject] and self.state[name] == NONE]
            if free and not self.heirs(subject, move.opens[1]):
                self.open(free[0], {move.opens[1]: subject})

    def heirs(self, slot: str, link: str) -> list[str]:
        return [other for other in self.search.names if self.state[other] != NONE and self.links[other].get(link) == slot]

    def calls(self, slot: str, move: Move) -> str:
        """The sibling that calls for a reaction, empty where none does."""
        rule = dict(move.follows)
        if "stage" not in rule:
            watched = [self.links[slot][rule["via"]]]
        else:
            target = self.links[slot].get(rule["of"], "") if "of" in rule else slot
            stage = self.search.slots[self.links[slot][rule["stage"][8:]]] if rule["stage"].startswith("same-as:") else rule["stage"]
            watched = [other for other in self.heirs(target, rule["via"]) if self.search.slots[other] == stage]
        if rule.get("every"):
            return watched[0] if watched and all(self.holds(other, rule["holds"]) for other in watched) else ""
        for other in watched:
            if rule.get("event") == "opened":
                if other in self.opened:
                    return other
            elif self.holds(other, rule["holds"]):
                heirs = self.heirs(other, "predecessor") if "unless" in rule else []
                if not any(self.holds(heir, "in-force") for heir in heirs):
                    return other
        return ""

    def settle(self) -> Joint:
        """React until nothing moves; a reaction is never one of several."""
        steps = 0
        while True:
            for slot in self.search.names:
                if self.state[slot] == NONE:
                    continue
                calling = [(move, other) for move in STAGES[self.search.slots[slot]].moves[self.state[slot]]
                           if move.follows and (not move.choices or self.choice in move.choices) and (other := self.calls(slot, move))]
                assert len(calling) <= 1, f"{slot} in {self.state[slot]} may react in several ways: {[move.name for move, _ in calling]} {self.state}"
                if calling:
                    self.take(slot, *calling[0])
                    steps += 1
                    break
            else:
                break
            assert steps <= 12, f"reactions do not come to rest: {self.state}"
        self.search.longest = max(self.search.longest, steps)
        for slot, watches in (("plan", "base"), ("review", "subject")):
            if slot in self.state and self.state[slot] in STAGES[self.search.slots[slot]].final:  # over: nobody asks any more what it was about
                self.links[slot].pop(watches, None)
        choice = self.choice if self.state.get("review") in ("decided", "executing") else ""
        return Joint(tuple(self.state.values()), tuple(tuple(sorted(links.items())) for links in self.links.values()), choice)


def openings(case: Case, slot: str) -> list[dict[str, str]]:
    """The links by which a slot may be opened now, as its track allows."""
    stage = case.search.slots[slot]
    first = next(name for name, held in case.search.slots.items() if held == stage)
    before = [] if first == slot else [first]
    after = {"predecessor": first} if before else {}
    if before and case.state[first] == NONE:
        return []
    if stage in ("loi", "joint-agreement"):
        known = not before or any(case.holds(first, fact) for fact in ("signed", "ended", "superseded"))
        return [after] if known else []
    if stage == "mou":
        renewing = any(case.links[slot].get("subject") in before and case.state[slot] == "executing" for slot in case.of("review"))
        ways = [{"origin": name} for name in case.of("loi") if case.holds(name, "signed")]
        ways += [{}] if before and (renewing or case.holds(first, "ended")) else []
        return [way if case.holds(first, "failed") else way | after for way in ways]  # another attempt follows nothing
    if stage == "action-plan":
        return [{"base": name} for name in (*case.in_force("loi"), *case.in_force("mou"), *case.in_force("joint-agreement"))]
    return [{"subject": name} for name in case.search.names if case.holds(name, "signed")]


# All six slots together are 115,000 states and half a minute; these cover every pair of them.
LINE = {"loi": "loi", "loi-2": "loi", "mou": "mou", "mou-2": "mou", "plan": "action-plan"}
RENEWAL = {"loi": "loi", "mou": "mou", "mou-2": "mou", "plan": "action-plan", "review": "review"}
LETTERS = {"loi": "loi", "loi-2": "loi", "mou": "mou", "plan": "action-plan", "review": "review"}
ASSOCIATION = {"agreement": "joint-agreement", "agreement-2": "joint-agreement", "plan": "action-plan", "review": "review"}


@pytest.fixture(scope="module", params=[LINE, RENEWAL, LETTERS, ASSOCIATION], ids=["line", "renewal", "letters", "association"])
def search(request) -> Search:
    return Search(request.param)


def test_reactions_end_and_are_never_ambiguous(search):
    """Checked at every step of the search itself; here, that it saw a whole agreement react."""
    assert len(search.seen) > 100
    assert 2 <= search.longest <= 6


def test_no_joint_state_is_a_trap(search):
    assert search.trapped() == []


@pytest.mark.parametrize("stage", ["mou", "loi", "joint-agreement"])
def test_never_two_of_a_line_in_force(search, stage):
    """A successor in force ends its predecessor in the same decision."""
    assert [search.path(case.joint) for case in search.cases() if len(case.in_force(stage)) > 1] == []


def test_no_plan_runs_without_its_base_in_force(search):
    """The base moves to the successor, or the plan winds down, in the very decision that ends it."""
    running = [case for case in search.cases() if case.state["plan"] in ("running", "reporting")]
    broken = [case for case in running if not case.holds(case.links["plan"]["base"], "in-force")]

    assert [search.path(case.joint) for case in broken] == []


def test_no_review_waits_for_an_end_that_has_come(search):
    waiting = [case for case in search.cases() if case.state.get("review") == "executing" and case.choice in ("let-expire", "terminate")
               and case.holds(case.links["review"]["subject"], "ended")]

    assert [search.path(case.joint) for case in waiting] == []


def test_a_letter_never_stays_in_force_beside_the_memorandum_that_came_of_it(search):
    both = [case for case in search.cases() for slot in case.in_force("mou") if case.links[slot].get("origin") in case.in_force("loi")]

    assert [search.path(case.joint) for case in both] == []

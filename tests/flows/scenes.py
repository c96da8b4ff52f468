"""Scenes that several flows begin with; a test overrides the one thing it is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from world import catalog

import definitions
from workflow.core.recording import Fact
from workflow.core.replay import replay
from workflow.demo import build
from workflow.engine import Ask

if TYPE_CHECKING:
    from world import World

    from workflow.outcome import Done

NOW = "2026-11-24T05:00:00.000000Z"
PLAN = "subject,background,aims,object,scope,funding_source,duration"
ELIGIBLE = dict.fromkeys(("diplomatic_relations", "within_city_powers", "no_representative_office", "non_interference", "fits_development_plan",
                          "sci_tech_transferable", "equal_status", "complementarity", "people_to_people"), "yes")
FIXED = {"signed_on": "2025-06-01", "in_force_on": "2025-06-01", "term_kind": "fixed", "ends_on": "2026-06-30"}


def ask(given: dict[str, str] | None = None, **more: Any) -> Ask:
    """What comes with a verb: facts as typed, and the rest by name."""
    return Ask(facts=[Fact(name, value) for name, value in (given or {}).items()], **more)


def existing(world: World, ref: str, stage: str, state: str, occurred: str, given: dict[str, str] | None = None, **links: str) -> Done:
    """Enter a running stage, as of a day."""
    return world.engine.open(ref, stage, ask(given, occurred=occurred, links=links), existing=state)


def signed_loi(world: World, signed_on: str = "2025-11-18", **given: str) -> str:
    """An agreement whose letter of intent is signed."""
    ref = world.start()
    existing(world, ref, "loi", "signed", signed_on, {"signed_on": signed_on, **given})
    return f"{ref}/loi"


def mou_in_force(world: World, since: str = "2025-06-01", **given: str) -> str:
    """An agreement whose memorandum is in force until 30 June 2026."""
    ref = world.start()
    existing(world, ref, "mou", "in-force", since, FIXED | {"signed_on": since, "in_force_on": since} | given)
    return f"{ref}/mou"


def at_council(world: World, sent: str = "2026-02-20", received: str = "2026-03-02") -> str:
    """A memorandum whose plan is before the council."""
    ref = signed_loi(world).partition("/")[0]
    world.engine.open(ref, "mou", ask({"technical_units": "health", "fields": "health"}, occurred="2026-01-12"))
    submit(world, f"{ref}/mou", sent, received)
    return f"{ref}/mou"


def submit(world: World, ref: str, sent: str, received: str) -> None:
    """Send the plan to the council; `received` may stay open."""
    given = {"plan.parts": PLAN, "council-letter.sent": sent, "council-letter.number": "1/2026"}
    given |= {"council-letter.received": received} if received else {}
    world.engine.advance(ref, "submit", ask(given, papers=[world.paper("plan"), world.paper("council-letter")], occurred=sent))


def answer(world: World, ref: str, requirement: str, said: str, received: str = "2026-03-02", asked: str = "") -> None:
    """Put a body's answer on record, with its letter."""
    given = {f"{requirement}.answer": said, f"{requirement}.received": received, f"{requirement}.number": "9/2026"}
    given |= {f"{requirement}.asked": asked} if asked else {}
    world.engine.record(ref, ask(given, papers=[world.paper(requirement)]))


def rows(world: World, ref: str, table: str) -> list[Any]:
    """The rows of one stage (of the agreement, where it is named alone) in a table, oldest first."""
    agreement, _, stage = ref.partition("/")
    return [row for row in world.store.load(agreement, history=True).tables[table].values() if row.instance == stage]


def row(world: World, ref: str, name: str) -> Any:
    """The answer to a requirement, in its latest round."""
    return max((found for found in rows(world, ref, "row") if found.name == name), key=lambda found: found.round)


def entries(world: World, ref: str) -> list[Any]:
    return list(world.store.entries(world.case(ref).agreement.id))


def replays(store: Any, ref: str) -> bool:
    """Whether the journal of an agreement adds up to exactly its tables."""
    case = store.load(ref.partition("/")[0], history=True)
    again = replay(store.entries(case.agreement.id))
    return {name: found for name, found in again.items() if name in case.tables} == dict(case.tables)


def story(path: str, now: str = NOW) -> Any:
    """The demo, as it is built by somebody called dinar."""
    documents = f"{os.path.splitext(path)[0]}-documents"
    return build(path, documents, definitions.demo(), catalog, definitions.GUARDS, lambda: now, "dinar")

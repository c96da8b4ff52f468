"""What stages do to each other when one of several has failed, and when the heir of a base is of another stage."""

from __future__ import annotations

from world import World

from workflow.core.recording import Fact
from workflow.engine import Ask


def signed_letter(world: World) -> str:
    ref = world.start()
    opened(world, ref, "loi", "signed", "2025-11-18", signed_on="2025-11-18", fields="education,health")
    return ref


def opened(world: World, ref: str, stage: str, existing: str = "", occurred: str = "", **facts: str) -> None:
    world.engine.open(ref, stage, Ask(facts=[Fact(name, value) for name, value in facts.items()], occurred=occurred), existing=existing)


def test_a_plan_on_a_letter_moves_to_the_memorandum_that_came_of_it(tmp_path):
    world = World(tmp_path).holidays()
    ref = signed_letter(world)
    opened(world, ref, "action-plan", fields="education", period_from="2026-01-01", period_to="2026-12-31", pre_mou="yes")
    opened(world, ref, "mou", technical_units="health", fields="education,health")

    world.walk(f"{ref}/mou", "sign-irregular", "enter-into-force")

    assert world.stage(f"{ref}/loi").state == "fulfilled"
    assert world.stage(f"{ref}/action-plan").links["base"] == "mou"


def test_a_letter_waits_again_only_when_every_memorandum_from_it_has_failed(tmp_path):
    world = World(tmp_path).holidays()
    ref = signed_letter(world)
    states = []
    for mou in ("mou", "mou-2"):
        opened(world, ref, "mou", technical_units="health", fields="education,health")
        states.append(world.stage(f"{ref}/loi").state)
        world.take(f"{ref}/{mou}", "withdraw")
        states.append(world.stage(f"{ref}/loi").state)

    assert states == ["planning", "awaiting-plan", "planning", "awaiting-plan"]

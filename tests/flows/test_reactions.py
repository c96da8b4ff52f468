from tests.world import World
from workflow.core.recording import Fact
from workflow.engine import Ask
import pytest

def opened(world, ref, stage, existing="", occurred="", links=None, **facts):
    world.engine.open(ref, stage, Ask(facts=[Fact(k, v) for k, v in facts.items()], occurred=occurred), existing=existing, **({"links": links} if links else {}))

def test_a_plan_on_a_letter_moves_to_its_memorandum(tmp_path):
    world = World(tmp_path).holidays(); ref = world.start()
    opened(world, ref, "loi", "signed", "2025-11-18", signed_on="2025-11-18", fields="education,health")
    opened(world, ref, "action-plan", fields="education", period_from="2026-01-01", period_to="2026-12-31", pre_mou="yes")
    opened(world, ref, "mou", technical_units="health", fields="education,health")
    assert world.stage(f"{ref}/loi").state == "planning"
    world.take(f"{ref}/mou", "sign-irregular")
    world.take(f"{ref}/mou", "enter-into-force")
    assert world.stage(f"{ref}/loi").state == "fulfilled"
    assert world.stage(f"{ref}/action-plan").links["base"] == "mou"

def test_a_second_attempt(tmp_path):
    world = World(tmp_path).holidays(); ref = world.start()
    opened(world, ref, "loi", "signed", "2025-11-18", signed_on="2025-11-18", fields="education,health")
    opened(world, ref, "mou", technical_units="health", fields="education,health")
    world.take(f"{ref}/mou", "withdraw")
    assert world.stage(f"{ref}/loi").state == "awaiting-plan"
    opened(world, ref, "mou", technical_units="health", fields="education,health")
    assert world.stage(f"{ref}/loi").state == "planning"
    assert world.stage(f"{ref}/mou-2").state == "plan-draft"
    world.take(f"{ref}/mou-2", "withdraw")
    assert world.stage(f"{ref}/loi").state == "awaiting-plan"

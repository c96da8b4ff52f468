"""A deadline that blocks (`on_expiry = "block"`): what it names is refused once its last day is over, until somebody answers for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from flows.scenes import ask, existing
from world import World

import definitions
from workflow.catalog import Catalog
from workflow.errors import RequirementsUnmet
from workflow.library import Library


@pytest.fixture
def office(tmp_path: Path) -> World:
    """An office whose letters of intent are put aside within ten working days of their signature, or not without a word."""
    (tmp_path / "stages").mkdir()
    text = Path(definitions.HERE, "stages", "loi.toml").read_text("utf-8").replace("version = 1", "version = 2", 1)
    old = next(line for line in text.splitlines() if line.startswith("register ") and "anchor" in line)
    new = old.replace('on_expiry = "escalate"', 'on_expiry = "block", blocks = "file"')
    assert new != old
    (tmp_path / "stages" / "loi.toml").write_text(text.replace(old, new), encoding="utf-8")
    world = World(tmp_path)
    found = Catalog(definitions.roots(str(tmp_path)), definitions.GUARDS)
    world.library = Library(world.store, world.store, lambda: found, definitions.GUARDS)
    world.engine = world.as_("p1")
    ref = world.start()
    existing(world, ref, "loi", "signed", "2026-02-27", {"signed_on": "2026-02-27"})
    return world


def wanted(world: World) -> list[str]:
    (unmet,) = [unmet for name, _, unmet in world.engine.options("bogor-kisarazu/loi") if name == "file"]
    return [str(row.text) for row in unmet if "its last day was" in row.message]


def test_until_its_last_day_nothing_is_refused(office):
    assert wanted(office.at("2026-03-13")) == []


def test_after_its_last_day_the_step_is_refused_and_the_refusal_says_how_to_go_on(office):
    due = office.deadline("bogor-kisarazu/loi", "register").effective
    office.at("2026-05-04")

    assert wanted(office) == [f"its last day was {due} (register): it is extended or waived first, with a reason"]
    with pytest.raises(RequirementsUnmet) as refused:
        office.engine.advance("bogor-kisarazu/loi", "file", ask({"register_no": "1"}))
    assert any(row.command.startswith("mufakat deadline extend bogor-kisarazu/loi register") for row in refused.value.unmet)


def test_what_was_done_in_time_and_entered_late_is_not_refused(office):
    office.at("2026-05-04")

    with pytest.raises(RequirementsUnmet) as refused:
        office.engine.advance("bogor-kisarazu/loi", "file", ask(occurred="2026-03-02"))
    assert not [row for row in refused.value.unmet if "its last day was" in row.message]


def test_whoever_extends_it_with_a_reason_may_go_on(office):
    office.at("2026-05-04").engine.extend("bogor-kisarazu/loi", "register", ask(reason="the original came late"), to="2026-05-29")

    assert wanted(office) == []

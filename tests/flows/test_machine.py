"""Each stage is a machine of `transitions`: what is decided by asking it is what it does when it is fired."""

from __future__ import annotations

import pytest
from test_properties import OPENING, opened
from transitions import MachineError

from workflow.core.machine import Token, decide, machine
from workflow.errors import RequirementsUnmet, TriggerNotAllowed

TODAY = "2026-03-02"


def asked(draft, instance, trigger):
    try:
        transition, _ = decide(draft, instance, trigger, TODAY)
    except TriggerNotAllowed:
        return "not from here", instance.state
    except RequirementsUnmet:
        return "unmet", instance.state
    return "taken", transition.to or instance.state


def fired(draft, instance, trigger):
    token = Token(draft, instance, TODAY, reaction=False)
    event = machine(draft.definition(instance)).events.get(trigger)
    try:
        taken = event is not None and event.trigger(token, token)
    except MachineError:
        event = None
    return "not from here" if event is None else "taken" if taken else "unmet", token.state


@pytest.mark.parametrize("stage", sorted(OPENING))
def test_every_trigger_from_every_state_goes_where_the_fired_machine_goes(world, stage):
    draft = world.engine.read(opened(world, stage))
    instance = draft.instance(stage)
    definition = draft.definition(instance)
    standing = [instance._replace(state=state) for state in definition.states]
    triggers = [*definition.transitions, "no-such-trigger"]

    found = {(each.state, trigger): asked(draft, each, trigger) for each in standing for trigger in triggers}

    assert found == {(each.state, trigger): fired(draft, each, trigger) for each in standing for trigger in triggers}
    assert {"not from here", "unmet"} <= {answer for answer, _ in found.values()}

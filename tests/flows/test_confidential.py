"""What the journal never says in clear: names that stand in fields, in files' names and in refusals."""

from __future__ import annotations

import pytest
from flows.scenes import ask, entries, existing, replays, row, rows

from workflow.core.office import Actor
from workflow.engine import Ask, Engine, Paper
from workflow.errors import NotAuthorised

NAME = "Siti Nurhaliza"


def bodies(world, ref: str) -> str:
    return "\n".join(entry.body.decode() for entry in entries(world, ref))


def test_a_name_stays_hidden_when_something_beside_it_comes_on_record(world):
    ref = world.start("ppi", "association")
    world.engine.open(ref, "joint-agreement", ask({"initiative": "partner", "variant": "light"}))
    stage = f"{ref}/joint-agreement"
    done = world.engine.record(stage, ask({"board": NAME}))

    world.engine.record(stage, ask({"board_until": "2027-01-01"}))
    world.engine.correct(done.entry, ask({"board_until": "2027-02-01"}, reason="a slip of the pen"))

    assert NAME not in bodies(world, ref)
    assert row(world, stage, "partner").data == {"board": NAME, "board_until": "2027-02-01"}
    assert replays(world.store, ref)


def test_who_signed_stays_hidden_when_the_term_rolls_over(world):
    ref = world.start()
    given = {"signed_on": "2025-06-02", "in_force_on": "2025-06-02", "term_kind": "auto-renew", "term_months": "12", "ends_on": "2026-02-01",
             "instrument.signed_by": NAME}
    existing(world, ref, "mou", "in-force", "2025-06-02", given)

    world.engine.expire_due(ref)

    assert NAME not in bodies(world, ref)
    assert replays(world.store, ref)


def test_who_answers_for_an_item_stays_hidden(world):
    ref = world.start()
    existing(world, ref, "mou", "in-force", "2026-01-05", {"in_force_on": "2026-01-05", "term_kind": "evergreen", "fields": "health"})
    world.engine.open(ref, "action-plan", ask({"fields": "health", "period_from": "2026-04-01", "period_to": "2026-12-31"}))

    world.engine.open(f"{ref}/action-plan", "item", ask({"title": "exchange", "owner_city": NAME, "owner_partner": NAME}))

    assert NAME not in bodies(world, ref)


def test_a_files_name_is_not_the_journals(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    path = world.folder / f"passport {NAME}.pdf"
    path.write_text("a scan")

    world.engine.record(f"{ref}/loi", Ask(papers=[Paper("draft", str(path), "id")]))

    assert NAME not in bodies(world, ref)
    assert rows(world, f"{ref}/loi", "document")[0].filename == path.name
    assert replays(world.store, ref)


@pytest.mark.parametrize("verb", [lambda engine, ref: engine.approve(ref, "legal-check"),
                                  lambda engine, ref: engine.advance(ref, "withdraw", ask(reason="no interest", role="mayor"))])
def test_who_was_refused_stands_in_the_journal_by_id(world, verb):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    engine = Engine(world.store, world.library, Actor("p9", NAME, "os", ("finance",)), origin=world.engine.origin, clock=world.clock)

    with pytest.raises(NotAuthorised, match=NAME):
        verb(engine, f"{ref}/loi")

    assert NAME not in bodies(world, ref)
    assert "p9 may not" in bodies(world, ref)

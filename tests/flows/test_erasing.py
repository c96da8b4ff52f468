"""What is erased is gone from the database and from what is on record; the log, its chain and its replay stand as they were."""

from __future__ import annotations

import os

import pytest
from flows.scenes import ask, entries, replays, row, rows
from world import ORIGIN

from workflow.administration import Administration
from workflow.core.agreement import Effect
from workflow.core.entry import leaf, open_entry
from workflow.core.office import SYS, Actor
from workflow.core.replay import replay
from workflow.engine import Ask, Paper
from workflow.erasing import Eraser
from workflow.errors import InvalidInput, NotAuthorised, NotFound

NAME, OTHER = "Siti Nurhaliza", "Budi Santoso"
ADMIN = Actor("p1", "Sari", "os", ("coordinator",), admin=True)


def eraser(world, actor=ADMIN):
    return Eraser(world.store, actor, origin=ORIGIN, clock=world.clock, documents=world.engine.documents)


def dump(world):
    """All that the database holds, as text."""
    return "\n".join(world.store._db.iterdump())


@pytest.fixture
def stage(world):
    ref = world.start("ppi", "association")
    world.engine.open(ref, "joint-agreement", ask({"initiative": "partner", "variant": "light"}))
    return f"{ref}/joint-agreement"


def test_a_personal_value_goes_wherever_the_journal_repeats_it(world, stage):
    done = world.engine.record(stage, ask({"board": NAME}))
    world.engine.record(stage, ask({"board_until": "2027-01-01"}))
    before = [entry.leaf for entry in entries(world, "ppi")]

    erased = eraser(world).entry("ppi", int(done.entry.partition("#")[2]), "asked for by the person")

    assert [spot.cseq for spot in erased.spots] == [3, 4]
    assert NAME not in dump(world)
    assert not row(world, stage, "partner").data["board"]
    assert row(world, stage, "partner").data["board_until"] == "2027-01-01"
    assert [entry.leaf for entry in entries(world, "ppi")][:-1] == before
    assert replays(world.store, "ppi")


def test_the_entry_says_which_values_went_and_why(world, stage):
    done = world.engine.record(stage, ask({"board": NAME}))

    erased = eraser(world).entry("ppi", int(done.entry.partition("#")[2]), "asked for by the person")

    last = entries(world, "ppi")[-1]
    content, effects = open_entry(last.body, {})
    assert (content["act"], content["reason"], erased.entry) == ("erase", "asked for by the person", f"ppi#{last.cseq}")
    assert [effect for effect in effects if effect.table == "detail"] == [Effect("detail", (3, erased.spots[0].name), {})]
    assert leaf(last.body) == last.leaf


def test_another_value_of_the_same_place_stays(world, stage):
    done = world.engine.record(stage, ask({"board": NAME}))
    world.engine.correct(done.entry, ask({"board": OTHER}, reason="it was another"))

    eraser(world).entry("ppi", int(done.entry.partition("#")[2]), "asked for by the person")

    assert NAME not in dump(world)
    assert row(world, stage, "partner").data["board"] == OTHER
    assert replays(world.store, "ppi")


def test_erasing_again_writes_nothing(world, stage):
    done = world.engine.record(stage, ask({"board": NAME}))
    number = int(done.entry.partition("#")[2])
    eraser(world).entry("ppi", number, "asked for")
    before = len(entries(world, "ppi"))

    assert eraser(world).entry("ppi", number, "asked for") == ("", (), False)
    assert len(entries(world, "ppi")) == before


def test_a_rehearsal_tells_what_would_go_and_writes_nothing(world, stage):
    done = world.engine.record(stage, ask({"board": NAME}))

    told = eraser(world).entry("ppi", int(done.entry.partition("#")[2]), "asked for", dry_run=True)

    assert [spot.value for spot in told.spots] == [NAME]
    assert row(world, stage, "partner").data["board"] == NAME


def test_a_document_s_file_and_name_go_and_its_hash_stays(world):
    ref, sha256, path = with_paper(world, "loi.pdf", "one scan")

    erased = eraser(world).document(ref, 1, "the wrong scan")

    (paper,) = rows(world, f"{ref}/loi", "document")
    assert (erased.file, os.path.exists(path)) == (True, False)
    assert (paper.stored, paper.filename, paper.sha256) == (False, "", sha256)
    assert NAME not in dump(world)
    assert replays(world.store, ref)


def test_a_file_that_another_document_needs_stays(world):
    ref, _, path = with_paper(world, "loi.pdf", "one scan")
    other, _, _ = with_paper(world, "copy.pdf", "one scan", "bogor-lankaran")

    assert not eraser(world).document(ref, 1, "the wrong scan").file
    assert os.path.exists(path)
    assert eraser(world).document(other, 1, "this one too").file
    assert not os.path.exists(path)


def test_an_erasure_that_was_cut_off_before_its_file_went_is_finished_by_erasing_again(world, monkeypatch):
    ref, _, path = with_paper(world, "loi.pdf", "one scan")
    with monkeypatch.context() as patch:
        patch.setattr(os, "remove", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            eraser(world).document(ref, 1, "the wrong scan")
    assert os.path.exists(path)

    assert eraser(world).document(ref, 1, "the wrong scan") == ("", (), True)
    assert not os.path.exists(path)


def test_who_somebody_was_goes_from_every_entry_and_what_they_did_stays(world):
    office = Administration(world.store, ADMIN, world.clock)
    office.found("Sari", "sari", zone="Asia/Jakarta", origin=ORIGIN)
    office.add_person(NAME, "siti", ["legal"], email="siti@example.org")
    office.edit_person("p2", {"name": f"Dr. {NAME}"})
    office.edit_person("p2", {"active": False})

    erased = eraser(world).person("p2", "left the office")

    people = world.store.office().tables["person"]
    assert len(erased.spots) == 4
    assert (people["p2",].name, people["p2",].login, people["p2",].email) == ("", "", "")
    assert people["p1",].name == "Sari"
    assert "siti@example.org" not in dump(world)
    assert NAME not in dump(world)
    assert replay(world.store.entries(SYS))["person"] == people


def test_whoever_may_still_act_is_not_erased(world):
    Administration(world.store, ADMIN, world.clock).found("Sari", "sari", zone="Asia/Jakarta", origin=ORIGIN)

    with pytest.raises(InvalidInput, match="may still act"):
        eraser(world).person("p1", "left the office")


@pytest.mark.parametrize(("act", "error"), [
    (lambda found: found.person("p7", "x"), NotFound),
    (lambda found: found.document("ppi", 7, "x"), NotFound),
    (lambda found: found.entry("ppi", 1, " "), InvalidInput),
])
def test_what_is_not_there_and_what_has_no_reason_is_refused(world, stage, act, error):
    with pytest.raises(error):
        act(eraser(world))


def test_only_an_administrator_erases(world, stage):
    with pytest.raises(NotAuthorised):
        eraser(world, Actor("p2", "Dian", "os", ("legal",))).entry("ppi", 1, "x")


def with_paper(world, name, text, ref="bogor-kisarazu"):
    """An agreement whose letter has a draft on file: its reference, the draft's hash, where the file is kept."""
    world.start(ref)
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    path = world.folder / f"{NAME} {name}"
    path.write_text(text)
    world.engine.record(f"{ref}/loi", Ask(papers=[Paper("draft", str(path), "id")]))
    sha256 = rows(world, f"{ref}/loi", "document")[0].sha256
    return ref, sha256, world.engine.documents.path(sha256)

"""What is on record already is not put there again; what a link names is told like everything else that is new."""

from __future__ import annotations

import json

import pytest

PLACE = "record bogor-kisarazu/loi place=Tokyo"


@pytest.fixture
def placed(loi):
    """The place of signature is on record, and a draft in Indonesian."""
    loi.ok(f"{PLACE} --document draft={loi.file('draft.pdf')}:id")
    return loi


@pytest.mark.parametrize("line", [PLACE, f"{PLACE} --occurred-at 2026-02-20", f"{PLACE} --document draft={{paper}}:id",
                                  "record bogor-kisarazu/loi exploration_positive=yes fields=education,culture"])
def test_what_stands_already_writes_no_entry_and_says_so(placed, line):
    before, record = placed.entries(), placed.json("show bogor-kisarazu/loi")
    line = line.format(paper=placed.file("draft.pdf"))

    said, told = placed.ok(line), placed.json(line)

    assert "nothing is new: it was on record already  (nothing was written)" in said
    assert (told["unchanged"], told["entry"], told["effects"]) == (True, "", [])
    assert "nothing is new" in placed.ok(f"{line} --dry-run")
    assert placed.entries() == before
    assert placed.json("show bogor-kisarazu/loi") == record


@pytest.mark.parametrize("more", ["--reason asked", "--document draft={paper}:ja", "signed_on=2026-03-01"])
def test_what_comes_with_it_and_is_new_makes_an_entry(placed, more):
    before = placed.entries()

    told = placed.json(f"{PLACE} {more.format(paper=placed.file('other.pdf', 'other'))}")

    assert (told["unchanged"], told["entry"]) == (False, f"bogor-kisarazu#{before + 1}")
    assert placed.entries() == before + 1


def test_a_request_that_brought_nothing_new_has_not_used_up_its_id(placed):
    placed.ok(f"{PLACE} --request-id job-1")

    told = placed.json("activity bogor-kisarazu exchange --request-id job-1")

    assert (told["repeated"], told["act"]) == (False, "activity")


def test_in_a_batch_only_what_is_new_is_written(placed):
    placed.ok("open bogor-kisarazu visit direction=inbound initiative=partner rationale=x")
    placed.ok("start sister-city bogor-tainan --party Bogor:ID --party Tainan:TW")
    placed.ok("open bogor-tainan loi exploration_positive=yes fields=education")
    refs = placed.file("refs.txt", "bogor-kisarazu/loi\nbogor-tainan/loi\n")
    before = placed.entries()

    rows = [json.loads(line) for line in placed.ok(f"record --from {refs} place=Tokyo -o json").splitlines()]

    assert [(row["ref"], row["unchanged"]) for row in rows] == [("bogor-kisarazu/loi", True), ("bogor-tainan/loi", False)]
    assert placed.entries() == before


def test_a_link_is_shown_when_it_is_put_on_record_and_in_history(loi):
    loi.ok("open bogor-kisarazu visit direction=inbound initiative=partner rationale=x")

    said = loi.ok("record bogor-kisarazu/loi --link travel=visit")

    assert "link      bogor-kisarazu/loi  travel = visit" in said
    assert "travel = visit" in loi.ok("history bogor-kisarazu").splitlines()[-1]
    assert loi.json("history bogor-kisarazu")[-1]["links"] == [{"stage": "loi", "link": "travel", "to": "visit"}]
    assert loi.json("record bogor-kisarazu/loi --link travel=visit")["unchanged"]

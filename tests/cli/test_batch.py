"""Many references: a result for each, exit 1 if any failed."""

from __future__ import annotations

import json

import pytest

NOON = "2026-03-02T03:00:00.000000Z"


@pytest.fixture
def two(loi):
    loi.ok("start sister-city bogor-tainan --party Bogor:ID --party Tainan:TW")
    loi.ok("person add Sari --login sari --role coordinator")
    return loi


def test_each_reference_of_a_file_gets_its_result(two):
    refs = two.file("refs.txt", "# ours\nbogor-kisarazu\n\nbogor-tainan\n")

    rows = [json.loads(line) for line in two.ok(f"assign --from {refs} --owner sari -o json").splitlines()]

    assert [row["ref"] for row in rows] == ["bogor-kisarazu", "bogor-tainan"]
    assert two.json("show bogor-tainan")["owner_name"] == "Sari"


def test_one_failure_does_not_stop_the_others_and_ends_with_1(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nnowhere\nbogor-tainan\n")

    result = two(f"activity --from {refs} meeting")

    assert result.exit_code == 1
    assert result.stdout.count("activity recorded") == 2
    assert "nowhere" in result.stderr


@pytest.mark.parametrize("output", ["json", "ndjson"])
def test_every_failure_says_of_which_reference_as_data(two, output):
    refs = two.file("refs.txt", "bogor-kisarazu\nnowhere\nbogor-tainan\n")

    result = two(f"activity --from {refs} meeting --until 2030-01-01 -o {output}")

    told = [json.loads(line)["error"] for line in result.stderr.splitlines()]
    assert [row["ref"] for row in told] == ["bogor-kisarazu", "nowhere", "bogor-tainan"]
    assert [row["type"] for row in told] == ["InvalidInput", "AgreementNotFound", "InvalidInput"]
    assert (result.exit_code, result.stdout) == (1, "")


def test_every_failure_says_of_which_reference_once(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nnowhere\nbogor-kisarazu/loi\n")

    said = [line for line in two(f"assign --from {refs} --owner sari").stderr.splitlines() if line.startswith("error")]
    why = two(f"activity --from {refs} meeting --until 2030-01-01").stderr

    assert [line.count("nowhere") for line in said] == [1, 0]
    assert said[1] == "error: reference 'bogor-kisarazu/loi': this is of the whole agreement: bogor-kisarazu"
    assert "error: bogor-kisarazu: until '2030-01-01': that day has not come" in why


def test_a_table_of_results_has_one_head(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nnowhere\nbogor-tainan\n")

    lines = two(f"activity --from {refs} meeting -o csv").stdout.splitlines()

    assert [line.partition(",")[0] for line in lines] == ["ref", "bogor-kisarazu", "bogor-tainan"]


def test_whoever_owns_some_already_fails_no_batch(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nbogor-tainan\n")
    two.ok("assign bogor-tainan --owner sari")

    rows = [json.loads(line) for line in two.ok(f"assign --from {refs} --owner sari -o json").splitlines()]
    again = [json.loads(line) for line in two.ok(f"assign --from {refs} --owner sari -o json").splitlines()]

    assert [(row["ref"], row["unchanged"]) for row in rows] == [("bogor-kisarazu", False), ("bogor-tainan", True)]
    assert all(row["unchanged"] for row in again)


def test_references_come_from_a_pipe(two, monkeypatch):
    from click.testing import CliRunner

    from cli import PARTS, cli
    from workflow.commands.app import App

    app = App(PARTS, two.environment, two.clock)
    result = CliRunner().invoke(cli, ["can", "--from", "-", "-o", "json"], obj=app, input="bogor-kisarazu/loi\nbogor-tainan\n", prog_name="mufakat")

    assert result.exit_code == 0
    assert [json.loads(line)["ref"] for line in result.stdout.splitlines()] == ["bogor-kisarazu/loi", "bogor-tainan"]


def test_a_list_without_a_reference_is_a_usage_error(two):
    assert two(f"assign --from {two.file('refs.txt', '')} --owner sari").exit_code == 2
    assert two("assign --from missing.txt --owner sari").exit_code == 2


def test_a_call_with_a_request_id_can_be_repeated(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nbogor-tainan\n")
    two.ok(f"activity --from {refs} meeting --request-id spring")
    before = [len(two.json(f"history {ref}")) for ref in ("bogor-kisarazu", "bogor-tainan")]

    two.ok(f"activity --from {refs} meeting --request-id spring")

    assert [len(two.json(f"history {ref}")) for ref in ("bogor-kisarazu", "bogor-tainan")] == before


def test_a_dry_run_over_many_writes_nothing(two):
    refs = two.file("refs.txt", "bogor-kisarazu\nbogor-tainan\n")
    before = two.json("history bogor-tainan")

    two.ok(f"activity --from {refs} meeting --dry-run")

    assert two.json("history bogor-tainan") == before


def test_refusals_in_a_batch_are_on_record(two):
    refs = two.file("refs.txt", "bogor-kisarazu/loi\n")

    result = two(f"advance --from {refs} consult")

    assert result.exit_code == 1
    assert two.json("history bogor-kisarazu")[-1]["act"] == "refuse"


def test_what_is_broken_off_in_a_group_was_not_written_and_not_told(two):
    """The group is the unit: the first reference was done when the second was interrupted, and neither is on record."""
    one, both = two.file("one.txt", "bogor-kisarazu\n"), two.file("both.txt", "bogor-kisarazu\nbogor-tainan\n")
    calls = []
    two.clock = lambda: (calls.append(1), NOON)[1]
    two.ok(f"activity --from {one} meeting")
    needed = len(calls)
    before = [two.json(f"history {ref}") for ref in ("bogor-kisarazu", "bogor-tainan")]

    def interrupted():
        calls.append(1)
        if len(calls) > needed:
            raise KeyboardInterrupt
        return NOON

    calls.clear()
    two.clock = interrupted
    result = two(f"activity --from {both} meeting")
    two.clock = lambda: NOON

    assert (result.exit_code, result.stdout) == (130, "")
    assert [two.json(f"history {ref}") for ref in ("bogor-kisarazu", "bogor-tainan")] == before

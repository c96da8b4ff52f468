"""Dates moved at the prompt: said as they are typed, refused where they are not the office's."""

from __future__ import annotations

import pytest

from workflow.core.entry import open_entry
from workflow.store import open_store

WHY = ("--reason", "the partner asked for it")


@pytest.fixture
def loi(loi):
    """A letter of intent with a policy of 60 days for its draft: until 3 April 2026."""
    loi.ok("config set policy.loi_draft_days 60")
    loi.ok("record bogor-kisarazu/loi place=Tokyo")
    return loi


def test_a_deadline_is_shown_with_what_it_rests_on_and_when_somebody_is_told(loi):
    screen = loi.ok("deadline show bogor-kisarazu/loi draft")

    assert "Fri 3 Apr 2026" in screen
    assert "Fri 27 Mar 2026" in screen  # a week before
    assert "office policy" in screen


def test_an_extension_says_the_new_day_and_keeps_the_old_one(loi):
    said = loi.ok("deadline extend bogor-kisarazu/loi draft --to 2026-04-30", *WHY)
    screen = loi.ok("deadline show bogor-kisarazu/loi draft")

    assert "Draft the letter extended" in said
    assert "Thu 30 Apr 2026" in said
    assert "the partner asked for it" in screen
    assert "Fri 3 Apr 2026" in screen
    assert "Draft the letter extended" in loi.ok("history bogor-kisarazu/loi")


def test_an_extension_may_be_typed_as_working_days(loi):
    loi.ok("deadline extend bogor-kisarazu/loi draft --by +10bd", *WHY)

    assert loi.json("deadline show bogor-kisarazu/loi draft")["effective"] == "2026-04-17"


def test_a_waived_deadline_is_gone_from_the_agenda(loi):
    loi.ok("deadline waive bogor-kisarazu/loi draft", *WHY)

    assert "draft" not in [row["name"] for row in loi.json("deadline list")]


@pytest.mark.parametrize(("line", "code", "said"), [
    ("deadline waive bogor-kisarazu/loi draft", 2, "reason"),
    ("deadline waive bogor-kisarazu/loi drat --reason x", 3, "bogor-kisarazu/loi draft"),
    ("deadline suspend bogor-kisarazu/loi draft --reason x", 4, "does not let its clock stand still"),
    ("deadline extend bogor-kisarazu/loi draft --reason x", 2, "--to DATE or --by"),
    ("deadline extend bogor-kisarazu/loi draft --by 3x --reason x", 2, "10bd"),
])
def test_what_cannot_be_is_refused_with_how_to_mend_it(loi, line, code, said):
    result = loi(line)

    assert result.exit_code == code
    assert said in result.stderr


def test_the_law_s_period_is_refused_plainly(demo):
    result = demo("deadline waive contoh-council/mou council --dry-run --reason x --db", f"{demo.folder}/demo.db")

    assert result.exit_code == 4
    assert "PP 28/2018 art. 30(4): the law's period is not the office's to move" in " ".join(result.stderr.split())


def test_the_shell_knows_a_stage_s_deadlines(loi):
    from cli import PARTS, cli
    from workflow.commands.app import App
    from workflow.commands.options import complete_deadline

    context = cli.make_context("mufakat", ["deadline"], obj=App(PARTS, loi.environment, loi.clock), resilient_parsing=True)
    context.params["ref"] = "bogor-kisarazu/loi"

    assert complete_deadline(context, None, "dr") == ["draft"]


LADDERS = ("--param", "loi_draft_days=60", "--ladder", "-20d,0", "--ladder", "draft=-12d,-3d,0")


def told(office):
    """The days and the rungs on which somebody is told of the draft."""
    rows = office.json("deadline show a-b/loi draft")["rungs"]
    return [row["rung"] for row in rows]


def test_an_agreement_s_own_ladder_is_on_record_and_is_the_one_it_goes_by(office):
    office.ok("start sister-city a-b --party A:ID --party B:JP --owner me", *LADDERS)
    office.ok("config set ladder.sister-city.loi.draft -- -9d,0")  # the office's does not undo it
    office.ok("open a-b loi exploration_positive=yes")
    office.ok("record a-b/loi place=Tokyo")

    assert told(office)[:3] == ["-12d", "-3d", "0"]
    with open_store(office.environment["MUFAKAT_DB"]) as store:
        chain = store.load("a-b").agreement.id
        params = open_entry(next(store.entries(chain)).body, {})[1][0].values["params"]
    assert params == {"ladder": "-20d,0", "ladder.draft": "-12d,-3d,0", "loi_draft_days": 60}


@pytest.mark.parametrize(("ladder", "said"), [("soon", "-30d"), ("draft=", "-30d"), ("drafft=-3d", "draft"), ("-3d*2", "-30d")])
def test_a_bad_ladder_of_an_agreement_is_refused_with_what_is_right(office, ladder, said):
    refused = office("start sister-city a-b --party A:ID --party B:JP --owner me --ladder", ladder)

    assert refused.exit_code == 2
    assert said in refused.stderr
    assert office.json("list") == []


def test_an_extended_deadline_says_that_it_does_not_end_as_declared(loi):
    loi.ok("deadline extend bogor-kisarazu/loi draft --to 2026-04-30", *WHY)

    assert "extended; as declared 60 days after" in loi.ok("deadline list bogor-kisarazu")
    assert "reason: the partner asked for it" in loi.ok("deadline show bogor-kisarazu/loi draft")


def test_who_is_told_is_who_the_plan_has_a_deputy_too(loi):
    loi.ok("person add", "Sari Dewi", "--login", "sari", "--email", "sari@example.org", "--role", "secretary")
    loi.ok("person edit me --deputy sari --from 2026-03-20 --until 2026-03-31")

    told = [line.split("   ") for line in loi.ok("deadline show bogor-kisarazu/loi draft").splitlines() if line.startswith("  told")]

    assert told[0][-1] == "Sari Dewi"
    assert told[1][-1] != "Sari Dewi"


def test_a_deadline_that_is_waived_is_told_of_once(loi):
    said = loi.ok("deadline waive bogor-kisarazu/loi draft", *WHY)

    assert said.count("no longer applies") == 1
    assert "settled   Draft the letter   no longer applies   the partner asked for it" in said
    assert loi.ok("deadline show bogor-kisarazu/loi draft").count("no longer applies") == 1

"""Lines that say too little: they end in help or in a sentence, never in a traceback."""

from __future__ import annotations


def test_the_command_alone_shows_what_there_is(mufakat):
    result = mufakat("")

    assert result.exit_code == 2
    assert "Every day:" in result.output
    assert "Traceback" not in result.output


def test_a_folder_of_definitions_that_is_not_there_does_not_pass_the_lint(mufakat):
    result = mufakat("definition lint nowhere")

    assert result.exit_code == 2
    assert "there is no such folder" in result.stderr
    assert mufakat("definition list", MUFAKAT_DEFINITIONS="nowhere").exit_code == 2


def test_a_transition_is_asked_of_a_stage(started):
    """`can REF TRIGGER && …` must not go on where nothing was judged."""
    assert started("can bogor-kisarazu sign").exit_code == 2


def test_the_name_of_the_offices_history_is_taken(office):
    assert office("start sister-city sys --party A:ID").exit_code == 2


def test_a_filter_that_nothing_can_match_is_a_usage_error(loi):
    assert loi.error("list --state draftin")["suggestions"][0] == "drafting"
    assert loi.error("list --stage lio")["exit"] == 3
    assert loi("list --state signed").exit_code == 0


def test_a_list_says_what_a_state_is_called_where_the_reader_is_and_data_keeps_its_id(loi):
    (stage,) = loi.json("list")[0]["stages"]
    assert stage["state"] == "drafting"
    for lang, called in (("en", "Drafting"), ("id", "Penyusunan"), ("ja", "起案中")):
        said = loi.ok(f"--lang {lang} list")
        assert f"loi: {called}" in said
        assert "loi drafting" not in said
        assert called in loi.ok(f"--lang {lang} show bogor-kisarazu")


def test_after_the_last_page_nothing_matches(started):
    assert "no agreement matches" in started("list --after zzz").output


def test_how_far_ahead_is_a_span(office):
    assert office.error("agenda --for -5d")["value"] == "-5d"
    assert office.error("agenda --for tomorrow")["exit"] == 2
    assert "Nothing is overdue" in office.ok("agenda --for 10bd")


def test_a_title_does_not_steer_the_terminal(office):
    office.ok("start sister-city a-b --party A:ID --party B:JP --title", "one\x1b]0;two\x07\x1b[2Jthree")

    said = office.ok("show a-b") + office.ok("list")

    assert "\x1b" not in said
    assert "\x07" not in said
    assert office.json("list")[0]["title"] == "one\x1b]0;two\x07\x1b[2Jthree"


def test_a_home_that_the_shell_left_as_it_is(loi, monkeypatch):
    monkeypatch.setenv("HOME", str(loi.folder))
    loi.file("draft.pdf")

    assert "draft.pdf" in loi.ok("record bogor-kisarazu/loi --document draft=~/draft.pdf:id")


def test_a_refused_dry_run_is_not_said_to_be_on_record(loi):
    assert "the attempt is on record" in loi("advance bogor-kisarazu/loi consult").stderr
    assert "the attempt is on record" not in loi("advance bogor-kisarazu/loi consult --dry-run").stderr


def test_nobody_acts_in_a_role_that_there_is_not(loi):
    assert "coordinator" in loi.error("record bogor-kisarazu/loi fields=health --role coordinatr")["suggestions"]


def test_a_policy_of_one_agreement_is_checked_like_the_offices(office):
    for param in ("nonsense=3", "loi_draft_days=soon", "loi_draft_days=-5", "fiscal_year_end=13-45"):
        assert office(f"start sister-city a-b --party A:ID --party B:JP --param {param}").exit_code == 2
    assert "'13-45'" in office("config set policy.fiscal_year_end 13-45").stderr
    office.ok("start sister-city a-b --party A:ID --party B:JP --param loi_draft_days=30 --param fiscal_year_end=12-31")


def test_a_folder_without_definitions_does_not_pass_the_lint(mufakat):
    assert "neither stages/ nor tracks/" in mufakat("definition lint .").stderr

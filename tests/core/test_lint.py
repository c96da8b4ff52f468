"""The lint passes what is shipped and refuses what is broken: with the file, the key and the reason, all at once."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

import definitions
from workflow.core.definition import definition
from workflow.core.lint import lint
from workflow.core.lint_names import own_facts

HERE = Path(definitions.HERE)
STAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "stages").glob("*.toml"))}
TRACKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "tracks").glob("*.toml"))}
DATA = {name: tomllib.loads(text) for name, text in (STAGES | TRACKS).items()}


def linted(stages: dict[str, Any], tracks: dict[str, Any]) -> list[Any]:
    return lint({f"{name}.toml": data for name, data in stages.items()}, {f"{name}.toml": data for name, data in tracks.items()}, definitions.GUARDS)


def broken(name: str, data: dict[str, Any]) -> list[Any]:
    """The problems once one file is another."""
    changed = DATA | {name: data}
    return linted({stage: changed[stage] for stage in STAGES}, {track: changed[track] for track in TRACKS})


def edited(name: str, old: str, new: str) -> list[Any]:
    text = (STAGES | TRACKS)[name]
    assert old in text, f"{name}: {old}"
    return broken(name, tomllib.loads(text.replace(old, new, 1)))


def found(problems: list[Any], file: str, key: str, text: str) -> bool:
    return any((problem.file, problem.key, problem.level) == (f"{file}.toml", key, "error") and text in problem.text for problem in problems)


def test_what_is_shipped_is_clean():
    """No error and no warning."""
    assert linted({name: DATA[name] for name in STAGES}, {name: DATA[name] for name in TRACKS}) == []


MODEL = [  # the mutants that the draft's own check was held to
    ("visit", 'from = ["screened"], to = "planned"', 'from = ["screned"], to = "planned"', "transition.plan.from", "did you mean 'screened'?"),
    ("visit", 'to = "declined"', 'to = "nowhere"', "transition.decline.to", "unknown state 'nowhere'"),
    ("visit", "declined             = { final = true }", "declined             = {}", "state.declined", "a trap"),
    ("visit", 'basis = "circular", citation = "SE Mendagri 009/5545/SJ, 1 Jul 2019"', 'basis = "circular"', "deadline.permit-lead",
     "basis circular without a citation"),
    ("visit", 'kind = "checklist", hard', 'kind = "chklist", hard', "requirement.eligibility.kind", "did you mean 'checklist'?"),
    ("visit", 'on_expiry = "fire", fire = "begin"', 'on_expiry = "approve"', "deadline.starts.on_expiry", "unknown value 'approve'"),
    ("visit", 'anchor = ["field:ends_on"], amount = 14', 'anchor = ["field:endz_on"], amount = 14', "deadline.report.anchor",
     "did you mean 'ends_on'?"),
    ("loi", 'anchor = ["request:partner-text", "state:consulting"], amount = 60', "anchor = [], amount = 60", "deadline.partner-text.anchor",
     "something in it is needed"),
    ("loi", 'needs = ["home-affairs", "foreign-affairs", "partner-text"]', 'needs = ["home-affair", "foreign-affairs", "partner-text"]',
     "transition.clear.needs", "did you mean 'home-affairs'?"),
    ("loi", 'fire = "lapse"', 'fire = "reaffirm"', "deadline.follow-up.fire", "no transition of the clock"),
    ("loi", 'clock = true, needs = ["ends"], when = { "instrument.term_kind" = ["fixed"] } }',
     'clock = true, needs = ["ends", "closing-note"], when = { "instrument.term_kind" = ["fixed"] } }', "deadline.term.fire", "approval by time-out"),
    ("loi", 'basis = "clause", on_expiry', "on_expiry", "deadline.term", "the key 'basis' is missing"),
    ("mou", 'on_expiry = "escalate", escalate = ["secretary", "mayor"], ladder = ["-10bd"',
     'on_expiry = "fire", fire = "approve", ladder = ["-10bd"', "deadline.council.fire", "approve is an act of council: approval by time-out"),
    ("mou", 'unit = "working-day", calendar = "ID", direction = "after", while = ["at-council"], met_by = "requirement:council"',
     'unit = "working-day", direction = "after", while = ["at-council"], met_by = "requirement:council"', "deadline.council",
     "working days without a calendar"),
    ("mou", 'met_by = "received:council-letter"', 'met_by = "requirement:plan"', "deadline.council", "the statutory clock may never start"),
    ("mou", "when = { treaty_mode = [true] }", "when = { treaty_mod = [true] }", "requirement.full-powers.when", "did you mean 'treaty_mode'?"),
    ("mou", 'accepts = ["confirmed"]', 'accepts = ["ok"]', "requirement.confirmation.accepts", "unknown outcome 'ok'"),
    ("mou", 'holds = "travel-cleared"', 'holds = "travel-clear"', "requirement.travel.holds", "unknown fact that states hold 'travel-clear'"),
    ("review", 'via = "subject", holds = "ended" }, sets', 'via = "subject", holds = "endd" }, sets', "transition.lapsed.follows.holds", "'endd'"),
    ("action_plan", 'all_in = ["done", "dropped"]', 'all_on = ["done"]', "requirement.all-settled.all_on",
     "unknown key 'all_on'; did you mean 'all_in'?"),
    ("action_plan", 'to = "dropped"', 'to = "done"', "item.state.dropped", "it cannot be reached"),
    ("action_plan", 'parent = ["running", "reporting"] }\nfinish', 'parent = ["runing"] }\nfinish', "item.transition.start.parent",
     "did you mean 'running'?"),
    ("joint_agreement", 'roles = ["legal"], needs = ["proposal", "track-note"', 'needs = ["proposal", "track-note"', "transition.screen",
     "nobody may take it"),
    ("review", 'roll = "back", while = ["scheduled", "collecting", "evaluated"]',
     'roll = "forward", while = ["scheduled", "collecting", "evaluated"]', "deadline.decide.roll", "never forward"),
]
MORE = [
    # shape
    ("loi", "schema = 1", "schema = 2", "schema", "unknown value 2"),
    ("loi", "version = 1", 'version = "1"', "version", "a whole number from 0 is needed"),
    ("loi", "[state]", "[states]", "states", "did you mean 'state'?"),
    ("loi", "awaiting-plan = {", "awaiting_plan = {", "state.awaiting_plan", "is no id"),
    ("visit", 'starts_on = "date"', 'startsOn = "date"', "requirement.dates.of", "is no field name"),
    ("visit", 'starts_on = "date"', 'starts_on = "day"', "requirement.dates.of", "'day' is no type"),
    ("visit", 'clock = true, needs = ["begun"]', 'clock = "yes", needs = ["begun"]', "transition.begin.clock", "true or false is needed"),
    ("mou", 'roles = ["coordinator"], actor = "council", needs = ["council"] }', 'roles = ["clerk"], actor = "council", needs = ["council"] }',
     "transition.approve.roles", "unknown role 'clerk'"),
    ("mou", 'roles = ["coordinator"], actor = "council", needs = ["council"] }',
     'roles = ["coordinator"], actor = "parliament", needs = ["council"] }', "transition.approve.actor", "unknown actor 'parliament'"),
    ("mou", "confirm              = {", "trigger              = {", "transition.trigger", "a word of the machine itself"),
    ("mou", 'ladder = ["-10bd", "-5bd"', 'ladder = ["-10 days", "-5bd"', "deadline.council.ladder", "'-10 days' is no lead time"),
    ("mou", 'ladder = ["-10bd", "-5bd"', 'ladder = ["-5bd", "-5bd"', "deadline.council.ladder", "is there twice"),
    ("mou", 'repeat = "5bd"', 'repeat = "weekly"', "deadline.council.repeat", "is no span of time"),
    ("review", "quorum = 3", "quorum = 0", "requirement.evaluators.quorum", "above 0"),
    ("visit", 'since = "2008", until', 'since = "13 July 2008", until', "requirement.old-criteria.since", "is no date"),
    # law
    ("visit", 'since = "2008", until = "2018-07-13"', 'since = "2020-01-01", until = "2018-07-13"', "requirement.old-criteria.until",
     "before it began"),
    ("visit", 'since = "2008", until = "2018-07-13"', 'since = "2008", until = "2019-07-13"', "requirement.old-criteria",
     "belongs to sister-criteria already"),
    ("mou", 'basis = "statute", citation = "PP 28/2018 art. 26", ', 'citation = "PP 28/2018 art. 26", ', "requirement.grant-cleared.citation",
     "the basis is policy"),
    ("mou", 'of = { has_grant = "bool" }', 'of = { has_grant = "bool", treaty_mode = "bool" }', "requirement.grant",
     "the field 'treaty_mode' belongs to treaty already"),
    # facts and what they can be
    ("mou", "when = { material_change = [false] }", 'when = { material_change = ["no"] }', "transition.resubmit.when", "can never be 'no'"),
    ("review", '"subject.instrument.term_kind" = ["fixed", "auto-renew"]', '"subject.instrument.term" = ["fixed", "auto-renew"]',
     "deadline.decide.when", "unknown fact 'subject.instrument.term'"),
    ("review", 'amount_field = "subject.instrument.notice_months"', 'amount_field = "subject.instrument.notice_days"',
     "deadline.notice-by.amount_field", "did you mean 'subject.instrument.notice_months'?"),
    ("review", 'anchor = ["link:subject.instrument.ends_on"], amount = 9', 'anchor = ["link:subject.instrument.place"], amount = 9',
     "deadline.decide.anchor", "not a date"),
    ("visit", '{ kind = "reached", field = "ends_on" }', '{ kind = "reached", field = "funding" }', "requirement.ended.field", "not a date"),
    ("mou", 'members_of = "field:technical_ministries"', 'members_of = "field:technical_ministers"', "requirement.meeting.members_of",
     "did you mean 'technical_ministries'?"),
    ("action_plan", 'subset_of = "link:base.fields"', 'subset_of = "link:base.topics"', "requirement.scope.subset_of", "unknown field 'base.topics'"),
    # rows
    ("loi", 'of_version = "draft"', 'of_version = "copies"', "requirement.home-affairs.of_version", "copies is not versioned"),
    ("loi", 'row = "partner-text"', 'row = "partner-txt"', "requirement.partner-refuses.row", "did you mean 'partner-text'?"),
    ("loi", 'distinct_from = "draft"', 'distinct_from = "exploration"', "requirement.legal-check.distinct_from", "is of the kind field"),
    ("mou", 'request = "council-letter"', 'request = "units"', "requirement.council.request", "is of the kind field, not letter"),
    ("mou", 'reopens = ["reason", "notice", "wind-down"]', 'reopens = ["reason", "notise"]', "transition.withdraw-notice.reopens",
     "did you mean 'notice'?"),
    ("mou", 'reopens = ["reason", "notice", "wind-down"]', 'reopens = ["notice-over"]', "transition.withdraw-notice.reopens", "no row of its own"),
    ("mou", 'guard = "instrument-dates"', 'guard = "instrument-date"', "requirement.instrument.guard", "did you mean 'instrument-dates'?"),
    ("mou", 'needs = ["deposited", "copies", "register"]', 'needs = ["deposited", "register"]', "requirement.copies", "no transition needs it"),
    ("visit", 'personal = ["delegation"]', 'personal = ["names"]', "requirement.delegation.personal", "unknown field 'names'"),
    # the machine
    ("mou", 'initial = "plan-draft"', 'initial = "plan-drafts"', "initial", "did you mean 'plan-draft'?"),
    ("mou", 'state = "at-foreign-affairs", when', 'state = "at-mofa", when', "open.at[0].state", "unknown state 'at-mofa'"),
    ("mou", 'carries = ["plan", "council"', 'carries = ["plans", "council"', "open.at[0].carries", "did you mean 'plan'?"),
    ("mou", 'from = ["under-notice"], to = "terminated"', 'from = ["under-notice", "expired"], to = "terminated"', "transition.terminate.from",
     "it leaves the final state expired"),
    ("mou", 'roles = ["legal"], actor = "mayor", needs = ["instrument", "irregularity"]',
     'roles = ["mayor"], actor = "mayor", needs = ["instrument", "irregularity"]', "transition.sign-irregular.roles", "recorded by legal alone"),
    ("mou", 'follows = { stage = "mou", via = "predecessor", holds = "in-force" }',
     'follows = { stage = "mou", via = "predecesor", holds = "in-force" }', "transition.supersede.follows.via", "did you mean 'predecessor'?"),
    ("loi", 'follows = { stage = "mou", via = "origin", event = "opened" }', 'follows = { stage = "memo", via = "origin", event = "opened" }',
     "transition.plan-starts.follows.stage", "unknown stage 'memo'"),
    ("loi", 'follows = { stage = "loi", via = "predecessor", holds = "signed" }',
     'follows = { stage = "loi", via = "predecessor", holds = "explored" }', "transition.renew.follows.holds", "no state of loi holds 'explored'"),
    ("action_plan", 'of = "base", holds = "in-force" }, relinks = "base" }\nrebase-to-mou',
     'of = "predecessor", holds = "in-force" }, relinks = "base" }\nrebase-to-mou', "transition.rebase.relinks", "it follows no heir of that link"),
    ("loi", 'with = { cause = "before-end" }', 'with = { cause = "yearly" }', "transition.call-review.opens.with", "can never be 'yearly'"),
    ("loi", 'with = { cause = "before-end" }', 'with = { causes = "annual" }', "transition.call-review.opens.with", "did you mean 'cause'?"),
    ("review", 'sets = { lapsed_on = "occurred" }', 'sets = { lapsed = "occurred" }', "transition.lapsed.sets", "did you mean 'lapsed_on'?"),
    ("mou", '"+instrument.term_months"', '"+instrument.term_kind"', "transition.roll-over.sets", "by a number of months on record"),
    ("joint_agreement", 'sets = { variant = "full" }', 'sets = { variant = "wide" }', "transition.widen.sets", "can never be 'wide'"),
    # deadlines
    ("mou", 'while = ["at-foreign-affairs"], basis', 'while = ["at-foreign-office"], basis', "deadline.negotiation.while",
     "unknown state 'at-foreign-office'"),
    ("mou", '"counter:counter_drafts"', '"counter:drafts"', "deadline.negotiation.anchor", "unknown counter 'drafts'"),
    ("mou", 'anchor = ["received:council-letter"]', 'anchor = ["received:plan"]', "deadline.council.anchor", "unknown letter or reply 'plan'"),
    ("mou", 'met_by = "trigger:deposit"', 'met_by = "trigger:sign"', "deadline.deposit.met_by", "only an internal transition"),
    ("mou", 'met_by = "opened:action-plan"', 'met_by = "opened:plan"', "deadline.first-plan.met_by", "unknown stage 'plan'"),
    ("mou", 'while = ["in-force"], when = { "instrument.term_kind" = ["auto-renew"] }',
     'while = ["in-force", "signed"], when = { "instrument.term_kind" = ["auto-renew"] }', "deadline.roll-over",
     "it lives in signed, where roll-over cannot fire"),
    ("mou", 'fire = "enter-into-force", at = "start"', 'fire = "enter-into-force"', "deadline.in-force", "fires as the day begins"),
    ("mou", 'on_expiry = "fire", fire = "terminate"', 'on_expiry = "escalate", fire = "terminate"', "deadline.notice-end.fire", "with 'fire'"),
    ("visit", 'anchor = ["field:starts_on"], amount = 7, unit', 'anchor = ["field:starts_on"], unit', "deadline.protocol-notice", "no amount"),
    # items
    ("action_plan", 'each = ["budget_line"]', 'each = ["budget"]', "requirement.funded.each", "did you mean 'budget_line'?"),
    ("action_plan", 'when_item = { funding = ["city", "mixed"] }', 'when_item = { funding = ["city", "shared"] }',
     "requirement.funded.when_item.when", "can never be 'shared'"),
    ("action_plan", 'anchor = ["field:due_on"]', 'anchor = ["field:item.due_on"]', "item.deadline.due.anchor", "unknown field 'item.due_on'"),
    # labels
    ("visit", 'remote               = { en = "Remote", ', "remote               = { ", "label.outcome.remote.en", "missing in this language"),
    ("visit", 'ja = "訪問"\n', 'jp = "訪問"\n', "label.stage.ja", "missing in this language"),
    ("visit", "[label.deadline]", "[label.deadlines]", "label", "did you mean 'deadline'?"),
    ("action_plan", "[label.item.state]", "[label.item.stat]", "label.item.state.planned", "the label is missing"),
    # tracks
    ("sister_city", 'kind = "ksdpl"', 'kind = "ksd"', "kind", "unknown value 'ksd'"),
    ("sister_city", 'after = [{ stage = "visit", holds = "explored", soft = true }]', 'after = [{ stage = "trip", holds = "explored", soft = true }]',
     "stage.loi.after[0].stage", "unknown stage of the track 'trip'"),
    ("sister_city", 'state = "executing"', 'state = "execution"', "stage.mou.after[1].state", "did you mean 'executing'?"),
    ("sister_city", "pre_mou = [true]", "premou = [true]", "stage.action-plan.after[1].when", "did you mean 'pre_mou'?"),
    ("sister_city", 'while_holds = "in-force", basis = "policy", on_expiry = "escalate", shows', 'basis = "policy", on_expiry = "escalate", shows',
     "deadline.dormancy", "it never lives"),
    ("association", "joint-agreement = {", "agreement = {", "stage", "unknown stage 'agreement'"),
    ("association", 'anchor = ["last:activity"]', 'anchor = ["latest:activity"]', "deadline.dormancy.anchor", "did you mean 'last'?"),
    ("association", 'many = "successor"', 'many = "often"', "stage.joint-agreement.many", "'successor' is needed"),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "text"), MODEL + MORE, ids=[f"{row[0]}-{row[3]}" for row in MODEL + MORE])
def test_a_mutant_is_refused(file, old, new, key, text):
    problems = edited(file, old, new)

    assert found(problems, file, key, text), problems


def test_every_problem_is_said_at_once():
    """Faults of every sort in three files: one look names them all."""
    visit, mou, track = copy.deepcopy(DATA["visit"]), copy.deepcopy(DATA["mou"]), copy.deepcopy(DATA["sister_city"])
    visit["transition"]["plan"]["from"] = ["screned"]
    visit["requirement"]["minutes"]["soft"] = "yes"
    del visit["label"]["field"]["direction"]
    mou["deadline"]["council"]["fire"] = "approve"
    mou["requirement"]["plan"]["colour"] = "red"
    track["stage"]["loi"]["many"] = 3
    changed = DATA | {"visit": visit, "mou": mou, "sister_city": track}

    problems = linted({name: changed[name] for name in STAGES}, {name: changed[name] for name in TRACKS})

    assert {(problem.file, problem.key) for problem in problems if problem.level == "error"} >= {
        ("visit.toml", "transition.plan.from"), ("visit.toml", "requirement.minutes.soft"), ("visit.toml", "label.field.direction"),
        ("mou.toml", "deadline.council.fire"), ("mou.toml", "requirement.plan.colour"), ("sister_city.toml", "stage.loi.many")}


def test_a_state_that_only_the_clock_leaves_is_a_warning():
    """It may be meant; it does not forbid the definitions."""
    close = 'close                = { from = ["signed", "awaiting-plan", "stale"'

    problems = edited("loi", close + ', "planning"]', close + "]")

    assert [(problem.key, problem.level) for problem in problems] == [("state.planning", "warning")]


def test_what_a_renewal_spares_an_opening_is_asked_later():
    """A letter opened by a review skips its opening: some transition must ask for the exploration all the same."""
    problems = edited("loi", 'needs = ["exploration", "eligibility"', 'needs = ["eligibility"')

    assert found(problems, "review", "transition.renew.opens", "loi is opened without 'exploration'")


def test_a_version_stands_once_and_where_its_name_says():
    stages = {name: DATA[name] for name in STAGES} | {"loi.v3": DATA["loi"], "letter": DATA["loi"] | {"version": 2}}

    problems = linted(stages, {name: DATA[name] for name in TRACKS})

    assert found(problems, "loi.v3", "version", "loi version 1 stands in loi.toml already")
    assert found(problems, "loi.v3", "version", "the file's name says version 3")
    assert found(problems, "letter", "name", "the file is named 'letter'")


@pytest.mark.parametrize("data", [{}, {"schema": 1}, {"name": 3, "state": [], "transition": {"a": 1}, "deadline": {"x": {}}, "label": "no"},
                                  {"requirement": {"a": {"kind": []}}, "open": {"at": [1]}, "item": 7, "link": {"l": {"stages": "loi"}}},
                                  {"requirement": {"a": {"kind": "reply"}}, "label": {"state": 1, "help": 2, "item": {"stage": 1}}, "item": {}}])
@pytest.mark.parametrize("name", ["mou", "sister_city"])
def test_no_nonsense_breaks_the_lint_itself(name, data):
    assert any(problem.level == "error" for problem in broken(name, data))


@pytest.mark.parametrize("path", [(section, name, key) for section in ("requirement", "transition", "deadline")
                                  for name, row in DATA["mou"][section].items() for key in row][::23], ids=".".join)
def test_no_single_value_of_another_type_breaks_the_lint_itself(path):
    section, name, key = path
    for value in (7, "x", [], {}, None, [[]], [{}], True):
        data = copy.deepcopy(DATA["mou"])
        data[section][name][key] = value
        broken("mou", data)


@pytest.mark.parametrize("name", sorted(STAGES))
def test_the_facts_of_the_lint_are_those_of_the_definition(name):
    """What a condition may ask for is what the built definition finds, with the same type."""
    built = definition(DATA[name], "")
    facts = own_facts(DATA[name] | {"link": {}})

    assert {fact: built.field(fact, "2020-01-01")[2] for fact in facts} == facts
    assert set(built.owners) == {fact for fact in facts if "." not in fact}

"""The laws of reminding, whatever the downtime: nothing twice, nothing left unsaid, and an end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flows.scenes import at_council, existing
from hypothesis import given
from hypothesis import strategies as st
from world import World

from workflow.core import ladder, reminding, whom
from workflow.core.agreement import after
from workflow.core.draft import Draft
from workflow.core.office import SYSTEM, Person
from workflow.errors import InvalidInput
from workflow.reminders import TABLES

OWNER = Person("p1", "Dinar", "", "dinar@example.org", ["coordinator"], "id", "Asia/Jakarta")
SECRETARY = Person("p2", "Sari", "", "sari@example.org", ["secretary"], "id", "Asia/Jakarta")
MAYOR = Person("p3", "Bima", "", "bima@example.org", ["mayor"], "en", "Asia/Tokyo", channels=["telegram", "email"])
PEOPLE = {person.id: person for person in (OWNER, SECRETARY, MAYOR)}
HOURS = st.lists(st.integers(1, 24 * 30), min_size=1, max_size=40)  # between one tick and the next


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A council that received its letter on 2 March 2026: until 13 May."""
    world = World(tmp_path_factory.mktemp("council")).holidays()
    mou = at_council(world)
    case = world.store.load(mou.partition("/")[0], whole=True)
    return world, case


def whole(case):
    return case._replace(tables={name: case.tables[name] for name in TABLES})


def only(case, name):
    """The case with one deadline."""
    kept = {key: row for key, row in case.tables["deadline"].items() if row.name == name}
    return case._replace(tables={**case.tables, "deadline": kept, "message": {}})


def run(world, case, moments):
    """Sweep at each of these instants; before each, what has come has been sent. Yields the case and what was newly said."""
    for now in moments:
        sent = {key: row._replace(state="sent", wake_at="") if row.wake_at and row.wake_at <= now else row
                for key, row in case.tables["message"].items()}
        case = case._replace(tables={**case.tables, "message": sent})
        office = world.engine.office(case, now)._replace(by=SYSTEM)
        change = reminding.sweep(case, office, PEOPLE)
        before = set(case.tables["message"])
        case = whole(after(case, change)) if change else case
        yield now, office, case, [row for key, row in case.tables["message"].items() if key not in before and row.state == "pending"]


def moments(hours, start="2026-03-02T06:00:00Z"):
    moment = datetime.fromisoformat(start)
    for step in hours:
        moment += timedelta(hours=step)
        yield moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@given(hours=HOURS)
def test_no_rung_is_said_twice_to_anybody(council, hours):
    world, case = council
    said = [(row.instance, row.name, row.rung, row.recipient) for _, _, _, new in run(world, case, moments(hours)) for row in new]

    assert len(said) == len(set(said))


@given(hours=HOURS)
def test_a_tick_tells_each_of_a_deadline_at_most_once(council, hours):
    """A week of downtime: one notice, the most urgent, that says how late it is."""
    world, case = council
    for _, office, _, new in run(world, case, moments(hours)):
        told = [(row.instance, row.name, row.recipient) for row in new]
        assert len(told) == len(set(told))
        for row in new:
            assert row.late_days == (date.fromisoformat(office.today) - date.fromisoformat(row.due_on)).days


@given(hours=HOURS)
def test_after_a_tick_no_deadline_that_is_due_is_unsaid(council, hours):
    world, case = council
    for _, office, held, _ in run(world, case, moments(hours)):
        draft = Draft(held, office)
        for row in held.tables["deadline"].values():
            rule = ladder.rule_of(draft, row)
            come = [rung for rung in ladder.rungs(draft, rule, row) if row.made_on <= rung.day.isoformat() <= office.today and rung.owner]
            if row.status == "open" and come:
                mine = [message for message in held.tables["message"].values() if message.name == row.name and message.recipient == "p1"]
                assert any(message.rung == come[-1].name and message.state in ("pending", "sent") for message in mine)


@given(hours=HOURS)
def test_what_wants_attention_next_lies_ahead_and_in_the_end_nothing_does(council, hours):
    world, case = council
    case = only(case, "council")
    for now, _, held, _ in run(world, case, moments(hours)):
        (row,) = held.tables["deadline"].values()
        assert row.wake_at == "" or row.wake_at > now
        case = held
    woken = []
    while (wake := next(iter(case.tables["deadline"].values())).wake_at) and len(woken) < 100:
        ((_, _, case, _),) = run(world, case, [wake])
        woken.append(wake)

    assert len(woken) < 40
    assert woken == sorted(set(woken))


def test_the_council_is_brought_before_the_secretary_and_then_the_mayor(council):
    """Ten, five and one working day before, the day itself, then every five working days, before others three and six after."""
    world, case = council
    case = only(case, "council")
    said = []
    while wake := next(iter(case.tables["deadline"].values())).wake_at:
        ((_, _, case, new),) = run(world, case, [wake])
        said += [(row.due_on, row.rung, row.kind, row.recipient) for row in new]

    assert said[:9] == [
        ("2026-04-28", "-10bd", "reminder", "p1"), ("2026-05-06", "-5bd", "reminder", "p1"), ("2026-05-12", "-1bd", "reminder", "p1"),
        ("2026-05-13", "0", "reminder", "p1"), ("2026-05-14", "over", "overdue", "p1"), ("2026-05-20", "escalation-1", "escalation", "p2"),
        ("2026-05-22", "repeat-1", "overdue", "p1"), ("2026-05-22", "repeat-1", "overdue", "p2"), ("2026-05-25", "escalation-2", "escalation", "p3")]
    assert [row[1] for row in said].count("repeat-8") == 3


@pytest.mark.parametrize(("settings", "params", "expected"), [
    ({}, {}, "-10bd"),
    ({"ladder": "-3d,0"}, {}, "-10bd"),  # what is said of all does not undo what is said of one
    ({"ladder.sister-city.council": "-20d,0"}, {}, "-20d"),
    ({"ladder.sister-city.mou.council": "-30d,0", "ladder.sister-city.council": "-20d,0"}, {}, "-30d"),
    ({"ladder.sister-city.mou.council": "-30d,0"}, {"ladder.council": "-40d"}, "-40d"),
])
def test_the_nearest_policy_sets_the_ladder(council, settings, params, expected):
    world, case = council
    assert first_lead(world, case, "council", settings, params) == expected


@pytest.mark.parametrize(("settings", "params", "expected"), [
    ({}, {}, "-7d"), ({"ladder": "-3d"}, {}, "-3d"), ({"ladder": "-3d", "ladder.sister-city": "-4d"}, {}, "-4d"),
    ({"ladder.sister-city": "-4d"}, {"ladder": "-5d"}, "-5d"),
])
def test_what_has_no_ladder_of_its_own_has_the_agreement_s_the_track_s_the_office_s(council, settings, params, expected):
    world, case = council
    assert first_lead(world, case, "follow-up-x", settings, params) == expected


def first_lead(world, case, name, settings, params):
    office = world.engine.office(case)
    office = office._replace(settings={**office.settings, **settings})
    agreement = case.agreement._replace(params=params)
    draft = Draft(case._replace(tables={**case.tables, "agreement": {(): agreement}}), office)
    row = next(row for row in case.tables["deadline"].values() if row.name == "council")._replace(name=name)
    rule = draft.definition(draft.instance("mou")).deadlines["council" if name == "council" else "forward"]
    return ladder.chosen(draft, rule, row).leads[0][0]


@pytest.mark.parametrize("text", ["", "soon", "-7d,,0", "0*3", "-7d*2", "+7d*0", "+7d*100", "+7d*2,+5d*2"])
def test_what_is_no_ladder_is_refused(text):
    with pytest.raises(InvalidInput):
        ladder.parse(text)


@pytest.mark.parametrize(("person", "moment", "at_once", "expected"), [
    (OWNER, "2026-03-02T02:30:00Z", True, "2026-03-02T02:30:00Z"),  # 09:30 on a Monday
    (OWNER, "2026-03-01T17:00:00Z", True, "2026-03-02T01:00:00Z"),  # midnight: at eight
    (OWNER, "2026-03-02T12:00:00Z", True, "2026-03-03T01:00:00Z"),  # seven in the evening: tomorrow at eight
    (OWNER, "2026-03-01T17:00:00Z", False, "2026-03-02T02:00:00Z"),  # the message of the day, at nine
    (OWNER, "2026-03-02T02:30:00Z", False, "2026-03-03T02:00:00Z"),
    (OWNER, "2026-03-17T12:00:00Z", True, "2026-03-25T01:00:00Z"),  # Nyepi and Idul Fitri
    (MAYOR, "2026-03-01T17:00:00Z", False, "2026-03-02T00:00:00Z"),  # nine in Tokyo
    (OWNER._replace(quiet=["10:00", "12:00"]), "2026-03-02T02:30:00Z", True, "2026-03-02T03:00:00Z"),
    (OWNER._replace(quiet=["06:00", "08:30"]), "2026-03-01T17:00:00Z", False, "2026-03-01T23:00:00Z"),  # nine is none of their hours
    (OWNER._replace(quiet=["06:00", "09:00"]), "2026-03-01T17:00:00Z", False, "2026-03-01T23:00:00Z"),
    (OWNER._replace(quiet=["10:00", "16:00"]), "2026-03-01T17:00:00Z", False, "2026-03-02T03:00:00Z"),
    (OWNER._replace(zone="Europe/Berlin"), "2026-03-28T23:30:00Z", True, "2026-03-30T06:00:00Z"),  # the clock goes forward on the 29th
    (OWNER._replace(zone="America/Santiago", quiet=["00:00", "17:00"]), "2026-09-04T22:00:00Z", True, "2026-09-07T03:00:00Z"),
])
def test_messages_come_in_somebody_s_hours_where_they_are(council, person, moment, at_once, expected):
    world, case = council
    assert whom.arrival(world.engine.office(case), person, moment, at_once=at_once) == expected


def test_a_deputy_is_told_in_the_days_somebody_is_away(council):
    world, case = council
    away = OWNER._replace(deputy={"person": "p2", "from": "2026-05-01", "until": "2026-05-10"})
    said, held = [], only(case, "council")
    for wake in ("2026-04-28T00:00:00Z", "2026-05-06T00:00:00Z", "2026-05-12T00:00:00Z"):
        change = reminding.sweep(held, world.engine.office(case, wake)._replace(by=SYSTEM), {**PEOPLE, "p1": away})
        held = whole(after(held, change))
        said += [(effect.values["rung"], effect.values["recipient"]) for effect in change.effects
                 if effect.table == "message" and effect.key is None and effect.values["state"] == "pending"]

    assert said == [("-10bd", "p1"), ("-5bd", "p2"), ("-1bd", "p1")]


@pytest.mark.parametrize(("since", "until", "told"), [("2026-05-11", "2026-05-15", "p2"), ("2026-05-04", "2026-05-10", "p1")])
def test_what_is_written_on_a_saturday_is_for_whoever_is_there_on_monday(council, since, until, told):
    world, case = council
    away = OWNER._replace(deputy={"person": "p2", "from": since, "until": until})
    held = only(case, "council")
    agreement = case.agreement._replace(params={"ladder.council": "-4d,0"})
    held = held._replace(tables={**held.tables, "agreement": {(): agreement}})

    change = reminding.sweep(held, world.engine.office(held, "2026-05-09T05:00:00Z")._replace(by=SYSTEM), {**PEOPLE, "p1": away})

    (row,) = [effect.values for effect in change.effects if effect.table == "message"]
    assert (row["recipient"], row["wake_at"]) == (told, "2026-05-11T01:00:00Z")


def test_what_is_made_inside_its_ladder_skips_the_past_with_a_record_and_announces_itself_once(tmp_path):
    world = World(tmp_path, day="2026-05-07").holidays()
    mou = at_council(world)
    case = only(world.store.load(mou.partition("/")[0], whole=True), "council")

    ((_, _, held, _),) = run(world, case, ["2026-05-07T06:00:00Z"])

    assert [(row.rung, row.state, row.kind) for row in held.tables["message"].values()] == [
        ("-10bd", "skipped", "reminder"), ("-5bd", "skipped", "reminder"), ("new", "pending", "announcement")]


def test_a_history_that_was_entered_says_nothing_of_the_past(tmp_path):
    world = World(tmp_path, day="2026-05-07").holidays()
    ref = world.start()
    existing(world, ref, "loi", "signed", "2026-05-01", {"signed_on": "2025-05-20"})
    case = world.store.load(ref, whole=True)

    ((_, _, held, new),) = run(world, case, ["2026-05-07T06:00:00Z"])

    assert [row.kind for row in new if row.kind == "announcement"] == []
    assert {row.state for row in held.tables["message"].values()} <= {"pending"}

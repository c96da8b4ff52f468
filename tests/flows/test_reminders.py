"""Reminders through the whole office: written in one transaction with what caused them, taken back with it, and found by the index alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dispatch import write
from flows.scenes import FIXED, answer, ask, at_council, entries, existing, mou_in_force, replays
from world import World

from workflow.core.agreement import Change, Effect
from workflow.core.entry import open_entry, seal
from workflow.core.office import Person
from workflow.engine import Ask
from workflow.errors import InvalidInput, StoreError
from workflow.reminders import forecast, sweep

OWNER = Person("p1", "Dinar", "", "dinar@example.org", ["coordinator"], "id", "Asia/Jakarta")
SECRETARY = Person("p2", "Sari", "", "sari@example.org", ["secretary"], "en", "Asia/Jakarta")
MAYOR = Person("p3", "Bima", "", "bima@example.org", ["mayor"], "ja", "Asia/Tokyo")
PEOPLE = {person.id: person for person in (OWNER, SECRETARY, MAYOR)}


def tick(world, day):
    return sweep(world.store, world.at(day).engine, PEOPLE)


def messages(world, ref, name=""):
    """(rung, recipient, state) of the messages of an agreement, in the order of their days."""
    rows = world.store.load(ref.partition("/")[0], history=True).tables["message"].values()
    return [(row.rung, row.recipient, row.state) for row in sorted(rows, key=lambda row: (row.due_on, row.revision)) if name in ("", row.name)]


def deliver(world, ref):
    """Everything that waits has arrived."""
    case = world.store.load(ref.partition("/")[0])
    effects = [Effect("message", key, {"state": "sent", "wake_at": "", "sent_at": world.clock()})
               for key, row in case.tables["message"].items() if row.state == "pending"]
    world.engine._seal_and_commit(case, Change("deliver", tuple(effects), world.now[:10]), world.clock(), "", (), None)


def test_a_rung_is_a_message_and_an_entry_of_its_agreement(world):
    mou = at_council(world)

    swept = tick(world, "2026-04-28")

    assert [(row.name, row.rung, row.recipient, row.channel, row.due_on) for row in swept.messages if row.name == "council"] == [
        ("council", "-10bd", "p1", "email", "2026-04-28")]
    entry = entries(world, mou)[-1]
    assert (entry.act, entry.person) == ("remind", "system")
    assert world.deadline(mou, "council").told_on == "2026-04-28"
    assert replays(world.store, mou)


def test_a_second_tick_at_the_same_time_does_nothing(world):
    mou = at_council(world)
    tick(world, "2026-04-28")
    before = len(entries(world, mou))

    assert tick(world, "2026-04-28").done == ()
    assert len(entries(world, mou)) == before


def test_a_week_of_downtime_is_one_notice_that_says_how_late_it_is(world):
    mou = at_council(world)

    swept = tick(world, "2026-05-12")

    assert messages(world, mou, "council") == [("-10bd", "p1", "superseded"), ("-5bd", "p1", "superseded"), ("-1bd", "p1", "pending")]
    assert [row.late_days for row in swept.messages if row.name == "council"] == [0]
    tick(world, "2026-05-19")
    waiting = [row for row in world.store.load("bogor-kisarazu").tables["message"].values() if row.state == "pending"]
    assert [(row.rung, row.late_days) for row in waiting] == [("over", 5)]


def test_what_was_not_sent_yet_gives_way_to_what_is_more_urgent(world):
    mou = at_council(world)
    tick(world, "2026-05-12")

    tick(world, "2026-05-13")

    assert messages(world, mou, "council")[-2:] == [("-1bd", "p1", "superseded"), ("0", "p1", "pending")]


def test_an_answer_takes_back_what_was_still_to_be_said(world):
    mou = at_council(world)
    tick(world, "2026-05-12")

    answer(world, mou, "council", "approved", "2026-05-12")

    assert {state for _, _, state in messages(world, mou, "council")} == {"superseded"}
    (effect,) = [row for row in open_entry(entries(world, mou)[-1].body, {})[1] if row.table == "message"]
    assert effect.values["state"] == "superseded"
    assert replays(world.store, mou)


def test_a_stopped_clock_reminds_nobody_and_a_new_day_counts_anew(world):
    mou = at_council(world)
    tick(world, "2026-05-06")
    world.engine.suspend(mou, "council", ask(reason="translation"))
    assert [state for rung, _, state in messages(world, mou, "council") if rung == "-5bd"] == ["superseded"]

    assert tick(world, "2026-06-10").messages == []
    world.at("2026-06-15").engine.resume(mou, "council", ask(reason="here it is"))
    swept = tick(world, "2026-06-15")

    assert world.deadline(mou, "council").effective == "2026-06-23"
    assert [(row.rung, row.revision) for row in swept.messages if row.name == "council"] == [("-5bd", 3)]
    assert ("new", "p1", "superseded") in messages(world, mou, "council")


def test_what_is_overdue_is_marked_and_brought_before_others(world):
    mou = at_council(world)
    for day in ("2026-05-13", "2026-05-14", "2026-05-20", "2026-05-25"):
        tick(world, day)
        deliver(world, mou)

    assert world.deadline(mou, "council").overdue
    assert messages(world, mou, "council")[-5:] == [
        ("over", "p1", "sent"), ("escalation-1", "p2", "sent"), ("repeat-1", "p1", "sent"), ("repeat-1", "p2", "sent"),
        ("escalation-2", "p3", "sent")]


def test_whoever_has_acknowledged_what_is_overdue_ends_repeats_and_escalation(world):
    mou = at_council(world)
    tick(world, "2026-05-14")
    deliver(world, mou)

    world.engine.acknowledge(mou, "council", ask())
    for day in ("2026-05-20", "2026-05-25", "2026-07-01"):
        tick(world, day)

    assert messages(world, mou, "council")[-1] == ("over", "p1", "acknowledged")
    assert (world.deadline(mou, "council").status, world.deadline(mou, "council").wake_at) == ("open", "")
    assert entries(world, mou)[-1].act == "acknowledge"


def test_who_was_told_nothing_has_nothing_to_acknowledge(world):
    mou = at_council(world)
    tick(world, "2026-05-14")

    with pytest.raises(InvalidInput, match="nobody has told you"):
        world.as_("p9").acknowledge(mou, "council", ask())


def test_reminders_are_put_off_until_a_day_before_the_last(world):
    mou = at_council(world)
    tick(world, "2026-04-28")

    world.engine.snooze(mou, "council", "2026-05-11", ask(reason="the council sits on the 10th"), PEOPLE)
    tick(world, "2026-05-06")

    assert messages(world, mou, "council") == [("-10bd", "p1", "superseded"), ("-5bd", "p1", "skipped"), ("again-2026-05-11", "p1", "pending")]
    (again,) = [row for row in world.store.load("bogor-kisarazu").tables["message"].values() if row.state == "pending"]
    assert again.wake_at == "2026-05-11T01:00:00Z"
    for until in ("2026-05-13", "2026-04-01", "2026-05"):
        with pytest.raises(InvalidInput):
            world.engine.snooze(mou, "council", until, ask(reason="x"), PEOPLE)
    assert replays(world.store, mou)


def test_what_was_put_off_until_a_saturday_and_the_rung_of_the_sunday_are_one_line_on_monday(world):
    write(world.store, "sys", Effect("setting", None, {"name": "ladder.sister-city.council", "value": "-10bd,-3d,0"}))
    world.library.refresh()
    mou = at_council(world)
    tick(world, "2026-04-28")
    world.engine.snooze(mou, "council", "2026-05-09", ask(reason="the council sits on the 11th"), PEOPLE)

    tick(world, "2026-05-10")

    assert [row for row in messages(world, mou, "council") if row[2] == "pending"] == [("-3d", "p1", "pending")]


def test_only_who_is_told_of_a_deadline_or_would_be_puts_it_off(world):
    mou = at_council(world)
    stranger = Person("p9", "Dian", "", "dian@example.org", ["legal"], "id", "Asia/Jakarta")
    before = len(entries(world, mou))

    with pytest.raises(InvalidInput, match="nothing to put off"):
        world.as_("p9").snooze(mou, "council", "2026-05-11", ask(reason="later"), PEOPLE | {"p9": stranger})

    assert len(entries(world, mou)) == before
    world.as_("p2").snooze(mou, "council", "2026-05-11", ask(reason="it will come to me"), PEOPLE)
    tick(world, "2026-04-28")
    assigned = PEOPLE | {"p1": OWNER._replace(active=False), "p9": stranger._replace(roles=["coordinator"])}
    world.as_("p9").snooze(mou, "council", "2026-05-11", ask(reason="nobody else is responsible"), assigned)


def test_what_was_put_off_before_anybody_was_told_is_taken_back_with_its_deadline(world):
    mou = at_council(world)
    world.engine.snooze(mou, "council", "2026-05-11", ask(reason="later"), PEOPLE)

    answer(world, mou, "council", "approved")

    assert messages(world, mou, "council") == [("again-2026-05-11", "p1", "superseded")]


def test_a_decree_moves_the_day_with_a_revision_and_tells_nobody_twice(world):
    """A closure is decreed after the rung of ten working days was told: that rung's day is now one later."""
    mou = at_council(world)
    tick(world, "2026-04-28")
    deliver(world, mou)
    close(world, "2026-04-27")

    swept = tick(world, "2026-05-06")

    due = world.deadline(mou, "council")
    assert (due.effective, due.act, due.revision) == ("2026-05-18", "recount", 2)
    assert [row.rung for row in swept.messages if row.name == "council"] == []
    tick(world, "2026-05-07")
    assert [row for row in messages(world, mou, "council") if row[2] != "sent"] == [("-5bd", "p1", "pending")]
    assert replays(world.store, mou)


def close(world, day):
    """A decree closes a day."""
    head = world.store.office().head
    change = Change("calendar", (Effect("day", None, {"calendar": "ID", "on": day, "kind": "joint-leave", "name": "decreed", "source": "SKB"}),), day)
    entry = seal(change, head=head, origin="mufakat.test/office", eid="00000000-0000-7000-8000-999999999999",
                 recorded="2026-05-01T00:00:00.000000Z", person="p1", identity="os", salts=lambda: bytes(32))
    world.store.commit(head, entry, change.effects)
    world.library.refresh()


def test_time_itself_takes_its_steps_at_a_tick(world):
    mou = mou_in_force(world)

    swept = tick(world, "2026-07-01")

    assert world.stage(mou).state == "expired"
    assert [done.change.trigger for done in swept.done if done.change.act == "fire"] == ["expire"]


def test_a_step_that_time_could_not_take_is_told_once_and_brought_before_others_once(world):
    """The plan should run, but nothing beneath it is in force any more."""
    ref = mou_in_force(world, fields="education").partition("/")[0]
    existing(world, ref, "action-plan", "funded", "2026-03-02", {"fields": "education", "period_from": "2026-07-06", "period_to": "2026-12-31"},
             base="mou")
    for day in ("2026-07-06", "2026-07-07", "2026-07-14", "2026-08-14"):
        tick(world, day)

    starts = world.deadline(f"{ref}/action-plan", "starts")
    assert (starts.status, starts.overdue, starts.wake_at) == ("open", True, "")
    assert [(recipient, state) for rung, recipient, state in messages(world, ref, "starts") if rung == "refused"] == [
        ("p1", "pending"), ("p2", "pending")]


def test_an_agreement_that_cannot_be_read_keeps_none_of_the_others_waiting(world):
    at_council(world)
    world.start("depok-osaki")
    existing(world, "depok-osaki", "loi", "signed", "2026-03-02", {"signed_on": "2026-03-02"})
    ident = world.case("bogor-kisarazu").agreement.id
    broken = world.engine.store.load

    def load(ref, **more):
        if ref == ident:
            raise StoreError("office.db", "is damaged", "mufakat doctor")
        return broken(ref, **more)

    world.engine.store.load = load
    swept = tick(world, "2026-05-12")
    world.engine.store.load = broken

    assert swept.failed == ((ident, "office.db: is damaged"),)
    assert {message.name for message in swept.messages} == {"register"}


def test_a_forecast_writes_nothing_and_tells_what_will_come(world):
    mou = at_council(world)
    before = len(entries(world, mou))

    found = forecast(world.engine, ["bogor-kisarazu"], PEOPLE, "2026-06-01T00:00:00Z")

    council = [(row.at[:10], row.message.rung, row.message.recipient) for row in found if row.message and row.message.name == "council"]
    assert council[:4] == [("2026-04-28", "-10bd", "p1"), ("2026-05-06", "-5bd", "p1"), ("2026-05-12", "-1bd", "p1"), ("2026-05-13", "0", "p1")]
    assert len(entries(world, mou)) == before
    assert messages(world, mou) == []


def test_a_forecast_takes_the_steps_of_time(world):
    mou_in_force(world)

    found = forecast(world.engine, ["bogor-kisarazu"], PEOPLE, "2026-07-02T00:00:00Z")

    steps = [(row.instance, row.trigger, row.target) for row in found if not row.message]
    assert steps == [("mou", "call-review", "in-force"), ("mou", "expire", "expired")]


def test_of_a_hundred_thousand_open_deadlines_a_sweep_reads_those_that_are_due(tmp_path):
    world = World(tmp_path).holidays()
    for number in range(10):
        ref = world.start(f"due-{number}")
        existing(world, ref, "loi", "signed", "2026-02-20", {"signed_on": "2026-02-20"})
    db = world.store._db
    sample = db.execute("SELECT * FROM deadline LIMIT 1").fetchone()
    names = [column[1] for column in db.execute("PRAGMA table_info(deadline)")]
    sleeping = dict(zip(names, sample, strict=True)) | {"status": "open", "wake_at": "2029-01-01T00:00:00Z"}
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN")
    db.executemany(f"INSERT INTO deadline VALUES ({', '.join('?' * len(names))})",
                   ([*(sleeping | {"agreement": f"sleeping-{number}"}).values()] for number in range(100_000)))
    db.execute("COMMIT")
    loaded, load = [], world.store.load
    world.store.load = lambda ref, **more: (loaded.append(ref), load(ref, **more))[1]
    steps = []
    db.set_progress_handler(lambda: steps.append(1), 1000)

    swept = tick(world, "2026-03-06")

    db.set_progress_handler(None, 0)
    assert len({message.name for message in swept.messages}) == 1
    assert len(set(loaded)) == 10
    assert len(steps) < 100  # thousands of the database's own steps: a look at every row would be more than 500


def test_a_step_that_was_reminded_of_can_be_taken_back(world):
    """Being told, and saying so, is nothing that builds on the step."""
    mou = at_council(world)
    tick(world, "2026-05-14")
    deliver(world, mou)
    world.engine.acknowledge(mou, "council", ask())
    submitted = next(entry.cseq for entry in entries(world, mou) if entry.trigger == "submit")

    world.engine.correct(f"bogor-kisarazu#{submitted}", ask(reason="sent by mistake"), undo=True)

    assert world.stage(mou).state == "plan-draft"
    assert (world.deadline(mou, "council").status, world.deadline(mou, "council").wake_at) == ("void", "")
    assert tick(world, "2026-05-20").messages == []
    assert replays(world.store, mou)


def ending(world, **given):
    """A memorandum that ends on Saturday 20 June 2026, entered two years after it began."""
    world.at("2026-03-02")
    mou = mou_in_force(world, "2024-06-21", ends_on="2026-06-20", **given)
    deliver(world, mou) if tick(world, "2026-06-15").messages else None
    return mou


def test_that_a_memorandum_has_ended_is_told_though_its_last_day_was_no_working_day(world):
    mou = ending(world)
    tick(world, "2026-06-20")  # on that day: a message for Monday

    swept = tick(world, "2026-06-22")

    assert world.stage(mou).state == "expired"
    assert [row for row in messages(world, mou, "term") if row[2] in ("pending", "superseded")][-2:] == [
        ("0", "p1", "superseded"), ("ended", "p1", "pending")]
    assert [(row.kind, row.wake_at[:10]) for row in swept.messages if row.name == "term"] == [("ended", "2026-06-22")]


def test_after_downtime_over_the_end_one_message_says_that_it_has_ended(world):
    mou = ending(world)

    swept = tick(world, "2026-07-01")

    assert [(row.rung, row.kind) for row in swept.messages if row.name == "term" and row.state == "pending"] == [("repeat-1", "ended")]
    assert replays(world.store, mou)


def test_it_is_said_every_week_until_it_has_a_successor_and_eight_times_at_most(world):
    mou = ending(world)
    ref = mou.partition("/")[0]
    tick(world, "2026-06-22")
    for day in ("2026-06-29", "2026-07-06"):
        deliver(world, mou)
        tick(world, day)
    assert [rung for rung, _, _ in messages(world, mou, "term")][-3:] == ["ended", "repeat-1", "repeat-2"]

    existing(world, ref, "mou", "in-force", "2026-07-06", FIXED | {"signed_on": "2026-07-06", "in_force_on": "2026-07-06", "ends_on": "2030-07-05"},
             predecessor="mou")
    tick(world, "2026-07-13")

    assert world.deadline(mou, "term").wake_at == ""
    assert [state for rung, _, state in messages(world, mou, "term") if rung.startswith("repeat")] == ["sent", "superseded"]


def test_what_nobody_disposes_of_falls_silent_after_eight_weeks(world):
    mou = ending(world)
    for week in range(12):
        deliver(world, mou)
        tick(world, f"{date(2026, 6, 22) + timedelta(weeks=week)}")

    assert [rung for rung, _, _ in messages(world, mou, "term") if rung.startswith("repeat")] == [f"repeat-{number}" for number in range(1, 9)]
    assert world.deadline(mou, "term").wake_at == ""


def test_whoever_has_acknowledged_that_it_ended_is_not_told_again(world):
    mou = ending(world)
    tick(world, "2026-06-22")
    deliver(world, mou)

    world.engine.acknowledge(mou, "term", Ask())

    assert world.deadline(mou, "term").wake_at == ""
    assert list(tick(world, "2026-07-13").messages) == []


def hired(world, *people):
    write(world.store, "sys", *(Effect("person", None, person._asdict()) for person in people))


def test_what_waits_when_an_agreement_changes_hands_is_for_its_new_owner(world):
    heir = Person("p4", "Ayu", "", "ayu@example.org", ["legal"], "id", "Asia/Jakarta")
    hired(world, OWNER, SECRETARY, heir)
    mou = at_council(world)
    tick(world, "2026-04-28")
    deliver(world, mou)
    tick(world, "2026-05-12")

    world.engine.assign("bogor-kisarazu", "p4", ask())
    assert messages(world, mou, "council") == [("-10bd", "p1", "sent"), ("-5bd", "p1", "superseded"), ("-1bd", "p1", "superseded"),
                                               ("-1bd", "p4", "pending")]
    world.as_("p4").assign("bogor-kisarazu", "p1", ask())

    assert messages(world, mou, "council")[2:] == [("-1bd", "p1", "pending"), ("-1bd", "p4", "superseded")]
    assert entries(world, mou)[-1].act == "assign"
    assert replays(world.store, mou)


def test_what_was_put_off_comes_to_the_new_owner_on_its_day(world):
    heir = Person("p4", "Ayu", "", "ayu@example.org", ["legal"], "id", "Asia/Jakarta")
    hired(world, OWNER, SECRETARY, heir)
    mou = at_council(world)
    world.engine.snooze(mou, "council", "2026-05-11", ask(reason="later"), PEOPLE)

    world.engine.assign("bogor-kisarazu", "p4", ask())

    rows = world.store.load("bogor-kisarazu").tables["message"].values()
    assert [(row.recipient, row.state, row.wake_at) for row in rows] == [("p1", "superseded", ""), ("p4", "pending", "2026-05-11T01:00:00Z")]


def test_what_was_not_sent_to_somebody_who_has_left_is_for_whoever_is_there(world):
    mou = at_council(world)
    tick(world, "2026-05-20")
    assert messages(world, mou, "council")[-2:] == [("over", "p1", "pending"), ("escalation-1", "p2", "pending")]
    other = Person("p5", "Tono", "", "tono@example.org", ["secretary"], "id", "Asia/Jakarta")
    staff = {person.id: person for person in (OWNER, SECRETARY._replace(active=False), MAYOR, other)}

    swept = sweep(world.store, world.at("2026-05-20").engine, staff)

    assert [(row.rung, row.recipient) for row in swept.messages if row.name == "council"] == [("escalation-1", "p5")]
    assert ("escalation-1", "p2", "superseded") in messages(world, mou, "council")
    nobody = {person.id: person for person in (OWNER._replace(active=False), MAYOR._replace(admin=True), other)}
    sweep(world.store, world.engine, nobody)
    assert ("over", "p3", "pending") in messages(world, mou, "council")
    assert ("over", "p1", "superseded") in messages(world, mou, "council")
    assert sweep(world.store, world.engine, nobody).done == ()
    assert replays(world.store, mou)

"""How agreements and stages are begun: by whom, between whom, on which track, after what."""

from __future__ import annotations

import pytest
from flows.scenes import ask, existing, mou_in_force, replays, signed_loi
from world import PARTIES

from workflow.core.agreement import Effect, Head
from workflow.core.decision import Change
from workflow.core.entry import seal
from workflow.core.office import Person
from workflow.engine import Ask
from workflow.errors import InvalidInput, NotAsItStands, NotFound, OutOfSequence

BOGOR, KISARAZU = PARTIES
FIELDS = {"technical_units": "health", "fields": "health"}
PLAN = {"fields": "health", "period_from": "2026-04-01", "period_to": "2026-12-31"}


def people(world, *persons: Person) -> None:
    """Put people of the office on record."""
    head = world.store.office().head
    change = Change("person", tuple(Effect("person", None, person._asdict()) for person in persons), "2026-01-01")
    entry = seal(change, head=Head("sys", head.cseq, head.leaf), origin=world.engine.origin, eid="00000000-0000-7000-8000-00000000abcd",
                 recorded="2026-01-01T00:00:00.000000Z", person="p1", identity="os", salts=lambda: bytes(32))
    world.store.commit(head, entry, change.effects)


@pytest.mark.parametrize(("parties", "why"), [
    ([], "two parties"), ([BOGOR], "two parties"), ([BOGOR, BOGOR], "have this name"), ([BOGOR, {**KISARAZU, "name": "BOGOR "}], "have this name"),
    ([BOGOR, {**KISARAZU, "name": "  "}], "needs a name"), ([BOGOR, {**KISARAZU, "country": "XX"}], "ISO 3166"),
    ([BOGOR, {**KISARAZU, "country": ""}], "ISO 3166"), ([BOGOR, {**KISARAZU, "name": "A=B"}], "needs a name"),
])
def test_an_agreement_is_between_parties_that_can_be(world, parties, why):
    with pytest.raises(InvalidInput, match=why):
        world.start(parties=parties)

    assert world.store.refs() == []


def test_an_agreement_has_a_title(world):
    with pytest.raises(InvalidInput, match="title"):
        world.engine.start("bogor-kisarazu", "sister-city", "  ", PARTIES)


def test_a_country_is_kept_in_capitals(world):
    ref = world.start(parties=[BOGOR, {**KISARAZU, "country": "jp"}])

    assert [party["country"] for party in world.case(ref).agreement.parties] == ["ID", "JP"]


@pytest.mark.parametrize("ref", ["sys", "", "Bogor", "bogor--kisarazu", "-bogor", "bogor/loi", "木更津", "b" * 65])
def test_a_reference_can_be_typed(world, ref):
    with pytest.raises(InvalidInput, match="reference"):
        world.start(ref)


@pytest.mark.parametrize(("name", "value"), [
    ("report_period", "six"), ("report_period", -6), ("report_period", True), ("fiscal_year_end", "13-45"), ("fiscal_year_end", "02-29"),
    ("mayor_term_ends", "never"), ("nonsense", 3),
])
def test_a_policy_that_no_deadline_can_use_is_refused(world, name, value):
    with pytest.raises(InvalidInput):
        world.start(params={name: value})


@pytest.mark.parametrize("given", [{"report_period": 6}, {"report_period": "6"}, {"fiscal_year_end": "12-31"}, {"mayor_term_ends": "2030-02-20"},
                                   {"loi_draft_days": 90}])
def test_a_policy_that_one_can_use_is_kept(world, given):
    assert world.case(world.start(params=given)).agreement.params == given


def test_only_somebody_of_the_office_is_responsible(world):
    people(world, Person("p2", "Siti", "siti", "", ["coordinator"], "id", "Asia/Jakarta"),
           Person("p3", "Budi", "budi", "", ["coordinator"], "id", "Asia/Jakarta", active=False))
    with pytest.raises(NotFound, match="nobody"):
        world.start(owner="nobody")
    ref = world.start(owner="p2")

    for person in ("p3", "p4"):
        with pytest.raises(NotFound):
            world.engine.assign(ref, person)

    assert world.case(ref).agreement.owner == "p2"


def test_a_letter_rests_on_the_visit_that_explored_not_on_the_one_under_way(world):
    ref = world.start()
    existing(world, ref, "visit", "closed-follow-up", "2025-01-06")
    existing(world, ref, "visit", "proposed", "2026-01-05")

    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))

    assert world.stage(f"{ref}/loi").links == {"origin": "visit"}


def test_what_is_not_signed_is_not_reviewed(world):
    ref = signed_loi(world).partition("/")[0]
    world.engine.open(ref, "mou", ask(FIELDS))

    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "review", ask({"cause": "manual"}, links={"subject": "mou"}))

    world.engine.open(ref, "review", ask({"cause": "manual"}))
    assert world.stage(f"{ref}/review").links == {"subject": "loi"}


def test_a_plan_before_the_memorandum_says_so_whatever_else_is_in_force(world):
    """The memorandum in force beside it is not what it rests on."""
    ref = signed_loi(world, fields="health").partition("/")[0]
    existing(world, ref, "mou", "in-force", "2026-01-05", {"in_force_on": "2026-01-05", "term_kind": "evergreen", "fields": "health"})

    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "action-plan", ask(PLAN, links={"base": "loi"}))

    world.engine.open(ref, "action-plan", ask(PLAN | {"pre_mou": "yes"}, links={"base": "loi"}))


def test_a_successor_is_not_opened_beside_another_living_one(world):
    """It follows one that came to nothing, while the first is still in force."""
    ref = mou_in_force(world, ends_on="2030-01-01").partition("/")[0]
    existing(world, ref, "review", "executing", "2026-03-02", subject="mou")
    world.engine.open(ref, "mou", ask(FIELDS, links={"predecessor": "mou"}))
    world.engine.advance(f"{ref}/mou-2", "withdraw", ask(reason="no interest"))

    with pytest.raises(OutOfSequence):
        world.engine.open(ref, "mou", ask(FIELDS, links={"predecessor": "mou-2"}))


def test_a_plan_that_winds_down_starts_nothing_new(world):
    ref = mou_in_force(world, fields="health").partition("/")[0]
    existing(world, ref, "action-plan", "winding-down", "2026-03-02", {"fields": "health"}, base="mou")

    with pytest.raises(NotAsItStands, match="winding-down"):
        world.engine.open(f"{ref}/action-plan", "item", ask({"title": "exchange"}))

    assert world.engine.open(f"{ref}/action-plan", "item", ask({"title": "exchange"}), existing="ongoing").change.target == "ongoing"


def test_a_track_may_change_while_only_visits_are_open(world):
    """Whether the partner is a city, a foreign institution or a third party is found out while it is explored."""
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "remote", "initiative": "partner", "rationale": "r"}))

    done = world.engine.assign(ref, ask=ask(reason="an association of Indonesian students: PP 28/2018 art. 14"), track="association")

    assert (done.change.act, world.case(ref).agreement.track) == ("assign", "association")
    assert replays(world.store, ref)
    world.engine.open(ref, "joint-agreement", ask({"initiative": "partner", "variant": "light"}))


def test_the_screening_follows_the_track(world):
    """A third party is not screened as a sister city: PP 28/2018 art. 27 speaks of cooperation with foreign parties."""
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "remote", "initiative": "partner", "rationale": "r"}))
    world.engine.assign(ref, ask=ask(reason="a third party"), track="association")

    assert world.engine.advance(f"{ref}/visit", "screen").change.target == "screened"


def test_a_track_does_not_change_under_what_it_has_begun(world):
    ref = signed_loi(world).partition("/")[0]

    with pytest.raises(InvalidInput, match="begun under sister-city: loi"):
        world.engine.assign(ref, ask=ask(reason="a foreign institution"), track="institution")


@pytest.mark.parametrize(("track", "reason", "why"), [("sister-city", "so", "already"), ("association", "", "say why")])
def test_a_change_of_track_is_one_and_has_its_reason(world, track, reason, why):
    ref = world.start()

    with pytest.raises(InvalidInput, match=why):
        world.engine.assign(ref, ask=Ask(reason=reason), track=track)


def test_the_same_request_is_known_by_the_bytes_of_its_files(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    paper = world.paper("draft", "id")
    copied = world.folder / "elsewhere.pdf"
    copied.write_bytes((world.folder / paper.path).read_bytes())
    world.engine.record(f"{ref}/loi", ask(papers=[paper], request="r-1"))

    assert world.engine.record(f"{ref}/loi", ask(papers=[paper._replace(path=str(copied))], request="r-1")).repeated
    copied.write_text("another text")
    with pytest.raises(InvalidInput, match="used before for something else"):
        world.engine.record(f"{ref}/loi", ask(papers=[paper._replace(path=str(copied))], request="r-1"))

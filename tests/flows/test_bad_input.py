"""What cannot be is refused with what can; nothing of it is written."""

from __future__ import annotations

import os

import pytest
from flows.scenes import ask, at_council, entries, existing, replays, row, signed_loi

from workflow.core.recording import Fact
from workflow.documents import Documents
from workflow.engine import Ask, Paper
from workflow.errors import AgreementNotFound, DefinitionNotFound, InvalidInput, StoreError

PARTIES = [{"name": "Bogor", "country": "ID", "kind": "city"}, {"name": "木更津市", "country": "JP", "kind": "city"}]


@pytest.fixture
def loi(world):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))
    return f"{ref}/loi"


@pytest.fixture
def visit(world):
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "farming"}))
    return f"{ref}/visit"


def test_an_unknown_agreement_is_told_with_those_there_are(world):
    world.start()

    with pytest.raises(AgreementNotFound) as refused:
        world.engine.advance("bogor-kisarasu/loi", "sign")

    assert (refused.value.name, refused.value.known) == ("bogor-kisarasu", ("bogor-kisarazu",))


def test_an_unknown_stage_is_told_with_those_there_are(world, loi):
    with pytest.raises(AgreementNotFound) as refused:
        world.engine.advance("bogor-kisarazu/lio", "sign")

    assert refused.value.known == ("bogor-kisarazu/loi",)


def test_a_stage_is_named_where_one_is_needed(world, loi):
    with pytest.raises(InvalidInput, match="name a stage"):
        world.engine.advance("bogor-kisarazu", "sign")


def test_an_unknown_track_is_told_with_those_there_are(world):
    with pytest.raises(DefinitionNotFound) as refused:
        world.engine.start("bogor-x", "sister-town", "Bogor–X", PARTIES)

    assert "sister-city" in refused.value.known


def test_a_reference_is_taken_once(world):
    world.start()

    with pytest.raises(InvalidInput, match="taken"):
        world.start()


@pytest.mark.parametrize("ref", ["", "Bogor", "bogor/kisarazu", "bogor--kisarazu", "-bogor", "bogor kisarazu", "木更津", "b" * 65, "bogor#1", "../x"])
def test_a_reference_that_cannot_be_typed_is_refused(world, ref):
    with pytest.raises(InvalidInput):
        world.engine.start(ref, "sister-city", "Bogor–X", PARTIES)

    assert world.store.refs() == []


def test_an_unknown_trigger_is_no_attempt(world, loi):
    """A word that is no transition is a slip, not a refusal: it is not on record."""
    before = len(entries(world, loi))

    with pytest.raises(InvalidInput) as refused:
        world.engine.advance(loi, "sgin")

    assert refused.value.field == "trigger"
    assert "sign-irregular" in refused.value.known
    assert len(entries(world, loi)) == before


def test_an_unknown_field_is_told_with_those_there_are(world, loi):
    with pytest.raises(InvalidInput) as refused:
        world.engine.record(loi, ask({"feilds": "health"}))

    assert "fields" in refused.value.known


def test_an_unknown_requirement_is_told_with_those_there_are(world, loi):
    with pytest.raises(InvalidInput) as refused:
        world.engine.record(loi, Ask(facts=[Fact("asked", "2026-03-01", "home-afairs")]))

    assert "home-affairs" in refused.value.known


@pytest.mark.parametrize(("field", "value", "why"), [
    ("starts_on", "2026-02-30", "no such day"), ("starts_on", "soon", "not a date"), ("starts_on", "18/11/2026", "not a date"),
    ("funding", "hosts", "choose one of city, host, mixed"), ("mayor_travels", "maybe", "yes or no"), ("rationale", " ", "a value is needed"),
    ("direction", "outbound", "on record already"),
])
def test_a_value_of_the_wrong_kind_is_refused(world, visit, field, value, why):
    before = world.case(visit).tables

    with pytest.raises(InvalidInput, match=why):
        world.engine.record(visit, ask({field: value}))

    assert world.case(visit).tables == before


@pytest.mark.parametrize("months", ["twelve", "-12", "1.5", "1e3", "٣", "9999999999"])
def test_a_number_is_a_number(world, months):
    loi = signed_loi(world)

    with pytest.raises(InvalidInput, match="whole number"):
        world.engine.record(loi, ask({"term_months": months}))


NO_DATES = ("2026-13-01", "16-11-2018", "2016-11-31", "20161118", "2016/11/18", "2016-11-18T09:00", "../", "0000-01-01", "yesterday")


@pytest.mark.parametrize("day", NO_DATES)
def test_a_date_on_paper_that_cannot_be_is_refused(world, day):
    ref = world.start()

    with pytest.raises(InvalidInput):
        existing(world, ref, "loi", "signed", day)

    assert len(entries(world, ref)) == 1


def test_a_signature_of_tomorrow_is_refused(world):
    ref = world.start()
    existing(world, ref, "loi", "cleared", "2026-03-01")
    signature = {"signed_on": "tomorrow", "place": "Bogor", "abroad": "no"}

    with pytest.raises(InvalidInput, match="that day has not come"):
        world.engine.advance(f"{ref}/loi", "sign", ask(signature, papers=[world.paper("instrument")]))

    assert world.stage(f"{ref}/loi").state == "cleared"


def test_a_link_to_nothing_is_refused(world, loi):
    with pytest.raises(InvalidInput, match="no stage it may link to"):
        world.engine.record(loi, Ask(links={"origin": "visit-9"}))
    with pytest.raises(InvalidInput, match="no such link"):
        world.engine.record(loi, Ask(links={"orgin": "visit"}))


def test_nothing_to_record_is_refused(world, loi):
    with pytest.raises(InvalidInput, match="nothing to record"):
        world.engine.record(loi)


def test_a_document_that_is_not_there_is_refused(world, loi):
    with pytest.raises(InvalidInput, match="no such file"):
        world.engine.record(loi, ask(papers=[Paper("draft", str(world.folder / "gone.pdf"), "id")]))


def test_a_document_that_vanishes_before_it_is_read_leaves_nothing(world, loi):
    first, second = world.paper("draft", "id"), world.paper("draft", "ja")
    os.unlink(second.path)
    before = world.case(loi).tables

    with pytest.raises(InvalidInput, match="no such file"):
        world.engine.record(loi, ask(papers=[first, second]))

    assert world.case(loi).tables == before


@pytest.mark.parametrize("path", ["/dev/null", "/", "."])
def test_a_folder_or_a_device_is_no_document(world, loi, path):
    with pytest.raises(InvalidInput, match="document"):
        world.engine.record(loi, ask(papers=[Paper("draft", path, "id")]))


def test_a_pipe_is_no_document_and_nobody_waits_for_it(world, loi):
    os.mkfifo(world.folder / "pipe")

    with pytest.raises(InvalidInput, match="not a file"):
        world.engine.record(loi, ask(papers=[Paper("draft", str(world.folder / "pipe"), "id")]))


def test_documents_come_from_the_folders_allowed(world, loi):
    inbox = world.folder / "inbox"
    inbox.mkdir()
    outside = world.paper("draft", "id")
    (inbox / "link.pdf").symlink_to(outside.path)
    world.engine.documents = Documents(str(world.folder / "documents"), allowed=[str(inbox)])

    for path in (outside.path, str(inbox / "link.pdf"), str(inbox / ".." / os.path.basename(outside.path))):
        with pytest.raises(InvalidInput, match="outside the folders"):
            world.engine.record(loi, ask(papers=[Paper("draft", path, "id")]))


def test_a_document_of_a_requirement_that_keeps_none_is_refused(world, loi):
    with pytest.raises(InvalidInput) as refused:
        world.engine.record(loi, ask(papers=[world.paper("cooperation")]))

    assert "draft" in refused.value.known


def test_without_a_folder_no_document_is_taken(world, loi):
    world.engine.documents = None

    with pytest.raises(InvalidInput, match="no folder"):
        world.engine.record(loi, ask(papers=[world.paper("draft", "id")]))


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(world, loi):
    (world.folder / "file").write_text("x")
    world.engine.documents = Documents(str(world.folder / "file" / "documents"))

    with pytest.raises(StoreError, match="cannot be stored"):
        world.engine.record(loi, ask(papers=[world.paper("draft", "id")]))


def test_the_same_bytes_are_one_file_and_only_a_hash_is_kept_where_it_is_asked_for(world, loi):
    paper = world.paper("draft", "id")
    world.engine.record(loi, ask(papers=[paper]))
    world.engine.record(loi, ask(papers=[world.paper("draft", "ja")._replace(reference_only=True)]))

    papers = list(world.case(loi).tables["document"].values())
    assert [doc.stored for doc in papers] == [True, False]
    kept = [name for _, _, names in os.walk(world.folder / "documents") for name in names]
    assert kept == [papers[0].sha256]
    assert world.engine.documents.check(papers[0].sha256) == "ok"


def test_kanji_and_apostrophes_are_names_like_others(world):
    parties = [{"name": "Kota O'Brien \"Raya\"", "country": "ID", "kind": "city"}, {"name": "木更津市", "country": "JP", "kind": "city"}]
    world.engine.start("obrien-kisarazu", "sister-city", "O'Brien–木更津市; DROP TABLE entry;--", parties)
    given = {"signed_on": "2025-11-18", "name.Kota O'Brien \"Raya\"": "LoI 'percobaan'", "name.木更津市": "友好協定", "place": "大使館, ﷽ 🏯 {x} %s"}
    paper = world.folder / "協定'書 %s {x}.pdf"
    paper.write_text("x")

    existing(world, "obrien-kisarazu", "loi", "signed", "2025-11-18", given)
    world.engine.record("obrien-kisarazu/loi", ask(papers=[Paper("instrument", str(paper), "ja")]))

    held = row(world, "obrien-kisarazu/loi", "instrument").data
    assert held["names"] == [["Kota O'Brien \"Raya\"", "LoI 'percobaan'"], ["木更津市", "友好協定"]]
    assert held["place"] == given["place"]
    assert world.case("obrien-kisarazu").tables["document"][1,].filename == paper.name
    assert replays(world.store, "obrien-kisarazu")


def test_half_a_character_is_refused_whole(world, loi):
    before = world.case(loi).tables

    with pytest.raises(InvalidInput, match=r"half a character|broken character"):
        world.engine.record(loi, ask({"fields": "health\ud800"}))

    assert world.case(loi).tables == before


def test_a_text_that_no_entry_can_hold_is_refused_by_name(world, loi):
    with pytest.raises(InvalidInput, match="too long") as refused:
        world.engine.record(loi, ask({"fields": "x" * 70_000}))

    assert "fields" in refused.value.field


def test_an_activity_needs_a_title_and_ends_after_it_begins(world, loi):
    with pytest.raises(InvalidInput, match="title"):
        world.engine.activity("bogor-kisarazu", "  ")
    with pytest.raises(InvalidInput, match="before it begins"):
        world.engine.activity("bogor-kisarazu", "a tour", ask(occurred="2026-03-01"), until="2026-02-27")


def test_an_item_stands_in_a_plan_only(world, loi):
    with pytest.raises(InvalidInput, match="no items"):
        world.engine.open(loi, "item", ask({"title": "x"}))
    with pytest.raises(InvalidInput, match="only an item"):
        world.engine.open(loi, "visit")


def test_a_personal_value_is_not_in_the_journal(world):
    ref = world.start()
    world.engine.open(ref, "visit", ask({"direction": "inbound", "initiative": "city", "rationale": "farming", "delegation": "Dr. Sato,Ibu Siti"}))

    assert all(b"Sato" not in entry.body for entry in entries(world, ref))
    assert row(world, f"{ref}/visit", "delegation").data["delegation"] == ["Dr. Sato", "Ibu Siti"]
    assert replays(world.store, ref)


@pytest.mark.parametrize("given", [
    {"home-affairs.asked": "2026-03-03"},
    {"home-affairs.asked": "2026-02-10", "home-affairs.received": "2026-04-01"},
    {"instrument.signed_on": "2026-03-03"},
])
def test_what_has_happened_has_no_date_to_come(world, given):
    ref = world.start()
    world.engine.open(ref, "loi", ask({"exploration_positive": "yes"}))

    with pytest.raises(InvalidInput, match="has not come"):
        world.engine.record(f"{ref}/loi", ask(given))


def test_a_letter_is_not_received_before_it_left(world):
    """The council's statutory clock runs from the receipt: a slip of the year would move it."""
    mou = at_council(world, received="")

    with pytest.raises(InvalidInput, match="lies before sent"):
        world.engine.record(mou, ask({"council-letter.received": "2025-03-02"}))


def test_two_values_for_one_field_are_refused(world):
    ref = world.start()
    facts = [Fact("exploration_positive", "yes"), Fact("exploration_positive", "no")]

    with pytest.raises(InvalidInput, match="two values"):
        world.engine.open(ref, "loi", Ask(facts=facts))


def test_a_list_of_nothing_is_refused(world):
    ref = world.start()

    with pytest.raises(InvalidInput, match="a value is needed"):
        world.engine.open(ref, "loi", ask({"exploration_positive": "yes", "fields": " , "}))

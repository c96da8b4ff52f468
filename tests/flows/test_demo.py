"""The demo: what it states is documented or says that it is invented."""

from __future__ import annotations

import os
from typing import Any

import pytest
from flows.scenes import NOW, replays, story
from world import catalog

import definitions
from workflow.core.dates import latest, precision
from workflow.core.entry import open_entry
from workflow.core.office import Actor
from workflow.demo import Told, read
from workflow.engine import Engine
from workflow.library import Library
from workflow.store.sqlite import SqliteStore

REFS = ["bandung-melbourne", "bogor-kisarazu", "bogor-lankaran", "bogor-ppi-jepang", "bogor-tainan", "contoh-council", "contoh-signed-early",
        "jakarta-moscow", "kupang-darwin"]


class Office:
    """The demo's database, read."""

    def __init__(self, path: str, told: list[Told]) -> None:
        self.path, self.told, self.store = path, told, SqliteStore.open(path, read_only=True)
        self.library = Library(self.store, self.store, catalog, definitions.GUARDS)
        self.engine = Engine(self.store, self.library, Actor("p1", "Coordinator (demo)", "os"), origin="", clock=lambda: NOW)

    def stages(self, ref: str) -> dict[str, Any]:
        return {row.ref: row for row in self.store.load(ref).instances.values()}

    def held(self, ref: str, name: str) -> Any:
        agreement, _, stage = ref.partition("/")
        return self.engine.read(agreement).row(stage, name)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("demo") / "demo.db")
    office = Office(path, list(story(path)))
    yield office
    office.store.close()


def test_every_agreement_is_there(demo):
    assert demo.store.refs() == REFS


def test_bogor_kisarazu_stands_where_the_documents_leave_it(demo):
    stages = demo.stages("bogor-kisarazu")

    assert {ref: (row.state, row.since) for ref, row in stages.items() if not row.parent} == {
        "visit": ("closed-follow-up", "2016-10-06"), "visit-2": ("underway", "2016-11-16"), "visit-3": ("report-due", "2023-06-04"),
        "loi": ("renewed", "2022-11-28"), "loi-2": ("stale", "2026-11-24"), "action-plan": ("draft", "../2016-11-19"),
        "review": ("scheduled", "2026-11-24"),
    }
    assert len([row for row in stages.values() if row.parent == "action-plan"]) == 4


def test_no_memorandum_is_invented(demo):
    assert not [row for row in demo.stages("bogor-kisarazu").values() if row.stage == "mou"]


def test_one_paper_has_two_names(demo):
    paper = demo.held("bogor-kisarazu/loi", "instrument").data

    assert paper["names"] == [["Bogor", "Letter of Intent"], ["木更津市", "友好協定"]]
    assert (paper["signed_on"], paper["place"], paper["abroad"], paper["term_kind"]) == ("2016-11-18", "Embassy of Indonesia, Tokyo", True, "unknown")


def test_what_bogor_calls_the_renewal_is_not_stated(demo):
    assert demo.held("bogor-kisarazu/loi-2", "instrument").data["names"] == [["木更津市", "友好協定"]]


def test_the_gap_before_the_renewal_is_unknown(demo):
    assert demo.stages("bogor-kisarazu")["loi-2"].links == {"predecessor": "loi"}
    assert demo.stages("bogor-kisarazu")["loi-2"].gap_days is None


def test_what_is_not_documented_is_unknown(demo):
    draft = demo.engine.read("bogor-kisarazu")

    def unknown(stage: str) -> set[str]:
        return {row.name for row in draft.tables["row"].values() if row.instance == stage and row.status == "unknown"}

    assert unknown("loi") == {"draft", "legal-check", "foreign-affairs", "partner-text"}
    assert unknown("loi-2") >= {"home-affairs", "foreign-affairs", "exploration"}
    assert "travel-permit" in unknown("visit-2")
    assert unknown("action-plan") == {"period"}
    assert draft.row("loi", "register") is None  # no evidence of a register, and nobody claims there was none


def test_who_pays_for_the_items_is_not_documented(demo):
    draft = demo.engine.read("bogor-kisarazu")

    assert all(draft.row(f"action-plan/{number}", "details") is None for number in range(1, 5))
    assert draft.row("visit-2", "funding").data == {"funding": "host"}  # the mayor's tickets and lodging were


def test_the_law_of_2018_is_not_held_against_2016(demo):
    draft = demo.engine.read("bogor-kisarazu")

    assert draft.row("visit", "eligibility") is None
    assert draft.row("visit-3", "eligibility").status == "unknown"


def test_ppi_jepang_is_dated_by_its_month(demo):
    signed = demo.stages("bogor-ppi-jepang")["joint-agreement"]

    assert (signed.state, signed.since) == ("signed", "2016-11")


def test_an_expiry_is_noticed_late_and_has_the_precision_of_its_source(demo):
    stages = demo.stages("jakarta-moscow")

    assert (stages["mou"].state, stages["mou"].since) == ("expired", "2016")
    assert (stages["mou-2"].since, stages["mou-2"].links, stages["mou-2"].gap_days) == ("2017-08-02", {"predecessor": "mou"}, None)


def test_lankaran_is_dormant(demo):
    dormancy = demo.engine.read("bogor-lankaran").deadlines("")["dormancy"]

    assert (dormancy.status, dormancy.shows, dormancy.effective) == ("open", "dormant", "2021-11-17")


def test_kupang_darwin_is_stale_by_policy_since_it_was_noticed(demo):
    assert (demo.stages("kupang-darwin")["loi"].state, demo.stages("kupang-darwin")["loi"].since) == ("stale", "2026-11-24")


def test_tainan_is_refused_by_the_law_of_today_and_the_attempt_is_on_record(demo):
    refused = [told for told in demo.told if told.ref == "bogor-tainan/visit" and told.refused]
    (reason,) = refused[0].refused.unmet
    entry = demo.store.entry(demo.store.load("bogor-tainan").agreement.id, int(refused[0].entry.partition("#")[2]))

    assert (reason.requirement, reason.citation) == ("eligibility", "PP 28/2018 art. 27(1)-(2)")
    assert (entry.act, entry.trigger) == ("refuse", "screen")
    assert demo.stages("bogor-tainan")["visit"].state == "proposed"


def test_the_irregular_signature_is_marked(demo):
    assert demo.stages("contoh-signed-early")["loi"].irregular


@pytest.mark.parametrize("now", [NOW, "2026-12-30T05:00:00.000000Z", "2027-02-28T05:00:00.000000Z", "2026-03-23T05:00:00.000000Z"])
def test_an_agreement_of_today_is_in_the_middle_of_the_councils_clock(tmp_path, now):
    path = str(tmp_path / "demo.db")

    office = Office(path, list(story(path, now)))

    due = office.engine.read("contoh-council").deadlines("mou")["council"]
    assert office.stages("contoh-council")["mou"].state == "at-council"
    assert (due.status, due.basis, due.citation) == ("open", "statute", "PP 28/2018 art. 30(4)")
    assert 25 <= (latest(due.effective) - latest(now[:10])).days <= 60
    office.store.close()


def test_every_line_says_when_and_on_what_it_rests(demo):
    """Every event of the past has its source or says that it is invented; what a policy noticed is of today."""
    for told in demo.told:
        if not told.title:
            assert precision(told.occurred)
            assert told.sources or told.invented or told.occurred == NOW[:10] or (told.ref, told.occurred) == ("jakarta-moscow/mou", "2016")
            assert told.entry


def test_the_story_is_told_in_each_language(demo):
    for told in demo.told:
        for label in (told.text, *(row.label for row in told.unknown)):
            assert set(label) == {"en", "id", "ja"}
            assert all(label.values())


def test_the_story_says_what_is_not_documented(demo):
    renewal = next(told for told in demo.told if told.ref == "bogor-kisarazu/loi-2" and told.sources)

    assert {row.requirement for row in renewal.unknown} >= {"home-affairs", "foreign-affairs"}
    assert renewal.moved == (("loi", "signed", "renewed"),)


def test_what_is_invented_says_so_on_its_title(demo):
    for agreement in read(definitions.demo()):
        invented = agreement.invented or any(event.get("invented") for event in agreement.events)
        title = demo.store.load(agreement.ref).agreement.title

        assert ("invented" in title) == invented


def test_every_document_says_that_it_is_none(demo):
    folder = f"{os.path.splitext(demo.path)[0]}-documents"
    papers = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]

    assert papers
    for paper in papers:
        with open(paper, encoding="utf-8") as stream:
            assert stream.read().startswith("This is no document")
    for ref in REFS:
        assert all(doc.filename.startswith("placeholder-") for doc in demo.store.load(ref).tables["document"].values())


def test_the_journal_of_the_demo_adds_up_to_its_tables(demo):
    for ref in REFS:
        assert replays(demo.store, ref)
    assert demo.store.integrity() == []


def test_the_people_are_called_what_they_are(demo):
    people = demo.store.office().tables["person"].values()

    assert all("(demo)" in person.name for person in people)
    assert demo.store.person("dinar").roles.count("coordinator") == 1


def test_nothing_is_left_to_fire(demo):
    """Whoever writes first does not set off what the story has not told, but for agreements that wait for nobody."""
    waiting = {ref: [row.name for row in demo.store.load(ref).tables["deadline"].values() if row.status == "open" and row.fire
                     and row.over_at <= NOW] for ref in REFS}

    assert {ref: names for ref, names in waiting.items() if names} == {}


def test_it_is_no_entry_of_the_past(demo):
    for ref in REFS:
        for entry in demo.store.entries(demo.store.load(ref).agreement.id):
            assert open_entry(entry.body, {})[0]["recorded"] == NOW

"""What was recorded in English, ids and all, is read in everybody's language; the record itself stays as it is."""

from __future__ import annotations

import json
import re

import pytest

from workflow.commands.recorded import recognised
from workflow.locale import update

COUNCIL = "council: there is no answer yet"
REFUSED = {  # on a screen: what was tried, and why it could not be
    "en": ("REFUSED Record the council's approval from Before the council (DPRD)", "Council's approval: there is no answer yet"),
    "id": ("DITOLAK: Mencatat persetujuan DPRD dari Di DPRD", "Persetujuan DPRD: belum ada jawaban"),
    "ja": ("不可:議会審議中 からの 議会の議決(承認)を記録する", "議会の議決(承認): まだ回答がありません"),
}


@pytest.mark.parametrize("language", REFUSED)
@pytest.mark.parametrize("line", ["history contoh-council", "audit log contoh-council --refused", "audit show contoh-council#9"])
def test_a_refused_attempt_is_told_in_the_readers_language_with_labels(demo, line, language):
    said = demo.ok(f"{line} --lang {language}")

    assert [part for part in REFUSED[language] if part not in said] == []


@pytest.mark.parametrize("line", ["history contoh-council", "audit log contoh-council --refused"])
def test_as_data_a_refusal_keeps_its_ids_and_the_recorded_words(demo, line):
    refused = next(row for row in json.loads(demo.ok(f"{line} -o json --lang ja")) if row["refused"])

    assert (refused["trigger"], refused["from"], refused["reason"]) == ("approve", "at-council", COUNCIL)


def test_each_of_several_reasons_is_told(loi):
    loi("advance bogor-kisarazu/loi consult")

    said = loi.ok("history bogor-kisarazu/loi --lang id")

    assert "Rancangan naskah dua bahasa: berkasnya belum tercatat; Telaah Bagian Hukum: 0 dari 1 persetujuan" in said


def test_the_fields_that_a_refusal_lacked_are_named_by_their_labels(loi):
    result = loi("open bogor-kisarazu visit direction=outbound initiative=city")

    assert "Proposal: not on record: Rationale" in result.stderr
    assert "visit: REFUSED to open it — Proposal: not on record: Rationale" in loi.ok("history bogor-kisarazu")


def test_an_opening_that_was_refused_is_told_by_the_labels_of_a_stage_that_never_was(started):
    started("open bogor-kisarazu loi exploration_positive=no fields=culture")

    assert "loi: REFUSED to open it — Result of the exploration: the exploration was not positive" in started.ok("history bogor-kisarazu")


def test_who_was_refused_is_called_by_name_though_the_record_has_an_id(loi):
    loi.ok("person edit me --role legal")
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('draft.pdf')}")
    loi("approve bogor-kisarazu/loi legal-check")

    said = loi.ok("history bogor-kisarazu/loi")

    assert loi.json("history bogor-kisarazu")[-1]["reason"].startswith("p1 may not approve legal-check")
    assert "REFUSED Legal bureau's check from Drafting — root may not" in said
    assert "root put the Draft in two languages on record" in said


@pytest.mark.parametrize("text", ["words that were never of any catalogue", "{braces} and {} more", "a: b; c: d", ""])
def test_words_that_no_message_fits_stay_as_they_were_recorded(text):
    message, facts = recognised(text)

    assert message.format(**facts) == text


@pytest.mark.parametrize("message", [text for text, files in update.extract().items() if isinstance(text, str) and ":," not in text
                                     and any(file.startswith(("workflow/core", "definitions")) for file in files)])
def test_what_is_recognised_says_in_english_what_was_recorded(message):
    facts = {name: f"some-{name}" for name in re.findall(r"\{(\w+)", message)}
    text = message.format(**facts)

    found, filled = recognised(text)

    assert found.format(**filled) == text


@pytest.mark.parametrize(("words", "said"), [
    (["title=Bogor and Kisarazu"], "title Bogor–木更津市 → Bogor and Kisarazu"), (["party.Bogor=Kota Bogor"], "party Bogor → Kota Bogor"),
    (["party.木更津市.country=ID"], "country of 木更津市 JP → ID"), (["--occurred-at", "2026-01"], "begun on Mon 2 Mar 2026 → Jan 2026"),
])
def test_a_corrected_beginning_is_told_as_it_was_and_as_it_is(started, words, said):
    started.ok("correct bogor-kisarazu#1", *words, "--reason", "typo")

    assert f"CORRECTION corrected bogor-kisarazu#1: {said} — typo" in started.ok("history bogor-kisarazu")


def test_another_reference_is_told_with_the_one_before(started):
    started.ok("correct bogor-kisarazu#1 ref=kisarazu --reason typo")

    assert "CORRECTION corrected kisarazu#1: reference bogor-kisarazu → kisarazu — typo" in started.ok("history kisarazu")


def test_a_corrected_activity_is_told_field_by_field(started):
    started.ok("activity bogor-kisarazu talks --occurred-at 2026-02-20")
    started.ok("correct bogor-kisarazu#2 title=lecture --reason typo")
    started.ok("correct bogor-kisarazu#2 kind=contact note=online --occurred-at 2026-02 --reason typo")

    history = started.ok("history bogor-kisarazu")

    assert "activity recorded: “talks”" in history
    assert "CORRECTION corrected bogor-kisarazu#2: title talks → lecture — typo" in history
    assert "CORRECTION corrected bogor-kisarazu#2: kind activity → contact; day Fri 20 Feb 2026 → Feb 2026; note – → online — typo" in history


def test_an_entry_shows_the_parties_part_by_part(started):
    started.ok("correct bogor-kisarazu#1", "party.Bogor=Kota Bogor", "--reason", "typo")

    shown = " ".join(started.ok("audit show bogor-kisarazu#2").split())

    assert "parties: country ID, kind city, name Bogor; country JP" in shown
    assert "→ country ID, kind city, name Kota Bogor; country JP" in shown


def test_who_became_responsible_is_called_by_name(started):
    started.ok("person add", "Sari Dewi", "--login", "sari", "--role", "coordinator")
    started.ok("assign bogor-kisarazu --owner sari")

    assert "assigned: Sari Dewi" in started.ok("history bogor-kisarazu")

"""What a message says: in each language, without a link that acts, the most urgent first, statute and policy never alike."""

from __future__ import annotations

import re
from datetime import date, timedelta

import icalendar
import pytest
from letters import digest, line, person

from workflow.channels.letter import letter
from workflow.core.digest import SHOWN, arranged
from workflow.errors import DeliveryFailed, Phrase
from workflow.messages import note, render
from workflow.messages.calendar import calendar
from workflow.messages.speech import speech

WORDS = {
    "en": ("Wednesday, 13 May 2026", "12 days left", "Council decides", "statute: PP 28/2018 art. 30(4)"),
    "id": ("Rabu, 13 Mei 2026", "12 hari lagi", "Keputusan DPRD", "PP 28/2018 art. 30(4)"),
    "ja": ("2026年5月13日水曜日", "残り12日", "議会の議決期限", "PP 28/2018 art. 30(4)"),
}


@pytest.mark.parametrize("language", WORDS)
def test_both_parts_say_what_when_whose_why_and_what_next(language):
    made = render(digest(), language)

    for part in (made.text, made.html):
        told = map(speech(language).text, ("you are responsible for this agreement", "nothing is approved by time-out"))
        for word in (*WORDS[language], "Dian Lestari", "mufakat can bogor-kisarazu/mou", *told):
            assert word in part


@pytest.mark.parametrize("language", ["id", "ja"])
def test_no_english_is_left_in_another_language(language):
    lines = [line(), line(kind="overdue", days_left=-3, basis="policy", citation="", provisional=True, late_days=2),
             line(kind="escalation", owner="", why=Phrase("you stand in for {name}", name="Sari")), line(kind="announcement", basis="clause")]
    made = render(digest(*lines * 5, recipient=person(zone="Asia/Tokyo"), checkpoint="C"), language)

    for word in ("deadline", "left", "overdue", "rests", "next", "because", "day", "approved", "nobody", "office", "clause", "more:", "you "):
        assert word not in made.text.replace("mufakat can", "")


def test_an_unknown_language_is_english():
    assert "12 days left" in render(digest(), "fr").text


def test_statute_and_policy_are_never_alike():
    statute, policy = (render(digest(line(basis=basis, citation="")), "en").text for basis in ("statute", "policy"))

    assert ("rests on: statute" in statute, "nothing is approved by time-out" in statute) == (True, True)
    assert ("rests on: office policy" in policy, "nothing is approved by time-out" in policy) == (True, False)


def test_the_most_urgent_comes_first_and_no_more_than_a_page_of_them():
    rows = [line(days_left=days, command=f"mufakat can a{days}/mou") for days in range(20, -2, -1)]

    made = render(digest(*rows), "en")

    assert [row.days_left for row in arranged(rows)[0]] == list(range(-1, SHOWN - 1))
    assert "a-1/mou" in made.text.partition("2. ")[0]
    assert "7 more: mufakat agenda" in made.text
    assert made.text.count("rests on:") == made.html.count("rests on:") == SHOWN


@pytest.mark.parametrize(("language", "words"), [
    ("en", "to stop the repeats:"), ("id", "agar tidak diingatkan lagi:"), ("ja", "繰り返しを止めるには:")])
def test_what_is_repeated_says_what_to_type_against_it(language, words):
    made, other = render(digest(line(kind="overdue", stop="mufakat remind ack bogor-kisarazu/mou council")), language), render(digest(), language)

    assert f"{words} mufakat remind ack bogor-kisarazu/mou council\n" in made.text
    assert f"{words} <code>mufakat remind ack bogor-kisarazu/mou council</code>" in made.html
    assert words not in other.text + other.html


@pytest.mark.parametrize(("language", "order"), [("en", "most urgent"), ("id", "paling mendesak"), ("ja", "急ぐものから")])
def test_one_deadline_is_in_no_order(language, order):
    one, two = render(digest(), language), render(digest(line(), line(ref="surabaya-kochi/mou")), language)

    assert [order in part for part in (one.text, one.html, two.text, two.html)] == [False, False, True, True]


def test_both_zones_where_the_days_end_apart():
    same, apart = (render(digest(recipient=person(zone=zone)), "en").text for zone in ("Asia/Bangkok", "Asia/Tokyo"))

    assert "where you are" not in same
    assert "the day is over on Thu 14 May 2026, 00:00 (Asia/Jakarta); where you are, on Thu 14 May 2026, 02:00 (Asia/Tokyo)" in apart


def test_a_late_message_says_how_late_and_a_provisional_date_that_it_is():
    made = render(digest(line(late_days=1, provisional=True)), "en").text

    assert "this message comes 1 day late" in made
    assert "provisional" in made


NOTE = "mufakat/office\n12\nQScGQcGLfObfdH8AB6K6VLrK/yeHUi4lqNlCkJDrcrc=\n\n\u2014 mufakat/office Rm1gfgKcq1UVatgfwbyiJFMkI4M9EB+4oK34MjLhJsM=\n"


@pytest.mark.parametrize("language", ["en", "id", "ja"])
def test_the_newest_checkpoint_stands_below_as_it_is_with_what_it_is_good_for(language):
    """To the letter, so that it can be copied into a file and held against the log."""
    made, without = render(digest(checkpoint=NOTE), language), render(digest(), language)
    told = speech(language).text("The newest checkpoint of the office's journal. Keep this message: with it anybody can show later that nothing "
                                 "before it was changed (mufakat help audit).")

    assert made.text.endswith(f"{told}\n\n{NOTE}")
    assert f">{NOTE}</pre>" in made.html
    assert (told.startswith("The newest"), told in without.text) == (language == "en", False)


def test_nothing_in_a_message_acts_when_it_is_fetched():
    page = render(digest(checkpoint="x"), "en").html

    assert not {"href", "src=", "http", "<form", "url("} & {word for word in ("href", "src=", "http", "<form", "url(") if word in page}


def test_what_people_wrote_is_text_in_the_page():
    page = render(digest(line(title="<script>alert(1)</script>", owner="A & B")), "en").html

    assert "<script>" not in page
    assert "A &amp; B" in page


def test_a_subject_is_one_line():
    assert render(digest(line(title="Bogor\r\nBcc: x@y")), "en").subject == "mufakat: Bogor Bcc: x@y: Council decides – 12 days left"


def test_the_same_key_gives_the_same_identity_and_a_deadline_its_thread():
    first, again = render(digest(), "en"), render(digest(line(days_left=5, kind="overdue"), day="2026-05-08"), "ja")

    assert first.headers["Message-ID"] == again.headers["Message-ID"] == f"<{'0' * 40}@mufakat>"
    assert first.headers["References"] == again.headers["References"] == "<fd5e305cf8a90c0fa02cb441374c6e00@mufakat>"
    assert first.headers["Auto-Submitted"] == "auto-generated"


def test_the_calendar_part_reads_back():
    found = icalendar.Calendar.from_ical(render(digest(line(sequence=3)), "id").ics)
    event = found.walk("VEVENT")[0]

    assert (str(event["uid"]), event["sequence"], event["dtstart"].dt, event["dtend"].dt - event["dtstart"].dt) == (
        "a1.mou.council.1@mufakat", 3, date(2026, 5, 13), timedelta(days=1))
    assert "Keputusan DPRD" in event["summary"]
    assert (found["refresh-interval"].params["VALUE"], str(found["x-published-ttl"])) == ("DURATION", "PT12H")


def test_a_settled_deadline_is_cancelled_under_the_same_uid_later():
    opened, settled = (icalendar.Calendar.from_ical(calendar([line(settled=over)], speech("en"), stamp)).walk("VEVENT")[0]
                       for over, stamp in ((False, "2026-05-01T00:00:00Z"), (True, "2026-05-02T00:00:00Z")))

    assert (opened["status"], settled["status"]) == ("CONFIRMED", "CANCELLED")
    assert opened["uid"] == settled["uid"]
    assert settled["dtstamp"].dt > opened["dtstamp"].dt


@pytest.mark.parametrize("broken", ["{{ nothing_of_this_name }}", "{% for %}", "{{ rows[99].day.upper() }}"])
def test_a_template_that_fails_is_a_delivery_that_fails(tmp_path, broken):
    (tmp_path / "digest.txt.j2").write_text(broken)
    (tmp_path / "digest.html.j2").write_text("")

    with pytest.raises(DeliveryFailed, match="could not be put into words"):
        render(digest(), "en", str(tmp_path))


def test_a_note_is_in_the_language_of_whoever_reads_it():
    made = note("k1", person(lang="id"), Phrase("a test"), [Phrase("and {count} more", count=3)])

    assert "and 3 more" not in made.text
    assert made.headers["Content-Language"] == "id"


@pytest.mark.parametrize("uid", ["a1..dormancy.1@mufakat", f"{'a1' * 18}.joint-agreement.council-receipt.1@mufakat"], ids=["of a track", "long"])
def test_every_thread_is_a_message_id_that_travels_as_it_is(uid):
    """RFC 5322 section 3.6.4: a dot-atom on both sides of one sign, and nothing that a header's folding would encode."""
    outgoing = render(digest(*(line(uid=f"{uid}.{number}") for number in range(SHOWN))), "en")

    [told] = re.findall(rb"(?ms)^References: (.*?)(?=^\S)", bytes(letter(outgoing, "mufakat@bogor.test", "email")))
    assert len(set(told.split())) == len(told.split()) == SHOWN
    assert all(re.fullmatch(rb"<[a-z0-9]+(?:\.[a-z0-9]+)*@mufakat>", one) for one in told.split())
    assert max(map(len, told.splitlines())) < 79


def test_what_does_not_fit_is_found_by_the_command_that_is_named():
    made = render(digest(*(line(ref=f"city-{number}/mou", days_left=300 + number) for number in range(18))), "en")

    assert "3 more: mufakat agenda --for 317d" in made.text
    assert "3 more: mufakat agenda --for 317d" in made.html

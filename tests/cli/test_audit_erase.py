"""Erasing at the prompt: what goes for good is named before it goes, and goes only on somebody's word."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pytest

ERASE = "audit erase --document bogor-kisarazu#1 --reason scan"


@pytest.fixture
def papers(loi):
    """A letter of intent with a draft, and what was kept of it."""
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('wrong.pdf')}:id")
    return loi


def kept(typist) -> tuple[int, int]:
    return typist.entries(), len([path for path in (typist.folder / "office-documents").rglob("*") if path.is_file()])


@pytest.mark.parametrize("more", ["", "--no-input"])
def test_without_a_terminal_nothing_is_erased_unless_the_line_says_yes(papers, more):
    before = kept(papers)

    error = papers.error(f"{ERASE} {more}")

    assert (error["exit"], error["field"]) == (2, "confirmation")
    assert "--dry-run" in error["message"]
    assert "--yes" in error["message"]
    assert kept(papers) == before
    papers.ok(f"{ERASE} {more} --yes")
    assert kept(papers) != before


def test_a_person_who_is_no_longer_there_is_erased_by_a_script_only_with_yes(office):
    office.ok("person add", "Sari Dewi", "--login", "sari")
    office.ok("person edit sari --inactive")

    assert office.error("audit erase --person sari --reason left")["exit"] == 2
    assert "Sari Dewi" in office.ok("person list")


def test_the_question_names_the_document_and_another_word_keeps_it(papers, monkeypatch):
    asked = []
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("workflow.commands.app.sys", SimpleNamespace(stdin=terminal, stderr=terminal))
    monkeypatch.setattr(click, "prompt", lambda question, **_: asked.append(question) or "no")
    before = kept(papers)

    papers.ok(ERASE)

    assert "loi/draft: Draft in two languages, version 1 (id), wrong.pdf, Mon 2 Mar 2026; 1 personal value (entry 3), and the file" in asked[0]
    assert kept(papers) == before


def test_a_preview_names_the_document_that_would_go(papers):
    assert "document 1   loi/draft: Draft in two languages, version 1 (id), wrong.pdf, Mon 2 Mar 2026" in papers.ok(f"{ERASE} --dry-run")
    shown = papers.json(f"{ERASE} --dry-run")["document"]
    assert (shown["instance"], shown["row"], shown["filename"]) == ("loi", "draft", "wrong.pdf")


def test_the_number_of_a_document_is_not_taken_for_that_of_an_entry_or_of_a_stage(papers):
    missing = papers("audit erase --document bogor-kisarazu#3 --reason scan --yes")

    assert missing.exit_code == 3
    assert "documents, not entries" in missing.stderr
    assert "1 loi/draft: Draft in two languages, version 1 (id), wrong.pdf" in missing.stderr
    assert "bogor-kisarazu#NO" in papers.error("audit erase --document bogor-kisarazu/loi#1 --reason scan --yes")["message"]
    assert "not an entry's number" in " ".join(papers.ok("audit erase -h").split())

"""Every word that a person sees of a definition is there in English, Indonesian and Japanese, and is really translated."""

from __future__ import annotations

from typing import Any

import pytest

import definitions
from workflow.catalog import Catalog
from workflow.core.lint_label import wanted

CATALOG = Catalog(definitions.roots(), definitions.GUARDS)
ALL = [(kind, name) for kind in ("stage", "track") for name in CATALOG.names(kind)]
SAME = {"MoU"}  # words that may be the same in two languages


def leaves(tree: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, str]]]:
    """Every label with its path."""
    if "en" in tree:
        return [(path, tree)]
    return [leaf for name, held in tree.items() for leaf in leaves(held, f"{path}.{name}")]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_label_has_three_languages(kind, name):
    labels = leaves(CATALOG.latest(kind, name).data["label"])

    assert labels
    assert [path for path, label in labels if set(label) != {"en", "id", "ja"} or not all(text.strip() for text in label.values())] == []


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_no_label_is_left_untranslated(kind, name):
    labels = leaves(CATALOG.latest(kind, name).data["label"])

    assert [path for path, label in labels if label["en"] == label["id"] and label["en"] not in SAME] == []
    assert [path for path, label in labels if not any(ord(letter) > 0x3000 for letter in label["ja"])] == []


@pytest.mark.parametrize("name", CATALOG.names("stage"))
def test_two_states_never_look_alike(name):
    """A person must tell states, and the steps out of them, apart by their labels in each language."""
    found = CATALOG.latest("stage", name).data
    for labels in (found["label"], found["label"].get("item", {})):
        for section in ("state", "transition"):
            for language in ("en", "id", "ja"):
                texts = [label[language] for label in labels.get(section, {}).values()]
                assert sorted({text for text in texts if texts.count(text) > 1}) == [], (section, language)


@pytest.mark.parametrize("name", CATALOG.names("stage"))
def test_whatever_is_recorded_has_a_label(name):
    data = {"link": {}, "deadline": {}, **CATALOG.latest("stage", name).data}

    for section, names in wanted(data).items():
        assert set(names) == set(data["label"].get(section, {}))


def test_statute_and_policy_are_told_apart_everywhere():
    """What rests on a statute or circular is cited; a deadline of the office's own choosing says so."""
    for kind, name in ALL:
        data = CATALOG.latest(kind, name).data
        rows = [*data.get("deadline", {}).values(), *data.get("requirement", {}).values()]
        assert all(("citation" in row) == (row.get("basis", "policy") in ("statute", "circular")) for row in rows), name


def test_the_only_statutory_clocks_are_the_three_that_were_read():
    """Findings 3 and 4 of the domain: the council's 45 working days, the permit's 10, and the yearly reports; all else is policy."""
    clocks = {(name, deadline) for kind, name in ALL for deadline, row in CATALOG.latest(kind, name).data.get("deadline", {}).items()
              if row["basis"] == "statute"}

    assert clocks == {("mou", "council"), ("visit", "permit-decision"), ("sister-city", "report-home-affairs"), ("sister-city", "annual-feed"),
                      ("institution", "report-home-affairs"), ("institution", "annual-feed")}
    council = CATALOG.latest("stage", "mou").definition.deadlines["council"]
    assert (council.amount, council.unit, council.anchors, council.on_expiry) == (45, "working-day", ("received:council-letter",), "escalate")
    assert CATALOG.latest("track", "sister-city").definition.deadlines["report-home-affairs"].amount is None

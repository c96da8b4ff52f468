"""Did you mean: the nearest of what is known; `rapidfuzz` is imported once something went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEAR = 57.0  # of 100; below it a suggestion puzzles more than it helps
MOST = 3


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three known words that somebody who typed `word` may have meant, the nearest first."""
    from rapidfuzz import fuzz, process

    names = list(dict.fromkeys(known))
    found = process.extract(word.lower(), names, scorer=fuzz.WRatio, processor=str.lower, limit=MOST, score_cutoff=NEAR)
    return [name for name, _, _ in found]

"""Which languages there are, by their codes in CLDR: what a document may be written in."""

from __future__ import annotations

from babel import Locale
from babel.core import get_global

MOST = 3


def exists(code: str) -> bool:
    """Whether a language has this code (small letters), and its script and region theirs: `zh-hant`, `en-gb`."""
    known, (language, *more) = Locale("en"), code.split("-")
    return language in known.languages and all(
        part.title() in known.scripts if len(part) == 4 else part.upper() in known.territories for part in more)


def meant(code: str, language: str) -> list[str]:
    """
    The languages that somebody may have meant by a code that is none, each with its name in `language`: `ja (Japanese)` for `jp` or `jpn`.

    An older or longer code, the country where it is spoken, the beginning of its name.
    """
    known = Locale("en").languages
    country = get_global("likely_subtags").get(f"und_{code.upper()}", "").partition("_")[0]
    found = [get_global("language_aliases").get(code), country, *(other for other, name in known.items() if name.lower().startswith(code))]
    called = Locale(language).languages
    return [f"{other} ({called.get(other, known[other])})" for other in dict.fromkeys(found) if other in known][:MOST]

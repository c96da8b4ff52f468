"""
The language of messages: `_` marks what the catalogues in `workflow/locale` translate; English needs no catalogue and loads none.

Texts are marked where they stand and translated where they are printed. A `Phrase` of the core is said by `said`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workflow.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from gettext import NullTranslations

LANGUAGES = ("en", "id", "ja")
FALLBACK = "en"
DOMAIN = "mufakat"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")

_state: dict[str, str] = {"language": FALLBACK}
_catalogues: dict[str, NullTranslations] = {}


def _(message: str) -> str:
    """The message in the language chosen; itself where no catalogue holds it."""
    return message if _state["language"] == FALLBACK or not message else _catalogue().gettext(message)


def _n(one: str, many: str, count: int, **facts: object) -> str:
    """The message for one thing or for many, filled with their `count`."""
    message = (one if count == 1 else many) if _state["language"] == FALLBACK else _catalogue().ngettext(one, many, count)
    return message.format(count=count, **facts)


def mark(message: str) -> str:
    """A message that is translated where it is printed."""
    return message


def said(text: str) -> str:
    """A phrase in the language chosen, and the phrases within it; a plain text where a catalogue holds it."""
    if not isinstance(text, Phrase) or not text.facts:
        return _(str(text))
    return _(text.template).format(**{name: said(fact) if isinstance(fact, Phrase) else fact for name, fact in text.facts.items()})


def messages() -> list[str]:
    """Every English message that is translated: what a catalogue knows, whatever language is chosen."""
    held: Mapping[object, str] = getattr(_catalogue(LANGUAGES[-1]), "_catalog", {})  # gettext offers no other way to its keys
    return [message for message in held if isinstance(message, str) and message]


def choose(language: str) -> None:
    """Speak this language from now on; click's own few messages too, which it looks up in the current domain."""
    language = language if language in LANGUAGES else FALLBACK
    if language == _state["language"]:
        return
    import gettext

    _state["language"] = language
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain("messages" if language == FALLBACK else DOMAIN)
    os.environ["LANGUAGE"] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Our own messages in another language, for as long as it takes to word something for somebody else."""
    before = _state["language"]
    _state["language"] = language if language in LANGUAGES else FALLBACK
    try:
        yield
    finally:
        _state["language"] = before


def chosen() -> str:
    return _state["language"]


def of_locale(environment: Mapping[str, str]) -> str:
    """The language that the locale names (`ja_JP.UTF-8`), English where it is none of ours."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    language = locale[:2].lower()
    return language if language in LANGUAGES and locale[2:3] in ("", "_", ".", "-") else FALLBACK


def pick(texts: Mapping[str, str]) -> str:
    """The label in the language chosen, else in English, else in any."""
    return texts.get(_state["language"]) or texts.get(FALLBACK) or next(iter(texts.values()), "")


def _catalogue(language: str = "") -> NullTranslations:
    language = language or _state["language"]
    if language not in _catalogues:
        import gettext

        _catalogues[language] = gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
    return _catalogues[language]

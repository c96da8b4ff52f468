"""The language of messages: `_` marks what the catalogues in `workflow/locale` translate; English needs no catalogue and loads none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LANGUAGES = ("en", "id", "ja")
FALLBACK = "en"

_state: dict[str, str] = {"language": FALLBACK}
_translators: dict[str, Callable[[str], str]] = {}


def _(message: str) -> str:
    """The message in the language chosen; itself where no catalogue holds it."""
    language = _state["language"]
    return message if language == FALLBACK else _translator(language)(message)


def choose(language: str) -> None:
    """Speak this language from now on."""
    _state["language"] = language if language in LANGUAGES else FALLBACK


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


def _translator(language: str) -> Callable[[str], str]:
    found = _translators.get(language)
    if found is None:
        import gettext

        folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")
        found = _translators[language] = gettext.translation("mufakat", folder, [language], fallback=True).gettext
    return found

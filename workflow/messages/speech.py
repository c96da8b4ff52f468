"""The words of one language for messages to one person: texts from the catalogues, labels, dates as people write them there."""

from __future__ import annotations

import gettext
import os
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from workflow.core.deadline import instant
from workflow.errors import Phrase

DOMAIN = "mufakat"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale")
LOCALES = {"en": "en_GB", "id": "id_ID", "ja": "ja_JP"}
FALLBACK = "en"


class Speech:
    """One language; one that there is not is English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LOCALES else FALLBACK
        self.locale = LOCALES[self.language]
        found = [] if self.language == FALLBACK else [self.language]
        self.catalogue = gettext.translation(DOMAIN, FOLDER, found, fallback=self.language == FALLBACK)

    def text(self, message: str) -> str:
        """The message; itself where no catalogue holds it."""
        return self.catalogue.gettext(message) if message else ""

    def number(self, one: str, many: str, count: int, **facts: object) -> str:
        """The message for one thing or for many, filled with their `count`."""
        return self.catalogue.ngettext(one, many, count).format(count=count, **facts)

    def phrase(self, text: str) -> str:
        """A phrase, and the phrases within it."""
        if not isinstance(text, Phrase) or not text.facts:
            return self.text(str(text))
        facts = {name: self.phrase(fact) if isinstance(fact, Phrase) else fact for name, fact in text.facts.items()}
        return self.text(text.template).format(**facts)

    def label(self, texts: dict[str, str]) -> str:
        """A label in this language, else in English, else in any."""
        return texts.get(self.language) or texts.get(FALLBACK) or next(iter(texts.values()), "")

    def day(self, iso: str) -> str:
        """`Wednesday 13 May 2026`, `Rabu, 13 Mei 2026`, `2026年5月13日水曜日`."""
        return format_date(date.fromisoformat(iso), "full", locale=self.locale)

    def end_of(self, day: str, zone: str) -> str:
        """When a civil day of this zone is over, on the clocks of that zone."""
        return self.moment(instant(date.fromisoformat(day), "end", zone), zone)

    def moment(self, utc: str, zone: str) -> str:
        """An instant on the clocks of a zone: `Thu 14 May 2026, 00:00 (Asia/Jakarta)`."""
        there = datetime.fromisoformat(utc).astimezone(ZoneInfo(zone))
        pattern = "y年M月d日(E) HH:mm" if self.language == "ja" else "EEE d MMM y, HH:mm"
        return f"{format_datetime(there, pattern, tzinfo=ZoneInfo(zone), locale=self.locale)} ({zone})"


@lru_cache(maxsize=8)
def speech(language: str) -> Speech:
    return Speech(language)

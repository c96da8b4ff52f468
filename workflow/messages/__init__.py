"""
A digest in the recipient's language: subject, plain text, HTML, a part for the calendar, headers.

Templates are Jinja2 (`templates/`), texts are gettext's, dates Babel's. Nothing in a message can be clicked: what it asks for is a command,
because a link that acts when it is fetched is followed by scanners too.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow.core.digest import Digest, Outgoing, arranged
from workflow.errors import DeliveryFailed, Phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from workflow.core.digest import Line
    from workflow.core.office import Person

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")


def render(digest: Digest, language: str, folder: str = FOLDER) -> Outgoing:
    """
    The message as it leaves.

    Raises:
        DeliveryFailed: a template, a label or a zone that cannot be used; whoever sends keeps the message and goes on with the next.
    """
    from workflow.messages.calendar import calendar
    from workflow.messages.speech import speech
    from workflow.messages.wording import said, subject

    try:
        words = speech(language)
        lines, more = arranged(digest.lines)
        facts = {"digest": digest, "rows": [said(row, digest, words) for row in lines], "more": more, "lang": words.language, "_": words.text,
                 "_n": words.number, "day": words.day(digest.day), "days": max(30, *(row.days_left for row in digest.lines))}
        text, page = (_environment(folder).get_template(name).render(facts) for name in ("digest.txt.j2", "digest.html.j2"))
        return Outgoing(digest.key, digest.recipient, subject(digest, lines[0], words), text, page, calendar(digest.lines, words, digest.day),
                        headers(digest, words.language))
    except Exception as fault:  # the border of what is data here: a broken template fails like a broken server
        why = Phrase("it could not be put into words: {fault}", fault=f"{type(fault).__name__}: {fault}")
        raise DeliveryFailed(digest.channel, digest.key, why) from fault


def note(key: str, person: Person, subject: str, lines: Sequence[str]) -> Outgoing:
    """A few sentences to one person that are about no deadline: a test, an alert."""
    from workflow.messages.speech import speech

    words = speech(person.lang)
    facts = {"person": person, "lines": [words.phrase(row) for row in lines], "lang": words.language, "_": words.text}
    text, page = (_environment(FOLDER).get_template(name).render(facts) for name in ("note.txt.j2", "note.html.j2"))
    told = {"Message-ID": f"<{key}@mufakat>", "Auto-Submitted": "auto-generated", "Content-Language": words.language}
    return Outgoing(key, person, " ".join(f"mufakat: {words.phrase(subject)}".split()), text, page, headers=told)


def headers(digest: Digest, language: str) -> dict[str, str]:
    """The same key gives the same Message-ID; what is said of one deadline hangs together by References."""
    lines, _more = arranged(digest.lines)
    return {"Message-ID": f"<{digest.key}@mufakat>", "References": " ".join(dict.fromkeys(map(_thread, lines))),
            "Auto-Submitted": "auto-generated", "Content-Language": language}


def _thread(row: Line) -> str:
    """A msg-id for all that is said of one deadline (RFC 5322 section 3.6.4): its own id may be longer than a line, or no dot-atom."""
    return f"<{hashlib.sha256(row.uid.encode()).hexdigest()[:32]}@mufakat>"


@lru_cache(maxsize=4)
def _environment(folder: str) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape(enabled_extensions=("html", "html.j2")), trim_blocks=True,
                       lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)

"""The catalogues: complete, compiled, and true to their templates."""

from __future__ import annotations

import ast
import re
from gettext import GNUTranslations

import pytest
from babel.messages.pofile import read_po

from workflow.locale import update

LANGUAGES = update.LANGUAGES
TYPED = re.compile(r"mufakat (?:show|can|list|help|init|start|history|correct|config|calendar|definition|person|deadline|db|doctor)\b"
                   r"|(?<![\w-])--[a-z-]+|MUFAKAT_[A-Z]+")
PLACEHOLDER = re.compile(r"\{(\w+)")
MESSAGES = update.extract()


def key(message):
    return message.id if isinstance(message.id, str) else tuple(message.id)


def catalogue(language: str):
    with open(update.path(language, "po"), "rb") as stream:
        return read_po(stream, language)


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def test_every_message_of_the_sources_is_translated(language):
    said = {key(message): message for message in catalogue(language) if message.id}

    assert [message for message in MESSAGES if message not in said] == [], "run python -m workflow.locale.update and translate what is new"
    assert [name for name, message in said.items() if message.fuzzy] == []
    assert [name for name, message in said.items() if not all(message.string if isinstance(name, tuple) else [message.string])] == []


def test_no_translation_is_of_a_message_that_nobody_says(language):
    assert [key(message) for message in catalogue(language) if message.id and key(message) not in MESSAGES] == []
    assert not catalogue(language).obsolete


def test_what_gettext_reads_is_what_the_catalogue_says(language):
    wanted = {}
    for message in catalogue(language):
        if isinstance(message.id, str):
            wanted[message.id] = message.string
        else:
            wanted |= {(message.id[0], form): text for form, text in enumerate(message.string)}
    with open(update.path(language, "mo"), "rb") as stream:
        compiled = GNUTranslations(stream)._catalog

    assert {name: text for name, text in compiled.items() if name} == {name: text for name, text in wanted.items() if name}


def test_a_translation_has_the_placeholders_of_its_message(language):
    """Click fills a plural with another name for the same thing; a translation may use any that its message has."""
    wrong = []
    for message in catalogue(language):
        for said in message.string if isinstance(message.string, (tuple, list)) else [message.string]:
            asked = {*PLACEHOLDER.findall(message.id)} if isinstance(message.id, str) else {*PLACEHOLDER.findall("".join(message.id))}
            given = {*PLACEHOLDER.findall(said)}
            if given - asked or (isinstance(message.id, str) and asked - given):
                wrong.append((message.id, said))

    assert wrong == []


def test_a_translation_keeps_the_commands_and_options_of_its_message(language):
    pairs = [(message.id, message.string) for message in catalogue(language) if message.id and isinstance(message.id, str)]

    assert [(name, said) for name, said in pairs if sorted(TYPED.findall(name)) != sorted(TYPED.findall(said))] == []


def test_a_translation_differs_from_its_message(language):
    """Except where the other language has the same word."""
    same = {message.id for message in catalogue(language) if isinstance(message.id, str) and message.id == message.string}
    alike = {"id", "hash", "login", "administrator", "status", "{year}", "{month} {year}", "{weekday} {day} {month} {year}",
             "{db}: schema {found} → {newest}", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Sep", "Nov"}

    assert same <= alike


def test_no_message_is_put_together_where_it_is_raised():
    """An f-string can be looked up in no catalogue: give a `Phrase` its template and its facts. (The lint speaks English to authors.)"""
    glued = []
    for file in update._files():
        with open(f"{update.ROOT}/{file}", encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            places = update.CALLS.get(getattr(call.func, "id", ""), ())
            glued += [f"{file}:{call.lineno}" for place in places if place < len(call.args) and isinstance(call.args[place], ast.JoinedStr)
                      and not ast.unparse(call.args[place])[2:].startswith(update.TYPED)]

    assert glued == []


def test_each_of_clicks_own_messages_is_one_of_click():
    import click

    folder = click.__path__[0]
    texts = ""
    for name in ("core", "decorators", "exceptions", "formatting", "parser", "types"):
        with open(f"{folder}/{name}.py", encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        texts += "\n".join(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)) + "\n"
    wanted = [text for message in update.CLICK for text in ([message] if isinstance(message, str) else message)]

    assert [text for text in wanted if text not in texts] == []

"""
Bring the catalogues up to date with the sources: `python -m workflow.locale.update`, in a checkout, with Babel (extra `test`).

Messages are read off the syntax trees: the literals that the calls in CALLS take, the helps and docstrings of commands, the tables in
TABLES, the reasons of guards, the templates of messages, and click's own texts. New ones stand in the .po files without a translation
until somebody writes it.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    Message = str | tuple[str, str]  # a text, or the singular and the plural of one

LANGUAGES = ("id", "ja")
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOURCES = ("cli.py", "workflow", "definitions")
APART = "workflow/verifier/"  # one file that is read without the catalogues
CALLS = {  # what is called -> where its messages stand
    "_": (0,), "mark": (0,), "Phrase": (0,), "say": (0,), "phrase": (0,), "InvalidInput": (2,), "NotFound": (0,), "AgreementNotFound": (0,),
    "StoreError": (1, 2), "StoreNotReady": (1, 2), "StoreBusy": (1, 2), "DeliveryFailed": (2,), "Uncertain": (2,), "Undeliverable": (2,),
    "Finding": (0, 3), "Unmet": (1,),
}
KEYWORDS = {"help": "", "reason": "workflow/core/"}  # arguments that are messages, and within which folder
TABLES = {  # file and name -> where the messages stand in each of its values
    ("cli.py", "COMMANDS"): (2,), ("workflow/commands/topics.py", "TOPICS"): (0, 1), ("workflow/config.py", "KEYS"): (3,),
}
PLURALS = ("workflow/commands/words.py", "UNITS")  # a table of singulars and plurals
COMMAND = ("command", "group")  # decorators below which a docstring is a help text
TYPED = ("mufakat ", "pip ")  # what begins so is typed, not said
CLICK: tuple[Message, ...] = (
    "Usage:", "Options", "Commands", "Show this message and exit.", "Show the version and exit.", "default: {default}", "required",
    "Missing command.", "Missing argument", "Missing option", "Missing parameter", "Choose from:\n\t{choices}", "Aborted!",
    "Invalid value: {message}", "Invalid value for {param_hint}: {message}", "No such option {name!r}.", "No such command {name!r}.",
    "Option {name!r} does not take a value.", "Argument {name!r} takes {nargs} values.", "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.", "Error: {message}",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


def extract() -> dict[Message, list[str]]:
    """Every message of the sources, with the files that say it."""
    found: dict[Message, list[str]] = {}
    for file in _files():
        with open(os.path.join(ROOT, file), encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        for message in dict.fromkeys(_messages(tree, file)):
            found.setdefault(message, []).append(file)
    for file in _files(".j2"):
        for message in dict.fromkeys(_of_template(file)):
            found.setdefault(message, []).append(file)
    for message in CLICK:
        found.setdefault(message, []).append("click")
    return found


def path(language: str, suffix: str) -> str:
    """Where a language's catalogue stands; suffix `po` or `mo`."""
    return os.path.join(HERE, language, "LC_MESSAGES", f"mufakat.{suffix}")


def update(language: str, messages: dict[Message, list[str]]) -> list[Message]:
    """Merge the messages into a language's catalogue and compile it; those that have no translation yet."""
    template = Catalog(project="mufakat", version="1", copyright_holder="the mufakat authors")
    for message, files in messages.items():
        template.add(message, locations=[(file, 1) for file in files])
    with open(path(language, "po"), "rb") as stream:
        catalog = read_po(stream, language)
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    with open(path(language, "po"), "wb") as stream:
        write_po(stream, catalog, width=140, include_lineno=False, ignore_obsolete=True)
    with open(path(language, "mo"), "wb") as stream:
        write_mo(stream, catalog)
    return [message for message in messages if not _whole(catalog[message])]


def _whole(message: object) -> bool:
    said = getattr(message, "string", "")
    return all(said) if isinstance(said, (tuple, list)) else bool(said)


def _files(suffix: str = ".py") -> Iterator[str]:
    for source in SOURCES:
        if source.endswith(suffix):
            yield source
        for folder, _folders, names in sorted(os.walk(os.path.join(ROOT, source))):
            files = [os.path.relpath(os.path.join(folder, name), ROOT).replace(os.sep, "/") for name in sorted(names)
                     if name.endswith(suffix) and os.path.join(folder, name) != os.path.abspath(__file__)]
            yield from (file for file in files if not file.startswith(APART))


def _of_template(file: str) -> Iterator[Message]:
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    with open(os.path.join(ROOT, file), encoding="utf-8") as stream:
        tree = Environment(autoescape=True).parse(stream.read())
    for _line, _name, texts in extract_from_ast(tree, ("_", "_n")):
        if texts is not None:
            yield texts if isinstance(texts, str) else (str(texts[0]), str(texts[1]))


def _messages(tree: ast.Module, file: str) -> Iterator[Message]:
    for node in sorted(ast.walk(tree), key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))):
        if isinstance(node, ast.Call):
            yield from _of_call(node, file)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _of_table((file, node.targets[0].id), node.value)
        elif isinstance(node, ast.FunctionDef) and any(_name(row) in COMMAND for row in node.decorator_list):
            yield inspect.cleandoc(ast.get_docstring(node) or "")
        elif isinstance(node, ast.Return) and node.value is not None and file == "definitions/guards.py":
            yield from _texts(node.value)


def _of_call(call: ast.Call, file: str) -> Iterator[Message]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    for place in CALLS.get(name, ()):
        if place < len(call.args):
            yield from (text for text in _texts(call.args[place]) if name == "_" or _worded(text))
    if name == "_n" and not isinstance(call.args[0], ast.Starred):
        yield _pair(call.args)
    for keyword in call.keywords:
        if keyword.arg in KEYWORDS and file.startswith(KEYWORDS[keyword.arg]):
            yield from _texts(keyword.value)


def _of_table(table: tuple[str, str], value: ast.expr) -> Iterator[Message]:
    for row in value.values if isinstance(value, ast.Dict) else ():
        parts = row.elts if isinstance(row, ast.Tuple) else row.args if isinstance(row, ast.Call) else []
        if table == PLURALS:
            yield _pair(parts)
        for place in TABLES.get(table, ()):
            yield from _texts(parts[place])


def _pair(parts: list[ast.expr]) -> tuple[str, str]:
    one, many = (ast.literal_eval(part) for part in parts[:2])
    return one, many


def _texts(node: ast.expr) -> Iterator[str]:
    """The literals that an expression may come to."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value and not _typed(node.value):
        yield node.value


def _typed(text: str) -> bool:
    """Whether it is a bare command; one with a remark beside or below it is a message."""
    return text.startswith(TYPED) and "  " not in text and "\n" not in text


def _worded(text: str) -> bool:
    """Whether a template has a word of its own besides its placeholders."""
    return any(letter.isalpha() for part in text.split("{") for letter in part.rpartition("}")[2])


def _name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


if __name__ == "__main__":
    messages = extract()
    for language in LANGUAGES:
        missing = update(language, messages)
        sys.stdout.write(f"{language}: {len(messages)} messages, {len(missing)} without a translation\n")
        sys.stdout.writelines(f"  {message!r}\n" for message in missing)

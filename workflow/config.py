"""
Settings of this program on this machine: flag > environment > project file > user file > default.

The files are TOML and flat; a file is read only if it exists, and a key that is not known is an error; a relative path counts from the folder
of the file that it stands in. What concerns the whole office
(`zone`, `calendar`, `policy.*`) is a record in its database, not a setting here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "mufakat.toml"


class Key(NamedTuple):
    """A setting: the variable that sets it, what it is without any, which words it takes (empty: any text), what it is for."""

    variable: str
    default: str
    choices: tuple[str, ...]
    meaning: str


KEYS = {
    "db": Key("MUFAKAT_DB", "./mufakat.db", (), "the office's database: a file, or postgresql://SERVER/NAME"),
    "lang": Key("MUFAKAT_LANG", "", ("en", "id", "ja"), "the language of messages; else the locale's"),
    "actor": Key("MUFAKAT_ACTOR", "", (), "who acts (login or id of a person); else the user of this machine"),
    "output": Key("MUFAKAT_OUTPUT", "table", ("table", "json", "ndjson", "csv", "ids"), "how results are written"),
    "color": Key("MUFAKAT_COLOR", "auto", ("auto", "always", "never"), "when colours are shown"),
    "documents": Key("MUFAKAT_DOCUMENTS", "", (), "the folder of documents; else beside the database"),
    "key": Key("MUFAKAT_KEY", "", (), "the file with the log's secret key (mode 600); else beside the database's file"),
    "mail": Key("MUFAKAT_MAIL", "", (), "the file with the mail server and its password (mode 600)"),
    "notify": Key("MUFAKAT_NOTIFY", "", (), "the file with everybody's chat address, for the channel apprise (mode 600)"),
    "outbox": Key("MUFAKAT_OUTBOX", "", (), "the folder of the channel file; else beside the database"),
    "definitions": Key("MUFAKAT_DEFINITIONS", "", (), "a folder with stages/ and tracks/ of your own, besides the built-in ones"),
}
PATHS = ("db", "documents", "key", "mail", "notify", "outbox", "definitions")


class Value(NamedTuple):
    """A setting as it stands, and where that comes from: `flag`, `environment`, a file's path, `default`."""

    value: str
    origin: str


class Config:
    """The settings in force. `given` holds those named on the command line."""

    def __init__(self, given: Mapping[str, str], environment: Mapping[str, str], folder: str = ".") -> None:
        self.given, self.environment = given, environment
        self.project, self.user = os.path.join(folder, PROJECT), user_file(environment)
        self._files: dict[str, dict[str, str]] = {}

    def value(self, name: str) -> Value:
        """
        One setting and its origin.

        Raises:
            InvalidInput: a file with a syntax error or an unknown key, or a word that the setting does not take.
        """
        key = KEYS[name]
        if self.given.get(name):
            return Value(self.given[name], "flag")
        if self.environment.get(key.variable):
            return Value(checked(name, self.environment[key.variable], key.variable), "environment")
        for path in (self.project, self.user):
            found = self.file(path).get(name)
            if found:
                return Value(_placed(name, found, path), path)
        return Value(key.default, "default")

    def file(self, path: str) -> dict[str, str]:
        """What one file sets; nothing where there is no such file."""
        if path not in self._files:
            self._files[path] = _read(path) if os.path.exists(path) else {}
        return self._files[path]

    def write(self, path: str, name: str, value: str | None) -> None:
        """Set one key in a file, or take it out (None); every other line stays as it is."""
        if name not in KEYS:
            raise InvalidInput("setting", name, "there is no such setting", tuple(KEYS))
        self.file(path)
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                lines = [line for line in stream.read().splitlines() if line.partition("=")[0].strip().strip("\"'") != name]
        if value is not None:
            lines.append(f"{name} = {_quoted(checked(name, value, name))}")
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("".join(line + "\n" for line in lines))
        self._files.pop(path, None)


def user_file(environment: Mapping[str, str]) -> str:
    """Where a person's own settings stand on this system."""
    if os.name == "nt":
        return os.path.join(environment.get("APPDATA", "."), "mufakat", "config.toml")
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", "."), ".config")
    return os.path.join(home, "mufakat", "config.toml")


def _placed(name: str, value: str, file: str) -> str:
    """A path that a file sets: a relative one counts from the folder of that file."""
    folder = os.path.dirname(file)
    return value if name not in PATHS or "://" in value or folder in ("", ".") else os.path.join(folder, value)


def checked(name: str, value: str, where: str) -> str:
    choices = KEYS[name].choices
    if choices and value not in choices:
        raise InvalidInput(where, value, Phrase("choose one of {choices}", choices=", ".join(choices)), choices)
    return value


def _read(path: str) -> dict[str, str]:
    import tomllib

    try:
        with open(path, "rb") as stream:
            data: dict[str, Any] = tomllib.load(stream)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput("settings file", path, Phrase("not valid TOML: {fault}", fault=fault)) from None
    except OSError as refused:
        raise InvalidInput("settings file", path, Phrase("it cannot be read ({why})", why=refused.strerror)) from None
    for name, value in data.items():
        if name not in KEYS:
            raise InvalidInput("setting", name, Phrase("{path} sets what is not known; known are {names}", path=path, names=", ".join(KEYS)),
                               tuple(KEYS))
        if not isinstance(value, str):
            raise InvalidInput(name, value, Phrase("{path}: a text in quotes is needed", path=path))
        checked(name, value, f"{path}: {name}")
    return data


def _quoted(value: str) -> str:
    """A TOML basic string."""
    import json

    return json.dumps(value, ensure_ascii=False)

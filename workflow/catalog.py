"""The catalog: the TOML files of the built-in and the user's folders, read once when something is to be opened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from workflow.core.definition import Definition, Track, content_hash, definition, track, versions
from workflow.errors import DefinitionNotFound, InvalidDefinition, Phrase, Problem
from workflow.ports import Pinned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.core.definition import Guard

FOLDERS = {"stage": "stages", "track": "tracks"}
What = TypeVar("What", bound="Definition | Track")


class Found(NamedTuple, Generic[What]):
    """A definition that the lint has passed, and what is stored of it with the first instance that is opened by it."""

    definition: What
    pinned: Pinned
    file: str
    data: dict[str, Any]


class Catalog:
    """
    Every definition below some folders (`stages/*.toml`, `tracks/*.toml` in each), newest versions first.

    A file that cannot be read, or one problem of the lint, refuses the whole catalog: an agreement is never opened by half of the rules.

    Raises:
        InvalidDefinition: at the first look, with every problem of every file.
    """

    def __init__(self, roots: Sequence[str], guards: Mapping[str, Guard]) -> None:
        self._roots, self._guards = tuple(roots), dict(guards)
        self._found: dict[str, dict[str, list[Found[Any]]]] | None = None

    def latest(self, kind: str, name: str) -> Found[Any]:
        """The newest version, by which new instances are opened."""
        return self._versions(kind, name)[0]

    def get(self, kind: str, name: str, version: int) -> Found[Any]:
        versions = self._versions(kind, name)
        for found in versions:
            if found.pinned.version == version:
                return found
        raise DefinitionNotFound(Phrase("{name} version {version}", name=name, version=version),
                                 [f"{name} version {found.pinned.version}" for found in versions])

    def names(self, kind: str) -> list[str]:
        """What there is of a kind (`stage` or `track`), in order."""
        return sorted(self._all()[kind])

    def versions(self, kind: str, name: str) -> list[int]:
        """The versions of one definition, the newest first."""
        return [found.pinned.version for found in self._versions(kind, name)]

    def problems(self) -> list[Problem]:
        """Everything the lint has to say, warnings too; files with a syntax error come alone, nothing can be said of the rest."""
        texts, problems = self._read()
        return problems or self._lint(texts)

    def _versions(self, kind: str, name: str) -> list[Found[Any]]:
        found = self._all()[kind].get(name)
        if found is None:
            raise DefinitionNotFound(name, self.names(kind))
        return found

    def _all(self) -> dict[str, dict[str, list[Found[Any]]]]:
        if self._found is None:
            texts, problems = self._read()
            problems = problems or [row for row in self._lint(texts) if row.level == "error"]
            if problems:
                raise InvalidDefinition(problems)
            guards = versions(self._guards)
            self._found = {kind: _grouped(kind, files, guards) for kind, files in texts.items()}
        return self._found

    def _read(self) -> tuple[dict[str, dict[str, dict[str, Any]]], list[Problem]]:
        from os import listdir
        from os.path import isdir, join

        texts: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in FOLDERS}
        problems: list[Problem] = []
        for root in self._roots:
            for kind, folder in FOLDERS.items():
                where = join(root, folder)
                for name in sorted(listdir(where)) if isdir(where) else ():
                    if name.endswith(".toml"):
                        data = _load(join(where, name), problems)
                        texts[kind][join(where, name)] = data
        return texts, problems

    def _lint(self, texts: Mapping[str, dict[str, dict[str, Any]]]) -> list[Problem]:
        from workflow.core.lint import lint

        return lint(texts["stage"], texts["track"], self._guards)


def _grouped(kind: str, files: Mapping[str, dict[str, Any]], guards: Mapping[str, int]) -> dict[str, list[Found[Any]]]:
    grouped: dict[str, list[Found[Any]]] = {}
    for file, data in files.items():
        digest = content_hash(data, guards)
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        built = definition(data, digest) if kind == "stage" else track(data, digest)
        grouped.setdefault(data["name"], []).append(Found(built, Pinned(kind, data["name"], data["version"], digest, body), file, data))
    for found in grouped.values():
        found.sort(key=lambda one: -one.pinned.version)
    return grouped


def _load(path: str, problems: list[Problem]) -> dict[str, Any]:
    """One file's data with its dates as ISO text; a fault is added to `problems`, with the line it stands in."""
    import tomllib

    text = ""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        data: dict[str, Any] = _plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(path, "", _shown(str(error), text)))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(path, "", f"it cannot be read: {error}"))
    else:
        return data
    return {}


def _shown(message: str, text: str) -> str:
    """The parser's words and, below them, the line they are about."""
    import re

    place = re.search(r"at line (\d+), column (\d+)", message)
    lines = text.splitlines()
    number = int(place[1]) if place else len(lines)
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return f"this is not TOML: {message}\n    {number} | {line}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return value.isoformat() if hasattr(value, "isoformat") else value

"""
Shapes of bodies that come again and again, each as one pattern.

Whether a body is canonical takes parsing it, encoding it again and walking through it. Most of a large log's bodies differ from one another in
nothing but their texts and numbers, though: so of a kind that came often enough a body that passed all that is made a pattern, in which every
text is any text without escapes, every number any integer that JSON has one spelling of, and all else stands as it is. What matches it is
canonical for the same reasons; what does not (an escape, a larger number, another shape) is no worse for it, and is looked at the long way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workflow.core.entry import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

LEARN = frozenset((128, 512, 2048, 8192))  # how many of a kind were looked at the long way when one more of its shapes is learnt
MOST = 256  # shapes: one takes some milliseconds to make
TEXT = r'[^"\\\x00-\x1f]*+'
SCALAR = r"(?:null|true|false|0|-?[1-9][0-9]{0,14}+)"
NAMES = ("chain", "cseq", "recorded", "act", "instance", "recorded_by", "log", "prev")
OUTER = {name: f'"(?P<{name}>{TEXT})"' for name in NAMES} | {"cseq": "(?P<cseq>[1-9][0-9]{0,14}+)"}

Match = re.Match[str]


class Shapes:
    """What is known of the shapes of one log's bodies."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, int], list[tuple[Callable[[str], Match | None], tuple[str, ...]]]] = {}
        self._missed: dict[tuple[Any, int], int] = {}
        self._made = 0

    def told(self, act: Any, body: bytes) -> tuple[str, ...] | None:
        """What a body of a known shape says under `NAMES`, then each effect that is wanted of it, as JSON; None: look at it the long way."""
        known = self._known.get((act, body.count(b"{")))
        if known is None:
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return None
        for match, names in known:
            found = match(text)
            if found is not None:
                return found.group(*names)
        return None

    def learn(self, act: Any, body: bytes, content: dict[str, Any], wanted: str = "") -> None:
        """Take note of an entry that was found sound the long way; of its shape the effects on the table `wanted` will be told."""
        kind = act, body.count(b"{")
        count = self._missed[kind] = self._missed.get(kind, 0) + 1
        if count in LEARN and self._made < MOST:
            self._made += 1
            outer, names = OUTER | {"v": str(content["v"])}, list(NAMES)
            if wanted:  # then every table stands in the pattern, so that none of the wanted is where another was
                told = {f"effect{number}": effect for number, effect in enumerate(content["effects"])}
                marks = {name: f"?P<{name}>" if effect["t"] == wanted else "?:" for name, effect in told.items()}
                tables = {name: re.escape(canonical(effect["t"]).decode()) for name, effect in told.items()}
                each = (f"({marks[name]}{_pattern(effect, {'t': tables[name]})})" for name, effect in told.items())
                outer["effects"] = rf"\[{','.join(each)}\]"
                names += [name for name, effect in told.items() if effect["t"] == wanted]
            self._known.setdefault(kind, []).append((re.compile(_pattern(content, outer)).fullmatch, tuple(names)))


def _pattern(value: Any, outer: dict[str, str] | None = None) -> str:
    """The pattern of a value's shape; `outer` has those of keys that are told."""
    if isinstance(value, dict):
        return r"\{" + ",".join(f'"{re.escape(key)}":{(outer or {}).get(key) or _pattern(inner)}' for key, inner in value.items()) + r"\}"
    if isinstance(value, list):
        return r"\[" + ",".join(map(_pattern, value)) + r"\]"
    return f'"{TEXT}"' if isinstance(value, str) else SCALAR

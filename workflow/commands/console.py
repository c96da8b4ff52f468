"""
The one console: every line that a person or a program reads leaves through here.

stdout is data, stderr is messages. Colour, width and tables are decided once: a terminal gets colour and its own width, a pipe gets
neither colour nor wrapping. `rich` draws the tables and is imported when one goes out; plain screens do without.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TextIO

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
ENDLESS = 100_000
GAP = "   "
OPENING = "（「『【〈《([{\033"
CLOSING = "、。，．・：；？！）」』】〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]}.,;:!?…\033"
ROOM = 28  # cells that a column of broken lines should have at least


class Column(NamedTuple):
    """One column of a table: the key in each row, its heading, a style, and whether its texts may be broken into lines."""

    key: str
    heading: str
    style: str = ""
    wrap: bool = False


class Console:
    """
    Where output goes. `color`: auto, always, never.

    `again` completes the commands that a line tells somebody to type: with what they typed themselves and must type again.
    """

    def __init__(self, environment: Mapping[str, str], color: str = "auto", again: Callable[[str], str] = str) -> None:
        self.environment, self.color, self.again = environment, color, again

    def say(self, text: str = "") -> None:
        """A line of data."""
        _write(sys.stdout, self.again(text))

    def tell(self, text: str = "") -> None:
        """A message to whoever sits there."""
        _write(sys.stderr, self.again(text))

    def paint(self, text: str, style: str, *, stream: TextIO | None = None) -> str:
        """The text in a style, where the stream shows colours."""
        return f"\033[{STYLES[style]}m{self.again(text)}\033[0m" if style and text and self.colorful(stream or sys.stdout) else text

    def colorful(self, stream: TextIO) -> bool:
        if self.color != "auto":
            return self.color == "always"
        if self.environment.get("NO_COLOR"):
            return False
        if self.environment.get("FORCE_COLOR"):
            return True
        return self.environment.get("TERM") != "dumb" and stream.isatty()

    def width(self, stream: TextIO | None = None) -> int:
        """How many cells a line may take: the terminal's, or endless for a pipe."""
        if not (stream or sys.stdout).isatty():
            return ENDLESS
        try:
            return max(40, int(self.environment.get("COLUMNS") or os.get_terminal_size((stream or sys.stdout).fileno()).columns))
        except (OSError, ValueError):
            return 80

    def flow(self, parts: Sequence[str], indent: str = "", *, hang: str | None = None, gap: str = GAP, stream: TextIO | None = None) -> None:
        """A line of parts with a gap between them; a part that would pass the edge goes on a line of its own, further in."""
        room, lines, line = self.width(stream), [], indent
        hang = indent + "  " if hang is None else hang
        for part in filter(None, map(self.again, parts)):
            joined = line + (gap if line.strip() else "") + part
            if cells(joined) <= room or not line.strip():
                line = joined
            else:
                lines.append(line)
                line = hang + part
            *heads, line = wrapped(line, room, hang)
            lines += heads
        for text in [*lines, line]:
            _write(stream or sys.stdout, text.rstrip())

    def page(self, text: str) -> None:
        """A text of several lines, such as a letter, as wide as the terminal."""
        for line in text.splitlines():
            self.flow([line], hang=line[:len(line) - len(line.lstrip())])

    def table(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        """A table of texts: whole lines in a pipe; where a terminal is too narrow for it, a few lines for each row."""
        texts = [[self.again(str(row.get(column.key, ""))) for column in columns] for row in rows]
        widths = [max(map(cells, (column.heading, *held))) for column, held in zip(columns, zip(*texts, strict=True), strict=True)]
        needed = sum(min(width, ROOM) if column.wrap else width for column, width in zip(columns, widths, strict=True)) + 2 * len(columns)
        if needed <= self.width():
            self._draw(texts, columns)
            return
        for row in texts:
            self.flow([self.paint(text, column.style) for text, column in zip(row, columns, strict=True) if text != "-"], hang="    ")

    def _draw(self, texts: list[list[str]], columns: Sequence[Column]) -> None:
        from rich import box
        from rich.console import Console as Rich
        from rich.table import Table
        from rich.text import Text

        piped, shown = not sys.stdout.isatty(), self.colorful(sys.stdout)
        drawn = Table(box=None if piped else box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
        for column in columns:
            drawn.add_column(column.heading, no_wrap=piped or not column.wrap)
        for row in texts:
            drawn.add_row(*(Text(text, style=column.style) for text, column in zip(row, columns, strict=True)))
        rich = Rich(file=sys.stdout, width=self.width(), force_terminal=shown or None, no_color=not shown, highlight=False, emoji=False,
                    color_system="auto" if sys.stdout.isatty() else "standard" if shown else None)
        with rich.capture() as captured:
            rich.print(drawn)
        for line in captured.get().splitlines():
            _write(sys.stdout, line.rstrip())


def cells(text: str) -> int:
    """How many cells a text takes on a terminal: two for a wide character, none for a combining one or a colour."""
    if text.isascii() and "\033" not in text:
        return len(text)
    from unicodedata import combining, east_asian_width

    count, escaped = 0, False
    for letter in text:
        if letter == "\033" or escaped:
            escaped = letter != "m"
        elif not combining(letter):
            count += 2 if east_asian_width(letter) in "WF" else 1
    return count


def pad(text: str, width: int) -> str:
    """The text filled up with blanks to a number of cells."""
    return text + " " * max(0, width - cells(text))


def broken(line: str, room: int, hang: str = "") -> tuple[str, str]:
    """
    The first part of a line that fits, and the rest further in; an empty first part where nothing can be broken.

    A line is broken at a blank, or beside a wide character: Japanese has no blanks. No line begins with what closes or ends with what opens.
    """
    start, cut = len(line) - len(line.lstrip()), 0
    for place in range(start + 1, len(line)):
        if _may_break(line[place - 1], line[place]):
            if cells(line[:place]) > room:
                break
            cut = place
    return (line[:cut], hang + line[cut:].lstrip()) if cut and line[cut:].strip() else ("", line)


def wrapped(line: str, room: int, hang: str = "") -> list[str]:
    """A line as lines that take so many cells at most, where it can be broken; all but the first further in."""
    lines = []
    while cells(line) > room:
        head, rest = broken(line, room, hang)
        if not head:
            break
        lines.append(head)
        line = rest
    return [*lines, line]


def _may_break(before: str, after: str) -> bool:
    if after == " " or before == " ":
        return after == " "
    return (cells(before) == 2 or cells(after) == 2) and before not in OPENING and after not in CLOSING


def _harmless(text: str) -> str:
    """The text without what would steer a terminal: a title on record may hold anything; only colours pass."""
    if text.isprintable():
        return text
    import re

    return re.sub(r"\033(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)


def _write(stream: TextIO, text: str) -> None:
    text = _harmless(text)
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError:  # a terminal that is not UTF-8 gets what it can show
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")

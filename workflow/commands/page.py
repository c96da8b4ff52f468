"""The page that `-h` shows: click's, measured in the cells of a terminal, of which a Japanese character takes two."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from workflow.commands.console import cells, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORD = re.compile(r"""(?:-[\w-]+\s+(?!-))?(?:[^\s'"]|'[^']*'|"[^"]*")+""")  # of a command line; an option with its value


class Page(click.HelpFormatter):
    """A page of help. What is plain ASCII click writes itself."""

    def write_text(self, text: str) -> None:
        if text.isascii():
            super().write_text(text)
            return
        margin = " " * self.current_indent
        paragraphs = ("".join(_joined(part.split("\n"))) for part in text.split("\n\n"))
        self.write("\n\n".join("\n".join(margin + line for line in wrapped(part, self.width - len(margin))) for part in paragraphs) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        if all(cell.isascii() for row in rows for cell in row):
            super().write_dl(rows, col_max, col_spacing)
            return
        start = self.current_indent + min(max(cells(first) for first, _ in rows), col_max) + col_spacing
        for first, second in rows:
            head = " " * self.current_indent + first
            lines = wrapped(second, max(self.width - start, 10)) if second else []
            if lines and cells(head) <= start - col_spacing:
                head += " " * (start - cells(head)) + lines.pop(0)
            self.write("".join(f"{line}\n" for line in (head, *(" " * start + line for line in lines))))

    def write_examples(self, examples: Sequence[str]) -> None:
        """Commands to type, one after the other."""
        margin = " " * self.current_indent
        for line in (line for example in examples for line in typed_lines(example, self.width - len(margin))):
            self.write(f"{margin}{line}\n")


def typed_lines(example: str, width: int) -> list[str]:
    """A command in lines that fit, as a shell reads it: broken between its words, each line but the last ending with a backslash."""
    if cells(example) <= width:
        return [example]
    lines: list[str] = []
    for word in WORD.findall(example):
        if lines and cells(f"{lines[-1]} {word}") <= width - 2:
            lines[-1] += f" {word}"
        else:
            lines.append(f"    {word}" if lines else word)
    return [*(f"{line} \\" for line in lines[:-1]), lines[-1]]


def _joined(lines: Sequence[str]) -> Iterable[str]:
    """The lines of a paragraph as one; between two Japanese characters stands no blank."""
    yield lines[0]
    for before, line in pairwise(lines):
        yield line if before and line and cells(before[-1]) == cells(line[0]) == 2 else f" {line}"

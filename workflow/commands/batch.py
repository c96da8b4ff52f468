"""
One command over many references: `--from FILE` (`-` is stdin), one a line; a result for each, exit 1 if any failed, and every failure says of which.

What is written becomes durable in groups (`workflow.batch`), and a result is told only then. A request id stands for each with its reference
behind it, so that an interrupted call can be repeated.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.options import Command
from workflow.errors import InvalidInput, Phrase, StoreError, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.commands.app import App

EACH = "\0each"  # stands where the reference would, which nobody can type


class Batch(Command):
    """A command whose first word is a reference, or with `--from` each of many."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(click.Option(["--from", "source"], metavar="FILE", help="For every reference in FILE, one a line; - is stdin."))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        each = any(word == "--from" or word.startswith("--from=") for word in args)
        return super().parse_args(ctx, [EACH, *args] if each else args)

    def invoke(self, ctx: click.Context) -> Any:
        source = ctx.params.pop("source", None)
        if source is None:
            return super().invoke(ctx)
        app: App = ctx.obj
        if app.output == "json":
            app.give("output", "ndjson")  # a result for each, each on its own
        from workflow.batch import each
        from workflow.commands.failures import FAILURE, Failed, tell

        refs = references(source)
        said, request = [StringIO() for _ in refs], ctx.params.get("request_id")

        def act(place: int) -> None:
            ctx.params["ref"] = refs[place]
            if request:
                ctx.params["request_id"] = f"{request}:{refs[place]}"
            with redirect_stdout(said[place]):
                super(Batch, self).invoke(ctx)

        failed, head = 0, ""
        writes = "dry_run" in ctx.params and not ctx.params["dry_run"]
        for place, result in each(app.store(write=True) if writes else None, range(len(refs)), act):
            if not isinstance(result, StoreError):
                text = said[place].getvalue()
                click.echo(text.removeprefix(head), nl=False)
                if app.output == "csv" and text:
                    head = text[:text.index("\n") + 1]  # stands once above all
            if isinstance(result, WorkflowError):
                failed += 1
                if not isinstance(result, Failed):
                    tell(result, app, ("-o", app.output, *(["--dry-run"] if ctx.params.get("dry_run") else [])), refs[place])
        if failed:
            raise Failed(FAILURE)
        return None


def references(source: str) -> Sequence[str]:
    """The references of a file, one a line; empty lines and those that begin with # are none."""
    try:
        if source == "-" and sys.stdin is None:
            raise InvalidInput("from", source, Phrase("it cannot be read ({why})", why=os.strerror(errno.EBADF)))
        if source == "-":
            lines = sys.stdin.read().splitlines()
        else:
            with open(source, encoding="utf-8") as stream:
                lines = stream.read().splitlines()
    except OSError as refused:
        raise InvalidInput("from", source, Phrase("it cannot be read ({why})", why=refused.strerror)) from None
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise InvalidInput("from", source, "there is no reference in it")
    return found

"""The one place where an error becomes a sentence, an exit code and, with `-o json`, an object on stderr; did-you-mean included."""

from __future__ import annotations

import errno
import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from workflow import errors
from workflow.commands import language
from workflow.commands.language import _, said
from workflow.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.commands.app import App

FEW, MANY = 8, 40  # choices that are told beside a likely one, and alone
FAILURE, USAGE, NOT_FOUND, REFUSED, CONFLICT, FAULTY, UNDELIVERED, UNDECIDED, INTERRUPTED = 1, 2, 3, 4, 5, 6, 7, 8, 130
CODES: tuple[tuple[type[Exception], int], ...] = (  # the first that fits
    (errors.InvalidInput, USAGE), (errors.NotFound, NOT_FOUND), (errors.DefinitionNotFound, NOT_FOUND), (errors.TransitionRefused, REFUSED),
    (errors.StaleInstance, CONFLICT), (errors.StoreBusy, CONFLICT), (errors.DeliveryFailed, UNDELIVERED),
    (errors.AuditError, FAULTY), (errors.WorkflowError, FAILURE), (click.UsageError, USAGE), (click.ClickException, FAILURE),
)


class UnknownCommand(click.UsageError):
    """A command that does not exist."""

    def __init__(self, name: str, known: Sequence[str], ctx: click.Context) -> None:
        super().__init__(_("there is no command {name!r}").format(name=name), ctx)
        self.name, self.known = name, tuple(known)


class Failed(errors.WorkflowError):
    """A command that has said what is wrong and ends with its exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


def run(act: Callable[[], Any], app: App, words: Sequence[str]) -> int:
    """Run a command line; the exit code, after every error has been told."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us, who wants the deed and not the words
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for the whole run
    try:
        return _run(act, app, words)
    finally:
        app.close()


def _run(act: Callable[[], Any], app: App, words: Sequence[str]) -> int:
    try:
        language.choose(_spoken(app, words))
        code = act()
        sys.stdout.flush()
    except Failed as failed:
        return failed.code
    except (KeyboardInterrupt, click.Abort, EOFError):
        sys.stderr.write("\n" + _("interrupted; nothing was left half done") + "\n")
        return INTERRUPTED
    except BrokenPipeError:
        return _hang_up()
    except SystemExit as ended:
        if "PacifyFlushWrapper" in type(sys.stdout).__name__:  # the reader has gone, and click was the first to notice
            return 0
        raise ended from None
    except OSError as error:
        if error.errno == errno.EPIPE:
            return _hang_up()
        return tell(error, app, words)
    except (errors.WorkflowError, click.ClickException) as error:
        return tell(error, app, words)
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence for people, the traceback on request
        return tell(error, app, words)
    return code if isinstance(code, int) else 0


def code_of(error: Exception) -> int:
    return CONFLICT if type(error).__name__ == "HeadMoved" else next((code for kind, code in CODES if isinstance(error, kind)), FAILURE)


def told(error: Exception, of: str = "") -> dict[str, Any]:
    """An error as data, `of` the reference of a batch that it befell; its keys are never translated."""
    found: dict[str, Any] = {"type": type(error).__name__, "exit": code_of(error), "message": message_of(error)}
    for name in ("ref", "trigger", "state", "field", "value", "expected", "found", "roles", "where"):
        if hasattr(error, name):
            found[name] = getattr(error, name)
    if of:
        found["ref"] = of
    if isinstance(error, errors.TriggerNotAllowed):
        found["allowed"] = list(error.allowed)
    if isinstance(error, errors.InvalidDefinition):
        found["problems"] = [row._asdict() for row in error.problems]
    unmet = unmet_of(error)
    if unmet:
        found["unmet"] = [{**row._asdict(), "facts": dict(row.facts), "text": row.text} for row in unmet]
    suggestions, mend = suggestions_of(error), mend_of(error)
    if suggestions:
        found["suggestions"] = suggestions
    choices = choices_of(error)
    if choices:
        found["choices"] = choices
    return found | ({"mend": mend} if mend else {})


def mend_of(error: Exception) -> str:
    """What mends it, mostly the next command; empty where the sentence itself says it."""
    if isinstance(error, errors.TriggerNotAllowed):
        return f"mufakat can {error.ref}"
    if isinstance(error, errors.StaleInstance):
        return f"mufakat show {error.ref}"
    if isinstance(error, errors.AgreementNotFound):
        agreement, slash, _stage = error.name.partition("/")
        return f"mufakat show {agreement}" if slash else "mufakat list"
    if isinstance(error, errors.NotFound) and error.kind == "person":
        return "mufakat person list"
    return said(getattr(error, "mend", ""))


def unmet_of(error: Exception) -> Sequence[errors.Unmet]:
    rows: Sequence[errors.Unmet] = getattr(error, "unmet", ()) or getattr(error, "needs", ())
    return rows


def message_of(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    return said(error.args[0]) if isinstance(error, errors.WorkflowError) and error.args else str(error)


def suggestions_of(error: Exception) -> list[str]:
    """What somebody may have meant, from what the error knows there is."""
    from workflow.commands.suggest import nearest

    if isinstance(error, UnknownCommand):
        return nearest(error.name, error.known)
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        names = [name for param in error.ctx.command.get_params(error.ctx) for name in param.opts if isinstance(param, click.Option)]
        return nearest(error.option_name, [name for name in names if name.startswith("--")])
    if isinstance(error, click.BadParameter) and isinstance(getattr(error.param, "type", None), click.Choice):
        return nearest(error.message.split("'")[1] if "'" in error.message else "", map(str, error.param.type.choices))  # type: ignore[union-attr]
    known: Sequence[str] = getattr(error, "known", ())
    word = str(getattr(error, "name", "") or getattr(error, "value", "") or getattr(error, "trigger", "") or "")
    return [name for name in nearest(word.partition("=")[0] if "=" in word else word, known) if name != word] if known and word else []


def choices_of(error: Exception) -> list[str]:
    """What there is to choose from where somebody named what there is not; nothing where that is long, is in the sentence, or has its command."""
    known: Sequence[str] = getattr(error, "known", ())
    if mend_of(error) or (isinstance(error, errors.NotFound) and error.kind == "entry"):
        return []
    if isinstance(error, UnknownCommand) and (error.ctx is None or error.ctx.parent is None):
        return []
    if isinstance(error, errors.InvalidInput) and not error.value:
        return list(known)
    message, near = message_of(error), suggestions_of(error)
    told = all(name in message or name in near for name in known)
    return list(known) if not told and len(known) <= (FEW if near else MANY) else []


def tell(error: Exception, app: App, words: Sequence[str], of: str = "") -> int:
    """Write an error to stderr, as the line that was typed (`words`) wants it, `of` one reference of many; its exit code."""
    if app.given.get("debug") or "--debug" in words:
        import traceback

        traceback.print_exception(error)
    if _output(app, words) in ("json", "ndjson"):
        import json

        sys.stderr.write(json.dumps({"error": told(error, of)}, ensure_ascii=False, default=str) + "\n")
        return code_of(error)
    from workflow.commands.refusals import screen

    screen(app, error, tried="--dry-run" not in words, of=of)
    return code_of(error)


def _spoken(app: App, words: Sequence[str]) -> str:
    """The language to speak while the command line is read: help and usage errors come before its options do. Programs are spoken to in English."""
    if _output(app, words) in ("json", "ndjson", "csv", "ids"):
        return language.FALLBACK
    try:
        found = _typed(_own(words), "--lang") or Config({}, app.environment).value("lang").value
    except errors.WorkflowError:
        found = ""
    return found or language.of_locale(app.environment)


def _own(words: Sequence[str]) -> Sequence[str]:
    """The words in which --lang means whoever reads: person add and person edit have one that is the person's, but in their help."""
    start = words.index("person") if "person" in words and not {"-h", "--help"} & {*words} else len(words)
    return next((words[:place] for place in range(start, len(words)) if words[place] in ("add", "edit")), words)


def _output(app: App, words: Sequence[str]) -> str:
    """How results are to be written, also where the command line broke off before its options were read."""
    try:
        return _typed(words, "--output", "-o") or (_typed(words, "--json") and "json") or Config({}, app.environment).value("output").value
    except errors.WorkflowError:
        return ""


def _typed(words: Sequence[str], name: str, short: str = "--") -> str:
    """The value of an option as it stands on the line: `--output json`, `--output=json`, `-o json`, `-ojson`."""
    for word, following in pairwise([*words, ""]):
        option, equals, value = word.partition("=")
        if option == name:
            return value if equals else following
        if word.startswith(short) and not word.startswith("--"):
            return word[len(short):].removeprefix("=") or following
    return ""


def _hang_up() -> int:
    """Whoever read our output has gone: stop without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0

"""Results as data: JSON, one JSON object a line, CSV, or bare ids. Keys are the records' own and never translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.commands.app import App
    from workflow.commands.console import Column

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet compute a cell (OWASP: CSV injection)


def emit(app: App, value: dict[str, Any], ident: str = "ref") -> None:
    """One result as data."""
    if app.output in ("json", "ndjson"):
        app.console.say(_json(_chosen(app, value), indent=app.output == "json"))
    elif app.output == "ids":
        app.console.say(str(value.get(ident, "")))
    else:
        _csv(app, [value])


def emit_rows(app: App, rows: Iterable[dict[str, Any]], columns: Sequence[Column], *, ident: str = "ref", empty: str = "",
              shown: Iterable[dict[str, Any]] | None = None) -> None:
    """Many results: a table for people (`shown`, where its cells differ from the data), else data. An empty list is a plain sentence."""
    found = list(rows)
    output = app.output
    if output == "table":
        if found:
            app.console.table(found if shown is None else shown, columns)
        elif empty:
            app.console.say(empty)
    elif output == "json":
        app.console.say(_json([_chosen(app, row) for row in found], indent=True))
    elif output == "ndjson":
        for row in found:
            app.console.say(_json(_chosen(app, row), indent=False))
    elif output == "ids":
        for row in found:
            app.console.say(str(row.get(ident, "")))
    else:
        keys = [column.key for column in columns]
        _csv(app, found, keys if all(key in row for row in found for key in keys) else ())  # a column of words has fields behind it


def emit_stream(app: App, rows: Iterable[dict[str, Any]], keys: Sequence[str], *, ident: str = "ref") -> None:
    """Many results as data, each as it comes where the form allows it (JSON is one value); `keys` are the columns of CSV."""
    if app.output == "json":
        emit_rows(app, rows, [], ident=ident)
        return
    if app.output == "csv":
        _csv(app, [], keys)
    for row in rows:
        if app.output == "ndjson":
            app.console.say(_json(_chosen(app, row), indent=False))
        elif app.output == "ids":
            app.console.say(str(row.get(ident, "")))
        else:
            app.console.say(lines([row], keys))


def _chosen(app: App, row: dict[str, Any]) -> dict[str, Any]:
    names = app.given.get("fields")
    if not names:
        return row
    wanted = [name.strip() for name in str(names).split(",") if name.strip()]
    for name in wanted:
        if name not in row:
            raise InvalidInput("field", name, Phrase("the result has no such field; it has {names}", names=", ".join(row)), tuple(row))
    return {name: row[name] for name in wanted}


def _json(value: Any, *, indent: bool) -> str:
    """JSON in the letters themselves where the stream can hold every letter, else in escapes."""
    import json
    import sys

    plain = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(value, ensure_ascii=plain, indent=2 if indent else None, default=str)


def _csv(app: App, rows: list[dict[str, Any]], keys: Sequence[str] = ()) -> None:
    names = list(dict.fromkeys(keys or [key for row in rows for key in row]))
    app.console.say(lines([dict(zip(names, names, strict=True)), *rows], names))


def lines(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> str:
    """Rows as lines of CSV, the last without its end."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[cell(row.get(name, "")) for name in names] for row in rows])
    return text.getvalue().rstrip("\n")


def cell(value: Any) -> Any:
    """A value as one cell of a spreadsheet: lists joined, and no text that a spreadsheet would take for a formula."""
    if isinstance(value, (list, tuple)):
        value = "; ".join(f"{row['ref']} {row['state']}" if isinstance(row, dict) and {"ref", "state"} <= row.keys() else str(cell(row))
                          for row in value)
    elif isinstance(value, dict):
        value = _json(value, indent=False)
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text

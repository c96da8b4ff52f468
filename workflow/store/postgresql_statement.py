"""
A statement that one connection meets again and again.

The driver's cursor is made for every statement and every use, in Python; here is what the daily path needs of it, on the same parts of the
driver: values and rows are adapted as ever, errors are the same, and a Ctrl-C is heard. A text that was met often is prepared on the server.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from psycopg import generators, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.pq.abc import PGresult

OFTEN = 5  # times, as the driver has it: what a command runs once is not worth a name
PLACE = re.compile(r"%(?:s|\((\w+)\)s|%)")
NUMBERS = count(1)  # of the prepared, whatever their connection
SPOILT = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


class Statement:
    """One text on one connection in autocommit. Values come by their order or by their names, as the text has them."""

    def __init__(self, link: psycopg.Connection[Any], sql: str) -> None:
        self._link, self._adapting = link, Transformer(link)
        self._text, self._names = _numbered(sql)
        self._met: dict[tuple[int, ...], int] = {}
        self._prepared: dict[tuple[int, ...], bytes] = {}

    def rows(self, values: Sequence[Any] | dict[str, Any], *, named: bool = False) -> list[Any]:
        """What it gives, as tuples or (`named`) as dicts."""
        adapting, server = self._adapting, self._link.pgconn
        given = [values[name] for name in self._names] if isinstance(values, dict) else values
        params = adapting.dump_sequence(given, [PyFormat.AUTO] * len(given))
        kinds = adapting.types or ()
        name = self._prepared.get(kinds) or self._often(kinds)
        if name:
            server.send_query_prepared(name, params, adapting.formats)
        else:
            server.send_query_params(self._text, params, kinds, adapting.formats)
        result = self._answer()
        adapting.set_pgresult(result)
        found: list[Any] = adapting.load_rows(0, result.ntuples, tuple)
        adapting.set_pgresult(None, set_loaders=False)  # nothing is held between two uses
        if named:
            names = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
            return [dict(zip(names, row, strict=True)) for row in found]
        return found

    def _often(self, kinds: tuple[int, ...]) -> bytes:
        """The name under which it is prepared for values of these types, from the time on when it was met often."""
        times = self._met[kinds] = self._met.get(kinds, 0) + 1
        if times <= OFTEN:
            return b""
        name = b"mufakat_%d" % next(NUMBERS)
        self._link.pgconn.send_prepare(name, self._text, kinds)
        self._answer()
        self._prepared[kinds] = name
        return name

    def _answer(self) -> PGresult:
        """What the server answers first; where it commits by itself, a second answer may be that it could not."""
        answers: list[PGresult] = self._link.wait(generators.execute(self._link.pgconn))
        for answer in answers:
            if answer.status in SPOILT:
                raise error_from_result(answer)
        return answers[0]


def _numbered(sql: str) -> tuple[bytes, list[str]]:
    """The text with its places numbered as the server wants them, and their names where it has some."""
    names: list[str] = []
    number = count(1)

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if found[0] == "%%":
            return "%"
        if name is None:
            return f"${next(number)}"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"
    return PLACE.sub(place, sql).encode(), names

"""
What is read of agreements, as one result: the rows of several tables under one another.

A union has one type a column, so texts, numbers and truths each have slots of their own, and a getter a table puts them back in the
record's order. Gathering the rows as JSON is shorter to write and costs a quarter more on both sides.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workflow.core.agreement import RECORDS, Head
from workflow.store.values import FLAGS, NUMBERS, TABLES, keyed, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KINDS = ("text", "bigint", "boolean")
HEAD = {"text": "h.leaf", "bigint": "h.cseq"}  # what stands beside the agreement's own columns, in the last slot


def _kind(table: str, name: str) -> str:
    return "bigint" if name in NUMBERS.get(table, ()) else "boolean" if name in FLAGS.get(table, ()) else "text"


def _named(table: str, kind: str) -> list[str]:
    return [name for name in RECORDS[table]._fields if _kind(table, name) == kind]


class Reading:
    """
    A union over `sources`: each table, called t, with what follows FROM; the agreement comes first, and its head is called h.

    `owned`: each row ends with the id of its agreement, so that there may be several.
    """

    def __init__(self, sources: Mapping[str, str], *, owned: bool = False) -> None:
        width = {kind: max(len(_named(table, kind)) for table in sources) + (kind in HEAD) for kind in KINDS}
        starts = {"text": 1, "bigint": 1 + width["text"], "boolean": 1 + width["text"] + width["bigint"]}
        self.leaf, self.cseq = starts["bigint"] - 1, starts["boolean"] - 1
        self.tables = tuple(sources)
        self.text = " UNION ALL ".join(_selected(number, table, source, width, owned=owned) for number, (table, source) in enumerate(sources.items()))
        self._parts = tuple((table, _getter(table, starts), keyed(table), reader(table)) for table in sources)

    def cases(self, rows: Iterable[Any]) -> dict[str, tuple[Head, dict[str, Any]]]:
        """The head and the tables of each agreement in an `owned` result, by its id."""
        by_id: dict[str, list[Any]] = {}
        for row in rows:
            by_id.setdefault(row[-1], []).append(row)
        return {ident: self.case(found) for ident, found in by_id.items()}

    def case(self, rows: Iterable[Any]) -> tuple[Head, dict[str, Any]]:
        """The head and the tables of the one agreement; a union promises no order, so each table is put in that of its keys."""
        parts: tuple[list[Any], ...] = tuple([] for _ in self.tables)
        for row in rows:
            parts[row[0]].append(row)
        tables = {table: read(sorted(map(get, found), key=key)) if found else {}
                  for (table, get, key, read), found in zip(self._parts, parts, strict=True)}
        (first,) = parts[0]
        return Head(tables["agreement"][()].id, first[self.cseq], first[self.leaf]), tables


def _selected(number: int, table: str, source: str, width: Mapping[str, int], *, owned: bool) -> str:
    columns = [str(number)]
    for kind in KINDS:
        held = [f't."{name}"' for name in _named(table, kind)]
        last = [HEAD[kind]] if table == "agreement" and kind in HEAD else []
        columns += held + [f"NULL::{kind}"] * (width[kind] - len(held) - len(last)) + last
    columns += [f"t.{'id' if table == 'agreement' else 'agreement'}"] if owned else []
    return f"SELECT {', '.join(columns)} FROM {source}"


def _getter(table: str, starts: Mapping[str, int]) -> Callable[[Any], Any]:
    return itemgetter(*(starts[kind] + _named(table, kind).index(name) for name in RECORDS[table]._fields for kind in (_kind(table, name),)))


LATEST = "(SELECT DISTINCT ON (instance, name) * FROM deadline WHERE agreement = (SELECT id FROM asked) ORDER BY instance, name, revision DESC)"
DECIDED_ON = Reading({
    "agreement": "agreement t JOIN head h ON h.chain = t.id WHERE t.id = (SELECT id FROM asked)",
    **{table: f"{TABLES[table]} t WHERE t.agreement = (SELECT id FROM asked)" for table in ("instance", "row")},
    "deadline": f"{LATEST} t",
})
FIND = f"WITH asked AS (SELECT coalesce((SELECT id FROM agreement WHERE ref = %s), %s) AS id) {DECIDED_ON.text}"
READS, case_of = DECIDED_ON.tables, DECIDED_ON.case
NEWER = "SELECT FROM deadline n WHERE n.agreement = t.agreement AND n.instance = t.instance AND n.name = t.name AND n.revision > t.revision"
WAITED = Reading({
    "agreement": "agreement t JOIN head h ON h.chain = t.id WHERE t.id = ANY(ARRAY(SELECT DISTINCT agreement FROM w))",
    "instance": "(SELECT DISTINCT agreement, instance FROM w) w JOIN instance t ON t.agreement = w.agreement AND t.ref = w.instance",
    "row": ("(SELECT DISTINCT agreement, instance FROM w) w JOIN requirement_row t ON t.agreement = w.agreement AND t.instance = w.instance "
            "AND t.name = 'title'"),
    "deadline": ("(SELECT DISTINCT agreement, instance, name, revision FROM w) w JOIN deadline t ON t.agreement = w.agreement "
                 f"AND t.instance = w.instance AND t.name = w.name AND t.revision = w.revision WHERE NOT EXISTS ({NEWER})"),
    "message": "w t",
}, owned=True)
WAITS = f"WITH w AS MATERIALIZED (SELECT * FROM message WHERE agreement = ANY(%s) AND wake_at <> '') {WAITED.text}"

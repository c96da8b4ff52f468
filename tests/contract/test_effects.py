"""Whatever effects are committed, loading gives what applying them to tables in memory gives."""

from __future__ import annotations

import itertools
from typing import Any, get_type_hints

import pytest
from building import VALID, commit, new, start
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workflow.core.agreement as shapes
from workflow.core.agreement import KEYS, RECORDS, Effect, Head, apply
from workflow.store.values import FLAGS, JSON, NUMBERS, OF_AGREEMENT, OF_OFFICE, encode

WORDS = {  # columns that hold one of a few words
    ("row", "status"): "open asked met refused not-required waived unknown", ("deadline", "status"): "open met missed void fired past",
    ("message", "state"): "pending sent failed uncertain dead parked superseded skipped acknowledged",
    ("approval", "decision"): "approved refused", ("activity", "kind"): "activity contact report",
    ("day", "kind"): "national joint-leave closure working", ("coverage", "status"): "known partial",
}
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")  # no surrogates, which are half a letter, and no NUL
TEXT = st.text(LETTERS, max_size=12)
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.", min_size=1, max_size=8)
VALUE = st.recursive(st.none() | st.booleans() | NUMBER | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
                     max_leaves=6)


def column(table: str, name: str) -> st.SearchStrategy[Any]:
    """Any value that this column may hold."""
    example = getattr(VALID[table], name)
    if (table, name) in WORDS:
        return st.sampled_from(WORDS[table, name].split())
    if name in JSON.get(table, ()):
        return VALUE if table == "setting" else st.lists(VALUE, max_size=3) if isinstance(example, list) else st.dictionaries(NAME, VALUE, max_size=3)
    if name in FLAGS.get(table, ()):
        return st.booleans()
    if name == "sha256":
        return st.text("0123456789abcdef", min_size=64, max_size=64)
    if name == "gap_days":
        return st.none() | NUMBER
    return NUMBER if isinstance(example, int) else TEXT


def fixed(table: str) -> set[str]:
    """Columns that the test chooses itself: keys and what refers to other rows."""
    return {*KEYS[table], "id", "ref", "instance"} & set(RECORDS[table]._fields) | ({"login"} if table == "person" else set())


def rows(table: str, free: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """A whole row, or some columns of one."""
    columns = {name: column(table, name) for name in RECORDS[table]._fields if name not in fixed(table)}
    return st.fixed_dictionaries({}, optional=columns) if free else st.fixed_dictionaries(columns)


def exact(tables: Any) -> dict[Any, Any]:
    """Tables in a form in which True is not 1."""
    return {table: {key: encode(list(record)) for key, record in records.items()} for table, records in tables.items() if records}


def draw_effects(data: st.DataObject, tables: dict[str, Any], known: tuple[str, ...], scope: str, turn: int) -> list[Effect]:
    """A few effects that fit these tables, each row written once."""
    effects: dict[tuple[Any, ...], Effect] = {}
    for number in range(data.draw(st.integers(0, 5))):
        table = data.draw(st.sampled_from(known))
        keys = list(tables[table])
        if keys and (table == "agreement" or data.draw(st.booleans())):
            key = data.draw(st.sampled_from(keys))
            values = data.draw(rows(table, free=True))
            if values:
                effects[table, key] = Effect(table, key, values)
        elif table != "agreement":
            unique = turn * 100 + number
            identity = {name: unique if isinstance(getattr(VALID[table], name), int) else f"{scope}-{name}-{unique}" for name in fixed(table)}
            if "instance" in identity:
                identity["instance"] = data.draw(st.sampled_from([key[0] for key in tables["instance"]]))
            effect = Effect(table, None, {**data.draw(rows(table)), **identity})
            effects[table, tuple(identity.get(name) for name in KEYS[table])] = effect
    return list(effects.values())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), title=TEXT)
def test_what_was_committed_is_what_is_loaded(store, example, data, title):
    id, tables = f"agr-{next(example)}", {table: {} for table in OF_AGREEMENT}
    first = [new("agreement", id=id, ref=f"ref-{id}", title=title), new("instance")]
    head = commit(store, Head(id), *first)
    apply(tables, first)

    for turn in range(data.draw(st.integers(1, 4))):
        effects = draw_effects(data, tables, OF_AGREEMENT, "x", turn + 2)
        head = commit(store, head, *effects)
        apply(tables, effects)

    assert exact(store.load(id, history=True).tables) == exact(tables)
    latest = {key[:2]: key for key in sorted(tables["deadline"])}
    assert set(store.load(id).tables["deadline"]) == set(latest.values())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_was_committed_for_the_office_is_what_is_loaded(store, example, data):
    scope = f"{next(example)}"
    tables: dict[str, Any] = {table: {} for table in OF_OFFICE} | {"instance": {}}
    for turn in range(data.draw(st.integers(1, 4))):
        effects = draw_effects(data, tables, OF_OFFICE, scope, turn)
        commit(store, store.office().head, *effects)
        apply(tables, effects)

    found = {table: dict(records) for table, records in store.office().tables.items()}
    for name in {key[0] for table in ("day", "coverage") for key in tables[table]}:
        days, years = store.calendar(name)
        found["day"] |= {(day.calendar, day.on): day for day in days}
        found["coverage"] |= {(year.calendar, year.year): year for year in years}
    mine = {table: {key: record for key, record in records.items() if key[0].startswith(f"{scope}-")} for table, records in found.items()}
    assert exact(mine) == exact(tables)


@pytest.fixture
def example():
    """Numbers the examples, so that each writes rows of its own."""
    return itertools.count(1)


def test_every_column_is_named_by_its_kind():
    """The lists of JSON, truth and number columns are those that the records' annotations tell."""
    for table in OF_AGREEMENT + OF_OFFICE:
        hints = get_type_hints(RECORDS[table], vars(shapes) | {"Any": Any})
        assert tuple(name for name, kind in hints.items() if kind is bool) == FLAGS.get(table, ()), table
        assert tuple(name for name, kind in hints.items() if kind in (int, int | None)) == NUMBERS.get(table, ()), table
        assert tuple(name for name, kind in hints.items() if kind not in (str, int, bool, int | None)) == JSON.get(table, ()), table


def test_rows_that_are_written_twice_in_one_change_end_as_the_last(store):
    head = start(store, new("row"))

    commit(store, head, *(Effect("row", ("loi", "home-affairs", 1), {"status": status}) for status in ("met", "refused")))

    assert store.load("agr-1").tables["row"]["loi", "home-affairs", 1].status == "refused"

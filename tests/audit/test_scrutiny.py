"""
One entry under scrutiny: the quick canonical check is that of the journal, and whatever stands in a database, there is a verdict.

5,000 random bodies; `MUFAKAT_TEST_OBJECTS=100000 pytest tests/audit/test_scrutiny.py` takes as many as one likes.
"""

from __future__ import annotations

import json
import os
import random
import re

import pytest
from audited import REF, Audited, copied
from intruder import Intruder

from workflow.core.entry import MAX_DEPTH, MAX_INT, canonical, leaf
from workflow.errors import InvalidInput
from workflow.scrutiny import FIELDS, Scrutiny, parsed
from workflow.shapes import NAMES, Shapes

COUNT = int(os.environ.get("MUFAKAT_TEST_OBJECTS", "5000"))
KEYS = ["a", "b", "effects", "set", "round.2", "_x", "0", "A", "ключ", "", "a b", "a-b", 'a"b', "a\\", "\ud800", "a:", "\0", "e1"]
SOUND = [None, True, False, 0, 1, -1, MAX_INT, -MAX_INT, "", "x", "1.5", "true", "木更津", "😀", "é"]
SCALARS = [*SOUND, MAX_INT + 1, -MAX_INT - 1, 2**63, 2**64, 10**30, 0.0, -0.0, 1.0, 1.5, 1e16, 1e-7, 1e300, float("inf"), float("-inf"), float("nan"),
           "1e5", '","a":1.5,"', "\\", '"', "\0", "\x1f", "\x7f", "\u2028", "\ud800", "e\u0301"]
SPELLINGS = [("1.5", "1.50"), ("1", "01"), ("1", "+1"), ("1", "1.0"), ("1", "1e0"), ("0", "-0"), ("true", "True"), ("null", "None"), (",", ", "),
             (":", ": "), ("{", "{ "), ("}", "}\n"), ("}", ",}"), ('"x"', '"\\u0078"'), ("木", "\\u6728"), ("\\u001f", "\\u001F"), ("\\", "\\\\"),
             ("é", "\udce9"), ("[", "[,"), ('"', "'"), ("1", "1_0"), ("\\n", "\n"), ("/", "\\/"), ("1", "1e400")]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    office = Audited(str(folder / "office.db"), folder)
    return office, office.build()


def a_value(chance, depth):
    """A value that may or may not be of the profile."""
    kind = chance.randrange(9) if depth else 0
    if kind in (1, 2, 3):
        return {chance.choice(KEYS[:7] if chance.randrange(4) else KEYS): a_value(chance, depth - 1) for _ in range(chance.randrange(5))}
    if kind in (4, 5):
        return [a_value(chance, depth - 1) for _ in range(chance.randrange(5))]
    if kind == 6:
        return chance.randint(-MAX_INT, MAX_INT)
    return chance.choice(SOUND if chance.randrange(3) else SCALARS)


def a_body(chance):
    """A JSON text as a careful or a careless hand would write it: sorted or not, with other spellings of the same, damaged here and there."""
    text = json.dumps(a_value(chance, chance.choice((1, 3, 5))), sort_keys=chance.randrange(4) > 0, ensure_ascii=not chance.randrange(6),
                      separators=(",", ":") if chance.randrange(8) else None)
    if not chance.randrange(3):
        text = text.replace(*chance.choice(SPELLINGS), chance.choice((1, 1, -1)))
    body = bytearray(text.encode("utf-8", "surrogatepass"))
    if body and not chance.randrange(8):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def as_the_journal_judges(body):
    """Whether these bytes are the canonical form of what they say, by the code that writes them."""
    try:
        return canonical(json.loads(body.decode())) == body
    except (ValueError, RecursionError, InvalidInput):
        return False


def as_scrutiny_judges(body):
    try:
        parsed(body)
    except (ValueError, TypeError):
        return False
    return True


def test_the_quick_canonical_check_agrees_with_the_journal_s_on_random_bodies():
    chance = random.Random(6962)
    verdicts = {True: 0, False: 0}
    for _ in range(COUNT):
        body = a_body(chance)
        verdict = as_scrutiny_judges(body)
        assert verdict is as_the_journal_judges(body), body
        verdicts[verdict] += 1
    assert min(verdicts.values()) > COUNT / 5


@pytest.fixture
def shapes(original, monkeypatch):
    """The shapes of all that was entered, each learnt at first sight, and the bodies."""
    monkeypatch.setattr("workflow.shapes.LEARN", range(1, 1000))
    found = Shapes()
    with original[0].open() as store:
        bodies = [line[4] for line in store.lines()]
    for body in bodies[:40]:
        content = parsed(body)
        found.learn(content["act"], body, content, "document" if content["docs"] else "")
    return found, bodies


def changed(chance, body):
    """A body with a value, or a few of its bytes, put otherwise; often into something that has no business there."""
    for _ in range(chance.randint(1, 3)):
        spots = [spot.span(1) for spot in re.finditer(rb'[:,\[]("[^"]*"|[^",:{}\[\]]+)', body)]
        start, end = chance.choice(spots)
        kind = chance.randrange(4)
        new = json.dumps(chance.choice(SCALARS), ensure_ascii=not chance.randrange(3)).encode("utf-8", "surrogatepass") if kind else body[start:end]
        if kind == 0:
            at = chance.randrange(start, end)
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + chance.randrange(2):]
        else:
            body = body[:start] + new + body[end:]
    return body


def test_a_known_shape_tells_what_parsing_tells_and_nothing_of_what_is_not_canonical(shapes):
    known, bodies = shapes
    chance, told = random.Random(1), 0
    for _ in range(COUNT):
        body = chance.choice(bodies)
        act = json.loads(body)["act"]
        body = changed(chance, body) if chance.randrange(5) else body
        said = known.told(act, body)
        if said is not None:
            content = parsed(body)
            assert as_the_journal_judges(body)
            assert said[:8] == tuple(str(content[name]) for name in NAMES)
            papers = [effect for effect in content["effects"] if effect["t"] == "document"] if content["docs"] else []
            assert [json.loads(text) for text in said[8:]] == papers
            assert content["v"] == 1
            assert content.keys() == FIELDS
            told += 1
    assert told > COUNT / 10


def test_shapes_are_learnt_of_what_comes_often(original):
    """The same log looked at the long way and by its shapes; what is wrong is found on either."""
    seen = Scrutiny(papers=False)
    with original[0].open() as store:
        leaves = [seen.leaf(line) for line in store.lines()]
        assert seen._shapes._made == 1, "the activities, after the 128th"
        assert leaves == store.hashes(0, 0, 300) + leaves[store.size():]


def test_what_a_log_tells_of_documents_is_the_same_by_shapes_and_the_long_way(original, monkeypatch):
    found = []
    for learn in ((), range(1, 1000)):
        monkeypatch.setattr("workflow.shapes.LEARN", learn)
        seen = Scrutiny()
        with original[0].open() as store:
            for line in [*store.lines()]:
                seen.leaf(line)
        assert any(len(names) > len(NAMES) for shapes in seen._shapes._known.values() for _, names in shapes) is bool(learn)
        found.append((seen.papers, seen.announced, seen.erased, seen.destroyed, seen.heads))

    assert found[0] == found[1]
    assert found[0][0]


def with_paper(original):
    """The content of an entry that tells of a document."""
    with original[0].open() as store:
        return next(content for content in (parsed(line[4]) for line in store.lines()) if content["docs"])


@pytest.mark.parametrize(("odd", "spaced"), [([1, 2], b"[1, 2]"), ({"a": 1, "b": []}, b'{"a": 1,"b":[]}'), ({"a": 1, "b": []}, b'{"a":1, "b":[]}')])
def test_a_table_that_is_no_text_has_one_spelling_as_well(original, monkeypatch, odd, spaced):
    monkeypatch.setattr("workflow.shapes.LEARN", {1})
    content, known = with_paper(original), Shapes()
    body = canonical(content | {"effects": [{"k": None, "set": {}, "t": odd}]})
    other = body.replace(b'"t":' + canonical(odd), b'"t":' + spaced)
    assert other != body

    known.learn(content["act"], body, parsed(body), "document")

    assert known.told(content["act"], body) is not None
    assert known.told(content["act"], other) is None


@pytest.mark.parametrize("docs", ["", "x", None, 0, True, {}])
def test_nothing_is_learnt_of_an_entry_whose_documents_are_no_list(original, monkeypatch, docs):
    monkeypatch.setattr("workflow.shapes.LEARN", {1})
    content, seen = with_paper(original) | {"docs": docs}, Scrutiny()

    seen._weigh(canonical(content), content)

    assert seen._shapes._made == 0


@pytest.mark.parametrize("around", ["[%s]", '{"a":%s}'])
def test_the_two_agree_on_how_deep_is_too_deep(around):
    for inner in ("1", "[]", "{}", "1.5", '{"B":1}'):
        for depth in (*range(MAX_DEPTH - 2, MAX_DEPTH + 3), 300, 2000):
            body = inner
            for _ in range(depth):
                body = around % body
            assert as_scrutiny_judges(body.encode()) is as_the_journal_judges(body.encode()) is (depth + ("[" in inner or "{" in inner) <= MAX_DEPTH
                                                                                              and inner not in ("1.5", '{"B":1}')), (inner, depth)


@pytest.mark.parametrize("body", [
    b"", b" ", b"\xff", b"\xef\xbb\xbf1", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b"NaN", b"Infinity", b"1 ", b'"\xed\xa0\x80"', b'"\\ud800"',
    b"9007199254740992", b"-9007199254740992", b"18446744073709551616", b"1" * 5000, b"-0", b"0.0", b"1e16"])
def test_what_is_not_canonical_is_none(body):
    assert not as_scrutiny_judges(body)
    assert not as_the_journal_judges(body)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    office = Audited(str(folder / "office.db"), folder)
    return office, office.build(many=5)


LOOSE = "CREATE TABLE loose AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE loose RENAME TO {table}"
ODD = [None, 0, -1, 2**62, 1.5, float("inf"), "", "x", "\0", "x" * 100_000, "\ud800".encode("utf-8", "surrogatepass"), b"", b"\xff\xfe", b"{", b"[]",
       b"1", b"null", b'{"v":1}', b'{"v":2}', b"[" * 60_000, b'{"a":' * 9_000, bytes(70_000)]
COLUMNS = {
    "entry WHERE seq = 20": "chain cseq leaf body recorded act instance person", "checkpoint WHERE no = 2": "size made note",
    "audit_detail WHERE chain = 'sys'": "salt value", "setting WHERE name = 'log_key'": "value", "activity WHERE no = 7": "title",
    "instance WHERE true": "entered", "tree WHERE true": "size",
}


@pytest.mark.parametrize(("rows", "column"), [(rows, column) for rows, columns in COLUMNS.items() for column in columns.split()])
def test_whatever_stands_in_a_column_there_is_a_verdict(small, tmp_path, rows, column):
    """In tables that take anything: other types, nothing, NULs, half letters, huge or broken texts."""
    office, kept = copied(small[0], tmp_path), small[1]
    table, _, which = rows.partition(" WHERE ")
    intruder = Intruder(office)
    for statement in LOOSE.format(table=table).split("; "):
        intruder(statement)
    ((before,),) = intruder(f"SELECT {column} FROM {rows} LIMIT 1")
    for value in ODD:
        for cast in ("?", "CAST(? AS TEXT)"):
            intruder(f"UPDATE {table} SET {column} = {cast} WHERE {which}", value)
            ((same,),) = intruder(f"SELECT {column} IS ? FROM {rows} LIMIT 1", before)
            assert office.verify(keys=[kept.key]).verdict == ("VERIFIED" if same else "TAMPERED"), (value, cast)
    intruder.close()


def resealed(intruder, place, **changes):
    """An entry whose body says something else, its leaf fits, and nothing follows it in its chain."""
    body = canonical(intruder.contents[place] | changes)
    intruder.edit(place, "body", body)
    intruder.edit(place, "leaf", leaf(body))
    return body


def paper(key, **values):
    return {"docs": [1], "effects": [{"t": "document", "k": key, "set": values}]}


@pytest.mark.parametrize("changes", [
    {"v": 1.5}, {"cseq": "1"}, {"cseq": True}, {"prev": None}, {"prev": []}, {"log": []}, {"log": {}}, {"log": "another"}, {"log": ""}, {"chain": 5},
    {"chain": ""}, {"act": None}, {"act": "restart"}, {"act": "key"}, {"act": "erase", "effects": 5}, {"act": "erase", "effects": [5]},
    {"act": "erase", "effects": [{"t": "detail", "k": 5}]}, {"act": "erase", "effects": [{"t": "detail", "k": [[], {}], "set": {}}]},
    paper(None, no=1, sha256="../x", stored=True), paper([], stored=False), {"more": 1}, {"recorded_by": ["p1"]}])
def test_whatever_an_entry_says_there_is_a_verdict(original, tmp_path, changes):
    """The last entry of the tail, which no signature covers: it is still held to its form."""
    office, kept = copied(original[0], tmp_path), original[1]
    intruder = Intruder(office)
    place = len(intruder.contents) - 1
    if any(type(value) is float for value in changes.values()):
        body = canonical(intruder.contents[place]).replace(b'"v":1}', b'"v":1.5}')
        intruder.edit(place, "body", body)
        intruder.edit(place, "leaf", leaf(body))
    else:
        resealed(intruder, place, **changes)
    intruder.close()

    report = office.verify(keys=[kept.key])

    assert (report.verdict, report.bad, report.last_good) == ("TAMPERED", place, 275)


def test_an_entry_of_a_later_format_is_for_a_later_program(original, tmp_path):
    office, kept = copied(original[0], tmp_path), original[1]
    intruder = Intruder(office)
    resealed(intruder, len(intruder.contents) - 1, v=2)
    intruder.close()

    report = office.verify(keys=[kept.key])

    assert report.verdict == "INCONCLUSIVE"
    assert "format" in report.why


def test_a_log_of_no_entry_is_none_to_judge(database_file, tmp_path):
    assert Audited(database_file, tmp_path).verify().verdict == "INCONCLUSIVE"


def test_scrutiny_keeps_of_an_entry_nothing_but_its_chain_s_head(original):
    seen = Scrutiny(papers=False)
    with original[0].open() as store:
        for line in store.lines():
            seen.leaf(line)
        chains = {line[1] for line in store.lines()}
        head = store.load(REF).head

    assert seen.heads.keys() == chains
    assert seen.heads[head.chain] == head[1:]
    assert seen.papers == {}

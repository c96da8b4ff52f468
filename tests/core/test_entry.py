"""The journal entry: one canonical form, a leaf that any change moves, personal data beside the log."""

from __future__ import annotations

import hashlib
import json
import uuid

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from workflow.core.agreement import Change, Document, Effect, Head, Row, apply, empty
from workflow.core.entry import MAX_BODY, MAX_INT, canonical, commitment, genesis, leaf, open_entry, seal, uuid7
from workflow.errors import AuditError, InvalidInput

ORIGIN = "bogor.example/mufakat"
CHAIN = "01970000-0000-7000-8000-000000000001"
EMPTY = Head(CHAIN)
RECORDED = "2026-03-02T09:30:00.000000Z"
FIELDS = {"v", "log", "eid", "chain", "cseq", "prev", "recorded", "occurred", "instance", "recorded_by", "identity", "behalf", "role", "act",
          "trigger", "from", "to", "definition", "reason", "corrects", "docs", "effects", "pd", "req"}

keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.", min_size=1, max_size=12)
scalars = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | st.text(max_size=20)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20)
written = values.filter(lambda value: b"\\u0000" not in canonical(value))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
SAID = ("act", "instance", "trigger", "from", "to", "role", "behalf", "reason", "corrects", "log", "eid", "recorded_by", "identity", "req")


class Salts:
    """Salts that count up, so that a test knows them."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def __call__(self) -> bytes:
        self.given.append(bytes([len(self.given)]) * 32)
        return self.given[-1]


def row(**data):
    return Row("visit", "report", 1, "met", data, "2026-03-02")._asdict()


def sealed(*effects, head=EMPTY, salts=None, req="", **changes):
    facts = {"act": "record", "occurred": "2026-03", "instance": "visit"} | changes
    return seal(Change(effects=effects, **facts), head=head, origin=ORIGIN, eid=uuid7(0, bytes(10)), recorded=RECORDED, person="p1", identity="os",
                req=req, salts=salts or Salts())


@given(values)
def test_the_canonical_form_is_that_of_every_serialiser(value):
    form = canonical(value)

    assert json.loads(form) == value
    assert canonical(json.loads(form)) == form
    assert form == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    assert form == rfc8785.dumps(value)


@pytest.mark.parametrize(("value", "path"), [
    ({"a": [1, 1.0]}, "a.1: a float"), ({"a": {"Bad": 1}}, "a: the key 'Bad'"), ({"": 1}, "value: the key ''"), ({1: 1}, "value: the key 1"),
    ({"a": 2**53}, "a: the number"), ([-(2**53)], "0: the number"), ((1,), "value: a tuple"), ({"a": {"b": b"x"}}, "a.b: a bytes"),
    ({"a": ["ok", "\ud800"]}, "a.1: the text holds half a character"), ("\udfff", "value: the text"), (float("nan"), "value: a float"),
    ({"a": {"clé": 1}}, "a: the key"), ({"a": {1, 2}}, "a: a set"),
])
def test_what_lies_outside_the_profile_is_refused_by_its_path(value, path):
    with pytest.raises(InvalidInput) as refused:
        canonical(value)

    assert str(refused.value).startswith(path)


def test_endless_nesting_is_refused():
    value: list = []
    for _ in range(5000):
        value = [value]

    with pytest.raises(InvalidInput, match="nested deeper"):
        canonical(value)


def test_text_stands_as_it_is_in_utf_8():
    assert canonical({"b": "木更津市\n", "a": "Jum'at \u2028"}) == '{"a":"Jum\'at \u2028","b":"木更津市\\n"}'.encode()


def test_an_entry_names_every_field_of_the_format():
    paper = Document(no=3, instance="visit", row="report", round=1, version=1, language="id", sha256="ab" * 32, size=1234,
                     filename="laporan.pdf", on="2026-03-02", by="p1")
    entry = sealed(Effect("row", None, row(number="12/3")), documents=(paper,), definition=("visit", 2, "cd" * 32), source="planned",
                   target="underway", trigger="depart", role="coordinator", behalf="mayor", reason="because", corrects="e1", req="r1")
    content = json.loads(entry.body)

    assert set(content) == FIELDS
    assert content["v"] == 1
    assert (content["log"], content["chain"], content["cseq"], content["prev"]) == (ORIGIN, CHAIN, 1, genesis(ORIGIN, CHAIN))
    assert content["occurred"] == {"text": "2026-03", "precision": "month"}
    assert (content["from"], content["to"], content["trigger"], content["recorded_by"]) == ("planned", "underway", "depart", "p1")
    assert content["definition"] == {"name": "visit", "version": 2, "hash": "cd" * 32}
    assert content["docs"] == [{"id": 3, "sha256": "ab" * 32, "size": 1234}]
    assert content["effects"] == [{"t": "row", "k": None, "set": row(number="12/3")}]
    assert (entry.occurred, entry.act, entry.instance, entry.person, entry.req) == ("2026-03", "record", "visit", "p1", "r1")


def test_an_entry_with_nothing_to_say_still_has_every_field():
    content = json.loads(sealed(occurred="", instance="").body)

    assert set(content) == FIELDS
    assert content["definition"] is None
    assert content["occurred"] == {"text": "", "precision": ""}
    assert (content["req"], content["reason"], content["docs"], content["effects"], content["pd"]) == ("", "", [], [], {})


@given(st.lists(texts, min_size=len(SAID), max_size=len(SAID)), st.none() | st.tuples(texts, st.integers(0, MAX_INT), texts), written)
def test_an_entry_is_canonical_whatever_is_said_in_it(said, definition, value):
    """Its frame is written as such: it is held to what the general form would have been."""
    act, instance, trigger, source, target, role, behalf, reason, corrects, log, eid, person, identity, req = said
    effects = (Effect("row", None, row(any=value)),)
    change = Change(act, effects, "2016", instance, trigger, source, target, role, behalf, reason, corrects, definition)

    entry = seal(change, head=Head(CHAIN, 7, "ab" * 32), origin=log, eid=eid, recorded=RECORDED, person=person, identity=identity, req=req,
                 salts=Salts())
    content = json.loads(entry.body)

    assert entry.body == canonical(content) == orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    assert [content[name] for name in SAID] == said
    assert (content["cseq"], content["recorded"], content["prev"], content["v"]) == (8, RECORDED, "ab" * 32, 1)
    assert content["definition"] == (definition and dict(zip(("name", "version", "hash"), definition, strict=True)))


@pytest.mark.parametrize(("changes", "field"), [({"reason": "a\ud800"}, "reason"), ({"trigger": "\udfff"}, "trigger")])
def test_half_a_character_in_an_entry_is_refused_by_its_field(changes, field):
    with pytest.raises(InvalidInput, match="half a character") as caught:
        sealed(**changes)

    assert caught.value.field == field


def test_a_chain_links_each_entry_to_the_leaf_before():
    first = sealed()
    second = sealed(head=Head(CHAIN, first.cseq, first.leaf))

    assert (second.cseq, second.prev) == (2, first.leaf)
    assert first.leaf == hashlib.sha256(b"\0" + first.body).hexdigest() == leaf(first.body)


def test_the_format_is_frozen():
    """These bytes may never change: every journal in the world depends on them."""
    entry = sealed(Effect("row", ("visit", "report", 1), {"data": {"number": "12/3", "signed_by": "Bima"}}), personal=((0, "data.signed_by"),))
    first = hashlib.sha256(f"mufakat/v1 genesis {ORIGIN} {CHAIN}\n".encode()).hexdigest()
    hidden = hashlib.sha256(b"mufakat/v1 pd\0" + bytes(32) + b'"Bima"').hexdigest()

    assert entry.body.decode() == (
        '{"act":"record","behalf":"","chain":"01970000-0000-7000-8000-000000000001","corrects":"","cseq":1,"definition":null,"docs":[],'
        '"effects":[{"k":["visit","report",1],"set":{"data":{"number":"12/3","signed_by":null}},"t":"row"}],'
        '"eid":"00000000-0000-7000-8000-000000000000","from":"","identity":"os","instance":"visit","log":"bogor.example/mufakat",'
        '"occurred":{"precision":"month","text":"2026-03"},"pd":{"0.data.signed_by":"' + hidden + '"},"prev":"' + first + '","reason":"",'
        '"recorded":"2026-03-02T09:30:00.000000Z","recorded_by":"p1","req":"","role":"","to":"","trigger":"","v":1}')
    assert entry.leaf == "dcfdd4831d0934a9877bba244cab64218aef0ff452f57561f03cd085d89f7e3a"
    assert entry.prev == genesis(ORIGIN, CHAIN) == first
    assert commitment("Bima", bytes(32)) == hidden


@given(written, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10))
def test_an_entry_opens_to_the_effects_that_were_sealed(value, name):
    effects = [Effect("row", None, row(any=value, name=name)), Effect("row", ("visit", "report", 1), {"status": "met"}),
               Effect("agreement", (), {"owner": "p2"})]

    content, opened = open_entry(sealed(*effects).body, {})

    assert opened == effects
    assert content["effects"][0]["set"] == effects[0].values


def test_opened_effects_replay_onto_empty_tables():
    first = sealed(Effect("row", None, row(number="1")))
    second = sealed(Effect("row", ("visit", "report", 1), {"data": {"number": "2"}}))
    tables = empty()
    for entry in (first, second):
        apply(tables, open_entry(entry.body, {})[1])

    assert tables["row"][("visit", "report", 1)].data == {"number": "2"}


@given(written.filter(lambda value: value is not None))
def test_personal_data_is_committed_to_and_not_written(value):
    salts, effect = Salts(), Effect("row", None, row(delegation=value, number="7"))

    entry = sealed(effect, personal=((0, "data.delegation"),), salts=salts)
    content, opened = open_entry(entry.body, {path: text for path, _, text in entry.details})

    assert content["effects"][0]["set"]["data"] == {"delegation": None, "number": "7"}
    assert content["pd"] == {"0.data.delegation": commitment(value, salts.given[0])}
    assert entry.details == (("0.data.delegation", salts.given[0], canonical(value).decode()),)
    assert opened == [effect]
    assert effect.values["data"]["delegation"] == value, "the change itself is left as it was"


def test_erased_personal_data_opens_as_none_and_the_leaf_still_holds():
    entry = sealed(Effect("person", None, {"id": "p1", "name": "Bima", "email": ""}), personal=((0, "name"), (0, "email")))

    _, opened = open_entry(entry.body, {"0.email": '""'})

    assert opened[0].values == {"id": "p1", "name": None, "email": ""}
    assert leaf(entry.body) == entry.leaf
    assert b"Bima" not in entry.body


def test_a_personal_value_that_is_not_there_is_not_committed_to():
    salts = Salts()

    assert json.loads(sealed(Effect("row", None, row(contact=None)), personal=((0, "data.contact"),), salts=salts).body)["pd"] == {}
    assert salts.given == []
    with pytest.raises(InvalidInput, match="no such value"):
        sealed(Effect("row", None, row()), personal=((0, "data.contact"),))


def test_a_field_named_in_full_may_hold_dots():
    entry = sealed(Effect("row", None, row(**{"contract.signed_by": "Bima"})), personal=((0, "data.contract.signed_by"),))

    assert b"Bima" not in entry.body
    assert open_entry(entry.body, {"0.data.contract.signed_by": '"Bima"'})[1][0].values["data"] == {"contract.signed_by": "Bima"}


@given(st.data())
def test_any_change_of_a_byte_moves_the_leaf(data):
    entry = sealed(Effect("row", None, row(number="12/3")), reason="as agreed")
    place = data.draw(st.integers(0, len(entry.body) - 1))
    other = bytes([entry.body[place] ^ data.draw(st.integers(1, 255))])

    assert leaf(entry.body[:place] + other + entry.body[place + 1:]) != entry.leaf


@pytest.mark.parametrize("spoil", [
    lambda body: body.replace(b'"act"', b' "act"'), lambda body: body[:-1], lambda body: body.replace(b'"cseq":1', b'"cseq":1.0'),
    lambda body: body + b"\n", lambda body: b"\xef\xbb\xbf" + body, lambda body: body.replace(b'"cseq":1', b'"cseq":1,"cseq":1'),
    lambda body: body.replace(b'"req":""', b'"req":"\\u0041"'), lambda body: b"[" * 100_000, lambda body: b"\xff", lambda body: b"[]",
    lambda body: body.replace(b'"cseq":1', b'"cseq":' + b"9" * 5000), lambda body: body.replace(b'"cseq":1', b'"cseq":NaN'),
])
def test_bytes_that_are_not_canonical_are_refused(spoil):
    with pytest.raises(AuditError, match="not canonical"):
        open_entry(spoil(sealed().body), {})


def test_an_entry_of_a_later_format_is_not_guessed_at():
    with pytest.raises(AuditError, match="format 2"):
        open_entry(sealed().body.replace(b'"v":1', b'"v":2'), {})


def test_a_body_that_is_too_long_names_the_field():
    with pytest.raises(InvalidInput, match=r"^reason: too long"):
        sealed(reason="x" * MAX_BODY)
    with pytest.raises(InvalidInput, match=r"^data\.note: too long.*65,535"):
        sealed(Effect("row", None, row(note="津" * 22_000, number="x" * 30_000)))

    room = MAX_BODY - len(sealed(reason="x").body)
    assert len(sealed(reason="x" * (room + 1)).body) == MAX_BODY


@pytest.mark.parametrize("personal", [(), ((0, "data.note"),)], ids=["in clear", "personal"])
def test_a_nul_is_refused_by_its_field_and_what_only_looks_like_one_is_not(personal):
    """PostgreSQL's texts hold none, so no office does."""
    assert sealed(Effect("row", None, row(note="\\u0000")), personal=personal)

    with pytest.raises(InvalidInput) as caught:
        sealed(Effect("row", None, row(note="a\0b")), personal=personal)

    assert caught.value.field == "data.note"


def test_what_is_personal_does_not_count_against_the_length():
    assert len(sealed(Effect("row", None, row(delegation="x" * 100_000)), personal=((0, "data.delegation"),)).body) < 2000


@pytest.mark.parametrize("recorded", ["", "2026-03-02T09:30:00Z", "2026-03-02 09:30:00.000000Z", "2026-03-02T09:30:00.000000+00:00"])
def test_a_recording_time_has_one_form(recorded):
    with pytest.raises(InvalidInput, match="microseconds"):
        seal(Change("open", (), "2026"), head=EMPTY, origin=ORIGIN, eid="e", recorded=recorded, person="p1", identity="os", salts=Salts())


@pytest.mark.parametrize(("origin", "chain"), [("a b", "c"), ("", "c"), ("a", ""), ("a\n", "c"), ("a", "c\u2003d")])
def test_a_genesis_line_cannot_be_read_in_two_ways(origin, chain):
    with pytest.raises(InvalidInput, match="white space"):
        genesis(origin, chain)


def test_chains_and_logs_begin_differently():
    assert len({genesis("a", "c"), genesis("a", "d"), genesis("b", "c")}) == 3


@given(values, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_salt_hides_equal_values(value, one, other):
    assert (commitment(value, one) == commitment(value, other)) == (one == other)


def test_a_short_salt_is_refused():
    with pytest.raises(InvalidInput, match="32"):
        commitment("x", b"short")


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_a_uuid7_is_one_and_holds_its_time(ms, random):
    found = uuid.UUID(uuid7(ms, random))

    assert str(found) == uuid7(ms, random)
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == ms
    noise = int.from_bytes(random, "big")
    assert (found.int >> 64) & 0xFFF == noise >> 68
    assert found.int & (2**62 - 1) == noise & (2**62 - 1)


def test_uuid7_of_the_standard():
    """RFC 9562, appendix A.6."""
    bits = 0xCC3 << 68 | 0x18C4DC0C0C07398F
    assert uuid7(0x017F22E279B0, bits.to_bytes(10, "big")) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_sorts_by_time():
    assert uuid7(1, b"\xff" * 10) < uuid7(2, bytes(10))
    with pytest.raises(InvalidInput, match="48 bits"):
        uuid7(2**48, bytes(10))

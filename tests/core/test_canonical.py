"""
The canonical form against RFC 8785 on random objects of the profile.

2,000 of them; `MUFAKAT_TEST_OBJECTS=100000 pytest tests/core/test_canonical.py` takes as many as one likes.
"""

from __future__ import annotations

import os
import random

import orjson
import rfc8785

from workflow.core.entry import MAX_INT, canonical
from workflow.verifier.verify import parse_entry

COUNT = int(os.environ.get("MUFAKAT_TEST_OBJECTS", "2000"))
LETTERS = 'abcXYZ 019_./\\"\b\t\n\f\r\x00\x1f\x7f\x80é–“”ßİʼn\u2028\u2029漢字かな한글\ud7ff\ue000\ufeff\uffff😀𝒳\U0010ffff'
KEYS = "abcdefghijklmnopqrstuvwxyz0123456789_."


def test_the_canonical_form_is_that_of_rfc_8785_on_random_objects():
    chance = random.Random(8785)
    for _ in range(COUNT):
        value = an_object(chance, 4)

        form = canonical(value)

        assert form == rfc8785.dumps(value)
        assert form == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        assert parse_entry(form) == value


def an_object(chance, depth):
    return {"".join(chance.choices(KEYS, k=chance.randint(1, 9))): a_value(chance, depth - 1) for _ in range(chance.randint(0, 7))}


def a_value(chance, depth):
    kind = chance.randrange(8 if depth else 6)
    if kind == 7:
        return an_object(chance, depth)
    if kind == 6:
        return [a_value(chance, depth - 1) for _ in range(chance.randint(0, 5))]
    if kind == 5:
        return chance.choice([None, True, False, 0, MAX_INT, -MAX_INT, -1, ""])
    if kind >= 3:
        return chance.randint(-MAX_INT, MAX_INT) >> chance.randrange(53)
    return "".join(a_letter(chance) for _ in range(chance.randint(0, 20)))


def a_letter(chance):
    """One that serialisers have been known to differ on, or any that is not half of one."""
    if chance.randrange(2):
        return chance.choice(LETTERS)
    number = chance.randrange(0x110000 - 0x800)
    return chr(number if number < 0xD800 else number + 0x800)

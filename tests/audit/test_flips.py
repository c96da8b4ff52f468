"""One bit of the log turned over, anywhere: whoever has the key finds it."""

from __future__ import annotations

import random
import sqlite3

import pytest
from audited import NOW, Audited
from intruder import Intruder

from workflow.verifying import verify

FLIPS = 3000
TEXTS = {"entry": ("chain", "leaf", "body", "recorded", "act", "instance", "person"), "checkpoint": ("note",)}
NUMBERS = {"entry": ("seq", "cseq"), "checkpoint": ("size",)}  # what a checkpoint's other columns say (its number, when it was made) nobody signs


@pytest.fixture
def office(tmp_path):
    return Audited(str(tmp_path / "office.db"), tmp_path)


def cells(intruder):
    """Every cell of the log that holds something: its table, column and row, and how many bits it has."""
    for table, texts in TEXTS.items():
        for (row,) in intruder(f"SELECT rowid FROM {table}"):
            for column in texts:
                ((size,),) = intruder(f"SELECT length(CAST({column} AS BLOB)) FROM {table} WHERE rowid = ?", row)
                if size:
                    yield table, column, row, 8 * size
            for column in NUMBERS[table]:
                yield table, column, row, 16


def turned(value, bit):
    """A value with one bit turned over."""
    if isinstance(value, int):
        return value ^ 1 << bit
    data = bytearray(value)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)


def test_every_bit_that_is_turned_over_is_found(office):
    chance, kept = random.Random(3000), office.build(many=5)
    intruder = Intruder(office)
    known = list(cells(intruder))
    weights = [cell[3] for cell in known]
    missed, done = [], 0
    with office.open(read_only=True) as store:
        while done < FLIPS:
            ((table, column, row, bits),) = chance.choices(known, weights if chance.randrange(2) else None)  # every cell has its turn, and every bit
            number = column in NUMBERS[table]
            ((value,),) = intruder(f"SELECT {column if number else f'CAST({column} AS BLOB)'} FROM {table} WHERE rowid = ?", row)
            wrong, bit = "?" if number or column == "body" else "CAST(? AS TEXT)", chance.randrange(bits)
            try:
                intruder("BEGIN")
                intruder(f"UPDATE {table} SET {column} = {wrong} WHERE rowid = ?", turned(value, bit), row)
                intruder("COMMIT")
            except sqlite3.IntegrityError:  # the number, or the hash, of another row, or none that the table takes
                intruder("ROLLBACK")
                continue
            done += 1
            if verify(store, keys=[kept.key], now=NOW).verdict != "TAMPERED":
                missed.append((table, column, row, bit))
            now = turned(value, bit) if column == "seq" else row
            intruder(f"UPDATE {table} SET {column} = {wrong} WHERE rowid = ?", value, now)
        assert verify(store, keys=[kept.key], now=NOW).verdict == "VERIFIED"
    assert missed == []

"""
What is signed about a log, held against the log itself: checkpoints on record, keys, and the pins that an auditor kept.

A key is trusted that came from outside the database, or that was put on record by an entry which something trusted covers: a checkpoint that a
trusted key signed, or a pin. So trust travels over a rotation of keys and over a restart, and a key that merely stands in the database never
begins it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from workflow import signing
from workflow.core.checkpoint import parse_checkpoint, parse_note
from workflow.errors import InvalidCheckpoint, InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workflow.core.checkpoint import Checkpoint, Key, Note
    from workflow.ports import Signed
    from workflow.scrutiny import Announced, Origin


class Point(NamedTuple):
    """A checkpoint on record: the how manieth, when it was made."""

    number: int
    made: str
    note: Note
    checkpoint: Checkpoint


def pins_of(texts: Iterable[str]) -> list[Checkpoint]:
    """
    The checkpoints that an auditor kept, believed as they are.

    Raises:
        InvalidInput: one is none.
    """
    found = []
    for text in texts:
        try:
            found.append(parse_checkpoint(parse_note(text).text))
        except InvalidCheckpoint as fault:
            raise InvalidInput("pin", text[:40], Phrase("it is not a checkpoint that was kept ({why})", why=fault.why)) from None
    return found


def points_of(rows: Iterable[Signed]) -> tuple[list[Point], list[Phrase]]:
    """The checkpoints on record, and what is wrong with them before any signature is looked at."""
    found: list[Point] = []
    faults = []
    for number, (size, made, text) in enumerate(rows, 1):
        try:
            note = parse_note(text)
            point = Point(number, made, note, parse_checkpoint(note.text))
            instant(made)
        except (InvalidCheckpoint, TypeError, ValueError, AttributeError) as fault:
            faults.append(Phrase("checkpoint {number} on record cannot be read ({fault})", number=number, fault=fault))
            continue
        if size != point.checkpoint.size:
            faults.append(Phrase("checkpoint {number} on record says {size} beside a text of {signed} entries", number=number, size=size,
                                 signed=point.checkpoint.size))
        if found and found[-1].checkpoint.size > point.checkpoint.size:
            faults.append(Phrase("checkpoint {number} on record covers fewer entries than the one before", number=number))
        found.append(point)
    return found, faults


def instant(text: str) -> datetime:
    """A moment in UTC; ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def log_before(text: str) -> int:
    """How many entries of the log before a restart were signed, as the restart tells; 0 where it tells nothing."""
    try:
        return parse_checkpoint(parse_note(text).text).size
    except InvalidCheckpoint:
        return 0


class Signatures:
    """Who signed which checkpoint. `given` are the keys from outside; the rest is what the log says of itself."""

    def __init__(self, points: Sequence[Point], given: Sequence[Key], announced: Sequence[Announced], origins: Sequence[Origin]) -> None:
        self.points, self.given, self.announced, self.origins = points, given, announced, origins
        self.known = {(key.name, key.id): key for key in (*(one.key for one in announced), *given)}
        self.signers: dict[int, set[Key]] = {}
        self.faults = list(self._read())

    def covered(self, good: Iterable[Point], pinned: int | None) -> tuple[int | None, set[Key]]:
        """
        Up to where something trusted covers the log (None: nothing is trusted), and the keys that are.

        `good` are the checkpoints whose root is that of the log, `pinned` how many entries a pin covers.
        """
        trusted, reach, held = set(self.given), pinned, list(good)
        while True:
            sizes = [point.checkpoint.size for point in held if self.signers.get(point.number, set()) & trusted]
            reach = max([*sizes, *([] if reach is None else [reach])], default=None)
            more = {one.key for one in self.announced if one.place < (reach or 0)}
            if more <= trusted:
                return reach, trusted
            trusted |= more

    def strange(self) -> Iterator[Phrase]:
        """A key that somebody holds of this log, and that never signed it."""
        names = {origin.name for origin in self.origins}
        mine = [key for key in self.given if key.name in names]
        if mine and self.points and not any(signers & set(mine) for signers in self.signers.values()):
            yield Phrase("no checkpoint on record is signed with the key that you hold of {log}", log=mine[0].name)

    def _read(self) -> Iterator[Phrase]:
        """Look at every signature; what is wrong with any."""
        current = 0
        for point in self.points:
            number, size = point.number, point.checkpoint.size
            began = [origin.name for origin in self.origins if origin.place < size or origin.place == 0]
            if point.checkpoint.origin not in (began[-1:] if point is self.points[-1] else began):
                yield Phrase("checkpoint {number} on record is of another log ({log})", number=number, log=point.checkpoint.origin)
                continue
            mine = self.signers[number] = set()
            yield from self._lines(point, mine)
            if self.known and not mine:
                yield Phrase("checkpoint {number} on record is not signed with the log's key", number=number)
                continue
            orders = [order for order, one in enumerate(self.announced) if one.key in mine and (one.place < size or order == 0)]
            if mine and mine <= {one.key for one in self.announced} and max(orders, default=-1) < current:
                yield Phrase("checkpoint {number} on record is signed with a key that was not, or no longer, in force", number=number)
            current = max([current, *orders])

    def _lines(self, point: Point, mine: set[Key]) -> Iterator[Phrase]:
        """The signature lines of one checkpoint; `mine` gets the keys that signed it. Those of other names (witnesses) are nobody's here."""
        names = {name for name, _ in self.known} & {origin.name for origin in self.origins}
        for one in point.note.signatures:
            key = self.known.get((one.name, one.id))
            if key is not None and signing.verify(key.public, one.signature, point.note.text.encode()):
                mine.add(key)
            elif key is not None:
                yield Phrase("checkpoint {number} on record: the signature of {name} ({id}) is false", number=point.number, name=one.name,
                             id=one.id.hex())
            elif one.name in names:
                yield Phrase("checkpoint {number} on record is signed with a key that {name} never had ({id})", number=point.number, name=one.name,
                             id=one.id.hex())

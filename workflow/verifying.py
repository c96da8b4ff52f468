"""
Verifying a log: all that is signed about it, and all that it says, held against what stands in the database.

One pass over the entries, in one moment, which keeps none: each is looked at by itself (`scrutiny`), the tree grows by its leaf (`growing`), and
at every size that a checkpoint or a pin speaks of the roots are compared. Who signed what is settled afterwards (`evidence`), when the pass has
shown which keys the log put on record; the business tables come last (`reconciling`). An auditor only reads: what has no place yet is the tail.

    VERIFIED      a key from outside the database, or a pin, covers the newest checkpoint, and nothing is wrong
    TAMPERED      something is: the first of it is named, and the last checkpoint up to which all is well
    INCONCLUSIVE  nothing is wrong, and nothing that was given proves it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from workflow.errors import AuditError, Phrase
from workflow.evidence import Signatures, instant, log_before, pins_of, points_of
from workflow.growing import WIDTH, Tree
from workflow.ports import Agreements, Checkpoints, Definitions, Health, Journal, Nodes, Office, Places
from workflow.scrutiny import Scrutiny

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workflow.core.checkpoint import Checkpoint, Key
    from workflow.documents import Documents
    from workflow.evidence import Point

NOTHING: Mapping[str, int] = {}
EXITS = {"VERIFIED": 0, "TAMPERED": 6, "INCONCLUSIVE": 8}


class Records(Agreements, Definitions, Office, Journal, Places, Nodes, Checkpoints, Health, Protocol):
    """What a verification asks of a database."""


class Finding(NamedTuple):
    """Something that is wrong. `place` is that of the entry concerned, or of the first that may be; `chain` and `cseq` where one is known."""

    place: int | None
    chain: str
    cseq: int | None
    text: Phrase


class Report(NamedTuple):
    """
    What was found. `size`: up to where what was given covers the log, or else what its newest checkpoint says; `tail`: entries beyond that.

    `entries` counts those that are sound, up to the first that is not. `last_good` and `pinned` are sizes up to which a checkpoint, a pin agreed.
    `bad` is the place of the first bad entry, of the first that may be, or (`entries`) of the first that is missing; `erased` counts personal
    values, and documents, that were erased; `restarts` are the places at which the log was begun again; `key` signed the newest checkpoint.
    """

    verdict: str
    why: Phrase
    log: str
    size: int
    entries: int
    tail: int
    last_good: int | None
    pinned: int | None
    bad: int | None
    erased: int
    restarts: tuple[int, ...]
    findings: tuple[Finding, ...]
    key: str

    @property
    def exit(self) -> int:
        return EXITS[self.verdict]


class Asked(NamedTuple):
    """What an auditor holds and wants."""

    keys: list[Key]
    pins: list[Checkpoint]
    max_age: int | None
    now: str
    documents: Documents | None
    state: bool
    guards: Mapping[str, int]


def verify(store: Records, *, keys: Sequence[Key] = (), pins: Sequence[str] = (), max_age: int | None = None, now: str,
           documents: Documents | None = None, state: bool = False, guards: Mapping[str, int] = NOTHING,
           progress: Callable[[int], object] | None = None) -> Report:
    """
    Hold a log to what an auditor has: keys from outside the database, pins (the texts of checkpoints that were kept), the newest's greatest age.

    `now` is a UTC instant, `max_age` seconds. With `documents` the stored files are hashed; with `state` the business tables are replayed,
    and definitions held to their hashes with `guards` (version of each guard).
    `progress` is told now and then how many entries were looked at.

    Raises:
        InvalidInput: a pin is no checkpoint.
        StoreError: the database cannot be read.
    """
    asked = Asked(list(keys), pins_of(pins), max_age, now, documents, state, guards)
    with store.moment():
        return _Verification(store, asked).report(progress)


class _Verification:
    """One pass. `good` are checkpoints on record whose root is that of the log, `matched` such pins."""

    def __init__(self, store: Records, asked: Asked) -> None:
        self.store, self.asked = store, asked
        self.seen, self.tree = Scrutiny(papers=asked.documents is not None), Tree(store)
        self.points: list[Point] = []
        self.good: list[Point] = []
        self.matched: list[Checkpoint] = []
        self.findings: list[Finding] = []

    def report(self, progress: Callable[[int], object] | None) -> Report:
        """Look at everything in turn: what is found first is what is told."""
        unreadable = self._read_points()
        whole = self._stream(progress)
        points = [point for point in self.points if whole or point.checkpoint.size <= self.seen.count]
        signatures = Signatures(points, self.asked.keys, self.seen.announced, self.seen.origins)
        if whole:
            self._find(self._pins())
            self._find(self._outside())
            self._find(self._roots())
        self._find((None, fault) for fault in (*unreadable, *signatures.faults, *signatures.strange()))
        if whole:
            self._find(self._kept())
            self._find(self._papers())
        if whole and self.asked.state and self.seen.foreign is None:
            from workflow.reconciling import reconcile
            self.findings += [Finding(None, chain, cseq, text) for chain, cseq, text in reconcile(self.store, self.seen, self.asked.guards)]
        return self._told(signatures)

    def _find(self, found: Any) -> None:
        self.findings += [Finding(place, "", None, text) for place, text in found]

    def _read_points(self) -> list[Phrase]:
        try:
            self.points, faults = points_of(self.store.signed())
        except AuditError as fault:
            return [Phrase("the checkpoints on record cannot be read ({fault})", fault=_words(fault))]
        return faults

    def _stream(self, progress: Callable[[int], object] | None) -> bool:
        """Look at every entry; whether none is bad."""
        marks: list[tuple[int, bytes, list[Any], Any]] = [(one.checkpoint.size, one.checkpoint.root, self.good, one) for one in self.points]
        marks += [(pin.size, pin.root, self.matched, pin) for pin in self.asked.pins]
        marks.sort(key=lambda mark: -mark[0])
        seen, tree, chain, cseq = self.seen, self.tree, "", None
        look, row = seen.leaf, tree.row
        try:
            for line in self.store.lines():
                while marks and marks[-1][0] <= seen.count:
                    self._compare(*marks.pop())
                _, chain, cseq, *_ = line
                row.append(look(line))
                if len(row) == WIDTH:
                    tree.fold()
                    if progress is not None:
                        progress(seen.count)
        except (AuditError, TypeError, ValueError) as fault:  # the last two where not even a place is a number
            place = seen.count
            self.findings.append(Finding(place, str(chain), cseq if type(cseq) is int else None, Phrase(
                "entry {place} ({chain}#{cseq}): {fault}", place=place, chain=chain, cseq=cseq, fault=_words(fault))))
            return False
        while marks and marks[-1][0] <= seen.count:
            self._compare(*marks.pop())
        return True

    def _compare(self, _size: int, root: bytes, agreeing: list[Any], mark: Any) -> None:
        """Hold the root so far against what a checkpoint or a pin says of it."""
        if root == self.tree.root():
            agreeing.append(mark)

    def _outside(self) -> Iterator[tuple[int | None, Phrase]]:
        """Entries that are in no order, and an order without entries."""
        counted, count = self.store.counts()["entry"], self.seen.count
        try:
            size: Any = self.store.size()
        except AuditError as fault:
            size = fault
        signed = max((point.checkpoint.size for point in self.points), default=0)
        if counted != count:
            yield None, Phrase("{counted} entries are there, and {count} of them stand in the order of the log", counted=counted, count=count)
        if type(size) is not int:
            yield None, Phrase("the log has numbered {size} entries, and {count} are here", size=size, count=count)
        elif size > count:
            yield count, Phrase("entries are missing at the end: the log has numbered {size}, and {count} are here", size=size, count=count)
        elif size < min(signed, count):
            yield None, Phrase("the log has numbered {size} entries, and {signed} were signed", size=size, signed=signed)

    def _pins(self) -> Iterator[tuple[int | None, Phrase]]:
        """What an auditor kept, and the log is not any more."""
        ends = {old.name: new for old, new in zip(self.seen.origins, self.seen.origins[1:], strict=False)}
        last = self.seen.origins[-1].name if self.seen.origins else ""
        texts = {point.checkpoint.text for point in self.points}
        names = {origin.name for origin in self.seen.origins}
        for pin in sorted((one for one in self.asked.pins if not names or one.origin in names), key=lambda one: one.size):
            size, end = pin.size, ends.get(pin.origin)
            if end is not None and size > end.place:
                yield end.place, Phrase("ROLLBACK: the checkpoint that you kept covers {size} entries of {log}, which entry {place} began again; "
                                        "by then {before} entries were signed", size=size, log=pin.origin, place=end.place,
                                        before=log_before(end.before))
            elif size > self.seen.count:
                yield self.seen.count, Phrase("ROLLBACK: the checkpoint that you kept covers {size} entries, and {count} are here; an old copy was "
                                              "put back, or entries were cut off", size=size, count=self.seen.count)
            elif pin not in self.matched:
                yield self._since(size), Phrase("FORK: the first {size} entries are not those of the checkpoint that you kept", size=size)
            elif pin.origin == last and pin.text not in texts:
                yield None, Phrase("ROLLBACK: the checkpoint over {size} entries that you kept is not on record any more", size=size)

    def _roots(self) -> Iterator[tuple[int | None, Phrase]]:
        """The first checkpoint on record that the entries are not those of."""
        lost = sorted((point for point in self.points if point not in self.good), key=lambda point: point.checkpoint.size)
        for number, _, _, (_, size, *_) in lost[:1]:
            if size > self.seen.count:
                yield self.seen.count, Phrase("entries are missing at the end: checkpoint {number} was signed over {size}, and {count} are here",
                                              number=number, size=size, count=self.seen.count)
                return
            start, end = self._since(size), size
            for left, right in self.tree.false:
                if left < end and start < right:  # a kept root tells where more narrowly
                    start, end = max(start, left), min(end, right)
                    break
            yield start, Phrase("one of the entries {start} to {end} is not what checkpoint {number} was signed over", start=start, end=end - 1,
                                number=number)

    def _since(self, size: int) -> int:
        """The largest size below that something agrees with."""
        return max([one.size for one in (*(point.checkpoint for point in self.good), *self.matched) if one.size < size], default=0)

    def _kept(self) -> Iterator[tuple[int | None, Phrase]]:
        """Kept roots that are false, where nothing else explains them."""
        if len(self.good) == len(self.points):
            for start, end in (*self.tree.false, *self.tree.excess()):
                yield start, Phrase("the root that is kept of the entries {start} to {end} is not theirs", start=start, end=end - 1)

    def _papers(self) -> Iterator[tuple[int | None, Phrase]]:
        """Documents whose file is not what the journal says."""
        documents, papers = self.asked.documents, self.seen.papers.values()
        if documents is None:
            return
        kept = {paper.sha256: paper.place for paper in papers if paper.stored}
        gone = {paper.sha256: paper.place for paper in papers if paper.erased and paper.sha256 not in kept}
        for sha256, place in kept.items():
            found = documents.check(sha256)
            if found != "ok":
                yield place, Phrase("the document {sha256} of entry {place} is {found}", sha256=sha256, place=place,
                                    found=Phrase("missing") if found == "missing" else Phrase("altered"))
        for sha256, place in gone.items():
            if documents.check(sha256) != "missing":
                yield place, Phrase("the document {sha256} was erased by entry {place}, and its file is there", sha256=sha256, place=place)

    def _told(self, signatures: Signatures) -> Report:
        """The verdict."""
        seen, newest = self.seen, self.points[-1] if self.points else None
        pinned = max((pin.size for pin in self.matched), default=None)
        covered, trusted = signatures.covered(self.good, pinned)
        doubt = self._doubt(covered)
        verdict = "TAMPERED" if self.findings else "INCONCLUSIVE" if doubt else "VERIFIED"
        signers = signatures.signers.get(newest.number, set()) if newest else set()
        agreed = [point.checkpoint.size for point in self.good if not trusted or signatures.signers.get(point.number, set()) & trusted]
        size = newest.checkpoint.size if newest else 0
        if verdict == "VERIFIED":
            size = covered or 0
        return Report(
            verdict, self.findings[0].text if self.findings else doubt or Phrase(""),
            seen.origins[-1].name if seen.origins else "", size, seen.count, max(0, seen.count - size),
            max([*agreed, *(pin.size for pin in self.matched)], default=None), pinned,
            next((finding.place for finding in self.findings if finding.place is not None), None),
            len(seen.erased) + seen.destroyed, tuple(origin.place for origin in seen.origins[1:]),
            tuple(self.findings), next((key.text for key in sorted(signers, key=lambda key: key not in trusted)), ""))

    def _doubt(self, covered: int | None) -> Phrase | None:
        """Why nothing that was given proves what was not found to be wrong."""
        seen, asked, names = self.seen, self.asked, {origin.name for origin in self.seen.origins}
        newest = self.points[-1] if self.points else None
        for name in (*(key.name for key in asked.keys), *(pin.origin for pin in asked.pins)):
            if names and name not in names:
                return Phrase("what you hold is of {other}, and this log is {log}", other=name, log=seen.origins[-1].name)
        if seen.foreign is not None:
            return Phrase("entry {place} is written in a format that this program does not read: use a newer one", place=seen.foreign)
        if newest is None and covered is None:
            return Phrase("nothing was ever signed, so nothing outside the database vouches for it: mufakat audit checkpoint")
        if covered is None:
            return Phrase("nothing that you gave vouches for it: give the public key that you got from the office on another way, or a checkpoint "
                          "that you kept")
        if newest is not None and covered < newest.checkpoint.size:
            return Phrase("what you hold vouches for {covered} entries, and not for the key that signed {size}: get that key from the office on "
                          "another way", covered=covered, size=newest.checkpoint.size)
        if asked.max_age is not None and (newest is None or (instant(asked.now) - instant(newest.made)).total_seconds() > asked.max_age):
            return Phrase("stale: the newest checkpoint was made {made}", made=newest.made if newest else Phrase("never"))
        return None


def _words(fault: Exception) -> object:
    """What an error says, a phrase where it is one: it may be said in another language then."""
    return fault.args[0] if isinstance(fault, AuditError) else fault

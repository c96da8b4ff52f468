"""
One entry after another, as an auditor looks at them: the bytes, what stands beside them, and how each follows what came before.

In this order, so that what is told first is what was done: its place follows the last, its leaf is the hash of its body, the body is canonical,
the columns say what the body says, and it continues its chain. On the way is kept what the rest of a verification needs: which keys were put
on record, where the log was begun again, what was erased. Nothing is kept of an entry but its chain's last leaf.

The canonical check is that of `workflow.core.entry.canonical`, done with another library (orjson), and for shapes that come often with one
pattern each (`shapes`): in a fifth, and in a tenth of the time.
"""

from __future__ import annotations

from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from workflow.core.agreement import ERASED
from workflow.core.checkpoint import parse_key
from workflow.core.entry import FORMAT, KEY_LETTERS, MAX_BODY, MAX_DEPTH, MAX_KEYS, genesis
from workflow.core.office import SYS
from workflow.errors import AuditError, Phrase, WorkflowError
from workflow.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.core.checkpoint import Key
    from workflow.ports import Line

CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
FIELDS = frozenset((
    "v", "log", "eid", "chain", "cseq", "prev", "recorded", "occurred", "instance", "recorded_by", "identity", "behalf", "role", "act", "trigger",
    "from", "to", "definition", "reason", "corrects", "docs", "effects", "pd", "req"))
PLAIN = frozenset((str, int, bool, type(None)))
HASH = 64  # letters of a SHA-256 in hex
TELLING = frozenset(("key", "restart", "erase"))  # acts that a verification has to know of
PAPER = "document"  # the table of what a verification holds files to
OTHERWISE = Phrase("the columns beside it do not say what its body says")
BESIDE = itemgetter("chain", "cseq", "recorded", "act", "instance", "recorded_by")  # what the columns repeat
_known: set[str] = set()  # keys that were found sound


class Announced(NamedTuple):
    """A public key that the log put on record, and the place of the entry that did."""

    place: int
    key: Key


class Origin(NamedTuple):
    """A name that the log has had, from which place on, and what its restart says of the log before."""

    name: str
    place: int
    before: str = ""


class Paper(NamedTuple):
    """A document that the journal tells of: its hash, whether its file is kept, the place of the entry that said so; whether it was erased."""

    sha256: str
    stored: bool
    place: int
    erased: bool = False


def parsed(body: bytes) -> Any:
    """
    The value that these bytes are the canonical form of.

    Raises:
        ValueError, TypeError: they are the canonical form of none.
    """
    value = orjson.loads(body)
    if orjson.dumps(value, option=CANONICAL) != body or not _is_sound(value):
        raise ValueError("encoding it again gives other bytes")
    return value


class Scrutiny:
    """What was seen of a log so far. `heads` has the last number and leaf of each chain, `papers` the documents, if they are asked for."""

    def __init__(self, *, papers: bool = True) -> None:
        self.count = self.destroyed = 0
        self._asked_papers, self._shapes = papers, Shapes()
        self.heads: dict[str, tuple[int, str]] = {}
        self.origins: list[Origin] = []
        self.announced: list[Announced] = []
        self.erased: set[tuple[str, int, str]] = set()
        self.papers: dict[tuple[str, int], Paper] = {}
        self.foreign: int | None = None  # the place of the first entry in a format that this program does not read
        self._names: set[str] = set()

    def leaf(self, line: Line) -> bytes:
        """
        The leaf of the next entry, once it was looked at.

        Raises:
            AuditError: it is not what it should be.
        """
        place, chain, cseq, leaf, body, *_ = line
        if place != self.count:
            raise AuditError(Phrase("number {found} stands where {place} belongs", found=place, place=self.count))
        if type(body) is not bytes or len(body) > MAX_BODY:
            raise AuditError(Phrase("its body is not what an entry can have"))
        digest = sha256(b"\0" + body)
        if digest.hexdigest() != leaf:
            raise AuditError(Phrase("its body is not the one that was hashed when it was written"))
        log, prev, content, weighed = self._said(line)
        if log not in self._names:
            self._begin(log, parsed(body) if weighed or content is None else content)
        self._follow(chain, cseq, prev, log)
        if weighed and content is not None:
            self._note(content)
        elif content is not None:
            self._weigh(body, content)
        self.heads[chain] = cseq, leaf
        self.count += 1
        return digest.digest()

    def _said(self, line: Line) -> tuple[str, Any, dict[str, Any] | None, bool]:
        """
        The log that a body names and the leaf that it follows, once it is canonical and the columns agree; the whole of it, if it was parsed,
        or what is to be noted of it; whether it is of a shape that was weighed before.
        """
        _, chain, cseq, _, body, recorded, act, instance, person = line
        told = self._shapes.told(act, body)
        if told is not None:
            if told[:6] != (chain, str(cseq), recorded, act, instance, person) or type(cseq) is not int:
                raise AuditError(OTHERWISE)
            log, prev, *papers = told[6:]
            return log, prev, {"chain": chain, "act": act, "effects": list(map(orjson.loads, papers))} if papers else None, True
        try:
            content = parsed(body)
            beside = BESIDE(content)
            log, prev, _ = content["log"], content["prev"], content["v"]
        except (ValueError, TypeError, LookupError, RecursionError) as fault:
            raise AuditError(Phrase("its body is not canonical JSON of an entry ({fault})", fault=fault)) from None
        if beside != (chain, cseq, recorded, act, instance, person) or type(cseq) is not int or type(beside[1]) is not int or type(chain) is not str:
            raise AuditError(OTHERWISE)
        if type(log) is not str:
            raise AuditError(Phrase("it names no log"))
        return log, prev, content, False

    def _weigh(self, body: bytes, content: dict[str, Any]) -> None:
        """Whether an entry is one that this program reads, and what the rest of the verification has to know of it."""
        version, act = content["v"], content["act"]
        if type(version) is not int or version != FORMAT:
            self.foreign = self.count if self.foreign is None else self.foreign
            return
        if content.keys() != FIELDS:
            raise AuditError(Phrase("its body has other fields than an entry"))
        papers = bool(content["docs"]) and self._asked_papers
        if papers or act in TELLING:
            self._note(content)
        if act not in TELLING and type(content["docs"]) is list:  # whether there are documents is then part of the shape
            self._shapes.learn(act, body, content, PAPER if papers else "")

    def _begin(self, log: str, content: dict[str, Any]) -> None:
        """A name that the log did not have before: that of the first entry, or of a restart that says so."""
        before = ""
        if self.origins:
            effects = _settings(content) if content["chain"] == SYS and content["act"] == "restart" else {}
            if effects.get("origin") != log:
                raise AuditError(Phrase("it is of another log ({log})", log=log))
            before = str(effects.get("log_before", ""))
        self.origins.append(Origin(log, self.count, before))
        self._names.add(log)

    def _follow(self, chain: str, cseq: int, prev: Any, log: str) -> None:
        """Hold an entry to the one before in its chain; the first is tied to the log."""
        head = self.heads.get(chain)
        if head is None:
            try:
                head = 0, genesis(log, chain)
            except (WorkflowError, ValueError) as fault:
                raise AuditError(Phrase("its chain has no name that an agreement can have ({fault})", fault=fault)) from None
        if cseq != head[0] + 1 or prev != head[1]:
            raise AuditError(Phrase("it does not follow entry {cseq} of {chain}", cseq=head[0], chain=chain))

    def _note(self, content: dict[str, Any]) -> None:
        """What the rest of the verification has to know of an entry."""
        chain, act = content["chain"], content["act"]
        try:
            if chain == SYS and act in {"key", "restart"}:
                self.announced.append(Announced(self.count, parse_key(_settings(content)["log_key"])))
            for effect in content["effects"]:
                if effect["t"] == PAPER:
                    self._paper(chain, effect["k"], effect["set"], act)
                elif effect["t"] == ERASED and act == "erase":
                    self.erased.add((chain, *effect["k"]))
        except (WorkflowError, ValueError, TypeError, LookupError, AttributeError) as fault:
            raise AuditError(Phrase("what it says it did cannot be read ({fault})", fault=fault)) from None

    def _paper(self, chain: str, key: list[Any] | None, values: dict[str, Any], act: str) -> None:
        if key is None and self._asked_papers:
            digest = values["sha256"]
            if len(digest) != HASH or digest.strip("0123456789abcdef"):
                raise ValueError("a document without a hash")
            self.papers[chain, values["no"]] = Paper(digest, bool(values["stored"]), self.count)
        elif key is not None and "stored" in values:
            self.destroyed += act == "erase"
            held = self.papers.get((chain, key[0]))
            if held is not None:
                self.papers[chain, key[0]] = held._replace(stored=bool(values["stored"]), place=self.count, erased=act == "erase")


def _settings(content: dict[str, Any]) -> dict[str, Any]:
    """The settings that an entry gives a value."""
    try:
        return {effect["set"]["name"] if effect["k"] is None else effect["k"][0]: effect["set"]["value"]
                for effect in content["effects"] if effect["t"] == "setting"}
    except (TypeError, LookupError) as fault:
        raise AuditError(Phrase("what it says it did cannot be read ({fault})", fault=fault)) from None


def _is_sound(value: Any, depth: int = 0, known: Callable[..., bool] = _known.issuperset, plain: Callable[..., bool] = PLAIN.issuperset) -> bool:
    """Whether a value that orjson read is of the profile: no floats, keys of a few letters, not too deep (its integers and texts always are)."""
    kind = type(value)
    if kind is dict:
        if not known(value) and not all(map(_is_key, value)):
            return False
        value = value.values()
    elif kind is not list:
        return kind in PLAIN
    if depth == MAX_DEPTH:
        return False
    if plain(map(type, value)):
        return True
    for inner in value:
        kind = type(inner)
        if kind is dict or kind is list:
            if (inner or depth + 1 == MAX_DEPTH) and not _is_sound(inner, depth + 1):
                return False
        elif kind is float:
            return False
    return True


def _is_key(key: str) -> bool:
    sound = bool(key) and not key.strip(KEY_LETTERS)
    if sound and len(_known) < MAX_KEYS:
        _known.add(key)
    return sound

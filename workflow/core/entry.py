"""
The journal entry: its canonical bytes, its leaf, and the way back to the effects.

An entry *is* its bytes. They are UTF-8 JSON of a narrow profile on which every serialiser agrees (sorted keys `[a-z0-9_.]+`, no white
space, no floats, integers within 2^53 - 1), they are stored verbatim, and nothing ever hashes a re-encoding. The leaf is that of RFC 6962;
`prev` is the leaf of the previous entry of the chain, so a chain stands by itself. Personal data is committed to with a salt and kept beside
the log, where it can be erased without breaking a proof: in the body it is null, and `pd` names its commitment. That holds for the office's
people, for the fields that a definition calls personal, and for the names of files. It cannot hold for free text (a reason, a note, a title):
that is what the log is read for, and what stands in it stays. Who acts is named there by id, in refusals too.

This format is frozen with the first release.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from json.encoder import encode_basestring as _text  # a text as JSON has it
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.agreement import Effect
from workflow.core.dates import precision
from workflow.errors import AuditError, InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from workflow.core.agreement import Change, Head

FORMAT = 1
MAX_BODY = 65_535  # a C2SP tile bundle gives an entry two bytes of length
MAX_INT = 2**53 - 1
PLAIN = frozenset((str, bool, type(None)))  # what is of the profile whatever it is
MAX_DEPTH = 64
SALT_BYTES = 32
PERSONAL_TAG = b"mufakat/v1 pd\0"
NUL = b"\\u0000"  # as JSON writes it; not every database holds the letter
MAX_KEYS = 4096
_sound_keys: set[str] = set()
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_."
FRAME = ('{"act":%s,"behalf":%s,"chain":%s,"corrects":%s,"cseq":%d,%s,"eid":%s,"from":%s,"identity":%s,"instance":%s,"log":%s,'
         '"occurred":{"precision":"%s","text":%s},"pd":%s,"prev":%s,"reason":%s,"recorded":%s,"recorded_by":%s,"req":%s,"role":%s,"to":%s,'
         '"trigger":%s,"v":%d}')  # of every body, in the order of the canonical form


class Sealed(NamedTuple):
    """An entry as it is stored. `leaf` and `prev` are hex; `details` holds (path, salt, canonical JSON) of each personal value."""

    chain: str
    cseq: int
    eid: str
    prev: str
    leaf: str
    body: bytes
    recorded: str
    occurred: str
    act: str
    instance: str
    trigger: str
    person: str
    req: str
    details: tuple[tuple[str, bytes, str], ...] = ()


def seal(change: Change, *, head: Head, origin: str, eid: str, recorded: str, person: str, identity: str, req: str = "",
         salts: Callable[[], bytes]) -> Sealed:
    """
    The next entry of the chain that `head` ends; `recorded` is UTC with microseconds (`…T09:30:00.000000Z`), `salts` gives 32 fresh bytes.

    Raises:
        InvalidInput: a value outside the canonical profile, or a body over 65,535 bytes; the field is named.
    """
    if len(recorded) != 27 or recorded[10] != "T" or not recorded.endswith("Z"):
        raise InvalidInput("recorded", recorded, "write UTC with microseconds: 2026-03-02T09:30:00.000000Z")
    prev = head.leaf if head.cseq else genesis(origin, head.chain)
    effects = [{"t": table, "k": None if key is None else list(key), "set": values} for table, key, values in change.effects]
    commitments, details = _withhold(effects, change.personal, salts) if change.personal else ({}, ())
    inner = _json({
        "definition": None if change.definition is None else dict(zip(("name", "version", "hash"), change.definition, strict=True)),
        "docs": [{"id": paper.no, "sha256": paper.sha256, "size": paper.size} for paper in change.documents],
        "effects": effects})
    body = _bytes(FRAME % (
        _text(change.act), _text(change.behalf), _text(head.chain), _text(change.corrects), head.cseq + 1, inner[1:-1], _text(eid),
        _text(change.source), _text(identity), _text(change.instance), _text(origin), precision(change.occurred) if change.occurred else "",
        _text(change.occurred), _json(commitments) if commitments else "{}", _text(prev), _text(change.reason), _text(recorded), _text(person),
        _text(req), _text(change.role), _text(change.target), _text(change.trigger), FORMAT))
    if NUL in body or (details and any(NUL in text.encode() for _, _, text in details)):
        _refuse_nul(json.loads(body), details)
    if len(body) > MAX_BODY:
        field = _longest(json.loads(body))
        raise InvalidInput(field, None, Phrase("too long: the journal entry would take {size:,} bytes and may take {most:,}; shorten it, or put "
                                               "the text in a document", size=len(body), most=MAX_BODY))
    return Sealed(head.chain, head.cseq + 1, eid, prev, leaf(body), body, recorded, change.occurred, change.act, change.instance,
                  change.trigger, person, req, details)


def open_entry(body: bytes, details: Mapping[str, str]) -> tuple[dict[str, Any], list[Effect]]:
    """
    The entry as it stands in the body, and its effects with the personal values that `details` still holds (erased: None).

    Raises:
        AuditError: the bytes are not the canonical form of an entry that this program can read.
    """
    try:
        content = json.loads(body.decode())
        sound = canonical(content) == body
    except (ValueError, RecursionError, InvalidInput) as fault:
        raise AuditError(f"an entry's body is not canonical JSON: {fault}") from None
    if not sound or not isinstance(content, dict):
        raise AuditError("an entry's body is not canonical JSON: encoding it again gives other bytes")
    if content.get("v") != FORMAT:
        raise AuditError(f"an entry has format {content.get('v')!r}; this program reads format {FORMAT}")
    effects = [dict(effect) for effect in content["effects"]]
    for name in content["pd"]:
        index, _, path = name.partition(".")
        if name in details:
            effects[int(index)]["set"], _ = _replaced(effects[int(index)]["set"], path, json.loads(details[name]))
    return content, [Effect(row["t"], None if row["k"] is None else tuple(row["k"]), row["set"]) for row in effects]


def said(body: bytes) -> dict[str, Any]:
    """What an entry's bytes say, whether they are its canonical form or not; nothing where they say nothing that an entry could."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def canonical(value: Any) -> bytes:
    """
    The bytes of a value of the profile: null, bool, str, int, list and dict.

    Raises:
        InvalidInput: anything else, named by its path.
    """
    return _bytes(_json(value))


def _json(value: Any) -> str:
    fault = _fault(value)
    if fault is not None:
        raise InvalidInput(fault[0] or "value", None, fault[1])
    return _written(value)


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        path = next(path for path, text in _texts(json.loads(text), "") if _is_broken(text))
        raise InvalidInput(path or "value", None, "the text holds half a character (a lone surrogate)") from None


def leaf(body: bytes) -> str:
    """The RFC 6962 leaf hash of an entry's bytes, in hex."""
    return hashlib.sha256(b"\0" + body).hexdigest()


def genesis(origin: str, chain: str) -> str:
    """What the first entry of a chain has for `prev`: it ties the chain to its log."""
    for field, name in (("origin", origin), ("chain", chain)):
        if not name or name.split() != [name]:
            raise InvalidInput(field, name, "a name without white space is needed")
    return hashlib.sha256(f"mufakat/v1 genesis {origin} {chain}\n".encode()).hexdigest()


def commitment(value: Any, salt: bytes) -> str:
    """What the log holds in place of a personal value: without the salt it cannot be guessed from the hash."""
    if len(salt) != SALT_BYTES:
        raise InvalidInput("salt", None, Phrase("{size} bytes, where {needed} are needed", size=len(salt), needed=SALT_BYTES))
    return hashlib.sha256(PERSONAL_TAG + salt + canonical(value)).hexdigest()


def uuid7(ms: int, random: bytes) -> str:
    """An RFC 9562 version 7 UUID of a Unix time in milliseconds and 10 random bytes: it sorts by time."""
    if len(random) != 10 or not 0 <= ms < 1 << 48:
        raise InvalidInput("uuid", None, "10 random bytes and a time of 48 bits are needed")
    time, noise = f"{ms:012x}", random.hex()
    return f"{time[:8]}-{time[8:]}-7{noise[:3]}-{'89ab'[int(noise[4], 16) & 3]}{noise[5:8]}-{noise[8:]}"


def milliseconds(now: str) -> int:
    """Milliseconds since 1970 of a UTC instant in ISO form."""
    return int(datetime.fromisoformat(now).timestamp() * 1000)


def _withhold(effects: list[dict[str, Any]], personal: tuple[tuple[int, str], ...],
              salts: Callable[[], bytes]) -> tuple[dict[str, str], tuple[tuple[str, bytes, str], ...]]:
    """Put null for each personal value in `effects`; give back the commitments and the details that open them."""
    commitments, details = {}, []
    for index, path in personal:
        name = f"{index}.{path}"
        effects[index]["set"], value = _replaced(effects[index]["set"], path, None)
        if value is None:  # nothing to hide, and nothing that could be erased
            continue
        salt = salts()
        commitments[name] = commitment(value, salt)
        details.append((name, salt, canonical(value).decode()))
    return commitments, tuple(details)


def _replaced(values: dict[str, Any], path: str, new: Any) -> tuple[dict[str, Any], Any]:
    """A copy of `values` with `new` at the dotted path (a key may itself hold dots), and what stood there."""
    if path in values:
        return {**values, path: new}, values[path]
    for key, inner in values.items():
        if path.startswith(f"{key}.") and isinstance(inner, dict):
            copy, old = _replaced(inner, path[len(key) + 1:], new)
            return {**values, key: copy}, old
    raise InvalidInput(path, None, "an effect has no such value")


def _fault(value: Any, depth: int = 0) -> tuple[str, str] | None:
    """The path and the nature of what is outside the profile, if anything is."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return None
    if kind is int:
        return None if -MAX_INT <= value <= MAX_INT else ("", "the number is beyond 2^53 - 1")
    if kind is not dict and kind is not list:
        return "", f"a {kind.__name__} cannot stand in the journal"
    if depth == MAX_DEPTH:
        return "", f"nested deeper than {MAX_DEPTH} levels"
    if kind is dict and not _sound_keys.issuperset(value):
        for key in value:
            if not _is_sound(key):
                return "", f"the key {key!r} is not made of a-z, 0-9, _ and ."
    if PLAIN.issuperset(map(type, value.values() if kind is dict else value)):
        return None
    for key, inner in value.items() if kind is dict else enumerate(value):
        kind = type(inner)
        if kind is str or inner is None or (kind is int and -MAX_INT <= inner <= MAX_INT):
            continue
        found = _fault(inner, depth + 1)
        if found is not None:
            return f"{key}.{found[0]}".rstrip("."), found[1]
    return None


def _is_sound(key: Any) -> bool:
    """Whether a key is of the profile; a sound one is remembered, as there are few."""
    sound = type(key) is str and bool(key) and not key.strip(KEY_LETTERS)
    if sound and len(_sound_keys) < MAX_KEYS:
        _sound_keys.add(key)
    return sound


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, f"{path}.{key}" if path else str(key))


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _refuse_nul(content: dict[str, Any], details: tuple[tuple[str, bytes, str], ...]) -> None:
    """Name the text that holds a NUL, if one does: an escaped backslash before `u0000` looks the same in the bytes."""
    held = [(_typed(path), text) for path, text in _texts(content, "")]
    held += [(name.partition(".")[2], inner) for name, _, text in details for _, inner in _texts(json.loads(text), "")]
    for path, text in held:
        if "\0" in text:
            raise InvalidInput(path, text, "the text holds a NUL character")


def _longest(content: dict[str, Any]) -> str:
    """The path of the longest text, as the person knows it."""
    return _typed(max(_texts(content, ""), key=lambda found: len(found[1].encode()))[0])


def _typed(path: str) -> str:
    """The path of a value in an entry as the person knows it: without the frame of the effect around it."""
    head, mark, rest = path.partition(".set.")
    return rest if mark and head.startswith("effects.") else path

"""
Check an export of mufakat's audit log, or the proof of one entry, without trusting the office that made it.

    python3 verify.py EXPORT-FOLDER --key KEY [--pin CHECKPOINT]... [--json]
    python3 verify.py ENTRY.tlog-proof --key KEY [--json]

This one file needs Python 3.8 or newer and nothing else: no installation, no network. It only reads.

KEY is the log's public key (`name+id+base64`, or a file with it), as you got it from the office on another way than the export: by paper, on a
web site, in an earlier year. A key that merely lies in the export proves nothing, for who forges an export forges its key; what is consistent
with that key alone is INCONCLUSIVE. CHECKPOINT is a file with a checkpoint that you kept: what it covers can no longer be changed unseen.

An export folder holds
    entries.jsonl      one JSON object a line, in the order of the log: {"seq": 0, "chain": ..., "cseq": 1, "body": "<the entry in base64>"}
    checkpoint.txt     the newest signed checkpoint; others, if any, in checkpoints/*.txt
    key.txt            the public key that the office says it signs with

The first word is the verdict, the exit code says the same:
    VERIFIED      0    every entry up to the size named is what was signed, in that order, with none missing
    TAMPERED      6    it is not; the first bad entry is named where it can be
    INCONCLUSIVE  8    nothing false was found, but what was given does not prove it either
--json prints one object: verdict, why, log, size (of the newest checkpoint), entries (sound ones read: on TAMPERED the first bad one follows
them), tail (entries after the newest checkpoint), last_good and pinned (sizes up to which a checkpoint, a pin agreed); of a proof, entry and index.

What no check of a log can find: entries after the last checkpoint that were dropped (they are counted as not covered), a rewriting by somebody
who holds the secret key when no pin was kept, and a falsehood that was entered as such.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

    Point = tuple[int, int, int, int]

EXIT = {"VERIFIED": 0, "TAMPERED": 6, "INCONCLUSIVE": 8}
FORMAT, MAX_INT, MAX_BODY = 1, 2**53 - 1, 65535


class Tampered(Exception):
    """Something is not what was signed."""


class Inconclusive(Exception):
    """What was given proves nothing."""


# --- Ed25519 (RFC 8032, section 5.1) ---------------------------------------------------------------------------------------------------------
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z. As OpenSSL does: no cofactor, R is compared as bytes, S must be below the order.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    left, right, low, high = f - e, f + e, h - g, h + g
    return left * low % P, high * right % P, low * high % P, left * right % P


def double(a: Point) -> Point:
    x, y, z = a[0] * a[0], a[1] * a[1], 2 * a[2] * a[2]
    total, difference = x + y, x - y
    cross, low = total - (a[0] + a[1]) ** 2, z + difference
    return cross * low % P, difference * total % P, low * difference % P, cross * total % P


def decoded(data: bytes) -> Point | None:
    """The point of 32 bytes (section 5.1.3); y is taken modulo P, and x = 0 with either sign, as OpenSSL takes them."""
    number = int.from_bytes(data, "little")
    y, sign = (number & (1 << 255) - 1) % P, number >> 255
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * ROOT_OF_MINUS_1 % P
    if (v * x * x - u) % P:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether S*B - k*A is R (section 5.1.7)."""
    a = decoded(public) if len(public) == 32 and len(signature) == 64 else None
    base = decoded(bytes([0x58]) + bytes([0x66]) * 31)
    s = int.from_bytes(signature[32:], "little")
    if a is None or base is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - a[0], a[1], 1, P - a[3])
    table = (NEUTRAL, base, minus, add(base, minus))
    point = NEUTRAL
    for bit in range(252, -1, -1):  # both products at once
        point = double(point)
        which = (s >> bit & 1) + 2 * (k >> bit & 1)
        if which:
            point = add(point, table[which])
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- The tree (RFC 6962, section 2.1) --------------------------------------------------------------------------------------------------------

def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def grow(peaks: list[bytes], size: int, leaf: bytes) -> None:
    """Add leaf number `size` to the roots of the full subtrees so far, the largest first."""
    while size & 1:
        leaf = node_hash(peaks.pop(), leaf)
        size >>= 1
    peaks.append(leaf)


def root_of(peaks: list[bytes]) -> bytes:
    if not peaks:
        return hashlib.sha256().digest()
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found


def proved_root(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Tampered("the proof has too many hashes")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or index >= size:
        raise Tampered("the proof has too few hashes, or the tree no such entry")
    return found


# --- Keys, signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint) ----------------------------------------------------

class Key(NamedTuple):
    name: str
    id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    where: str
    signed: bool


def unbase64(text: str) -> bytes:
    """Strict: each value has one spelling."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the base64 of these bytes")
    return data


def number_of(text: str) -> int:
    if not text.isdigit() or not text.isascii() or len(text) > 19 or text != str(int(text)):
        raise ValueError("not a number")
    return int(text)


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            return stream.read(1000000)
    except (OSError, UnicodeDecodeError) as fault:
        raise Inconclusive(f"cannot read {path}: {fault}") from None


def parse_key(text: str, where: str) -> Key:
    try:
        name, told, encoded = text.strip().split("+", 2)
        data = unbase64(encoded)
        digest = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
        if len(data) != 33 or data[0] != 1 or digest != told or name.split() != [name]:
            raise ValueError("its id or its kind is another")
    except ValueError as fault:
        raise Inconclusive(f"{where} is not a public key: {fault}") from None
    return Key(name, bytes.fromhex(told), data[1:])


def parse_checkpoint(text: str, keys: list[Key], where: str) -> Checkpoint:
    """The checkpoint, and whether one of the keys, if they are this log's, signed it; a key's signature that is false is tampering."""
    try:
        body, mark, block = text.rpartition("\n\n")
        if not mark or not block.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
            raise ValueError("text, empty line and signatures are needed")
        signatures = []
        for line in block[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            if dash != "\u2014" or not name or "+" in name or len(unbase64(encoded)) < 5:
                raise ValueError("not a signature line")
            signatures.append((name, unbase64(encoded)))
        lines = body.split("\n")
        origin, size, root = lines[0], number_of(lines[1]), unbase64(lines[2])
        if not all(lines) or len(root) != 32:
            raise ValueError("origin, size and root are needed")
    except (ValueError, IndexError) as fault:
        raise Tampered(f"{where} is not a signed checkpoint: {fault}") from None
    signed = False
    for key in keys:
        for name, data in signatures:
            if origin == key.name == name and data[:4] == key.id:
                if not is_signed(key.public, data[4:], (body + "\n").encode()):
                    raise Tampered(f"{where}: the signature of {name} is false")
                signed = True
    if not signed and any(key.name == origin for key in keys):
        raise Tampered(f"{where}: not signed with the key that you hold of {origin}")
    return Checkpoint(origin, size, root, where, signed)


# --- Entries: canonical JSON, one line of which is signed for ever -----------------------------------------------------------------------------

def refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no integer")


def is_sound(value: Any, depth: int = 0) -> bool:
    """Within the profile: keys of a-z, 0-9, _ and ., integers within 2^53 - 1."""
    if isinstance(value, dict):
        return depth < 64 and all(key and not key.strip("abcdefghijklmnopqrstuvwxyz0123456789_.") and is_sound(inner, depth + 1)
                                  for key, inner in value.items())
    if isinstance(value, list):
        return depth < 64 and all(is_sound(inner, depth + 1) for inner in value)
    return not isinstance(value, int) or -MAX_INT <= value <= MAX_INT


def parse_entry(body: bytes) -> dict[str, Any]:
    """The entry that these bytes are, if they are the canonical form of one."""
    try:
        content = json.loads(body.decode("utf-8"), parse_float=refuse, parse_constant=refuse)
        again = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as fault:
        raise Tampered(f"the body is not canonical JSON: {fault}") from None
    if again != body or not isinstance(content, dict) or not is_sound(content) or len(body) > MAX_BODY:
        raise Tampered("the body is not in canonical form")
    return content


def genesis(origin: str, chain: str) -> str:
    """What the first entry of an agreement has for `prev`."""
    return hashlib.sha256(f"mufakat/v1 genesis {origin} {chain}\n".encode()).hexdigest()


def lines_of(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb") as stream:
            yield from stream
    except OSError as fault:
        raise Inconclusive(f"cannot read {path}: {fault}") from None


def require_format(content: dict[str, Any]) -> None:
    """Asked last: what was edited is tampering, whatever format it claims."""
    if content.get("v") != FORMAT:
        raise Inconclusive(f"entry {content.get('eid')} has format {content.get('v')!r}; this file reads format {FORMAT}")


def entries(path: str, origin: str, foreign: list[dict[str, Any]]) -> Iterator[bytes]:
    """The leaf hash of each entry, once it is known to follow those before it; the first of another format goes to `foreign`."""
    heads: dict[str, tuple[int, str]] = {}
    for seq, line in enumerate(lines_of(path)):
        try:
            row = json.loads(line)
            body = unbase64(row["body"])
            if row["seq"] != seq:
                raise Tampered(f"number {row['seq']} stands where {seq} belongs")
            content = parse_entry(body)
            place = content["chain"], content["cseq"]
            count, prev = heads.get(place[0]) or (0, genesis(origin, place[0]))
            if place != (row["chain"], row["cseq"]) or content["log"] != origin:
                raise Tampered(f"it is entered as {row['chain']} {row['cseq']}, and says it is {place} of {content['log']}")
            if (place[1], content["prev"]) != (count + 1, prev):
                raise Tampered(f"it does not follow entry {count} of {place[0]}")
        except Tampered as fault:
            raise Tampered(f"entry {seq}: {fault}") from None
        except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as fault:
            raise Tampered(f"entry {seq}: the line cannot be read: {fault!r}") from None
        if content.get("v") != FORMAT and not foreign:
            foreign.append(content)
        leaf = leaf_hash(body)
        heads[place[0]] = place[1], leaf.hex()
        yield leaf


# --- What is asked ---------------------------------------------------------------------------------------------------------------------------

class Asked(NamedTuple):
    """The keys to check with, whether they came from elsewhere than the export, and the checkpoints kept by the auditor."""

    keys: list[Key]
    trusted: bool
    pins: list[Checkpoint]


def check_folder(folder: str, asked: Asked, report: dict[str, Any]) -> None:
    """Every entry, its chain, and the root at every checkpoint and pin, in one pass that keeps no entry."""
    paths = [os.path.join(folder, "checkpoint.txt")]
    kept = os.path.join(folder, "checkpoints")
    paths += [os.path.join(kept, name) for name in sorted(os.listdir(kept)) if name.endswith(".txt")] if os.path.isdir(kept) else []
    checkpoints = [parse_checkpoint(read(path), asked.keys, path) for path in paths]
    newest = checkpoints[0]
    report.update(log=newest.origin, size=newest.size)
    for one in checkpoints + asked.pins:
        if one.origin != newest.origin:
            raise Inconclusive(f"{one.where} is of another log: {one.origin}")
        if one.size > newest.size:
            raise Tampered(f"ROLLBACK: {one.where} covers {one.size} entries, the newest checkpoint {newest.size}")
    peaks: list[bytes] = []
    marks = sorted([(one.size, 0, one) for one in checkpoints] + [(one.size, 1, one) for one in asked.pins], reverse=True)
    foreign: list[dict[str, Any]] = []
    leaves = entries(os.path.join(folder, "entries.jsonl"), newest.origin, foreign)
    while True:
        while marks and marks[-1][0] == report["entries"]:
            size, is_pin, one = marks.pop()
            if one.root != root_of(peaks) and is_pin:
                raise Tampered(f"FORK: the first {size} entries are not those of {one.where}")
            if one.root != root_of(peaks):
                raise Tampered(f"one of the entries {report['last_good'] or 0} to {size - 1} is not what {one.where} was signed over")
            if one.signed or is_pin:
                report["last_good"] = size
            report["pinned"] = size if is_pin else report["pinned"]
        leaf = next(leaves, None)
        if leaf is None:
            break
        grow(peaks, report["entries"], leaf)
        report["entries"] += 1
    if marks:
        missing = newest.size - report["entries"]
        raise Tampered(f"{missing} entries are missing at the end: {newest.size} were signed, {report['entries']} are here")
    report["tail"] = report["entries"] - newest.size
    for content in foreign:
        require_format(content)
    require_key(newest, asked)


def check_proof(path: str, asked: Asked, report: dict[str, Any]) -> None:
    """One entry in the tree of one checkpoint (c2sp.org/tlog-proof); the extra line is the entry."""
    head, _, note = read(path).partition("\n\n")
    lines = head.split("\n")
    newest = parse_checkpoint(note, asked.keys, path)
    report.update(log=newest.origin, size=newest.size)
    try:
        if lines[0] != "c2sp.org/tlog-proof@v1" or lines[1][:6] not in {"extra ", "index "}:
            raise ValueError("first line")
        body = unbase64(lines.pop(1)[6:]) if lines[1].startswith("extra ") else None
        word, number = lines[1].split(" ")
        hashes, index = [unbase64(line) for line in lines[2:]], number_of(number)
        if word != "index" or any(len(one) != 32 for one in hashes):
            raise ValueError("index and hashes are needed")
    except (ValueError, IndexError) as fault:
        raise Tampered(f"{path} is not a proof: {fault}") from None
    if body is None:
        raise Inconclusive("the proof does not hold the entry")
    if proved_root(leaf_hash(body), index, newest.size, hashes) != newest.root:
        raise Tampered(f"the log does not hold this entry at number {index}")
    content = parse_entry(body)
    if content.get("log") != newest.origin:
        raise Tampered(f"the entry is of another log: {content.get('log')}")
    require_format(content)
    report.update(entry=content, index=index, entries=1)
    for pin in asked.pins:
        if (pin.origin, pin.size) != (newest.origin, newest.size):
            raise Inconclusive(f"{pin.where} has another size or log than the proof's checkpoint: it can be compared in an export only")
        if pin.root != newest.root:
            raise Tampered(f"FORK: the proof's log is not that of {pin.where}")
        report["pinned"] = pin.size
    require_key(newest, asked)


def require_key(newest: Checkpoint, asked: Asked) -> None:
    if not newest.signed:
        raise Inconclusive("no key that signed the checkpoint was given: --key")
    if not asked.trusted:
        raise Inconclusive(f"all is as the key in the export signed it ({asked.keys[0].name}+{asked.keys[0].id.hex()}); whether that is the log's "
                           "key, only one that you got on another way can tell: --key")


def gathered(path: str, keys: list[str], pins: list[str]) -> Asked:
    """The evidence; a pin is believed as the auditor's own, whoever signed it."""
    given = [parse_key(read(key) if os.path.exists(key) else key, key) for key in keys]
    own = os.path.join(path, "key.txt")
    try:
        kept = [parse_checkpoint(read(pin), [], pin) for pin in pins]
    except Tampered as fault:
        raise Inconclusive(str(fault)) from None
    return Asked(given or ([parse_key(read(own), own)] if os.path.exists(own) else []), bool(given), kept)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an export of the audit log, or the proof of one entry.", epilog="Exit code: " + ", ".join(
        f"{code} {word}" for word, code in EXIT.items()))
    parser.add_argument("path", help="the folder of an export, or a .tlog-proof file")
    parser.add_argument("--key", action="append", default=[], help="the log's public key, or a file with it, from elsewhere than the export")
    parser.add_argument("--pin", action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    report: dict[str, Any] = dict.fromkeys(("verdict", "why", "log", "size", "entries", "tail", "last_good", "pinned"))
    report.update(verdict="VERIFIED", why="", entries=0)
    try:
        check = check_folder if os.path.isdir(given.path) else check_proof
        check(given.path, gathered(given.path, given.key, given.pin), report)
    except (Tampered, Inconclusive) as fault:
        report.update(verdict=type(fault).__name__.upper(), why=str(fault))
    if given.json:
        print(json.dumps(report))
        return EXIT[report["verdict"]]
    said = report["why"] or f"{report['log']}, up to {report['size']} entries"
    print(f"{report['verdict']}: " + said.encode("unicode_escape").decode())  # what is checked may not write on the auditor's screen
    told = {"pinned": "pinned up to {} entries", "tail": "{} entries after the checkpoint are not covered yet",
            "last_good": "last good checkpoint: {}"}
    for name, text in told.items():
        if report[name] is not None and (name != "last_good" or report["verdict"] == "TAMPERED"):
            print("  " + text.format(report[name]))
    if "entry" in report:
        print(f"  entry {report['index']}: " + json.dumps(report["entry"], ensure_ascii=True, indent=2))
    return EXIT[report["verdict"]]


if __name__ == "__main__":
    sys.exit(main())

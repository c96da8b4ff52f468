"""
Check an export of mufakat's audit log, or the proof of one entry, without trusting the office that made it.

    python3 verify.py EXPORT-FOLDER --key KEY [--pin CHECKPOINT]... [--json]
    python3 verify.py ENTRY.tlog-proof --key KEY [--json]

This one file needs Python 3.8 or newer and nothing else: no installation, no network, no database. It only reads, and it changes nothing.

What an auditor does
 1. Take the export and this file to a computer of your own. If you have this file from an earlier year, use that one.
 2. Take the log's public KEY from another place than the export: the letter with which the office handed it over, its web site, an earlier
    audit. A key that merely lies in the export proves nothing, for who forges an export forges its key.
 3. Run the first line above. Give with --pin every CHECKPOINT (a small text file) that you kept from earlier audits or that stood in a
    reminder message: what it covers can no longer be changed unseen, not even by somebody who has the office's secret key.
 4. Read the first word. It is the verdict, and the exit code says the same:
        VERIFIED      0    every entry up to the size named is what was signed, in that order, and none is missing
        TAMPERED      6    something is not what was signed; the first bad entry, or the file, is named
        INCONCLUSIVE  8    nothing false was found, but what was given does not prove it either; what is missing is named
    With TAMPERED two words may follow: ROLLBACK (you hold a checkpoint over more entries than the log now has: an older state was put back) and
    FORK (you hold a checkpoint over other entries than these: there are two histories).
 5. Keep the file checkpoint.txt of this export: it is your pin for the next audit.

(Bahasa Indonesia: VERIFIED berarti catatan utuh seperti yang ditandatangani; TAMPERED berarti ada yang diubah, dihapus, atau ditukar;
INCONCLUSIVE berarti belum terbukti: kunci publik atau bukti lain belum diberikan. Simpan checkpoint.txt untuk pemeriksaan berikutnya.)

An export folder holds
    entries.jsonl      the log: one entry a line, in order, each with its exact bytes in base64 (`line_of` below tells how a line is written)
    checkpoint.txt     the newest signed checkpoint: how many entries there are, and one number (the root) that any change of any of them changes
    checkpoints/*.txt  every checkpoint that was ever signed
    key.txt            the public key that the office says it signs with
    documents/         if asked for: the files, each named by its SHA-256
and further files for people, which nothing here vouches for.

What the report counts besides (--json prints all of it as one object: verdict, why, log, size, entries, tail, last_good, pinned, restarts,
personal, erased, unerased, withheld, documents, left_out; of a proof, entry and index)
    tail        entries after the newest checkpoint; they hold together, but no signature covers them yet
    last_good   on TAMPERED: the size up to which a signature or a pin still agreed; entries: how many sound ones were read, the bad one follows
    restarts    the office said in an entry that it put an old backup back and began the log anew there; ask it why, and compare your pins
    personal    personal details in the export that are the ones that were entered (the log itself holds only their fingerprints)
    erased      personal details that an entry says were erased; unerased: those of them that are in the export all the same
    withheld    personal details that are in neither: they were not exported
    documents   files that are the ones that were entered; left_out: documents that entries name and the export does not hold

The key may change: the entry that announces a new key is covered by a checkpoint that the old key signed, so the key that you hold, or a pin
that covers that entry, leads to the new one. What no check of a log can find: entries after the last checkpoint that were dropped, a rewriting
by somebody who holds the secret key when no pin was kept, and a falsehood that was entered as such.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import json
import os
import stat
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    Point = tuple[int, int, int, int]

EXIT = {"VERIFIED": 0, "TAMPERED": 6, "INCONCLUSIVE": 8}
FORMAT, MAX_INT, MAX_BODY, MAX_DEPTH = 1, 2**53 - 1, 65535, 64
MAX_LINE, MAX_TEXT, MAX_SIGNATURES = 1 << 22, 1000000, 100  # longer ones are refused unread: memory stays small whatever is checked
SYS = "sys"  # the chain of the office itself
PERSONAL_TAG = b"mufakat/v1 pd\0"
LITTER = (".DS_Store", "._", "Thumbs.db", "desktop.ini")  # what file browsers leave in a folder


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


# --- Files: whatever lies there, it is read in pieces or refused ------------------------------------------------------------------------------

def opened(path: str) -> BinaryIO:
    """A file to read; a folder, a device or a pipe is none."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Inconclusive(f"{path} is not a file")
        return open(path, "rb")
    except (OSError, ValueError) as fault:
        raise Inconclusive(f"cannot read {path}: {fault}") from None


def read(path: str) -> str:
    with opened(path) as stream:
        try:
            text = stream.read(MAX_TEXT + 1).decode("utf-8")
        except (OSError, ValueError) as fault:
            raise Inconclusive(f"cannot read {path}: {fault}") from None
    if len(text) > MAX_TEXT:
        raise Inconclusive(f"{path} is too long to be what it should be")
    return text


def listed(folder: str) -> list[str]:
    """The names in a folder, in order; none where there is no folder."""
    try:
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    except OSError as fault:
        raise Inconclusive(f"cannot read {folder}: {fault}") from None


def lines_of(path: str) -> Iterator[bytes]:
    with opened(path) as stream:
        try:
            while True:
                line = stream.readline(MAX_LINE)
                if not line:
                    return
                yield line
        except OSError as fault:
            raise Inconclusive(f"cannot read {path}: {fault}") from None


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
    text: bytes
    signatures: list[tuple[str, bytes]]


def unbase64(text: str) -> bytes:
    """Strict: each value has one spelling."""
    data = binascii.a2b_base64(text.encode("ascii"))
    if base64(data).decode() != text:
        raise ValueError("not the base64 of these bytes")
    return data


def base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def number_of(text: str) -> int:
    if not text.isdigit() or not text.isascii() or len(text) > 19 or text != str(int(text)):
        raise ValueError("not a number")
    return int(text)


def parse_key(text: str) -> Key:
    name, told, encoded = text.split("+", 2)
    data = unbase64(encoded)
    digest = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    if len(data) != 33 or data[0] != 1 or digest != told or name.split() != [name]:
        raise ValueError("its id or its kind is another")
    return Key(name, bytes.fromhex(told), data[1:])


def parse_checkpoint(text: str, where: str) -> Checkpoint:
    """The checkpoint; who signed it is asked later, when the keys are known."""
    try:
        body, mark, block = text.rpartition("\n\n")
        if not mark or not block.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
            raise ValueError("text, empty line and signatures are needed")
        signatures = []
        for line in block[:-1].split("\n", MAX_SIGNATURES):
            dash, name, encoded = line.split(" ")
            if dash != "\u2014" or not name or "+" in name or len(unbase64(encoded)) < 5:
                raise ValueError("not a signature line")
            signatures.append((name, unbase64(encoded)))
        lines = body.split("\n")
        origin, size, root = lines[0], number_of(lines[1]), unbase64(lines[2])
        if not all(lines) or len(root) != 32:
            raise ValueError("origin, size and root are needed")
        return Checkpoint(origin, size, root, where, (body + "\n").encode("utf-8"), signatures)
    except (ValueError, IndexError) as fault:
        raise Tampered(f"{where} is not a signed checkpoint: {fault}") from None


def is_signed_by(one: Checkpoint, key: Key) -> bool:
    """Whether a key signed a checkpoint; a line that claims so falsely is tampering."""
    for name, data in one.signatures:
        if (name, data[:4]) == key[:2]:
            if not is_signed(key.public, data[4:], one.text):
                raise Tampered(f"{one.where}: the signature of {name} is false")
            return True
    return False


# --- Entries: canonical JSON, whose bytes are signed for ever ----------------------------------------------------------------------------------
# The reader below refuses what is outside the profile while it reads; who is canonical is then told by writing it again.

KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_."
SOUND: set[str] = set()  # keys seen to be of the profile; there are few


def refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no integer")


def whole(text: str) -> int:
    number = int(text) if len(text) <= 17 else MAX_INT + 1
    if not -MAX_INT <= number <= MAX_INT:
        raise ValueError(f"{text[:40]} is beyond 2^53 - 1")
    return number


def named(found: dict[str, Any]) -> dict[str, Any]:
    if not SOUND.issuperset(found):
        for key in found:
            if not key or key.strip(KEY_LETTERS):
                raise ValueError(f"the key {key[:40]!r} is not made of a-z, 0-9, _ and .")
            if len(SOUND) < 4096:
                SOUND.add(key)
    return found


decode = json.JSONDecoder(parse_float=refuse, parse_constant=refuse, parse_int=whole, object_hook=named).decode
encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def is_shallow(value: Any) -> bool:
    """Whether nothing is nested deeper than 64 levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer) if isinstance(inner, (dict, list))]
        if not level:
            return True
    return False


def parse_entry(body: bytes) -> dict[str, Any]:
    """The entry that these bytes are, if they are the canonical form of one."""
    if len(body) > MAX_BODY:
        raise Tampered(f"the body has more than {MAX_BODY} bytes")
    try:
        content = decode(body.decode("utf-8"))
        again = encode(content).encode("utf-8")
    except (ValueError, RecursionError) as fault:
        raise Tampered(f"the body is not canonical JSON: {fault}") from None
    if again != body or not isinstance(content, dict) or (body.count(b"{") + body.count(b"[") > MAX_DEPTH and not is_shallow(content)):
        raise Tampered("the body is not in canonical form")
    return content


def line_of(seq: int, chain: str, cseq: int, body: bytes, details: Iterable[tuple[str, bytes, str]] = ()) -> bytes:
    """
    The one way in which an entry is written in entries.jsonl: as `json.dumps` writes a dict with these keys in this order, ASCII only.

    `details` are the name, the salt and the canonical text of each personal value that is exported.
    """
    rows = [[name, base64(salt).decode(), value] for name, salt, value in details]
    more = b', "details": ' + json.dumps(rows).encode() if rows else b""
    return b'{"seq": %d, "chain": %s, "cseq": %d, "body": "%s"%s}\n' % (seq, json.dumps(chain).encode(), cseq, base64(body), more)


def genesis(origin: str, chain: str) -> str:
    """What the first entry of an agreement has for `prev`."""
    return hashlib.sha256(f"mufakat/v1 genesis {origin} {chain}\n".encode()).hexdigest()


def require_format(content: dict[str, Any]) -> None:
    """Asked last: what was edited is tampering, whatever format it claims."""
    if content.get("v") != FORMAT:
        raise Inconclusive(f"entry {content.get('eid')} has format {content.get('v')!r}; this file reads format {FORMAT}")


# --- The log, entry by entry ------------------------------------------------------------------------------------------------------------------

class Log:
    """What the entries that were read so far say: of the log itself, of personal details, of documents. No entry is kept."""

    def __init__(self) -> None:
        self.origins: list[str] = []  # the log's names, one after another
        self.keys: list[Key] = []  # that it announced; the last is in force
        self.restarts: list[dict[str, Any]] = []
        self.before: list[tuple[int, Checkpoint]] = []  # where a restart stands, and the checkpoint that it names
        self.foreign: dict[str, Any] | None = None  # the first entry of a format that this file does not know
        self.heads: dict[str, tuple[int, str]] = {}
        self.personal: set[int] = set()  # where personal details were entered: each chain, number and name as one number; so below
        self.shown: set[int] = set()
        self.erased: set[int] = set()
        self.documents: set[bytes] = set()  # their SHA-256

    def read(self, path: str) -> Iterator[bytes]:
        """The leaf hash of each entry, once it is known to follow those before it."""
        for seq, line in enumerate(lines_of(path)):
            try:
                yield self.take(seq, line)
            except Tampered as fault:
                raise Tampered(f"entry {seq}: {fault}") from None
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as fault:
                raise Tampered(f"entry {seq}: the line cannot be read: {fault!r:.200}") from None

    def take(self, seq: int, line: bytes) -> bytes:
        if not line.endswith(b"\n"):
            raise Tampered("the line is cut off" if len(line) < MAX_LINE else "the line is too long to be an entry")
        row = decode(line[:-1].decode("utf-8"))
        body = binascii.a2b_base64(row["body"].encode("ascii"))
        details = [(name, unbase64(salt), value) for name, salt, value in row.get("details", ())]
        if line_of(row["seq"], row["chain"], row["cseq"], body, details) != line:
            raise Tampered("the line is not written as an export writes it")
        if row["seq"] != seq:
            raise Tampered(f"number {row['seq']} stands where {seq} belongs")
        content = parse_entry(body)
        chain, cseq = content["chain"], content["cseq"]
        if (chain, cseq) != (row["chain"], row["cseq"]):
            raise Tampered(f"it is entered as {row['chain']} {row['cseq']}, and says it is {chain} {cseq}")
        if not self.origins:
            self.origins.append(content["log"])
        elif content["log"] not in self.origins:
            self.restart(seq, content)
        count, prev = self.heads.get(chain) or (0, genesis(content["log"], chain))
        if (cseq, content["prev"]) != (count + 1, prev):
            raise Tampered(f"it does not follow entry {count} of {chain}")
        leaf = leaf_hash(body)
        self.heads[chain] = cseq, leaf.hex()
        if content.get("v") == FORMAT:
            self.note(content, details)
        elif self.foreign is None:
            self.foreign = content
        return leaf

    def restart(self, seq: int, content: dict[str, Any]) -> None:
        """A log goes on under another name only where an entry of the office says so, and names the last checkpoint under the old name."""
        said = settings(content) if content["chain"] == SYS and content["act"] == "restart" else {}
        if said.get("origin") != content["log"]:
            raise Tampered(f"it says it is of {content['log']}, and this is {self.origins[-1]}")
        old = parse_checkpoint(said["log_before"], "the checkpoint that the restart names")
        if old.origin != self.origins[-1]:
            raise Tampered(f"the restart names a checkpoint of {old.origin}, and this was {self.origins[-1]}")
        self.origins.append(content["log"])
        self.before.append((seq, old))
        self.restarts.append({"place": seq, "origin": content["log"], "before": old.size})

    def note(self, content: dict[str, Any], details: list[tuple[str, bytes, str]]) -> None:
        """Personal details, documents, erasures, and keys that are announced."""
        place, promised = (content["chain"], content["cseq"]), content["pd"]
        self.personal.update(hash((*place, name)) for name in promised)
        for name, salt, value in details:
            if hashlib.sha256(PERSONAL_TAG + salt + value.encode("utf-8")).hexdigest() != promised.get(name):
                raise Tampered(f"the personal detail {name} is not what was entered")
            self.shown.add(hash((*place, name)))
        self.documents.update(bytes.fromhex(paper["sha256"]) for paper in content["docs"])
        if content["act"] == "erase":
            self.erased.update(hash((place[0], *effect["k"])) for effect in content["effects"] if effect["t"] == "detail")
        if place[0] == SYS and content["act"] in {"key", "restart"}:
            self.keys.append(parse_key(settings(content)["log_key"]))


def settings(content: dict[str, Any]) -> dict[str, Any]:
    """What an entry sets of the office's settings."""
    return {effect["set"]["name"] if effect["k"] is None else effect["k"][0]: effect["set"].get("value")
            for effect in content["effects"] if effect["t"] == "setting"}


# --- What is asked ---------------------------------------------------------------------------------------------------------------------------

OTHER, NEWEST, PIN = range(3)


class Asked(NamedTuple):
    """The keys to check with, whether they came from elsewhere than the export, and the checkpoints kept by the auditor."""

    keys: list[Key]
    trusted: bool
    pins: list[Checkpoint]


class Evidence:
    """The checkpoints and pins, each held against the entries that it covers; `keys` are those to believe: given from outside, or led to."""

    def __init__(self, asked: Asked, newest: Checkpoint, others: list[Checkpoint], report: dict[str, Any]) -> None:
        self.log, self.asked, self.newest, self.report = Log(), asked, newest, report
        self.keys = list(asked.keys) if asked.trusted else []
        self.signers: list[Key] = []  # of the newest
        self.orders = [(-1, -1)]  # which of the keys that were announced had signed what, by the size that it covers
        self.doubts: list[str] = []
        self.agreed: set[tuple[int, bytes]] = set()
        marks = [(OTHER, one) for one in others] + [(NEWEST, newest)] + [(PIN, one) for one in asked.pins]
        self.marks = sorted(marks, key=lambda mark: (mark[1].size, mark[0]), reverse=True)
        self.zero = {one.origin for _, one in marks if not one.size}  # no entry before them tells the log's name
        report.update(log=newest.origin, size=newest.size, restarts=self.log.restarts)

    def walk(self, path: str) -> None:
        """Read the entries once, holding at each size what covers as many."""
        peaks: list[bytes] = []
        self.hold(peaks)
        for leaf in self.log.read(path):
            grow(peaks, self.report["entries"], leaf)
            self.report["entries"] += 1
            self.hold(peaks)

    def hold(self, peaks: list[bytes]) -> None:
        """Each checkpoint and pin over as many entries as were read; what is beyond the newest checkpoint waits for the end."""
        while self.marks and self.marks[-1][1].size == self.report["entries"] <= self.newest.size:
            kind, one = self.marks.pop()
            if one.origin not in (self.log.origins or [one.origin]) and kind == PIN:
                self.doubts.append(f"{one.where} is of another log: {one.origin}")
                continue
            try:
                signers = self.signers_of(kind, one)
            except Tampered as fault:
                if kind != PIN:
                    raise
                self.doubts.append(f"{fault}: the pin is damaged")
                continue
            self.require(kind, one, root_of(peaks))
            if kind != PIN:
                self.require_order(one, signers)
            self.agreed.add((one.size, one.root))
            if kind == PIN:
                self.report["pinned"] = one.size
            if kind == PIN or any(key in self.keys for key in signers):
                self.report["last_good"] = one.size
                self.keys += [key for key in self.log.keys if key not in self.keys]  # what was announced below it is believed from here on
            if kind == NEWEST:
                self.signers = signers

    def signers_of(self, kind: int, one: Checkpoint) -> list[Key]:
        """Which of the known keys signed a checkpoint over just the entries read so far; a pin is held to the keys from outside alone."""
        names = self.log.origins or [one.origin]
        given = self.asked.keys if kind != PIN or self.asked.trusted else []
        known = dict.fromkeys([*self.keys, *given, *self.log.keys] if kind != PIN else given)
        return [key for key in known if key.name in names and is_signed_by(one, key)]

    def require(self, kind: int, one: Checkpoint, root: bytes) -> None:
        origins = self.log.origins or [one.origin]
        if kind == PIN and one.origin != origins[-1]:
            raise Tampered(f"ROLLBACK: {one.where} covers {one.size} entries" + self.restarted(one))
        if one.origin != origins[-1]:
            raise Tampered(f"{one.where} is of {one.origin}, and with {one.size} entries the log is {origins[-1]}")
        if one.root != root and kind == PIN:
            raise Tampered(f"FORK: the first {one.size} entries are not those of {one.where}")
        if one.root != root:
            raise Tampered(f"one of the entries {self.report['last_good'] or 0} to {one.size - 1} is not what {one.where} was signed over")

    def require_order(self, one: Checkpoint, signers: list[Key]) -> None:
        """A key is in force until one that was announced later has signed."""
        order = max([at for at, key in enumerate(self.log.keys) if key in signers], default=-1)
        if signers and order < max(before for size, before in self.orders if size < one.size):
            raise Tampered(f"{one.where}: signed with a key that was no longer in force, for a later one had signed before")
        if order > self.orders[-1][1]:
            self.orders.append((one.size, order))

    def restarted(self, one: Checkpoint) -> str:
        """What the log says of the end of its name on a checkpoint."""
        at = self.log.origins.index(one.origin) if one.origin in self.log.origins else len(self.log.restarts)
        if at == len(self.log.restarts):
            return f", the newest checkpoint {self.newest.size}"
        place, _, before = self.log.restarts[at].values()
        return f"; entry {place} declares that the log was begun anew there from a backup, after a checkpoint over {before} entries"

    def finish(self, folder: str) -> None:
        """What is known once all entries were read: first whatever is false, then whatever is missing."""
        for _, one in self.marks:
            if one.size <= self.newest.size:
                raise Tampered(f"{self.newest.size - self.report['entries']} entries are missing at the end: {self.newest.size} were signed, "
                               f"{self.report['entries']} are here")
            if one.origin in self.log.origins or one.origin == self.newest.origin:
                raise Tampered(f"ROLLBACK: {one.where} covers {one.size} entries" + self.restarted(one))
            self.doubts.append(f"{one.where} is of another log: {one.origin}")
        if self.zero.difference(self.log.origins[:1]) and self.log.origins:
            self.doubts.append(f"a checkpoint over no entries is of another log: {', '.join(sorted(self.zero))}")
        named = [(place, one) for place, one in self.log.before if one.size <= place and (one.size, one.root) not in self.agreed]
        roots = roots_at(os.path.join(folder, "entries.jsonl"), {one.size for _, one in named})
        for place, one in named:
            if roots.get(one.size) != one.root:
                raise Tampered(f"entry {place}: the first {one.size} entries are not those of {one.where}")
        check_documents(os.path.join(folder, "documents"), self.log, self.report)
        covered = self.report["pinned"] == self.newest.size or any(key in self.keys for key in self.signers)
        names = {key.name for key in self.keys or self.asked.keys}
        if not covered and self.newest.origin in names and (self.keys or not self.signers):
            raise Tampered(f"{self.newest.where}: not signed with the key that you hold of {self.newest.origin}, nor with one that it leads to")
        if self.log.foreign is not None:
            require_format(self.log.foreign)
        if not covered and names.intersection(self.log.origins[:-1]):
            self.doubts.append(f"the log was begun anew as {self.newest.origin}, and the key that you hold did not sign that: get the new one")
        if self.doubts:
            raise Inconclusive(self.doubts[0])
        require_covered(self.asked, self.signers, covered=covered)


def roots_at(path: str, sizes: set[int]) -> dict[int, bytes]:
    """The roots of the first so many entries, which are read once more."""
    found: dict[int, bytes] = {}
    peaks: list[bytes] = []
    for seq, line in enumerate(lines_of(path) if sizes else ()):
        if seq in sizes:
            found[seq] = root_of(peaks)
        if len(found) == len(sizes):
            break
        grow(peaks, seq, leaf_hash(unbase64(decode(line.decode("utf-8"))["body"])))
    return found


def check_documents(folder: str, log: Log, report: dict[str, Any]) -> None:
    """Each file in the folder is one that an entry names, by the hash that is its name."""
    for name in listed(folder):
        if name.startswith(LITTER):
            continue
        digest = hashlib.sha256()
        with opened(os.path.join(folder, name)) as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
        if digest.hexdigest() != name:
            raise Tampered(f"documents/{name} is not the file that was entered: its SHA-256 is {digest.hexdigest()}")
        if digest.digest() not in log.documents:
            raise Tampered(f"documents/{name}: no entry names it")
        report["documents"] += 1
    report["left_out"] = len(log.documents) - report["documents"]


def check_folder(folder: str, asked: Asked, report: dict[str, Any]) -> None:
    """An export."""
    path, kept = os.path.join(folder, "checkpoint.txt"), os.path.join(folder, "checkpoints")
    others = [os.path.join(kept, name) for name in listed(kept) if name.endswith(".txt")]
    evidence = Evidence(asked, parse_checkpoint(read(path), path), [parse_checkpoint(read(other), other) for other in others], report)
    evidence.walk(os.path.join(folder, "entries.jsonl"))
    log = evidence.log
    report.update(tail=max(0, report["entries"] - evidence.newest.size), personal=len(log.shown), erased=len(log.erased & log.personal),
                  unerased=len(log.erased & log.shown), withheld=len(log.personal - log.shown - log.erased))
    evidence.finish(folder)


def check_proof(path: str, asked: Asked, report: dict[str, Any]) -> None:
    """One entry in the tree of one checkpoint (c2sp.org/tlog-proof); the extra line is the entry."""
    head, _, note = read(path).partition("\n\n")
    lines = head.split("\n")
    newest = parse_checkpoint(note, path)
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
    signers = [key for key in asked.keys if key.name == newest.origin and is_signed_by(newest, key)]
    require_format(content)
    report.update(entry=content, index=index, entries=1)
    for pin in asked.pins:
        if (pin.origin, pin.size) != (newest.origin, newest.size):
            raise Inconclusive(f"{pin.where} has another size or log than the proof's checkpoint: it can be compared in an export only")
        if pin.root != newest.root:
            raise Tampered(f"FORK: the proof's log is not that of {pin.where}")
        report["pinned"] = pin.size
    require_covered(asked, signers, covered=bool(signers and asked.trusted) or report["pinned"] == newest.size)


def require_covered(asked: Asked, signers: list[Key], *, covered: bool) -> None:
    if not covered and signers and not asked.trusted:
        raise Inconclusive(f"all is as the key in the export signed it ({signers[0].name}+{signers[0].id.hex()}); whether that is the log's key, "
                           "only one that you got on another way can tell: --key")
    if not covered:
        raise Inconclusive("no key that signed the checkpoint was given: --key")


def gathered(path: str, keys: list[str], pins: list[str]) -> Asked:
    """The evidence; a pin is believed as the auditor's own, whoever signed it."""
    own = os.path.join(path, "key.txt")
    found = []
    for key in keys or ([own] if os.path.exists(own) else []):
        try:
            found.append(parse_key((read(key) if os.path.exists(key) else key).strip()))
        except ValueError as fault:
            raise Inconclusive(f"{key} is not a public key: {fault}") from None
    try:
        return Asked(found, bool(keys), [parse_checkpoint(read(pin), pin) for pin in pins])
    except Tampered as fault:
        raise Inconclusive(str(fault)) from None


LINES = (  # field of the report, what a person reads of it
    ("pinned", "pinned up to {} entries"), ("tail", "{} entries after the checkpoint are not covered yet"),
    ("last_good", "last good checkpoint: {}"), ("personal", "{} personal details are those that were entered"),
    ("erased", "{} personal details were erased"), ("unerased", "{} of them are in the export all the same"),
    ("withheld", "{} personal details are not in the export"), ("documents", "{} documents are those that were entered"),
    ("left_out", "{} documents are not in the export"),
)


def shown(report: dict[str, Any]) -> Iterator[str]:
    """The report for people; what is checked may not write on the auditor's screen."""
    said = report["why"] or f"{report['log']}, up to {report['size']} entries"
    yield f"{report['verdict']}: " + said.encode("unicode_escape").decode()
    for place, origin, before in (restart.values() for restart in report["restarts"]):
        yield f"  entry {place} begins the log anew from a backup, after a checkpoint over {before} entries: {origin!a}"
    for name, text in LINES:
        if (report[name] or (report[name] == 0 and name in {"tail", "pinned"})) and (name != "last_good" or report["verdict"] == "TAMPERED"):
            yield "  " + text.format(report[name])
    if "entry" in report:
        yield f"  entry {report['index']}: " + json.dumps(report["entry"], ensure_ascii=True, indent=2)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an export of the audit log, or the proof of one entry.", epilog="Exit code: " + ", ".join(
        f"{code} {word}" for word, code in EXIT.items()))
    parser.add_argument("path", help="the folder of an export, or a .tlog-proof file")
    parser.add_argument("--key", action="append", default=[], help="the log's public key, or a file with it, from elsewhere than the export")
    parser.add_argument("--pin", action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    report: dict[str, Any] = dict.fromkeys(("verdict", "why", "log", "size", "entries", "tail", "last_good", "pinned", "restarts", "personal",
                                            "erased", "unerased", "withheld", "documents", "left_out"))
    report.update(verdict="VERIFIED", why="", entries=0, restarts=[], documents=0)
    try:
        check = check_folder if os.path.isdir(given.path) else check_proof
        check(given.path, gathered(given.path, given.key, given.pin), report)
    except (Tampered, Inconclusive) as fault:
        report.update(verdict=type(fault).__name__.upper(), why=str(fault))
    print(json.dumps(report) if given.json else "\n".join(shown(report)))
    return EXIT[report["verdict"]]


if __name__ == "__main__":
    sys.exit(main())

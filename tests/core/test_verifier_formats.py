"""What else stands in an export: keys that change, a log that begins anew, personal details, documents; and files that are not what they seem."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythons import interpreters

from workflow import signing
from workflow.core import merkle
from workflow.core.agreement import Change, Document, Effect, Head
from workflow.core.checkpoint import Checkpoint, signed, signer
from workflow.core.entry import KEY_LETTERS, MAX_INT, canonical, seal, uuid7
from workflow.errors import InvalidInput
from workflow.verifier import verify

ORIGIN, LATER = "bogor.example/mufakat", "bogor.example/mufakat-2"
FIRST, SECOND, THIRD = (signer(ORIGIN, bytes([number]) * 32, signing.public) for number in (1, 2, 3))
ANEW = signer(LATER, bytes([4]) * 32, signing.public)
AGREEMENT = "01970000-0000-7000-8000-000000000001"
PAPER = b"Memorandum of Understanding"


def set_to(name, value, *, first=False):
    return Effect("setting", None, {"name": name, "value": value}) if first else Effect("setting", (name,), {"value": value})


class Book:
    """A log as an office would write it, and the folder that it exports."""

    def __init__(self):
        self.origin, self.made, self.points, self.heads = ORIGIN, [], [], {}

    def write(self, act="record", *effects, chain=AGREEMENT, **more):
        head = self.heads.get(chain, Head(chain))
        number = len(self.made)
        one = seal(Change(act, effects or (Effect("activity", (number,), {"note": f"x{number}"}),), "2026-03-02", **more), head=head,
                   origin=self.origin, eid=uuid7(number, bytes(10)), recorded="2026-03-02T09:30:00.000000Z", person="p1", identity="os",
                   salts=lambda: sha256(b"salt %d" % number).digest())
        self.heads[chain] = Head(chain, one.cseq, one.leaf)
        self.made.append(one)
        return self

    def announce(self, key, *, first=False):
        return self.write("key", set_to("log_key", key.key.text, first=first), chain="sys")

    def restart(self, key, note, origin=LATER):
        self.origin = origin
        return self.write("restart", set_to("origin", origin), set_to("log_key", key.key.text), set_to("log_before", note), chain="sys")

    def point(self, *keys, origin="", size=None):
        """A checkpoint over all that is written, by these keys."""
        count = len(self.made) if size is None else size
        note = Checkpoint(origin or self.origin, count, merkle.root([merkle.leaf_hash(one.body) for one in self.made[:count]])).text
        for key in keys:
            note = signed(note, key, signing.sign)
        self.points.append(str(note))
        return str(note)

    def finished(self):
        self.point(SECOND)
        return self

    def export(self, folder, *, personal=False, kept=None):
        """With each checkpoint, or those whose numbers are in `kept`."""
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "entries.jsonl").write_bytes(b"".join(
            verify.line_of(place, one.chain, one.cseq, one.body, one.details if personal else ()) for place, one in enumerate(self.made)))
        for number, note in enumerate(self.points):
            if kept is None or number in kept:
                (folder / f"checkpoints/{number:010d}.txt").write_text(note, "utf-8")
        (folder / "checkpoint.txt").write_text(self.points[-1], "utf-8")
        (folder / "key.txt").write_text(ANEW.key.text if self.origin == LATER else SECOND.key.text)
        return folder


@pytest.fixture
def check(capsys, tmp_path):
    def run(folder, *keys, pins=()):
        given = [word for key in keys for word in ("--key", key.key.text)]
        for number, pin in enumerate(pins):
            (tmp_path / f"pin-{number}.txt").write_text(pin, "utf-8")
            given += ["--pin", str(tmp_path / f"pin-{number}.txt")]
        code = verify.main([str(folder), *given, "--json"])
        report = json.loads(capsys.readouterr().out)
        assert code == {"VERIFIED": 0, "TAMPERED": 6, "INCONCLUSIVE": 8}[report["verdict"]]
        return report
    return run


def rotated():
    book = Book().write().announce(FIRST, first=True)
    book.point(FIRST)
    book.write().announce(SECOND)
    book.point(FIRST, SECOND)
    book.write()
    book.point(SECOND)
    return book


def test_the_key_that_is_held_leads_to_the_one_that_took_its_place(check, tmp_path):
    folder = rotated().export(tmp_path / "export")

    for key in (FIRST, SECOND):
        assert (check(folder, key)["verdict"], check(folder, key)["last_good"]) == ("VERIFIED", 5)
    assert check(folder)["verdict"] == "INCONCLUSIVE"


def test_keys_lead_on_through_as_many_changes_as_there_were(check, tmp_path):
    book = rotated().announce(THIRD)
    book.point(SECOND, THIRD)
    book.write()
    book.point(THIRD)

    assert [check(book.export(tmp_path / key.key.id.hex()), key)["verdict"] for key in (FIRST, SECOND, THIRD)] == ["VERIFIED"] * 3


def test_a_new_key_that_the_held_one_never_covered_is_not_believed(check, tmp_path):
    """Whoever forges an end announces a key of their own in it; the checkpoint that both signed is what they cannot make."""
    report = check(rotated().export(tmp_path / "export", kept={0}), FIRST)

    assert report["verdict"] == "TAMPERED"
    assert "not signed with the key that you hold" in report["why"]


def test_an_announcement_that_a_smaller_checkpoint_does_not_cover_leads_nowhere(check, tmp_path):
    book = Book().write()
    book.point(FIRST)
    book.announce(SECOND)
    book.point(SECOND)

    assert check(book.export(tmp_path / "export"), FIRST)["verdict"] == "TAMPERED"


def test_a_key_that_was_replaced_signs_no_more(check, tmp_path):
    """Whoever finds an old key could go on with the log."""
    book = rotated().write()
    book.point(FIRST)

    for keys in ((FIRST,), (SECOND,), (FIRST, SECOND), ()):
        report = check(book.export(tmp_path / f"export-{len(list(tmp_path.iterdir()))}"), *keys)
        assert (report["verdict"], "no longer in force" in report["why"]) == ("TAMPERED", True)


def test_between_the_announcement_and_the_new_key_s_first_signature_the_old_one_is_in_force(check, tmp_path):
    """Whoever changes the key may be interrupted there."""
    book = Book().announce(FIRST, first=True)
    book.point(FIRST)
    book.announce(SECOND)
    book.point(FIRST)
    book.point(FIRST, SECOND)
    assert check(book.export(tmp_path / "after"), FIRST)["verdict"] == "VERIFIED"
    book.points.pop()
    assert check(book.export(tmp_path / "before"), FIRST)["verdict"] == "VERIFIED"


def test_a_pin_leads_to_the_keys_that_were_announced_below_it(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")

    assert check(folder, pins=[book.points[1]])["verdict"] == "VERIFIED"
    assert check(folder, pins=[book.points[0]])["verdict"] == "VERIFIED"  # it covers FIRST, which leads on
    assert check(folder, pins=[book.point(THIRD, size=1)])["verdict"] == "INCONCLUSIVE"  # it covers nothing that was announced


def test_a_pin_over_everything_is_enough(check, tmp_path):
    book = Book().write().write()
    book.point(FIRST)
    folder = book.export(tmp_path / "export")

    assert check(folder, pins=[book.point(THIRD)])["verdict"] == "VERIFIED"
    assert check(folder, pins=[book.point(THIRD, size=1)])["verdict"] != "VERIFIED"


def test_who_signs_on_with_another_key_is_found_by_a_pin_that_leads_to_the_log_s(check, tmp_path):
    book = Book().announce(FIRST, first=True)
    pin = book.point(FIRST)
    book.write()
    book.point(THIRD)

    assert check(book.export(tmp_path / "export"), pins=[pin])["verdict"] == "TAMPERED"


def test_checkpoints_of_keys_that_are_not_held_must_agree_all_the_same(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")
    assert check(folder, SECOND)["verdict"] == "VERIFIED"

    other = Book().write("other")
    other.write("other")
    (folder / "checkpoints/x.txt").write_text(other.point(THIRD), "utf-8")

    assert check(folder, SECOND)["why"].startswith("one of the entries 0 to 1 is not what")


def test_a_false_signature_of_a_key_that_is_believed_is_tampering(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")
    (folder / "checkpoints/0000000001.txt").write_text(resigned(book.points[1], SECOND, book.points[2]), "utf-8")

    report = check(folder, SECOND)

    assert (report["verdict"], report["why"].endswith(f"the signature of {ORIGIN} is false")) == ("TAMPERED", True)


def resigned(note, key, other):
    """A note with the key's signature of another."""
    def line(text):
        return next(row for row in text.split("\n") if row.startswith("— ") and b64(row)[:4] == key.key.id)
    return note.replace(line(note), line(other))


def b64(row):
    return verify.unbase64(row.rpartition(" ")[2])


def test_a_damaged_pin_accuses_nobody(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")
    other_root = book.points[0].replace(book.points[0].split("\n")[2], b64encode(bytes(32)).decode())

    for pin in (resigned(book.points[0], FIRST, book.points[1]), other_root):
        report = check(folder, FIRST, pins=[pin])
        assert (report["verdict"], "the pin is damaged" in report["why"]) == ("INCONCLUSIVE", True)
    assert check(folder, pins=[other_root])["why"].startswith("FORK:")  # without a key nobody can tell


def restarted(*also, place=4, before=6):
    """An office of six signed entries whose backup held four."""
    lost = Book().announce(FIRST, first=True)
    for _ in range(5):
        lost.write()
    old = lost.point(FIRST, size=before)
    book = Book()
    book.made, book.heads = lost.made[:place], {one.chain: Head(one.chain, one.cseq, one.leaf) for one in lost.made[:place]}
    book.point(FIRST, size=2)
    book.restart(ANEW, old)
    book.point(ANEW, *also)
    book.write().write(chain="01970000-0000-7000-8000-000000000002")
    book.point(ANEW)
    return book, old


def test_a_log_that_began_anew_is_verified_and_says_so(check, tmp_path):
    book, _ = restarted(FIRST)
    folder = book.export(tmp_path / "export")

    for key in (FIRST, ANEW):
        report = check(folder, key)
        assert (report["verdict"], report["log"], report["entries"]) == ("VERIFIED", LATER, 7)
        assert report["restarts"] == [{"place": 4, "origin": LATER, "before": 6}]


def test_people_read_of_a_new_beginning(tmp_path, capsys):
    book, _ = restarted()

    verify.main([str(book.export(tmp_path / "export")), "--key", ANEW.key.text])

    assert "  entry 4 begins the log anew from a backup, after a checkpoint over 6 entries: " in capsys.readouterr().out


def test_a_new_beginning_that_the_held_key_did_not_sign_needs_the_new_key(check, tmp_path):
    book, _ = restarted()

    report = check(book.export(tmp_path / "export"), FIRST)

    assert (report["verdict"], "begun anew" in report["why"]) == ("INCONCLUSIVE", True)


@pytest.mark.parametrize("size", [5, 6])
def test_a_pin_beyond_the_backup_is_a_rollback_that_names_what_was_declared(check, tmp_path, size):
    book, _ = restarted(FIRST, before=6)
    lost = Book().announce(FIRST, first=True)
    for _ in range(5):
        lost.write()

    report = check(book.export(tmp_path / "export"), FIRST, pins=[lost.point(FIRST, size=size)])

    assert report["verdict"] == "TAMPERED"
    assert re.match(rf"ROLLBACK: .* covers {size} entries; entry 4 declares .* over 6 entries", report["why"])


def test_a_pin_that_the_backup_held_still_agrees(check, tmp_path):
    book, _ = restarted(FIRST)
    small = book.point(FIRST, origin=ORIGIN, size=3)
    book.points.pop()

    assert (check(book.export(tmp_path / "export"), FIRST, pins=[small])["verdict"]) == "VERIFIED"


def test_a_pin_beyond_everything_names_the_new_beginning_too(check, tmp_path):
    book, _ = restarted(FIRST)
    long = Book().announce(FIRST, first=True)
    for _ in range(30):
        long.write()

    why = check(book.export(tmp_path / "export"), FIRST, pins=[long.point(FIRST)])["why"]

    assert (why[:9], "entry 4 declares" in why) == ("ROLLBACK:", True)


def test_what_a_restart_names_must_agree_where_the_log_still_has_it(check, tmp_path):
    book, _ = restarted(FIRST, before=3)
    assert check(book.export(tmp_path / "export"), ANEW)["verdict"] == "VERIFIED"

    other = Book().write("other")
    other.write("other").write("other")
    forged = Book()
    forged.made, forged.heads = book.made[:4], {one.chain: Head(one.chain, one.cseq, one.leaf) for one in book.made[:4]}
    forged.restart(ANEW, other.point(FIRST))
    forged.point(ANEW)

    report = check(forged.export(tmp_path / "forged"), ANEW)

    assert (report["verdict"], report["why"]) == ("TAMPERED", "entry 4: the first 3 entries are not those of the checkpoint that the restart names")


def test_no_entry_takes_another_name_without_a_restart(check, tmp_path):
    book = Book().write()
    book.point(FIRST)
    book.origin = LATER
    book.write()
    book.point(ANEW)

    assert check(book.export(tmp_path / "export"), ANEW)["why"].startswith(f"entry 1: it says it is of {LATER}")


@pytest.mark.parametrize("note", ["", "no note", "other"])
def test_a_restart_names_a_checkpoint_of_the_log_before(check, tmp_path, note):
    book = Book().write()
    text = Book().point(ANEW, origin=LATER) if note == "other" else note
    book.restart(ANEW, text)
    book.point(ANEW)

    assert check(book.export(tmp_path / "export"), ANEW)["why"].startswith("entry 1: ")


def test_a_checkpoint_has_the_name_that_is_in_force_by_its_size(check, tmp_path):
    book, _ = restarted(FIRST)
    folder = book.export(tmp_path / "export")
    (folder / "checkpoints/x.txt").write_text(book.point(FIRST, origin=ORIGIN, size=6), "utf-8")

    assert check(folder, ANEW)["why"].endswith(f"is of {ORIGIN}, and with 6 entries the log is {LATER}")


def test_a_pin_of_another_log_proves_nothing(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")

    for size in (0, 3, 40):
        pin = str(signed(Checkpoint("surabaya.example", size, merkle.root([bytes(32)] * size)).text, THIRD, signing.sign))
        assert check(folder, FIRST, pins=[pin])["verdict"] == "INCONCLUSIVE"


def personal():
    """Four personal values: a person's name and login, two people's names; the first person's are erased."""
    book = Book()
    for ident in ("p1", "p2"):
        values = {"id": ident, "name": f"Sari {ident} – 木更津", "login": f"sari-{ident}"}
        book.write("person", Effect("person", None, values), chain="sys", personal=((0, "name"), (0, "login")))
    gone = [Effect("detail", (1, name), {}) for name in ("0.name", "0.login")]
    book.write("erase", Effect("person", ("p1",), {"name": "", "login": ""}), *gone, chain="sys")
    book.point(SECOND)
    return book


def erased(book):
    book.made[0] = book.made[0]._replace(details=())
    return book


def counted(report):
    return report["verdict"], report["personal"], report["erased"], report["unerased"], report["withheld"]


def test_personal_details_are_those_that_were_entered(check, tmp_path):
    assert counted(check(erased(personal()).export(tmp_path / "all", personal=True), SECOND)) == ("VERIFIED", 2, 2, 0, 0)
    assert counted(check(personal().export(tmp_path / "none"), SECOND)) == ("VERIFIED", 0, 2, 0, 2)
    assert counted(check(personal().export(tmp_path / "kept", personal=True), SECOND)) == ("VERIFIED", 4, 2, 2, 0)


@pytest.mark.parametrize("change", [
    lambda name, salt, value: (name, salt, value.replace("Sari", "Rina")), lambda name, salt, value: (name, bytes(32), value),
    lambda name, salt, value: ("0.email", salt, value), lambda name, salt, value: (name, salt, value + " "),
    lambda name, salt, value: (7, salt, value),
], ids=["value", "salt", "name", "spelling", "kind"])
def test_a_personal_detail_that_is_another_is_found_at_its_entry(check, tmp_path, change):
    book = personal()
    book.made[1] = book.made[1]._replace(details=(change(*book.made[1].details[0]),))

    report = check(book.export(tmp_path / "export", personal=True), SECOND)

    assert (report["verdict"], report["why"][:8]) == ("TAMPERED", "entry 1:")


def test_only_an_entry_that_erases_tells_what_was_erased(check, tmp_path):
    book = personal().write("record", Effect("detail", (2, "0.name"), {}), chain="sys")
    book.write("erase", Effect("detail", (2, "0.name"), {}), chain=AGREEMENT)  # of another agreement
    book.point(SECOND)

    assert counted(check(book.export(tmp_path / "export"), SECOND)) == ("VERIFIED", 0, 2, 0, 2)


def document(number, content):
    return Document(number, "mou", "draft", 1, 1, "", sha256(content).hexdigest(), len(content), "mou.pdf", "2026-03-02", "p1")


@pytest.fixture
def papers(tmp_path):
    """An export that holds one of two documents."""
    book = Book().write(documents=(document(1, PAPER), document(2, b"another")))
    book.point(SECOND)
    folder = book.export(tmp_path / "export")
    (folder / "documents").mkdir()
    (folder / "documents" / sha256(PAPER).hexdigest()).write_bytes(PAPER)
    return folder


def test_documents_are_those_that_were_entered(check, papers):
    (papers / "documents" / ".DS_Store").write_bytes(b"litter")

    report = check(papers, SECOND)

    assert (report["verdict"], report["documents"], report["left_out"]) == ("VERIFIED", 1, 1)


def altered(file):
    file.write_bytes(PAPER + b".")


def added(file):
    (file.parent / sha256(b"foreign").hexdigest()).write_bytes(b"foreign")


def renamed(file):
    file.rename(file.parent / "mou.pdf")


@pytest.mark.parametrize("act", [altered, added, renamed])
def test_a_document_that_is_another_is_named(check, papers, act):
    act(papers / "documents" / sha256(PAPER).hexdigest())

    report = check(papers, SECOND)

    assert report["verdict"] == "TAMPERED"
    assert report["why"].startswith("documents/")


def a_folder(path):
    path.unlink()
    path.mkdir()


def a_device(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def a_loop(path):
    path.unlink()
    path.symlink_to(path)


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def no_text(path):
    path.write_bytes(b"\xff\xfe" * 9)


def huge(path):
    with path.open("ab") as stream:
        stream.truncate(3 << 30)  # a hole: it takes no room on the disk


WRONG = [a_folder, a_device, a_loop, a_pipe, no_text, huge]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices in a folder are POSIX's")
@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint.txt", "checkpoints/0000000000.txt", "key.txt"])
@pytest.mark.parametrize("act", WRONG)
def test_what_is_no_such_file_is_no_crash_and_no_verdict_of_soundness(check, tmp_path, name, act):
    folder = rotated().export(tmp_path / "export")
    act(folder / name)

    assert check(folder, *([FIRST] if name != "key.txt" else []))["verdict"] != "VERIFIED"


@pytest.mark.parametrize("act", [a_folder, a_device, a_loop, a_pipe])
def test_in_the_folder_of_documents_too(check, papers, act):
    act(papers / "documents" / sha256(PAPER).hexdigest())

    assert check(papers, SECOND)["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize(("spoil", "why"), [
    (lambda data: data[:-1], "entry 4: the line is cut off"),
    (lambda data: data[:-40], "entry 4: the line is cut off"),
    (lambda data: data + b"\n", "entry 5: the line"),
    (lambda data: data + b"{" * 20, "entry 5: the line is cut off"),
    (lambda data: data.replace(b"\n", b"\r\n"), "entry 0: the line"),
    (lambda data: b"\xef\xbb\xbf" + data, "entry 0: the line"),
    (lambda data: data.replace(b'"seq": 3', b'"seq": 3.0'), "entry 3: the line"),
    (lambda data: data.replace(b'"seq": 3', b'"seq": Infinity'), "entry 3: the line"),
    (lambda data: data.replace(b'"seq": 3', b'"seq": ' + b"9" * 5000), "entry 3: the line"),
    (lambda data: data.replace(b'"seq": 3', b'"seq": true'), "entry 3: the line"),
    (lambda data: data.replace(b'"seq": 3,', b'"seq":3,'), "entry 3: the line is not written"),
    (lambda data: data.replace(b'"seq": 3,', b'"seq": 3, "seq": 3,'), "entry 3: the line is not written"),
    (lambda data: data.replace(b'"chain": "sys"', b'"chain": "\\u0073ys"', 1), "entry 1: the line is not written"),
    (lambda data: data.replace(b'"chain": "sys"', b'"chain": ["sys"]', 1), "entry 1: "),
    (lambda data: b"[" * 100000 + b"\n" + data, "entry 0: the line"),
    (lambda data: b"1" * (5 << 20) + b"\n" + data, "entry 0: the line is too long"),
    (lambda data: b"null\n" + data, "entry 0: the line"),
])
def test_a_line_has_one_spelling(check, tmp_path, spoil, why):
    folder = rotated().export(tmp_path / "export")
    file = folder / "entries.jsonl"
    file.write_bytes(spoil(file.read_bytes()))

    report = check(folder, FIRST)

    assert (report["verdict"], report["why"][:len(why)]) == ("TAMPERED", why)


def test_a_checkpoint_beyond_the_newest_is_a_rollback(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")
    (folder / "checkpoint.txt").write_text(book.points[1], "utf-8")

    assert check(folder, FIRST)["why"].startswith("ROLLBACK:")


def test_a_checkpoint_may_lie_there_twice(check, tmp_path):
    book = rotated()
    folder = book.export(tmp_path / "export")
    (folder / "checkpoints/0000000001-2.txt").write_text(book.points[1], "utf-8")
    (folder / "checkpoints/notes.md").write_text("not a checkpoint")

    assert check(folder, FIRST)["verdict"] == "VERIFIED"


def test_every_bit_of_a_full_export_counts(check, papers):
    """Each is in something that is signed, in something that is held to a hash that is, or in the one spelling of a line."""
    folder = personal().write(documents=(document(1, PAPER),)).finished().export(papers.parent / "full", personal=True)
    (papers / "documents").rename(folder / "documents")
    chance = random.Random(11)
    for _ in range(600):
        file = chance.choice([folder / "entries.jsonl", folder / "checkpoint.txt", *(folder / "documents").iterdir()])
        data = file.read_bytes()
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        file.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1:])
        assert check(folder, SECOND)["verdict"] != "VERIFIED", (file.name, place, bit)
        file.write_bytes(data)
    assert check(folder, SECOND)["verdict"] == "VERIFIED"


@pytest.mark.parametrize("python", interpreters("3.8", "3.9", "3.13"))
def test_all_of_it_runs_on_every_python(python, tmp_path):
    """The report is the same, word for word."""
    book = restarted(FIRST)[0].write("record", Effect("person", None, {"name": "Sari"}), chain="sys", personal=((0, "name"),))
    book.point(ANEW)
    folder = book.export(tmp_path / "export", personal=True)

    words = ["-I", "-S", verify.__file__, str(folder), "--key", FIRST.key.text, "--json"]
    reports = [subprocess.run([run, *words], capture_output=True, check=True, text=True) for run in (sys.executable, python)]

    assert json.loads(reports[1].stdout)["verdict"] == "VERIFIED"
    assert (reports[1].stdout, reports[1].stderr) == (reports[0].stdout, "")


def walked(value, depth=0):
    """The profile as it reads in words, for comparison: keys of a-z, 0-9, _ and ., integers within 2^53 - 1, at most 64 levels."""
    if isinstance(value, dict):
        return depth < 64 and all(key and not key.strip(KEY_LETTERS) and walked(inner, depth + 1) for key, inner in value.items())
    if isinstance(value, list):
        return depth < 64 and all(walked(inner, depth + 1) for inner in value)
    return value is None or isinstance(value, (bool, str)) or (isinstance(value, int) and -MAX_INT <= value <= MAX_INT)


def nested(depth, kind):
    value = {}
    for _ in range(depth):
        value = {"a": value} if kind == "objects" else {"a": [value]}
    return value


TEXTS = st.one_of(st.text(max_size=5), st.sampled_from(['"', "\\", '{"A":1}', '":', ",", "[" * 70, "9" * 20, "1.5", "\u2028", "\x7f"]))
KEYS = st.one_of(st.text(KEY_LETTERS, min_size=1, max_size=4), TEXTS)
LEAVES = st.one_of(st.none(), st.booleans(), TEXTS, st.integers(), st.floats(), st.sampled_from([MAX_INT, MAX_INT + 1, -MAX_INT, -MAX_INT - 1, -0.0]))
VALUES = st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=12)


def taken(body):
    try:
        verify.parse_entry(body)
    except verify.Tampered:
        return False
    return True


def held(value):
    try:
        return canonical(value)
    except InvalidInput:
        return None


@given(st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.builds(nested, st.integers(28, 70), st.sampled_from(["objects", "lists"]))))
def test_the_profile_is_the_same_to_who_writes_who_walks_and_who_reads(value):
    body = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert taken(body) is walked(value) is (held(value) == body)


@given(st.dictionaries(st.text(KEY_LETTERS, min_size=1, max_size=4), VALUES.filter(walked), min_size=1, max_size=4), st.randoms())
def test_another_spelling_of_a_sound_value_is_refused(value, chance):
    body = canonical(value)
    other = chance.choice([json.dumps(value, sort_keys=True).encode(), body.replace(b":", b": ", 1), body + b" ", b" " + body, body + b"\n",
                           b"\xef\xbb\xbf" + body, body[:1] + b'"%s":1,' % next(iter(sorted(value))).encode() + body[1:]])

    assert taken(body)
    assert not taken(other)


@pytest.mark.parametrize("body", [b'{"a":-0}', b'{"a":"\\u00e9"}', b'{"a":"\\/"}', b'{"a":"\\u001F"}', b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}',
                                  b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a":1e2}', b'{"a":NaN}', b'{"a":01}', b'{"a":"\t"}', b'{"":1}', b"1",
                                  b"{}{}"])
def test_a_spelling_that_is_not_the_one_is_refused(body):
    assert not taken(body)


def test_a_line_is_what_json_writes():
    """Whoever writes exports needs no other tool."""
    row = {"seq": 3, "chain": "sys", "cseq": 2, "body": b64encode(b"{}").decode()}

    assert verify.line_of(3, "sys", 2, b"{}") == json.dumps(row).encode() + b"\n"
    more = row | {"details": [["0.name", b64encode(bytes(32)).decode(), '"木更津"']]}
    assert verify.line_of(3, "sys", 2, b"{}", [("0.name", bytes(32), '"木更津"')]) == json.dumps(more).encode() + b"\n"


def test_an_export_of_any_size_takes_the_same_memory(tmp_path):
    """Measured as blocks that are allocated at most: eight times the entries, and hardly more."""
    script = ("import sys, tracemalloc; sys.path.insert(0, sys.argv[1]); import verify; verify.main([sys.argv[2], '--key', sys.argv[3]]); "
              "tracemalloc.start(); verify.main([sys.argv[2], '--key', sys.argv[3]]); print(tracemalloc.get_traced_memory()[1])")
    peaks = []
    for count in (250, 2000):
        book = Book()
        for _ in range(count):
            book.write()
        book.point(SECOND)
        folder = book.export(tmp_path / str(count))
        words = [os.path.dirname(verify.__file__), str(folder), SECOND.key.text]
        done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))

    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.skipif(find_spec("hatchling") is None, reason="a wheel is built with hatchling, which is not installed here, and tests use no network")
def test_a_wheel_holds_the_file_as_it_is(tmp_path):
    root = Path(__file__).parents[2]  # the project, wherever the package is installed
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", tmp_path, root], check=True)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("workflow/verifier/verify.py") == Path(verify.__file__).read_bytes()

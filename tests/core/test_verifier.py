"""The file that an auditor takes home: its verdicts over exports and proofs, and that it needs nothing but Python."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from base64 import b64decode, b64encode
from functools import lru_cache
from pathlib import Path

import pytest
from pythons import interpreters

from workflow import signing
from workflow.core import merkle
from workflow.core.agreement import Change, Effect, Head
from workflow.core.checkpoint import Checkpoint, parse_note, signed, signer
from workflow.core.entry import genesis, seal, uuid7
from workflow.core.proof import Proof
from workflow.verifier import verify

VECTORS = Path(__file__).parents[1] / "vectors"
EDGES = json.loads((VECTORS / "ed25519/ed25519vectors.json").read_text())
ORIGIN = "bogor.example/mufakat"
LOG = signer(ORIGIN, bytes(32), signing.public)
KEY = ["--key", LOG.key.text]
THIEF = signer(ORIGIN, bytes([7]) * 32, signing.public)
CHAINS = ["sys", "01970000-0000-7000-8000-000000000001", "01970000-0000-7000-8000-000000000002"]
SIZE = 12


def sealed(head, number, reason="Surat balasan – 返事"):
    effect = Effect("rows", None, {"stage": "loi", "kind": "field", "seq": number, "data": {"title": reason}})
    change = Change(effects=(effect,), act="record", occurred="2026-03", instance="loi", reason=reason)
    return seal(change, head=head, origin=ORIGIN, eid=uuid7(number, bytes(10)), recorded="2026-03-02T09:30:00.000000Z", person="p1", identity="os",
                salts=lambda: bytes(32))


@lru_cache
def history(size=SIZE, reason="Surat balasan – 返事"):
    """Entries of three chains in turn."""
    heads, made = {chain: Head(chain) for chain in CHAINS}, []
    for number in range(size):
        chain = CHAINS[number % 3]
        one = sealed(heads[chain], number, reason)
        heads[chain] = heads[chain]._replace(cseq=one.cseq, leaf=one.leaf)
        made.append(one)
    return made


def rows(made):
    return [{"seq": seq, "chain": one.chain, "cseq": one.cseq, "body": b64encode(one.body).decode()} for seq, one in enumerate(made)]


def leaves(made):
    return [merkle.leaf_hash(one.body) for one in made]


def checkpoint(made, key=LOG):
    return str(signed(Checkpoint(ORIGIN, len(made), merkle.root(leaves(made))).text, key, signing.sign))


def write(folder, listed, point, key=LOG):
    folder.mkdir(exist_ok=True)
    (folder / "entries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in listed), encoding="utf-8")
    (folder / "checkpoint.txt").write_text(point, encoding="utf-8")
    (folder / "key.txt").write_text(key.key.text + "\n", encoding="utf-8")
    return folder


def told(capsys, *arguments):
    code = verify.main([*map(str, arguments), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == {"VERIFIED": 0, "TAMPERED": 6, "INCONCLUSIVE": 8}[report["verdict"]]
    return report


@pytest.fixture
def export(tmp_path):
    return write(tmp_path / "export", rows(history()), checkpoint(history()))


@pytest.fixture
def pin(tmp_path):
    file = tmp_path / "pin.txt"
    file.write_text(checkpoint(history()[:5]), encoding="utf-8")
    return file


@pytest.mark.parametrize("start", range(0, len(EDGES), 100))
def test_the_two_verifications_of_ed25519_agree_on_every_edge_case(start):
    for case in EDGES[start:start + 100]:
        given = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode()
        assert verify.is_signed(*given) is signing.verify(*given), case["number"]


def test_signatures_of_many_lengths_verify_in_both():
    for length in (0, 1, 55, 63, 64, 65, 127, 128, 1000):
        message, seed = bytes(length), bytes([length % 251]) * 32
        signature, public = signing.sign(seed, message), signing.public(seed)
        assert verify.is_signed(public, signature, message)
        assert not verify.is_signed(public, signature, message + b"x")
        assert not verify.is_signed(public[:31], signature, message)
        assert not verify.is_signed(public, signature[:63], message)


def test_no_edge_case_is_left_out():
    assert len(EDGES) == 914


def test_an_export_that_is_whole_is_verified(capsys, export):
    report = told(capsys, export, *KEY)

    assert (report["verdict"], report["log"], report["size"], report["entries"], report["tail"], report["pinned"]) == (
        "VERIFIED", ORIGIN, SIZE, SIZE, 0, None)


def test_a_pin_says_since_when(capsys, export, pin):
    assert told(capsys, export, *KEY, "--pin", pin)["pinned"] == 5


def test_the_key_may_lie_in_a_file(capsys, export, tmp_path):
    (tmp_path / "log.vkey").write_text(LOG.key.text + "\n")

    assert told(capsys, export, "--key", tmp_path / "log.vkey")["verdict"] == "VERIFIED"


def test_the_key_of_the_export_proves_nothing(capsys, export):
    report = told(capsys, export)

    assert report["verdict"] == "INCONCLUSIVE"
    assert "another way" in report["why"]


def test_the_tail_is_counted_and_its_chains_are_held(capsys, tmp_path):
    folder = write(tmp_path / "export", rows(history()), checkpoint(history()[:9]))

    report = told(capsys, folder, *KEY)

    assert (report["verdict"], report["size"], report["tail"]) == ("VERIFIED", 9, 3)
    write(folder, rows([*history()[:-1], history(SIZE, "other")[-1]]), checkpoint(history()[:9]))
    assert told(capsys, folder, *KEY)["why"].startswith("entry 11: it does not follow entry 3 of")


def test_all_checkpoints_of_an_export_are_held(capsys, export):
    (export / "checkpoints").mkdir()
    for size in (0, 1, 5, 12):
        (export / f"checkpoints/{size}.txt").write_text(checkpoint(history()[:size]))
    assert told(capsys, export, *KEY)["verdict"] == "VERIFIED"

    (export / "checkpoints/8.txt").write_text(checkpoint(history(8, "rewritten")))
    report = told(capsys, export, *KEY)

    assert (report["verdict"], report["last_good"]) == ("TAMPERED", 5)
    assert "one of the entries 5 to 7" in report["why"]


def edited(made, at, **row):
    listed = rows(made)
    listed[at].update(row)
    return listed


def numbered(listed):
    return [{**row, "seq": seq} for seq, row in enumerate(listed)]


def changed(body):
    return b64encode(b64decode(body).replace(b"p1", b"p9")).decode()


ATTACKS = {  # what was done to the entries -> what is said of it
    "a body edited": (edited(history(), 4, body=changed(rows(history())[4]["body"])), "entry 7: it does not follow entry 2"),
    "the last body edited": (edited(history(), 11, body=changed(rows(history())[11]["body"])), "one of the entries 0 to 11"),
    "a column edited": (edited(history(), 4, chain="sys"), "entry 4: it is entered as sys 2"),
    "a number edited": (edited(history(), 4, cseq=3), "entry 4: it is entered as"),
    "an entry deleted": (rows(history())[:4] + rows(history())[5:], "entry 4: number 5 stands where 4 belongs"),
    "deleted and renumbered": (numbered(rows(history())[:4] + rows(history())[5:]), "entry 6: it does not follow"),
    "two swapped": (numbered([*rows(history())[:4], rows(history())[5], rows(history())[4], *rows(history())[6:]]), "one of the entries 0 to 11"),
    "two of a chain swapped": (numbered([*rows(history())[3:4], *rows(history())[1:3], *rows(history())[:1], *rows(history())[4:]]),
                               "entry 0: it does not follow entry 0 of sys"),
    "the end cut off": (rows(history())[:9], "3 entries are missing at the end"),
    "all deleted": ([], "12 entries are missing"),
    "all written anew": (rows(history(SIZE, "rewritten")), "one of the entries 0 to 11"),
    "not canonical": (edited(history(), 0, body=b64encode(history()[0].body + b" ").decode()), "entry 0: the body is not in canonical form"),
    "a float": (edited(history(), 0, body=b64encode(b'{"v":1.0}').decode()), "entry 0: the body is not canonical JSON"),
    "another format": (edited(history(), 11, body=b64encode(history()[11].body.replace(b'"v":1', b'"v":2')).decode()), "one of the entries 0 to 11"),
    "no object": (edited(history(), 0, body=b64encode(b"[]").decode()), "entry 0: the body is not in canonical form"),
    "endless nesting": (edited(history(), 0, body=b64encode(b"[" * 60000).decode()), "entry 0: the body is not canonical JSON"),
    "not base64": (edited(history(), 3, body="?"), "entry 3: the line"),
    "not text": (edited(history(), 3, body=7), "entry 3: the line cannot be read"),
}


@pytest.mark.parametrize(("listed", "why"), ATTACKS.values(), ids=ATTACKS)
def test_what_was_done_to_the_entries_is_found_and_located(capsys, tmp_path, listed, why):
    """With the public key alone, and even with the key of the export."""
    folder = write(tmp_path / "export", listed, checkpoint(history()))

    assert told(capsys, folder, *KEY)["why"].startswith(why)
    assert told(capsys, folder)["verdict"] == "TAMPERED"


def test_who_signs_anew_without_the_key_is_found_by_the_key_only(capsys, tmp_path):
    forged = history(SIZE, "rewritten")
    folder = write(tmp_path / "export", rows(forged), checkpoint(forged, THIEF), THIEF)

    assert told(capsys, folder)["verdict"] == "INCONCLUSIVE"
    report = told(capsys, folder, *KEY)
    assert report["verdict"] == "TAMPERED"
    assert "not signed with the key that you hold" in report["why"]


def test_who_signs_anew_with_the_stolen_key_is_found_by_a_pin_only(capsys, tmp_path, pin):
    forged = history(SIZE, "rewritten")
    folder = write(tmp_path / "export", rows(forged), checkpoint(forged))

    assert told(capsys, folder, *KEY)["verdict"] == "VERIFIED"
    report = told(capsys, folder, *KEY, "--pin", pin)
    assert (report["verdict"], report["why"][:5]) == ("TAMPERED", "FORK:")


def test_an_old_export_is_found_by_a_newer_pin_only(capsys, tmp_path, pin):
    folder = write(tmp_path / "export", rows(history()[:4]), checkpoint(history()[:4]))

    assert told(capsys, folder, *KEY)["verdict"] == "VERIFIED"
    report = told(capsys, folder, *KEY, "--pin", pin)
    assert (report["verdict"], report["why"][:9]) == ("TAMPERED", "ROLLBACK:")


def test_a_pin_without_the_key_is_not_enough(capsys, export, pin):
    (export / "key.txt").unlink()

    report = told(capsys, export, "--pin", pin)

    assert (report["verdict"], report["pinned"]) == ("INCONCLUSIVE", 5)


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint.txt"])
def test_what_is_not_there_proves_nothing(capsys, export, name):
    (export / name).unlink()

    assert told(capsys, export, *KEY)["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize("text", ["", "no note", "a\n\nb\n", "log\n1\nAAAA\n\n— a AAAAAAAA\n", "log\n\n— a AAAAAAAA\n"])
def test_a_checkpoint_that_cannot_be_read_is_tampering_and_such_a_pin_proves_nothing(capsys, export, tmp_path, text):
    (tmp_path / "pin.txt").write_text(text, encoding="utf-8")
    assert told(capsys, export, *KEY, "--pin", tmp_path / "pin.txt")["verdict"] == "INCONCLUSIVE"

    (export / "checkpoint.txt").write_text(text, encoding="utf-8")
    assert told(capsys, export, *KEY)["verdict"] == "TAMPERED"


def test_the_key_of_another_log_proves_nothing(capsys, export):
    other = signer("surabaya.example/mufakat", bytes(32), signing.public)

    assert told(capsys, export, "--key", other.key.text)["verdict"] == "INCONCLUSIVE"
    assert told(capsys, export, "--key", LOG.key.text[:-1])["verdict"] == "INCONCLUSIVE"


def test_a_witness_is_not_the_log(capsys, export):
    """Only the log's own key says that this is the log."""
    witness = signer("inspectorate.example", bytes([3]) * 32, signing.public)
    both = signed(parse_note(checkpoint(history())), witness, signing.sign)
    (export / "checkpoint.txt").write_text(str(both), encoding="utf-8")

    assert told(capsys, export, "--key", witness.key.text)["verdict"] == "INCONCLUSIVE"
    assert told(capsys, export, *KEY, "--key", witness.key.text)["verdict"] == "VERIFIED"


def test_what_is_checked_does_not_write_on_the_screen(capsys, tmp_path):
    folder = write(tmp_path / "export", edited(history(), 4, chain="x\n\x1b[2JVERIFIED: all is well"), checkpoint(history()))

    assert verify.main([str(folder), *KEY]) == 6
    out = capsys.readouterr().out
    assert (out.startswith("TAMPERED: "), "\x1b" in out, "\nVERIFIED" in out) == (True, False, False)


def test_an_entry_of_a_later_format_that_was_signed_is_not_judged(capsys, tmp_path):
    body = history()[0].body.replace(b'"v":1', b'"v":2')
    made = [history()[0]._replace(body=body)]

    report = told(capsys, write(tmp_path / "export", rows(made), checkpoint(made)), *KEY)

    assert (report["verdict"], "has format 2" in report["why"]) == ("INCONCLUSIVE", True)


def test_every_bit_counts(capsys, export):
    """Any bit of the entries or of the checkpoint: none is verified once it is turned, for a line has one spelling."""
    chance = random.Random(5)
    files = [export / "entries.jsonl", export / "checkpoint.txt"]
    for _ in range(3000):
        file = files[chance.random() < 0.2]
        data = file.read_bytes()
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        file.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1:])
        assert told(capsys, export, *KEY)["verdict"] != "VERIFIED", (file.name, place, bit)
        file.write_bytes(data)


def proof(index=4, made=None, body=None):
    made = made or history()
    hashes = merkle.inclusion(index, len(made), lambda level, at: merkle.root(leaves(made)[at << level:at + 1 << level]))
    return str(Proof(index, tuple(hashes), checkpoint(made), made[index].body if body is None else body))


@pytest.fixture
def taken(tmp_path):
    file = tmp_path / "entry.tlog-proof"
    file.write_text(proof(), encoding="utf-8")
    return file


def test_one_entry_is_proved_to_who_holds_the_key(capsys, taken):
    report = told(capsys, taken, *KEY)

    assert (report["verdict"], report["index"], report["size"]) == ("VERIFIED", 4, SIZE)
    assert report["entry"]["eid"] == history()[4].eid
    assert told(capsys, taken)["verdict"] == "INCONCLUSIVE"


def test_every_place_of_trees_of_many_sizes_is_proved(capsys, taken):
    for size in (1, 2, 3, 7, 8, 12):
        for index in range(size):
            taken.write_text(proof(index, history(size)), encoding="utf-8")
            assert told(capsys, taken, *KEY)["index"] == index


def test_a_proof_is_held_against_a_pin_of_the_same_size(capsys, taken, pin):
    assert told(capsys, taken, *KEY, "--pin", pin)["verdict"] == "INCONCLUSIVE"
    pin.write_text(checkpoint(history()))
    assert told(capsys, taken, *KEY, "--pin", pin)["pinned"] == SIZE
    pin.write_text(checkpoint(history(SIZE, "rewritten")))
    assert told(capsys, taken, *KEY, "--pin", pin)["why"].startswith("FORK:")


@pytest.mark.parametrize("text", [
    proof(body=history()[5].body), proof().replace("index 4", "index 5"), proof().replace("index 4", "index 44"), proof().replace("index 4", "index"),
    proof().replace("proof@v1", "proof@v2"), proof().replace("index 4", "index 04"), "", "c2sp.org/tlog-proof@v1\n\n" + checkpoint(history()),
])
def test_a_proof_of_something_else_is_refused(capsys, taken, text):
    taken.write_text(text, encoding="utf-8")

    assert told(capsys, taken, *KEY)["verdict"] == "TAMPERED"


def test_every_bit_of_a_proof_counts(capsys, taken):
    chance, data = random.Random(6), taken.read_bytes()
    for _ in range(500):
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        taken.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1:])
        assert told(capsys, taken, *KEY)["verdict"] != "VERIFIED", (place, bit)


def test_the_first_entry_of_a_chain_is_tied_to_the_log():
    assert verify.genesis(ORIGIN, CHAINS[1]) == genesis(ORIGIN, CHAINS[1])


@pytest.mark.parametrize("python", interpreters("3.8", "3.9"))
def test_the_file_alone_gives_the_verdicts(python, tmp_path, export, taken, pin):
    """Taken out of the package, without the packages of any environment, in a process of its own."""
    alone = shutil.copy(verify.__file__, tmp_path / "verify.py")

    def run(*arguments):
        done = subprocess.run([python, "-I", "-S", alone, *arguments], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert run(export, *KEY, "--pin", pin) == (
        0, f"VERIFIED: {ORIGIN}, up to 12 entries\n  pinned up to 5 entries\n  0 entries after the checkpoint are not covered yet\n")
    code, out = run(taken, *KEY)
    assert (code, out.split(":")[0], history()[4].eid in out) == (0, "VERIFIED", True)
    assert run(export)[0] == run(tmp_path / "nothing", *KEY)[0] == 8
    write(export, ATTACKS["the end cut off"][0], checkpoint(history()))
    code, out = run(export, *KEY)
    assert (code, out[:57]) == (6, "TAMPERED: 3 entries are missing at the end: 12 were signed"[:57])

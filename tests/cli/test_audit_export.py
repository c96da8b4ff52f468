"""The folder that an auditor takes home: whole or not there, streamed, checked by the one file that lies in it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from base64 import b64decode

import pytest

from cli import PARTS
from workflow.commands.app import App
from workflow.exports.log import export


@pytest.fixture
def papers(loi):
    """A letter of intent with a file, and a person whose name is their own affair."""
    loi.ok("person add", "Sari Dewi", "--login", "sari")
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('a.pdf')}:id")
    loi.file("key.txt", loi.ok("audit key show"))
    return loi


def read(folder) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "verify.py")


def checked(typist, folder: str, *words: str) -> dict:
    """What the file in the export says of it, run by itself with nothing of ours in reach."""
    done = subprocess.run([sys.executable, "-I", f"{folder}/verify.py", folder, "--json", *words], cwd=typist.folder, capture_output=True, text=True,
                          check=False)
    return json.loads(done.stdout) | {"exit": done.returncode}


def test_an_export_is_verified_by_the_file_that_lies_in_it(papers):
    told = papers.json("audit export home --documents")

    report = checked(papers, "home", "--key", "key.txt")

    assert (report["verdict"], report["exit"], report["entries"]) == ("VERIFIED", 0, told["entries"])
    assert (report["tail"], report["documents"], told["documents"]) == (0, 1, 1)
    assert sorted(os.listdir(papers.folder / "home")) == ["README.txt", "checkpoint.txt", "checkpoints", "documents", "entries.jsonl", "key.txt",
                                                          "register.csv", "verify.py"]
    assert papers("audit verify --export home --key key.txt").exit_code == 0
    assert papers("audit verify --export home").exit_code == 8


def test_an_edited_export_is_found(papers):
    papers.ok("audit export home")
    path = papers.folder / "home" / "entries.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-1], lines[-2]]))

    assert papers("audit verify --export home --key key.txt").exit_code == 6


def test_personal_values_leave_only_when_asked_for(papers):
    papers.ok("audit export without")
    papers.ok("audit export with --personal")

    assert "Sari" not in read(papers.folder / "without")
    assert "a.pdf" not in read(papers.folder / "without")
    assert "Sari Dewi" in read(papers.folder / "with")
    assert (papers.folder / "with").stat().st_mode & 0o077 == 0
    report = checked(papers, "with", "--key", "key.txt")
    assert report["verdict"] == "VERIFIED"
    assert report["personal"] == checked(papers, "without", "--key", "key.txt")["withheld"] > 0


def test_what_was_erased_is_in_no_export(papers):
    papers.ok("person edit sari --inactive")
    papers.ok("audit erase --person sari --reason left --yes")
    papers.ok("audit erase --document bogor-kisarazu#1 --reason scan --yes")

    papers.ok("audit export home --personal --documents")

    assert "Sari" not in read(papers.folder / "home")
    assert os.listdir(papers.folder / "home" / "documents") == []
    assert checked(papers, "home", "--key", "key.txt")["verdict"] == "VERIFIED"


def test_documents_leave_under_their_hash_and_what_is_amiss_is_said(papers):
    papers.ok(f"record bogor-kisarazu/loi --document draft={papers.file('b.pdf', 'the other')}:ja")
    kept = papers.folder / "office-documents"
    for path in kept.rglob("??*/*"):
        if path.read_text() == "the other":
            os.chmod(path, 0o600)
            path.write_text("altered")

    result = papers("audit export home --documents")

    (name,) = os.listdir(papers.folder / "home" / "documents")
    assert name == hashlib.sha256(b"paper").hexdigest()
    assert "bogor-kisarazu: document 2 altered" in result.stderr


def test_every_checkpoint_is_there_those_of_one_size_too(papers):
    papers.ok("audit checkpoint")
    app = App(PARTS, papers.environment, papers.clock)
    store = app.store(write=True)
    store.sign(store.newest())
    app.close()
    papers.ok("audit export home")

    sizes = sorted(path.stem for path in (papers.folder / "home" / "checkpoints").iterdir())
    assert [name.partition("-")[2] for name in sizes] == ["", "2", ""]  # the last covers that it was exported
    assert (papers.folder / "home" / "checkpoint.txt").read_text() == (papers.folder / "home" / "checkpoints" / f"{sizes[-1]}.txt").read_text()
    assert checked(papers, "home", "--key", "key.txt")["verdict"] == "VERIFIED"


def test_the_register_is_a_table_that_computes_nothing(papers):
    papers.ok("start sister-city bogor-x --party Bogor:ID --party X:JP --title", "=HYPERLINK(1)")

    papers.ok("audit export home")

    with open(papers.folder / "home" / "register.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["agreement"], row["stage"], row["state"]) for row in rows] == [("bogor-kisarazu", "loi", "drafting"), ("bogor-x", "", "")]
    assert rows[1]["title"] == "'=HYPERLINK(1)"
    assert rows[0]["owner"] == "p1"


def test_a_folder_that_holds_something_is_not_written_to(papers):
    (papers.folder / "home").mkdir()
    papers.ok("audit export home")

    assert papers.error("audit export home")["exit"] == 2
    assert papers.error("audit export key.txt")["exit"] == 2
    assert papers.error("audit export nowhere/home")["exit"] == 2


def test_without_a_key_the_last_checkpoint_goes_and_the_tail_with_it(papers):
    papers.ok("audit checkpoint")
    papers.ok("record bogor-kisarazu/loi place=Tokyo")
    (papers.folder / "office.key").unlink()

    told = papers.json("audit export home")

    assert told["entries"] == told["size"] + 1
    assert checked(papers, "home", "--key", "key.txt")["tail"] == 1


def test_an_export_before_anything_was_signed_is_refused_and_leaves_nothing(papers):
    (papers.folder / "office.key").unlink()

    assert papers.error("audit export home")["exit"] == 2
    assert [name for name in os.listdir(papers.folder) if "home" in name] == []


def test_an_interrupted_export_leaves_nothing_that_looks_whole(papers):
    papers.ok("audit checkpoint")
    app = App(PARTS, papers.environment, papers.clock)

    def broken():
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(app.store(), str(papers.folder / "home"), {"register.csv": broken()})

    app.close()
    assert [name for name in os.listdir(papers.folder) if "home" in name] == []


def test_that_the_log_left_the_house_and_with_what_stands_in_what_left(papers):
    papers.ok("audit export home --personal --documents")

    last = papers.json("history sys")[-1]
    assert (last["act"], last["trigger"]) == ("export", "log+personal+documents")
    assert "with personal values, with documents" in papers.ok("history sys")
    line = json.loads((papers.folder / "home" / "entries.jsonl").read_text().splitlines()[-1])
    assert json.loads(b64decode(line["body"]))["act"] == "export"

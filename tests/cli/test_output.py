"""stdout is data, stderr is messages; the same for people, programs, pipes and narrow terminals."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from workflow.commands.console import cells, pad

LINES = ["list", "agenda", "deadline list", "history bogor-kisarazu", "show bogor-kisarazu", "show bogor-kisarazu/loi", "can bogor-kisarazu",
         "can bogor-kisarazu/loi", "definition list", "definition show loi", "definition show sister-city", "person list", "calendar show",
         "calendar show ID", "config list --origin", "doctor", "db current", "definition lint", "history sys"]
AT_COUNCIL = "contoh-council/mou"


@pytest.mark.parametrize("line", LINES)
def test_every_result_comes_as_json(loi, line):
    json.loads(loi(f"{line} -o json").stdout)


@pytest.mark.parametrize("line", LINES)
def test_every_result_comes_as_json_lines_csv_and_ids(loi, line):
    for row in loi.ok(f"{line} -o ndjson").splitlines():
        json.loads(row)
    rows = list(csv.reader(io.StringIO(loi.ok(f"{line} -o csv"))))
    assert len({len(row) for row in rows}) <= 1
    loi.ok(f"{line} -o ids")


def test_only_the_fields_that_were_asked_for(loi):
    assert json.loads(loi.ok("list --json ref,track")) == [{"ref": "bogor-kisarazu", "track": "sister-city"}]
    assert loi("list --json reff").exit_code == 2


def test_an_empty_list_is_a_plain_sentence_and_no_failure(office):
    assert office.ok("list").startswith("there is no agreement yet: mufakat start")
    assert office.ok("agenda") == ("Nothing is overdue, nothing is due until Wed 1 Apr 2026, nothing waits for you, nothing is stuck.\n")
    assert office.json("list") == []
    assert office.ok("deadline list") == "no deadline is open\n"


@pytest.mark.parametrize(("arguments", "environment", "coloured"), [
    ("", {}, False), ("", {"FORCE_COLOR": "1"}, True), ("", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ("--color always", {}, True),
    ("--color always", {"NO_COLOR": "1"}, True), ("--color never", {"FORCE_COLOR": "1"}, False), ("", {"MUFAKAT_COLOR": "always"}, True),
])
@pytest.mark.parametrize("line", ["list", "can bogor-kisarazu/loi", "agenda"])
def test_colour_follows_the_conventions(loi, line, arguments, environment, coloured):
    loi.now = "2026-06-02T03:00:00.000000Z"

    assert ("\033[" in loi.ok(f"{line} {arguments}", **environment)) == coloured


def test_json_is_never_coloured_or_translated(loi):
    assert loi.ok("show bogor-kisarazu -o json --color always --lang ja").startswith('{\n  "id"')


def test_labels_are_in_the_language_and_ids_stay(demo):
    assert "議会の議決" in demo.ok(f"show {AT_COUNCIL} --lang ja")
    assert "Keputusan DPRD" in demo.ok(f"show {AT_COUNCIL}", MUFAKAT_LANG="id")
    assert "Keputusan DPRD" in demo.ok(f"show {AT_COUNCIL}", LANG="id_ID.UTF-8")
    assert "at-council" in demo.ok(f"show {AT_COUNCIL} --lang ja -o json")


def test_a_stage_answers_what_it_is_what_is_due_and_what_to_type(demo):
    said = demo.ok(f"show {AT_COUNCIL}")

    assert "● Cooperation plan in draft ─ ◉ Before the council (DPRD) ─ ○ Plan approved by the council" in said
    assert "45 working days after receipt" in said
    assert "statute: PP 28/2018 art. 30(4)" in said
    assert "nothing is approved by time-out" in said
    assert f"mufakat record {AT_COUNCIL} council --answer approved|returned|refused" in said


def test_statute_and_policy_are_never_confused(demo):
    for row in demo.json("deadline list"):
        assert row["rests_on"].startswith("statute") == (row["basis"] == "statute")
        assert row["rests_on"].startswith("office policy") == (row["basis"] == "policy")


def test_what_the_demo_does_not_know_reads_not_documented(demo):
    assert "not documented: " in demo.ok("show bogor-kisarazu/loi")
    assert "the gap between them is not documented" in demo.ok("show bogor-kisarazu")


def test_an_irregular_act_is_marked(demo):
    assert "irregular" in demo.ok("show contoh-signed-early/loi")


def test_the_agenda_has_its_four_lists(demo):
    said = demo.ok("agenda")

    assert [heading in said for heading in ("overdue (", "due soon (", "waiting for you (", "stuck (")] == [True] * 4
    assert set(demo.json("agenda")) == {"overdue", "due", "waiting", "stuck"}


def test_the_second_demo_changes_nothing(demo):
    before = (demo.folder / "demo.db").read_bytes()

    result = demo(f"demo --db {demo.folder}/demo.db")

    assert result.exit_code == 0
    assert "nothing was changed" in result.stderr
    assert (demo.folder / "demo.db").read_bytes() == before


def test_a_wide_character_takes_two_cells():
    assert (cells("木更津市"), cells("Bogor"), cells("Bogor–木"), cells("\033[1mab\033[0m"), cells("e\u0301")) == (8, 5, 8, 2, 1)
    assert pad("木", 4) + "|" == "木  |"


def run(*words: str, folder, **more):
    program = "import sys; sys.argv[0] = 'mufakat'; from cli import main; main()"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8", "TERM": "xterm"} | more.pop("environment", {})
    environment.pop("COLUMNS", None)
    return subprocess.run([sys.executable, "-c", program, *words], cwd=folder, env=environment, check=False, **more)


def test_the_program_itself_in_a_pipe_neither_wraps_nor_colours(demo):
    done = run("--db", "demo.db", "deadline", "list", folder=demo.folder, capture_output=True)

    assert done.returncode == 0
    assert b"\033" not in done.stdout
    assert max(map(len, done.stdout.decode().splitlines())) > 120
    assert b"/mou" in done.stdout


def test_the_program_itself_ends_quietly_when_its_reader_goes(demo):
    program = f"{sys.executable} -c 'from cli import main; main()' --db demo.db history bogor-kisarazu | head -1"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

    done = subprocess.run(program, shell=True, cwd=demo.folder, env={**os.environ, "PYTHONPATH": root}, capture_output=True, check=False)

    assert done.stderr == b""


def test_a_reader_that_has_gone_is_no_failure(demo):
    """Under `set -o pipefail` a list that was cut short by `head` must not end a script."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("--db", "demo.db", "history", "bogor-kisarazu", folder=demo.folder, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_no_fault(demo, closed):
    words = ["--db", "demo.db", *(["can", "--from", "-"] if closed == 0 else ["list"])]

    done = run(*words, folder=demo.folder, capture_output=True, preexec_fn=lambda: os.close(closed))

    assert done.returncode == (2 if closed == 0 else 0)
    assert b"fault of mufakat" not in done.stderr


def test_json_keeps_every_letter_where_the_terminal_cannot_show_it(demo):
    done = run("--db", "demo.db", "show", "bogor-kisarazu", "-o", "json", folder=demo.folder, capture_output=True,
               environment={"PYTHONIOENCODING": "ascii"})

    assert json.loads(done.stdout)["title"] == "Bogor–Kisarazu (木更津市)"


def test_the_exit_code_reaches_the_shell(demo):
    done = run("--db", "demo.db", "show", "nothing", folder=demo.folder, capture_output=True)

    assert (done.returncode, done.stdout) == (3, b"")


@pytest.mark.parametrize("line", ["show contoh-council/mou", "can contoh-council/mou", "list", "deadline list", "history bogor-kisarazu", "agenda",
                                  "show bogor-kisarazu", "person list", "show bogor-kisarazu --lang ja", "history contoh-council --lang id",
                                  "audit log --refused --lang ja", "remind plan --for 60d --lang id", "calendar show JP --lang ja"])
def test_no_line_passes_the_edge_of_a_terminal_of_80_columns(demo, line):
    seen = typed_at_a_terminal(demo, "--db", "demo.db", *line.split())

    assert "\033[" in seen
    assert max(map(cells, seen.splitlines())) <= 80


@pytest.mark.parametrize("language", ["en", "id", "ja"])
def test_what_a_newcomer_sees_fits_a_terminal_however_long_the_folders_name(mufakat, language):
    mufakat.folder = mufakat.folder / ("Bagian-Kerja-Sama-" * 2)
    mufakat.folder.mkdir()
    lines = ("init", "init", "notify test --to me --channel console")

    seen = "".join(typed_at_a_terminal(mufakat, *line.split(), "--lang", language) for line in lines)

    assert max(cells(line) for line in seen.splitlines() if str(mufakat.folder) not in line) <= 80


def typed_at_a_terminal(typist, *words: str) -> str:
    """What somebody sees who types this in a terminal of 80 columns."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "MUFAKAT_DB")}
    environment |= {"PYTHONPATH": root, "TERM": "xterm"}
    program = "import sys; sys.argv[0] = 'mufakat'; from cli import main; main()"
    child = subprocess.Popen([sys.executable, "-c", program, *words], cwd=typist.folder, env=environment, stdout=inner)
    os.close(inner)
    seen = b""
    while True:
        try:
            block = os.read(outer, 65536)
        except OSError:
            break
        if not block:
            break
        seen += block
    os.close(outer)

    assert child.wait() == 0
    return seen.decode().replace("\r", "")


def test_a_spreadsheet_is_given_no_formula_and_no_json(loi):
    loi.ok("start sister-city bogor-kochi --party Bogor:ID --party Kochi:JP --title", '=HYPERLINK("http://example.org")')

    rows = loi.ok("list -o csv").splitlines()

    assert next(row for row in rows if row.startswith("bogor-kochi")).split(",")[1].startswith("\"'=HYPERLINK")
    assert "loi drafting" in next(row for row in rows if row.startswith("bogor-kisarazu"))


@pytest.mark.parametrize("line", ["history bogor-kisarazu", "deadline list", "remind plan --for 90d", "calendar show ID --year 2026", "list",
                                  "person list"])
def test_a_spreadsheet_gets_every_field_that_json_has_where_a_column_is_words(demo, line):
    rows = list(csv.DictReader(io.StringIO(demo.ok(f"{line} -o csv"))))
    data = demo.json(line)

    assert len(rows) == len(data) > 0
    for row, found in zip(rows, data, strict=True):
        assert row.keys() <= found.keys()
        assert all(row[key] or found[key] in ("", None, [], {}) for key in row)


def test_one_thing_is_not_many(loi):
    loi.ok(f"record bogor-kisarazu/loi --document draft={loi.file('draft.pdf', 'x')}:id")

    entry = loi.json("history bogor-kisarazu")[-1]["entry"]

    assert " 1 byte " in f" {' '.join(loi.ok(f'audit show {entry}').split())} "
    loi.ok("audit checkpoint")
    assert "the first entry is the same in both" in loi.ok("audit consistency 1 2")

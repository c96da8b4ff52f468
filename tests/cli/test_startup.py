"""The start-up budget as a set of modules: what the daily path must not import, whatever the machine's speed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = {"sqlmodel", "sqlalchemy", "pydantic", "apscheduler", "alembic", "holidays", "tomllib", "importlib.metadata", "importlib.resources",
         "asyncio", "rapidfuzz", "gettext.c", "dataclasses", "email", "urllib.request", "ssl", "jinja2", "babel", "icalendar", "smtplib"}
BARE = {"transitions", "sqlite3", "rich", "json", "zoneinfo", "workflow.engine", "workflow.store"}
PROBE = ("import sys; sys.argv = ['mufakat', *sys.argv[1:]]\nfrom cli import main\ntry:\n    main()\n"
         "finally:\n    print('\\n@' + ' '.join(sys.modules), file=sys.stderr)")


def modules(folder, *words: str, **environment: str) -> set[str]:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run([sys.executable, "-c", PROBE, *words], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": root, "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8", "HOME": str(folder), **environment})
    return set(done.stderr.rpartition("@")[2].split())


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("advance", "-h"), ("show", "-h"), ("serve", "-h"), ("export", "ics", "-h"),
                                   ("notify", "test", "-h"), ("audit", "-h"), ("audit", "verify", "-h")])
def test_help_and_version_know_no_database_and_no_machine(tmp_path, words):
    assert not modules(tmp_path, *words) & (HEAVY | BARE)


@pytest.mark.parametrize("line", [
    "show bogor-kisarazu -o json", "show contoh-council/mou -o json", "show contoh-council/mou",
    "can contoh-council/mou", "can contoh-council/mou -o json",
    "advance contoh-council/mou approve --dry-run council.answer=approved", "record contoh-council/mou reason=x --dry-run",
    "record contoh-council/mou council --answer approved --received 2026-11-20 --dry-run", "agenda", "list -o json", "history contoh-council -o json",
    "activity contoh-council meeting --dry-run",
])
def test_the_daily_path_imports_nothing_heavy(demo, line):
    loaded = modules(demo.folder, "--db", "demo.db", *line.split())

    assert "sqlite3" in loaded
    assert not loaded & (HEAVY | {"rich"})


def test_a_table_imports_rich_and_nothing_else_heavy(demo):
    loaded = modules(demo.folder, "--db", "demo.db", "list")

    assert "rich" in loaded
    assert not loaded & (HEAVY - {"dataclasses", "importlib.metadata"})


def test_completing_a_reference_knows_no_machine(demo):
    loaded = modules(demo.folder, _MUFAKAT_COMPLETE="bash_complete", COMP_WORDS="mufakat --db demo.db show contoh", COMP_CWORD="4")

    assert "sqlite3" in loaded
    assert not loaded & (HEAVY | {"transitions", "rich"})


@pytest.mark.parametrize(("words", "at", "expected"), [
    ("mufakat sh", 1, "show"), ("mufakat --db demo.db show contoh-c", 4, "contoh-council"),
    ("mufakat --db demo.db advance contoh-council/", 4, "contoh-council/mou"), ("mufakat person a", 2, "add"),
    ("mufakat list --own", 2, "--owner"), ("mufakat list -o n", 3, "ndjson"),
])
def test_the_shell_completes_commands_options_choices_and_references(demo, words, at, expected):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": root, "_MUFAKAT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}

    done = subprocess.run([sys.executable, "-c", PROBE], cwd=demo.folder, capture_output=True, text=True, check=False, env=environment)

    assert f"plain,{expected}" in done.stdout.splitlines()


def test_completion_is_silent_where_there_is_no_database(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": root, "_MUFAKAT_COMPLETE": "bash_complete", "COMP_WORDS": "mufakat show b", "COMP_CWORD": "2"}

    done = subprocess.run([sys.executable, "-c", "from cli import main; main()"], cwd=tmp_path, capture_output=True, check=False, env=environment)

    assert (done.stdout.strip(), done.stderr) == (b"", b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_script(mufakat, shell):
    assert "_MUFAKAT_COMPLETE" in mufakat.ok(f"completion {shell}")

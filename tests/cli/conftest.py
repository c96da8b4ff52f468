from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flows.scenes import ELIGIBLE

from cli import PARTS, cli
from workflow.commands.app import App

START = "start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --owner me"
NOON = "2026-03-02T03:00:00.000000Z"  # Monday, 10:00 in Jakarta


class Typist:
    """Somebody at a prompt: an empty home, a folder of their own, an office that stands at one moment."""

    def __init__(self, folder, db: str = "office.db") -> None:
        self.folder, self.now = folder, NOON
        self.environment = {"MUFAKAT_DB": str(folder / db), "HOME": str(folder), "TERM": "xterm"}
        self.clock: Any = lambda: self.now

    def __call__(self, line: str, *more: str, **environment: str) -> Result:
        """Type a line (words by blanks; `more` are words that hold blanks)."""
        app = App(PARTS, {**self.environment, **environment}, self.clock)
        return CliRunner().invoke(cli, [*line.split(), *more], obj=app, prog_name="mufakat")

    def ok(self, line: str, *more: str, **environment: str) -> str:
        result = self(line, *more, **environment)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, line: str, *more: str) -> Any:
        return json.loads(self.ok(f"{line} -o json", *more))

    def error(self, line: str, *more: str) -> dict[str, Any]:
        result = self(f"{line} -o json", *more)
        assert result.stdout == ""
        error = json.loads(result.stderr)["error"]
        assert error["exit"] == result.exit_code != 0
        return error

    def entries(self) -> int:
        return len(self.json("history bogor-kisarazu"))

    def file(self, name: str, text: str = "paper") -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)


def moved(database, typist: Typist) -> Typist:
    """The typist with a copy of an office: its database and the log's key beside it."""
    for suffix in (".db", ".key", ".key.last"):
        shutil.copy(database.with_suffix(suffix), (typist.folder / "office.db").with_suffix(suffix))
    return typist


@pytest.fixture
def mufakat(tmp_path, monkeypatch):
    """An empty folder: no office yet."""
    monkeypatch.chdir(tmp_path)
    return Typist(tmp_path)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The file that `init` makes, made once."""
    typist = Typist(tmp_path_factory.mktemp("fresh"))
    typist.ok("init")
    return typist.folder / "office.db"


@pytest.fixture
def office(mufakat, fresh):
    """An office with its calendars and one person, who may do everything."""
    return moved(fresh, mufakat)


@pytest.fixture
def started(office):
    """Bogor and Kisarazu have begun."""
    office.ok(START)
    return office


@pytest.fixture(scope="session")
def drafted(fresh, tmp_path_factory):
    """The same with a letter of intent in its draft, made once."""
    typist = moved(fresh, Typist(tmp_path_factory.mktemp("drafted")))
    typist.ok(START)
    typist.ok("open bogor-kisarazu loi exploration_positive=yes --occurred-at 2026-02-02", "fields=education,culture",
              *(f"{name}={value}" for name, value in ELIGIBLE.items()))
    return typist.folder / "office.db"


@pytest.fixture
def loi(mufakat, drafted):
    """A letter of intent in its draft."""
    return moved(drafted, mufakat)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo's database, built once by the command itself."""
    typist = Typist(tmp_path_factory.mktemp("demo"), "demo.db")
    typist.now = "2026-11-24T03:00:00.000000Z"
    typist.ok(f"demo --db {typist.folder}/demo.db")
    return typist

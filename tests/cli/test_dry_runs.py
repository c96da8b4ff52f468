"""What would happen can be seen before: a dry run of whatever changes the office, its log or its database leaves every file as it was."""

from __future__ import annotations

import pytest


def files(typist) -> dict[str, bytes]:
    """Every file below the typist's folder but SQLite's own beside the database, which a reader makes too."""
    return {str(path): path.read_bytes() for path in typist.folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))}


@pytest.fixture
def due(loi):
    """A letter of intent of whose draft somebody is to be told now, over a folder."""
    loi.ok("config set policy.loi_draft_days 60")
    loi.ok("config set channels file")
    loi.ok("record bogor-kisarazu/loi place=Tokyo")
    loi.now = "2026-03-27T03:00:00.000000Z"
    return loi


@pytest.fixture
def restored(loi):
    """An office whose log is smaller than what its key has signed."""
    before = (loi.folder / "office.db").read_bytes()
    loi.ok("record bogor-kisarazu/loi place=Tokyo")
    loi.ok("audit checkpoint")
    for name in ("office.db-wal", "office.db-shm"):
        (loi.folder / name).unlink(missing_ok=True)
    (loi.folder / "office.db").write_bytes(before)
    return loi


@pytest.mark.parametrize(("line", "said"), [
    ("audit checkpoint", "would be signed"),
    ("audit key rotate", "the old key would be kept as"),
    ("db copy office.db copy.db", "1 agreement, "),
    ("db upgrade", "nothing to do"),
    ("init", "this is an office already"),
    ("notify test --to me", "This is a test"),
    ("remind tick", "Draft the letter"),
])
def test_a_dry_run_says_what_would_happen_and_leaves_every_file_as_it_is(due, line, said):
    due.ok("list")
    before = files(due)

    told = due.ok(f"{line} --dry-run")
    data = due.json(f"{line} --dry-run")

    assert said in told
    assert (data[0] if isinstance(data, list) else data)["dry_run"]
    assert files(due) == before


def test_a_tick_that_is_tried_foretells_what_time_does_and_what_leaves(due):
    due.now = "2030-01-01T03:00:00.000000Z"
    tried = due.json("remind tick --dry-run")
    before = due.entries()

    looked = due.json("remind tick")

    assert len(tried["letters"]) == sum(row["state"] == "sent" for row in looked["outcomes"]) == 1
    assert due.entries() > before


def test_a_new_office_is_told_before_it_is_made(mufakat):
    plan = mufakat.json("init --dry-run --name Sari --zone Asia/Tokyo")

    assert (plan["created"], plan["person"], plan["zone"], plan["calendars"]) == (True, "Sari", "Asia/Tokyo", ["ID", "JP"])
    assert plan["key"].endswith("office.key")
    assert "a new office" in mufakat.ok("init --dry-run")
    assert files(mufakat) == {}
    assert mufakat("init --dry-run --zone Asia/Bogor").exit_code == 2


def test_a_log_that_would_begin_anew_is_told_by_its_name_and_what_was_signed(restored):
    before = files(restored)

    plan = restored.json("audit key restart --reason fire --dry-run")

    assert plan["log"] == f"{plan['before']}/2"
    assert plan["size"] > 0
    assert "would end, and" in restored.ok("audit key restart --reason fire --dry-run")
    assert files(restored) == before
    assert restored.error("audit checkpoint --dry-run")["exit"] == 6
    assert restored.json("audit key restart --reason fire --yes")["log"] == plan["log"]


def test_what_would_be_refused_is_refused_in_a_dry_run_too(loi):
    loi.ok("audit checkpoint")
    assert "continues" in loi.error("audit key restart --reason why --dry-run")["message"]
    assert loi.error("db copy office.db office.db --dry-run")["message"].endswith("is not empty")
    (loi.folder / "office.key.last").unlink()
    assert loi("audit checkpoint --dry-run").exit_code == 2
    assert loi("audit key rotate --dry-run").exit_code == 2
    assert loi("notify test --to nobody --dry-run").exit_code == 3
    assert "mufakat config set mail FILE" in loi("notify test --to me --channel email --dry-run").stderr

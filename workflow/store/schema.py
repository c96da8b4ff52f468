"""Write `schema.sql` from the declaration in `tables` and `machinery`: `python -m workflow.store.schema > workflow/store/schema.sql`."""

from __future__ import annotations

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from workflow.store import machinery, tables
from workflow.store.columns import Base
from workflow.store.connection import APPLICATION_ID

DECLARED = (tables, machinery)  # importing them is what declares
HEADER = "-- Written by `python -m workflow.store.schema` from tables.py and machinery.py; do not edit.\n\nPRAGMA application_id = {id};\n"
TRIGGERS = """
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

-- INSERT OR REPLACE deletes without firing delete triggers: nothing that exists may be inserted again, by key or by number.
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry
WHEN NEW.cseq IS NOT (SELECT coalesce(max(cseq), 0) + 1 FROM entry WHERE chain = NEW.chain) OR EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an entry follows the last of its chain'); END;

INSERT INTO tree (id, size) VALUES (1, 0);
"""


def ddl() -> str:
    """The whole schema as SQL for SQLite."""
    dialect = sqlite.dialect()
    written = [HEADER.format(id=APPLICATION_ID)]
    for table in Base.metadata.sorted_tables:
        if table.info.get("only", "sqlite") != "sqlite":
            continue
        written.append(str(CreateTable(table).compile(dialect=dialect)).strip() + ";\n")
        written += [str(CreateIndex(index).compile(dialect=dialect)).strip() + ";\n" for index in sorted(table.indexes, key=lambda i: str(i.name))]
    text = "\n".join(line.rstrip() for line in "\n".join(written).replace("\t", "    ").splitlines())
    return text + "\n" + TRIGGERS


if __name__ == "__main__":
    print(ddl(), end="")

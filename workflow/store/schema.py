"""
Write a database's schema from the declaration in `tables` and `machinery`.

    python -m workflow.store.schema sqlite > workflow/store/schema.sql
    python -m workflow.store.schema postgresql > workflow/store/schema_postgresql.sql
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from workflow.store import machinery, tables
from workflow.store.columns import Base
from workflow.store.connection import APPLICATION_ID

if TYPE_CHECKING:
    from sqlalchemy import Dialect

DECLARED = (tables, machinery)  # importing them is what declares
HEADER = "-- Written by `python -m workflow.store.schema {name}` from tables.py and machinery.py; do not edit.\n"
TREE = "\nINSERT INTO tree (id, size) VALUES (1, 0);\n"
SQLITE_TRIGGERS = """
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

-- INSERT OR REPLACE deletes without firing delete triggers: nothing that exists may be inserted again, by key or by number.
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry
WHEN NEW.cseq IS NOT (SELECT coalesce(max(cseq), 0) + 1 FROM entry WHERE chain = NEW.chain) OR EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an entry follows the last of its chain'); END;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;

CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;

CREATE TRIGGER checkpoint_comes_next BEFORE INSERT ON checkpoint
WHEN EXISTS (SELECT 1 FROM checkpoint WHERE no >= NEW.no)
BEGIN SELECT RAISE(ABORT, 'a checkpoint follows the last'); END;
"""
POSTGRESQL_TRIGGERS = """
CREATE FUNCTION entry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'an entry is never changed nor deleted'; END $$;

CREATE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF length(NEW.body) > 65535 THEN
        RAISE EXCEPTION 'the body of an entry has 65,535 bytes at most';
    END IF;
    IF NEW.leaf IS DISTINCT FROM pg_catalog.encode(pg_catalog.sha256('\\x00'::bytea || NEW.body), 'hex') THEN
        RAISE EXCEPTION 'the leaf of an entry is the hash of its body';
    END IF;
    IF NEW.cseq <> 1 AND NOT EXISTS (SELECT FROM entry WHERE chain = NEW.chain AND cseq = NEW.cseq - 1) THEN
        RAISE EXCEPTION 'an entry follows the last of its chain';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_stands();
CREATE TRIGGER entry_never_goes BEFORE DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_stands();
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_follows();

CREATE FUNCTION checkpoint_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a checkpoint is never changed nor deleted'; END $$;

CREATE FUNCTION place_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the place of an entry is never changed nor deleted'; END $$;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION checkpoint_stands();
CREATE TRIGGER place_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON numbered FOR EACH STATEMENT EXECUTE FUNCTION place_stands();

ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_never_changes;
ALTER TABLE numbered ENABLE ALWAYS TRIGGER place_never_changes;
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_never_changes;
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_never_goes;
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_comes_next;
"""
DIALECTS: dict[str, tuple[Dialect, str, str]] = {  # name -> dialect, what comes first, what comes last
    "sqlite": (SQLiteDialect_pysqlite(), f"PRAGMA application_id = {APPLICATION_ID};\n", SQLITE_TRIGGERS),
    "postgresql": (PGDialect_psycopg(), "", POSTGRESQL_TRIGGERS),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this one untyped
}


def ddl(name: str = "sqlite") -> str:
    """The whole schema as SQL for one database."""
    dialect, first, last = DIALECTS[name]
    written = [HEADER.format(name=name), first] if first else [HEADER.format(name=name)]
    for table in Base.metadata.sorted_tables:
        if table.info.get("only", name) != name:
            continue
        written.append(str(CreateTable(table).compile(dialect=dialect)).strip() + ";\n")
        written += [str(CreateIndex(index).compile(dialect=dialect)).strip() + ";\n" for index in sorted(table.indexes, key=lambda i: str(i.name))]
    text = "\n".join(line.rstrip() for line in "\n".join(written).replace("\t", "    ").splitlines())
    return text + "\n" + last + TREE


if __name__ == "__main__":
    print(ddl(*sys.argv[1:]), end="")

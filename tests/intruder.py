"""Somebody with full access to an office's database and folder, who knows how it is made and takes off every guard before touching it."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
from world import ORIGIN

from workflow import signing
from workflow.core.checkpoint import Checkpoint, Signer, signed, signer
from workflow.core.entry import canonical, genesis, leaf
from workflow.core.merkle import leaf_hash, root

if TYPE_CHECKING:
    from audited import Audited

THIEF = signer(ORIGIN, bytes([7]) * 32, signing.public)
COLUMNS = ("seq", "chain", "cseq", "leaf", "body", "recorded", "act", "instance", "person")
GUARDS = ("entry", "checkpoint", "numbered")
Content = dict[str, Any]


class Intruder:
    """Raw SQL on either database, `?` for values; `contents` are the entries in the order of the log, as they say themselves."""

    def __init__(self, office: Audited) -> None:
        self.office, self.server = office, "://" in office.address
        self._db: Any = psycopg.connect(office.address, autocommit=True) if self.server else sqlite3.connect(office.address, isolation_level=None)
        if self.server:
            for table in GUARDS:
                self("ALTER TABLE " + table + " DISABLE TRIGGER USER")
            self("ALTER TABLE audit_detail DROP CONSTRAINT audit_detail_chain_cseq")
        else:
            self("PRAGMA synchronous = OFF")
            for (name,) in self("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
                self(f"DROP TRIGGER {name}")

    def __call__(self, text: str, *values: Any) -> list[Any]:
        cursor = self._db.execute(text.replace("?", "%s") if self.server else text, values)
        return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        self._db.close()

    @property
    def contents(self) -> list[Content]:
        return [json.loads(bytes(body)) for (body,) in self("SELECT body FROM entry ORDER BY seq")]

    def numbered(self) -> int:
        return int(self("SELECT size FROM tree")[0][0])

    def edit(self, place: int, column: str, value: Any) -> None:
        self(f"UPDATE entry SET {column} = ? WHERE seq = (SELECT seq FROM entry ORDER BY seq LIMIT 1 OFFSET {place})", value)

    def write(self, contents: list[Content], *, size: int | None = None) -> None:
        """Put other entries in place of all, each continuing its chain as its author would have written it, and all that goes with them."""
        size = min(self.numbered() if size is None else size, len(contents))
        heads: dict[str, tuple[int, str]] = {}
        rows = []
        for seq, content in enumerate(contents, 1):
            chain = content["chain"]
            count, last = heads.get(chain) or (0, genesis(content["log"], chain))
            content |= {"cseq": count + 1, "prev": last}
            body = canonical(content)
            heads[chain] = count + 1, leaf(body)
            rows.append((seq, chain, count + 1, leaf(body), body, content["recorded"], content["act"], content["instance"], content["recorded_by"]))
        self.put(rows, size)

    def put(self, rows: list[Any], size: int) -> None:
        """These rows for entries, of which the first `size` have a place, and kept roots that fit."""
        for table in ("numbered", "pending", "head", "entry", "node") if self.server else ("entry", "node"):
            self(f"DELETE FROM {table}")
        for row in rows:
            self(f"INSERT INTO entry ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", *row)
        self("UPDATE tree SET size = ?", size)
        if self.server:
            self("INSERT INTO numbered (place, seq) SELECT row_number() OVER (ORDER BY seq) - 1, seq FROM entry ORDER BY seq LIMIT ?", size)
            self("INSERT INTO pending (seq, chain, cseq) SELECT seq, chain, cseq FROM entry WHERE seq NOT IN (SELECT seq FROM numbered)")
            self("INSERT INTO head (chain, cseq, leaf) SELECT DISTINCT ON (chain) chain, cseq, leaf FROM entry ORDER BY chain, cseq DESC")
        leaves = self.leaves()
        for index in range(size >> 8):
            self("INSERT INTO node (level, place, hash) VALUES (8, ?, ?)", index, root(leaves[index << 8:index + 1 << 8]))

    def rows(self) -> list[Any]:
        return [list(row) for row in self(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY seq")]

    def leaves(self) -> list[bytes]:
        return [leaf_hash(bytes(body)) for (body,) in self("SELECT body FROM entry ORDER BY seq")]

    def sign(self, key: Signer, above: int = -1) -> None:
        """Sign the checkpoints over more than so many entries anew, over what stands there now."""
        leaves = self.leaves()
        for number, size in self("SELECT no, size FROM checkpoint WHERE size > ?", above):
            note = str(signed(Checkpoint(ORIGIN, size, root(leaves[:size])).text, key, signing.sign))
            self("UPDATE checkpoint SET note = ? WHERE no = ?", note, number)

    def cut(self, size: int) -> None:
        """Take away all entries from a place on, with the rows that they wrote (activities), their kept roots and larger checkpoints."""
        for content in self.contents[size:]:
            for effect in content["effects"]:
                assert (effect["t"], effect["k"]) == ("activity", None)
                self("DELETE FROM activity WHERE agreement = ? AND no = ?", content["chain"], effect["set"]["no"])
        self.put(self.rows()[:size], min(size, self.numbered()))
        self("DELETE FROM checkpoint WHERE size > ?", size)

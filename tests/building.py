"""Valid records and entries; a test overrides the one thing it is about."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from workflow.core.agreement import Activity, Agreement, Approval, Deadline, Document, Effect, Head, Instance, Message, Row
from workflow.core.entry import Sealed
from workflow.core.office import Coverage, Day, Person, Setting
from workflow.ports import Signed

VALID: dict[str, Any] = {
    "agreement": Agreement("agr-1", "bogor-kisarazu", "Bogor–Kisarazu", "sister-city", 1, "t" * 64,
                           [{"name": "Bogor", "country": "ID"}, {"name": "木更津市", "country": "JP"}], "p1", "2016-10-06", {}),
    "instance": Instance("loi", "loi", 1, "", 1, "d" * 64, "drafting", "2016-10-20", "2016-10-20", [["drafting", "2016-10-20"]], {}, {}, []),
    "row": Row("loi", "home-affairs", 1, "asked", {"asked": "2016-10-20"}, "2016-10-20"),
    "document": Document(1, "loi", "instrument", 1, 1, "id", "a" * 64, 1024, "loi.pdf", "2016-11-18", "p1"),
    "approval": Approval(1, "loi", "legal-check", 1, "p1", "legal", "approved", "", "2016-11-01"),
    "deadline": Deadline("loi", "answer", 1, "open", "request:home-affairs", "2016-10-20", "2016-11-19", "2016-11-21", "2016-11-21T17:00:00Z",
                         "escalate", "", "policy", "", 30, "day", "after", "ID"),
    "activity": Activity(1, "activity", "student online exchange", "education", "2017-12-14", ""),
    "message": Message("loi", "answer", 1, "-7d", "p1", "email", "reminder", "2016-11-14", "2016-11-14T02:00:00Z", "pending"),
    "person": Person("p1", "Siti O'Brien", "siti", "siti@example.org", ["coordinator"], "id", "Asia/Jakarta", channels=["email"],
                     quiet=["08:00", "17:00"], deputy={"person": "p2", "from": "2026-03-02", "until": "2026-03-13"}, calendar="ID"),
    "day": Day("ID", "2026-03-20", "joint-leave", "Cuti bersama", "SKB 1497/2025"),
    "coverage": Coverage("ID", 2026, "known", "holidays 0.109"),
    "setting": Setting("zone", "Asia/Jakarta"),
}


def new(table: str, **values: Any) -> Effect:
    """The effect that writes a new, valid row."""
    return Effect(table, None, VALID[table]._replace(**values)._asdict())


def sealed(head: Head, **values: Any) -> Sealed:
    """The entry that follows this head; its leaf is well-formed, its body says what a real one says of what stands beside it."""
    cseq = head.cseq + 1
    entry = Sealed(head.chain, cseq, f"eid-{head.chain}-{cseq}", head.leaf or "0" * 64, "", b"", "2026-03-02T09:30:00.000000Z", "2016-11-18",
                   "advance", "loi", "sign", "p1", "")._replace(**values)
    said = {"chain": entry.chain, "cseq": entry.cseq, "eid": entry.eid, "prev": entry.prev, "occurred": {"text": entry.occurred},
            "trigger": entry.trigger, "req": entry.req, "recorded_by": entry.person}
    body = values.get("body", json.dumps(said, sort_keys=True).encode())
    return entry._replace(body=body, leaf=values.get("leaf", hashlib.sha256(b"\0" + body).hexdigest()))


def after(entry: Sealed) -> Head:
    """The head that an entry leaves behind."""
    return Head(entry.chain, entry.cseq, entry.leaf)


def commit(store: Any, head: Head, *effects: Effect, entry: dict[str, Any] | None = None, **options: Any) -> Head:
    """Commit effects under the next entry; the new head."""
    following = sealed(head, **(entry or {}))
    store.commit(head, following, effects, **options)
    return after(following)


def start(store: Any, *effects: Effect, id: str = "agr-1", ref: str = "bogor-kisarazu", definitions: Any = (), **values: Any) -> Head:
    """Begin an agreement, with an LoI in it."""
    return commit(store, Head(id), new("agreement", id=id, ref=ref, **values), new("instance"), *effects, definitions=definitions)


def of_the_tree(store):
    """What a tick and a proof ask of the log's tree."""
    list(store.lines())
    store.number(1)
    store.number()
    list(store.lines(1))
    store.place("agr-1", 1)
    store.hashes(0, 0, 2)
    store.keep(8, 0, [b"a" * 32])
    store.kept(8)
    store.hashes(8, 0, 1)
    store.sign(Signed(3, "2026-01-01T00:00:00Z", "a note"))
    store.newest()

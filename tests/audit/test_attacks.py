"""
What an intruder can do to an office, and what an auditor finds out, by the evidence that was kept outside the database.

The intruder has full access: every guard is taken off first. V stands for VERIFIED: with that evidence the attack is not found, and what it
takes to find it stands in another column, or in none. I is INCONCLUSIVE, T is TAMPERED, R and F are TAMPERED with a ROLLBACK or a FORK named.
"""

from __future__ import annotations

import json
import os
import shutil
from urllib.parse import urlsplit

import pytest
from audited import NOW, REF, Audited, copied
from intruder import COLUMNS, THIEF, Intruder
from world import ORIGIN

from workflow.core.entry import canonical, leaf
from workflow.documents import Documents
from workflow.engine import Ask

BEFORE = 20  # places: an activity that even the old checkpoint covers,
MIDDLE = 100  # one that only the fresh one does,
LATE = 260  # and one beyond the subtree of 256


def retitled(content):
    """What an activity's entry would say of another one."""
    (effect,) = content["effects"]
    return content | {"effects": [effect | {"set": effect["set"] | {"title": "nothing of the kind"}}]}


def edit_body(intruder, place=MIDDLE):
    intruder.edit(place, "body", canonical(retitled(intruder.contents[place])))


def edit_body_and_leaf(intruder, place=MIDDLE):
    edit_body(intruder, place)
    intruder.edit(place, "leaf", leaf(canonical(intruder.contents[place])))


def edit_the_last_of_a_chain(intruder):
    chains = [content["chain"] for content in intruder.contents]
    place = max(place for place, chain in enumerate(chains) if chain not in ("sys", chains[MIDDLE]))
    intruder.edit(place, "body", canonical(intruder.contents[place] | {"reason": "another reason"}))
    intruder.edit(place, "leaf", leaf(canonical(intruder.contents[place])))
    intruder("UPDATE head SET leaf = ? WHERE chain = ?", leaf(canonical(intruder.contents[place])), chains[place]) if intruder.server else None


def edit_column(intruder):
    intruder.edit(MIDDLE, "person", "p2")


def delete(intruder):
    (seq,) = intruder.rows()[MIDDLE][:1]
    intruder("DELETE FROM numbered WHERE seq = ?", seq) if intruder.server else None
    intruder("DELETE FROM entry WHERE seq = ?", seq)


def delete_and_renumber(intruder):
    rows = intruder.rows()
    del rows[MIDDLE]
    intruder.put([(seq, *row[1:]) for seq, row in enumerate(rows, 1)], intruder.numbered() - 1)


def delete_and_rechain(intruder):
    contents = intruder.contents
    del contents[MIDDLE]
    intruder.write(contents, size=intruder.numbered() - 1)


def swap(intruder):
    rows = intruder.rows()
    rows[MIDDLE], rows[MIDDLE + 1] = rows[MIDDLE + 1], rows[MIDDLE]
    intruder.put([(seq, *row[1:]) for seq, row in enumerate(rows, 1)], intruder.numbered())


def swap_across_chains(intruder):
    """Two neighbours of different chains: each chain is as it was."""
    rows = intruder.rows()
    place = max(place for place in range(1, BEFORE) if rows[place][1] != rows[place - 1][1] and rows[place][2] > 1)
    rows[place], rows[place - 1] = rows[place - 1], rows[place]
    intruder.put([(seq, *row[1:]) for seq, row in enumerate(rows, 1)], intruder.numbered())


def back_date(intruder):
    contents = intruder.contents
    contents.insert(MIDDLE, retitled(contents[MIDDLE]))
    intruder.write(contents, size=intruder.numbered() + 1)


def rewrite(intruder, key, place=BEFORE):
    """Another history, whole in itself, with the rows that it would have left, under a key that it names itself."""
    contents = intruder.contents
    contents[place] = retitled(contents[place])
    for content in contents:
        if content["act"] == "key":
            content["effects"][0]["set"]["value"] = key.key.text
    intruder.write(contents)
    no = contents[place]["effects"][0]["set"]["no"]
    intruder("UPDATE activity SET title = ? WHERE agreement = ? AND no = ?", "nothing of the kind", contents[place]["chain"], no)
    intruder("UPDATE setting SET value = ? WHERE name = 'log_key'", json.dumps(key.key.text))
    intruder.sign(key)


def hand_over_to_another_key(intruder):
    """An entry after all that is signed that puts the thief's key on record, and a checkpoint over it by that key."""
    contents = intruder.contents
    (told,) = (content for content in contents if content["act"] == "key")
    effects = [{"t": "setting", "k": ["log_key"], "set": {"value": THIEF.key.text}}]
    contents.append(told | {"effects": effects, "eid": contents[-1]["eid"]})
    intruder.write(contents, size=len(contents))
    intruder("UPDATE setting SET value = ? WHERE name = 'log_key'", json.dumps(THIEF.key.text))
    intruder("INSERT INTO checkpoint (no, size, made, note) SELECT max(no) + 1, ?, max(made), '' FROM checkpoint", len(contents))
    intruder.sign(THIEF, above=len(contents) - 1)


def resign(intruder):
    intruder.sign(THIEF, above=MIDDLE)


def remove_newest_checkpoint(intruder):
    intruder("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")


def hide(intruder):
    """An entry of a chain of its own that stands in no order."""
    row = [-1, "agr-hidden", 1, *intruder.rows()[0][3:]]
    intruder(f"INSERT INTO entry ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", *row)


def insert_or_replace(intruder):
    """The edit that fires no trigger against changes."""
    row = intruder.rows()[MIDDLE]
    row[4] = canonical(retitled(intruder.contents[MIDDLE]))
    row[3] = leaf(row[4])
    text = f"INTO entry ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    if intruder.server:
        intruder(f"INSERT {text} ON CONFLICT (seq) DO UPDATE SET leaf = excluded.leaf, body = excluded.body", *row)
    else:
        intruder(f"INSERT OR REPLACE {text}", *row)


def insert_row(intruder):
    intruder("INSERT INTO approval SELECT agreement, 1000, instance, '', 1, 'p1', 'legal', 'approved', '', '2026-01-01' FROM document WHERE no = 1")


def insert_stray(intruder):
    if intruder.server:
        intruder("ALTER TABLE activity DROP CONSTRAINT activity_agreement")
    intruder("INSERT INTO activity VALUES ('agr-none', 1, 'activity', 'x', '', '2026-01-01', '', '', '', ?)", False)


def loosen(intruder):
    """A step of the machine that asks for less, where whoever decides next reads it."""
    (body,) = intruder("SELECT body FROM definition WHERE name = 'loi'")[0]
    machine = json.loads(body)
    machine["transition"]["clear"].pop("needs")
    intruder("UPDATE definition SET body = ? WHERE name = 'loi'", json.dumps(machine, ensure_ascii=False, separators=(",", ":")))


def forget_request(intruder):
    """Done once, and to be done once more by the same request."""
    with intruder.office.open() as store:
        intruder.office.world(store).engine.activity(REF, "a call", Ask(occurred="2026-01-13", request="r-1"))
    intruder("DELETE FROM request WHERE id = 'r-1'")


def turn_request(intruder):
    """The repetition of one request is told the outcome of another."""
    with intruder.office.open() as store:
        intruder.office.world(store).engine.activity(REF, "a call", Ask(occurred="2026-01-13", request="r-1"))
    intruder("UPDATE request SET cseq = 1 WHERE id = 'r-1'")


def put_back_what_was_erased(intruder):
    """From a backup: the right value, with its salt."""
    chain, cseq, path = next((content["chain"], *effect["k"]) for content in intruder.contents if content["act"] == "erase"
                             for effect in content["effects"] if effect["t"] == "detail")
    intruder("INSERT INTO audit_detail VALUES (?, ?, ?, ?, ?)", chain, cseq, path, bytes(32), '"Siti Nurhaliza"')


def lie(intruder):
    """A falsehood that is entered as everything is."""
    with intruder.office.open() as store:
        intruder.office.world(store).engine.activity(REF, "a visit that never was", Ask(occurred="2026-01-13"))
        intruder.office.log(store).checkpoint()


def papers(intruder):
    """The stored file, and where the erased one was."""
    kept, gone = (intruder("SELECT sha256 FROM document WHERE stored = ?", flag)[0][0] for flag in ((True, False) if intruder.server else (1, 0)))
    files = Documents(str(intruder.office.folder / "documents"))
    return files.path(kept), files.path(gone)


def alter_document(intruder):
    path, _ = papers(intruder)
    os.chmod(path, 0o600)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write("!")


def put_back_document(intruder):
    _, path = papers(intruder)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(intruder.office.folder / "wrong.pdf", path)


def put_folder_for_document(intruder):
    path, _ = papers(intruder)
    os.remove(path)
    os.mkdir(path)


def say(text):
    """An attack that is one statement."""
    return lambda intruder: intruder(text)


DETAIL = "(SELECT min(cseq) FROM audit_detail WHERE chain = 'sys')"
BOTH, ONE = ("sqlite", "postgresql"), ("postgresql",)
MATRIX = {
    # evidence held:                                   nothing, the key, an old pin, a fresh pin
    "a body edited":                                   ("T T T T", edit_body),
    "a body edited, its leaf recomputed":              ("T T T T", edit_body_and_leaf),
    "the last of a chain edited, leaf recomputed":     ("T T F F", edit_the_last_of_a_chain),
    "a column beside a body edited":                   ("T T T T", edit_column),
    "an entry deleted":                                ("T T T T", delete),
    "an entry deleted, the rest renumbered":           ("T T T T", delete_and_renumber),
    "an entry deleted, the rest chained anew":         ("T T T F", delete_and_rechain),
    "two entries of a chain swapped":                  ("T T T T", swap),
    "two entries of two chains swapped":               ("T T F F", swap_across_chains),
    "an entry put in between, the rest chained":       ("T T T F", back_date),
    "INSERT OR REPLACE":                               ("T T T T", insert_or_replace),
    "an entry hidden outside the order":               ("T T T T", hide),
    "the tail after the newest checkpoint cut":        ("I V V V", lambda it: it.cut(it.numbered())),
    "cut below a checkpoint that stays":               ("T T T R", lambda it: it.put(it.rows()[:200], 200)),
    "an old backup put back":                          ("I V V R", lambda it: it.cut(200)),
    "everything rewritten, with another key":          ("I T F F", lambda it: rewrite(it, THIEF)),
    "everything rewritten, with the stolen key":       ("I V F F", lambda it: rewrite(it, it.office.key.signer())),
    "rewritten since the old pin, stolen key":         ("I V V F", lambda it: rewrite(it, it.office.key.signer(), MIDDLE)),
    "a false statement, properly entered":             ("I V V V", lie),
    "another key announced, and signed with":          ("I I I I", hand_over_to_another_key),
    "the newest checkpoint removed":                   ("I V V R", remove_newest_checkpoint),
    "all checkpoints removed":                         ("I I R R", say("DELETE FROM checkpoint")),
    "the newest checkpoint signed by another":         ("T T T T", resign),
    "when a checkpoint was made, edited":              ("I V V V", say(f"UPDATE checkpoint SET made = '{NOW}'")),
    "a checkpoint's text broken":                      ("T T T R", say("UPDATE checkpoint SET note = 'x' || note WHERE size > 100")),
    "a checkpoint's size edited":                      ("T T T T", say("UPDATE checkpoint SET size = size + 1")),
    "a kept root edited":                              ("T T T T", lambda it: it("UPDATE node SET hash = ?", bytes(32))),
    "a root kept for entries to come":                 ("T T T T", lambda it: it("INSERT INTO node VALUES (8, 1, ?)", bytes(32))),
    "more entries numbered than there are":            ("T T T T", say("UPDATE tree SET size = size + 100")),
    "a row edited behind the engine":                  ("T T T T", say("UPDATE instance SET state = 'draft'")),
    "a row inserted without an entry":                 ("T T T T", insert_row),
    "a row of no agreement inserted":                  ("T T T T", insert_stray),
    "a row deleted":                                   ("T T T T", say("DELETE FROM activity WHERE no = 7")),
    "an agreement renamed":                            ("T T T T", say(f"UPDATE agreement SET ref = 'x' WHERE ref = '{REF}'")),
    "a row made unreadable":                           ("T T T T", say("UPDATE instance SET links = 'no JSON'")),
    "the key in the settings edited":                  ("T T T T", say("""UPDATE setting SET value = '"x"' WHERE name = 'log_key'""")),
    "a head edited":                                   ("T T T T", say("UPDATE head SET cseq = cseq + 1"), ONE),
    "a definition edited":                             ("T T T T", loosen),
    "a definition made unreadable":                    ("T T T T", say("UPDATE definition SET body = 'no JSON' WHERE name = 'loi'")),
    "a definition deleted":                            ("T T T T", say("DELETE FROM definition WHERE name = 'loi'")),
    "a request forgotten":                             ("T T T T", forget_request),
    "a request turned to another entry":               ("T T T T", turn_request),
    "a request that nobody made":                      ("T T T T", say("INSERT INTO request VALUES ('r-0', 'd', 'sys', 1)")),
    "a personal value edited":                         ("T T T T", say(f"UPDATE audit_detail SET value = '\"X\"' WHERE cseq = {DETAIL}")),
    "the salt of a personal value edited":             ("T T T T", lambda it: it(f"UPDATE audit_detail SET salt = ? WHERE cseq = {DETAIL}", b"x")),
    "a personal value deleted":                        ("T T T T", say(f"DELETE FROM audit_detail WHERE cseq = {DETAIL}")),
    "an erased value put back":                        ("T T T T", put_back_what_was_erased),
    "a document altered":                              ("T T T T", alter_document),
    "a document removed":                              ("T T T T", lambda it: os.remove(papers(it)[0])),
    "a folder in a document's place":                  ("T T T T", put_folder_for_document),
    "an erased document put back":                     ("T T T T", put_back_document),
    "every guard taken off, and nothing done":         ("I V V V", lambda _: None),
}
WORDS = {"V": ("VERIFIED", ""), "I": ("INCONCLUSIVE", ""), "T": ("TAMPERED", ""), "R": ("TAMPERED", "ROLLBACK"), "F": ("TAMPERED", "FORK")}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """An office in a file, and what was kept of its log."""
    folder = tmp_path_factory.mktemp("audited")
    office = Audited(str(folder / "office.db"), folder)
    return office, office.build()


@pytest.fixture(scope="module")
def on_server(original, postgres, tmp_path_factory):
    """The same office on a server, as a database to copy."""
    from workflow.store.copying import copy

    office, _ = original
    url = postgres.database()
    copy(office.address, url)
    moved = Audited(url, office.folder)
    with moved.open() as store:
        moved.log(store).integrate()  # what is kept is no part of a copy
    return moved


@pytest.fixture(params=BOTH)
def office(request, original, tmp_path):
    """A copy to attack."""
    own = copied(original[0], tmp_path)
    if request.param == "sqlite":
        yield own
        return
    server, source = request.getfixturevalue("postgres"), request.getfixturevalue("on_server")
    own.address = server.database(urlsplit(source.address).path[1:])
    yield own
    server.drop(own.address)


def test_what_nobody_touched_is_verified_with_any_evidence(office, original):
    _, kept = original

    found = [office.verify(**given) for given in ({}, {"keys": [kept.key]}, {"pins": [kept.old]}, {"pins": [kept.fresh]})]

    assert [(report.verdict, report.entries, report.tail, report.pinned) for report in found] == [
        ("INCONCLUSIVE", 278, 3, None), ("VERIFIED", 278, 3, None), ("VERIFIED", 278, 3, 25), ("VERIFIED", 278, 3, 275)]
    assert all(report.erased == 3 and report.log == ORIGIN and report.findings == () for report in found)
    assert [report.exit for report in found] == [8, 0, 0, 0]


@pytest.mark.parametrize("attack", MATRIX)
def test_an_attack_is_found_by_whoever_kept_enough(office, original, attack):
    expected, act, *only = MATRIX[attack]
    if only and not office.address.startswith("postgresql"):
        pytest.skip("there is no such thing in a file")
    _, kept = original
    intruder = Intruder(office)
    act(intruder)
    intruder.close()

    found = [office.verify(**given) for given in ({}, {"keys": [kept.key]}, {"pins": [kept.old]}, {"pins": [kept.fresh]})]

    assert {"found": " ".join(map(letter, found)), "why": [str(report.why) for report in found]} == {
        "found": expected, "why": [str(report.why) for report in found]}


def letter(report):
    """A verdict as it stands in the matrix."""
    kind = str(report.why).partition(":")[0]
    return {(verdict, named): letter for letter, (verdict, named) in WORDS.items()}[report.verdict, kind if kind in ("ROLLBACK", "FORK") else ""]

"""What the commands of `audit` share: which entry a person means, and an entry as a row of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import dates
from workflow.core.entry import said
from workflow.core.office import SYS
from workflow.errors import AgreementNotFound, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.ports import Line, Store

UUID = 36  # letters of an eid


def chain_of(store: Store, ref: str) -> str:
    """
    The chain of an agreement, named by reference or id; `sys` is the office's own.

    Raises:
        AgreementNotFound: with the references that there are.
    """
    if ref == SYS:
        return SYS
    if "/" in ref:
        raise AgreementNotFound("agreement", ref, [ref.partition("/")[0]])
    return store.load(ref).agreement.id


def find(store: Store, entry: str) -> tuple[str, int]:
    """
    The chain and the number of an entry.

    Raises:
        InvalidInput: that names no entry.
        NotFound: there is none.
    """
    ref, mark, number = entry.partition("#")
    if mark and number.isascii() and number.isdigit() and len(number) < 16:
        chain = chain_of(store, ref)
        if store.entry(chain, int(number)) is None:
            raise NotFound("entry", entry, ())
        return chain, int(number)
    if not mark and entry.isascii() and entry.isdigit() and len(entry) < 16:
        line = next(iter(store.lines(int(entry))), None)
        if line is None or line[0] != int(entry):
            raise NotFound("entry", entry, ())
        return line[1], line[2]
    if len(entry) == UUID and entry.count("-") == 4:
        sought = entry.lower().encode()
        for line in store.lines():
            if sought in line[4] and said(line[4]).get("eid") == entry.lower():
                return line[1], line[2]
        raise NotFound("entry", entry, ())
    raise InvalidInput("entry", entry, "name it as history shows it (bogor-kisarazu#12, sys#3), by its place in the log (4711), or by its eid")


class Refs:
    """What agreements are called, learned from the first entry of each chain: that tells even of one that is no longer on record."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.known = {SYS: SYS}

    def __getitem__(self, chain: str) -> str:
        if chain not in self.known:
            first = self.store.entry(chain, 1)
            effects = said(first.body).get("effects", []) if first is not None else []
            self.known[chain] = next((row["set"]["ref"] for row in effects if row["t"] == "agreement" and row["set"].get("ref")), chain)
        return self.known[chain]


class Lateness:
    """
    Whether an entry was entered late: it happened before a stage came to stand where it stood when the entry was made.

    The same rule by which a write says so (`workflow.core.decision.late`); asked of entries in the order of their chain, from any on.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._since: dict[str, dict[str, str]] = {}  # chain -> stage -> the day since when it stands where it stands

    def __call__(self, line: Line, content: Mapping[str, Any]) -> bool:
        chain = line[1]
        if chain == SYS:
            return False
        if chain not in self._since:
            self._since[chain] = {}
            for entry in self.store.entries(chain) if line[2] > 1 else ():
                if entry.cseq == line[2]:
                    break
                self._note(chain, said(entry.body))
        on, newest = str((content.get("occurred") or {}).get("text", "")), max(self._since[chain].values(), key=dates.latest, default="")
        self._note(chain, content)
        return bool(on and newest) and dates.latest(on) < dates.earliest(newest)

    def _note(self, chain: str, content: Mapping[str, Any]) -> None:
        for effect in content.get("effects", ()):
            if effect["t"] == "instance" and effect["set"].get("since"):
                self._since[chain][effect["set"]["ref"] if effect["k"] is None else effect["k"][0]] = effect["set"]["since"]


def row_of(line: Line, content: Mapping[str, Any], ref: str, *, size: int, late: bool) -> dict[str, Any]:
    """An entry of the log as data; `size` is how many entries have a place, what stands after them has none yet."""
    occurred = content.get("occurred") or {}
    return {
        "place": line[0] if line[0] < size else None, "entry": f"{ref}#{line[2]}", "chain": line[1], "cseq": line[2], "eid": content.get("eid", ""),
        "recorded": line[5], "occurred": occurred.get("text", ""), "person": line[8], "identity": content.get("identity", ""),
        "role": content.get("role", ""), "behalf": content.get("behalf", ""), "act": line[6], "instance": line[7],
        "trigger": content.get("trigger", ""), "from": content.get("from", ""), "to": content.get("to", ""), "reason": content.get("reason", ""),
        "corrects": content.get("corrects", ""), "refused": line[6] == "refuse", "late": late, "documents": content.get("docs", []), "leaf": line[3],
    }

"""What comes with a verb: facts, files, links, dates; and whether the same was asked before."""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.core.decision import Request
from workflow.core.entry import canonical
from workflow.core.recording import Fact, File
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow.documents import Documents, Kept


class Paper(NamedTuple):
    """A file as named by the caller: which requirement it answers, where it lies, its language; or only its hash is kept."""

    requirement: str
    path: str
    language: str = ""
    reference_only: bool = False


class Ask(NamedTuple):
    """
    What may come with every verb. `facts` as typed; `links` link -> stage; `occurred` the date on paper (empty: today).

    `if_state`: only if the stage stands there. `request`: an id that makes a repeated call a no-op. `dry_run`: decide, write nothing.
    """

    facts: Sequence[Fact] = ()
    papers: Sequence[Paper] = ()
    links: Mapping[str, str] = MappingProxyType({})
    occurred: str = ""
    reason: str = ""
    role: str = ""
    if_state: str = ""
    request: str = ""
    dry_run: bool = False


NOTHING = Ask()


def request(ask: Ask, documents: Documents | None) -> Request:
    """What the core is asked, with the files kept (in a dry run only hashed)."""
    files = []
    for paper in ask.papers:
        kept = _kept(paper, documents, store=not (paper.reference_only or ask.dry_run))
        files.append(File(paper.requirement, paper.language, kept.sha256, kept.size, kept.filename, not paper.reference_only))
    return Request(list(ask.facts), files, dict(ask.links), ask.occurred, ask.reason.strip(), ask.role)


def digest(ask: Ask, asked: Sequence[Any], documents: Documents | None) -> str:
    """What tells one request from another: the verb and all that came with it, of files their bytes and not where they lie."""
    papers = [[paper.requirement, paper.language, paper.reference_only, _kept(paper, documents, store=False).sha256] for paper in ask.papers]
    content = [[str(part) for part in asked], [list(fact) for fact in ask.facts], papers,
               sorted(map(list, ask.links.items())), ask.occurred, ask.reason, ask.role]
    return hashlib.sha256(canonical(content)).hexdigest()


def _kept(paper: Paper, documents: Documents | None, *, store: bool) -> Kept:
    if documents is None:
        raise InvalidInput("document", paper.path, "no folder for documents is set: mufakat config set documents FOLDER")
    return documents.keep(paper.path, store=store)

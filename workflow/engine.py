"""
The engine: load, decide, commit.

Every verb loads the agreement, lets the pure core decide, and commits the change with its journal entry; all of it or nothing.
Before a decision the agreement's due facts of time are applied, those dated on or before the day it is about. Whoever loses the
race for the agreement's head decides again on what is there now; if the addressed stage itself moved, the caller is told.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workflow.asking import NOTHING, Ask, Paper, digest, request
from workflow.core import correcting, dates, decision, undoing, whole
from workflow.core.agreement import Change, after
from workflow.core.deadline import fires
from workflow.core.draft import Draft
from workflow.core.entry import milliseconds, open_entry, seal, uuid7
from workflow.core.office import SYSTEM
from workflow.core.replay import replay
from workflow.errors import InvalidInput, NotFound, Phrase, StaleInstance, TransitionRefused, WorkflowError
from workflow.outcome import Done, called, outcome, taken
from workflow.ports import ATTEMPTS, HeadMoved
from workflow.promises import Promises

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow.core.agreement import Case
    from workflow.core.decision import Request
    from workflow.core.draft import Office
    from workflow.core.entry import Sealed
    from workflow.core.office import Actor
    from workflow.documents import Documents
    from workflow.errors import Unmet
    from workflow.library import Library
    from workflow.ports import Chains, Pinned

__all__ = ["NOTHING", "Ask", "Engine", "Paper"]


class Engine(Promises):
    """
    The verbs over one store, for one actor.

    `clock` gives the UTC instant as ISO text with microseconds; everything random comes from `entropy` (a byte count -> bytes).
    """

    def __init__(self, store: Chains, library: Library, actor: Actor, *, origin: str, clock: Callable[[], str],
                 documents: Documents | None = None, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.store, self.library, self.actor = store, library, actor
        self.origin, self.clock, self.documents, self.entropy = origin, clock, documents, entropy

    def start(self, ref: str, track: str, title: str, parties: list[dict[str, Any]], owner: str = "", params: dict[str, Any] | None = None,
              ask: Ask = NOTHING, *, imported: bool = False) -> Done:
        """Begin an agreement. `parties`: name, country (ISO 3166 two letters), kind."""
        asked = ("start", ref, track, title, parties, owner, sorted((params or {}).items()), imported)
        repeated = self._repeated(ref, ask, *asked)
        if repeated is not None:
            return repeated
        whole.check_ref(ref, self.store.refs)
        found, pinned = self.library.newest_track(track)
        now = self.clock()
        office = self.library.office(found, self.actor, now)
        whole.check_params(office, params or {})
        if not title.strip():
            raise InvalidInput("title", title, "an agreement needs a title")
        ident = uuid7(milliseconds(now), self.entropy(10))
        case, change = whole.start(office, ident, ref, title, whole.checked(parties), self._owner(owner), self._request(ask),
                                      params or {}, imported=imported)
        try:
            return self._commit(case, change, ask, now, [pinned], *asked)
        except HeadMoved:
            raise InvalidInput("reference", ref, Phrase("somebody has just taken it: mufakat show {ref}", ref=ref)) from None

    def open(self, ref: str, stage: str, ask: Ask = NOTHING, *, existing: str = "") -> Done:
        """Open a stage of an agreement; with `existing` enter it in the state it stands in, as of `ask.occurred`."""
        agreement, _, parent = ref.partition("/")

        def decide(case: Case, office: Office) -> Change:
            if parent:
                if stage != "item":
                    raise InvalidInput("stage", stage, "only an item can be opened inside a stage", ["item"])
                return decision.open_item(case, office, parent, self._request(ask), existing=existing)
            return decision.open_stage(case, office, stage, self._request(ask), existing=existing)
        return self._write(agreement, "", decide, ask, "open", ref, stage, existing)

    def advance(self, ref: str, trigger: str, ask: Ask = NOTHING) -> Done:
        """Move a stage along one of its transitions, with the facts and files that come with the step."""
        return self._on(ref, lambda case, office, stage: decision.advance(case, office, stage, trigger, self._request(ask)), ask,
                        "advance", ref, trigger)

    def record(self, ref: str, ask: Ask = NOTHING, *, not_required: str = "") -> Done:
        """Put facts, letters, answers, documents or links on record."""
        return self._on(ref, lambda case, office, stage: decision.record(case, office, stage, self._request(ask), not_required=not_required),
                        ask, "record", ref, not_required)

    def approve(self, ref: str, name: str, ask: Ask = NOTHING, *, refuse: bool = False) -> Done:
        """Give one approval, or refuse it (with a reason)."""
        verdict = "refused" if refuse else "approved"
        return self._on(ref, lambda case, office, stage: decision.approve(case, office, stage, name, verdict, self._request(ask)), ask,
                        "approve", ref, name, verdict)

    def activity(self, ref: str, title: str, ask: Ask = NOTHING, *, kind: str = "activity", field: str = "", until: str = "",
                 note: str = "") -> Done:
        """Put a dated fact of cooperation on record, of the agreement or of one of its stages."""
        agreement, _, stage = ref.partition("/")
        return self._write(agreement, "", lambda case, office: whole.activity(case, office, title, kind, field, until, stage, note,
                           self._request(ask)), ask, "activity", ref, title, kind, field, until, note)

    def assign(self, ref: str, owner: str = "", ask: Ask = NOTHING, *, track: str = "") -> Done:
        """Make a person (by id) responsible for the agreement, or move it to another track while only first stages (visits) are open."""
        agreement, slash, _ = ref.partition("/")
        if slash:
            raise InvalidInput("reference", ref, Phrase("this is of the whole agreement: {ref}", ref=agreement))
        if not track:
            return self._write(ref, "", lambda case, office: whole.assign(
                case, office, self._owner(owner), self._request(ask), self.library.people()), ask, "assign", ref, owner)
        found, pinned = self.library.newest_track(track)
        return self._write(ref, "", lambda case, office: whole.retrack(case, office._replace(track=found), self._request(ask)), ask,
                           "track", ref, track, pins=[pinned])

    def correct(self, entry: str, ask: Ask = NOTHING, *, undo: bool = False) -> Done:
        """Put an earlier entry right by a new one (`entry`: `bogor-kisarazu#12`), or take it back."""
        ref, mark, number = entry.partition("#")
        if not mark or not (number.isascii() and number.isdigit() and len(number) < 10):
            raise InvalidInput("entry", entry, "name it as history shows it, such as bogor-kisarazu#12")

        def decide(case: Case, office: Office) -> Change:
            rows = list(self.store.entries(case.agreement.id))
            if not 0 < int(number) <= len(rows):
                raise NotFound("entry", entry, [f"{ref}#{case.head.cseq}"])
            sealed = rows[int(number) - 1]
            content, effects = open_entry(sealed.body, {path: value for path, _, value in sealed.details})
            earlier = correcting.Earlier(entry, content, effects, [open_entry(row.body, {})[0] for row in rows])
            if not undo:
                return correcting.correct(case, office, earlier, self._request(ask), self.store.refs)
            return undoing.undo(case, office, earlier, replay(rows[:int(number) - 1]), self._request(ask))
        return self._write(ref, "", decide, ask, "correct", entry, undo, due=False)  # the clock may go by what is to be put right

    def options(self, ref: str) -> list[tuple[str, str, list[Any]]]:
        """What may happen to a stage now: (trigger, target, what is unmet), nothing tried, nothing written."""
        agreement, _, stage = ref.partition("/")
        case = self.store.load(agreement, whole=True)
        return decision.options(case, self.office(case), stage)

    def read(self, ref: str) -> Draft:
        """An agreement for reading: its records, and the definitions they are pinned to."""
        case = self.store.load(ref.partition("/")[0], whole=True)
        return Draft(case, self.office(case))

    def office(self, case: Case, now: str = "") -> Office:
        agreement = case.agreement
        track = self.library.track(agreement.track, agreement.track_version, agreement.track_hash)
        return self.library.office(track, self.actor, now or self.clock())

    def expire_due(self, ref: str) -> tuple[Done, ...]:
        """Apply every fact of time of an agreement that is due now, as the actor `system`."""
        return self._apply_due(self.store.load(ref), "")[1]

    def _on(self, ref: str, decide: Callable[[Case, Office, str], Change], ask: Ask, *asked: Any) -> Done:
        agreement, slash, stage = ref.partition("/")
        if not slash:
            raise InvalidInput("reference", ref, Phrase("name a stage of it too, such as {ref}/loi: mufakat show {ref}", ref=ref))
        return self._write(agreement, stage, lambda case, office: decide(case, office, stage), ask, *asked)

    def _write(self, ref: str, stage: str, decide: Callable[[Case, Office], Change], ask: Ask, *asked: Any, pins: Sequence[Pinned] = (),
               due: bool = True) -> Done:
        repeated = self._repeated(ref, ask, *asked)
        if repeated is not None:
            return repeated
        done = None if ask.dry_run else self._on_known(ref, stage, decide, ask, asked, pins, due=due)
        if done is not None:
            return done
        now, case = self.clock(), self.store.load(ref)
        case, before = self._apply_due(case, ask.occurred, now, dry_run=ask.dry_run) if due else (case, ())
        if before and (same := taken(before, stage, asked)) is not None and not (ask.facts or ask.papers):
            return same._replace(before=tuple(done for done in before if done is not same))
        first = case.instance(stage)
        if first is not None and ask.if_state and first.state != ask.if_state:
            self.library.check_state(first, ask.if_state)
            raise StaleInstance(f"{ref}/{stage}", ask.if_state, first.state)
        for _ in range(ATTEMPTS):
            office = self.office(case, now)
            try:
                change = decide(case, office)
                return self._commit(case, change, ask, now, [*pins, *self.library.pins(change)], *asked)._replace(before=before)
            except TransitionRefused as refused:
                if ask.dry_run or self._refuse(case, office, stage, refused, now):
                    raise
            except HeadMoved:
                repeated = self._repeated(ref, ask, *asked)
                if repeated is not None:
                    return repeated
            now, case = self.clock(), self.store.load(ref)
            case, fired = self._apply_due(case, ask.occurred, now) if due else (case, ())
            before += fired
            found = case.instance(stage)
            if first is not None and found is not None and found.revision != first.revision:
                raise StaleInstance(f"{ref}/{stage}", first.state, found.state)
        raise StaleInstance(ref, Phrase("one revision"), Phrase("too many at once"))

    def _on_known(self, ref: str, stage: str, decide: Callable[[Case, Office], Change], ask: Ask, asked: tuple[Any, ...],
                  pins: Sequence[Pinned], *, due: bool) -> Done | None:
        """
        Decide on what the store knows of an agreement without asking: only a commit tells that it was the newest, so whatever else comes of it
        (a refusal, bad input, a fact of time) is decided again on what is read.
        """
        case = self.store.known(ref)
        if case is None:
            return None
        now, found = self.clock(), case.instance(stage)
        if (due and any(fires(row, now) for row in case.tables["deadline"].values())) or (
                ask.if_state and (found is None or found.state != ask.if_state)):
            return None
        try:
            change = decide(case, self.office(case, now))
        except WorkflowError:
            return None
        with suppress(HeadMoved):
            return self._commit(case, change, ask, now, [*pins, *self.library.pins(change)], *asked)
        return None

    def _owner(self, person: str) -> str:
        """Who is responsible: whoever acts, unless a person of this office is named."""
        if person and person != self.actor.person:
            self.library.check_person(person)
        return person or self.actor.person

    def _refuse(self, case: Case, office: Office, stage: str, refused: TransitionRefused, now: str) -> bool:
        """Put a refused attempt on record; False if the head moved meanwhile, so that it may not have been a refusal at all."""
        unmet: Sequence[Unmet] = getattr(refused, "unmet", ()) or getattr(refused, "needs", ())
        reason = "; ".join(f"{row.requirement}: {row.text}" if row.requirement else row.text for row in unmet) or self._said(refused)
        found = case.instance(stage)
        named = stage or refused.ref.partition("/")[2]
        change = Change("refuse", (), office.today, named, refused.trigger, source=found.state if found else "", reason=reason[:4000])
        try:
            self._seal_and_commit(case, change, now, "", (), None)
        except HeadMoved:
            return False
        return True

    def _said(self, refused: TransitionRefused) -> str:
        """A refusal as the journal may hold it: who acted stands there by id, not by name."""
        text = getattr(refused, "recorded", "") or refused.args[0]
        return str(text.again(actor=self.actor.person) if isinstance(text, Phrase) and "actor" in text.facts else text)

    def _apply_due(self, case: Case, occurred: str, now: str = "", *, dry_run: bool = False) -> tuple[Case, tuple[Done, ...]]:
        """Fire what is due at `now` and dated on or before the day it `occurred` (empty: today), one entry each; the case as it is then."""
        done: list[Done] = []
        now = now or self.clock()
        while any(fires(row, now) for row in case.tables["deadline"].values()):
            office = self.office(case, now)._replace(by=SYSTEM)
            change = decision.notice(case, office, dates.check(occurred, "occurred-at") if occurred else office.today)
            if change is None:
                break
            if dry_run:
                done.append(outcome(case, change, "", now, dry_run=True))
                case = after(case, change)
                continue
            with suppress(HeadMoved):
                done.append(self._commit(case, change, NOTHING, now, self.library.pins(change), by=SYSTEM))
            case = self.store.load(case.agreement.id)
        return case, tuple(done)

    def _repeated(self, ref: str, ask: Ask, *asked: Any) -> Done | None:
        """The outcome of a request that was carried out before with the same content."""
        held = self.store.request(ask.request) if ask.request and not ask.dry_run else None
        if held is None:
            return None
        held_digest, _, cseq = held
        if held_digest != digest(ask, asked, self.documents):
            raise InvalidInput("request-id", ask.request, Phrase("it was used before for something else (entry {entry}); use another id", entry=cseq))
        return Done(ref, Change(str(asked[0]), (), ask.occurred), f"{ref.partition('/')[0]}#{cseq}", "", repeated=True)

    def _request(self, ask: Ask) -> Request:
        return request(ask, self.documents)

    def _commit(self, case: Case, change: Change, ask: Ask, now: str, pins: Sequence[Pinned], *asked: Any, by: Actor | None = None) -> Done:
        if ask.dry_run or not (change.effects or change.reason):  # what says nothing new is no entry
            return outcome(case, change, "", now, dry_run=ask.dry_run)
        same = (ask.request, digest(ask, asked, self.documents)) if ask.request else None
        entry = self._seal_and_commit(case, change, now, ask.request, pins, same, by)
        return outcome(case, change, f"{called(case, change)}#{entry.cseq}", now)

    def _seal_and_commit(self, case: Case, change: Change, now: str, req: str, pins: Sequence[Pinned], request: tuple[str, str] | None,
                         by: Actor | None = None) -> Sealed:
        actor = by or self.actor
        entry = seal(change, head=case.head, origin=self.origin, eid=uuid7(milliseconds(now), self.entropy(10)), recorded=now,
                     person=actor.person, identity=actor.identity, req=req, salts=lambda: self.entropy(32))
        self.store.commit(case.head, entry, change.effects, request=request, definitions=pins)
        return entry

"""
Every error that mufakat raises on purpose.

    WorkflowError
    ├── DefinitionError      the author of a definition must act
    │   ├── DefinitionNotFound
    │   └── InvalidDefinition
    ├── NotFound             the reference names nothing
    │   └── AgreementNotFound
    ├── TransitionRefused    the agreement does not allow it (yet)
    │   ├── TriggerNotAllowed
    │   ├── RequirementsUnmet
    │   ├── NotAuthorised
    │   │   └── OwnWork
    │   ├── OutOfSequence
    │   └── NotAsItStands    done already, or not its time
    │       └── DeadlineBound
    ├── StaleInstance        somebody was faster: reload, look, retry
    ├── DeliveryFailed       the outbox retries
    │   ├── Uncertain        it may have arrived
    │   └── Undeliverable    trying again will not help
    ├── InvalidInput         the caller gave a value that cannot be
    ├── StoreError           the database cannot be used as it is
    │   ├── StoreNotReady
    │   └── StoreBusy
    └── AuditError           history does not verify
        ├── LogTampered
        ├── InvalidCheckpoint
        └── InvalidProof

Each branch says who must act. Facts are attributes; the message is a `Phrase` built from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


class Phrase(str):
    """
    An English text that remembers its template (a gettext msgid) and the facts that fill it, so that it can be said in another language.

    It is that text wherever a text is wanted; without facts the template is the text. A fact may be a phrase itself.
    """

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, /, **facts: object) -> Self:
        made = super().__new__(cls, template.format(**facts) if facts else template)
        made.template, made.facts = template, facts
        return made

    def again(self, **facts: object) -> Phrase:
        """The same said of other facts."""
        return Phrase(self.template, **{**self.facts, **facts})


def phrase(text: str) -> Phrase:
    """A text as a phrase: one as it is, a plain one as a template without facts."""
    return text if isinstance(text, Phrase) else Phrase(text)


class Problem(NamedTuple):
    """One fault of a definition file: where it stands and what is wrong with it."""

    file: str
    key: str
    text: str
    level: str = "error"

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}" if self.key else f"{self.file}: {self.text}"


class Unmet(NamedTuple):
    """
    One requirement that is not on record, why, and the command that meets it.

    `message` is an English template (a gettext msgid); `facts` fills it; `command` may be empty.
    """

    requirement: str
    message: str
    facts: Mapping[str, str] = {}
    command: str = ""
    basis: str = ""
    citation: str = ""
    soft: bool = False

    @property
    def text(self) -> str:
        return self.message.format(**self.facts)


class WorkflowError(Exception):
    """The root of everything that mufakat raises on purpose."""


class DefinitionError(WorkflowError):
    """A definition cannot be used."""


class DefinitionNotFound(DefinitionError):
    """No definition has this name (and version)."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(Phrase("there is no definition {name!r}", name=name))


class InvalidDefinition(DefinitionError):
    """A definition breaks the rules of the vocabulary; every problem is listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(map(str, self.problems))
        super().__init__(Phrase("1 problem in the definitions:\n{problems}", problems=listed) if len(self.problems) == 1 else
                         Phrase("{count} problems in the definitions:\n{problems}", count=len(self.problems), problems=listed))


class NotFound(WorkflowError):
    """A reference names nothing that is on record."""

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(Phrase("there is no {kind} {name!r}", kind=phrase(kind), name=name))


class AgreementNotFound(NotFound):
    """No agreement, or no stage of it, has this reference."""


class TransitionRefused(WorkflowError):
    """The agreement does not allow this, as it stands."""

    ref: str
    trigger: str


class TriggerNotAllowed(TransitionRefused):
    """A trigger was asked for in a state that it does not leave."""

    def __init__(self, ref: str, trigger: str, state: str, allowed: Sequence[str]) -> None:
        self.ref, self.trigger, self.state, self.allowed = ref, trigger, state, tuple(allowed)
        super().__init__(Phrase("{ref} cannot {trigger} from {state}", ref=ref, trigger=trigger, state=state))


class RequirementsUnmet(TransitionRefused):
    """A transition was asked for before everything it needs was on record."""

    def __init__(self, ref: str, trigger: str, unmet: Sequence[Unmet]) -> None:
        self.ref, self.trigger, self.unmet = ref, trigger, tuple(unmet)
        super().__init__(Phrase("{ref} cannot {trigger}: 1 of its requirements is not on record", ref=ref, trigger=trigger) if len(self.unmet) == 1
                         else Phrase("{ref} cannot {trigger}: {count} of its requirements are not on record", ref=ref, trigger=trigger,
                                     count=len(self.unmet)))


class NotAuthorised(TransitionRefused):
    """The actor does not hold a role that may do this."""

    def __init__(self, ref: str, trigger: str, roles: Sequence[str], actor: str = "") -> None:
        self.ref, self.trigger, self.roles, self.actor = ref, trigger, tuple(roles), actor
        super().__init__(Phrase("{actor} may not {trigger} ({ref}): it takes the role {roles}", actor=actor or Phrase("you"), trigger=trigger,
                                ref=ref, roles=" / ".join(roles)))


class OwnWork(NotAuthorised):
    """Nobody approves what they put on record themselves."""

    def __init__(self, ref: str, trigger: str, document: str, actor: str) -> None:
        self.ref, self.trigger, self.roles, self.actor, self.document = ref, trigger, (), actor, document
        WorkflowError.__init__(self, Phrase("{actor} may not {trigger} ({ref}): {actor} put the {document} on record, so somebody else must decide",
                                            actor=actor, trigger=trigger, ref=ref, document=document))


class OutOfSequence(TransitionRefused):
    """A stage was opened before the stages it builds on had come far enough."""

    def __init__(self, ref: str, trigger: str, needs: Sequence[Unmet]) -> None:
        self.ref, self.trigger, self.needs = ref, trigger, tuple(needs)
        super().__init__(Phrase("{ref} cannot be opened yet", ref=ref))


class NotAsItStands(TransitionRefused):
    """What was asked of something is done already, or cannot be done as it stands. `known` is of what it could be asked."""

    def __init__(self, ref: str, trigger: str, name: str, why: str, known: Sequence[str] = ()) -> None:
        self.ref, self.trigger, self.name, self.why, self.known = ref, trigger, name, why, tuple(known)
        super().__init__(Phrase("{field}: {why}", field=f"{ref} {name}".strip(), why=phrase(why)))

    @property
    def recorded(self) -> str:
        """The refusal as the journal keeps it, whose entry names the trigger."""
        return str(self.why) if self.name in self.trigger.split() else f"{self.name}: {self.why}"


class DeadlineBound(NotAsItStands):
    """A deadline's date is not for the office to move."""


class StaleInstance(WorkflowError):
    """Somebody was faster: the stage has moved since it was read."""

    def __init__(self, ref: str, expected: str, found: str) -> None:
        self.ref, self.expected, self.found = ref, expected, found
        super().__init__(Phrase("{ref} has moved: it was expected in {expected} and stands in {found}", ref=ref, expected=expected, found=found))


class DeliveryFailed(WorkflowError):
    """A message could not be handed over; the outbox keeps it."""

    def __init__(self, channel: str, key: str, why: str) -> None:
        self.channel, self.key, self.why = channel, key, why
        super().__init__(Phrase("{channel} did not take {key}: {why}", channel=channel, key=key, why=phrase(why)))


class Uncertain(DeliveryFailed):
    """A send was cut off after the message was handed over and before that was confirmed: it may have arrived."""


class Undeliverable(DeliveryFailed):
    """A message will not be taken however often it is tried: no address, an unknown channel, a permanent refusal."""


class InvalidInput(WorkflowError):
    """A value cannot be what the field needs."""

    def __init__(self, field: str, value: object, why: str, known: Sequence[str] = ()) -> None:
        self.field, self.value, self.why, self.known = field, value, why, tuple(known)
        super().__init__(Phrase("{field} {value!r}: {why}", field=field, value=str(value), why=phrase(why)) if value not in ("", None)
                         else Phrase("{field}: {why}", field=field, why=phrase(why)))


class StoreError(WorkflowError):
    """The database cannot be used as it stands; `mend` is the command or act that helps."""

    def __init__(self, where: str, why: str, mend: str) -> None:
        self.where, self.why, self.mend = where, why, mend
        super().__init__(Phrase("{where}: {why}", where=where, why=phrase(why)))


class StoreNotReady(StoreError):
    """There is no usable database: absent, foreign, older or newer than this program."""


class StoreBusy(StoreError):
    """The database is locked by another process for longer than the time-out."""


class AuditError(WorkflowError):
    """History does not hold what it claims."""


class LogTampered(AuditError):
    """An entry differs from what its successors commit to."""

    def __init__(self, chain: str, cseq: int, expected: str, found: str) -> None:
        self.chain, self.cseq, self.expected, self.found = chain, cseq, expected, found
        super().__init__(Phrase("entry {cseq} of {chain} is not what was written: expected {expected}, found {found}", cseq=cseq, chain=chain,
                                expected=expected, found=found))


class LogRewritten(AuditError):
    """The log does not continue what was signed of it. `kind` is `ROLLBACK` (it is smaller) or `FORK` (it is another)."""

    def __init__(self, kind: str, signed: int, found: int) -> None:
        self.kind, self.signed, self.found = kind, signed, found
        text = (Phrase("ROLLBACK: {signed} entries were signed, {found} are here; an old copy was put back, or entries were cut off",
                       signed=signed, found=found)
                if kind == "ROLLBACK" else Phrase("FORK: the first {signed} entries are not those that were signed", signed=signed))
        super().__init__(text)
        self.mend = Phrase("mufakat audit verify; after an old backup was restored: mufakat audit key restart")


class InvalidCheckpoint(AuditError):
    """
    A signed note, a checkpoint or a key cannot be relied on.

    `kind` is `malformed` (it cannot be read), `unverified` (no known key signed it) or `invalid` (a known key's signature is false).
    """

    def __init__(self, kind: str, why: str) -> None:
        self.kind, self.why = kind, why
        super().__init__(f"the checkpoint is {kind}: {why}")


class InvalidProof(AuditError):
    """A proof does not show what it claims: `what` is the kind of proof; the hashes are hex, where two of them differ."""

    def __init__(self, what: str, why: str, expected: str = "", found: str = "") -> None:
        self.what, self.why, self.expected, self.found = what, why, expected, found
        super().__init__(f"the {what} proof fails: {why}" + (f": expected {expected}, found {found}" if expected else ""))

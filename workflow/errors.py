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
    │   └── OutOfSequence
    ├── StaleInstance        somebody was faster: reload, look, retry
    ├── DeliveryFailed       the outbox retries
    ├── InvalidInput         the caller gave a value that cannot be
    ├── StoreError           the database cannot be used as it is
    │   ├── StoreNotReady
    │   └── StoreBusy
    └── AuditError           history does not verify
        └── LogTampered

Each branch says who must act. Facts are attributes; the message is built from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
        super().__init__(f"there is no definition {name!r}")


class InvalidDefinition(DefinitionError):
    """A definition breaks the rules of the vocabulary; every problem is listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' * (count != 1)} in the definitions:\n" + "\n".join(map(str, self.problems)))


class NotFound(WorkflowError):
    """A reference names nothing that is on record."""

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"there is no {kind} {name!r}")


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
        super().__init__(f"{ref} cannot {trigger} from {state}")


class RequirementsUnmet(TransitionRefused):
    """A transition was asked for before everything it needs was on record."""

    def __init__(self, ref: str, trigger: str, unmet: Sequence[Unmet]) -> None:
        self.ref, self.trigger, self.unmet = ref, trigger, tuple(unmet)
        count = len(self.unmet)
        verb = "is" if count == 1 else "are"
        super().__init__(f"{ref} cannot {trigger}: {count} of its requirements {verb} not on record")


class NotAuthorised(TransitionRefused):
    """The actor does not hold a role that may do this."""

    def __init__(self, ref: str, trigger: str, roles: Sequence[str], actor: str = "") -> None:
        self.ref, self.trigger, self.roles, self.actor = ref, trigger, tuple(roles), actor
        super().__init__(f"{actor or 'you'} may not {trigger} {ref}: it takes the role {' or '.join(roles)}")


class OutOfSequence(TransitionRefused):
    """A stage was opened before the stages it builds on had come far enough."""

    def __init__(self, ref: str, trigger: str, needs: Sequence[Unmet]) -> None:
        self.ref, self.trigger, self.needs = ref, trigger, tuple(needs)
        super().__init__(f"{ref} cannot be opened yet")


class StaleInstance(WorkflowError):
    """Somebody was faster: the stage has moved since it was read."""

    def __init__(self, ref: str, expected: str, found: str) -> None:
        self.ref, self.expected, self.found = ref, expected, found
        super().__init__(f"{ref} has moved: it was expected in {expected} and stands in {found}")


class DeliveryFailed(WorkflowError):
    """A message could not be handed over; the outbox keeps it."""

    def __init__(self, channel: str, key: str, why: str) -> None:
        self.channel, self.key, self.why = channel, key, why
        super().__init__(f"{channel} did not take {key}: {why}")


class InvalidInput(WorkflowError):
    """A value cannot be what the field needs."""

    def __init__(self, field: str, value: object, why: str, known: Sequence[str] = ()) -> None:
        self.field, self.value, self.why, self.known = field, value, why, tuple(known)
        super().__init__(f"{field} {str(value)!r}: {why}" if value not in ("", None) else f"{field}: {why}")


class StoreError(WorkflowError):
    """The database cannot be used as it stands; `mend` is the command or act that helps."""

    def __init__(self, where: str, why: str, mend: str) -> None:
        self.where, self.why, self.mend = where, why, mend
        super().__init__(f"{where}: {why}")


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
        super().__init__(f"entry {cseq} of {chain} is not what was written: expected {expected}, found {found}")

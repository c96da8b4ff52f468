"""`mufakat audit`: the log that auditors verify. A verb's module is imported when it is called."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from workflow.commands.language import _, mark
from workflow.commands.options import Later, group

if TYPE_CHECKING:
    import click

VERBS = {  # name -> (module, one line)
    "verify": ("audit_verify", mark("Check the whole log: VERIFIED, TAMPERED or INCONCLUSIVE.")),
    "log": ("audit_log", mark("What was entered, across all agreements, in the order of the log.")),
    "show": ("audit_show", mark("One entry, whole: who, when, what changed, and where it stands in the log.")),
    "prove": ("audit_evidence", mark("The proof of one entry, to take away.")),
    "consistency": ("audit_evidence", mark("The proof that nothing was rewritten between two checkpoints.")),
    "checkpoint": ("audit_evidence", mark("Sign what is committed now.")),
    "pin": ("audit_evidence", mark("The newest checkpoint, to be kept elsewhere.")),
    "export": ("audit_export", mark("A folder that an auditor takes home.")),
    "erase": ("audit_erase", mark("Erase personal data or a document; the log stays whole.")),
    "key": ("audit_key", mark("The log's key: create, show, rotate, remember, restart.")),
}


class Audit(Later):
    """The verbs of `VERBS`."""

    modules = MappingProxyType({name: module for name, (module, _line) in VERBS.items()})

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(line)) for name, (_module, line) in VERBS.items()])


@group("audit", kind=Audit, examples=("mufakat audit verify --key key.txt --pin pin.txt", "mufakat audit log --from 2026-01-01 --refused",
                                      "mufakat audit export audit-2026"))
def audit_command() -> None:
    """The log that auditors verify without trusting the office: mufakat help audit tells how."""

"""
The audit log: places, cached nodes and signed checkpoints of its tree; on PostgreSQL an entry's leaf is held to its body.

And a claim is of all that a person is to be told over a channel; what was being handed over stays known.
"""

from __future__ import annotations

from alembic import op

from workflow.store.migrations import scripts

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    scripts.run(op.get_bind(), revision)

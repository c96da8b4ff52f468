"""The audit log: places, cached nodes and signed checkpoints of its tree; on PostgreSQL an entry's leaf is held to its body."""

from __future__ import annotations

from alembic import op

from workflow.store.migrations import scripts

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    scripts.run(op.get_bind(), revision)

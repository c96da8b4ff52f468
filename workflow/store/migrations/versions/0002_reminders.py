"""Reminders: messages, who delivers them, what a deadline and a person tell of them. SQLite adds columns by writing a table anew."""

from __future__ import annotations

from alembic import op

from workflow.store.migrations import scripts

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    scripts.run(op.get_bind(), revision)

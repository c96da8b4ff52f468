"""The first schema."""

from __future__ import annotations

from alembic import op

from workflow.store.connection import REVISION_TABLE
from workflow.store.migrations import scripts

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    scripts.run(bind, revision)
    if bind.dialect.name == "postgresql":
        from workflow.store.postgresql_schema import MARK

        bind.exec_driver_sql(f"COMMENT ON TABLE {REVISION_TABLE} IS '{MARK}'")

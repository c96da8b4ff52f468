"""What Alembic runs first: the revisions, over the connection and inside the transaction that the caller holds."""

from __future__ import annotations

from alembic import context

from workflow.store.connection import REVISION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=REVISION_TABLE, transactional_ddl=False)
context.run_migrations()

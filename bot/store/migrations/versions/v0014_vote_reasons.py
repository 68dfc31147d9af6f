"""The reason of who rejects a change, for whoever asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; what is there has no reason."""
    op.add_column("votes", sa.Column("why", sa.Text, nullable=False, server_default=""))

"""Who is behind the names of the hub's users, so that a changed name is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "identities",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("object_id", sa.Text, nullable=False, server_default=""),
        sa.Column("looked", sa.Text, nullable=False, server_default=""),
    )

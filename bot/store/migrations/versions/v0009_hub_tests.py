"""Tests of the hub by a synthetic user, and whose user may still be there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "hub_tests",
        sa.Column("operation", sa.Text, primary_key=True),
        sa.Column("began", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False, server_default=""),
        sa.Column("tag", sa.Text, nullable=False, server_default=""),
        sa.Column("profile", sa.Text, nullable=False, server_default=""),
        sa.Column("ended", sa.Text, nullable=False, server_default=""),
        sa.Column("seconds", sa.Float, nullable=False, server_default="0"),
        sa.Column("failed", sa.Text, nullable=False, server_default=""),
        sa.Column("cause", sa.Text, nullable=False, server_default=""),
        sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
    )

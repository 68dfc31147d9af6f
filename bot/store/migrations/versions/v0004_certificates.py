"""Certificates that the public host has served."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Create the table."""
    rest = ("fingerprint", "subject", "issuer", "not_before", "not_after", "problem")
    op.create_table("certificates", sa.Column("seen", sa.Text, primary_key=True), *map(_text, rest))

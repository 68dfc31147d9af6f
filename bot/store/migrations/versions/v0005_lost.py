"""The bot's own failures: conversations that are lost, replicas that fell silent; and severities reported."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("subscriptions", sa.Column("lost", sa.Text, nullable=False, server_default=""))
    op.add_column("replicas", sa.Column("taken_over", sa.Text, nullable=False, server_default=""))
    op.add_column("alert_cards", sa.Column("told", sa.Integer, nullable=False, server_default="0"))

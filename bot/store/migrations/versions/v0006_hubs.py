"""The hub that is meant in a conversation, where there are several."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "chosen_hubs",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("hub", sa.Text, nullable=False),
    )

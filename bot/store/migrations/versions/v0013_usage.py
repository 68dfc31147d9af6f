"""What people's servers and homes used, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "usage_days",
        sa.Column("day", sa.Text, primary_key=True),
        _text("began"),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "usage_people",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _text("name"),
        _text("seen"),
    )

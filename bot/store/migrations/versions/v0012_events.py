"""Events, and the schedules that belong to one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def upgrade() -> None:
    """Add the table; the schedules that are there belong to none."""
    op.add_column("schedules", _text("event"))
    op.create_table(
        "events",
        sa.Column("key", sa.Text, primary_key=True),
        *map(_text, ("name", "starts", "ends", "opens", "opened", "profile", "pool")),
        *map(_count, ("people", "nodes")),
        *map(_text, ("creator", "operation")),
    )

"""Schedules, their occurrences, and how many nodes the pools had."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def upgrade() -> None:
    """Create the tables; a change may come from a schedule."""
    op.add_column("changes", _text("schedule"))
    op.create_table(
        "schedules",
        _key("id"),
        *map(_text, ("cron", "line", "command", "creator_id", "creator_tenant", "creator_name", "approvers")),
        *map(_text, ("place", "conversation", "reason", "created", "seen_to", "state", "why")),
    )
    op.create_table(
        "occurrences",
        sa.Column("schedule", sa.Text, sa.ForeignKey("schedules.id"), primary_key=True),
        _key("due"),
        *map(_text, ("at", "state", "decider", "change", "outcome", "card", "shown", "claimed")),
        _count("others"),
    )
    op.create_index("occurrences_state", "occurrences", ["state", "at"])
    op.create_table(
        "samples",
        _key("bucket"),
        _key("pool"),
        _text("size"),
        _count("nodes"),
        sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("baseline", sa.Integer),
    )


def downgrade() -> None:
    """Raise NotImplementedError: nobody goes back, the tables stay."""
    raise NotImplementedError

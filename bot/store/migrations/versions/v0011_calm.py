"""Freezes, in which changes are refused, and announcements with the messages that show them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_FREEZES = ("reason", "by_id", "by_name", "place", "since", "until", "lifted")
_ANNOUNCEMENTS = ("text", "by_id", "by_name", "since", "until", "banner", "ended")


def upgrade() -> None:
    """Add the tables."""
    op.create_table("freezes", sa.Column("id", sa.Text, primary_key=True), *map(_text, _FREEZES))
    op.create_table("announcements", sa.Column("id", sa.Text, primary_key=True), *map(_text, _ANNOUNCEMENTS))
    op.create_index("announcements_ended", "announcements", ["ended", "since"])
    op.create_table(
        "announcement_cards",
        sa.Column("announcement", sa.Text, sa.ForeignKey("announcements.id"), primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        _text("card"),
        sa.Column("over", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, server_default="")

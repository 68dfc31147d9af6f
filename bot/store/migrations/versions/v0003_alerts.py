"""Alerts, the cards that show them, the channels that want them, and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def upgrade() -> None:
    """Create the tables."""
    op.create_table("leases", _key("name"), *map(_text, ("holder", "until")))
    op.create_table("alerts", _key("id"), *map(_text, ("key", "watcher", "stage", "seen", "over", "content")))
    op.create_index("alerts_stage", "alerts", ["stage", "seen"])
    op.create_table(
        "alert_cards",
        sa.Column("alert", sa.Text, sa.ForeignKey("alerts.id"), primary_key=True),
        _key("place"),
        _text("card"),
        _number("shown"),
        sa.Column("replied", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "subscriptions", _key("conversation"), *map(_text, ("place", "only", "by", "since")), _number("minimum")
    )

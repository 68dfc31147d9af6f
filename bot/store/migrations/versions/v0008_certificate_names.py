"""The hosts that a served certificate is for: Let's Encrypt's limit is for exactly the same names."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what is there has no names."""
    op.add_column("certificates", sa.Column("names", sa.Text, nullable=False, server_default=""))

"""Migration of the tables from one version to another, by Alembic."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError


def upgrade(connection: sa.Connection, migrations: Path) -> bool:
    """Bring the tables to the newest version, in the connection's transaction. Return False if they are newer."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        return False
    return True

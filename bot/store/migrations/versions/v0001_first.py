"""The first tables: changes, votes, the audit trail, people, replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REFUSAL = "the audit trail is append-only"
_SQLITE = (
    f"CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)
_FUNCTION = f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
_POSTGRESQL = (
    f"CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS {_FUNCTION}",
    "CREATE TRIGGER trail_append_only BEFORE UPDATE OR DELETE ON trail FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
    "CREATE TRIGGER trail_no_truncate BEFORE TRUNCATE ON trail FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()",
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def upgrade() -> None:
    """Create the tables, and the triggers that keep the trail as it was written."""
    _changes()
    op.create_table(
        "votes",
        sa.Column("change", sa.Text, sa.ForeignKey("changes.id"), primary_key=True),
        _key("person_id"),
        *map(_text, ("person_tenant", "person_name", "verdict", "at")),
    )
    _trail()
    op.create_table("people", _key("object_id"), _text("name"))
    op.create_table("replicas", _key("name"), _text("seen"))


def _changes() -> None:
    op.create_table(
        "changes",
        _key("id"),
        *map(_text, ("line", "command", "requester_id", "requester_tenant", "requester_name")),
        *map(_text, ("place", "conversation", "message", "card", "state", "outcome", "title", "plan", "digest")),
        sa.Column("needed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("confirm", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("exclusive", sa.Boolean, nullable=False, server_default=sa.true()),
        _text("reason"),
        sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.false()),
        *map(_text, ("asked", "changed", "expires")),
        sa.Column("ticket", sa.Integer),
        *map(_text, ("step", "stopped_by", "final")),
    )
    op.create_index("changes_state", "changes", ["state", "ticket"])
    op.create_index("changes_changed", "changes", ["changed"])


def _trail() -> None:
    op.create_table(
        "trail",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *map(_text, ("at", "event", "outcome", "operation", "object_id", "name", "conversation", "command")),
        *map(_text, ("detail", "previous", "hash")),
    )
    op.create_index("trail_person", "trail", ["object_id", "number"])
    op.create_index("trail_at", "trail", ["at"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Raise NotImplementedError: there is nothing before the first."""
    raise NotImplementedError

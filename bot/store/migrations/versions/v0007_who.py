"""Object ids in one spelling, one vote of a person on a change, and the other places of a change's card."""

import json
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

from bot.chat.object_ids import object_id

revision = "0007"
down_revision = "0006"

_VOTES = sa.table(
    "votes",
    *(sa.column(name, sa.Text) for name in ("change", "person_id", "verdict", "at")),
)
_SCHEDULES = sa.table("schedules", *(sa.column(name, sa.Text) for name in ("id", "creator_id", "approvers")))
_CHANGES = sa.table("changes", sa.column("requester_id", sa.Text))
_PEOPLE = sa.table("people", sa.column("object_id", sa.Text))
_FOR = ("confirm", "approve")


def upgrade() -> None:
    """Spell the ids that are there anew, and add the tables."""
    connection = op.get_bind()
    _votes(connection)
    _respelled(connection, _CHANGES, _CHANGES.c.requester_id)
    _respelled(connection, _SCHEDULES, _SCHEDULES.c.creator_id)
    _approvers(connection)
    _people(connection)
    op.create_index("votes_voter", "votes", ["change", sa.text("lower(person_id)")], unique=True)
    op.create_table(
        "change_cards",
        sa.Column("change", sa.Text, sa.ForeignKey("changes.id"), primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("card", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "personal_chats",
        sa.Column("object_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("tenant", "name", "place", "seen")),
        sa.Column("approver", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _spelled(written: str) -> str:
    """Return the id as it is spelled from now on; what is no id stays as it is."""
    return object_id(written) or written


def _votes(connection: sa.Connection) -> None:
    """Keep one vote of each person on each change: the one against it, else the first."""
    by_voter = defaultdict(list)
    for row in connection.execute(sa.select(_VOTES).order_by(_VOTES.c.at)).all():
        by_voter[row.change, _spelled(row.person_id)].append(row)
    for (change, voter), rows in by_voter.items():
        kept, *others = sorted(rows, key=lambda row: row.verdict in _FOR)
        for other in others:
            connection.execute(_VOTES.delete().where(*_is_row(change, other.person_id)))
        if kept.person_id != voter:
            connection.execute(_VOTES.update().where(*_is_row(change, kept.person_id)).values(person_id=voter))


def _is_row(change: str, person: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _VOTES.c.change == change, _VOTES.c.person_id == person


def _respelled(connection: sa.Connection, table: sa.TableClause, column: "sa.ColumnElement[str]") -> None:
    for (written,) in connection.execute(sa.select(column).distinct()).all():
        if (spelled := _spelled(written)) != written:
            connection.execute(table.update().where(column == written).values({column: spelled}))


def _approvers(connection: sa.Connection) -> None:
    for row in connection.execute(sa.select(_SCHEDULES.c.id, _SCHEDULES.c.approvers)).all():
        people = {_spelled(person[0]): person for person in reversed(json.loads(row.approvers or "[]"))}
        spelled = json.dumps([[key, *person[1:]] for key, person in reversed(people.items())], ensure_ascii=False)
        connection.execute(_SCHEDULES.update().where(_SCHEDULES.c.id == row.id).values(approvers=spelled))


def _people(connection: sa.Connection) -> None:
    known = {written for (written,) in connection.execute(sa.select(_PEOPLE.c.object_id)).all()}
    for written in sorted(known):
        spelled, is_it = _spelled(written), _PEOPLE.c.object_id == written
        if spelled != written and spelled in known:
            connection.execute(_PEOPLE.delete().where(is_it))
        elif spelled != written:
            connection.execute(_PEOPLE.update().where(is_it).values(object_id=spelled))
            known.add(spelled)

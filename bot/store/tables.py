"""The tables, as code reads them; how they came to be is in `migrations`.

A new SQLite file gets them as they stand here (`create`): the same ones, without Alembic being loaded for it.

Moments are text in UTC (ISO 8601 with microseconds): they sort as they follow each other, on both databases.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

# A change somebody asked for, from its plan to its end.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, nullable=False, server_default=""),
    sa.Column("command", sa.Text, nullable=False, server_default=""),
    sa.Column("requester_id", sa.Text, nullable=False, server_default=""),
    sa.Column("requester_tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("requester_name", sa.Text, nullable=False, server_default=""),
    # Where to write, as the chat platform wants to be given it back, and the card that is edited there.
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("conversation", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    # The plan that was shown, as JSON, and what its approval is bound to.
    sa.Column("plan", sa.Text, nullable=False, server_default=""),
    sa.Column("digest", sa.Text, nullable=False, server_default=""),
    sa.Column("needed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("confirm", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("exclusive", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("asked", sa.Text, nullable=False, server_default=""),
    sa.Column("changed", sa.Text, nullable=False, server_default=""),
    sa.Column("expires", sa.Text, nullable=False, server_default=""),
    # The place in the queue of the hub, given when it is agreed to.
    sa.Column("ticket", sa.Integer),
    sa.Column("step", sa.Text, nullable=False, server_default=""),
    sa.Column("stopped_by", sa.Text, nullable=False, server_default=""),
    # The last thing the card shows, as JSON, so that it can be shown again.
    sa.Column("final", sa.Text, nullable=False, server_default=""),
    # The schedule whose run it is, if it is one.
    sa.Column("schedule", sa.Text, nullable=False, server_default=""),
    sa.Index("changes_state", "state", "ticket"),
    sa.Index("changes_changed", "changed"),
)

# Who said what to a change: one word each, and why, where they were asked and said.
votes = sa.Table(
    "votes",
    metadata,
    sa.Column("change", sa.Text, sa.ForeignKey("changes.id"), primary_key=True),
    sa.Column("person_id", sa.Text, primary_key=True),
    sa.Column("person_tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("person_name", sa.Text, nullable=False, server_default=""),
    sa.Column("verdict", sa.Text, nullable=False, server_default=""),
    sa.Column("at", sa.Text, nullable=False, server_default=""),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    # Ids are spelled in one way before they get here; this holds whatever comes to write here.
    sa.Index("votes_voter", "change", sa.text("lower(person_id)"), unique=True),
)

# Where else than in its own place a change's card stands; `card` is empty until Teams has said which message it is.
change_cards = sa.Table(
    "change_cards",
    metadata,
    sa.Column("change", sa.Text, sa.ForeignKey("changes.id"), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
)

# The bot's chats with one person each.
personal_chats = sa.Table(
    "personal_chats",
    metadata,
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("seen", sa.Text, nullable=False, server_default=""),
    # Whether they were an approver when that was last asked: whom to look up first, never who may approve.
    sa.Column("approver", sa.Boolean, nullable=False, server_default=sa.false()),
)

# The audit trail. Triggers refuse to change or delete what is in it.
trail = sa.Table(
    "trail",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # What makes an entry one and the same, however often it is written.
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False, server_default=""),
    sa.Column("event", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Column("operation", sa.Text, nullable=False, server_default=""),
    sa.Column("object_id", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("conversation", sa.Text, nullable=False, server_default=""),
    sa.Column("command", sa.Text, nullable=False, server_default=""),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("previous", sa.Text, nullable=False, server_default=""),
    sa.Column("hash", sa.Text, nullable=False, server_default=""),
    sa.Index("trail_person", "object_id", "number"),
    sa.Index("trail_at", "at"),
)


@sa.event.listens_for(trail, "after_create")
def _append_only(_table: sa.Table, connection: sa.Connection, **_: object) -> None:
    """Have SQLite refuse to change or delete an entry; the migrations do so on either database."""
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            trigger = f"CREATE TRIGGER trail_no_{verb} BEFORE {verb.upper()} ON trail"
            connection.execute(sa.text(f"{trigger} BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"))


# Names of people who wrote to the bot, for showing.
people = sa.Table(
    "people",
    metadata,
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
)

# The processes that share the work, and when each was last alive.
replicas = sa.Table(
    "replicas",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seen", sa.Text, nullable=False, server_default=""),
    # When its work was taken over by the others, which is what there is to tell of it for a while.
    sa.Column("taken_over", sa.Text, nullable=False, server_default=""),
)

# Changes that come again and again. `approvers` are people, as JSON; `seen_to` is the time up to which occurrences
# have been made of the cron line.
schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("cron", sa.Text, nullable=False, server_default=""),
    sa.Column("line", sa.Text, nullable=False, server_default=""),
    sa.Column("command", sa.Text, nullable=False, server_default=""),
    sa.Column("creator_id", sa.Text, nullable=False, server_default=""),
    sa.Column("creator_tenant", sa.Text, nullable=False, server_default=""),
    sa.Column("creator_name", sa.Text, nullable=False, server_default=""),
    sa.Column("approvers", sa.Text, nullable=False, server_default=""),
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("conversation", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("created", sa.Text, nullable=False, server_default=""),
    sa.Column("seen_to", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    # The key of the event that it belongs to, if to one.
    sa.Column("event", sa.Text, nullable=False, server_default=""),
)

# What many people start a server for at the same time. `key` is its name, the same in any case; `operation` the change
# that added it.
events = sa.Table(
    "events",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("starts", sa.Text, nullable=False, server_default=""),
    sa.Column("ends", sa.Text, nullable=False, server_default=""),
    sa.Column("opens", sa.Text, nullable=False, server_default=""),
    sa.Column("opened", sa.Text, nullable=False, server_default=""),
    sa.Column("profile", sa.Text, nullable=False, server_default=""),
    sa.Column("pool", sa.Text, nullable=False, server_default=""),
    sa.Column("people", sa.Integer, nullable=False, server_default="0"),
    sa.Column("nodes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("creator", sa.Text, nullable=False, server_default=""),
    sa.Column("operation", sa.Text, nullable=False, server_default=""),
)

# One time of a schedule: `due` by its cron line, `at` when it runs. `claimed` is until when one replica alone deals
# with it; `shown` what its card said last.
occurrences = sa.Table(
    "occurrences",
    metadata,
    sa.Column("schedule", sa.Text, sa.ForeignKey("schedules.id"), primary_key=True),
    sa.Column("due", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("decider", sa.Text, nullable=False, server_default=""),
    sa.Column("change", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
    sa.Column("shown", sa.Text, nullable=False, server_default=""),
    sa.Column("claimed", sa.Text, nullable=False, server_default=""),
    # How many times before it were missed with it.
    sa.Column("others", sa.Integer, nullable=False, server_default="0"),
    sa.Index("occurrences_state", "state", "at"),
)

# How many nodes each pool had, once for each five minutes; `baseline` is what it had before it was held.
samples = sa.Table(
    "samples",
    metadata,
    sa.Column("bucket", sa.Text, primary_key=True),
    sa.Column("pool", sa.Text, primary_key=True),
    sa.Column("size", sa.Text, nullable=False, server_default=""),
    sa.Column("nodes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("baseline", sa.Integer),
)

# What was used on a day of the configured time zone, first seen when it `began`: sums, as compressed JSON.
usage_days = sa.Table(
    "usage_days",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("began", sa.Text, nullable=False, server_default=""),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

# The hub's users as those sums number them, and the day on which each was last seen.
usage_people = sa.Table(
    "usage_people",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("seen", sa.Text, nullable=False, server_default=""),
)

# What only one replica may do, who does it, and until when it is theirs alone.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("until", sa.Text, nullable=False, server_default=""),
)

# Troubles, from when they are first seen; all there is to know of one is its content, as JSON.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, server_default=""),
    sa.Column("watcher", sa.Text, nullable=False, server_default=""),
    sa.Column("stage", sa.Text, nullable=False, server_default=""),
    sa.Column("seen", sa.Text, nullable=False, server_default=""),
    sa.Column("over", sa.Text, nullable=False, server_default=""),
    sa.Column("content", sa.Text, nullable=False, server_default=""),
    sa.Index("alerts_stage", "stage", "seen"),
)

# Which message in which place shows an alert, and up to which version.
alert_cards = sa.Table(
    "alert_cards",
    metadata,
    sa.Column("alert", sa.Text, sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
    sa.Column("shown", sa.Integer, nullable=False, server_default="0"),
    sa.Column("replied", sa.Boolean, nullable=False, server_default=sa.false()),
    # How bad it was when people were last told by a message of its own, not by an edit.
    sa.Column("told", sa.Integer, nullable=False, server_default="0"),
)

# The conversations that want alerts: from which severity on, and of which watchers (all where `only` is empty).
subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("only", sa.Text, nullable=False, server_default=""),
    sa.Column("by", sa.Text, nullable=False, server_default=""),
    sa.Column("since", sa.Text, nullable=False, server_default=""),
    sa.Column("minimum", sa.Integer, nullable=False, server_default="0"),
    # When the bot could not write there any more; such a conversation wants nothing.
    sa.Column("lost", sa.Text, nullable=False, server_default=""),
)

# What the public host has served: a row for each change, from when it was seen.
certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("seen", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("issuer", sa.Text, nullable=False, server_default=""),
    sa.Column("not_before", sa.Text, nullable=False, server_default=""),
    sa.Column("not_after", sa.Text, nullable=False, server_default=""),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    # The hosts that it is for, apart by blanks; empty for those of earlier releases.
    sa.Column("names", sa.Text, nullable=False, server_default=""),
)

# Who was behind a name of the hub's users when that was first looked up in Entra; nobody where `object_id` is empty.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, nullable=False, server_default=""),
    sa.Column("looked", sa.Text, nullable=False, server_default=""),
)

# Which of several hubs is meant in a conversation, where people chose one.
chosen_hubs = sa.Table(
    "chosen_hubs",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("hub", sa.Text, nullable=False),
)

# Tests of the hub by a synthetic user, and if nothing is left of that: what this bot has made, it may delete.
hub_tests = sa.Table(
    "hub_tests",
    metadata,
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("began", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False, server_default=""),
    sa.Column("tag", sa.Text, nullable=False, server_default=""),
    sa.Column("profile", sa.Text, nullable=False, server_default=""),
    sa.Column("ended", sa.Text, nullable=False, server_default=""),
    sa.Column("seconds", sa.Float, nullable=False, server_default="0"),
    sa.Column("failed", sa.Text, nullable=False, server_default=""),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
)

# The times in which a hub's changes are refused; the newest one counts. `id` is the change that asked for it, `lifted`
# the name of who ended it before its time.
freezes = sa.Table(
    "freezes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("by_id", sa.Text, nullable=False, server_default=""),
    sa.Column("by_name", sa.Text, nullable=False, server_default=""),
    sa.Column("place", sa.Text, nullable=False, server_default=""),
    sa.Column("since", sa.Text, nullable=False, server_default=""),
    sa.Column("until", sa.Text, nullable=False, server_default=""),
    sa.Column("lifted", sa.Text, nullable=False, server_default=""),
)

# What people are told, until then by itself; `ended` is when it did end, and `banner` how the hub's own pages show it.
announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("by_id", sa.Text, nullable=False, server_default=""),
    sa.Column("by_name", sa.Text, nullable=False, server_default=""),
    sa.Column("since", sa.Text, nullable=False, server_default=""),
    sa.Column("until", sa.Text, nullable=False, server_default=""),
    sa.Column("banner", sa.Text, nullable=False, server_default=""),
    sa.Column("ended", sa.Text, nullable=False, server_default=""),
    sa.Index("announcements_ended", "ended", "since"),
)

# Which message in which conversation shows an announcement; `card` is empty until it is known.
announcement_cards = sa.Table(
    "announcement_cards",
    metadata,
    sa.Column("announcement", sa.Text, sa.ForeignKey("announcements.id"), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
    sa.Column("over", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Alembic's own, where it looks for the version.
_versions = sa.Table(
    "schema_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="schema_version_pkc"),
)


def create(connection: sa.Connection, version: str) -> None:
    """Make all tables in an empty SQLite database, as the migrations up to `version` would."""
    metadata.create_all(connection, checkfirst=False)
    _versions.create(connection)
    connection.execute(_versions.insert().values(version_num=version))

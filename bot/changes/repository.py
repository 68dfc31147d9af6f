"""The changes people asked for: every move from one state to the next is one transaction, made once.

Planning, waiting, queued, running, ended; what waits can also be closing (rejected, withdrawn, expired, stopped).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.audit.entry import AuditEntry
from bot.audit.log import append
from bot.changes.model import ChangeRequest, Decision, Planned, Response, State, Vote
from bot.chat.platform import Person
from bot.instrumentation.outcomes import Outcome
from bot.store.database import Database
from bot.store.tables import change_cards, changes, votes
from bot.store.timestamps import read, read_or_none, written

# Held on PostgreSQL while a place in the queue is given, so that no two changes get the same.
_LOCK: Final = 7_305_813


class Changes:
    """All changes in the store. Every method raises Unavailable when it cannot be read or written."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def create(self, change: ChangeRequest, entry: AuditEntry) -> bool:
        """Keep a new change and its votes with its first entry. Return False when one of that id is there already."""
        row = _columns(change)

        def work(connection: sa.Connection) -> bool:
            if connection.execute(sa.select(changes.c.id).where(changes.c.id == change.id)).first():
                return False
            connection.execute(changes.insert().values(row))
            for vote in {one.person.object_id: one for one in reversed(change.votes)}.values():
                _keep(connection, change.id, vote)
            append(connection, entry)
            return True

        return await self._database.run(work)

    async def get(self, change: str) -> ChangeRequest | None:
        """Return the change of that id with its votes, None where there is none."""
        return await self._database.run(lambda connection: _get(connection, change))

    async def planned(self, change: str, planned: Planned, entry: AuditEntry, *, anew: bool = False) -> None:
        """Record the plan: the change waits for consent, or is queued at once if it needs no further one.

        With `anew`, nobody has agreed to this plan: votes that a schedule brought along are dropped.
        """

        def work(connection: sa.Connection) -> None:
            if _state(connection, change) is State.PLANNING:
                if anew:
                    connection.execute(votes.delete().where(votes.c.change == change))
                waits = planned.confirm or planned.emergency or planned.needed > _approved(connection, change)
                values = {**vars(planned), "expires": written(planned.expires) if planned.expires else ""}
                self._set(connection, change, State.WAITING if waits else State.QUEUED, **values)
                append(connection, entry)

        await self._database.run(work)

    async def shown_on(self, change: str, card: str) -> None:
        """Remember the card that shows the change."""
        await self._update(change, card=card)

    async def copies(self, change: str) -> Mapping[str, str]:
        """Return the card in each further place that shows the change, by the place's address."""
        query = sa.select(change_cards.c.place, change_cards.c.card).where(change_cards.c.change == change)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return {row.place: row.card for row in rows}

    async def copied(self, change: str, place: str, card: str) -> None:
        """Remember the card that shows the change in a further place."""
        is_it = (change_cards.c.change == change, change_cards.c.place == place)

        def work(connection: sa.Connection) -> None:
            if not connection.execute(change_cards.update().where(*is_it).values(card=card)).rowcount:
                connection.execute(change_cards.insert().values(change=change, place=place, card=card))

        await self._database.run(work)

    async def vote(self, change: str, digest: str, vote: Vote, entry: AuditEntry) -> Decision:
        """Count a response, if at this moment it counts; response, decision and entry are one transaction.

        Whoever calls has checked that this person may say this.
        """
        return await self._database.run(lambda connection: self._vote(connection, change, digest, vote, entry))

    def _vote(self, connection: sa.Connection, change: str, digest: str, vote: Vote, entry: AuditEntry) -> Decision:
        known = _get(connection, change, locked=True)
        if (hindrance := _hindrance(known, digest, vote)) is not None or known is None:
            return hindrance or Decision.UNKNOWN
        _keep(connection, change, vote)
        append(connection, entry)
        if not vote.verdict.is_for:
            self._set(connection, change, State.CLOSING, outcome=_against(vote.verdict).value)
            return Decision.CLOSED
        if vote.verdict is Response.APPROVE and len(known.approvals) + 1 < known.needed:
            return Decision.COUNTED
        self._set(connection, change, State.QUEUED)
        return Decision.GO

    async def expire(self, change: str) -> None:
        """Close a change that nobody has answered in time. An emergency has no such time."""

        def work(connection: sa.Connection) -> None:
            known = _get(connection, change, locked=True)
            if known is not None and known.state is State.WAITING and _is_over(known, self._now()):
                self._set(connection, change, State.CLOSING, outcome=Outcome.EXPIRED.value)

        await self._database.run(work)

    async def unstopped(self, change: str) -> None:
        """Queue an emergency that nobody has stopped. Whoever calls has seen that somebody could have."""

        def work(connection: sa.Connection) -> None:
            known = _get(connection, change, locked=True)
            if known is not None and known.state is State.WAITING and known.emergency:
                self._set(connection, change, State.QUEUED)

        await self._database.run(work)

    async def first(self) -> ChangeRequest | None:
        """Return the change whose turn it is, None where nothing is queued."""
        states = (State.QUEUED.value, State.RUNNING.value)
        query = (
            sa.select(changes.c.id)
            .where(changes.c.exclusive, changes.c.state.in_(states), changes.c.ticket.is_not(None))
            .order_by(changes.c.ticket)
            .limit(1)
        )

        def work(connection: sa.Connection) -> ChangeRequest | None:
            row = connection.execute(query).first()
            return _get(connection, row.id) if row else None

        return await self._database.run(work)

    async def running(self, change: str) -> None:
        """Record that a queued change is at work."""
        await self._move(change, State.QUEUED, State.RUNNING)

    async def at_step(self, change: str, step: str) -> str:
        """Remember the step that is begun, unless somebody has asked to stop: then return who."""

        def work(connection: sa.Connection) -> str:
            asked = connection.execute(sa.select(changes.c.stopped_by).where(changes.c.id == change)).scalar()
            if not asked:
                connection.execute(changes.update().where(changes.c.id == change).values(step=step))
            return str(asked or "")

        return await self._database.run(work)

    async def stop(self, change: str, name: str, entry: AuditEntry) -> bool:
        """Ask the change to stop at the next safe point. Return False when it has ended or nobody knows it."""

        def work(connection: sa.Connection) -> bool:
            known = _get(connection, change, locked=True)
            if known is None or known.state in (State.ENDED, State.CLOSING):
                return False
            append(connection, entry)
            values = {"stopped_by": known.stopped_by or name}
            if known.state is State.WAITING:
                self._set(connection, change, State.CLOSING, outcome=Outcome.CANCELLED.value, **values)
            else:
                connection.execute(changes.update().where(changes.c.id == change).values(values))
            return True

        return await self._database.run(work)

    async def end(self, change: str, outcome: Outcome, final: str, entry: AuditEntry) -> None:
        """End the change, with `final` as the last thing its card shows. What has ended stays as it ended."""

        def work(connection: sa.Connection) -> None:
            if _state(connection, change) not in (None, State.ENDED):
                self._set(connection, change, State.ENDED, outcome=outcome.value, final=final)
                append(connection, entry)

        await self._database.run(work)

    async def open(self) -> Sequence[ChangeRequest]:
        """Return what has not ended, oldest first."""
        query = sa.select(changes).where(changes.c.state != State.ENDED.value).order_by(changes.c.asked)
        return await self._many(query)

    async def ended(self, limit: int) -> Sequence[ChangeRequest]:
        """Return what has ended, newest first."""
        ended = changes.c.state == State.ENDED.value
        return await self._many(sa.select(changes).where(ended).order_by(changes.c.changed.desc()).limit(limit))

    async def _many(self, query: "sa.Select[Any]") -> Sequence[ChangeRequest]:
        def work(connection: sa.Connection) -> list[ChangeRequest]:
            return [_change(row, _votes(connection, row.id)) for row in connection.execute(query).all()]

        return await self._database.run(work)

    async def _update(self, change: str, **values: object) -> None:
        await self._database.run(
            lambda connection: connection.execute(changes.update().where(changes.c.id == change).values(values))
        )

    async def _move(self, change: str, before: State, after: State) -> None:
        def work(connection: sa.Connection) -> None:
            if _state(connection, change) is before:
                self._set(connection, change, after)

        await self._database.run(work)

    def _set(self, connection: sa.Connection, change: str, state: State, **values: object) -> None:
        values |= {"state": state.value, "changed": written(self._now())}
        if state is State.QUEUED:
            values["ticket"] = _next_ticket(connection)
        connection.execute(changes.update().where(changes.c.id == change).values(values))


def _keep(connection: sa.Connection, change: str, vote: Vote) -> None:
    connection.execute(
        votes.insert().values(
            change=change,
            person_id=vote.person.object_id,
            person_tenant=vote.person.tenant_id,
            person_name=vote.person.name,
            verdict=vote.verdict.value,
            at=written(vote.at),
            why=vote.why,
        )
    )


def _approved(connection: sa.Connection, change: str) -> int:
    known = _get(connection, change)
    return len(known.approvals) if known else 0


def _next_ticket(connection: sa.Connection) -> int:
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    return int(connection.execute(sa.select(sa.func.max(changes.c.ticket))).scalar() or 0) + 1


def _hindrance(known: ChangeRequest | None, digest: str, vote: Vote) -> Decision | None:
    """Return why the response does not count; None where it does."""
    if known is None:
        return Decision.UNKNOWN
    if any(vote.person.is_same(earlier.person) for earlier in known.votes):
        return Decision.SAID_ALREADY
    if known.state is State.CLOSING and known.outcome == Outcome.EXPIRED.value:
        return Decision.EXPIRED
    if known.state is not State.WAITING:
        return Decision.DECIDED_ALREADY
    if digest != known.digest:
        return Decision.OTHER_CARD
    return Decision.EXPIRED if _is_over(known, vote.at) else None


def _is_over(known: ChangeRequest, now: datetime) -> bool:
    # An emergency waits by another clock than this one; those of earlier releases have a moment on record.
    return known.expires is not None and not known.emergency and now >= known.expires


def _against(verdict: Response) -> Outcome:
    return Outcome.REJECTED if verdict is Response.REJECT else Outcome.DISMISSED


def _state(connection: sa.Connection, change: str) -> State | None:
    query = sa.select(changes.c.state).where(changes.c.id == change).with_for_update()
    found = connection.execute(query).scalar()
    return State(found) if found else None


def _get(connection: sa.Connection, change: str, *, locked: bool = False) -> ChangeRequest | None:
    query = sa.select(changes).where(changes.c.id == change)
    row = connection.execute(query.with_for_update() if locked else query).first()
    return _change(row, _votes(connection, change)) if row else None


def _votes(connection: sa.Connection, change: str) -> tuple[Vote, ...]:
    rows = connection.execute(sa.select(votes).where(votes.c.change == change).order_by(votes.c.at)).all()
    return tuple(
        Vote(Person(row.person_id, row.person_tenant, row.person_name), Response(row.verdict), read(row.at), row.why)
        for row in rows
    )


def _change(row: "sa.Row[Any]", its_votes: tuple[Vote, ...]) -> ChangeRequest:
    taken = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's names
    requester = Person(taken.pop("requester_id"), taken.pop("requester_tenant"), taken.pop("requester_name"))
    taken |= {
        "state": State(taken["state"]),
        "asked": read(taken["asked"]),
        "changed": read(taken["changed"]),
        "expires": read_or_none(taken["expires"]),
    }
    return ChangeRequest(requester=requester, votes=its_votes, **taken)


def _columns(change: ChangeRequest) -> dict[str, object]:
    values = {name: value for name, value in vars(change).items() if name not in ("requester", "votes")}
    return values | {
        "requester_id": change.requester.object_id,
        "requester_tenant": change.requester.tenant_id,
        "requester_name": change.requester.name,
        "state": change.state.value,
        "asked": written(change.asked),
        "changed": written(change.changed),
        "expires": written(change.expires) if change.expires else "",
    }

"""The bot's own work as commands see it: what waits, runs and has ended, and a way to stop it."""

from collections.abc import Callable, Sequence

from bot.changes.model import ChangeRequest, State
from bot.changes.repository import Changes
from bot.changes.stopping import ChangeStopper
from bot.chat.platform import Person
from commands.framework.command import Level
from commands.ports import operations as ports
from commands.ports.operations import WorkState

_STATES = {
    State.PLANNING: WorkState.PLANNING,
    State.WAITING: WorkState.WAITING,
    State.QUEUED: WorkState.QUEUED,
    State.RUNNING: WorkState.RUNNING,
    State.CLOSING: WorkState.ENDED,
    State.ENDED: WorkState.ENDED,
}


class ChangeQueries:
    """The bot's changes: implements `commands.ports.operations.WorkReads` and `WorkWrites`."""

    def __init__(
        self, changes: Changes, stopper: ChangeStopper, by: Callable[[ChangeRequest], Level] = lambda _: Level.APPROVER
    ) -> None:
        """`by` tells the level that an approval of a change takes."""
        self._changes = changes
        self._stopper = stopper
        self._by = by

    async def open(self) -> Sequence[ports.Work]:
        """Return what has not ended, oldest first."""
        return [self._work(change) for change in await self._changes.open() if change.state is not State.CLOSING]

    async def ended(self, limit: int = 10) -> Sequence[ports.Work]:
        """Return what has ended, newest first; also what is decided and whose card does not say so yet."""
        closing = [change for change in await self._changes.open() if change.state is State.CLOSING]
        # One that ended between the two looks is in both.
        over = {change.id: change for change in (*reversed(closing), *await self._changes.ended(limit))}
        return [self._work(change) for change in over.values()][:limit]

    async def find(self, start: str) -> Sequence[ports.Work]:
        """Return the open ones whose id begins so."""
        return [work for work in await self.open() if work.id.startswith(start)]

    async def stop(self, operation: str, object_id: str, name: str) -> bool:
        """Ask a change to stop at the next safe point. Return False when it had ended."""
        return await self._stopper.stop(operation, Person(object_id, "", name))

    def _work(self, change: ChangeRequest) -> ports.Work:
        return ports.Work(
            id=change.id,
            title=change.title or change.command,
            line=change.line,
            requester=change.requester.name,
            requester_id=change.requester.object_id,
            state=_STATES[change.state],
            outcome=change.outcome,
            asked=change.asked,
            changed=change.changed,
            expires=change.expires,
            needed=change.needed,
            approved_by=tuple(vote.person.name for vote in change.approvals),
            step=change.step,
            reason=change.reason,
            emergency=change.emergency,
            digest=change.digest,
            command=change.command,
            by=int(self._by(change)) if change.needed and change.state is State.WAITING else int(Level.APPROVER),
            answered_by=tuple(vote.person.object_id for vote in change.votes),
        )

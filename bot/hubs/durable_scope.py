"""The one `bot.runtime.durable.Durable` of a process, shared by its hubs: a workflow's owner stands before its id."""

from collections.abc import Awaitable, Callable, Mapping

from bot.runtime.durable import Durable, Job

_BETWEEN = "/"


class ScopedDurable:
    """One hub's share of it: implements `bot.changes.ports.Record`. `owner` is empty for the first hub."""

    def __init__(self, durable: Durable, owner: str) -> None:
        self._durable = durable
        self._owner = owner

    async def start(self, workflow_id: str) -> None:
        """Begin the workflow of this id, as `Durable` does."""
        await self._durable.start(f"{self._owner}{_BETWEEN}{workflow_id}" if self._owner else workflow_id)

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """Return what `action` returned the first time it ended, as `Durable` does."""
        return await self._durable.step(name, action)


def dispatched(jobs: Mapping[str, Job]) -> Job:
    """Return a job that hands an id to the hub that owns it; `jobs` has the first hub's under an empty name.

    It raises LookupError for a hub that there is no more: what was left of it cannot be done.
    """

    async def run(name: str) -> None:
        owner, _, own = name.rpartition(_BETWEEN)
        if owner not in jobs:
            raise LookupError(f"the hub {owner} is no longer configured, so its {own} was not done")
        await jobs[owner](own)

    return run

"""The one `bot.durable.Durable` of a process, shared by its hubs: whose a workflow is stands before its id."""

from collections.abc import Awaitable, Callable, Mapping

from bot.runtime.durable import Durable, Job

_BETWEEN = "/"


class ScopedDurable:
    """One hub's share of it: implements `bot.operations.Record`. `whose` is empty for the first hub."""

    def __init__(self, durable: Durable, whose: str) -> None:
        self._durable = durable
        self._whose = whose

    async def start(self, workflow_id: str) -> None:
        """Begin the workflow of this id, as `Durable` does."""
        await self._durable.start(f"{self._whose}{_BETWEEN}{workflow_id}" if self._whose else workflow_id)

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """What `action` returned the first time it ended, as `Durable` does."""
        return await self._durable.step(name, action)


def dispatched(jobs: Mapping[str, Job]) -> Job:
    """What hands an id to the hub whose it is; `jobs` has the first hub's under an empty name.

    Raises LookupError for a hub that there is no more: what was left of it cannot be done.
    """

    async def run(name: str) -> None:
        whose, _, own = name.rpartition(_BETWEEN)
        if whose not in jobs:
            raise LookupError(f"the hub {whose} is no longer configured, so its {own} was not done")
        await jobs[whose](own)

    return run

"""Helm upgrades of the release: what all commands share that deploy other values.

Pods are watched meanwhile, so that an image that cannot be pulled ends the upgrade early. One that is merely slow is
repeated with more time. A revision that a killed helm left unfinished is repaired first, and a failed one is undone by
restoring the live revision.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from clients.errors import Conflict, Unavailable
from clients.helm import FailureReason, Release, UpgradeResult, bot_labels, recorded_result
from clients.kube import Pod, Waiting
from clients.values import ValueChange
from commands.framework.command import Steps
from commands.framework.plan_digest import digest_values
from commands.release.pending import PHASES
from commands.release.record import is_pending
from commands.rollout.pod_watch import watch_pods
from commands.rollout.readiness import Blockage, blockages
from commands.rollout.restore_revision import HISTORY, restore_mark, restore_unfinished, undo_failed
from commands.timing.durations import spoken
from commands.values.base import base_values, with_changes

# Seconds that helm needs after its time-out to record the failure.
_HELM_CLEANS_UP: Final = 60.0
_LOOK_EVERY: Final = 1.0
# The number of repetitions of a slow upgrade, and the factor by which its time-out grows.
_MORE: Final = 2
_LONGER: Final = 2.0


@dataclass(frozen=True)
class Upgrade:
    """An upgrade's parameters: the release and revision it is based on, the chart version, and its description.

    `image` is the users' image that it deploys, with its tag; empty if that stays. `part` tells apart the upgrades of
    one operation that makes several. Helm waits `timeout` seconds in each of its phases (0: as configured) until all is
    ready; without `wait` it has only submitted the objects when it reports success.
    """

    release: str
    revision: int
    chart_version: str
    description: str
    image: str = ""
    part: str = ""
    timeout: float = 0.0
    wait: bool = True


@dataclass(frozen=True)
class Upgraded:
    """The outcome of an upgrade, and the image pull that made the bot end it, if one did.

    `blockages` are what was in the way when helm's time was up or a hook failed, what does not pass first.
    """

    result: UpgradeResult
    hopeless: Waiting | None = None
    blockages: tuple[Blockage, ...] = ()

    @property
    def waits(self) -> bool:
        """True if the upgrade was merely slow: more time is likely to help."""
        return self.result.late and bool(self.blockages) and all(one.passes for one in self.blockages)


async def upgrade_with_changes(
    plan: Upgrade, changes: Sequence[ValueChange], values_digest: str, do: Steps
) -> Upgraded:
    """Deploy the changes on top of the values that an upgrade starts from, as a step's action.

    `values_digest` is that of the values which the changes were planned on. Raise Conflict if they have changed since,
    which voids the consent.
    """
    start = await base_values(do.reads)
    if digest_values(start.values) != values_digest and await own_revision(plan, do) is None:
        raise Conflict("Somebody else has changed the values in the meantime.")
    return await upgrade(plan, with_changes(start.values, changes), do)


async def upgrade(plan: Upgrade, values: Mapping[str, object], do: Steps) -> Upgraded:
    """Deploy the values, or find out how that ended if a crash came between.

    An upgrade that is merely slow when helm's time is up is repeated, twice at most and with more time; each time makes
    another revision. A revision that a killed helm left unfinished is repaired first. Raise Conflict if somebody else
    has changed the release since it was planned, Unavailable.
    """
    tried = await previous_attempts(plan, do)
    if not tried:
        await _check_unchanged(plan, do)
    known = recorded_result(tried[0], values) if tried else None
    return await retry_while_slow(lambda seconds: _once(plan, values, seconds, do), known, len(tried), plan.timeout, do)


async def _check_unchanged(plan: Upgrade, do: Steps) -> None:
    newest = await do.reads.releases.current()
    revision = newest.revision if newest else 0
    ours = newest is not None and newest.by_bot is not None and newest.by_bot.operation.startswith(do.operation)
    if revision != plan.revision and not ours:
        raise Conflict(f"The release was changed in the meantime: its newest revision is {revision}.")


async def retry_while_slow(
    attempt: Callable[[float], Awaitable[Upgraded]], known: UpgradeResult | None, tried: int, given: float, do: Steps
) -> Upgraded:
    """Run the attempt, and again with more time while it is merely slow. `attempt` gets helm's time-out in seconds.

    The first attempt gets `given` (0: as configured). `tried` is how many attempts there were before a crash, and
    `known` how the last one ended, None to make a new one.
    """
    done = None if known is None else await with_blockages(Upgraded(known), do)
    while done is None or (done.waits and tried <= _MORE and not do.stopping):
        if done is not None:
            late = spoken(timedelta(seconds=_seconds(given, tried - 1, do)))
            do.warn(f"Not ready in {late}: {done.blockages[0].text} Waiting longer.")
        done = await attempt(_seconds(given, tried, do))
        tried += 1
    return done


async def previous_attempts(plan: Upgrade, do: Steps) -> list[Release]:
    """Return the revisions that this operation has made so far, newest first, once helm has ended with them."""
    if await own_revision(plan, do) is None:
        return []
    history = await do.reads.releases.history(HISTORY)
    return [one for one in history if _is_own(one, plan, do)]


async def with_blockages(done: Upgraded, do: Steps, gone: Sequence[Pod] = (), *, crashes: bool = False) -> Upgraded:
    """Return the outcome with what was in the way, where that matters. `gone` are pods that helm has deleted since.

    `crashes` says that helm was ended because one of its pods kept crashing. If the cluster does not answer, nothing is
    known to be in the way.
    """
    matters = crashes or done.result.late or done.result.reason is FailureReason.HOOK_FAILED
    if done.result.ok or done.hopeless or not matters:
        return done
    try:
        return replace(done, blockages=await blockages(do.reads, gone))
    except Unavailable:
        return done


async def _once(plan: Upgrade, values: Mapping[str, object], seconds: float, do: Steps) -> Upgraded:
    # A rollback that the operation began goes on after a crash of the bot.
    await wait_for_helm(lambda newest: _has(newest, restore_mark(do)), plan.release, do)
    if problem := await restore_unfinished(do) or await undo_failed(plan.chart_version, values, do):
        return Upgraded(problem)
    newest = await do.reads.releases.current()
    async with watch_pods(plan.image, do) as watched:
        result = await do.writes.helm.upgrade(
            version=plan.chart_version,
            values=values,
            description=f"{plan.description}, by {do.caller.name}",
            labels=bot_labels((newest.revision if newest else 0) + 1, do.caller.object_id, _mark(plan, do)),
            stop=watched.stop,
            wait_seconds=seconds,
            wait=plan.wait,
            install=newest is None or newest.status == "uninstalled",
        )
        if not result.ok and await _is_live(plan, do):
            result = UpgradeResult(True)
        return await with_blockages(
            Upgraded(result, watched.hopeless), do, watched.recently_deleted(), crashes=watched.crashes
        )


async def _is_live(plan: Upgrade, do: Steps) -> bool:
    """Return True if the revision is live all the same: helm may be killed, or lose Kubernetes, at its very end."""
    try:
        newest = await do.reads.releases.current()
    except Unavailable:
        return False
    return newest is not None and newest.status == "deployed" and _is_own(newest, plan, do)


def _is_own(one: Release, plan: Upgrade, do: Steps) -> bool:
    return _has(one, _mark(plan, do))


def _has(one: Release, mark: str) -> bool:
    return one.by_bot is not None and one.by_bot.operation == mark


def _seconds(given: float, number: int, do: Steps) -> float:
    """Return the time-out for helm's attempt `number`, counted from 0."""
    return (given or do.reads.names.timeout.total_seconds()) * _LONGER**number


def _mark(plan: Upgrade, do: Steps) -> str:
    return f"{do.operation}-{plan.part}" if plan.part else do.operation


async def own_revision(plan: Upgrade, do: Steps) -> Release | None:
    """Return the revision that this operation made before the bot restarted, once helm has ended with it."""
    longest = PHASES * _seconds(plan.timeout, _MORE, do)
    return await wait_for_helm(lambda newest: _is_own(newest, plan, do), plan.release, do, longest)


async def wait_for_helm(
    is_own: Callable[[Release], bool], release: str, do: Steps, seconds: float = 0.0
) -> Release | None:
    """Return the newest revision once helm has ended with it, or None if it is not this operation's own.

    Helm runs in a session of its own: it goes on when the bot is killed, and records how it ended. Wait until no helm
    is at work, or for `seconds` (0: as long as it could take).
    """
    limit = (seconds or PHASES * _seconds(0.0, _MORE, do)) + _HELM_CLEANS_UP
    until = asyncio.get_running_loop().time() + limit
    while True:
        newest = await do.reads.releases.current()
        if newest is None or not is_own(newest):
            return None
        if not is_pending(newest) or asyncio.get_running_loop().time() > until or do.stopping:
            return newest
        if do.reads.helm is not None and not await do.reads.helm.is_running():
            return newest
        do.tell(f"Helm is still working on revision {newest.revision} of {release}")
        await asyncio.sleep(_LOOK_EVERY)

"""An upgrade of the release: what every command shares that has helm put other values in place.

Pods are watched meanwhile, so that an image that cannot be pulled ends it early. What is merely slow is waited for
again; what a killed helm left half-way is put back first, and so is what was live before one that has failed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from cards.views import Fact, Tone
from clients.errors import Conflict, Unavailable
from clients.helm import FailureReason, Release, UpgradeResult, bot_labels, recorded_result
from clients.kube import Pod, Waiting
from clients.values import ValueChange
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values
from commands.kubernetes.components import parts
from commands.ports.context import Reads
from commands.release.pending import PHASES, is_at_work
from commands.release.record import image_tag, is_pending, standing, updated, who
from commands.rollout.first_install import unborn
from commands.rollout.pod_watch import watching
from commands.rollout.readiness import Blockage, blockages
from commands.rollout.restore_revision import HISTORY, back_mark, put_back, take_back
from commands.timing.durations import spoken
from commands.values.base import changed, starting

# After its time-out helm still writes down that it failed, in seconds.
_HELM_CLEANS_UP: Final = 60.0
_LOOK_EVERY: Final = 1.0
# How often what is merely slow is waited for again, and how much longer each time.
_MORE: Final = 2
_LONGER: Final = 2.0


@dataclass(frozen=True)
class Upgrade:
    """What is put in place: on which revision of which release it is based, and how it is recorded.

    `image` is the users' image that it brings, with its tag; empty where that stays. `part` tells apart the upgrades
    of one operation that makes several. Helm waits `timeout` seconds in each of its phases (0: as configured) until
    all is ready; without `wait` it has only handed the objects over when it says that it is done.
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
    """How helm ended, and the image pull that made the bot end it, if one did.

    `blockages` are what was in the way when helm's time was up or a hook failed, what does not pass first.
    """

    result: UpgradeResult
    hopeless: Waiting | None = None
    blockages: tuple[Blockage, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it was merely slow: more time is likely to help."""
        return self.result.late and bool(self.blockages) and all(one.passes for one in self.blockages)


async def base_of(reads: Reads, *, installs: bool = False, any_chart: bool = False) -> tuple[Release, Release, str]:
    """The newest revision, and the live one (the newest where none is) with the values that an upgrade starts from.

    The third is the version of their home. The values are what `commands.values.base` says: where they live in a
    file, the file's. With `installs` there need be no revision: it is revision 0 then. Raises UserError where there is
    none, one is under way or was left half-way by a killed helm, or the bot's chart is of another version, unless it
    may be `any_chart`.
    """
    newest, live = await live_base_of(reads, installs=installs, any_chart=any_chart)
    start = await starting(reads)
    return newest, replace(live, values=start.values), start.version


async def live_base_of(reads: Reads, *, installs: bool = False, any_chart: bool = False) -> tuple[Release, Release]:
    """The same with the live values, for what must change nothing beside: drift of a file stays where it is."""
    newest, live = await asyncio.gather(reads.releases.current(), reads.releases.deployed())
    if installs and newest is None:
        newest = await unborn(reads)
    if newest is None or (newest.status == "uninstalled" and not installs):
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace} to deploy to.")
    if is_pending(newest):
        await check_pending(newest, reads)
    base = live or newest
    if not any_chart:
        await check_chart(base.chart.version, reads)
    return newest, base


async def check_pending(newest: Release, reads: Reads) -> None:
    """Raises UserError for a pending revision: one that is worked on is waited for, another one is repaired first.

    Helm itself would not even say what an upgrade on top of it does (3.20: another operation is in progress).
    """
    unfinished = f"Revision {newest.revision} is not finished: {standing(newest)[0]} since {updated(newest)}."
    if await is_at_work(newest, reads):
        raise UserError(unfinished, "/jhub history")
    raise UserError(f"{unfinished} Helm was killed.", "/jhub repair")


async def check_chart(version: str, reads: Reads) -> None:
    """Raises UserError where the bot's chart is on disk and of another version than the live one, Unavailable."""
    local = await reads.charts.local_version()
    if local is not None and local != version:
        raise UserError(
            f"The live chart is {version}, but the bot's copy is {local}: deploying would change the chart as well.",
            f"Configure chart {version} for the bot (release.chart).",
        )


async def live_values(release: str, reads: Reads) -> Mapping[str, object]:
    """The values that an upgrade starts from, secrets and all: for helm alone. Raises UserError where none are left."""
    base = await reads.releases.deployed() or await reads.releases.current()
    if base is None:
        raise UserError(f"There is no longer a release “{release}”.")
    return base.values


async def upgrade_from(plan: Upgrade, changes: Sequence[ValueChange], digest: str, do: Steps) -> Upgraded:
    """A step: have helm put these changes in place, on top of the values that an upgrade starts from.

    `digest` is that of the values which the changes were planned on. Raises Conflict where they are others by now,
    which voids the consent.
    """
    start = await starting(do.reads)
    if digest_values(start.values) != digest and await own_revision(plan, do) is None:
        raise Conflict("Somebody else has changed the values in the meantime.")
    return await upgrade(plan, changed(start.values, changes), do)


async def upgrade(plan: Upgrade, values: Mapping[str, object], do: Steps) -> Upgraded:
    """Have helm put the values in place, or learn how it ended with them where a crash came between.

    What is merely slow when helm's time is up is waited for again, twice at most and longer each time; each time
    makes another revision. What a killed helm left half-way is put back first. Raises Conflict where somebody else
    has changed the release since it was planned, Unavailable.
    """
    tried = await attempts(plan, do)
    if not tried:
        await _check_unchanged(plan, do)
    known = recorded_result(tried[0], values) if tried else None
    return await insist(lambda seconds: _once(plan, values, seconds, do), known, len(tried), plan.timeout, do)


async def _check_unchanged(plan: Upgrade, do: Steps) -> None:
    newest = await do.reads.releases.current()
    revision = newest.revision if newest else 0
    ours = newest is not None and newest.by_bot is not None and newest.by_bot.operation.startswith(do.operation)
    if revision != plan.revision and not ours:
        raise Conflict(f"The release was changed in the meantime: its newest revision is {revision}.")


async def insist(
    attempt: Callable[[float], Awaitable[Upgraded]], known: UpgradeResult | None, tried: int, given: float, do: Steps
) -> Upgraded:
    """Attempt it, and again with more time as long as it is merely slow. `attempt` gets helm's time-out in seconds.

    The first time that is `given` (0: as configured). `tried` are how often it was attempted before a crash, and
    `known` how that ended, None to attempt it anew.
    """
    done = None if known is None else await judged(Upgraded(known), do)
    while done is None or (done.waits and tried <= _MORE and not do.stopping):
        if done is not None:
            late = spoken(timedelta(seconds=_seconds(given, tried - 1, do)))
            do.warn(f"Not ready in {late}: {done.blockages[0].text} Waiting longer.")
        done = await attempt(_seconds(given, tried, do))
        tried += 1
    return done


async def attempts(plan: Upgrade, do: Steps) -> list[Release]:
    """The revisions that this operation has made so far, newest first, once helm has ended with them."""
    if await own_revision(plan, do) is None:
        return []
    history = await do.reads.releases.history(HISTORY)
    return [one for one in history if _is_own(one, plan, do)]


async def judged(done: Upgraded, do: Steps, gone: Sequence[Pod] = (), *, crashes: bool = False) -> Upgraded:
    """With what is in the way, where that is the question. `gone` are pods that helm has deleted since.

    `crashes` says that helm was ended because a pod of it could not live.
    Where the cluster does not tell, nothing is in the way as far as anybody knows.
    """
    asked = crashes or done.result.late or done.result.reason is FailureReason.HOOK_FAILED
    if done.result.ok or done.hopeless or not asked:
        return done
    try:
        return replace(done, blockages=await blockages(do.reads, gone))
    except Unavailable:
        return done


async def _once(plan: Upgrade, values: Mapping[str, object], seconds: float, do: Steps) -> Upgraded:
    # What puts back goes on by itself where a crash came between.
    await ended_by_itself(lambda newest: _has(newest, back_mark(do)), plan.release, do)
    if problem := await put_back(do) or await take_back(plan.chart_version, values, do):
        return Upgraded(problem)
    newest = await do.reads.releases.current()
    async with watching(plan.image, do) as watched:
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
        return await judged(Upgraded(result, watched.hopeless), do, watched.lately_gone(), crashes=watched.crashes)


async def _is_live(plan: Upgrade, do: Steps) -> bool:
    """Whether it was done all the same: helm may be killed, or lose Kubernetes, when only its own end is left."""
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
    """What helm is given the `number`th time, counted from 0."""
    return (given or do.reads.names.timeout.total_seconds()) * _LONGER**number


def _mark(plan: Upgrade, do: Steps) -> str:
    return f"{do.operation}-{plan.part}" if plan.part else do.operation


async def own_revision(plan: Upgrade, do: Steps) -> Release | None:
    """The revision that this operation made before the bot was restarted, once helm has ended with it."""
    longest = PHASES * _seconds(plan.timeout, _MORE, do)
    return await ended_by_itself(lambda newest: _is_own(newest, plan, do), plan.release, do, longest)


async def ended_by_itself(
    is_own: Callable[[Release], bool], release: str, do: Steps, seconds: float = 0.0
) -> Release | None:
    """The newest revision once helm has ended with it; None where it is not this operation's own.

    Helm lives in a session of its own: it goes on when the bot is killed, and writes down how it ended. It is waited
    for until it is seen that none is at work, or for `seconds` (0: as long as it could take).
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


def state(newest: Release | None, live: Release | None, pods: Sequence[Pod], reads: Reads) -> tuple[Fact, ...]:
    """What is true of the release now."""
    facts = [_live(live, reads)]
    if newest is not None and newest.status != "deployed":
        word, tone = standing(newest)
        facts.append(Fact("Newest revision", f"{newest.revision}, tag {image_tag(newest)}: {word}", tone))
    facts += [Fact(p.name, f"{p.ready}/{p.total} ready", p.tone) for p in parts(pods) if p.problem or p.name == "hub"]
    return tuple(facts)


def unwell(now: Sequence[Fact]) -> str:
    """What to add where helm saw everything ready for a moment, but it no longer is; `now` is what `state` says."""
    bad = [fact.label for fact in now if fact.tone is Tone.BAD]
    return f"But {', '.join(bad)} did not stay ready: see /jhub pods and /jhub logs." if bad else ""


def _live(live: Release | None, reads: Reads) -> Fact:
    if live is None:
        return Fact("Live", "no revision", Tone.BAD)
    by = f", by {who(live, reads.access)}" if live.by_bot else ""
    return Fact("Live", f"revision {live.revision}, tag {image_tag(live)}{by}", Tone.GOOD)


def after_stop(newest: Release | None) -> tuple[str, ...]:
    """What to do about a release whose upgrade was stopped."""
    if newest is not None and is_pending(newest):
        return ("The release is still marked as in progress. Type the same again in a minute.",)
    return ("You can safely type it again.",)

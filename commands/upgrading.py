"""An upgrade of the release: what every command shares that has helm put other values in place.

The chart stays at its version. Pods are watched meanwhile, so that an image that cannot be pulled ends it early.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cards.views import Fact, Tone
from clients.errors import Conflict, Unavailable
from clients.helm import Reason, Release, UpgradeResult, bot_labels
from clients.kube import Pod, Waiting
from clients.values import ValueChange
from commands.components import USER_SERVER, condition, is_hopeless, parts, pull_problem, short_node
from commands.digest import digest_values
from commands.errors import UserError
from commands.reads import Reads
from commands.release import image_tag, is_pending, standing, updated, who
from commands.spec import Steps
from commands.starting import changed, starting

_LOG = logging.getLogger("jhub_bot.commands.upgrading")

# As many pods as fit on a phone beside the steps.
_SHOWN_PODS: Final = 8
# After its time-out helm still writes down that it failed, in seconds.
_HELM_CLEANS_UP: Final = 60.0
_LOOK_EVERY: Final = 1.0


@dataclass(frozen=True)
class Upgrade:
    """What is put in place: on which revision of which release it is based, and how it is recorded.

    `image` is the users' image that it brings, with its tag; empty where that stays. `part` tells apart the upgrades
    of one operation that makes several.
    """

    release: str
    revision: int
    chart_version: str
    description: str
    image: str = ""
    part: str = ""


@dataclass(frozen=True)
class Upgraded:
    """How helm ended, and the image pull that made the bot end it, if one did."""

    result: UpgradeResult
    hopeless: Waiting | None = None


async def base_of(reads: Reads) -> tuple[Release, Release, str]:
    """The newest revision, and the live one (the newest where none is) with the values that an upgrade starts from.

    The third is the version of their home. The values are what `commands.starting` says: where they live in a
    file, the file's. Raises UserError where there is no revision, one is under way, or the bot's chart is of another
    version.
    """
    newest, live = await live_base_of(reads)
    start = await starting(reads)
    return newest, replace(live, values=start.values), start.version


async def live_base_of(reads: Reads) -> tuple[Release, Release]:
    """The same with the live values, for what must change nothing beside: drift of a file stays where it is."""
    newest, live = await asyncio.gather(reads.releases.current(), reads.releases.deployed())
    if newest is None:
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace} to deploy to.")
    if is_pending(newest):
        raise UserError(
            f"Revision {newest.revision} is not finished: {standing(newest)[0]} since {updated(newest)} UTC.",
            "/jhub history",
        )
    base = live or newest
    await _check_chart(base, reads)
    return newest, base


async def _check_chart(base: Release, reads: Reads) -> None:
    local = await reads.charts.local_version()
    if local is not None and local != base.chart.version:
        raise UserError(
            f"The live chart is {base.chart.version}, the bot's copy is {local}: deploying would change it as well.",
            f"Give the bot chart {base.chart.version} in its configuration (release.chart).",
        )


async def live_values(release: str, reads: Reads) -> Mapping[str, object]:
    """The values that an upgrade starts from, secrets and all: for helm alone. Raises UserError where none are left."""
    base = await reads.releases.deployed() or await reads.releases.current()
    if base is None:
        raise UserError(f"There is no release “{release}” any more.")
    return base.values


async def upgrade_from(plan: Upgrade, changes: Sequence[ValueChange], digest: str, do: Steps) -> Upgraded:
    """A step: have helm put these changes in place, on top of the values that an upgrade starts from.

    `digest` is that of the values which the changes were planned on. Raises Conflict where they are others by now,
    which voids the consent.
    """
    start = await starting(do.reads)
    if digest_values(start.values) != digest and await own_revision(plan, do) is None:
        raise Conflict("The values were changed by somebody else meanwhile.")
    return await upgrade(plan, changed(start.values, changes), do)


async def upgrade(plan: Upgrade, values: Mapping[str, object], do: Steps) -> Upgraded:
    """Have helm put the values in place, or learn how it ended with them where a crash came between."""
    mine = await own_revision(plan, do)
    if mine is not None and mine.status == "deployed":
        return Upgraded(UpgradeResult(True))
    if mine is not None and is_pending(mine):
        return Upgraded(UpgradeResult(False, Reason.IN_PROGRESS, "Helm was killed before it had ended its work."))
    blocked: list[Waiting] = []
    stop = asyncio.Event()
    beside = [asyncio.create_task(_watch(plan, do, stop, blocked)), asyncio.create_task(_pass_on(do, stop))]
    try:
        result = await do.writes.helm.upgrade(
            version=plan.chart_version,
            values=values,
            description=f"{plan.description}, by {do.caller.name}",
            labels=bot_labels((mine.revision if mine else plan.revision) + 1, do.caller.object_id, _mark(plan, do)),
            stop=stop,
            wait_seconds=do.reads.names.timeout.total_seconds(),
        )
        return Upgraded(result, blocked[0] if blocked else None)
    finally:
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(ended, Exception):
                _LOG.error("watching the pods of an upgrade failed", exc_info=ended)


def _mark(plan: Upgrade, do: Steps) -> str:
    return f"{do.operation}-{plan.part}" if plan.part else do.operation


async def own_revision(plan: Upgrade, do: Steps) -> Release | None:
    """The revision that this operation made before the bot was restarted, once helm has ended with it.

    Helm lives in a session of its own: it goes on when the bot is killed, and writes down how it ended.
    """
    until = asyncio.get_running_loop().time() + do.reads.names.timeout.total_seconds() + _HELM_CLEANS_UP
    while True:
        newest = await do.reads.releases.current()
        if newest is None or newest.by_bot is None or newest.by_bot.operation != _mark(plan, do):
            return None
        if not is_pending(newest) or asyncio.get_running_loop().time() > until or do.stopping:
            return newest
        do.tell(f"Helm still works on revision {newest.revision} of {plan.release}")
        await asyncio.sleep(_LOOK_EVERY)


async def _pass_on(do: Steps, stop: asyncio.Event) -> None:
    await do.stopped()
    stop.set()


async def _watch(plan: Upgrade, do: Steps, stop: asyncio.Event, blocked: list[Waiting]) -> None:
    """Tell of every pod that this upgrade touches; a pull that cannot succeed ends it early."""
    known: dict[str, bool] | None = None
    with contextlib.suppress(Unavailable):
        async for pods in do.reads.kube.watch_pods():
            known = {pod.uid: pod.is_ready for pod in pods} if known is None else known
            do.tell(*lines(pods, known))
            for failure in failing([pod for pod in pods if pod.uid not in known], plan.image):
                do.warn(pull_problem(failure))
                if is_hopeless(failure) and not blocked:
                    blocked.append(failure)
                    stop.set()


def lines(pods: Sequence[Pod], known: dict[str, bool]) -> tuple[str, ...]:
    """A line for each pod that is new or was ready at the start and is not now; `known` is readiness at the start."""
    touched = [p for p in pods if p.uid not in known or (known[p.uid] and not p.is_ready)]
    ours = [p for p in touched if p.component != USER_SERVER]
    ordered = sorted(ours, key=lambda pod: (condition(pod)[1] is Tone.GOOD, pod.component, pod.name))
    shown = [f"{pod.name}: {_doing(pod)}" for pod in ordered[:_SHOWN_PODS]]
    return (*shown, f"… and {len(ordered) - _SHOWN_PODS} more") if len(ordered) > _SHOWN_PODS else tuple(shown)


def _doing(pod: Pod) -> str:
    words, tone = condition(pod)
    if pod.component.endswith("image-puller") and tone is Tone.WORKING and not pod.terminating:
        words = "pulling the image"
    if pod.pull_failure is not None:
        words = "cannot pull its image"
    return f"{words}, {short_node(pod.node)}" if pod.node else f"{words}, no node yet"


def failing(pods: Sequence[Pod], image: str) -> list[Waiting]:
    """Why pods cannot pull the image being deployed, for each that cannot."""
    failures = (pod.pull_failure for pod in pods)
    return [failure for failure in failures if failure is not None and failure.image == image]


def state(newest: Release | None, live: Release | None, pods: Sequence[Pod], reads: Reads) -> tuple[Fact, ...]:
    """What is true of the release now."""
    facts = [_live(live, reads)]
    if newest is not None and newest.status != "deployed":
        word, tone = standing(newest)
        facts.append(Fact("Newest revision", f"{newest.revision}, tag {image_tag(newest)}: {word}", tone))
    facts += [Fact(p.name, f"{p.ready}/{p.total} ready", p.tone) for p in parts(pods) if p.problem or p.name == "hub"]
    return tuple(facts)


def _live(live: Release | None, reads: Reads) -> Fact:
    if live is None:
        return Fact("Live", "no revision", Tone.BAD)
    by = f", by {who(live, reads.access)}" if live.by_bot else ""
    return Fact("Live", f"revision {live.revision}, tag {image_tag(live)}{by}", Tone.GOOD)


def after_stop(newest: Release | None) -> tuple[str, ...]:
    """What to do about a release whose upgrade was stopped."""
    if newest is not None and is_pending(newest):
        return ("The release is still marked as under way. Type the same again in a minute.",)
    return ("Typing the same again is safe.",)

"""The card after a Helm upgrade that did not succeed: what is live, what was in the way, and what to do next."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from cards.views import Button, ButtonStyle, Fact, Failure, Lines, Tone, typing
from clients.errors import Unavailable
from clients.helm import FailureReason, Release
from clients.kube import Waiting
from clients.secret_patterns import unshaped
from commands.framework.command import Steps
from commands.kubernetes.image_pull_failures import pull_problem, pulling
from commands.kubernetes.problem import Cause
from commands.release.record import is_pending
from commands.release.removed_apis import WAY_OUT
from commands.rollout.readiness import Blockage
from commands.rollout.release_state import release_facts, stop_advice
from commands.rollout.upgrade import Upgraded


async def upgrade_failure(title: str, done: Upgraded, line: str, do: Steps) -> Failure:
    """Return the card of an upgrade that failed or was stopped. `title` says what was not done, `line` repeats it."""
    try:
        newest, live, pods = await asyncio.gather(
            do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
        )
    except Unavailable as error:
        return _unseen(title, done, error, line, do)
    return Failure(
        title,
        _cause(done, do),
        release_facts(newest, live, pods, do.reads),
        _advice(done, newest, do),
        sections=_sections(done),
        buttons=_buttons(done, newest, live, line),
    )


def _unseen(title: str, done: Upgraded, error: Unavailable, line: str, do: Steps) -> Failure:
    """Return the card for when the cluster does not say what is live now."""
    return Failure(
        title,
        _cause(done, do),
        (Fact("Live", f"unknown: {error}", Tone.WARNING),),
        ("When it answers again, type the same again: it starts from what is true then.",),
        buttons=(*((typing("Retry", line),) if line else ()), typing("Show history", "/jhub history")),
    )


def not_ready_facts(blockages: Sequence[Blockage]) -> tuple[Fact, ...]:
    """Return what is not ready yet, for a deployment that nobody waited for."""
    return tuple(Fact(one.component or "pods", one.words) for one in blockages)


def _cause(done: Upgraded, do: Steps) -> str:
    if done.hopeless is not None:
        return f"{pull_problem(done.hopeless)} Helm was stopped; nobody is interrupted."
    if do.stopping and done.result.cancelled:
        return "Helm was asked to stop and did."
    lasting = [one.text for one in done.blockages if not one.passes]
    if lasting:
        return f"{lasting[0]} Waiting longer would not help."
    if done.waits:
        return f"{done.result.message} {done.blockages[0].text} The bot waited for it several times."
    return done.result.message


def _advice(done: Upgraded, newest: Release | None, do: Steps) -> tuple[str, ...]:
    if done.hopeless is not None:
        return _of_image(done.hopeless)
    if newest is not None and is_pending(newest):
        return ("The release is still marked as in progress: once helm has ended, /jhub repair fixes that.",)
    if do.stopping and done.result.cancelled:
        return stop_advice(newest)
    return _BY_REASON.get(done.result.reason, ("/jhub pods shows what is not ready.",))


_UNCHANGED: Final = ("Nothing was changed: what is live stays as it is.",)
_BY_REASON: Final[Mapping[FailureReason | None, tuple[str, ...]]] = {
    FailureReason.DISK_FULL: ("Whoever runs the bot must give it a larger disk (state_dir) or free space on it.",),
    **dict.fromkeys((FailureReason.OWNED, FailureReason.CHART, FailureReason.SCHEMA), _UNCHANGED),
    FailureReason.REMOVED_API: (
        "Nothing was changed. Retrying, another chart and /jhub rollback all end in the same way.",
        f"{WAY_OUT} Then deploy again.",
    ),
    # What else Helm had to change it may have changed: it goes on after such a refusal.
    FailureReason.CONFLICT: (
        "Nothing was taken from them. Other objects of the release may be changed already.",
        "To keep what they set, put the same into the hub’s values: /jhub config set",
        "To undo it, set those fields back with the tool that set them, and deploy again.",
    ),
    FailureReason.CLUSTER_OBJECT: (
        "Other objects of the release may be changed already.",
        "Whoever runs the bot can allow it: rbac.clusterObjects: write in the values of its chart. Then deploy again.",
        "Or an administrator runs helm upgrade --server-side=false once: Helm then leaves alone what does not change.",
    ),
}


def _of_image(waiting: Waiting) -> tuple[str, ...]:
    """Return advice for an image that cannot be pulled: push it only if the registry lacks it, or a part of it."""
    if pulling(waiting).cause in (Cause.IMAGE_MISSING, Cause.IMAGE_BROKEN):
        return ("Push the image and deploy it again, or deploy another tag: /jhub deploy <tag>",)
    return ("Deploy a tag that the cluster can pull: /jhub deploy <tag>",)


def _sections(done: Upgraded) -> tuple[Lines, ...]:
    if done.hopeless is not None:
        return (Lines((unshaped(done.hopeless.message),), "What the cluster says", code=True),)
    more = list(dict.fromkeys(one.text for one in done.blockages))
    return (Lines(tuple(more), "Not ready"),) if len(more) > 1 else ()


def _buttons(done: Upgraded, newest: Release | None, live: Release | None, line: str) -> tuple[Button, ...]:
    if newest is not None and is_pending(newest):
        again = (typing("Retry", line),) if line and live is not None else ()
        return (typing("Repair", "/jhub repair"), *again, typing("Show pods", "/jhub pods"))
    back = live is not None and newest is not None and newest.revision != live.revision
    logged = next((one for one in done.blockages if one.logged), None)
    return (
        *((typing("Retry", line),) if line else ()),
        *((typing("Roll back", f"/jhub rollback {live.revision}", ButtonStyle.DESTRUCTIVE),) if live and back else ()),
        typing("Show log", f"/jhub logs {logged.component or logged.pod}" if logged else "/jhub logs hub"),
    )

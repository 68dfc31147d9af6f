"""Why the hub itself does not answer a test: what its own pods say, by the same tables as in `/jhub status`."""

import asyncio
from typing import Final

from clients.errors import Forbidden, Rejected, Unavailable
from commands.diagnostics.component_problems import component_problems
from commands.framework.command import Steps
from commands.framework.partial_results import attempt
from commands.hubtest.outcome import ACCOUNT, Advice, HubTestOutcome, Stage, sentence
from commands.kubernetes.components import ESSENTIAL
from commands.kubernetes.container_failures import crashed
from commands.logs.crash_output import with_last_words

_STEPS: Final = (Advice("Show the hub’s log", "/jhub logs hub"), Advice("Show status", "/jhub status"))


async def without_account(error: Unavailable | Rejected, do: Steps) -> HubTestOutcome:
    """Return the outcome of a test whose account the hub did not make."""
    said = sentence(error)
    if isinstance(error, Rejected | Forbidden):
        # It answers, so its pods have nothing to do with it.
        return _at_account(said)
    return _at_account(" ".join((said, *await _problems(do))), _STEPS)


def _at_account(cause: str, advice: tuple[Advice, ...] = ()) -> HubTestOutcome:
    return HubTestOutcome((Stage(ACCOUNT, 0.0, cause),), failed=ACCOUNT, cause=cause, advice=advice)


async def _problems(do: Steps) -> list[str]:
    """Return what is wrong with what the hub cannot do without; nothing where the cluster does not say."""
    pods, newest = await asyncio.gather(
        attempt("Kubernetes", do.reads.kube.pods()), attempt("Kubernetes", do.reads.releases.current())
    )
    if isinstance(pods, Unavailable):
        return [f"{sentence(pods)} So why is not known."]
    its = [pod for pod in pods if pod.component in ESSENTIAL]
    heard = await with_last_words(its, do.reads)
    ends = [crashed(pod.crash, pod.restarts).told for pod in heard if pod.crash and not pod.is_ready]
    return [*component_problems(heard, None if isinstance(newest, Unavailable) else newest), *ends]

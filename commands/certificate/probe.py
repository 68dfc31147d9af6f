"""Probes of all that the certificate depends on, taken at once; what does not answer is left open."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from clients.errors import NotFound, Unavailable
from clients.helm import Release
from clients.kube import Pod
from commands.certificate.cause import Explanation, explain
from commands.certificate.observations import Probes
from commands.framework.partial_results import attempt
from commands.ports.context import Reads

T = TypeVar("T")

AUTOHTTPS: Final = "autohttps"
SERVICE: Final = "proxy-public"
TRAEFIK: Final = "traefik"
_HTTPS: Final = ("proxy", "https")
# Traefik says little: so many lines are days.
_LINES: Final = 400
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


async def why(reads: Reads) -> Explanation:
    """Return the cause as it is now. Wait at most some 10 s."""
    return explain(await probes(reads))


async def probes(reads: Reads) -> Probes:
    """Return all that can be seen now."""
    host = reads.names.public_host
    async with asyncio.TaskGroup() as asking:
        pods = asking.create_task(attempt("Kubernetes", _traefik(reads)))
        balancer = asking.create_task(attempt("Kubernetes", reads.kube.load_balancer(SERVICE)))
        automatic = asking.create_task(attempt("Kubernetes", _automatic(reads)))
        contact = asking.create_task(attempt("Kubernetes", contact_of(reads)))
        resolved = asking.create_task(_asked(reads.dns.addresses(host) if reads.dns else None))
        caa = asking.create_task(_asked(reads.dns.caa(host) if reads.dns else None))
        port80 = asking.create_task(_problem(reads.issuing.challenge() if reads.issuing else None))
        directory = asking.create_task(_problem(reads.issuing.directory() if reads.issuing else None))
    running, log = _known(pods.result()) or (None, None)
    return Probes(
        host=host,
        now=reads.now,
        balancer=_known(balancer.result()),
        resolved=resolved.result(),
        caa=caa.result(),
        port80=port80.result(),
        directory=directory.result(),
        automatic=_known(automatic.result()),
        contact=_known(contact.result()),
        running=running,
        log=log,
    )


async def contact_of(reads: Reads) -> str | None:
    """Return the release's address for Let's Encrypt: empty if it has none, None if it needs none."""
    live = await reads.releases.deployed()
    return str(live.value(*_HTTPS, "letsencrypt", "contactEmail") or "") if is_automatic(live) and live else None


def is_automatic(release: Release | None) -> bool:
    """Return True if a release has autohttps.

    z2jh 4.4 has it where https is enabled and of the type "letsencrypt", its default.
    """
    if release is None or not release.value(*_HTTPS, "enabled"):
        return False
    return (release.value(*_HTTPS, "type") or "letsencrypt") == "letsencrypt"


async def _automatic(reads: Reads) -> bool:
    live = await reads.releases.deployed()
    # What has no live release may have been deployed by other means.
    return live is None or is_automatic(live)


async def _traefik(reads: Reads) -> tuple[bool, str | None]:
    """Return True if Traefik runs, and its log."""
    pods = await reads.kube.pods(f"component={AUTOHTTPS}")
    newest = newest_of(pods)
    if newest is None:
        return False, None
    try:
        log = await reads.kube.log(newest.name, TRAEFIK, since=None, lines=_LINES)
    except (NotFound, Unavailable):
        log = None
    return any(pod.is_ready for pod in pods), log


def newest_of(pods: Sequence[Pod]) -> Pod | None:
    """Return the pod that was created last, of those that are not terminating."""
    living = [pod for pod in pods if not pod.terminating]
    return max(living, key=lambda pod: pod.created or _LONG_AGO, default=None)


async def _asked(question: Awaitable[T] | None) -> T | None:
    return None if question is None else _known(await attempt("DNS", question))


async def _problem(question: Awaitable[None] | None) -> str | None:
    """Return what is wrong in words, empty if nothing is; None if there was nothing to ask."""
    if question is None:
        return None
    answer = await attempt("The other side", question)
    return str(answer) if isinstance(answer, Unavailable) else ""


def _known(answer: T | Unavailable) -> T | None:
    return None if isinstance(answer, Unavailable) else answer

"""Probes of all that the certificate depends on, taken at once; what does not answer is left open."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TypeVar

from clients.errors import NotFound, Unavailable
from clients.helm import Release
from clients.kube import Pod
from clients.public.certificate import Certificate
from commands.certificate.cause import Explanation, explain
from commands.certificate.entrance import Entrance
from commands.certificate.known import known
from commands.certificate.limits import NOTHING_KNOWN
from commands.certificate.observations import Probes
from commands.certificate.way_in import SERVICE, entrance, hosts_of, is_automatic, is_limited_authority
from commands.framework.partial_results import attempt
from commands.ports.context import Reads

T = TypeVar("T")

AUTOHTTPS: Final = "autohttps"
TRAEFIK: Final = "traefik"
_HTTPS: Final = ("proxy", "https")
# Traefik says little: so many lines are days.
_LINES: Final = 400
_UNSEEN: Final[Mapping[str, Certificate | Unavailable]] = MappingProxyType({})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


async def why(reads: Reads) -> Explanation:
    """Return the cause as it is now, for the configured host. Wait at most some 10 s."""
    return explain(await probes(reads))


async def why_each(reads: Reads, served: Mapping[str, Certificate | Unavailable] = _UNSEEN) -> dict[str, Explanation]:
    """Return the cause for each host that people open, the configured one first. Wait at most some 10 s.

    `served` is what each host serves, as far as that was looked at.
    """
    found = await all_probes(reads)
    return {one.host: explain(replace(one, served=served.get(one.host))) for one in found}


async def probes(reads: Reads) -> Probes:
    """Return all that can be seen now of the configured host."""
    return await _of_host(reads, await _common(reads), reads.names.public_host)


async def all_probes(reads: Reads) -> list[Probes]:
    """Return all that can be seen now of each host that people open, the configured one first."""
    common = await _common(reads)
    return await asyncio.gather(*(_of_host(reads, common, host) for host in common.hosts))


async def _common(reads: Reads) -> Probes:
    """Return what is the same for all hosts."""
    live = _none_if_unavailable(await attempt("Kubernetes", _deployed(reads)))
    automatic = None if live is None else live.release is None or is_automatic(live.release)
    async with asyncio.TaskGroup() as asking:
        traefik = asking.create_task(attempt("Kubernetes", _traefik(reads)))
        balancer = asking.create_task(attempt("Kubernetes", reads.kube.load_balancer(SERVICE)))
        directory = asking.create_task(_problem(reads.issuing.directory() if reads.issuing else None))
        way = asking.create_task(_entrance(reads, live.release if live else None, automatic))
    seen = _none_if_unavailable(traefik.result()) or Traefik(None, None, None)
    entrance = way.result()
    release = live.release if live else None
    counts = automatic is not False and is_limited_authority(release)
    return Probes(
        host=reads.names.public_host,
        now=reads.now,
        balancer=entrance.addresses if entrance else _none_if_unavailable(balancer.result()),
        directory=directory.result(),
        automatic=automatic,
        contact=_contact(release),
        running=seen.running,
        log=seen.log,
        hosts=hosts_of(release, reads.names.public_host),
        known=await known(reads, seen.log, seen.begun) if counts else NOTHING_KNOWN,
        entrance=entrance,
    )


async def _of_host(reads: Reads, common: Probes, host: str) -> Probes:
    """Return what can be seen of one host. The configured one is asked for as the clients know it."""
    asked = "" if host == reads.names.public_host else host
    async with asyncio.TaskGroup() as asking:
        resolved = asking.create_task(_asked(reads.dns.addresses(host) if reads.dns else None))
        caa = asking.create_task(_asked(reads.dns.caa(host) if reads.dns else None))
        port80 = asking.create_task(_problem(reads.issuing.challenge(asked) if reads.issuing else None))
    return replace(common, host=host, resolved=resolved.result(), caa=caa.result(), port80=port80.result())


@dataclass(frozen=True)
class LiveRelease:
    """The live revision, None where there is none."""

    release: Release | None


async def _deployed(reads: Reads) -> LiveRelease:
    return LiveRelease(await reads.releases.deployed())


async def _entrance(reads: Reads, live: Release | None, automatic: bool | None) -> Entrance | None:
    """Return the Gateway or Ingress that the hub is behind; none where autohttps has the certificate itself."""
    return None if automatic else await entrance(reads, live)


async def contact_of(reads: Reads) -> str | None:
    """Return the release's address for Let's Encrypt: empty if it has none, None if it needs none."""
    return _contact(await reads.releases.deployed())


def _contact(live: Release | None) -> str | None:
    return str(live.value(*_HTTPS, "letsencrypt", "contactEmail") or "") if is_automatic(live) and live else None


@dataclass(frozen=True)
class Traefik:
    """What is seen of Traefik: if it runs, its log, and since when that is."""

    running: bool | None
    log: str | None
    begun: datetime | None


async def _traefik(reads: Reads) -> Traefik:
    pods = await reads.kube.pods(f"component={AUTOHTTPS}")
    newest = newest_of(pods)
    if newest is None:
        return Traefik(False, None, None)
    log = await _log(reads, newest, previous=False)
    if log is not None and newest.restarts:
        # Attempts made before the container was restarted count too.
        log = (await _log(reads, newest, previous=True) or "") + log
    return Traefik(any(pod.is_ready for pod in pods), log, newest.created or newest.started)


async def _log(reads: Reads, pod: Pod, *, previous: bool) -> str | None:
    try:
        return await reads.kube.log(pod.name, TRAEFIK, since=None, lines=_LINES, previous=previous)
    except (NotFound, Unavailable):
        return None


def newest_of(pods: Sequence[Pod]) -> Pod | None:
    """Return the pod that was created last, of those that are not terminating."""
    living = [pod for pod in pods if not pod.terminating]
    return max(living, key=lambda pod: pod.created or _LONG_AGO, default=None)


async def _asked(question: Awaitable[T] | None) -> T | None:
    return None if question is None else _none_if_unavailable(await attempt("DNS", question))


async def _problem(question: Awaitable[None] | None) -> str | None:
    """Return what is wrong in words, empty if nothing is; None if there was nothing to ask."""
    if question is None:
        return None
    answer = await attempt("The other side", question)
    return str(answer) if isinstance(answer, Unavailable) else ""


def _none_if_unavailable(answer: T | Unavailable) -> T | None:
    return None if isinstance(answer, Unavailable) else answer

"""Whether an event will work, by all that is known of it now: each thing that it depends on, with the reason."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cards.times import minute, timed
from cards.views import Fact, Tone
from clients.azure.aks import Pool
from clients.errors import NotFound, Unavailable
from clients.kube.quotas import ResourceQuota, amount
from commands.events.demand import PersonsServer, server_of
from commands.events.packing import Amounts
from commands.events.pool_hold import limit_of, own_size
from commands.events.sizing import estate_of, peak, servers_of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.images.tags import resolve_stored
from commands.kubernetes.components import ESSENTIAL, parts
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.pools import azure, nodes_in_words, size_of
from commands.nodes.quota import quota_room
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent

# What a quota of the namespace counts of servers, and as what a server asks for it.
_COUNTED = {
    "pods": "pods",
    "count/pods": "pods",
    "cpu": "cpu",
    "requests.cpu": "cpu",
    "memory": "memory",
    "requests.memory": "memory",
}


@dataclass(frozen=True)
class Outlook:
    """What was found: facts, what stands in the way, and what could not be known."""

    facts: tuple[Fact, ...]
    bad: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """One thing: its fact, and a sentence for what is wrong with it or not known; `tone` of the fact says which."""

    label: str
    value: str
    tone: Tone = Tone.GOOD
    words: str = ""


async def outlook(event: PlannedEvent, events: Sequence[PlannedEvent], reads: Reads) -> Outlook:
    """Look at everything that the event depends on. Raise nothing but what is a bug."""
    found = [
        one
        for several in await asyncio.gather(
            _nodes(event, events, reads), _server(event, reads), _hub(reads), _certificate(event, reads)
        )
        for one in several
    ]
    return Outlook(
        tuple(Fact(one.label, one.value, one.tone) for one in found),
        tuple(one.words for one in found if one.tone is Tone.BAD),
        tuple(one.words for one in found if one.tone is Tone.WARNING),
    )


def _unknown(label: str, why: str) -> list[_Found]:
    return [_Found(label, "not known", Tone.WARNING, f"{label}: {why}.")]


async def _nodes(event: PlannedEvent, events: Sequence[PlannedEvent], reads: Reads) -> list[_Found]:
    """Look at the pool, its most nodes and Azure's quota."""
    try:
        cluster = await azure(reads).cluster()
        if provisions(cluster):
            words = f"{cluster.name} has {kind_in_words(cluster)} by now: there is no pool to make larger."
            return [_Found("Pool", "none", Tone.BAD, words)]
        pool = await azure(reads).pool(event.pool)
        others = [one for one in events if one.pool == pool.name and one.name != event.name]
        need = peak(event, others, await servers_of([*others, event], reads), await estate_of(pool, reads))
    except NotFound:
        return [_Found("Pool", "none", Tone.BAD, f"The pool {event.pool} no longer exists.")]
    except UserError as error:
        return [_Found("Nodes", "not possible", Tone.BAD, str(error))]
    except Unavailable as error:
        return _unknown("Nodes", str(error))
    most = max(limit_of(pool, reads), event.nodes)
    return [_pool(pool), _agreed(need.nodes, most, pool), *await _quota(pool, min(need.nodes, most), reads)]


def _pool(pool: Pool) -> _Found:
    text = f"{pool.name}: {size_of(pool).text}, {nodes_in_words(pool.count)} now"
    if pool.power == "Stopped":
        return _Found(
            "Pool", text, Tone.BAD, f"The pool {pool.name} is stopped: start it in Azure (az aks nodepool start)."
        )
    if pool.state == "Failed":
        return _Found("Pool", text, Tone.BAD, f"Azure has failed on the pool {pool.name}: “/jhub nodes” says more.")
    return _Found("Pool", text)


def _agreed(wanted: int, most: int, pool: Pool) -> _Found:
    if wanted <= most:
        return _Found("Nodes", f"{wanted} needed, by what runs now; the pool’s own setting is “{own_size(pool).text}”")
    words = (
        f"It takes {nodes_in_words(wanted)} by now, and no more than {most} were agreed on: remove the event and add "
        "it again to have more."
    )
    return _Found("Nodes", f"{wanted} needed, {most} agreed on", Tone.BAD, words)


async def _quota(pool: Pool, nodes: int, reads: Reads) -> list[_Found]:
    room = await quota_room(reads, pool.size, nodes - pool.count, fixed=False)
    if room.warning:
        return [_Found("Quota", room.fact or "not enough", Tone.BAD, room.warning)]
    if room.fact.startswith("not known"):
        return _unknown("Quota", room.fact.removeprefix("not known: "))
    return [_Found("Quota", room.fact or "no more nodes than there are")]


async def _server(event: PlannedEvent, reads: Reads) -> list[_Found]:
    """Look at the server that people start: its image, and what the namespace lets them have."""
    try:
        its = await server_of(event.profile, reads)
    except UserError as error:
        return [_Found("Server", "cannot start", Tone.BAD, str(error))]
    except Unavailable as error:
        return _unknown("Server", str(error))
    quotas = await attempt("Kubernetes", reads.kube.quotas())
    if isinstance(quotas, Unavailable):
        namespace = _unknown("Namespace’s quota", str(quotas))
    else:
        namespace = [
            _Found("Namespace’s quota", one, Tone.BAD, one) for one in short_of(event.people, its.each, quotas)
        ]
    return [await _image(its, reads), *namespace]


async def _image(its: PersonsServer, reads: Reads) -> _Found:
    name, _, tag = its.image.rpartition(":") if "@" not in its.image else (its.image, "", "")
    try:
        found = await resolve_stored(name, tag, reads, "/jhub images")
    except UserError as error:
        return _Found("Image", its.image, Tone.BAD, str(error))
    if found.unchecked:
        return _Found("Image", f"{its.image}, not checked", Tone.WARNING, found.unchecked)
    return _Found("Image", f"{its.image}, in the registry" if found.digest else its.image)


def short_of(people: int, each: Amounts, quotas: Sequence[ResourceQuota]) -> Iterator[str]:
    """Yield which of the namespace's quotas have no room for so many servers more. Those with scopes are left out."""
    for quota in quotas:
        for resource, hard in quota.hard.items():
            asked = each.get(_COUNTED.get(resource, ""), 0.0)
            left = amount(hard) - amount(quota.used.get(resource))
            if quota.scopes or quota.is_selective or not asked or math.isnan(left) or left >= asked * people:
                continue
            room = max(0, math.floor(left / asked))
            yield f"The namespace’s quota {quota.name} has {resource} for {room} more servers, not for {people:,}."


async def _hub(reads: Reads) -> list[_Found]:
    version, pods = await asyncio.gather(
        attempt("The hub", reads.hub.version()), attempt("Kubernetes", reads.kube.pods())
    )
    if isinstance(pods, Unavailable):
        return _unknown("Hub", str(pods))
    ill = [f"{one.name}: {one.problem}" for one in parts(pods) if one.problem and one.name in ESSENTIAL]
    if ill or isinstance(version, Unavailable):
        return [_Found("Hub", "not healthy", Tone.BAD, f"The hub is not healthy: {'; '.join(ill) or version}.")]
    return [_Found("Hub", f"JupyterHub {version}, all of it runs")]


async def _certificate(event: PlannedEvent, reads: Reads) -> list[_Found]:
    served = await attempt("The public address", reads.public.certificate())
    if isinstance(served, Unavailable):
        return _unknown("Certificate", str(served))
    until = timed("valid until ", minute(served.not_after))
    if served.problem is not None:
        words = "Browsers do not accept the certificate: “/jhub cert” says why."
        return [_Found("Certificate", until, Tone.BAD, words)]
    if served.not_after < event.ends:
        words = "The certificate expires before the event is over: “/jhub cert” says why it is not renewed."
        return [_Found("Certificate", until, Tone.BAD, words)]
    return [_Found("Certificate", until)]

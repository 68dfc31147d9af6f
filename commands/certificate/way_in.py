"""Reads of the way in to the hub: its hosts by the release's values, and the Gateway or Ingress that it is behind."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.helm import Release
from clients.kube import Gateway, HttpRoute, Ingress
from commands.certificate.entrance import Entrance, of_ingress, of_route
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.values import formats

SERVICE: Final = "proxy-public"
_HTTPS: Final = ("proxy", "https")
_AUTHORITY: Final = re.compile(r"https://acme-v02\.api\.letsencrypt\.org(?:[:/]|$)")
# Each is looked at by itself, on every round of the watcher.
MOST_HOSTS: Final = 20


def is_automatic(release: Release | None) -> bool:
    """Return True if a release has autohttps.

    z2jh 4.4 has it where https is enabled and of the type "letsencrypt", its default.
    """
    if release is None or not release.value(*_HTTPS, "enabled"):
        return False
    return (release.value(*_HTTPS, "type") or "letsencrypt") == "letsencrypt"


def is_limited_authority(release: Release | None) -> bool:
    """Return True if a release's certificates come from Let's Encrypt itself, whose limits are counted.

    Its staging, and others that speak ACME, have limits of their own.
    """
    server = release.value(*_HTTPS, "letsencrypt", "acmeServer") if release is not None else None
    return not server or bool(_AUTHORITY.match(str(server)))


def hosts_of(release: Release | None, public_host: str) -> tuple[str, ...]:
    """Return the hosts that people open, the configured one first, at most MOST_HOSTS; wildcards are left out."""
    found = [public_host] if public_host else []
    if release is not None:
        if release.value(*_HTTPS, "enabled"):
            found += _named(release.value(*_HTTPS, "hosts"))
        elif release.value("httpRoute", "enabled"):
            found += _named(release.value("httpRoute", "hostnames"))
        elif release.value("ingress", "enabled"):
            found += _named(release.value("ingress", "hosts"))
    others = (one.lower() for one in found[1:] if one.lower() != public_host.lower())
    return tuple(dict.fromkeys((*found[:1], *others)))[:MOST_HOSTS]


def _named(hosts: object) -> list[str]:
    listed = hosts if isinstance(hosts, Sequence) and not isinstance(hosts, str) else ()
    return [one for one in listed if isinstance(one, str) and not formats.host(one, wildcard=False)]


async def hosts(reads: Reads) -> tuple[str, ...]:
    """Return the hosts that people open; the configured one alone where the release cannot be read."""
    live = await attempt("Kubernetes", reads.releases.deployed())
    return hosts_of(None if isinstance(live, Unavailable) else live, reads.names.public_host)


async def behind(reads: Reads) -> Entrance | None:
    """Return what the hub is behind; None where autohttps has its certificate, or nothing leads to it."""
    live = await reads.releases.deployed()
    return None if live is None or is_automatic(live) else await entrance(reads, live)


async def entrance(reads: Reads, live: Release | None) -> Entrance | None:
    """Return the Gateway or Ingress that leads to the hub; None where there is none. A route counts before an Ingress.

    What cannot be looked at is said in it where the values name it.
    """
    routes, ingresses = await asyncio.gather(
        attempt("Kubernetes", _listed(reads)), attempt("Kubernetes", reads.kube.ingresses())
    )
    if isinstance(routes, list) and (route := next((one for one in routes if SERVICE in one.services), None)):
        return await _of_route(route, reads)
    if isinstance(ingresses, list) and (found := next((one for one in ingresses if SERVICE in one.services), None)):
        return await _of_ingress(found, reads)
    return _by_values(live, routes, ingresses)


async def _listed(reads: Reads) -> list[HttpRoute]:
    try:
        return await reads.kube.http_routes()
    except NotFound:
        raise Unavailable("The cluster", "does not have Gateway API's kinds (HTTPRoute is not installed)") from None


async def _of_route(route: HttpRoute, reads: Reads) -> Entrance:
    wanted = list(dict.fromkeys((one.namespace, one.name) for one in route.parents if one.kind == "Gateway"))
    answers = await asyncio.gather(*(_gateway(reads, *one) for one in wanted))
    read = dict(zip(wanted, answers, strict=True))
    gateways = {key: one for key, one in read.items() if isinstance(one, Gateway)}
    missing = {key: one for key, one in read.items() if isinstance(one, str)}
    return of_route(route, gateways, missing)


async def _gateway(reads: Reads, namespace: str, name: str) -> Gateway | str:
    """Return a Gateway, or why it could not be read; empty if there is none."""
    found = await attempt("Kubernetes", _found(reads, namespace, name))
    return str(found) if isinstance(found, Unavailable) else found


async def _found(reads: Reads, namespace: str, name: str) -> Gateway | str:
    try:
        return await reads.kube.gateway(namespace, name)
    except NotFound:
        return ""


async def _of_ingress(ingress: Ingress, reads: Reads) -> Entrance:
    classes = await attempt("Kubernetes", reads.kube.ingress_classes())
    names = list(dict.fromkeys(secret for secret, _ in ingress.tls if secret))
    there = await asyncio.gather(*(_is_there(reads, name) for name in names))
    gone = [name for name, found in zip(names, there, strict=True) if not found]
    return of_ingress(ingress, None if isinstance(classes, Unavailable) else classes, gone)


async def _is_there(reads: Reads, secret: str) -> bool:
    """Return False if the Secret does not exist; one that cannot be looked at may."""
    try:
        await reads.kube.secret_uid(secret)
    except NotFound:
        return False
    except Unavailable:
        return True
    return True


def _by_values(
    live: Release | None, routes: list[HttpRoute] | Unavailable, ingresses: list[Ingress] | Unavailable
) -> Entrance | None:
    """Return what the values say there is and the cluster does not show."""
    for section, kind, found in (("httpRoute", "HTTPRoute", routes), ("ingress", "Ingress", ingresses)):
        if live is None or not live.value(section, "enabled"):
            continue
        if isinstance(found, Unavailable):
            return Entrance(f"an {kind}", f"the {kind} of the release", unjudged=(f"{kind} is not judged: {found}.",))
        gone = f"The release has {section}.enabled, and no {kind} leads to the Service {SERVICE}."
        return Entrance(f"an {kind}", f"the {kind} of the release", problems=(gone,))
    return None

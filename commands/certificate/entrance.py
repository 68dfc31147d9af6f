"""The Gateway or Ingress that a hub without autohttps is behind, and what its controllers say of it. Pure.

z2jh has `ingress` and, since 4.3.0, `httpRoute`: both lead to the Service proxy-public. What is wrong is said in the
controller's words (Gateway API's conditions); an Ingress has none, so what it lacks is all that can be said of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.kube import Condition, Gateway, GatewayListener, HttpRoute, Ingress, IngressClass, ParentRef

# Who obtains or brings the certificate, by annotation (cert-manager 1; AKS' application routing).
_BROUGHT_BY: Final = {
    "cert-manager.io/cluster-issuer": "cert-manager (cluster issuer {})",
    "cert-manager.io/issuer": "cert-manager (issuer {})",
    "kubernetes.io/tls-acme": "cert-manager (its default issuer)",
    "kubernetes.azure.com/tls-cert-keyvault-uri": "Azure Key Vault, through AKS",
}
_GOOD: Final = ("Accepted", "ResolvedRefs", "Programmed")
_SECURE: Final = ("HTTPS", "TLS")
# The class of AKS' application routing with NGINX, and how the controllers of all its classes begin.
NGINX_CLASS: Final = "webapprouting.kubernetes.azure.com"
_NGINX_CONTROLLER: Final = f"{NGINX_CLASS}/nginx"
_NGINX_ENDS: Final = (2026, 11)


@dataclass(frozen=True)
class Entrance:
    """The way in. `name` is for people ("the Gateway web in gateways"), `route` the object that leads to the hub.

    `hosts` are the names that it serves, all where there are none; `certificates` the Secrets it serves with, each with
    the names that it is for as far as they are told; `brought_by` who obtains them. `addresses` is None where it could
    not be seen. `problems` are what its controllers say is wrong, `unjudged` what could not be looked at, and why.
    `secure` are the names, or wildcards, that it has TLS for, empty for any; None where that could not be seen; `lacks`
    is what it is said to lack for another.
    """

    name: str
    route: str
    class_name: str = ""
    controller: str = ""
    hosts: tuple[str, ...] = ()
    certificates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    brought_by: str = ""
    addresses: tuple[str, ...] | None = None
    problems: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    secure: tuple[str, ...] | None = None
    lacks: str = ""

    @property
    def is_managed_nginx(self) -> bool:
        """True if it is of AKS' application routing with NGINX."""
        return is_managed_nginx(self.class_name, self.controller)

    def problems_of(self, host: str) -> tuple[str, ...]:
        """Return what is wrong for this host."""
        own: list[str] = []
        if self.hosts and not any(_covers(one, host) for one in self.hosts):
            own.append(f"{self.route} does not name {host}.")
        if self.secure is not None and not any(not one or _covers(one, host) for one in self.secure):
            own.append(f"{self.name} has {self.lacks.format(host)}.")
        return (*own, *self.problems)

    def names_with(self, host: str) -> frozenset[str]:
        """Return the names of the certificate that `host` is served with."""
        found = (names for _, names in self.certificates if any(_covers(one, host) for one in names))
        return frozenset(next(found, (host,)))


def is_managed_nginx(class_name: str, controller: str) -> bool:
    """Return True for a class of AKS' application routing with NGINX, which may have several."""
    return class_name == NGINX_CLASS or controller.startswith(_NGINX_CONTROLLER)


def managed_nginx_words(what: str, now: datetime) -> str:
    """Return the sentence about something that is behind AKS' managed NGINX."""
    ends = "left Microsoft's support with" if (now.year, now.month) > _NGINX_ENDS else "leaves Microsoft's support with"
    return f"{what} is behind AKS' managed NGINX ({NGINX_CLASS}), which {ends} November 2026"


def of_route(
    route: HttpRoute, gateways: Mapping[tuple[str, str], Gateway], missing: Mapping[tuple[str, str], str]
) -> Entrance:
    """Return what a route and its Gateways say. `missing` has why a Gateway could not be read, empty if none exists."""
    name = f"HTTPRoute {route.name}"
    refs = [one for one in route.parents if one.kind == "Gateway"]
    known = [(ref, gateways[ref.namespace, ref.name]) for ref in refs if (ref.namespace, ref.name) in gateways]
    problems = [*_route_problems(route, name)]
    unjudged: list[str] = []
    for ref in refs:
        if (why := missing.get((ref.namespace, ref.name))) == "":
            problems.append(f"{_gateway(ref)}, which {name} names, does not exist.")
        elif why:
            unjudged.append(f"{_gateway(ref)} is not judged: {why}.")
    for ref, gateway in known:
        problems += _gateway_problems(gateway, _listeners(gateway, ref), f"{_gateway(ref)}")
    serving = [one for ref, gateway in known for one in _listeners(gateway, ref)]
    first = known[0][1] if known else None
    return Entrance(
        name=" and ".join(map(_gateway, refs)) or "no Gateway",
        route=name,
        class_name=first.class_name if first else "",
        hosts=route.hosts,
        certificates=tuple((secret, (one.host,) if one.host else ()) for one in serving for secret in one.secrets),
        brought_by=_brought_by(gateway.annotations for _, gateway in known),
        addresses=tuple(dict.fromkeys(one for _, gateway in known for one in gateway.addresses)) if known else None,
        problems=tuple(dict.fromkeys(problems)),
        unjudged=(*unjudged, *_pending(route, name)),
        secure=tuple(one.host for one in serving if one.protocol in _SECURE) if known else None,
        lacks="no HTTPS listener for {}",
    )


def _gateway(ref: ParentRef) -> str:
    return f"the Gateway {ref.name} in {ref.namespace}"


def _route_problems(route: HttpRoute, name: str) -> Iterator[str]:
    if not route.parents:
        yield f"{name} names no Gateway."
    for ref in route.parents:
        told = [one for one in route.statuses if (one.parent.namespace, one.parent.name) == (ref.namespace, ref.name)]
        if not told:
            yield f"{name}: no controller has taken it up for {_gateway(ref)}."
        for status in told:
            for one in status.conditions:
                if _is_bad(one):
                    yield f"{name} at {_gateway(ref)} is not {_state(one)}{_said(one, status.controller)}."


def _pending(route: HttpRoute, name: str) -> tuple[str, ...]:
    """Return which conditions say nothing of the route as it is now."""
    open_ = (
        f"{name}: {status.controller or 'its controller'} has not judged yet whether it is {_state(one)}."
        for status in route.statuses
        for one in status.conditions
        if one.type in _GOOD and (one.stale or one.status not in ("True", "False"))
    )
    return tuple(dict.fromkeys(open_))


def _gateway_problems(gateway: Gateway, listeners: Sequence[GatewayListener], name: str) -> Iterator[str]:
    for one in gateway.conditions:
        if _is_bad(one):
            yield f"{name} is not {_state(one)}{_said(one, '')}."
    if not gateway.addresses:
        yield f"{name} has been given no address."
    for listener in listeners:
        for one in listener.conditions:
            if _is_bad(one):
                yield f"Listener {listener.name} of {name} is not {_state(one)}{_said(one, '')}."


def _listeners(gateway: Gateway, ref: ParentRef) -> list[GatewayListener]:
    """Return the listeners that a reference means: the one that it names, else all."""
    return [one for one in gateway.listeners if ref.section in ("", one.name)]


def _is_bad(condition: Condition) -> bool:
    if condition.stale:
        return False
    if condition.type == "Conflicted":
        return condition.status == "True"
    return condition.type in _GOOD and condition.status == "False"


def _state(condition: Condition) -> str:
    states = {"Accepted": "accepted", "ResolvedRefs": "resolved", "Programmed": "programmed", "Conflicted": "free"}
    return states[condition.type]


def _said(condition: Condition, controller: str) -> str:
    """Return the reason in the controller's words."""
    message = " ".join(condition.message.split())[:300]
    whose = f", says {controller}" if controller else ""
    return f": {condition.reason or condition.type}{f' (“{message}”)' if message else ''}{whose}"


def of_ingress(ingress: Ingress, classes: Sequence[IngressClass] | None, gone: Iterable[str]) -> Entrance:
    """Return what can be said of an Ingress. `gone` are the Secrets that it names and that do not exist."""
    name = f"Ingress {ingress.name}"
    its = _class_of(ingress, classes or ())
    problems = [f"{name} serves with the Secret {one}, which does not exist." for one in gone]
    if classes is not None and its is None:
        wanted = f"its class {ingress.class_name} does not exist" if ingress.class_name else "it has no class"
        problems.append(f"{name} is served by nobody: {wanted}.")
    elif not ingress.addresses:
        problems.append(f"{name} has been given no address: the controller of its class has not taken it up.")
    return Entrance(
        name=f"the {name}",
        route=name,
        class_name=ingress.class_name or (its.name if its else ""),
        controller=its.controller if its else "",
        hosts=ingress.hosts,
        certificates=tuple((secret, hosts) for secret, hosts in ingress.tls if secret),
        brought_by=_brought_by([ingress.annotations]),
        addresses=ingress.addresses,
        problems=tuple(problems),
        secure=tuple(host for _, hosts in ingress.tls for host in hosts or ("",)),
        lacks="no certificate for {} (tls)",
    )


def _class_of(ingress: Ingress, classes: Sequence[IngressClass]) -> IngressClass | None:
    if ingress.class_name:
        return next((one for one in classes if one.name == ingress.class_name), None)
    return next((one for one in classes if one.is_default), None)


def _brought_by(annotations: Iterable[Mapping[str, str]]) -> str:
    found = [
        words.format(notes[name]) for notes in annotations for name, words in _BROUGHT_BY.items() if notes.get(name)
    ]
    return next(iter(found), "")


def _covers(pattern: str, host: str) -> bool:
    """Return True if a name, or a wildcard for what is below it, is the host's (Gateway API, Hostname)."""
    pattern, host = pattern.lower(), host.lower()
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and host != pattern[2:])

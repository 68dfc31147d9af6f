"""Helm values that a chart's schema accepts but that the hub, Kubernetes or Let's Encrypt would refuse. Pure.

With `memory.limit: 6Gi` the hub would end at every start, and with `capacity: 10GB` homes would not be made, long after
helm reported success. All values are checked, by the names that mean the same wherever they stand; what people name as
they like, and what is passed on to other programs, is left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from clients.values import Path, dotted
from commands.text.byte_sizes import spoken
from commands.values import formats
from commands.values.hub_config import HubConfig
from commands.values.hub_traits import hub_violations, spawner_violations
from commands.values.login_rules import login_violations
from commands.values.pod_fields import quantities, texts, tolerations
from commands.values.python_errors import python_violations
from commands.values.schema_errors import SchemaViolation, coalesced, schema_violations, violation_at

# Names below which anything is allowed: people chose the names there, or other programs read them.
_FREE: Final = frozenset(
    {"custom", "config", "extraConfig", "extraFiles", "extraEnv", "env", "services", "loadRoles", "templateVars"}
    | {"profileList", "pluginConfig", "plugins", "extraStaticConfig", "extraDynamicConfig", "existingSecret"}
)
_TEXTS: Final = re.compile(r"nodeSelector|matchLabels|(?:extra)?(?:[lL]abels|[aA]nnotations)|commonLabels")
_AMOUNTS: Final = {
    ("singleuser", "storage", "capacity"),
    ("hub", "db", "pvc", "storage"),
}
# What runs in a container, and two thirds of the memory that it has once its modules are loaded: JupyterHub 5.5 with
# KubeSpawner 7.1 and OAuthenticator 17.4 has 155 MiB, configurable-http-proxy 5.2 has 56.
_LEAST_MEMORY: Final[Mapping[Path, tuple[str, int]]] = {
    ("hub", "resources"): ("the hub", 100 * 2**20),
    ("proxy", "chp", "resources"): ("the proxy", 36 * 2**20),
}
_PEM: Final = "-----BEGIN "


def mistakes(
    values: Mapping[str, object],
    defaults: Mapping[str, object],
    schema: Mapping[str, object] | None,
    chart_version: str = "",
) -> tuple[SchemaViolation, ...]:
    """Return all that is wrong with the values: violations of the chart's schema, then other malformed values.

    Raise Unavailable for a bad schema.
    """
    by_schema = schema_violations(values, defaults, schema)
    known = {one.path for one in by_schema}
    return (*by_schema, *(one for one in malformed(values, defaults, chart_version) if one.path not in known))


def malformed(
    values: Mapping[str, object], defaults: Mapping[str, object], chart_version: str = ""
) -> tuple[SchemaViolation, ...]:
    """Return the values that do not have the form their reader accepts, by path.

    What depends on the chart's version is not judged without one.
    """
    whole = coalesced(values, defaults)
    of_login = login_violations(HubConfig(whole), chart_version)
    of_hub = (*spawner_violations(whole), *hub_violations(whole), *of_login)
    found = (
        *of_hub,
        *_everywhere(whole, ()),
        *_https(whole),
        *_service(whole),
        *_callbacks(whole),
        *python_violations(whole),
    )
    return tuple(sorted(dict.fromkeys(found), key=str))


def _everywhere(node: object, path: Path) -> Iterator[SchemaViolation]:
    """Yield what is wrong at the path and below, by the names that mean the same in the whole chart."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _everywhere(one, (*path, index))
    elif isinstance(node, Mapping):
        for name, one in node.items():
            if name not in _FREE and one is not None:
                child = (*path, str(name))
                yield from _named(one, child)
                yield from _everywhere(one, child)


def _named(value: object, path: Path) -> Iterator[SchemaViolation]:
    """Yield what is wrong with the one value, judged by its name."""
    name = str(path[-1])
    if name == "resources":
        yield from _resources(value, path)
    elif name == "extraResource" and isinstance(value, Mapping):
        for group in ("limits", "guarantees"):
            yield from quantities((*path, group), value.get(group))
    elif _TEXTS.fullmatch(name):
        yield from texts(path, value)
    elif name in ("tolerations", "extraTolerations"):
        yield from tolerations(path, value)
    elif path in _AMOUNTS or name == "sizeLimit":
        check = formats.capacity if path in _AMOUNTS else formats.memory_size
        yield from _because(path, check(value) if value != "" else "")
    elif isinstance(value, Mapping) and isinstance(value.get("name"), str) and "tag" in value:
        yield from _image(value, path)
    elif name == "image" and isinstance(value, str) and any(isinstance(one, int) for one in path[-2:-1]):
        yield from _because(path, formats.image(value))
    elif name in ("hosts", "hostnames") and path[:2] != _HTTPS and isinstance(value, list):
        yield from _hosts(value, path, wildcard=True)


def _because(path: Path, why: str, *, breaks: bool = True) -> Iterator[SchemaViolation]:
    if why:
        yield violation_at(path, why, breaks=breaks)


def _resources(value: object, path: Path) -> Iterator[SchemaViolation]:
    """Yield what is wrong with a container's requests and limits: bad quantities, and requests above limits."""
    if not isinstance(value, Mapping):
        return
    requests, limits = value.get("requests"), value.get("limits")
    yield from quantities((*path, "requests"), requests)
    yield from quantities((*path, "limits"), limits)
    yield from _too_little(path, limits)
    if not isinstance(requests, Mapping) or not isinstance(limits, Mapping):
        return
    for name in requests:
        low, high = formats.quantity(requests[name]), formats.quantity(limits.get(name))
        if low is not None and high is not None and low > high:
            yield violation_at((*path, "requests", str(name)), f"is above {dotted((*path, 'limits', str(name)))}")


def _too_little(path: Path, limits: object) -> Iterator[SchemaViolation]:
    """Yield a limit of memory below what the program takes before it does anything."""
    least = _LEAST_MEMORY.get(path)
    given = limits.get("memory") if least and isinstance(limits, Mapping) else None
    if least and not formats.memory_size(given) and 0 < (formats.quantity(given) or 0) < least[1]:
        why = f"is less than {least[0]} takes to start ({spoken(least[1])} at the very least): it is killed"
        yield violation_at((*path, "limits", "memory"), why)


def _image(value: Mapping[str, object], path: Path) -> Iterator[SchemaViolation]:
    name, tag = value["name"], value["tag"]
    if isinstance(name, str) and name:
        yield from _because((*path, "name"), formats.image_name(name, tag))
    if isinstance(tag, str):
        yield from _because((*path, "tag"), formats.image_tag(tag))


_HTTPS: Final = ("proxy", "https")


def _https(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """Yield what keeps the hub from getting its certificate; nothing if HTTPS is off."""
    https = _at(values, *_HTTPS)
    if not isinstance(https, Mapping) or https.get("enabled") is not True:
        return
    kind = https.get("type") or "letsencrypt"
    if isinstance(hosts := https.get("hosts"), list):
        yield from _hosts(hosts, (*_HTTPS, "hosts"), wildcard=kind != "letsencrypt")
    if kind == "letsencrypt":
        yield from _checked(values, (*_HTTPS, "letsencrypt", "contactEmail"), formats.mail)
        yield from _checked(values, (*_HTTPS, "letsencrypt", "acmeServer"), formats.url)
    for name in ("key", "cert") if kind == "manual" else ():
        yield from _checked(values, (*_HTTPS, "manual", name), _pem)


def _pem(value: str) -> str:
    return "" if value.lstrip().startswith(_PEM) else f"must be in PEM form: it begins with “{_PEM.strip()}”"


def _hosts(hosts: list[object], path: Path, *, wildcard: bool) -> Iterator[SchemaViolation]:
    for index, one in enumerate(hosts):
        if isinstance(one, str):
            yield from _because((*path, index), formats.host(one, wildcard=wildcard))


def _service(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    path = ("proxy", "service")
    yield from _checked(values, (*path, "loadBalancerIP"), formats.address)
    ranges = _at(values, *path, "loadBalancerSourceRanges")
    for index, one in enumerate(ranges) if isinstance(ranges, list) else ():
        yield from _because((*path, "loadBalancerSourceRanges", index), formats.network(one))


def _callbacks(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """Yield callback URLs to which no login can return. Only the provider knows for certain, so none of them breaks."""
    for path, name, value in _addresses(values):
        if name in ("oauth_callback_url", "callbackUrl"):
            why = formats.callback(value, _base(values), _names(values))
        else:
            why = formats.url(value) if name in ("authorize_url", "token_url", "userdata_url") else ""
        yield from _because((*path, name), why, breaks=False)


def _addresses(values: Mapping[str, object]) -> Iterator[tuple[Path, str, str]]:
    """Yield the settings of login providers: of OAuth in `hub.config`, and of `auth` in charts before 0.11."""
    config, auth = _at(values, "hub", "config"), _at(values, "auth")
    kinds = [("hub", "config", str(kind)) for kind in config] if isinstance(config, Mapping) else []
    kinds = [path for path in kinds if path[-1].endswith("OAuthenticator")]
    old = [("auth", str(kind)) for kind in auth] if isinstance(auth, Mapping) else []
    for path in (*kinds, *old):
        traits = _at(values, *path)
        for name, value in traits.items() if isinstance(traits, Mapping) else ():
            if isinstance(value, str) and value:
                yield path, str(name), value


def _base(values: Mapping[str, object]) -> str:
    """Return the path that the hub is served under, with a slash at both ends."""
    given = _at(values, "hub", "baseUrl")
    inner = given.strip("/") if isinstance(given, str) else ""
    return f"/{inner}/" if inner else "/"


def _names(values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the hosts that the hub has a certificate for by these values; none if others provide it."""
    hosts = _at(values, *_HTTPS, "hosts")
    if _at(values, *_HTTPS, "enabled") is not True or not isinstance(hosts, list):
        return ()
    named = tuple(one for one in hosts if isinstance(one, str))
    return named if not any(formats.host(one, wildcard=False) for one in named) else ()


def _checked(
    values: Mapping[str, object], path: tuple[str, ...], check: Callable[[str], str]
) -> Iterator[SchemaViolation]:
    value = _at(values, *path)
    if isinstance(value, str) and value:
        yield from _because(path, check(value))


def _at(values: object, *path: str) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values

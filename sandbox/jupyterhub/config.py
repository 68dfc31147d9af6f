"""The configuration in the installed release: the hub reads it from the Secret that the chart made for it."""

import base64
from dataclasses import replace
from functools import lru_cache
from typing import Final

import yaml

from sandbox.apiserver.objects.resource_kinds import SECRET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.helm.chart_repository import EDITIONS, NEWEST
from sandbox.jupyterhub.api_tokens import Token, token
from sandbox.jupyterhub.spawner import Profile

# What z2jh leaves to the cluster when no class is named.
_DEFAULT_CLASS: Final = "default"
_HUBS: Final = {one.version: one.app_version for one in EDITIONS}
# Of a service that is an admin: JupyterHub 1's only kind that may do anything, JupyterHub 5's role "admin".
_ADMIN: Final = ("admin:users", "admin:servers", "proxy", "read:hub", "read:metrics")


def values_of(store: Store, namespace: str) -> Json:
    """Return the values with the chart's defaults; empty without a release. Not to be changed."""
    text = _data(store, namespace).get("values.yaml")
    return _parsed(str(text)) if text else {}


def _data(store: Store, namespace: str) -> Json:
    secret = store.find(SECRET, namespace, "hub")
    found: Json = secret.get("data") or {} if secret else {}
    return found


# The hub is asked often, and its values change seldom.
@lru_cache(maxsize=4)
def _parsed(encoded: str) -> Json:
    values: Json = yaml.safe_load(base64.b64decode(encoded))
    return values


def is_installed(store: Store, namespace: str) -> bool:
    """Return True if there is a release of the chart's shape."""
    return bool(values_of(store, namespace))


def chart_version(values: Json) -> str:
    """Return the chart's version; the newest one if the values do not have it."""
    return str((values.get("Chart") or {}).get("Version") or NEWEST)


def hub_version(store: Store, namespace: str) -> str:
    """Return JupyterHub's version in the release: that of the next older chart known here."""
    wanted = _ordered(chart_version(values_of(store, namespace)))
    older = [version for version in _HUBS if _ordered(version) <= wanted]
    return _HUBS[max(older, key=_ordered) if older else min(_HUBS, key=_ordered)]


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdecimal())


def as_installed(store: Store, profile: Profile) -> Profile:
    """Return `profile` with the release's image, storage, nodes and names; unchanged without a release."""
    values = values_of(store, profile.namespace)
    if not values:
        return profile
    image, storage = values["singleuser"]["image"], values["singleuser"]["storage"]
    return replace(
        profile,
        image=f"{image['name']}:{image['tag']}",
        capacity=storage["capacity"],
        memory_limit=in_bytes((values["singleuser"].get("memory") or {}).get("limit")),
        storage_class=storage["dynamic"]["storageClass"] or _DEFAULT_CLASS,
        match_node_purpose=values["scheduling"]["userPods"]["nodeAffinity"]["matchNodePurpose"],
        old_names=names_the_old_way(values),
        chart=chart_version(values),
    )


def in_bytes(given: object) -> str:
    """Return an amount of memory as kubespawner hands it on, in bytes (JupyterHub's ByteSpecification); "" for none."""
    text = str(given or "")
    factor = 1024 ** ("KMGT".find(text[-1:]) + 1) if text[-1:] in "KMGT" and text else 1
    return str(int(float(text.rstrip("KMGT")) * factor)) if text else ""


def names_the_old_way(values: Json) -> bool:
    """Return True if new homes are named by the scheme `escape`: charts before 4 know no other."""
    spawner = (values.get("hub", {}).get("config") or {}).get("KubeSpawner") or {}
    asked = spawner.get("slug_scheme")
    return asked == "escape" if asked else _ordered(chart_version(values)) < (4,)


class InstalledTokens:
    """The tokens of the hub's services by their texts, made by the chart, with the scopes of `hub.loadRoles`."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace

    def get(self, text: str, /) -> Token | None:
        """Return the token with this text, None if the hub does not know it."""
        data, values = _data(self._store, self._namespace), values_of(self._store, self._namespace)
        for name, service in (values.get("hub", {}).get("services") or {}).items():
            encoded = data.get(f"hub.services.{name}.apiToken")
            if encoded and text and base64.b64decode(encoded).decode() == text:
                return token(f"service:{name}", _scopes(values, name, service or {}))
        return None


def _scopes(values: Json, name: str, service: Json) -> list[str]:
    roles = (values["hub"].get("loadRoles") or {}).values()
    given = [scope for role in roles if name in (role.get("services") or ()) for scope in role.get("scopes") or ()]
    return [*given, *(_ADMIN if service.get("admin") else ())]

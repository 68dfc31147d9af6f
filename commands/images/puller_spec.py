"""Specification of the bot's image puller, after where and how users' servers get their image by the release's values.

It follows z2jh 4.4's own image pullers (templates/image-puller, templates/_helpers.tpl).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from clients.helm import Release
from clients.kube import Puller
from commands.storage.snapshots import BOT, MANAGED_BY, OPERATION

PURPOSE: Final = "jhub-bot/purpose"
PREPULL: Final = "prepull"
# By these labels the bot finds its own pullers.
OURS: Final = f"{MANAGED_BY}={BOT},{PURPOSE}={PREPULL}"
_DEDICATED: Final = ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
# The chart's own, for one that names none.
_PAUSE: Final = "registry.k8s.io/pause:3.10"


def name_of(operation: str) -> str:
    """Return the name of an operation's puller."""
    return f"jhub-bot-prepull-{operation}"


def labels_of(operation: str) -> dict[str, str]:
    """Return the labels by which the bot knows its own pullers.

    Their component is one that does not count as a part of the hub.
    """
    return {MANAGED_BY: BOT, PURPOSE: PREPULL, OPERATION: operation, "component": "image-puller"}


def puller(operation: str, image: str, release: Release, *, users_only: bool) -> Puller:
    """Return a puller of `image` for the nodes that users' servers may run on."""
    return Puller(
        name=name_of(operation),
        labels=labels_of(operation),
        image=image,
        pause=_pause(release),
        policy=str(release.value("singleuser", "image", "pullPolicy") or "IfNotPresent"),
        secrets=pull_secrets(release),
        users_only=users_only,
        node_selector={str(key): str(value) for key, value in _mapping(release, "singleuser", "nodeSelector").items()},
        tolerations=_tolerations(release),
        resources=_mapping(release, "prePuller", "resources"),
    )


def pull_secrets(release: Release) -> tuple[str, ...]:
    """Return the names of the Secrets that users' servers pull with."""
    listed = [*_listed(release, "singleuser", "image", "pullSecrets"), *_listed(release, "imagePullSecrets")]
    names = [str(one.get("name") if isinstance(one, Mapping) else one) for one in listed]
    made = release.value("imagePullSecret", "create") is True
    if made and release.value("imagePullSecret", "automaticReferenceInjection") is not False:
        names.append(f"{_prefix(release)}image-pull-secret")
    return tuple(dict.fromkeys(names))


def _prefix(release: Release) -> str:
    """Return the prefix of the chart's names.

    It is empty by the chart's own default, and the release's name if `fullnameOverride` is null.
    """
    override = release.values.get("fullnameOverride", release.defaults.get("fullnameOverride", ""))
    begin = release.name if override is None else str(override)
    return f"{begin}-" if begin else ""


def _pause(release: Release) -> str:
    image = _mapping(release, "prePuller", "pause", "image")
    return f"{image['name']}:{image['tag']}" if image.get("name") and image.get("tag") else _PAUSE


def _tolerations(release: Release) -> tuple[Mapping[str, Any], ...]:
    own = [{"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"} for key in _DEDICATED]
    paths = (
        ("scheduling", "userPods", "tolerations"),
        ("singleuser", "extraTolerations"),
        ("prePuller", "extraTolerations"),
    )
    given = [one for path in paths for one in _listed(release, *path) if isinstance(one, Mapping)]
    return (*own, *given)


def _mapping(release: Release, *path: str) -> Mapping[str, Any]:
    found = release.value(*path)
    return found if isinstance(found, Mapping) else {}


def _listed(release: Release, *path: str) -> Sequence[object]:
    found = release.value(*path)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()

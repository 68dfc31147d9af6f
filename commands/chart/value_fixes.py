"""Conversions of old Helm values to a chart's form, for cases in which they keep their meaning.

Sources: Zero to JupyterHub's templates/NOTES.txt of 1.1.3 and of 2.0.0, which list what was renamed and since when;
values.yaml of 3.3.8 and 4.0.0; values.schema.yaml of 4.4.0 for `imagePullSecret`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from commands.chart import legacy_auth
from commands.kubernetes.home_places import OLD_TEMPLATE
from commands.text.version_numbers import parsed
from commands.values.draft import Draft, Names, Shift, dotted

Version = tuple[int, int, int]
SCHEME: Final = ("hub", "config", "KubeSpawner", "slug_scheme")
# The paths at which a template of claim names may be set.
TEMPLATES: Final = (("singleuser", "storage", "dynamic", "pvcNameTemplate"), (*SCHEME[:-1], "pvc_name_template"))
_SLUGS: Final = (4, 0, 0)
_DOCKER_HUB: Final = "https://index.docker.io/v1/"
_PULL: Final = ("registry", "username", "password", "email")
_RENAMED: Final[tuple[tuple[Version, Names, Names], ...]] = (
    ((1, 0, 0), ("hub", "extraConfigMap"), ("custom",)),
    ((1, 0, 0), ("hub", "uid"), ("hub", "containerSecurityContext", "runAsUser")),
    ((1, 0, 0), ("proxy", "containerSecurityContext"), ("proxy", "chp", "containerSecurityContext")),
    ((1, 0, 0), ("proxy", "pdb"), ("proxy", "chp", "pdb")),
    ((1, 0, 0), ("proxy", "networkPolicy"), ("proxy", "chp", "networkPolicy")),
    ((2, 0, 0), ("hub", "fsGid"), ("hub", "podSecurityContext", "fsGroup")),
)
_ACCOUNTS: Final = (
    ("hub", "serviceAccount", "create"),
    ("proxy", "traefik", "serviceAccount", "create"),
    ("scheduling", "userScheduler", "serviceAccount", "create"),
    ("prePuller", "hook", "serviceAccount", "create"),
)


@dataclass(frozen=True)
class ConvertedValues:
    """Converted values and what moved; `unclear` lists what only people can decide. Both by path alone."""

    values: Mapping[str, object] = field(repr=False)
    shifts: tuple[Shift, ...]
    unclear: tuple[str, ...]


def converted(values: Mapping[str, object], here: str, there: str) -> ConvertedValues:
    """Convert the values of a hub with chart `here` to the form of chart `there`. Converting twice changes nothing."""
    draft = Draft(values)
    target = parsed(there) or (0, 0, 0)
    for since, fix in _FIXES:
        if target >= since:
            fix(draft)
    if (parsed(here) or target) < _SLUGS <= target:
        _keep_names(draft)
    return ConvertedValues(draft.values, tuple(draft.shifts), tuple(draft.unclear))


def _renamed(since: Version) -> Callable[[Draft], None]:
    def fix(draft: Draft) -> None:
        for first, old, new in _RENAMED:
            if first == since and draft.has(old):
                draft.move(old, new) if draft.get(old) is not None else draft.drop(old)

    return fix


def _pull_secret(draft: Draft) -> None:
    """Move the hub's and the servers' pull secrets to the one for the whole chart."""
    for owner in ("hub", "singleuser"):
        old = (owner, "imagePullSecret")
        secret = draft.get(old)
        if not draft.has(old):
            continue
        if not isinstance(secret, Mapping) or set(secret) - {"enabled", *_PULL}:
            draft.unclear.append(f"{dotted(old)} contains more than enabled, {', '.join(_PULL)}.")
        elif secret.get("enabled") is True:
            _move_pull_secret(draft, old, secret)
        else:
            draft.drop(old)


def _move_pull_secret(draft: Draft, old: Names, secret: Mapping[str, object]) -> None:
    begun = len(draft.unclear)
    for name in _PULL:
        if secret.get(name) is not None:
            draft.move((*old, name), ("imagePullSecret", name))
    if len(draft.unclear) == begun:
        if not draft.has(("imagePullSecret", "registry")):
            draft.set(("imagePullSecret", "registry"), _DOCKER_HUB)
        draft.move((*old, "enabled"), ("imagePullSecret", "create"))
        if draft.has(old):
            draft.drop(old, record=False)


def _metadata(draft: Draft) -> None:
    old = ("singleuser", "cloudMetadata", "enabled")
    enabled = draft.get(old)
    if isinstance(enabled, bool):
        draft.move(old, ("singleuser", "cloudMetadata", "blockWithIptables"), not enabled)


def _rbac(draft: Draft) -> None:
    """Replace one switch by several: without RBAC there were no service accounts either."""
    old = ("rbac", "enabled")
    enabled = draft.get(old)
    if not isinstance(enabled, bool):
        return
    draft.move(old, ("rbac", "create"))
    for path in () if enabled else _ACCOUNTS:
        draft.set(path, value=False)


def _keep_names(draft: Draft) -> None:
    """Keep the homes' names. A scheme in the values was somebody's decision and stays as it is."""
    kind, scheme = draft.get(("singleuser", "storage", "type")), draft.get(SCHEME)
    if kind == "none" or scheme not in (None, "escape"):
        return
    draft.set(SCHEME, "escape")
    if kind != "static" and not any(draft.get(path) for path in TEMPLATES):
        draft.set(TEMPLATES[0], OLD_TEMPLATE)


_FIXES: Final[tuple[tuple[Version, Callable[[Draft], None]], ...]] = (
    ((0, 11, 0), legacy_auth.translate),
    ((0, 11, 0), _pull_secret),
    ((1, 0, 0), _renamed((1, 0, 0))),
    ((1, 0, 0), _metadata),
    ((2, 0, 0), _renamed((2, 0, 0))),
    ((2, 0, 0), _rbac),
)

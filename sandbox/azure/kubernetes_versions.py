"""The Kubernetes versions and node images that Azure has in the sandbox's region, and what may be upgraded to what.

As "Supported Kubernetes versions in AKS" has them in 2026-11, with patch versions of the sandbox's own.
"""

from collections.abc import Mapping
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json

_OFFICIAL: Final = "KubernetesOfficial"
_LONG_TERM: Final = "AKSLongTermSupport"
VERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "1.33": ("1.33.9",),
    "1.34": ("1.34.5", "1.34.7"),
    "1.35": ("1.35.4", "1.35.6"),
    "1.36": ("1.36.1", "1.36.3"),
    "1.37": ("1.37.0",),
    "1.38": ("1.38.0",),
}
PREVIEWS: Final = frozenset({"1.38"})
_OVER: Final = frozenset({"1.33"})
OLDER_IMAGE: Final = "AKSUbuntu-2204gen2containerd-202610.19.0"
NEWEST_IMAGE: Final = "AKSUbuntu-2204gen2containerd-202611.16.0"


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared."""
    return tuple(int(part) for part in version.split("."))


def minor(version: str) -> str:
    """Return the minor version, "1.35" of "1.35.4"."""
    return ".".join(version.split(".")[:2])


def offered(version: str) -> tuple[str, ...]:
    """Return the versions that one may be upgraded to: newer patches, and all of the next minor version."""
    major, low = numbers(version)[:2]
    near = (f"{major}.{low}", f"{major}.{low + 1}")
    return tuple(one for name in near for one in VERSIONS.get(name, ()) if numbers(one) > numbers(version))


def upgrades(version: str, most: str = "") -> list[Json]:
    """Return them as an upgrade profile lists them, up to `most`, which for a pool is the control plane's version."""
    return [
        {"kubernetesVersion": one} | ({"isPreview": True} if minor(one) in PREVIEWS else {})
        for one in offered(version)
        if not most or numbers(one) <= numbers(most)
    ]


def listed() -> list[Json]:
    """Return all minor versions as the region's list has them."""
    return [
        {
            "version": name,
            "capabilities": {"supportPlan": [_LONG_TERM] if name in _OVER else [_OFFICIAL, _LONG_TERM]},
            "isPreview": name in PREVIEWS,
            "patchVersions": {one: {"upgrades": list(offered(one))} for one in patches},
        }
        for name, patches in VERSIONS.items()
    ]

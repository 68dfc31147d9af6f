"""Helm's versions: what they call themselves, which Kubernetes each is made for, and what was mended since.

Helm supports the Kubernetes minor version of its client library and the three before it (helm.sh, "Helm Version Support
Policy"). The library is k8s.io/client-go in go.mod of each of Helm's releases; Helm 4 says it itself.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

# The last security fixes of Helm 3 (helm.sh, "Helm 3 End of Life", 2026-06-02; "Helm 4 Released" had said 2026-11-11).
END_OF_HELM_3: Final = date(2027, 2, 10)
_NUMBERS: Final = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][\w.+-]{0,200})?")
_TOLD: Final = re.compile(r'\bVersion:"(v[^"\s]{1,100})"')
_LIBRARY: Final = re.compile(r'\bKubeClientVersion:"v1\.(\d{1,4})"')
# The minor version of k8s.io/client-go, which is that of Kubernetes, in go.mod of helm.sh/helm/v3 and v4.
_CLIENT_GO: Final = {
    (3, 17): 32,
    (3, 18): 33,
    (3, 19): 34,
    (3, 20): 35,
    (3, 21): 35,
    (3, 22): 37,
    (4, 0): 34,
    (4, 1): 35,
    (4, 2): 36,
    (4, 3): 37,
}
_BACK: Final = 3


class HelmVersion(NamedTuple):
    """A version of Helm; pre-releases count as what they precede."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


class KubernetesRange(NamedTuple):
    """The minor versions of Kubernetes 1 from the oldest to the newest."""

    oldest: int
    newest: int

    def __str__(self) -> str:
        return f"1.{self.oldest} to 1.{self.newest}"


@dataclass(frozen=True)
class Advisory:
    """A vulnerability of Helm 3, and the version that has the fix. Helm 4 has had both from its beginning."""

    name: str
    fixed: HelmVersion


ADVISORIES: Final = (
    Advisory("CVE-2025-53547", HelmVersion(3, 17, 4)),
    Advisory("CVE-2025-55198", HelmVersion(3, 18, 5)),
    Advisory("CVE-2025-55199", HelmVersion(3, 18, 5)),
)


@dataclass(frozen=True)
class HelmProgram:
    """The helm that the bot runs, by its own words. `origin` says where it was found.

    `version` is None where what it says is no version; `kubernetes` is None where its library is not known.
    """

    origin: str
    version: HelmVersion | None
    kubernetes: KubernetesRange | None = field(default=None)


def parse(text: str) -> HelmVersion | None:
    """Return the version in a text such as "v3.22.0" or "3.17.3+ge4da497", None if it is none."""
    found = _NUMBERS.fullmatch(text.strip())
    return HelmVersion(*map(int, found.groups())) if found else None


def program_of(origin: str, said: str) -> HelmProgram:
    """Return the program that answers `helm version` so."""
    told, library = _TOLD.search(said), _LIBRARY.search(said)
    version = parse(told[1]) if told else None
    minor = int(library[1]) if library else _CLIENT_GO.get((version.major, version.minor)) if version else None
    return HelmProgram(origin, version, None if minor is None else KubernetesRange(minor - _BACK, minor))


def advisories_of(version: HelmVersion) -> tuple[Advisory, ...]:
    """Return the advisories that concern a version."""
    return tuple(one for one in ADVISORIES if version < one.fixed)

"""The chart repository: five versions of the sandbox's chart, as `helm repo index` describes them.

All are made from the one in `chart/`, which is the newest. They differ in what matters for an upgrade: the values that
a version knows, the names of homes, the JupyterHub that it has. Read off Zero to JupyterHub's schema.yaml,
values.yaml, Chart.yaml and images/hub/requirements.txt at the tags of these names.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Final

import yaml

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.helm.release_history import CHART

NAME: Final = "jupyterhub"
NEWEST: Final = "4.4.0"
# How charts before 4 have homes named: kubespawner's default came with 4.
_OLD_TEMPLATES: Final = {
    "pvcNameTemplate": "claim-{username}{servername}",
    "volumeNameTemplate": "volume-{username}{servername}",
}
_OPEN: Final[Json] = {"type": "object"}
_OF_4_4: Final = ("httpRoute",)
_OF_3: Final = (*_OF_4_4, "enabled")
_OF_2: Final = (
    *(*_OF_3, "hub.loadRoles", "hub.podSecurityContext", "hub.revisionHistoryLimit", "cull.adminUsers", "rbac.create"),
    *("prePuller.labels", "prePuller.revisionHistoryLimit", "singleuser.allowPrivilegeEscalation"),
)
_UNTIL_1: Final = (
    *("auth", "hub.imagePullSecret", "hub.uid", "hub.extraConfigMap", "singleuser.imagePullSecret"),
    *("proxy.containerSecurityContext", "proxy.networkPolicy", "proxy.pdb"),
)


@dataclass(frozen=True)
class Edition:
    """A version of the chart: its JupyterHub, its Kubernetes, its date.

    `unknown` are values that the newest knows and it refuses, `known` those that only it takes.
    """

    version: str
    app_version: str
    kube_version: str
    created: str
    old_names: bool = False
    unknown: tuple[str, ...] = ()
    known: Mapping[str, Json] = field(default_factory=dict, hash=False)


EDITIONS: Final = (
    Edition(NEWEST, "5.5.0", ">=1.28.0-0", "2026-06-10"),
    Edition("4.0.0", "5.2.1", ">=1.28.0-0", "2024-11-07", unknown=_OF_4_4),
    Edition("3.3.8", "4.1.6", ">=1.23.0-0", "2024-07-31", old_names=True, unknown=_OF_4_4),
    Edition("2.0.0", "3.0.0", ">=1.20.0-0", "2022-09-09", old_names=True, unknown=_OF_3),
    Edition(
        *("1.1.3", "1.4.2", ">=1.17.0-0", "2021-08-25"),
        old_names=True,
        unknown=_OF_2,
        known=dict.fromkeys(_UNTIL_1, _OPEN | {"additionalProperties": True}) | {"hub.uid": {"type": "integer"}},
    ),
)


@cache
def index() -> str:
    """Return the index of the repository; a package's address is relative to the index's."""
    return json.dumps({"apiVersion": "v1", "entries": {NAME: [_entry(one) for one in EDITIONS]}}, indent=1)


def _entry(edition: Edition) -> Json:
    return _about(edition) | {
        "created": f"{edition.created}T12:00:00Z",
        "digest": sha256(package(edition)).hexdigest(),
        "urls": [file_name(edition)],
    }


def file_name(edition: Edition) -> str:
    """Return the name of the package."""
    return f"{NAME}-{edition.version}.tgz"


def _about(edition: Edition) -> Json:
    about: Json = yaml.safe_load(_source()["Chart.yaml"])
    versions = {"version": edition.version, "appVersion": edition.app_version, "kubeVersion": edition.kube_version}
    return about | versions


@cache
def package(edition: Edition) -> bytes:
    """Return the packed chart: the same bytes whenever it is packed."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for path, content in _files(edition):
            about = tarfile.TarInfo(f"{NAME}/{path}")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return packed.getvalue()


def _files(edition: Edition) -> Iterator[tuple[str, bytes]]:
    made = {
        "Chart.yaml": yaml.safe_dump(_about(edition), sort_keys=False),
        "values.yaml": yaml.safe_dump(values(edition), sort_keys=False),
        "values.schema.json": json.dumps(schema(edition)),
    }
    yield from ((path, made[path].encode() if path in made else content) for path, content in _source().items())


@cache
def _source() -> dict[str, bytes]:
    """Return the files of the newest, Chart.yaml first: by it helm knows a chart."""
    paths = sorted(path for path in CHART.rglob("*") if path.is_file())
    found = {path.relative_to(CHART).as_posix(): path.read_bytes() for path in paths}
    return {"Chart.yaml": found["Chart.yaml"], **found}


def values(edition: Edition) -> Json:
    """Return the defaults: images and names of homes as the version has them, no key that its schema refuses."""
    defaults: Json = _tagged(_newest_values(), edition.version)
    for path in edition.unknown:
        _drop(defaults, path.split("."))
    if edition.old_names:
        defaults["singleuser"]["storage"]["dynamic"] |= _OLD_TEMPLATES
    return defaults


@cache
def _newest_values() -> Json:
    found: Json = yaml.safe_load(_source()["values.yaml"])
    return found


def _tagged(tree: Json, version: str) -> Json:
    """Return a copy in which the images of the chart's own version are of this one."""
    return {
        name: _tagged(held, version) if isinstance(held, dict) else version if held == NEWEST else held
        for name, held in tree.items()
    }


def schema(edition: Edition) -> Json:
    """Return the schema of its values."""
    whole: Json = deepcopy(_newest_schema())
    for path in edition.unknown:
        _drop(whole, _in_schema(path))
    for path, kind in edition.known.items():
        *above, last = _in_schema(path)
        _at(whole, above)[last] = kind
    return whole


@cache
def _newest_schema() -> Json:
    found: Json = json.loads(_source()["values.schema.json"])
    return found


def _in_schema(path: str) -> list[str]:
    return [step for name in path.split(".") for step in ("properties", name)]


def _at(tree: Json, path: list[str]) -> Json:
    for name in path:
        tree = tree[name]
    return tree


def _drop(tree: Json, path: list[str]) -> None:
    *above, last = path
    for name in above:
        tree = tree.get(name) or {}
    tree.pop(last, None)

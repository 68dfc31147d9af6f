"""Deprecated APIs that were requested since the API server started, from its own metrics.

The gauge `apiserver_requested_deprecated_apis` (Kubernetes 1.35, apiserver/pkg/endpoints/metrics) is 1 for each API
that was requested, with the release that removes it. Who asked and when, it does not say. An API server of several
replicas answers with the gauge of one of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

GAUGE: Final = b"apiserver_requested_deprecated_apis{"
# What every API server counts: an answer without is not its metrics, and says nothing of deprecated APIs.
ITS_OWN: Final = b"# TYPE apiserver_"
_LABEL: Final = re.compile(r'(\w{1,40})="((?:[^"\\]|\\.){0,200})"')
_VALUE: Final = re.compile(r"\}\s+(\S+)")
_MOST: Final = 100


@dataclass(frozen=True, order=True)
class DeprecatedApi:
    """An API that was requested though it is deprecated. `removed` is the release without it ("1.37"), or empty."""

    removed: str
    group: str
    version: str
    resource: str

    @property
    def text(self) -> str:
        """The API as kubectl writes it: "prioritylevelconfigurations.v1beta3.flowcontrol.apiserver.k8s.io"."""
        return ".".join(part for part in (self.resource, self.version, self.group) if part)


def deprecated_apis(lines: Iterable[bytes]) -> list[DeprecatedApi]:
    """Return the APIs that lines of the metrics name as requested, sorted, at most a hundred."""
    found = set()
    for line in lines:
        if not line.startswith(GAUGE):
            continue
        words = line.decode("utf-8", "replace")
        value = _VALUE.search(words)
        if value is None or value[1] not in ("1", "1.0"):
            continue
        labels = dict(_LABEL.findall(words))
        found.add(
            DeprecatedApi(
                labels.get("removed_release", ""),
                labels.get("group", ""),
                labels.get("version", ""),
                labels.get("resource", ""),
            )
        )
    return sorted(found)[:_MOST]

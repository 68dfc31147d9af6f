"""The release that helm works on, and its arguments, checked so that helm cannot take them for something else."""

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CONTEXT = re.compile(r"[A-Za-z0-9][\w.@:/+-]{0,252}")
_CHART = re.compile(r"(oci://[\w.:-]+/)?[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*")
_REPO = re.compile(r"https?://[^\s@?#,]+")
_VERSION = re.compile(r"v?\d{1,18}(\.\d{1,18}){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Target:
    """A release, its chart and its cluster: settings, not what people type.

    `chart` is a folder (an absolute path), a name in `repo`, or an oci:// reference. Without `kubeconfig` helm uses the
    pod's service account. Raises ValueError for anything that helm could take for something else.
    """

    release: str
    namespace: str
    chart: str
    repo: str = ""
    kubeconfig: Path | None = None
    context: str = ""

    def __post_init__(self) -> None:
        require(_NAME, self.release, "release")
        require(_NAMESPACE, self.namespace, "namespace")
        if not self.is_local:
            require(_CHART, self.chart, "chart")
        if self.repo:
            require(_REPO, self.repo, "repository")
        if self.context:
            require(_CONTEXT, self.context, "context")

    @property
    def is_local(self) -> bool:
        """True if the chart is a folder on disk."""
        return Path(self.chart).is_absolute()


def version_option(version: str) -> str:
    """Return helm's option for a chart version. Raise ValueError for text that helm could take for a range."""
    return f"--version={require(_VERSION, version, 'chart version')}"


def require(pattern: re.Pattern[str], value: str, what: str) -> str:
    """Return the value if it matches in full. Raise ValueError, which names `what` it is not."""
    if not pattern.fullmatch(value):
        raise ValueError(f"not a {what}")
    return value

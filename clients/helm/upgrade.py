"""`helm upgrade`: the one thing here that changes a cluster."""

import asyncio
import json
import math
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clients.errors import Unavailable
from clients.helm.charts import chart_version
from clients.helm.child import Ended, run
from clients.helm.environment import environment, make_private
from clients.helm.failure import Reason, classify, explain

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CONTEXT = re.compile(r"[A-Za-z0-9][\w.@:/+-]{0,252}")
_CHART = re.compile(r"(oci://[\w.:-]+/)?[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*")
_REPO = re.compile(r"https?://[^\s@?#,]+")
_VERSION = re.compile(r"v?\d+(\.\d+){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_LABEL = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?")
LONGEST_DESCRIPTION = 240
# Helm's time-out counts anew for the hooks before, the wait and the hooks after; then it cleans up.
PHASES, GRACE = 3, 60.0

# JSON is YAML but for these: YAML's readers refuse them unless escaped.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Target:
    """Which release, from which chart, in which cluster: settings, not what people type.

    `chart` is a folder (an absolute path), a name in `repo`, or an oci:// reference. Without `kubeconfig` helm
    uses the pod's service account. Raises ValueError for anything that helm could take for something else.
    """

    release: str
    namespace: str
    chart: str
    repo: str = ""
    kubeconfig: Path | None = None
    context: str = ""

    def __post_init__(self) -> None:
        _require(_NAME, self.release, "release")
        _require(_NAMESPACE, self.namespace, "namespace")
        if not self.is_local:
            _require(_CHART, self.chart, "chart")
        if self.repo:
            _require(_REPO, self.repo, "repository")
        if self.context:
            _require(_CONTEXT, self.context, "context")

    @property
    def is_local(self) -> bool:
        """Whether the chart is a folder on disk."""
        return Path(self.chart).is_absolute()


@dataclass(frozen=True)
class UpgradeResult:
    """How `helm upgrade` ended.

    When not `ok`, `reason` says why for programs and `message` for people; `cancelled` is the reason CANCELLED.
    What is true in the cluster now is for `Releases.current` to say: a failed upgrade leaves a failed revision.
    """

    ok: bool
    reason: Reason | None = None
    message: str = ""

    @property
    def cancelled(self) -> bool:
        """Whether it ended because somebody asked it to."""
        return self.reason is Reason.CANCELLED


class Helm:
    """Runs helm on one release. `state` is a private folder for its caches; it is made when needed."""

    def __init__(self, target: Target, *, helm: Path, state: Path) -> None:
        self._target = target
        self._helm = helm
        self._state = state

    async def upgrade(
        self,
        *,
        version: str,
        values: Mapping[str, object],
        description: str,
        labels: Mapping[str, str],
        stop: asyncio.Event,
        wait_seconds: float = 600.0,
    ) -> UpgradeResult:
        """Upgrade the release to exactly these user-supplied values, from exactly this version of the chart.

        Waits until everything is ready, at most `wait_seconds` for each phase helm has. `stop`, when set, ends
        helm with SIGTERM; so does cancelling the task, which then goes on only when helm has ended. Values travel
        by standard input and show up in no message. Raises ValueError for a version or label that helm could
        take for something else, Unavailable when helm cannot be started; every failure of helm is a result.
        """
        arguments = self._arguments(version, description, labels, wait_seconds)
        if mismatch := await self._mismatch(version):
            return mismatch
        if stop.is_set():
            return UpgradeResult(False, Reason.CANCELLED, "The upgrade was cancelled before it began.")
        await asyncio.to_thread(make_private, self._state)
        ended = await self._run(arguments, to_yaml(values), stop, PHASES * wait_seconds + GRACE)
        return _result(ended, values)

    async def _run(self, arguments: list[str], given: bytes, stop: asyncio.Event, limit: float) -> Ended:
        command = [os.fspath(self._helm), *arguments]
        env = environment(self._state, at_home=self._target.kubeconfig is not None)
        try:
            return await run(command, given=given, env=env, folder=self._state, stop=stop, limit=limit)
        except OSError as error:
            raise Unavailable("Helm", "could not be started") from error

    async def _mismatch(self, version: str) -> UpgradeResult | None:
        """Helm ignores `--version` for a chart on disk: see to it here that the chart stays pinned."""
        if not self._target.is_local:
            return None
        found = await asyncio.to_thread(chart_version, Path(self._target.chart))
        if found == version:
            return None
        message = f"The chart on disk is version {found}, but version {version} is asked for."
        return UpgradeResult(False, Reason.NOT_FOUND_CHART, message)

    def _arguments(self, version: str, description: str, labels: Mapping[str, str], wait_seconds: float) -> list[str]:
        target = self._target
        optional = {
            "--repo": target.repo,
            "--kubeconfig": str(target.kubeconfig.absolute()) if target.kubeconfig else "",
            "--kube-context": target.context,
            "--labels": _joined(labels),
        }
        return [
            "upgrade",
            target.release,
            target.chart,
            f"--version={_require(_VERSION, version, 'chart version')}",
            f"--namespace={target.namespace}",
            "--reset-values",
            "--values=-",
            "--cleanup-on-fail",
            "--wait",
            f"--timeout={max(1, math.ceil(wait_seconds))}s",
            f"--description={_one_line(description)}",
            *(f"{option}={value}" for option, value in optional.items() if value),
        ]


def to_yaml(values: Mapping[str, object]) -> bytes:
    """`values` as YAML that means the same to Go's parser, which would read a plain 7e10 as a number."""
    written = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written).encode()


def _result(ended: Ended, values: Mapping[str, object]) -> UpgradeResult:
    if ended.status == 0:
        return UpgradeResult(True)
    reason = _reason(ended)
    if reason is Reason.OTHER and ended.status < 0:
        return UpgradeResult(False, reason, "Helm was killed while it worked.")
    return UpgradeResult(False, reason, explain(reason, ended.errors, values))


def _reason(ended: Ended) -> Reason:
    # By SIGTERM, before it had begun to listen for it: nothing was changed yet.
    too_early = ended.status == -signal.SIGTERM
    reason = Reason.CANCELLED if too_early else classify(ended.errors)
    return Reason.TIMEOUT if reason is Reason.CANCELLED and ended.late else reason


def _require(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"not a {what}")
    return value


def _joined(labels: Mapping[str, str]) -> str:
    return ",".join(
        f"{_require(_LABEL, key, 'label')}={_require(_LABEL_VALUE, value, 'label value')}"
        for key, value in labels.items()
    )


def _one_line(description: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in description).split())
    return words[:LONGEST_DESCRIPTION]

"""`helm upgrade`, `rollback` and `uninstall`: what here changes a cluster. One at a time, of all bots on this machine.

Whoever reads the release's records afterwards sees how it ended, whatever became of the bot meanwhile.
"""

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
from clients.helm.environment import environment, make_private
from clients.helm.failure import FailureReason, classify, explain, is_late
from clients.helm.lease import FileLock
from clients.helm.process import ProcessEnded, run
from clients.helm.releases import Release

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CONTEXT = re.compile(r"[A-Za-z0-9][\w.@:/+-]{0,252}")
_CHART = re.compile(r"(oci://[\w.:-]+/)?[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*")
_REPO = re.compile(r"https?://[^\s@?#,]+")
_VERSION = re.compile(r"v?\d{1,18}(\.\d{1,18}){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_LABEL = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?")
LONGEST_DESCRIPTION = 240
# Helm's time-out counts anew for the hooks before, the wait and the hooks after; then it cleans up.
PHASES, GRACE = 3, 60.0

_NO_NAMESPACES = "namespaces is forbidden"
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
    """How helm ended.

    When not `ok`, `reason` says why for programs and `message` for people; `cancelled` is the reason CANCELLED.
    `late` tells that helm, or a hook that it waited for, ran out of time. What is true in the cluster now is for
    `Releases.current` to say: a failed upgrade leaves a failed revision.
    """

    ok: bool
    reason: FailureReason | None = None
    message: str = ""
    late: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether it ended because somebody asked it to."""
        return self.reason is FailureReason.CANCELLED


class Helm:
    """Runs helm on one release. `state` is a private folder for its caches and its lease; it is made when needed.

    `stop`, when set, ends helm with SIGTERM; so does cancelling the task, which then goes on only when helm has
    ended. Every failure of helm is a result, also that an earlier helm of ours is still at work; Unavailable is
    raised when it cannot be started.
    """

    def __init__(self, target: Target, *, helm: Path, state: Path) -> None:
        self._target = target
        self._helm = helm
        self._state = state
        self._lease = FileLock(state / "at-work.lock")

    async def at_work(self) -> bool:
        """Whether a helm that this bot started is at work, maybe before the bot was restarted."""
        return self._lease.is_taken()

    async def upgrade(
        self,
        *,
        version: str,
        values: Mapping[str, object],
        description: str,
        labels: Mapping[str, str],
        stop: asyncio.Event,
        wait_seconds: float = 600.0,
        wait: bool = True,
        install: bool = False,
    ) -> UpgradeResult:
        """Upgrade the release to exactly these user-supplied values, from exactly this version of the chart.

        Waits until everything is ready, at most `wait_seconds` for each phase helm has; without `wait` for the hooks
        alone, so that "done" says nothing about pods. With `install` a release that is not there (any more) is
        installed, and its namespace made. Values travel by standard input and show up in no message. Raises
        ValueError for a version or label that helm could take for something else.
        """
        arguments = [*self._upgrading(version, description, labels), *_waiting(wait_seconds, wait=wait)]
        if mismatch := await self._mismatch(version):
            return mismatch
        if not install:
            return await self._work(arguments, values, stop, wait_seconds)
        arguments.append("--install")
        result = await self._work([*arguments, "--create-namespace"], values, stop, wait_seconds)
        if _NO_NAMESPACES in result.message:
            # Who may not make namespaces is told so even of one that is there. Nothing was begun by then.
            return await self._work(arguments, values, stop, wait_seconds)
        return result

    async def rollback(
        self, *, revision: int, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float = 600.0
    ) -> UpgradeResult:
        """Make what an earlier revision was the newest: its manifest, its values and its chart, as recorded.

        Helm 3.17 does so also from a revision that is pending, and hands on the earlier one's labels: none of its
        own can be given. `hidden` are values that no message may show.
        """
        arguments = ["rollback", self._target.release, str(revision), "--cleanup-on-fail", *self._where()]
        return await self._work([*arguments, *_waiting(wait_seconds)], hidden, stop, wait_seconds, given=b"")

    async def uninstall(
        self, *, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float = 600.0
    ) -> UpgradeResult:
        """Delete everything the release is made of, the claims in its chart too, and keep its record: "uninstalled"."""
        arguments = ["uninstall", self._target.release, "--keep-history", *self._where()]
        return await self._work([*arguments, *_waiting(wait_seconds)], hidden, stop, wait_seconds, given=b"")

    async def _work(
        self,
        arguments: list[str],
        values: Mapping[str, object],
        stop: asyncio.Event,
        wait_seconds: float,
        *,
        given: bytes | None = None,
    ) -> UpgradeResult:
        if stop.is_set():
            return UpgradeResult(False, FailureReason.CANCELLED, "It was cancelled before it started.")
        await asyncio.to_thread(make_private, self._state)
        ended = await self._run(
            arguments, to_yaml(values) if given is None else given, stop, PHASES * wait_seconds + GRACE
        )
        if ended is None:
            return UpgradeResult(
                False, FailureReason.IN_PROGRESS, "An earlier helm process of the bot is still running."
            )
        return await asyncio.to_thread(_result, ended, values)

    async def _run(self, arguments: list[str], given: bytes, stop: asyncio.Event, limit: float) -> ProcessEnded | None:
        """How helm ended; None where another has the lease."""
        command = [os.fspath(self._helm), *arguments]
        env = environment(self._state, at_home=self._target.kubeconfig is not None)
        try:
            with self._lease.taken() as lease:
                if lease is None:
                    return None
                return await run(
                    command, given=given, env=env, folder=self._state, stop=stop, limit=limit, keeps=[lease]
                )
        except OSError as error:
            raise Unavailable("Helm", "could not be started") from error

    async def _mismatch(self, version: str) -> UpgradeResult | None:
        """Return the result for a chart on disk of another version: helm ignores `--version` for it."""
        if not self._target.is_local:
            return None
        found = await asyncio.to_thread(chart_version, Path(self._target.chart))
        if found == version:
            return None
        message = f"The chart on disk is version {found}, but version {version} was requested."
        return UpgradeResult(False, FailureReason.NOT_FOUND_CHART, message)

    def _upgrading(self, version: str, description: str, labels: Mapping[str, str]) -> list[str]:
        target = self._target
        optional = {"--repo": target.repo, "--labels": _joined(labels)}
        return [
            "upgrade",
            target.release,
            target.chart,
            version_option(version),
            "--reset-values",
            "--values=-",
            "--cleanup-on-fail",
            f"--description={_one_line(description)}",
            *(f"{option}={value}" for option, value in optional.items() if value),
            *self._where(),
        ]

    def _where(self) -> list[str]:
        target = self._target
        return [
            f"--namespace={target.namespace}",
            *([f"--kubeconfig={target.kubeconfig.absolute()}"] if target.kubeconfig else []),
            *([f"--kube-context={target.context}"] if target.context else []),
        ]


def version_option(version: str) -> str:
    """How helm is told which version of a chart to take. Raises ValueError for what it could take for a range."""
    return f"--version={_require(_VERSION, version, 'chart version')}"


def _waiting(seconds: float, *, wait: bool = True) -> list[str]:
    return [*(["--wait"] if wait else []), f"--timeout={max(1, math.ceil(seconds))}s"]


def to_yaml(values: Mapping[str, object]) -> bytes:
    """`values` as YAML that means the same to Go's parser, which would read a plain 7e10 as a number."""
    written = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written).encode()


def _result(ended: ProcessEnded, values: Mapping[str, object]) -> UpgradeResult:
    if ended.status == 0:
        return UpgradeResult(True)
    reason = _reason(ended)
    if reason is FailureReason.OTHER and ended.status < 0:
        return UpgradeResult(False, reason, "Helm was killed while it was running.")
    late = reason is FailureReason.TIMEOUT or (reason is FailureReason.HOOK_FAILED and is_late(ended.errors))
    return UpgradeResult(False, reason, explain(reason, ended.errors, values), late)


def recorded_result(release: Release, values: Mapping[str, object]) -> UpgradeResult | None:
    """How an upgrade ended, by the record of its revision, whose description helm 3.17 ends with the error.

    None where nothing speaks against trying again: helm was killed, or ended because it was asked to.
    """
    if release.status == "deployed":
        return UpgradeResult(True)
    errors = f"Error: {release.description.partition(' failed: ')[2]}"
    reason = classify(errors)
    if release.is_pending or reason is FailureReason.CANCELLED or release.status != "failed":
        return None
    late = reason is FailureReason.TIMEOUT or (reason is FailureReason.HOOK_FAILED and is_late(errors))
    return UpgradeResult(False, reason, explain(reason, errors, values), late)


def _reason(ended: ProcessEnded) -> FailureReason:
    # By SIGTERM, before it had begun to listen for it: nothing was changed yet.
    too_early = ended.status == -signal.SIGTERM
    reason = FailureReason.CANCELLED if too_early else classify(ended.errors)
    return FailureReason.TIMEOUT if reason is FailureReason.CANCELLED and ended.late else reason


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

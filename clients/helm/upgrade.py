"""`helm upgrade`, `rollback` and `uninstall`, which change a cluster; one at a time of all bots on this machine.

The release's records say afterwards how it ended, whatever became of the bot meanwhile.
"""

import asyncio
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path

from clients.errors import Unavailable
from clients.helm.charts import chart_version
from clients.helm.environment import environment, make_private
from clients.helm.failure import FailureReason
from clients.helm.lease import FileLock
from clients.helm.process import ProcessEnded, run
from clients.helm.program import asked, describe
from clients.helm.target import Target, require, version_option
from clients.helm.upgrade_result import UpgradeResult, result_of
from clients.helm.version import HelmProgram
from clients.yaml_text import to_yaml

_LABEL = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?")
LONGEST_DESCRIPTION = 240
# Helm's time-out counts anew for the hooks before, the wait and the hooks after; then it cleans up.
PHASES, GRACE = 3, 60.0

_SERVER_SIDE_SINCE = 4
# Helm 3 creates the namespace, helm 4 applies it: to that Kubernetes names it.
_NO_NAMESPACES = re.compile(r'namespaces (?:"[\w.-]{1,63}" )?is forbidden')


class Helm:
    """A runner of helm for one release. `state` is a private folder for its caches and its lock, made when needed.

    `stop`, when set, ends helm with SIGTERM; so does cancelling the task, which then continues only when helm has
    ended. Every failure of helm is a result, also that an earlier helm of ours is still running; Unavailable is raised
    when it cannot be started.
    """

    def __init__(self, target: Target, *, helm: Path, state: Path, origin: str = "") -> None:
        self._target = target
        self._helm = helm
        self._origin = origin
        self._state = state
        self._lease = FileLock(state / "at-work.lock")

    async def is_running(self) -> bool:
        """Return True if a helm that this bot started is running, maybe since before a restart of the bot."""
        return self._lease.is_taken()

    async def program(self) -> HelmProgram:
        """Return which helm this is, by its own words. Raise Unavailable."""
        return await describe(self._helm, self._origin, self._state)

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

        Wait until everything is ready, at most `wait_seconds` for each phase helm has; without `wait` for the hooks
        alone, so that success says nothing about pods. With `install` a release that does not exist (any more) is
        installed, and its namespace created. Values travel by standard input and appear in no message. Raise ValueError
        for a version or label that helm could take for something else.
        """
        arguments = [*self._upgrading(version, description, labels), *_waiting(wait_seconds, wait=wait)]
        if mismatch := await self._mismatch(version):
            return mismatch
        if not install:
            return await self._work(arguments, values, stop, wait_seconds)
        arguments += ["--install", *await self._applied_by_the_client()]
        result = await self._work([*arguments, "--create-namespace"], values, stop, wait_seconds)
        if _NO_NAMESPACES.search(result.message):
            # Who may not make namespaces is told so even of one that is there. Nothing was begun by then.
            return await self._work(arguments, values, stop, wait_seconds)
        return result

    async def _applied_by_the_client(self) -> list[str]:
        """Return the option by which helm 4 installs as helm 3 does.

        It would apply on the server's side, now and in every upgrade: which patches what has not changed, too, so that
        the bot would need leave to change the chart's cluster roles for ever.
        """
        version = (await asked(self._helm, self._origin, self._state)).version
        return ["--server-side=false"] if version and version.major >= _SERVER_SIDE_SINCE else []

    async def rollback(
        self, *, revision: int, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float = 600.0
    ) -> UpgradeResult:
        """Roll the release back to an earlier revision: its manifest, its values and its chart, as recorded.

        Helm 3.17 does so also from a revision that is pending, and copies the earlier one's labels: none can be given
        for the new one. `hidden` are values that no message may show.
        """
        arguments = ["rollback", self._target.release, str(revision), "--cleanup-on-fail", *self._where()]
        return await self._work([*arguments, *_waiting(wait_seconds)], hidden, stop, wait_seconds, given=b"")

    async def uninstall(
        self, *, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float = 600.0
    ) -> UpgradeResult:
        """Delete all objects of the release, with the claims in its chart, and keep its record as "uninstalled"."""
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
        return await asyncio.to_thread(result_of, ended, values)

    async def _run(self, arguments: list[str], given: bytes, stop: asyncio.Event, limit: float) -> ProcessEnded | None:
        """Return the end of helm; None where another process holds the lock."""
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


def _waiting(seconds: float, *, wait: bool = True) -> list[str]:
    return [*(["--wait"] if wait else []), f"--timeout={max(1, math.ceil(seconds))}s"]


def _joined(labels: Mapping[str, str]) -> str:
    return ",".join(
        f"{require(_LABEL, key, 'label')}={require(_LABEL_VALUE, value, 'label value')}"
        for key, value in labels.items()
    )


def _one_line(description: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in description).split())
    return words[:LONGEST_DESCRIPTION]

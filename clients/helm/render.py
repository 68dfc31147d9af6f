"""The manifests that `helm upgrade` would apply, rendered by helm itself against the live cluster; nothing is changed.

`--dry-run=server` lets the chart look things up in the cluster, as in an upgrade: z2jh keeps its generated secrets by
that. `--hide-secret` has helm leave the contents of Secrets out (helm 3.17).
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from clients.errors import NotFound, Rejected, Unavailable
from clients.helm.charts import chart_version
from clients.helm.environment import environment, make_private
from clients.helm.failure import FailureReason, classify, explain
from clients.helm.process import ProcessEnded, run
from clients.helm.releases import values_of
from clients.helm.rendered import RenderCache, Rendered, cache_key
from clients.helm.target import Target, version_option
from clients.yaml_text import to_yaml

# The chart's own files are in the answer, too: z2jh's come to 0.6 MB, a manifest of it to 0.1 MB.
LARGEST: Final = 32 * 2**20
# Fetching the chart is the longest part of it.
_LIMIT: Final = 120.0


class Rendering:
    """A dry run of helm for one release. `state` is a private folder for its caches, shared with `Helm`."""

    def __init__(self, target: Target, *, helm: Path, state: Path, cache: RenderCache | None = None) -> None:
        self._target = target
        self._helm = helm
        self._state = state
        self._cache = RenderCache() if cache is None else cache

    async def render(
        self, *, version: str, values: Mapping[str, object], revision: int, install: bool = False
    ) -> Rendered:
        """Return the release with exactly these user-supplied values, from exactly this version of the chart.

        `revision` is the release's newest one, on top of which it would be applied. What was rendered for the same
        revision, values and chart within the last five minutes is not rendered again: a plan is made once to be shown
        and once more right before it is applied. `install` is for a release that does not exist yet. Raise Rejected
        where the chart refuses the values, with what it says of them; NotFound where there is no such version;
        Unavailable where Kubernetes or the chart's repository did not answer; ValueError for text that is not a
        version.
        """
        arguments, given = self._arguments(version, install=install), to_yaml(values)
        await asyncio.to_thread(self._check, version)
        key = await asyncio.to_thread(self._cache_key, arguments, given, revision)
        found = self._cache.get(key)
        if found is None:
            found = await self._rendered(arguments, given, version, values)
            self._cache.keep(key, found)
        return found

    async def _rendered(
        self, arguments: list[str], given: bytes, version: str, values: Mapping[str, object]
    ) -> Rendered:
        ended = await self._run(arguments, given)
        if ended.status != 0:
            raise await asyncio.to_thread(_failure, ended, version, values)
        if ended.output is None:
            raise Unavailable("Helm", f"rendered more than {LARGEST // 2**20} MiB: that cannot be a hub's chart")
        return await asyncio.to_thread(_read, ended.output)

    def _check(self, version: str) -> None:
        """Raise NotFound where a chart on disk has another version: helm ignores `--version` for it."""
        make_private(self._state)
        if self._target.is_local and (found := chart_version(Path(self._target.chart))) != version:
            raise NotFound(f"The chart on disk is version {found}, so {version} is not available")

    def _cache_key(self, arguments: list[str], given: bytes, revision: int) -> bytes:
        try:
            return cache_key(arguments, given, revision, Path(self._target.chart) if self._target.is_local else None)
        except OSError as error:
            raise Unavailable("The chart", "on disk cannot be read") from error

    async def _run(self, arguments: list[str], given: bytes) -> ProcessEnded:
        try:
            return await run(
                [os.fspath(self._helm), *arguments],
                given=given,
                env=environment(self._state, at_home=self._target.kubeconfig is not None),
                folder=self._state,
                stop=asyncio.Event(),
                limit=_LIMIT,
                room=LARGEST,
            )
        except OSError as error:
            raise Unavailable("Helm", "could not be started") from error

    def _arguments(self, version: str, *, install: bool) -> list[str]:
        target = self._target
        optional = {
            "--repo": target.repo,
            "--kubeconfig": str(target.kubeconfig.absolute()) if target.kubeconfig else "",
            "--kube-context": target.context,
        }
        return [
            "upgrade",
            target.release,
            target.chart,
            version_option(version),
            f"--namespace={target.namespace}",
            *(["--install", "--create-namespace"] if install else ["--reset-values"]),
            "--values=-",
            "--dry-run=server",
            "--hide-secret",
            "--output=json",
            *(f"{option}={value}" for option, value in optional.items() if value),
        ]


def _failure(ended: ProcessEnded, version: str, values: Mapping[str, object]) -> Exception:
    reason = FailureReason.TIMEOUT if ended.late else classify(ended.errors)
    match reason:
        case FailureReason.NOT_FOUND_CHART:
            return NotFound(f"There is no version {version} of the chart, or it could not be fetched")
        case FailureReason.REPOSITORY:
            return Unavailable("Helm", "could not reach the chart’s repository")
        case FailureReason.REPOSITORY_REFUSES:
            return Unavailable("Helm", "was not let in by the chart’s repository")
        case FailureReason.UNREACHABLE | FailureReason.CANCELLED:
            return Unavailable("Helm", "could not reach Kubernetes or the chart’s repository")
        case FailureReason.TIMEOUT:
            return Unavailable("Helm", "took too long to render the chart")
    return Rejected("Helm", reason.value, explain(reason, ended.errors, values))


def _read(output: bytes) -> Rendered:
    try:
        record: dict[str, Any] = json.loads(output)
        metadata = record["chart"]["metadata"]
        return Rendered(
            chart=str(metadata["name"]),
            chart_version=str(metadata["version"]),
            app_version=str(metadata.get("appVersion") or ""),
            manifest=str(record.get("manifest") or ""),
            hooks="\n---\n".join(_hooks(record)),
            defaults=values_of(record["chart"].get("values")),
        )
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        # Without its cause, whose text may quote the values.
        raise Unavailable("Helm", "rendered manifests that cannot be read") from None


def _hooks(record: dict[str, Any]) -> list[str]:
    """Return the manifests of the hooks that run; tests and hooks of a rollback or a removal are left out."""
    runs = {"pre-install", "post-install"} if record["info"]["status"] == "pending-install" else _UPGRADES
    return [str(hook["manifest"]) for hook in record.get("hooks") or () if runs & set(hook.get("events") or ())]


_UPGRADES: Final = {"pre-upgrade", "post-upgrade"}

"""Image builds as Azure Container Registry Tasks runs them: queued, run, logged, pushed; or failed, or cancelled."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.errors import ArmError
from sandbox.clock import Clock
from sandbox.git.refs import GitRefs, commit
from sandbox.registry.errors import LockedError
from sandbox.registry.images import Registry, Tag

# In the sandbox's seconds; Azure takes minutes.
QUEUE_SECONDS: Final = 0.5
BUILD_SECONDS: Final = 4.0
ENDED: Final = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
# For so long the signed address of a log is valid.
_LINK_LIFETIME: Final = timedelta(hours=1)
_STEPS: Final = (
    "FROM registry.example/scipy-notebook:2026-11-02",
    "COPY environment.yml /tmp/environment.yml",
    "RUN mamba env update --name base --file /tmp/environment.yml",
    "COPY start-notebook.d/ /usr/local/bin/start-notebook.d/",
    "RUN fix-permissions /home/jovyan",
)


@dataclass
class Run:
    """One build. `request` is the DockerBuildRequest; `log` its output so far."""

    id: str
    request: Json
    created: datetime
    status: str = "Queued"
    started: datetime | None = None
    finished: datetime | None = None
    error: str = ""
    log: str = ""
    pushed: tuple[tuple[str, Tag], ...] = ()

    @property
    def ended(self) -> bool:
        """True once the status is final."""
        return self.status in ENDED


@dataclass
class Builds:
    """The builds of one registry. `git_url` is the sources' repository, `fail_next` the error of the next build."""

    registry: Registry
    git: GitRefs
    clock: Clock
    spawn: Callable[[Awaitable[None]], None]
    git_url: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    named: dict[str, tuple[Json, Run]] = field(default_factory=dict)
    links: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    fail_next: str = ""
    abac: bool = False
    """True for a registry that grants access by repository: a build has none without its caller's identity."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def schedule(self, request: Json) -> Run:
        """Queue a build. Raise ArmError for a request that the sandbox cannot run."""
        if request.get("type") != "DockerBuildRequest":
            raise ArmError(400, "InvalidRunRequest", "The sandbox runs only builds of type DockerBuildRequest.")
        if not request.get("dockerFilePath") or not (request.get("platform") or {}).get("os"):
            raise ArmError(400, "InvalidRunRequest", "dockerFilePath and platform.os are required.")
        run = Run(f"ca{next(self._numbers)}", request, self.clock.now())
        self.runs[run.id] = run
        self.spawn(self._run(run))
        return run

    def schedule_as(self, name: str, request: Json, force: str) -> Run:
        """Queue a build under a name. Return the earlier one if it had the same name and request."""
        key = {**request, "forceUpdateTag": force}
        if name in self.named and self.named[name][0] == key:
            return self.named[name][1]
        run = self.schedule(request)
        self.named[name] = (key, run)
        return run

    def cancel(self, run: Run) -> None:
        """Cancel a build that has not ended: nothing is pushed."""
        if not run.ended:
            self._end(run, "Canceled", "")

    def link(self, run: Run) -> str:
        """Return the path of a build's log, with a signature that is valid for an hour."""
        signature = secrets.token_urlsafe(32)
        self.links[signature] = (run.id, self.clock.now() + _LINK_LIFETIME)
        return f"/logs/{run.id}/rawtext.log?sv=2025-01-05&se=1h&sr=b&sp=r&sig={signature}"

    def linked(self, run: str, signature: str) -> Run | None:
        """Return the build that a log's signature is for, None if the signature is wrong or expired."""
        known, until = self.links.get(signature, ("", self.clock.now()))
        return self.runs[run] if known == run and until > self.clock.now() else None

    async def _run(self, run: Run) -> None:
        await self.clock.sleep(QUEUE_SECONDS)
        if run.ended:
            return
        run.status, run.started = "Running", self.clock.now()
        self._say(run, "Downloading source code...")
        await self.clock.sleep(0.5)
        if problem := self._source_problem(str(run.request.get("sourceLocation") or "")):
            self._say(run, problem)
            self._end(run, "Failed", "failed to download context")
            return
        self._say(run, "Finished downloading source code", "Setting up Docker configuration...")
        await self._steps(run)

    async def _steps(self, run: Run) -> None:
        failing, self.fail_next = self.fail_next, ""
        arguments = [f"ARG {one['name']}={one['value']}" for one in run.request.get("arguments") or ()]
        for number, step in enumerate(_STEPS, 1):
            if run.ended:
                return
            self._say(run, f"Step {number}/{len(_STEPS)} : {step}", *(arguments if number == len(_STEPS) else ()))
            await self.clock.sleep(BUILD_SECONDS / len(_STEPS))
            if failing and number == len(_STEPS) // 2 + 1:
                self._say(
                    run, failing, f"The command '/bin/bash -o pipefail -c {step[4:]}' returned a non-zero code: 1"
                )
                self._end(run, "Failed", "failed to run step ID: build: exit status 1")
                return
        if not run.ended:
            self._push(run)

    def _push(self, run: Run) -> None:
        if not run.request.get("isPushEnabled", True):
            self._end(run, "Succeeded", "")
            return
        credentials = (run.request.get("credentials") or {}).get("sourceRegistry") or {}
        if self.abac and credentials.get("identity") != "[caller]":
            self._say(run, "failed to push: when specifying push, at least one credential is required")
            self._end(run, "Failed", "failed to push images: at least one credential is required")
            return
        pushed = []
        for name in run.request.get("imageNames") or ():
            repository, _, tag = str(name).removeprefix(f"{self.registry.login_server}/").partition(":")
            try:
                pushed.append((repository, self.registry.push(repository, tag or "latest")))
            except LockedError as error:
                self._say(run, f"unknown: The operation is disallowed on this registry, repository or image: {error}")
                self._end(run, "Failed", "failed to push images successfully")
                return
            self._say(run, f"Successfully pushed image: {self.registry.login_server}/{repository}:{tag}")
        run.pushed = tuple(pushed)
        self._end(run, "Succeeded", "")

    def _source_problem(self, source: str) -> str:
        """Return the builder's error if it cannot get the source, else an empty string."""
        place, _, ref = source.partition("#")
        parts, ours = urlsplit(place), urlsplit(self.git_url)
        address = place.replace(f"{parts.username}:{parts.password}@", "")
        if (parts.hostname, parts.port, parts.path) != (ours.hostname, ours.port, ours.path):
            return f"fatal: repository '{address}' not found"
        if parts.password != self.git.token:
            # git itself prints the address as it was given, with the password.
            return f"fatal: Authentication failed for '{place}'"
        wanted = ref.partition(":")[0] or "main"
        known = self.git.resolve(wanted) or wanted == commit(wanted[:7])
        return (
            "" if known else f"fatal: couldn't find remote ref {wanted}\nunable to checkout {wanted}: exit status 128"
        )

    def _say(self, run: Run, *lines: str) -> None:
        stamp = f"{self.clock.now():%Y/%m/%d %H:%M:%S}"
        run.log += "".join(f"{stamp} {line}\n" for line in lines)

    def _end(self, run: Run, status: str, error: str) -> None:
        run.status, run.error, run.finished = status, error, self.clock.now()
        took = (run.finished - run.created).total_seconds()
        last = "was successful" if status == "Succeeded" else status.lower()
        self._say(run, *filter(None, [error]), f"Run ID: {run.id} {last} after {took:.0f}s")

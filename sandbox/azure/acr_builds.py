"""Image builds as Azure Container Registry Tasks runs them: queued, run, logged, pushed; or failed, or cancelled."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import ArmError
from sandbox.clock import Clock
from sandbox.git.server import Git, commit
from sandbox.registry.images import LockedError, Registry, Tag

# In the sandbox's seconds; Azure takes minutes.
QUEUE_SECONDS: Final = 0.5
BUILD_SECONDS: Final = 4.0
ENDED: Final = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
# How long the address of a log is good for.
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
    """One build. `wanted` is the DockerBuildRequest; `log` what it has said so far."""

    id: str
    wanted: Json
    created: datetime
    status: str = "Queued"
    started: datetime | None = None
    finished: datetime | None = None
    error: str = ""
    log: str = ""
    pushed: tuple[tuple[str, Tag], ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ENDED


@dataclass
class Builds:
    """The builds of one registry. `git_url` is where the sources are; `fail_next` lets the next one break at a step."""

    registry: Registry
    git: Git
    clock: Clock
    spawn: Callable[[Awaitable[None]], None]
    git_url: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    named: dict[str, tuple[Json, Run]] = field(default_factory=dict)
    links: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    fail_next: str = ""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def schedule(self, wanted: Json) -> Run:
        """Queue a build. Raises ArmError for what cannot be one."""
        if wanted.get("type") != "DockerBuildRequest":
            raise ArmError(400, "InvalidRunRequest", "The sandbox runs only builds of type DockerBuildRequest.")
        if not wanted.get("dockerFilePath") or not (wanted.get("platform") or {}).get("os"):
            raise ArmError(400, "InvalidRunRequest", "dockerFilePath and platform.os are required.")
        run = Run(f"ca{next(self._numbers)}", wanted, self.clock.now())
        self.runs[run.id] = run
        self.spawn(self._run(run))
        return run

    def schedule_as(self, name: str, wanted: Json, force: str) -> Run:
        """Queue a build under a name; one of that name and with the same request is not run again."""
        key = {**wanted, "forceUpdateTag": force}
        if name in self.named and self.named[name][0] == key:
            return self.named[name][1]
        run = self.schedule(wanted)
        self.named[name] = (key, run)
        return run

    def cancel(self, run: Run) -> None:
        """Stop a build that has not ended; nothing is pushed then."""
        if not run.ended:
            self._end(run, "Canceled", "")

    def link(self, run: Run) -> str:
        """The path of its log, with a signature that is good for an hour."""
        signature = secrets.token_urlsafe(32)
        self.links[signature] = (run.id, self.clock.now() + _LINK_LIFETIME)
        return f"/logs/{run.id}/rawtext.log?sv=2025-01-05&se=1h&sr=b&sp=r&sig={signature}"

    def linked(self, run: str, signature: str) -> Run | None:
        """The build whose log that is; None for a signature that is wrong, or good no more."""
        known, until = self.links.get(signature, ("", self.clock.now()))
        return self.runs[run] if known == run and until > self.clock.now() else None

    async def _run(self, run: Run) -> None:
        await self.clock.sleep(QUEUE_SECONDS)
        if run.ended:
            return
        run.status, run.started = "Running", self.clock.now()
        self._say(run, "Downloading source code...")
        await self.clock.sleep(0.5)
        if problem := self._source_problem(str(run.wanted.get("sourceLocation") or "")):
            self._say(run, problem)
            self._end(run, "Failed", "failed to download context")
            return
        self._say(run, "Finished downloading source code", "Setting up Docker configuration...")
        await self._steps(run)

    async def _steps(self, run: Run) -> None:
        failing, self.fail_next = self.fail_next, ""
        arguments = [f"ARG {one['name']}={one['value']}" for one in run.wanted.get("arguments") or ()]
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
        if not run.wanted.get("isPushEnabled", True):
            self._end(run, "Succeeded", "")
            return
        pushed = []
        for name in run.wanted.get("imageNames") or ():
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
        """What the builder says where it cannot get the source; empty where it can."""
        place, _, ref = source.partition("#")
        parts, ours = urlsplit(place), urlsplit(self.git_url)
        shown = place.replace(f"{parts.username}:{parts.password}@", "")
        if (parts.hostname, parts.port, parts.path) != (ours.hostname, ours.port, ours.path):
            return f"fatal: repository '{shown}' not found"
        if parts.password != self.git.token:
            # git itself tells the address as it was given, the password too.
            return f"fatal: Authentication failed for '{place}'"
        wanted = ref.partition(":")[0] or "main"
        known = self.git.has(wanted) or wanted == commit(wanted[:7])
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

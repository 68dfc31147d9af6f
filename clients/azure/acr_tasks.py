"""Image builds by Azure Container Registry Tasks.

Microsoft.ContainerRegistry 2025-03-01-preview by azure-mgmt-containerregistrytasks 1.0.0b1. A build is a *task run*: a
run under a name, which is not run again when it is asked for again under that name. That is how a build is begun once,
however often the bot is killed between asking and remembering.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from clients.answers import Json, all_parts, moment, needed, text, typed
from clients.azure.build_log import log_from
from clients.azure.identity import Token
from clients.azure.pipeline import SYSTEM, SdkCredential, changing, listing, pipeline, readable, reading
from clients.azure.registry_mode import RegistryMode
from clients.errors import Rejected, Unavailable

if TYPE_CHECKING:
    from azure.mgmt.containerregistrytasks.aio import ContainerRegistryTasksMgmtClient
    from azure.mgmt.containerregistrytasks.models import Credentials, Run, RunGetLogResult, TaskRun

_PORTAL: Final = "https://portal.azure.com/#resource"
# Azure Container Registry's words for a run of which nothing more comes.
_ENDED: Final = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
# azure-mgmt-containerregistrytasks 1.0.0b1, SourceRegistryCredentials: whoever asks for the run.
_CALLER: Final = "[caller]"
_LONGEST_ERROR: Final = 4_000
# The user that goes with a token in a repository's address, as `clients.git` has it.
_USER: Final = "x-access-token"
# A password in an address, whoever's it is.
_PASSWORD: Final = re.compile(r"://[^\s/@]+@")
T = TypeVar("T")


@dataclass(frozen=True)
class Build:
    """A build as Azure reports it. `digest` is the image's, once it is pushed; `error` is the reason of a failure."""

    id: str
    status: str
    created: datetime | None
    started: datetime | None
    finished: datetime | None
    digest: str
    error: str

    @property
    def ended(self) -> bool:
        """True once the status is final."""
        return self.status in _ENDED

    @property
    def succeeded(self) -> bool:
        """True once the image has been pushed."""
        return self.status == "Succeeded"


@dataclass(frozen=True)
class BuildSource:
    """The input of a build: a commit of a repository, a Dockerfile in a folder of it, the names of the images.

    `arguments` are the Dockerfile's build arguments, by name; anyone who may pull the image can read them.
    """

    repository: str
    commit: str
    folder: str
    dockerfile: str
    platform: str
    images: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...] = ()


class Builds:
    """The builds of one registry.

    Every method raises Unavailable and NotFound; one that changes something also Rejected. Reads take at most `timeout`
    seconds. `token` returns a bearer token for Azure Resource Manager and is called for each request; `source_token`
    returns the password of a private repository, which is sent to Azure with the build.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        subscription_id: str,
        resource_group: str,
        registry: str,
        source_token: Token | None = None,
        timeout: float = 5.0,
    ) -> None:
        self._group = resource_group
        self._registry = registry
        self._subscription = subscription_id
        self._source_token = source_token
        self._timeout = timeout
        self._token = token
        self._how = {"base_url": base_url, **pipeline(base_url, token)}
        where = {"subscription_id": subscription_id, "resource_group": resource_group, "registry": registry}
        self._mode = RegistryMode(base_url, token, **where, timeout=timeout)

    @cached_property
    def _client(self) -> "ContainerRegistryTasksMgmtClient":
        from azure.mgmt.containerregistrytasks.aio import (  # noqa: PLC0415 - slow to load; a start needs none of it
            ContainerRegistryTasksMgmtClient,
        )

        return ContainerRegistryTasksMgmtClient(SdkCredential(self._token), self._subscription, **self._how)

    def load(self) -> None:
        """Load the SDK ahead of the first request. It takes a while and may run in a thread."""
        assert self._client  # noqa: S101 - what makes it is wanted

    async def close(self) -> None:
        """Close the connections."""
        await self._mode.close()
        if "_client" in vars(self):
            await self._client.close()

    def page(self) -> str:
        """Return the address of the registry's runs and their logs in Azure's portal."""
        place = f"/subscriptions/{self._subscription}/resourceGroups/{self._group}"
        return f"{_PORTAL}{place}/providers/Microsoft.ContainerRegistry/registries/{self._registry}/tasks"

    async def by_repository(self) -> bool | None:
        """Return True if the registry grants access by repository (ABAC); None where that cannot be read."""
        return await self._mode.by_repository()

    async def build(self, run: str) -> Build:
        """Return the present state of a build by the id of its run."""
        found = await self._read(lambda: self._client.runs.get(self._group, self._registry, run))
        return await self._told(_as_sent(found))

    async def named(self, name: str) -> Build:
        """Return the build that was begun under a name."""
        found = await self._read(lambda: self._client.task_runs.get(self._group, self._registry, name))
        return await self._told(_run_of(found))

    async def running(self, start: str) -> list[Build]:
        """Return the builds that have not ended, among those begun under a name with the prefix `start`."""

        async def listed() -> "list[TaskRun]":
            listed = self._client.task_runs.list(self._group, self._registry, raw_response_hook=listing)
            return [one async for one in listed]

        runs = await self._read(listed)
        with readable():
            ours = [one for one in runs if needed(_as_sent(one), "name").startswith(start)]
        found = [await self._told(_run_of(one)) for one in ours]
        return [build for build in found if not build.ended]

    async def begin(self, name: str, source: BuildSource) -> Build:
        """Begin a build under a name and return it. A build of that name with the same source is not begun again."""
        from azure.mgmt.containerregistrytasks import models  # noqa: PLC0415 - see `_client`

        os, _, architecture = source.platform.partition("/")
        request = models.DockerBuildRequest(
            image_names=list(source.images),
            is_push_enabled=True,
            docker_file_path=source.dockerfile,
            platform=models.PlatformProperties(os=os.capitalize(), architecture=architecture or None),
            source_location=await self._location(source),
            arguments=[models.Argument(name=name, value=value) for name, value in source.arguments] or None,
            credentials=await self._credentials(),
        )
        made = models.TaskRun(properties=models.TaskRunProperties(run_request=request))
        begin = self._client.task_runs.begin_create
        try:
            async with changing(self._timeout, {}):
                poller = await begin(self._group, self._registry, name, made, polling=False)
                found = await poller.result()
        except Rejected as error:
            # Azure's text may quote what was sent.
            raise Rejected(error.system, error.code, await self._redacted(str(error))) from None
        return await self._told(_run_of(found))

    async def cancel(self, run: str) -> None:
        """Stop a build. One that has ended is left as it is."""
        async with changing(self._timeout, {}):
            await self._client.runs.cancel(self._group, self._registry, run)

    async def forget(self, name: str) -> None:
        """Delete a name and the request that Azure keeps under it. The run and its log remain."""
        async with changing(self._timeout, {}):
            await self._client.task_runs.delete(self._group, self._registry, name)

    async def log(self, run: str, offset: int = 0) -> tuple[str, int]:
        """Return the log from `offset` (bytes) on, in whole lines, and the offset of what comes next.

        The repository's password is taken out, should the build have printed it.
        """
        link = await self._read(lambda: self._client.runs.get_log_sas_url(self._group, self._registry, run))
        content = await log_from(text(_as_sent(link), "logLink"), offset, self._timeout)
        # A line that is still being written is told when it is whole.
        whole = content[: content.rfind(b"\n") + 1]
        return await self._redacted(whole.decode("utf-8", "replace")), offset + len(whole)

    async def _told(self, run: Json) -> Build:
        found = _build(run)
        return replace(found, error=await self._redacted(found.error)) if found.error else found

    async def _redacted(self, text: str) -> str:
        secret = await self._source_token() if self._source_token else ""
        for known in {secret, quote(secret, safe="")} - {""}:
            text = text.replace(known, "***")
        return _PASSWORD.sub("://***@", text)

    async def _credentials(self) -> "Credentials | None":
        """Return what a build logs in to its own registry with, where it has no access by itself: the bot's identity.

        Azure Container Registry, "Effects on ACR Tasks": a quick build on such a registry takes its caller's identity.
        """
        from azure.mgmt.containerregistrytasks import models  # noqa: PLC0415 - see `_client`

        if not await self.by_repository():
            return None
        return models.Credentials(
            source_registry=models.SourceRegistryCredentials(identity=_CALLER, login_mode="Default")
        )

    async def _location(self, source: BuildSource) -> str:
        parts = urlsplit(source.repository)
        if self._source_token is not None:
            parts = parts._replace(netloc=f"{_USER}:{quote(await self._source_token(), safe='')}@{parts.netloc}")
        return f"{urlunsplit(parts)}#{source.commit}{f':{source.folder}' if source.folder else ''}"

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)


def _as_sent(model: "Run | TaskRun | RunGetLogResult") -> Json:
    """Return a model of the SDK's as the JSON that Azure sent."""
    with readable():
        return dict(model.as_dict())


def _run_of(made: "TaskRun") -> Json:
    """Return the run of a task run as the JSON that Azure sent. Raise Unavailable where it has none yet."""
    with readable():
        result = typed(typed(_as_sent(made), "properties", dict, {}), "runResult", dict, {})
    if not result:
        raise Unavailable(SYSTEM, "has not said yet which run belongs to the build")
    return result


def _build(raw: Json) -> Build:
    with readable():
        its = typed(raw, "properties", dict, {})
        images = all_parts(its, "outputImages") if its.get("outputImages") else []
        pushed = [digest for image in images if (digest := text(image, "digest"))]
        return Build(
            id=needed(its, "runId"),
            status=typed(its, "status", str, ""),
            created=moment(its, "createTime"),
            started=moment(its, "startTime"),
            finished=moment(its, "finishTime"),
            digest=pushed[0] if pushed else "",
            error=" ".join(typed(its, "runErrorMessage", str, "")[:_LONGEST_ERROR].split()),
        )

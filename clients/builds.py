"""Image builds by Azure Container Registry Tasks.

Microsoft.ContainerRegistry 2025-03-01-preview by azure-mgmt-containerregistrytasks 1.0.0b1. A build is a *task run*: a
run under a name, which is not run again when it is asked for again under that name. That is how a build is begun once,
however often the bot is killed between asking and remembering.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp
from azure.mgmt.containerregistrytasks.aio import ContainerRegistryTasksMgmtClient
from azure.mgmt.containerregistrytasks.models import (
    Argument,
    DockerBuildRequest,
    PlatformProperties,
    Run,
    TaskRun,
    TaskRunProperties,
)
from yarl import URL

from clients.azure_pipeline import SYSTEM, Credential, changing, pipeline, reading
from clients.errors import Rejected, Unavailable
from clients.http import TooLongError, is_loopback, read_whole
from clients.identity import Token
from clients.traffic import watched

_PORTAL: Final = "https://portal.azure.com/#resource"
# Azure Container Registry's words for a run of which nothing more comes.
_ENDED: Final = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
_LONGEST_LOG: Final = 4 << 20
_NOTHING_NEW: Final = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
# The user that goes with a token in a repository's address, as `clients.git` has it.
_USER: Final = "x-access-token"
# A password in an address, whoever's it is.
_PASSWORD: Final = re.compile(r"://[^\s/@]+@")
T = TypeVar("T")


@dataclass(frozen=True)
class Build:
    """A build as Azure tells it. `digest` is the image's, once it has been pushed; `error` why it failed."""

    id: str
    status: str
    created: datetime | None
    started: datetime | None
    finished: datetime | None
    digest: str
    error: str

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in _ENDED

    @property
    def succeeded(self) -> bool:
        """Whether the image has been pushed."""
        return self.status == "Succeeded"


@dataclass(frozen=True)
class Source:
    """What is built: a commit of a repository, from a Dockerfile in a folder of it, into images with these names.

    `arguments` are the Dockerfile's, by name; whoever may pull the image can read them.
    """

    repository: str
    commit: str
    folder: str
    dockerfile: str
    platform: str
    images: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...] = ()


class Builds:
    """The builds of one registry. Every method raises Unavailable and NotFound; what changes something also Rejected.

    Reads take at most `timeout` seconds. `token` gives a bearer token for Azure Resource Manager and is asked for each
    request; `source_token` the repository's password, where it is private: it goes to Azure with the build.
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
        self._client = ContainerRegistryTasksMgmtClient(
            Credential(token), subscription_id, base_url=base_url, **pipeline(base_url, token)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def page(self) -> str:
        """Where the registry's runs and their logs are in Azure's portal, for those who may see them there."""
        place = f"/subscriptions/{self._subscription}/resourceGroups/{self._group}"
        return f"{_PORTAL}{place}/providers/Microsoft.ContainerRegistry/registries/{self._registry}/tasks"

    async def build(self, run: str) -> Build:
        """How a build stands."""
        found = await self._read(lambda: self._client.runs.get(self._group, self._registry, run))
        return await self._told(found)

    async def named(self, name: str) -> Build:
        """The build that was begun under a name."""
        found = await self._read(lambda: self._client.task_runs.get(self._group, self._registry, name))
        return await self._told(_run_of(found))

    async def underway(self, start: str) -> list[Build]:
        """The builds that have not ended, of those that were begun under a name that starts so."""

        async def listed() -> list[TaskRun]:
            return [one async for one in self._client.task_runs.list(self._group, self._registry)]

        ours = [one for one in await self._read(listed) if (one.name or "").startswith(start)]
        found = [await self._told(_run_of(one)) for one in ours]
        return [build for build in found if not build.ended]

    async def begin(self, name: str, source: Source) -> Build:
        """Begin a build under a name; one of that name with the same source is not begun again."""
        os, _, architecture = source.platform.partition("/")
        request = DockerBuildRequest(
            image_names=list(source.images),
            is_push_enabled=True,
            docker_file_path=source.dockerfile,
            platform=PlatformProperties(os=os.capitalize(), architecture=architecture or None),
            source_location=await self._location(source),
            arguments=[Argument(name=name, value=value) for name, value in source.arguments] or None,
        )
        made = TaskRun(properties=TaskRunProperties(run_request=request))
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
        """Stop a build; one that has ended stays as it is."""
        async with changing(self._timeout, {}):
            await self._client.runs.cancel(self._group, self._registry, run)

    async def forget(self, name: str) -> None:
        """Take a name away, and with it the request that Azure keeps under it; its run and log stay."""
        async with changing(self._timeout, {}):
            await self._client.task_runs.delete(self._group, self._registry, name)

    async def log(self, run: str, offset: int = 0) -> tuple[str, int]:
        """What a build has said since `offset`, in bytes, and the offset of what it will say next.

        The repository's password is taken out, should the build have told it.
        """
        link = await self._read(lambda: self._client.runs.get_log_sas_url(self._group, self._registry, run))
        content = await _part(link.log_link or "", offset, self._timeout)
        # A line that is still being written is told when it is whole.
        whole = content[: content.rfind(b"\n") + 1]
        return await self._redacted(whole.decode("utf-8", "replace")), offset + len(whole)

    async def _told(self, run: Run) -> Build:
        found = _build(run)
        return replace(found, error=await self._redacted(found.error)) if found.error else found

    async def _redacted(self, text: str) -> str:
        secret = await self._source_token() if self._source_token else ""
        for known in {secret, quote(secret, safe="")} - {""}:
            text = text.replace(known, "***")
        return _PASSWORD.sub("://***@", text)

    async def _location(self, source: Source) -> str:
        parts = urlsplit(source.repository)
        if self._source_token is not None:
            parts = parts._replace(netloc=f"{_USER}:{quote(await self._source_token(), safe='')}@{parts.netloc}")
        return f"{urlunsplit(parts)}#{source.commit}{f':{source.folder}' if source.folder else ''}"

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)


async def _part(link: str, offset: int, seconds: float) -> bytes:
    """The log from an offset on. The signed address is as good as a password: it is used here and kept nowhere."""
    address = urlsplit(link)
    if address.scheme != "https" and not is_loopback(link):
        raise Unavailable(SYSTEM, "gave an address of the log that cannot be used")
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(trust_env=not is_loopback(link), trace_configs=watched("build-log")) as session,
            session.get(
                URL(link, encoded=True), headers={"Range": f"bytes={offset}-"}, allow_redirects=False
            ) as response,
        ):
            if response.status in (_NOTHING_NEW, HTTPStatus.NOT_FOUND):
                return b""
            if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise Unavailable(SYSTEM, f"did not give the log ({response.status})")
            content = await read_whole(response, _LONGEST_LOG)
            return content if response.status == HTTPStatus.PARTIAL_CONTENT else content[offset:]
    except TimeoutError:
        raise Unavailable(SYSTEM, "did not give the log in time") from None
    except TooLongError:
        raise Unavailable(SYSTEM, "has a longer log than the bot reads") from None
    except (aiohttp.ClientError, OSError, ValueError):
        # Their texts have the address.
        raise Unavailable(SYSTEM, "did not give the log") from None


def _run_of(made: TaskRun) -> Run:
    result = made.properties.run_result if made.properties else None
    if result is None:
        raise Unavailable(SYSTEM, "has not said yet which run the build is")
    return result


def _build(raw: Run) -> Build:
    its = raw.properties
    if its is None or not its.run_id:
        raise Unavailable(SYSTEM, "gave an answer that cannot be read")
    pushed = [image.digest for image in its.output_images or () if image.digest]
    return Build(
        id=its.run_id,
        status=str(its.status.value if isinstance(its.status, Enum) else its.status or ""),
        created=its.create_time,
        started=its.start_time,
        finished=its.finish_time,
        digest=pushed[0] if pushed else "",
        error=" ".join((its.run_error_message or "").split()),
    )

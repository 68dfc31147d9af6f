"""Interfaces to the registry, to builds and to the images' sources."""

from dataclasses import dataclass
from typing import Protocol

from clients.acr import Tag
from clients.azure.acr_tasks import Build, BuildSource


class RegistryReads(Protocol):
    """Reads of the registry. Every method raises Unavailable, and NotFound for what it does not have."""

    login_server: str
    """The name with which the names of images begin."""

    async def tags(self, repository: str, newest: int | None = None) -> list[Tag]:
        """Return the tags of an image with their sizes, newest first; at most `newest` of them where that is given."""

    async def tag(self, repository: str, name: str) -> Tag:
        """Return one tag, without its size."""


class SourceReads(Protocol):
    """Reads of a git repository. Every method raises Unavailable and NotFound."""

    async def refs(self) -> dict[str, str]:
        """Return the commit of each ref, by its full name such as `refs/heads/main`."""


class BuildReads(Protocol):
    """Reads of builds. Every method raises Unavailable and NotFound."""

    async def by_repository(self) -> bool | None:
        """Return True if the registry grants access by repository (ABAC); None where that cannot be read."""

    async def build(self, run: str) -> Build:
        """Return the present state of a build by the id of its run."""

    async def named(self, name: str) -> Build:
        """Return the build that was begun under a name."""

    async def running(self, start: str) -> list[Build]:
        """Return the builds that have not ended, among those begun under a name with the prefix `start`."""

    async def log(self, run: str, offset: int = 0) -> tuple[str, int]:
        """Return the log from `offset` (bytes) on, in whole lines, and the offset of what comes next.

        Secrets known to the bot are taken out.
        """

    def page(self) -> str:
        """Return the address of builds and their logs in Azure's portal."""


@dataclass(frozen=True)
class Recipe:
    """The sources of the users' image: settings, not readings."""

    repository: str
    branch: str
    folder: str
    dockerfile: str
    platform: str
    notebooks_repository: str = ""
    notebooks_branch: str = ""


@dataclass(frozen=True)
class Workshop:
    """The sources of the users' image and the builds of it."""

    recipe: Recipe
    source: SourceReads
    builds: BuildReads
    notebooks: SourceReads | None = None
    """The repository of the sample notebooks; None where none is configured."""


class RegistryWrites(Protocol):
    """Changes of the registry, for `apply`. Every method raises Unavailable and NotFound."""

    async def lock(self, repository: str, name: str) -> Tag:
        """Make a tag immovable and undeletable, and return it. It may be so already."""


class BuildWrites(Protocol):
    """Changes of builds, for `apply`. Every method raises Unavailable, NotFound and Rejected."""

    async def begin(self, name: str, source: BuildSource) -> Build:
        """Begin a build under a name and return it. A build of that name with the same source is not begun again."""

    async def cancel(self, run: str) -> None:
        """Stop a build. One that has ended is left as it is."""

    async def forget(self, name: str) -> None:
        """Delete a name and the request that Azure keeps under it. The run and its log remain."""

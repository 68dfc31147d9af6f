"""What commands may ask of the registry, of builds and of the images' sources."""

from dataclasses import dataclass
from typing import Protocol

from clients.acr import Tag
from clients.azure.acr_tasks import Build, BuildSource


class RegistryReads(Protocol):
    """What commands ask of the registry. Every method raises Unavailable, and NotFound for what it does not have."""

    login_server: str
    """Its name, as images' names begin with it."""

    async def tags(self, repository: str, newest: int | None = None) -> list[Tag]:
        """The tags of an image, newest first, with sizes; only so many where `newest` says how many."""

    async def tag(self, repository: str, name: str) -> Tag:
        """One tag, without its size."""


class SourceReads(Protocol):
    """What commands ask of the repository that the users' image is built from. Raises Unavailable, NotFound."""

    async def refs(self) -> dict[str, str]:
        """The commit of each ref, by its full name."""


class BuildReads(Protocol):
    """What commands ask about builds. Every method raises Unavailable, NotFound."""

    async def build(self, run: str) -> Build:
        """How a build stands."""

    async def named(self, name: str) -> Build:
        """The build that was begun under a name."""

    async def underway(self, start: str) -> list[Build]:
        """The builds that have not ended, of those that were begun under a name that starts so."""

    async def log(self, run: str, offset: int = 0) -> tuple[str, int]:
        """What it has said since an offset, without secrets known to the bot, and the offset of what comes next."""

    def page(self) -> str:
        """Where builds and their logs are in Azure's portal."""


@dataclass(frozen=True)
class Recipe:
    """What the users' image is built from: settings, not readings."""

    repository: str
    branch: str
    folder: str
    dockerfile: str
    platform: str
    notebooks_repository: str = ""
    notebooks_branch: str = ""


@dataclass(frozen=True)
class Workshop:
    """Where and from what the users' image is built."""

    recipe: Recipe
    source: SourceReads
    builds: BuildReads
    notebooks: SourceReads | None = None
    """Where the sample notebooks are; None where none are configured."""


class RegistryWrites(Protocol):
    """What `apply` may ask of the registry. Every method raises Unavailable, NotFound."""

    async def lock(self, repository: str, name: str) -> Tag:
        """Let a tag be neither moved nor deleted, as it may be already."""


class BuildWrites(Protocol):
    """What `apply` may ask about builds. Every method raises Unavailable, NotFound, Rejected."""

    async def begin(self, name: str, source: BuildSource) -> Build:
        """Begin a build under a name; one of that name with the same source is not begun again."""

    async def cancel(self, run: str) -> None:
        """Stop a build; one that has ended stays as it is."""

    async def forget(self, name: str) -> None:
        """Take a name away, with the request that Azure keeps under it; its run and log stay."""

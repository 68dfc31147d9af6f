"""The registry, the builds and their sources, for commands about the users' image."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from clients.acr import Tag
from clients.azure.acr_tasks import Build
from clients.errors import NotFound
from commands.ports.images import Recipe, Workshop
from tests.world import NOW

SERVER = "jhub.azurecr.io"
MAIN = "b5d20f4" + "0" * 33
LIVE = "3f9a41c" + "0" * 33
NOTEBOOKS = "9c0f51d" + "0" * 33
NOTEBOOKS_AT = "https://git.example.org/notebooks.git"
RECIPE = Recipe("https://git.example.org/image.git", "main", "", "Dockerfile", "linux/amd64")


def digest(tag):
    return f"sha256:{tag.encode().hex():0<64}"


def tag(name, days=1.0, **more):
    return replace(Tag(name, digest(name), NOW - timedelta(days=days), False, 500 << 20), **more)


@dataclass
class Registry:
    """A registry. `known` are its tags, newest first; `error` is raised instead of any answer."""

    known: list = field(default_factory=lambda: [tag("7c1d2e9", 1), tag("3f9a41c", 3), tag("a4e2b90", 12)])
    error: Exception | None = None
    login_server: str = SERVER
    locked: list = field(default_factory=list)

    async def tags(self, repository, newest=None):
        self._check(repository)
        return self.known[:newest]

    async def tag(self, repository, name):
        self._check(repository)
        for one in self.known:
            if one.name == name:
                return replace(one, size=None)
        raise NotFound("The registry has nothing of that name")

    async def lock(self, repository, name):
        found = await self.tag(repository, name)
        self.locked.append(name)
        self.known = [replace(one, locked=True) if one.name == name else one for one in self.known]
        return replace(found, locked=True)

    def _check(self, repository):
        assert repository == "notebook"
        if self.error is not None:
            raise self.error


@dataclass
class Source:
    """A git repository. `known` are its refs by full name."""

    known: dict = field(default_factory=lambda: {"refs/heads/main": MAIN, "refs/tags/v1.4": LIVE})
    error: Exception | None = None

    async def refs(self):
        if self.error is not None:
            raise self.error
        return self.known


@dataclass
class Builds:
    """Azure's builds. Each goes through `course`, one state a look, and is pushed to the registry at its end.

    `troubles` are raised instead of the next answers to looking.
    """

    registry: Registry
    course: tuple = ("Queued", "Running", "Succeeded")
    log_text: str = "one\ntwo\nthree\n"
    error: str = ""
    troubles: list = field(default_factory=list)
    refusal: Exception | None = None
    unheard: list = field(default_factory=list)
    names: dict = field(default_factory=dict)
    begun: list = field(default_factory=list)
    cancelled: list = field(default_factory=list)
    forgotten: list = field(default_factory=list)
    looks: int = 0
    abac: bool | None = False

    async def by_repository(self):
        return self.abac

    async def named(self, name):
        if name not in self.names:
            raise NotFound("Azure found nothing of that name")
        return self._build(self.names[name])

    async def running(self, start):
        return [self._build(run) for name, run in self.names.items() if name.startswith(start)]

    async def begin(self, name, source):
        if self.refusal is not None:
            raise self.refusal
        self.begun.append((name, source))
        self.names[name] = f"ca{len(self.begun)}"
        if self.unheard:
            # It was begun, and the answer got lost.
            raise self.unheard.pop()
        return self._build(self.names[name])

    async def build(self, run):
        if self.troubles:
            raise self.troubles.pop(0)
        self.looks += 1
        if self.cancelled:
            return self._build(run, "Canceled")
        built = self._build(run, self.course[min(self.looks, len(self.course)) - 1])
        if built.succeeded:
            name = self.begun[0][1].images[0].rpartition(":")[2] if self.begun else "b5d20f4"
            self.registry.known.insert(0, tag(name, 0))
        return built

    async def log(self, run, offset=0):
        del run
        return self.log_text[offset:], len(self.log_text)

    def page(self):
        return "https://portal.azure.com/#resource/registries/jhub/tasks"

    async def cancel(self, run):
        self.cancelled.append(run)

    async def forget(self, name):
        self.forgotten.append(name)
        if self.names.pop(name, None) is None:
            raise NotFound("Azure found nothing of that name")

    def _build(self, run, status="Queued"):
        pushed = digest("b5d20f4") if status == "Succeeded" else ""
        ended = NOW + timedelta(seconds=95) if status in ("Succeeded", "Failed", "Canceled") else None
        return Build(run, status, NOW, NOW, ended, pushed, self.error)


def workshop(registry, **more):
    return Workshop(RECIPE, Source(), Builds(registry, **more))


def with_notebooks(made):
    """Return the same workshop with sample notebooks."""
    recipe = replace(made.recipe, notebooks_repository=NOTEBOOKS_AT, notebooks_branch="main")
    return replace(made, recipe=recipe, notebooks=Source({"refs/heads/main": NOTEBOOKS}))

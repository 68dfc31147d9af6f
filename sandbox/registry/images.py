"""The content of a container registry: tags and the images behind them, which the cluster's nodes can pull."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.clock import Clock
from sandbox.registry.errors import LockedError, RegistryError
from sandbox.registry.tokens import RegistryTokens
from sandbox.runtime.images import Images, digest, size

FAULTS: Final = ("", "slow", "absent", "throttled", "broken", "denied", "expired")
_ORDERS: Final = ("", "none", "timedesc", "timeasc")


@dataclass
class Tag:
    """A tag and the image behind it. `write` and `delete` are False for a locked one."""

    name: str
    digest: str
    size: int
    created: datetime
    write: bool = True
    delete: bool = True


@dataclass
class Registry:
    """The registry. `fault` is one of FAULTS; `tokens` authenticates callers."""

    clock: Clock
    images: Images
    login_server: str
    repositories: dict[str, dict[str, Tag]] = field(default_factory=dict)
    tokens: RegistryTokens = field(init=False)
    fault: str = ""

    def __post_init__(self) -> None:
        self.tokens = RegistryTokens(self.clock, self.login_server)

    def push(self, repository: str, tag: str, created: datetime | None = None) -> Tag:
        """Add or overwrite a tag, and let nodes pull it. Raise LockedError if the tag is locked."""
        known = self.repositories.setdefault(repository, {})
        if tag in known and not known[tag].write:
            raise LockedError(f"{repository}:{tag}")
        name = f"{self.login_server}/{repository}"
        image = f"{name}:{tag}"
        known[tag] = Tag(tag, digest(image), size(image), created or self.clock.now())
        self.images.know(name, tag)
        return known[tag]

    def misbehave(self, fault: str) -> None:
        """Set the fault, empty for none. Raise ValueError if it is not one of FAULTS."""
        if fault not in FAULTS:
            raise ValueError(f"kind is one of {', '.join(map(repr, FAULTS))}")
        self.fault = fault
        self.tokens.lifetime = 0.0 if fault == "expired" else self.tokens.usual_lifetime

    def tags(self, repository: str) -> dict[str, Tag]:
        """Return the tags of a repository by name. Raise RegistryError 404 for an unknown repository."""
        if repository not in self.repositories:
            raise RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry")
        return self.repositories[repository]

    def tag(self, repository: str, name: str) -> Tag:
        """Return one tag. Raise RegistryError 404 if it does not exist."""
        tag = self.tags(repository).get(name)
        if tag is None:
            raise RegistryError(404, "TAG_UNKNOWN", "the specified tag does not exist")
        return tag

    def ordered(self, repository: str, order: str) -> list[Tag]:
        """Return the tags of a repository by name, or by age: `timedesc`, `timeasc`. Raise RegistryError."""
        if order not in _ORDERS:
            raise RegistryError(400, "INVALID_REQUEST", "orderby is timedesc or timeasc")
        tags = self.tags(repository).values()
        if order in ("", "none"):
            return sorted(tags, key=lambda tag: tag.name)
        return sorted(tags, key=lambda tag: tag.created, reverse=order == "timedesc")

"""What a container registry has: tags and the images behind them, which the cluster's nodes can pull then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.clock import Clock
from sandbox.registry.tokens import RegistryTokens
from sandbox.runtime.images import Images, digest, size

FAULTS: Final = ("", "slow", "absent", "throttled", "broken", "denied", "expired")
_ORDERS: Final = ("", "none", "timedesc", "timeasc")


class RegistryError(Exception):
    """A refusal in the registry's form."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class LockedError(Exception):
    """A tag that is locked was to be written."""


@dataclass
class Tag:
    """A tag and the image behind it. `write` and `delete` say what may be done to it."""

    name: str
    digest: str
    size: int
    created: datetime
    write: bool = True
    delete: bool = True


@dataclass
class Registry:
    """The registry. `fault` is how it misbehaves just now; `tokens` are how callers show who they are."""

    clock: Clock
    images: Images
    login_server: str
    repositories: dict[str, dict[str, Tag]] = field(default_factory=dict)
    tokens: RegistryTokens = field(init=False)
    fault: str = ""

    def __post_init__(self) -> None:
        self.tokens = RegistryTokens(self.clock, self.login_server)

    def push(self, repository: str, tag: str, created: datetime | None = None) -> Tag:
        """Have a tag, and let nodes pull it. Raises LockedError for one that is locked."""
        known = self.repositories.setdefault(repository, {})
        if tag in known and not known[tag].write:
            raise LockedError(f"{repository}:{tag}")
        name = f"{self.login_server}/{repository}"
        image = f"{name}:{tag}"
        known[tag] = Tag(tag, digest(image), size(image), created or self.clock.now())
        self.images.know(name, tag)
        return known[tag]

    def misbehave(self, fault: str) -> None:
        """Behave so from now on. Raises ValueError for what is none of FAULTS."""
        if fault not in FAULTS:
            raise ValueError(f"kind is one of {', '.join(map(repr, FAULTS))}")
        self.fault = fault
        self.tokens.lifetime = 0.0 if fault == "expired" else self.tokens.usual_lifetime

    def known(self, repository: str) -> dict[str, Tag]:
        """The tags of a repository. Raises RegistryError."""
        if repository not in self.repositories:
            raise RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry")
        return self.repositories[repository]

    def tag(self, repository: str, name: str) -> Tag:
        """One tag. Raises RegistryError."""
        tag = self.known(repository).get(name)
        if tag is None:
            raise RegistryError(404, "TAG_UNKNOWN", "the specified tag does not exist")
        return tag

    def ordered(self, repository: str, order: str) -> list[Tag]:
        """The tags of a repository by name, or by age: `timedesc`, `timeasc`. Raises RegistryError."""
        if order not in _ORDERS:
            raise RegistryError(400, "INVALID_REQUEST", "orderby is timedesc or timeasc")
        tags = self.known(repository).values()
        if order in ("", "none"):
            return sorted(tags, key=lambda tag: tag.name)
        return sorted(tags, key=lambda tag: tag.created, reverse=order == "timedesc")

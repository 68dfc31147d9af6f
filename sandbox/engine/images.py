"""Which images there are, how long they take to pull, and which node has which."""

from collections import defaultdict
from hashlib import sha256

_PULL_SECONDS = 2.0


class Images:
    """A registry of everything. Repositories that were made known have the known tags only, others have all."""

    def __init__(self, *, pull_seconds: float = _PULL_SECONDS) -> None:
        self._pull_seconds = pull_seconds
        self._slow: dict[str, float] = {}
        self._known: dict[str, set[str]] = defaultdict(set)
        self._on_node: dict[str, set[str]] = defaultdict(set)

    def know(self, repository: str, *tags: str) -> None:
        """Let the repository have these tags, beside those it was known to have."""
        self._known[repository].update(tags)

    def forget(self, repository: str, tag: str) -> None:
        """Take a tag away."""
        self._known[repository].discard(tag)

    def slow(self, repository: str, seconds: float) -> None:
        """Let the repository's images take so many seconds to pull."""
        self._slow[repository] = seconds

    def exists(self, image: str) -> bool:
        """Whether the image can be pulled."""
        repository, tag = split(image)
        return repository not in self._known or tag in self._known[repository] or "@" in image

    def pull_seconds_for(self, image: str) -> float:
        """How long a pull takes, in the sandbox's seconds."""
        return self._slow.get(split(image)[0], self._pull_seconds)

    def digest(self, image: str) -> str:
        """The image's digest: always the same for the same name."""
        return f"sha256:{sha256(image.encode()).hexdigest()}"

    def cached(self, node: str, image: str) -> bool:
        """Whether the node has the image."""
        return image in self._on_node[node]

    def remember(self, node: str, image: str) -> None:
        """Let the node have the image."""
        self._on_node[node].add(image)


def split(image: str) -> tuple[str, str]:
    """An image's repository and tag; `latest` where it names none."""
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (name, "latest")

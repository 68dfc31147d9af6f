"""The registries, and what the nodes have pulled from them: which tags exist, how long they take, their digests."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from hashlib import sha256

from sandbox.apiserver.objects.resource_kinds import Json

PULL_SECONDS = 4.0
"""How long a pull takes, in the sandbox's seconds, unless `slow` says otherwise."""

_MEBI = 1024 * 1024
_HOST = r"[a-zA-Z0-9](?:[-a-zA-Z0-9.]*[a-zA-Z0-9])?(?::\d+)?"
_PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
# The grammar of github.com/distribution/reference, which kubelet parses names with.
_NAME = re.compile(rf"(?:{_HOST}/)?{_PATH}(?:/{_PATH})*(?::{_TAG})?(?:@sha256:[0-9a-f]{{64}})?")


class Images:
    """Registries that have everything, except that repositories made known have only their known tags."""

    def __init__(self, *, pull_seconds: float = PULL_SECONDS) -> None:
        self._pull_seconds = pull_seconds
        self._slow: dict[str, float] = {}
        self._tags: dict[str, set[str]] = {}
        self._spoiled: set[str] = set()
        self._on_node: dict[str, dict[str, None]] = defaultdict(dict)
        self._pulls: dict[tuple[str, str], datetime] = {}

    def know(self, repository: str, *tags: str) -> None:
        """Add these tags to the repository; no others than those added exist."""
        self._tags.setdefault(repository, set()).update(tags)

    def forget(self, repository: str, tag: str) -> None:
        """Take a tag away. Nodes that have pulled it keep it."""
        self._tags.setdefault(repository, set()).discard(tag)

    def spoil(self, repository: str, tag: str) -> None:
        """Remove the layers behind a tag, as after a botched clean-up: the tag is there and cannot be pulled."""
        self._spoiled.add(digest(f"{repository}:{tag}"))

    def mend(self, repository: str, tag: str) -> None:
        """Restore the layers behind a tag."""
        self._spoiled.discard(digest(f"{repository}:{tag}"))

    def drop(self, node: str, image: str) -> None:
        """Remove an image from a node, as kubelet does to make room on its disk."""
        self._on_node[node].pop(image, None)

    def slow(self, repository: str, seconds: float) -> None:
        """Set the duration of pulls from the repository, in the sandbox's seconds."""
        self._slow[repository] = seconds
        # What is being pulled goes on as it was; who begins now begins anew.
        self._pulls = {which: when for which, when in self._pulls.items() if split(which[1])[0] != repository}

    def seconds(self, repository: str) -> float:
        """Return the duration of pulls from the repository."""
        return self._slow.get(repository, self._pull_seconds)

    def missing(self, image: str) -> bool:
        """Return True if its registry has no such image. One named by tag and digest is found by its digest alone."""
        repository, tag = split(image)
        if repository not in self._tags:
            return False
        known = self._tags[repository]
        return (
            digest(image) not in {digest(f"{repository}:{one}") for one in known} if "@" in image else tag not in known
        )

    def refusal(self, image: str) -> str:
        """Return containerd 1.7's message for an image that cannot be pulled, an empty string if it can be."""
        repository, tag = split(image)
        name = repository if "/" in repository else f"docker.io/library/{repository}"
        reference = f"{name}:{tag}{image[image.index('@') :] if '@' in image else ''}"
        pulling = f'failed to pull and unpack image "{reference}"'
        if self.missing(image):
            error = f'{pulling}: failed to resolve reference "{reference}"'
            return f"rpc error: code = NotFound desc = {error}: {reference}: manifest unknown: not found"
        if digest(image) in self._spoiled:
            blob = f"content at https://{name.replace('/', '/v2/', 1)}/blobs/{digest(reference)} not found: not found"
            return f"rpc error: code = NotFound desc = {pulling}: failed to copy: httpReadSeeker: failed open: {blob}"
        return ""

    def on(self, node: str) -> list[str]:
        """Return the images on the node, in the order in which they were pulled."""
        return list(self._on_node.get(node, ()))

    def has(self, node: str, image: str) -> bool:
        """Return True if the node has the image."""
        return image in self._on_node.get(node, ())

    def remember(self, node: str, image: str) -> None:
        """Add the image to the node."""
        self._on_node[node][image] = None

    def forget_node(self, node: str) -> None:
        """Remove all images of a node: it is gone, or new."""
        self._on_node.pop(node, None)

    def pull(self, node: str, image: str, now: datetime) -> datetime:
        """Begin to pull, or join a pull that is under way on that node; when it will be over."""
        pulling = self._pulls.get((node, image))
        if pulling is None or pulling <= now:
            pulling = self._pulls[node, image] = now + timedelta(seconds=self._seconds(node, image))
        return pulling

    def _seconds(self, node: str, image: str) -> float:
        whole = self.seconds(split(image)[0])
        # A registry refuses quickly, and layers that are there need no pulling.
        return min(whole, 1.0) if self.refusal(image) or self.has(node, image) else whole


def split(image: str) -> tuple[str, str]:
    """Return an image's repository and tag; without a tag that is `latest`."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


def is_valid(image: str) -> bool:
    """Return True if kubelet can parse the name."""
    return _NAME.fullmatch(image) is not None


def digest(image: str) -> str:
    """Return `sha256:…`, always the same for the same name, or the digest that the name itself has."""
    given = image.partition("@")[2]
    return given or f"sha256:{sha256(image.encode()).hexdigest()}"


def image_id(image: str) -> str:
    """Return the image's id in containerStatuses: repository and digest."""
    return f"{split(image)[0]}@{digest(image)}"


def size(image: str) -> int:
    """Return an image's size in bytes: made up, but always the same."""
    return 40 * _MEBI + int(sha256(image.encode()).hexdigest()[:8], 16) % (900 * _MEBI)


def as_node_status(images: list[str]) -> list[Json]:
    """Return the images as a node's status.images lists them."""
    return [{"names": [image_id(image), image], "sizeBytes": size(image)} for image in images]

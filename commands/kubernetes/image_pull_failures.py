"""Messages of kubelet, containerd and registries about images that cannot be pulled, explained for people.

As kubelet 1.27 to 1.35, containerd 1.7 to 2.1, CRI-O 1.32, Azure Container Registry and Docker Hub write them.
"""

import re
from typing import Final

from clients.kube import Waiting
from commands.kubernetes.components import plain
from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import IMAGES, NODES, Cause, Trouble

_IMAGE = re.compile(r'image (?:name |tag )?"(?P<image>[^"]+)"')
_BARE = re.compile(r'Back-off pulling image "[^"]*"')
_URL = re.compile(r"https?://[^\s\"']{1,2000}[^\s\"':,]")
_PART = re.compile(r"/v2/[^\s]{1,500}/(manifests|blobs)/")
# What stands in a message in place of its image's name and of addresses: neither may be taken for words.
_NAMED: Final = "IMAGE"
_AT: Final = "ADDRESS"

_REFUSED: Final = "The registry does not let the cluster pull {image}."
_UNREACHED: Final = "The registry of {image} cannot be reached from the cluster."
# The first that fits. What failed on the node or on the way comes before what the registry may have answered, and what
# it says of a part of the image before what it says of the image.
_PULLS: Final[tuple[MessageRule, ...]] = (
    rule(
        r"no space left on device|disk quota exceeded",
        Cause.NODE_PRESSURE,
        "The disk of its node is full: {image} cannot be unpacked there.",
        NODES,
    ),
    rule(
        r"could ?n[o']t parse image (name|reference)|invalid reference format",
        Cause.IMAGE_NAME,
        "“{image}” is not the name of an image.",
        IMAGES,
    ),
    rule(
        r"no match for platform|no matching manifest for|no image found in .{0,60}for arch"
        r"|cannot be used on this platform",
        Cause.IMAGE_PLATFORM,
        "The registry has {image}, but not for the processors and system of the cluster's nodes.",
        IMAGES,
    ),
    rule(
        r"pull QPS exceeded",
        Cause.IMAGE_RATE,
        "Its node limits how many images it pulls at once; it tries again.",
        NODES,
    ),
    rule(
        r"toomanyrequests|too many requests|\b429\b|rate limit",
        Cause.IMAGE_RATE,
        "The registry has had too many requests and refuses {image} for now; the cluster tries again.",
        IMAGES,
    ),
    rule(
        r"client with IP .{0,80}is not allowed access",
        Cause.IMAGE_REFUSED,
        "The firewall of the registry does not let the cluster's address pull {image}.",
        IMAGES,
    ),
    rule(
        r"\b407 Proxy Authentication Required",
        Cause.IMAGE_UNREACHABLE,
        "The proxy on the way to the registry of {image} asks the nodes to log in.",
        IMAGES,
    ),
    rule(
        r"failed to copy.{0,600}connection reset",
        Cause.IMAGE_UNREACHABLE,
        "The connection to the registry breaks off while {image} is pulled; the cluster tries again.",
        IMAGES,
    ),
    rule(
        r"http: server gave HTTP response to HTTPS client",
        Cause.IMAGE_UNREACHABLE,
        "The registry of {image} answers without TLS, which the nodes do not accept.",
        IMAGES,
    ),
    rule(
        r"x509:",
        Cause.IMAGE_UNREACHABLE,
        "The nodes do not trust the certificate of the registry of {image}.",
        IMAGES,
    ),
    rule(
        r"i/o timeout|no such host|connection refused|connection reset|connection timed out|tls handshake timeout"
        r"|(failed to do request|dial tcp|awaiting headers).{0,400}(deadline exceeded|: EOF)|Client\.Timeout"
        r"|server misbehaving|network is unreachable|no route to host|request canceled while waiting"
        r"|temporary failure in name resolution|because the registry is unavailable",
        Cause.IMAGE_UNREACHABLE,
        _UNREACHED,
        IMAGES,
    ),
    rule(
        r"\b(?P<status>50[0-9] (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Timeout))",
        Cause.IMAGE_UNREACHABLE,
        "The registry of {image} answers with an error ({status}).",
        IMAGES,
    ),
    rule(
        r"repository does not exist or may require",
        Cause.IMAGE_REFUSED,
        "The registry does not have {image}, or does not let the cluster pull it: it does not say which.",
        IMAGES,
    ),
    rule(
        r"\b401\b|\b403\b|unauthorized|authorization failed|authentication required|insufficient_scope"
        r"|access .{0,60}denied|\bdenied: |access forbidden|failed to authenticate",
        Cause.IMAGE_REFUSED,
        _REFUSED,
        IMAGES,
    ),
    rule(
        r"could not fetch content descriptor .{0,300}not found|content at .{0,80}not found"
        r"|blob.unknown|httpReadSeeker: failed open: unexpected status code ADDRESS\S{0,12}: 404",
        Cause.IMAGE_BROKEN,
        "The registry has {image}, but not all of its layers. Push it again.",
        IMAGES,
    ),
    rule(
        r"manifest.unknown|name.unknown|manifest for .{0,200}not found|manifest tagged by .{0,200}not found"
        r"|request to ADDRESS/manifests: 404"
        r"|repository (name )?.{0,200}not known|repository .{0,200}not found"
        r'|failed to resolve (reference|image) "[^\s"]{0,300}":( \S{0,300}IMAGE:)? not found',
        Cause.IMAGE_MISSING,
        "The registry does not have {image}.",
        IMAGES,
    ),
    rule(
        r"not present with pull policy of Never",
        Cause.IMAGE,
        "{image} is not on its node, and the pod may not pull it (its pull policy is Never).",
        IMAGES,
    ),
)
# The registry, or kubelet, has given an answer that more time does not change.
_FINAL: Final = frozenset(
    {Cause.IMAGE_NAME, Cause.IMAGE_PLATFORM, Cause.IMAGE_REFUSED, Cause.IMAGE_BROKEN, Cause.IMAGE_MISSING}
)


def pulling(waiting: Waiting) -> Trouble:
    """Explain why an image cannot be pulled."""
    image = plain(waiting.image)
    if waiting.reason == "InvalidImageName":
        return Trouble(Cause.IMAGE_NAME, f"“{waiting.image}” is not the name of an image.", IMAGES)
    return meaning(_PULLS, _nameless(waiting), image=image) or Trouble(Cause.IMAGE, _unknown(waiting), IMAGES)


def _nameless(waiting: Waiting) -> str:
    """Return the message without names and addresses: a repository may be called "denied"."""
    message = _IMAGE.sub(f'image "{_NAMED}"', waiting.message)
    if waiting.image:
        message = re.sub(rf"(?<![\w-]){re.escape(waiting.image)}(?![\w-])", _NAMED, message)
    return _URL.sub(_address, message)


def _address(url: re.Match[str]) -> str:
    """Return a word for what was requested, as far as registries' addresses tell: the image, or a part of it."""
    found = _PART.search(url[0])
    return f"{_AT}/{found[1]}" if found else _AT


def _unknown(waiting: Waiting) -> str:
    image, message = plain(waiting.image), waiting.message
    if not message or _BARE.fullmatch(message):
        return f"{image} cannot be pulled ({waiting.reason}). The cluster tries again."
    return f"{image} cannot be pulled. The cluster says: {quoted(message)}."


def pull_problem(waiting: Waiting) -> str:
    """Return the explanation of a failed pull in a sentence or two."""
    return pulling(waiting).words


def is_hopeless(waiting: Waiting) -> bool:
    """Return True if waiting longer cannot help: the registry has refused for good."""
    return pulling(waiting).cause in _FINAL


def pull_event(message: str) -> Trouble | None:
    """Explain a `Failed` or `InspectFailed` event about an image; None where it is about something else."""
    image = _IMAGE.search(message)
    if image is None or not ("pull" in message or "parse image name" in message):
        return None
    return pulling(Waiting("", "ErrImagePull", message, image["image"]))

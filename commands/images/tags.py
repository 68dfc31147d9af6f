"""Tags of the users' image in the registry: lookup, suggestions, and the digests that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from clients.acr import Tag
from clients.errors import NotFound, Unavailable
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.ports.images import RegistryReads
from commands.release.record import image_name

_NEAREST: Final = 3
# Enough of a digest to tell two images apart, as docker shows them.
_SHORT: Final = 12


def registry_of(reads: Reads) -> RegistryReads:
    """Return the registry. Raise UserError if none is configured."""
    if reads.registry is None:
        raise UserError(
            "The bot does not know the registry: registry.login_server is not set in its configuration.",
            "/jhub history",
        )
    return reads.registry


async def users_image(reads: Reads) -> str:
    """Return the users' image without its tag, as the live release has it. Raise UserError if there is no release."""
    base = await reads.releases.deployed() or await reads.releases.current()
    if base is None:
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace}.")
    return image_name(base)


def repository_of(image: str, registry: RegistryReads) -> str:
    """Return the name of an image within the registry. Raise UserError for an image of another registry."""
    host, _, repository = image.partition("/")
    if host != registry.login_server or not repository:
        raise UserError(f"The users' image {image} is not in {registry.login_server}, the registry that the bot knows.")
    return repository


async def existing_tag(registry: RegistryReads, repository: str, tag: str, line: str) -> Tag:
    """Return the tag. Raise UserError with the nearest ones if it is missing; `line` has {} for the tag."""
    try:
        return await registry.tag(repository, tag)
    except NotFound:
        there = await _names(registry, repository)
        raise UserError(
            f"{registry.login_server} has no tag {tag} of {repository}.",
            *(line.format(one) for one in nearest(tag, there)),
            "/jhub images --all",
        ) from None


@dataclass(frozen=True)
class TagResolution:
    """The digest that a tag names now, or why it could not be looked up."""

    digest: str = ""
    unchecked: str = ""


async def resolve(image: str, tag: str, reads: Reads, line: str) -> TagResolution:
    """Look up the digest of an image's tag. Raise UserError for a tag that is missing.

    If images are deployed by digest, nothing is used that the registry has not confirmed: its outage raises
    Unavailable. `line` is what to type instead, with {} for a tag.
    """
    if reads.registry is None:
        return TagResolution()
    if not image.startswith(f"{reads.registry.login_server}/") and not reads.by_digest:
        return TagResolution(
            "", f"{image} is not in {reads.registry.login_server}, so the bot cannot tell whether there is a tag {tag}."
        )
    repository = repository_of(image, reads.registry)
    try:
        return TagResolution((await existing_tag(reads.registry, repository, tag, line)).digest)
    except Unavailable as error:
        if reads.by_digest:
            raise
        return TagResolution("", f"{error}, so the bot cannot tell whether it has {tag}.")


async def resolve_stored(image: str, tag: str, reads: Reads, line: str) -> TagResolution:
    """Look up the tag that the stored values name, as `resolve` does. The registry's outage never keeps it back.

    Of a tag with an image digest, or of none, there is nothing to ask.
    """
    if reads.registry is None or not tag or "@" in tag:
        return TagResolution()
    if not image.startswith(f"{reads.registry.login_server}/"):
        return TagResolution()
    try:
        return await resolve(image, tag, reads, line)
    except Unavailable as error:
        return TagResolution("", f"{error}, so the bot cannot tell whether it has {tag}.")


async def _names(registry: RegistryReads, repository: str) -> list[str]:
    try:
        return [tag.name for tag in await registry.tags(repository)]
    except (NotFound, Unavailable):
        return []


def nearest(tag: str, there: Sequence[str]) -> list[str]:
    """Return the tags that look most like it, best first, or else the newest. `there` has the newest first."""
    return get_close_matches(tag, there, n=_NEAREST, cutoff=0.5) or list(there[:_NEAREST])


async def has_tag(registry: RegistryReads, repository: str, tag: str) -> bool:
    """Return True if the registry has the tag."""
    try:
        await registry.tag(repository, tag)
    except NotFound:
        return False
    return True


async def users_repository(reads: Reads) -> tuple[RegistryReads, str, str]:
    """Return the registry, the users' image, and its name in the registry. Raise UserError."""
    registry = registry_of(reads)
    image = await users_image(reads)
    return registry, image, repository_of(image, registry)


def short_digest(digest: str) -> str:
    """Return the beginning of a digest, or a dash for none."""
    return digest.partition(":")[2][:_SHORT] or "—"

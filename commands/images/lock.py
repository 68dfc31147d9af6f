"""`/jhub image lock`: lock a tag in the registry, so that nobody can move it to another image or delete it."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Notice, Plan, Tone
from clients.acr import Tag
from clients.errors import Unavailable
from commands.framework.command import Arg, Change, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.images.arguments import ImageTag
from commands.images.tags import existing_tag, short_digest, users_repository
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The tag to lock."""

    tag: Annotated[ImageTag, Arg("the tag of the image", "7c1d2e9")]


@dataclass(frozen=True)
class Locking:
    """The plan, bound to the image that the tag names now."""

    image: str
    repository: str
    tag: str
    digest: str


async def plan(args: Args, reads: Reads) -> Locking:
    """Plan to lock the tag. Raise UserError if it is locked or missing."""
    registry, image, repository = await users_repository(reads)
    tag = await existing_tag(registry, repository, args.tag, "/jhub image lock {}")
    if tag.locked:
        raise UserError(f"{tag.name} is already locked.", "/jhub images")
    return Locking(image, repository, tag.name, tag.digest)


def preview(plan: Locking) -> Plan:
    """Show what people confirm."""
    return Plan(
        f"Lock the tag {plan.tag}",
        "",
        (),
        (
            "Nobody can push another image under this tag or delete it; it can be pulled and deployed as before.",
            "The bot cannot unlock it: that is done in the registry (az acr repository update).",
        ),
        (),
        "Lock it now?",
        (_facts(plan),),
    )


def _facts(plan: Locking) -> Facts:
    return Facts((Fact("Image", f"{plan.image}:{plan.tag}"), Fact("Digest", short_digest(plan.digest))))


async def apply(plan: Locking, do: Steps) -> Notice:
    """Lock the tag; one that is locked already counts as success."""
    await do.step(f"Lock {plan.tag}", _lock, plan, do)
    return Notice(f"{plan.tag} is locked", "It can no longer be moved or deleted.", Tone.GOOD, (_facts(plan),))


async def _lock(plan: Locking, do: Steps) -> str:
    """Lock the tag, and return the digest of its image."""
    if do.writes.registry is None:
        raise Unavailable("The registry", "is not configured (registry.login_server)")
    locked: Tag = await do.writes.registry.lock(plan.repository, plan.tag)
    return locked.digest


COMMAND = Change(
    "image lock",
    "Lock a tag in the registry so that it cannot be moved or deleted.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Lock the tag",
    exclusive=False,
    topic=Topic.RELEASES,
    rank=7,
)

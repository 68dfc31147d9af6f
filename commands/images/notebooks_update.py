"""`/jhub notebooks update`: build the users' image anew with the newest sample notebooks.

The image's own commit stays the same where possible.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Fact, Facts, Plan
from commands.framework.command import Change, Flag, Level, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.images.arguments import ImageTag
from commands.images.build import Building, apply, notebooks_of
from commands.images.build_runs import check_free, workshop_of
from commands.images.git_refs import commit_of, short
from commands.images.tags import users_repository
from commands.ports.context import Reads
from commands.ports.images import Recipe
from commands.release.record import image_tag

__all__ = ["COMMAND", "Args", "Update", "apply", "plan", "preview"]

# A tag that names the image's commit, and perhaps that of the notebooks: as this command and `image build` make them.
_MADE_HERE: Final = re.compile(r"([0-9a-f]{7})(-[0-9a-f]{7})?")


@dataclass(frozen=True)
class Args:
    """The tag of the new image."""

    tag: Annotated[
        ImageTag | None,
        Flag("the new image's tag; made of the image's and the notebooks' commits if not given", "2026.11-notebooks"),
    ] = None


@dataclass(frozen=True)
class Update(Building):
    """The plan, bound to both commits. `warning` is empty if only the notebooks differ from what is live."""

    warning: str = ""


@dataclass(frozen=True)
class _Base:
    """The commit of the image that the notebooks are put into, and its name for people."""

    commit: str
    called: str
    warning: str = ""


async def plan(args: Args, reads: Reads) -> Update:
    """Plan the build from both commits. Raise UserError if nothing is new, or there is nothing to build from."""
    _, image, repository = await users_repository(reads)
    workshop = workshop_of(reads)
    notebooks, refs, live = await asyncio.gather(
        notebooks_of(workshop), workshop.source.refs(), reads.releases.deployed()
    )
    if not notebooks:
        raise UserError(
            "The bot does not know where the sample notebooks are: image.notebooks_repository is not set in its "
            "configuration."
        )
    base = _base_of(image_tag(live) if live else "", refs, workshop.recipe)
    tag = str(args.tag or f"{short(base.commit)}-{short(notebooks)}")
    if live is not None and tag == image_tag(live):
        raise UserError(f"The live image already has the newest notebooks: {tag}.", "/jhub images")
    await check_free(repository, tag, f"The newest notebooks are commit {short(notebooks)}; the image is {tag}", reads)
    return _update(image, repository, tag, base, notebooks, workshop.recipe)


def _update(image: str, repository: str, tag: str, base: _Base, notebooks: str, recipe: Recipe) -> Update:
    return Update(
        image=image,
        repository=repository,
        tag=tag,
        commit=base.commit,
        ref=base.called,
        source=recipe.repository,
        folder=recipe.folder,
        dockerfile=recipe.dockerfile,
        platform=recipe.platform,
        notebooks_repository=recipe.notebooks_repository,
        notebooks=notebooks,
        warning=base.warning,
    )


def _base_of(live: str, refs: Mapping[str, str], recipe: Recipe) -> _Base:
    """Return the live commit if a branch or a tag is still at it, else the newest.

    A server tells of no other commits.
    """
    made = _MADE_HERE.fullmatch(live)
    tips = {sha for sha in refs.values() if made and sha.startswith(made[1])}
    if len(tips) == 1:
        return _Base(tips.pop(), f"the live image {live}")
    newest = commit_of(recipe.branch, refs, "/jhub image build {}")
    return _Base(
        newest,
        recipe.branch,
        f"The repository has no branch or tag at the live image {live or '—'}: the build takes the newest commit of "
        f"{recipe.branch}, which may change more than the notebooks.",
    )


def preview(plan: Update) -> Plan:
    """Show what people confirm."""
    return Plan(
        "Build the image with the newest notebooks",
        "",
        (),
        (
            f"The registry builds it for {plan.platform} and pushes it as {plan.tag}; that takes several minutes.",
            "Nobody gets it until it is deployed; people's own copies of notebooks stay as they are.",
        ),
        (plan.warning,) if plan.warning else (),
        "Build it now?",
        (
            Facts(
                (
                    Fact("Image", f"{plan.image}:{plan.tag}"),
                    Fact("From", f"{plan.ref}, commit {plan.commit}"),
                    Fact("Notebooks", f"{plan.notebooks_repository}, commit {plan.notebooks}"),
                )
            ),
        ),
    )


COMMAND = Change(
    "notebooks update",
    "Build the image with the newest sample notebooks.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Build the image",
    exclusive=False,
    details="Builds the live image's commit with the newest commit of the notebooks' repository; the tag names "
    "both. A tag that already exists in the registry is not built again.",
    topic=Topic.RELEASES,
    rank=6,
)

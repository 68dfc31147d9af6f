"""Have the users' nodes pull an image before it is deployed: nobody waits for gigabytes then."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from cards.views import ButtonStyle, Fact, Facts, Failure, Lines, Notice, Plan, Tone, typing
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import DaemonSet, Node
from clients.secret_patterns import unshaped
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.images.arguments import ImageTag
from commands.images.pull import PATIENCE, Pulled, clear, forsaken, own_pullers, pull
from commands.images.tags import looked_up, place
from commands.kubernetes.components import short_node
from commands.nodes.pools import is_for_users, is_users, nodes_in_words
from commands.ports.context import Reads
from commands.release.record import image_digest, image_name, image_tag

_AGAIN: Final = "You can safely type it again: nodes that have the image finish at once."


@dataclass(frozen=True)
class Args:
    """Of what."""

    tag: Annotated[ImageTag | None, Arg("the tag to pull; the newest in the registry if not given", "7c1d2e9")] = None


@dataclass(frozen=True)
class Prepull:
    """The plan. `users_only` says whether there are nodes for users' servers alone; nodes come and go meanwhile."""

    image: str
    tag: str
    digest: str
    users_only: bool
    live: bool = field(metadata=incidental())
    nodes: tuple[str, ...] = field(metadata=incidental())
    left: tuple[str, ...] = field(metadata=incidental())
    unchecked: str = field(default="", metadata=incidental())

    @property
    def wanted(self) -> str:
        """The image as users' servers will name it."""
        return f"{self.image}:{self.tag}" + (f"@{self.digest}" if self.digest else "")


async def plan(args: Args, reads: Reads) -> Prepull:
    """Which image would go to which nodes. Raises UserError where there is none of either."""
    base = await reads.releases.deployed() or await reads.releases.current()
    if base is None:
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace}.")
    image, tag = image_name(base), str(args.tag or await _newest(reads) or image_tag(base))
    live = tag == image_tag(base)
    found = await looked_up(image, tag, reads, "/jhub prepull {}")
    digest = (image_digest(base) if live else "") or (found.digest if reads.by_digest else "")
    there, left = await asyncio.gather(_places(reads), forsaken(reads))
    made = Prepull(
        image, tag, digest, there.labelled, live, tuple(there.names), tuple(one.name for one in left), found.unchecked
    )
    await _check_alone(made, left, reads)
    return made


async def _newest(reads: Reads) -> str:
    """The registry's newest tag; empty where no registry is configured."""
    if reads.registry is None:
        return ""
    registry, _, repository = await place(reads)
    newest = await registry.tags(repository, 1)
    return newest[0].name if newest else ""


@dataclass(frozen=True)
class _Places:
    """The nodes to pull onto; `labelled` where they are those meant for users alone."""

    names: Sequence[str]
    labelled: bool


async def _places(reads: Reads) -> _Places:
    nodes, pools = await asyncio.gather(reads.kube.nodes(), _pools(reads))
    users = [node.name for node in nodes if is_users(node, pools)]
    labelled = bool(users) or any(is_for_users(pool) for pool in pools)
    names = users if labelled else [node.name for node in nodes if _takes_pods(node)]
    if not names:
        raise UserError(
            "There is no node for users now, so there is nothing to pull onto. A node that is added later "
            "pulls the image "
            "when it starts.",
            "/jhub nodes",
            "/jhub scale 1",
        )
    return _Places(sorted(names), labelled)


def _takes_pods(node: Node) -> bool:
    return node.ready and node.schedulable


async def _pools(reads: Reads) -> Sequence[Pool]:
    """Azure's pools; none where it does not tell: nodes that are there are known by their own labels."""
    if reads.azure is None:
        return []
    found = await attempt("Azure", reads.azure.pools())
    return [] if isinstance(found, Unavailable) else found


async def _check_alone(made: Prepull, left: Sequence[DaemonSet], reads: Reads) -> None:
    """Raises UserError where another operation has the same image pulled just now."""
    if any(made.wanted in one.images for one in await own_pullers(reads) if one not in left):
        raise UserError(f"{made.tag} is already being pulled.", "/jhub operations")


def preview(plan: Prepull) -> Plan:
    """What the requester sees."""
    nodes = nodes_in_words(len(plan.nodes))
    return Plan(
        f"Pull {plan.tag} onto the nodes",
        "",
        (),
        (
            f"{nodes.capitalize()} for users pull {plan.wanted}; nodes added in the meantime do too.",
            "Nobody is interrupted, and nobody gets the image until it is deployed.",
        ),
        (plan.unchecked,) if plan.unchecked else (),
        "Pull it now?",
        (Lines(tuple(short_node(name) for name in plan.nodes), "Nodes"),),
    )


async def apply(plan: Prepull, do: Steps) -> Notice | Failure:
    """Pull it everywhere, leave nothing behind, and say where it is now."""
    if plan.left:
        await do.step("Remove what earlier ones left", clear, do)
    pulled = await do.step(f"Pull {plan.tag} onto the nodes", pull, plan.wanted, plan.users_only, do)
    if pulled.done:
        return _success(plan, pulled)
    return _failure(plan, pulled, stopped=do.stopping)


def _success(plan: Prepull, pulled: Pulled) -> Notice:
    text = (
        "Servers that start on these nodes do not wait for a download."
        if plan.live
        else "If you deploy it now, nobody on these nodes waits for a download."
    )
    deploy = typing(f"Deploy {plan.tag}", f"/jhub deploy {plan.tag}", ButtonStyle.POSITIVE)
    buttons = () if plan.live else (deploy,)
    tone = Tone.WARNING if pulled.unready else Tone.GOOD
    return Notice(
        f"{plan.tag} is on {nodes_in_words(len(pulled.have))}", text, tone, (Facts(_now(plan, pulled)),), buttons
    )


def _now(plan: Prepull, pulled: Pulled) -> tuple[Fact, ...]:
    facts = [Fact("Image", plan.wanted)]
    facts += [Fact("Have it", _listed(pulled.have), Tone.GOOD)] if pulled.have else []
    facts += [Fact("Not ready", _listed(pulled.unready), Tone.WARNING)] if pulled.unready else []
    return tuple(facts)


def _listed(nodes: Sequence[str]) -> str:
    return ", ".join(short_node(name) for name in nodes)


def _failure(plan: Prepull, pulled: Pulled, *, stopped: bool) -> Failure:
    title = f"{plan.tag} is not on every node"
    lack = (Lines(pulled.lack, "Missing on"),) if pulled.lack else ()
    if pulled.problem:
        said = (Lines((unshaped(pulled.message),), "What the cluster says", code=True),) if pulled.message else ()
        cause = f"{pulled.problem} The pull was stopped; nobody is interrupted."
        return Failure(title, cause, _now(plan, pulled), ("/jhub images shows what the registry has.",), sections=said)
    if stopped:
        return Failure(f"Pulling {plan.tag} was stopped", "Nodes that have it keep it.", _now(plan, pulled), (_AGAIN,))
    if not pulled.have and not pulled.lack:
        cause = "No node was ready to pull it."
    else:
        cause = f"The bot waited {PATIENCE / 60:.0f} minutes for it."
    return Failure(title, cause, _now(plan, pulled), (_AGAIN,), sections=lack)


COMMAND = Change(
    "prepull",
    "Pull an image onto the users' nodes before it is deployed.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Pull the image",
    consent=Consent.NONE,
    exclusive=False,
    details="Needs no confirmation, as nothing can be lost. A tag that is missing in the registry is refused. "
    "Afterwards, "
    "only the image on the nodes stays in the cluster.",
    topic=Topic.RELEASES,
    rank=8,
)

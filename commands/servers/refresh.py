"""`/jhub server refresh`: stop the caller's own outdated servers; the next start uses the new image.

This is what the button of the personal message that `servers refresh` sends does. It is for everybody, and for one's
own servers alone: who presses is who the chat platform vouches for, and whose the server is the directory says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.hub import HubUser
from clients.kube import Pod
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.images.arguments import ImageTag
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.servers.outdated import Outdated, live_image, of_user
from commands.spawner.runs import ServerRun, title
from commands.spawner.stopping import stop_servers
from commands.storage.homes import one_user, own_name


@dataclass(frozen=True)
class Args:
    """The tag that has to be live."""

    tag: Annotated[ImageTag | None, Arg("only if this is the live tag; any tag if not given", "7c1d2e9")] = None


@dataclass(frozen=True)
class RefreshPlan:
    """The plan: exactly these runs of the caller's servers, each by its pod's UID."""

    user: str
    tag: str
    servers: tuple[Outdated, ...]


async def plan(args: Args, reads: Reads) -> RefreshPlan:
    """Plan to stop the caller's outdated servers. Raise UserError if there are none."""
    live = await live_image(reads)
    if args.tag is not None and args.tag != live.tag:
        raise UserError(f"This offer has ended: {args.tag} is no longer live, {live.tag} is.", "/jhub server refresh")
    user = await _caller_as_user(reads)
    if user is None:
        raise UserError(f"You have no running server. When you open the hub, it starts with {live.tag}.")
    found = tuple(of_user(user, await _pods(reads), live))
    if not found and all(server.stopping for server in user.servers):
        raise UserError(f"Your server is stopping. When you open the hub again, it starts with {live.tag}.")
    if not found:
        raise UserError(f"Your server already has the newest image, {live.tag}: there is no need to restart it.")
    return RefreshPlan(user.name, live.tag, found)


async def _caller_as_user(reads: Reads) -> HubUser | None:
    """Return the caller as the hub's user, or None if no server of theirs runs. Raise UserError as `own_name` does."""
    return one_user(await own_name(reads), await reads.hub.users("active"))


async def _pods(reads: Reads) -> list[Pod]:
    return [pod for pod in await reads.kube.pods(f"component={USER_SERVER}") if not pod.terminating]


def preview(plan: RefreshPlan) -> Plan:
    """Show what would be confirmed, if anybody were asked."""
    return Plan(
        f"Restart {_servers_in_words(plan)}",
        "",
        (),
        ("Running notebooks stop; unsaved work is lost.", f"The next start uses {plan.tag}."),
        (),
        "Restart it now?",
    )


def _servers_in_words(plan: RefreshPlan) -> str:
    return "your server" if len(plan.servers) == 1 else f"your {len(plan.servers)} servers"


async def apply(plan: RefreshPlan, do: Steps) -> Notice | Failure:
    """Stop each server if it is still the run that was planned.

    Each has a step of its own on record. The first stops all of them at once, so that the others have little to do.
    """
    steps = enumerate(plan.servers)
    held = [await do.step(_title(one), _stop, plan.servers[number:], do) for number, one in steps]
    problems = [one for one in held if one]
    if problems:
        return Failure(
            "Your server has not stopped yet",
            problems[0],
            (),
            ("You can safely press the button or type the command again.",),
        )
    return Notice(
        f"{_servers_in_words(plan)[0].upper()}{_servers_in_words(plan)[1:]} stopped",
        f"Open the hub again: it starts with {plan.tag}. Your files are unchanged.",
        Tone.GOOD,
        (Facts(tuple(Fact("It had", f"{one.tag}, as {title(one.user, one.server)}") for one in plan.servers)),),
    )


def _title(one: Outdated) -> str:
    return f"Stop the server {one.server}" if one.server else "Stop the server"


async def _stop(these: Sequence[Outdated], do: Steps) -> str:
    """Stop these runs of servers. Return why the first still runs; empty once it is over.

    The user may have started the next one already.
    """
    first, *others = [ServerRun(one.user, one.server, pod=one.pod) for one in these]
    left = await stop_servers([first, *others], do)
    return next((one.why for one in left if one.title == first.title), "")


COMMAND = Change(
    "server refresh",
    "Stop your own server if its image is outdated; the next start uses the new one.",
    Level.ANYONE,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Stop my server",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    details="Save your notebooks first: running notebooks stop at once. Only your own servers are stopped, "
    "and only those "
    "whose image is not the live one.",
    topic=Topic.STATUS,
    rank=9,
)

"""`/jhub cluster stop`: stop the whole cluster, with the hub, all servers and Kubernetes itself."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.errors import Unavailable
from commands.announcements.offer import offered
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.polling import until
from commands.nodes.auto_provisioning import check_can_stop
from commands.nodes.cluster_power import (
    REST,
    PowerChange,
    cluster_to_switch,
    is_requested,
    request_power,
    wait_for_power,
)
from commands.nodes.emptying import not_stopped
from commands.nodes.pools import azure, names_in_words, users_section
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of
from commands.spawner.stopping import StillRunning, stop_servers

# How long the hub may be silent before the cluster is stopped without it, in seconds.
_SILENCE: Final = 30.0


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def plan(args: Args, reads: Reads) -> PowerChange:
    """Plan the stop of the cluster. Raise UserError for a bot that would stop itself."""
    del args
    azure(reads)
    if reads.inside:
        raise UserError(
            "The bot runs inside this cluster: stopping it would stop the bot, and nobody could start it again here.",
            "Run the bot outside the cluster, for example in Azure Container Apps, with kubernetes.kubeconfig set.",
            "/jhub scale 0",
        )
    cluster = await cluster_to_switch(reads, "Stopped", "/jhub cluster status")
    check_can_stop(cluster)
    users = await attempt("The hub", reads.hub.users("active"))
    running = users if isinstance(users, list) else []
    names = tuple(user.name for user in running if any(not server.stopping for server in user.servers))
    return PowerChange(cluster.name, "Stopped", names)


def _impacts(plan: PowerChange) -> tuple[Impact, ...]:
    return of(Effect.STOPS_EVERYBODY, f"All of {plan.cluster} stops: the hub, every server and every login.")


def preview(plan: PowerChange) -> Plan:
    """Return the preview."""
    names = names_in_words(plan.users)
    lost = (f"{len(plan.users)} users have a server ({names}): unsaved work is lost.",) if plan.users else ()
    return Plan(
        f"Stop the cluster {plan.cluster}",
        "",
        (),
        (
            "The hub stops all servers first.",
            "All nodes and the API server stop: no hub, no servers and no login until the cluster is started.",
            "Homes and settings stay. Disks, addresses and snapshots still cost money.",
            "Azure keeps a stopped cluster for 12 months, and may have no machines for it when it is started again.",
            REST,
            *offered(plan.users, "JupyterHub stops soon: save your work and stop your server.", "2h"),
        ),
        lost,
        "Stop it now?",
        (Facts((Fact("Cluster", plan.cluster),)), *users_section(plan.users)),
    )


@dataclass(frozen=True)
class Asked:
    """What became of the servers, and Azure's token; `is_asked` is False if somebody stopped it before Azure was asked.

    `silence` is why no server was stopped before the cluster: the hub did not answer.
    """

    token: str = ""
    left: tuple[StillRunning, ...] = ()
    silence: str = ""
    is_asked: bool = True


async def apply(plan: PowerChange, do: Steps) -> Notice | Failure:
    """Have the hub stop the servers, ask Azure to stop the cluster, and wait until it has."""
    told = await do.step(f"Stop {plan.cluster}", _stop, plan, do)
    # An earlier release recorded the token alone.
    asked = Asked(told) if isinstance(told, str) else told
    if not asked.is_asked:
        return Failure(
            f"{plan.cluster} keeps running",
            "Somebody asked to stop while its servers were being stopped.",
            advice=("You can safely type it again.",),
            sections=not_stopped(asked.left),
        )
    await do.step("Wait for Azure", wait_for_power, plan.power, asked.token, do)
    text = f"“/jhub cluster start” starts it. {REST}"
    if asked.silence:
        text += f" Its servers ended with it and were not stopped before: {asked.silence}."
    tone = Tone.WARNING if asked.silence or asked.left else Tone.GOOD
    return Notice(f"{plan.cluster} is stopped", text, tone, not_stopped(asked.left))


async def _stop(plan: PowerChange, do: Steps) -> Asked | str:
    """Stop the servers, then the cluster. A server that does not stop ends with the cluster, as was agreed to."""
    if await is_requested(plan.power, do):
        return Asked()
    try:
        users = await until(partial(do.reads.hub.users, "active"), do, seconds=_SILENCE)
    except Unavailable as error:
        return Asked(await request_power(plan.power, do), silence=str(error))
    left = await stop_servers(
        [ServerRun(user.name, server.name, start_of(server)) for user in users or () for server in user.servers], do
    )
    if do.stopping:
        return Asked(left=left, is_asked=False)
    return Asked(await request_power(plan.power, do), left)


COMMAND = Change(
    "cluster stop",
    "Stop the whole cluster.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(always=(Effect.STOPS_EVERYBODY,), of=_impacts),
    button="Stop the cluster",
    approvals=1,
    details="Needs a bot that runs outside the cluster.",
    topic=Topic.NODES,
    rank=12,
)

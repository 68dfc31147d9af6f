"""`/jhub cluster stop`: stop the whole cluster, with the hub, all servers and Kubernetes itself."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.nodes.auto_provisioning import check_can_stop
from commands.nodes.cluster_power import REST, PowerChange, cluster_to_switch, request_power, wait_for_power
from commands.nodes.pools import azure, names_in_words, users_section
from commands.ports.context import Reads


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
    names = tuple(user.name for user in users) if isinstance(users, list) else ()
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
            "All nodes and the API server stop: no hub, no servers and no login until the cluster is started.",
            "Homes and settings stay. Disks, addresses and snapshots still cost money.",
            "Azure keeps a stopped cluster for 12 months, and may have no machines for it when it is started again.",
            REST,
        ),
        lost,
        "Stop it now?",
        (Facts((Fact("Cluster", plan.cluster),)), *users_section(plan.users)),
    )


async def apply(plan: PowerChange, do: Steps) -> Notice | Failure:
    """Ask Azure to stop the cluster and wait until it has."""
    token = await do.step(f"Stop {plan.cluster}", request_power, plan.power, do)
    await do.step("Wait for Azure", wait_for_power, plan.power, token, do)
    return Notice(f"{plan.cluster} is stopped", f"“/jhub cluster start” starts it. {REST}", Tone.GOOD)


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

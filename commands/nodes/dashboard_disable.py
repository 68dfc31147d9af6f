"""`/jhub dashboard disable`: disable the Kubernetes dashboard, an add-on of old clusters that none should have."""

from dataclasses import dataclass
from typing import Final

from cards.views import Failure, Notice, Plan, Tone
from commands.framework.command import Change, Consent, Level, NoArgs, Renamed, Steps, Topic
from commands.framework.effects import NOTHING
from commands.nodes.azure_operations import azure_writes, cluster_settled, wait_for_azure
from commands.nodes.pools import azure
from commands.nodes.scaling_plan import PATIENCE
from commands.ports.context import Reads

# The add-on's names over the years; AKS has none since Kubernetes 1.19.
ADDONS: Final = ("kubeDashboard", "KubeDashboard")


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class AddonDisable:
    """The plan. `addon` is empty if the cluster has no add-on of that name."""

    cluster: str
    addon: str
    enabled: bool


async def plan(args: Args, reads: Reads) -> AddonDisable:
    """Plan to disable the add-on if the cluster has it."""
    del args
    cluster = await azure(reads).cluster()
    addon = next((name for name in ADDONS if name in cluster.addons), "")
    return AddonDisable(cluster.name, addon, cluster.addons.get(addon, False))


def preview(plan: AddonDisable) -> Plan:
    """Return the preview."""
    what = (
        "The add-on is disabled; its pods stop."
        if plan.enabled
        else "The add-on is already disabled; the bot checks that none of its pods run."
    )
    return Plan(f"Disable the dashboard of {plan.cluster}", "", (), (what,), (), "Disable it now?")


async def apply(plan: AddonDisable, do: Steps) -> Notice | Failure:
    """Disable the add-on if it is enabled, and check that none of its pods is left."""
    token = await do.step(Renamed("Disable the add-on", "Turn the add-on off"), _disable, plan, do)
    await do.step("Wait for Azure", _finish, token, do)
    left = await do.step("Look for its pods", _left, do)
    if left:
        return Failure(
            "The dashboard still has pods", f"The add-on is disabled, but these pods still exist: {', '.join(left)}."
        )
    if not plan.addon:
        text = (
            "Azure Kubernetes Service no longer has this add-on (since Kubernetes 1.19), and no pod of it is running."
        )
        return Notice("There is no dashboard", text, Tone.GOOD)
    return Notice("The dashboard is disabled", "No pod of it is running.", Tone.GOOD)


async def _disable(plan: AddonDisable, do: Steps) -> str:
    cluster = await azure(do.reads).cluster()
    if not cluster.addons.get(plan.addon, False):
        return ""
    return await azure_writes(do).disable_addon(cluster, plan.addon)


async def _finish(token: str, do: Steps) -> None:
    await wait_for_azure(token, cluster_settled(do), do, within=PATIENCE)


async def _left(do: Steps) -> list[str]:
    return [pod.name for pod in await do.reads.kube.system_pods() if pod.name.startswith("kubernetes-dashboard")]


COMMAND = Change(
    "dashboard disable",
    "Disable the Kubernetes dashboard.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Disable the dashboard",
    consent=Consent.CALLER,
    topic=Topic.NODES,
    rank=14,
)

"""Upgrades of Kubernetes: what there is, the plan, and a pool that failed."""

from datetime import UTC, datetime

from cards.views import Fact, Failure, Tone, View
from clients.azure.aks import Cluster, Pool
from clients.azure.cluster_upgrades import Maintenance, MinorVersion, Offer, UpgradeProfile
from clients.errors import Unavailable
from clients.kube import DeprecatedApi, DisruptionBudget
from commands.nodes.pools import PURPOSE
from commands.nodes.upgrade_plan import ClusterUpgrade, pool_upgrade
from commands.nodes.upgrade_preview import preview
from commands.nodes.upgrade_show import UpgradeAnswers, card

_NOW = datetime(2026, 11, 24, 2, 42, tzinfo=UTC)
_OLD = "AKSUbuntu-2204gen2containerd-202610.19.0"
_NEW = "AKSUbuntu-2204gen2containerd-202611.16.0"


def _pool(name: str, count: int, mode: str = "User", version: str = "1.35.4", image: str = _OLD) -> Pool:
    its = {PURPOSE: "user"} if name == "users" else {}
    its_size = "Standard_E8s_v5"
    return Pool(
        name, mode, its_size, count, None, None, "Succeeded", "Running", version, its, (), {}, "e", image, "10%"
    )


_POOLS = (
    _pool("system", 2, "System", "1.36.3", _NEW),
    _pool("core", 1),
    _pool("users", 12),
)
_CLUSTER = Cluster("jhub-aks", "Succeeded", "Running", "1.36.3", "westeurope", "Standard", {}, "e", channel="patch")
_PLANS = ("KubernetesOfficial", "AKSLongTermSupport")
_FOUND = UpgradeAnswers(
    cluster=_CLUSTER,
    pools=_POOLS,
    profile=UpgradeProfile("1.36.3", (Offer("1.36.4"), Offer("1.37.0"), Offer("1.37.1", preview=True))),
    images={pool.name: UpgradeProfile(pool.version, (), _NEW) for pool in _POOLS},
    versions=(MinorVersion("1.36", _PLANS, ()), MinorVersion("1.37", _PLANS, ())),
    maintenance=(
        Maintenance("aksManagedAutoUpgradeSchedule", 1, "month", "Sunday", "First", "02:00", "+01:00", 6),
        Maintenance("default", slots=(("Saturday", (1, 2)),), blocked=(("2026-12-20", "2027-01-06"),)),
    ),
    apis=(DeprecatedApi("1.37", "flowcontrol.apiserver.k8s.io", "v1beta3", "prioritylevelconfigurations"),),
    budgets=(DisruptionBudget("jhub", "user-scheduler", 0, 1, 1, 2),),
)
_UNKNOWN = Unavailable("Azure", "refused: the bot's identity does not have that permission (AuthorizationFailed)")
_BLIND = UpgradeAnswers(
    cluster=_CLUSTER,
    pools=_POOLS[:1],
    profile=_UNKNOWN,
    images={"system": _UNKNOWN},
    versions=_UNKNOWN,
    maintenance=_UNKNOWN,
    apis=Unavailable("Kubernetes", "refused: the bot may not read the API server's metrics (403)"),
    budgets=(),
)
_HELD = (
    "A disruption budget lets no pod go now: jhub/user-scheduler (1 healthy, needs 1). Azure cannot drain a node with "
    "its pods, and gives up after the pool’s drain time-out."
)
_GIVE = (
    "These disruption budgets let no pod go now: jhub/user-scheduler (1 healthy, needs 1). Give what they guard "
    "another replica, or relax them until the upgrade is through."
)
_PLAN = ClusterUpgrade(
    "jhub-aks",
    "1.35.4",
    "1.36.3",
    plane=True,
    pools=tuple(pool_upgrade(pool) for pool in (_pool("system", 2, "System"), *_POOLS[1:])),
    grace=900.0,
    users=("ada.ågård@example.org", "lin.wei@example.org"),
    hub_on=("core",),
    warnings=(_HELD,),
)
_FAILED = Failure(
    "The pool core was not upgraded to 1.36.3",
    "Drain node aks-core-31415926-vmss000000 failed when evicting pod user-scheduler-7cd596c9f4-c7gm8.",
    (
        Fact("Control plane", "1.36.3"),
        Fact("system", "1.36.3"),
        Fact("core", "1.35.4, failed", Tone.BAD),
        Fact("users", "1.35.4"),
    ),
    (
        _GIVE,
        "Nothing was begun after it.",
        "To go on from there, type /jhub cluster upgrade 1.36.3.",
    ),
)
UPGRADES: dict[str, View] = {
    "cluster-upgrade": card(_FOUND, _NOW),
    "cluster-upgrade-unknown": card(_BLIND, _NOW),
    "cluster-upgrade-plan": preview(_PLAN),
    "cluster-upgrade-failed": _FAILED,
}

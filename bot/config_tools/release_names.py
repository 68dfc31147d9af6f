"""Warning about hubs in one cluster whose releases share a name: the chart names objects of the whole cluster by it."""

from bot.config.settings import Settings, cluster_of
from bot.config_tools.preflight import Found


def shared_names(settings: Settings) -> list[Found]:
    """Return each further hub that shares a release name with one before it in its cluster, as a warning."""
    found: list[Found] = []
    seen: dict[object, str] = {}
    for name in settings.hub_names:
        its = settings.of(name)
        owner = seen.setdefault((cluster_of(its.kubernetes), its.release.name), name)
        if owner != name:
            found.append((("hubs", name, "release", "name"), _sentence(its.release.name, owner), False))
    return found


def _sentence(release: str, owner: str) -> str:
    return (
        f"{owner} has a release {release} in the same cluster, and Zero to JupyterHub names a ClusterRole after it "
        f"({release}-user-scheduler): helm refuses to install the second one, unless one of them has "
        "scheduling.userScheduler.enabled: false. Give this release a name of its own"
    )

"""Hazards for homes: changed names by which users' volumes are found.

Sources: kubespawner 7.1 (spawner.py, docs/source/templates.md), whose `slug_scheme` became `safe`; and Zero to
JupyterHub 4.0.0 (values.yaml, files/hub/jupyterhub_config.py), which sets no template of names any more. Kubespawner
looks for a home's old name only once, for servers whose state it knows, and by today's template: that is no promise.
"""

from collections.abc import Iterator

from commands.chart.hazard import Crossing, Hazard, HazardSeverity
from commands.chart.value_fixes import SCHEME, TEMPLATES

_STOP = "Stop the servers: /jhub server stop <user>, or all at once with /jhub scale 0 --evict"


def hazards(way: Crossing) -> Iterator[Hazard]:
    """Yield the hazards for homes."""
    yield from _of_names(way)
    if way.passes(1) and way.given("hub", "config", "KubeSpawner", "delete_pvc") is None:
        yield Hazard(
            "homes-deleted-with-users",
            HazardSeverity.SERIOUS,
            "Deleting a user deletes their home",
            "From chart 1.0 on, deleting a user in the hub, by hand or by culling, deletes their home.",
            way="To keep them: /jhub config set hub.config.KubeSpawner.delete_pvc false",
        )


def _of_names(way: Crossing) -> Iterator[Hazard]:
    kind = way.effective("singleuser", "storage", "type")
    if not way.passes(4) or kind == "none" or (way.homes is not None and not way.homes.all and kind != "static"):
        return
    scheme = way.given(*SCHEME)
    if scheme is None:
        yield _unsaid(way)
    elif scheme != "escape":
        yield _decided(way)
    elif kind != "static" and not any(way.given(*path) for path in TEMPLATES):
        yield Hazard(
            "names-of-named-servers",
            HazardSeverity.WARNING,
            "Named servers would get new homes",
            "The naming scheme is kept but not the template: chart 4 puts two dashes before a named server’s name.",
            mended=True,
        )
    elif way.servers:
        yield Hazard(
            "servers-run",
            HazardSeverity.WARNING,
            f"{_servers(way.servers)} during the upgrade",
            "Homes keep their names, so nobody loses one. A new KubeSpawner takes over servers that an old "
            "one started; "
            "it is safer if none is running.",
            way=_STOP,
        )


def _unsaid(way: Crossing) -> Hazard:
    return Hazard(
        "names-of-homes",
        HazardSeverity.SERIOUS,
        "Users would find empty homes",
        f"Chart 4 gives homes new names. {_concerned(way)} With slug_scheme “escape” and the old template of "
        "names written "
        f"down, every home keeps its name. {_running(way)}".rstrip(),
        blocks=True,
        mended=True,
    )


def _decided(way: Crossing) -> Hazard:
    """Return the hazard of a stored new scheme, which is intended, but must not begin while servers run."""
    return Hazard(
        "names-of-homes-anew",
        HazardSeverity.SERIOUS,
        "The values give homes new names",
        f"{_concerned(way)} Their users find empty homes; the old ones are kept beside them. {_running(way)}".rstrip(),
        blocks=way.servers is None or way.servers > 0,
        way=_STOP
        if way.servers
        else "If that is not intended: /jhub config set hub.config.KubeSpawner.slug_scheme escape",
    )


def _concerned(way: Crossing) -> str:
    if way.homes is None:
        return "How many homes are affected is unknown: Kubernetes did not answer."
    if way.homes.old:
        return f"{way.homes.old} of {way.homes.all} homes would not be found under their new name."
    return f"None of the {way.homes.all} homes has a name that changes."


def _running(way: Crossing) -> str:
    if way.servers is None:
        return "Whether servers are running is unknown."
    return f"{_servers(way.servers)} now; each would lose sight of its home at its next start." if way.servers else ""


def _servers(count: int) -> str:
    return "1 server is running" if count == 1 else f"{count} servers are running"

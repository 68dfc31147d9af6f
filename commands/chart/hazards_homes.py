"""Hazards for homes: changed names by which users' volumes are found.

Sources: kubespawner 7.1 (spawner.py, docs/source/templates.md), whose `slug_scheme` became `safe`; and Zero to
JupyterHub 4.0.0 (values.yaml, files/hub/jupyterhub_config.py), which sets no template of names any more. Kubespawner
looks for a home's old name only once, for servers whose state it knows, and by today's template: that is no promise.
"""

from collections.abc import Iterator

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity
from commands.chart.value_fixes import SCHEME, TEMPLATES

_STOP = "Stop the servers: /jhub server stop <user>, or all at once with /jhub scale 0 --evict"


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards for homes."""
    yield from _of_names(upgrade)
    if upgrade.passes(1) and upgrade.given("hub", "config", "KubeSpawner", "delete_pvc") is None:
        yield Hazard(
            "homes-deleted-with-users",
            HazardSeverity.SERIOUS,
            "Deleting a user deletes their home",
            "From chart 1.0 on, deleting a user in the hub, by hand or by culling, deletes their home.",
            remedy="To keep them: /jhub config set hub.config.KubeSpawner.delete_pvc false",
        )


def _of_names(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    kind = upgrade.effective("singleuser", "storage", "type")
    if (
        not upgrade.passes(4)
        or kind == "none"
        or (upgrade.homes is not None and not upgrade.homes.all and kind != "static")
    ):
        return
    scheme = upgrade.given(*SCHEME)
    if scheme is None and upgrade.homes is not None and upgrade.homes.all and not upgrade.homes.moved:
        return
    if scheme is None:
        yield _unsaid(upgrade)
    elif scheme != "escape":
        yield _decided(upgrade)
    elif kind != "static" and not any(upgrade.given(*path) for path in TEMPLATES):
        yield Hazard(
            "names-of-named-servers",
            HazardSeverity.WARNING,
            "Named servers would get new homes",
            "The naming scheme is kept but not the template: chart 4 puts two dashes before a named server’s name.",
            fixable=True,
        )
    elif upgrade.servers:
        yield Hazard(
            "servers-run",
            HazardSeverity.WARNING,
            f"{_servers(upgrade.servers)} during the upgrade",
            "Homes keep their names, so nobody loses one. A new KubeSpawner takes over servers that an old "
            "one started; "
            "it is safer if none is running.",
            remedy=_STOP,
        )


def _unsaid(upgrade: ChartUpgrade) -> Hazard:
    return Hazard(
        "names-of-homes",
        HazardSeverity.SERIOUS,
        "Users would find empty homes",
        f"Chart 4 gives homes new names. {_concerned(upgrade)} With slug_scheme “escape” and the old template of "
        "names written "
        f"down, every home keeps its name. {_by_code(upgrade)}{_running(upgrade)}".rstrip(),
        blocks=True,
        fixable=True,
    )


def _by_code(upgrade: ChartUpgrade) -> str:
    """Return a sentence if code may keep the names already: what it cannot read, the bot does not trust with homes."""
    config = upgrade.config
    is_known = config.is_known("slug_scheme", "KubeSpawner")
    return (
        "" if is_known else f"Code that the bot cannot read ({config.unread[0]}) may do so: write it into hub.config. "
    )


def _decided(upgrade: ChartUpgrade) -> Hazard:
    """Return the hazard of a stored new scheme, which is intended, but must not begin while servers run."""
    concerned = f"{_concerned(upgrade)} Their users find empty homes; the old ones are kept beside them."
    return Hazard(
        "names-of-homes-anew",
        HazardSeverity.SERIOUS,
        "The values give homes new names",
        f"{concerned} {_running(upgrade)}".rstrip(),
        blocks=upgrade.servers is None or upgrade.servers > 0,
        remedy=_STOP
        if upgrade.servers
        else "If that is not intended: /jhub config set hub.config.KubeSpawner.slug_scheme escape",
    )


def _concerned(upgrade: ChartUpgrade) -> str:
    if upgrade.homes is None:
        return "How many homes are affected is unknown: Kubernetes did not answer."
    if upgrade.homes.moved:
        return f"{upgrade.homes.moved} of {upgrade.homes.all} homes would not be found under their new name."
    return f"None of the {upgrade.homes.all} homes has a name that changes."


def _running(upgrade: ChartUpgrade) -> str:
    if upgrade.servers is None:
        return "Whether servers are running is unknown."
    return (
        f"{_servers(upgrade.servers)} now; each would lose sight of its home at its next start."
        if upgrade.servers
        else ""
    )


def _servers(count: int) -> str:
    return "1 server is running" if count == 1 else f"{count} servers are running"

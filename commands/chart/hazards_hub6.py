"""Hazards of JupyterHub 6, whichever chart brings it.

Source: JupyterHub's docs/source/howto/upgrading-v6.md and changelog (6.0.0). Its database is migrated as at each major
version (`commands.chart.hazards_versions`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity

_SIX: Final = 6
_NAMED: Final = (("hub", "allowNamedServers"), ("hub", "config", "JupyterHub", "allow_named_servers"))
_EXISTING: Final = ("hub", "config", "JupyterHub", "allow_existing_invalid_named_servers")


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards of JupyterHub 6."""
    if not 0 < upgrade.here.hub < _SIX <= upgrade.there.hub:
        return
    if any(upgrade.effective(*path) is True for path in _NAMED):
        yield Hazard(
            "server-names",
            HazardSeverity.WARNING,
            "Named servers must have plain names",
            "From JupyterHub 6 on, a new one has at most 30 lower-case letters, digits and single hyphens. Older ones "
            "with other names still start; JupyterHub 7 will not start them.",
        )
    if upgrade.given(*_EXISTING) == "autorename":
        yield Hazard(
            "autorename",
            HazardSeverity.SERIOUS,
            "Renamed servers would find empty homes",
            "allow_existing_invalid_named_servers is “autorename”: JupyterHub 6 renames servers, and claims are named "
            "after them, so that a new, empty home may be mounted instead.",
            blocks=True,
            remedy="/jhub config set hub.config.JupyterHub.allow_existing_invalid_named_servers allow-start",
        )
    yield Hazard(
        "spawn-options",
        HazardSeverity.NOTE,
        "Links that start servers have another form",
        "From JupyterHub 6 on, options in a link to /hub/spawn begin with “opt-”, and programs that start servers by "
        "the API send them under user_options; the old forms work unless display_name or an opt- name is among them.",
    )
    if _starting_roles(upgrade):
        yield Hazard(
            "start-scope",
            HazardSeverity.NOTE,
            "There is a scope for starting servers alone",
            "JupyterHub 6 has start:servers: roles that hold servers or admin:servers may need no more than that.",
        )
    if upgrade.given("hub", "config", "JupyterHub", "statsd_host"):
        yield Hazard(
            "statsd",
            HazardSeverity.WARNING,
            "The hub sends no statsd metrics any more",
            "JupyterHub 6 has Prometheus metrics alone (/hub/metrics); statsd_host does nothing.",
        )


def _starting_roles(upgrade: ChartUpgrade) -> bool:
    roles = upgrade.given("hub", "loadRoles")
    for role in roles.values() if isinstance(roles, Mapping) else ():
        scopes = role.get("scopes") if isinstance(role, Mapping) else None
        for scope in scopes if isinstance(scopes, list) else ():
            if str(scope).partition("!")[0] in ("servers", "admin:servers"):
                return True
    return False

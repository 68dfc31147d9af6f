"""Hazards of values that a new chart accepts but interprets differently.

Sources: Zero to JupyterHub's upgrade notes to 2, 3 and 4, and values.yaml and templates/NOTES.txt of 2.0.0, 3.0.0 and
4.0.0.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from commands.chart.hazard import Crossing, Hazard, HazardSeverity

_EGRESS: Final = (("hub",), ("proxy", "chp"), ("proxy", "traefik"), ("singleuser",))


def hazards(way: Crossing) -> Iterator[Hazard]:
    """Yield the hazards of these values."""
    if way.passes(2):
        yield from _of_2(way)
    if way.passes(3):
        yield from _of_3(way)
    if way.passes(4):
        yield from _of_4(way)


def _of_2(way: Crossing) -> Iterator[Hazard]:
    opened = [".".join((*path, "networkPolicy")) for path in _EGRESS if way.given(*path, "networkPolicy", "egress")]
    if opened:
        yield Hazard(
            "egress",
            HazardSeverity.SERIOUS,
            "More outbound traffic is allowed than your network rules say",
            f"From chart 2.0 on, egressAllowRules allow most outbound traffic in addition to {_listed(opened)}.egress.",
            way="Set the egressAllowRules that you do not want to false.",
        )
    if way.given("scheduling", "userScheduler", "plugins") or way.given("scheduling", "userScheduler", "pluginConfig"):
        yield Hazard(
            "scheduler-plugins",
            HazardSeverity.WARNING,
            "The user scheduler’s plugins have new names",
            "From chart 2 on, scheduling.userScheduler.plugins must follow kubescheduler.config.k8s.io/v1beta3.",
        )
    if way.given("hub", "config", "JupyterHub", "admin_access") is False:
        yield Hazard(
            "admin-access",
            HazardSeverity.WARNING,
            "Admins may open people’s servers",
            "From chart 2.0 on, admin_access has no effect: admins may do everything.",
            way="Give people roles with fewer scopes (hub.loadRoles) instead of making them admins.",
        )
    yield from _sudo(way)
    if way.given("hub", "config") and (way.given("hub", "extraConfig") or way.given("hub", "extraFiles")):
        yield Hazard(
            "extra-config-wins",
            HazardSeverity.NOTE,
            "hub.extraConfig overrides hub.config",
            "From chart 2.0 on, extraConfig and extraFiles win for what is set in both; before, hub.config won.",
        )


def _sudo(way: Crossing) -> Iterator[Hazard]:
    if way.given("singleuser", "allowPrivilegeEscalation") is not None:
        return
    wanted = at_root(way.given("singleuser", "uid")) or _names(way.given("singleuser", "extraEnv")) & {"GRANT_SUDO"}
    yield Hazard(
        "sudo",
        HazardSeverity.WARNING if wanted else HazardSeverity.NOTE,
        "Users’ servers can no longer become root",
        "From chart 2.0 on, sudo does not work in them" + (", but these values use it." if wanted else "."),
        way="To keep it: /jhub config set singleuser.allowPrivilegeEscalation true",
    )


def at_root(uid: object) -> bool:
    """Return True if that user id is root's."""
    return uid == 0 and not isinstance(uid, bool)


def _of_3(way: Crossing) -> Iterator[Hazard]:
    braces = [name for name, value in _environment(way) if isinstance(value, str) and ("{" in value or "}" in value)]
    if braces:
        yield Hazard(
            "braces",
            HazardSeverity.WARNING,
            "Braces in environment variables are expanded",
            f"From chart 3.0 on, {{ and }} mark fields, in {_listed(braces)}: a server may fail to start.",
            way="Write {{ and }} for literal braces.",
        )
    blocked = way.effective("singleuser", "cloudMetadata", "blockWithIptables")
    enabled = way.effective("singleuser", "networkPolicy", "enabled")
    if blocked and enabled and way.effective("singleuser", "networkPolicy", "egressAllowRules", "cloudMetadataServer"):
        yield Hazard(
            "metadata-server",
            HazardSeverity.SERIOUS,
            "The cloud’s metadata server is both allowed and blocked",
            "The chart refuses singleuser.cloudMetadata.blockWithIptables together with "
            "egressAllowRules.cloudMetadataServer.",
            blocks=True,
            way="/jhub config set singleuser.networkPolicy.egressAllowRules.cloudMetadataServer false",
        )


def _of_4(way: Crossing) -> Iterator[Hazard]:
    extra = [name for name in ("extraStaticConfig", "extraDynamicConfig") if way.given("proxy", "traefik", name)]
    if extra:
        yield Hazard(
            "traefik",
            HazardSeverity.WARNING,
            "Traefik gets a new major version",
            f"Chart 4 brings Traefik 3: check whether proxy.traefik.{' and '.join(extra)} is still understood.",
        )


def _environment(way: Crossing) -> Iterator[tuple[str, object]]:
    for path in (("singleuser", "extraEnv"), ("hub", "config", "KubeSpawner", "environment")):
        held = way.given(*path)
        yield from (held.items() if isinstance(held, Mapping) else ())


def _names(held: object) -> set[str]:
    return {str(name) for name in held} if isinstance(held, Mapping) else set()


def _listed(names: list[str]) -> str:
    return ", ".join(names)

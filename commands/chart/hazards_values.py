"""Hazards of values that a new chart accepts but interprets differently.

Sources: Zero to JupyterHub's upgrade notes to 2, 3 and 4, and values.yaml and templates/NOTES.txt of 2.0.0, 3.0.0 and
4.0.0.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity, value_at

_EGRESS: Final = (("hub",), ("proxy", "chp"), ("proxy", "traefik"), ("singleuser",))


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards of these values."""
    if upgrade.passes(2):
        yield from _of_2(upgrade)
    if upgrade.passes(3):
        yield from _of_3(upgrade)
    if upgrade.passes(4):
        yield from _of_4(upgrade)


def _of_2(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    yield from _egress(upgrade)
    scheduler = ("scheduling", "userScheduler")
    if upgrade.given(*scheduler, "plugins") or upgrade.given(*scheduler, "pluginConfig"):
        yield Hazard(
            "scheduler-plugins",
            HazardSeverity.WARNING,
            "The user scheduler’s plugins have new names",
            "From chart 2 on, scheduling.userScheduler.plugins must follow kubescheduler.config.k8s.io/v1beta3.",
        )
    if upgrade.given("hub", "config", "JupyterHub", "admin_access") is False:
        yield Hazard(
            "admin-access",
            HazardSeverity.WARNING,
            "Admins may open people’s servers",
            "From chart 2.0 on, admin_access has no effect: admins may do everything.",
            remedy="Give people roles with fewer scopes (hub.loadRoles) instead of making them admins.",
        )
    yield from _sudo(upgrade)
    yield from _extra_config(upgrade)


def _egress(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    opened = [".".join((*path, "networkPolicy")) for path in _EGRESS if upgrade.given(*path, "networkPolicy", "egress")]
    if opened:
        yield Hazard(
            "egress",
            HazardSeverity.SERIOUS,
            "More outbound traffic is allowed than your network rules say",
            f"From chart 2.0 on, egressAllowRules allow most outbound traffic in addition to {_listed(opened)}.egress.",
            remedy="Set the egressAllowRules that you do not want to false.",
        )


def _extra_config(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield a hazard for files of code that ran before `hub.config`; `hub.extraConfig` always ran after it."""
    files = upgrade.given("hub", "extraFiles")
    mounts = [value_at(one, ("mountPath",)) for one in (files.values() if isinstance(files, Mapping) else ())]
    if upgrade.given("hub", "config") and any("jupyterhub_config.d" in str(one) for one in mounts):
        yield Hazard(
            "extra-config-wins",
            HazardSeverity.NOTE,
            "Files in jupyterhub_config.d override hub.config",
            "From chart 2.0 on, they win for what is set in both; before, hub.config won.",
        )


def _sudo(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    if upgrade.given("singleuser", "allowPrivilegeEscalation") is not None:
        return
    wanted = is_root(upgrade.given("singleuser", "uid")) or _names(upgrade.given("singleuser", "extraEnv")) & {
        "GRANT_SUDO"
    }
    yield Hazard(
        "sudo",
        HazardSeverity.WARNING if wanted else HazardSeverity.NOTE,
        "Users’ servers can no longer become root",
        "From chart 2.0 on, sudo does not work in them" + (", but these values use it." if wanted else "."),
        remedy="To keep it: /jhub config set singleuser.allowPrivilegeEscalation true",
    )


def is_root(uid: object) -> bool:
    """Return True if that user id is root's."""
    return uid == 0 and not isinstance(uid, bool)


def _of_3(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    braces = [
        name for name, value in _environment(upgrade) if isinstance(value, str) and ("{" in value or "}" in value)
    ]
    if braces:
        yield Hazard(
            "braces",
            HazardSeverity.WARNING,
            "Braces in environment variables are expanded",
            f"From chart 3.0 on, {{ and }} mark fields, in {_listed(braces)}: a server may fail to start.",
            remedy="Write {{ and }} for literal braces.",
        )
    blocked = upgrade.effective("singleuser", "cloudMetadata", "blockWithIptables")
    enabled = upgrade.effective("singleuser", "networkPolicy", "enabled")
    if (
        blocked
        and enabled
        and upgrade.effective("singleuser", "networkPolicy", "egressAllowRules", "cloudMetadataServer")
    ):
        yield Hazard(
            "metadata-server",
            HazardSeverity.SERIOUS,
            "The cloud’s metadata server is both allowed and blocked",
            "The chart refuses singleuser.cloudMetadata.blockWithIptables together with "
            "egressAllowRules.cloudMetadataServer.",
            blocks=True,
            remedy="/jhub config set singleuser.networkPolicy.egressAllowRules.cloudMetadataServer false",
        )


def _of_4(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    extra = [name for name in ("extraStaticConfig", "extraDynamicConfig") if upgrade.given("proxy", "traefik", name)]
    if extra:
        yield Hazard(
            "traefik",
            HazardSeverity.WARNING,
            "Traefik gets a new major version",
            f"Chart 4 brings Traefik 3: check whether proxy.traefik.{' and '.join(extra)} is still understood.",
        )


def _environment(upgrade: ChartUpgrade) -> Iterator[tuple[str, object]]:
    for path in (("singleuser", "extraEnv"), ("hub", "config", "KubeSpawner", "environment")):
        variables = upgrade.given(*path)
        yield from (variables.items() if isinstance(variables, Mapping) else ())


def _names(mapping: object) -> set[str]:
    return {str(name) for name in mapping} if isinstance(mapping, Mapping) else set()


def _listed(names: list[str]) -> str:
    return ", ".join(names)

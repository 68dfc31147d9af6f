"""Hazards of the programs that a chart brings: what a new version of one of them reads differently.

Sources: the changelogs of Zero to JupyterHub (1.0.0, 1.1.0, 2.0.0, 3.1.0), KubeSpawner (5.0.0), OAuthenticator (15.0.0,
16.0.0), LDAPAuthenticator (2.0.0) and JupyterHub (2.0.0, 5.0.0). Which entry is covered by which hazard, or needs none,
stands in tests/commands/chart/changelogs.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity

# KubeSpawner's traits that are mappings: a profile's value is merged into the one for all since 5.0.
_MERGED: Final = (
    *("common_labels", "environment", "extra_annotations", "extra_container_config", "extra_labels"),
    *("extra_pod_config", "extra_resource_guarantees", "extra_resource_limits", "lifecycle_hooks", "node_selector"),
    *("storage_extra_annotations", "storage_extra_labels", "storage_selector", "user_namespace_annotations"),
    *("user_namespace_labels",),
)
# The chart's values for these traits.
_FOR_ALL: Final = {
    "environment": ("extraEnv",),
    "extra_annotations": ("extraAnnotations",),
    "extra_labels": ("extraLabels",),
    "extra_pod_config": ("extraPodConfig",),
    "extra_resource_guarantees": ("extraResource", "guarantees"),
    "extra_resource_limits": ("extraResource", "limits"),
    "lifecycle_hooks": ("lifecycleHooks",),
    "node_selector": ("nodeSelector",),
    "storage_extra_labels": ("storage", "extraLabels"),
}
_GONE_FROM_CILOGON: Final = ("shown_idps", "username_claim", "additional_username_claims")


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards of new versions of the hub's parts."""
    yield from _of_1(upgrade)
    if upgrade.passes(2):
        yield from _of_2(upgrade)
    yield from _of_3(upgrade)
    yield from _of_4(upgrade)
    yield from _of_authenticators(upgrade)


def _of_1(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    if upgrade.passes(1) and not upgrade.given("hub", "resources"):
        yield Hazard(
            "requests-unset",
            HazardSeverity.NOTE,
            "Hub and proxy have no resources of their own any more",
            "From chart 1.0 on, nothing is requested by default: a full node may starve them.",
            remedy="Set hub.resources.requests and proxy.chp.resources.requests.",
        )
    if upgrade.passes(1) and upgrade.given("hub", "existingSecret"):
        yield Hazard(
            "existing-secret",
            HazardSeverity.WARNING,
            "hub.existingSecret is read differently",
            "From chart 1.0 on, it holds only what replaces the chart’s own secrets, under other keys.",
        )
    renamed = [key for key, one in _mapping(upgrade.given("hub", "services")).items() if _other_name(key, one)]
    if upgrade.passes(1, 1) and renamed:
        yield Hazard(
            "service-keys",
            HazardSeverity.WARNING,
            "Services’ tokens have other keys in the Secret",
            f"From chart 1.1 on, a token stands under the key of hub.services, not under name: {_listed(renamed)}.",
        )


def _other_name(key: object, service: object) -> bool:
    return isinstance(service, Mapping) and service.get("name") not in (None, key)


def _of_2(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    if upgrade.given("hub", "image", "name"):
        yield Hazard(
            "hub-image",
            HazardSeverity.WARNING,
            "The hub’s own image must be built anew",
            "hub.image names another image than the chart’s: it has to hold the new JupyterHub and its parts.",
        )
    if upgrade.given("singleuser", "defaultUrl") is None and "JUPYTERHUB_SINGLEUSER_APP" not in _mapping(
        upgrade.given("singleuser", "extraEnv")
    ):
        yield Hazard(
            "lab-by-default",
            HazardSeverity.NOTE,
            "Users see JupyterLab at first",
            "From chart 2.0 on, JupyterLab is the default interface; so far it was the classic notebook.",
            remedy="To keep it: /jhub config set singleuser.defaultUrl /tree",
        )
    yield from _tokens(upgrade)


def _tokens(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    services = {str(name): _mapping(one) for name, one in _mapping(upgrade.given("hub", "services")).items()}
    admins = [name for name, one in services.items() if one.get("admin") is True]
    others = [name for name, one in services.items() if name not in admins and _has_token(one)]
    if (not admins and not others) or upgrade.given("hub", "loadRoles"):
        return
    lines = ["JupyterHub has scopes from 2.0 on."]
    if admins:
        lines.append(f"{_listed(admins)} may do everything by admin: true, which is deprecated.")
    if others:
        lines.append(f"{_listed(others)} may do nothing until hub.loadRoles says what.")
    yield Hazard(
        "service-roles",
        HazardSeverity.WARNING if others else HazardSeverity.NOTE,
        "Services have rights by roles",
        " ".join(lines),
        remedy="Give each the scopes that it needs by hub.loadRoles, the bot included"
        + (", and remove admin." if admins else "."),
    )


def _has_token(service: Mapping[str, object]) -> bool:
    return bool(service.get("apiToken") or service.get("api_token"))


def _of_3(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    merged = sorted(set(_merged(upgrade)))
    if upgrade.passes(3) and merged:
        yield Hazard(
            "profiles-merge",
            HazardSeverity.WARNING,
            "Profiles add to what all servers have",
            f"From chart 3.0 on, a profile’s {_listed(merged)} is merged into the value for all, which it replaced.",
        )
    if (3, 0, 0) <= upgrade.here.numbers < (3, 1, 0) <= upgrade.there.numbers:
        yield Hazard(
            "orphaned-pods",
            HazardSeverity.WARNING,
            "Servers may run on that the hub has forgotten",
            "Chart 3.0 could lose sight of servers, which then run until they are removed by hand.",
            remedy="Compare /jhub pods with /jhub users after the upgrade, and stop what nobody owns.",
        )


def _merged(upgrade: ChartUpgrade) -> Iterator[str]:
    """Yield the traits that a profile sets and that are set for all servers as well."""
    profiles = upgrade.given("singleuser", "profileList")
    for profile in profiles if isinstance(profiles, Sequence) and not isinstance(profiles, str) else ():
        for trait, value in _mapping(_mapping(profile).get("kubespawner_override")).items():
            if trait in _MERGED and value and _for_all(upgrade, str(trait)):
                yield str(trait)


def _for_all(upgrade: ChartUpgrade, trait: str) -> object:
    path = _FOR_ALL.get(trait)
    of_chart = upgrade.given("singleuser", *path) if path else None
    return of_chart or upgrade.given("hub", "config", "KubeSpawner", trait)


def _of_4(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    if upgrade.passes(4) and upgrade.given("hub", "templatePaths"):
        yield Hazard(
            "own-pages",
            HazardSeverity.WARNING,
            "The hub’s own pages must fit a new Bootstrap",
            "JupyterHub 5 has Bootstrap 5: templates in hub.templatePaths may look broken.",
        )


def _of_authenticators(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    kind = str(upgrade.effective("hub", "config", "JupyterHub", "authenticator_class") or "").lower()

    def settings(name: str) -> Mapping[str, object]:
        return _mapping(upgrade.given("hub", "config", name))

    if upgrade.passes(4) and "ldap" in kind:
        yield Hazard(
            "ldap",
            HazardSeverity.WARNING,
            "LDAPAuthenticator gets a new major version",
            "From chart 4.0 on, use_lookup_dn_username is false unless set, which gives people other names and so "
            "other homes; and use_ssl becomes tls_strategy, which encrypts unless it is “insecure”.",
            remedy="Set both explicitly to what holds today.",
        )
    if upgrade.passes(3) and "generic" in kind and "basic_auth" not in settings("GenericOAuthenticator"):
        yield Hazard(
            "basic-auth",
            HazardSeverity.WARNING,
            "The client secret is sent in another way",
            "From chart 3.0 on, GenericOAuthenticator.basic_auth is false unless set; some login services want it.",
        )
    if upgrade.passes(3) and settings("GoogleOAuthenticator").get("admin_google_groups"):
        yield Hazard(
            "google-admins",
            HazardSeverity.WARNING,
            "Admins outside the Google groups lose their rights",
            "From chart 3.0 on, admin_google_groups and admin_users alone decide who is an admin, at each login.",
        )
    gone = [name for name in _GONE_FROM_CILOGON if name in settings("CILogonOAuthenticator")]
    if upgrade.passes(2) and gone:
        yield Hazard(
            "cilogon-settings",
            HazardSeverity.SERIOUS,
            "CILogon’s settings have moved",
            f"OAuthenticator 15 and 16 know {_listed(gone)} no more: allowed_idps holds them, by identity provider, "
            "and the hub does not start with the old ones.",
            blocks=True,
            remedy="Write allowed_idps with username_derivation for each provider, and remove the old settings.",
        )


def _mapping(node: object) -> Mapping[str, object]:
    return node if isinstance(node, Mapping) else {}


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(str, names))

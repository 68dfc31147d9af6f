"""Hazards for logins: who may still log in after an upgrade.

Sources: OAuthenticator's changelog (16.0.0, in chart 3.0: nobody is let in unless allowed; 17.0.0, in chart 4.0: groups
must be managed), JupyterHub 5.0 (in chart 4.0: the same for every other authenticator), and Zero to JupyterHub's
upgrade notes to 3 and to 4. Values that a class does not know do no harm.
"""

from collections.abc import Iterator
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity
from commands.values.hub_config import HubConfig
from commands.values.login_rules import (
    DENIES_ALL,
    DENIES_OAUTH,
    Admission,
    GroupEffect,
    admission,
    allow_rules,
    unmanaged_groups,
)

_MOST_NAMED: Final = 3


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards for logins."""
    config = upgrade.config
    name = config.authenticator
    if upgrade.passes(DENIES_OAUTH if config.is_oauth else DENIES_ALL):
        yield from _allowing(upgrade, config)
    yield from _groups(upgrade, config)
    if upgrade.passes(3) and name == "CILogonOAuthenticator" and not config.get("allowed_idps"):
        yield Hazard(
            "cilogon-providers",
            HazardSeverity.SERIOUS,
            "CILogon needs its identity providers",
            "From chart 3.0 on, the hub does not start without allowed_idps." + _perhaps(config, "allowed_idps"),
            blocks=config.is_known("allowed_idps"),
            remedy=f"Set hub.config.{name}.allowed_idps in the values.",
        )
    if upgrade.passes(4) and config.get("user_groups_claim", "AzureAdOAuthenticator"):
        yield Hazard(
            "azuread-groups",
            HazardSeverity.NOTE,
            "user_groups_claim is deprecated",
            "It still works in chart 4; auth_state_groups_key replaces it.",
        )


def _perhaps(config: HubConfig, name: str) -> str:
    return "" if config.is_known(name) else f" {_unread(config)} may set it."


def _unread(config: HubConfig) -> str:
    return f"Code that the bot cannot read ({', '.join(config.unread[:_MOST_NAMED])})"


def _allowing(upgrade: ChartUpgrade, config: HubConfig) -> Iterator[Hazard]:
    there = upgrade.there.version
    match admission(config, there):
        case Admission.NOBODY:
            yield _nobody(upgrade, config, "nobody-allowed", "Nobody could log in", blocks=True)
        case Admission.ADMINS:
            # Whoever wrote `allow_all: false` has decided it; everybody else would be surprised.
            decided = config.get("allow_all") is False
            yield _nobody(upgrade, config, "admins-alone", "Only admins could log in", blocks=not decided)
        case Admission.UNKNOWN:
            yield _nobody(upgrade, config, "nobody-allowed", "Nobody could log in", blocks=False)
    rules = allow_rules(config, there)
    if config.is_oauth and "allowed_users" in rules and "allow_existing_users" not in rules:
        yield _added_by_hand(config.authenticator)


def _nobody(upgrade: ChartUpgrade, config: HubConfig, key: str, title: str, *, blocks: bool) -> Hazard:
    name, since = config.authenticator, DENIES_OAUTH if config.is_oauth else DENIES_ALL
    lost = unmanaged_groups(config, upgrade.there.version)
    lines = [f"From chart {since}.0 on, the values must say who may log in; until now everybody whom {name} knows may."]
    if lost and lost.effect is GroupEffect.LETS_NOBODY_IN:
        lines.append(f"{' and '.join(lost.names)} let nobody in: {name} does not know them before chart 4.")
    if config.unread and not blocks and key == "nobody-allowed":
        lines.append(f"{_unread(config)} may say so.")
    return Hazard(
        key,
        HazardSeverity.SERIOUS,
        title,
        " ".join(lines),
        blocks=blocks,
        remedy=f"To allow everybody, as now: /jhub config set hub.config.{name}.allow_all true; or set "
        "allowed_users there." + (" To leave it at admins, set allow_all to false." if key == "admins-alone" else ""),
    )


def _added_by_hand(name: str) -> Hazard:
    return Hazard(
        "added-by-hand",
        HazardSeverity.WARNING,
        "People added in the hub’s admin page are locked out",
        "From chart 3.0 on, only users in the values are allowed; those whom admins added by hand no longer are.",
        remedy=f"To keep them: /jhub config set hub.config.{name}.allow_existing_users true",
    )


def _groups(upgrade: ChartUpgrade, config: HubConfig) -> Iterator[Hazard]:
    """Yield a hazard for groups that keep the new chart's hub from starting, whether the old one's started or not."""
    found = unmanaged_groups(config, upgrade.there.version)
    if found is None or found.effect is not GroupEffect.NO_START:
        return
    yield Hazard(
        "groups-unmanaged",
        HazardSeverity.SERIOUS,
        "The hub would not start: groups are not managed",
        f"From chart 4.0 on, {found.authenticator} accepts {' and '.join(found.names)} only with manage_groups.",
        blocks=True,
        remedy=f"/jhub config set hub.config.{found.authenticator}.manage_groups true",
    )

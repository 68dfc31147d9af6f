"""Hazards for logins: who may still log in after an upgrade.

Sources: OAuthenticator's changelog (16.0.0, in chart 3.0: nobody is let in unless allowed; 17.0.0, in chart 4.0: groups
must be managed), JupyterHub 5.0 (in chart 4.0: the same for every other authenticator), and Zero to JupyterHub's
upgrade notes to 3 and to 4. Values that a class does not know do no harm.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity

# The first charts that let nobody in by default: with OAuth, and with any other authenticator.
_OF_OAUTH: Final = 3
_OF_ALL: Final = 4
_CONFIG: Final = ("hub", "config")
# The classes by the short names of authenticator_class, in lower case.
_OAUTH: Final = {
    "azuread": "AzureAdOAuthenticator",
    "bitbucket": "BitbucketOAuthenticator",
    "cilogon": "CILogonOAuthenticator",
    "generic-oauth": "GenericOAuthenticator",
    "github": "GitHubOAuthenticator",
    "gitlab": "GitLabOAuthenticator",
    "globus": "GlobusOAuthenticator",
    "google": "GoogleOAuthenticator",
    "mediawiki": "MWOAuthenticator",
    "openshift": "OpenShiftOAuthenticator",
    "auth0": "Auth0OAuthenticator",
}
# Authenticators that let everybody in who passes them.
_OPEN: Final = ("tmp", "lti11", "lti13", "null", "tmpauthenticator", "ltiauthenticator", "nullauthenticator")
_NAMES: Final = ("allow_all", "allow_existing_users", "allowed_idps", "any_allow_config")
_ENTRIES: Final = ("extraConfig", "extraFiles")


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards for logins."""
    kind = str(upgrade.effective("hub", "config", "JupyterHub", "authenticator_class") or "")
    name = authenticator(kind)
    is_oauth = name.endswith("OAuthenticator")
    if (upgrade.passes(_OF_OAUTH) and is_oauth) or (upgrade.passes(_OF_ALL) and not is_oauth and not _is_open(kind)):
        yield from _allowing(upgrade, name, _OF_OAUTH if is_oauth else _OF_ALL)
    if upgrade.passes(4) and name in ("GenericOAuthenticator", "OpenShiftOAuthenticator"):
        yield from _groups(upgrade, name)
    if upgrade.passes(3) and name == "CILogonOAuthenticator" and not _settings(upgrade, name).get("allowed_idps"):
        yield Hazard(
            "cilogon-providers",
            HazardSeverity.SERIOUS,
            "CILogon needs its identity providers",
            "From chart 3.0 on, the hub does not start without allowed_idps.",
            blocks=True,
            remedy=f"Set hub.config.{name}.allowed_idps in the values.",
        )
    if upgrade.passes(4) and _settings(upgrade, "AzureAdOAuthenticator").get("user_groups_claim"):
        yield Hazard(
            "azuread-groups",
            HazardSeverity.NOTE,
            "user_groups_claim is deprecated",
            "It still works in chart 4; auth_state_groups_key replaces it.",
        )


def _allowing(upgrade: ChartUpgrade, name: str, since: int) -> Iterator[Hazard]:
    rules = _rules(upgrade, name)
    if rules - {"admin_users"}:
        if since == _OF_OAUTH and "allowed_users" in rules and "allow_existing_users" not in rules:
            yield _added_by_hand(name)
        return
    yield _nobody(upgrade, name, since, admins=bool(rules))


def _nobody(upgrade: ChartUpgrade, name: str, since: int, *, admins: bool) -> Hazard:
    in_code = any(upgrade.given("hub", entry) for entry in _ENTRIES)
    return Hazard(
        "admins-alone" if admins else "nobody-allowed",
        HazardSeverity.SERIOUS,
        "Only admins could log in" if admins else "Nobody could log in",
        f"From chart {since}.0 on, the values must say who may log in; until now everybody whom {name} knows may."
        + (" hub.extraConfig or extraFiles may say so: the bot does not look into them." if in_code else ""),
        blocks=not (admins or in_code),
        remedy=f"To allow everybody, as now: /jhub config set hub.config.{name}.allow_all true; or set "
        "allowed_users there.",
    )


def _added_by_hand(name: str) -> Hazard:
    return Hazard(
        "added-by-hand",
        HazardSeverity.WARNING,
        "People added in the hub’s admin page are locked out",
        "From chart 3.0 on, only users in the values are allowed; those whom admins added by hand no longer are.",
        remedy=f"To keep them: /jhub config set hub.config.{name}.allow_existing_users true",
    )


def _groups(upgrade: ChartUpgrade, name: str) -> Iterator[Hazard]:
    settings = _settings(upgrade, name) | _settings(upgrade, "OAuthenticator")
    if (settings.get("allowed_groups") or settings.get("admin_groups")) and not settings.get("manage_groups"):
        yield Hazard(
            "groups-unmanaged",
            HazardSeverity.SERIOUS,
            "The hub would not start: groups are not managed",
            f"From chart 4.0 on, {name} accepts allowed_groups and admin_groups only with manage_groups.",
            blocks=True,
            remedy=f"/jhub config set hub.config.{name}.manage_groups true",
        )


def authenticator(kind: str) -> str:
    """Return the name of the class that `authenticator_class` means, which its settings stand under."""
    short = kind.lower().removeprefix("local-")
    return _OAUTH.get(short) or {"ldap": "LDAPAuthenticator", "dummy": "DummyAuthenticator"}.get(
        short, kind.rpartition(".")[2] or "DummyAuthenticator"
    )


def _is_open(kind: str) -> bool:
    return kind.lower().rpartition(".")[2] in _OPEN


def _rules(upgrade: ChartUpgrade, name: str) -> set[str]:
    """Return the names of the settings that let somebody in."""
    settings = _settings(upgrade, "Authenticator") | _settings(upgrade, "OAuthenticator") | _settings(upgrade, name)
    return {
        rule
        for rule, value in settings.items()
        if value and (rule.startswith(("allow_", "allowed_")) or rule in _NAMES)
    } | ({"admin_users"} if settings.get("admin_users") else set())


def _settings(upgrade: ChartUpgrade, name: str) -> dict[str, object]:
    found = upgrade.given(*_CONFIG, name)
    return dict(found) if isinstance(found, Mapping) else {}

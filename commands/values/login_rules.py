"""Rules of who may log in, by the authenticator's settings and the chart's version. Pure.

Sources: OAuthenticator's changelog and classes (14.2, 15.1, 16.3.1 and 17.4.0, run), JupyterHub 5.5's auth.py. Chart 3
has OAuthenticator 16, which lets nobody in unless told to; chart 4 has OAuthenticator 17 and JupyterHub 5, where that
goes for every authenticator.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from commands.values.hub_code import ANY
from commands.values.hub_config import CONFIG, HubConfig
from commands.values.schema_errors import SchemaViolation, violation_at

# The first charts that let nobody in by default: with OAuth, and with any other authenticator.
DENIES_OAUTH: Final = 3
DENIES_ALL: Final = 4
# Authenticators that let everybody in who passes them: DummyAuthenticator has allow_all by default.
_OPEN: Final = frozenset({"tmp", "lti11", "lti13", "null", "tmpauthenticator", "ltiauthenticator"}) | {
    "nullauthenticator",
    "dummyauthenticator",
}
ADMINS: Final = "admin_users"
_GROUPS: Final = ("allowed_groups", "admin_groups")
# What OAuthenticator 17 does not start with unless it manages groups: each of its classes, and GenericOAuthenticator.
_NEED_MANAGEMENT: Final = (*_GROUPS, "auth_state_groups_key")
_GENERIC_NEEDS: Final = "claim_groups_key"
# The classes that knew the two kinds of groups before OAuthenticator 17.
_KNEW_GROUPS: Final = ("GenericOAuthenticator", "OpenShiftOAuthenticator")


class Admission(Enum):
    """Who may log in by the values: people whom they allow, admins alone, nobody; or code decides."""

    SOMEBODY = "somebody"
    ADMINS = "admins"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class GroupEffect(Enum):
    """What a hub makes of groups in its values that it does not manage."""

    NO_START = "no start"
    LETS_NOBODY_IN = "lets nobody in"
    IGNORED = "ignored"


@dataclass(frozen=True)
class UnmanagedGroups:
    """Settings about groups that have no effect or a bad one, by the class of the authenticator."""

    effect: GroupEffect
    names: tuple[str, ...]
    authenticator: str


def admission(config: HubConfig, chart_version: str) -> Admission:
    """Return who may log in with that version of the chart."""
    if not config.class_is_known:
        return Admission.UNKNOWN
    if _lets_in_by_default(config, chart_version):
        return Admission.SOMEBODY
    if allow_rules(config, chart_version):
        return Admission.SOMEBODY
    if _may_allow(config):
        return Admission.UNKNOWN
    return Admission.ADMINS if _admins(config, chart_version) else Admission.NOBODY


def lets_in_everybody(config: HubConfig, chart_version: str) -> bool:
    """Return True if everybody gets in whom the authenticator knows, and code cannot change that."""
    if config.get("allow_all") is True:
        return config.is_known("allow_all")
    is_open = _lets_in_by_default(config, chart_version) and config.class_is_known
    return is_open and not allow_rules(config, chart_version) and not _may_allow(config)


def _lets_in_by_default(config: HubConfig, chart_version: str) -> bool:
    return major(chart_version) < (DENIES_OAUTH if config.is_oauth else DENIES_ALL) or _is_open(config)


def allow_rules(config: HubConfig, chart_version: str) -> frozenset[str]:
    """Return the names of the settings that let somebody in who is no admin."""
    lost = unmanaged_groups(config, chart_version)
    return frozenset(
        name
        for name, value in config.traits().items()
        if value and _is_rule(name) and not (lost and name in lost.names) and config.is_known(name)
    )


def unmanaged_groups(config: HubConfig, chart_version: str) -> UnmanagedGroups | None:
    """Return what is wrong with groups in the values, or None: also if code may make it right."""
    if not config.is_oauth or not config.class_is_known:
        return None
    version, name = major(chart_version), config.authenticator
    special = (_GENERIC_NEEDS,) if name == _KNEW_GROUPS[0] else ()
    wanted = (*_NEED_MANAGEMENT, *special) if version >= DENIES_ALL else _GROUPS
    names = tuple(one for one in wanted if config.get(one) and config.is_known(one))
    if not names or (version >= DENIES_ALL and (config.get("manage_groups") or not config.is_known("manage_groups"))):
        return None
    if version >= DENIES_ALL:
        return UnmanagedGroups(GroupEffect.NO_START, names, name)
    if name in _KNEW_GROUPS:
        return None
    effect = GroupEffect.LETS_NOBODY_IN if version >= DENIES_OAUTH else GroupEffect.IGNORED
    return UnmanagedGroups(effect, names, name)


def login_violations(config: HubConfig, chart_version: str) -> tuple[SchemaViolation, ...]:
    """Return the settings about groups that keep the hub of that chart from starting; none for an unknown version."""
    found = unmanaged_groups(config, chart_version)
    if found is None or found.effect is not GroupEffect.NO_START:
        return ()
    first = f"/jhub config set {'.'.join(CONFIG)}.{found.authenticator}.manage_groups true"
    why = f"keeps the hub from starting without manage_groups (OAuthenticator 17): first {first}"
    return tuple(violation_at((*CONFIG, _owner(config, name), name), why) for name in found.names)


def closing(before: HubConfig, after: HubConfig, chart_version: str) -> str:
    """Return a warning if a change of the values takes the last rule by which people log in, else nothing."""
    now = admission(after, chart_version)
    if admission(before, chart_version) is not Admission.SOMEBODY or now in (Admission.SOMEBODY, Admission.UNKNOWN):
        return ""
    who = "Nobody" if now is Admission.NOBODY else "Nobody but admins"
    return f"{who} could log in any more: no other value allows anybody."


def _owner(config: HubConfig, name: str) -> str:
    return next((one for one in config.authenticators if config.get(name, one) is not None), config.authenticator)


def _is_rule(name: str) -> bool:
    return name.startswith(("allow_", "allowed_")) or name == "any_allow_config"


def _is_open(config: HubConfig) -> bool:
    named = config.authenticator_class.lower().rpartition(".")[2] or config.authenticator.lower()
    return named in _OPEN or config.authenticator.lower() in _OPEN


def _admins(config: HubConfig, chart_version: str) -> bool:
    lost = unmanaged_groups(config, chart_version)
    by_group = bool(config.get("admin_groups")) and not (lost and "admin_groups" in lost.names)
    return by_group or bool(config.get(ADMINS))


def _may_allow(config: HubConfig) -> bool:
    """Return True if code that cannot be read may let somebody in."""
    names = (ADMINS, "admin_groups", "manage_groups")
    return any(
        (owner == ANY or owner in config.authenticators) and (name == ANY or _is_rule(name) or name in names)
        for owner, name in config.code.doubted
    )


def major(version: str) -> int:
    """Return the major version; 0 if it is unknown."""
    found = re.match(r"v?(\d{1,4})\.", version)
    return int(found[1]) if found else 0

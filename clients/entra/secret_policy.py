"""App management policies of Entra, limited to what they say of client secrets.

Graph v1.0: tenantAppManagementPolicy (`/policies/defaultAppManagementPolicy`), appManagementPolicy
(`/applications/{id}/appManagementPolicies`) and passwordCredentialConfiguration. A restriction counts for apps that
were created at or after a date, or for all where it names none. A policy of the app's own takes precedence over the
tenant's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.answers import Json, UnreadableError, moment, part, parts, text

_ADDITION: Final = "passwordAddition"
_LIFETIME: Final = "passwordLifetime"
_TENANT: Final = "the tenant’s default policy"
_MOST: Final = 50
_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})(?:\.\d{1,9})?S)?)?"
)


@dataclass(frozen=True)
class SecretPolicy:
    """What policies say of a new client secret of one app. `name` is that of the policy, in words.

    `forbids` is True if none may be added, `longest` how long one may be valid (None: any time). `certain` is False
    where Graph does not tell if it counts for this app and whoever adds the secret.
    """

    forbids: bool = False
    longest: timedelta | None = None
    certain: bool = True
    name: str = ""


@dataclass(frozen=True)
class _Restriction:
    kind: str
    longest: timedelta | None
    certain: bool
    name: str


def secret_policy(tenant: Json, own: Sequence[Json], created: datetime | None) -> SecretPolicy:
    """Return what the tenant's policy and the app's own ones say for an app that was created then (None: unknown).

    Raise UnreadableError for what is no policy of a tenant.
    """
    if not isinstance(tenant.get("isEnabled"), bool):
        raise UnreadableError
    mine = [one for policy in own if policy.get("isEnabled") is not False for one in _of_app(policy, created)]
    tenants = list(_of_tenant(tenant, created)) if tenant.get("isEnabled") is True else []
    # Graph's documentation leaves open if an app with a policy of its own inherits what that does not speak of.
    spoken = {one.kind for one in mine}
    inherited = [one for one in tenants if one.kind not in spoken and not _is_off(own, one.kind)]
    found = [*mine, *inherited]
    unsure = bool(own) and bool(inherited)
    bans = [one for one in found if one.kind == _ADDITION]
    caps = [one for one in found if one.kind == _LIFETIME and one.longest is not None]
    shortest = min(caps, key=lambda one: one.longest or timedelta.max, default=None)
    named = next(iter(bans), shortest)
    return SecretPolicy(
        forbids=bool(bans),
        longest=shortest.longest if shortest else None,
        certain=all(one.certain for one in bans) and not (unsure and bans and bans[0] in inherited),
        name=named.name if named else "",
    )


def _of_app(policy: Json, created: datetime | None) -> Iterator[_Restriction]:
    return _restrictions(part(policy, "restrictions"), f"the policy “{text(policy, 'displayName')[:80]}”", created)


def _of_tenant(policy: Json, created: datetime | None) -> Iterator[_Restriction]:
    return _restrictions(part(policy, "applicationRestrictions"), _TENANT, created)


def _restrictions(its: Json, name: str, created: datetime | None) -> Iterator[_Restriction]:
    for one in parts(its, "passwordCredentials")[:_MOST]:
        since = moment(one, "restrictForAppsCreatedAfterDateTime")
        if text(one, "state") == "disabled" or (since and created and created < since):
            continue
        certain = not (since and created is None) and not one.get("excludeActors")
        yield _Restriction(text(one, "restrictionType"), duration(text(one, "maxLifetime")), certain, name)


def _is_off(own: Sequence[Json], kind: str) -> bool:
    """Return True if a policy of the app's own turns that restriction off."""
    listed = (one for policy in own for one in parts(part(policy, "restrictions"), "passwordCredentials")[:_MOST])
    return any(text(one, "restrictionType") == kind and text(one, "state") == "disabled" for one in listed)


def duration(written: str) -> timedelta | None:
    """Return an ISO 8601 duration, years of 365 and months of 30 days; None for what is none, or none at all."""
    found = _DURATION.fullmatch(written)
    if found is None:
        return None
    its = {name: int(value) for name, value in found.groupdict().items() if value}
    days = its.get("years", 0) * 365 + its.get("months", 0) * 30 + its.get("weeks", 0) * 7 + its.get("days", 0)
    hours = {name: its.get(name, 0) for name in ("hours", "minutes", "seconds")}
    return timedelta(days=days, **hours) if its else None

"""App management policies: which client secrets Entra refuses, with Graph's codes.

Shapes of Graph v1.0; an app's own policy counts instead of the tenant's. Lifetimes are whole days here ("P90D").
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.apiserver.objects.resource_kinds import Json


class PolicyError(Exception):
    """A refusal by a policy; `code` is Graph's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_allowed(created: datetime | None, own: Sequence[Json], tenant: Json, life: timedelta) -> None:
    """Raise PolicyError if a policy, of the app's own or of the tenant, forbids a client secret of that life."""
    sources = [one["restrictions"] for one in own if one.get("isEnabled")]
    if not own and tenant.get("isEnabled"):
        sources = [tenant.get("applicationRestrictions") or {}]
    for one in (each for source in sources for each in source.get("passwordCredentials") or ()):
        since = one.get("restrictForAppsCreatedAfterDateTime")
        if one.get("state") == "disabled" or (since and created and created < datetime.fromisoformat(since)):
            continue
        if one["restrictionType"] == "passwordAddition":
            code = "CredentialTypeNotAllowedAsPerAppPolicy"
            raise PolicyError(code, "Credential type not allowed as per assigned policy.")
        if one["restrictionType"] == "passwordLifetime" and life > timedelta(days=int(one["maxLifetime"][1:-1])):
            code = "CredentialInvalidLifetimeAsPerAppPolicy"
            raise PolicyError(code, "Credential lifetime exceeds the max value allowed as per assigned policy.")

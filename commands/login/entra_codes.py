"""Entra's codes of refused logins (AADSTS…), each with its meaning and who mends it.

After Microsoft's "Microsoft Entra authentication and authorization error codes" (Microsoft Learn, identity platform; as
of 2024-04 to 2026), 9002327 after the message that Entra's token endpoint sends. A code that is not here is not known:
its number is said, and nothing about it is guessed. Microsoft explains each at login.microsoftonline.com/error?code=….
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from commands.kubernetes.problem import Step

_ROTATE: Final = Step("Rotate the secret", "/jhub auth rotate")
_SETTINGS: Final = Step("Show login", "/jhub auth")
_ADMIN: Final = "An administrator of Entra"


@dataclass(frozen=True)
class EntraCode:
    """A code: what it means, and the way out with whose it is. `step` is what can be typed here.

    `is_own` says that it is about one person's account, device or click: it is no fault of the hub's login.
    """

    meaning: str
    way: str
    step: Step | None = None
    is_own: bool = False


# What is wrong with a client secret itself.
SECRET_CODES: Final = frozenset({7000215, 70002, 7000222})
_GUEST: Final = EntraCode(
    "the account is of another organisation or a personal one, and no guest of the hub’s tenant",
    f"{_ADMIN} invites it as a guest (B2B); or the person signs in with their account of this organisation.",
)
_NO_APP: Final = EntraCode(
    "the tenant has no application with the hub’s client id",
    "Whoever configures the hub checks client_id and tenant_id in hub.config; or the app registration was deleted.",
    _SETTINGS,
)
_DISABLED: Final = EntraCode(
    "the hub’s application is disabled in the tenant",
    f"{_ADMIN} enables sign-in for the enterprise application again.",
)
_CONSENT: Final = EntraCode(
    "nobody has consented to what the hub’s application asks for",
    f"{_ADMIN} grants admin consent in the app registration, under API permissions.",
)
_ACCESS_POLICY: Final = EntraCode(
    "a Conditional Access policy of the organisation does not let them in",
    f"{_ADMIN} finds the policy in the sign-in logs of Entra, and exempts the hub or says what it requires.",
)
_DEVICE: Final = EntraCode(
    "a Conditional Access policy wants a device that the organisation manages",
    f"The person uses such a device; {_ADMIN[0].lower()}{_ADMIN[1:]} decides whether the hub needs one.",
)
_MFA: Final = EntraCode(
    "a second factor is required, and was not given or is not set up",
    "The person sets it up or confirms it, and logs in again.",
    is_own=True,
)
_CALLBACK: Final = EntraCode(
    "the address to which people are sent back is not among those of the app registration",
    "The owner of the app registration adds the hub’s callback to its redirect URIs (Web).",
    _SETTINGS,
)
_WRONG_SECRET: Final = EntraCode(
    "the hub’s client secret is wrong",
    "Whoever runs the hub gives it a new one: nobody can log in until then.",
    _ROTATE,
)
_GONE_CODE: Final = EntraCode(
    "the login took too long, or its page was loaded a second time",
    "The person logs in again, from the hub’s first page.",
    is_own=True,
)
_TENANT: Final = EntraCode(
    "there is no such tenant", "Whoever configures the hub corrects tenant_id in hub.config.", _SETTINGS
)
_PARTNER: Final = EntraCode(
    "a cross-tenant access policy does not let the account into the hub’s tenant",
    f"{_ADMIN} of the organisation whose policy it is changes that.",
)
_AUDIENCE: Final = EntraCode(
    "the application is for one tenant only, and the hub sends people to the endpoint for all",
    "Whoever configures the hub sets tenant_id in hub.config to the id of the tenant.",
    _SETTINGS,
)
ENTRA_CODES: Final[Mapping[int, EntraCode]] = {
    50105: EntraCode(
        "the person is not assigned to the hub’s enterprise application",
        f"{_ADMIN}, or the application’s owner, assigns them or a group of theirs (Users and groups).",
    ),
    65001: _CONSENT,
    90008: _CONSENT,
    90094: EntraCode(
        "only an administrator may consent to what the hub’s application asks for",
        f"{_ADMIN} grants admin consent in the app registration, under API permissions.",
    ),
    90095: EntraCode(
        "the person was told to ask an administrator for consent to the hub’s application",
        f"{_ADMIN} answers the request, or grants admin consent in the app registration.",
    ),
    65004: EntraCode(
        "the person declined the consent that the hub’s application asks for",
        "They log in again and accept; or an administrator grants consent for all.",
        is_own=True,
    ),
    65005: EntraCode(
        "the hub asks for a permission that its app registration does not list",
        "The owner of the app registration adds it under API permissions; or hub.config asks for less (scope).",
    ),
    650056: EntraCode(
        "the app registration lists no such permission, or nobody has consented to it",
        f"{_ADMIN} checks its API permissions and grants admin consent.",
    ),
    7000215: _WRONG_SECRET,
    70002: _WRONG_SECRET,
    7000222: EntraCode(
        "the hub’s client secret has expired",
        "Whoever runs the hub gives it a new one: nobody can log in until then.",
        _ROTATE,
    ),
    7000218: EntraCode(
        "the hub sends no client secret",
        "Whoever configures the hub puts one into its values (client_secret).",
        _SETTINGS,
    ),
    700025: EntraCode(
        "the app registration is one of a public client, which may not use a client secret",
        "Its owner registers the hub’s callback under the platform “Web”, and allows no public client flows.",
        _SETTINGS,
    ),
    9002327: EntraCode(
        "the hub’s callback is registered as that of a single-page application",
        "The owner of the app registration moves the callback to the platform “Web”.",
        _SETTINGS,
    ),
    50011: _CALLBACK,
    70004: _CALLBACK,
    900971: _CALLBACK,
    700016: _NO_APP,
    700011: _NO_APP,
    70001: _DISABLED,
    7000112: _DISABLED,
    50194: _AUDIENCE,
    90130: _AUDIENCE,
    90124: _AUDIENCE,
    90002: _TENANT,
    50020: _GUEST,
    16000: _GUEST,
    16003: _GUEST,
    50014: _GUEST,
    50034: EntraCode(
        "the hub’s tenant has no such account",
        "The person signs in with another account, or an administrator of Entra invites this one.",
    ),
    51004: EntraCode(
        "the hub’s tenant has no such account",
        "The person signs in with another account, or an administrator of Entra invites this one.",
    ),
    90072: _GUEST,
    500212: _PARTNER,
    500213: _PARTNER,
    53003: _ACCESS_POLICY,
    530032: _ACCESS_POLICY,
    530035: EntraCode(
        "the security defaults of the tenant block it", f"{_ADMIN} finds the reason in the sign-in logs of Entra."
    ),
    50131: _ACCESS_POLICY,
    50005: _DEVICE,
    50097: _DEVICE,
    53000: _DEVICE,
    53001: _DEVICE,
    53002: EntraCode(
        "a Conditional Access policy allows only certain apps, and the browser used is none of them",
        f"The person uses one of them; {_ADMIN[0].lower()}{_ADMIN[1:]} knows which.",
    ),
    53004: _MFA,
    50072: _MFA,
    50074: _MFA,
    50076: _MFA,
    50079: _MFA,
    50057: EntraCode(
        "the person’s account is disabled", f"{_ADMIN} enables it, if it is meant to log in.", is_own=True
    ),
    50053: EntraCode(
        "the account is locked after many wrong passwords, or the address it came from is blocked",
        f"{_ADMIN} sees in the sign-in logs which.",
        is_own=True,
    ),
    54005: _GONE_CODE,
    70000: _GONE_CODE,
    70008: _GONE_CODE,
    90033: EntraCode("the directory of Entra does not answer for now", "It passes: Microsoft’s service health tells."),
}
_LONGEST: Final = 8


def name_of(code: int) -> str:
    """Return the code as Entra writes it: "AADSTS50105"."""
    return f"AADSTS{code}"


def is_code(written: str) -> bool:
    """Return True if the digits can be one of Entra's codes."""
    return written.isascii() and written.isdecimal() and 5 <= len(written) <= _LONGEST  # noqa: PLR2004 - the shortest

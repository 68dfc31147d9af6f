"""Settings of the hub's login by its release's values: the client, the callback, who may log in, where the secret is.

z2jh 4.4 hands `hub.config.<Class>.<name>` to the hub; oauthenticator 17's AzureAdOAuthenticator takes its own section
first, then those of the classes it is made from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.helm import Release

_CLASSES: Final = ("AzureAdOAuthenticator", "OAuthenticator", "Authenticator")
_TRAIT: Final = "client_secret"
# What AzureAdOAuthenticator takes the name from unless told otherwise (oauthenticator 17, azuread.py).
DEFAULT_CLAIM: Final = "name"


@dataclass(frozen=True)
class LoginSettings:
    """The login settings of the values; empty where the values have none.

    `secret_path` is where the client secret stands in them, `elsewhere` where it comes from if it does not.
    """

    authenticator: str
    tenant: str
    client_id: str
    callback: str
    username_claim: str
    allow_all: bool
    groups: tuple[str, ...]
    manages_groups: bool
    users: int
    admins: int
    base: str
    secret_path: tuple[str, ...]
    elsewhere: str

    @property
    def is_entra(self) -> bool:
        """True if people log in by Microsoft Entra."""
        return "azuread" in self.authenticator.lower()

    @property
    def page(self) -> str:
        """The path at which a login begins."""
        return f"{self.base}hub/oauth_login"

    def expected_callback(self, host: str) -> str:
        """Return where Entra has to send people back to, for a hub that they open at this host."""
        return f"https://{host}{self.base}hub/oauth_callback"


def login_settings(release: Release) -> LoginSettings:
    """Return the login settings of a revision's values."""
    base = str(release.value("hub", "baseUrl") or "/").strip("/")
    elsewhere = _elsewhere(release)
    return LoginSettings(
        authenticator=str(release.value("hub", "config", "JupyterHub", "authenticator_class") or "none"),
        tenant=_text(release, "tenant_id"),
        client_id=_text(release, "client_id").lower(),
        callback=_text(release, "oauth_callback_url"),
        username_claim=_text(release, "username_claim") or DEFAULT_CLAIM,
        allow_all=_setting(release, "allow_all") is True,
        groups=tuple(_names(_setting(release, "allowed_groups"))),
        manages_groups=_setting(release, "manage_groups") is True,
        users=len(list(_names(_setting(release, "allowed_users")))),
        admins=len(list(_names(_setting(release, "admin_users")))),
        base=f"/{base}/" if base else "/",
        secret_path=() if elsewhere else _secret_path(release),
        elsewhere=elsewhere or ("" if _secret_path(release) else "an unknown place: the values do not name one"),
    )


def client_secret(release: Release, path: Sequence[str]) -> str:
    """Return the client secret at a path of the values, for comparing and testing alone; empty if there is none."""
    found = release.value(*path) if path else None
    return found if isinstance(found, str) else ""


def _secret_path(release: Release) -> tuple[str, ...]:
    paths = (("hub", "config", one, _TRAIT) for one in _CLASSES)
    return next((path for path in paths if client_secret(release, path)), ())


def _elsewhere(release: Release) -> str:
    """Return where the secret comes from, if what stands in `hub.config` is not what counts."""
    if existing := release.value("hub", "existingSecret"):
        return f"the Secret {existing} (hub.existingSecret)"
    code = release.value("hub", "extraConfig")
    if isinstance(code, Mapping) and any(_TRAIT in str(part) for part in code.values()):
        return "code in hub.extraConfig"
    if _secret_path(release):
        return ""
    return next(_in_environment(release.value("hub", "extraEnv")), "")


def _in_environment(given: object) -> Iterator[str]:
    """Yield the environment variables that hold a client secret.

    z2jh takes a mapping of names, or Kubernetes' own list.
    """
    named: Mapping[str, object] = {}
    if isinstance(given, Mapping):
        named = given
    elif isinstance(given, list):
        named = {str(one.get("name")): one for one in given if isinstance(one, Mapping)}
    for name, value in named.items():
        if name.upper().endswith("CLIENT_SECRET"):
            yield f"the variable {name} (hub.extraEnv){_reference(value)}"


def _reference(value: object) -> str:
    for step in ("valueFrom", "secretKeyRef", "name"):
        value = value.get(step) if isinstance(value, Mapping) else None
    return f", from the Secret {value}" if isinstance(value, str) else ""


def _setting(release: Release, name: str) -> object:
    found = (release.value("hub", "config", one, name) for one in _CLASSES)
    return next((value for value in found if value is not None), None)


def _text(release: Release, name: str) -> str:
    value = _setting(release, name)
    return value.strip() if isinstance(value, str) else ""


def _names(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple | Mapping):
        yield from (str(one) for one in value)

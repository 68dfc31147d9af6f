"""Settings of the hub's login by its release's values: the client, the callback, who may log in, where the secret is.

They are what `hub.config` and the code in the values set, as far as that can be read (`commands.values.hub_config`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.helm import Release
from commands.values.hub_config import HubConfig
from commands.values.login_rules import Admission, UnmanagedGroups, admission, lets_in_everybody, unmanaged_groups

_TRAIT: Final = "client_secret"
# What AzureAdOAuthenticator takes the name from unless told otherwise (oauthenticator 17, azuread.py).
DEFAULT_CLAIM: Final = "name"
_DOUBTED: Final = ("client_id", "tenant_id", "oauth_callback_url", "username_claim", "admin_users")


@dataclass(frozen=True)
class LoginSettings:
    """The login settings of the values; empty where the values have none.

    `secret_path` is where the client secret stands in them, `elsewhere` where it comes from if it does not. `admission`
    is who may log in; `unmanaged` are settings about groups that the hub does not manage.
    `everybody` is True if all get in whom Entra lets sign in.
    `unknown` are settings that code which cannot be read may make, at the places of `unread`.
    """

    authenticator: str
    tenant: str
    client_id: str
    callback: str
    username_claim: str
    everybody: bool
    groups: tuple[str, ...]
    users: int
    admins: int
    base: str
    secret_path: tuple[str, ...]
    elsewhere: str
    chart_version: str
    admission: Admission
    unmanaged: UnmanagedGroups | None
    unknown: frozenset[str]
    unread: tuple[str, ...]

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
    config = HubConfig(release.values)
    elsewhere = _other_source(release, config)
    path = _secret_path(release, config)
    return LoginSettings(
        authenticator=config.authenticator_class or ("none" if config.class_is_known else "code in hub.extraConfig"),
        tenant=_text(config, "tenant_id"),
        client_id=_text(config, "client_id").lower(),
        callback=_text(config, "oauth_callback_url"),
        username_claim=_text(config, "username_claim") or DEFAULT_CLAIM,
        everybody=lets_in_everybody(config, release.chart.version),
        groups=tuple(_names(config.get("allowed_groups"))),
        users=len(list(_names(config.get("allowed_users")))),
        admins=len(list(_names(config.get("admin_users")))),
        base=f"/{base}/" if base else "/",
        secret_path=() if elsewhere else path,
        elsewhere=elsewhere or ("" if path else "an unknown place: the values do not name one"),
        chart_version=release.chart.version,
        admission=admission(config, release.chart.version),
        unmanaged=unmanaged_groups(config, release.chart.version),
        unknown=frozenset(name for name in _DOUBTED if not config.is_known(name)),
        unread=config.unread,
    )


def client_secret(release: Release, path: Sequence[str]) -> str:
    """Return the client secret at a path of the values, for comparing and testing alone; empty if there is none."""
    found = release.value(*path) if path else None
    return found if isinstance(found, str) else ""


def _secret_path(release: Release, config: HubConfig) -> tuple[str, ...]:
    """Return where `hub.config` has the secret, whatever code makes of it later."""
    paths = (("hub", "config", one, _TRAIT) for one in config.authenticators)
    return next((path for path in paths if client_secret(release, path)), ())


def _other_source(release: Release, config: HubConfig) -> str:
    """Return where the secret comes from, if what stands in `hub.config` is not what counts."""
    if existing := release.value("hub", "existingSecret"):
        return f"the Secret {existing} (hub.existingSecret)"
    path = _secret_path(release, config)
    is_overridden = config.get(_TRAIT) not in (None, client_secret(release, path))
    if is_overridden or (not config.is_known(_TRAIT) and _named_in_code(release)):
        return "code in hub.extraConfig"
    return "" if path else next(_in_environment(release.value("hub", "extraEnv")), "")


def _named_in_code(release: Release) -> bool:
    code = release.value("hub", "extraConfig")
    return isinstance(code, Mapping) and any(_TRAIT in str(part) for part in code.values())


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


def _text(config: HubConfig, name: str) -> str:
    """Return a text; empty if code that cannot be read names the setting, and so is likely to make it."""
    if any(config.code.names(owner, name) for owner in config.authenticators):
        return ""
    value = config.get(name)
    return value.strip() if isinstance(value, str) else ""


def _names(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple | set | Mapping):
        yield from (str(one) for one in value)

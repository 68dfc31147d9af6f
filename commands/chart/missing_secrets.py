"""Secrets that a hub needs and that are given nowhere, by path. Pure.

Sources: Zero to JupyterHub 4.4.0, templates/hub/_helpers-passwords.tpl, which generates what is listed here as
generated, and templates/image-pull-secret.yaml; OAuthenticator 17.4 (`client_secret`, else a variable of the hub's
environment).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from clients.values import dotted
from commands.chart.hazard import value_at
from commands.values.hub_config import HubConfig
from commands.values.schema_errors import effective_values
from commands.values.secrets import leaves

_GENERATED: Final = re.compile(
    r"proxy\.secretToken|hub\.cookieSecret|hub\.config\.JupyterHub\.(cookie_secret|proxy_auth_token)"
    r"|hub\.config\.ConfigurableHTTPProxy\.auth_token|hub\.config\.CryptKeeper\.keys|hub\.services\..+"
)
# Where the hub may get a client secret that the values do not show.
_ELSEWHERE: Final = ("existingSecret", "extraConfig", "extraEnv", "extraFiles", "extraVolumes", "extraConfigMap")
_IS_CLIENT_SECRET: Final = re.compile(r"client_?secret", re.IGNORECASE)


def missing_secrets(values: Mapping[str, object], defaults: Mapping[str, object]) -> tuple[str, ...]:
    """Return the paths of secrets that are not among the values, which are everything that helm would get."""
    return tuple(dict.fromkeys((*_placeholders(values), *_needed(effective_values(values, defaults)))))


def _placeholders(values: Mapping[str, object]) -> Iterator[str]:
    for leaf in leaves(values):
        path = dotted(leaf.path)
        if leaf.secret and leaf.value == "" and not _GENERATED.fullmatch(path):
            yield path


def _needed(values: Mapping[str, object]) -> Iterator[str]:
    config = HubConfig(values)
    given = {one: config.is_oauth and bool(config.get(one)) for one in ("client_id", "client_secret")}
    # Where not even the client is named, both come from elsewhere.
    if given["client_id"] and not given["client_secret"] and not _comes_otherwise(values):
        yield f"hub.config.{config.authenticator}.client_secret"
    if value_at(values, ("imagePullSecret", "create")) is True and not value_at(
        values, ("imagePullSecret", "password")
    ):
        yield "imagePullSecret.password"


def _comes_otherwise(values: Mapping[str, object]) -> bool:
    hub = values.get("hub")
    given = [hub.get(name) for name in _ELSEWHERE] if isinstance(hub, Mapping) else []
    return bool(given and given[0]) or _IS_CLIENT_SECRET.search(repr(given[1:])) is not None

"""The configuration that Helm values give JupyterHub: `hub.config`, then the code beside it, as far as it can be read.

z2jh (files/hub/jupyterhub_config.py of 1.1.3 to 4.4.0) applies `hub.config`, then runs each `hub.extraConfig`, in the
order of their names. Files below `jupyterhub_config.d` that `hub.extraFiles` mounts run before both in chart 1, and
between the two since chart 2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from commands.values.hub_code import HubCode, read_code

CONFIG: Final = ("hub", "config")
_DROP_IN: Final = "jupyterhub_config.d"
_HUB: Final = "JupyterHub"
# The classes by the short names of authenticator_class (oauthenticator and the authenticators of z2jh's hub image).
AUTHENTICATORS: Final = {
    "auth0": "Auth0OAuthenticator",
    "azuread": "AzureAdOAuthenticator",
    "bitbucket": "BitbucketOAuthenticator",
    "cilogon": "CILogonOAuthenticator",
    "dummy": "DummyAuthenticator",
    "generic-oauth": "GenericOAuthenticator",
    "github": "GitHubOAuthenticator",
    "gitlab": "GitLabOAuthenticator",
    "globus": "GlobusOAuthenticator",
    "google": "GoogleOAuthenticator",
    "ldap": "LDAPAuthenticator",
    "mediawiki": "MWOAuthenticator",
    "null": "NullAuthenticator",
    "openshift": "OpenShiftOAuthenticator",
    "pam": "PAMAuthenticator",
}
OAUTH: Final = "OAuthenticator"


@dataclass(frozen=True)
class HubConfig:
    """The configuration by these values, of a chart whose defaults are included or stand for nothing."""

    values: Mapping[str, object] = field(repr=False)

    @cached_property
    def code(self) -> HubCode:
        """What the code makes of `hub.config`."""
        return read_code(tuple(code_pieces(self.values)), _sections(self.values))

    @property
    def unread(self) -> tuple[str, ...]:
        """The places of code that may set something and cannot be read."""
        return tuple(self.code.unread)

    @property
    def class_is_known(self) -> bool:
        """False if code that cannot be read names the authenticator's class."""
        return not self.code.names(_HUB, "authenticator_class")

    @property
    def authenticator_class(self) -> str:
        """The value of `authenticator_class`; empty if there is none, or if it is not known."""
        found = self.code.known.get((_HUB, "authenticator_class"))
        return found if self.class_is_known and isinstance(found, str) else ""

    @cached_property
    def authenticators(self) -> tuple[str, ...]:
        """The authenticator's class, and those that it is made of: a setting of an earlier one wins."""
        return authenticator_classes(self.authenticator_class)

    @property
    def authenticator(self) -> str:
        """The name of the authenticator's class, without the `Local` of those that make accounts on the machine."""
        return next(one for one in self.authenticators if not one.startswith("Local"))

    @property
    def is_oauth(self) -> bool:
        """True if it is one of oauthenticator's classes, or made of one."""
        return OAUTH in self.authenticators

    def get(self, name: str, *owners: str) -> object:
        """Return a trait of the first of these classes that has it set, of the authenticator if none is named."""
        found = (self.code.known.get((owner, name)) for owner in owners or self.authenticators)
        return next((value for value in found if value is not None), None)

    def is_known(self, name: str, *owners: str) -> bool:
        """Return False if code that cannot be read may set this trait of these classes, or of the authenticator."""
        if not owners and not self.class_is_known:
            return False
        return not any(self.code.may_set(owner, name) for owner in owners or self.authenticators)

    def traits(self, *owners: str) -> dict[str, object]:
        """Return what is set in these classes, or in the authenticator's."""
        made: dict[str, object] = {}
        for owner in reversed(owners or self.authenticators):
            made |= {name: value for (one, name), value in self.code.known.items() if one == owner}
        return made


def authenticator_classes(named: str) -> tuple[str, ...]:
    """Return the classes of an `authenticator_class`, the most special first; z2jh's default is `dummy`."""
    short = named.lower()
    is_local = short.startswith("local-")
    bare = AUTHENTICATORS.get(short.removeprefix("local-")) or named.rpartition(".")[2] or AUTHENTICATORS["dummy"]
    if bare.startswith("Local") and bare.endswith(OAUTH):
        is_local, bare = True, bare.removeprefix("Local")
    local = (f"Local{bare}", "LocalAuthenticator") if is_local else ()
    oauth = (OAUTH,) if bare.endswith(OAUTH) else ()
    return tuple(dict.fromkeys((*local, bare, *oauth, "Authenticator")))


def _sections(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    config = _at(values, *CONFIG)
    return {
        str(owner): {str(name): value for name, value in traits.items()}
        for owner, traits in (config.items() if isinstance(config, Mapping) else ())
        if isinstance(traits, Mapping)
    }


def code_pieces(values: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """Yield the pieces of code with their places, in the order in which they run; None for one without a text."""
    files = _at(values, "hub", "extraFiles")
    for name, one in sorted(files.items()) if isinstance(files, Mapping) else ():
        path = str(_at(one, "mountPath") or "")
        # Of that folder the hub loads `*.py` alone.
        if path.endswith("jupyterhub_config.py") or (_DROP_IN in path and path.endswith(".py")):
            text = _at(one, "stringData")
            yield f"hub.extraFiles.{name}", text if isinstance(text, str) else None
    code = _at(values, "hub", "extraConfig")
    pieces = code.items() if isinstance(code, Mapping) else [("", code)] if isinstance(code, str) else ()
    for name, text in sorted((str(name), text) for name, text in pieces if isinstance(text, str)):
        yield f"hub.extraConfig.{name}".rstrip("."), text


def _at(values: object, *path: str) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values

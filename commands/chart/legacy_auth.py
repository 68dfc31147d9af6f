"""The settings for logins under `auth:`, of charts before 0.11, and their names in `hub.config` since.

Sources: Zero to JupyterHub 1.1.3, templates/_helpers-auth-rework.tpl, which has the old names and the new, and 0.10.6,
files/hub/jupyterhub_config.py, which shows what the old ones meant.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from commands.values.draft import Draft, Names, dotted

OLD: Final = "auth"
_CLASSES: Final = {
    **{name: name for name in ("google", "github", "cilogon", "gitlab", "azuread", "mediawiki", "globus", "dummy")},
    "hmac": "hmacauthenticator.HMACAuthenticator",
    "tmp": "tmpauthenticator.TmpAuthenticator",
    "lti": "ltiauthenticator.LTIAuthenticator",
    "ldap": "ldapauthenticator.LDAPAuthenticator",
}
_OAUTH: Final = {"clientId": "client_id", "clientSecret": "client_secret", "callbackUrl": "oauth_callback_url"}
# The class and its settings, by the old name of the kind.
_KINDS: Final = {
    "google": ("GoogleOAuthenticator", _OAUTH | {"hostedDomain": "hosted_domain", "loginService": "login_service"}),
    "github": (
        "GitHubOAuthenticator",
        _OAUTH | dict.fromkeys(("orgWhitelist", "allowedOrganizations"), "allowed_organizations"),
    ),
    "cilogon": ("CILogonOAuthenticator", _OAUTH),
    "gitlab": (
        "GitLabOAuthenticator",
        _OAUTH
        | dict.fromkeys(("gitlabGroupWhitelist", "allowedGitlabGroups"), "allowed_gitlab_groups")
        | dict.fromkeys(("gitlabProjectIdWhitelist", "allowedProjectIds"), "allowed_project_ids")
        | {"gitlabUrl": "gitlab_url"},
    ),
    "azuread": ("AzureAdOAuthenticator", _OAUTH | {"tenantId": "tenant_id", "usernameClaim": "username_claim"}),
    "mediawiki": ("MWOAuthenticator", _OAUTH | {"indexUrl": "index_url"}),
    "globus": ("GlobusOAuthenticator", _OAUTH | {"identityProvider": "identity_provider"}),
    "hmac": ("HMACAuthenticator", {"secretKey": "secret_key"}),
    "dummy": ("DummyAuthenticator", {"password": "password"}),
    "lti": ("LTIAuthenticator", {"consumers": "consumers"}),
    "ldap": (
        "LDAPAuthenticator",
        {
            "server.address": "server_address",
            "server.port": "server_port",
            "server.ssl": "use_ssl",
            "allowedGroups": "allowed_groups",
            "dn.templates": "bind_dn_template",
            "dn.lookup": "lookup_dn",
            "dn.search.filter": "lookup_dn_search_filter",
            "dn.search.user": "lookup_dn_search_user",
            "dn.search.password": "lookup_dn_search_password",
            "dn.user.dnAttribute": "lookup_dn_user_dn_attribute",
            "dn.user.escape": "escape_userdn",
            "dn.user.validRegex": "valid_username_regex",
            "dn.user.searchBase": "user_search_base",
            "dn.user.attribute": "user_attribute",
            "dn.user.useLookupName": "use_lookup_dn_username",
        },
    ),
}
_COMMON: Final = {
    "scopes": ("OAuthenticator", "scope"),
    "state.enabled": ("Authenticator", "enable_auth_state"),
    "state.cryptoKey": ("CryptKeeper", "keys"),
    "admin.access": ("JupyterHub", "admin_access"),
    "admin.users": ("Authenticator", "admin_users"),
    "whitelist.users": ("Authenticator", "allowed_users"),
    "allowedUsers": ("Authenticator", "allowed_users"),
}
_TARGETS: Final = _COMMON | {
    f"{kind}.{old}": (name, new) for kind, (name, settings) in _KINDS.items() for old, new in settings.items()
}
# Settings whose value is a mapping.
_WHOLE: Final = frozenset({"lti.consumers"})


def translate(draft: Draft) -> None:
    """Move everything under `auth:` to `hub.config`; what is not understood stays and is noted as unclear."""
    old = draft.get((OLD,))
    if not draft.has((OLD,)):
        return
    if not isinstance(old, Mapping) or not old:
        draft.drop((OLD,)) if not old else draft.unclear.append("auth is not a mapping of names to values.")
        return
    if not _kind(draft, old.get("type")):
        return
    for path, value in list(_settings({name: held for name, held in old.items() if name not in ("type", "custom")})):
        _setting(draft, path, value)


def _kind(draft: Draft, kind: object) -> bool:
    """Move the class: `auth.type`, or with `custom` the named class and its settings. Return False if it is unclear.

    What cannot be told apart stays together.
    """
    begun = len(draft.unclear)
    new = ("hub", "config", "JupyterHub", "authenticator_class")
    if kind == "custom":
        _custom(draft, new)
    elif isinstance(kind, str) and kind in _CLASSES:
        draft.move((OLD, "type"), new, _CLASSES[kind])
    elif kind is not None:
        draft.unclear.append("auth.type is not one that charts before 0.11 knew.")
    elif not draft.has(new):
        draft.unclear.append(
            "auth.type is missing, which meant “dummy”: anybody with any password. Set it to the type that is meant."
        )
    if kind != "custom" and draft.has((OLD, "custom")):
        draft.unclear.append(
            "auth.custom counts only if auth.type is “custom”: remove it, or set auth.type to “custom”."
        )
    return len(draft.unclear) == begun


def _custom(draft: Draft, new: Names) -> None:
    name = draft.get((OLD, "custom", "className"))
    if not isinstance(name, str) or not name.rpartition(".")[2].isidentifier():
        draft.unclear.append("auth.custom.className is missing: it names the authenticator class.")
        return
    draft.move((OLD, "custom", "className"), new)
    draft.drop((OLD, "type"))
    settings = draft.get((OLD, "custom", "config"))
    for key in list(settings) if isinstance(settings, Mapping) else ():
        draft.move((OLD, "custom", "config", key), ("hub", "config", name.rpartition(".")[2], key))
    if isinstance(settings, Mapping) and not settings:
        draft.drop((OLD, "custom", "config"))


def _setting(draft: Draft, path: Names, value: object) -> None:
    old = (OLD, *path)
    target = _TARGETS.get(dotted(path))
    if target is None:
        draft.unclear.append(f"{dotted(old)} is not a value that charts before 0.11 knew.")
    elif value is None:
        draft.drop(old)
    else:
        # A single key became a list, whose first key encrypts.
        instead = [value] if dotted(path) == "state.cryptoKey" else value
        draft.move(old, ("hub", "config", *target), instead)


def _settings(node: Mapping[str, object], path: Names = ()) -> Iterator[tuple[Names, object]]:
    for name, value in node.items():
        setting_path = (*path, str(name))
        if isinstance(value, Mapping) and value and dotted(setting_path) not in _WHOLE:
            yield from _settings(value, setting_path)
        else:
            yield setting_path, value

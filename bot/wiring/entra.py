"""Microsoft Entra, from settings to clients: Graph for people and app registrations, the login page."""

import contextlib
from collections.abc import Awaitable, Callable

from bot.config.access import GraphSection
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from clients.azure.identity import credential, tokens
from clients.entra.applications import Applications
from clients.entra.directory import Directory
from clients.entra.graph import SYSTEM as GRAPH
from clients.entra.login_page import Login


def graph_token(
    graph: GraphSection, secrets: Secrets, stack: contextlib.AsyncExitStack
) -> Callable[[], Awaitable[str]]:
    """Build what gets tokens for Microsoft Graph. Raise ValueError for an unusable identity, ConfigError."""
    token, secret = graph.place_of("token"), graph.place_of("secret")
    if token is not None:
        return secrets.of(token, GRAPH)
    known = credential(
        graph.identity,
        tenant_id=graph.tenant_id,
        client_id=graph.client_id,
        secret=None if secret is None else secrets.of(secret, GRAPH),
    )
    stack.push_async_callback(known.close)
    return tokens(known, GRAPH, graph.url)


def applications_of(graph: GraphSection, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Applications:
    """Build the client of app registrations, by Graph. Raise ConfigError."""
    try:
        made = Applications(graph.url, graph_token(graph, secrets, stack))
    except ValueError as error:
        raise ConfigError(f"graph: {error}") from None
    stack.push_async_callback(made.close)
    return made


def directory_of(graph: GraphSection, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Directory:
    """Build the client of people and their groups, by Graph. Raise ConfigError."""
    try:
        made = Directory(graph.url, graph_token(graph, secrets, stack))
    except ValueError as error:
        raise ConfigError(f"graph: {error}") from None
    stack.push_async_callback(made.close)
    return made


def login_of(settings: Settings) -> Login:
    """Build the client of the hub's login page, and of where a client secret is proven. Raise ConfigError."""
    public = settings.public
    try:
        return Login(
            public.host,
            public.port,
            address=public.address,
            trust=public.trust_file,
            authority=settings.login.url,
        )
    except ValueError as error:
        raise ConfigError(f"login: {error}") from None

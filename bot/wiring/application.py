"""The composition root: settings in, a listening bot out. `bot.wiring.hub` builds what is each hub's."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.access.access import Access
from bot.access.names import Strangers
from bot.changes.repository import Changes
from bot.chat.platform import Click, Conversation, Listener, Message
from bot.config.settings import Settings
from bot.config.teams import TeamsSection
from bot.config.types import ConfigError
from bot.dispatch.rate_limit import RateLimitedListener, RateLimits
from bot.dispatch.welcome import Greeter
from bot.hubs.choices import ChosenHubs
from bot.hubs.durable_scope import ScopedDurable, dispatched
from bot.hubs.router import Router
from bot.hubtest.repository import HubTests
from bot.instrumentation.meter import UNCOUNTED
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY
from bot.runtime.durable import Durable
from bot.runtime.replica_monitor import watching
from bot.runtime.replicas import Replicas
from bot.runtime.wall_clock import now
from bot.secrets.reader import Secrets
from bot.store.chats import Chats
from bot.store.connect import opened, store_url
from bot.store.database import Database
from bot.teams import TeamsChannel, TeamsSettings, check_host, listening, make_app
from bot.teams.activity_handler import Forget, Met, Welcome
from bot.telemetry.setup import shown, telemetry
from bot.wiring.clients import open_clients
from bot.wiring.command_context import outside
from bot.wiring.hub import HubServices, SharedServices, build_hub, roles, selection_of
from cards.views import View
from clients import secret_rules
from clients.errors import Unavailable
from commands.framework.registry import catalogue
from commands.ports.context import Reads


@contextlib.asynccontextmanager
async def examining(settings: Settings) -> AsyncIterator[Reads]:
    """Look without a bot that serves anybody, and without its records. Raise ConfigError."""
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        hub = await stack.enter_async_context(open_clients(settings))
        channel = await stack.enter_async_context(_channel(settings.teams, secrets, _NoListener()))
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
        """The changes of the first hub."""
        return self.first.changes

    @property
    def busy(self) -> bool:
        """True while anything is being done or still has to be shown; what waits for consent is neither."""
        return any(hub.busy for hub in self.hubs.values()) or self.channel.busy

    def load(self) -> None:
        """Load what a start leaves for later, before somebody waits for it. Takes a while; for a thread."""
        secret_rules.load()
        for hub in self.hubs.values():
            hub.hub.load()


class _NoListener:
    """A listener for a channel that is only asked who is where: nothing arrives at it."""

    async def on_message(self, message: Message) -> None:
        raise RuntimeError(f"the message {message.id} arrived at a bot that does not listen")

    async def on_click(self, click: Click) -> View:
        raise RuntimeError(f"the click {click.id} arrived at a bot that does not listen")


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    ended: Callable[[Outcome], None] = lambda _: None,
    wrap: Callable[[Listener, Mapping[str, HubServices]], Listener] = lambda inner, _: inner,
    overhear: Callable[[Conversation], Conversation] = lambda inner: inner,
    pace: float = 1.0,
) -> AsyncIterator[Bot]:
    """Listen while the block lasts. Raise ConfigError for settings that cannot work, OSError for a taken port.

    `ended` is told how each request ended. `wrap` stands before what deals with messages and clicks to the
    hubs it is handed, and `overhear` before what is said, for terminals and demonstrations; `pace` is how much faster
    than usual alerts come and go.
    """
    # Filled below, before the bot listens: what arrives finds its hub here by name.
    hubs: dict[str, HubServices] = {}
    async with contextlib.AsyncExitStack() as stack:
        metrics = await stack.enter_async_context(telemetry(settings))
        database = await _database(settings, stack)
        selection = selection_of(settings, ChosenHubs(database), lambda name: hubs[name].context.access)
        await selection.load()
        greeter, chats = Greeter(catalogue(), database, now), Chats(database, now)
        limits = RateLimits(settings.limits.per_minute, settings.limits.burst, time.monotonic)
        router = Router(lambda name: hubs[name].pipeline if name in hubs else None, selection, ended)
        listener = wrap(RateLimitedListener(router, limits, ended), hubs)
        channel = await stack.enter_async_context(
            _channel(
                settings.teams,
                Secrets(settings, stack),
                listener,
                forget=_forgetting(hubs, chats),
                welcome=greeter.welcome,
                met=chats.met,
            )
        )
        replicas = Replicas(database, settings.store.replica)
        durable = Durable(store_url(settings, "work"), settings.store.replica)

        def place(hub: str, inner: Conversation) -> Conversation:
            return selection.place(hub, overhear(inner))

        def tests_of(hub: str) -> HubTests | None:
            return hubs[hub].context.tests if hub in hubs else None

        shared = SharedServices(channel, replicas, greeter, selection, chats, place, now, ended, pace, tests_of)
        for name in settings.hub_names:
            its = settings.of(name)
            records = database if its is settings else await _database(its, stack)
            meter = metrics.of(name) if metrics else UNCOUNTED
            own = ScopedDurable(durable, _scope(settings, name))
            hubs[name] = await stack.enter_async_context(build_hub(its, records, shared, own, meter))
        await stack.enter_async_context(_working(settings, durable, hubs, replicas))
        for hub in hubs.values():
            await stack.enter_async_context(hub.running(now))
        if metrics is not None:
            records_of = {name: (hub.changes, hub.alerts) for name, hub in hubs.items()}
            await stack.enter_async_context(shown(settings.metrics, metrics, records_of, now))
        url = await stack.enter_async_context(_listening(settings.teams, channel, database))
        yield Bot(url, channel, hubs)


def _scope(settings: Settings, hub: str) -> str:
    """Return what stands before the ids of a hub's durable work: nothing for the first hub, as where it is alone."""
    return "" if hub == settings.hub_name else hub


def _forgetting(hubs: Mapping[str, HubServices], chats: Chats) -> Forget:
    """Return what forgets the places that the bot was removed from, in all hubs."""

    async def forget(covers: Callable[[str], bool]) -> None:
        for hub in hubs.values():
            await hub.alert_service.forget(covers)
        await chats.forget(covers)

    return forget


@contextlib.asynccontextmanager
async def _working(
    settings: Settings, durable: Durable, hubs: Mapping[str, HubServices], replicas: Replicas
) -> AsyncIterator[None]:
    """Work durably, from taking up what an earlier process left to leaving what this one has not finished."""
    by_owner = {_scope(settings, name): hub for name, hub in hubs.items()}
    await durable.launch(
        dispatched({whose: hub.workflow.run for whose, hub in by_owner.items()}),
        dispatched({whose: hub.housekeeping.daily for whose, hub in by_owner.items()}),
        dispatched({whose: hub.digest.post for whose, hub in by_owner.items()}),
    )
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
async def _channel(
    teams: TeamsSection,
    secrets: Secrets,
    listener: Listener,
    *,
    forget: Forget | None = None,
    welcome: Welcome | None = None,
    met: Met | None = None,
) -> AsyncIterator[TeamsChannel]:
    settings = _teams_settings(teams, secrets)
    try:
        check_host(teams.host, settings)
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None
    async with TeamsChannel(settings, listener, forget=forget, welcome=welcome, met=met) as channel:
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
    """Return what looks at the bot's own records alone.

    Whom the cluster does not answer must be reached, to say so and to start the cluster.
    """

    async def ready() -> str:
        try:
            await database.run(lambda _: None)
        except Unavailable as error:
            return str(error)
        return ""

    return ready

"""All that one hub has to itself: its systems, its records, its operations, its alerts."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.access.access import Access
from bot.access.group_roles import GroupRoles
from bot.access.names import Names
from bot.access.ports import Roles
from bot.access.roster_roles import RosterRoles
from bot.alerts.actions import AlertActions
from bot.alerts.dead_mans_switch import beating
from bot.alerts.engine import Engine
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts
from bot.alerts.routing import Routing, rules
from bot.alerts.service import AlertService
from bot.alerts.watchers import watchers
from bot.audit.log import Trail
from bot.changes.approval_policy import check_policy
from bot.changes.audience import Audience
from bot.changes.direct_messages import Personal
from bot.changes.queries import ChangeQueries
from bot.changes.repository import Changes
from bot.changes.workflow import Workflow
from bot.chat.platform import Conversation
from bot.config.alerts import AlertsSection
from bot.config.records import SchedulesSection
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.dispatch.help_pages import Browsing
from bot.dispatch.pipeline import Pipeline
from bot.dispatch.welcome import CARRIED, Greeter
from bot.hubs.selection import HubSelection, HubSwitch
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY, Housekeeping
from bot.jobs.pool_sampler import Costs, sampling
from bot.jobs.pool_samples import Samples
from bot.jobs.weekly_report import Digest
from bot.runtime.leases import Lease
from bot.runtime.replicas import Replicas
from bot.schedules import repository
from bot.schedules.actions import Announcements
from bot.schedules.runner import Scheduler
from bot.schedules.service import ScheduleService
from bot.secrets.reader import Secrets
from bot.store.certificate_history import CertificateHistory
from bot.store.chats import Chats
from bot.store.database import Database
from bot.teams import TeamsChannel
from bot.wiring.clients import HubClients, open_clients
from bot.wiring.command_context import CommandContext
from bot.wiring.entra import graph_token
from bot.wiring.self_status import BotStatus
from clients.entra.directory import Directory
from clients.entra.graph import SYSTEM as GRAPH
from clients.heartbeat import SYSTEM as HEARTBEAT
from clients.heartbeat import Heartbeat
from commands.framework.registry import catalogue
from commands.ports.bot_state import OwnApp
from commands.timing.cron import Timetable


@dataclass(frozen=True)
class SharedServices:
    """What all hubs of a bot have in common. `place` is a conversation as a hub, by its name, writes to it."""

    channel: TeamsChannel
    replicas: Replicas
    greeter: Greeter
    meant: HubSelection
    chats: Chats
    place: Callable[[str, Conversation], Conversation]
    now: Callable[[], datetime]
    ended: Callable[[Outcome], None]
    pace: float


@dataclass(frozen=True)
class HubServices:
    """One hub's parts, ready to be put to work."""

    settings: Settings
    hub: HubClients
    world: CommandContext
    workflow: Workflow
    scheduler: Scheduler
    pipeline: Pipeline
    engine: Engine
    desk: AlertService
    changes: Changes
    alerts: Alerts
    housekeeping: Housekeeping
    digest: Digest
    heart: Heartbeat | None

    @property
    def busy(self) -> bool:
        """Whether anything of it runs that somebody waits for."""
        return self.pipeline.busy

    @contextlib.asynccontextmanager
    async def running(self, now: Callable[[], datetime]) -> AsyncIterator[None]:
        """Look, count and keep to the schedules while the block lasts."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(sampling(self.world.costs, self.world.reads))
            await stack.enter_async_context(self.scheduler.running())
            if self.settings.alerts.enabled:
                await stack.enter_async_context(self.engine.running())
                await stack.enter_async_context(beating(self.heart, self.engine, now))
            yield


@contextlib.asynccontextmanager
async def build_hub(
    settings: Settings, database: Database, shared: SharedServices, meter: Meter
) -> AsyncIterator[HubServices]:
    """The parts of the hub that `settings` are of; they can be used while the block lasts. Raises ConfigError."""
    check_policy(settings.approvals, catalogue())
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        hub = await stack.enter_async_context(open_clients(settings))
        names, changes, trail, alerts = (
            Names(database),
            Changes(database, shared.now),
            Trail(database),
            Alerts(database),
        )
        await names.load()
        stack.push_async_callback(names.close)
        access = Access(roles(settings, shared.channel, secrets, stack), names, settings.teams.tenants)
        shared.meant.guard(settings.hub_name, access)
        work, now, is_first = ChangeQueries(changes), shared.now, settings.hub_name == shared.meant.first
        kept, times = repository.ScheduleRepository(database), _timetable(settings.schedules)

        def places(address: str) -> Conversation:
            return shared.place(settings.hub_name, shared.channel.place(address))

        async def chats(address: str, object_id: str) -> Conversation:
            return shared.place(settings.hub_name, await shared.channel.personal(address, object_id))

        def beside(address: str, conversation: str) -> Conversation:
            return shared.place(settings.hub_name, shared.channel.beside(address, conversation))

        desk = AlertService(alerts, changes, [one.name for one in watchers()], now, places)
        world = CommandContext(
            settings,
            hub,
            access,
            work,
            trail,
            ScheduleService(kept, changes, times, now),
            Costs(Samples(database), settings.cost.currency, settings.cost.prices),
            desk,
            CertificateHistory(database),
            # What is wrong with the bot itself is told once, by the first hub.
            BotStatus(alerts, shared.replicas, _own_apps(settings, secrets)) if is_first else BotStatus(alerts),
            Personal(changes, chats),
            shared.meant.choice(settings.hub_name),
            HubSwitch(shared.meant, changes, places),
        )
        workflow = Workflow(
            commands=catalogue(),
            access=access,
            world=world,
            changes=changes,
            audit=trail,
            places=places,
            settings=settings.approvals,
            now=now,
            ended=shared.ended,
            meter=meter,
            audience=Audience(
                access,
                places,
                channel=settings.approvals.channel,
                beside=beside,
                roster=shared.channel.present,
                chats=shared.chats,
                hears=lambda: shared.channel.not_ready,
            ),
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
        buttons = AlertActions(desk, access, trail, now)
        browsing = Browsing(catalogue(), access, world.reads)
        pipeline = Pipeline(
            commands=catalogue(),
            access=access,
            world=world,
            workflow=workflow,
            changes=changes,
            audit=trail,
            names=names,
            now=now,
            ended=shared.ended,
            meter=meter,
            clicks={**announcements.clicks, **buttons.clicks, **browsing.clicks},
            cards={
                "alert": buttons.view,
                CARRIED: lambda click, _page: shared.greeter.view(click),
                **browsing.cards,
            },
        )
        engine = Engine(
            watchers=watchers(),
            # Watchers look at what is kept in memory; people who type get the cluster's own answer.
            reads=lambda: replace(world.reads(NOBODY), kube=hub.picture),
            alerts=alerts,
            lease=Lease(database, "alerts", settings.store.replica),
            delivery=Notifier(alerts, places, _rules(settings.alerts), meter),
            now=now,
            pace=shared.pace,
        )
        desk.changed, hub.picture.on_change = engine.bell.ring, engine.cluster_changed
        yield HubServices(
            settings=settings,
            hub=hub,
            world=world,
            workflow=workflow,
            scheduler=scheduler,
            pipeline=pipeline,
            engine=engine,
            desk=desk,
            changes=changes,
            alerts=alerts,
            housekeeping=Housekeeping(world.reads, hub.kube_writes, changes, trail, places, now),
            digest=Digest(lambda: world.reads(NOBODY), alerts, places),
            heart=_heart(settings.alerts, secrets),
        )


def roles(settings: Settings, channel: TeamsChannel, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Roles:
    """Where levels come from; what asks for them is closed with `stack`. Raises ConfigError."""
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


def _rules(section: AlertsSection) -> Routing:
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

"""The parts that one hub has to itself: its systems, its records, its changes, its alerts, its schedules.

`bot.wiring.changes` and `bot.wiring.alerts` put two of these together.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.access.access import Access
from bot.access.group_roles import GroupRoles
from bot.access.names import Names
from bot.access.ports import Roles
from bot.access.roster_roles import RosterRoles
from bot.alerts.actions import AlertActions
from bot.alerts.dead_mans_switch import beating
from bot.alerts.engine import Engine
from bot.alerts.repository import Alerts
from bot.alerts.service import AlertService
from bot.announcements.repository import AnnouncementRecords
from bot.announcements.service import AnnouncementService, ending
from bot.audit.log import Trail
from bot.changes.approval_policy import check_policy
from bot.changes.audience import Audience
from bot.changes.direct_messages import Personal
from bot.changes.freezes import Freezes
from bot.changes.parsed_changes import ParsedChanges
from bot.changes.ports import Record
from bot.changes.queries import ChangeQueries
from bot.changes.repository import Changes
from bot.changes.requirements import Requirements
from bot.changes.running import RunningChanges
from bot.changes.workflow import Workflow
from bot.chat.platform import Conversation
from bot.config.settings import Settings
from bot.dispatch.help_pages import Browsing
from bot.dispatch.pipeline import Pipeline
from bot.dispatch.welcome import CARRIED, Greeter
from bot.hubs.choices import ChosenHubs
from bot.hubs.selection import HubSelection, HubSwitch
from bot.hubtest.by_itself import OwnHubTests
from bot.hubtest.repository import HubTests
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY, Housekeeping
from bot.jobs.pool_sampler import sampling
from bot.jobs.weekly_report import Digest
from bot.runtime.leases import Lease
from bot.runtime.replicas import Replicas
from bot.schedules.actions import Announcements
from bot.schedules.event_repository import EventRepository
from bot.schedules.events import EventService
from bot.schedules.repository import ScheduleRepository
from bot.schedules.runner import Scheduler
from bot.schedules.service import ScheduleService
from bot.secrets.reader import Secrets
from bot.store.certificate_history import CertificateHistory
from bot.store.chats import Chats
from bot.store.database import Database
from bot.store.identities import Identities
from bot.teams import TeamsChannel
from bot.wiring.alerts import AlertParts, build_engine, heartbeat_of
from bot.wiring.changes import ChangeParts, ChangeStore, build_changes, build_pipeline, change_store
from bot.wiring.clients import HubClients, open_clients
from bot.wiring.command_context import CommandContext
from bot.wiring.costs import costs_of
from bot.wiring.entra import directory_of
from bot.wiring.hub_tests import hub_tests, own_tests
from bot.wiring.self_status import BotStatus
from clients.entra.graph import SYSTEM as GRAPH
from clients.heartbeat import Heartbeat
from commands.framework.registry import catalogue
from commands.ports.bot_state import HubSummary, OwnApp
from commands.timing.cron import Timetable


@dataclass(frozen=True)
class SharedServices:
    """The parts that all hubs of a bot share. `place` is a conversation as a hub, by its name, writes to it."""

    channel: TeamsChannel
    replicas: Replicas
    greeter: Greeter
    selection: HubSelection
    chats: Chats
    place: Callable[[str, Conversation], Conversation]
    now: Callable[[], datetime]
    ended: Callable[[Outcome], None]
    pace: float
    tests_of: Callable[[str], HubTests | None]


@dataclass(frozen=True)
class HubPlaces:
    """The conversations of the channel as the hub of this name writes to them."""

    shared: SharedServices
    hub: str

    def __call__(self, address: str) -> Conversation:
        """Return the conversation whose address this is."""
        return self.shared.place(self.hub, self.shared.channel.place(address))

    async def personal(self, address: str, object_id: str) -> Conversation:
        """Return the personal chat with a person, as `PersonalChats` does."""
        return self.shared.place(self.hub, await self.shared.channel.personal(address, object_id))

    def beside(self, address: str, conversation: str) -> Conversation:
        """Return the conversation of that id, as reached from the place with that address."""
        return self.shared.place(self.hub, self.shared.channel.beside(address, conversation))


@dataclass(frozen=True)
class HubServices:
    """One hub's parts, ready to be put to work."""

    settings: Settings
    hub: HubClients
    context: CommandContext
    workflow: Workflow
    running_changes: RunningChanges
    scheduler: Scheduler
    pipeline: Pipeline
    engine: Engine
    alert_service: AlertService
    changes: Changes
    alerts: Alerts
    housekeeping: Housekeeping
    own_tests: OwnHubTests
    digest: Digest
    heart: Heartbeat | None

    @property
    def busy(self) -> bool:
        """True while anything of it runs that somebody waits for."""
        return self.pipeline.busy

    @contextlib.asynccontextmanager
    async def running(self, now: Callable[[], datetime]) -> AsyncIterator[None]:
        """Look, count and keep to the schedules while the block lasts."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(sampling(self.context.costs, self.context.reads_of_memory))
            await stack.enter_async_context(self.scheduler.running())
            await stack.enter_async_context(self.own_tests.running())
            await stack.enter_async_context(ending(self.context.announcements, lambda: self.context.writes))
            if self.settings.alerts.enabled:
                await stack.enter_async_context(self.engine.running())
                await stack.enter_async_context(beating(self.heart, self.engine, now))
            yield


@dataclass(frozen=True)
class _HubBase:
    """The base of a hub's other parts: its settings and records, its people and places, its systems."""

    settings: Settings
    shared: SharedServices
    database: Database
    clients: HubClients
    access: Access
    names: Names
    places: HubPlaces
    trail: Trail
    store: ChangeStore
    schedules: ScheduleRepository
    alerts: AlertParts
    secrets: Secrets
    meter: Meter

    @property
    def changes(self) -> Changes:
        return self.store.records.changes

    @property
    def freezes(self) -> Freezes:
        return Freezes(self.database, self.changes, self.places, self.shared.now)

    @property
    def timetable(self) -> Timetable:
        section = self.settings.schedules
        return Timetable(section.timezone, section.holidays, section.notice)


@contextlib.asynccontextmanager
async def build_hub(
    settings: Settings, database: Database, shared: SharedServices, durable: Record, meter: Meter
) -> AsyncIterator[HubServices]:
    """Build the parts of the hub that `settings` are of, to be used while the block lasts. Raise ConfigError."""
    check_policy(settings.approvals, catalogue())
    async with contextlib.AsyncExitStack() as stack:
        base = await _base(settings, database, shared, meter, stack)
        alert_service = base.alerts.service(base.changes)
        context = _context(base, alert_service)
        parts = _change_parts(base, context, durable)
        services = build_changes(parts)
        scheduler = _scheduler(base, services.workflow)
        buttons = AlertActions(alert_service, base.access, base.trail, shared.now)
        browsing = Browsing(catalogue(), base.access, context.reads)
        pipeline = build_pipeline(
            parts,
            services,
            base.names,
            {**_announcements(base, scheduler).clicks, **buttons.clicks, **browsing.clicks},
            {"alert": buttons.view, CARRIED: lambda click, _page: shared.greeter.view(click), **browsing.cards},
        )
        yield HubServices(
            settings=settings,
            hub=base.clients,
            context=context,
            workflow=services.workflow,
            running_changes=base.store.running,
            scheduler=scheduler,
            pipeline=pipeline,
            engine=_engine(base, context),
            alert_service=alert_service,
            changes=base.changes,
            alerts=base.alerts.alerts,
            housekeeping=_housekeeping(base, context),
            own_tests=_own_tests(base, context),
            digest=Digest(lambda: context.reads(NOBODY), base.alerts.alerts, base.places),
            heart=heartbeat_of(settings.alerts, base.secrets),
        )


async def _base(
    settings: Settings,
    database: Database,
    shared: SharedServices,
    meter: Meter,
    stack: contextlib.AsyncExitStack,
) -> _HubBase:
    secrets, places = Secrets(settings, stack), HubPlaces(shared, settings.hub_name)
    alerts = AlertParts(Alerts(database), places, shared.now)
    clients = await stack.enter_async_context(open_clients(settings, alerts.wakeup.cluster_changed))
    names, trail = Names(database), Trail(database)
    await names.load()
    stack.push_async_callback(names.close)
    return _HubBase(
        settings=settings,
        shared=shared,
        database=database,
        clients=clients,
        access=Access(roles(settings, shared.channel, secrets, stack), names, settings.teams.tenants),
        names=names,
        places=places,
        trail=trail,
        store=change_store(Changes(database, shared.now), trail, shared.now),
        schedules=ScheduleRepository(database),
        alerts=alerts,
        secrets=secrets,
        meter=meter,
    )


def _context(base: _HubBase, alert_service: AlertService) -> CommandContext:
    settings, shared, changes = base.settings, base.shared, base.changes
    return CommandContext(
        settings=settings,
        hub=base.clients,
        access=base.access,
        work=ChangeQueries(changes, base.store.stopper, _requirements(settings).level_to_approve),
        trail=base.trail,
        schedules=ScheduleService(base.schedules, changes, base.timetable, shared.now),
        events=EventService(EventRepository(base.database), changes, settings.schedules.event_lead, shared.now),
        costs=costs_of(settings, base.database),
        alerts=alert_service,
        certificates=CertificateHistory(base.database),
        identities=Identities(base.database),
        own=_own_status(base),
        personal=Personal(changes, base.places.personal),
        choice=shared.selection.choice(settings.hub_name),
        choosing=HubSwitch(shared.selection, changes, base.places),
        tests=hub_tests(settings, base.database, shared.tests_of),
        freezes=base.freezes,
        announcements=AnnouncementService(
            AnnouncementRecords(base.database), base.alerts.alerts, changes, base.places, shared.now
        ),
    )


def _requirements(settings: Settings) -> Requirements:
    return Requirements(settings.approvals, ParsedChanges(catalogue()))


def _own_status(base: _HubBase) -> BotStatus:
    """Build what the bot knows of itself; what is wrong with the bot is told once, by the first hub."""
    if base.settings.hub_name != base.shared.selection.first:
        return BotStatus(base.alerts.alerts)
    return BotStatus(base.alerts.alerts, base.shared.replicas, _own_apps(base.settings, base.secrets))


def _change_parts(base: _HubBase, context: CommandContext, durable: Record) -> ChangeParts:
    settings, shared = base.settings.approvals, base.shared
    audience = Audience(
        base.access,
        base.places,
        channel=settings.channel,
        beside=base.places.beside,
        roster=shared.channel.present,
        chats=shared.chats,
        hears=lambda: shared.channel.not_ready,
    )
    return ChangeParts(
        commands=catalogue(),
        access=base.access,
        context=context,
        store=base.store,
        freezes=base.freezes,
        audience=audience,
        places=base.places,
        settings=settings,
        durable=durable,
        meter=base.meter,
        ended=shared.ended,
    )


def _scheduler(base: _HubBase, workflow: Workflow) -> Scheduler:
    return Scheduler(
        commands=catalogue(),
        schedules=base.schedules,
        changes=base.changes,
        workflow=workflow,
        places=base.places,
        timetable=base.timetable,
        now=base.shared.now,
    )


def _announcements(base: _HubBase, scheduler: Scheduler) -> Announcements:
    return Announcements(
        commands=catalogue(),
        access=base.access,
        schedules=base.schedules,
        scheduler=scheduler,
        audit=base.trail,
        timetable=base.timetable,
        now=base.shared.now,
    )


def _engine(base: _HubBase, context: CommandContext) -> Engine:
    lease = Lease(base.database, "alerts", base.settings.store.replica)
    return build_engine(
        base.alerts,
        base.settings.alerts,
        lambda: context.reads_of_memory(NOBODY),
        lease,
        base.meter,
        base.shared.pace,
    )


def _housekeeping(base: _HubBase, context: CommandContext) -> Housekeeping:
    kube, now = base.clients.kube_writes, base.shared.now
    clean_up = _own_tests(base, context).clean_up
    return Housekeeping(context.reads, kube, base.changes, base.trail, base.places, now, clean_up)


def _own_tests(base: _HubBase, context: CommandContext) -> OwnHubTests:
    return own_tests(base.settings, base.database, context, base.trail, base.shared.now)


def selection_of(settings: Settings, chosen: ChosenHubs, access: Callable[[str], Access]) -> HubSelection:
    """Build what tells which hub a command is for. `access` gives a hub's own by its name."""
    configured = {channel: name for name, hub in settings.hubs.items() for channel in hub.channels}
    return HubSelection([_seen(name, settings.of(name)) for name in settings.hub_names], configured, chosen, access)


def _seen(name: str, settings: Settings) -> HubSummary:
    return HubSummary(name, settings.release.name, settings.kubernetes.namespace, settings.public.host)


def roles(settings: Settings, channel: TeamsChannel, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Roles:
    """Build what levels come from; what asks for them is closed with `stack`. Raise ConfigError."""
    team = settings.access.team
    if team is not None:
        return RosterRoles(team, channel.roster(team.service_url, team.id))
    return GroupRoles(settings.access, directory_of(settings.graph, secrets, stack))


def _own_apps(settings: Settings, secrets: Secrets) -> list[OwnApp]:
    """Return the app registrations whose secrets expire: managed identities have none."""
    teams, graph, made = settings.teams, settings.graph, []
    if teams.app_id and (secret := teams.place_of("app_secret")):
        made.append(OwnApp("Teams", teams.app_id, secrets.of(secret, "Teams")))
    if graph.identity == "ClientSecret" and (secret := graph.place_of("secret")):
        made.append(OwnApp("Microsoft Graph", graph.client_id, secrets.of(secret, GRAPH)))
    return made

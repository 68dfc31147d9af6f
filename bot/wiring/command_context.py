"""The context of commands: what they see of the hub and of the bot itself, and what they may write to."""

from dataclasses import dataclass, replace
from typing import NoReturn, cast

from bot.access.access import Access
from bot.alerts.service import AlertService
from bot.announcements.service import AnnouncementService
from bot.audit.log import Trail
from bot.changes.direct_messages import Personal
from bot.changes.freezes import Freezes
from bot.changes.queries import ChangeQueries
from bot.config.settings import Settings
from bot.hubtest.repository import HubTests
from bot.jobs.pool_sampler import Costs
from bot.runtime.wall_clock import now
from bot.schedules.events import EventService
from bot.schedules.service import ScheduleService
from bot.store.certificate_history import CertificateHistory
from bot.store.identities import Identities
from bot.wiring.clients import HubClients
from bot.wiring.self_status import BotStatus
from clients.errors import Unavailable
from clients.kube.quantities import to_bytes
from commands.ports.alerts import AlertReads
from commands.ports.announcements import AnnouncementReads
from commands.ports.azure import CostReads
from commands.ports.bot_state import ChoiceWrites, HubChoice
from commands.ports.context import Caller, Reads, Writes
from commands.ports.events import EventReads
from commands.ports.freezes import FreezeReads
from commands.ports.helm import ReleaseNames
from commands.ports.homes import HomeLimits
from commands.ports.hub_tests import HubTesting
from commands.ports.operations import TrailReads, WorkReads
from commands.ports.schedules import ScheduleReads


@dataclass(frozen=True)
class CommandContext:
    """Everything that commands see of the hub and of the bot itself: implements `bot.changes.ports.ContextFactory`."""

    settings: Settings
    hub: HubClients
    access: Access
    work: ChangeQueries
    trail: Trail
    schedules: ScheduleService
    events: EventService
    costs: Costs
    alerts: AlertService
    certificates: CertificateHistory
    identities: Identities
    own: BotStatus
    personal: Personal
    choice: HubChoice
    choosing: ChoiceWrites
    tests: HubTests
    freezes: Freezes
    announcements: AnnouncementService

    def reads(self, caller: Caller) -> Reads:
        """Return everything that can be looked at, for this caller, now."""
        return replace(
            outside(self.settings, self.hub, self.access, caller),
            work=self.work,
            trail=self.trail,
            schedules=self.schedules,
            events=self.events,
            cost=self.costs,
            alerts=self.alerts,
            certificates=self.certificates,
            identities=self.identities,
            own=self.own,
            choice=self.choice,
            tests=self.tests,
            freezes=self.freezes,
            announcements=self.announcements,
        )

    def reads_of_memory(self, caller: Caller) -> Reads:
        """Return the same for watchers and samplers, who look at what is kept in memory of the cluster.

        People who type get the cluster's own answer.
        """
        return replace(self.reads(caller), kube=self.hub.kube_cache)

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
            events=self.events,
            alerts=self.alerts,
            values=hub.values,
            registry=hub.registry,
            builds=hub.builds,
            applications=hub.applications,
            messages=self.personal,
            choice=self.choosing,
            usage=self.costs.usage,
            testing=HubTesting(hub.synthetic, hub.servers, self.tests),
            freezes=self.freezes,
            announcements=self.announcements,
            banner=hub.banner,
        )


def outside(settings: Settings, hub: HubClients, access: Access, caller: Caller) -> Reads:
    """Return what can be looked at without the bot's own records, which raise Unavailable for whoever asks for them."""
    release = settings.release
    return Reads(
        caller=caller,
        kube=hub.kube,
        releases=hub.releases,
        hub=hub.hub,
        public=hub.public,
        access=access,
        names=ReleaseNames(release.name, settings.kubernetes.namespace, settings.public.host, release.timeout),
        now=now(),
        charts=hub.charts,
        rendering=hub.rendering,
        work=cast("WorkReads", NoRecords()),
        trail=cast("TrailReads", NoRecords()),
        snapshot_retention=settings.storage.snapshot_retention,
        azure=hub.azure,
        bot_service=hub.bot_service,
        quotas=hub.quotas,
        schedules=cast("ScheduleReads", NoRecords()),
        events=cast("EventReads", NoRecords()),
        cost=cast("CostReads", NoRecords()),
        alerts=cast("AlertReads", NoRecords()),
        freezes=cast("FreezeReads", NoRecords()),
        announcements=cast("AnnouncementReads", NoRecords()),
        inside=settings.kubernetes.kubeconfig is None,
        registry=hub.registry,
        by_digest=settings.registry.by_digest,
        most_nodes=settings.azure.most_nodes,
        homes=HomeLimits(
            to_bytes(settings.storage.grow_limit), settings.storage.grow_factor, settings.storage.ask_pause
        ),
        workshop=hub.workshop,
        applications=hub.applications,
        people=hub.people,
        login=hub.login,
        dns=hub.dns,
        issuing=hub.issuing,
        helm=hub.helm,
        values=hub.values,
        bot_ingress_class=settings.teams.ingress_class,
        hub_classes=hub.hub_classes,
        prometheus=hub.prometheus,
    )


class NoRecords:
    """A stand-in for the bot's records where they are not read."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Unavailable("The bot's store", f"is not read here ({name})")

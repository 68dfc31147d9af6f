"""The arguments of commands: `Reads` for a query, `Writes` for a change that is approved."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.ports.alerts import AlertReads, AlertWrites
from commands.ports.announcements import AnnouncementReads, AnnouncementWrites, BannerWrites
from commands.ports.azure import AzureReads, AzureWrites, BotServiceReads, CostReads, QuotaReads
from commands.ports.bot_state import ChoiceWrites, HubChoice, OwnReads
from commands.ports.entra import (
    AccessReads,
    ApplicationReads,
    ApplicationWrites,
    IdentityRecords,
    LoginReads,
    PeopleReads,
)
from commands.ports.events import EventReads, EventWrites
from commands.ports.freezes import FreezeReads, FreezeWrites
from commands.ports.helm import ChartReads, HelmReads, HelmWrites, ReleaseNames, ReleaseReads, RenderingReads
from commands.ports.homes import HomeLimits
from commands.ports.hub import HubReads, HubWrites
from commands.ports.hub_classes import HubClassReads
from commands.ports.hub_tests import HubTesting, HubTestReads
from commands.ports.images import BuildWrites, RegistryReads, RegistryWrites, Workshop
from commands.ports.kubernetes import KubeReads, KubeWrites
from commands.ports.operations import MessageWrites, TrailReads, WorkReads, WorkWrites
from commands.ports.prometheus import PrometheusReads
from commands.ports.public import CertificateReads, CertificateRecords, DnsReads, IssuingReads
from commands.ports.schedules import ScheduleReads, ScheduleWrites
from commands.ports.usage import UsageWrites
from commands.ports.values import ValuesReads, ValuesWrites


@dataclass(frozen=True)
class Caller:
    """The requester.

    `level` is a `commands.framework.command.Level`; `name` is for display, `object_id` is the identity.
    """

    object_id: str
    name: str
    level: int


@dataclass(frozen=True)
class Reads:
    """The interfaces that a command may read from."""

    caller: Caller
    kube: KubeReads
    releases: ReleaseReads
    hub: HubReads
    public: CertificateReads
    access: AccessReads
    names: ReleaseNames
    now: datetime
    charts: ChartReads
    work: WorkReads
    trail: TrailReads
    snapshot_retention: timedelta = timedelta(days=14)
    azure: AzureReads | None = None
    """None where no cluster is configured."""
    bot_service: BotServiceReads | None = None
    """None where it is not configured which Azure Bot is the bot's."""
    quotas: QuotaReads | None = None
    """None where no cluster is configured."""
    schedules: ScheduleReads = field(kw_only=True)
    events: EventReads = field(kw_only=True)
    cost: CostReads = field(kw_only=True)
    rendering: RenderingReads = field(kw_only=True)
    alerts: AlertReads = field(kw_only=True)
    freezes: FreezeReads = field(kw_only=True)
    announcements: AnnouncementReads = field(kw_only=True)
    inside: bool = False
    """True if the bot runs inside the cluster that it manages."""
    registry: RegistryReads | None = None
    """None where no registry is configured: tags are not checked then."""
    by_digest: bool = False
    """True if images are deployed by tag and digest."""
    most_nodes: int = 0
    """The most nodes that one person may give a pool; 0 for the pool's present setting."""
    homes: HomeLimits = field(default_factory=HomeLimits)
    workshop: Workshop | None = None
    """None where no image can be built."""
    applications: ApplicationReads | None = None
    login: LoginReads | None = None
    dns: DnsReads | None = None
    """None where no public host is configured, like the next."""
    issuing: IssuingReads | None = None
    certificates: CertificateRecords | None = None
    people: PeopleReads | None = None
    """None where the bot does not look people up in Entra."""
    identities: IdentityRecords | None = None
    """None where no records are kept, like the next."""
    own: OwnReads | None = None
    """None where no records are kept: on a terminal."""
    helm: HelmReads | None = None
    """None where no helm can be started."""
    values: ValuesReads = field(kw_only=True)
    hub_classes: HubClassReads = field(kw_only=True)
    choice: HubChoice = field(default_factory=HubChoice)
    bot_ingress_class: str = ""
    """The class of the Ingress that Teams reaches the bot by; empty where it has none, or it is not known."""
    tests: HubTestReads | None = None
    """None where no records are kept: on a terminal."""
    prometheus: PrometheusReads | None = None
    """None where none is configured: how full volumes are is not known then."""


@dataclass(frozen=True)
class Writes:
    """The interfaces that a change may write to."""

    helm: HelmWrites
    kube: KubeWrites
    hub: HubWrites
    work: WorkWrites
    schedules: ScheduleWrites = field(kw_only=True)
    events: EventWrites = field(kw_only=True)
    alerts: AlertWrites = field(kw_only=True)
    freezes: FreezeWrites = field(kw_only=True)
    announcements: AnnouncementWrites = field(kw_only=True)
    values: ValuesWrites = field(kw_only=True)
    azure: AzureWrites | None = None
    """None where no cluster is configured; commands have refused by then."""
    registry: RegistryWrites | None = None
    builds: BuildWrites | None = None
    applications: ApplicationWrites | None = None
    messages: MessageWrites | None = None
    """None where nobody can be written to personally."""
    banner: BannerWrites | None = None
    """The announcement service; None where it is not known at which address the hub's services are."""
    choice: ChoiceWrites | None = None
    """None where there is one hub only; commands have refused by then."""
    usage: UsageWrites | None = None
    """None where nothing of use is recorded."""
    testing: HubTesting | None = None

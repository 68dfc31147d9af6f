"""The world as a whole, and an operation at work in it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from clients.errors import NotFound
from clients.helm import ChartFiles, HelmProgram, Release, Rendered
from clients.helm.version import program_of
from clients.hub import HubUser, SpawnCounts, SpawnEvent
from clients.jupyter import CellResult, KernelSpecs
from clients.kube import (
    AutoscalerStatus,
    Claim,
    DaemonSet,
    Deployment,
    Event,
    Gateway,
    HttpRoute,
    Ingress,
    IngressClass,
    LimitRange,
    Node,
    Pod,
    PodRefusal,
    ResourceQuota,
    Snapshot,
    SnapshotClass,
    StorageClass,
    Volume,
)
from clients.public.certificate import Certificate
from commands.framework.command import Level, Renamed
from commands.ports.alerts import AlertChannel, AlertSummary
from commands.ports.announcements import Announcement
from commands.ports.bot_state import HubChoice
from commands.ports.context import Caller, Reads, Writes
from commands.ports.events import PlannedEvent
from commands.ports.freezes import Freeze
from commands.ports.helm import ReleaseNames
from commands.ports.hub_tests import HubTesting, HubTestRecord, HubTestRules
from commands.ports.operations import TrailLine, Work
from commands.ports.public import ServedCertificate
from commands.ports.schedules import Schedule
from commands.timing.cron import Timetable
from tests.world.alerts import Alerts
from tests.world.announcements import Announcements
from tests.world.azure import Cost
from tests.world.bot_state import ChoiceWrites
from tests.world.constants import NOW, OLU
from tests.world.entra import AccessReads
from tests.world.freezes import Freezes
from tests.world.helm import ChartReads, Helm, HelmReads, ReleaseReads, RenderingReads, chart_files, release
from tests.world.hub import HubReads, HubWrites, user
from tests.world.hub_classes import HubClasses
from tests.world.hub_tests import KERNELS, READY, Accounts, HubTests, Servers, answered
from tests.world.kubernetes import KubeReads, for_ever
from tests.world.kubernetes_objects import components, deployment, node
from tests.world.kubernetes_writes import KubeWrites, pulls
from tests.world.operations import MessageWrites, TrailReads, WorkReads, WorkWrites
from tests.world.public import CertificateReads, CertificateRecords, DnsReads, IssuingReads, certificate
from tests.world.schedules import Events, Schedules
from tests.world.values import Home
from tests.world.volumes import settle_volumes


@dataclass
class World:
    """All systems outside, healthy unless told otherwise.

    A field holds what its system answers; an exception in its place is raised. `silent` names the fields that never
    answer. What a command writes changes the fields, and `done` has a line for each write, in order.
    """

    level: Level = Level.OPERATOR
    silent: tuple[str, ...] = ()
    done: list[str] = field(default_factory=list)

    # Kubernetes.
    pods: list[Pod] | Exception = field(default_factory=components)
    nodes: list[Node] | Exception = field(
        default_factory=lambda: [
            node("aks-core-31415926-vmss000000", "core"),
            node("aks-users-31415926-vmss000001", "users"),
        ]
    )
    events: list[Event] = field(default_factory=list)
    # The disruption budgets of all namespaces, and the deprecated APIs that were requested.
    budgets: list | Exception = field(default_factory=list)
    apis: list | Exception = field(default_factory=list)
    # The events of the cluster autoscaler.
    scaling: list[Event] = field(default_factory=list)
    # The autoscaler's account of itself; None where there is no autoscaler.
    autoscaler: AutoscalerStatus | Exception | None = None
    quotas: list[ResourceQuota] | Exception = field(default_factory=list)
    limit_ranges: list[LimitRange] | Exception = field(default_factory=list)
    # The lists that a watch of pods yields, one after another; it waits for ever after the last.
    watched: Sequence[list[Pod] | Exception] = ()
    daemon_sets: list[DaemonSet] | Exception = field(default_factory=list)
    # Called with the world and a puller's daemon set once that is created.
    pulling: Callable[["World", DaemonSet], None] = pulls
    deployments: list[Deployment] = field(default_factory=lambda: [deployment()])
    # Called once autohttps is restarted.
    restarted: Callable[["World"], None] = lambda _: None
    secrets: list[str] = field(default_factory=lambda: ["proxy-public-tls-acme"])
    # The contents of Secrets, by name and key.
    secret_data: dict[str, dict[str, bytes]] = field(default_factory=dict)
    # Ways in besides the service; a cluster without Gateway API has no kind HTTPRoute.
    ingresses: list[Ingress] | Exception = field(default_factory=list)
    ingress_classes: list[IngressClass] | Exception = field(default_factory=list)
    http_routes: list[HttpRoute] | Exception = field(default_factory=lambda: NotFound("Kubernetes found nothing"))
    gateways: list[Gateway] | Exception = field(default_factory=list)
    # The public addresses of the service proxy-public.
    balancer: tuple[str, ...] | Exception = ("20.50.2.71",)
    # The log of the hub, with the time of each line.
    hub_log: str | Exception = ""
    # The log of autohttps, and, by pod, what users' servers wrote before they ended.
    log: str | Exception = ""
    earlier_log: str | Exception = ""
    servers_said: dict[str, str] = field(default_factory=dict)
    # Called with the pod of a dry run and whether that is strict: returns a PodRefusal or None. What was judged so.
    refuses: Callable[[dict, bool], PodRefusal | None] | Exception | None = None
    judged: list[tuple[dict, bool]] = field(default_factory=list)

    # Kubernetes: homes.
    claims: list[Claim] | Exception = field(default_factory=list)
    # None for those to which the claims are bound, with reclaim policy Delete.
    volumes: list[Volume] | None = None
    snapshots: list[Snapshot] | Exception = field(default_factory=list)
    storage_classes: list[StorageClass] = field(
        default_factory=lambda: [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, True, True)]
    )
    snapshot_classes: list[SnapshotClass] = field(
        default_factory=lambda: [SnapshotClass("csi-azuredisk", "disk.csi.azure.com", "Delete", True)]
    )
    # The error of each snapshot that is taken, which never gets ready then.
    snapshot_error: str = ""
    # What becomes of a claim that is enlarged: its fields besides what it asks for, at once its new size if none; or
    # the refusal.
    expansion: dict[str, object] = field(default_factory=dict)
    expansion_error: Exception | None = None
    # The API server's version.
    kubernetes: str | Exception = "v1.35.4"
    # The pods that do not end when their server is stopped.
    stubborn: tuple[str, ...] = ()

    # Helm and the chart's values.
    releases: list[Release] | Exception = field(default_factory=lambda: [release()])
    # The version of the chart on disk, and the contents of each version, newest first.
    chart: str | None = "4.4.0"
    charts: dict[str, ChartFiles] | Exception = field(default_factory=lambda: {"4.4.0": chart_files()})
    # The helm that the bot runs.
    helm_program: HelmProgram | Exception = field(
        default_factory=lambda: program_of("the image", 'Version:"v4.3.2" KubeClientVersion:"v1.37"')
    )
    # Called with what `helm template` is called with; None for the live manifest.
    renders: Callable[..., Rendered] | None = None
    # JupyterHub's own classes, which check values.
    hub_classes: object = field(default_factory=HubClasses)
    # None for values that are kept in the release alone; else a `Home`.
    home: object = None

    # JupyterHub.
    version: str | Exception = "5.5.0"
    # What the hub counted lately; None where the bot may not read that.
    spawns: SpawnCounts | Exception | None = field(default_factory=SpawnCounts)
    users: list[HubUser] | Exception = field(default_factory=lambda: [user("ann@example.org")])
    # The scopes of the bot's token.
    scopes: frozenset[str] | Exception = frozenset({"admin:users", "delete:users", "groups", "list:users"})
    # The names of the hub's groups.
    hub_groups: tuple[str, ...] = ()
    # What the hub answers to a change of a user, in place of doing it.
    hub_refuses: Exception | None = None

    # Tests of the hub (tests/world/hub_tests.py): those on record, the settings, and those of another hub by tag.
    tests: list[HubTestRecord] | Exception = field(default_factory=list)
    test_rules: HubTestRules = field(default_factory=lambda: HubTestRules(packages=("jupyterhub",)))
    tested_elsewhere: dict[str, HubTestRecord] = field(default_factory=dict)
    # Errors instead of making an account, of a start, and of the way into a server; None where they succeed.
    creates: Exception | None = None
    starts: Exception | None = None
    enters: Exception | None = None
    # What the hub tells of a start, the fields of its pod, and if it takes an image that is asked for.
    spawning: Sequence[SpawnEvent | Exception] = (READY,)
    test_pod: dict[str, object] = field(default_factory=dict)
    hub_takes_images: bool = True
    # True if deleting a user deletes their homes.
    hub_deletes_claims: bool = True
    kernels: KernelSpecs | Exception = KERNELS
    # Called with a cell's code: returns what the kernel gives, or raises.
    cells: Callable[[str], CellResult] = answered
    # What Prometheus has measured, by claim (tests/world/prometheus.py); None where it is not configured.
    prometheus: object = None

    # The registry and the builds (tests/world/images.py); None where not configured.
    registry: object = None
    by_digest: bool = False
    workshop: object = None

    # Azure.
    cost: object = field(default_factory=Cost)

    # Entra: the caller's groups, and object ids by UPN.
    groups: list[str] | Exception = field(default_factory=lambda: ["JupyterHub operators"])
    object_ids: dict[str, str] = field(default_factory=dict)
    # Who is in the directory, by UPN; None where only a team's members are known.
    in_directory: list[str] | Exception | None = field(default_factory=list)
    # Many people at once, and who was behind a name at first (tests/world/entra.py); None where not looked up.
    people: object = None
    identities: object = None

    # The public host: its certificate, its addresses in DNS, what issuing depends on, what it served before.
    host: str = "hub.example.org"
    certificate: Certificate | Exception = field(default_factory=certificate)
    resolved: tuple[str, ...] | Exception = ("20.50.2.71",)
    caa: tuple[object, ...] | Exception = ()
    challenge: Exception | None = None
    directory: Exception | None = None
    served: list[ServedCertificate] = field(default_factory=list)
    # What is otherwise at further hosts: fields of the public host by name, by host.
    further: dict[str, dict[str, object]] = field(default_factory=dict)

    # The bot's own records.
    works: list[Work] = field(default_factory=list)
    ended: list[Work] = field(default_factory=list)
    trail: list[TrailLine] = field(default_factory=list)
    # What people are told, the newest first; the announcement service, None where it has no address.
    announcements: list[Announcement] | Exception = field(default_factory=list)
    banner: object = None
    # The contents of ConfigMaps that were written, or why none can be.
    config_maps: dict[str, dict[str, str]] | Exception = field(default_factory=dict)
    # The freeze that holds, if any.
    freeze: Freeze | Exception | None = None
    schedules: list[Schedule] | Exception = field(default_factory=list)
    events_planned: list[PlannedEvent] | Exception = field(default_factory=list)
    timetable: Timetable = field(default_factory=lambda: Timetable("Europe/Berlin"))
    alerts: list[AlertSummary] | Exception = field(default_factory=list)
    channels: list[AlertChannel] = field(default_factory=list)
    # Personal messages: object id and view; the error of sending one, by object id.
    messages: list[tuple[str, object]] = field(default_factory=list)
    unreachable: dict[str, Exception] = field(default_factory=dict)
    # The bot's hubs; if one may be chosen; operation and hub of each choice.
    choice: HubChoice = field(default_factory=HubChoice)
    may_choose: bool = True
    chosen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reads(self) -> Reads:
        """Everything that a command may read."""
        return Reads(
            caller=Caller(OLU, "Olu Operator", self.level),
            kube=KubeReads(self),
            releases=ReleaseReads(self),
            hub=HubReads(self),
            public=CertificateReads(self),
            access=AccessReads(self),
            names=ReleaseNames("jupyterhub", "jhub", self.host, timedelta(minutes=10)),
            now=NOW,
            charts=ChartReads(self),
            work=WorkReads(self),
            trail=TrailReads(self),
            schedules=Schedules(self),
            events=Events(self),
            cost=self.cost,
            alerts=Alerts(self),
            prometheus=self.prometheus,
            freezes=Freezes(self),
            announcements=Announcements(self),
            registry=self.registry,
            by_digest=self.by_digest,
            workshop=self.workshop,
            dns=DnsReads(self),
            issuing=IssuingReads(self),
            certificates=CertificateRecords(self),
            people=self.people,
            identities=self.identities,
            values=self.home or Home(self),
            rendering=RenderingReads(self),
            hub_classes=self.hub_classes,
            helm=HelmReads(self),
            choice=self.choice,
            tests=HubTests(self),
        )

    def settle(self) -> None:
        """Remove the claims that are being deleted and that no pod mounts, and bind, as Kubernetes does by itself."""
        in_use = {name for one in self.pods for name in one.claims}
        self.claims = [one for one in self.claims if not one.terminating or one.name in in_use]
        settle_volumes(self)

    async def of_host(self, host: str, what: str):
        """Return what `answer` would of the public host, or of a further one what is otherwise there."""
        other = self.further.get(host, {}).get(what) if host not in ("", self.host) else None
        if isinstance(other, Exception):
            raise other
        return await self.answer(what) if other is None else other

    async def answer(self, what: str):
        """Return the field of that name. Raise it if it is an exception; never return if it is silent."""
        if what in self.silent:
            await for_ever()
        found = getattr(self, what)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Doing:
    """One operation at work in a world, as `commands.framework.command.Steps` promises it to `apply`.

    It keeps the titles of the steps in `titles`, the progress of each in `told`, warnings in `warned` and messages in
    `announced`. Set `stop` to ask it to stop. tests/world/crash.py has one that records results and dies.
    """

    world: World
    helm: Helm = field(default_factory=lambda: Helm(None))
    operation: str = "op-9"
    titles: list[str] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    announced: list[object] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def caller(self):
        """The one who asks, of the level `World.level`."""
        return self.reads.caller

    @property
    def reads(self):
        """Everything that the operation may read."""
        return self.world.reads

    @property
    def writes(self):
        """Everything that the operation may write."""
        world = self.world
        builds = getattr(world.workshop, "builds", None)
        kube, hub, work = KubeWrites(world), HubWrites(world), WorkWrites(world)
        own = {
            "schedules": Schedules(world),
            "events": Events(world),
            "alerts": Alerts(world),
            "messages": MessageWrites(world),
        }
        own["values"] = world.home or Home(world)
        own["choice"], own["usage"] = ChoiceWrites(world), world.cost
        own["testing"] = HubTesting(Accounts(world), Servers(world), HubTests(world))
        own["freezes"] = Freezes(world)
        own["announcements"], own["banner"] = Announcements(world), world.banner
        return Writes(self.helm, kube, hub, work, registry=world.registry, builds=builds, **own)

    def now(self):
        """Return the world's time, which stands still."""
        return self.reads.now

    async def step(self, title, action, *args, **kwargs):
        """Note the title and run the action."""
        self.titles.append(title.title if isinstance(title, Renamed) else title)
        return await action(*args, **kwargs)

    async def cleanup(self, title, action, *args, **kwargs):
        """Note the title and run the action."""
        return await self.step(title, action, *args, **kwargs)

    def tell(self, *details):
        """Note the progress of the running step."""
        self.told.append(details)

    def warn(self, warning):
        """Note a warning."""
        self.warned.append(warning)

    async def announce(self, view):
        """Note a message for the conversation."""
        self.announced.append(view)

    @property
    def stopping(self):
        """True once somebody asked to stop."""
        return self.stop.is_set()

    async def stopped(self):
        """Return once somebody asks to stop."""
        await self.stop.wait()


def words(view: object) -> str:
    """Return all text of a view, for looking something up in it."""
    return repr(view)

"""The reading half of the world, as commands see it. Nothing here can change anything."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Protocol

from clients.acr import Tag
from clients.aks import Cluster, Pool
from clients.applications import Application
from clients.builds import Build
from clients.compute import Quota
from clients.dns import Caa
from clients.helm import ChartFiles, Release, Rendered
from clients.hub import HubUser
from clients.kube import (
    Claim,
    DaemonSet,
    Deployment,
    Event,
    Node,
    Permission,
    Pod,
    Snapshot,
    SnapshotClass,
    StorageClass,
    Volume,
)
from clients.login import Redirect
from clients.tls import Certificate
from clients.values import Written
from commands.cron import Timetable


@dataclass(frozen=True)
class Caller:
    """Who asks. `level` is a `commands.spec.Level`; `name` is for showing, `object_id` is who it is."""

    object_id: str
    name: str
    level: int


class KubeReads(Protocol):
    """What commands ask of Kubernetes. Every method raises clients.errors.Unavailable."""

    async def pods(self, selector: str = "") -> list[Pod]:
        """The pods of the hub's namespace that match a label selector."""

    async def system_pods(self) -> list[Pod]:
        """The pods of kube-system, where a cluster's own parts and add-ons are."""

    async def nodes(self) -> list[Node]:
        """Every node of the cluster."""

    async def events(self, since: datetime | None = None) -> list[Event]:
        """The events of the hub's namespace."""

    async def autoscaler_events(self, since: datetime) -> list[Event]:
        """What the cluster autoscaler says of node groups, last at or after `since`; the latest is last."""

    def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """The complete list of pods now, and again after each change, for ever."""

    async def log(
        self,
        pod: str,
        container: str,
        *,
        since: timedelta | None,
        lines: int,
        previous: bool = False,
        stamped: bool = False,
    ) -> str:
        """The last lines of a container's log, secrets and all, with their times if `stamped`; 1 MiB at most.

        Raises NotFound.
        """

    def follow_log(
        self, pod: str, container: str, *, since: timedelta | None = None, lines: int = 0
    ) -> AsyncIterator[list[str]]:
        """The last lines, then new ones as they come, some at a time. Raises NotFound."""

    async def deployment(self, name: str) -> Deployment:
        """One deployment of the hub's namespace. Raises NotFound."""

    async def daemon_sets(self, selector: str = "") -> list[DaemonSet]:
        """The daemon sets of the hub's namespace that match a label selector."""

    async def secret_uid(self, name: str) -> str:
        """The UID of a Secret of the hub's namespace, of whose contents nothing is read. Raises NotFound."""

    async def load_balancer(self, service: str) -> tuple[str, ...]:
        """The public addresses of a service; none where it has none (yet). Raises NotFound."""

    async def claims(self, selector: str = "") -> list[Claim]:
        """The persistent volume claims of the hub's namespace that match a label selector."""

    def claim_pages(self, selector: str = "") -> AsyncIterator[list[Claim]]:
        """The same, a page at a time, for namespaces with more claims than anybody wants in memory."""

    async def unbound_claims(self) -> list[Claim]:
        """The claims that have no disk (yet, or any more), by name."""

    async def claim(self, name: str) -> Claim:
        """One claim. Raises NotFound."""

    async def volume(self, name: str) -> Volume:
        """One persistent volume. Raises NotFound."""

    async def storage_classes(self) -> list[StorageClass]:
        """The storage classes of the cluster."""

    async def snapshot_classes(self) -> list[SnapshotClass]:
        """The snapshot classes of the cluster; none where it knows no snapshots."""

    async def snapshots(self) -> list[Snapshot]:
        """The volume snapshots of the hub's namespace; none where the cluster knows no snapshots."""

    async def snapshot(self, name: str) -> Snapshot:
        """One snapshot. Raises NotFound."""

    async def denied(self) -> list[Permission]:
        """What the bot needs in Kubernetes and may not do."""

    async def secret(self, name: str) -> dict[str, bytes]:
        """The data of one Secret. Raises NotFound. Not to be shown."""


class ReleaseReads(Protocol):
    """What commands ask of Helm's records. Every method raises Unavailable."""

    async def current(self) -> Release | None:
        """The newest revision, whatever became of it."""

    async def deployed(self) -> Release | None:
        """The revision that is live."""

    async def history(self, limit: int = 10) -> list[Release]:
        """The newest revisions, newest first."""


class RenderingReads(Protocol):
    """What helm would do, without doing it."""

    async def render(
        self, *, version: str, values: Mapping[str, object], revision: int, install: bool = False
    ) -> Rendered:
        """The release with these values from this version of the chart, as `clients.helm.Rendering` promises.

        `revision` is the newest one of the release, whatever became of it; 0 where there is none. Raises Rejected where
        the chart refuses the values, NotFound where there is no such version, Unavailable.
        """


class HelmReads(Protocol):
    """What commands ask about helm itself."""

    async def at_work(self) -> bool:
        """Whether a helm that this bot started is at work, maybe before the bot was restarted."""


class HubReads(Protocol):
    """What commands ask of the hub. Every method raises Unavailable."""

    async def version(self) -> str:
        """JupyterHub's version."""

    async def users(self, state: str | None = None) -> list[HubUser]:
        """The users in a state: active, ready, inactive; None for all."""

    async def user(self, name: str) -> HubUser:
        """One user, by the hub's exact name. Raises NotFound."""


class CertificateReads(Protocol):
    """What the public address serves."""

    async def certificate(self) -> Certificate:
        """The certificate, by a real handshake. Raises Unavailable."""


class DnsReads(Protocol):
    """What commands ask of DNS. Every method raises Unavailable."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The host's addresses; none where the name does not exist."""

    async def caa(self, host: str) -> tuple[Caa, ...]:
        """The records that say who may issue certificates for the host; none where everybody may."""


class IssuingReads(Protocol):
    """What a certificate's issuing depends on. Every method raises Unavailable for what does not work."""

    async def challenge(self) -> None:
        """Whether the public host answers on port 80."""

    async def directory(self) -> None:
        """Whether the authority that issues is there."""


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate that the public host began to serve at `seen`. `problem` is empty for one that browsers accept."""

    seen: datetime
    fingerprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    problem: str


class CertificateRecords(Protocol):
    """What the public host has served over time. Every method raises Unavailable when the store cannot be used."""

    async def noticed(self, certificate: Certificate, now: datetime) -> bool:
        """Note what is served now; False where it is what was served before."""

    async def recent(self, limit: int = 10) -> Sequence[CertificateSeen]:
        """The changes, the newest first."""


@dataclass(frozen=True)
class ReleaseNames:
    """Which release, and from which chart: settings, not readings."""

    release: str
    namespace: str
    public_host: str
    timeout: timedelta


class AccessReads(Protocol):
    """What is known of the people who may do things."""

    def holders(self, level: int) -> Sequence[str]:
        """The names of the groups that give at least this level, the lowest level first."""

    def way_in(self, level: int) -> str:
        """A sentence that says whom to ask for this level."""

    def name(self, object_id: str) -> str:
        """The person's name as far as it is known, else something to recognise the object id by."""

    async def given_by(self, object_id: str) -> Sequence[str]:
        """The names of the groups this person has a level by. Raises Unavailable."""

    async def object_id(self, upn: str) -> str:
        """The object id behind a user principal name. Raises NotFound, Unavailable."""

    async def upn(self, object_id: str) -> str:
        """The user principal name of a person. Raises NotFound, Unavailable."""


class WorkState(Enum):
    """How far a change has come."""

    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class Work:
    """One change that was asked for, from its plan to its end.

    `outcome` is empty until it has ended, then a code from the closed list of outcomes. `step` is the last step that
    was begun. `needed` is how many approvals it takes, 0 where the requester confirms; `reason` why it is wanted.
    `digest` is what an answer is bound to, and `answered_by` are the object ids of who has answered.
    """

    id: str
    title: str
    line: str
    requester: str
    requester_id: str
    state: WorkState
    outcome: str
    asked: datetime
    changed: datetime
    expires: datetime | None
    needed: int
    approved_by: tuple[str, ...]
    step: str
    reason: str
    emergency: bool
    digest: str = ""
    answered_by: tuple[str, ...] = ()


class WorkReads(Protocol):
    """What the bot itself is doing. Every method raises Unavailable when its store cannot be read."""

    async def open(self) -> Sequence[Work]:
        """What has not ended, oldest first."""

    async def ended(self, limit: int = 10) -> Sequence[Work]:
        """What has ended, newest first."""

    async def find(self, start: str) -> Sequence[Work]:
        """The open ones whose id begins so."""


@dataclass(frozen=True)
class TrailLine:
    """One entry of the audit trail, as people read it. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    name: str
    object_id: str
    event: str
    outcome: str
    command: str
    operation: str
    detail: str


class TrailReads(Protocol):
    """The audit trail. Every method raises Unavailable when it cannot be read."""

    async def page(
        self, *, object_id: str = "", since: datetime | None = None, before: int = 0, limit: int = 20
    ) -> Sequence[TrailLine]:
        """Entries, newest first: by one person, since a moment, with a number below `before` unless that is 0."""


class AzureReads(Protocol):
    """What commands ask of Azure about the cluster. Every method raises Unavailable."""

    async def pools(self) -> list[Pool]:
        """The node pools."""

    async def pool(self, name: str) -> Pool:
        """One node pool. Raises NotFound."""

    async def cluster(self) -> Cluster:
        """The cluster itself."""


class BotServiceReads(Protocol):
    """What commands ask of Azure about the Azure Bot. Every method raises Unavailable, NotFound."""

    async def channels(self) -> Sequence[str]:
        """The names of the channels that are on, such as MsTeamsChannel."""


class QuotaReads(Protocol):
    """What commands ask of Azure about the subscription's quota. Raises Unavailable."""

    async def quota(self, location: str, size: str) -> Quota:
        """What bounds the number of machines of a VM size in a region. Raises NotFound for a size that is not there."""


class RegistryReads(Protocol):
    """What commands ask of the registry. Every method raises Unavailable, and NotFound for what it does not have."""

    login_server: str
    """Its name, as images' names begin with it."""

    async def tags(self, repository: str, newest: int | None = None) -> list[Tag]:
        """The tags of an image, newest first, with sizes; only so many where `newest` says how many."""

    async def tag(self, repository: str, name: str) -> Tag:
        """One tag, without its size."""


class SourceReads(Protocol):
    """What commands ask of the repository that the users' image is built from. Raises Unavailable, NotFound."""

    async def refs(self) -> dict[str, str]:
        """The commit of each ref, by its full name."""


class BuildReads(Protocol):
    """What commands ask about builds. Every method raises Unavailable, NotFound."""

    async def build(self, run: str) -> Build:
        """How a build stands."""

    async def named(self, name: str) -> Build:
        """The build that was begun under a name."""

    async def underway(self, start: str) -> list[Build]:
        """The builds that have not ended, of those that were begun under a name that starts so."""

    async def log(self, run: str, offset: int = 0) -> tuple[str, int]:
        """What it has said since an offset, without secrets known to the bot, and the offset of what comes next."""

    def page(self) -> str:
        """Where builds and their logs are in Azure's portal."""


@dataclass(frozen=True)
class Recipe:
    """What the users' image is built from: settings, not readings."""

    repository: str
    branch: str
    folder: str
    dockerfile: str
    platform: str
    notebooks_repository: str = ""
    notebooks_branch: str = ""


@dataclass(frozen=True)
class Workshop:
    """Where and from what the users' image is built."""

    recipe: Recipe
    source: SourceReads
    builds: BuildReads
    notebooks: SourceReads | None = None
    """Where the sample notebooks are; None where none are configured."""


@dataclass(frozen=True)
class Schedule:
    """A change that comes again and again. `next` is None where it stands still, whose reason is `why`.

    `later` says whether the next time was postponed.
    """

    id: str
    cron: str
    line: str
    creator: str
    next: datetime | None
    later: bool = False
    why: str = ""


class ScheduleReads(Protocol):
    """The schedules. Every method raises Unavailable when the bot's store cannot be read."""

    @property
    def timetable(self) -> Timetable:
        """How cron lines become moments here."""

    async def all(self) -> Sequence[Schedule]:
        """Those that were not removed, the oldest first."""


@dataclass(frozen=True)
class PoolSeen:
    """What was seen of a pool's nodes of one size: node-hours there, and node-hours spared by holding it lower.

    `unclear` is for how many hours it was held without anybody knowing what it had before.
    """

    pool: str
    size: str
    hours: Decimal
    spared: Decimal
    unclear: Decimal


@dataclass(frozen=True)
class Seen:
    """What the bot has seen of the nodes: `hours` of looking, since `first` (None: never) at the earliest."""

    first: datetime | None
    hours: Decimal
    pools: tuple[PoolSeen, ...]


class CostReads(Protocol):
    """How many nodes there were, and what they cost."""

    @property
    def currency(self) -> str:
        """The currency of the prices."""

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """What a node costs in an hour, by the size of its machine; empty where nothing is configured."""

    async def seen(self, since: datetime) -> Seen:
        """What was seen since then. Raises Unavailable."""


class ApplicationReads(Protocol):
    """What commands ask of Entra about the hub's app registration. Every method raises Unavailable."""

    async def application(self, client_id: str) -> Application:
        """The app registration with that client id. Raises NotFound."""


class LoginReads(Protocol):
    """How people log in. Every method raises Unavailable."""

    async def redirect(self, path: str) -> Redirect:
        """Where the hub's page at `path` sends who wants to log in."""

    async def accepts(self, tenant: str, client_id: str, secret: str) -> bool:
        """Whether Entra takes that client secret now."""


@dataclass(frozen=True)
class AlertSeen:
    """An alert, as people read it. `severity` is note, warning or critical; `over` is None while it lives."""

    id: str
    watcher: str
    severity: str
    title: str
    cause: str
    since: datetime
    over: datetime | None
    snoozed_until: datetime | None
    seen_to_by: str
    flapping: bool


@dataclass(frozen=True)
class AlertChannel:
    """A conversation that gets alerts: from a severity on, of some watchers or (empty) of all."""

    conversation: str
    minimum: str
    only: tuple[str, ...]
    by: str


class AlertReads(Protocol):
    """The bot's alerts. Every method raises Unavailable when its store cannot be read."""

    @property
    def watchers(self) -> Sequence[str]:
        """The names of what is watched."""

    async def open(self) -> Sequence[AlertSeen]:
        """Those that people were told of and that are not over, the worst first."""

    async def recent(self, limit: int = 20) -> Sequence[AlertSeen]:
        """Those that people were told of, the newest first."""

    async def channels(self) -> Sequence[AlertChannel]:
        """Who gets alerts."""


class ValuesReads(Protocol):
    """The home of the hub's values, where they are written down. Every method raises Unavailable."""

    @property
    def kind(self) -> str:
        """What it is: `release`, `file` or `git`."""

    @property
    def place(self) -> str:
        """Where it is, in words: "the release", "config.yaml", "main:config.yaml of hub-config"."""

    async def written(self) -> Written | None:
        """What is written there now; None where there is nothing yet, as where there is no release.

        Raises Rejected for a file that holds no values, which names the line.
        """

    async def secrets(self) -> Mapping[str, object]:
        """Values for what neither the home nor the release has, as a first installation; empty without any."""


@dataclass(frozen=True)
class OwnApp:
    """An app registration that the bot itself logs in as. `text` is its secret, for comparing alone."""

    purpose: str
    client_id: str
    text: Callable[[], Awaitable[str]] = field(repr=False)


class OwnReads(Protocol):
    """What the bot knows of itself. Every method raises Unavailable when its store cannot be read."""

    @property
    def apps(self) -> Sequence[OwnApp]:
        """The app registrations whose secrets the bot uses; none for managed identities."""

    async def lost(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """The conversations that got alerts and cannot be written to any more: which, at whose wish, since when."""

    async def missing(self, since: datetime) -> Sequence[tuple[str, datetime]]:
        """The replicas that fell silent and have not come back, and when each was last seen."""


@dataclass(frozen=True)
class HubSeen:
    """One of the bot's hubs: what it is called, and where it is."""

    name: str
    release: str
    namespace: str
    host: str = ""


async def _nobody_is_refused(_hub: str, _object_id: str, _level: int) -> str:
    """There is one hub only, and its level was asked for already."""
    return ""


@dataclass(frozen=True)
class HubChoice:
    """The hubs that the bot runs, and the one that a command is for; nothing to choose from where there is one.

    `refusal`, asked with a hub, an object id and a `commands.spec.Level`, says whom to ask for that level on that hub;
    it is empty for who has it. It raises Unavailable.
    """

    this: str = ""
    hubs: tuple[HubSeen, ...] = ()
    refusal: Callable[[str, str, int], Awaitable[str]] = _nobody_is_refused

    @property
    def several(self) -> bool:
        """Whether there is a choice at all."""
        return len(self.hubs) > 1


@dataclass(frozen=True)
class Reads:
    """Everything a command may look at."""

    caller: Caller
    kube: KubeReads
    releases: ReleaseReads
    hub: HubReads
    public: CertificateReads
    access: AccessReads
    names: ReleaseNames
    now: datetime
    charts: "ChartReads"
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
    cost: CostReads = field(kw_only=True)
    rendering: RenderingReads = field(kw_only=True)
    alerts: AlertReads = field(kw_only=True)
    inside: bool = False
    """Whether the bot runs inside the cluster that it looks after."""
    registry: RegistryReads | None = None
    """None where no registry is configured: tags are not checked then."""
    by_digest: bool = False
    """Whether images are deployed by tag and digest."""
    most_nodes: int = 0
    """How many nodes one person may give a pool; 0 for what the pool is set to already."""
    workshop: Workshop | None = None
    """None where no image can be built."""
    applications: ApplicationReads | None = None
    login: LoginReads | None = None
    dns: DnsReads | None = None
    """None where no public host is configured, like the next."""
    issuing: IssuingReads | None = None
    certificates: CertificateRecords | None = None
    own: OwnReads | None = None
    """None where nobody keeps records: on a terminal."""
    helm: HelmReads | None = None
    """None where no helm can be started."""
    values: ValuesReads = field(kw_only=True)
    choice: HubChoice = HubChoice()


class ChartReads(Protocol):
    """What is known of the chart that an upgrade would use."""

    async def local_version(self) -> str | None:
        """The version of the chart on disk; None for a chart from a repository, which is asked for by version."""

    async def versions(self) -> Sequence[str]:
        """The versions there are, newest first, without pre-releases. Raises Unavailable."""

    async def files(self, version: str) -> ChartFiles:
        """What is in a version of the chart. Raises NotFound, Unavailable, ValueError for what is no version."""

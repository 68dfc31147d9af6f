"""What commands read and write, made up: small classes that answer with the clients' own value types."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from clients.errors import NotFound
from clients.helm import Chart, ChartFiles, FailureReason, Release, Rendered, UpgradeResult, bot_labels
from clients.hub import HubServer, HubUser
from clients.kube import (
    Claim,
    DaemonSet,
    Deployment,
    Event,
    Node,
    Pod,
    Snapshot,
    SnapshotClass,
    StorageClass,
    Volume,
    Waiting,
)
from clients.public.certificate import Certificate, Problem
from clients.values import Written
from commands.framework.command import Level, Renamed
from commands.ports.alerts import AlertChannel, AlertSeen
from commands.ports.azure import NodeHours
from commands.ports.bot_state import HubChoice
from commands.ports.context import Caller, Reads, Writes
from commands.ports.helm import ReleaseNames
from commands.ports.operations import TrailLine, Work, WorkState
from commands.ports.public import CertificateSeen
from commands.ports.schedules import Schedule
from commands.timing.cron import Timetable
from commands.values.base import with_changes

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IMAGE = "jhub.azurecr.io/notebook"
OLU = "7d3c4b5a-0000-4000-8000-000000000002"
# A secret as a release's values hold them: it must never be shown.
SECRET = "client-secret-4f81c0"


def pod(name: str, component: str, **more) -> Pod:
    made = Pod(
        name=name,
        uid=f"uid-{name}",
        component=component,
        release="jupyterhub",
        phase="Running",
        ready=1,
        containers=1,
        restarts=0,
        node="aks-core-31415926-vmss000000",
        created=NOW - timedelta(hours=3),
        started=NOW - timedelta(hours=3),
        terminating=False,
        waiting=None,
        crash=None,
        refusal="",
        images=("example.org/image:1",),
        user="",
        owner=None,
        labels={"component": component},
    )
    return replace(made, **more)


def server(user: str, tag: str = "3f9a41c", **more) -> Pod:
    node = "aks-users-31415926-vmss000001"
    kept = {"user": user, "images": (f"{IMAGE}:{tag}",), "node": node}
    return pod(f"jupyter-{user.partition('@')[0]}", "singleuser-server", **kept | more)


def unready(**more) -> dict[str, object]:
    return {"phase": "Pending", "ready": 0, **more}


def cannot_pull(tag: str, message: str = "", image: str = IMAGE) -> dict[str, object]:
    message = message or f'failed to resolve reference "{image}:{tag}": not found'
    return unready(waiting=Waiting("image-pull-singleuser", "ErrImagePull", message, f"{image}:{tag}"))


def node(name: str, pool: str, **more) -> Node:
    made = Node(name, pool, "user", True, True, (), "", "Standard_E8s_v5", "v1.32.7", NOW - timedelta(days=40))
    return replace(made, **more)


def release(revision: int = 3, tag: str = "3f9a41c", status: str = "deployed", **more) -> Release:
    made = Release(
        name="jupyterhub",
        namespace="jhub",
        revision=revision,
        status=status,
        chart=Chart("jupyterhub", "4.4.0", "5.5.0"),
        first_deployed=NOW - timedelta(days=21),
        last_deployed=NOW - timedelta(days=3),
        description="Upgrade complete",
        labels={},
        values={
            "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": SECRET}}},
            "singleuser": {"image": {"name": IMAGE, "tag": tag}, "memory": {"limit": "8G"}},
        },
        defaults={},
        manifest="",
    )
    return replace(made, **more)


def chart_files(version: str = "4.4.0", app_version: str = "5.5.0", **more) -> ChartFiles:
    return replace(ChartFiles(version, app_version, {"singleuser": {"memory": {"guarantee": "1G"}}}, None), **more)


def automatic(contact: str = "hub@example.com", **more) -> Release:
    """A release that gets its certificate from Let's Encrypt."""
    https = {"enabled": True, "hosts": ["hub.example.org"], "letsencrypt": {"contactEmail": contact}}
    plain = release(**more)
    return replace(plain, values={**plain.values, "proxy": {"https": https}})


def by_olu(revision: int, operation: str = "op-1") -> dict[str, str]:
    return bot_labels(revision, OLU, operation)


def certificate(problem: Problem | None = None, days: int = 65, **more) -> Certificate:
    made = Certificate(
        subject="hub.example.org",
        issuer="R3",
        names=("hub.example.org",),
        not_before=NOW - timedelta(days=90 - days),
        not_after=NOW + timedelta(days=days, hours=1),
        fingerprint="ab" * 32,
        self_signed=problem in (Problem.SELF_SIGNED, Problem.TRAEFIK_DEFAULT),
        traefik_default=problem is Problem.TRAEFIK_DEFAULT,
        trusted=problem is None,
        host_matches=True,
        problem=problem,
    )
    return replace(made, **more)


def user(name: str, *servers: bool) -> HubUser:
    """A user with a server for each of `servers`, ready or still starting."""
    named = enumerate(servers)
    return HubUser(
        name,
        admin=False,
        servers=tuple(HubServer(str(n or ""), ready, "" if ready else "spawn", NOW, NOW) for n, ready in named),
        last_activity=NOW,
    )


def home(user: str, name: str = "", **more) -> Claim:
    """A bound claim of a user's, as kubespawner makes them."""
    made = Claim(
        name=name or f"claim-{user.partition('@')[0]}",
        uid=f"uid-{name or user}",
        user=user,
        server="",
        component="singleuser-storage",
        phase="Bound",
        terminating=False,
        finalizers=("kubernetes.io/pvc-protection",),
        storage_class="managed-csi",
        volume=f"pvc-{name or user.partition('@')[0]}",
        size=10 * 2**30,
        access_modes=("ReadWriteOnce",),
        created=NOW - timedelta(days=100),
        labels={"component": "singleuser-storage", "app": "jupyterhub"},
        annotations={"pv.kubernetes.io/bind-completed": "yes"},
    )
    kept = replace(made, **more)
    owner = {"hub.jupyter.org/username": kept.user} if kept.user else {}
    server = {"hub.jupyter.org/servername": kept.server} if kept.server else {}
    return replace(kept, annotations={**kept.annotations, **owner, **server})


def empty(user: str, name: str = "", **more) -> Claim:
    """A claim that was never used."""
    return home(user, name, **{"volume": "", "phase": "Pending", **more})


def mounted(claim: Claim, **more) -> Pod:
    """The server's pod that mounts a home."""
    kept = {"claims": (claim.name,), "labels": {"hub.jupyter.org/servername": claim.server}}
    return replace(server(claim.user), **kept | more)


def volume(claim: Claim, policy: str = "Delete") -> Volume:
    return Volume(claim.volume, f"uid-{claim.volume}", policy, "disk.csi.azure.com", "Bound", claim.uid)


def snapshot(claim: Claim, name: str = "home-0", days: float = 1, **more) -> Snapshot:
    made = Snapshot(
        name=name,
        uid=f"uid-{name}",
        claim=claim.name,
        user=claim.user,
        server=claim.server,
        ready=True,
        size=claim.size,
        created=NOW - timedelta(days=days),
        error="",
        snapshot_class="csi-azuredisk",
        terminating=False,
        labels={"app.kubernetes.io/managed-by": "jhub-bot"},
        annotations={},
    )
    return replace(made, **more)


def work(**more) -> Work:
    made = Work(
        id="3f9a41c07c1d2e90",
        title="Delete the home of ann@example.org",
        line="storage delete ann@example.org",
        requester="Olu Operator",
        requester_id=OLU,
        state=WorkState.WAITING,
        outcome="",
        asked=NOW - timedelta(minutes=10),
        changed=NOW - timedelta(minutes=10),
        expires=NOW + timedelta(minutes=20),
        needed=1,
        approved_by=(),
        step="",
        reason="left the university",
        emergency=False,
    )
    return replace(made, **more)


def deployment(name: str = "autohttps", **more) -> Deployment:
    made = Deployment(name, f"uid-{name}", 1, restart="", restarted=None, is_rolled_out=True)
    return replace(made, **more)


def components() -> list[Pod]:
    return [pod("hub-1", "hub"), pod("proxy-1", "proxy"), pod("autohttps-1", "autohttps")]


async def for_ever():
    await asyncio.Event().wait()


@dataclass
class World:
    """Everything outside. An exception in place of an answer is raised; `silent` names what never answers."""

    pods: list[Pod] | Exception = field(default_factory=components)
    nodes: list[Node] | Exception = field(
        default_factory=lambda: [
            node("aks-core-31415926-vmss000000", "core"),
            node("aks-users-31415926-vmss000001", "users"),
        ]
    )
    releases: list[Release] | Exception = field(default_factory=lambda: [release()])
    version: str | Exception = "5.5.0"
    users: list[HubUser] | Exception = field(default_factory=lambda: [user("ann@example.org")])
    certificate: Certificate | Exception = field(default_factory=certificate)
    chart: str | None = "4.4.0"
    # By version, newest first.
    charts: dict[str, ChartFiles] | Exception = field(default_factory=lambda: {"4.4.0": chart_files()})
    claims: list[Claim] | Exception = field(default_factory=list)
    # None for volumes that are there as claims name them, with reclaim policy Delete.
    volumes: list[Volume] | None = None
    snapshots: list[Snapshot] | Exception = field(default_factory=list)
    storage_classes: list[StorageClass] = field(
        default_factory=lambda: [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, True)]
    )
    snapshot_classes: list[SnapshotClass] = field(
        default_factory=lambda: [SnapshotClass("csi-azuredisk", "disk.csi.azure.com", "Delete", True)]
    )
    events: list[Event] = field(default_factory=list)
    scaling: list[Event] = field(default_factory=list)
    # Why snapshots that are taken do not get ready; pods that do not end when asked to.
    snapshot_error: str = ""
    stubborn: tuple[str, ...] = ()
    works: list[Work] = field(default_factory=list)
    ended: list[Work] = field(default_factory=list)
    trail: list[TrailLine] = field(default_factory=list)
    groups: list[str] | Exception = field(default_factory=lambda: ["JupyterHub operators"])
    object_ids: dict[str, str] = field(default_factory=dict)
    # Pullers that are there, what happens in a cluster that has one, and who was written to: object id and view.
    daemon_sets: list[DaemonSet] | Exception = field(default_factory=list)
    pulling: Callable[["World", DaemonSet], None] = lambda world, made: pulls(world, made)  # noqa: PLW0108 - below
    messages: list[tuple[str, object]] = field(default_factory=list)
    unreachable: dict[str, Exception] = field(default_factory=dict)
    schedules: list[Schedule] | Exception = field(default_factory=list)
    timetable: Timetable = field(default_factory=lambda: Timetable("Europe/Berlin"))
    alerts: list[AlertSeen] | Exception = field(default_factory=list)
    channels: list[AlertChannel] = field(default_factory=list)
    cost: object = field(default_factory=lambda: Cost())  # noqa: PLW0108 - it stands further below
    # Everything that was changed, in order.
    done: list[str] = field(default_factory=list)
    level: Level = Level.OPERATOR
    silent: tuple[str, ...] = ()
    # What the watch shows, one list after another; it goes on for ever after the last.
    watched: Sequence[list[Pod] | Exception] = ()

    # What autohttps is made of, what its log says, and what its certificate depends on.
    deployments: list[Deployment] = field(default_factory=lambda: [deployment()])
    secrets: list[str] = field(default_factory=lambda: ["proxy-public-tls-acme"])
    log: str | Exception = ""
    # What the containers of users' servers wrote before they ended, by pod.
    servers_said: dict[str, str] = field(default_factory=dict)
    balancer: tuple[str, ...] | Exception = ("20.50.2.71",)
    resolved: tuple[str, ...] | Exception = ("20.50.2.71",)
    caa: tuple[object, ...] | Exception = ()
    challenge: Exception | None = None
    directory: Exception | None = None
    served: list[CertificateSeen] = field(default_factory=list)
    # What happens outside once autohttps is new.
    restarted: Callable[["World"], None] = lambda _: None
    host: str = "hub.example.org"
    # The registry, and the workshop: None where not configured.
    registry: object = None
    by_digest: bool = False
    workshop: object = None
    # What helm would put in place, by what it is asked for; what is already live, unless somebody says.
    renders: Callable[..., Rendered] | None = None
    # Where the values are written down: in the release, unless it is a `Home` with values of its own.
    home: object = None
    # The bot's hubs, and which of them was chosen to be meant here.
    choice: HubChoice = field(default_factory=HubChoice)
    may_choose: bool = True
    chosen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reads(self) -> Reads:
        return Reads(
            caller=Caller(OLU, "Olu Operator", self.level),
            kube=_Kube(self),
            releases=_Releases(self),
            hub=_Hub(self),
            public=_Public(self),
            access=_People(self),
            names=ReleaseNames("jupyterhub", "jhub", self.host, timedelta(minutes=10)),
            now=NOW,
            charts=_Charts(self),
            work=_Works(self),
            trail=_Trail(self),
            schedules=Scheduled(self),
            cost=self.cost,
            alerts=Alarmed(self),
            registry=self.registry,
            by_digest=self.by_digest,
            workshop=self.workshop,
            dns=_Dns(self),
            issuing=_Issuing(self),
            certificates=_Certificates(self),
            values=self.home or Home(self),
            rendering=Renders(self),
            choice=self.choice,
        )

    def settle(self) -> None:
        """What Kubernetes does by itself: a claim that is being deleted goes once no pod mounts it."""
        in_use = {name for one in self.pods for name in one.claims}
        self.claims = [one for one in self.claims if not one.terminating or one.name in in_use]

    async def answer(self, what: str):
        if what in self.silent:
            await for_ever()
        found = getattr(self, what)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class _Choices:
    """Which hub is meant in the one conversation there is."""

    world: World

    async def mean(self, operation, hub):
        if not self.world.may_choose:
            return False
        self.world.chosen.append((operation, hub))
        return True


@dataclass
class _Kube:
    world: World

    async def pods(self, selector=""):
        found = await self.world.answer("pods")
        return [one for one in found if _matches(selector, {"component": one.component, **one.labels})]

    async def daemon_sets(self, selector=""):
        return [one for one in await self.world.answer("daemon_sets") if _matches(selector, one.labels)]

    async def nodes(self):
        return await self.world.answer("nodes")

    async def events(self, since=None):
        return [one for one in self.world.events if since is None or one.last is None or one.last >= since]

    async def autoscaler_events(self, since):
        found = await self.world.answer("scaling")
        return [one for one in found if one.last is None or one.last >= since]

    async def claims(self, selector=""):
        return [one async for page in self.claim_pages(selector) for one in page]

    async def claim_pages(self, selector=""):
        assert selector == ""
        found = await self.world.answer("claims")
        for first in range(0, len(found), 500):
            yield found[first : first + 500]

    async def unbound_claims(self):
        return [one for one in await self.claims() if one.phase != "Bound"]

    async def claim(self, name):
        return _named(name, await self.world.answer("claims"))

    async def volume(self, name):
        bound = {one.volume: one for one in self.world.claims if one.volume}
        there = [volume(one) for one in bound.values()] if self.world.volumes is None else self.world.volumes
        return _named(name, there)

    async def storage_classes(self):
        return await self.world.answer("storage_classes")

    async def snapshot_classes(self):
        return await self.world.answer("snapshot_classes")

    async def snapshots(self):
        return await self.world.answer("snapshots")

    async def snapshot(self, name):
        return _named(name, await self.world.answer("snapshots"))

    async def deployment(self, name):
        return _named(name, await self.world.answer("deployments"))

    async def secret_uid(self, name):
        if name not in self.world.secrets:
            raise NotFound(f"There is nothing named {name}")
        return f"uid-{name}"

    async def load_balancer(self, service):
        assert service == "proxy-public"
        return await self.world.answer("balancer")

    async def log(self, pod, container, *, since, lines, previous=False):  # noqa: ARG002 - all of it, always
        if pod in self.world.servers_said:
            assert (container, previous) == ("notebook", True)
            return self.world.servers_said[pod]
        assert container == "traefik"
        assert lines > 0
        assert not previous
        assert any(one.name == pod for one in self.world.pods)
        return await self.world.answer("log")

    async def watch_pods(self, selector=""):
        assert selector == ""
        for found in self.world.watched:
            if isinstance(found, Exception):
                raise found
            yield found
            await asyncio.sleep(0)
        await for_ever()


def _matches(selector, labels):
    return all(labels.get(key) == value for key, _, value in (one.partition("=") for one in selector.split(",") if one))


def _named(name, found):
    for one in found:
        if one.name == name:
            return one
    raise NotFound(f"There is nothing named {name}")


@dataclass
class _Releases:
    world: World

    async def current(self):
        found = await self.world.answer("releases")
        return found[0] if found else None

    async def deployed(self):
        return next((one for one in await self.world.answer("releases") if one.status == "deployed"), None)

    async def history(self, limit=10):
        return (await self.world.answer("releases"))[:limit]


@dataclass
class _Hub:
    world: World

    async def version(self):
        return await self.world.answer("version")

    async def users(self, state=None):
        assert state in (None, "active")
        found = await self.world.answer("users")
        return [one for one in found if one.servers] if state else found

    async def user(self, name):
        return _named(name, await self.world.answer("users"))


@dataclass
class _Public:
    world: World

    async def certificate(self):
        return await self.world.answer("certificate")


@dataclass
class _Dns:
    world: World

    async def addresses(self, host):
        assert host == self.world.host
        return await self.world.answer("resolved")

    async def caa(self, host):
        assert host == self.world.host
        return await self.world.answer("caa")


@dataclass
class _Issuing:
    world: World

    async def challenge(self):
        return await self.world.answer("challenge")

    async def directory(self):
        return await self.world.answer("directory")


@dataclass
class _Certificates:
    world: World

    async def noticed(self, seen, now):
        if self.world.served and self.world.served[0].fingerprint == seen.fingerprint:
            return False
        self.world.served.insert(0, on_record(seen, now))
        return True

    async def recent(self, limit=10):
        return (await self.world.answer("served"))[:limit]


def on_record(seen: Certificate, now: datetime = NOW) -> CertificateSeen:
    problem = seen.problem.value if seen.problem else ""
    return CertificateSeen(now, seen.fingerprint, seen.subject, seen.issuer, seen.not_before, seen.not_after, problem)


@dataclass
class _Charts:
    world: World

    async def local_version(self):
        return self.world.chart

    async def versions(self):
        return list(await self.world.answer("charts"))

    async def files(self, version):
        found = await self.world.answer("charts")
        if version not in found:
            raise NotFound(f"The chart's repository has no version {version} of jupyterhub")
        return found[version]


@dataclass
class _Works:
    world: World

    async def open(self):
        return await self.world.answer("works")

    async def ended(self, limit=10):
        return (await self.world.answer("ended"))[:limit]

    async def find(self, start):
        return [one for one in self.world.works if one.id.startswith(start)]


@dataclass
class Scheduled:
    """Schedules that are read and written."""

    world: World

    @property
    def timetable(self):
        return self.world.timetable

    async def all(self):
        return await self.world.answer("schedules")

    async def add(self, operation, cron, line) -> str:
        self.world.done.append(f"add {operation} {cron} {line}")
        return operation[:8]

    async def remove(self, schedule, object_id, name) -> bool:
        assert object_id == OLU
        self.world.done.append(f"remove {schedule} by {name}")
        kept = [one for one in self.world.schedules if one.id != schedule]
        gone, self.world.schedules = len(kept) < len(self.world.schedules), kept
        return gone


_NOTHING = NodeHours(None, Decimal(), ())


@dataclass
class Cost:
    """What was seen, by how many days back it is asked for."""

    week: NodeHours = _NOTHING
    month: NodeHours = _NOTHING
    currency: str = "EUR"
    prices: dict[str, Decimal] = field(default_factory=dict)

    async def seen(self, since):
        return self.week if NOW - since < timedelta(days=8) else self.month


@dataclass
class _Trail:
    world: World

    async def page(self, *, object_id="", since=None, before=0, limit=20):
        found = sorted(await self.world.answer("trail"), key=lambda line: -line.number)
        return [
            line
            for line in found
            if (not object_id or line.object_id == object_id)
            and (since is None or line.at >= since)
            and (not before or line.number < before)
        ][:limit]


@dataclass
class _People:
    world: World

    def holders(self, level):
        return ["Ada Admin"] if level > Level.OPERATOR else ["Olu Operator", "Ada Admin"]

    def way_in(self, level):
        return f"To get access, ask Ada Admin to make you an {Level(level).title}."

    def name(self, object_id):
        return {OLU: "Olu Operator"}.get(object_id, f"{object_id[:8]}…")

    async def given_by(self, object_id):
        assert object_id == OLU
        return await self.world.answer("groups")

    async def object_id(self, upn):
        if upn not in self.world.object_ids:
            raise NotFound(f"Nobody is named {upn}")
        return self.world.object_ids[upn]

    async def upn(self, object_id):
        for upn, known in self.world.object_ids.items():
            if known == object_id:
                return upn
        raise NotFound("Nobody has that object id")


@dataclass
class Alarmed:
    """The bot's alerts, read and written."""

    world: World
    watchers: tuple[str, ...] = ("cert", "nodes")

    async def open(self):
        return [one for one in await self.world.answer("alerts") if one.over is None]

    async def recent(self, limit=20):
        return (await self.world.answer("alerts"))[:limit]

    async def channels(self):
        return self.world.channels

    async def subscribe(self, operation, minimum, only):
        self.world.done.append(f"subscribe {operation} {minimum} {','.join(only)}".strip())

    async def unsubscribe(self, operation):
        self.world.done.append(f"unsubscribe {operation}")
        return bool(self.world.channels)

    async def snooze(self, alert, until, name):
        self.world.done.append(f"snooze {alert} until {until:%H:%M} by {name}")
        return any(one.id == alert for one in self.world.alerts)

    async def acknowledge(self, alert, name):
        self.world.done.append(f"acknowledge {alert} by {name}")
        return any(one.id == alert for one in self.world.alerts)

    async def test(self, operation, name):
        self.world.done.append(f"test {operation} by {name}")
        return operation[:8]


@dataclass
class _KubeWrites:
    world: World

    async def mark_revision(self, release, revision, labels):
        marked = [one for one in self.world.releases if one.name == release and one.revision == revision]
        self.world.releases = [
            replace(one, labels={**one.labels, **labels}) if one in marked else one for one in self.world.releases
        ]
        return bool(marked)

    async def create_snapshot(self, *, name, claim, snapshot_class, labels, annotations):
        self.world.done.append(f"create_snapshot {name} of {claim}")
        for one in self.world.snapshots:
            if one.name == name:
                return one
        source = _named(claim, self.world.claims)
        error = self.world.snapshot_error
        user, named = (annotations.get(f"hub.jupyter.org/{what}name", "") for what in ("user", "server"))
        made = snapshot(source, name, 0, labels=labels, annotations=annotations, user=user, server=named)
        made = replace(made, ready=not error, error=error, snapshot_class=snapshot_class)
        self.world.snapshots.append(made)
        return made

    async def delete_snapshot(self, name, uid):
        self.world.done.append(f"delete_snapshot {name}")
        kept = [one for one in self.world.snapshots if (one.name, one.uid) != (name, uid)]
        gone, self.world.snapshots = len(kept) < len(self.world.snapshots), kept
        return gone

    async def create_claim(self, *, name, storage_class, size, access_modes, labels, annotations, snapshot=""):
        self.world.done.append(f"create_claim {name}" + (f" from {snapshot}" if snapshot else ""))
        for one in self.world.claims:
            if one.name == name:
                return one
        late = any(one.binds_late for one in self.world.storage_classes if one.name == storage_class)
        made = empty(
            annotations.get("hub.jupyter.org/username", ""),
            name,
            uid=f"uid-{name}-{len(self.world.done)}",
            server=annotations.get("hub.jupyter.org/servername", ""),
            storage_class=storage_class,
            size=size,
            access_modes=tuple(access_modes),
            created=NOW,
            labels=labels,
            annotations=annotations,
        )
        made = made if late else replace(made, phase="Bound", volume=f"pvc-new-{name}")
        self.world.claims.append(made)
        return made

    async def create_puller(self, puller):
        self.world.done.append(f"create_puller {puller.name} of {puller.image}")
        for one in self.world.daemon_sets:
            if one.name == puller.name:
                return one
        images = (puller.image, puller.pause)
        made = DaemonSet(puller.name, f"uid-{len(self.world.done)}", puller.labels, images, 0, 0, is_observed=True)
        self.world.daemon_sets.append(made)
        self.world.pulling(self.world, made)
        return made

    async def delete_daemon_set(self, name, uid):
        self.world.done.append(f"delete_daemon_set {name}")
        kept = [one for one in self.world.daemon_sets if (one.name, one.uid) != (name, uid)]
        gone, self.world.daemon_sets = len(kept) < len(self.world.daemon_sets), kept
        self.world.pods = [one for one in self.world.pods if not one.name.startswith(name)]
        return gone

    async def delete_claim(self, name, uid):
        self.world.done.append(f"delete_claim {name}")
        there = [one for one in self.world.claims if (one.name, one.uid) == (name, uid)]
        going = [replace(one, terminating=True) if one in there else one for one in self.world.claims]
        self.world.claims = going
        self.world.settle()
        return bool(there)

    async def restart(self, deployment, uid, mark, at):
        self.world.done.append(f"restart {deployment}")
        there = [one for one in self.world.deployments if (one.name, one.uid) == (deployment, uid)]
        if not there:
            return False
        kept = [one for one in self.world.deployments if one is not there[0]]
        self.world.deployments = [*kept, replace(there[0], restart=mark, restarted=at)]
        self.world.restarted(self.world)
        return True

    async def delete_deployment(self, name, uid):
        self.world.done.append(f"delete_deployment {name}")
        kept = [one for one in self.world.deployments if (one.name, one.uid) != (name, uid)]
        gone, self.world.deployments = len(kept) < len(self.world.deployments), kept
        return gone

    async def delete_secret(self, name, uid):
        self.world.done.append(f"delete_secret {name}")
        gone = name in self.world.secrets and uid == f"uid-{name}"
        self.world.secrets = [one for one in self.world.secrets if one != name]
        return gone

    async def cordon(self, node):
        self.world.done.append(f"cordon {node}")
        return True

    async def delete_pod(self, name, uid):
        self.world.done.append(f"delete_pod {name}")
        kept = [one for one in self.world.pods if (one.name, one.uid) != (name, uid)]
        gone, self.world.pods = len(kept) < len(self.world.pods), kept
        self.world.settle()
        return gone


def pulls(world, made, *, states=({},)):
    """A pod of the puller on each of the users' nodes: as the next of `states` says, ready without one more."""
    theirs = [one for one in world.nodes if one.pool == "users"]
    given = [*states, *[states[-1]] * len(theirs)]
    for one, more in zip(theirs, given, strict=False):
        kept = {"node": one.name, "labels": made.labels, "images": made.images[1:], **more}
        world.pods.append(pod(f"{made.name}-{one.name}", "image-puller", **kept))
    wanted = replace(made, wanted=len(theirs))
    world.daemon_sets = [wanted if one.uid == made.uid else one for one in world.daemon_sets]


@dataclass
class _Messages:
    world: World

    async def send(self, operation, object_id, view):
        assert operation == "op-9"
        if object_id in self.world.unreachable:
            raise self.world.unreachable[object_id]
        self.world.messages.append((object_id, view))


@dataclass
class _HubWrites:
    world: World

    async def stop_server(self, user, server=""):
        """The first time the hub only begins to stop it."""
        self.world.done.append(f"stop_server {user} {server}".strip())
        account = _named(user, self.world.users)
        running = [one for one in account.servers if one.name == server]
        if not running:
            return True
        if running[0].pending != "stop":
            self._keep(account, [replace(one, pending="stop", ready=False) for one in running], server)
            return False
        self._keep(account, [], server)
        ours = [one for one in self.world.pods if one.user == user and one.name not in self.world.stubborn]
        self.world.pods = [one for one in self.world.pods if one not in ours]
        self.world.settle()
        return True

    def _keep(self, account, instead, server):
        kept = [one for one in account.servers if one.name != server]
        changed = replace(account, servers=(*kept, *instead))
        self.world.users = [changed if one is account else one for one in self.world.users]


@dataclass
class _WorkWrites:
    world: World

    async def stop(self, operation, object_id, name):
        self.world.done.append(f"stop {operation} by {name}")
        assert object_id == OLU
        return any(one.id == operation for one in self.world.works)


@dataclass
class Renders:
    """A helm that only says what it would do; it keeps what it was asked for."""

    world: World
    asked: list[dict[str, object]] = field(default_factory=list)

    async def render(self, **asked):
        self.asked.append(asked)
        if self.world.renders is not None:
            return self.world.renders(**asked)
        live = await _Releases(self.world).deployed() or await _Releases(self.world).current()
        return Rendered("jupyterhub", asked["version"], live.chart.app_version, live.manifest)


@dataclass
class Home:
    """The home of the values: the release without `values`, else something apart, whose version counts up."""

    world: World
    values: dict[str, object] | None = None
    extra: dict[str, object] = field(default_factory=dict)
    text: str = ""
    version: int = 1
    problem: Exception | None = None
    saved: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def kind(self):
        return "release" if self.values is None else "file"

    @property
    def place(self):
        return "the release" if self.values is None else "config.yaml"

    async def written(self):
        if self.values is not None:
            return Written(self.values, f"v{self.version}", self.text)
        releases = _Releases(self.world)
        found = await releases.deployed() or await releases.current()
        return Written(found.values, f"revision {found.revision}") if found else None

    async def secrets(self):
        return self.extra

    async def save(self, changes, *, base, author, message, operation):
        if self.problem is not None:
            raise self.problem
        if self.values is None:
            return base
        made = with_changes(self.values, changes)
        if made == self.values:
            return f"v{self.version}"
        self.saved.append((tuple(changes), base, author, message, operation))
        self.values = made
        self.version += 1
        return f"v{self.version}"


@dataclass
class Helm:
    """A helm that does what `ends` says, or waits for `stop`; it keeps what it was asked for."""

    ends: Callable[[], UpgradeResult] | None
    asked: list[dict[str, object]] = field(default_factory=list)
    stopped: bool = False

    async def upgrade(self, *, stop, **asked):
        self.asked.append(asked)
        # Long enough for the watch to have shown all it has.
        for _ in range(50):
            await asyncio.sleep(0)
        if self.ends is not None:
            return self.ends()
        async with asyncio.timeout(240):
            await stop.wait()
        self.stopped = True
        return UpgradeResult(False, FailureReason.CANCELLED, "The upgrade was cancelled while it ran.")

    async def rollback(self, *, stop, **asked):
        return await self.upgrade(stop=stop, rollback=True, **asked)

    async def uninstall(self, *, stop, **asked):
        return await self.upgrade(stop=stop, uninstall=True, **asked)


@dataclass
class Doing:
    """The steps of one operation, remembered."""

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
        return self.reads.caller

    @property
    def reads(self):
        return self.world.reads

    @property
    def writes(self):
        world = self.world
        builds = getattr(world.workshop, "builds", None)
        kube, hub, work = _KubeWrites(world), _HubWrites(world), _WorkWrites(world)
        own = {"schedules": Scheduled(world), "alerts": Alarmed(world), "messages": _Messages(world)}
        own["values"] = world.home or Home(world)
        own["choice"] = _Choices(world)
        return Writes(self.helm, kube, hub, work, registry=world.registry, builds=builds, **own)

    async def step(self, title, action, *args, **kwargs):
        self.titles.append(title.title if isinstance(title, Renamed) else title)
        return await action(*args, **kwargs)

    def tell(self, *details):
        self.told.append(details)

    def warn(self, warning):
        self.warned.append(warning)

    async def announce(self, view):
        self.announced.append(view)

    @property
    def stopping(self):
        return self.stop.is_set()

    async def stopped(self):
        await self.stop.wait()


def words(view: object) -> str:
    """Everything a view says, for looking something up in it."""
    return repr(view)

"""What commands read and write, made up: small classes that answer with the clients' own value types."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from clients.helm import Chart, Reason, Release, UpgradeResult, bot_labels
from clients.hub import HubServer, HubUser
from clients.kube import Node, Pod, Waiting
from clients.tls import Certificate, Problem
from commands.reads import Caller, Reads, ReleaseNames
from commands.spec import Level
from commands.writes import Writes

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


def by_olu(revision: int, operation: str = "op-1") -> dict[str, str]:
    return bot_labels(revision, OLU, operation)


def certificate(problem: Problem | None = None, days: int = 65, **more) -> Certificate:
    made = Certificate(
        subject="hub.example.org",
        issuer="R3",
        names=("hub.example.org",),
        not_before=NOW - timedelta(days=25),
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
    level: Level = Level.OPERATOR
    silent: tuple[str, ...] = ()
    # What the watch shows, one list after another; it goes on for ever after the last.
    watched: Sequence[list[Pod] | Exception] = ()

    @property
    def reads(self) -> Reads:
        return Reads(
            caller=Caller(OLU, "Olu Operator", self.level),
            kube=_Kube(self),
            releases=_Releases(self),
            hub=_Hub(self),
            public=_Public(self),
            access=_People(),
            names=ReleaseNames("jupyterhub", "jhub", "hub.example.org", timedelta(minutes=10)),
            now=NOW,
            charts=_Charts(self),
        )

    async def answer(self, what: str):
        if what in self.silent:
            await for_ever()
        found = getattr(self, what)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class _Kube:
    world: World

    async def pods(self, selector=""):
        found = await self.world.answer("pods")
        return [one for one in found if not selector or selector == f"component={one.component}"]

    async def nodes(self):
        return await self.world.answer("nodes")

    async def events(self, since=None):
        raise NotImplementedError

    async def watch_pods(self, selector=""):
        assert selector == ""
        for found in self.world.watched:
            if isinstance(found, Exception):
                raise found
            yield found
            await asyncio.sleep(0)
        await for_ever()


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
        assert state is None
        return await self.world.answer("users")


@dataclass
class _Public:
    world: World

    async def certificate(self):
        return await self.world.answer("certificate")


@dataclass
class _Charts:
    world: World

    async def local_version(self):
        return self.world.chart


class _People:
    def holders(self, level):
        return ["Ada Admin"] if level > Level.OPERATOR else ["Olu Operator", "Ada Admin"]

    def name(self, object_id):
        return {OLU: "Olu Operator"}.get(object_id, f"{object_id[:8]}…")


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
        async with asyncio.timeout(5):
            await stop.wait()
        self.stopped = True
        return UpgradeResult(False, Reason.CANCELLED, "The upgrade was cancelled while it ran.")


@dataclass
class Doing:
    """The steps of one operation, remembered."""

    world: World
    helm: Helm
    operation: str = "op-9"
    titles: list[str] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def caller(self):
        return self.reads.caller

    @property
    def reads(self):
        return self.world.reads

    @property
    def writes(self):
        return Writes(self.helm)

    async def step(self, title, action, *args, **kwargs):
        self.titles.append(title)
        return await action(*args, **kwargs)

    def tell(self, *details):
        self.told.append(details)

    def warn(self, warning):
        self.warned.append(warning)

    @property
    def stopping(self):
        return self.stop.is_set()

    async def stopped(self):
        await self.stop.wait()


def words(view: object) -> str:
    """Everything a view says, for looking something up in it."""
    return repr(view)

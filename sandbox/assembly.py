"""The assembly of a sandbox: all its parts, built in an order in which each finds those that it needs.

First the cluster with its API, since helm installs the hub's past through it; then the hub's past; then the services
around it. Everything ends with the exit stack. Only the Kubernetes API is served here; `sandbox.endpoints` serves the
rest.
"""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.azure.acr_tasks import Builds
from sandbox.azure.arm import CLUSTER, Arm
from sandbox.azure.autoscaler import Autoscaler
from sandbox.azure.bot_service import BotService
from sandbox.azure.key_vault import KeyVault
from sandbox.azure.managed_cluster import ManagedCluster, managed_cluster
from sandbox.clock import RealClock
from sandbox.controllers import Controllers
from sandbox.entra.applications import Applications, made_up, registered
from sandbox.entra.directory import Directory, directory, with_users
from sandbox.faults.control import Control
from sandbox.faults.reflector import BlindHub
from sandbox.faults.starts import RefusedStarts
from sandbox.faults.switches import Parts, switches
from sandbox.git.config_repository import ConfigRepository, config_file
from sandbox.git.refs import GitRefs
from sandbox.http.outage import Outage, while_up
from sandbox.internet.acme import Issuance
from sandbox.internet.tls import Certificates, Serving
from sandbox.jupyterhub.hub_log import HubLog
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.users import HubUsers
from sandbox.kubelet.logs import container_log
from sandbox.lifetime import keep_running, serve, spawner
from sandbox.prometheus.scraper import Prometheus
from sandbox.runtime.images import Images
from sandbox.scenario import release, story
from sandbox.scenario.cache import Place
from sandbox.scenario.measurements import prometheus
from sandbox.scenario.private_files import write_kubeconfig
from sandbox.scenario.story import World


@dataclass(frozen=True)
class Options:
    """The options at the start. Port 0 is any free one; without `kubeconfig` that file is in `state_dir`.

    Without `state_dir` a temporary folder is made, and removed at the end. `speed` is the number of seconds that pass
    in the sandbox per real second, once it is ready. `cache_dir` is the folder of cached pasts, the usual one if None.
    """

    port: int = 0
    users: int = 40
    empty: bool = False
    kubeconfig: Path | None = None
    state_dir: Path | None = None
    speed: float = 1.0
    cache_dir: Path | None = None


@dataclass(frozen=True)
class Cluster:
    """The Kubernetes cluster, what moves it, and what its faults need of its API and its certificate."""

    store: Store
    clock: RealClock
    images: Images
    spawn: Callable[[Awaitable[None]], None] = field(repr=False)
    managed_cluster: ManagedCluster
    certificates: Certificates
    issuance: Issuance
    refused_starts: RefusedStarts
    hub_log: HubLog
    blind: BlindHub
    outage: Outage
    controllers: Controllers
    kubeconfig: Path
    api_url: str


@dataclass(frozen=True)
class Sandbox(Cluster):
    """A running sandbox. Tests reach into its parts, to break something or to look.

    `ready` is what the command line prints; `world` is None where no hub is installed.
    """

    users: HubUsers
    directory: Directory
    applications: Applications
    client_secret: str = field(repr=False)
    sign_in: SignIn
    arm: Arm
    builds: Builds
    bot: BotService
    vault: KeyVault
    config: ConfigRepository
    prometheus: Prometheus
    control: Control
    world: World | None
    ready: Json = field(default_factory=dict)


async def assemble(options: Options, folder: Path, stack: contextlib.AsyncExitStack) -> Sandbox:
    """Build all parts. Raise CannotStartError for a port or file that cannot be used, HelmError if the past fails."""
    clock = story.starting_clock()
    store, images = Store(clock), release.images()
    place, bot_token = Place(), ""
    if options.empty:
        # It has not even the hub's namespace.
        story.build(store, 0, ())
    else:
        place = stack.enter_context(story.place(options.users, options.cache_dir))
        bot_token = story.restore(store, clock, images, options.users, place)
    cluster = await _cluster(options, folder, store, clock, images, stack)
    world = await _world(options, cluster, place, bot_token)
    clock.speed = options.speed
    sandbox = _services(cluster, world)
    for worker in (sandbox.sign_in, sandbox.issuance, sandbox.prometheus, Autoscaler(sandbox.managed_cluster)):
        await keep_running(stack, worker)
    return sandbox


async def _cluster(
    options: Options, folder: Path, store: Store, clock: RealClock, images: Images, stack: contextlib.AsyncExitStack
) -> Cluster:
    """Start the cluster: its API first, then the controllers."""
    spawn = spawner(stack)
    managed = managed_cluster(store, clock, spawn)
    certificates, outage = Certificates(release.HOST), Outage(clock)
    issuance = Issuance(store, clock, certificates, release.NAMESPACE, release.HOST)
    refused, hub_log = RefusedStarts(store, release.NAMESPACE), HubLog(clock)
    blind = BlindHub(store, release.NAMESPACE)
    api = make_app(
        store,
        logs=container_log(
            clock,
            issuance.log_lines,
            lambda pod, container: (
                *refused.log_lines(pod, container),
                *hub_log.log_lines(pod, container),
                *blind.log_lines(pod, container),
            ),
        ),
    )
    api.middlewares.append(outage.middleware())
    api.middlewares.append(while_up(lambda: managed.power == "Running"))
    api_url = await serve(stack, api, options.port)
    kubeconfig = options.kubeconfig or folder / "kubeconfig"
    write_kubeconfig(kubeconfig, api_url, release.NAMESPACE)
    controllers = Controllers(store, clock, images)
    await keep_running(stack, controllers)
    return Cluster(
        *(
            store,
            clock,
            images,
            spawn,
            managed,
            certificates,
            issuance,
            refused,
            hub_log,
            blind,
            outage,
            controllers,
            kubeconfig,
        ),
        api_url=api_url,
    )


async def _world(options: Options, cluster: Cluster, place: Place, bot_token: str) -> World | None:
    """Let the hub's past happen, unless the cluster is to be bare. Return the world then."""
    if options.empty:
        # Nobody listens yet where the hub will be.
        cluster.certificates.switch(Serving.REFUSED)
        story.catch_up(cluster.clock)
        return None
    return await story.play(
        cluster.store, cluster.clock, cluster.images, cluster.kubeconfig, options.users, place, bot_token
    )


def _services(cluster: Cluster, world: World | None) -> Sandbox:
    """Build the services around the cluster, and the control of all faults."""
    store, clock = cluster.store, cluster.clock
    users = world.users if world else HubUsers(store, release.profile())
    users.on_refusal = cluster.refused_starts.record
    client_secret = world.client_secret if world else made_up()
    applications = registered(clock, release.HOST, client_secret)
    people, arm = with_users(directory(), (user.name for user in users.all())), Arm()
    measured = prometheus(store, clock, users, CLUSTER)
    builds = Builds(release.registry(clock, cluster.images), GitRefs(), clock, cluster.spawn)
    return Sandbox(
        **vars(cluster),
        users=users,
        directory=people,
        applications=applications,
        client_secret=client_secret,
        sign_in=SignIn(store, release.NAMESPACE, release.HOST, applications.accepts, cluster.hub_log),
        arm=arm,
        builds=builds,
        bot=BotService(),
        vault=KeyVault({"repository-token": builds.git.token}),
        config=ConfigRepository(_config_text(), int(clock.now().timestamp())),
        prometheus=measured,
        control=_control(cluster, users, people, applications, arm, builds, measured),
        world=world,
    )


def _config_text() -> str:
    """Return the hub's values as a file in a repository has them, without secrets."""
    return config_file(release.values(release.LIVE, ""), release.SECRETS)


def _control(
    cluster: Cluster,
    users: HubUsers,
    people: Directory,
    applications: Applications,
    arm: Arm,
    builds: Builds,
    measured: Prometheus,
) -> Control:
    parts = Parts(
        store=cluster.store,
        clock=cluster.clock,
        namespace=release.NAMESPACE,
        issuance=cluster.issuance,
        applications=applications,
        images=cluster.images,
        managed_cluster=cluster.managed_cluster,
        directory=people,
        arm=arm,
        registry=builds.registry,
        users=users,
        api=cluster.outage,
        refused=cluster.refused_starts,
        hub_log=cluster.hub_log,
        prometheus=measured,
        blind=cluster.blind,
    )
    return Control(switches(parts), cluster.clock)

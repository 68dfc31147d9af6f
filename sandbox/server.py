"""Starts the sandbox: Kubernetes API, controllers, hub, public HTTPS endpoint. On this machine only."""

import argparse
import asyncio
import contextlib
import errno
import gc
import json
import math
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.azure.acr_build_routes import REGISTRY, BuildRoutes, LogStore
from sandbox.azure.acr_builds import Builds
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION, Arm
from sandbox.azure.autoscaler import Autoscaler
from sandbox.azure.bot_service import BOT, BotService
from sandbox.azure.cluster_routes import ClusterRoutes
from sandbox.azure.compute import Quota
from sandbox.azure.key_vault import KeyVault
from sandbox.azure.managed_cluster import Estate, founded
from sandbox.clock import RealClock
from sandbox.controllers import Controllers
from sandbox.entra.applications import CLIENT_ID, Applications, made_up, registered
from sandbox.entra.graph import ROLES, Graph, directory, group_id
from sandbox.entra.people import PEOPLE, TENANT, Person
from sandbox.entra.token_endpoint import Authority
from sandbox.faults.http_api import PATH, Control
from sandbox.faults.registry import Parts, switches
from sandbox.faults.starts import RefusedStarts
from sandbox.git.config_repository import REPOSITORY as CONFIG_REPOSITORY
from sandbox.git.config_repository import ConfigRepository, config_file
from sandbox.git.server import NOTEBOOKS, Git
from sandbox.git.server import REPOSITORY as GIT_REPOSITORY
from sandbox.helm import chart_repository
from sandbox.helm.release_history import CHART, HelmError
from sandbox.http.outage import Outage, while_up
from sandbox.internet.acme import Issuance
from sandbox.internet.dns import Nameserver, listening
from sandbox.internet.tls import Certificates, Serving
from sandbox.jupyterhub.api import HubApi
from sandbox.jupyterhub.config import InstalledTokens
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.users import HubUsers
from sandbox.kubelet.logs import container_log
from sandbox.registry.routes import RegistryRoutes
from sandbox.runtime.images import Images
from sandbox.scenario import story
from sandbox.scenario.cache import Place
from sandbox.scenario.private_files import CannotStartError, write_kubeconfig, write_private
from sandbox.scenario.story import World

_LOOPBACK = "127.0.0.1"
_SHUTDOWN = 1.0


@dataclass(frozen=True)
class Options:
    """How the sandbox starts. Port 0 is any free one; without `kubeconfig` it lies in `state_dir`.

    `state_dir` is a folder of its own, made for the time and removed, unless given. `speed` is how many seconds
    pass in the sandbox for one outside, once it is ready. `kept_in` is where pasts are kept, unless as usual.
    """

    port: int = 0
    users: int = 40
    empty: bool = False
    kubeconfig: Path | None = None
    state_dir: Path | None = None
    speed: float = 1.0
    kept_in: Path | None = None


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. Its parts may be reached into, to break something or to look."""

    ready: Json
    store: Store
    clock: RealClock
    controllers: Controllers
    images: Images
    certificates: Certificates
    graph: Graph
    applications: Applications
    authority: Authority
    arm: Arm
    estate: Estate
    builds: Builds
    issuance: Issuance
    control: Control
    sign_in: SignIn
    config: ConfigRepository
    vault: KeyVault
    world: World | None


@contextlib.asynccontextmanager
async def running(options: Options) -> AsyncIterator[Sandbox]:
    """Run a sandbox while the block lasts.

    Raises CannotStartError for a port or a file that cannot be had, HelmError when the past fails.
    """
    async with contextlib.AsyncExitStack() as stack:
        folder = options.state_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jhub-sandbox-")))
        yield await _start(options, folder, stack)


async def _start(options: Options, folder: Path, stack: contextlib.AsyncExitStack) -> Sandbox:
    clock = story.starting_clock()
    store, known = Store(clock), story.images()
    kept, bot_token = Place(), ""
    if options.empty:
        # It has not even the hub's namespace.
        story.found(store, 0, ())
    else:
        kept = stack.enter_context(story.place(options.users, options.kept_in))
        bot_token = story.begin(store, clock, known, options.users, kept)
    spawn = _spawner(stack)
    estate = founded(store, clock, spawn)
    certificates = Certificates(story.HOST)
    issuance = Issuance(store, clock, certificates, story.NAMESPACE, story.HOST)
    refused = RefusedStarts(store, story.NAMESPACE)
    api = make_app(store, logs=container_log(clock, issuance.told, refused.logged))
    outage = Outage(clock)
    api.middlewares.append(outage.middleware())
    api.middlewares.append(while_up(lambda: estate.power == "Running"))
    api_url = await _serve(stack, api, options.port)
    kubeconfig = options.kubeconfig or folder / "kubeconfig"
    write_kubeconfig(kubeconfig, api_url, story.NAMESPACE)
    controllers = Controllers(store, clock, known)
    await _keep_running(stack, controllers)
    world = None
    if not options.empty:
        world = await story.tell(store, clock, known, kubeconfig, options.users, kept, bot_token)
    else:
        # Nobody listens yet where the hub will be.
        certificates.switch(Serving.REFUSED)
        story.catch_up(clock)
    users = world.users if world else HubUsers(store, story.profile())
    clock.speed = options.speed
    graph, arm = directory(), Arm()
    builds = Builds(story.registry(clock, known), Git(), clock, spawn)
    config = ConfigRepository(config_file(story.values(story.LIVE, ""), story.SECRETS), int(clock.now().timestamp()))
    vault = KeyVault({"repository-token": builds.git.token})
    applications = registered(clock, story.HOST, client_secret := world.client_secret if world else made_up())
    authority, sign_in = Authority(applications), SignIn(store, story.NAMESPACE, story.HOST, applications.accepts)
    await _keep_running(stack, sign_in)
    await _keep_running(stack, issuance)
    await _keep_running(stack, Autoscaler(estate))
    control = Control(
        switches(
            Parts(
                store,
                clock,
                story.NAMESPACE,
                issuance,
                applications,
                known,
                estate,
                graph,
                arm,
                builds.registry,
                users,
                outage,
                refused,
            )
        ),
        clock,
    )
    managed = [*ClusterRoutes(estate).routes(), *Quota(estate).routes(), *issuance.routes()]
    ready = {
        "empty": options.empty,
        "api_url": api_url,
        "kubeconfig": str(kubeconfig.absolute()),
        "namespace": story.NAMESPACE,
        "release": story.RELEASE,
        **await _charts(stack),
        "image": story.REPOSITORY,
        "tags": list(story.TAGS),
        **await _public(
            stack, folder, HubApi(store, users, InstalledTokens(store, story.NAMESPACE), sign_in), world, certificates
        ),
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "client_secret_file": _kept(folder, "client-secret", client_secret),
        **await _graph(stack, folder, graph, applications),
        "login_url": await _serve(stack, authority.app(), 0),
        **await _images(stack, folder, builds),
        **await _config(stack, folder, config),
        **await _vault(stack, folder, vault),
        **await _azure(stack, folder, arm, managed, builds),
        **await _issuing(stack, issuance),
        "control_url": await _serve(stack, control.app(), 0),
        "people": [_told(person) for person in PEOPLE],
    }
    return Sandbox(
        ready=ready,
        store=store,
        clock=clock,
        controllers=controllers,
        images=known,
        certificates=certificates,
        graph=graph,
        applications=applications,
        authority=authority,
        arm=arm,
        estate=estate,
        builds=builds,
        issuance=issuance,
        control=control,
        sign_in=sign_in,
        config=config,
        vault=vault,
        world=world,
    )


async def _charts(stack: contextlib.AsyncExitStack) -> Json:
    """The repository of charts, and the newest as a folder."""
    app = web.Application()
    app.add_routes(chart_repository.routes())
    url = await _serve(stack, app, 0)
    return {
        "chart": chart_repository.NAME,
        "chart_repository": f"{url}{chart_repository.PATH}",
        "chart_folder": str(CHART),
    }


def _kept(folder: Path, name: str, secret: str) -> str:
    """Where a secret lies."""
    write_private(folder / name, secret)
    return str((folder / name).absolute())


async def _public(
    stack: contextlib.AsyncExitStack, folder: Path, hub: HubApi, world: World | None, certificates: Certificates
) -> Json:
    """The hub, plainly for the bot and by TLS for the world."""
    hub_url = await _serve(stack, hub.app(), 0)
    public_url = await _serve(stack, hub.app(), 0, certificates)
    token_file, ca_file = folder / "hub-token", folder / "ca.pem"
    write_private(token_file, world.bot_token if world else "")
    write_private(ca_file, certificates.root_pem.decode())
    return {
        "hub_url": hub_url,
        "hub_token_file": str(token_file.absolute()),
        "public_host": story.HOST,
        "public_address": _LOOPBACK,
        "public_port": int(public_url.rpartition(":")[2]),
        "ca_file": str(ca_file.absolute()),
    }


async def _graph(stack: contextlib.AsyncExitStack, folder: Path, graph: Graph, applications: Applications) -> Json:
    """The directory in which people have their groups, and the hub its registration."""
    url, token_file = await _serve(stack, graph.app(applications.routes()), 0), folder / "graph-token"
    write_private(token_file, graph.token)
    groups = {role: graph.groups[group_id(f"jhub-{role}s")] for role in ROLES}
    return {
        "graph_url": url,
        "graph_token_file": str(token_file.absolute()),
        "groups": {role: {"id": group.id, "name": group.name} for role, group in groups.items()},
    }


async def _images(stack: contextlib.AsyncExitStack, folder: Path, builds: Builds) -> Json:
    """The registry, and the repository that the users' image is built from."""
    registry_url, git_url = (
        await _serve(stack, RegistryRoutes(builds.registry).app(), 0),
        await _serve(stack, builds.git.app(), 0),
    )
    builds.git_url = f"{git_url}/{GIT_REPOSITORY}"
    registry_token, git_token = folder / "registry-token", folder / "repository-token"
    write_private(registry_token, builds.registry.tokens.entra)
    write_private(git_token, builds.git.token)
    return {
        "registry_url": registry_url,
        "registry_token_file": str(registry_token.absolute()),
        "login_server": story.LOGIN_SERVER,
        "registry_name": REGISTRY,
        "image_repository": builds.git_url,
        "notebooks_repository": f"{git_url}/{NOTEBOOKS}",
        "image_repository_token_file": str(git_token.absolute()),
    }


async def _config(stack: contextlib.AsyncExitStack, folder: Path, kept: ConfigRepository) -> Json:
    """The repository of the hub's values, for a bot that is told to keep them there."""
    url, token_file = await _serve(stack, kept.app(), 0), folder / "config-token"
    write_private(token_file, kept.token)
    return {
        "config_repository": f"{url}/{CONFIG_REPOSITORY}",
        "config_repository_token_file": str(token_file.absolute()),
    }


async def _vault(stack: contextlib.AsyncExitStack, folder: Path, vault: KeyVault) -> Json:
    """The key vault in which some of the bot's secrets are."""
    return {
        "vault_url": await _serve(stack, vault.app(), 0),
        "vault_token_file": _kept(folder, "vault-token", vault.token),
    }


async def _issuing(stack: contextlib.AsyncExitStack, issuance: Issuance) -> Json:
    """What the hub's certificate depends on: port 80, the name server of its domain, Let's Encrypt."""
    plain, authority = await _serve(stack, issuance.port80(), 0), await _serve(stack, issuance.authority(), 0)
    transport, port = await listening(Nameserver(story.HOST, issuance), _LOOPBACK)
    stack.callback(transport.close)
    return {
        "http_port": int(plain.rpartition(":")[2]),
        "acme_directory": f"{authority}/directory",
        "nameserver": f"{_LOOPBACK}:{port}",
    }


async def _azure(
    stack: contextlib.AsyncExitStack, folder: Path, arm: Arm, routes: Sequence[web.RouteDef], builds: Builds
) -> Json:
    """The subscription that the cluster and the registry are in; `routes` are the cluster's."""
    log_url = await _serve(stack, LogStore(builds).app(), 0)
    url = await _serve(stack, arm.app([*routes, *BuildRoutes(builds, log_url).routes(), *BotService().routes()]), 0)
    token_file = folder / "azure-token"
    write_private(token_file, arm.token)
    return {
        "azure_url": url,
        "azure_token_file": str(token_file.absolute()),
        "subscription_id": SUBSCRIPTION,
        "resource_group": RESOURCE_GROUP,
        "cluster": CLUSTER,
        "bot": BOT,
    }


async def _serve(
    stack: contextlib.AsyncExitStack, app: web.Application, port: int, certificates: Certificates | None = None
) -> str:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    context = certificates.server_context() if certificates else None
    try:
        await web.TCPSite(runner, _LOOPBACK, port, ssl_context=context).start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be used: {error.strerror}"
        raise CannotStartError(f"Port {port} {reason}.") from error
    return f"{'https' if context else 'http'}://{_LOOPBACK}:{runner.addresses[0][1]}"


async def _keep_running(stack: contextlib.AsyncExitStack, worker: Controllers | Autoscaler | SignIn | Issuance) -> None:
    task = asyncio.create_task(worker.run(), name=type(worker).__name__)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def _spawner(stack: contextlib.AsyncExitStack) -> Callable[[Awaitable[None]], None]:
    """A way to have something done beside, until the sandbox ends."""
    tasks: set[asyncio.Future[None]] = set()

    def spawn(work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    stack.push_async_callback(end)
    return spawn


def _told(person: Person) -> dict[str, str]:
    return {
        "role": person.role,
        "id": person.id,
        "name": person.name,
        "upn": person.upn,
        "aad_object_id": person.object_id,
    }


def main(arguments: Sequence[str] | None = None, more: Callable[[Json], str] = lambda _: "") -> int:
    """Run a sandbox until it is told to stop; the exit status: 0, or 2 where it could not begin.

    `more` is what else to say of one that is ready.
    """
    given = _parser().parse_args(arguments)
    options = Options(given.port, given.users, given.empty, given.kubeconfig, given.state_dir, given.speed)
    try:
        say = _as_json if given.json else lambda sandbox: _introduction(sandbox, more(sandbox.ready))
        return asyncio.run(_until_stopped(options, say, with_parent=given.stop_with_parent))
    except CannotStartError as error:
        _say(str(error))
    except HelmError as error:
        _say(f"Helm could not install the hub: {error}")
    return 2


def _as_json(sandbox: Sandbox) -> str:
    return json.dumps(sandbox.ready)


async def _until_stopped(options: Options, say: Callable[[Sandbox], str], *, with_parent: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        await _stop_at_end_of_input(stop)
    work = asyncio.create_task(_run(options, say))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    # Even while it is still being built: cancelling it unwinds whatever has been started.
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return 0


async def _run(options: Options, say: Callable[[Sandbox], str]) -> None:
    async with running(options) as sandbox:
        # The whole world lasts: the collector of garbage, off while it was built, need not look through it.
        gc.freeze()
        gc.enable()
        print(say(sandbox), flush=True)  # noqa: T201 - its output
        await asyncio.Event().wait()


async def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    """Standard input is a pipe from the parent: it ends when the parent does, however that happened."""

    class _End(asyncio.Protocol):
        def connection_lost(self, _: Exception | None) -> None:
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(_End, sys.stdin)


def _introduction(sandbox: Sandbox, more: str) -> str:
    ready, bare = sandbox.ready, sandbox.ready["empty"]
    faults = f"{ready['control_url']}{PATH}"
    counts = ", ".join(f"{count} {what}" for what, count in story.describe(sandbox.store).items())
    return "\n".join(
        [
            f"{'A bare cluster' if bare else 'A JupyterHub on Kubernetes'} in one process: {counts}.",
            "",
            f"  kubectl --kubeconfig {ready['kubeconfig']} get pods",
            f"  helm --kubeconfig {ready['kubeconfig']} {_first(ready) if bare else _later(ready)}",
            "",
            f"  Kubernetes   {ready['api_url']}",
            f"  Hub          {ready['hub_url']}/hub/api ({_token_of(ready)})",
            f"  Public       https://{ready['public_host']} at {_LOOPBACK}:{ready['public_port']}",
            f"  Authority    {ready['ca_file']}",
            "",
            "Break something, list what can be broken, repair it:",
            "",
            f"""  curl -X PUT {faults} -d '{{"what": "cert"}}'""",
            f"  curl {faults}",
            f"  curl -X DELETE '{faults}?what=cert'",
            "",
            *([more, ""] if more else []),
            "Press Ctrl-C to stop.",
        ]
    )


def _first(ready: Json) -> str:
    chart = f"{ready['chart']} --repo {ready['chart_repository']}"
    return f"install {ready['release']} {chart} --namespace {ready['namespace']} --create-namespace"


def _later(ready: Json) -> str:
    return f"history {ready['release']}"


def _token_of(ready: Json) -> str:
    return "token in the Secret that the chart creates" if ready["empty"] else f"token in {ready['hub_token_file']}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A JupyterHub on Kubernetes in one process.")
    parser.add_argument("--port", type=_port, default=0, help="port of the Kubernetes API; any free port by default")
    parser.add_argument("--users", type=_count, default=40, help="number of the hub's users")
    parser.add_argument("--empty", action="store_true", help="start a bare cluster, without a release")
    parser.add_argument("--kubeconfig", type=Path, help="where to write the kubeconfig")
    parser.add_argument("--state-dir", type=Path, help="folder for tokens and certificates")
    parser.add_argument("--speed", type=_speed, default=1.0, help="seconds that pass in the sandbox per real second")
    parser.add_argument("--json", action="store_true", help="print what is ready as one line of JSON")
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when standard input is closed")
    return parser


def _port(text: str) -> int:
    return _within(int(text), 0, 65535)


def _count(text: str) -> int:
    return _within(int(text), 0, 50_000)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number


def _speed(text: str) -> float:
    speed = float(text)
    if not (math.isfinite(speed) and speed > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number greater than 0")
    return speed


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the command line's way to speak

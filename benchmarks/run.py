"""The figures this project promises, measured in one run on one machine: prints them and writes build/bench.json.

Each is compared with what people did before: the same questions by kubectl and helm one after another, the same
upgrade by bare helm. Absolute times depend on the machine; the ratios are what is promised.
"""

import asyncio
import contextlib
import json
import os
import re
import resource
import shutil
import socket
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import yaml
from crowd import at_once, crowd, growth, long_day, p95, people
from distance import distant
from turns import turns

from bot.cli.dev.sandbox_process import SandboxWorld, sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from bot.cli.dev.try_command import Trial, trial

_ROOT = Path(__file__).parents[1]
_OUTPUT = _ROOT / "build" / "bench.json"
_HELM = str(Path(sys.executable).with_name("helm"))
_STATUS_ROUNDS = 7
_LIST_ROUNDS = 3
# How far away a system is, in seconds.
_DISTANCE = 0.3
_MANY = 20_000
_CONTINUE = re.compile(rb'"continue": ?"([^"]+)"')
_COMMANDS = int(os.environ.get("BENCH_COMMANDS", "10000"))
# What is asked, in turn: answers from memory, from the cluster, from the hub, from the bot's own tables, and mistakes.
_LINES = ("/jhub help", "/jhub whoami", "/jhub pods", "/jhub help deploy", "/jhub nonsense", "/jhub approvals", "/jhub")
# One script asks for all of them.
_HURRIED = {"limits": {"per_minute": 0}}
# The image has the byte code of the bot: where Python is kept from writing it, the compiler would be measured.
_AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}
_JHUB_BOT = str(Path(sys.executable).with_name("jhub-bot"))
# The `jhub-bot` of another build, to be measured in turns with this one: only their ratio means much on a busy machine.
_BESIDE = os.environ.get("BENCH_BESIDE", "")
_STARTS = 5
_TAGS = ("7c1d2e9", "9b8e4d1", "7c1d2e9")


@dataclass(frozen=True)
class Figure:
    """One measurement: `ratio` in `unit`, at most `limit`."""

    name: str
    ratio: float
    limit: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether what is promised is so."""
        return self.ratio <= self.limit


async def main() -> int:
    """Measure everything; 1 if a promise is broken."""
    wanted = sys.argv[1:] or list(_MEASURED)
    if unknown := set(wanted) - set(_MEASURED):
        raise SystemExit(f"there is no {', '.join(unknown)}; there is {', '.join(_MEASURED)}")
    figures = [figure for name in wanted for figure in await _MEASURED[name]()]
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    for figure in figures:
        mark = "holds" if figure.holds else "BROKEN"
        print(f"{figure.name:<58} {figure.ratio:8.2f} {figure.unit:<6} at most {figure.limit:g}  {mark}")
    return 0 if all(figure.holds for figure in figures) else 1


async def status_by_hand() -> list[Figure]:
    """`/jhub status` against the runbook's commands, one after another, in turns."""
    async with trial() as started:
        operator = started.person("operator")
        await started.command(operator, "/jhub status")
        bot, hand = [], []
        for _ in range(_STATUS_ROUNDS):
            bot.append(await _timed(lambda: started.command(operator, "/jhub status")))
            hand.append(await _timed(lambda: _status_by_hand(started.world)))
    ratio = statistics.median(bot) / statistics.median(hand)
    return [Figure("/jhub status against the same answers by hand", round(ratio, 3), 0.5, "ratio")]


async def _status_by_hand(world: SandboxWorld) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise SystemExit("kubectl is needed to compare with")
    here = (f"--kubeconfig={world.ready['kubeconfig']}", f"--namespace={world.ready['namespace']}")
    await _run(_HELM, "status", str(world.ready["release"]), *here)
    for what in ("pods", "nodes", "events"):
        await _run(kubectl, "get", what, *here)
    await _probe(world)


async def _probe(world: SandboxWorld) -> None:
    trust = ssl.create_default_context(cafile=str(world.ready["ca_file"]))
    host, address = str(world.ready["public_host"]), str(world.ready["public_address"])
    port = int(str(world.ready["public_port"]))
    _, writer = await asyncio.open_connection(address, port, ssl=trust, server_hostname=host)
    writer.transport.abort()


async def nodes() -> list[Figure]:
    """`/jhub nodes` against the slower of its two sources, each as far away as Azure is from a bot elsewhere.

    On loopback both answer within milliseconds, and the card alone would be most of the time.
    """
    async with distant(_DISTANCE) as azure, distant(_DISTANCE) as kubernetes:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as kubeconfig:
            kubeconfig.write(_kubeconfig(kubernetes.url))
            kubeconfig.flush()
            settings = (f"azure.url={azure.url}", f"kubernetes.kubeconfig={kubeconfig.name}")
            async with trial(settings) as started:
                ready = started.world.ready
                azure.target, kubernetes.target = str(ready["azure_url"]), str(ready["api_url"])
                operator = started.person("operator")
                await started.command(operator, "/jhub nodes")
                bot, slower = [], []
                for _ in range(_STATUS_ROUNDS):
                    bot.append(await _timed(lambda: started.command(operator, "/jhub nodes")))
                    by_azure = await _timed(lambda: _pools(azure.url, ready))
                    slower.append(max(by_azure, await _timed(lambda: _nodes_and_pods(kubernetes.url, ready))))
    ratio = statistics.median(bot) / statistics.median(slower)
    return [Figure("/jhub nodes against the slower of its two sources", round(ratio, 3), 1.3, "ratio")]


def _kubeconfig(server: str) -> str:
    named = {"name": "distant"}
    clusters, contexts = [named | {"cluster": {"server": server}}], [named | {"context": {"cluster": "distant"}}]
    content = {"apiVersion": "v1", "kind": "Config", "clusters": clusters, "contexts": contexts}
    return yaml.safe_dump(content | {"current-context": "distant"})


async def _pools(url: str, ready: Mapping[str, object]) -> None:
    where = f"{url}/subscriptions/{ready['subscription_id']}/resourceGroups/{ready['resource_group']}"
    path = f"{where}/providers/Microsoft.ContainerService/managedClusters/{ready['cluster']}/agentPools"
    token = _secret(ready["azure_token_file"])
    await _get(path, {"api-version": "2026-08-01"}, {"Authorization": f"Bearer {token}"})


async def _nodes_and_pods(url: str, ready: Mapping[str, object]) -> None:
    pods = f"{url}/api/v1/namespaces/{ready['namespace']}/pods"
    selector = {"labelSelector": "component=singleuser-server"}
    await asyncio.gather(_get(f"{url}/api/v1/nodes", {}, {}), _get(pods, selector, {}))


async def _get(url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    session = aiohttp.ClientSession(trust_env=False)
    async with session, session.get(url, params=query, headers=headers) as response:
        await response.read()
        response.raise_for_status()


async def deploy_by_hand() -> list[Figure]:
    """`/jhub deploy` from the confirmation to the last card against bare helm, each in a fresh world of its own."""
    async with trial() as started:
        bot = [await _timed(lambda tag=tag: _deploy(started, tag)) for tag in _TAGS]
    async with sandbox() as world:
        hand = [await _timed(lambda tag=tag: _upgrade(world, tag)) for tag in _TAGS]
    return [Figure("/jhub deploy against bare helm upgrade --wait", round(sum(bot) / sum(hand), 3), 1.2, "ratio")]


async def _deploy(started: Trial, tag: str) -> None:
    outcome = await started.command(started.person("operator"), f"/jhub deploy {tag}")
    if not outcome.is_good:
        raise SystemExit(f"deploying {tag} ended {outcome.value}")


async def _upgrade(world: SandboxWorld, tag: str) -> None:
    ready = world.ready
    here = (f"--kubeconfig={ready['kubeconfig']}", f"--namespace={ready['namespace']}")
    values = yaml.safe_load(await _run(_HELM, "get", "values", str(ready["release"]), *here, "--output=yaml"))
    values["singleuser"]["image"]["tag"] = tag
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        chart = (str(ready["chart"]), f"--repo={ready['chart_repository']}")
        upgrade = ("upgrade", str(ready["release"]), *chart, f"--values={file.name}", "--cleanup-on-fail")
        await _run(_HELM, *upgrade, "--wait", *here)


async def homes() -> list[Figure]:
    """`/jhub storage list` of 20,000 claims against the bare download of the lists it takes, and what it holds."""
    # A trial watches six times as often as a bot that serves: that is not what is measured here.
    async with trial(("alerts.enabled=false",), arguments=("--users", str(_MANY))) as started:
        operator = started.person("operator")
        await started.command(operator, "/jhub storage list")
        bot, bare = [], []
        for _ in range(_LIST_ROUNDS):
            bot.append(await _timed(lambda: started.command(operator, "/jhub storage list")))
            bare.append(await _timed(lambda: _downloaded(started.world)))
    peaks = [await _peak_of_list(users) for users in (_MANY // 10, _MANY)]
    name = f"/jhub storage list, {_MANY:,} users, against bare downloads"
    return [
        Figure(name, round(statistics.median(bot) / statistics.median(bare), 2), 3.0, "ratio"),
        Figure("its peak memory, ten times the claims", round(peaks[1] / peaks[0], 2), 1.6, "ratio"),
    ]


async def _downloaded(world: SandboxWorld) -> None:
    """Claims, servers and users in the pages in which the bot asks for them, and nothing done with them."""
    claims = f"{world.ready['api_url']}/api/v1/namespaces/{world.ready['namespace']}"
    users = f"{world.ready['hub_url']}/hub/api/users"
    async with aiohttp.ClientSession(trust_env=False) as session:
        for path, selector in (("persistentvolumeclaims", ""), ("pods", "component=singleuser-server")):
            query = {"limit": "500", "labelSelector": selector, "continue": ""}
            while True:
                async with session.get(f"{claims}/{path}", params=query) as response:
                    found = _CONTINUE.search(await response.read())
                if found is None:
                    break
                query["continue"] = found[1].decode()
        headers = {"Authorization": f"token {_token(world)}", "Accept": "application/jupyterhub-pagination+json"}
        for offset in range(0, _MANY, 200):
            query = {"limit": "200", "offset": str(offset)}
            async with session.get(users, params=query, headers=headers) as response:
                await response.read()


async def _peak_of_list(users: int) -> float:
    """The most memory, in megabytes, that a bot ever held which listed all homes three times."""
    async with sandbox(("--users", str(users))) as world:
        with tempfile.TemporaryDirectory() as folder:
            async with _served(world, Path(folder), "/jhub storage list", 3) as (_, process, _):
                return _peak_megabytes(process.pid)


async def serving() -> list[Figure]:
    """From the start of `jhub-bot serve` until it is ready, and its memory after answering."""
    async with sandbox() as world:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as another:
            starts, beside = [], []
            for _ in range(_STARTS):
                async with _served(world, Path(folder)) as (seconds, process, _):
                    starts.append(seconds)
                    resident = _resident_megabytes(process.pid)
                if _BESIDE:
                    async with _served(world, Path(another), times=0, program=_BESIDE) as (seconds, _, _):
                        beside.append(seconds)
    return [
        Figure("ready after start", round(statistics.median(starts), 2), 1.0, "s"),
        *_against("ready after start", starts, beside, 0.6),
        Figure("resident memory at 40 users", round(resident), 200.0, "MB"),
    ]


async def trying() -> list[Figure]:
    """`jhub-bot try "/jhub status"`: the processor time of all its processes, and the waiting."""
    ours, others = [], []
    # The first of each is not counted: it may write byte code.
    for _ in range(_STARTS + 1):
        ours.append(await _tried(_JHUB_BOT))
        others += [await _tried(_BESIDE)] if _BESIDE else []
    computed, waited = zip(*ours[1:], strict=True)
    theirs = list(zip(*others[1:], strict=True)) or [(), ()]
    name = "jhub-bot try /jhub status"
    return [
        Figure(f"{name}, processor time", round(statistics.median(computed), 2), 3.15, "s"),
        *_against(f"{name}, processor time", computed, theirs[0], 0.5),
        Figure(f"{name}, waiting", round(statistics.median(waited), 2), 4.3, "s"),
        *_against(f"{name}, waiting", waited, theirs[1], 0.5),
    ]


def _against(name: str, ours: Sequence[float], others: Sequence[float], limit: float) -> list[Figure]:
    """The median of the ratios, pair by pair; nothing where there is no other build."""
    ratios = [one / other for one, other in zip(ours, others, strict=False)]
    return [Figure(f"{name}, against {_BESIDE}", round(statistics.median(ratios), 2), limit, "ratio")] if ratios else []


async def _tried(program: str) -> tuple[float, float]:
    """Seconds of processor time, and of waiting."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = (program, "try", "/jhub status")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, env=os.environ | _AS_INSTALLED, cwd="/"
    )
    if await process.wait() != 0:
        raise SystemExit(f"{program} try ended with status {process.returncode}")
    waited, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, waited


async def many() -> list[Figure]:
    """Fifty people at once, and a bot that has answered ten thousand commands."""
    async with sandbox() as world:
        with tempfile.TemporaryDirectory() as folder:
            async with _served(world, Path(folder), times=1) as (_, process, url), crowd(world, url) as made:
                who = people(world)
                before = _cpu_seconds(process.pid)
                waited = await at_once(made, who, "/jhub help")
                each = (_cpu_seconds(process.pid) - before) / len(waited) * 1000
                lines = [_LINES[number % len(_LINES)] for number in range(_COMMANDS)]
                samples = await long_day(made, who, lines, lambda: _resident_megabytes(process.pid))
    # As many seconds as that are lost where the machine is shared: the load is part of the figure.
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"load of this machine: {load}; the bot computes {each:.1f} ms for an answer")
    return [
        Figure(f"/jhub help of {len(who)} people at once, 95 of 100", round(p95(waited) * 1000), 500.0, "ms"),
        Figure(f"resident memory after {_COMMANDS:,} commands", round(samples[-1]), 250.0, "MB"),
        Figure("its growth over the last half of them", round(growth(samples), 1), 2.0, "MB"),
    ]


@contextlib.asynccontextmanager
async def _served(
    world: SandboxWorld, folder: Path, line: str = "/jhub status", times: int = 20, program: str = _JHUB_BOT
) -> AsyncIterator[tuple[float, asyncio.subprocess.Process, str]]:
    port = _free_port()
    config = folder / "config.yaml"
    settings = world.settings(folder) | _HURRIED | {"teams": {"port": port}}
    if program != _JHUB_BOT:
        # An older build does not know what has come since, and refuses it.
        settings["azure"] = {name: value for name, value in settings["azure"].items() if name != "bot"}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    begun = time.monotonic()
    command = (program, "--log-level=warning", "serve", "--config", str(config))
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | _AS_INSTALLED, cwd="/")
    try:
        await _ready(port)
        seconds = time.monotonic() - begun
        await _ask_some(world, port, line, times)
        yield seconds, process, f"http://127.0.0.1:{port}"
    finally:
        # It may have ended by itself, and said why.
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ask_some(world: SandboxWorld, port: int, line: str, times: int) -> None:
    answered = asyncio.Semaphore(0)
    async with LocalTeams(world.tenant, on_activity=lambda *_: answered.release()).running() as teams:
        teams.bot_url = f"http://127.0.0.1:{port}"
        for _ in range(times):
            await teams.say(world.people[0], line)
            await asyncio.wait_for(answered.acquire(), 30)
            # A card that says that it takes a moment comes before an answer that does.
            while not _is_answered(teams):
                await asyncio.wait_for(answered.acquire(), 30)


def _is_answered(teams: LocalTeams) -> bool:
    return "Working on it" not in json.dumps(list(teams.activities.values())[-1])


async def _ready(port: int) -> None:
    async with asyncio.timeout(120), aiohttp.ClientSession(trust_env=False) as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _token(world: SandboxWorld) -> str:
    return _secret(world.ready["hub_token_file"])


def _secret(file: object) -> str:
    return Path(str(file)).read_text("utf-8").strip()


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _cpu_seconds(pid: int) -> float:
    """What the process has computed, whoever else wanted the machine meanwhile."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.monotonic()
    await work()
    return time.monotonic() - begun


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} {command[1]} ended with status {process.returncode}")
    return output.decode()


async def stock() -> list[Figure]:
    """Turns per second against botbuilder's own echo bot, each with its token check, over HTTP."""
    ours, its = await turns()
    name = f"botbuilder's turns a second ({its:.0f}) against ours ({ours:.0f})"
    return [Figure(name, round(its / ours, 3), 0.333, "ratio")]


_MEASURED: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "status": status_by_hand,
    "nodes": nodes,
    "deploy": deploy_by_hand,
    "serving": serving,
    "try": trying,
    "homes": homes,
    "many": many,
    "turns": stock,
}

if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

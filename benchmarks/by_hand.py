"""Commands of the bot against the same by hand: status, nodes, a deployment, the list of homes."""

import asyncio
import json
import re
import shutil
import ssl
import statistics
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import aiohttp
import yaml
from distance import distant
from measuring import HELM, Figure, helms, hub_token, peak_megabytes, run_command, sandbox_helm, secret, served, timed

from bot.cli.dev.sandbox_process import SandboxWorld, sandbox
from bot.cli.dev.try_command import Trial, trial

_STATUS_ROUNDS = 7
_LIST_ROUNDS = 3
# The delay of a distant system, in seconds.
_DISTANCE = 0.3
_MANY = 20_000
_CONTINUE = re.compile(rb'"continue": ?"([^"]+)"')
_TAGS = ("7c1d2e9", "9b8e4d1", "7c1d2e9")


async def status_by_hand() -> list[Figure]:
    """Measure `/jhub status` against the runbook's commands, one after another, in turns."""
    async with trial() as started:
        operator = started.person("operator")
        await started.command(operator, "/jhub status")
        bot, hand = [], []
        for _ in range(_STATUS_ROUNDS):
            bot.append(await timed(lambda: started.command(operator, "/jhub status")))
            hand.append(await timed(lambda: _status_by_hand(started.world)))
    ratio = statistics.median(bot) / statistics.median(hand)
    return [Figure("/jhub status against the same answers by hand", round(ratio, 3), 0.5, "ratio")]


async def _status_by_hand(world: SandboxWorld) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise SystemExit("kubectl is needed to compare with")
    here = (f"--kubeconfig={world.ready['kubeconfig']}", f"--namespace={world.ready['namespace']}")
    await run_command(HELM, "status", str(world.ready["release"]), *here)
    for what in ("pods", "nodes", "events"):
        await run_command(kubectl, "get", what, *here)
    await _probe(world)


async def _probe(world: SandboxWorld) -> None:
    trust = ssl.create_default_context(cafile=str(world.ready["ca_file"]))
    host, address = str(world.ready["public_host"]), str(world.ready["public_address"])
    port = int(str(world.ready["public_port"]))
    _, writer = await asyncio.open_connection(address, port, ssl=trust, server_hostname=host)
    writer.transport.abort()


async def nodes() -> list[Figure]:
    """Measure `/jhub nodes` against the slower of its two sources, each as far away as Azure is from a bot elsewhere.

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
                    bot.append(await timed(lambda: started.command(operator, "/jhub nodes")))
                    by_azure = await timed(lambda: _pools(azure.url, ready))
                    slower.append(max(by_azure, await timed(lambda: _nodes_and_pods(kubernetes.url, ready))))
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
    token = secret(ready["azure_token_file"])
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
    """Measure `/jhub deploy` from confirmation to last card against the same bare helm, with each helm that is here.

    The bot and a person deploy in turn, each in a sandbox of its own whose past that helm has made.
    """
    return [await _deployed_with(path) for path in helms()]


async def _deployed_with(helm: Path) -> Figure:
    with sandbox_helm(helm):
        # A trial watches six times as often as a bot that serves: that is not what is measured here.
        planned: list[float] = []
        settings = (f"release.helm={helm}", "alerts.enabled=false")
        async with trial(settings, on_activity=partial(_note_plan, planned)) as started, sandbox() as world:
            bot, hand = [], []
            for tag in _TAGS:
                await _deploy(started, tag)
                bot.append(time.monotonic() - planned[-1])
                hand.append(await timed(lambda tag=tag: _upgrade(world, tag, str(helm))))
    version = (await run_command(str(helm), "version", "--template={{.Version}}")).strip()
    name = f"/jhub deploy against bare helm {version} upgrade --wait"
    return Figure(name, round(statistics.median(bot) / statistics.median(hand), 3), 1.1, "ratio")


def _note_plan(planned: list[float], _operation: str, activity: Mapping[str, object]) -> None:
    """Note the time of a card with a plan: a trial confirms it at once, and bare helm shows none."""
    if "Plan · " in json.dumps(activity, ensure_ascii=False):
        planned.append(time.monotonic())


async def _deploy(started: Trial, tag: str) -> None:
    outcome = await started.command(started.person("operator"), f"/jhub deploy {tag}")
    if not outcome.is_good:
        raise SystemExit(f"deploying {tag} ended {outcome.value}")


async def _upgrade(world: SandboxWorld, tag: str, helm: str) -> None:
    ready = world.ready
    here = (f"--kubeconfig={ready['kubeconfig']}", f"--namespace={ready['namespace']}")
    values = yaml.safe_load(await run_command(helm, "get", "values", str(ready["release"]), *here, "--output=yaml"))
    values["singleuser"]["image"]["tag"] = tag
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        chart = (str(ready["chart"]), f"--repo={ready['chart_repository']}")
        upgrade = ("upgrade", str(ready["release"]), *chart, f"--values={file.name}", "--cleanup-on-fail")
        await run_command(helm, *upgrade, "--wait", *here)


async def homes() -> list[Figure]:
    """Measure `/jhub storage list` of 20,000 claims against the bare download of its lists, and its memory."""
    # A trial watches six times as often as a bot that serves: that is not what is measured here.
    async with trial(("alerts.enabled=false",), arguments=("--users", str(_MANY))) as started:
        operator = started.person("operator")
        await started.command(operator, "/jhub storage list")
        bot, bare = [], []
        for _ in range(_LIST_ROUNDS):
            bot.append(await timed(lambda: started.command(operator, "/jhub storage list")))
            bare.append(await timed(lambda: _downloaded(started.world)))
    peaks = [await _peak_of_list(users) for users in (_MANY // 10, _MANY)]
    name = f"/jhub storage list, {_MANY:,} users, against bare downloads"
    return [
        Figure(name, round(statistics.median(bot) / statistics.median(bare), 2), 3.0, "ratio"),
        Figure("its peak memory, ten times the claims", round(peaks[1] / peaks[0], 2), 1.6, "ratio"),
    ]


async def _downloaded(world: SandboxWorld) -> None:
    """Download claims, servers and users in the bot's pages, and do nothing with them."""
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
        headers = {"Authorization": f"token {hub_token(world)}", "Accept": "application/jupyterhub-pagination+json"}
        for offset in range(0, _MANY, 200):
            query = {"limit": "200", "offset": str(offset)}
            async with session.get(users, params=query, headers=headers) as response:
                await response.read()


async def _peak_of_list(users: int) -> float:
    """Return the most memory, in megabytes, that a bot ever held which listed all homes three times."""
    async with sandbox(("--users", str(users))) as world:
        with tempfile.TemporaryDirectory() as folder:
            async with served(world, Path(folder), "/jhub storage list", 3) as (_, process, _):
                return peak_megabytes(process.pid)

"""Secrets planted in values, Secrets, logs, events, errors, tokens and the environment: none ever leaves the bot.

Every command is typed, changes are planned, some are seen to their end, and then each outside system refuses in turn.
What the bot sent, answered, logged (at the level DEBUG, as it is and as JSON), counted, traced and stored is searched
afterwards, byte by byte.
"""

import asyncio
import contextlib
import json
import logging
import shlex
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from bot.cli.cardjson import actions
from bot.cli.trial import Decider, trial
from bot.telemetry.logs import Json, begin, marked
from commands.catalogue import catalogue
from commands.spec import Change, Query
from commands.usage import example
from tests.bot.canaries import Canaries, adopt, adopt_values
from tests.bot.poison import poisoned
from tests.bot.telemetry.collector import collecting
from tests.fault.bot_process import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

HELM = str(Path(sys.executable).with_name("helm"))
SYSTEMS = {"azure": "azure_url", "graph": "graph_url", "registry": "registry_url", "hub": "hub_url", "kube": "api_url"}
# What is asked while a system refuses, and with which status it does.
REFUSALS = (
    ("azure", 400, ("nodes", "cluster status", "image build", "autoscale users 1 4", "scale 2")),
    ("graph", 403, ("auth", "auth rotate", "whoami", "status")),
    ("registry", 401, ("images", "deploy 7c1d2e9", "image lock 7c1d2e9", "status")),
    ("hub", 500, ("users", "status", "why ada.lovelace@example.org", "servers refresh", "report")),
    ("kube", 403, ("status", "pods", "logs hub", "events", "history", "storage list", "cert", "config show")),
    ("kube", 500, ("status", "doctor", "deploy 7c1d2e9", "rollback")),
)
MORE = (
    "help",
    "logs hub --lines 200",
    "logs proxy",
    "logs autohttps traefik",
    "events --warnings --since 7d",
    "config show hub",
    "config show hub.config",
    "config show singleuser",
    "config show proxy",
    "config diff 1",
    "deploy 7c1d2e9 --dry-run",
    "rollback 2",
)
# What people type in the wrong place. Chats have it already; nothing else may get it.
MISTAKEN = (
    "config set hub.config.AzureAdOAuthenticator.client_secret {typed}",
    "config set singleuser.extraEnv.API_TOKEN {typed}",
    "config set hub.db.url postgresql://hub:{typed}@db/hub",
    "login {typed}",
    "{typed}",
)
# Approved or confirmed, and seen to their end.
DONE = (
    "config set singleuser.memory.limit 3G",
    "deploy 7c1d2e9",
    "deploy 0ddba11",
    "rollback",
    "auth rotate",
    "storage delete emmy.noether@example.org",
)


@dataclass
class Heard:
    """All that the bot let out, by the way that it took."""

    canaries: Canaries
    ways: dict[str, list[bytes]] = field(default_factory=dict)
    typed: Counter = field(default_factory=Counter)
    outcomes: Counter = field(default_factory=Counter)

    def add(self, way: str, content: bytes) -> None:
        self.ways.setdefault(way, []).append(content)

    def leaks(self, way: str) -> dict[str, str]:
        """Where the secrets come from that stand in what went this way, each with a glimpse of the first."""
        told: dict[str, str] = {}
        for content in self.ways.get(way, ()):
            for where, around in self.canaries.found_in(content).items():
                told.setdefault(where, around)
        return told


class _Lines(logging.Handler):
    """Keeps every line of the log as it would be written."""

    def __init__(self, heard):
        super().__init__(logging.DEBUG)
        self.heard = heard
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.json = Json()

    def emit(self, record):
        # Without what hides secrets as lines are written, and then as they are.
        self.heard.add("log", self.format(record).encode())
        marked(record)
        self.heard.add("json", self.json.format(record).encode())


@contextlib.contextmanager
def listening(heard):
    root, handler = logging.getLogger(), _Lines(heard)
    before = root.level
    begin("readable", "debug")
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(tmp_path_factory):
    folder, canaries = tmp_path_factory.mktemp("bot"), Canaries()
    heard = Heard(canaries)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GITHUB_TOKEN", "DB_PASSWORD", "SOME_SETTING"):
            patch.setenv(name, canaries.new(f"the environment's {name}"))
        patch.setenv("NO_PROXY", "127.0.0.1")
        with listening(heard), collecting() as collector:
            await _lived(heard, folder, collector.url)
        for body in collector.bodies:
            heard.add("traces", body)
        for span in collector.spans:
            heard.add("attributes", str(span).encode())
    for file in folder.rglob("*"):
        if file.is_file():
            heard.add("store", file.read_bytes())
    return heard


async def _lived(heard, folder, collector):
    async with contextlib.AsyncExitStack() as stack:
        fronts = {name: await stack.enter_async_context(poisoned(name, heard.canaries.new)) for name in SYSTEMS}
        kubeconfig = folder.parent / f"{folder.name}.kubeconfig"
        kubeconfig.write_text(_kubeconfig(fronts["kube"].url), "utf-8")
        settings = [f"{name}.url={fronts[name].url}" for name in SYSTEMS if name != "kube"]
        settings += [f"kubernetes.kubeconfig={kubeconfig}", f"state_dir={folder}"]
        settings += [f"metrics.port={(port := free_port())}", f"telemetry.otlp_endpoint={collector}"]

        def on_activity(_, activity):
            heard.add("teams", json.dumps(activity, ensure_ascii=False).encode())

        # The bot asks as soon as it runs: what stands before the systems learns then where they are.
        started = await stack.enter_async_context(_trial(settings, on_activity, fronts))
        await _plant(heard.canaries, started.world.ready, fronts["kube"].url)
        await _asked(heard, started, fronts)
        await _counted(heard, port)


async def _counted(heard, port):
    url = f"http://127.0.0.1:{port}/metrics"
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as response:
        heard.add("metrics", await response.read())


@contextlib.asynccontextmanager
async def _trial(settings, on_activity, fronts):
    import bot.cli.trial as module  # noqa: PLC0415 - its world is looked at before the bot is started

    real = module.prepare

    def prepare(world, folder):
        for name, key in SYSTEMS.items():
            fronts[name].target = str(world.ready[key]).rstrip("/")
        real(world, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepare", prepare)
        async with trial(settings, on_activity=on_activity) as started:
            yield started


def _kubeconfig(server):
    named = {"name": "there"}
    content = {
        "clusters": [named | {"cluster": {"server": server}}],
        "contexts": [named | {"context": {"cluster": "there"}}],
    }
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "there"} | content)


# Planting


async def _plant(canaries, ready, api):
    adopt(canaries, ready)
    await _plant_values(canaries, ready)
    where = f"{api}/api/v1/namespaces/{ready['namespace']}"
    async with aiohttp.ClientSession(trust_env=False) as session:
        async with session.get(f"{where}/pods", params={"labelSelector": "component=hub"}) as response:
            (hub, *_) = (await response.json())["items"]
        for number in range(3):
            secret = canaries.new("an event")
            event = _event(hub["metadata"], number, f"Failed: password={secret} at https://u:{secret}@example.org/")
            async with session.post(f"{where}/events", json=event) as response:
                response.raise_for_status()
        async with session.get(f"{where}/secrets") as response:
            adopt_values(canaries, (await response.json())["items"])


def _event(pod, number, message):
    name = f"{pod['name']}.{number}"
    regarding = {"kind": "Pod", "name": pod["name"], "namespace": pod["namespace"], "uid": pod["uid"]}
    now = "2026-11-23T09:00:00Z"
    return {
        "metadata": {"name": name, "namespace": pod["namespace"]},
        "involvedObject": regarding,
        "reason": "FailedMount",
        "type": "Warning",
        "message": message,
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": "kubelet"},
    }


async def _plant_values(canaries, ready):
    """As an administrator would have set them, from a laptop."""
    new = canaries.new
    values = {
        "hub": {
            "db": {"type": "postgres", "url": f"postgresql://hub:{new('the database url')}@db/hub"},
            "extraEnv": {"DB_PASSWORD": new("hub.extraEnv"), "PLAIN": f"Bearer {new('a bearer in hub.extraEnv')}"},
            "config": {
                "CryptKeeper": {"keys": [new("a crypt key")]},
                "GenericOAuthenticator": {"client_secret": new("x")},
            },
            "extraConfig": {"mine": f"c.Some.client_secret = '{new('hub.extraConfig')}'"},
        },
        "singleuser": {"extraEnv": {"API_TOKEN": new("singleuser.extraEnv")}},
        "proxy": {"secretToken": f"{new('proxy.secretToken')}"},
    }
    file = Path(str(ready["kubeconfig"])).with_name("planted.yaml")
    file.write_text(yaml.safe_dump(values), "utf-8")
    here = (f"--kubeconfig={ready['kubeconfig']}", f"--namespace={ready['namespace']}")
    chart = (str(ready["chart"]), f"--repo={ready['chart_repository']}", f"--version={await _version(here, ready)}")
    command = ("upgrade", str(ready["release"]), *chart, "--reuse-values", f"--values={file}", *here)
    await _helm(*command)
    file.unlink()


async def _version(here, ready):
    listed = json.loads(await _helm("list", "--output=json", *here))
    return next(one["chart"] for one in listed if one["name"] == ready["release"]).rpartition("-")[2]


async def _helm(*command):
    process = await asyncio.create_subprocess_exec(
        HELM, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output


# Asking


async def _asked(heard, started, fronts):
    admin = started.person("admin")
    lines = [
        example(command).removeprefix("/jhub ") for command in catalogue() if not command.name.startswith("logs --f")
    ]
    for line in (*lines, *(shlex.join(["help", command.name]) for command in catalogue()[:3])):
        await _asked_and_dismissed(heard, started, admin, line)
    for line in MORE:
        await _asked_and_dismissed(heard, started, admin, line)
    for line in MISTAKEN:
        typed = heard.canaries.new(f"typed in {line}")
        await _asked_and_dismissed(heard, started, admin, line.format(typed=typed))
    approver = Decider(started.person("approver"), "approve")
    for line in DONE:
        heard.outcomes[await started.command(admin, f"/jhub {line}", approver)] += 1
        heard.typed[line] += 1
    for system, status, lines in REFUSALS:
        fronts[system].status = status
        for line in lines:
            await _asked_and_dismissed(heard, started, admin, line)
        fronts[system].status = 0


async def _asked_and_dismissed(heard, started, who, line):
    heard.typed[line] += 1
    before = set(started.teams.activities)
    await started.teams.say(who, f"/jhub {line}")
    await started._settled()
    for card in [card for card in started.teams.activities if card not in before]:
        for button in actions(started.teams.activities[card]):
            data = button.get("data", {})
            if not {"id", "digest"} <= set(data):
                continue
            for verb in ("view", "dismiss", "reject"):
                answer = await started.teams.click(who, card, button | {"verb": verb})
                heard.add("answers", json.dumps(answer, ensure_ascii=False).encode())
            break
    await started._settled()
    heard.outcomes[started.outcomes.last] += 1


# What is looked for


async def test_something_was_planted_asked_and_heard(heard):
    """Else the tests below would prove nothing."""
    planted = " ".join(heard.canaries.planted.values())
    for where in ("a log line of kube", "an event", "hub.extraEnv", "error 400 of azure", "token_file", "Secret hub"):
        assert where in planted
    names = {line.split(" ", 1)[0] for line in heard.typed}
    assert {command.name.split()[0] for command in catalogue()} <= names
    assert sum(isinstance(command, Query | Change) for command in catalogue()) <= len(heard.typed)
    assert {"teams", "answers", "log", "json", "metrics", "traces", "attributes", "store"} == set(heard.ways)
    assert all(json.loads(line)["level"] for line in heard.ways["json"])
    assert b'jhub_bot_commands_total{command="deploy"' in heard.ways["metrics"][0]
    spans = b"".join(heard.ways["attributes"])
    assert all(word in spans for word in (b"peer.service", b"helm upgrade", b"STATUS_CODE_ERROR"))
    assert any(b"[hidden]" in content for content in heard.ways["teams"])
    assert {"done", "answered", "failed", "unavailable"} <= {one.value for one in heard.outcomes if one}
    assert not heard.outcomes.get("bug")


@pytest.mark.parametrize("way", ["teams", "answers"])
async def test_no_planted_secret_is_shown(heard, way):
    leaks = {where: around for where, around in heard.leaks(way).items() if not where.startswith("typed in")}
    assert not leaks, json.dumps(leaks, indent=1)


@pytest.mark.parametrize("way", ["log", "json", "metrics", "traces", "attributes", "store"])
async def test_no_planted_secret_is_written_down(heard, way):
    leaks = heard.leaks(way)
    assert not leaks, json.dumps(leaks, indent=1)

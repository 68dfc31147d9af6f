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
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from bot.cli.dev.card_actions import actions
from bot.cli.dev.try_command import Decider, trial
from bot.telemetry.logs import Json, begin, marked
from commands.framework.command import Change, Query
from commands.framework.registry import catalogue
from commands.framework.usage import example
from tests import logged
from tests.bot.canaries import Canaries, adopt, adopt_values
from tests.bot.kinds import kinds
from tests.bot.poison import poisoned
from tests.bot.telemetry.collector import collecting
from tests.fault.bot_process import free_port
from tests.helms import HELM

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
    *(f"events --page {page}" for page in (1, 2, 3)),
    "why ada.lovelace@example.org",
    "config show hub",
    "config show hub.config",
    "config show singleuser",
    "config show proxy",
    "config show custom",
    "config show hub.extraConfig",
    "config show singleuser.lifecycleHooks.postStart",
    "config diff 1",
    "config diff 2",
    "deploy 7c1d2e9 --dry-run",
    "rollback 2",
)
# What people type in the wrong place. Chats have it already; nothing else may get it.
MISTAKEN = (
    "config set hub.config.AzureAdOAuthenticator.client_secret {typed}",
    "config set singleuser.extraEnv.API_TOKEN {typed}",
    "config set hub.db.url postgresql://hub:{typed}@db/hub",
    "config set singleuser.extraEnv.SMTP_PASS {typed}",
    'schedule add "0 19 * * 1-5" config set singleuser.extraEnv.SMTP_PASS {typed}',
    "login {typed}",
    "{typed}",
)
# The same, of every kind: each is refused, and kept nowhere.
REFUSED = (
    "config set custom.note {text}",
    "config set hub.extraConfig.x 'send(\"{text}\")'",
    'deploy 7c1d2e9 --reason "it is {text}"',
    'schedule add "0 19 * * 1-5" config set custom.note {text}',
)
REVEALED = (
    "config show singleuser.cmd --reveal",
    "config show hub.extraConfig --reveal",
    *(f"config show singleuser.extraEnv --reveal --page {page}" for page in (1, 2)),
    "config diff 2 --reveal",
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
    refused: list = field(default_factory=list)
    revealing: bool = False

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
    with logged.undone():
        begin("readable", "debug")
        logging.getLogger().addHandler(_Lines(heard))
        yield


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
            way = "revealed" if heard.revealing else "teams"
            heard.add(way, json.dumps(activity, ensure_ascii=False).encode())

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
    import bot.cli.dev.try_command as module  # noqa: PLC0415 - its world is looked at before the bot is started

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
        told = [
            (f"password={secret} at https://u:{secret}@example.org/", secret)
            for secret in map(canaries.new, ["an event"])
        ]
        told += [(" ".join(kind.text.split("\n")), kind.core) for kind in kinds()]
        for number, (text, core) in enumerate(told):
            canaries.add(core, "an event")
            event = _event(hub["metadata"], number, f"Failed: {text}")
            async with session.post(f"{where}/events", json=event) as response:
                response.raise_for_status()
        async with session.get(f"{where}/secrets") as response:
            adopt_values(canaries, (await response.json())["items"])


def _event(pod, number, message):
    name = f"{pod['name']}.{number}"
    regarding = {"kind": "Pod", "name": pod["name"], "namespace": pod["namespace"], "uid": pod["uid"]}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "metadata": {"name": name, "namespace": pod["namespace"]},
        "involvedObject": regarding,
        "reason": "BackendTrouble",
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

    def every(where):
        """Each kind, planted there, by a name that does not tell what it is."""
        made = kinds()
        for kind in made:
            canaries.add(kind.core, f"{kind.name} in {where}")
        return {f"given-{number}": kind.text for number, kind in enumerate(made)}

    values = {
        "hub": {
            "db": {"type": "postgres", "url": f"postgresql://hub:{new('the database url')}@db/hub"},
            "extraEnv": {"DB_PASSWORD": new("hub.extraEnv"), "PLAIN": f"Bearer {new('a bearer in hub.extraEnv')}"},
            "config": {
                "CryptKeeper": {"keys": [new("a crypt key")]},
                "GenericOAuthenticator": {"client_secret": new("x")},
            },
            "extraConfig": {
                "mine": f"c.Some.client_secret = '{new('hub.extraConfig')}'",
                "00-refresh-token": f"notify('{new('code under the name of a token')}')",
                "kinds": "\n".join(f"# {text!r}" for text in every("code").values()),
            },
            "extraFiles": {
                "notes": {"mountPath": "/etc/notes.txt", "stringData": "\n".join(every("a file").values())},
                "plain": {"mountPath": "/etc/plain.txt", "stringData": new("a file, in no form that is known")},
            },
        },
        "singleuser": {
            "extraEnv": {
                "API_TOKEN": new("singleuser.extraEnv"),
                "MAIL_RELAY": new("a variable whose name tells nothing"),
                **{f"GIVEN_{n}": text for n, text in enumerate(every("a variable").values())},
            },
            "lifecycleHooks": {
                "postStart": {
                    "exec": {
                        "command": [
                            "sh",
                            "-c",
                            "\n".join((f"fetch {new('a command')}", *every("a command").values())),
                        ]
                    }
                }
            },
            "extraAnnotations": {
                "example.org/note": new("an annotation"),
                **{f"example.org/{name}": text for name, text in every("an annotation").items()},
            },
            "initContainers": [
                {"name": "first", "image": "busybox", "command": ["fetch", new("a container's command")]}
            ],
            "cmd": ["jupyterhub-singleuser", f"--x={new('the command of servers')}"],
            "profileList": [
                {
                    "display_name": "Small",
                    "kubespawner_override": {"environment": {"WHERE": new("a variable of a profile")}},
                }
            ],
        },
        "proxy": {
            "secretToken": f"{new('proxy.secretToken')}",
            "service": {"annotations": {"example.org/dns": new("an annotation of the proxy")}},
            "chp": {"extraEnv": {"PLAIN": new("a variable of the proxy")}},
        },
        "custom": every("an open value"),
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
    for number, kind in enumerate(kind for kind in kinds() if "\n" not in kind.text and '"' not in kind.text):
        heard.canaries.add(kind.core, f"typed in a line: {kind.name}")
        await _asked_and_dismissed(heard, started, admin, REFUSED[number % len(REFUSED)].format(text=kind.text))
        heard.refused.append((kind.name, started.outcomes.last))
    await _revealed(heard, started)
    approver = Decider(started.person("approver"), "approve")
    for line in DONE:
        heard.outcomes[await started.command(admin, f"/jhub {line}", approver)] += 1
        heard.typed[line] += 1
    for system, status, lines in REFUSALS:
        fronts[system].status = status
        for line in lines:
            await _asked_and_dismissed(heard, started, admin, line)
        fronts[system].status = 0


async def _revealed(heard, started):
    """An admin may see what is hidden, alone; what looks like a secret is hidden even then."""
    heard.revealing = True
    for line in REVEALED:
        heard.outcomes[await started.command(started.person("admin"), f"/jhub {line}", slash=True)] += 1
    heard.revealing = False


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
    assert {"revealed", "teams", "answers", "log", "json", "metrics", "traces", "attributes", "store"} == set(
        heard.ways
    )
    assert all(json.loads(line)["level"] for line in heard.ways["json"])
    assert b'jhub_bot_commands_total{command="deploy"' in heard.ways["metrics"][0]
    spans = b"".join(heard.ways["attributes"])
    assert all(word in spans for word in (b"peer.service", b"helm upgrade", b"STATUS_CODE_ERROR"))
    assert any(b"[hidden]" in content for content in heard.ways["teams"])
    shown = b"".join(heard.ways["teams"])
    assert shown.count(b"BackendTrouble") > len(kinds())
    assert {"done", "answered", "failed", "unavailable"} <= {one.value for one in heard.outcomes if one}
    assert not heard.outcomes.get("bug")


async def test_what_looks_like_a_secret_is_refused_as_an_argument(heard):
    assert len(heard.refused) >= 36
    assert {outcome.value for _, outcome in heard.refused} == {"invalid"}, heard.refused


async def test_an_admin_sees_what_is_hidden_but_for_secrets_and_it_is_on_record(heard):
    shown = heard.leaks("revealed")
    expected = {"the command of servers", "code under the name of a token", "a variable whose name tells nothing"}
    assert expected <= set(shown)
    known = {kind.name for kind in kinds()}
    leaks = {where: around for where, around in shown.items() if where.partition(" in ")[0] in known}
    assert not leaks, json.dumps(leaks, indent=1)
    stored = b"".join(heard.ways["store"])
    assert all(line.partition(" --page ")[0].encode() in stored for line in REVEALED)


@pytest.mark.parametrize("way", ["teams", "answers"])
async def test_no_planted_secret_is_shown(heard, way):
    leaks = {where: around for where, around in heard.leaks(way).items() if not where.startswith("typed in")}
    assert not leaks, json.dumps(leaks, indent=1)


@pytest.mark.parametrize("way", ["log", "json", "metrics", "traces", "attributes", "store"])
async def test_no_planted_secret_is_written_down(heard, way):
    leaks = heard.leaks(way)
    assert not leaks, json.dumps(leaks, indent=1)

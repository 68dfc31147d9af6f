"""What the product says of a text: the commands and watchers that people meet, asked in a world that shows it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import yaml
from azure.core.exceptions import HttpResponseError, ODataV4Format

from bot.alerts.watchers import hub as hub_watcher
from bot.alerts.watchers import nodes as nodes_watcher
from bot.alerts.watchers import servers as servers_watcher
from bot.alerts.watchers import starts as starts_watcher
from bot.alerts.watchers import storage as storage_watcher
from bot.teams.activity_parser import parse as parse_activity
from bot.teams.connector_client import _code
from bot.teams.delivery_errors import ConversationGone
from bot.teams.delivery_errors import delivery_error as _failure
from cards.views import Lines, Table, View
from clients.azure.aks_operations import HELP
from clients.azure.pipeline import translated
from clients.entra.login_page import _verdict
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.helm.process import ProcessEnded
from clients.helm.upgrade_result import result_of
from clients.kube import Event, Pod, Waiting
from clients.public.certificate import Problem
from clients.values import parse as parse_values
from commands.certificate import show as cert
from commands.config import validate as config_validate
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.kubernetes import events
from commands.login import show as auth
from commands.nodes import list as nodes
from commands.rollout import readiness
from tests.causes.corpus import Entry
from tests.commands.nodes.estate import Azure
from tests.commands.values.broken_values import DEFAULTS
from tests.world import (
    NOW,
    Home,
    KubeReads,
    World,
    acme,
    automatic,
    certificate,
    chart_files,
    home,
    node,
    pod,
    server,
    user,
)
from tests.world.events import MEMORY
from tests.world.login import LoginWorld

ADA = "ada@example.org"
SERVER = "jupyter-ada"
CLAIM = "claim-ada"
NODE = "aks-users-31415926-vmss000001"
IMAGE = "jhub.azurecr.io/notebook:9"
# Longer than any trouble is given to pass by itself.
_LONG = NOW - timedelta(minutes=20)
_AUTOSCALER = "ConfigMap cluster-autoscaler-status"


class Answer(dict[str, str]):
    """What each place says; the first is where people ask, and `card` is what they are shown there."""

    card: View | None = None


def _shown(place: str, card: View, words: str) -> Answer:
    made = Answer({place: words})
    made.card = card
    return made


def _joined(*answers: Mapping[str, str]) -> Answer:
    made = Answer({place: words for one in answers for place, words in one.items()})
    made.card = next((one.card for one in answers if isinstance(one, Answer) and one.card), None)
    return made


@dataclass
class Stage(World):
    """A world with a server of ada's, a hub that writes a log, and Azure."""

    hub_log: str = ""
    azure: Azure = field(default_factory=Azure)
    # The pod as the API server serves it, where the text is one.
    manifest: dict[str, object] | None = None

    @property
    def reads(self):
        return replace(super().reads, kube=_Told(self), azure=self.azure)


@dataclass
class _Told(KubeReads):
    async def log(self, pod, container, *, since, lines, previous=False, stamped=False):
        if stamped:
            return self.world.hub_log
        if pod in self.world.servers_said:
            return self.world.servers_said[pod]
        return await super().log(pod, container, since=since, lines=lines, previous=previous)


def _stage(*pods: Pod, **more) -> Stage:
    made = Stage(**more)
    made.users, made.claims = [user(ADA, False)], [home(ADA)]
    made.nodes = [node(NODE, "users", purpose="user"), node("aks-core-31415926-vmss000000", "core")]
    made.pods = list(pods)
    return made


async def answer(entry: Entry) -> Answer:
    """Return what each place says; the first is where people ask."""
    found = await _BY_KIND[entry.kind](entry)
    first = str(entry.given.get("at", next(iter(found))))
    return _joined({first: found.get(first, "")}, found)


# Events


def _event(entry: Entry, kind: str, name: str) -> Event:
    return Event(
        type=str(entry.given.get("type", "Warning")),
        reason=str(entry.given["reason"]),
        message=entry.text,
        kind=kind,
        name=name,
        count=3,
        first=NOW - timedelta(minutes=15),
        last=NOW - timedelta(minutes=1),
    )


def _about(entry: Entry) -> tuple[str, str]:
    kind, _, name = str(entry.given.get("about", f"Pod {SERVER}")).partition(" ")
    return kind, name


def event_stage(entry: Entry) -> Stage:
    """Return a world in which that event was reported a minute ago."""
    kind, name = _about(entry)
    its = _event(entry, kind, name)
    stage = _stage(events=[its])
    if (kind, name) == ("Pod", SERVER):
        stage.pods = [_waiting_pod(entry)]
    if (kind, name) == ("PersistentVolumeClaim", CLAIM):
        _leave_unbound(stage, its)
    if kind == "ConfigMap":
        backing_off = "pod didn't trigger scale-up: 1 in backoff after failed scale-up"
        waits = replace(its, reason="NotTriggerScaleUp", message=backing_off, kind="Pod", name=SERVER)
        stage.events, stage.scaling, stage.pods = [waits], [its], [_unplaced(f"Unschedulable: {MEMORY}")]
    return stage


async def _of_event(entry: Entry) -> Answer:
    kind, name = _about(entry)
    stage = event_stage(entry)
    if (kind, name) == ("Pod", SERVER):
        return _joined(await _why(stage), await _listed(stage), await _alerted(stage))
    if kind == "PersistentVolumeClaim":
        return await _of_claim(stage, stage.events[0])
    if kind == "ConfigMap":
        return _joined(await _nodes(stage), await _why(stage), await _alerted(stage))
    if kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"):
        stage.pods = [pod("proxy-1", "proxy")]
        blocked = " ".join(one.text for one in readiness.find_blockages(stage.pods, stage.events))
        return _joined({"a deployment": blocked}, await _listed(stage), await _alerted(stage))
    if kind == "Pod":
        stage.pods = [_of_the_hub(entry, name)]
        found = await _alerted(stage)
        blocked = " ".join(one.text for one in readiness.find_blockages(stage.pods, stage.events))
        first = {"an alert": found.pop("alert hub", ""), "a deployment": blocked}
        return _joined(first, await _listed(stage), found)
    return await _listed(stage)


async def _of_claim(stage: Stage, its: Event) -> Answer:
    """What is said of a claim without a disk: a home is ada's, any other the hub's own."""
    if its.name != CLAIM:
        stage.claims = [home("", its.name, volume="", phase=_phase(its), component="hub")]
        stage.pods = [pod("hub-1", "hub", claims=(its.name,), phase="Pending", ready=0, node="", created=_LONG)]
        found = await _alerted(stage)
        return _joined({"an alert": found.pop("alert storage", "")}, await _listed(stage), found)
    return _joined(await _why(stage), await _listed(stage), await _alerted(stage))


def _leave_unbound(stage: Stage, its: Event) -> None:
    unbound = "Unschedulable: 0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    stage.pods, stage.claims = [_unplaced(unbound)], [home(ADA, CLAIM, volume="", phase=_phase(its))]


def _phase(its: Event) -> str:
    return "Lost" if its.reason == "ClaimLost" else "Pending"


def _of_the_hub(entry: Entry, name: str) -> Pod:
    its = _waiting_pod(entry)
    return replace(its, name=name, component="hub", user="", labels={"component": "hub"}, claims=("hub-db-dir",))


def _unplaced(refusal: str, **more) -> Pod:
    return server(ADA, phase="Pending", ready=0, node="", refusal=refusal, created=_LONG, claims=(CLAIM,), **more)


def _waiting_pod(entry: Entry) -> Pod:
    """The pod of which that event tells, in the state that it has meanwhile."""
    reason, text = str(entry.given["reason"]), entry.text
    claims = tuple(entry.given.get("claims", (CLAIM,)))
    kept = {"phase": "Pending", "ready": 0, "created": _LONG, "claims": claims}
    match reason:
        case "FailedScheduling":
            more = {"node": "", "refusal": f"Unschedulable: {text}"}
        case "TriggeredScaleUp" | "NotTriggerScaleUp" | "FailedToScaleUp":
            more = {"node": "", "refusal": f"Unschedulable: {MEMORY}"}
        case "Failed" | "InspectFailed" if "pull image" in text or "parse image" in text:
            message = text.partition('": ')[2] if text.startswith("Failed to pull image") else text
            word = "InvalidImageName" if reason == "InspectFailed" else "ErrImagePull"
            more = {"waiting": Waiting("notebook", word, message, IMAGE)}
        case "Failed":
            more = {"waiting": Waiting("notebook", "CreateContainerError", text.removeprefix("Error: "), IMAGE)}
        case "Unhealthy" | "TaintManagerEviction" | "NodeNotReady":
            more = {"phase": "Running"}
        case _:
            more = {"waiting": Waiting("notebook", "ContainerCreating", "", IMAGE)}
    return server(ADA, **(kept | more))


async def _why(stage: Stage) -> Answer:
    card = await why.run(why.Args(Upn.parse(ADA)), stage.reads)
    return _shown("/jhub why", card, card.text)


async def _listed(stage: Stage) -> Answer:
    """What `/jhub events` has in the column of meanings, which is the system's own words where it knows none."""
    shown = await events.run(events.Args(), stage.reads)
    cells = [row[-1].text for part in shown.sections if isinstance(part, Table) for row in part.rows]
    own = tuple(" ".join(one.message.split())[:40] for one in stage.events)
    words = " ".join(f"“{one}”" if one.startswith(own) else one for one in cells)
    return _shown("/jhub events", shown, words)


async def _alerted(stage: Stage) -> Answer:
    """What the watchers find, each by its name."""
    found = {}
    for watcher in (servers_watcher, nodes_watcher, storage_watcher, hub_watcher, starts_watcher):
        told = await watcher.look(stage.reads)
        words = " ".join(f"{one.title}. {one.cause} {' '.join(one.advice)}" for one in told)
        found[f"alert {watcher.WATCHER.name}"] = words
    return Answer({name: words for name, words in found.items() if words})


async def _nodes(stage: Stage) -> Answer:
    card = await nodes.run(nodes.Args(), stage.reads)
    return _shown("/jhub nodes", card, " ".join(card.problems))


# Pods


def pod_stage(entry: Entry) -> Stage:
    """Return a world with that pod."""
    component = str(entry.given.get("component", "singleuser-server"))
    name = SERVER if component == "singleuser-server" else f"{component}-1"
    raw = _whole(yaml.safe_load(entry.text), name, component)
    its = Pod.from_json(raw)
    stage = _stage(its, manifest=raw)
    changed = entry.given.get("node", {})
    stage.nodes = [replace(one, **changed) if one.name == its.node else one for one in stage.nodes]
    if "log" in entry.given:
        stage.servers_said = {name: str(entry.given["log"])}
    return stage


async def _of_pod(entry: Entry) -> Answer:
    stage = pod_stage(entry)
    if stage.pods[0].component == "singleuser-server":
        return _joined(await _why(stage), await _alerted(stage))
    blocked = " ".join(one.text for one in readiness.find_blockages(stage.pods, ()))
    return Answer({"an alert": (await _alerted(stage)).get("alert hub", ""), "a deployment": blocked})


def _whole(raw: Mapping[str, object], name: str, component: str) -> dict[str, object]:
    """The pod around a status, as kubespawner and the chart make it."""
    who = {"hub.jupyter.org/username": ADA} if component == "singleuser-server" else {}
    metadata = {
        "name": name,
        "uid": "1",
        "labels": {"component": component, "release": "jupyterhub"},
        "annotations": who,
        "creationTimestamp": f"{_LONG:%Y-%m-%dT%H:%M:%SZ}",
    }
    spec = {
        "nodeName": NODE,
        "containers": [{"name": "hub" if component == "hub" else "notebook", "image": IMAGE}],
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": CLAIM}}],
    }
    return {
        "metadata": metadata | raw.get("metadata", {}),
        "spec": spec | raw.get("spec", {}),
        "status": raw.get("status", {}),
    }


# Azure, helm


async def _of_arm(entry: Entry) -> Answer:
    error = yaml.safe_load(entry.text)
    failed = HttpResponseError("failed")
    failed.status_code = int(entry.given.get("status", 200))
    failed.error = ODataV4Format({"error": error}) if error else None
    try:
        async with translated(HELP):
            raise failed
    except (Rejected, Unavailable, Conflict, NotFound) as told:
        return Answer({"/jhub scale": str(told)})


async def _of_helm(entry: Entry) -> Answer:
    ended = result_of(ProcessEnded(1, entry.text, late=False), {})
    return Answer({"a deployment": f"{ended.message} ({ended.reason.value})"})


# Certificate


async def _of_acme(entry: Entry) -> Answer:
    sees = dict(entry.given.get("sees", {}))
    broken = {what: Unavailable("Let's Encrypt", "cannot be reached") for what in sees.pop("silent", ())}
    world = Stage(
        certificate=certificate(Problem.TRAEFIK_DEFAULT),
        releases=[automatic()],
        log=acme.line(entry.text) if entry.given.get("bare") else f"{entry.text}\n",
        **{name: tuple(value) for name, value in sees.items()},
        **broken,
    )
    world.pods = [pod("autohttps-1", "autohttps")]
    card = await cert.run(cert.Args(), world.reads)
    told = [line for part in card.sections if isinstance(part, Lines) and part.title == "Why" for line in part.lines]
    return _shown("/jhub cert", card, " ".join(told))


# The hub's log, logging in


def hub_stage(entry: Entry, now: datetime = NOW) -> Stage:
    """Return a world whose hub wrote that two minutes ago."""
    stamp = f"{now - timedelta(minutes=2):%Y-%m-%dT%H:%M:%S}.000000Z"
    stage = _stage(pod("hub-1", "hub", container_names=("hub",)), pod("proxy-1", "proxy"))
    stage.users = [user(ADA)]
    stage.hub_log = "\n".join(f"{stamp} {line}" for line in entry.text.splitlines())
    return stage


async def _of_hub(entry: Entry) -> Answer:
    stage = hub_stage(entry)
    asked = await _why(stage)
    stage.hub_log = "\n".join([stage.hub_log] * 3)
    return _joined(asked, await _alerted(stage))


async def _of_login(entry: Entry) -> Answer:
    world = LoginWorld()
    try:
        if not _verdict(int(entry.given["status"]), json.dumps(yaml.safe_load(entry.text)).encode()):
            world.entra.known = []
    except Unavailable as told:
        world.endpoint = told
    card = await auth.run(auth.Args(), world.reads)
    what = [line for part in card.sections if isinstance(part, Lines) for line in part.lines]
    facts = [f"{fact.label}: {fact.value}" for part in card.sections for fact in getattr(part, "facts", ())]
    return _shown("/jhub auth", card, " ".join((card.text, *what, *facts)))


# Values, messages


async def _of_values(entry: Entry) -> Answer:
    world = World(charts={"4.4.0": chart_files(values=DEFAULTS, schema={"type": "object"})})
    try:
        world.home = Home(world, values=dict(parse_values(entry.text).values), text=entry.text)
    except Rejected as told:
        return Answer({"/jhub config validate": str(told)})
    card = await config_validate.run(config_validate.Args(), world.reads)
    rows = [
        " ".join(cell.text for cell in row) for part in card.sections if isinstance(part, Table) for row in part.rows
    ]
    secrets = [line for part in card.sections if isinstance(part, Lines) for line in part.lines]
    return _shown("/jhub config validate", card, " ".join((card.title, *rows, *secrets)))


async def _of_message(entry: Entry) -> Answer:
    whom = {"JupyterHub": "28:bot", "Emmy Noether": "29:emmy"}
    entities = [
        {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": account, "name": name}}
        for name, account in whom.items()
        if f"<at>{name}</at>" in entry.text
    ]
    activity = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:olu", "aadObjectId": "7d3c4b5a-0000-4000-8000-000000000002"},
        "recipient": {"id": "28:bot", "name": "JupyterHub"},
        "conversation": {"id": "19:x"},
        "text": entry.text.rstrip("\n"),
        "textFormat": "plain",
        "entities": entities,
    }
    return Answer({"what the bot reads": parse_activity(json.dumps(activity).encode()).text})


async def _of_teams(entry: Entry) -> Answer:
    body = json.dumps({"error": yaml.safe_load(entry.text)}).encode()
    failure = _failure(int(entry.given["status"]), None, _code(body))
    kept = "forgotten" if isinstance(failure, ConversationGone) and failure.by_teams else "kept"
    return Answer({"the conversation": f"{type(failure).__name__}: it is {kept}"})


_BY_KIND: Mapping[str, Callable[[Entry], Awaitable[Answer]]] = {
    "event": _of_event,
    "pod": _of_pod,
    "arm": _of_arm,
    "helm": _of_helm,
    "acme": _of_acme,
    "hub": _of_hub,
    "login": _of_login,
    "values": _of_values,
    "message": _of_message,
    "teams": _of_teams,
}

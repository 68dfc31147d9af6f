"""`/jhub status`: show the hub's state on one card: the verdict, what is wrong, then the numbers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cards.times import minute, timed
from cards.views import Button, Cell, Chart, Column, Fact, Facts, Section, Slice, Status, Table, Tone, View, typing
from clients.errors import Unavailable
from clients.helm import Release
from clients.hub import HubUser
from clients.kube import Node, Pod
from clients.public.certificate import Certificate
from commands.certificate.assessment import assess
from commands.certificate.hosts import NO_HOST, HostState, all_served
from commands.diagnostics.component_problems import as_sentence, component_problems
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.freezes.words import in_words
from commands.kubernetes.components import ESSENTIAL, condition, parts, servers, short_node
from commands.nodes.user_capacity import Shortage, user_shortage
from commands.ports.alerts import AlertSummary
from commands.ports.context import Reads
from commands.ports.freezes import Freeze
from commands.release.record import image_tag, is_pending, since, standing, updated, who
from commands.servers.quota_outlook import QuotaTrouble
from commands.servers.quotas import quota_outlook
from commands.timing.durations import spoken

# A server that starts takes minutes at the worst: a new node and a large image.
_STARTING = timedelta(minutes=5)
# Watchers whose findings this card makes itself; and those that tell of people who cannot work now.
_SEEN_HERE: Final = ("cert", "hub", "release")
_BLIND: Final = "reflector"
_OF_NOW: Final = ("login", "nodes", "pools", "servers", "starts", "storage")


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class StatusFindings:
    """Each system's answer, or why it has none."""

    version: str | Unavailable
    users: list[HubUser] | Unavailable
    pods: list[Pod] | Unavailable
    nodes: list[Node] | Unavailable
    newest: Release | Unavailable | None
    live: Release | Unavailable | None
    certificate: Certificate | Unavailable
    alerts: Sequence[AlertSummary] | Unavailable = ()
    further: Mapping[str, Certificate | Unavailable] = field(default_factory=dict)
    """The certificates of the hosts besides the configured one."""
    quotas: Sequence[QuotaTrouble] = ()
    shortage: Shortage | None = None
    freeze: Freeze | Unavailable | None = None


async def run(args: Args, reads: Reads) -> View:
    """Ask all systems at once, then show it on one card."""
    del args
    return present(await findings(reads), reads)


async def findings(reads: Reads) -> StatusFindings:
    """Return the systems' answers now. Wait for the slowest, at most 5 s."""
    async with asyncio.TaskGroup() as asking:
        version = asking.create_task(attempt("The hub", reads.hub.version()))
        users = asking.create_task(attempt("The hub", reads.hub.users()))
        pods = asking.create_task(attempt("Kubernetes", reads.kube.pods()))
        nodes = asking.create_task(attempt("Kubernetes", reads.kube.nodes()))
        newest = asking.create_task(attempt("Kubernetes", reads.releases.current()))
        live = asking.create_task(attempt("Kubernetes", reads.releases.deployed()))
        served = asking.create_task(all_served(reads))
        alerts = asking.create_task(attempt("The bot's store", reads.alerts.open()))
        quotas = asking.create_task(quota_outlook(reads))
        shortage = asking.create_task(user_shortage(reads))
        freeze = asking.create_task(attempt("The bot's store", reads.freezes.current()))
    return StatusFindings(
        version.result(),
        users.result(),
        pods.result(),
        nodes.result(),
        newest.result(),
        live.result(),
        served.result().get(reads.names.public_host, NO_HOST),
        alerts.result(),
        {host: one for host, one in served.result().items() if host != reads.names.public_host},
        quotas.result(),
        shortage.result(),
        freeze.result(),
    )


def present(found: StatusFindings, reads: Reads) -> Status:
    """Return the card. Pure."""
    wrong = problems(found, reads)
    tone = _verdict(found, wrong)
    return Status(
        reads.names.public_host or reads.names.release,
        _headline(wrong),
        tone,
        tuple(wrong) if len(wrong) > 1 else (),
        tuple(section for section in _sections(found, reads) if section is not None),
        minute(reads.now),
        _ways_out(found.alerts),
    )


def _ways_out(alerts: Sequence[AlertSummary] | Unavailable) -> tuple[Button, ...]:
    """Return the buttons for open alerts that say for sure what mends them."""
    if isinstance(alerts, Unavailable):
        return ()
    blind = any(one.watcher == _BLIND and one.over is None for one in alerts)
    return (typing("Restart the hub", "/jhub restart hub"),) if blind else ()


def problems(found: StatusFindings, reads: Reads) -> list[str]:
    """Return everything that is wrong, worst first, a sentence each."""
    nodes, stuck = _node_problems(found.nodes), _server_problems(found.pods, reads)
    told = {*_SEEN_HERE, *(["nodes"] if nodes else []), *(["servers"] if stuck else [])}
    return [
        *_component_problems(found.pods, found.newest),
        *_certificate_problems(found.certificate, reads),
        *_further_problems(found.further, reads),
        *_release_problems(found.newest),
        *nodes,
        *([found.shortage.words] if found.shortage else []),
        *stuck,
        *_alerts(found.alerts, told),
        *_quota_problems(found),
        *_unanswered(found),
    ]


def _alerts(alerts: Sequence[AlertSummary] | Unavailable, told: Collection[str]) -> list[str]:
    """Return the open alerts that this card does not cover: it must not say that all is well beside an alert."""
    if isinstance(alerts, Unavailable):
        return []
    open_now = [one for one in alerts if one.over is None and one.watcher not in told]
    shown = [one for one in open_now if one.severity == "critical" or one.watcher in _OF_NOW]
    return [f"{as_sentence(one.title)} {as_sentence(one.cause)}" for one in shown]


def _quota_problems(found: StatusFindings) -> list[str]:
    """Return what a quota refuses or soon will, unless an open alert about starts says the same."""
    alerts = [] if isinstance(found.alerts, Unavailable) else found.alerts
    told = {one.cause for one in alerts if one.over is None}
    return [one.words for one in found.quotas if one.words not in told]


def _component_problems(pods: list[Pod] | Unavailable, newest: Release | Unavailable | None) -> list[str]:
    if isinstance(pods, Unavailable):
        return []
    return component_problems(pods, None if isinstance(newest, Unavailable) else newest)


def _certificate_problems(certificate: Certificate | Unavailable, reads: Reads) -> list[str]:
    if isinstance(certificate, Unavailable):
        return []
    words, tone = assess(certificate, reads.now)
    return [] if tone is Tone.GOOD else [f"Certificate: {as_sentence(words)}"]


def _further_problems(further: Mapping[str, Certificate | Unavailable], reads: Reads) -> list[str]:
    states = [HostState(host, one) for host, one in further.items()]
    return [
        f"Certificate of {one.host}: {as_sentence(one.verdict(reads.now)[0])}"
        for one in states
        if not one.is_good(reads.now)
    ]


def _release_problems(newest: Release | Unavailable | None) -> list[str]:
    if isinstance(newest, Unavailable):
        return []
    if newest is None:
        return ["Release: none is installed."]
    if newest.status == "deployed":
        return []
    return [f"Release: revision {newest.revision}, {standing(newest)[0]}. See /jhub history."]


def _node_problems(nodes: list[Node] | Unavailable) -> list[str]:
    if isinstance(nodes, Unavailable):
        return []
    return [f"Node {short_node(node.name)}: {as_sentence(node.problem)}" for node in nodes if not node.ready]


def _server_problems(pods: list[Pod] | Unavailable, reads: Reads) -> list[str]:
    if isinstance(pods, Unavailable):
        return []
    stuck = [p for p in servers(pods) if _is_stuck(p, reads)]
    lost = [pod for pod in stuck if pod.unready]
    return [
        *_of_servers([pod for pod in stuck if not pod.unready], ("server has not started", "servers have not started")),
        *_of_servers(lost, ("server that ran does not answer", "servers that ran do not answer")),
    ]


def _of_servers(found: Sequence[Pod], nouns: tuple[str, str]) -> list[str]:
    if not found:
        return []
    names = ", ".join(pod.user or pod.name for pod in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""  # noqa: PLR2004 - as many as are named
    noun = nouns[0] if len(found) == 1 else nouns[1]
    return [f"{len(found)} {noun}: {names}{more}. {as_sentence(condition(found[0])[0])}"]


def _is_stuck(pod: Pod, reads: Reads) -> bool:
    waited = reads.now - (pod.created or reads.now)
    return not pod.is_ready and not pod.terminating and waited > _STARTING


def _unanswered(found: StatusFindings) -> list[str]:
    answers = (found.version, found.users, found.pods, found.nodes, found.newest, found.certificate)
    return list(dict.fromkeys(as_sentence(str(answer)) for answer in answers if isinstance(answer, Unavailable)))


def _verdict(found: StatusFindings, wrong: Sequence[str]) -> Tone:
    if not wrong:
        return Tone.GOOD
    down = not isinstance(found.pods, Unavailable) and any(
        p.ready == 0 and p.name in ESSENTIAL for p in parts(found.pods)
    )
    served = (found.certificate, *found.further.values())
    fallen = any(isinstance(one, Certificate) and one.problem is not None for one in served)
    return Tone.BAD if down or fallen or isinstance(found.version, Unavailable) else Tone.WARNING


def _headline(wrong: Sequence[str]) -> str:
    if not wrong:
        return "Everything is healthy"
    return wrong[0] if len(wrong) == 1 else f"{len(wrong)} problems"


def _sections(found: StatusFindings, reads: Reads) -> list[Section | None]:
    return [
        Facts(_facts(found, reads)),
        _usage(found),
        _components(found.pods),
        _pools(found),
    ]


def _facts(found: StatusFindings, reads: Reads) -> tuple[Fact, ...]:
    return (
        _hub_fact(found.version),
        *_release_facts(found, reads),
        _certificate_fact(found.certificate, reads),
        *_freeze_fact(found.freeze),
    )


def _hub_fact(version: str | Unavailable) -> Fact:
    if isinstance(version, Unavailable):
        return Fact("Hub", version.what, Tone.BAD)
    return Fact("Hub", f"JupyterHub {version}")


def _release_facts(found: StatusFindings, reads: Reads) -> tuple[Fact, ...]:
    if isinstance(found.newest, Unavailable):
        return (Fact("Release", found.newest.what, Tone.BAD),)
    live = found.live if isinstance(found.live, Release) else found.newest
    if live is None:
        return (Fact("Release", "none is installed", Tone.BAD),)
    by = f", by {who(live, reads.access)}" if live.by_bot else ""
    facts = [
        Fact("User image", image_tag(live)),
        Fact("Chart", f"{live.chart.name} {live.chart.version}, revision {live.revision}"),
        Fact("Since", timed(updated(live), f", {spoken(since(live, reads.now))} ago{by}")),
    ]
    if found.newest is not None and is_pending(found.newest):
        facts.append(
            Fact("In progress", f"revision {found.newest.revision}: {standing(found.newest)[0]}", Tone.WORKING)
        )
    return tuple(facts)


def _certificate_fact(certificate: Certificate | Unavailable, reads: Reads) -> Fact:
    if isinstance(certificate, Unavailable):
        return Fact("Certificate", certificate.what, Tone.BAD)
    words, tone = assess(certificate, reads.now)
    return Fact("Certificate", words, tone)


def _freeze_fact(freeze: Freeze | Unavailable | None) -> tuple[Fact, ...]:
    if isinstance(freeze, Freeze):
        return (Fact("Changes", timed("frozen: ", in_words(freeze)), Tone.WARNING),)
    return (Fact("Changes", "whether they are frozen is not known, so none goes on", Tone.BAD),) if freeze else ()


def _usage(found: StatusFindings) -> Section | None:
    if isinstance(found.users, Unavailable):
        return None
    ready = sum(any(s.ready for s in user.servers) for user in found.users)
    idle = [user.servers for user in found.users if user.servers and not any(s.ready for s in user.servers)]
    stopping = sum(all(s.stopping for s in theirs) for theirs in idle)
    starting = len(idle) - stopping
    running = sum(s.ready for user in found.users for s in user.servers)
    slices = [
        Slice("with a running server", ready, Tone.GOOD),
        Slice("starting", starting, Tone.WORKING),
        Slice("stopping", stopping, Tone.WORKING),
        Slice("without a server", len(found.users) - ready - starting - stopping),
    ]
    title = (
        f"{len(found.users):,} users, {ready:,} active, {running:,} {'server' if running == 1 else 'servers'} running"
    )
    return Chart(title, tuple(s for s in slices if s.value))


def _components(pods: list[Pod] | Unavailable) -> Section | None:
    if isinstance(pods, Unavailable):
        return None
    columns = (Column("Component", 4), Column("Ready", 2), Column("Restarts", 2, numeric=True))
    rows = [
        (Cell(p.name), Cell(f"{p.ready}/{p.total}", p.tone), Cell(str(p.restarts), _restarts_tone(p.restarts)))
        for p in parts(pods)
    ]
    return Table(columns, tuple(rows), rest="/jhub pods")


def _restarts_tone(restarts: int) -> Tone:
    return Tone.WARNING if restarts >= 5 else Tone.NOTE  # noqa: PLR2004 - once a day for a working week


def _pools(found: StatusFindings) -> Section | None:
    if isinstance(found.nodes, Unavailable):
        return None
    on_node = None if isinstance(found.pods, Unavailable) else Counter(pod.node or "" for pod in servers(found.pods))
    pools: dict[str, list[Node]] = defaultdict(list)
    for node in found.nodes:
        pools[node.pool or node.provisioner or "—"].append(node)
    columns = (Column("Node pool", 4), Column("Ready", 2), Column("Servers", 2, numeric=True))
    rows = [_pool_row(name, nodes, on_node) for name, nodes in sorted(pools.items())]
    return Table(columns, tuple(rows))


def _pool_row(name: str, nodes: Sequence[Node], on_node: Counter[str] | None) -> tuple[Cell, ...]:
    """Return the pool's row; `on_node` is None while the pods are not known."""
    ready = sum(node.ready for node in nodes)
    tone = Tone.GOOD if ready == len(nodes) else Tone.BAD
    count = "not known" if on_node is None else str(sum(on_node[node.name] for node in nodes))
    return Cell(name), Cell(f"{ready}/{len(nodes)}", tone), Cell(count)


COMMAND = Query(
    "status",
    "Show whether the hub is healthy and what is wrong.",
    Level.VIEWER,
    run,
    Args,
    in_menu=True,
    topic=Topic.STATUS,
    rank=1,
)

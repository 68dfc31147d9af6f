"""Readings that the checks judge, taken once for all of them; and the declaration of a check."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from cards.views import Tone
from clients.acr import Tag
from clients.azure.aks import Cluster, Pool
from clients.errors import Forbidden, NotFound, Unavailable
from clients.helm import HelmProgram, Release
from clients.hub import HubUser, SpawnCounts
from clients.kube import Claim, IngressClass, LimitRange, Node, Permission, Pod, ResourceQuota
from clients.prometheus import Coverage
from clients.public.certificate import Certificate
from commands.certificate.entrance import Entrance
from commands.certificate.hosts import NO_HOST, all_served
from commands.certificate.way_in import behind
from commands.framework.errors import UserError
from commands.framework.partial_results import PATIENCE, attempt
from commands.images.tags import repository_of
from commands.login.problems import LoginFindings
from commands.login.show import examine
from commands.ports.alerts import AlertSummary
from commands.ports.context import Reads
from commands.release.record import image_name, image_tag

T = TypeVar("T")
_LATELY: Final = timedelta(hours=1)
# No tenant has it (RFC 2606): that nobody is named so is an answer.
_NOBODY: Final = "jhub-bot@nobody.invalid"


@dataclass(frozen=True)
class Readings:
    """Each system's answer, or why it has none; None if there is nothing to ask.

    `tag` is None if the registry does not have the live tag, `spawns` if the bot may not read the hub's counters;
    `pull_secrets` says, by name, if the Secrets exist with which pods are to pull. `certificate` is the configured
    host's, `further` has those of the others; `entrance` is the Gateway or Ingress that the hub is behind,
    `bot_ingress_class` the class of the bot's own Ingress; `alerts` are those that are open, None where the bot's
    records are not read.
    """

    now: datetime
    host: str
    newest: Release | Unavailable | None
    live: Release | Unavailable | None
    version: str | Unavailable
    certificate: Certificate | Unavailable
    pods: list[Pod] | Unavailable
    system_pods: list[Pod] | Unavailable
    nodes: list[Node] | Unavailable
    claims: list[Claim] | Unavailable
    denied: list[Permission] | Unavailable
    memberships: bool | Unavailable
    login: LoginFindings | Unavailable | None
    pools: list[Pool] | Unavailable | None
    cluster: Cluster | Unavailable | None
    tag: Tag | Unavailable | None
    has_registry: bool
    pull_secrets: dict[str, bool] | Unavailable
    chart: str | Unavailable | None
    channels: Sequence[str] | Unavailable | None = None
    active_users: Sequence[HubUser] | Unavailable = ()
    further: Mapping[str, Certificate | Unavailable] = field(default_factory=dict)
    entrance: Entrance | Unavailable | None = None
    bot_ingress_class: str = ""
    ingress_classes: list[IngressClass] | Unavailable | None = None
    quotas: list[ResourceQuota] | Unavailable = field(default_factory=list)
    limit_ranges: list[LimitRange] | Unavailable = field(default_factory=list)
    spawns: SpawnCounts | Unavailable | None = field(default_factory=SpawnCounts)
    helm: HelmProgram | Unavailable | None = None
    kubernetes: str | Unavailable | None = None
    alerts: Sequence[AlertSummary] | Unavailable | None = ()
    volume_metrics: Coverage | Unavailable | None = None

    @property
    def release(self) -> Release:
        """The live revision. Raises Unavailable if there is none."""
        live = unwrap(self.live)
        if live is None:
            raise Unavailable("The release", "has no revision that is live")
        return live


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: fine (GOOD), or what is wrong; `remedy` is what to type or to do then."""

    tone: Tone
    text: str
    remedy: str = ""


def passed(text: str) -> CheckResult:
    """Return a line that says that all is well."""
    return CheckResult(Tone.GOOD, text)


def failed(text: str, remedy: str) -> CheckResult:
    """Return a line about something that does not work."""
    return CheckResult(Tone.BAD, text, remedy)


def warning(text: str, remedy: str) -> CheckResult:
    """Return a line about something that works, but should be otherwise."""
    return CheckResult(Tone.WARNING, text, remedy)


@dataclass(frozen=True)
class Check:
    """A line of the runbook. `judge` is pure, and lets the Unavailable of what it needs through (`unwrap`)."""

    order: int
    title: str
    judge: Callable[[Readings], CheckResult]

    def run(self, readings: Readings) -> CheckResult:
        """Return the result of the check."""
        try:
            return self.judge(readings)
        except Unavailable as error:
            return warning(
                f"cannot be checked: {error}", error.remedy if isinstance(error, Forbidden) else "/jhub status"
            )


def unwrap(answer: T | Unavailable) -> T:
    """Return the answer. Raise the Unavailable that stands in its place."""
    if isinstance(answer, Unavailable):
        raise answer
    return answer


async def read_all(reads: Reads) -> Readings:
    """Ask all systems at once; it takes as long as the slowest."""
    live = await attempt("Kubernetes", reads.releases.deployed())
    release = live if isinstance(live, Release) else None
    async with asyncio.TaskGroup() as asking:
        newest = asking.create_task(attempt("Kubernetes", reads.releases.current()))
        version = asking.create_task(attempt("The hub", reads.hub.version()))
        users = asking.create_task(attempt("The hub", reads.hub.users("active")))
        served = asking.create_task(all_served(reads))
        entrance = asking.create_task(attempt("Kubernetes", behind(reads)))
        classes = asking.create_task(_classes(reads))
        pods = asking.create_task(attempt("Kubernetes", reads.kube.pods()))
        system = asking.create_task(attempt("Kubernetes", reads.kube.system_pods()))
        nodes = asking.create_task(attempt("Kubernetes", reads.kube.nodes()))
        claims = asking.create_task(attempt("Kubernetes", reads.kube.claims()))
        denied = asking.create_task(attempt("Kubernetes", reads.kube.denied()))
        memberships = asking.create_task(_memberships(reads))
        login = asking.create_task(_login(release, reads))
        pools = asking.create_task(_pools(reads))
        cluster = asking.create_task(_cluster(reads))
        tag = asking.create_task(_tag(release, reads))
        secrets = asking.create_task(_pull_secrets(release, reads))
        channels = asking.create_task(_channels(reads))
        quotas = asking.create_task(attempt("Kubernetes", reads.kube.quotas()))
        ranges = asking.create_task(attempt("Kubernetes", reads.kube.limit_ranges()))
        spawns = asking.create_task(attempt("The hub", reads.hub.spawns(_LATELY)))
        chart = asking.create_task(attempt("The chart", reads.charts.local_version()))
        helm = asking.create_task(_helm(reads))
        kubernetes = asking.create_task(attempt("Kubernetes", reads.kube.version()))
        alerts = asking.create_task(_alerts(reads))
        volume_metrics = asking.create_task(_volume_metrics(reads))
    return Readings(
        now=reads.now,
        host=reads.names.public_host,
        newest=newest.result(),
        live=live,
        version=version.result(),
        active_users=users.result(),
        certificate=served.result().get(reads.names.public_host, NO_HOST),
        pods=pods.result(),
        system_pods=system.result(),
        nodes=nodes.result(),
        claims=claims.result(),
        denied=denied.result(),
        memberships=memberships.result(),
        login=login.result(),
        pools=pools.result(),
        cluster=cluster.result(),
        tag=tag.result(),
        has_registry=reads.registry is not None,
        pull_secrets=secrets.result(),
        chart=chart.result(),
        channels=channels.result(),
        further={host: one for host, one in served.result().items() if host != reads.names.public_host},
        entrance=entrance.result(),
        bot_ingress_class=reads.bot_ingress_class,
        ingress_classes=classes.result(),
        quotas=quotas.result(),
        limit_ranges=ranges.result(),
        spawns=spawns.result(),
        helm=helm.result(),
        kubernetes=kubernetes.result(),
        alerts=alerts.result(),
        volume_metrics=volume_metrics.result(),
    )


async def _classes(reads: Reads) -> list[IngressClass] | Unavailable | None:
    return await attempt("Kubernetes", reads.kube.ingress_classes()) if reads.bot_ingress_class else None


async def _helm(reads: Reads) -> HelmProgram | Unavailable | None:
    return None if reads.helm is None else await attempt("Helm", reads.helm.program())


async def _alerts(reads: Reads) -> Sequence[AlertSummary] | Unavailable | None:
    return None if reads.own is None else await attempt("The bot’s store", reads.alerts.open())


async def _volume_metrics(reads: Reads) -> Coverage | Unavailable | None:
    return None if reads.prometheus is None else await attempt("Prometheus", reads.prometheus.coverage())


async def _channels(reads: Reads) -> Sequence[str] | Unavailable | None:
    if reads.bot_service is None:
        return None
    try:
        return await attempt("Azure", reads.bot_service.channels())
    except NotFound:
        return Unavailable("Azure", "knows no Azure Bot by the name in azure.bot")


async def _memberships(reads: Reads) -> bool | Unavailable:
    try:
        async with asyncio.timeout(PATIENCE):
            await reads.access.object_id(_NOBODY)
    except NotFound:
        return True
    except TimeoutError:
        return Unavailable("Microsoft Graph", f"did not answer within {PATIENCE:.0f} s")
    except Unavailable as error:
        return error
    return True


async def _login(live: Release | None, reads: Reads) -> LoginFindings | None:
    return None if live is None else await examine(live, reads)


async def _pools(reads: Reads) -> list[Pool] | Unavailable | None:
    return None if reads.azure is None else await attempt("Azure", reads.azure.pools())


async def _cluster(reads: Reads) -> Cluster | Unavailable | None:
    return None if reads.azure is None else await attempt("Azure", reads.azure.cluster())


async def _tag(live: Release | None, reads: Reads) -> Tag | Unavailable | None:
    if live is None or reads.registry is None:
        return None
    try:
        repository = repository_of(image_name(live), reads.registry)
        async with asyncio.timeout(PATIENCE):
            return await reads.registry.tag(repository, image_tag(live))
    except NotFound:
        return None
    except UserError as error:
        return Unavailable("The registry", f"is not the image's: {error}")
    except TimeoutError:
        return Unavailable("The registry", f"did not answer within {PATIENCE:.0f} s")
    except Unavailable as error:
        return error


async def _pull_secrets(live: Release | None, reads: Reads) -> dict[str, bool] | Unavailable:
    names = pull_secrets(live) if live else []
    found = await asyncio.gather(*(_is_there(name, reads) for name in names))
    silent = next((one for one in found if isinstance(one, Unavailable)), None)
    return silent or {name: one is True for name, one in zip(names, found, strict=True)}


async def _is_there(name: str, reads: Reads) -> bool | Unavailable:
    try:
        async with asyncio.timeout(PATIENCE):
            data = await reads.kube.secret(name)
    except NotFound:
        return False
    except TimeoutError:
        return Unavailable("Kubernetes", f"did not answer within {PATIENCE:.0f} s")
    except Unavailable as error:
        return error
    return ".dockerconfigjson" in data


def pull_secrets(live: Release) -> list[str]:
    """Return the Secrets that users' servers are to pull with, by the values of z2jh 4.4."""
    created = ["image-pull-secret"] if live.value("imagePullSecret", "create") is True else []
    listed: list[object] = []
    for given in (live.value("imagePullSecrets"), live.value("singleuser", "image", "pullSecrets")):
        listed += given if isinstance(given, Sequence) and not isinstance(given, str) else []
    return [*created, *(str(one.get("name") if isinstance(one, dict) else one) for one in listed)]

"""`/jhub why`: explain why a person's server does not start or does not answer, and the safe next step."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Button, Fact, Facts, Lines, Notice, Section, Tone, View, typing
from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import AutoscalerStatus, Event, Pod
from clients.prometheus import VolumeUsages
from commands.diagnostics.full_home import with_fullness
from commands.diagnostics.no_server import without_server
from commands.diagnostics.server_verdict import Scene, ServerVerdict, in_order, verdicts
from commands.framework.argument_types import UserName
from commands.framework.command import Arg, Level, Query, Topic
from commands.framework.partial_results import attempt
from commands.kubernetes.claim_names import possible_names
from commands.kubernetes.components import servers
from commands.kubernetes.messages import shown
from commands.kubernetes.problem import NODES, Step
from commands.logs.crash_output import with_last_words
from commands.nodes.autoscaler_events import pool_scaling
from commands.nodes.autoscaler_status import silence
from commands.nodes.budget import over_quota, quota_words
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import spending
from commands.ports.context import Reads
from commands.servers.reflector import DeadReflector, evidence
from commands.storage.fullness import usages_of
from commands.storage.homes import HomeOwner, unknown_user, with_homes
from commands.timing.timestamps import ago

_EVENTS: Final = timedelta(hours=1)
_SAID: Final = 6
_MOST_BUTTONS: Final = 4


@dataclass(frozen=True)
class Args:
    """The owner of the server."""

    user: Annotated[UserName, Arg("the person who cannot work, e.g. ada@example.org", "ada@example.org")]


async def run(args: Args, reads: Reads) -> View:
    """Ask hub and cluster at once; if the hub is out, the cluster alone tells. Raise UserError, Unavailable."""
    scene, found, silence_of_hub = await examined(args.user, reads)
    view = present(scene, found, silence_of_hub)
    return replace(view, sections=(*view.sections, *await _quota(scene.person, reads)))


async def examined(user: UserName, reads: Reads) -> tuple[Scene, Sequence[ServerVerdict], Unavailable | None]:
    """Return what is around a user, the verdicts on their servers, the worst first, and why the hub is silent if it is.

    There is one verdict at least. Raise UserError for somebody whom nobody knows, Unavailable.
    """
    users, pods, events, nodes, scaling = await asyncio.gather(
        attempt("The hub", reads.hub.users()),
        reads.kube.pods(),
        reads.kube.events(reads.now - _EVENTS),
        reads.kube.nodes(),
        pool_scaling(reads),
    )
    known: Sequence[HubUser] = () if isinstance(users, Unavailable) else users
    person = await with_homes(user, known, reads, instead="/jhub why {}")
    its = [pod for pod in servers(pods) if person.is_called(pod.user)]
    theirs = await with_last_words(its, reads)
    if not (theirs or person.known or person.homes) and not isinstance(users, Unavailable):
        raise unknown_user(user, known, "/jhub why {}", person.successor)
    pools = await attempt("Azure", reads.azure.pools()) if reads.azure and theirs else []
    known_pools = [] if isinstance(pools, Unavailable) else pools
    expands, usages = await asyncio.gather(
        _expanding(theirs, reads), usages_of([home.claim.name for home in person.homes], reads)
    )
    scene = Scene(person, theirs, [*events, *scaling.events], nodes, known_pools, reads.now, expands)
    found = [_beside_silence(one, scaling.status, scene) for one in verdicts(scene)]
    dead = await attempt("Kubernetes", evidence(known, pods, reads))
    if isinstance(dead, DeadReflector) and person.name in (*dead.unseen, *dead.gone):
        # What the hub says of their servers is of before.
        found = [_unseen(person.name, dead)]
    if not found:
        found = [await without_server(scene, _names(scene), users, reads)]
    if isinstance(usages, VolumeUsages):
        found = in_order([with_fullness(one, usages, scene) for one in found])
    return scene, found, users if isinstance(users, Unavailable) else None


def _unseen(who: str, dead: DeadReflector) -> ServerVerdict:
    """Return the verdict on a person whose server the hub sees wrongly: it waits for it, or takes it for running."""
    what = "does not see their server, which runs" if who in dead.unseen else "still counts their server, which is gone"
    steps = (Step("Restart the hub", "/jhub restart hub"),)
    return ServerVerdict(
        who, f"The hub {what}. {dead.words} A restart of the hub mends that.", Tone.BAD, steps, is_final=True
    )


async def _quota(person: HomeOwner, reads: Reads) -> tuple[Section, ...]:
    """Return that they used more than one person may this month, for those who may see what single people used."""
    rules, money = reads.cost.rules, Money.of_reads(reads.cost)
    if reads.caller.level < Level.OPERATOR or not quota_words(rules, money):
        return ()
    seen = await attempt("The bot's store", spending(reads))
    above = [] if isinstance(seen, Unavailable) else over_quota(seen.usage, money, rules)
    used = [f"{hours_in_words(one.hours)} of servers" for one in above if person.is_called(one.name)]
    words = f"{{}} this month; one person may use {quota_words(rules, money)}. The bot stops nothing because of it."
    return (Facts(tuple(Fact("Above the quota", words.format(one), Tone.WARNING) for one in used)),) if used else ()


async def _expanding(pods: Sequence[Pod], reads: Reads) -> Mapping[str, bool]:
    """Return which storage classes let claims grow, where a server does not run: its home may be full."""
    if all(pod.is_ready for pod in pods):
        return {}
    classes = await attempt("Kubernetes", reads.kube.storage_classes())
    return {} if isinstance(classes, Unavailable) else {one.name: one.expands for one in classes}


def _beside_silence(verdict: ServerVerdict, status: AutoscalerStatus | None, scene: Scene) -> ServerVerdict:
    """Return the verdict, with that the autoscaler is silent if the server waits for a node."""
    silent = silence(status, scene.pools, scene.now)
    if not silent or verdict.pod is None or verdict.pod.node or verdict.pod.terminating:
        return verdict
    return replace(verdict, words=f"{verdict.words} {silent}", tone=Tone.BAD, steps=(*verdict.steps, NODES))


def present(scene: Scene, found: Sequence[ServerVerdict], silence: Unavailable | None) -> Notice:
    """Return the card; `silence` is why the hub could not be asked. Pure."""
    worst, *others = found
    steps = [step for verdict in found for step in verdict.steps]
    if silence is not None:
        steps.insert(0, Step("Show status", "/jhub status"))
    facts = [Fact(one.who, one.words, one.tone) for one in others]
    return Notice(
        f"Why: {worst.who}",
        worst.words if silence is None else f"{worst.words}\n{_hub_silent(silence)}",
        Tone.BAD if silence is not None else worst.tone,
        tuple(_sections(scene, worst, facts)),
        _buttons(steps),
    )


def _hub_silent(silence: Unavailable) -> str:
    said = str(silence)
    return f"{said[:1].upper()}{said[1:]}: nobody can log in or start a server now."


def _sections(scene: Scene, worst: ServerVerdict, facts: Sequence[Fact]) -> list[Section]:
    sections: list[Section] = []
    if facts:
        sections.append(Facts(tuple(facts), "Other servers"))
    said = [] if worst.tone is Tone.GOOD else _event_lines(scene)
    if said:
        sections.append(Lines(tuple(said), "What the cluster reported recently"))
    return sections


def _event_lines(scene: Scene) -> list[str]:
    """Return the latest events of their pods and claims, each once, in the cluster's words."""
    names = _names(scene)
    its = [event for event in scene.events if event.name in names]
    lines = dict.fromkeys(f"{event.reason}: {shown(event.message)}" for event in reversed(its))
    times = {f"{event.reason}: {shown(event.message)}": event for event in its}
    return [f"{ago(times[line].last, scene.now)} · {line}{_times(times[line])}" for line in list(lines)[:_SAID]]


def _times(event: Event) -> str:
    return f" ({event.count} times)" if event.count > 1 else ""


def _names(scene: Scene) -> set[str]:
    """Return every name that a pod or a claim of theirs has or can have."""
    account = scene.person.account
    claims = possible_names({scene.person.name}, {"", *(one.name for one in (account.servers if account else ()))})
    pods = {name.replace("claim-", "jupyter-", 1) for name in claims}
    homes = {home.claim.name for home in scene.person.homes}
    return {*claims, *pods, *homes, *(pod.name for pod in scene.pods), *_claims(scene.pods)}


def _claims(pods: Sequence[Pod]) -> set[str]:
    return {name for pod in pods for name in pod.claims}


def _buttons(steps: Sequence[Step]) -> tuple[Button, ...]:
    lines = {step.line: step.title for step in reversed(steps)}
    return tuple(typing(lines[line], line) for line in list(reversed(lines))[:_MOST_BUTTONS])


COMMAND = Query(
    "why",
    "Explain why a user's server does not start or respond, and what to do.",
    Level.VIEWER,
    run,
    Args,
    details="Looks at the hub, the server's pod, its home and how full that is, its node and the last hour's events. "
    "It changes nothing: the button types the next step, which asks first as always.",
    in_menu=True,
    topic=Topic.STATUS,
    rank=3,
)

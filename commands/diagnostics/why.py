"""`/jhub why`: explain why a person's server does not start or does not answer, and the safe next step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Button, Fact, Facts, Lines, Notice, Section, Tone, View, typing
from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import Event, Pod
from commands.diagnostics.server_verdict import Scene, ServerVerdict, last_attempt, verdicts
from commands.framework.argument_types import UserName, folded
from commands.framework.command import Arg, Level, Query, Topic
from commands.framework.partial_results import attempt
from commands.kubernetes.claim_names import possible_names
from commands.kubernetes.components import servers
from commands.kubernetes.messages import shown
from commands.kubernetes.problem import Cause, Step
from commands.login.settings import login_settings
from commands.logs.crash_output import with_last_words
from commands.nodes.autoscaler_events import pool_events
from commands.ports.context import Reads
from commands.servers.refused_starts import RefusedStart, refused_starts
from commands.storage.homes import unknown_user, with_homes
from commands.timing.timestamps import ago

_EVENTS: Final = timedelta(hours=1)
_SAID: Final = 6
_MOST_BUTTONS: Final = 4
# So many failed starts are not about one person any more.
_SEVERAL: Final = 3


@dataclass(frozen=True)
class Args:
    """The owner of the server."""

    user: Annotated[UserName, Arg("the person who cannot work, e.g. ada@example.org", "ada@example.org")]


async def run(args: Args, reads: Reads) -> View:
    """Ask hub and cluster at once; if the hub is out, the cluster alone tells. Raise UserError, Unavailable."""
    users, pods, events, nodes, said = await asyncio.gather(
        attempt("The hub", reads.hub.users()),
        reads.kube.pods(),
        reads.kube.events(reads.now - _EVENTS),
        reads.kube.nodes(),
        pool_events(reads),
    )
    known: Sequence[HubUser] = () if isinstance(users, Unavailable) else users
    person = await with_homes(args.user, known, reads, instead="/jhub why {}")
    its = [pod for pod in servers(pods) if person.is_called(pod.user)]
    theirs = await with_last_words(its, reads)
    if not (theirs or person.known or person.homes) and not isinstance(users, Unavailable):
        raise unknown_user(args.user, known, "/jhub why {}")
    pools = await attempt("Azure", reads.azure.pools()) if reads.azure and theirs else []
    scene = Scene(person, theirs, [*events, *said], nodes, [] if isinstance(pools, Unavailable) else pools, reads.now)
    found = verdicts(scene)
    if not found:
        found = [await _without_server(scene, users, reads)]
    return present(scene, found, users if isinstance(users, Unavailable) else None)


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


async def _without_server(scene: Scene, users: Sequence[HubUser] | Unavailable, reads: Reads) -> ServerVerdict:
    """Return a verdict if nothing runs: on a start that failed lately, or on a login that does not work."""
    who = scene.person.name
    told = await attempt("The hub’s log", refused_starts(reads, _EVENTS))
    failed_starts = [] if isinstance(told, Unavailable) else told
    failed = last_attempt(list(_names(scene)), scene.events)
    if failed and not _is_later(_their_last(scene, failed_starts), failed[0]):
        event, trouble = failed
        words = f"No server is running. A start failed {ago(event.last, scene.now)}: {trouble.words}"
        return ServerVerdict(who, words, Tone.BAD, (trouble.step,) if trouble.step else ())
    if logged := _logged(scene, failed_starts):
        return logged
    if not isinstance(users, Unavailable) and (problem := await _login_problem(reads)):
        return ServerVerdict(who, f"No server is running. {problem}", Tone.BAD, (Step("Show login", "/jhub auth"),))
    if not scene.person.known and not isinstance(users, Unavailable):
        words = (
            "The hub does not know this user. They have a home here but have not logged in since the hub forgot them."
        )
        return ServerVerdict(who, words, Tone.WARNING, (Step("Show login", "/jhub auth"),))
    if len(failed_starts) >= _SEVERAL:
        last = failed_starts[-1]
        others = (
            f"{len(failed_starts)} starts of others failed within the last hour, the last {ago(last.when, scene.now)}"
        )
        words = f"No server is running. If they start one now, it may fail: {others}. {last.trouble.words}"
        return ServerVerdict(who, words, Tone.WARNING, (last.trouble.step,) if last.trouble.step else ())
    text = "No server is running, and no start of theirs failed within the last hour: they can simply start one."
    return ServerVerdict(who, text, Tone.NOTE, (Step("Show login", "/jhub auth"),))


def _logged(scene: Scene, failed: Sequence[RefusedStart]) -> ServerVerdict | None:
    """Return what the hub's log tells of their last start, or of everybody's while the hub is at its own limit."""
    who = scene.person.name
    if refused := _their_last(scene, failed):
        words = f"No server is running. Their last start failed {ago(refused.when, scene.now)}. "
        step = (refused.trouble.step,) if refused.trouble.step else ()
        return ServerVerdict(who, words + refused.trouble.words, Tone.BAD, step)
    if turned := _turned_away(failed):
        words = (
            f"No server is running. The hub turned starts away {ago(turned.when, scene.now)}: {turned.trouble.words}"
        )
        return ServerVerdict(who, words, Tone.WARNING, (turned.trouble.step,) if turned.trouble.step else ())
    return None


def _their_last(scene: Scene, refused: Sequence[RefusedStart]) -> RefusedStart | None:
    """Return the last of their starts that left no trace but in the hub's log."""
    theirs = [one for one in refused if folded(one.user) == folded(scene.person.name)]
    return theirs[-1] if theirs else None


def _is_later(refused: RefusedStart | None, event: Event) -> bool:
    """Return True if a start failed after the event. That one took too long is said after what it waited for."""
    if refused is None or refused.trouble.cause is Cause.LATE:
        return False
    return event.last is None or refused.when > event.last


def _turned_away(refused: Sequence[RefusedStart]) -> RefusedStart | None:
    """Return the last time that the hub let nobody start because of a limit of its own."""
    return next((one for one in reversed(refused) if not one.user), None)


async def _login_problem(reads: Reads) -> str:
    """Return why nobody can log in, as far as the login page tells; empty if it leads to Entra."""
    if reads.login is None:
        return ""
    live = await attempt("Helm's record", reads.releases.deployed())
    if live is None or isinstance(live, Unavailable) or not login_settings(live).is_entra:
        return ""
    page = await attempt("the login page", reads.login.redirect(login_settings(live).page))
    return f"Logging in cannot begin: {page}." if isinstance(page, Unavailable) else ""


def _buttons(steps: Sequence[Step]) -> tuple[Button, ...]:
    lines = {step.line: step.title for step in reversed(steps)}
    return tuple(typing(lines[line], line) for line in list(reversed(lines))[:_MOST_BUTTONS])


COMMAND = Query(
    "why",
    "Explain why a user's server does not start or respond, and what to do.",
    Level.VIEWER,
    run,
    Args,
    details="Looks at the hub, the server's pod, its home, its node and the last hour's events. It changes nothing: "
    "the button types the next step, which asks first as always.",
    in_menu=True,
    topic=Topic.STATUS,
    rank=3,
)

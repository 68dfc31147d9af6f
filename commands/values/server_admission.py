"""Whether Kubernetes would create the pods of users' servers, asked by a dry run before anything is deployed.

Values that helm takes may make pods that Kubernetes, a policy, a limit range or a quota refuses, or that KubeSpawner
cannot make. Without asking, people would meet that at every start. The answers are of the moment; what the hub's own
code makes of servers is not known here, and said to be not judged.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from clients.errors import Unavailable
from clients.kube import PodRefusal
from commands.framework.partial_results import attempt
from commands.kubernetes.admission_ways import is_of_limit_range
from commands.ports.context import Reads
from commands.text.redaction import Redactor
from commands.values.node_rooms import Rooms, rooms_of
from commands.values.opaque_values import opaque_texts
from commands.values.secrets import secrets_among
from commands.values.server_pod import Json
from commands.values.server_profiles import MOST, Server, Servers, servers
from commands.values.server_refusals import NO_PRIORITY, UNKNOWN_FIELD, PodFault, read_refusal, unknown_fields
from commands.values.spawner_config import Installation, chart_name, value_of
from commands.values.unrendered_parts import mentions_spawner, other_spawner, unrendered

_AT_ONCE: Final = 8
# Seconds for all of them: a slow webhook may take ten for each.
_LONGEST: Final = 30.0
_NAMED: Final = 5


@dataclass(frozen=True)
class RefusedServers:
    """Servers with the same finding. `names` is empty if they are all that there are."""

    names: tuple[str, ...]
    words: str
    stops: bool
    lasts: bool
    way: str = ""
    """What helps and who does it, where that is known."""

    @property
    def who(self) -> str:
        """The servers, as the subject of a sentence or a cell."""
        if not self.names:
            return "every server"
        shown = ", ".join(self.names[:_NAMED])
        left = len(self.names) - _NAMED
        return f"servers of {shown}" + (f" and {left} more" if left > 0 else "")

    @property
    def said(self) -> str:
        """The finding alone, if it is of the moment only, and the way out."""
        words = self.words if self.lasts else f"{self.words} That is so at present."
        return f"{words} {self.way}" if self.way else words

    @property
    def line(self) -> str:
        """The finding as sentences, with the way out."""
        end = "" if self.lasts else " at present"
        who = f"{self.who[0].upper()}{self.who[1:]}"
        if not self.stops:
            return f"{who} would start, but without something that is set. {self.words}"
        return f"{f'{who} would not' if self.names else 'No server would'} start{end}. {self.words} {self.way}".rstrip()


@dataclass(frozen=True)
class ServerReview:
    """What was found, how many servers were judged, and what was not, in words that follow "Not judged:"."""

    found: tuple[RefusedServers, ...] = ()
    judged: int = 0
    unjudged: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    """What of it decides about servers only perhaps: code of the hub that does not speak of starting them."""


async def review_servers(
    reads: Reads, values: Mapping[str, object], here: Installation, rooms: Rooms | None = None
) -> ServerReview:
    """Have Kubernetes judge the servers of these values, merged with the chart's defaults. Raise nothing.

    They are held against `rooms` as well, the cluster's nodes, which are asked for if they are not given.
    """
    if other := other_spawner(values):
        return ServerReview(unjudged=(f"users' servers: the hub starts them with {other}",))
    code = tuple(unrendered(values, here))
    # Some thousand dictionaries for a long list of profiles: not on the event loop.
    rendered = await asyncio.to_thread(servers, values, here)
    looked = _Looking(reads, _hiding(values), _own_priority(values, here))
    pods = [one.pod for one in rendered.rendered if one.pod]
    answers = _with_rooms(pods, await looked.at(pods), await rooms_of(reads) if rooms is None else rooms)
    made = _review(rendered, answers, code)
    return made if mentions_spawner(values) else replace(made, aside=code)


def _own_priority(values: Mapping[str, object], here: Installation) -> str:
    """Return the priority class that the release makes, which may not be there yet; empty without one."""
    on = value_of(values, "scheduling.podPriority.enabled")
    return chart_name(values, here, "", cluster="default-priority") if on else ""


def _hiding(values: Mapping[str, object]) -> Redactor:
    return Redactor(secrets_among(values) | frozenset(opaque_texts(values)))


_Answers = dict[str, list[PodFault] | Unavailable]


def _with_rooms(pods: Sequence[Json], answers: _Answers, rooms: Rooms) -> _Answers:
    """Return the answers with what the scheduler would say of pods that fit no node: no dry run asks it."""
    for pod in pods:
        if why := rooms.too_large(pod["spec"]):
            fault = PodFault(f"A server {why}.", lasts=rooms.complete, way=rooms.way)
            its = answers[as_key(pod)]
            answers = {**answers, as_key(pod): [fault, *([] if isinstance(its, Unavailable) else its)]}
    return answers


class _Looking:
    """Dry runs of pods: each that differs is sent once."""

    def __init__(self, reads: Reads, hide: Redactor, own_priority: str) -> None:
        self._reads = reads
        self._hide = hide
        self._own_priority = own_priority
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def at(self, pods: Sequence[Json]) -> _Answers:
        """Return the findings by the pod's JSON, or why it was not judged."""
        different = list({as_key(pod): pod for pod in pods}.items())
        answers: _Answers = {}
        for key, pod in different[:1]:
            answers[key] = await self._answer(pod)
        # Who may not ask about one may not ask about others.
        if any(isinstance(one, Unavailable) for one in answers.values()):
            return {key: next(iter(answers.values())) for key, _ in different}
        tasks = {key: asyncio.create_task(self._answer(pod)) for key, pod in different[1:]}
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=_LONGEST)
        finally:
            for task in tasks.values():
                task.cancel()
        late = Unavailable("Kubernetes", "did not judge all of them in time")
        return answers | {key: one.result() if one.done() else late for key, one in tasks.items()}

    async def _answer(self, pod: Json) -> list[PodFault] | Unavailable:
        try:
            async with self._slots:
                return await self._found(pod)
        except Unavailable as error:
            return error

    async def _found(self, pod: Json) -> list[PodFault]:
        refused = await self._reads.kube.refused_pod(pod)
        if refused is None:
            return []
        if fields := UNKNOWN_FIELD.findall(refused.message):
            return [*unknown_fields(fields), *await self._beside(pod)]
        return await self._refused(pod, refused)

    async def _beside(self, pod: Json) -> list[PodFault]:
        """Return what else is wrong with a pod that has unknown fields, which Kubernetes leaves out."""
        refused = await self._reads.kube.refused_pod(pod, strict=False)
        return await self._refused(pod, refused) if refused else []

    async def _refused(self, pod: Json, refused: PodRefusal) -> list[PodFault]:
        missing = NO_PRIORITY.search(refused.message)
        if missing and missing["name"] == self._own_priority == pod["spec"].get("priorityClassName"):
            spec = {name: one for name, one in pod["spec"].items() if name != "priorityClassName"}
            return await self._beside({**pod, "spec": spec})
        message = self._hide.line(" ".join(refused.message.split()))
        if not is_of_limit_range(message):
            return [read_refusal(message, pod)]
        ranges = await attempt("Kubernetes", self._reads.kube.limit_ranges())
        return [read_refusal(message, pod, () if isinstance(ranges, Unavailable) else ranges)]


def as_key(pod: Json) -> str:
    """Return the pod as a text that is the same for the same pod."""
    return json.dumps(pod, sort_keys=True, default=str)


def _review(rendered: Servers, answers: _Answers, code: tuple[str, ...]) -> ServerReview:
    found: dict[PodFault, list[Server]] = {}
    unjudged: dict[str, list[Server]] = {}
    judged = 0
    for server in rendered.rendered:
        answer = _of_server(server, answers)
        if isinstance(answer, str):
            unjudged.setdefault(answer, []).append(server)
            continue
        judged += 1
        for one in answer:
            found.setdefault(one, []).append(server)
    grouped = tuple(
        RefusedServers(_names(its, rendered.rendered), one.words, one.stops, one.lasts, one.way)
        for one, its in found.items()
    )
    left = _left(rendered, unjudged)
    return ServerReview(grouped, judged, (*code, *left))


def _of_server(server: Server, answers: _Answers) -> list[PodFault] | str:
    """Return the findings, or why there are none."""
    if server.pod is None:
        if server.mistyped:
            return f"they have mistakes: {server.why}"
        return [PodFault(f"KubeSpawner makes no pod. It fails at {server.why}.")]
    answer = answers[as_key(server.pod)]
    return str(answer) if isinstance(answer, Unavailable) else answer


def _left(rendered: Servers, unjudged: Mapping[str, Sequence[Server]]) -> Iterator[str]:
    for why, its in unjudged.items():
        who = RefusedServers(_names(its, rendered.rendered), "", stops=False, lasts=False).who
        yield f"{who}, since {why[0].lower() + why[1:] if why.startswith('The ') else why}"
    if rendered.left_out:
        yield f"{rendered.left_out} more choices in profiles, beyond the first {MOST}"
    if rendered.typed:
        yield f"what people type themselves ({'; '.join(rendered.typed[:_NAMED])})"


def _names(its: Sequence[Server], everyone: Sequence[Server]) -> tuple[str, ...]:
    """Return the profiles, with the choices where those decide; nothing if all servers are meant."""
    if len(its) == len(everyone):
        return ()
    whole = {
        one.profile
        for one in its
        if sum(other.profile == one.profile for other in everyone) == sum(other.profile == one.profile for other in its)
    }
    return tuple(dict.fromkeys(one.profile if one.profile in whole else one.name for one in its))

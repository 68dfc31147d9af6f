"""`/jhub users`: list the hub's users, their servers and nodes, when they were last active, and their homes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from cards.times import minute
from cards.views import Cell, Column, Status, Table, Tone, View
from clients.errors import Unavailable
from clients.hub import HubServer, HubUser
from clients.kube import Pod
from commands.framework.argument_types import folded
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER, condition, short_node
from commands.ports.context import Reads
from commands.storage.homes import may_be_home
from commands.text.byte_sizes import spoken as amount
from commands.timing.timestamps import ago

_COLUMNS = (
    Column("User", 6),
    Column("Server", 4),
    Column("Node", 4),
    Column("Since", 3),
    Column("Last active", 3),
    Column("Home", 2),
)


@dataclass(frozen=True)
class Args:
    """A filter of users; all without one."""

    active: Annotated[bool, Flag("only users with a server")] = False
    idle: Annotated[bool, Flag("only users without one, those away longest first")] = False


async def run(args: Args, reads: Reads) -> View:
    """List users with servers first, by name, then by last activity: an order that is the same for later pages."""
    if args.active and args.idle:
        raise UserError("--active and --idle together would list everybody: use one of them.", "/jhub users")
    users, pods, homes = await asyncio.gather(
        reads.hub.users(),
        attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}")),
        attempt("Kubernetes", _homes(reads)),
    )
    chosen = [user for user in users if not (user.servers if args.idle else args.active and not user.servers)]
    chosen.sort(key=_away_longest if args.idle else _newest)
    problems = tuple(dict.fromkeys(f"{one}." for one in (pods, homes) if isinstance(one, Unavailable)))
    theirs = _by_user(pods)
    rows = [row for user in chosen for row in _rows(user, theirs[user.name], homes, reads)]
    return Status(
        "Users",
        _headline(args, users, len(chosen)),
        Tone.WARNING if problems else Tone.NOTE,
        problems,
        (Table(_COLUMNS, tuple(rows)),) if rows else (),
        minute(reads.now),
    )


def _by_user(pods: Sequence[Pod] | Unavailable) -> Mapping[str, list[Pod]]:
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in () if isinstance(pods, Unavailable) else pods:
        found[pod.user].append(pod)
    return found


async def _homes(reads: Reads) -> Mapping[str, int]:
    """Return the size of each user's homes in bytes, as requested or as given."""
    sizes: dict[str, int] = defaultdict(int)
    async for page in reads.kube.claim_pages():
        for claim in filter(may_be_home, page):
            sizes[folded(claim.user)] += claim.size
    return sizes


def _newest(user: HubUser) -> tuple[bool, float, str]:
    return not user.servers, 0.0 if user.servers else -_last_activity(user), user.name


def _away_longest(user: HubUser) -> tuple[float, str]:
    return _last_activity(user), user.name


def _last_activity(user: HubUser) -> float:
    return user.last_activity.timestamp() if user.last_activity else 0.0


def _headline(args: Args, users: Sequence[HubUser], matching: int) -> str:
    active = sum(bool(user.servers) for user in users)
    said = f"{len(users):,} users, {active:,} with a server" if len(users) != 1 else f"1 user, {active} with a server"
    if args.idle:
        said = f"{matching:,} of {len(users):,} users have no server"
    return said


def _rows(
    user: HubUser, pods: Sequence[Pod], homes: Mapping[str, int] | Unavailable, reads: Reads
) -> list[tuple[Cell, ...]]:
    size = 0 if isinstance(homes, Unavailable) else homes.get(folded(user.name), 0)
    last, home = Cell(ago(user.last_activity, reads.now)), Cell(amount(size) if size else "—")
    if not user.servers:
        return [(Cell(user.name), Cell("none"), Cell("—"), Cell("—"), last, home)]
    return [_server_row(user, server, pods, reads, last, home) for server in user.servers]


def _server_row(
    user: HubUser, server: HubServer, pods: Sequence[Pod], reads: Reads, last: Cell, home: Cell
) -> tuple[Cell, ...]:
    pod = pod_of(server, pods, alone=len(user.servers) == 1)
    words, tone = _state(server, pod)
    return (
        Cell(user.name),
        Cell(f"{server.name}: {words}" if server.name else words, tone),
        Cell(short_node(pod.node) if pod and pod.node else "—"),
        Cell(ago(server.started, reads.now)),
        Cell(ago(server.last_activity, reads.now)) if server.last_activity else last,
        home,
    )


def pod_of(server: HubServer, pods: Sequence[Pod], *, alone: bool) -> Pod | None:
    """Return the server's pod, or None if it is not certain.

    kubespawner 7.1 labels the pods of named servers; of older ones only a single pod is certain.
    """
    if alone and len(pods) == 1:
        return pods[0]
    return next((pod for pod in pods if pod.labels.get("hub.jupyter.org/servername", "") == server.name), None)


def _state(server: HubServer, pod: Pod | None) -> tuple[str, Tone]:
    if server.ready:
        return server.state, Tone.GOOD
    if not server.stopping and pod is not None and not pod.is_ready:
        return condition(pod)
    return server.state, Tone.WORKING


COMMAND = Query(
    "users",
    "List the users: servers, node, start, last activity and home.",
    Level.VIEWER,
    run,
    Args,
    in_menu=True,
    topic=Topic.STATUS,
    rank=2,
)

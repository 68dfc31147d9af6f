"""`/jhub server stop --idle`: stop the servers that nobody has used for some time, as a list that is agreed to whole.

The list is fixed once it is shown: nothing is stopped that was not on it. Before each of its parts is stopped, the hub
is asked again, and a server that was used or started anew in the meantime is left alone and said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cards.times import minute
from cards.views import Cell, Column, Failure, Lines, Notice, Plan, Section, Table, Tone
from clients.hub import HubServer, HubUser
from commands.framework.argument_types import Age
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of, title
from commands.spawner.stopping import AT_ONCE, stop_servers
from commands.timing.durations import spoken

# A server tells the hub of its activity about every five minutes (JupyterHub 5.5, JUPYTERHUB_ACTIVITY_INTERVAL).
_SHORTEST: Final = timedelta(minutes=15)
# More are stopped by typing it again; a plan has to be read by somebody.
_MOST: Final = 1_000
_MOST_NAMED: Final = 50
_COLUMNS: Final = (Column("Server", 5), Column("Last active", 3), Column("Running since", 3))


@dataclass(frozen=True)
class IdleServer:
    """One run of a server, and when it was last used."""

    user: str
    server: str
    start: str
    seen: datetime = field(metadata=incidental())

    @property
    def run(self) -> ServerRun:
        """The run that is stopped, and no later one."""
        return ServerRun(self.user, self.server, self.start)

    @property
    def title(self) -> str:
        """Whose server it is, in a few words."""
        return title(self.user, self.server)


@dataclass(frozen=True)
class IdleStop:
    """The plan: these servers, not used for `seconds`. `running` are all that ran, `more` are idle as well."""

    seconds: int
    servers: tuple[IdleServer, ...]
    more: int
    running: int = field(metadata=incidental())

    @property
    def idle(self) -> timedelta:
        """How long a server has to be idle."""
        return timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class PartStopped:
    """What became of a part of the list: those left alone, those that still run with the reason, and all others."""

    spared: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()


async def plan_idle(idle: Age, reads: Reads) -> IdleStop:
    """Plan to stop the idle servers. Raise UserError where there is none, or where the time is too short to tell."""
    if idle.length < _SHORTEST:
        raise UserError(
            "The hub hears of activity about every five minutes, so less than 15 minutes would hit people at work.",
            "/jhub server stop --idle 4h",
        )
    users = await reads.hub.users("active")
    found = sorted(_idle(users, idle.length, reads.now), key=lambda one: (one.seen, one.title))
    if not found:
        raise UserError(f"No server has been idle for {spoken(idle.length)}.", "/jhub users --active")
    return IdleStop(
        int(idle.length.total_seconds()),
        tuple(found[:_MOST]),
        len(found[_MOST:]),
        sum(len(user.servers) for user in users),
    )


def _idle(users: Sequence[HubUser], idle: timedelta, now: datetime) -> Iterator[IdleServer]:
    for user in users:
        for server in user.servers:
            seen = _last_use(server)
            if server.ready and seen is not None and now - seen >= idle:
                yield IdleServer(user.name, server.name, start_of(server), seen)


def _last_use(server: HubServer) -> datetime | None:
    """Return when the server was last used; its start counts as a use."""
    return max((one for one in (server.last_activity, server.started) if one is not None), default=None)


def preview_idle(plan: IdleStop) -> Plan:
    """Show what the requester confirms: each server by name."""
    count = len(plan.servers)
    return Plan(
        f"Stop {_servers(count)} idle for {spoken(plan.idle)} or longer",
        "",
        (),
        (
            "What is only in the memory of a notebook is lost; files stay, and people can start again.",
            f"They are stopped {AT_ONCE} at a time. One that is used in the meantime is left alone.",
        ),
        tuple(_warnings(plan)),
        f"Stop {'it' if count == 1 else f'these {count:,}'} now?",
        (Table(_COLUMNS, tuple(map(_row, plan.servers)), f"{count:,} of {plan.running:,} that run"),),
    )


def _warnings(plan: IdleStop) -> Iterator[str]:
    yield "A computation that runs for hours without printing anything may count as idle."
    if plan.more:
        yield f"{plan.more:,} more are as idle: these are the {_MOST:,} that have been for longest."


def _row(one: IdleServer) -> tuple[Cell, ...]:
    since = minute(datetime.fromisoformat(one.start)) if one.start else "unknown"
    return Cell(one.title), Cell(minute(one.seen)), Cell(since)


def _servers(count: int) -> str:
    return "1 server" if count == 1 else f"{count:,} servers"


async def apply_idle(plan: IdleStop, do: Steps) -> Notice | Failure:
    """Stop the servers part by part, each in a step of its own, and say what became of all."""
    parts: list[PartStopped] = []
    for first in range(0, len(plan.servers), AT_ONCE):
        part = plan.servers[first : first + AT_ONCE]
        parts.append(
            await do.step(f"Stop servers {first + 1} to {first + len(part)}", stop_part, part, plan.seconds, do)
        )
        if do.stopping:
            break
    return _summary(plan, parts)


async def stop_part(part: Sequence[IdleServer], seconds: int, do: Steps) -> PartStopped:
    """Stop those that are still idle, and wait. It may run again after a crash: what has stopped is over then."""
    users = {user.name: user for user in await do.reads.hub.users("active")}
    spared = [(one, why) for one in part if (why := _in_use(one, users.get(one.user), seconds, do.now()))]
    kept = {one for one, _ in spared}
    left = await stop_servers([one.run for one in part if one not in kept], do)
    running = {one.title for one in left}
    return PartStopped(
        tuple(f"{one.title}: {why}" for one, why in spared),
        tuple(f"{one.title}: {one.why}" for one in left),
        tuple(one.title for one in part if one not in kept and one.title not in running),
    )


def _in_use(one: IdleServer, user: HubUser | None, seconds: int, now: datetime) -> str:
    """Return why the server is left alone: somebody uses it by now; empty where it is idle or has ended."""
    server = next((its for its in user.servers if its.name == one.server), None) if user else None
    if server is None or server.stopping:
        return ""
    if start_of(server) != one.start:
        return "started anew in the meantime"
    seen = _last_use(server)
    return "used in the meantime" if seen is not None and now - seen < timedelta(seconds=seconds) else ""


def _names(stopped: Sequence[str]) -> list[Section]:
    """Return whose servers were stopped, so that they can be told; the plan has all names of a long list."""
    if not stopped:
        return []
    rest = len(stopped) - _MOST_NAMED
    more = (f"and {rest:,} more of those on the list",) if rest > 0 else ()
    return [Lines((*stopped[:_MOST_NAMED], *more), f"Stopped ({len(stopped):,})")]


def _summary(plan: IdleStop, parts: Sequence[PartStopped]) -> Notice | Failure:
    spared = [line for part in parts for line in part.spared]
    left = [line for part in parts for line in part.left]
    reached = min(len(parts) * AT_ONCE, len(plan.servers))
    stopped, rest = reached - len(spared) - len(left), len(plan.servers) - reached
    sections: list[Section] = [Lines(tuple(spared), f"Left alone ({len(spared):,})")] if spared else []
    sections += [Lines(tuple(left), f"Not stopped ({len(left):,})")] if left else []
    sections += _names([name for part in parts for name in part.stopped])
    words = f"{_servers(stopped)} {'is' if stopped == 1 else 'are'} stopped"
    untouched = f"Somebody asked to stop. Not reached on the list: {_servers(rest)}. " if rest else ""
    if left:
        return Failure(
            f"{words}, {len(left):,} {'has' if len(left) == 1 else 'have'} not stopped yet",
            f"{untouched}The hub goes on stopping them.",
            (),
            ("/jhub pods users shows their pods.", "You can safely type it again."),
            sections=tuple(sections),
        )
    tone = Tone.WARNING if rest else Tone.GOOD
    return Notice(words, f"{untouched}Homes stay as they are; people can start again.", tone, tuple(sections))

"""`/jhub server stop`: stop a user's server, or all that are idle, and wait until it has stopped."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from cards.times import minute, parsed_minute
from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.hub import HubUser
from commands.framework.argument_types import Age, ServerName, UserName
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.servers.stop_idle import IdleStop, apply_idle, plan_idle, preview_idle
from commands.spawner.runs import ServerRun, start_of, title
from commands.spawner.stopping import stop_servers
from commands.storage.homes import one_user, quoted, unknown_user


@dataclass(frozen=True)
class Args:
    """The server to stop, or how long those that are to stop have been idle."""

    user: Annotated[UserName | None, Arg("whose server, e.g. ada@example.org", "ada@example.org")] = None
    server: Annotated[ServerName | None, Flag("a named server instead of the default one", "thesis")] = None
    idle: Annotated[Age | None, Flag("instead of one, all servers that nobody has used for this long", "4h")] = None


@dataclass(frozen=True)
class Stop:
    """The plan. `started` tells this run of the server from the next one, `start` does so to the microsecond."""

    user: str
    server: str
    started: str
    ready: bool = field(metadata=incidental())
    last_activity: datetime | None = field(metadata=incidental())
    start: str = field(default="", metadata=incidental())
    state: str = field(default="not ready", metadata=incidental())


async def plan(args: Args, reads: Reads) -> Stop | IdleStop:
    """Plan to stop a server, or the idle ones. Raise UserError if none of that name runs, or none is idle."""
    if args.idle is None:
        return await _plan_one(args.user, args.server, reads)
    if args.user is not None or args.server is not None:
        raise UserError(
            "--idle stops everybody's idle servers: leave out the user, or --idle.",
            f"/jhub server stop --idle {args.idle}",
        )
    return await plan_idle(args.idle, reads)


async def _plan_one(name: UserName | None, named: ServerName | None, reads: Reads) -> Stop:
    if name is None:
        raise UserError(
            "Whose server? Type a user, or --idle and a time.", "/jhub users --active", "/jhub server stop --idle 4h"
        )
    users = await reads.hub.users()
    user = one_user(name, users, "/jhub server stop {}")
    if user is None:
        raise unknown_user(name, users, "/jhub server stop {}")
    wanted = str(named or "")
    server = next((one for one in user.servers if one.name == wanted), None)
    if server is None:
        raise _not_running(user, wanted)
    return Stop(
        user.name,
        wanted,
        minute(server.started) if server.started else "",
        server.ready,
        server.last_activity,
        start_of(server),
        server.state,
    )


def _not_running(user: HubUser, server: str) -> UserError:
    others = [
        f"/jhub server stop {quoted(user.name)}" + (f" --server {quoted(s.name)}" if s.name else "")
        for s in user.servers
    ]
    what = f"The server “{server}” of {user.name}" if server else f"The default server of {user.name}"
    return UserError(f"{what} is not running.", *others, *(() if others else ("/jhub users --active",)))


def preview(plan: Stop | IdleStop) -> Plan:
    """Show what the requester confirms."""
    if isinstance(plan, IdleStop):
        return preview_idle(plan)
    facts = [Fact("Since", parsed_minute(plan.started) or "unknown")]
    if plan.last_activity:
        facts.append(Fact("Last active", minute(plan.last_activity)))
    facts += [] if plan.ready else [Fact("State", plan.state, Tone.WORKING)]
    return Plan(
        f"Stop the server of {title(plan.user, plan.server)}",
        "",
        (),
        ("Running notebooks stop; unsaved work is lost.", "The home stays as it is; the user can start again."),
        (),
        "Stop it now?",
        (Facts(tuple(facts)),),
    )


async def apply(plan: Stop | IdleStop, do: Steps) -> Notice | Failure:
    """Ask the hub to stop the server, or each that is still idle, and wait until it has."""
    if isinstance(plan, IdleStop):
        return await apply_idle(plan, do)
    held = await do.step("Stop the server", _stop, plan, do)
    if held:
        return Failure(
            f"The server of {title(plan.user, plan.server)} has not stopped yet",
            held,
            (),
            ("/jhub pods users shows its pod.", "You can safely type it again."),
        )
    text = "The home stays as it is; the user can start the server again."
    return Notice(f"The server of {title(plan.user, plan.server)} is stopped", text, Tone.GOOD)


async def _stop(plan: Stop, do: Steps) -> str:
    """Stop this run of the server. Return why it still runs; empty once it is over."""
    left = await stop_servers([ServerRun(plan.user, plan.server, plan.start)], do)
    return left[0].why if left else ""


COMMAND = Change(
    "server stop",
    "Stop a user's server, or all that are idle.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    # Of one server or of a list.
    button="Stop now",
    consent=Consent.CALLER,
    is_list=lambda plan: isinstance(plan, IdleStop),
    details="With --idle, the plan names each server; what is not on it is not stopped, and what is used in the "
    "meantime is left alone.",
    # The list is not planned again: a freeze that came after it was shown has to be seen here.
    in_freeze=lambda args: args.idle is None,
    topic=Topic.STATUS,
    rank=8,
)

"""`/jhub server stop`: stop a user's server, and wait until it has stopped."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from cards.times import minute, parsed_minute
from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.hub import HubUser
from commands.framework.argument_types import ServerName, UserName
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of, title
from commands.spawner.stopping import stop_servers
from commands.storage.homes import one_user, quoted, unknown_user


@dataclass(frozen=True)
class Args:
    """The server to stop."""

    user: Annotated[UserName, Arg("whose server, e.g. ada@example.org", "ada@example.org")]
    server: Annotated[ServerName | None, Flag("a named server instead of the default one", "thesis")] = None


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


async def plan(args: Args, reads: Reads) -> Stop:
    """Plan to stop a server. Raise UserError if none of that name runs."""
    users = await reads.hub.users()
    user = one_user(args.user, users, "/jhub server stop {}")
    if user is None:
        raise unknown_user(args.user, users, "/jhub server stop {}")
    wanted = str(args.server or "")
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


def preview(plan: Stop) -> Plan:
    """Show what the requester confirms."""
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


async def apply(plan: Stop, do: Steps) -> Notice | Failure:
    """Ask the hub to stop the server, and wait until it has."""
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
    "Stop a user's server.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Stop the server",
    consent=Consent.CALLER,
    in_freeze=True,
    topic=Topic.STATUS,
    rank=8,
)

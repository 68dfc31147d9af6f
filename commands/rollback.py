"""Go back to what an earlier revision of the release was: its image, its values, its chart."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.errors import Conflict
from clients.helm import Release
from commands.digest import digest_values
from commands.going_back import Back, found, go_back
from commands.putting_back import HISTORY
from commands.reads import Reads
from commands.release import image_tag
from commands.rollback_plan import Rollback, Way, planned
from commands.rollback_values import renewed_since, with_secrets_of
from commands.spec import Arg, Change, Flag, Level, Steps
from commands.upgrade_end import not_done
from commands.upgrading import Upgrade, Upgraded, state, upgrade
from commands.values import RevisionNumber

# As many as a card has room for.
_SHOWN = 12


@dataclass(frozen=True)
class Args:
    """Where to."""

    revision: Annotated[RevisionNumber | None, Arg("which one; the last that was live before, without", "7")] = None
    old_secrets: Annotated[bool, Flag("bring back the secrets of then, too, though they were renewed since")] = False


async def plan(args: Args, reads: Reads) -> Rollback:
    """What would come back. Raises UserError where it makes no sense."""
    revision = args.revision.value if args.revision else None
    return await planned(revision, old_secrets=args.old_secrets, reads=reads)


def preview(plan: Rollback) -> Plan:
    """What is seen before the yes."""
    more = len(plan.differences) - _SHOWN
    return Plan(
        f"Go back to revision {plan.target}",
        "",
        plan.differences[:_SHOWN],
        tuple(
            filter(
                None,
                (
                    f"… and {more} more values." if more > 0 else "",
                    f"Revision {plan.target} is of {plan.made} UTC: tag {plan.tag_after}, chart {plan.chart_after}.",
                    f"It becomes the newest revision of {plan.release}, after {plan.newest}.",
                    f"{', '.join(plan.kept)}: renewed since, and kept as now." if plan.kept else "",
                    "The hub restarts where it changes: logins pause for about 20 seconds.",
                    _kept(plan),
                ),
            )
        ),
        tuple(_warnings(plan)),
        "Go back now?",
    )


def _kept(plan: Rollback) -> str:
    if not plan.servers:
        return "No server runs now."
    return f"{plan.servers} running {'server keeps its' if plan.servers == 1 else 'servers keep their'} image."


def _warnings(plan: Rollback) -> list[str]:
    warnings = []
    if plan.unfinished:
        warnings.append(f"Revision {plan.newest} is not live ({plan.unfinished}); what it changed is taken back.")
    if plan.crosses:
        warnings.append(
            f"Over a major version of the chart, from {plan.chart_before} to {plan.chart_after}: names of homes and "
            "keys of values may differ. Servers should be stopped first."
        )
    if plan.older_hub:
        warnings.append(
            f"JupyterHub goes back from {plan.hub_before} to {plan.hub_after}; its database does not. "
            "What a newer hub has migrated an older one may refuse to start with."
        )
    if plan.elsewhere:
        warnings.append(f"{plan.elsewhere} stays as it is: the next deployment brings back what is written there.")
    if plan.lost:
        warnings.append(
            f"{', '.join(plan.lost)}: renewed since, and the old ones come back. If those are gone elsewhere "
            "(a login's secret in Entra), nobody can log in."
        )
    return warnings


async def apply(plan: Rollback, do: Steps) -> Notice | Failure:
    """Go back, and say what is now true."""
    done = await do.step(f"Go back to revision {plan.target}", _go_back, plan, do)
    if not done.result.ok:
        stopped = do.stopping and done.result.cancelled
        title = f"Going back to revision {plan.target} was {'stopped' if stopped else 'not done'}"
        return await not_done(title, done, f"/jhub rollback {plan.target}", do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = (Fact("Chart", plan.chart_after), *state(newest, live, pods, do.reads))
    tag = image_tag(live) if live else plan.tag_after
    return Notice(
        f"Revision {plan.target} is back", f"New servers start with {tag}. {_kept(plan)}", Tone.GOOD, (Facts(now),)
    )


async def _go_back(plan: Rollback, do: Steps) -> Upgraded:
    if plan.way is Way.ROLLBACK:
        return await go_back(Back(plan.release, plan.newest, plan.target), do)
    what = Upgrade(plan.release, plan.newest, plan.chart_after, f"Back to revision {plan.target}")
    return await upgrade(what, await _values(plan, await found(plan.target, do), do), do)


async def _values(plan: Rollback, target: Release, do: Steps) -> dict[str, object]:
    """The values of then with the secrets of now; this operation's own revision has them already."""
    history = await do.reads.releases.history(HISTORY)
    base = next((one for one in history if one.status == "deployed"), history[0])
    values = with_secrets_of(target.values, base.values, renewed_since(base.values, target.values))
    if digest_values(values) != plan.values_digest:
        raise Conflict("The release's values were changed meanwhile.")
    return values


def _approvals(plan: Rollback) -> int:
    return 1 if plan.crosses else 0


COMMAND = Change(
    "rollback",
    "Go back to an earlier revision of the release.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    approvals_for=_approvals,
    details="Brings image, values and chart of that revision back; homes and the hub's database stay. Secrets that "
    "were renewed since are kept as they are now unless --old-secrets. Over a major version of the chart another "
    "person must approve.",
)

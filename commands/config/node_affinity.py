"""The affinity of users' servers to the users' nodes: z2jh's `matchNodePurpose`, set by a Helm upgrade.

z2jh 4.4, "core and user nodes": with `prefer` a server goes to a node labelled for users if one has room, with
`require` to no other; without such a node it waits forever.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cards.views import Difference, Fact, Facts, Failure, Notice, Plan, Tone
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.helm import Release
from clients.values import ValueChange
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import Effects, Impact
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.nodes.pools import PURPOSE, is_for_users, is_users
from commands.ports.context import Reads
from commands.rollout.release_state import readiness_warning, release_facts, stop_advice
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade_with_changes
from commands.rollout.upgrade_base import upgrade_base
from commands.values.base import store_changes, value_at, with_changes
from commands.values.code_changes import CodeChange, code_sections
from commands.values.dry_run import DryRun, dry_run
from commands.values.release_effects import OF_VALUES

_PATH: Final = ("scheduling", "userPods", "nodeAffinity", "matchNodePurpose")
_DEFAULT: Final = "prefer"
_MEANS: Final = {
    "prefer": "Users' servers go to the users' nodes while those have room, otherwise to any other node.",
    "require": "Users' servers go only to the users' nodes; if those are full, they wait for a node.",
}
_TITLES: Final = {
    "prefer": "Prefer the users' nodes for users' servers",
    "require": "Require the users' nodes for users' servers",
}


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class NodeAffinityPlan:
    """The plan, bound to the revision and its values. `warning` is empty if there is no objection."""

    release: str
    revision: int
    values_digest: str
    chart_version: str
    before: str
    after: str
    warning: str
    changes: tuple[ValueChange, ...] = ()
    written: str = field(default="", metadata=incidental())
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """The effects that people have to approve."""
    servers: tuple[str, ...] = field(default=(), metadata=incidental())
    """What Kubernetes would refuse of users' servers."""
    code: tuple[CodeChange, ...] = field(default=(), metadata=incidental())
    """The code that becomes live with it, without what looks like a secret in it."""


def affinity_command(wanted: str, summary: str, button: str, *, rank: int) -> Change[Args, NodeAffinityPlan]:
    """Return the command that sets it to `wanted`, `prefer` or `require`."""
    return Change(
        f"pool {wanted}",
        summary,
        Level.OPERATOR,
        planner_for(wanted),
        preview,
        apply,
        Args,
        effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
        button=button,
        topic=Topic.NODES,
        rank=rank,
    )


def planner_for(wanted: str) -> Callable[[Args, Reads], Awaitable[NodeAffinityPlan]]:
    """Return the planner for one of the two."""

    async def plan(args: Args, reads: Reads) -> NodeAffinityPlan:
        del args
        newest, base, written = await upgrade_base(reads)
        live = await reads.releases.deployed()
        before = str(base.value(*_PATH) or _DEFAULT)
        changes = (ValueChange(_PATH, value_at(base.values, _PATH), wanted),)
        is_live = live is None or (live.value(*_PATH) or _DEFAULT) == wanted
        if before == wanted and newest.revision == base.revision and is_live:
            raise UserError(f"{'.'.join(_PATH)} is already {wanted}.", "/jhub nodes")
        done = await _dry_run(reads, newest, live or base, with_changes(base.values, changes))
        return NodeAffinityPlan(
            release=base.name,
            revision=newest.revision,
            values_digest=digest_values(base.values),
            chart_version=base.chart.version,
            before=before,
            after=wanted,
            warning=await _objection(reads) if wanted == "require" else "",
            changes=changes,
            written=written,
            impacts=done.impacts,
            servers=(*done.refused, *done.servers),
            code=done.code,
        )

    return plan


async def _dry_run(reads: Reads, newest: Release, live: Release, values: Mapping[str, object]) -> DryRun:
    """Return what it does, including what stored values do that become live with it."""
    return await dry_run(reads, live, revision=newest.revision, version=live.chart.version, values=values)


async def _objection(reads: Reads) -> str:
    """Return a warning if no users' node is ready. Raise UserError if there is none and no pool for one."""
    nodes, pools = await asyncio.gather(reads.kube.nodes(), _pools(reads))
    ready = [node for node in nodes if is_users(node, pools) and node.ready]
    growing = [pool for pool in pools if is_for_users(pool) and (pool.count or pool.maximum)]
    if not ready and not growing:
        raise UserError(
            f"No node and no pool has the label {PURPOSE}=user: every new server would wait forever.",
            "/jhub pool create users",
        )
    if not ready:
        return f"There are no users' nodes now: the next server waits until {growing[0].name} has one."
    return ""


async def _pools(reads: Reads) -> Sequence[Pool]:
    """Return Azure's pools; none if Azure does not answer, since existing nodes count all the same."""
    if reads.azure is None:
        return []
    found = await attempt("Azure", reads.azure.pools())
    return [] if isinstance(found, Unavailable) else found


def preview(plan: NodeAffinityPlan) -> Plan:
    """Return the requester's preview."""
    return Plan(
        "Require the users' nodes for users' servers"
        if plan.after == "require"
        else "Prefer the users' nodes for users' servers",
        "",
        (Difference(".".join(_PATH), plan.before, plan.after),),
        (
            _MEANS[plan.after],
            "Running servers stay where they are; the change applies from their next start.",
            f"Becomes revision {plan.revision + 1} of {plan.release}; chart {plan.chart_version} stays as it is.",
            "The hub restarts: nobody can log in or start a server for about a minute.",
        ),
        tuple(filter(None, (plan.warning, *plan.servers))),
        "Deploy this now?",
        code_sections(plan.code),
    )


async def apply(plan: NodeAffinityPlan, do: Steps) -> Notice | Failure:
    """Run helm and report what is live."""
    what = Upgrade(plan.release, plan.revision, plan.chart_version, f"Set matchNodePurpose to {plan.after}")
    title = f"Upgrade to revision {plan.revision + 1}"
    ended = await do.step(title, upgrade_with_changes, what, plan.changes, plan.values_digest, do)
    unwritten = await store_changes(plan.changes, plan.written, what.description, do) if ended.result.ok else ""
    return await _conclude(plan, ended, unwritten, do)


async def _conclude(plan: NodeAffinityPlan, ended: Upgraded, unwritten: str, do: Steps) -> Notice | Failure:
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    facts = release_facts(newest, live, pods, do.reads)
    now = (Fact("matchNodePurpose", str(live.value(*_PATH) or _DEFAULT) if live else "—"), *facts)
    if ended.result.ok:
        text = " ".join(filter(None, (_MEANS[plan.after], unwritten or readiness_warning(facts))))
        tone = Tone.WARNING if unwritten else Tone.GOOD
        return Notice(f"matchNodePurpose is {plan.after}", text, tone, (Facts(now),))
    if do.stopping and ended.result.cancelled:
        return Failure(
            "Setting matchNodePurpose was stopped", "Helm was asked to stop and did.", now, stop_advice(newest)
        )
    return Failure("matchNodePurpose was not set", ended.result.message, now, ("/jhub pods shows what is not ready.",))

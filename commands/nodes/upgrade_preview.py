"""The preview of an upgrade: what happens in which order, who is on it, and what stands in the way."""

from datetime import timedelta

from cards.views import Cell, Column, Fact, Facts, Plan, Table
from commands.announcements.offer import offered
from commands.nodes.pools import names_in_words, nodes_in_words, users_section
from commands.nodes.upgrade_plan import ClusterUpgrade, PoolUpgrade
from commands.timing.durations import spoken

_ANNOUNCED = "The cluster is upgraded soon, and servers stop while it is: save your work."
_COLUMNS = (Column("Pool", 3), Column("Nodes", 3), Column("Now", 3), Column("Then", 3), Column("Max surge", 3))


def preview(plan: ClusterUpgrade) -> Plan:
    """Return the preview."""
    facts = (Fact("Cluster", plan.cluster), Fact("Control plane", _plane(plan)))
    table = (Table(_COLUMNS, tuple(_row(plan, pool) for pool in plan.pools), "Pools, in this order"),)
    return Plan(
        heading(plan),
        "",
        (),
        (*_consequences(plan), *offered(plan.users, _ANNOUNCED, "4h")),
        (*_lost(plan), *plan.warnings),
        "Upgrade it now?",
        (Facts(facts), *(table if plan.pools else ()), *users_section(plan.users)),
    )


def heading(plan: ClusterUpgrade) -> str:
    """Return what the plan does, as a title."""
    if not plan.target:
        return f"Upgrade the node images of {plan.cluster}"
    if plan.plane:
        return f"Upgrade {plan.cluster} to Kubernetes {plan.target}"
    names = " and ".join(pool.name for pool in plan.pools)
    return f"Upgrade the nodes of {names} to Kubernetes {plan.target}"


def _plane(plan: ClusterUpgrade) -> str:
    return f"{plan.before} → {plan.target}" if plan.plane else f"stays {plan.before}"


def _row(plan: ClusterUpgrade, pool: PoolUpgrade) -> tuple[Cell, ...]:
    now, then = (pool.before, plan.target) if plan.target else (image_date(pool.image), image_date(pool.newest))
    return Cell(pool.name), Cell(nodes_in_words(pool.nodes)), Cell(now), Cell(then), Cell(pool.surge)


def image_date(image: str) -> str:
    """Return the part of an image's name that says how old it is: "202611.16.0" of "AKSUbuntu-…-202611.16.0"."""
    return image.rpartition("-")[2] or "not known"


def _consequences(plan: ClusterUpgrade) -> list[str]:
    lines = []
    if plan.plane:
        meanwhile = "" if plan.follows else "; servers keep running meanwhile"
        lines.append(f"The control plane goes first{meanwhile}. Azure takes no version back.")
    if plan.follows:
        lines.append(
            f"Nodes of {plan.follows} follow the control plane by themselves: Azure replaces them, when and in which "
            "order is its own choice. Servers on them end with them; the bot cannot wait for people there."
        )
    if plan.pools:
        lines.append(
            "Pool by pool, Azure adds nodes (max surge), then drains the others and replaces them. The bot stops "
            "at the first pool that fails; typing it again goes on from there."
        )
    if plan.hub_on:
        lines.append(
            f"The hub itself runs on {' and '.join(plan.hub_on)} and moves to another node: "
            "for some minutes nobody can log in or start a server."
        )
    if plan.inside:
        lines.append("The bot runs in this cluster: it restarts on the way, and goes on where it was.")
    if plan.stops_servers:
        lines.append(
            "It is announced here. When a pool with servers is next, people get "
            f"{spoken(timedelta(seconds=plan.grace))} to stop them, or less if all have; those still running are "
            "stopped then. Homes stay."
        )
    return lines


def _lost(plan: ClusterUpgrade) -> tuple[str, ...]:
    if not plan.users:
        return ()
    some = len(plan.users) > 1
    who = f"{len(plan.users)} users have servers" if some else f"{plan.users[0]} has a server"
    names = f" ({names_in_words(plan.users)})" if some else ""
    where = "these nodes" if plan.follows else "these pools"
    return (f"{who} on {where}{names}: what is not saved when a server is stopped is lost.",)

"""The enlargement of a home: what is planned, and what stands in its way.

A claim that is to grow asks for more; the rest is for Kubernetes and Azure. The disk grows first, then its file system,
by the node that mounts it: at once where a server runs, else when the next one starts. Nothing ever gets smaller.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.kube import Claim, Pod, ResourceQuota, StorageClass, Volume
from clients.kube.quantities import from_bytes, to_bytes
from commands.framework.argument_types import ObjectName, ServerName
from commands.framework.effects import Effect, Impact, of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.deletion import ClaimRef
from commands.storage.disks import GIB, billed, largest, must_be_detached
from commands.storage.homes import Home, HomeOwner, choose_home, described, pods_mounting, quoted
from commands.text.byte_sizes import spoken as amount

_OFFERED: Final = 5
_CAPACITY: Final = ("singleuser", "storage", "capacity")
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Growth:
    """The plan: which claim, from what to what, and what that costs.

    `pending` is what an earlier enlargement that has not ended asked for, 0 for none. `above` says which limit it is
    beyond, empty for none. `mounted` are the pods that have it now. `was_billed` and `billed` are what Azure bills it
    as, and `costs` its price a month, each empty where not known. `new_homes` is the size that new homes get.
    """

    user: str
    server: str
    claim: ClaimRef
    to: int
    pending: int
    by_name: bool
    storage_class: str
    driver: str
    above: str = ""
    mounted: tuple[str, ...] = field(default=(), metadata=incidental())
    was_billed: str = field(default="", metadata=incidental())
    billed: str = field(default="", metadata=incidental())
    costs: str = field(default="", metadata=incidental())
    new_homes: int = field(default=0, metadata=incidental())


def which_home(person: HomeOwner, line: str, server: ServerName | None, claim: ObjectName | None) -> Home:
    """Return the home that is meant. Raise UserError that asks which, where the person has several.

    `line` is what to type, to which --claim is added.
    """
    if server or claim:
        return choose_home(person, server, claim)
    if len(person.homes) <= 1:
        return choose_home(person, ServerName(person.homes[0].server) if person.homes else None, None)
    found = [f"{described(home)} of {_its_server(home)}" for home in person.homes]
    raise UserError(
        f"{person.name} has {len(found)} homes: {'; '.join(found[:_OFFERED])}. Which one should grow?",
        *(f"{line} --claim {home.claim.name}" for home in person.homes[:_OFFERED]),
    )


def _its_server(home: Home) -> str:
    return f"the server “{home.server}”" if home.server else "the default server"


async def plan_growth(person: HomeOwner, home: Home, to: int, reads: Reads) -> Growth:
    """Plan to enlarge the home to `to` bytes. Raise UserError with what to do where that cannot be."""
    claim = home.claim
    _check_state(home, person)
    _check_size(claim, to, person)
    pods, volume, classes, quotas, release = await asyncio.gather(
        reads.kube.pods(),
        _volume(claim, reads),
        reads.kube.storage_classes(),
        attempt("Kubernetes", reads.kube.quotas()),
        attempt("Helm's record", reads.releases.current()),
    )
    its_class = _class_of(claim, classes)
    driver = volume.driver or its_class.provisioner
    holders = pods_mounting(claim.name, pods)
    _check_disk(home, person, to, driver, its_class.sku, holders)
    if not isinstance(quotas, Unavailable):
        _check_quotas(claim, to, quotas)
    capacity = None if isinstance(release, Unavailable) or release is None else release.value(*_CAPACITY)
    before = max(claim.size, claim.requested)
    return Growth(
        user=person.name,
        server=home.server,
        claim=ClaimRef(claim.name, claim.uid, claim.volume, claim.size),
        to=to,
        pending=claim.requested if claim.is_growing else 0,
        by_name=home.by_name,
        storage_class=claim.storage_class,
        driver=driver,
        above=_above(claim.size, to, reads),
        mounted=tuple(pod.name for pod in holders),
        was_billed=billed(driver, its_class.sku, before),
        billed=billed(driver, its_class.sku, to),
        costs=_costs(claim.storage_class, before, to, reads),
        new_homes=to_bytes(capacity) if isinstance(capacity, str) else 0,
    )


def impacts(plan: Growth) -> tuple[Impact, ...]:
    """Return the effect of a home that grows beyond what one person may decide."""
    return of(Effect.COSTS_MORE, plan.above) if plan.above else ()


def _check_state(home: Home, person: HomeOwner) -> None:
    claim, show = home.claim, f"/jhub storage show {quoted(person.name)}"
    if claim.terminating:
        raise UserError(f"{claim.name} is being deleted, so it cannot grow.", show)
    if claim.phase == "Lost":
        raise UserError(f"{claim.name} has lost its volume {claim.volume}: there is no disk that could grow.", show)
    if not claim.volume:
        raise UserError(
            f"{claim.name} has no disk yet, and Kubernetes enlarges only disks that exist. It gets one when "
            f"{title(person.name, home.server)} is first started.",
            show,
        )


def _check_size(claim: Claim, to: int, person: HomeOwner) -> None:
    has, wants = amount(claim.size), amount(to)
    if to == claim.requested and claim.is_growing:
        how = "The file system follows when the next server starts." if claim.awaits_start else "Azure is not done yet."
        raise UserError(
            f"{claim.name} has {has} and is already being enlarged to {wants}. {how}",
            f"/jhub storage show {quoted(person.name)}",
        )
    if to == claim.size:
        raise UserError(f"{claim.name} has {has} already.")
    if to < claim.size:
        raise UserError(
            f"{claim.name} has {has}, and a disk never gets smaller, so it cannot have {wants}.",
            f"Type more than {from_bytes(claim.size)}.",
        )
    if claim.awaits_start and to < claim.requested:
        raise UserError(
            f"The disk of {claim.name} has {amount(claim.requested)} already, and never gets smaller. Its file system "
            "follows when the next server starts."
        )


def _class_of(claim: Claim, classes: Sequence[StorageClass]) -> StorageClass:
    found = next((one for one in classes if one.name == claim.storage_class), None)
    if found is None:
        raise UserError(
            f"The cluster has no storage class “{claim.storage_class or 'of that claim'}” any more, and without it "
            f"Kubernetes does not enlarge {claim.name}. Whoever runs the cluster has to create it again."
        )
    if not found.expands:
        raise UserError(
            f"Storage class {found.name} does not let disks grow (allowVolumeExpansion is not true), so "
            f"{claim.name} keeps its {amount(claim.size)}. Whoever runs the cluster can set it: "
            f"kubectl patch storageclass {found.name} -p '{{\"allowVolumeExpansion\":true}}'"
        )
    return found


async def _volume(claim: Claim, reads: Reads) -> Volume:
    try:
        return await reads.kube.volume(claim.volume)
    except NotFound:
        raise UserError(f"The volume {claim.volume} of {claim.name} no longer exists: nothing could grow.") from None


def _check_disk(home: Home, person: HomeOwner, to: int, driver: str, sku: str, holders: Sequence[Pod]) -> None:
    most = largest(driver, sku)
    if most and to > most:
        what = "share" if driver.startswith("file.") else "disk"
        raise UserError(
            f"A {what} of class {home.claim.storage_class} has at most {amount(most)}.",
            f"Type {from_bytes(most)} or less.",
        )
    if holders and must_be_detached(driver, sku, home.claim.size, to):
        flag = f" --server {quoted(home.server)}" if home.server else ""
        raise UserError(
            f"Azure lets a disk grow beyond 4 TiB only while no machine has it, and {holders[0].name} mounts it. Stop "
            "the server first.",
            f"/jhub server stop {quoted(person.name)}{flag}",
        )


def _check_quotas(claim: Claim, to: int, quotas: Sequence[ResourceQuota]) -> None:
    more = to - max(claim.requested, claim.size)
    kinds = ("requests.storage", f"{claim.storage_class}.storageclass.storage.k8s.io/requests.storage")
    for quota in quotas:
        for kind in kinds:
            room = to_bytes(quota.hard[kind]) - to_bytes(quota.used.get(kind, "0")) if kind in quota.hard else more
            if more > room:
                raise UserError(
                    f"The resource quota “{quota.name}” of the namespace has room for {amount(max(0, room))} more of "
                    f"{kind}, and this takes {amount(more)}. Whoever runs the cluster has to raise it first."
                )


def _above(size: int, to: int, reads: Reads) -> str:
    """Return which limit this is above, as a sentence; empty for none."""
    limits = reads.homes
    if limits.size and to > limits.size:
        return f"The home gets {amount(to)}, more than the {amount(limits.size)} of storage.grow_limit."
    if limits.factor and to > size * limits.factor:
        return f"The home gets more than {limits.factor} times its size (storage.grow_factor)."
    return ""


def _costs(storage_class: str, before: int, to: int, reads: Reads) -> str:
    """Return what the home costs a month, and how much more than now; empty where no price is known."""
    price = reads.cost.rules.disks.get(storage_class)
    now, then = (price.month(math.ceil(size / GIB)) if price else None for size in (before, to))
    if then is None:
        return ""
    words = f"{then.quantize(_CENT):,} {reads.cost.currency} a month"
    if now is None:
        return words
    more = (then - now).quantize(_CENT)
    return f"{words}, {more:,} more than now" if more else f"{words}, as now"

"""`/jhub cluster upgrade` without a version: what runs, what it can be upgraded to, and what stands in the way."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cards.times import minute
from cards.views import Button, Cell, Column, Fact, Facts, Lines, Section, Status, Table, Tone, View, typing
from clients.azure.aks import Cluster, Pool
from clients.azure.cluster_upgrades import Maintenance, MinorVersion, Offer, UpgradeProfile
from clients.errors import Unavailable
from clients.kube import DeprecatedApi, DisruptionBudget
from commands.framework.partial_results import attempt
from commands.kubernetes.support_dates import LONG_TERM, OFFICIAL, kubernetes_end
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.maintenance_words import windows
from commands.nodes.pools import azure
from commands.nodes.upgrade_plan import in_order, surge_in_words
from commands.nodes.upgrade_preview import image_date
from commands.nodes.upgrade_risks import blocking, budgets_named
from commands.nodes.upgrade_target import LINE, minor_of, newest_of, numbers
from commands.ports.context import Reads

_COLUMNS: Final = (
    Column("Pool", 3),
    Column("Nodes", 2, numeric=True),
    Column("Version", 3),
    Column("Image", 4),
    Column("Max surge", 3),
)
_PLANS: Final = {OFFICIAL: "community support", LONG_TERM: "long-term support"}
_OWN: Final = {"none": "nothing", "patch": "patch versions", "node-image": "node images"}


@dataclass(frozen=True)
class UpgradeAnswers:
    """The answers of Azure and Kubernetes; Unavailable in place of what was not answered."""

    cluster: Cluster
    pools: Sequence[Pool]
    profile: UpgradeProfile | Unavailable
    images: Mapping[str, UpgradeProfile | Unavailable]
    versions: tuple[MinorVersion, ...] | Unavailable
    maintenance: Sequence[Maintenance] | Unavailable
    apis: Sequence[DeprecatedApi] | Unavailable
    budgets: Sequence[DisruptionBudget] | Unavailable

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What the control plane may be upgraded to; nothing where Azure did not say."""
        return () if isinstance(self.profile, Unavailable) else self.profile.offers

    def newest_image(self, pool: str) -> str:
        """Return the newest image for a pool; empty where it is unknown."""
        found = self.images[pool]
        return "" if isinstance(found, Unavailable) else found.image


async def show(args: object, reads: Reads) -> View:
    """Ask Azure and Kubernetes at once, and show what either says."""
    del args
    ask = azure(reads)
    cluster, pools = await asyncio.gather(ask.cluster(), ask.pools())
    of_azure = asyncio.gather(
        attempt("Azure", ask.upgrades()),
        attempt("Azure", ask.kubernetes_versions(cluster.location)),
        attempt("Azure", ask.maintenance()),
    )
    of_pools = asyncio.gather(*(attempt("Azure", ask.pool_upgrades(pool.name)) for pool in pools))
    of_kubernetes = asyncio.gather(
        attempt("Kubernetes", reads.kube.deprecated_apis()), attempt("Kubernetes", reads.kube.disruption_budgets())
    )
    (profile, versions, maintenance), images, (apis, budgets) = await asyncio.gather(of_azure, of_pools, of_kubernetes)
    newest = {pool.name: image for pool, image in zip(pools, images, strict=True)}
    found = UpgradeAnswers(cluster, in_order(pools), profile, newest, versions, maintenance, apis, budgets)
    return card(found, reads.now)


def card(found: UpgradeAnswers, now: datetime) -> Status:
    """Return the card. Pure."""
    problems = tuple(_problems(found, now.date()))
    return Status(
        f"Kubernetes of {found.cluster.name}",
        _headline(found),
        Tone.WARNING if problems else Tone.GOOD,
        problems,
        tuple(_sections(found, now.date())),
        minute(now),
        tuple(_buttons(found)),
    )


def _headline(found: UpgradeAnswers) -> str:
    now = found.cluster.version
    if isinstance(found.profile, Unavailable):
        return f"Kubernetes {now}; what it can be upgraded to is not known"
    patch, following = newest_of(found.offers, minor_of(now)), newest_of(found.offers)
    if not following:
        return f"Kubernetes {now}; Azure offers nothing newer"
    both = f"{patch} or {following}" if patch and patch != following else following
    return f"Kubernetes {now}; it can be upgraded to {both}"


def _problems(found: UpgradeAnswers, today: date) -> list[str]:
    cluster = found.cluster
    problems = []
    if cluster.power != "Running":
        problems.append("The cluster is stopped: Azure upgrades it only while it runs.")
    if cluster.state == "Failed":
        problems.append("Azure's last operation on the cluster failed.")
    end = kubernetes_end(cluster.version, cluster.plan)
    if end and end < today:
        problems.append(f"Support for Kubernetes {minor_of(cluster.version)} ended on {end}.")
    problems += [
        f"Azure's last operation on the pool {pool.name} failed." for pool in found.pools if pool.state == "Failed"
    ]
    late = [pool.name for pool in found.pools if numbers(pool.version) < numbers(cluster.version)]
    if late:
        problems.append(f"Behind the control plane: {', '.join(late)}. “{LINE} --nodes-only” brings them up to it.")
    return [*problems, *_unknown(found), *_in_the_way(found)]


def _unknown(found: UpgradeAnswers) -> list[str]:
    asked = (
        ("What it can be upgraded to", found.profile),
        ("The newest node images", next((one for one in found.images.values() if isinstance(one, Unavailable)), None)),
        ("Maintenance windows", found.maintenance),
    )
    return [f"{what}: not known. {why}." for what, why in asked if isinstance(why, Unavailable)]


def _in_the_way(found: UpgradeAnswers) -> list[str]:
    lines = []
    if not isinstance(found.budgets, Unavailable) and (held := blocking(found.budgets)):
        lines.append(f"Nodes cannot be drained while these disruption budgets let no pod go: {budgets_named(held)}.")
    following = newest_of(found.offers, preview=True)
    if not isinstance(found.apis, Unavailable):
        gone = [
            one
            for one in found.apis
            if one.removed and following and numbers(one.removed)[:2] <= numbers(following)[:2]
        ]
        if gone:
            lines.append(f"In use, and gone in {minor_of(following)}: {', '.join(one.text for one in gone)}.")
    return lines


def _sections(found: UpgradeAnswers, today: date) -> list[Section]:
    sections: list[Section] = [Facts(_facts(found, today))]
    sections.append(Table(_COLUMNS, tuple(_row(found, pool) for pool in found.pools)))
    if found.offers:
        sections.append(Facts(tuple(_offer(one, found, today) for one in found.offers), "Azure offers"))
    if not isinstance(found.maintenance, Unavailable):
        lines = windows(found.maintenance) or ("None: Azure does what it does by itself at any time.",)
        sections.append(Lines(lines, "Maintenance windows"))
    return [*sections, Lines(_apis(found.apis), "Deprecated APIs in use"), *_budgets(found.budgets)]


def _facts(found: UpgradeAnswers, today: date) -> tuple[Fact, ...]:
    cluster = found.cluster
    end = kubernetes_end(cluster.version, cluster.plan)
    until = f", until {end}" if end else ", end not known"
    tone = Tone.WARNING if end and end < today else Tone.NOTE
    return (
        Fact("Control plane", cluster.version),
        Fact("Support", f"{_PLANS.get(cluster.plan, cluster.plan)}{until}", tone),
        Fact("Automatic upgrades", _own(cluster)),
        *((Fact("Other nodes", f"of {kind_in_words(cluster)}, follow by themselves"),) if provisions(cluster) else ()),
    )


def _own(cluster: Cluster) -> str:
    what = _OWN.get(cluster.channel.lower(), f"Kubernetes ({cluster.channel})")
    images = cluster.image_channel.lower()
    return what if images in ("none", "") or "image" in what else f"{what}; nodes: {cluster.image_channel}"


def _row(found: UpgradeAnswers, pool: Pool) -> tuple[Cell, ...]:
    late = numbers(pool.version) < numbers(found.cluster.version)
    return (
        Cell(pool.name),
        Cell(str(pool.count)),
        Cell(pool.version, Tone.WARNING if late else Tone.NOTE),
        _image(pool, found.newest_image(pool.name)),
        Cell(surge_in_words(pool)),
    )


def _image(pool: Pool, newest: str) -> Cell:
    if not newest or not pool.image or pool.image == newest:
        return Cell(image_date(pool.image))
    return Cell(f"{image_date(pool.image)}, newest {image_date(newest)}", Tone.WARNING)


def _offer(one: Offer, found: UpgradeAnswers, today: date) -> Fact:
    minor = minor_of(one.version)
    end = kubernetes_end(one.version)
    parts = ["preview"] if one.preview else []
    known = () if isinstance(found.versions, Unavailable) else found.versions
    plans = next((it.plans for it in known if it.version == minor), ())
    parts += [_PLANS.get(plan, plan) + _until(one.version, plan) for plan in plans]
    over = OFFICIAL not in plans if plans else bool(end and end < today)
    return Fact(
        one.version, ", ".join(parts) or "support not known", Tone.WARNING if one.preview or over else Tone.NOTE
    )


def _until(version: str, plan: str) -> str:
    end = kubernetes_end(version, plan)
    return f" until {end}" if end else ""


def _apis(found: Sequence[DeprecatedApi] | Unavailable) -> tuple[str, ...]:
    if isinstance(found, Unavailable):
        return (f"Not known: {found}.",)
    lines = tuple(f"{one.text}{f', gone in {one.removed}' if one.removed else ''}" for one in found)
    return lines or ("None since the API server started, as its own metrics tell.",)


def _budgets(found: Sequence[DisruptionBudget] | Unavailable) -> tuple[Lines, ...]:
    return (Lines((f"Not known: {found}.",), "Disruption budgets"),) if isinstance(found, Unavailable) else ()


def _buttons(found: UpgradeAnswers) -> list[Button]:
    if found.cluster.power != "Running":
        return []
    newest = newest_of(found.offers)
    buttons = [typing(f"Upgrade to {newest}", f"{LINE} {newest}")] if newest else []
    if any(found.newest_image(pool.name) not in ("", pool.image) for pool in found.pools):
        buttons.append(typing("Upgrade node images", f"{LINE} --images"))
    return buttons

"""Volumes that are full or nearly so: users' homes, the hub's database, and others of the namespace.

Prometheus is asked, which has what kubelet measured. A volume that no pod mounts counts by its last measurement: a home
that is full is full still when its owner comes back.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import typing
from clients.kube import Claim
from clients.prometheus import VolumeUsage, VolumeUsages
from commands.framework.argument_types import HUB_DATABASE
from commands.framework.usage import quoted
from commands.ports.context import Reads
from commands.storage.fullness import TRASH, is_nearly_full, of_claim, with_age
from commands.storage.homes import may_be_home

_LIST: Final = typing("Fullest homes", "/jhub storage list --full")
# What grows in the hub's database is told again at these.
_STEPS: Final = (95, 98)


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for what was measured, and for the claims if one is nearly full. Raise Unavailable."""
    if reads.prometheus is None:
        return []
    usages = await reads.prometheus.volumes()
    if not any(map(is_nearly_full, usages)):
        return []
    claims = [claim async for page in reads.kube.claim_pages() for claim in page if claim.name in usages.by_claim]
    return judge(claims, usages, reads.now)


def judge(claims: Collection[Claim], usages: VolumeUsages, now: datetime) -> list[Finding]:
    """Return a finding for each claim that exists and whose volume is full or nearly so. Pure."""
    known = ((claim, of_claim(usages, claim)) for claim in claims if not claim.terminating)
    return [found for claim, usage in known if usage and is_nearly_full(usage) for found in _found(claim, usage, now)]


def _found(claim: Claim, usage: VolumeUsage, now: datetime) -> Iterator[Finding]:
    if claim.name == HUB_DATABASE:
        yield _of_database(claim, usage, now)
    elif may_be_home(claim):
        yield _of_home(claim, usage, now)
    else:
        yield _of_other(claim, usage, now)


def _of_database(claim: Claim, usage: VolumeUsage, now: datetime) -> Finding:
    return Finding(
        key=f"volume {claim.name}",
        severity=Severity.CRITICAL if usage.is_full else Severity.WARNING,
        title=f"The volume of the hub’s database is {_how_full(usage)}",
        cause=f"{with_age(usage, now)}. Once nothing is left, the hub cannot record logins and starts: nobody can "
        "start a server.",
        advice=(
            f"Enlarge the claim {claim.name}; hub.db.pvc.storage in the values is for new ones.",
            "Or make room: backups that an upgrade made of the database, jupyterhub.sqlite.*, lie beside it.",
        ),
        buttons=(typing("Show status", "/jhub status"),),
        step=sum(usage.percent >= limit for limit in _STEPS),
    )


def _of_home(claim: Claim, usage: VolumeUsage, now: datetime) -> Finding:
    who = claim.user or claim.name
    show = (typing("Show the home", f"/jhub storage show {quoted(claim.user)}"),) if claim.user else ()
    return Finding(
        key=f"volume {claim.name}",
        severity=Severity.WARNING if usage.is_full else Severity.NOTE,
        title=f"The home of {who} is {_how_full(usage)}",
        cause=_consequence(usage),
        advice=(
            f"Who owns a home can delete files in a terminal while a server runs; {TRASH}.",
            "Where that is not enough, enlarge the claim.",
        ),
        buttons=(_LIST, *show),
        subjects=(f"{who} ({with_age(usage, now)})",),
        group="homes full" if usage.is_full else "homes nearly full",
        several=f"{{count}} homes are {'full' if usage.is_full else 'nearly full'}",
    )


def _consequence(usage: VolumeUsage) -> str:
    if usage.is_full:
        return "Notebooks cannot be saved, and a server that is stopped does not start again until there is room."
    return "Once nothing is left, notebooks cannot be saved, and a server does not start."


def _of_other(claim: Claim, usage: VolumeUsage, now: datetime) -> Finding:
    return Finding(
        key=f"volume {claim.name}",
        severity=Severity.WARNING,
        title=f"The volume of the claim {claim.name} is {_how_full(usage)}",
        cause="Once nothing is left, whatever mounts it cannot write any more.",
        advice=("Delete what is not needed in it, or enlarge the claim.",),
        subjects=(f"{claim.name} ({with_age(usage, now)})",),
        group="volumes full" if usage.is_full else "volumes nearly full",
        several=f"{{count}} volumes are {'full' if usage.is_full else 'nearly full'}",
    )


def _how_full(usage: VolumeUsage) -> str:
    return "full" if usage.is_full else "nearly full"


WATCHER = Watcher(
    "volumes",
    look,
    every=timedelta(minutes=5),
    # What was measured is so: it neither passes in minutes nor comes for moments.
    dwell=timedelta(0),
    clear=timedelta(minutes=20),
)

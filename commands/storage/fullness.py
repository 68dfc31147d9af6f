"""How full volumes are, in words: measured by kubelet, kept by Prometheus.

A volume that no pod mounts now has the last measurement of the past days, with its age, or none.
"""

from datetime import datetime
from typing import Final

from cards.views import Fact, Tone
from clients.errors import Unavailable
from clients.kube import Claim
from clients.prometheus import VolumeUsage, VolumeUsages
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.storage.former_name import former_name
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken
from commands.timing.timestamps import ago

NEARLY: Final = 90
"""From so many percent on, a volume is nearly full."""

TRASH: Final = "what JupyterLab deletes stays in ~/.local/share/Trash and takes up room until it is deleted there"
"""Why deleting files may make no room."""

NOT_CONFIGURED: Final = "prometheus.url is not configured"


def is_nearly_full(usage: VolumeUsage) -> bool:
    """Return True if little can be written any more, or nothing."""
    return usage.percent >= NEARLY


def tone_of(usage: VolumeUsage | None) -> Tone:
    """Return how bad it is."""
    if usage is None or not is_nearly_full(usage):
        return Tone.NOTE
    return Tone.BAD if usage.is_full else Tone.WARNING


def of_claim(usages: VolumeUsages, claim: Claim) -> VolumeUsage | None:
    """Return what was measured of the claim's volume, not of an earlier one of its name; None if that is nothing."""
    return since(claim.created, usages.get(claim.name))


def since(created: datetime | None, usage: VolumeUsage | None) -> VolumeUsage | None:
    """Return what was measured of a claim of that time; None if it was of an earlier one of the same name."""
    return None if usage is None or (created is not None and usage.seen < created) else usage


def in_words(usage: VolumeUsage) -> str:
    """Return how full it is, by bytes, and by files where those are the more or nearly used up."""
    said = f"{usage.percent_of_bytes} % of {amount(usage.capacity)} used, {_left(usage)}"
    return f"{said}; {files_in_words(usage)}" if usage.percent_of_files >= NEARLY else said


def files_in_words(usage: VolumeUsage) -> str:
    """Return how many of its inodes are used."""
    return f"{usage.files:,} of at most {usage.most_files:,} files"


def _left(usage: VolumeUsage) -> str:
    return f"{amount(usage.free)} left" if usage.free else "nothing left"


def measured(usage: VolumeUsage, now: datetime) -> str:
    """Return when that was measured: now, or how long ago."""
    return "now" if usage.mounted else ago(usage.seen, now)


def with_age(usage: VolumeUsage, now: datetime) -> str:
    """Return how full it is, and when that was measured if it is not now."""
    return in_words(usage) if usage.mounted else f"{in_words(usage)}; measured {ago(usage.seen, now)}"


def fact(label: str, usages: VolumeUsages | Unavailable, claim: Claim, now: datetime) -> Fact:
    """Return a line about the claim's volume. What is not known is said to be unknown, and why."""
    if isinstance(usages, Unavailable):
        return Fact(label, f"unknown: {usages}", Tone.WARNING)
    usage = of_claim(usages, claim)
    if usage is not None:
        return Fact(label, with_age(usage, now), tone_of(usage))
    why = (
        f"Prometheus warns: {usages.warnings[0]}" if usages.warnings else f"not measured within {spoken(usages.within)}"
    )
    if before := _renamed_within(usages, claim, now):
        why = f"not measured since its owner was renamed from {before}"
    return Fact(label, f"unknown: {why}")


def _renamed_within(usages: VolumeUsages, claim: Claim, now: datetime) -> str:
    """Return the former name of an owner who got another within the time that is looked back on; else nothing."""
    is_new = claim.created is not None and now - claim.created < usages.within
    return former_name(claim) if is_new and not usages.warnings else ""


async def usages_of(claims: list[str], reads: Reads) -> VolumeUsages | Unavailable | None:
    """Return what was measured of these claims' volumes, or why that is not known; None without Prometheus."""
    if reads.prometheus is None:
        return None
    return await attempt("Prometheus", reads.prometheus.volumes(claims))

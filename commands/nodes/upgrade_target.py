"""The version of Kubernetes that an upgrade goes to: which one is meant, and why it cannot be. Pure.

The rules are Azure's ("Upgrade an AKS cluster control plane"): no minor version is skipped, none is taken back.
"""

from collections.abc import Sequence
from typing import Final

from clients.azure.cluster_upgrades import Offer
from commands.framework.errors import UserError
from commands.nodes.arguments import KubernetesVersion
from commands.text.version_numbers import parsed

LINE: Final = "/jhub cluster upgrade"
_NONE: Final = (0, 0, 0)


def numbers(version: str) -> tuple[int, int, int]:
    """Return a version as numbers, to be compared; zeros for what is none."""
    return parsed(version) or _NONE


def minor_of(version: str) -> str:
    """Return the minor version as it is written: "1.36" of "1.36.2"."""
    return ".".join(version.split(".")[:2])


def newest_of(offers: Sequence[Offer], minor: str = "", *, preview: bool = False) -> str:
    """Return the newest version that is offered, of one minor version if given; empty if there is none."""
    fitting = [one.version for one in offers if (preview or not one.preview) and minor in ("", minor_of(one.version))]
    return max(fitting, key=numbers, default="")


def choose(asked: KubernetesVersion, now: str, offers: Sequence[Offer], *, preview: bool) -> str:
    """Return the version that is asked for: one that is offered, or the present one. Raise UserError for any other.

    A minor version stands for its newest patch version.
    """
    if asked == now:
        return now
    _check_direction(asked, now, offers)
    found = _found(asked, offers, preview=preview)
    if found:
        return found
    if _found(asked, offers, preview=True):
        raise UserError(
            f"Kubernetes {asked} is a preview: Azure does not support it for work that matters. Add --preview to take "
            "it all the same.",
            f"{LINE} {asked} --preview",
        )
    if not asked.is_whole and asked == minor_of(now):
        return now
    raise UserError(
        f"Azure does not offer Kubernetes {asked} for this cluster. {offered_in_words(offers)}", *_hints(offers)
    )


def _found(asked: KubernetesVersion, offers: Sequence[Offer], *, preview: bool) -> str:
    if not asked.is_whole:
        return newest_of(offers, asked, preview=preview)
    return next((one.version for one in offers if one.version == asked and (preview or not one.preview)), "")


def _check_direction(asked: KubernetesVersion, now: str, offers: Sequence[Offer]) -> None:
    there, here = numbers(asked), numbers(now)
    if there[:2] < here[:2] or (asked.is_whole and there < here):
        raise UserError(
            f"The control plane runs Kubernetes {now}, and Azure takes no version back: {asked} is older.", LINE
        )
    if there[0] == here[0] and there[1] > here[1] + 1:
        following = f"{here[0]}.{here[1] + 1}"
        raise UserError(
            f"Azure skips no minor version, and the control plane runs {now}: {following} comes before {asked}.",
            *([f"{LINE} {following}"] if newest_of(offers, following, preview=True) else [LINE]),
        )


def offered_in_words(offers: Sequence[Offer]) -> str:
    """Return what is offered as a sentence."""
    names = [f"{one.version} (preview)" if one.preview else one.version for one in offers]
    return f"It offers {', '.join(names)}." if names else "It offers no other version now."


def _hints(offers: Sequence[Offer]) -> tuple[str, ...]:
    newest = newest_of(offers)
    return (f"{LINE} {newest}",) if newest else (LINE,)

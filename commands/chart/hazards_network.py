"""Hazards for the network: what users' servers and the cluster's nodes may no longer reach.

Sources: Zero to JupyterHub's values.yaml of 1.1.3 and 2.0.0 (`singleuser.networkPolicy`: in 1.1 `egress` allows
0.0.0.0/0, from 2.0 on `egressAllowRules` with `privateIPs: false`), and its changelog of 3.2.0.
"""

from collections.abc import Iterator
from typing import Final

from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity

_POLICY: Final = ("singleuser", "networkPolicy")
_IMAGES: Final = (("hub", "image"), ("proxy", "chp", "image"), ("singleuser", "networkTools", "image"))


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards for the network."""
    if upgrade.passes(2) and not _reaches_private(upgrade):
        yield Hazard(
            "private-egress",
            HazardSeverity.WARNING,
            "Users’ servers may no longer reach private addresses",
            "From chart 2.0 on, their network policy allows no private IPv4 address: no file share, no store of data "
            "and no other service in your network or in the cluster, as far as the cluster enforces network policies.",
            remedy="To keep it, set singleuser.networkPolicy.egressAllowRules.privateIPs to true in the values, and "
            "deploy them with the new chart.",
        )
    if upgrade.passes(3, 2) and not all(upgrade.given(*path, "name") for path in _IMAGES):
        yield Hazard(
            "images-from-quay",
            HazardSeverity.NOTE,
            "The chart’s own images come from quay.io",
            "Before chart 3.2 they came from Docker Hub: a firewall, a proxy or a policy for images must allow it.",
        )


def _reaches_private(upgrade: ChartUpgrade) -> bool:
    """Return True if private addresses stay allowed, or the values had rules of their own, which stay as well."""
    if upgrade.effective(*_POLICY, "enabled") is False or upgrade.given(*_POLICY, "egress"):
        return True
    return upgrade.effective(*_POLICY, "egressAllowRules", "privateIPs") is True

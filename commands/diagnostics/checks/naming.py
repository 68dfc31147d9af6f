"""Check of how homes are named: an upgrade that changes it gives everybody an empty home (kubespawner 7)."""

from collections import Counter

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap, warning
from commands.kubernetes.claim_names import Scheme, scheme
from commands.values.hub_config import HubConfig


def judge(readings: Readings) -> CheckResult:
    """Compare the scheme in the values with the homes that exist."""
    homes = [one for one in unwrap(readings.claims) if one.user and one.component == "singleuser-storage"]
    counted = Counter(scheme(one.name, one.user, one.server) for one in homes)
    old, new = counted[Scheme.OLD], counted[Scheme.NEW]
    written = HubConfig(readings.release.values).get("slug_scheme", "KubeSpawner")
    if written not in ("safe", "escape"):
        if not old and not new:
            return passed("no scheme is set, and there are no homes: the chart's default applies")
        way = f"Set hub.config.KubeSpawner.slug_scheme to {'escape' if old > new else 'safe'} before any upgrade"
        return warning(f"no scheme is set; {old} homes have old names, {new} new ones", way)
    return passed(f"set to {written}; {old} homes have old names, {new} new ones")


CHECK = Check(140, "Names of homes", judge)

"""Check that Prometheus has kubelet's metrics of volumes, by which the bot knows how full homes are.

Azure Monitor's managed Prometheus keeps them by default: its minimal ingestion profile lists them for the target
kubelet, inodes included (Microsoft Learn, "Default Prometheus metrics configuration in Azure Monitor", and the add-on's
own keep list, both read on 2026-12-01).
"""

from typing import Final

from clients.prometheus import Coverage
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap, warning

_MANAGED: Final = (
    "At AKS: az aks update --enable-azure-monitor-metrics; its kubelet target has them by default. Elsewhere: have "
    "Prometheus scrape kubelet’s /metrics, with honor_labels: true (docs/running.md)"
)
_KEEP: Final = (
    "Keep {} of the target kubelet: at AKS in default-targets-metrics-keep-list of the ConfigMap "
    "ama-metrics-settings-configmap (docs/running.md)"
)


def judge(readings: Readings) -> CheckResult:
    """Judge which of the metrics there are of the hub's namespace."""
    found = unwrap(readings.volume_metrics)
    if found is None:
        return passed("not checked: prometheus.url is not configured, so how full homes are is not known")
    if len(found.missing) == len(found.series):
        return warning("Prometheus answers, but has no measurement of a volume in the hub’s namespace", _MANAGED)
    if lacking := _lacking(found):
        return warning(f"Prometheus does not keep {', '.join(lacking)}", _KEEP.format(" and ".join(lacking)))
    most = max(found.series.values())
    return passed(f"Prometheus has {most:,} {'volume' if most == 1 else 'volumes'} of the last day")


def _lacking(found: Coverage) -> list[str]:
    """Return the missing metrics that something depends on: of what is used and what is free, one will do."""
    capacity, used, available, *inodes = found.series
    either = [] if found.series[used] or found.series[available] else [used]
    return [name for name in (capacity, *inodes) if not found.series[name]] + either


CHECK = Check(145, "How full homes are", judge)

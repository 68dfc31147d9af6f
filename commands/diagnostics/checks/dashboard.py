"""Check of the Kubernetes dashboard: off, in a cluster with secrets."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap
from commands.nodes.dashboard_disable import ADDONS


def judge(readings: Readings) -> CheckResult:
    """Judge the add-on by Azure, and its pods by Kubernetes."""
    cluster = unwrap(readings.cluster)
    on = cluster is not None and any(cluster.addons.get(name, False) for name in ADDONS)
    running = [pod.name for pod in unwrap(readings.system_pods) if pod.name.startswith("kubernetes-dashboard")]
    if on or running:
        return failed("it is enabled" if on else f"a pod of it is running: {running[0]}", "/jhub dashboard disable")
    return passed("off")


CHECK = Check(90, "Dashboard", judge)

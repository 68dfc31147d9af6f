"""Check of the Kubernetes dashboard: off, in a cluster with secrets."""

from commands.diagnostics.checks.readings import Check, Line, Readings, fine, told, wrong
from commands.nodes.dashboard_disable import ADDONS


def judge(readings: Readings) -> Line:
    """Judge the add-on by Azure, and its pods by Kubernetes."""
    cluster = told(readings.cluster)
    on = cluster is not None and any(cluster.addons.get(name, False) for name in ADDONS)
    running = [pod.name for pod in told(readings.system_pods) if pod.name.startswith("kubernetes-dashboard")]
    if on or running:
        return wrong("it is enabled" if on else f"a pod of it is running: {running[0]}", "/jhub dashboard disable")
    return fine("off")


CHECK = Check(90, "Dashboard", judge)

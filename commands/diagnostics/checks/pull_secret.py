"""Check that the cluster may pull the users' image: by a secret, or as the nodes' own identity."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap
from commands.kubernetes.image_pull_failures import pull_problem


def judge(readings: Readings) -> CheckResult:
    """Judge the Secrets that the values name, and if any pod is refused."""
    secrets = unwrap(readings.pull_secrets)
    missing = [name for name, there in secrets.items() if not there]
    if missing:
        return failed(f"the Secret {missing[0]} is missing or is not a pull secret", "Create it, or deploy again")
    stuck = [pod for pod in unwrap(readings.pods) if pod.pull_failure]
    if stuck and stuck[0].pull_failure:
        return failed(f"{stuck[0].name}: {pull_problem(stuck[0].pull_failure).rstrip('.')}", "/jhub images")
    return passed(", ".join(secrets) if secrets else "not needed: the nodes pull with their own identity")


CHECK = Check(110, "Pull secret", judge)

"""Starts of servers that Kubernetes refuses: no pod and no event, only the hub's log has them.

The log is written as JupyterHub 5.5 (`user.py`) and kubernetes_asyncio write it, one line of the container each.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.storage.store import Store
from sandbox.faults import quota
from sandbox.jupyterhub.users import HubUsers

_TRIES: Final = 4
_APART: Final = timedelta(seconds=4)

# What an API server answers, after the name of the pod: with a ResourceQuota, a LimitRange, Kyverno, Pod Security.
_REASONS: Final = {
    "quota": "exceeded quota: compute, requested: pods=1, used: pods={there}, limited: pods={there}",
    "limits": "maximum memory usage per Container is 2Gi, but limit is 8Gi",
    "security": 'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "notebook" must set '
    "securityContext.runAsNonRoot=true)",
}
_POLICY: Final = (
    'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/jhub/{pod} was blocked due to the '
    "following policies: require-team-label: the label team is required"
)
HOWS: Final = (*_REASONS, "policy")


class RefusedStarts:
    """The lines of the hub's log about refused starts."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._lines: list[tuple[datetime, str]] = []

    @property
    def is_broken(self) -> bool:
        """True if a start was refused since the last `heal`."""
        return bool(self._lines)

    def log_lines(self, pod: Json, container: str) -> Iterable[tuple[datetime, str]]:
        """Return the whole lines of a container, for `container_log`."""
        is_hub = pod["metadata"].get("labels", {}).get("component") == "hub" and container == "hub"
        return self._lines if is_hub else ()

    def begin(self, users: HubUsers, now: datetime, how: str) -> list[str]:
        """Let people try in vain, the last one just now. Return their names."""
        self.heal()
        there = quota.begin(self._store, self._namespace) if how == "quota" else 0
        names = [user.name for user in islice((one for one in users.all() if not one.servers), _TRIES)]
        for number, name in enumerate(reversed(names)):
            self._refuse(name, now - number * _APART, how, there)
        self._lines.sort(key=lambda line: line[0])
        return names

    def heal(self) -> None:
        """End the refusals, and remove them from the log."""
        quota.heal(self._store, self._namespace)
        self._lines.clear()

    def _refuse(self, name: str, when: datetime, how: str, there: int) -> None:
        pod = f"jupyter-{name.partition('@')[0].replace('.', '-')}"
        message = (
            _POLICY.format(pod=pod)
            if how == "policy"
            else f'pods "{pod}" is forbidden: {_REASONS[how].format(there=there)}'
        )
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
        body = json.dumps({**status, "reason": "Forbidden", "details": {"name": pod, "kind": "pods"}, "code": 403})
        stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} JupyterHub"
        for line in (
            f"[E {stamp} user:1012] Unhandled error starting {name}'s server: (403)",
            "    Reason: Forbidden",
            "    HTTP response headers: <CIMultiDictProxy('Content-Type': 'application/json')>",
            f"    HTTP response body: {body}",
            "    Traceback (most recent call last):",
            '      File "/usr/local/lib/python3.12/site-packages/jupyterhub/user.py", line 913, in spawn',
            "    kubernetes_asyncio.client.exceptions.ApiException: (403)",
        ):
            self._lines.append((when, line))

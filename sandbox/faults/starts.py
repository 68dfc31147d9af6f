"""Starts of servers that Kubernetes refuses: no pod and no event, only the hub's log has them.

What refused them is there as well, for who asks by a dry run or tries to create such a pod: a quota, a limit range, an
admission webhook, the namespace's pod security level. The log is written as JupyterHub 5.5 (`user.py`) and
kubernetes_asyncio write it, one line of the container each.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sandbox.apiserver.objects.errors import ApiError, forbidden, internal
from sandbox.apiserver.objects.resource_kinds import LIMIT_RANGE, POD, Json, Kind
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
# What fails beside that: a webhook that does not answer, the hub's own code.
_WEBHOOK: Final = (
    'Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": failed to call webhook: Post '
    '"https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": context deadline exceeded'
)
_HOOK: Final = "'NoneType' object has no attribute 'get'"
_LIMIT: Final = "base:1104] {there} servers active, no space available"
_POLICY: Final = (
    'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/jhub/{pod} was blocked due to the '
    "following policies: require-team-label: the label team is required"
)
_TRACE: Final = (
    "    Traceback (most recent call last):",
    '      File "/usr/local/lib/python3.12/site-packages/jupyterhub/user.py", line 913, in spawn',
    '      File "<string>", line 12, in pre_spawn_hook',
    f"    AttributeError: {_HOOK}",
)
_FORBIDDEN: Final = 403
_RANGE: Final = "sizes"
_USERS: Final = "singleuser-server"
HOWS: Final = (*_REASONS, "policy", "webhook", "hook", "limit")


class RefusedStarts:
    """The lines of the hub's log about refused starts."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._how = ""
        store.webhooks.append(self._admit)
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
        self._how = how
        if how == "limits":
            spec = {"limits": [{"type": "Container", "max": {"memory": "2Gi"}}]}
            self._store.create(LIMIT_RANGE, self._namespace, {"metadata": {"name": _RANGE}, "spec": spec})
        there = quota.begin(self._store, self._namespace) if how == "quota" else _servers(users)
        names = [user.name for user in islice((one for one in users.all() if not one.servers), _TRIES)]
        for number, name in enumerate(reversed(names)):
            self._refuse(name, now - number * _APART, how, there)
        self._lines.sort(key=lambda line: line[0])
        return names

    def heal(self) -> None:
        """End the refusals, and remove them from the log."""
        quota.heal(self._store, self._namespace)
        self._store.remove(LIMIT_RANGE, self._namespace, _RANGE)
        self._how = ""
        self._lines.clear()

    def _admit(self, kind: Kind, obj: Json) -> None:
        """Raise ApiError for a pod of a user's server, as what refuses them now does."""
        labels = obj["metadata"].get("labels") or {}
        if kind is not POD or obj["metadata"].get("namespace") != self._namespace or labels.get("component") != _USERS:
            return
        name = obj["metadata"].get("name", "")
        match self._how:
            case "policy":
                raise ApiError(_FORBIDDEN, "Forbidden", _POLICY.format(pod=name))
            case "webhook":
                raise internal(_WEBHOOK.removeprefix("Internal error occurred: "))
            case "security":
                raise forbidden(POD, name, _REASONS["security"])

    def _refuse(self, name: str, when: datetime, how: str, there: int) -> None:
        stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} JupyterHub"
        if how == "limit":
            self._lines.append((when, f"[I {stamp} {_LIMIT.format(there=there)}"))
        elif how == "hook":
            self._tell(when, f"[E {stamp} user:1012] Unhandled error starting {name}'s server: {_HOOK}", *_TRACE)
        else:
            self._answer(name, when, stamp, _said(how, name, there), 500 if how == "webhook" else 403)

    def _answer(self, name: str, when: datetime, stamp: str, said: str, code: int) -> None:
        reason = "Forbidden" if code == _FORBIDDEN else "InternalError"
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": said}
        body = json.dumps({**status, "reason": reason, "details": {"name": _pod(name), "kind": "pods"}, "code": code})
        self._tell(
            when,
            f"[E {stamp} user:1012] Unhandled error starting {name}'s server: ({code})",
            f"    Reason: {'Forbidden' if code == _FORBIDDEN else 'Internal Server Error'}",
            "    HTTP response headers: <CIMultiDictProxy('Content-Type': 'application/json')>",
            f"    HTTP response body: {body}",
            "    Traceback (most recent call last):",
            '      File "/usr/local/lib/python3.12/site-packages/jupyterhub/user.py", line 913, in spawn',
            f"    kubernetes_asyncio.client.exceptions.ApiException: ({code})",
        )

    def _tell(self, when: datetime, *lines: str) -> None:
        self._lines += [(when, line) for line in lines]


def _servers(users: HubUsers) -> int:
    return sum(len(user.servers) for user in users.all())


def _pod(name: str) -> str:
    return f"jupyter-{name.partition('@')[0].replace('.', '-')}"


def _said(how: str, name: str, there: int) -> str:
    """Return what the API server answers."""
    match how:
        case "policy":
            return _POLICY.format(pod=_pod(name))
        case "webhook":
            return _WEBHOOK
    return f'pods "{_pod(name)}" is forbidden: {_REASONS[how].format(there=there)}'

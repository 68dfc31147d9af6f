"""ResourceQuotas: how much all the pods of a namespace may request and use together.

Wordings are those of Kubernetes 1.32 (apiserver, plugin/pkg/admission/resourcequota; pkg/quota/v1/evaluator/core).
Quotas with scopes are not looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from sandbox.apiserver.objects.errors import ApiError, forbidden
from sandbox.apiserver.objects.quantities import amount, written
from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.apiserver.validation.pod_resources import Amounts, of_pod

_PODS = ("pods", "count/pods")
# A container must say how much it takes of these where a quota has them; extended resources may be left out.
_COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def check(pod: Json, quotas: Iterable[Json], pods: Sequence[Json]) -> None:
    """Raise ApiError 403 for a pod that a quota has no room for beside the namespace's `pods`."""
    for quota in quotas:
        spec = quota.get("spec") or {}
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        hard = {name: amount(str(text)) for name, text in (spec.get("hard") or {}).items()}
        if missing := list(_missing(pod, hard)):
            raise _refused(pod, f"failed quota: {quota['metadata']['name']}: must specify {'; '.join(missing)}")
        _check_room(pod, quota["metadata"]["name"], hard, pods)


def _check_room(pod: Json, name: str, hard: Amounts, pods: Sequence[Json]) -> None:
    asked, used = _usage(pod), _sum(map(_usage, (one for one in pods if _counts(one))))
    full = sorted(one for one, most in hard.items() if asked.get(one) and used.get(one, Decimal(0)) + asked[one] > most)
    if full:
        says = [_listed(full, amounts) for amounts in (asked, used, hard)]
        raise _refused(pod, f"exceeded quota: {name}, requested: {says[0]}, used: {says[1]}, limited: {says[2]}")


def _refused(pod: Json, why: str) -> ApiError:
    return forbidden(POD, pod["metadata"]["name"], why)


def _listed(names: Sequence[str], amounts: Amounts) -> str:
    return ",".join(f"{name}={written(amounts.get(name, Decimal(0)))}" for name in names)


def _missing(pod: Json, hard: Amounts) -> Iterator[str]:
    for name in sorted(set(hard).intersection(_COMPUTE)):
        which, _, resource = name.rpartition(".")
        field = which or "requests"
        lacking = [
            one["name"]
            for one in pod["spec"].get("containers") or ()
            if resource not in ((one.get("resources") or {}).get(field) or {})
        ]
        if lacking:
            yield f"{name} for: {','.join(sorted(lacking))}"


def _usage(pod: Json) -> Amounts:
    requests, limits = of_pod(pod)
    made = dict.fromkeys(_PODS, Decimal(1))
    made |= {name: one for name, one in requests.items() if name in ("cpu", "memory", "ephemeral-storage")}
    made |= {f"requests.{name}": one for name, one in requests.items()}
    return made | {f"limits.{name}": one for name, one in limits.items()}


def _sum(usages: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for usage in usages:
        for name, one in usage.items():
            total[name] = total.get(name, Decimal(0)) + one
    return total


def _counts(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")

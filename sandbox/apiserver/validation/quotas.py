"""ResourceQuotas: how much all the pods and claims of a namespace may request and use together.

Wordings are those of Kubernetes 1.32 (apiserver, plugin/pkg/admission/resourcequota; pkg/quota/v1/evaluator/core).
Quotas with scopes are not looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from sandbox.apiserver.objects.errors import forbidden
from sandbox.apiserver.objects.quantities import amount, written
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, Json, Kind
from sandbox.apiserver.validation.pod_resources import Amounts, of_pod

_PODS = ("pods", "count/pods")
_CLAIMS = ("persistentvolumeclaims", "count/persistentvolumeclaims")
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
            why = f"failed quota: {quota['metadata']['name']}: must specify {'; '.join(missing)}"
            raise forbidden(POD, pod["metadata"]["name"], why)
        used = _sum(map(_usage, (one for one in pods if _counts(one))))
        _check_room(POD, pod["metadata"]["name"], quota["metadata"]["name"], hard, _usage(pod), used)


def check_claim(claim: Json, quotas: Iterable[Json], claims: Sequence[Json], before: Json | None = None) -> None:
    """Raise ApiError 403 for a claim that a quota has no room for beside the namespace's `claims`.

    `before` is the claim as it was, where it is enlarged: only what is more counts then.
    """
    asked = claim_usage(claim)
    if before is not None:
        asked = {name: one - claim_usage(before).get(name, Decimal(0)) for name, one in asked.items()}
    used = _sum(map(claim_usage, claims))
    for quota in quotas:
        hard = {name: amount(str(text)) for name, text in ((quota.get("spec") or {}).get("hard") or {}).items()}
        name = claim["metadata"]["name"]
        _check_room(PERSISTENT_VOLUME_CLAIM, name, quota["metadata"]["name"], hard, asked, used)


def claim_usage(claim: Json) -> Amounts:
    """Return what a claim counts for in a quota, by resource: of all claims, and of those of its class."""
    spec = claim["spec"]
    size = amount(str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")))
    made = {"requests.storage": size, **dict.fromkeys(_CLAIMS, Decimal(1))}
    if storage_class := spec.get("storageClassName"):
        of_class = f"{storage_class}.storageclass.storage.k8s.io"
        made |= {f"{of_class}/requests.storage": size, f"{of_class}/persistentvolumeclaims": Decimal(1)}
    return made


def _check_room(kind: Kind, of: str, quota: str, hard: Amounts, asked: Amounts, used: Amounts) -> None:
    full = sorted(one for one, most in hard.items() if asked.get(one) and used.get(one, Decimal(0)) + asked[one] > most)
    if full:
        says = [_listed(full, amounts) for amounts in (asked, used, hard)]
        why = f"exceeded quota: {quota}, requested: {says[0]}, used: {says[1]}, limited: {says[2]}"
        raise forbidden(kind, of, why)


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

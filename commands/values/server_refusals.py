"""What Kubernetes says of a pod that it would refuse, read for the card: who refuses, why, and if that lasts. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from clients.kube import LimitRange
from commands.kubernetes.admission_failures import refusal
from commands.kubernetes.admission_ways import way_out
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import Cause
from commands.values import formats
from commands.values.server_pod import USER, Json

_NAMED: Final = 5
_INVALID: Final = re.compile(r'^Pod "[^"]{1,253}" is invalid: ')
UNKNOWN_FIELD: Final = re.compile(r'unknown field "([^"]{1,300})"')
# Where KubeSpawner itself looks at the names: it makes no pod with one that it does not know (7.1, utils.py).
_BY_SPAWNER: Final = re.compile(
    r"spec\.(\w+|(initContainers|containers|volumes|tolerations|imagePullSecrets)\[\d+\]\.\w+"
    r"|containers\[0\]\.(volumeMounts|env)\[\d+\]\.\w+|containers\[0\]\.lifecycle\.\w+"
    r"|affinity\.\w+\.\w+(\.nodeSelectorTerms)?\[\d+\]\.\w+|(containers\[0\]\.)?securityContext\.\w*_\w*)"
)
_QUOTA: Final = re.compile(
    r"exceeded quota: (?P<quota>[^,]{1,253}), requested: (?P<asked>\S{1,2000}), used: \S{1,2000}, "
    r"limited: (?P<limited>\S{1,2000})"
)
NO_PRIORITY: Final = re.compile(r"no PriorityClass with name (?P<name>[\w.-]{1,253})")


@dataclass(frozen=True)
class PodFault:
    """A fault of a pod. `stops` says that it would not start, `lasts` that this does not pass by itself.

    `way` says what helps and who does it, where that is known.
    """

    words: str
    stops: bool = True
    lasts: bool = True
    way: str = ""


def read_refusal(message: str, pod: Json, ranges: Sequence[LimitRange] = ()) -> PodFault:
    """Return what the message means; without a rule for it, its own words. It holds no secret any more.

    `ranges` are the namespace's limit ranges, for the name of one that refuses.
    """
    message = message.replace(str(pod["metadata"]["name"]), str(pod["metadata"]["name"]).replace(USER, "USER"))
    if (found := _QUOTA.search(message)) is not None:
        return replace(_of_quota(found), way=way_out(message))
    known = refusal(message)
    if known is not None:
        return PodFault(known.words, lasts=known.cause is not Cause.WEBHOOK, way=way_out(message, ranges))
    return PodFault(f"Kubernetes refuses the pod: {quoted(_INVALID.sub('', message))}.")


def _of_quota(found: re.Match[str]) -> PodFault:
    """Tell a quota that is used up just now from one that no such pod ever fits."""
    asked, limited = _amounts(found["asked"]), _amounts(found["limited"])
    never = [name for name in asked if _above(asked[name], limited.get(name, ""))]
    if not never:
        words = f"The namespace’s quota {found['quota']} is used up ({found['asked']} was requested)."
        return PodFault(words, lasts=False)
    much = ", ".join(f"{name}={asked[name]} of {limited[name]} in all" for name in never)
    return PodFault(f"One server asks for more than the namespace’s quota {found['quota']} has: {much}.")


def _amounts(text: str) -> dict[str, str]:
    return {name: amount for name, _, amount in (one.partition("=") for one in text.split(","))}


def _above(asked: str, limited: str) -> bool:
    wanted, there = formats.quantity(asked), formats.quantity(limited)
    return wanted is not None and there is not None and wanted > there


def unknown_fields(fields: Sequence[str]) -> Iterator[PodFault]:
    """Yield what becomes of fields that Kubernetes does not have."""
    fatal = [name for name in fields if _BY_SPAWNER.fullmatch(name)]
    if fatal:
        yield PodFault(f"KubeSpawner makes no pod: Kubernetes has no field {' and no '.join(fatal[:_NAMED])}.")
    for name in (one for one in fields if one not in fatal):
        yield PodFault(f"Kubernetes has no field {name} and leaves it out.", stops=False)

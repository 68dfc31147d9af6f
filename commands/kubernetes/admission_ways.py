"""The way out where the API server refuses the pod of a user's server: what helps, and who does it. Pure.

Read from the same messages as `admission_failures.py`. What a policy wants is known only where its words say it.
Settings are named as z2jh 4 has them; what it has none of its own for, KubeSpawner (7.1) takes below `hub.config`.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

from clients.kube import LimitRange
from clients.kube.quotas import amount
from commands.kubernetes.messages import shown
from commands.kubernetes.problem import USERS, Step

_LOG: Final = Step("Show the hub’s log", "/jhub logs hub --grep starting")
_MOST: Final = 8_000
_LONGEST_NAME: Final = 120
_CALLED: Final = re.compile(r'failed calling webhook "(?P<hook>[^"]{1,253})"')
_SERVICE: Final = re.compile(r'"https://(?P<service>[a-z0-9-]{1,63})\.(?P<namespace>[a-z0-9-]{1,63})\.svc[.:/]')
_SECURITY: Final = re.compile(r'violates PodSecurity "(?P<level>[^"]{1,253})": (?P<why>.*)', re.DOTALL)
_USED_UP: Final = re.compile(
    r"exceeded quota: (?P<quota>[^,]{1,253}), requested: (?P<asked>\S{1,2000}?), used: \S{1,2000}, "
    r"limited: (?P<limited>\S{1,2000})"
)
_UNSAID: Final = re.compile(r"failed quota: (?P<quota>[^:,]{1,253}): must specify (?P<what>[\w./,-]{1,300})")
# The bounds of a LimitRange (Kubernetes 1.35: plugin/pkg/admission/limitranger).
_BOUND: Final = re.compile(
    r"(?P<end>maximum|minimum) (?P<what>[\w./-]{1,100}) usage per (?P<kind>Container|Pod|PersistentVolumeClaim) is "
    r"(?P<bound>[\w.]{1,40})"
)
_RATIO: Final = re.compile(r"(?P<what>cpu|memory) max limit to request ratio per (?P<kind>Container|Pod) is ")
_GATEKEEPER: Final = re.compile(r"denied the request:\s{1,9}\[(?P<name>[\w.-]{1,253})\]")
_KYVERNO: Final = re.compile(r"due to the following policies:?\s{1,9}(?P<name>[\w.-]{1,253}):")
_OF_KUBERNETES: Final = re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']{1,253})'")
_DENIED: Final = re.compile(r'admission webhook "(?P<hook>[^"]{1,253})" denied the request')
# KubeSpawner reads sizes with one letter, each a power of 1024 (traitlets.py, ByteSpecification).
_SIZE: Final = re.compile(r"(\d{1,9})([KMGT])i")
_SETTINGS: Final = {
    ("maximum", "memory"): "singleuser.memory.limit",
    ("minimum", "memory"): "singleuser.memory.guarantee",
    ("maximum", "cpu"): "singleuser.cpu.limit",
    ("minimum", "cpu"): "singleuser.cpu.guarantee",
    ("maximum", "storage"): "singleuser.storage.capacity",
    ("minimum", "storage"): "singleuser.storage.capacity",
}
_REQUIRED: Final = {
    "limits.memory": "singleuser.memory.limit",
    "limits.cpu": "singleuser.cpu.limit",
    "requests.memory": "singleuser.memory.guarantee",
    "memory": "singleuser.memory.guarantee",
    "requests.cpu": "singleuser.cpu.guarantee",
    "cpu": "singleuser.cpu.guarantee",
}
_CONTAINER: Final = "hub.config.KubeSpawner.container_security_context"
# What Pod Security checks, by its own words (pod-security-admission/policy), and the setting that decides it.
_CHECKS: Final = (
    ("block-cloud-metadata", "singleuser.cloudMetadata.blockWithIptables: false"),
    ("allowPrivilegeEscalation != false", "singleuser.allowPrivilegeEscalation: false"),
    ("runAsNonRoot != true", f"{_CONTAINER}.runAsNonRoot: true"),
    ("runAsUser=0", "singleuser.uid, which must not be 0"),
    ("unrestricted capabilities", f"{_CONTAINER}.capabilities.drop: [ALL]"),
    ("non-default capabilities", f"{_CONTAINER}.capabilities.add"),
    ("seccompProfile", f"{_CONTAINER}.seccompProfile.type: RuntimeDefault"),
    ("hostPath volumes", "singleuser.storage.extraVolumes, with a hostPath"),
    ("restricted volume types", "singleuser.storage.extraVolumes"),
    ("host namespaces", "singleuser.extraPodConfig"),
)
_PRIVILEGED: Final = re.compile(r"(?<![\w-])privileged \(")
_LABELS: Final = re.compile(r"\blabels?\b", re.IGNORECASE)
_ANNOTATIONS: Final = re.compile(r"\bannotations?\b", re.IGNORECASE)


def is_of_limit_range(message: str) -> bool:
    """Return True if a LimitRange refuses: its name is not in the message."""
    return bool(_BOUND.search(message[:_MOST]) or _RATIO.search(message[:_MOST]))


def way_out(message: str, ranges: Sequence[LimitRange] = ()) -> str:
    """Return what helps against a refusal, and who does it; empty where the message does not say.

    `ranges` are the namespace's limit ranges, for the name of the one that refuses.
    """
    message = message[:_MOST]
    if called := _CALLED.search(message):
        return _of_webhook(called["hook"], message)
    if security := _SECURITY.search(message):
        return _of_security(shown(security["level"], _LONGEST_NAME), security["why"])
    if quota := _USED_UP.search(message):
        return _of_quota(quota)
    if unsaid := _UNSAID.search(message):
        return _of_unsaid(unsaid["quota"], unsaid["what"])
    if is_of_limit_range(message):
        return _of_range(message, ranges)
    return _of_policy(message)


def step_beside(message: str) -> Step:
    """Return the next step where there is no pod to look at."""
    if _USED_UP.search(message[:_MOST]):
        return USERS
    line = _bounded(message[:_MOST])
    return Step("Change the setting", line) if line else _LOG


def _of_webhook(hook: str, message: str) -> str:
    found = _SERVICE.search(message)
    service = f" (service {found['service']} in namespace {found['namespace']})" if found else ""
    return (
        f"Whoever runs the webhook {shown(hook, _LONGEST_NAME)}{service} in the cluster has to get it to answer. "
        "Nothing at the hub helps."
    )


def _of_security(level: str, why: str) -> str:
    asked = [setting for words, setting in _CHECKS if words in why]
    if _PRIVILEGED.search(why) and "block-cloud-metadata" not in why:
        asked.append(f"{_CONTAINER}.privileged")
    settings = f"In the values, this decides it: {'; '.join(asked)}. " if asked else ""
    other = "Otherwise" if asked else "The values ask for something else, or"
    return (
        f"{settings}{other} whoever looks after the cluster changes the namespace’s level {level} "
        "(label pod-security.kubernetes.io/enforce)."
    )


def _of_quota(found: re.Match[str]) -> str:
    owner = f"Whoever looks after the cluster raises the ResourceQuota {found['quota']}"
    limited = _amounts(found["limited"])
    if any(one > limited.get(name, math.nan) for name, one in _amounts(found["asked"]).items()):
        return f"{owner}, or the values ask for less (singleuser): it has less in all than one server asks for."
    return f"{owner}, or servers that idle are stopped (/jhub users --active shows them)."


def _amounts(text: str) -> dict[str, float]:
    return {name: amount(number) for name, _, number in (one.partition("=") for one in text.split(","))}


def _of_unsaid(quota: str, what: str) -> str:
    settings = dict.fromkeys(_REQUIRED[one] for one in what.split(",") if one in _REQUIRED)
    sets = f"An administrator sets {', '.join(settings)} in the values, or whoever" if settings else "Whoever"
    return f"{sets} looks after the cluster changes the ResourceQuota {quota}."


def _of_range(message: str, ranges: Sequence[LimitRange]) -> str:
    its = _range_name(message, ranges)
    owner = f"whoever looks after the cluster widens the LimitRange{f' {its}' if its else ' of the namespace'}"
    if line := _bounded(message):
        return f"An administrator types {line}, which the LimitRange allows (a profile may set its own), or {owner}."
    if found := _RATIO.search(message):
        sets = f"singleuser.{found['what']}.limit and guarantee"
        return f"An administrator brings {sets} nearer to each other, or {owner}."
    return f"{owner[:1].upper()}{owner[1:]}, or the values ask for something else (singleuser)."


def _bounded(message: str) -> str:
    """Return the line that keeps to a bound of one container or home; empty if no setting decides it alone."""
    found = _BOUND.search(message)
    if found is None or found["kind"] == "Pod" or (setting := _SETTINGS.get((found["end"], found["what"]))) is None:
        return ""
    bound = found["bound"]
    if found["what"] == "memory":
        size = _SIZE.fullmatch(bound)
        return f"/jhub config set {setting} {size[1]}{size[2]}" if size else ""
    if found["what"] == "cpu" and not bound.isdecimal():
        return ""
    return f"/jhub config set {setting} {bound}"


def _range_name(message: str, ranges: Sequence[LimitRange]) -> str:
    """Return the name of the limit range with that bound, or of the only one; empty if it cannot be told."""
    named = {one.name for one in ranges}
    if (found := _BOUND.search(message)) is not None:
        named = {
            one.name
            for one in ranges
            for limit in one.limits
            if limit.kind == found["kind"]
            and amount((limit.most if found["end"] == "maximum" else limit.least).get(found["what"], ""))
            == amount(found["bound"])
        }
    return named.pop() if len(named) == 1 else ""


def _of_policy(message: str) -> str:
    denied = _DENIED.search(message)
    owner = _owner(denied["hook"] if denied else "", message)
    found = next((one for form in (_OF_KUBERNETES, _KYVERNO, _GATEKEEPER) if (one := form.search(message))), None)
    if not (denied or found):
        return ""
    name = f" {shown(found['name'], _LONGEST_NAME)}" if found else ""
    said = message[found.end() :] if found else message
    settings = [
        f"{what} of servers’ pods are set by {setting} in the values"
        for form, what, setting in (
            (_LABELS, "labels", "singleuser.extraLabels"),
            (_ANNOTATIONS, "annotations", "singleuser.extraAnnotations"),
        )
        if form.search(said)
    ]
    meets = "; ".join(settings) or "the values ask for what it allows"
    return f"{meets[:1].upper()}{meets[1:]}; or {owner} exempts the hub’s namespace from the policy{name}."


def _owner(hook: str, message: str) -> str:
    """Return who may change a policy, as far as the name of what enforces it tells."""
    if "[azurepolicy-" in message:
        return "whoever assigns the subscription’s Azure policies"
    for part, product in (("kyverno", "Kyverno"), ("gatekeeper", "Gatekeeper")):
        if part in hook:
            return f"whoever looks after the cluster’s {product} policies"
    return "whoever looks after the cluster’s policies"

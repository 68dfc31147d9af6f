"""Reasons why the API server does not create a pod: admission webhooks, policies, quotas, explained for people.

Messages as Kubernetes 1.27 to 1.35 writes them (apiserver: admission/plugin/webhook, plugin/pkg/admission), found
inside `FailedCreate` events and in what clients print. A webhook that refuses is distinguished from one that does not
answer.
"""

import re
from typing import Final

from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import PODS, Cause, Trouble

_CALLED: Final = r'failed calling webhook "(?P<hook>[^"]{1,253})".{0,600}?'
# What the reason follows, the last of them first.
_MARKS: Final = tuple(
    re.compile(mark)
    for mark in (
        # Kyverno begins a new line.
        r"denied (the )?request:\s{1,9}",
        r'violates PodSecurity "[^"]{1,253}": ',
        "is forbidden: ",
        "failed to call webhook: ",
        r'failed calling webhook "[^"]{1,253}": ',
    )
)
_SILENT: Final = "The admission webhook {hook} of the cluster"
_NOTHING: Final = "so the cluster creates nothing that it has to check."
# The first that fits: who did not answer, then who refused and by what.
_REFUSALS: Final[tuple[MessageRule, ...]] = (
    # Not "timeout" alone: it stands in the address that was called.
    rule(
        _CALLED + r"(context deadline exceeded|i/o timeout|Client\.Timeout|timed out|handshake timeout)",
        Cause.WEBHOOK,
        f"{_SILENT} does not answer in time, {_NOTHING}",
        PODS,
    ),
    rule(
        _CALLED + r"(x509: |tls: (failed to verify|bad certificate|unknown certificate))",
        Cause.WEBHOOK,
        f"{_SILENT} has a certificate that Kubernetes does not trust, {_NOTHING}",
        PODS,
    ),
    rule(
        _CALLED + r'(no endpoints available|service "[^"]{1,253}" not found)',
        Cause.WEBHOOK,
        f"{_SILENT} has no pod that answers, {_NOTHING}",
        PODS,
    ),
    rule(
        _CALLED + r"(connection refused|connection reset|no route to host|no such host|EOF|dial tcp)",
        Cause.WEBHOOK,
        f"{_SILENT} cannot be reached, {_NOTHING}",
        PODS,
    ),
    rule(
        r'failed calling webhook "(?P<hook>[^"]{1,253})"',
        Cause.WEBHOOK,
        f"{_SILENT} cannot be asked{{said}}, {_NOTHING}",
        PODS,
    ),
    rule(
        r'admission webhook "(?P<hook>[^"]{1,253})" denied the request',
        Cause.POLICY,
        "A policy of the cluster refuses it (admission webhook {hook}){said}. It does not pass by itself.",
        PODS,
    ),
    rule(
        r"ValidatingAdmissionPolicy '(?P<hook>[^']{1,253})' .{0,300}?denied request",
        Cause.POLICY,
        "A policy of the cluster refuses it (ValidatingAdmissionPolicy {hook}){said}. It does not pass by itself.",
        PODS,
    ),
    rule(
        r'violates PodSecurity "(?P<hook>[^"]{1,253})"',
        Cause.POLICY,
        "The namespace's pod security level {hook} refuses it{said}. It does not pass by itself.",
        PODS,
    ),
    rule(
        r"exceeded quota: (?P<quota>[^,]{1,253}), requested: (?P<asked>[^ ]{1,4000}?), used",
        Cause.QUOTA,
        "The namespace’s quota {quota} is used up ({asked} was requested).",
        PODS,
    ),
    rule(
        r"failed quota: (?P<quota>[^:,]{1,253}): must specify (?P<what>[\w./,-]{1,300})",
        Cause.QUOTA,
        "The namespace’s quota {quota} takes only pods that set {what}.",
        PODS,
    ),
    # What is forbidden because something is not there, or nobody may: no rule about pods speaks of that.
    rule(
        r"error looking up service account [^:]{1,300}: serviceaccount \"(?P<name>[^\"]{1,253})\" not found",
        Cause.SETTINGS_MISSING,
        "There is no service account {name}, as which its pod should run.",
        PODS,
    ),
    rule(
        r"no PriorityClass with name (?P<name>[\w.-]{1,253})",
        Cause.SETTINGS_MISSING,
        "There is no priority class {name}, which its pod names.",
        PODS,
    ),
    rule(
        r"RuntimeClass \"(?P<name>[^\"]{1,253})\" not found",
        Cause.SETTINGS_MISSING,
        "There is no runtime class {name}, which its pod names.",
        PODS,
    ),
    rule(
        r"namespace (?P<name>[\w-]{1,63}) because it is being terminated",
        Cause.REFUSED,
        "The namespace {name} is being deleted, so nothing can be created in it any more.",
        PODS,
    ),
    rule(
        r"User \"(?P<who>[^\"]{1,300})\" cannot (?P<verb>\w{1,20}) resource \"(?P<what>[^\"]{1,253})\"",
        Cause.REFUSED,
        "Kubernetes says that {who} may not {verb} {what} (RBAC): a role or its binding is missing.",
        PODS,
    ),
    rule(r"is forbidden: ", Cause.POLICY, "Kubernetes refuses it{said}.", PODS),
)


def uncreated(message: str) -> Trouble:
    """Explain why a pod could not be created. A message that fits no rule is quoted."""
    words = f"The cluster does not create its pod. It says: {quoted(message)}."
    return refusal(message) or Trouble(Cause.OTHER, words, PODS)


def refusal(message: str) -> Trouble | None:
    """Return who refuses, or does not answer, and why; None if the message fits no rule."""
    return meaning(_REFUSALS, message, said=_reason(message))


def _reason(message: str) -> str:
    """Return the words of whoever refuses, which follow the name."""
    found = next((one for mark in _MARKS if (one := mark.search(message))), None)
    return f": {quoted(message[found.end() :])}" if found else ""

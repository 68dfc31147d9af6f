"""The way out of a refusal: what helps, who does it, and what is typed next where there is no pod."""

import pytest

from clients.kube import LimitRange
from commands.kubernetes.admission_ways import is_of_limit_range, step_beside, way_out

DENIED = 'admission webhook "{}" denied the request: '
SECURITY = 'pods "jupyter-a" is forbidden: violates PodSecurity "restricted:latest": '
BOUND = 'pods "jupyter-a" is forbidden: {} usage per {}'
WAYS = {
    "quota used up": (
        "exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9",
        ["raises the ResourceQuota compute, or servers that idle are stopped"],
    ),
    "quota too small for one": (
        "exceeded quota: small, requested: limits.memory=8Gi, used: limits.memory=0, limited: limits.memory=4Gi",
        ["raises the ResourceQuota small", "the values ask for less"],
    ),
    "quota wants what is unsaid": (
        "failed quota: compute: must specify limits.cpu,limits.memory for: notebook",
        ["sets singleuser.cpu.limit, singleuser.memory.limit", "changes the ResourceQuota compute"],
    ),
    "limit range": (
        BOUND.format("maximum memory", "Container") + " is 2Gi, but limit is 8Gi",
        ["/jhub config set singleuser.memory.limit 2G,", "widens the LimitRange sizes"],
    ),
    "limit range of others": (
        BOUND.format("minimum cpu", "Container") + " is 1, but request is 500m",
        ["/jhub config set singleuser.cpu.guarantee 1,", "widens the LimitRange of the namespace"],
    ),
    "limit range of pods": (
        BOUND.format("maximum memory", "Pod") + " is 2Gi, but limit is 8589934592",
        ["Whoever looks after the cluster widens the LimitRange", "(singleuser)"],
    ),
    "ratio": ("memory max limit to request ratio per Container is 2, but provided ratio is 4.0", ["singleuser.memory"]),
    "kyverno": (
        DENIED.format("validate.kyverno.svc-fail")
        + "resource Pod/jhub/a was blocked due to the following policies require-team: check: 'label team is required'",
        ["singleuser.extraLabels", "Kyverno", "the policy require-team."],
    ),
    "gatekeeper": (
        DENIED.format("validation.gatekeeper.sh") + "[pods-say-why] annotation why is missing",
        ["singleuser.extraAnnotations", "Gatekeeper", "the policy pods-say-why."],
    ),
    "azure": (
        DENIED.format("validation.gatekeeper.sh") + "[azurepolicy-noprivilege-1] no",
        ["assigns the subscription’s Azure policies", "azurepolicy-noprivilege-1"],
    ),
    "kubernetes": (
        "ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: tags must be pinned",
        ["the policy no-latest."],
    ),
    "security": (
        f'{SECURITY}runAsNonRoot != true (pod or container "notebook" must set securityContext.runAsNonRoot=true)',
        ["container_security_context.runAsNonRoot: true", "level restricted:latest"],
    ),
    "security of z2jh's own": (
        f'{SECURITY}privileged (container "block-cloud-metadata" must not set securityContext.privileged=true)',
        ["singleuser.cloudMetadata.blockWithIptables: false"],
    ),
    "webhook": (
        (
            'failed calling webhook "a.kyverno.svc-fail": failed to call webhook: Post '
            '"https://kyverno-svc.kyverno.svc:443/v?timeout=10s": context deadline exceeded'
        ),
        ["the webhook a.kyverno.svc-fail (service kyverno-svc in namespace kyverno)", "Nothing at the hub helps"],
    ),
}
RANGES = [
    LimitRange.from_json({"metadata": {"name": name}, "spec": {"limits": [{"type": "Container", "max": most}]}})
    for name, most in (("sizes", {"memory": "2048Mi"}), ("processors", {"cpu": "4"}))
]


@pytest.mark.parametrize(("message", "says"), WAYS.values(), ids=WAYS)
def test_a_refusal_says_what_helps_and_who_does_it(message, says):
    found = way_out(message, RANGES)
    assert [one for one in says if one not in found] == []


@pytest.mark.parametrize("message", ["", "teapot", "Forbidden", DENIED.removesuffix("denied the request: ")])
def test_of_what_does_not_say_nothing_is_guessed(message):
    assert way_out(message) == ""
    assert not is_of_limit_range(message)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("quota used up", "/jhub users --active"),
        ("limit range", "/jhub config set singleuser.memory.limit 2G"),
        ("limit range of pods", "/jhub logs hub --grep starting"),
        ("webhook", "/jhub logs hub --grep starting"),
    ],
)
def test_no_step_leads_to_a_pod_that_is_not_there(name, line):
    assert step_beside(WAYS[name][0]).line == line


def test_a_long_message_is_bounded():
    assert way_out('violates PodSecurity "' + "x" * 100_000) == ""

"""Reviews of access and identity, requested by creating an object: SelfSubjectAccessReview and the like.

Everything is allowed except `Store.denied`, as in a cluster with a narrower role.
"""

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.storage.store import Store

AUTHORIZATION = "authorization.k8s.io"
AUTHENTICATION = "authentication.k8s.io"

_USER = {"username": "sandbox-admin", "groups": ["system:masters", "system:authenticated"]}
_ALL_RESOURCES = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_ALL_PATHS = {"verbs": ["*"], "nonResourceURLs": ["*"]}

_ALLOWED = {"allowed": True, "reason": "the sandbox allows it"}
_DENIED = {"allowed": False, "reason": "the sandbox was told to deny it"}
_STATUSES: dict[tuple[str, str], Json] = {
    (AUTHORIZATION, "selfsubjectaccessreviews"): _ALLOWED,
    (AUTHORIZATION, "subjectaccessreviews"): _ALLOWED,
    (AUTHORIZATION, "localsubjectaccessreviews"): _ALLOWED,
    (AUTHORIZATION, "selfsubjectrulesreviews"): {
        "resourceRules": [_ALL_RESOURCES],
        "nonResourceRules": [_ALL_PATHS],
        "incomplete": False,
    },
    (AUTHENTICATION, "selfsubjectreviews"): {"userInfo": _USER},
}
KINDS = {
    (AUTHORIZATION, "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    (AUTHORIZATION, "subjectaccessreviews"): "SubjectAccessReview",
    (AUTHORIZATION, "localsubjectaccessreviews"): "LocalSubjectAccessReview",
    (AUTHORIZATION, "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
    (AUTHENTICATION, "selfsubjectreviews"): "SelfSubjectReview",
}
"""The kind of each review by group and plural; all are of version v1."""


def answer(store: Store, group: str, plural: str, review: Json) -> Json:
    """Return the review with its status; nothing is stored."""
    return {
        "kind": KINDS[group, plural],
        "apiVersion": f"{group}/v1",
        "metadata": {"creationTimestamp": timestamp(store.clock.now())},
        **({"spec": review["spec"]} if "spec" in review else {}),
        "status": _DENIED if _is_denied(store, review) else _STATUSES[group, plural],
    }


def _is_denied(store: Store, review: Json) -> bool:
    path = review.get("spec", {}).get("nonResourceAttributes") or {}
    if path:
        return f"{path.get('verb', '')} {path.get('path', '')}" in store.denied
    wanted = review.get("spec", {}).get("resourceAttributes") or {}
    its = "/".join(part for part in (wanted.get("resource", ""), wanted.get("subresource", "")) if part)
    resource = ".".join(part for part in (its, wanted.get("group", "")) if part)
    return f"{wanted.get('verb', '')} {resource}" in store.denied

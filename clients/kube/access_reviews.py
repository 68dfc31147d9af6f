"""Reviews of the bot's own permissions: SelfSubjectAccessReview, which every account may create and changes nothing."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from clients.answers import Json, UnreadableError, part
from clients.errors import Unavailable
from clients.kube.api import SYSTEM, KubeApi
from clients.kube.permissions import Permission

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_KIND = "SelfSubjectAccessReview"
_AT_ONCE = 8
_WHAT = "tell what the bot may do"


class AccessReviews:
    """Reviews for one namespace, some at once. Every method raises Unavailable."""

    def __init__(self, api: KubeApi, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def denied(self, wanted: Sequence[Permission]) -> list[Permission]:
        """Return the permissions that the API server says the bot does not have."""
        asked = [asyncio.create_task(self._is_allowed(one)) for one in wanted]
        try:
            answers = await asyncio.gather(*asked)
        finally:
            # Where one is not answered, the others are not waited for.
            for one in asked:
                one.cancel()
        return [one for one, allowed in zip(wanted, answers, strict=True) if not allowed]

    async def _is_allowed(self, wanted: Permission) -> bool:
        async with self._slots:
            status, answer = await self._api.change("POST", _PATH, _WHAT, self._review(wanted), _KIND)
        if status != HTTPStatus.CREATED:
            raise Unavailable(SYSTEM, f"answered with an error ({status}, asked to {_WHAT})")
        allowed = part(answer, "status").get("allowed")
        if not isinstance(allowed, bool):
            raise Unavailable(SYSTEM, f"{UnreadableError.what} (asked to {_WHAT})")
        return allowed

    def _review(self, wanted: Permission) -> Json:
        namespace = self._namespace if wanted.namespace == "hub" else wanted.namespace
        resource, _, below = wanted.resource.partition("/")
        if wanted.resource.startswith("/"):
            return _asked({"nonResourceAttributes": {"verb": wanted.verb, "path": wanted.resource}})
        attributes: Json = {"verb": wanted.verb, "resource": resource, "group": wanted.group}
        attributes |= {"subresource": below} if below else {}
        attributes |= {"name": wanted.name} if wanted.name else {}
        return _asked({"resourceAttributes": attributes | ({"namespace": namespace} if namespace else {})})


def _asked(spec: Json) -> Json:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": _KIND, "spec": spec}

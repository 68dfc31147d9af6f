"""Dry runs of pods: what the API server would say of one that is to be created. Nothing is created.

With `dryRun=All` the server decodes, completes, admits and validates the pod, and leaves out the storing (Kubernetes
1.27 to 1.35, apiserver: endpoints/handlers/create.go). It asks for the right to create pods. A webhook that has side
effects is not asked: the dry run fails instead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from clients.answers import Json, UnusableError, part, text
from clients.errors import Unavailable
from clients.kube.api import SYSTEM, KubeApi
from clients.kube.paths import PODS

_WHAT: Final = "create pods, not even as a dry run"
_LONGEST: Final = 4_000
# Any status may come with these: a webhook chooses its own.
_BY_ADMISSION: Final = re.compile(r'admission webhook "[^"]{1,253}" denied the request|failed calling webhook "')
_NO_DRY_RUN: Final = re.compile(r'admission webhook "(?P<hook>[^"]{1,253})" does not support dry run')
_NO_RIGHT: Final = re.compile(r'cannot create resource "pods"')
_REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True)
class PodRefusal:
    """The refusal of a pod: the status and the message of the API server, which may quote the pod."""

    status: int
    message: str


class PodReviews:
    """Dry runs of pods in one namespace."""

    def __init__(self, api: KubeApi, namespace: str) -> None:
        self._api = api
        self._path = PODS.format(namespace=namespace)

    async def refusal(self, pod: Mapping[str, Any], *, strict: bool) -> PodRefusal | None:
        """Return why the pod would be refused, None for one that would be created.

        With `strict`, a field that Kubernetes does not have is a refusal as well; otherwise it is left out.
        Raise Unavailable if the API server does not judge it, among others for want of the right to create pods.
        """
        query = {"dryRun": "All", "fieldValidation": "Strict" if strict else "Ignore"}
        status, answer = await self._api.change("POST", self._path, _WHAT, dict(pod), "Pod", query)
        if status == HTTPStatus.CREATED:
            return None
        try:
            return _refusal(status, answer)
        except UnusableError as error:
            raise Unavailable(SYSTEM, f"{error.what} (asked to create a pod as a dry run)") from error


def _refusal(status: int, answer: Json) -> PodRefusal | None:
    message = text(answer, "message")[:_LONGEST] if text(answer, "kind") == "Status" else ""
    # What is looked at last is whether the name is free.
    if status == HTTPStatus.CONFLICT and text(answer, "reason") == "AlreadyExists":
        return None
    if silent := _NO_DRY_RUN.search(message):
        raise Unavailable(SYSTEM, f"cannot say: its admission webhook {silent['hook']} supports no dry run")
    if message and (_BY_ADMISSION.search(message) or (status in _REFUSALS and not _is_unjudged(message, answer))):
        return PodRefusal(status, message)
    if status == HTTPStatus.FORBIDDEN:
        raise Unavailable(SYSTEM, f"refused: the bot may not {_WHAT} (403)")
    if status == HTTPStatus.NOT_FOUND:
        raise Unavailable(SYSTEM, "has no such namespace yet")
    raise Unavailable(SYSTEM, f"answered with an error ({status}, asked to create a pod as a dry run)")


def _is_unjudged(message: str, answer: Json) -> bool:
    """Return True if it is the request that was refused, before anybody looked at the pod."""
    about = part(answer, "details")
    return bool(_NO_RIGHT.search(message)) or (text(about, "kind") == "pods" and not text(about, "name"))

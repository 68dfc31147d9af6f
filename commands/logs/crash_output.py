"""The last output of containers that crashed: of their log, where they left no termination message."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.kube import Crash, Pod
from commands.framework.pagination import visible
from commands.ports.context import Reads
from commands.text.redaction import Redactor
from commands.values.secrets import known_secrets

# A traceback's last line says why; what a program writes while it shuts down may follow it.
_LINES: Final = 20
# Kubelet says of these why they ended.
_EXPLAINED: Final = ("OOMKilled",)


async def with_last_words(pods: Sequence[Pod], reads: Reads) -> list[Pod]:
    """Return the pods, those that crashed without a message with the end of their log in its place.

    A pod is left as it is without a log, or while the known secrets cannot be read.
    """
    return list(await asyncio.gather(*(_heard(pod, reads) for pod in pods)))


async def _heard(pod: Pod, reads: Reads) -> Pod:
    crash = pod.crash
    if pod.is_ready or crash is None or crash.message or crash.reason in _EXPLAINED:
        return pod
    try:
        return replace(pod, crash=replace(crash, message=await _end_of_log(pod, crash, reads)))
    except (NotFound, Unavailable):
        return pod


async def _end_of_log(pod: Pod, crash: Crash, reads: Reads) -> str:
    again = pod.restarts > 0
    log = await reads.kube.log(pod.name, crash.container, since=None, lines=_LINES, previous=again)
    redactor = Redactor(await known_secrets(reads))
    return "\n".join(redactor.lines([visible(line) for line in log.splitlines()]))

"""The programs in containers: they run for ever, end by themselves, wait for something, or fail as planted.

A pod's annotations plant faults: `sandbox/crash: "true"` lets its main containers exit with 1 soon after they
start, `sandbox/unready: "true"` keeps them from getting ready. Both are read whenever they may take effect.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import DAEMON_SET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.runtime.ownership import controller_of

CRASH = "sandbox/crash"
UNREADY = "sandbox/unready"

Condition = Callable[[Store], bool]

_BRIEF = 1.0
# Before a readiness probe would first say yes (1.5 s): who crashes at the start was never ready.
_CRASH_SECONDS = 1.0
_FLAG = re.compile(r"--?(daemonset(?:-name)?|namespace)(?:=(.*))?")


@dataclass(frozen=True)
class Program:
    """The run of a program: its duration (for ever if `seconds` is None), its condition to end, and its exit code.

    `last_words` are what it leaves as its termination message.
    """

    seconds: float | None = None
    until: Condition | None = None
    exit_code: int = 0
    last_words: str = ""


# Where a server writes first.
NO_ROOM = Program(
    _CRASH_SECONDS,
    exit_code=1,
    last_words="OSError: [Errno 28] No space left on device: '/home/jovyan/.local/share/jupyter/runtime'\n",
)


def program_of(pod: Json, container: Json, *, initial: bool) -> Program:
    """Return a container's program. Those of Jobs, of pods that never restart, and of init containers end."""
    if not initial and is_planted(pod, CRASH):
        return Program(_CRASH_SECONDS, exit_code=1)
    awaited = _awaited(pod, container)
    if awaited is not None:
        return Program(_BRIEF, awaited)
    if initial:
        return Program() if container.get("restartPolicy") == "Always" else Program(_BRIEF)
    owner = controller_of(pod) or {}
    if owner.get("kind") == "Job" or pod["spec"].get("restartPolicy") == "Never":
        return Program(_BRIEF)
    return Program()


def is_planted(pod: Json, fault: str) -> bool:
    """Return True if the pod has that fault."""
    return (pod["metadata"].get("annotations") or {}).get(fault) == "true"


def _awaited(pod: Json, container: Json) -> Condition | None:
    """Return the condition that z2jh's image-awaiter waits for: a DaemonSet with all its pods ready."""
    words = [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
    if "image-awaiter" not in container.get("image", "") and not any("image-awaiter" in word for word in words):
        return None
    given = _flags(words)
    name = given.get("daemonset-name") or given.get("daemonset")
    namespace = given.get("namespace") or pod["metadata"]["namespace"]
    return (lambda store: _is_ready(store, namespace, name)) if name else None


def _flags(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if match := _FLAG.fullmatch(word):
            found[match[1]] = following if match[2] is None else match[2]
    return found


def _is_ready(store: Store, namespace: str, name: str) -> bool:
    daemon_set = store.find(DAEMON_SET, namespace, name)
    if daemon_set is None:
        return False
    seen = at(daemon_set, "status", "observedGeneration") == daemon_set["metadata"]["generation"]
    return seen and at(daemon_set, "status", "desiredNumberScheduled") == at(daemon_set, "status", "numberReady")
